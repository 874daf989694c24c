//! The runs that are best by several objectives: which objectives, the front in a chart and in a table.

use super::{PanelFrame, RunChart, WorkspaceContext, cell_text, keyed, run_link, select_box};
use crate::engine::news::{FrontRun, ObjectiveInfo, ParetoInfo};
use crate::engine::protocol::ColumnInfo;
use crate::entities::{Attribute, ColumnKey, RunId};
use crate::ui::column_list::{ColumnList, ListKind};
use crate::ui::popover::Popover;
use crate::view::edit::ViewEdit;
use crate::view::{Direction, FrontView, MAX_OBJECTIVES, Objective, Panel, Pick};
use leptos::prelude::*;

const RANK: ColumnKey = ColumnKey::Attribute(Attribute::ParetoRank);

/// The panel.
#[component]
pub(super) fn ParetoPanel(context: WorkspaceContext) -> impl IntoView {
    let info = context.pareto;
    let summary = Signal::derive(move || {
        info.with(|info| match info {
            Some(info) if !info.objectives.is_empty() => summary_of(info),
            _ => String::new(),
        })
    });
    let has_objectives =
        Memo::new(move |_| info.with(|info| info.as_ref().is_some_and(|info| !info.objectives.is_empty())));
    view! {
        <PanelFrame context panel=Panel::Pareto summary>
            <Objectives context />
            <Show when=move || has_objectives.get()>
                <FrontActions context />
                <FrontPlot context />
                <FrontTable context />
            </Show>
        </PanelFrame>
    }
}

/// `5 on the front of 50 kept runs; 3 without rmse have no rank`.
fn summary_of(info: &ParetoInfo) -> String {
    let left_out = left_out_text("no rank", info.n_unfit, &info.objectives);
    format!("{} on the front of {} kept runs{left_out}", info.n_front, info.n_runs)
}

/// `; no rank: 3 without rmse`: who has no standing, and why.
pub(super) fn left_out_text(what: &str, n_unfit: usize, objectives: &[ObjectiveInfo]) -> String {
    let unfit = (n_unfit > 0).then(|| format!("{n_unfit} outside the constraints"));
    let without = objectives.iter().filter(|objective| objective.n_without > 0);
    let without =
        without.map(|objective| format!("{} without {}", objective.n_without, objective.column.label()));
    let reasons: Vec<String> = unfit.into_iter().chain(without).collect();
    if reasons.is_empty() { String::new() } else { format!("; {what}: {}", reasons.join(", ")) }
}

/// The objectives, and what adds, turns and removes them.
#[component]
pub(super) fn Objectives(context: WorkspaceContext) -> impl IntoView {
    let objectives = Memo::new(move |_| context.runs.view.with(|view| view.objectives.clone()));
    let set = move |objectives: Vec<Objective>| context.edit.edit(ViewEdit::SetObjectives(objectives));
    let is_adding = RwSignal::new(false);
    let columns = Signal::derive(move || {
        context.runs.columns.with(|columns| {
            let is_number =
                |info: &&ColumnInfo| (info.is_numeric || may_be_number(&info.key)) && !is_standing(&info.key);
            columns.columns.iter().filter(is_number).cloned().collect::<Vec<_>>()
        })
    });
    let chosen = Memo::new(move |_| {
        objectives.with(|all| all.iter().map(|objective| objective.column.clone()).collect::<Vec<_>>())
    });
    let direction_of = move |column: &ColumnKey| {
        let better = columns.with_untracked(|columns| {
            columns.iter().find(|info| info.key == *column).and_then(|info| info.better)
        });
        better.unwrap_or(Direction::Ascending)
    };
    let add = Callback::new(move |column: ColumnKey| {
        is_adding.set(false);
        let direction = direction_of(&column);
        let mut all = objectives.get_untracked();
        all.push(Objective { column, direction, weight: Objective::DEFAULT_WEIGHT });
        set(all);
    });
    let suggested = Memo::new(move |_| {
        context.runs.columns.with(|columns| {
            let axes = columns.default_axes.iter();
            let metric = axes.clone().find(|column| matches!(column, ColumnKey::Metric(_)));
            let attributes = [Attribute::Duration, Attribute::ModelSize].map(ColumnKey::Attribute);
            metric
                .into_iter()
                .chain(attributes.iter().filter(|wanted| columns.default_axes.contains(wanted)))
                .cloned()
                .collect::<Vec<ColumnKey>>()
        })
    });
    let suggestion = move || {
        let columns = suggested.get();
        (objectives.with(Vec::is_empty) && !columns.is_empty()).then(|| {
            let words: Vec<String> = columns.iter().map(|column| column.label().to_owned()).collect();
            let use_them = move |_| {
                let of = |column: ColumnKey| {
                    let direction = direction_of(&column);
                    Objective { column, direction, weight: Objective::DEFAULT_WEIGHT }
                };
                set(suggested.get_untracked().into_iter().map(of).collect());
            };
            view! {
                <button type="button" class="button" on:click=use_them>{format!("Use {}", words.join(", "))}</button>
            }
        })
    };
    let chip = move |objective: Objective| {
        let Objective { column, direction, .. } = objective;
        let name = column.label().to_owned();
        let (word, arrow) = match direction {
            Direction::Ascending => ("less is better", "↓"),
            Direction::Descending => ("more is better", "↑"),
        };
        let column = StoredValue::new(column);
        let turn = move |_| {
            let mut all = objectives.get_untracked();
            for objective in
                all.iter_mut().filter(|objective| column.with_value(|column| objective.column == *column))
            {
                objective.direction = match objective.direction {
                    Direction::Ascending => Direction::Descending,
                    Direction::Descending => Direction::Ascending,
                };
            }
            set(all);
        };
        let remove = move |_| {
            let mut all = objectives.get_untracked();
            all.retain(|objective| column.with_value(|column| objective.column != *column));
            set(all);
        };
        view! {
            <li class="chip">
                <span class="chip__text">{name.clone()}</span>
                <button type="button" class="button button--quiet" aria-label=format!("{name}: {word}, turn around") title=word on:click=turn>
                    {arrow} " " {word}
                </button>
                <button type="button" class="button button--quiet" aria-label=format!("Remove objective {name}") on:click=remove>"×"</button>
            </li>
        }
    };
    let is_full = move || objectives.with(Vec::len) >= MAX_OBJECTIVES;
    view! {
        <div class="toolbar">
            <ul class="chips" aria-label="Objectives">
                <For
                    each=move || objectives.get()
                    key=|objective| (objective.column.clone(), objective.direction == Direction::Ascending)
                    children=chip
                />
            </ul>
            <Show when=move || !is_full() fallback=|| view! { <span class="secondary">"Six objectives are the most."</span> }>
                <Popover label="Add an objective" text="Add objective…" is_open=is_adding>
                    <ColumnList columns chosen kind=ListKind::Buttons on_choose=add />
                </Popover>
            </Show>
            {suggestion}
        </div>
        <Show when=move || objectives.with(Vec::is_empty)>
            <p class="panel__empty">
                "Choose what matters, such as the error, the duration and the model size. The front are the runs that no other run beats in one of them without being worse in another."
            </p>
        </Show>
    }
}

