//! Aliases and tags of a version, edited as changes like any other: checked, read back, recorded.

use super::ModelContext;
use crate::entities::VersionNumber;
use crate::pages::author::AuthorField;
use crate::registry::change::{AliasChange, Change, TagChange};
use crate::registry::record::PREFIX;
use leptos::prelude::*;

fn send(context: ModelContext, change: Change) {
    if !change.is_empty() {
        let decision = context.registry.decide("", None, None);
        context.registry.change(change, decision);
    }
}

fn base(context: ModelContext, number: VersionNumber) -> Change {
    let model = context.page.with_untracked(|page| page.name.clone());
    Change { model, subject: Some(number), ..Change::default() }
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
        let from = holder.get_untracked();
        if alias_obstacle(&name).is_none() && from != Some(number) {
            let mut change = base(context, number);
            change.aliases.push(AliasChange { alias: name, from, to: Some(number) });
            send(context, change);
            typed.set(String::new());
        }
    };
    let item = move |name: String| {
        let words = format!("Remove alias {name}");
        let alias = name.clone();
        view! {
            <li class="chip">
                {name}
                <button type="button" class="chip__remove" aria-label=words on:click=move |_| {
                    let mut change = base(context, number);
                    change.aliases.push(AliasChange { alias: alias.clone(), from: Some(number), to: None });
                    send(context, change);
                }>"×"</button>
            </li>
        }
    };
    view! {
        <section class="panel">
            <header class="panel__head"><h2 class="panel__title">"Aliases"</h2></header>
            {if context.has_aliases() {
                view! {
                    <ul class="chips" aria-label="Aliases"><For each=move || names.get() key=Clone::clone children=item /></ul>
                    <div class="toolbar">
                        <input class="input" type="text" aria-label="New alias" placeholder="champion" prop:value=typed
                            on:input:target=move |event| typed.set(event.target().value()) />
                        <button type="button" class="button" on:click=set>"Set alias"</button>
                        <span class="secondary" role="status">{note}</span>
                    </div>
                }.into_any()
            } else {
                view! { <p class="panel__empty">"This server has no aliases; MLflow has them from version 2.3 on."</p> }.into_any()
            }}
        </section>
    }
}

/// The tags of a version, without those of the record.
#[component]
pub(super) fn Tags(context: ModelContext, number: VersionNumber) -> impl IntoView {
    let (key, value) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let tags = Memo::new(move |_| {
        context.state.with(|state| {
            let version = state.as_ref().and_then(|state| state.version(number));
            let tags = version.map(|version| version.tags.clone()).unwrap_or_default();
            tags.into_iter()
                .filter(|tag| !tag.key.starts_with(PREFIX))
                .map(|tag| (tag.key, tag.value))
                .collect::<Vec<_>>()
        })
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
        if obstacle().is_some() {
            return;
        }
        let (name, to) = (key.get_untracked().trim().to_owned(), value.get_untracked());
        let from = tags.with_untracked(|tags| {
            tags.iter().find(|(other, _)| *other == name).map(|(_, value)| value.clone())
        });
        if from.as_ref() != Some(&to) {
            let mut change = base(context, number);
            change.tags.push(TagChange { version: number, key: name, from, to: Some(to) });
            send(context, change);
        }
        key.set(String::new());
        value.set(String::new());
    };
    let row = move |(name, text): (String, String)| {
        let words = format!("Remove tag {name}");
        let (tag, from) = (name.clone(), text.clone());
        let (edit_name, edit_text) = (name.clone(), text.clone());
        view! {
            <tr>
                <th scope="row" class="table__name">{name.clone()}</th>
                <td class="table__name">{if text.is_empty() { view! { <em class="special">"empty"</em> }.into_any() } else { text.into_any() }}</td>
                <td>
                    <button type="button" class="button" aria-label=format!("Edit tag {name}") on:click=move |_| {
                        key.set(edit_name.clone());
                        value.set(edit_text.clone());
                    }>"Edit"</button>
                    " "
                    <button type="button" class="button" aria-label=words on:click=move |_| {
                        let mut change = base(context, number);
                        change.tags.push(TagChange { version: number, key: tag.clone(), from: Some(from.clone()), to: None });
                        send(context, change);
                    }>"Remove"</button>
                </td>
            </tr>
        }
    };
    view! {
        <section class="panel">
            <header class="panel__head"><h2 class="panel__title">"Tags"</h2></header>
            <table class="table" aria-label="Tags">
                <tbody><For each=move || tags.get() key=Clone::clone children=row /></tbody>
            </table>
            <div class="toolbar">
                <input class="input" type="text" aria-label="Tag key" placeholder="key" prop:value=key
                    on:input:target=move |event| key.set(event.target().value()) />
                <input class="input" type="text" aria-label="Tag value" placeholder="value" prop:value=value
                    on:input:target=move |event| value.set(event.target().value()) />
                <button type="button" class="button" on:click=set>"Set tag"</button>
                <span class="secondary" role="status">{obstacle}</span>
            </div>
            <AuthorField />
        </section>
    }
}
