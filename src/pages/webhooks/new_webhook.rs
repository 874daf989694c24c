//! The form of a new webhook. The secret lives in its field only and is gone when the dialog closes.

use super::{Hooks, TroubleAlert};
use crate::entities::{MODEL_EVENTS, NewWebhook, WebhookEvent, promotion_events};
use crate::registrar::webhooks::{WebhookAsk, WebhookWrite, WritePhase};
use leptos::prelude::*;
use std::collections::BTreeSet;

/// The form.
#[component]
pub(super) fn NewWebhookForm(hooks: Hooks) -> impl IntoView {
    let [name, url, description, secret] = [(); 4].map(|()| RwSignal::new(String::new()));
    let events = RwSignal::new(BTreeSet::from(promotion_events()));
    let is_touched = RwSignal::new(false);
    let is_sent = RwSignal::new(false);
    let new = move || NewWebhook {
        name: name.get().trim().to_owned(),
        url: url.get().trim().to_owned(),
        description: description.get(),
        events: events.with(|events| events.iter().cloned().collect()),
        secret: secret.get(),
    };
    let write =
        move || hooks.news.with(|news| news.write.clone().filter(|write| write.is_create && is_sent.get()));
    let is_under_way = move || write().as_ref().is_some_and(WebhookWrite::is_under_way);
    let problem = move || if is_under_way() { None } else { new().problem() };
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        is_touched.set(true);
        let new = untrack(new);
        if untrack(move || hooks.is_writing()) || new.problem().is_some() {
            return;
        }
        is_sent.set(false);
        hooks.ask(WebhookAsk::Create(new));
    };
    // What came of an earlier write is not about this one: it counts from when the registrar has taken it up.
    Effect::new(move || {
        let is_taken_up = hooks
            .news
            .with(|news| news.write.as_ref().is_some_and(|write| write.is_create && write.is_under_way()));
        if is_taken_up {
            is_sent.set(true);
        }
    });
    Effect::new(move || {
        if write().is_some_and(|write| matches!(write.phase, WritePhase::Done(_))) {
            hooks.is_new_open.set(false);
        }
    });
    let state = move || match write().map(|write| write.phase) {
        Some(WritePhase::Writing) => "Creating it".to_owned(),
        Some(WritePhase::Verifying) => "Reading it back".to_owned(),
        _ => is_touched.get().then(problem).flatten().unwrap_or_default().to_owned(),
    };
    let trouble = move || match write()?.phase {
        WritePhase::Failed(trouble) => Some(view! { <TroubleAlert trouble /> }),
        _ => None,
    };
    let check = move |event: WebhookEvent| {
        let (shown, toggled) = (event.clone(), event.clone());
        view! {
            <label class="check">
                <input
                    type="checkbox"
                    prop:checked=move || events.with(|events| events.contains(&shown))
                    on:change:target=move |change| {
                        let is_on = change.target().checked();
                        events.update(|events| {
                            if is_on {
                                events.insert(toggled.clone());
                            } else {
                                events.remove(&toggled);
                            }
                        });
                    }
                />
                {event.to_string()}
            </label>
        }
    };
    let group = move |(entity, actions): (&'static str, &'static [&'static str])| {
        view! {
            <div class="plain-list" role="group" aria-label=entity>
                {actions.iter().map(|action| check(WebhookEvent::new(entity, action))).collect_view()}
            </div>
        }
    };
    let field = move |label: &'static str,
                      kind: &'static str,
                      value: RwSignal<String>,
                      hint: &'static str| {
        let id = label.to_lowercase();
        view! {
            <label class="field">
                <span class="field__label">{label}</span>
                <input
                    class="input"
                    type=kind
                    autocomplete=if kind == "password" { "new-password" } else { "off" }
                    spellcheck="false"
                    aria-label=label
                    aria-describedby=format!("webhook-{id}")
                    prop:value=value
                    on:input:target=move |event| value.set(event.target().value())
                />
                {(!hint.is_empty()).then(|| view! { <span class="secondary" id=format!("webhook-{id}")>{hint}</span> })}
            </label>
        }
    };
    view! {
        <form class="form" aria-label="New webhook" on:submit=submit>
            {field("Name", "text", name, "")}
            {field("URL", "text", url, "It is the server that calls it, not this browser.")}
            {field("Description", "text", description, "")}
            <fieldset class="webhook__events">
                <legend class="field__label">"Events"</legend>
                <p class="secondary">
                    "Tell a pipeline about promotions: the two that are chosen at first fire when a move is recorded and \
                     when a stage's alias moves."
                </p>
                {MODEL_EVENTS.map(group).collect_view()}
            </fieldset>
            {field(
                "Secret",
                "password",
                secret,
                "The server signs its calls with it, and never shows it again. Start the server with \
                 MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY before: without that, no webhook can be listed any more once it \
                 has been started anew.",
            )}
            {trouble}
            <div class="toolbar move__actions">
                <button type="submit" class="button button--primary" aria-describedby="webhook-state"
                    aria-disabled=move || (is_under_way() || problem().is_some()).then_some("true")>
                    "Create webhook"
                </button>
                <span id="webhook-state" role="status">{state}</span>
            </div>
        </form>
    }
}
