//! A searchable list of columns that stays quick with thousands of them.

use crate::engine::protocol::ColumnInfo;
use crate::entities::ColumnKey;
use crate::view::View;
use crate::view::edit::{Defaults, ViewEdit};
use leptos::prelude::*;
use std::collections::BTreeSet;

/// Matches drawn at first, and each time somebody asks for more.
const N_SHOWN: usize = 200;

/// How derived columns are made and removed, for every list on a page that has them in its context.
#[derive(Clone, Copy)]
pub struct DerivedColumns {
    /// What may name them.
    pub view: Signal<View>,
    /// Opens the form for a new one. What it makes is handed on.
    pub on_new: Callback<Callback<ColumnKey>>,
    /// Removes the one of this expression from wherever it is shown.
    pub on_remove: Callback<String>,
}

/// What choosing a column does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListKind {
    /// Each column has a checkbox.
    Checkboxes,
    /// Each column is a button.
    Buttons,
}

/// The list: a search box, the matches in groups, and how many there are.
#[component]
pub fn ColumnList(
    /// All columns.
    #[prop(into)]
    columns: Signal<Vec<ColumnInfo>>,
    /// Those that are chosen.
    #[prop(into)]
    chosen: Signal<Vec<ColumnKey>>,
    /// Checkboxes or buttons.
    kind: ListKind,
    /// A column was chosen, or no longer is.
    on_choose: Callback<ColumnKey>,
    /// All columns that match were chosen, or no longer are. Without it, that is not offered.
    #[prop(optional)]
    on_choose_all: Option<Callback<(Vec<ColumnKey>, bool)>>,
) -> impl IntoView {
    let search = RwSignal::new(String::new());
    let n_wanted = RwSignal::new(N_SHOWN);
    let is_chosen = Memo::new(move |_| chosen.with(|chosen| chosen.iter().cloned().collect::<BTreeSet<_>>()));
    let matches = Memo::new(move |_| {
        let wanted = search.get().to_lowercase();
        columns.with(|columns| {
            let mut found: Vec<ColumnInfo> = columns
                .iter()
                .filter(|info| wanted.is_empty() || info.key.to_string().to_lowercase().contains(&wanted))
                .filter(|info| {
                    kind == ListKind::Checkboxes || is_chosen.with(|chosen| !chosen.contains(&info.key))
                })
                .cloned()
                .collect();
            found.sort_by_key(|info| (group_rank(&info.key), !info.is_varying));
            found
        })
    });
    let n_found = Memo::new(move |_| matches.with(Vec::len));
    let choose_all = move |is_shown: bool| {
        let columns = matches.with_untracked(|found| found.iter().map(|info| info.key.clone()).collect());
        if let Some(on_choose_all) = on_choose_all {
            on_choose_all.run((columns, is_shown));
        }
    };
    let derived = use_context::<DerivedColumns>();
    let choose_new = Callback::new(move |column: ColumnKey| {
        // One that somebody wrote anew may be chosen already, and choosing it again would take it away.
        if chosen.try_with_untracked(|chosen| chosen.contains(&column)) == Some(false) {
            on_choose.run(column);
        }
    });
    let summary = move || match n_found.get() {
        0 => "No column matches".to_owned(),
        n_found if n_wanted.get() < n_found => {
            format!("{} of {n_found} shown, type to narrow", n_wanted.get())
        }
        n_found => format!("{n_found} columns"),
    };
    view! {
        <div class="column-list">
            <input
                class="input column-list__search"
                type="search"
                aria-label="Search columns"
                placeholder="Search columns"
                prop:value=search
                on:input:target=move |event| {
                    n_wanted.set(N_SHOWN);
                    search.set(event.target().value());
                }
            />
            <p class="column-list__summary" role="status">{summary}</p>
            {derived.map(|derived| view! {
                <button type="button" class="menu-item" on:click=move |_| derived.on_new.run(choose_new)>
                    "New derived column…"
                </button>
            })}
            {on_choose_all.map(|_| view! {
                <div class="toolbar">
                    <button type="button" class="button" on:click=move |_| choose_all(true)>
                        {move || format!("Show all {}", n_found.get())}
                    </button>
                    <button type="button" class="button" on:click=move |_| choose_all(false)>
                        {move || format!("Hide all {}", n_found.get())}
                    </button>
                </div>
            })}
            <ul class="column-list__items">
                <For
                    each=move || matches.with(|found| found.iter().take(n_wanted.get()).cloned().collect::<Vec<_>>())
                    key=|info| info.clone().key
                    let:info
                >
                    <ColumnItem info is_chosen kind on_choose />
                </For>
                <Show when=move || n_wanted.get() < n_found.get()>
                    <li>
                        <button type="button" class="menu-item" on:click=move |_| n_wanted.update(|n| *n += N_SHOWN)>
                            {move || format!("{} more", N_SHOWN.min(n_found.get().saturating_sub(n_wanted.get())))}
                        </button>
                    </li>
                </Show>
            </ul>
        </div>
    }
}

