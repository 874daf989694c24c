//! The review of a version in Staging: the checklist, and what was asked for and decided. All of it is advisory: it
//! stands in tags, and only the server's permissions keep anybody from moving the version without it.

use super::ModelContext;
use crate::entities::{Stage, VersionNumber};
use crate::registry::change::{Change, Decision, TagChange};
use crate::registry::record::What;
use crate::registry::review::{REVIEW_TAG, check_key, last_review, review_text};
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

/// The value of a version's tag as the page knows it.
fn tag_value(context: ModelContext, number: VersionNumber, key: &str) -> Option<String> {
    context.state.with(|state| {
        let version = state.as_ref()?.version(number)?;
        version.tags.iter().find(|tag| tag.key == key).map(|tag| tag.value.clone())
    })
}

/// Sets or removes a tag, as a change of this kind.
fn set_tag(
    context: ModelContext,
    number: VersionNumber,
    key: String,
    to: Option<String>,
    what: What,
    reason: &str,
) {
    let from = untrack(|| tag_value(context, number, &key));
    if from == to {
        return;
    }
    let model = context.page.with_untracked(|page| page.name.clone());
    let tags = vec![TagChange { version: Some(number), key, from, to }];
    let decision = Decision { what: Some(what), ..context.registry.decide(reason, None, None) };
    context.registry.change(Change { model, subject: Some(number), tags, ..Change::default() }, decision);
}

#[component]
fn Review(context: ModelContext, number: VersionNumber) -> impl IntoView {
    let comment = RwSignal::new(String::new());
    let checklist = context.app.config.with_untracked(|config| config.registry.checklist.clone());
    let author = move || {
        let signed_in = context.app.signed_in_user();
        signed_in.unwrap_or_else(|| context.registry.author.get_untracked().trim().to_owned())
    };
    let point = move |point: String| {
        let key = StoredValue::new(check_key(&point));
        let by = move || key.with_value(|key| tag_value(context, number, key));
        view! {
            <label class="check">
                <input
                    type="checkbox"
                    prop:checked=move || by().is_some()
                    on:change:target=move |event| {
                        // An empty name is a name, too: the tag alone is the tick.
                        let to = event.target().checked().then(author);
                        set_tag(context, number, key.get_value(), to, What::Check, "");
                    }
                />
                {point}
                <span class="secondary">{move || by().filter(|by| !by.is_empty()).map(|by| format!("by {by}"))}</span>
            </label>
        }
    };
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
                    let reason = comment.get_untracked();
                    set_tag(context, number, REVIEW_TAG.to_owned(), Some(word.to_owned()), what, reason.trim());
                    comment.set(String::new());
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
