//! The review of a version in Staging: the checklist, and what was asked for and decided. All of it is advisory: it
//! stands in tags, and only the server's permissions keep anybody from moving the version without it.

use super::ModelContext;
use super::sent::Sent;
use crate::entities::{Stage, VersionNumber};
use crate::registry::change::{Change, Decision, TagChange};
use crate::registry::record::What;
use crate::registry::review::{REVIEW_TAG, check_key, checked_by, last_review, review_text};
use leptos::html;
use leptos::prelude::*;

/// The panel; nothing for a version that is not in Staging.
#[component]
pub(super) fn ReviewPanel(context: ModelContext, number: VersionNumber) -> impl IntoView {
    let is_in_staging = Memo::new(move |_| {
        context.state.with(|state| {
            let version = state.as_ref().and_then(|state| state.version(number));
            version.is_some_and(|version| version.stage == Stage::Staging)
        })
    });
    view! {
        <Show when=move || is_in_staging.get()>
            <Review context number />
        </Show>
    }
}

/// A tag of the review, and what the record says of it. It is written even where it has that value already: each
/// word counts by its time.
fn tag_change(context: ModelContext, number: VersionNumber, key: String, to: Option<String>) -> Change {
    let from = context.state.with_untracked(|state| {
        let version = state.as_ref()?.version(number)?;
        version.tags.iter().find(|tag| tag.key == key).map(|tag| tag.value.clone())
    });
    let model = context.page.with_untracked(|page| page.name.clone());
    let tags = vec![TagChange { version: Some(number), key, from, to }];
    Change { model, subject: Some(number), tags, ..Change::default() }
}

/// A point of the checklist.
#[component]
fn Point(context: ModelContext, number: VersionNumber, point: String) -> impl IntoView {
    let registry = context.registry;
    let input: NodeRef<html::Input> = NodeRef::new();
    let text = StoredValue::new(point.clone());
    let by = Memo::new(move |_| {
        context.state.with(|state| {
            let version = state.as_ref()?.version(number)?;
            text.with_value(|point| checked_by(version, point))
        })
    });
    let show = move |is_on: bool| {
        if let Some(input) = input.get_untracked() {
            input.set_checked(is_on);
        }
    };
    // A tick that was not written is taken away again.
    let sent = Sent::new(registry, Callback::new(move |_| show(by.with_untracked(Option::is_some))));
    Effect::new(move || show(by.with(Option::is_some)));
    let on_change = move |is_on: bool| {
        let author = registry.decide("", None, None).by.name;
        // An empty name is a name, too: the tag alone is the tick.
        let change =
            tag_change(context, number, text.with_value(|point| check_key(point)), is_on.then_some(author));
        let decision = registry.decide("", None, None);
        sent.send(change, Decision { what: Some(What::Check), name: Some(text.get_value()), ..decision });
    };
    view! {
        <label class="check">
            <input
                type="checkbox"
                node_ref=input
                checked=by.with_untracked(Option::is_some)
                on:change:target=move |event| on_change(event.target().checked())
            />
            <bdi>{point}</bdi>
            <span class="secondary">{move || by.get().filter(|by| !by.is_empty()).map(|by| format!("by {by}"))}</span>
        </label>
    }
}

#[component]
fn Review(context: ModelContext, number: VersionNumber) -> impl IntoView {
    let registry = context.registry;
    let comment = RwSignal::new(String::new());
    let checklist = context.app.rules().checklist;
    let point = move |point: String| view! { <Point context number point /> };
    let sent = Sent::new(
        registry,
        Callback::new(move |is_done| {
            if is_done {
                comment.set(String::new());
            }
        }),
    );
    let standing = move || {
        context.state.with(|state| {
            let version = state.as_ref().and_then(|state| state.version(number));
            version
                .and_then(last_review)
                .map_or_else(|| "Nobody has asked for Production yet".to_owned(), |entry| review_text(&entry))
        })
    };
    let decide = move |word: &'static str, what: What, text: &'static str| {
        view! {
            <button
                type="button"
                class="button"
                on:click=move |_| {
                    let change = tag_change(context, number, REVIEW_TAG.to_owned(), Some(word.to_owned()));
                    let decision = registry.decide(comment.get_untracked().trim(), None, None);
                    sent.send(change, Decision { what: Some(what), ..decision });
                }
            >
                {text}
            </button>
        }
    };
    view! {
        <section class="panel model__edit" aria-label="Review">
            <header class="panel__head"><h2 class="panel__title">"Review (advisory)"</h2></header>
            {checklist.into_iter().map(point).collect_view()}
            <p role="status">{standing}</p>
            <div class="toolbar">
                <input
                    class="input model__filter"
                    type="text"
                    aria-label="Review comment"
                    placeholder="Comment"
                    prop:value=comment
                    on:input:target=move |event| comment.set(event.target().value())
                />
                {decide("requested", What::Request, "Ask for Production")}
                {decide("approved", What::Approve, "Approve")}
                {decide("declined", What::Decline, "Decline")}
            </div>
        </section>
    }
}
