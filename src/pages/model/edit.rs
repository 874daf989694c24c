//! Aliases of a version, which a dialog decides about, and tags and descriptions of a version or of the model itself,
//! edited as changes like any other: checked, read back, and those of a version recorded.

use super::{Intent, ModelContext};
use crate::entities::VersionNumber;
use crate::pages::author::AuthorField;
use crate::registrar::protocol::Phase;
use crate::registry::change::{Change, DescriptionChange, TagChange, description_of, tags_in};
use crate::registry::record::PREFIX;
use leptos::html;
use leptos::prelude::*;

/// Descriptions longer than this do not fit into the tables of MLflow, which only some of its databases enforce.
const DESCRIPTION_CHARS: usize = 5000;

/// Whether it was sent: while another change is not finished it is not.
fn send(context: ModelContext, change: Change) -> bool {
    let decision = context.registry.decide("", None, None);
    !change.is_empty() && context.registry.change(change, decision)
}

fn base(context: ModelContext, subject: Option<VersionNumber>) -> Change {
    let model = context.page.with_untracked(|page| page.name.clone());
    Change { model, subject, ..Change::default() }
}

/// Why a server would refuse an alias of this name; the rules of MLflow's registry.
fn alias_obstacle(name: &str) -> Option<&'static str> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    let is_version = name
        .strip_prefix(['v', 'V'])
        .is_some_and(|rest| !rest.is_empty() && rest.chars().all(|c| c.is_ascii_digit()));
    if name.is_empty() {
        Some("An alias needs a name")
    } else if !name.chars().all(is_word) || name.chars().count() > 255 {
        Some("Letters, digits, _ and - only, at most 255")
    } else if name.eq_ignore_ascii_case("latest") || is_version {
        Some("The server keeps this name for itself")
    } else {
        None
    }
}

/// The aliases of a version, with what each stood for before it would move.
#[component]
pub(super) fn Aliases(context: ModelContext, number: VersionNumber) -> impl IntoView {
    let typed = RwSignal::new(String::new());
    let names = Memo::new(move |_| {
        context.state.with(|state| {
            let aliases = state.as_ref().map(|state| state.aliases_of(number)).unwrap_or_default();
            aliases.into_iter().map(|alias| alias.name.clone()).collect::<Vec<_>>()
        })
    });
    let holder = Memo::new(move |_| {
        let name = typed.get();
        context.state.with(|state| state.as_ref().and_then(|state| state.alias(name.trim())))
    });
    let note = move || {
        let name = typed.get();
        let name = name.trim();
        if name.is_empty() {
            return String::new();
        }
        match (alias_obstacle(name), holder.get()) {
            (Some(obstacle), _) => obstacle.to_owned(),
            (None, Some(holder)) if holder == number => format!("{name} stands for this version already"),
            (None, Some(holder)) => format!("{name} moves here from version {holder}"),
            (None, None) => String::new(),
        }
    };
    let set = move |_| {
        let name = typed.get_untracked().trim().to_owned();
        if alias_obstacle(&name).is_none() && holder.get_untracked() != Some(number) {
            context.decide(number, Intent::SetAlias(name));
        }
    };
    // What is set leaves the form.
    Effect::new(move || {
        if names.with(|names| names.contains(&typed.with_untracked(|typed| typed.trim().to_owned()))) {
            typed.set(String::new());
        }
    });
    let item = move |name: String| {
        let words = format!("Remove alias {name}…");
        let alias = name.clone();
        view! {
            <li class="chip">
                {name}
                <button type="button" class="chip__remove" aria-haspopup="dialog" aria-label=words on:click=move |_| {
                    context.decide(number, Intent::RemoveAlias(alias.clone()));
                }>"×"</button>
            </li>
        }
    };
    view! {
        <section class="panel model__edit">
            <header class="panel__head"><h2 class="panel__title">"Aliases"</h2></header>
            {if context.has_aliases() {
                view! {
                    <ul class="chips" aria-label="Aliases"><For each=move || names.get() key=Clone::clone children=item /></ul>
                    <div class="toolbar">
                        <input class="input" type="text" aria-label="New alias" placeholder="champion" prop:value=typed
                            on:input:target=move |event| typed.set(event.target().value()) />
                        <button type="button" class="button" aria-haspopup="dialog" on:click=set>"Set alias…"</button>
                        <span class="secondary" role="status">{note}</span>
                    </div>
                }.into_any()
            } else {
                view! { <p class="panel__empty">"This server has no aliases; MLflow has them from version 2.3 on."</p> }.into_any()
            }}
        </section>
    }
}

