//! Which params mattered for an objective, and how params and objectives go together.

use super::{ExplainedChoice, MoreButton, PanelFrame, WorkspaceContext, keyed};
use crate::engine::news::{CorrelationInfo, ImportanceInfo, ImportanceRow};
use crate::entities::ColumnKey;
use crate::ui::chart::Chart;
use crate::view::Panel;
use leptos::prelude::*;
use std::sync::Arc;

/// Effects of so many params are drawn unasked; those that matter little do little.
const N_EFFECTS: usize = 4;
/// More dots than these are drawn only where somebody wants all; see `engine::importance`.
const N_DOTS: usize = 300;
/// The same of columns in the matrix of correlations.
const N_CORRELATED: usize = 12;

/// The panel.
#[component]
pub(super) fn ImportancePanel(context: WorkspaceContext) -> impl IntoView {
    let info = context.importance;
    let summary = Signal::derive(move || info.with(|info| info.as_ref().map(summary_of).unwrap_or_default()));
    let is_here = Memo::new(move |_| info.with(Option::is_some));
    let target = Signal::derive(move || {
        info.with(|info| {
            info.as_ref().and_then(|info| info.target.as_ref()).map(|(column, _)| column.clone())
        })
    });
    view! {
        <PanelFrame context panel=Panel::Importance summary>
            <div class="toolbar"><ExplainedChoice context chosen=target /></div>
            <Show when=move || is_here.get() fallback=|| view! { <p class="panel__empty" role="status">"Learning"</p> }>
                <Learned context />
            </Show>
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

/// A part of what was learned, told again only when it is another.
fn part<T: Clone + Default + PartialEq + Send + Sync + 'static>(
    context: WorkspaceContext,
    of: fn(&ImportanceInfo) -> T,
) -> Memo<T> {
    Memo::new(move |_| context.importance.with(|info| info.as_ref().map(of).unwrap_or_default()))
}

#[component]
fn Learned(context: WorkspaceContext) -> impl IntoView {
    let problem = part(context, |info| info.problem.clone());
    let warnings = part(context, |info| info.warnings.clone());
    let left_out = part(context, |info| info.left_out.clone());
    let has_params = part(context, |info| !info.params.is_empty());
    let may_take_in = Memo::new(move |_| {
        left_out.with(|left_out| !left_out.is_empty())
            || context.runs.view.with(|view| view.more.has_all_params)
    });
    let has_correlations = part(context, |info| info.correlations.columns.len() > 1);
    view! {
        {move || problem.get().map(|problem| view! { <p class="panel__empty" role="status">{problem}</p> })}
        {move || warnings.get().into_iter().map(|text| view! { <p class="importance__warning">{text}</p> }).collect_view()}
        <Show when=move || has_params.get()><Params context /></Show>
        {move || left_out.with(|left_out| (!left_out.is_empty()).then(|| {
            view! { <p class="secondary">{format!("Params left out, since too few runs have them or they name a run more than a kind: {}.", left_out.join(", "))}</p> }
        }))}
        <Show when=move || may_take_in.get()>
            <MoreButton
                context
                text="Learn from all params"
                is_on=|more| more.has_all_params
                turn=|more| more.has_all_params = !more.has_all_params
            />
        </Show>
        <Show when=move || has_params.get()><Effects context /></Show>
        <Show when=move || has_correlations.get()><Correlations context /></Show>
    }
}

/// What params do, each by itself: the most important ones, and all of them on demand.
#[component]
fn Effects(context: WorkspaceContext) -> impl IntoView {
    let objective =
        part(context, |info| info.target.as_ref().map(|(_, title)| title.clone()).unwrap_or_default());
    let rows = part(context, |info| {
        info.params.iter().filter(|row| row.effect.len() > 1).cloned().collect::<Vec<ImportanceRow>>()
    });
    let n_all = Memo::new(move |_| rows.with(Vec::len));
    // Of the param that has most of them.
    let dots = part(context, |info| {
        let of = info.params.iter().map(|row| (row.dots.len(), row.n_placed));
        of.max_by_key(|(_, n_placed)| *n_placed).unwrap_or_default()
    });
    let are_all_shown = RwSignal::new(false);
    let chart = move |column: ColumnKey| {
        let row = Memo::new(move |_| rows.with(|rows| rows.iter().find(|row| row.column == column).cloned()));
        let drawn = Memo::new(move |_| {
            let (figure, told) = row.get().map(|row| row.figure(&objective.get())).unwrap_or_default();
            (Arc::new(figure), told)
        });
        let label = Signal::derive(move || {
            let title = row.with(|row| row.as_ref().map(|row| row.title.clone()).unwrap_or_default());
            format!("Effect of {title} on {}", objective.get())
        });
        let told = move || {
            let told = drawn.with(|(_, told)| told.clone());
            (!told.is_empty()).then(|| view! { <p class="secondary">{told}</p> })
        };
        view! {
            <div class="effects__one">
                <Chart label figure=Signal::derive(move || drawn.get().0) />
                {told}
            </div>
        }
    };
    let shown = move || {
        let n_shown = if are_all_shown.get() { n_all.get() } else { N_EFFECTS };
        rows.with(|rows| rows.iter().take(n_shown).map(|row| row.column.clone()).collect::<Vec<_>>())
    };
    view! {
        <h3 class="pick__title">"Effects"</h3>
        <p class="secondary">
            "What the forest predicts along each param, all others taken over their whole range; the band is how far its trees differ, the dots are "
            {move || match dots.get() {
                (n_drawn, n_all) if n_drawn < n_all => format!("{n_drawn} of {n_all} runs, evenly chosen."),
                _ => "runs.".to_owned(),
            }}
        </p>
        <Show when=move || { dots.get().1 > N_DOTS }>
            <MoreButton
                context
                text=Signal::derive(move || format!("All {} runs as dots", dots.get().1))
                is_on=|more| more.has_all_dots
                turn=|more| more.has_all_dots = !more.has_all_dots
            />
        </Show>
        <div class="effects">
            <For each=shown key=|column| column.clone() children=chart />
        </div>
        <Show when=move || { n_all.get() > N_EFFECTS }>
            <button
                type="button"
                class="button"
                aria-pressed=move || are_all_shown.get().to_string()
                on:click=move |_| are_all_shown.update(|are| *are = !*are)
            >
                {move || format!("All {} params", n_all.get())}
            </button>
        </Show>
    }
}

/// A number with so many decimals, and a minus where it is still below zero with these.
fn signed(number: f64, n_decimals: usize) -> String {
    let digits = format!("{:.n_decimals$}", number.abs());
    let is_below = number < 0.0 && digits.contains(|digit: char| matches!(digit, '1'..='9'));
    format!("{}{digits}", if is_below { "−" } else { "" })
}

fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

#[component]
fn Params(context: WorkspaceContext) -> impl IntoView {
    let together = part(context, |info| {
        let alone: f64 = info.params.iter().map(|row| row.share).sum();
        format!(
            "{} of what the forest predicts is owed to params by themselves, the rest to several together.",
            percent(alone)
        )
    });
    // Without what only charts show.
    let rows = part(context, |info| {
        let row = |row: &ImportanceRow| ImportanceRow { effect: Vec::new(), dots: Vec::new(), ..row.clone() };
        info.params.iter().map(row).collect::<Vec<_>>()
    });
    let row = |(_, row): (String, ImportanceRow)| {
        let title = if row.is_log { format!("{} (by its logarithm)", row.title) } else { row.title };
        let permutation = row
            .permutation
            .map_or_else(|| "unknown".to_owned(), |(mean, std)| format!("{} ± {std:.3}", signed(mean, 3)));
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
                <tbody><For each=move || keyed(rows.get()) key=|(key, _)| key.clone() children=row /></tbody>
            </table>
        </div>
        <p class="secondary">{move || together.get()}</p>
    }
}

#[component]
fn Correlations(context: WorkspaceContext) -> impl IntoView {
    let correlations = part(context, |info| info.correlations.clone());
    let constant = part(context, |info| match info.correlations.constant.join(", ") {
        titles if titles.is_empty() => titles,
        titles => format!("Left out, the same in all runs that have them: {titles}."),
    });
    let n_columns = part(context, |info| (info.correlations.columns.len(), info.correlations.n_all));
    let cell = |found: Option<(f64, usize)>| match found {
        // A share of colour beyond which text would be hard to read; the number says it, the colour helps to find it.
        Some((r, n)) => {
            let hue = if r < 0.0 { "var(--series-2)" } else { "var(--series-1)" };
            let colour = format!("color-mix(in srgb, {hue} {:.0}%, transparent)", r.abs() * 35.0);
            let text = signed(r, 2);
            view! { <td class="table__number" title=format!("{n} runs") style:background-color=colour>{text}</td> }.into_any()
        }
        None => view! { <td><em class="special">"undefined"</em></td> }.into_any(),
    };
    let content = move || {
        let CorrelationInfo { titles, cells, .. } = correlations.get();
        let heads = titles.iter().map(|title| view! { <th scope="col">{title.clone()}</th> }).collect_view();
        let rows = titles.iter().zip(cells).map(|(title, cells)| {
            view! { <tr><th scope="row" class="table__name">{title.clone()}</th>{cells.into_iter().map(cell).collect_view()}</tr> }
        });
        let rows = rows.collect_view();
        view! {
            <thead><tr><th scope="col">"Column"</th>{heads}</tr></thead>
            <tbody>{rows}</tbody>
        }
    };
    view! {
        <h3 class="pick__title">"Rank correlation (Spearman)"</h3>
        <Show when=move || { n_columns.get().1 > N_CORRELATED }>
            <div class="toolbar">
                <span class="secondary">
                    {move || format!("{} of {} columns", n_columns.get().0, n_columns.get().1)}
                </span>
                <MoreButton
                    context
                    text=Signal::derive(move || format!("All {} columns", n_columns.get().1))
                    is_on=|more| more.has_all_correlations
                    turn=|more| more.has_all_correlations = !more.has_all_correlations
                />
            </div>
        </Show>
        <div class="table-scroll" tabindex="0" role="region" aria-label="Rank correlation, scrollable">
            <table class="table" aria-label="Rank correlation">{content}</table>
        </div>
        <p class="secondary">{move || constant.get()}</p>
    }
}
