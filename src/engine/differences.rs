//! In what the selected runs differ: the part that is looked at for the page, all of it for a report.

use super::cells::Formats;
use super::environments::{EnvironmentFile, Environments, FILES};
use super::news::{
    DifferenceCell, DifferenceKind, DifferenceRow, DifferencesInfo, DifferencesWindow, LineChange,
};
use super::paper::{PaperCell, paper_table};
use super::protocol::Cell;
use super::workspace::{change_text, named, selected_rows};
use crate::analysis::differences::{changed_lines, differ, difference, line_changes};
use crate::entities::order::sort_by;
use crate::entities::{Attribute, ColumnKey};
use crate::frame::{RunFrame, Value};
use crate::view::{Lane, View, better};
use std::ops::Range;

/// The tag that holds a run's name (MLflow since 1.30; the attribute says the same).
const RUN_NAME_TAG: &str = "mlflow.runName";

const MODEL_SIZE: ColumnKey = ColumnKey::Attribute(Attribute::ModelSize);

/// Something in which the runs differ.
enum Subject {
    Column(ColumnKey),
    /// A file of the environment, by its place.
    File(usize),
}

/// In what the selected runs differ; the first is the baseline. Of many runs and columns those that begin at `window` are
/// told, or all where it is none.
pub fn differences_info(
    frame: &RunFrame,
    environments: &Environments,
    view: &View,
    window: Option<DifferencesWindow>,
    formats: &mut Formats,
) -> DifferencesInfo {
    let (rows, missing) = selected_rows(frame, &view.selected);
    let tolerance = view.differences.tolerance_percent / 100.0;
    let mut n_equal = 0;
    let mut subjects: Vec<(DifferenceKind, Subject)> = Vec::new();
    for column in frame.columns() {
        // The headers say which runs they are, and a rank is no property of a run.
        let is_header = match &column {
            ColumnKey::Attribute(attribute) => {
                attribute.is_standing() || matches!(attribute, Attribute::RunId | Attribute::RunName)
            }
            ColumnKey::Tag(tag) => tag == RUN_NAME_TAG,
            _ => false,
        };
        if is_header {
            continue;
        }
        let values: Vec<Value<'_>> = rows.iter().map(|row| frame.value(&column, *row)).collect();
        if differ(&values, tolerance) {
            subjects.push((kind_of(&column), Subject::Column(column)));
        } else {
            n_equal += usize::from(values.iter().any(|value| *value != Value::Missing));
        }
    }
    let mut n_files = (0, 0);
    if view.differences.has_environments {
        for file in 0..FILES.len() {
            let files: Vec<Option<&EnvironmentFile>> =
                rows.iter().map(|row| file_of(frame, environments, *row, file)).collect();
            n_files.0 += files.iter().flatten().count();
            n_files.1 += files.len();
            let is_known = |file: &&Option<&EnvironmentFile>| {
                matches!(file, Some(EnvironmentFile::Text(_) | EnvironmentFile::Missing))
            };
            if files.iter().any(|other| *other != files[0]) || !files.iter().all(|file| is_known(&file)) {
                subjects.push((DifferenceKind::Environment, Subject::File(file)));
            } else {
                n_equal += usize::from(matches!(files.first(), Some(Some(EnvironmentFile::Text(_)))));
            }
        }
    }
    // What somebody derived, what was measured, what was chosen, then the rest, each in the columns' own order.
    sort_by(&mut subjects, |a, b| a.0.cmp(&b.0));
    let n_rows = subjects.len();
    let (row_range, run_range) = match window {
        Some(window) => (
            part(window.first_row, DifferencesInfo::N_ROWS, n_rows),
            part(window.first_run, DifferencesInfo::N_RUNS, rows.len().saturating_sub(1)),
        ),
        None => (0..n_rows, 0..rows.len().saturating_sub(1)),
    };
    let window = DifferencesWindow { first_row: row_range.start, first_run: run_range.start };
    // The baseline, and those in the window beside it.
    let shown: Vec<usize> = match rows.split_first() {
        Some((baseline, others)) => std::iter::once(baseline).chain(&others[run_range]).copied().collect(),
        None => Vec::new(),
    };
    let told = subjects.drain(row_range).map(|(kind, subject)| {
        let (title, cells) = match subject {
            Subject::Column(column) => {
                (formats.title(frame, &column), column_cells(frame, &column, &shown, tolerance, formats))
            }
            Subject::File(file) => (FILES[file].to_owned(), file_cells(frame, environments, file, &shown)),
        };
        DifferenceRow { kind, title, cells }
    });
    let told = told.collect();
    DifferencesInfo {
        n_runs: rows.len(),
        n_rows,
        n_equal,
        missing,
        window,
        runs: shown.iter().map(|row| named(frame, *row)).collect(),
        rows: told,
        n_files: view.differences.has_environments.then_some(n_files),
    }
}

