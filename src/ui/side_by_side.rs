//! Two versions side by side: metrics with direction and difference, params that differ, facts, schema, curves.

use super::chart::Chart;
use crate::plot::charts::{ChartAxis, Figure, Look, Scale, Series};
use crate::registry::comparison::{Comparison, Curves, MetricRow, TextRow, Verdict};
use crate::view::Direction;
use leptos::prelude::*;
use std::sync::Arc;

/// The comparison. Without a holder it describes the candidate alone.
#[component]
pub fn SideBySide(
    /// What is known so far.
    comparison: Comparison,
    /// Somebody wants the curves of more metrics.
    on_more_curves: Callback<()>,
) -> impl IntoView {
    let candidate = format!("Version {}", comparison.candidate);
    let holder = comparison.holder.map(|number| format!("Version {number}"));
    let is_loading = comparison.is_loading;
    let names = StoredValue::new((candidate.clone(), holder.clone()));
    let same = match (comparison.n_same_params, &holder) {
        (0, _) | (_, None) => String::new(),
        (1, _) => "1 more param is the same.".to_owned(),
        (n, _) => format!("{n} more params are the same."),
    };
    let more = match comparison.n_more_curves {
        0 => None,
        1 => Some("Show the curve of 1 more metric".to_owned()),
        n => Some(format!("Show curves of {n} more metrics")),
    };
    let text_table = move |title: &'static str, rows: Vec<TextRow>| {
        (!rows.is_empty()).then(|| view! { <TextTable title rows names /> })
    };
    view! {
        <section class="side-by-side" aria-label="Comparison">
            {is_loading.then(|| view! { <p class="secondary" role="status">"Reading runs, files and curves…"</p> })}
            {(!comparison.missing.is_empty()).then(|| view! {
                <ul class="side-by-side__missing">
                    {comparison.missing.into_iter().map(|line| view! { <li>{line}</li> }).collect_view()}
                </ul>
            })}
            <MetricTable rows=comparison.metrics names />
            {text_table("Params that differ", comparison.params)}
            {(!same.is_empty()).then(|| view! { <p class="secondary">{same}</p> })}
            {text_table("Signature", comparison.schema)}
            {text_table("Origin", comparison.facts)}
            {comparison.curves.into_iter().map(|curves| plot(curves, &candidate, holder.as_deref())).collect_view()}
            {more.map(|text| view! {
                <button type="button" class="button" on:click=move |_| on_more_curves.run(())>{text}</button>
            })}
        </section>
    }
}

fn plot(curves: Curves, candidate: &str, holder: Option<&str>) -> impl IntoView + use<> {
    let line = |index: usize, name: &str, points: Vec<(i64, f64)>| {
        let points = points.into_iter().map(|(step, value)| (step as f64, value)).collect();
        Series::line(name, Look::nth(index), points)
    };
    let mut series = vec![line(0, candidate, curves.candidate)];
    series.extend(holder.map(|holder| line(1, holder, curves.holder)));
    series.retain(|series| !series.points.is_empty());
    let figure = Figure {
        x: ChartAxis::new("step", Scale::Counted),
        y: ChartAxis::new(curves.metric.clone(), Scale::Linear),
        series,
        has_slider: false,
    };
    view! { <Chart label=curves.metric figure=Arc::new(figure) /> }
}

type Names = StoredValue<(String, Option<String>)>;

fn heads(names: Names) -> impl IntoView {
    let (candidate, holder) = names.get_value();
    view! {
        <th scope="col">{candidate}</th>
        {holder.map(|holder| view! { <th scope="col">{holder}</th> })}
    }
}

#[component]
fn MetricTable(rows: Vec<MetricRow>, names: Names) -> impl IntoView {
    let has_holder = names.with_value(|(_, holder)| holder.is_some());
    let cell = |text: Option<String>| match text {
        Some(text) => view! { <td class="table__number">{text}</td> }.into_any(),
        None => view! { <td><em class="special">"missing"</em></td> }.into_any(),
    };
    let row = move |row: MetricRow| {
        let (word, class) = match row.verdict {
            Verdict::Better => ("better", "verdict verdict--better"),
            Verdict::Worse => ("worse", "verdict verdict--worse"),
            Verdict::Same => ("same", "verdict"),
            Verdict::Unknown => ("", "verdict"),
        };
        let direction = match row.better {
            Some(Direction::Ascending) => "lower is better",
            Some(Direction::Descending) => "higher is better",
            None => "",
        };
        view! {
            <tr>
                <th scope="row">{row.name} " " <span class="secondary">{direction}</span></th>
                {cell(row.candidate)}
                {has_holder.then(|| view! {
                    {cell(row.holder)}
                    <td class="table__number">{row.difference} " " <span class=class>{word}</span></td>
                })}
            </tr>
        }
    };
    (!rows.is_empty()).then(|| {
        view! {
            <div class="table-scroll" tabindex="0" role="region" aria-label="Metrics, scrollable">
                <table class="table" aria-label="Metrics">
                    <thead><tr>
                        <th scope="col">"Metric"</th>
                        {heads(names)}
                        {has_holder.then(|| view! { <th scope="col">"Difference"</th> })}
                    </tr></thead>
                    <tbody>{rows.into_iter().map(row).collect_view()}</tbody>
                </table>
            </div>
        }
    })
}

#[component]
fn TextTable(title: &'static str, rows: Vec<TextRow>, names: Names) -> impl IntoView {
    let has_holder = names.with_value(|(_, holder)| holder.is_some());
    let cell = |text: Option<String>| match text {
        Some(text) if text.is_empty() => view! { <td><em class="special">"empty"</em></td> }.into_any(),
        Some(text) => view! { <td class="table__name">{text}</td> }.into_any(),
        None => view! { <td><em class="special">"missing"</em></td> }.into_any(),
    };
    let row = move |row: TextRow| {
        // Told by a mark as well as by the shade.
        let mark = (has_holder && row.differs())
            .then(|| view! { <span class="differs" title="differs">"≠ "</span> });
        view! {
            <tr>
                <th scope="row">{mark}{row.name}</th>
                {cell(row.candidate)}
                {has_holder.then(|| cell(row.holder))}
            </tr>
        }
    };
    view! {
        <div class="table-scroll" tabindex="0" role="region" aria-label=format!("{title}, scrollable")>
            <table class="table" aria-label=title>
                <thead><tr><th scope="col">{title}</th>{heads(names)}</tr></thead>
                <tbody>{rows.into_iter().map(row).collect_view()}</tbody>
            </table>
        </div>
    }
}
