//! The runs by one score of all objectives, and the pick: why it wins and what it costs against the next ones.

use super::super::filter_box::{FilterBox, Typed};
use super::pareto::{Objectives, left_out_text};
use super::{MoreButton, PanelFrame, WorkspaceContext, cell_text, keyed, run_link, select_box, verdict};
use crate::engine::news::{NamedRun, PickDifference, PickInfo, PickRival, RankedRun, RankingInfo};
use crate::engine::protocol::Cell;
use crate::entities::{Attribute, ColumnKey};
use crate::state::use_app;
use crate::ui::per_frame::PerFrame;
use crate::view::edit::ViewEdit;
use crate::view::{Direction, Normalisation, Objective, Panel, RankingView, Sort};
use leptos::prelude::*;

const SCORE: ColumnKey = ColumnKey::Attribute(Attribute::Score);

/// Colours of the parts of a score, by the objective's place.
const CLASSES: [&str; 6] =
    ["part part--1", "part part--2", "part part--3", "part part--4", "part part--5", "part part--6"];

/// The panel.
#[component]
pub(super) fn RankingPanel(context: WorkspaceContext) -> impl IntoView {
    let info = context.ranking;
    let summary = Signal::derive(move || {
        info.with(|info| match info {
            Some(info) if !info.objectives.is_empty() => {
                let left_out = left_out_text("no score", info.n_unfit, &info.objectives);
                format!("{} with a score of {} kept runs{left_out}", info.n_ranked, info.n_runs)
            }
            _ => String::new(),
        })
    });
    let has_objectives =
        Memo::new(move |_| info.with(|info| info.as_ref().is_some_and(|info| !info.objectives.is_empty())));
    view! {
        <PanelFrame context panel=Panel::Ranking summary>
            <Objectives context />
            <Show when=move || has_objectives.get()>
                <Weights context />
                <Constraints context />
                <ScoreActions context />
                <Best context />
                <Pick context />
            </Show>
        </PanelFrame>
    }
}

/// How much each objective counts, and how values become parts of a score.
#[component]
fn Weights(context: WorkspaceContext) -> impl IntoView {
    let objectives = Memo::new(move |_| context.runs.view.with(|view| view.objectives.clone()));
    let columns = Memo::new(move |_| {
        objectives.with(|all| all.iter().map(|objective| objective.column.clone()).collect::<Vec<_>>())
    });
    let placed = move || columns.get().into_iter().enumerate().collect::<Vec<_>>();
    let with_weight = move |column: &ColumnKey, weight: u8| {
        let mut all = objectives.get_untracked();
        for objective in all.iter_mut().filter(|objective| objective.column == *column) {
            objective.weight = weight;
        }
        ViewEdit::SetObjectives(all)
    };
    let per_frame = PerFrame::new(Callback::new(move |(column, weight): (ColumnKey, u8)| {
        context.edit.ongoing(with_weight(&column, weight));
    }));
    let slider = move |(n, column): (usize, ColumnKey)| {
        let name = column.label().to_owned();
        let column = StoredValue::new(column);
        let weight = Memo::new(move |_| {
            objectives.with(|all| {
                let own =
                    all.iter().find(|objective| column.with_value(|column| objective.column == *column));
                own.map_or(0, |objective| objective.weight)
            })
        });
        let share = move || {
            let total: u32 =
                objectives.with(|all| all.iter().map(|objective| u32::from(objective.weight)).sum());
            format!("{:.0} %", 100.0 * f64::from(weight.get()) / f64::from(total.max(1)))
        };
        view! {
            <label class="weight">
                <span class=CLASSES[n % CLASSES.len()] aria-hidden="true"></span>
                <span class="weight__name">{name.clone()}</span>
                <input
                    type="range"
                    min="0"
                    max=Objective::MAX_WEIGHT.to_string()
                    aria-label=format!("Weight of {name}")
                    aria-valuetext=move || format!("{} of {}, {}", weight.get(), Objective::MAX_WEIGHT, share())
                    prop:value=move || weight.get().to_string()
                    on:input:target=move |event| {
                        let weight = event.target().value().parse().unwrap_or_default();
                        per_frame.push((column.get_value(), weight));
                    }
                    on:change:target=move |event| {
                        per_frame.clear();
                        let weight = event.target().value().parse().unwrap_or_default();
                        context.edit.edit(column.with_value(|column| with_weight(column, weight)));
                    }
                />
                <output class="weight__share">{share}</output>
            </label>
        }
    };
    let normalisation = Memo::new(move |_| context.runs.view.with(|view| view.ranking.normalisation));
    let choices = [
        (Normalisation::MinMax, "value", "by value, from the worst to the best"),
        (Normalisation::Rank, "rank", "by rank, whatever the distances"),
    ];
    view! {
        <div class="weights" role="group" aria-label="Weights">
            <For each=placed key=|item| item.clone() children=slider />
            <label>
                "Scores "
                <select
                    class="select"
                    on:change:target=move |event| {
                        let word = event.target().value();
                        if let Some((normalisation, ..)) = choices.into_iter().find(|(_, value, _)| *value == word) {
                            set_ranking(context, |ranking| ranking.normalisation = normalisation);
                        }
                    }
                >
                    {choices.map(|(choice, value, text)| view! {
                        <option value=value selected=move || normalisation.get() == choice>{text}</option>
                    })}
                </select>
            </label>
        </div>
    }
}

