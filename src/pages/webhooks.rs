//! Webhooks: what the server calls when something happens in its registry, and the events that a promotion fires.

mod new_webhook;
mod test_webhook;

use self::new_webhook::NewWebhookForm;
use self::test_webhook::TestWebhook;
use crate::engine::protocol::format_millis;
use crate::entities::{Webhook, WebhookId, WebhookStatus};
use crate::pages::models::Skipped;
use crate::registrar::Ask;
use crate::registrar::webhooks::{Trouble, WebhookAsk, WebhookList, WebhookNews, WebhookWrite, WritePhase};
use crate::registry::rules::StageAlias;
use crate::route::Route;
use crate::state::registry::{RegistryState, use_registry};
use crate::state::use_app;
use crate::ui::dialog::Dialog;
use crate::ui::focus::focus_on;
use leptos::prelude::*;

/// What the parts of the page share.
#[derive(Clone, Copy)]
struct Hooks {
    registry: RegistryState,
    /// All that is known.
    news: Memo<WebhookNews>,
    /// Those that are here.
    items: Memo<Vec<Webhook>>,
    /// The one in a dialog.
    chosen: RwSignal<Option<WebhookId>>,
    is_new_open: RwSignal<bool>,
    is_test_open: RwSignal<bool>,
    is_delete_open: RwSignal<bool>,
}

impl Hooks {
    fn ask(self, ask: WebhookAsk) {
        self.registry.ask(&Ask::Webhooks(ask.to_text()));
    }

    fn find(self, id: &WebhookId) -> Option<Webhook> {
        self.items.with(|items| items.iter().find(|hook| hook.id == *id).cloned())
    }

    fn chosen_one(self) -> Option<Webhook> {
        self.chosen.get().and_then(|id| self.find(&id))
    }

    fn is_writing(self) -> bool {
        self.news.with(|news| news.write.as_ref().is_some_and(WebhookWrite::is_under_way))
    }
}

/// The page.
#[component]
pub fn WebhooksPage() -> impl IntoView {
    let (app, registry) = (use_app(), use_registry());
    // What another server had is not shown for this one's.
    registry.webhooks.set(String::new());
    let news = Memo::new(move |_| registry.webhooks.with(|text| WebhookNews::read(text)));
    let hooks = Hooks {
        registry,
        news,
        items: Memo::new(move |_| {
            news.with(|news| match &news.list {
                WebhookList::Here(items, _) => items.clone(),
                _ => vec![],
            })
        }),
        chosen: RwSignal::new(None),
        is_new_open: RwSignal::new(false),
        is_test_open: RwSignal::new(false),
        is_delete_open: RwSignal::new(false),
    };
    hooks.ask(WebhookAsk::Open);
    let models = move || {
        let server = app.route.with(|route| route.server().unwrap_or_default().to_owned());
        Route::Models { server, search: String::new(), sort: None }.to_string()
    };
    let shown = Memo::new(move |_| news.with(|news| Shown::of(&news.list)));
    view! {
        <main class="page page--wide" id="main">
            <nav class="crumbs" aria-label="Where this is"><a href=models>"Models"</a></nav>
            <h1 tabindex="-1">"Webhooks"</h1>
            {move || match shown.get() {
                Shown::Loading => view! { <p role="status">"Loading the webhooks…"</p> }.into_any(),
                Shown::Absent(why) => view! { <Absent why /> }.into_any(),
                Shown::Failed(trouble) => view! {
                    <TroubleAlert trouble />
                    <div class="toolbar">
                        <button type="button" class="button" on:click=move |_| hooks.ask(WebhookAsk::Open)>"Try again"</button>
                    </div>
                }.into_any(),
                Shown::Here { is_empty, skipped } => view! {
                    <Explanation />
                    <div class="toolbar">
                        <button type="button" class="button button--primary" on:click=move |_| hooks.is_new_open.set(true)>
                            "New webhook…"
                        </button>
                        <button type="button" class="button" on:click=move |_| hooks.ask(WebhookAsk::Refresh)>"Read again"</button>
                        <span role="status" class="secondary">{move || count_text(hooks.items.with(Vec::len))}</span>
                    </div>
                    <Skipped skipped noun="webhooks" />
                    {(!is_empty).then(|| view! { <Table hooks /> })}
                }.into_any(),
            }}
            <WriteStatus hooks />
            <Dialog title="New webhook" is_open=hooks.is_new_open><NewWebhookForm hooks /></Dialog>
            <Dialog title="Test a webhook" is_open=hooks.is_test_open><TestWebhook hooks /></Dialog>
            <Dialog title="Delete a webhook" is_open=hooks.is_delete_open><Delete hooks /></Dialog>
        </main>
    }
}

