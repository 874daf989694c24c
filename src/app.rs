//! The shell around the pages: header, theme, alerts, activity, and the switch from address to page.

use crate::pages::compare::ComparePage;
use crate::pages::context::RunsContext;
use crate::pages::late::{LateCode, LateKind, LatePage};
use crate::pages::{ConnectPage, ExperimentsPage};
use crate::route::Route;
use crate::state::{AppState, Connection, config, memory, timing};
use crate::ui::focus::focus_on;
use crate::ui::theme::{Theme, set_theme, stored_theme};
use leptos::prelude::*;
use std::time::Duration;

/// How long after connecting the code of further pages is fetched.
const AHEAD_PAUSE: Duration = Duration::from_secs(2);

/// Mounts the app.
pub fn start(late: LateCode) {
    console_error_panic_hook::set_once();
    leptos::mount::mount_to_body(move || view! { <App late /> });
    timing::measure("runweave:boot", 0.0, &[]);
}

/// The whole app.
#[component]
fn App(late: LateCode) -> impl IntoView {
    let state = AppState::provide();
    late.provide();
    leptos::task::spawn_local(async move {
        let config = config::read().await;
        if let Some(problem) = &config.problem {
            state.alert(problem);
        }
        state.config.set(config);
    });
    connect_to_the_server_of_the_address(state);
    announce_page_changes(state);

    // Only the kind of page, so that a change of view does not build the page anew.
    let page = Memo::new(move |_| {
        state.route.with(|route| match route {
            Route::Connect => PageKind::Connect,
            Route::Experiments { .. } => PageKind::Experiments,
            Route::Compare(_) => PageKind::Compare,
            Route::Run { run_id, .. } => PageKind::Late(LateKind::Run(run_id.clone())),
            Route::Models { .. } => PageKind::Late(LateKind::Models),
            Route::Model(page) => PageKind::Late(LateKind::Model(page.name.clone())),
            Route::Review { .. } => PageKind::Late(LateKind::Review),
            Route::Webhooks { .. } => PageKind::Late(LateKind::Webhooks),
            Route::NotFound(_) => PageKind::NotFound,
        })
    });
    let is_connected = Memo::new(move |_| matches!(state.connection.get(), Connection::Connected(_)));
    Effect::new(move || {
        if is_connected.get() {
            // What is on the screen comes first.
            set_timeout(move || late.fetch_ahead(), AHEAD_PAUSE);
        }
    });
    view! {
        <a class="skip-link" href="#main" on:click=move |event| {
            // The address after the # is the page's own: move the focus without touching it.
            event.prevent_default();
            focus_on("main h1");
        }>"Skip to content"</a>
        <Header />
        <Alerts />
        {move || match page.get() {
            PageKind::Connect => view! { <ConnectPage /> }.into_any(),
            PageKind::NotFound => view! { <NotFoundPage /> }.into_any(),
            _ if !is_connected.get() => view! { <ConnectPage /> }.into_any(),
            PageKind::Experiments => view! { <ExperimentsPage /> }.into_any(),
            PageKind::Compare => view! { <ComparePage context=RunsContext::of(state) /> }.into_any(),
            PageKind::Late(kind) => view! { <LatePage kind /> }.into_any(),
        }}
        <div class="visually-hidden" role="log" aria-live="polite" aria-label="Activity">
            {move || state.activity.get().into_iter().map(|line| view! { <p>{line}</p> }).collect_view()}
        </div>
    }
}

#[derive(Clone, PartialEq)]
enum PageKind {
    Connect,
    Experiments,
    Compare,
    Late(LateKind),
    NotFound,
}

/// Connects whenever the address names another server than the one in use. A server that this browser has not
/// used and that config.json does not list is asked about first: a link must not send anyone anywhere.
fn connect_to_the_server_of_the_address(state: AppState) {
    Effect::new(move |_| {
        let config = state.config.get();
        if !config.is_read {
            return;
        }
        let server = state.route.with(|route| route.server().map(str::to_owned));
        let current = state.connection.with_untracked(|connection| match connection {
            Connection::Connected(info) => Some(info.url.clone()),
            Connection::Connecting(url) | Connection::Asking(url) => Some(url.clone()),
            Connection::Idle | Connection::Failed(_) => None,
        });
        let Some(url) = server.filter(|url| !url.is_empty()) else {
            let is_fresh = state.connection.with_untracked(|connection| *connection == Connection::Idle);
            let default =
                config.servers.iter().find(|server| Some(&server.name) == config.default_server.as_ref());
            // Opened at the bare address: the default server needs no question.
            if let Some(server) =
                default.filter(|_| is_fresh && state.route.with(|route| *route == Route::Connect))
            {
                state.replace(Route::Experiments { server: server.url.clone() });
            }
            return;
        };
        if current.as_deref() == Some(url.as_str()) {
            return;
        }
        let is_known =
            memory::recent_servers().contains(&url) || config.servers.iter().any(|server| server.url == url);
        if is_known {
            state.connect(&url, memory::kept_sign_in(&url).unwrap_or_default());
        } else {
            state.connection.set(Connection::Asking(url));
        }
    });
}