/// Changes how runs are ranked.
fn set_ranking(context: WorkspaceContext, change: impl FnOnce(&mut RankingView)) {
    let mut ranking = context.runs.view.with_untracked(|view| view.ranking.clone());
    change(&mut ranking);
    context.edit.edit(ViewEdit::SetRanking(ranking));
}

#[component]
fn Constraints(context: WorkspaceContext) -> impl IntoView {
    let text = Signal::derive(move || context.runs.view.with(|view| view.ranking.constraints.clone()));
    let problem = Signal::derive(move || {
        context.ranking.with(|info| info.as_ref().and_then(|info| info.problem.clone()))
    });
    let on_text = Callback::new(move |typed: Typed| {
        let ranking = context.runs.view.with_untracked(|view| view.ranking.clone());
        let edit = |constraints| ViewEdit::SetRanking(RankingView { constraints, ..ranking });
        context.edit.0.run(typed.edit(edit));
    });
    view! {
        <div class="constraints">
            <span class="secondary" aria-hidden="true">"Constraints"</span>
            <FilterBox
                label="Constraints"
                placeholder="metrics.rmse < 6.3 and duration < 10s"
                text
                problem
                on_text
            />
        </div>
    }
}

/// What can be done with the score as a column.
#[component]
fn ScoreActions(context: WorkspaceContext) -> impl IntoView {
    let is_coloured = Memo::new(move |_| context.runs.view.with(|view| view.colour == Some(SCORE)));
    let colour = move |_| {
        context.edit.edit(ViewEdit::SetColour((!is_coloured.get_untracked()).then_some(SCORE)));
    };
    let sort = move |_| {
        context.edit.edit(ViewEdit::AddColumns(vec![SCORE]));
        context.edit.edit(ViewEdit::SetSort(Some(Sort { column: SCORE, direction: Direction::Descending })));
    };
    view! {
        <div class="toolbar">
            <button type="button" class="button" on:click=sort>"Sort the table by score"</button>
            <button type="button" class="button" aria-pressed=move || is_coloured.get().to_string() on:click=colour>
                "Colour by score"
            </button>
        </div>
    }
}

fn score_text(score: f64) -> String {
    format!("{score:.3}")
}

/// The best runs by score, or why there are none.
#[component]
fn Best(context: WorkspaceContext) -> impl IntoView {
    let info = context.ranking;
    let listed = Memo::new(move |_| {
        info.with(|info| info.as_ref().map_or((0, 0), |info| (info.best.len(), info.n_ranked)))
    });
    view! {
        <Show
            when=move || { listed.get().1 > 0 }
            fallback=|| view! {
                <p class="panel__empty">
                    "No run has a score: give an objective a weight, and see that runs have a number in each objective that counts."
                </p>
            }
        >
            <BestTable context />
            {move || {
                let (n_listed, n_ranked) = listed.get();
                (n_listed < n_ranked).then(|| view! {
                    <p class="secondary">{format!("The best {n_listed} of {n_ranked} runs; sort the table by score to see all of them.")}</p>
                })
            }}
            <Show when=move || { listed.get().1 > RankingInfo::N_LISTED }>
                <MoreButton
                    context
                    text=Signal::derive(move || match listed.get().1 {
                        n if n > RankingInfo::N_MOST => format!("List {}", RankingInfo::N_MOST),
                        n => format!("List all {n}"),
                    })
                    is_on=|more| more.has_all_ranked
                    turn=|more| more.has_all_ranked = !more.has_all_ranked
                />
            </Show>
        </Show>
    }
}

