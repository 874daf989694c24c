//! The table as text that leaves the page: CSV, JSON, JSON for HiPlot, Markdown, and Python that gives the same runs.

use super::cells::Formats;
use super::figures::escaped;
use super::protocol::{Cell, PythonSource, TableFormat};
use crate::entities::{Attribute, ColumnKey, PARENT_RUN_TAG, RunView};
use crate::frame::{RunFrame, Value};
use serde_json::{Map, json};
use std::collections::HashSet;

/// Writes these rows and columns, the header first.
///
/// Numbers are written with all their digits and in the units of the tracking server (milliseconds, bytes), except in
/// Markdown and HTML, which are for reading and show what the table shows.
pub fn table_text(
    frame: &RunFrame,
    rows: &[u32],
    columns: &[ColumnKey],
    format: TableFormat,
    formats: &mut Formats,
) -> String {
    match format {
        TableFormat::Csv => csv(frame, rows, columns),
        TableFormat::Json => json_text(frame, rows, columns),
        TableFormat::HiPlot => hiplot(frame, rows),
        TableFormat::Markdown => markdown(frame, rows, columns, formats),
        TableFormat::Html => html(frame, rows, columns, formats),
    }
}

/// The text of a cell as it was logged; empty where it is missing.
fn logged(frame: &RunFrame, column: &ColumnKey, row: usize) -> String {
    match frame.value(column, row) {
        Value::Nan => "NaN".to_owned(),
        Value::PosInf => "Infinity".to_owned(),
        Value::NegInf => "-Infinity".to_owned(),
        _ => frame.text(column, row).unwrap_or_default().into_owned(),
    }
}

/// RFC 4180. A text that a spreadsheet would calculate gets an apostrophe before it, as OWASP's page on CSV injection
/// says; numbers are no such texts.
fn csv(frame: &RunFrame, rows: &[u32], columns: &[ColumnKey]) -> String {
    let field = |text: String, is_number: bool| {
        let is_formula = !is_number && text.starts_with(['=', '+', '-', '@', '\t', '\r']);
        let text = if is_formula { format!("'{text}") } else { text };
        if text.contains(['"', ',', '\n', '\r']) {
            format!("\"{}\"", text.replace('"', "\"\""))
        } else {
            text
        }
    };
    let mut out = columns.iter().map(|column| field(column.to_string(), false)).collect::<Vec<_>>().join(",");
    for row in rows {
        out.push_str("\r\n");
        let row = *row as usize;
        let fields = columns.iter().map(|column| {
            let is_number = matches!(
                frame.value(column, row),
                Value::Number(_) | Value::Nan | Value::PosInf | Value::NegInf
            );
            field(logged(frame, column, row), is_number)
        });
        out.push_str(&fields.collect::<Vec<_>>().join(","));
    }
    out.push_str("\r\n");
    out
}

/// An object for each run; JSON has no NaN, so special numbers are texts, and what is missing is left out.
fn json_text(frame: &RunFrame, rows: &[u32], columns: &[ColumnKey]) -> String {
    let runs = rows.iter().map(|row| {
        let row = *row as usize;
        let pairs = columns.iter().filter_map(|column| {
            let value = match frame.value(column, row) {
                Value::Missing => return None,
                // A param is what was logged: `0.10` and `007` are texts.
                Value::Number(number) if !matches!(column, ColumnKey::Param(_)) => json!(number),
                _ => json!(logged(frame, column, row)),
            };
            Some((column.to_string(), value))
        });
        serde_json::Value::Object(pairs.collect::<Map<_, _>>())
    });
    // A line for each run: readable, and short.
    let lines: Vec<String> = runs.map(|run| format!("  {run}")).collect();
    format!("[\n{}\n]\n", lines.join(",\n"))
}

/// What `hiplot FILE` loads (`hiplot.Experiment.from_iterable`, HiPlot 0.1): an object for each run with every column that
/// some run has, its id as `uid`, and as `from_uid` that of the run that started it, where that is among them: HiPlot
/// refuses a parent that it does not find. Params are numbers where they read as such, as HiPlot would draw them.
fn hiplot(frame: &RunFrame, rows: &[u32]) -> String {
    let is_told = |key: &ColumnKey| match key {
        ColumnKey::Attribute(attribute) => !attribute.is_standing() && *attribute != Attribute::RunId,
        // It is the parent's id, under a name that says less.
        ColumnKey::Tag(tag) => tag != PARENT_RUN_TAG,
        _ => true,
    };
    let columns: Vec<ColumnKey> = frame.columns().into_iter().filter(is_told).collect();
    let parent = ColumnKey::Tag(PARENT_RUN_TAG.to_owned());
    let known: HashSet<&str> = rows.iter().map(|row| frame.run_id(*row as usize).0.as_str()).collect();
    let runs = rows.iter().map(|row| {
        let row = *row as usize;
        let mut run = Map::new();
        run.insert("uid".to_owned(), json!(frame.run_id(row)));
        if let Some(parent) = frame.text(&parent, row).filter(|id| known.contains(&**id)) {
            run.insert("from_uid".to_owned(), json!(parent));
        }
        for column in &columns {
            let value = match frame.value(column, row) {
                Value::Missing => continue,
                Value::Number(number) => json!(number),
                Value::Nan => json!("NaN"),
                Value::PosInf => json!("inf"),
                Value::NegInf => json!("-inf"),
                Value::Empty | Value::Text(_) => json!(logged(frame, column, row)),
            };
            run.insert(column.to_string(), value);
        }
        format!("  {}", serde_json::Value::Object(run))
    });
    format!("[\n{}\n]\n", runs.collect::<Vec<_>>().join(",\n"))
}