/// The part of `n_all` things that holds the one at `first`, where they are told `n_told` at a time.
fn part(first: usize, n_told: usize, n_all: usize) -> Range<usize> {
    let start = first.min(n_all.saturating_sub(1)) / n_told * n_told;
    start..(start + n_told).min(n_all)
}

fn kind_of(column: &ColumnKey) -> DifferenceKind {
    match column {
        ColumnKey::Derived(_) => DifferenceKind::Derived,
        ColumnKey::Metric(_) => DifferenceKind::Metric,
        ColumnKey::Param(_) => DifferenceKind::Param,
        ColumnKey::Attribute(_) => DifferenceKind::Attribute,
        ColumnKey::Tag(_) => DifferenceKind::Tag,
    }
}

/// What the runs have in a column; `rows` begins with the baseline's.
fn column_cells(
    frame: &RunFrame,
    column: &ColumnKey,
    rows: &[usize],
    tolerance: f64,
    formats: &mut Formats,
) -> Vec<DifferenceCell> {
    let better = better(column);
    let is_date = matches!(column, ColumnKey::Attribute(Attribute::StartTime | Attribute::EndTime));
    let baseline = rows.first().map_or(Value::Missing, |row| frame.value(column, *row));
    let text_of = |row: usize| frame.text(column, row).unwrap_or_default();
    let cells = rows.iter().enumerate().map(|(place, &row)| {
        if *column == MODEL_SIZE && frame.awaits_model_size(row) {
            return DifferenceCell::default();
        }
        let value = frame.value(column, row);
        let change = if place == 0 || is_date { None } else { difference(baseline, value, better) };
        // What the tolerance makes equal has not changed.
        let change = change.filter(|_| differ(&[baseline, value], tolerance));
        let format = formats.of(frame, column);
        let lines = if place > 0 && matches!((baseline, value), (Value::Text(_), Value::Text(_))) {
            line_changes(&text_of(rows[0]), &text_of(row))
        } else {
            Vec::new()
        };
        DifferenceCell {
            lines,
            change: change.map(|change| change_text(format.in_unit(change.absolute), change.relative)),
            is_better: change.and_then(|change| change.is_better),
            cell: Some(formats.cell(frame, column, row)),
        }
    });
    cells.collect()
}

/// A run's file: one without a model has none.
fn file_of<'a>(
    frame: &RunFrame,
    environments: &'a Environments,
    row: usize,
    file: usize,
) -> Option<&'a EnvironmentFile> {
    if frame.models(row).is_empty() {
        return Some(&EnvironmentFile::Missing);
    }
    environments.file(frame.run_id(row), file)
}

/// What the runs' models say in a file, told by the lines in which they differ from the baseline's.
fn file_cells(
    frame: &RunFrame,
    environments: &Environments,
    file: usize,
    rows: &[usize],
) -> Vec<DifferenceCell> {
    let text_of = |row: usize| match file_of(frame, environments, row, file) {
        Some(EnvironmentFile::Text(text)) => Some(text.as_str()),
        _ => None,
    };
    let baseline = rows.first().and_then(|row| text_of(*row));
    let cells = rows.iter().enumerate().map(|(place, &row)| {
        let lines = match (baseline, text_of(row)) {
            (Some(baseline), Some(text)) if place > 0 => changed_lines(baseline, text),
            _ => Vec::new(),
        };
        let cell = file_of(frame, environments, row, file).map(|read| match read {
            EnvironmentFile::Text(text) => {
                let n_lines = match text.lines().count() {
                    1 => "1 line".to_owned(),
                    n => format!("{n} lines"),
                };
                let of_first = match frame.models(row).len() {
                    0 | 1 => String::new(),
                    n => format!(", of the first of {n} models"),
                };
                let is_equal = place > 0 && baseline == Some(text);
                let equal = if is_equal { ", as in the baseline" } else { "" };
                Cell::Shown(format!("{n_lines}{of_first}{equal}"))
            }
            EnvironmentFile::Missing => Cell::Special(Lane::Missing),
            EnvironmentFile::Failed(why) => Cell::Shown(format!("could not be read: {why}")),
        });
        DifferenceCell { cell, lines, ..DifferenceCell::default() }
    });
    cells.collect()
}

