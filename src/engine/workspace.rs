//! What the panels below the plot show: the Pareto front of the kept runs, and differences between selected ones.

use super::cells::Formats;
use super::news::{
    DifferenceCell, DifferenceRow, DifferencesInfo, FrontRun, NamedRun, ObjectiveInfo, ParetoInfo,
};
use crate::analysis::differences::{differ, difference};
use crate::analysis::pareto;
use crate::entities::order::sort_by;
use crate::entities::{Attribute, ColumnKey, RunId};
use crate::frame::{RowSet, RunFrame, Value, display_number};
use crate::view::{Direction, Objective, better};

/// A run with the name to call it by.
pub fn named(frame: &RunFrame, row: usize) -> NamedRun {
    let (run_id, name) = (frame.run_id(row).clone(), frame.name(row));
    let name = if name.is_empty() { run_id.to_string() } else { name.to_owned() };
    NamedRun { run_id, name }
}

/// The rows of the selected runs, and those selected ones that are not loaded.
pub fn selected_rows(frame: &RunFrame, selected: &[RunId]) -> (Vec<usize>, Vec<RunId>) {
    let rows = selected.iter().filter_map(|run_id| frame.row_of(run_id)).collect();
    (rows, selected.iter().filter(|run_id| frame.row_of(run_id).is_none()).cloned().collect())
}

/// A value as a cost, where less is better: NaN where it is no number.
fn cost(value: Value<'_>, direction: Direction) -> f64 {
    let number = match value {
        Value::Number(number) => number,
        Value::PosInf => f64::INFINITY,
        Value::NegInf => f64::NEG_INFINITY,
        Value::Nan | Value::Missing | Value::Empty | Value::Text(_) => f64::NAN,
    };
    match direction {
        Direction::Ascending => number,
        Direction::Descending => -number,
    }
}

/// The rank of every row of the frame among these rows; none for other rows, and for those without a number in an
/// objective.
pub fn ranks(frame: &RunFrame, rows: &RowSet, objectives: &[Objective]) -> Vec<Option<u32>> {
    let mut ranks = vec![None; frame.n_rows()];
    if objectives.is_empty() {
        return ranks;
    }
    let rows: Vec<usize> = rows.iter().collect();
    let columns: Vec<Vec<Value<'_>>> =
        objectives.iter().map(|objective| frame.values(&objective.column)).collect();
    let costs: Vec<Vec<f64>> = rows
        .iter()
        .map(|&row| {
            let values = columns.iter().zip(objectives);
            values.map(|(column, objective)| cost(column[row], objective.direction)).collect()
        })
        .collect();
    for (row, rank) in rows.into_iter().zip(pareto::ranks(&costs)) {
        ranks[row] = rank;
    }
    ranks
}

/// The front of the kept runs.
pub fn pareto_info(
    frame: &RunFrame,
    kept: &RowSet,
    objectives: &[Objective],
    formats: &mut Formats,
) -> ParetoInfo {
    let rank_of = |row: usize| match frame.value(&ColumnKey::Attribute(Attribute::ParetoRank), row) {
        Value::Number(rank) => Some(rank),
        _ => None,
    };
    let infos: Vec<ObjectiveInfo> = objectives
        .iter()
        .map(|Objective { column, direction }| ObjectiveInfo {
            title: formats.title(frame, column),
            column: column.clone(),
            direction: *direction,
            n_without: kept.iter().filter(|row| cost(frame.value(column, *row), *direction).is_nan()).count(),
        })
        .collect();
    // A chart has two directions; one objective alone stands over itself.
    let of_chart = [objectives.first(), objectives.get(1).or(objectives.first())];
    let mut point = |row: usize| {
        let mut place = [0.0; 2];
        for (place, objective) in place.iter_mut().zip(of_chart) {
            match frame.value(&objective?.column, row) {
                Value::Number(number) => *place = formats.of(frame, &objective?.column).in_unit(number),
                _ => return None,
            }
        }
        Some((place[0], place[1]))
    };
    let (mut front, mut others, mut n_ranked) = (Vec::new(), Vec::new(), 0);
    for row in kept.iter() {
        let Some(rank) = rank_of(row) else { continue };
        n_ranked += 1;
        if rank == 1.0 {
            front.push(row);
        } else if let Some(point) = point(row) {
            others.push(point);
        }
    }
    if let Some(first) = objectives.first() {
        let cost_of = |row: &usize| cost(frame.value(&first.column, *row), first.direction);
        sort_by(&mut front, |a, b| cost_of(a).total_cmp(&cost_of(b)));
    }
    let n_front = front.len();
    front.truncate(ParetoInfo::N_FRONT);
    let points: Vec<Option<(f64, f64)>> = front.iter().map(|row| point(*row)).collect();
    let front = front.into_iter().zip(points).map(|(row, point)| FrontRun {
        run: named(frame, row),
        cells: objectives.iter().map(|objective| formats.cell(frame, &objective.column, row)).collect(),
        point,
    });
    let front = front.collect();
    ParetoInfo { objectives: infos, n_runs: kept.len(), n_ranked, n_front, front, others }
}

