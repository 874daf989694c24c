//! A test of a webhook: the server calls its URL with an example, and tells what came of it.

use super::{Hooks, TroubleAlert};
use crate::entities::{WebhookEvent, WebhookTestResult, promotion_events};
use crate::registrar::webhooks::{TestPhase, Trouble, WebhookAsk, WebhookTest};
use leptos::prelude::*;

/// The choice of an event, and what came of the test.
#[component]
pub(super) fn TestWebhook(hooks: Hooks) -> impl IntoView {
    let hook = Memo::new(move |_| hooks.chosen_one());
    let events = Memo::new(move |_| {
        let events = hook.with(|hook| hook.as_ref().map(|hook| hook.events.clone()).unwrap_or_default());
        if events.is_empty() { promotion_events().to_vec() } else { events }
    });
    let place = RwSignal::new(0usize);
    let test = move || {
        let id = hooks.chosen.get();
        hooks.news.with(|news| news.test.clone().filter(|test| Some(&test.id) == id.as_ref()))
    };
    // Another webhook's test holds this one up as well.
    let is_sending = move || {
        hooks.news.with(|news| news.test.as_ref().is_some_and(|test| test.phase == TestPhase::Sending))
    };
    let send = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let chosen = events.with_untracked(|events| events.get(place.get_untracked()).cloned());
        if let (Some(id), Some(event)) = (hooks.chosen.get_untracked(), chosen)
            && !untrack(is_sending)
        {
            hooks.ask(WebhookAsk::Test { id, event });
        }
    };
    let option = move |(at, event): (usize, WebhookEvent)| {
        view! { <option value=at.to_string() selected=move || place.get() == at>{event.to_string()}</option> }
    };
    view! {
        <form class="form" aria-label="Test a webhook" on:submit=send>
            <p class="table__name">
                {move || hook.get().map(|hook| format!("{} calls {}", hook.name, hook.url))}
            </p>
            <label class="field">
                <span class="field__label">"Event"</span>
                <select class="select" on:change:target=move |event| place.set(event.target().value().parse().unwrap_or_default())>
                    {move || events.get().into_iter().enumerate().map(option).collect_view()}
                </select>
            </label>
            <p class="secondary">
                "The server calls the URL with MLflow's example of this event: version 1 of example_model. The receiver \
                 should do nothing with it. A disabled webhook is called too."
            </p>
            <div class="toolbar">
                <button type="submit" class="button button--primary" aria-disabled=move || is_sending().then_some("true")>
                    "Send test"
                </button>
            </div>
            <div role="status">{move || test().map(outcome)}</div>
        </form>
    }
}

fn outcome(test: WebhookTest) -> AnyView {
    match test.phase {
        TestPhase::Sending => view! {
            <p>{format!("The server is calling the URL with {}. One that does not answer it tries for up to two minutes.", test.event)}</p>
        }
        .into_any(),
        TestPhase::Failed(trouble) => view! { <TroubleAlert trouble /> }.into_any(),
        TestPhase::Ended(result, advice) => ended(&test.event, result, advice),
    }
}

fn ended(event: &WebhookEvent, result: WebhookTestResult, advice: String) -> AnyView {
    let said = match result.response_status {
        Some(status) => format!("the URL answered with HTTP {status}"),
        None if result.error_message.is_empty() => "the server does not say why".to_owned(),
        None => result.error_message,
    };
    let body = (!result.response_body.is_empty()).then(|| {
        view! { <p class="note">"It answered: "{result.response_body}</p> }
    });
    if result.is_success {
        view! { <p>{format!("Delivered: {event}, {said}.")}</p> {body} }.into_any()
    } else {
        let trouble = Trouble { message: format!("Not delivered: {event}, {said}."), advice };
        view! { <TroubleAlert trouble /> {body} }.into_any()
    }
}