/// What the page is built of: anew only when this changes, not with every webhook.
#[derive(Clone, PartialEq)]
enum Shown {
    Loading,
    Absent(String),
    Failed(Trouble),
    Here { is_empty: bool, skipped: Vec<String> },
}

impl Shown {
    fn of(list: &WebhookList) -> Self {
        match list {
            WebhookList::Loading => Self::Loading,
            WebhookList::Absent(why) => Self::Absent(why.clone()),
            WebhookList::Failed(trouble) => Self::Failed(trouble.clone()),
            WebhookList::Here(items, skipped) => {
                Self::Here { is_empty: items.is_empty(), skipped: skipped.clone() }
            }
        }
    }
}

fn count_text(n_hooks: usize) -> String {
    match n_hooks {
        0 => "No webhooks yet".to_owned(),
        1 => "1 webhook".to_owned(),
        n_hooks => format!("{n_hooks} webhooks"),
    }
}

#[component]
fn Absent(why: String) -> impl IntoView {
    view! {
        <p role="status">{why}</p>
        <p class="secondary">
            "A pipeline learns of promotions from this server by asking: docs/deploy.md of Runweave has the requests."
        </p>
    }
}

/// What a promotion fires.
#[component]
fn Explanation() -> impl IntoView {
    let app = use_app();
    let aliases = move || {
        let text = |map: &StageAlias| format!("{} has the alias {}", map.stage, map.alias);
        let aliases: Vec<String> = app.rules().stage_aliases.iter().map(text).collect();
        if aliases.is_empty() {
            "No stage has an alias here yet: config.json sets them, registry.stage_aliases.".to_owned()
        } else {
            format!("Here {}.", aliases.join(", "))
        }
    };
    view! {
        <div class="note">
            <p>"The server calls a URL at the events of a webhook. It sends nothing on a stage change."</p>
            <p>
                "What Runweave writes along with a move does fire: its record, a tag of the version, fires \
                 MODEL_VERSION_TAG.SET; the alias of a stage fires MODEL_VERSION_ALIAS.CREATED. " {aliases}
            </p>
        </div>
    }
}

