//! The kept runs in groups by the view's columns, groups within groups, with what is measured of each.

use super::cells::Formats;
use super::groups::{Grouped, groups_of};
use super::news::{GroupMeasure, GroupRow, GroupRuns, GroupsInfo, ObjectiveInfo};
use super::workspace::{Shown, named, number, objective_infos};
use crate::analysis::quantile::quantile;
use crate::entities::order::sort_by;
use crate::entities::{Attribute, ColumnKey};
use crate::frame::{ColumnFormat, RunFrame, brushed_all};
use crate::view::{Brush, Direction, Objective, better};

/// What the panel shows of the kept runs.
pub fn groups_info(frame: &RunFrame, shown: Shown<'_>, formats: &mut Formats) -> GroupsInfo {
    let Shown { kept, view, .. } = shown;
    let rows: Vec<usize> = kept.iter().collect();
    let objectives = measured(shown);
    let mut info = GroupsInfo {
        columns: view.groups.iter().map(|column| formats.title(frame, column)).collect(),
        measures: objective_infos(frame, kept, &objectives, formats),
        n_runs: rows.len(),
        ..GroupsInfo::default()
    };
    let levels: Vec<(ColumnKey, Grouped)> = view
        .groups
        .iter()
        .map(|column| {
            let n_groups = view.more.n_groups.map(usize::from);
            (column.clone(), groups_of(frame, &rows, column, n_groups, formats))
        })
        .collect();
    if levels.is_empty() {
        return info;
    }
    let measures: Vec<Measure> = info
        .measures
        .iter()
        .map(|measure| Measure {
            direction: measure.direction,
            format: formats.of(frame, &measure.column).clone(),
            values: rows.iter().map(|row| number(frame.value(&measure.column, *row))).collect(),
        })
        .collect();
    let all: Vec<usize> = (0..rows.len()).collect();
    let name = |at: usize| named(frame, rows[at]);
    split(&levels, &all, &[], &measures, &mut info, &name);
    info
}

/// The runs of one group, whatever its level.
pub fn group_runs(frame: &RunFrame, shown: Shown<'_>, brushes: &[Brush], formats: &mut Formats) -> GroupRuns {
    let rows: Vec<usize> = brushed_all(frame, brushes).and(shown.kept).iter().collect();
    let first = measured(shown).into_iter().next();
    let measures: Vec<Measure> = first
        .iter()
        .map(|objective| Measure {
            direction: objective.direction,
            format: formats.of(frame, &objective.column).clone(),
            values: rows.iter().map(|row| number(frame.value(&objective.column, *row))).collect(),
        })
        .collect();
    let all: Vec<usize> = (0..rows.len()).collect();
    let runs = best_first(&all, &measures).into_iter().take(GroupRuns::N_LISTED);
    let runs = runs.map(|at| named(frame, rows[at])).collect();
    GroupRuns { brushes: brushes.to_vec(), runs, n_runs: rows.len() }
}

/// The objectives; without, the main metric and the duration.
fn measured(shown: Shown<'_>) -> Vec<Objective> {
    if !shown.view.objectives.is_empty() {
        return shown.view.objectives.clone();
    }
    let duration = ColumnKey::Attribute(Attribute::Duration);
    let columns = shown.main_metric().cloned().into_iter().chain([duration]);
    let objective = |column: ColumnKey| Objective {
        direction: better(&column).unwrap_or_default(),
        column,
        weight: Objective::DEFAULT_WEIGHT,
    };
    columns.map(objective).collect()
}

struct Measure {
    direction: Direction,
    format: ColumnFormat,
    /// Of each kept run.
    values: Vec<Option<f64>>,
}

/// Tells the groups of these places among the kept runs by the first of the levels, and those within them by the others.
fn split(
    levels: &[(ColumnKey, Grouped)],
    places: &[usize],
    around: &[Brush],
    measures: &[Measure],
    info: &mut GroupsInfo,
    name: &dyn Fn(usize) -> super::news::NamedRun,
) {
    let Some(((column, grouped), within)) = levels.split_first() else { return };
    for (group, label) in grouped.grouping.labels.iter().enumerate() {
        let own: Vec<usize> =
            places.iter().copied().filter(|at| grouped.group_of[*at] as usize == group).collect();
        if own.is_empty() {
            continue;
        }
        if info.rows.len() >= GroupsInfo::N_TOLD {
            info.n_more += 1;
            continue;
        }
        let brush = Brush { column: column.clone(), picks: grouped.picks[group].clone() };
        let brushes: Vec<Brush> = around.iter().cloned().chain([brush]).collect();
        let runs = if within.is_empty() { best_first(&own, measures) } else { Vec::new() };
        info.rows.push(GroupRow {
            depth: around.len(),
            label: label.clone(),
            brushes: brushes.clone(),
            n_runs: own.len(),
            measures: measures.iter().map(|measure| measure.of(&own)).collect(),
            runs: runs.into_iter().take(GroupsInfo::N_NAMED).map(name).collect(),
        });
        split(within, &own, &brushes, measures, info, name);
    }
}