/// Ranks are worked out from objectives, and are none.
fn is_standing(column: &ColumnKey) -> bool {
    matches!(column, ColumnKey::Attribute(attribute) if attribute.is_standing())
}

/// Whether numbers may come although no run has one yet: sizes arrive late.
fn may_be_number(column: &ColumnKey) -> bool {
    matches!(column, ColumnKey::Attribute(Attribute::ModelSize) | ColumnKey::Derived(_))
}

/// What can be done with the front as a whole.
#[component]
fn FrontActions(context: WorkspaceContext) -> impl IntoView {
    let brush = move |_| {
        context.edit.edit(ViewEdit::SetPicks(RANK, vec![Pick::Interval { low: 1.0, high: 1.0 }]));
    };
    let is_coloured = Memo::new(move |_| context.runs.view.with(|view| view.colour == Some(RANK)));
    let colour = move |_| {
        let colour = (!is_coloured.get_untracked()).then_some(RANK);
        context.edit.edit(ViewEdit::SetColour(colour));
    };
    let select = move |_| {
        let front = context.pareto.with_untracked(|info| {
            info.as_ref().map(|info| info.front.iter().map(|run| run.run.run_id.clone()).collect::<Vec<_>>())
        });
        context.edit.edit(ViewEdit::Select(front.unwrap_or_default()));
    };
    view! {
        <div class="toolbar">
            <button type="button" class="button" on:click=brush>"Brush the front"</button>
            <button type="button" class="button" aria-pressed=move || is_coloured.get().to_string() on:click=colour>
                "Colour by rank"
            </button>
            <button type="button" class="button" on:click=select>"Select the front"</button>
        </div>
    }
}

/// The front in two of its objectives, before the other ranked runs.
#[component]
fn FrontPlot(context: WorkspaceContext) -> impl IntoView {
    let found = Memo::new(move |_| {
        let front = context.runs.view.with(|view| view.front.clone());
        let figure =
            |selected: &Vec<RunId>| context.pareto.with(|info| info.as_ref()?.figure(selected, &front));
        context.selected.with(figure)
    });
    let drawn = Memo::new(move |_| found.get().unwrap_or_default());
    let label = Signal::derive(move || {
        drawn.with(|drawn| format!("{} against {}", drawn.figure.y.heading(), drawn.figure.x.heading()))
    });
    let n_unnamed = Memo::new(move |_| {
        let unnamed = |info: &ParetoInfo| info.others.len() - info.other_runs.len();
        context.pareto.with(|info| info.as_ref().map_or(0, unnamed))
    });
    view! {
        <Show when=move || found.with(Option::is_some)>
            <FrontAxes context />
            <RunChart context label drawn />
            <Show when=move || { n_unnamed.get() > 0 }>
                <p class="secondary">
                    {move || format!(
                        "The {} other runs are drawn without their names, which up to {} have.",
                        n_unnamed.get(),
                        ParetoInfo::N_NAMED
                    )}
                </p>
            </Show>
        </Show>
    }
}

