//! Which params mattered for an objective, and how params and objectives go together.

use super::{ExplainedChoice, PanelFrame, WorkspaceContext};
use crate::engine::news::{CorrelationInfo, ImportanceInfo, ImportanceRow};
use crate::ui::chart::Chart;
use crate::view::Panel;
use leptos::prelude::*;
use std::sync::Arc;

/// Effects of so many params are drawn unasked; those that matter little do little.
const N_EFFECTS: usize = 4;

/// The panel.
#[component]
pub(super) fn ImportancePanel(context: WorkspaceContext) -> impl IntoView {
    let info = context.importance;
    let summary = Signal::derive(move || info.with(|info| info.as_ref().map(summary_of).unwrap_or_default()));
    let content = move || match info.get() {
        None => view! { <p class="panel__empty" role="status">"Learning"</p> }.into_any(),
        Some(info) => view! { <Learned info /> }.into_any(),
    };
    let target = Signal::derive(move || {
        info.with(|info| {
            info.as_ref().and_then(|info| info.target.as_ref()).map(|(column, _)| column.clone())
        })
    });
    view! {
        <PanelFrame context panel=Panel::Importance summary>
            <div class="toolbar"><ExplainedChoice context chosen=target /></div>
            {content}
        </PanelFrame>
    }
}

/// `learned from 50 of 52 kept runs; explains 83 % of the variance of rmse in runs not seen`.
fn summary_of(info: &ImportanceInfo) -> String {
    if info.n_learned == 0 {
        return format!("{} kept runs", info.n_runs);
    }
    let sampled = info.n_sampled.map_or_else(String::new, |n| format!(", of which {n} were looked at"));
    let explains = info.r2.map_or_else(String::new, |r2| {
        let target = info.target.as_ref().map_or("it", |(column, _)| column.label());
        format!("; explains {:.0} % of the variance of {target} in runs not seen", r2.max(0.0) * 100.0)
    });
    format!("Learned from {} of {} kept runs{sampled}{explains}", info.n_learned, info.n_runs)
}

#[component]
fn Learned(info: ImportanceInfo) -> impl IntoView {
    let ImportanceInfo { target, params, left_out, warnings, problem, correlations, .. } = info;
    let warnings = warnings.into_iter().map(|text| view! { <p class="importance__warning">{text}</p> });
    let left_out = (!left_out.is_empty()).then(|| {
        view! { <p class="secondary">{format!("Params left out, since too few runs have them or they name a run more than a kind: {}.", left_out.join(", "))}</p> }
    });
    view! {
        {problem.map(|problem| view! { <p class="panel__empty" role="status">{problem}</p> })}
        {warnings.collect_view()}
        {(!params.is_empty()).then(|| view! { <Params params=params.clone() /> })}
        {left_out}
        {(!params.is_empty()).then(|| {
            let objective = target.map_or_else(String::new, |(_, title)| title);
            view! { <Effects params=params.clone() objective /> }
        })}
        {(correlations.columns.len() > 1).then(|| view! { <Correlations correlations /> })}
    }
}

/// What params do, each by itself: the most important ones, and all of them on demand.
#[component]
fn Effects(params: Vec<ImportanceRow>, objective: String) -> impl IntoView {
    let rows: Vec<ImportanceRow> = params.into_iter().filter(|row| row.effect.len() > 1).collect();
    let n_all = rows.len();
    let rows = StoredValue::new(rows);
    let are_all_shown = RwSignal::new(false);
    let chart = move |row: ImportanceRow| {
        let (figure, told) = row.figure(&objective);
        let figure = Arc::new(figure);
        view! {
            <div class="effects__one">
                <Chart label=format!("Effect of {} on {objective}", row.title) figure=Signal::stored(figure) />
                {(!told.is_empty()).then(|| view! { <p class="secondary">{told}</p> })}
            </div>
        }
    };
    let shown = move || {
        let n_shown = if are_all_shown.get() { n_all } else { N_EFFECTS };
        rows.with_value(|rows| rows.iter().take(n_shown).cloned().collect::<Vec<_>>())
    };
    view! {
        <h3 class="pick__title">"Effects"</h3>
        <p class="secondary">
            "What the forest predicts along each param, all others taken over their whole range; the band is how far its trees differ, the dots are runs."
        </p>
        <div class="effects">
            <For each=shown key=|row| row.column.clone() children=chart />
        </div>
        {(n_all > N_EFFECTS).then(|| view! {
            <button
                type="button"
                class="button"
                aria-pressed=move || are_all_shown.get().to_string()
                on:click=move |_| are_all_shown.update(|are| *are = !*are)
            >
                {format!("All {n_all} params")}
            </button>
        })}
    }
}

fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

#[component]
fn Params(params: Vec<ImportanceRow>) -> impl IntoView {
    let alone: f64 = params.iter().map(|row| row.share).sum();
    let together = format!(
        "{} of what the forest predicts is owed to params by themselves, the rest to several together.",
        percent(alone)
    );
    let row = |row: ImportanceRow| {
        let title = if row.is_log { format!("{} (by its logarithm)", row.title) } else { row.title };
        let permutation = row
            .permutation
            .map_or_else(|| "unknown".to_owned(), |(mean, std)| format!("{mean:.3} ± {std:.3}"));
        view! {
            <tr>
                <th scope="row" class="table__name">{title}</th>
                <td class="score">
                    <span class="score__number">{percent(row.share)} " ± " {percent(row.share_std)}</span>
                    <span class="score__bar" aria-hidden="true">
                        <span class="part part--1" style:width=format!("{:.2}%", row.share * 100.0)></span>
                    </span>
                </td>
                <td class="table__number">{permutation}</td>
                <td class="table__number">{row.n_present}</td>
            </tr>
        }
    };
    view! {
        <div class="table-scroll workspace__table" tabindex="0" role="region" aria-label="Importance, scrollable">
            <table class="table" aria-label="Importance of params">
                <thead>
                    <tr>
                        <th scope="col">"Param"</th>
                        <th scope="col">"Share of variance, alone (fANOVA)"</th>
                        <th scope="col">"Loss of R² when shuffled (permutation)"</th>
                        <th scope="col">"Runs that have it"</th>
                    </tr>
                </thead>
                <tbody>{params.into_iter().map(row).collect_view()}</tbody>
            </table>
        </div>
        <p class="secondary">{together}</p>
    }
}

#[component]
fn Correlations(correlations: CorrelationInfo) -> impl IntoView {
    let CorrelationInfo { titles, cells, .. } = correlations;
    let heads = titles.iter().map(|title| view! { <th scope="col">{title.clone()}</th> }).collect_view();
    let cell = |found: Option<(f64, usize)>| match found {
        // A share of colour beyond which text would be hard to read; the number says it, the colour helps to find it.
        Some((r, n)) => {
            let hue = if r < 0.0 { "var(--series-2)" } else { "var(--series-1)" };
            let colour = format!("color-mix(in srgb, {hue} {:.0}%, transparent)", r.abs() * 35.0);
            let text = format!("{r:.2}").replace('-', "−");
            view! { <td class="table__number" title=format!("{n} runs") style:background-color=colour>{text}</td> }.into_any()
        }
        None => view! { <td><em class="special">"undefined"</em></td> }.into_any(),
    };
    let rows = titles.iter().zip(cells).map(|(title, cells)| {
        view! { <tr><th scope="row" class="table__name">{title.clone()}</th>{cells.into_iter().map(cell).collect_view()}</tr> }
    });
    let rows = rows.collect_view();
    view! {
        <h3 class="pick__title">"Rank correlation (Spearman)"</h3>
        <div class="table-scroll" tabindex="0" role="region" aria-label="Rank correlation, scrollable">
            <table class="table" aria-label="Rank correlation">
                <thead><tr><th scope="col">"Column"</th>{heads}</tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}