#[component]
fn BestTable(context: WorkspaceContext) -> impl IntoView {
    let info = context.ranking;
    let objectives = objectives_of(context);
    let rows = move || {
        let names: Vec<String> =
            objectives.with(|all| all.iter().map(|(column, _)| column.label().to_owned()).collect());
        let best = info.with(|info| info.as_ref().map(|info| info.best.clone()).unwrap_or_default());
        keyed(best.into_iter().map(|run| (run, names.clone())).collect())
    };
    let row = move |(_, (ranked, names)): (String, (RankedRun, Vec<String>))| {
        let RankedRun { run, place, score, parts, cells } = ranked;
        let told: Vec<String> =
            names.iter().zip(&parts).map(|(name, part)| format!("{name} {}", score_text(*part))).collect();
        let told = format!("{} = {}", score_text(score), told.join(" + "));
        let segments = parts.into_iter().enumerate().map(|(n, part)| {
            view! { <span class=CLASSES[n % CLASSES.len()] style:width=format!("{:.2}%", part * 100.0)></span> }
        });
        let cells = cells.into_iter().map(|cell| view! { <td class="table__number">{cell_text(cell)}</td> });
        view! {
            <tr>
                <td>{select_box(context, run.clone())}</td>
                <td class="table__number">{place}</td>
                <th scope="row" class="table__name">{run_link(context, &run)}</th>
                <td class="score" title=told>
                    <span class="score__number">{score_text(score)}</span>
                    <span class="score__bar" aria-hidden="true">{segments.collect_view()}</span>
                </td>
                {cells.collect_view()}
                <td>{pick_button(context, &run)}</td>
            </tr>
        }
    };
    let heads = move || {
        objectives.get().into_iter().map(|(_, title)| view! { <th scope="col">{title}</th> }).collect_view()
    };
    view! {
        <div class="table-scroll workspace__table" tabindex="0" role="region" aria-label="Ranking, scrollable">
            <table class="table" aria-label="Best runs by score">
                <thead>
                    <tr>
                        <th scope="col"><span class="visually-hidden">"Selected"</span></th>
                        <th scope="col">"Place"</th>
                        <th scope="col">"Run"</th>
                        <th scope="col">"Score"</th>
                        {heads}
                        <th scope="col">"Pick"</th>
                    </tr>
                </thead>
                <tbody><For each=rows key=|(key, _)| key.clone() children=row /></tbody>
            </table>
        </div>
    }
}

/// The objectives that were ranked by, with their titles.
fn objectives_of(context: WorkspaceContext) -> Memo<Vec<(ColumnKey, String)>> {
    Memo::new(move |_| {
        let of = |info: &RankingInfo| {
            let named = info.objectives.iter().map(|one| (one.column.clone(), one.title.clone()));
            named.collect()
        };
        context.ranking.with(|info| info.as_ref().map(of).unwrap_or_default())
    })
}

/// Chooses a run, or lets it go.
fn pick_button(context: WorkspaceContext, run: &NamedRun) -> impl IntoView + use<> {
    let run_id = StoredValue::new(run.run_id.clone());
    let is_pick = Memo::new(move |_| {
        context.runs.view.with(|view| run_id.with_value(|run_id| view.ranking.pick.as_ref() == Some(run_id)))
    });
    let choose = move |_| {
        let pick = (!is_pick.get_untracked()).then(|| run_id.get_value());
        set_ranking(context, |ranking| ranking.pick = pick);
    };
    view! {
        <button
            type="button"
            class="button button--quiet"
            aria-pressed=move || is_pick.get().to_string()
            aria-label=format!("Pick {}", run.name)
            on:click=choose
        >
            {move || if is_pick.get() { "Picked" } else { "Pick" }}
        </button>
    }
}

/// Leads to the run's page, where the form that registers its model opens.
fn register_link(context: WorkspaceContext, run: &NamedRun) -> impl IntoView + use<> {
    let to_register = use_app().to_register;
    let run_id = run.run_id.clone();
    view! {
        <a
            class="button button--quiet"
            href=context.runs.run_href.run(run.run_id.clone())
            aria-label=format!("Register {}…", run.name)
            on:click=move |_| to_register.set(Some(run_id.clone()))
        >
            "Register…"
        </a>
    }
}