/// The tags of a version, without those of the record, or those of the model itself.
#[component]
pub(super) fn Tags(
    context: ModelContext,
    /// Which version's; none for the model's own.
    version: Option<VersionNumber>,
) -> impl IntoView {
    let (key, value) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    // What is being sent stays in the form until the server has it.
    let sent = RwSignal::new(None::<(String, String)>);
    let tags = Memo::new(move |_| {
        context.state.with(|state| {
            let tags = state.as_ref().map(|state| tags_in(state, version)).unwrap_or_default();
            tags.iter()
                .filter(|tag| !tag.key.starts_with(PREFIX))
                .map(|tag| (tag.key.clone(), tag.value.clone()))
                .collect::<Vec<_>>()
        })
    });
    Effect::new(move || {
        if sent.with(|sent| sent.as_ref().is_some_and(|sent| tags.with(|tags| tags.contains(sent)))) {
            let typed = (key.get_untracked().trim().to_owned(), value.get_untracked());
            if sent.get_untracked() == Some(typed) {
                key.set(String::new());
                value.set(String::new());
            }
            sent.set(None);
        }
    });
    let obstacle = move || {
        let key = key.get();
        if key.trim().is_empty() {
            Some("")
        } else if key.trim().starts_with(PREFIX) {
            Some("Tags of this name hold the record")
        } else if !key.trim().chars().all(|c| c.is_alphanumeric() || "_-. :/".contains(c)) {
            Some("Servers take letters, digits, spaces and _ - . : / in a key")
        } else if key.trim().chars().count() > 250 {
            Some("A key has at most 250 characters")
        } else {
            None
        }
    };
    let set = move |_| {
        if untrack(obstacle).is_some() {
            return;
        }
        let (name, to) = (key.get_untracked().trim().to_owned(), value.get_untracked());
        let from = tags.with_untracked(|tags| {
            tags.iter().find(|(other, _)| *other == name).map(|(_, value)| value.clone())
        });
        sent.set(Some((name.clone(), to.clone())));
        if from.as_ref() != Some(&to) {
            let mut change = base(context, version);
            change.tags.push(TagChange { version, key: name, from, to: Some(to) });
            send(context, change);
        }
    };
    let row = move |(name, text): (String, String)| {
        let words = format!("Remove tag {name}");
        let (tag, from) = (name.clone(), text.clone());
        let (edit_name, edit_text) = (name.clone(), text.clone());
        view! {
            <tr>
                <th scope="row" class="table__name">{name.clone()}</th>
                <td class="table__name">{if text.is_empty() { view! { <em class="special">"empty"</em> }.into_any() } else { view! { <span class="model__text">{text}</span> }.into_any() }}</td>
                <td>
                    <div class="tag-actions">
                        <button type="button" class="button" aria-label=format!("Edit tag {name}") on:click=move |_| {
                            key.set(edit_name.clone());
                            value.set(edit_text.clone());
                        }>"Edit"</button>
                        <button type="button" class="button" aria-label=words on:click=move |_| {
                            let mut change = base(context, version);
                            change.tags.push(TagChange { version, key: tag.clone(), from: Some(from.clone()), to: None });
                            send(context, change);
                        }>"Remove"</button>
                    </div>
                </td>
            </tr>
        }
    };
    let title = if version.is_some() { "Tags" } else { "Tags of the model" };
    view! {
        <section class="panel model__edit">
            <header class="panel__head"><h2 class="panel__title">{title}</h2></header>
            <div class="table-scroll" tabindex="0" role="region" aria-label=format!("{title}, scrollable")>
                <table class="table" aria-label=title>
                    <tbody><For each=move || tags.get() key=Clone::clone children=row /></tbody>
                </table>
            </div>
            <div class="toolbar">
                <input class="input" type="text" aria-label="Tag key" placeholder="key" prop:value=key
                    on:input:target=move |event| key.set(event.target().value()) />
                // Of several lines, since a value may have them.
                <textarea class="input model__value" rows="1" aria-label="Tag value" placeholder="value" prop:value=value
                    on:input:target=move |event| value.set(event.target().value())></textarea>
                <button type="button" class="button" on:click=set>"Set tag"</button>
                <span class="secondary" role="status">{obstacle}</span>
            </div>
            {if version.is_some() {
                view! { <AuthorField /> }.into_any()
            } else {
                view! { <p class="secondary">{UNRECORDED}</p> }.into_any()
            }}
        </section>
    }
}