#[component]
fn ColumnItem(
    info: ColumnInfo,
    is_chosen: Memo<BTreeSet<ColumnKey>>,
    kind: ListKind,
    on_choose: Callback<ColumnKey>,
) -> impl IntoView {
    let group = group_name(&info.key);
    let remove = match &info.key {
        ColumnKey::Derived(expression) => Some(view! { <RemoveDerived expression=expression.clone() /> }),
        _ => None,
    };
    let counts = if let Some(problem) = info.problem {
        problem
    } else if info.is_varying {
        format!("{} runs, {} values", info.n_present, info.n_distinct)
    } else {
        format!("{} runs, all the same", info.n_present)
    };
    let key = StoredValue::new(info.key);
    let choose = move || on_choose.run(key.get_value());
    let control = match kind {
        ListKind::Checkboxes => view! {
            <label class="column-list__item">
                <input
                    type="checkbox"
                    prop:checked=move || is_chosen.with(|chosen| key.with_value(|key| chosen.contains(key)))
                    on:change=move |_| choose()
                />
                <span class="column-list__label">{info.label}</span>
                <span class="column-list__note">{group} " · " {counts}</span>
            </label>
        }
        .into_any(),
        ListKind::Buttons => view! {
            <button type="button" class="column-list__item" on:click=move |_| choose()>
                <span class="column-list__label">{info.label}</span>
                <span class="column-list__note">{group} " · " {counts}</span>
            </button>
        }
        .into_any(),
    };
    view! { <li class="column-list__row">{control} {remove}</li> }
}

/// The button that removes a derived column, where that changes anything: a filter or a past decision may still name it.
#[component]
fn RemoveDerived(expression: String) -> impl IntoView {
    let derived = use_context::<DerivedColumns>()?;
    let label = format!("Remove derived column {expression}");
    let edit = ViewEdit::RemoveDerived(expression.clone());
    let is_removable =
        Memo::new(move |_| derived.view.with(|view| view.edited(&edit, &Defaults::default()) != *view));
    let expression = StoredValue::new(expression);
    Some(view! {
        <Show when=move || is_removable.get()>
            <button
                type="button"
                class="button button--quiet"
                aria-label=label.clone()
                on:click=move |_| derived.on_remove.run(expression.get_value())
            >
                "×"
            </button>
        </Show>
    })
}

fn group_rank(key: &ColumnKey) -> u8 {
    match key {
        ColumnKey::Derived(_) => 0,
        ColumnKey::Metric(_) => 1,
        ColumnKey::Param(_) => 2,
        ColumnKey::Attribute(_) => 3,
        ColumnKey::Tag(_) => 4,
    }
}

fn group_name(key: &ColumnKey) -> &'static str {
    match key {
        ColumnKey::Metric(_) => "metric",
        ColumnKey::Param(_) => "param",
        ColumnKey::Attribute(_) => "attribute",
        ColumnKey::Tag(_) => "tag",
        ColumnKey::Derived(_) => "derived",
    }
}
