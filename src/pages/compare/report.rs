//! The comparison as pictures and as one HTML file that stands alone: what is compared and how it was narrowed, the plot,
//! the open panels with their charts and tables, and the table of runs.

use crate::engine::protocol::ReportTables;
use crate::engine::{Command, PaperCell, escaped, paper_table};
use crate::entities::ExperimentId;
use crate::pages::context::RunsContext;
use crate::pages::late::ExportKind;
use crate::state::use_app;
use crate::ui::chart::chart_svg;
use crate::ui::download::{file_name, save_blob, save_text};
use crate::ui::picture::{data_url, png};
use crate::ui::theme::chart_theme;
use crate::view::Step;
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::fmt::Write;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlCanvasElement, HtmlElement};

/// The report's own look: nothing is fetched for it.
const STYLE: &str = "body{font-family:system-ui,sans-serif;margin:2rem auto;max-width:80rem;padding:0 1rem;line-height:1.4}\
    h1,h2,h3{line-height:1.2}table{border-collapse:collapse;font-variant-numeric:tabular-nums}\
    th,td{border:1px solid #8888;padding:.2rem .5rem;text-align:start;vertical-align:top;white-space:pre-line}td.number{text-align:end}\
    dt{font-weight:600}dd{margin:0 0 .5rem;overflow-wrap:anywhere}figure{margin:1rem 0}svg{max-width:100%;height:auto}\
    .wide{overflow-x:auto}";

/// Saves one of these files.
pub(in crate::pages) fn export(context: RunsContext, kind: ExportKind) {
    let app = use_app();
    match kind {
        ExportKind::PlotSvg | ExportKind::PlotPng => {
            let Some(svg) = plot(context) else {
                return app.alert("There is no plot to save: it is folded away, or no runs are loaded.");
            };
            if kind == ExportKind::PlotSvg {
                save_text("runs.svg", &svg);
                return;
            }
            let size_px = context.axes.with_untracked(|axes| axes.picture_px());
            spawn_local(async move {
                match png(&svg, size_px).await {
                    Some(blob) => drop(save_blob("runs.png", &blob)),
                    None => app.alert("The browser did not make a PNG of the plot. It can be saved as SVG."),
                }
            });
        }
        ExportKind::Report => {
            app.table_html.set(None);
            context.send.run(Command::WriteHtml);
            let is_written = StoredValue::new(false);
            Effect::new(move || {
                let Some(tables) = app.table_html.get() else { return };
                if !is_written.get_value() {
                    is_written.set_value(true);
                    app.table_html.set(None);
                    spawn_local(async move {
                        let title = title(context);
                        let report = report(context, &title, &tables).await;
                        save_text(&file_name(&title, "html"), &report);
                    });
                }
            });
        }
    }
}

/// The parallel coordinates; none where they are folded away or there are none.
fn plot(context: RunsContext) -> Option<String> {
    if context.view.with_untracked(|view| view.is_plot_folded) {
        return None;
    }
    let canvas = document().query_selector(".parallel-plot__canvas").ok()??;
    let canvas: HtmlCanvasElement = canvas.dyn_into().ok()?;
    context.axes.with_untracked(|axes| {
        let is_any = !axes.axes.is_empty();
        is_any
            .then(|| data_url(&canvas, (axes.width_px, axes.height_px)))
            .flatten()
            .map(|lines| axes.picture(&lines, &chart_theme()))
    })
}

fn title(context: RunsContext) -> String {
    let ids = context.experiment_ids.get_untracked();
    let names: Vec<String> = context.experiments.with_untracked(|experiments| {
        let name_of = |id: &ExperimentId| experiments.iter().find(|experiment| experiment.id == *id);
        ids.iter().map(|id| name_of(id).map_or_else(|| id.to_string(), |found| found.name.clone())).collect()
    });
    names.join(", ")
}

async fn report(context: RunsContext, title: &str, tables: &ReportTables) -> String {
    let theme = chart_theme();
    let mut out = String::new();
    let title = escaped(title);
    // Writing to a string cannot fail.
    let _ = write!(
        out,
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>\
         <meta name=\"viewport\" content=\"width=device-width\"><style>{STYLE}body{{background:{};color:{}}}</style>\
         </head><body><main><h1>{title}</h1><dl>",
        theme.surface, theme.content,
    );
    for (name, value) in facts(context) {
        let _ = write!(out, "<dt>{name}</dt><dd>{}</dd>", escaped(&value));
    }
    out.push_str("</dl>");
    if let Some(svg) = plot(context) {
        let _ = write!(out, "<h2>Parallel coordinates</h2><figure class=\"wide\">{svg}</figure>");
    }
    for section in all(&document().document_element(), "section.workspace") {
        panel(&section, tables, &mut out).await;
    }
    let n_rows = context.n_rows.get_untracked();
    let _ = writeln!(
        out,
        "<h2>Runs ({n_rows})</h2><div class=\"wide\">{}</div></main></body></html>",
        tables.runs
    );
    out
}