/// What is said where a change leaves no trace.
const UNRECORDED: &str =
    "What is changed of the model itself is not recorded: the record is kept in tags of versions.";

/// A description that is being written.
#[derive(Clone, PartialEq)]
struct Draft {
    /// What it is to take the place of, as last seen.
    from: String,
    text: String,
    is_sent: bool,
}

/// The description of a version, or of the model itself.
#[component]
pub(super) fn Description(
    context: ModelContext,
    /// Which version's; none for the model's own.
    version: Option<VersionNumber>,
) -> impl IntoView {
    let draft = RwSignal::new(None::<Draft>);
    let now = Memo::new(move |_| {
        context.state.with(|state| {
            state.as_ref().and_then(|state| description_of(state, version)).unwrap_or_default().to_owned()
        })
    });
    let is_editing = Memo::new(move |_| draft.with(Option::is_some));
    // What is being sent stays in the form until the server has it.
    Effect::new(move || {
        let (now, progress) = (now.get(), context.registry.progress.get());
        let sent = draft.get_untracked().filter(|draft| draft.is_sent);
        let Some(sent) = sent else { return };
        if now == sent.text {
            draft.set(None);
        } else if progress.is_some_and(|progress| matches!(progress.phase, Phase::Refused(_))) {
            // Whoever saves again has been told what is there by now.
            draft.set(Some(Draft { from: now, is_sent: false, ..sent }));
        }
    });
    let (area, button) = (NodeRef::<html::Textarea>::new(), NodeRef::<html::Button>::new());
    Effect::new(move |was_editing: Option<bool>| {
        // The element that had the focus is gone, or is not where the work goes on.
        let is_editing = is_editing.get();
        if is_editing {
            if let Some(area) = area.get() {
                drop(area.focus());
            }
        } else if was_editing == Some(true)
            && let Some(button) = button.get()
        {
            drop(button.focus());
        }
        is_editing
    });
    let save = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let Some(Draft { from, text, .. }) = draft.get_untracked() else { return };
        if text == from {
            draft.set(None);
            return;
        }
        let mut change = base(context, version);
        change.descriptions.push(DescriptionChange { version, from, to: text });
        let is_sent = send(context, change);
        draft.update(|draft| {
            if let Some(draft) = draft {
                draft.is_sent = is_sent;
            }
        });
    };
    let form = move || {
        let n_chars =
            move || draft.with(|draft| draft.as_ref().map_or(0, |draft| draft.text.chars().count()));
        view! {
            <form class="edit-form" aria-label="Edit the description" on:submit=save>
                <label class="edit-form__field">
                    <span class="edit-form__label">"Description"</span>
                    <textarea
                        class="input edit-form__text"
                        rows="4"
                        node_ref=area
                        prop:value=move || draft.with(|draft| draft.as_ref().map(|draft| draft.text.clone()))
                        on:input:target=move |event| {
                            let text = event.target().value();
                            draft.update(|draft| if let Some(draft) = draft {
                                draft.text = text;
                                draft.is_sent = false;
                            });
                        }
                    ></textarea>
                </label>
                {move || (n_chars() > DESCRIPTION_CHARS).then(|| view! {
                    <span class="edit-form__count edit-form__count--over" role="status">
                        {format!("{} characters: many servers keep {DESCRIPTION_CHARS} at most", n_chars())}
                    </span>
                })}
                {version.map(|_| view! { <AuthorField /> })}
                <div class="edit-form__actions">
                    <button type="submit" class="button button--primary">"Save description"</button>
                    <button type="button" class="button" on:click=move |_| draft.set(None)>"Cancel"</button>
                    {version.is_none().then(|| view! { <span class="secondary">{UNRECORDED}</span> })}
                </div>
            </form>
        }
    };
    let words = move || if now.with(String::is_empty) { "Add a description" } else { "Edit description" };
    view! {
        <section class="model__about" aria-label="Description">
            {move || if is_editing.get() {
                form().into_any()
            } else {
                view! {
                    <p class="model__description">{now}</p>
                    <button
                        type="button"
                        class="button"
                        node_ref=button
                        on:click=move |_| {
                            let text = now.get_untracked();
                            draft.set(Some(Draft { from: text.clone(), text, is_sent: false }));
                        }
                    >
                        {words}
                    </button>
                }.into_any()
            }}
        </section>
    }
}
