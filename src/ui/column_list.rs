//! A searchable list of columns that stays quick with thousands of them.

use crate::engine::protocol::ColumnInfo;
use crate::entities::ColumnKey;
use leptos::prelude::*;

/// Matches drawn at once; the list says how many more there are.
const MAX_SHOWN: usize = 200;

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
) -> impl IntoView {
    let search = RwSignal::new(String::new());
    let matches = Memo::new(move |_| {
        let wanted = search.get().to_lowercase();
        columns.with(|columns| {
            let mut found: Vec<ColumnInfo> = columns
                .iter()
                .filter(|info| wanted.is_empty() || info.key.to_string().to_lowercase().contains(&wanted))
                .filter(|info| {
                    kind == ListKind::Checkboxes || chosen.with(|chosen| !chosen.contains(&info.key))
                })
                .cloned()
                .collect();
            found.sort_by_key(|info| (group_rank(&info.key), !info.is_varying));
            let n_found = found.len();
            found.truncate(MAX_SHOWN);
            (found, n_found)
        })
    });
    let summary = move || {
        let (n_shown, n_found) = matches.with(|(found, n_found)| (found.len(), *n_found));
        if n_shown < n_found {
            format!("{n_shown} of {n_found} shown, type to narrow")
        } else if n_found == 0 {
            "No column matches".to_owned()
        } else {
            format!("{n_found} columns")
        }
    };
    view! {
        <div class="column-list">
            <input
                class="input column-list__search"
                type="search"
                aria-label="Search columns"
                placeholder="Search columns"
                prop:value=search
                on:input:target=move |event| search.set(event.target().value())
            />
            <p class="column-list__summary" role="status">{summary}</p>
            <ul class="column-list__items">
                <For each=move || matches.get().0 key=|info| info.clone().key let:info>
                    <ColumnItem info chosen kind on_choose />
                </For>
            </ul>
        </div>
    }
}

#[component]
fn ColumnItem(
    info: ColumnInfo,
    chosen: Signal<Vec<ColumnKey>>,
    kind: ListKind,
    on_choose: Callback<ColumnKey>,
) -> impl IntoView {
    let group = group_name(&info.key);
    let counts = if info.is_varying {
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
                    prop:checked=move || chosen.with(|chosen| key.with_value(|key| chosen.contains(key)))
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
    view! { <li>{control}</li> }
}

fn group_rank(key: &ColumnKey) -> u8 {
    match key {
        ColumnKey::Metric(_) => 0,
        ColumnKey::Param(_) => 1,
        ColumnKey::Attribute(_) => 2,
        ColumnKey::Tag(_) => 3,
    }
}

fn group_name(key: &ColumnKey) -> &'static str {
    match key {
        ColumnKey::Metric(_) => "metric",
        ColumnKey::Param(_) => "param",
        ColumnKey::Attribute(_) => "attribute",
        ColumnKey::Tag(_) => "tag",
    }
}