/// Which objectives the chart shows, and how.
#[component]
fn FrontAxes(context: WorkspaceContext) -> impl IntoView {
    let front = Memo::new(move |_| context.runs.view.with(|view| view.front.clone()));
    let set = move |front: FrontView| context.edit.edit(ViewEdit::SetFront(front));
    let shown = Memo::new(move |_| {
        let of = |info: &ParetoInfo| {
            let columns = info.objectives.iter().map(|objective| objective.column.clone());
            (columns.collect::<Vec<_>>(), info.axes)
        };
        context.pareto.with(|info| info.as_ref().map(of).unwrap_or_default())
    });
    let choice = move |label: &'static str, is_x: bool| {
        let place = move || {
            let (x, y) = shown.with(|(_, axes)| *axes);
            if is_x { x } else { y }
        };
        let options = move || {
            let columns = shown.with(|(columns, _)| columns.clone());
            let option = |(at, column): (usize, ColumnKey)| {
                view! { <option value=at.to_string() selected=move || place() == at>{column.label().to_owned()}</option> }
            };
            columns.into_iter().enumerate().map(option).collect_view()
        };
        let choose = move |at: usize| {
            let (columns, (x, y)) = shown.get_untracked();
            let column = |at: usize| columns.get(at).cloned();
            // One that takes the other's place changes places with it.
            let (x, y) = match is_x {
                true => (at, if at == y { x } else { y }),
                false => (if at == x { y } else { x }, at),
            };
            set(FrontView { x: column(x), y: column(y), ..front.get_untracked() });
        };
        view! {
            <label class="check">
                {label} " "
                <select
                    class="select"
                    on:change:target=move |event| if let Ok(at) = event.target().value().parse() {
                        choose(at);
                    }
                >
                    {options}
                </select>
            </label>
        }
    };
    let log = move |label: &'static str, is_x: bool| {
        let is_log = move || front.with(|front| if is_x { front.is_log_x } else { front.is_log_y });
        let turn = move |_| {
            let now = front.get_untracked();
            set(if is_x {
                FrontView { is_log_x: !now.is_log_x, ..now }
            } else {
                FrontView { is_log_y: !now.is_log_y, ..now }
            });
        };
        view! {
            <label class="check"><input type="checkbox" prop:checked=is_log on:change=turn />{label}</label>
        }
    };
    view! {
        <div class="toolbar">
            {choice("Across", true)} {log("logarithmic across", true)}
            {choice("Up", false)} {log("logarithmic up", false)}
        </div>
    }
}

#[component]
fn FrontTable(context: WorkspaceContext) -> impl IntoView {
    let info = context.pareto;
    let heads = Memo::new(move |_| {
        let of = |info: &ParetoInfo| {
            let head = |objective: &ObjectiveInfo| (objective.title.clone(), objective.direction);
            info.objectives.iter().map(head).collect::<Vec<_>>()
        };
        info.with(|info| info.as_ref().map(of).unwrap_or_default())
    });
    let head = |(title, direction): (String, Direction)| {
        let word = match direction {
            Direction::Ascending => "less is better",
            Direction::Descending => "more is better",
        };
        view! { <th scope="col">{title} " " <span class="secondary">{word}</span></th> }
    };
    let rows =
        move || keyed(info.with(|info| info.as_ref().map(|info| info.front.clone()).unwrap_or_default()));
    let row = move |(_, FrontRun { run, cells, .. }): (String, FrontRun)| {
        let cells = cells.into_iter().map(|cell| view! { <td class="table__number">{cell_text(cell)}</td> });
        view! {
            <tr>
                <td>{select_box(context, run.clone())}</td>
                <th scope="row" class="table__name">{run_link(context, &run)}</th>
                {cells.collect_view()}
            </tr>
        }
    };
    let listed = Memo::new(move |_| {
        info.with(|info| info.as_ref().map_or((0, 0), |info| (info.front.len(), info.n_front)))
    });
    view! {
        <div class="table-scroll workspace__table" tabindex="0" role="region" aria-label="Pareto front, scrollable">
            <table class="table" aria-label="Runs on the Pareto front">
                <thead>
                    <tr>
                        <th scope="col"><span class="visually-hidden">"Selected"</span></th>
                        <th scope="col">"Run"</th>
                        {move || heads.get().into_iter().map(head).collect_view()}
                    </tr>
                </thead>
                <tbody><For each=rows key=|(key, _)| key.clone() children=row /></tbody>
            </table>
        </div>
        {move || {
            let (n_listed, n_front) = listed.get();
            (n_listed < n_front).then(|| view! {
                <p class="secondary">{format!("{n_listed} of {n_front} runs on the front are listed and drawn; brush the front to see all of them in the table.")}</p>
            })
        }}
    }
}