/// In what the selected runs differ; the first is the baseline.
pub fn differences_info(frame: &RunFrame, selected: &[RunId], formats: &mut Formats) -> DifferencesInfo {
    let (rows, missing) = selected_rows(frame, selected);
    let mut info = DifferencesInfo {
        runs: rows.iter().map(|row| named(frame, *row)).collect(),
        missing,
        ..DifferencesInfo::default()
    };
    for column in frame.columns() {
        // The headers say which runs they are, and a rank is no property of a run.
        let is_header = matches!(
            column,
            ColumnKey::Attribute(Attribute::RunId | Attribute::RunName | Attribute::ParetoRank)
        );
        if is_header {
            continue;
        }
        let values: Vec<Value<'_>> = rows.iter().map(|row| frame.value(&column, *row)).collect();
        if !differ(&values, 0.0) {
            info.n_equal += usize::from(values.iter().any(|value| *value != Value::Missing));
            continue;
        }
        let better = better(&column);
        let title = formats.title(frame, &column);
        let cells = rows.iter().zip(&values).enumerate().map(|(place, (row, value))| {
            let is_date = matches!(column, ColumnKey::Attribute(Attribute::StartTime | Attribute::EndTime));
            let change = if place == 0 || is_date { None } else { difference(values[0], *value, better) };
            let change = change.filter(|change| change.absolute != 0.0);
            let format = formats.of(frame, &column);
            DifferenceCell {
                change: change.map(|change| change_text(format.in_unit(change.absolute), change.relative)),
                is_better: change.and_then(|change| change.is_better),
                cell: formats.cell(frame, &column, *row),
            }
        });
        let cells = cells.collect();
        info.rows.push(DifferenceRow { column, title, cells });
    }
    // What was measured first, then what was chosen, then the rest, each in the columns' own order.
    let group = |row: &DifferenceRow| match row.column {
        ColumnKey::Metric(_) => 0,
        ColumnKey::Param(_) => 1,
        ColumnKey::Attribute(_) => 2,
        ColumnKey::Tag(_) => 3,
    };
    sort_by(&mut info.rows, |a, b| group(a).cmp(&group(b)));
    info
}

/// `−0.12 (−1.9 %)`.
fn change_text(absolute: f64, relative: Option<f64>) -> String {
    let signed = |number: f64, digits: usize| {
        let text = if number.abs() < 1e-4 || number.abs() >= 1e8 {
            format!("{:.*e}", digits, number.abs())
        } else {
            let decimals = (digits as f64 - number.abs().log10().floor()).clamp(0.0, 8.0) as usize;
            let text = format!("{:.*}", decimals, number.abs());
            text.parse().map_or(text, display_number)
        };
        format!("{}{text}", if number < 0.0 { '−' } else { '+' })
    };
    match relative {
        Some(relative) => format!("{} ({} %)", signed(absolute, 2), signed(relative * 100.0, 1)),
        None => signed(absolute, 2),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::test_runs;

    fn frame() -> RunFrame {
        let runs =
            [("a", 6.0, 10.0), ("b", 5.0, 20.0), ("c", 7.0, 30.0), ("d", f64::NAN, 1.0), ("e", 5.0, 20.0)];
        test_runs::frame(runs.map(|(id, rmse, size)| {
            let depth = if id == "a" { "3" } else { "4" };
            test_runs::run(id, &[("depth", depth)], &[("rmse", rmse), ("n_trees", size)], &[])
        }))
    }

    fn objectives() -> Vec<Objective> {
        let objective =
            |key: &str, direction| Objective { column: ColumnKey::Metric(key.to_owned()), direction };
        vec![objective("rmse", Direction::Ascending), objective("n_trees", Direction::Ascending)]
    }

    #[test]
    fn the_front_is_told_with_who_is_left_out() {
        let mut frame = frame();
        let kept = RowSet::full(frame.n_rows());
        let found = ranks(&frame, &kept, &objectives());
        assert_eq!(found, [Some(1), Some(1), Some(2), None, Some(1)]);
        frame.set_pareto_ranks(&found);
        let info = pareto_info(&frame, &kept, &objectives(), &mut Formats::default());
        assert_eq!((info.n_runs, info.n_ranked, info.n_front), (5, 4, 3));
        assert_eq!(info.objectives.iter().map(|objective| objective.n_without).collect::<Vec<_>>(), [1, 0]);
        let names: Vec<&str> = info.front.iter().map(|run| run.run.name.as_str()).collect();
        assert_eq!(names, ["name-b", "name-e", "name-a"]);
        assert_eq!(info.others, [(7.0, 30.0)]);
        // More is better: the other end of the same axis.
        let mut more = objectives();
        more[1].direction = Direction::Descending;
        assert_eq!(ranks(&frame, &kept, &more)[2], Some(1));
        assert_eq!(ranks(&frame, &kept, &[]), [None; 5]);
    }

    #[test]
    fn differences_have_a_baseline() {
        let frame = frame();
        let ids = ["a", "b", "x"].map(|id| RunId(id.to_owned()));
        let info = differences_info(&frame, &ids, &mut Formats::default());
        assert_eq!(info.missing, [RunId("x".to_owned())]);
        let rows: Vec<(String, Option<String>, Option<bool>)> = info
            .rows
            .iter()
            .map(|row| (row.column.to_string(), row.cells[1].change.clone(), row.cells[1].is_better))
            .collect();
        assert_eq!(
            rows,
            [
                ("metrics.n_trees".to_owned(), Some("+10 (+100 %)".to_owned()), None),
                ("metrics.rmse".to_owned(), Some("−1 (−17 %)".to_owned()), Some(true)),
                ("params.depth".to_owned(), Some("+1 (+33 %)".to_owned()), None),
            ]
        );
        assert!(differences_info(&frame, &ids[..1], &mut Formats::default()).rows.is_empty());
    }

    #[test]
    fn changes_are_short() {
        assert_eq!(change_text(-0.123456, Some(-0.0194)), "−0.123 (−1.9 %)");
        assert_eq!(change_text(1234.5, None), "+1234");
        assert_eq!(change_text(2.5e-7, Some(1e-9)), "+2.50e-7 (+1.0e-7 %)");
    }
}