/// By the first measure; what has no number comes last.
fn best_first(places: &[usize], measures: &[Measure]) -> Vec<usize> {
    let mut sorted = places.to_vec();
    if let Some(first) = measures.first() {
        let cost = |at: usize| match (first.values[at].filter(|value| !value.is_nan()), first.direction) {
            (Some(value), Direction::Ascending) => value,
            (Some(value), Direction::Descending) => -value,
            (None, _) => f64::NAN,
        };
        // NaN is greater than all in this order.
        sort_by(&mut sorted, |a, b| cost(*a).total_cmp(&cost(*b)));
    }
    sorted
}

impl Measure {
    /// Of the runs in these places. Mean and deviation as `numpy.mean` and `numpy.std(ddof=1)`.
    fn of(&self, places: &[usize]) -> Option<GroupMeasure> {
        let finite = |at: &usize| self.values[*at].filter(|value| value.is_finite());
        let mut numbers: Vec<f64> = places.iter().filter_map(finite).collect();
        sort_by(&mut numbers, f64::total_cmp);
        let n = numbers.len();
        let mean = numbers.iter().sum::<f64>() / n as f64;
        let squares = numbers.iter().map(|number| (number - mean).powi(2)).sum::<f64>();
        let std = (n > 1).then(|| (squares / (n - 1) as f64).sqrt());
        let mut quartiles = [0.0; 5];
        for (at, quartile) in quartiles.iter_mut().enumerate() {
            *quartile = quantile(&numbers, at as f64 / 4.0)?;
        }
        let best = match self.direction {
            Direction::Ascending => quartiles[0],
            Direction::Descending => quartiles[4],
        };
        let texts = [
            self.format.format(mean),
            std.map_or_else(String::new, |std| self.format.format(std)),
            self.format.format(best),
        ];
        let in_unit = |number: f64| self.format.in_unit(number);
        Some(GroupMeasure {
            n,
            mean: in_unit(mean),
            std: std.map(in_unit),
            quartiles: quartiles.map(in_unit),
            texts,
        })
    }
}

impl GroupsInfo {
    /// The measure that the chart shows.
    pub fn first_measure(&self) -> Option<&ObjectiveInfo> {
        self.measures.first()
    }
}

#[cfg(test)]
mod tests {
    use super::super::defaults::columns_info;
    use super::*;
    use crate::frame::{RowSet, test_runs};
    use crate::view::View;

    #[test]
    fn groups_lie_within_groups_and_are_measured() {
        let runs = [("sgd", "2", 1.0), ("sgd", "2", 3.0), ("sgd", "4", 8.0), ("adam", "2", f64::NAN)];
        let frame = test_runs::frame(runs.iter().enumerate().map(|(n, (kind, depth, loss))| {
            test_runs::run(&format!("r{n}"), &[("kind", kind), ("depth", depth)], &[("loss", *loss)], &[])
        }));
        let column = |name: &str| ColumnKey::Param(name.to_owned());
        let view = View { groups: vec![column("kind"), column("depth")], ..View::default() };
        let (kept, columns) = (RowSet::full(4), columns_info(&frame));
        let shown = Shown { kept: &kept, brushed: &kept, view: &view, columns: &columns };
        let info = groups_info(&frame, shown, &mut Formats::default());
        let told: Vec<(usize, &str, usize)> =
            info.rows.iter().map(|row| (row.depth, row.label.as_str(), row.n_runs)).collect();
        assert_eq!(told, [(0, "adam", 1), (1, "2", 1), (0, "sgd", 3), (1, "2", 2), (1, "4", 1)]);
        assert_eq!(info.measures[0].column, ColumnKey::Metric("loss".to_owned()));
        assert_eq!(info.rows[0].measures[0], None, "no finite number");
        let sgd = info.rows[2].measures[0].as_ref().unwrap();
        assert_eq!((sgd.n, sgd.mean, sgd.quartiles), (3, 4.0, [1.0, 2.0, 3.0, 5.5, 8.0]));
        // numpy.std([1, 3, 8], ddof=1)
        assert!((sgd.std.unwrap() - 3.605_551_275_463_989).abs() < 1e-12);
        assert_eq!(info.rows[4].measures[0].as_ref().unwrap().std, None);
        let names: Vec<&str> = info.rows[3].runs.iter().map(|run| run.name.as_str()).collect();
        assert_eq!(names, ["name-r0", "name-r1"]);
        for row in &info.rows {
            assert_eq!(brushed_all(&frame, &row.brushes).len(), row.n_runs, "{}", row.label);
        }
        let sgd = group_runs(&frame, shown, &info.rows[2].brushes, &mut Formats::default());
        let names: Vec<&str> = sgd.runs.iter().map(|run| run.name.as_str()).collect();
        assert_eq!((names, sgd.n_runs), (vec!["name-r0", "name-r1", "name-r2"], 3));
    }
}
