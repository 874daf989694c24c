//! Connect to a tracking server: its address, how to sign in, and what to do when it does not work.

use crate::state::config::SignInKind;
use crate::state::{Connection, memory, use_app};
use crate::tracking::{ConnectProblem, SignIn};
use leptos::prelude::*;

/// The ways to sign in, with the words of the choice.
const WAYS: [(SignInKind, &str); 4] = [
    (SignInKind::None, "None"),
    (SignInKind::Basic, "User and password (Basic)"),
    (SignInKind::Bearer, "Bearer token"),
    (SignInKind::Header, "Custom header"),
];

/// The page.
#[component]
pub fn ConnectPage() -> impl IntoView {
    let state = use_app();
    let url =
        RwSignal::new(state.route.with_untracked(|route| route.server().unwrap_or_default().to_owned()));
    let way = RwSignal::new(SignInKind::None);
    let (first, second) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let is_kept = RwSignal::new(false);

    // The address names a server: show it in the box, also when a pasted link brings it in later.
    Effect::new(move |_| {
        if let Some(server) = state.route.with(|route| route.server().map(str::to_owned))
            && !server.is_empty()
        {
            url.set(server);
        }
    });
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let sign_in = match way.get_untracked() {
            SignInKind::None => SignIn::None,
            SignInKind::Basic => {
                SignIn::Basic { user: first.get_untracked(), password: second.get_untracked() }
            }
            SignInKind::Bearer => SignIn::Bearer { token: second.get_untracked() },
            SignInKind::Header => {
                SignIn::Header { name: first.get_untracked(), value: second.get_untracked() }
            }
        };
        let url = url.get_untracked().trim().trim_end_matches('/').to_owned();
        state.connect_as_asked(&url, sign_in, is_kept.get_untracked());
    };
    let is_connecting = move || matches!(state.connection.get(), Connection::Connecting(_));
    let offered = move || state.config.with(|config| config.servers.clone());
    let recent = memory::recent_servers();
    // The boxes for a secret are made anew, empty: what stood in them was meant for another server or another way.
    let choose_way = move |kind: SignInKind| {
        first.set(String::new());
        second.set(String::new());
        way.set(kind);
    };
    let choose = move |server: String, kind: SignInKind| {
        url.set(server);
        choose_way(kind);
    };
    view! {
        <main class="page page--narrow" id="main">
            <h1 tabindex="-1">"Connect to a tracking server"</h1>
            {move || match state.connection.get() {
                Connection::Asking(server) => view! {
                    <p class="note" role="status">
                        "This link leads to " <strong>{server}</strong>
                        ", a server that this browser has not used. Connect only if you know it."
                    </p>
                }.into_any(),
                Connection::Failed(problem) => view! { <Problem problem /> }.into_any(),
                _ => ().into_any(),
            }}
            <form class="form" aria-label="Connect to a tracking server" on:submit=submit>
                <label class="field">
                    <span class="field__label">"Server URL"</span>
                    <input
                        class="input" type="text" inputmode="url" autocomplete="off" spellcheck="false"
                        placeholder="http://127.0.0.1:5000" required
                        prop:value=move || url.get()
                        on:input=move |event| url.set(event_target_value(&event))
                    />
                </label>
                <label class="field">
                    <span class="field__label">"Sign in"</span>
                    <select
                        class="select"
                        on:change=move |event| {
                            let index = event_target_value(&event).parse().unwrap_or(0);
                            choose_way(WAYS.get(index).map_or(SignInKind::None, |(kind, _)| *kind));
                        }
                    >
                        {WAYS.into_iter().enumerate().map(|(index, (kind, label))| view! {
                            <option value=index.to_string() selected=move || way.get() == kind>{label}</option>
                        }).collect_view()}
                    </select>
                </label>
                {move || {
                    let secret = |label: &'static str| view! {
                        <label class="field">
                            <span class="field__label">{label}</span>
                            <input class="input" type="password" autocomplete="off"
                                on:input=move |event| second.set(event_target_value(&event)) />
                        </label>
                    };
                    let open = |label: &'static str| view! {
                        <label class="field">
                            <span class="field__label">{label}</span>
                            <input class="input" type="text" autocomplete="off" spellcheck="false"
                                on:input=move |event| first.set(event_target_value(&event)) />
                        </label>
                    };
                    match way.get() {
                        SignInKind::None => ().into_any(),
                        SignInKind::Basic => (open("User"), secret("Password")).into_any(),
                        SignInKind::Bearer => secret("Token").into_any(),
                        SignInKind::Header => (open("Header name"), secret("Header value")).into_any(),
                    }
                }}
                <Show when=move || way.get() != SignInKind::None>
                    <label class="check">
                        <input type="checkbox" on:change=move |event| is_kept.set(event_target_checked(&event)) />
                        "Keep until this tab is closed (otherwise until it is reloaded)"
                    </label>
                </Show>
                <div>
                    <button class="button button--primary" type="submit"
                        aria-disabled=move || is_connecting().then_some("true")>
                        "Connect"
                    </button>
                    <span class="form__state" role="status">
                        {move || is_connecting().then_some("Connecting…")}
                    </span>
                </div>
            </form>
            <Show when=move || !offered().is_empty()>
                <h2>"Servers of this site"</h2>
                <ul class="plain-list">
                    {move || offered().into_iter().map(|server| {
                        let (address, kind) = (server.url.clone(), server.sign_in);
                        view! {
                            <li>
                                <button class="button" on:click=move |_| choose(address.clone(), kind)>{server.name}</button>
                                <span class="secondary">{server.url}</span>
                            </li>
                        }
                    }).collect_view()}
                </ul>
            </Show>
            {(!recent.is_empty()).then(|| view! {
                <h2>"Recent servers"</h2>
                <ul class="plain-list">
                    {recent.into_iter().map(|server| {
                        let address = server.clone();
                        view! {
                            <li><button class="button" on:click=move |_| choose(address.clone(), SignInKind::None)>{server}</button></li>
                        }
                    }).collect_view()}
                </ul>
            })}
        </main>
    }
}

/// A failed connection, with what mends it.
#[component]
fn Problem(
    /// What went wrong.
    problem: ConnectProblem,
) -> impl IntoView {
    view! {
        <div class="alert" role="alert">
            <div>
                <p><strong>{problem.message}</strong></p>
                <p>{problem.advice}</p>
                {problem.recipe.map(|recipe| view! { <pre class="code" tabindex="0">{recipe}</pre> })}
            </div>
        </div>
    }
}
