//! The experiments of a server: choose one or several and compare their runs.

use crate::engine::protocol::format_millis;
use crate::entities::{Experiment, ExperimentId, RunTag};
use crate::route::saved::{KeptViews, place};
use crate::route::{Comparison, Route};
use crate::state::config::Config;
use crate::state::{ExperimentList, memory, use_app};
use crate::ui::row_window::{RowWindow, WindowedTable};
use leptos::prelude::*;
use std::collections::BTreeSet;

/// A row's height, in CSS pixels; `table.css` says the same.
const ROW_PX: f64 = 30.0;

/// The page.
#[component]
pub fn ExperimentsPage() -> impl IntoView {
    let state = use_app();
    let chosen = RwSignal::new(BTreeSet::<ExperimentId>::new());
    let search = RwSignal::new(String::new());
    let is_by_name = RwSignal::new(false);
    // Read once: there may be thousands of links.
    let saved = StoredValue::new(memory::saved_views().unwrap_or_default());
    // The tags are those of the one experiment, none of several.
    let compare_route = move |ids: Vec<ExperimentId>, tags: &[RunTag]| {
        let server = state.route.with(|route| route.server().unwrap_or_default().to_owned());
        // No connection is made before config.json has been read, so it is there by now.
        let kept = saved.with_value(|saved| saved.default_of(&place(&server, &ids)));
        // What somebody chose here goes before what everybody sees.
        let view = kept
            .or_else(|| KeptViews::of_tags(tags).default_view())
            .unwrap_or_else(|| state.config.with_untracked(Config::default_view));
        Route::Compare(Comparison { server, experiment_ids: ids, view, ..Comparison::default() })
    };
    let compare = move |_| {
        let ids: Vec<ExperimentId> = chosen.get_untracked().into_iter().collect();
        if !ids.is_empty() {
            let tags = state.experiments.with_untracked(|list| match (list, ids.as_slice()) {
                (ExperimentList::Loaded { items, .. }, [id]) => {
                    let found = items.iter().find(|experiment| experiment.id == *id);
                    found.map(|experiment| experiment.tags.clone()).unwrap_or_default()
                }
                _ => Vec::new(),
            });
            state.navigate(compare_route(ids, &tags));
        }
    };
    let matching = move |items: Vec<Experiment>| {
        let wanted = search.get().to_lowercase();
        let mut items: Vec<Experiment> =
            items.into_iter().filter(|experiment| experiment.name.to_lowercase().contains(&wanted)).collect();
        if is_by_name.get() {
            items.sort_by(|a, b| a.name.cmp(&b.name));
        }
        items
    };
    let row = move |experiment: Experiment| {
        let (id, name) = (experiment.id.clone(), experiment.name);
        let title = name.clone();
        let is_chosen = {
            let id = id.clone();
            move || chosen.with(|chosen| chosen.contains(&id))
        };
        let href = compare_route(vec![id.clone()], &experiment.tags).to_string();
        view! {
            <tr>
                <td>
                    <input
                        type="checkbox"
                        aria-label=format!("Select {name}")
                        prop:checked=is_chosen
                        on:change=move |event| chosen.update(|chosen| {
                            if event_target_checked(&event) {
                                chosen.insert(id.clone());
                            } else {
                                chosen.remove(&id);
                            }
                        })
                    />
                </td>
                <td class="table__name" title=title><a href=href>{name}</a></td>
                <td class="table__number">{experiment.last_update_millis.map(format_millis)}</td>
            </tr>
        }
    };
    let head = move || {
        view! {
            <td></td>
            <th scope="col" aria-sort=move || if is_by_name.get() { "ascending" } else { "none" }>
                <button class="table__sort" on:click=move |_| is_by_name.set(true)>"Name"</button>
            </th>
            <th scope="col" aria-sort=move || if is_by_name.get() { "none" } else { "descending" }>
                <button class="table__sort" on:click=move |_| is_by_name.set(false)>"Last update (UTC)"</button>
            </th>
        }
        .into_any()
    };
    view! {
        <main class="page" id="main">
            <h1 tabindex="-1">"Experiments"</h1>
            {move || match state.experiments.get() {
                ExperimentList::Loading => view! { <p role="status">"Loading the experiments…"</p> }.into_any(),
                ExperimentList::Failed(message) => view! {
                    <div class="alert" role="alert">
                        <p>{message}</p>
                        <button class="button" on:click=move |_| {
                            state.experiments.set(ExperimentList::Loading);
                            state.send(&crate::engine::Command::ListExperiments);
                        }>"Try again"</button>
                    </div>
                }.into_any(),
                ExperimentList::Loaded { items, .. } if items.is_empty() => view! {
                    <p>"This server has no experiments yet. Log a run with MLflow, then reload."</p>
                }.into_any(),
                ExperimentList::Loaded { items, skipped } => {
                    let n_all = items.len();
                    let shown = Memo::new(move |_| matching(items.clone()));
                    let window = RowWindow::new(ROW_PX, Memo::new(move |_| shown.with(Vec::len)));
                    let rows = move || {
                        let (start, end) = window.rows();
                        shown.with(|shown| shown.get(start..end).unwrap_or_default().to_vec())
                    };
                    view! {
                        <div class="toolbar">
                            <input class="input" type="search" aria-label="Search experiments" placeholder="Search experiments"
                                on:input=move |event| search.set(event_target_value(&event)) />
                            <button class="button button--primary" on:click=compare
                                aria-disabled=move || chosen.with(BTreeSet::is_empty).then_some("true")
                                title=move || chosen.with(BTreeSet::is_empty).then_some("Select at least one experiment")>
                                "Compare runs"
                            </button>
                            <span role="status" class="secondary">
                                {move || format!("{} of {n_all} experiments, {} selected", shown.with(Vec::len), chosen.with(BTreeSet::len))}
                            </span>
                        </div>
                        {(!skipped.is_empty()).then(|| view! {
                            <details><summary>{format!("{} experiments could not be read", skipped.len())}</summary>
                                <ul>{skipped.into_iter().map(|line| view! { <li>{line}</li> }).collect_view()}</ul>
                            </details>
                        })}
                        <WindowedTable window label="Experiments" region="Experiments, scrollable" class="table-window" head=head()>
                            <For each=rows key=|experiment| experiment.id.clone() children=row />
                        </WindowedTable>
                    }.into_any()
                }
            }}
        </main>
    }
}