/// What is compared, where, and how it was narrowed.
fn facts(context: RunsContext) -> Vec<(&'static str, String)> {
    let counts = context.counts.get_untracked();
    let address = window().location().href().unwrap_or_default();
    let written = js_sys::Date::new_0().to_iso_string().as_string().unwrap_or_default();
    let mut facts = vec![
        ("Runs", format!("{} loaded, {} kept, {} brushed", counts.n_all, counts.n_kept, counts.n_brushed)),
        ("Written", written),
        ("The same page", address),
    ];
    context.view.with_untracked(|view| {
        if !view.filter.is_empty() {
            facts.push(("Filter", view.filter.clone()));
        }
        for step in &view.steps {
            let (name, brushes) = match step {
                Step::Keep(brushes) => ("Kept by", brushes),
                Step::Exclude(brushes) => ("Excluded by", brushes),
            };
            let columns: Vec<&str> = brushes.iter().map(|brush| brush.column.label()).collect();
            facts.push((name, columns.join(", ")));
        }
    });
    facts
}

/// A panel: its title and summary, then its headings, notes, charts and tables in their order.
async fn panel(section: &Element, tables: &ReportTables, out: &mut String) {
    let text_of = |selector: &str| {
        let found = section.query_selector(selector).ok().flatten();
        escaped(&found.and_then(|found| found.text_content()).unwrap_or_default())
    };
    let _ = write!(out, "<h2>{}</h2><p>{}</p>", text_of(".panel__title"), text_of(".workspace__summary"));
    let body = section.query_selector(".panel__body").ok().flatten();
    for part in all(&body, "h3, p, figure.chart, table") {
        // A chart's own table and notes belong to the chart.
        let parent = part.parent_element().and_then(|parent| parent.closest("figure.chart").ok().flatten());
        if parent.is_some() || part.closest(".visually-hidden, .toolbar, [hidden]").ok().flatten().is_some() {
            continue;
        }
        match part.tag_name().as_str() {
            "FIGURE" => chart(&part, out).await,
            // Of many differences the page shows a part; a report has all of them, from the engine.
            "TABLE" if part.class_list().contains("differences--selected") => {
                let differences = tables.differences.as_deref().unwrap_or_default();
                let _ = write!(out, "<div class=\"wide\">{differences}</div>");
            }
            "TABLE" => table(&part, out),
            tag => {
                let tag = if tag == "H3" { "h3" } else { "p" };
                let text = escaped(&lines_of(&part).0.join(" "));
                let _ = write!(out, "<{tag}>{text}</{tag}>");
            }
        }
    }
}

async fn chart(figure: &Element, out: &mut String) {
    let label = escaped(&figure.get_attribute("aria-label").unwrap_or_default());
    let canvas = figure.query_selector(".chart__canvas").ok().flatten();
    // What cannot be drawn is named all the same.
    let svg = match canvas.and_then(|canvas| canvas.dyn_into::<HtmlElement>().ok()) {
        Some(canvas) => chart_svg(&canvas).await.unwrap_or_default(),
        None => String::new(),
    };
    let keys: Vec<String> = all(&Some(figure.clone()), ".chart__key")
        .iter()
        .map(|key| escaped(&key.text_content().unwrap_or_default()))
        .collect();
    let _ = write!(out, "<figure><figcaption>{label}</figcaption>{svg}<p>{}</p></figure>", keys.join(" · "));
}

/// A table's texts; controls in it are left out.
fn table(table: &Element, out: &mut String) {
    let rows: Vec<Vec<PaperCell>> = all(&Some(table.clone()), "tr")
        .into_iter()
        .map(|row| all(&Some(row), "th, td").iter().map(cell).collect())
        .collect();
    let _ = write!(out, "<div class=\"wide\">{}</div>", paper_table(&rows));
}

fn cell(cell: &Element) -> PaperCell {
    let (lines, has_control) = lines_of(cell);
    PaperCell {
        is_head: cell.tag_name() == "TH",
        is_number: cell.class_list().contains("table__number"),
        n_columns: cell.get_attribute("colspan").and_then(|n| n.parse().ok()).unwrap_or(1).max(1),
        lines,
        has_control,
    }
}

/// What an element says without its controls, line by line, and whether there were any. What is told to a screen reader
/// alone says nothing on paper either.
fn lines_of(element: &Element) -> (Vec<String>, bool) {
    const CONTROLS: &str = "button, input, select";
    let Ok(copy) = element.clone_node_with_deep(true) else { return (Vec::new(), false) };
    let copy: Option<Element> = copy.dyn_into().ok();
    let controls = all(&copy, CONTROLS);
    let has_control = !controls.is_empty();
    controls.iter().chain(&all(&copy, ".visually-hidden, [hidden]")).for_each(Element::remove);
    let text_of = |element: &Element| element.text_content().unwrap_or_default().trim().to_owned();
    let mut lines: Vec<String> = Vec::new();
    for own_line in all(&copy, "li, summary, .differences__change, .secondary") {
        lines.push(text_of(&own_line));
        own_line.remove();
    }
    lines.splice(0..0, copy.iter().map(text_of));
    lines.retain(|line| !line.is_empty());
    (lines, has_control)
}

fn all(within: &Option<Element>, selector: &str) -> Vec<Element> {
    let found = within.as_ref().and_then(|within| within.query_selector_all(selector).ok());
    let Some(found) = found else { return Vec::new() };
    (0..found.length()).filter_map(|at| found.item(at)?.dyn_into().ok()).collect()
}