/// Why the pick wins, and what it costs against the next ones.
#[component]
fn Pick(context: WorkspaceContext) -> impl IntoView {
    let info = context.ranking;
    let run = Memo::new(move |_| info.with(|info| Some(info.as_ref()?.pick.as_ref()?.run.clone())));
    let sentence = Memo::new(move |_| {
        info.with(|info| info.as_ref()?.pick.as_ref().map(pick_sentence)).unwrap_or_default()
    });
    let objectives = objectives_of(context);
    let compared = Memo::new(move |_| {
        info.with(|info| info.as_ref()?.pick.as_ref().map(|pick| (pick.cells.clone(), pick.others.clone())))
            .unwrap_or_default()
    });
    let heads = move || {
        compared
            .get()
            .1
            .into_iter()
            .map(|other| {
                let lead = other.lead.map(lead_text);
                view! {
                    <th scope="col" class="differences__head">
                        "against " {run_link(context, &other.run)}
                        <span class="differences__change">{format!("place {}", other.place)} {lead.map(|lead| format!(", {lead} in all"))}</span>
                    </th>
                }
            })
            .collect_view()
    };
    let rows = move || {
        let (cells, others) = compared.get();
        let row = |(n, ((_, title), cell)): (usize, ((ColumnKey, String), Cell))| {
            let others = others.iter().filter_map(|other| other.differences.get(n)).cloned().map(rival_cell);
            view! {
                <tr>
                    <th scope="row" class="table__name">{title}</th>
                    <td>{cell_text(cell)}</td>
                    {others.collect_view()}
                </tr>
            }
        };
        objectives.get().into_iter().zip(cells).enumerate().map(row).collect_view()
    };
    let with_rivals = move || {
        let others = compared.with_untracked(|(_, others)| {
            others.iter().map(|other| other.run.run_id.clone()).collect::<Vec<_>>()
        });
        run.get_untracked().map(|run| run.run_id).into_iter().chain(others).collect::<Vec<_>>()
    };
    let link = move || run.get().map(|run| run_link(context, &run));
    let button = move || run.get().map(|run| pick_button(context, &run));
    let register = move || run.get().map(|run| register_link(context, &run));
    let name = move || run.get().map(|run| run.name);
    view! {
        <Show when=move || run.with(Option::is_some)>
            <section class="pick" role="group" aria-label="The pick">
                <h3 class="pick__title">"The pick: " {link} " " {button} " " {register}</h3>
                <p>{move || sentence.get()}</p>
                <div class="toolbar">
                    <button
                        type="button"
                        class="button"
                        title="Their curves and differences are a panel away"
                        on:click=move |_| context.edit.edit(ViewEdit::Select(with_rivals()))
                    >
                        "Select the pick and these"
                    </button>
                </div>
                <div class="table-scroll" tabindex="0" role="region" aria-label="The pick, scrollable">
                    <table class="table differences" aria-label="The pick against the next ones">
                        <thead><tr><th scope="col">"Objective"</th><th scope="col">{name}</th>{heads}</tr></thead>
                        <tbody>{rows}</tbody>
                    </table>
                </div>
            </section>
        </Show>
    }
}

/// `+0.041` of the score.
fn lead_text(lead: f64) -> String {
    format!("{}{:.3} of the score", if lead < 0.0 { '−' } else { '+' }, lead.abs())
}

fn rival_cell(PickDifference { cell, change, is_better, lead }: PickDifference) -> impl IntoView {
    view! {
        <td class="table__name">
            {cell_text(cell)}
            <span class="differences__change">
                {change.map_or_else(|| "equal".to_owned(), |change| format!("the pick {change} "))}
                {verdict(is_better)}
                {lead.filter(|lead| *lead != 0.0).map(|lead| format!(" {}", lead_text(lead)))}
            </span>
        </td>
    }
}

/// What speaks for the pick, and what against it, in a sentence or two.
fn pick_sentence(pick: &PickInfo) -> String {
    let chosen = if pick.is_chosen { "chosen by hand" } else { "the best by score" };
    let standing = match &pick.standing {
        Ok((place, score)) => format!("place {place} with a score of {}", score_text(*score)),
        Err(why) => format!("without a score: {why}"),
    };
    let against = pick.others.first().map(|other: &PickRival| {
        let n_of =
            |wanted: bool| other.differences.iter().filter(|one| one.is_better == Some(wanted)).count();
        format!(
            " Against {} it is better in {} of {} objectives and worse in {}.",
            other.run.name,
            n_of(true),
            other.differences.len(),
            n_of(false)
        )
    });
    format!("{}{}, {standing}.{}", chosen[..1].to_uppercase(), &chosen[1..], against.unwrap_or_default())
}