#[component]
fn Table(hooks: Hooks) -> impl IntoView {
    let row = move |id: WebhookId| {
        let of = id.clone();
        let hook = Memo::new(move |_| hooks.find(&of));
        let text = move |read: fn(&Webhook) -> String| {
            move || hook.with(|hook| hook.as_ref().map(read).unwrap_or_default())
        };
        let is_active =
            move || hook.with(|hook| hook.as_ref().is_some_and(|hook| hook.status == WebhookStatus::Active));
        let name = text(|hook| hook.name.clone());
        let verb = move || if is_active() { "Disable" } else { "Enable" };
        let (toggled, tested, deleted) = (id.clone(), id.clone(), id);
        let toggle = move |_| {
            let status = if untrack(is_active) { WebhookStatus::Disabled } else { WebhookStatus::Active };
            hooks.ask(WebhookAsk::SetStatus { id: toggled.clone(), status });
        };
        let is_off = move || hooks.is_writing().then_some("true");
        view! {
            <tr>
                <th scope="row" class="table__name">
                    {name}
                    <span class="webhook__description">{text(|hook| hook.description.clone())}</span>
                </th>
                <td class="table__name">{text(|hook| hook.url.clone())}</td>
                <td><ul class="plain-list">{move || hook.get().map(|hook| {
                    hook.events.into_iter().map(|event| view! { <li>{event.to_string()}</li> }).collect_view()
                })}</ul></td>
                <td>{text(|hook| hook.status.as_str().to_owned())}</td>
                <td class="table__number">{text(|hook| hook.last_update_millis.map(format_millis).unwrap_or_default())}</td>
                <td>
                    <div class="toolbar">
                        <button type="button" class="button" on:click=move |_| {
                            hooks.chosen.set(Some(tested.clone()));
                            hooks.is_test_open.set(true);
                        }>"Test…"<span class="visually-hidden">{move || format!(" {}", name())}</span></button>
                        <button type="button" class="button" aria-disabled=is_off on:click=toggle>
                            {verb}<span class="visually-hidden">{move || format!(" {}", name())}</span>
                        </button>
                        <button type="button" class="button" aria-disabled=is_off on:click=move |_| {
                            if !untrack(move || hooks.is_writing()) {
                                hooks.chosen.set(Some(deleted.clone()));
                                hooks.is_delete_open.set(true);
                            }
                        }>"Delete…"<span class="visually-hidden">{move || format!(" {}", name())}</span></button>
                    </div>
                </td>
            </tr>
        }
    };
    let ids = move || hooks.items.with(|items| items.iter().map(|hook| hook.id.clone()).collect::<Vec<_>>());
    view! {
        <div class="table-scroll" tabindex="0" role="region" aria-label="Webhooks, scrollable">
            <table class="table webhooks" aria-label="Webhooks">
                <thead><tr>
                    <th scope="col">"Name"</th>
                    <th scope="col">"URL"</th>
                    <th scope="col">"Events"</th>
                    <th scope="col">"Status"</th>
                    <th scope="col">"Last update (UTC)"</th>
                    <th scope="col"><span class="visually-hidden">"Actions"</span></th>
                </tr></thead>
                <tbody><For each=ids key=Clone::clone children=row /></tbody>
            </table>
        </div>
    }
}

/// How the newest write stands.
#[component]
fn WriteStatus(hooks: Hooks) -> impl IntoView {
    let write = move || hooks.news.with(|news| news.write.clone());
    let line = move || {
        write().map(|write| match write.phase {
            WritePhase::Writing => format!("{}: writing", write.text),
            WritePhase::Verifying => format!("{}: reading back", write.text),
            WritePhase::Done(remark) => format!("{}: done, and read back. {remark}", write.text),
            WritePhase::Failed(_) => String::new(),
        })
    };
    // The dialog that is open shows its own.
    let trouble = move || match write()?.phase {
        WritePhase::Failed(trouble) if !hooks.is_new_open.get() => Some(view! { <TroubleAlert trouble /> }),
        _ => None,
    };
    view! {
        <p role="status">{line}</p>
        {trouble}
    }
}

/// What happened, and what to do.
#[component]
fn TroubleAlert(trouble: Trouble) -> impl IntoView {
    view! {
        <div class="alert" role="alert">
            <div>
                <p>{trouble.message}</p>
                {(!trouble.advice.is_empty()).then(|| view! { <p>{trouble.advice}</p> })}
            </div>
        </div>
    }
}

/// The one question.
#[component]
fn Delete(hooks: Hooks) -> impl IntoView {
    let name = move || hooks.chosen_one().map(|hook| hook.name).unwrap_or_default();
    let delete = move |_| {
        if let Some(id) = hooks.chosen.get_untracked() {
            hooks.ask(WebhookAsk::Delete(id));
        }
        hooks.is_delete_open.set(false);
        // The button that the focus would come back to goes away with the webhook.
        request_animation_frame(|| focus_on("main h1"));
    };
    view! {
        <div class="form">
            <p class="table__name">
                {move || format!("Delete {}? Its secret goes with it, and the server cannot take it back.", name())}
            </p>
            <div class="toolbar">
                <button type="button" class="button button--primary" on:click=delete>"Delete"</button>
                <button type="button" class="button" on:click=move |_| hooks.is_delete_open.set(false)>"Cancel"</button>
            </div>
        </div>
    }
}