/// Moves the focus to the heading of a new page, so that the keyboard and screen readers start there.
fn announce_page_changes(state: AppState) {
    let title = Memo::new(move |_| {
        state.route.with(|route| match route {
            Route::Connect => "Connect",
            Route::Experiments { .. } => "Experiments",
            Route::Compare(_) => "Compare runs",
            Route::Run { .. } => "Run",
            Route::Models { .. } => "Models",
            Route::Model(_) => "Model",
            Route::Review { .. } => "Review",
            Route::Webhooks { .. } => "Webhooks",
            Route::NotFound(_) => "Not found",
        })
    });
    Effect::new(move |previous: Option<()>| {
        document().set_title(&format!("{} – Runweave", title.get()));
        if previous.is_some() {
            request_animation_frame(|| focus_on("main h1"));
        }
    });
}

#[component]
fn Header() -> impl IntoView {
    let state = crate::state::use_app();
    let theme = RwSignal::new(stored_theme());
    let server = move || match state.connection.get() {
        Connection::Connected(info) => {
            let version =
                info.version.map_or_else(|| "MLflow 1".to_owned(), |version| format!("MLflow {version}"));
            view! {
                <span class="server server--connected" title=version.clone()>
                    <span class="server__url">{info.url}</span>
                    <span class="server__dot" aria-hidden="true"></span>
                    <span class="server__word">"connected"</span>
                </span>
            }
            .into_any()
        }
        Connection::Connecting(url) => view! { <span class="server">{url}" connecting…"</span> }.into_any(),
        _ => ().into_any(),
    };
    let links = move || {
        let Connection::Connected(info) = state.connection.get() else { return None };
        let server = info.url;
        let pages = [
            ("Compare", Route::Experiments { server: server.clone() }),
            ("Models", Route::Models { server: server.clone(), search: String::new(), sort: None }),
            ("Review", Route::Review { server, opened: None }),
        ];
        let link = |(text, route): (&'static str, Route)| {
            view! { <a class="header__link" href=route.to_string()>{text}</a> }
        };
        Some(pages.map(link).collect_view())
    };
    view! {
        <header class="header">
            <a class="header__brand" href="#/">"Runweave"</a>
            <nav aria-label="Pages">
                {links}
            </nav>
            <span class="header__space"></span>
            {server}
            <label class="header__theme">
                <span class="visually-hidden">"Theme"</span>
                <select
                    class="select"
                    on:change=move |event| {
                        let chosen = Theme::from_word(&event_target_value(&event));
                        theme.set(chosen);
                        set_theme(chosen);
                    }
                >
                    {Theme::ALL
                        .into_iter()
                        .map(|choice| {
                            view! {
                                <option value=choice.word() selected=move || theme.get() == choice>
                                    {choice.label()}
                                </option>
                            }
                        })
                        .collect_view()}
                </select>
            </label>
        </header>
    }
}

#[component]
fn Alerts() -> impl IntoView {
    let state = crate::state::use_app();
    view! {
        <div class="alerts">
            <For each=move || state.alerts.get() key=|alert| alert.id let:alert>
                <div class="alert" role="alert">
                    <p>{alert.message}</p>
                    {alert.offers_reload.then(|| view! {
                        <button class="button" on:click=move |_| drop(window().location().reload())>"Reload"</button>
                    })}
                    <button
                        class="button"
                        on:click=move |_| state.alerts.update(|alerts| alerts.retain(|other| other.id != alert.id))
                    >
                        "Dismiss"
                    </button>
                </div>
            </For>
        </div>
    }
}

#[component]
fn NotFoundPage() -> impl IntoView {
    view! {
        <main class="page" id="main">
            <h1 tabindex="-1">"This address names no page"</h1>
            <p>"Perhaps the link was cut. " <a href="#/">"Connect to a tracking server"</a></p>
        </main>
    }
}