fn markdown(frame: &RunFrame, rows: &[u32], columns: &[ColumnKey], formats: &mut Formats) -> String {
    // What could end a cell, or be read as a tag, a link or an emphasis, is meant as it stands.
    let field = |text: &str| {
        let mut out = String::with_capacity(text.len());
        for c in text.chars() {
            match c {
                '\\' | '|' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '~' | '$' => {
                    out.push('\\');
                    out.push(c);
                }
                c if c.is_control() => out.push(' '),
                c => out.push(c),
            }
        }
        out
    };
    let line = |fields: Vec<String>| format!("| {} |\n", fields.join(" | "));
    let mut out = line(columns.iter().map(|column| field(&formats.title(frame, column))).collect());
    let rule = |column: &ColumnKey| if frame.summary(column, None).is_numeric { "---:" } else { "---" };
    out.push_str(&line(columns.iter().map(|column| rule(column).to_owned()).collect()));
    for row in rows {
        let fields = columns.iter().map(|column| match formats.cell(frame, column, *row as usize) {
            Cell::Shown(text) | Cell::Rounded { text, .. } => field(&text),
            Cell::Special(lane) => lane.label().to_owned(),
        });
        out.push_str(&line(fields.collect()));
    }
    out
}

/// A `<table>`.
fn html(frame: &RunFrame, rows: &[u32], columns: &[ColumnKey], formats: &mut Formats) -> String {
    let mut out = String::from("<table><thead><tr>");
    let are_numbers: Vec<bool> =
        columns.iter().map(|column| frame.summary(column, None).is_numeric).collect();
    for column in columns {
        out.push_str(&format!("<th scope=\"col\">{}</th>", escaped(&formats.title(frame, column))));
    }
    out.push_str("</tr></thead><tbody>");
    for row in rows {
        out.push_str("<tr>");
        for (column, is_number) in columns.iter().zip(&are_numbers) {
            let text = match formats.cell(frame, column, *row as usize) {
                Cell::Shown(text) | Cell::Rounded { text, .. } => escaped(&text),
                Cell::Special(lane) => format!("<em>{}</em>", lane.label()),
            };
            let class = if *is_number { " class=\"number\"" } else { "" };
            out.push_str(&format!("<td{class}>{text}</td>"));
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody></table>");
    out
}

/// An `mlflow.search_runs` that gives these rows in their order (`mlflow.search_runs`, MLflow 1.30 to 3.x). MLflow's
/// own filters know neither `or` nor brushes, so runs are named by their ids, unless they are all that are loaded, in
/// the server's order.
pub fn python(frame: &RunFrame, rows: &[u32], source: &PythonSource) -> String {
    let view = match source.run_view {
        RunView::Active => "ACTIVE_ONLY",
        RunView::Deleted => "DELETED_ONLY",
        RunView::All => "ALL",
    };
    // A text of JSON is one of Python, too.
    let mut out = format!(
        "import mlflow\nfrom mlflow.entities import ViewType\n\n\
         mlflow.set_tracking_uri({})\n\
         runs = mlflow.search_runs(experiment_ids={}, run_view_type=ViewType.{view})\n",
        json!(source.tracking_uri),
        json!(source.experiment_ids),
    );
    let is_all = rows.len() == frame.n_rows() && rows.iter().enumerate().all(|(at, row)| at == *row as usize);
    if !is_all {
        let ids: Vec<String> =
            rows.iter().map(|row| format!("    {},\n", json!(frame.run_id(*row as usize)))).collect();
        out.push_str(&format!(
            "run_ids = [\n{}]\nruns = runs.set_index(\"run_id\").loc[run_ids].reset_index()\n",
            ids.concat()
        ));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entities::ExperimentId;
    use crate::frame::test_runs;

    fn frame() -> RunFrame {
        let runs = [("a", "=1+1", 0.5, "0.10"), ("b", "say \"hi\", | <b>", f64::NAN, "-3")];
        test_runs::frame(runs.map(|(id, name, rmse, alpha)| {
            let mut run = test_runs::run(id, &[("alpha", alpha)], &[("rmse", rmse)], &[]);
            run.info.name = name.to_owned();
            run
        }))
    }

    fn written(format: TableFormat) -> String {
        let columns = ["attributes.run_name", "metrics.rmse", "params.alpha", "tags.none"];
        let columns: Vec<ColumnKey> = columns.iter().filter_map(|text| ColumnKey::parse(text)).collect();
        table_text(&frame(), &[1, 0], &columns, format, &mut Formats::default())
    }

    #[test]
    fn csv_is_no_formula_and_reads_back() {
        let text = written(TableFormat::Csv);
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
        let rows: Vec<Vec<String>> =
            reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect();
        assert_eq!(
            rows,
            [
                vec!["attributes.run_name", "metrics.rmse", "params.alpha", "tags.none"],
                vec!["say \"hi\", | <b>", "NaN", "-3", ""],
                vec!["'=1+1", "0.5", "0.10", ""],
            ]
        );
    }

    #[test]
    fn json_keeps_numbers_and_texts_apart() {
        let runs: serde_json::Value = serde_json::from_str(&written(TableFormat::Json)).unwrap();
        assert_eq!(
            runs,
            json!([
                {"attributes.run_name": "say \"hi\", | <b>", "metrics.rmse": "NaN", "params.alpha": "-3"},
                {"attributes.run_name": "=1+1", "metrics.rmse": 0.5, "params.alpha": "0.10"},
            ])
        );
    }

    #[test]
    fn hiplot_has_every_column_and_who_started_whom() {
        let runs = [
            ("a", "0.10", f64::INFINITY, None),
            ("b", "auto", f64::NAN, Some("a")),
            ("c", "3", 0.5, Some("x")),
        ];
        let frame = test_runs::frame(runs.map(|(id, alpha, rmse, parent)| {
            let tags: Vec<(&str, &str)> = parent.map(|parent| (PARENT_RUN_TAG, parent)).into_iter().collect();
            test_runs::run(id, &[("alpha", alpha)], &[("rmse", rmse)], &tags)
        }));
        let text = table_text(&frame, &[1, 0, 2], &[], TableFormat::HiPlot, &mut Formats::default());
        let runs: Vec<Map<String, serde_json::Value>> = serde_json::from_str(&text).unwrap();
        let of = |key: &str| runs.iter().map(|run| run.get(key).cloned()).collect::<Vec<_>>();
        assert_eq!(of("uid"), ["b", "a", "c"].map(|id| Some(json!(id))));
        // The parent that is not among them would make HiPlot refuse all of it.
        assert_eq!(of("from_uid"), [Some(json!("a")), None, None]);
        assert_eq!(of("metrics.rmse"), [Some(json!("NaN")), Some(json!("inf")), Some(json!(0.5))]);
        assert_eq!(of("params.alpha"), [Some(json!("auto")), Some(json!(0.1)), Some(json!(3.0))]);
        assert_eq!(of("attributes.run_name")[1], Some(json!("name-a")));
        assert_eq!(
            (of("attributes.duration")[0].clone(), of("attributes.pareto_rank")[0].clone()),
            (None, None)
        );
    }

    #[test]
    fn python_names_the_runs_unless_they_are_all() {
        let source = PythonSource {
            tracking_uri: "http://127.0.0.1:5000/\"'".to_owned(),
            experiment_ids: vec![ExperimentId("1".to_owned())],
            run_view: RunView::All,
        };
        let all = python(&frame(), &[0, 1], &source);
        assert_eq!(
            all,
            "import mlflow\nfrom mlflow.entities import ViewType\n\n\
             mlflow.set_tracking_uri(\"http://127.0.0.1:5000/\\\"'\")\n\
             runs = mlflow.search_runs(experiment_ids=[\"1\"], run_view_type=ViewType.ALL)\n"
        );
        let sorted = python(&frame(), &[1, 0], &source);
        assert!(sorted.ends_with(
            "run_ids = [\n    \"b\",\n    \"a\",\n]\nruns = runs.set_index(\"run_id\").loc[run_ids].reset_index()\n"
        ));
    }

    #[test]
    fn markdown_is_text() {
        assert_eq!(
            written(TableFormat::Markdown),
            "| name | rmse | alpha | none |\n| --- | ---: | ---: | --- |\n\
             | say \"hi\", \\| \\<b\\> | NaN | -3 | missing |\n| =1+1 | 0.5 | 0.10 | missing |\n"
        );
    }
}