/// All differences as a `<table>`, for a report.
pub fn differences_html(
    frame: &RunFrame,
    environments: &Environments,
    view: &View,
    formats: &mut Formats,
) -> String {
    let info = differences_info(frame, environments, view, None, formats);
    let heads = info.runs.iter().enumerate().map(|(place, run)| {
        let baseline = (place == 0).then(|| "baseline".to_owned());
        PaperCell {
            lines: std::iter::once(run.name.clone()).chain(baseline).collect(),
            ..PaperCell::head(String::new())
        }
    });
    let mut table: Vec<Vec<PaperCell>> =
        vec![std::iter::once(PaperCell::head("Column".to_owned())).chain(heads).collect()];
    let mut last_kind = None;
    for row in &info.rows {
        if last_kind.replace(row.kind) != Some(row.kind) {
            let n_columns = info.runs.len() + 1;
            table.push(vec![PaperCell { n_columns, ..PaperCell::head(row.kind.title().to_owned()) }]);
        }
        let cells = row.cells.iter().map(|cell| PaperCell::of(cell.texts()));
        table.push(std::iter::once(PaperCell::head(row.title.clone())).chain(cells).collect());
    }
    paper_table(&table)
}

impl DifferenceCell {
    /// What it says, line by line.
    fn texts(&self) -> Vec<String> {
        let value = match &self.cell {
            None => DifferenceCell::UNREAD.to_owned(),
            Some(Cell::Shown(text) | Cell::Rounded { text, .. }) => text.clone(),
            Some(Cell::Special(lane)) => lane.label().to_owned(),
        };
        let verdict = match self.is_better {
            Some(true) => " better",
            Some(false) => " worse",
            None => "",
        };
        let change = self.change.iter().map(|change| format!("{change}{verdict}"));
        let lines = self.lines.iter().map(|line| match line {
            LineChange::Removed(text) => format!("− {text}"),
            LineChange::Added(text) => format!("+ {text}"),
        });
        std::iter::once(value).chain(change).chain(lines).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::environments::EnvironmentAsk;
    use crate::engine::sizes::ModelOfRun;
    use crate::entities::{LoggedModelRef, RunId};
    use crate::frame::test_runs;

    fn info(frame: &RunFrame, view: &View) -> DifferencesInfo {
        differences_info(
            frame,
            &Environments::default(),
            view,
            Some(DifferencesWindow::default()),
            &mut Formats::default(),
        )
    }

    fn ids<const N: usize>(ids: [&str; N]) -> Vec<RunId> {
        ids.map(|id| RunId(id.to_owned())).to_vec()
    }

    #[test]
    fn differences_have_a_baseline() {
        let runs = [("a", 6.0, 10.0), ("b", 5.0, 20.0)];
        let frame = test_runs::frame(runs.map(|(id, rmse, size)| {
            let depth = if id == "a" { "3" } else { "4" };
            test_runs::run(id, &[("depth", depth)], &[("rmse", rmse), ("n_trees", size)], &[])
        }));
        let mut view = View { selected: ids(["a", "b", "x"]), ..View::default() };
        let found = info(&frame, &view);
        assert_eq!((found.n_runs, found.n_rows, &found.missing), (2, 3, &ids(["x"])));
        let rows: Vec<(DifferenceKind, &str, Option<&str>, Option<bool>)> = found
            .rows
            .iter()
            .map(|row| (row.kind, row.title.as_str(), row.cells[1].change.as_deref(), row.cells[1].is_better))
            .collect();
        assert_eq!(
            rows,
            [
                (DifferenceKind::Metric, "n_trees", Some("+10 (+100 %)"), None),
                (DifferenceKind::Metric, "rmse", Some("−1 (−17 %)"), Some(true)),
                (DifferenceKind::Param, "depth", Some("+1 (+33 %)"), None),
            ]
        );
        view.differences.tolerance_percent = 20.0;
        assert_eq!(info(&frame, &view).n_rows, 2, "5 and 6 are within a fifth of the larger");
        view.selected.truncate(1);
        assert_eq!(info(&frame, &view).n_rows, 0);
    }

    #[test]
    fn of_many_runs_and_columns_a_part_is_told_and_a_report_has_all() {
        let names: Vec<String> = (0..230).map(|n| format!("m{n:03}")).collect();
        let frame = test_runs::frame((0..200).map(|n| {
            let metrics: Vec<(&str, f64)> = names
                .iter()
                .enumerate()
                .map(|(at, name)| (name.as_str(), f64::from(n) + at as f64))
                .collect();
            test_runs::run(&format!("r{n:03}"), &[], &metrics, &[])
        }));
        let selected = (0..200).map(|n| RunId(format!("r{n:03}"))).collect();
        let view = View { selected, ..View::default() };
        let at = |first_row, first_run| {
            let window = Some(DifferencesWindow { first_row, first_run });
            differences_info(&frame, &Environments::default(), &view, window, &mut Formats::default())
        };
        let first = at(0, 0);
        assert_eq!((first.n_runs, first.n_rows), (200, 230));
        assert_eq!(
            (first.runs.len(), first.rows.len()),
            (DifferencesInfo::N_RUNS + 1, DifferencesInfo::N_ROWS)
        );
        assert!(first.rows.iter().all(|row| row.cells.len() == first.runs.len()));
        // Beyond the end is the end, and the baseline stays beside it.
        let last = at(1000, 1000);
        assert_eq!(last.window, DifferencesWindow { first_row: 200, first_run: 192 });
        let names: Vec<&str> = last.runs.iter().map(|run| run.run_id.0.as_str()).collect();
        assert_eq!((names[0], names[1], names.len()), ("r000", "r193", 8));
        assert_eq!(last.rows[29].title, "m229");
        assert_eq!(last.rows[29].cells[7].cell, Some(Cell::Shown("428".to_owned())));
        let html = differences_html(&frame, &Environments::default(), &view, &mut Formats::default());
        assert_eq!(html.matches("<td").count(), 200 * 230);
    }

    #[test]
    fn a_size_that_nobody_has_read_is_not_missing() {
        let mut frame = test_runs::frame(["a", "b", "c"].map(|id| {
            let mut run = test_runs::run(id, &[], &[], &[]);
            if id != "c" {
                run.models = vec![LoggedModelRef::ArtifactPath("model".to_owned())];
            }
            run
        }));
        let view = View { selected: ids(["a", "b", "c"]), ..View::default() };
        frame.set_model_size(0, Some(1000));
        let cells = |frame: &RunFrame| -> Vec<Option<Cell>> {
            info(frame, &view).rows[0].cells.iter().map(|cell| cell.cell.clone()).collect()
        };
        assert_eq!(cells(&frame)[1..], [None, Some(Cell::Special(Lane::Missing))]);
        frame.set_model_size(1, None);
        assert_eq!(
            cells(&frame)[1..],
            [Some(Cell::Special(Lane::Missing)), Some(Cell::Special(Lane::Missing))]
        );
    }

    #[test]
    fn environments_are_compared_line_by_line() {
        let frame = test_runs::frame(["a", "b", "c", "d"].map(|id| {
            let mut run = test_runs::run(id, &[], &[], &[]);
            if id != "d" {
                run.models = vec![LoggedModelRef::ArtifactPath("model".to_owned())];
            }
            run
        }));
        let mut environments = Environments::default();
        let mut arrived = |id: &str, file: usize, read: EnvironmentFile| {
            let model = LoggedModelRef::ArtifactPath("model".to_owned());
            let of = ModelOfRun { run_id: RunId(id.to_owned()), model };
            environments.arrived(EnvironmentAsk { of, file }, read);
        };
        for id in ["a", "b"] {
            let numpy = if id == "a" { "1.26" } else { "2.1" };
            arrived(id, 0, EnvironmentFile::Text(format!("mlflow==3\nnumpy=={numpy}\n")));
            arrived(id, 1, EnvironmentFile::Text("same".to_owned()));
            arrived(id, 2, EnvironmentFile::Missing);
        }
        let mut view = View { selected: ids(["a", "b"]), ..View::default() };
        let told = |view: &View| {
            differences_info(
                &frame,
                &environments,
                view,
                Some(DifferencesWindow::default()),
                &mut Formats::default(),
            )
        };
        assert_eq!((told(&view).n_rows, told(&view).n_files), (0, None), "nobody asked");
        view.differences.has_environments = true;
        let found = told(&view);
        assert_eq!(found.n_files, Some((6, 6)));
        let row = &found.rows[0];
        assert_eq!((found.n_rows, row.title.as_str()), (1, "requirements.txt"));
        assert_eq!(
            row.cells[1].lines,
            [LineChange::Removed("numpy==1.26".to_owned()), LineChange::Added("numpy==2.1".to_owned())]
        );
        // One that has not been read yet is told as such, and one without a model has none.
        view.selected = ids(["a", "c", "d"]);
        let found = told(&view);
        assert_eq!((found.n_rows, found.n_files), (3, Some((6, 9))));
        assert_eq!(found.rows[0].cells[1].cell, None);
        assert_eq!(found.rows[0].cells[2].cell, Some(Cell::Special(Lane::Missing)));
    }
}
