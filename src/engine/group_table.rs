//! The kept runs in groups by the view's columns, groups within groups, with what is measured of each.

use super::cells::Formats;
use super::groups::{Grouped, groups_of};
use super::news::{ChartedGroup, GroupCell, GroupRow, GroupRun, GroupSpread, GroupsInfo, GroupsRow};
use super::workspace::{Shown, named, number, objective_infos};
use crate::analysis::quantile::quantile;
use crate::entities::order::sort_by;
use crate::entities::{Attribute, ColumnKey};
use crate::frame::{ColumnFormat, RunFrame};
use crate::view::{BandSpread, Brush, Direction, GroupCentre, GroupsView, Objective, better, group_id};
use std::collections::{BTreeMap, BTreeSet};

/// What the panel shows of the kept runs, its table from this row on; from its last part on, where it has fewer.
pub fn groups_info(
    frame: &RunFrame,
    shown: Shown<'_>,
    first_row: usize,
    formats: &mut Formats,
) -> GroupsInfo {
    let Shown { kept, view, .. } = shown;
    let rows: Vec<usize> = kept.iter().collect();
    let (objectives, charted_measure) = measured(shown);
    let mut info = GroupsInfo {
        columns: view.groups.iter().map(|column| formats.title(frame, column)).collect(),
        measures: objective_infos(frame, kept, &objectives, formats),
        charted_measure,
        centre: view.group_view.centre,
        spread: view.group_view.spread,
        n_runs: rows.len(),
        ..GroupsInfo::default()
    };
    let n_groups = view.more.n_groups.map(usize::from);
    let levels: Vec<(ColumnKey, Grouped)> = view
        .groups
        .iter()
        .map(|column| (column.clone(), groups_of(frame, &rows, column, n_groups, formats)))
        .collect();
    if levels.is_empty() {
        return info;
    }
    info.n_groups = n_innermost(&levels, rows.len());
    let measures: Vec<Measure> = info
        .measures
        .iter()
        .map(|measure| Measure {
            direction: measure.direction,
            format: formats.of(frame, &measure.column).clone(),
            values: rows.iter().map(|row| number(frame.value(&measure.column, *row))).collect(),
        })
        .collect();
    let mut walk = Walk {
        frame,
        rows: &rows,
        levels: &levels,
        measures: &measures,
        view: &view.group_view,
        formats,
        info,
    };
    walk.info.first_row = first_row;
    walk.all();
    if walk.info.rows.is_empty() && first_row > 0 {
        walk.info.first_row = walk.info.n_rows.saturating_sub(1) / GroupsInfo::N_ROWS * GroupsInfo::N_ROWS;
        walk.all();
    }
    walk.info
}

/// The objectives; without, the main metric and the duration. What the charts are about is among them, here.
fn measured(shown: Shown<'_>) -> (Vec<Objective>, usize) {
    let objective = |column: ColumnKey| Objective {
        direction: better(&column).unwrap_or_default(),
        column,
        weight: Objective::DEFAULT_WEIGHT,
    };
    let mut all = shown.view.objectives.clone();
    if all.is_empty() {
        let duration = ColumnKey::Attribute(Attribute::Duration);
        all = shown.main_metric().cloned().into_iter().chain([duration]).map(objective).collect();
    }
    let Some(charted) = &shown.view.group_view.measure else { return (all, 0) };
    let place = all.iter().position(|objective| objective.column == *charted).unwrap_or(all.len());
    if place == all.len() {
        all.push(objective(charted.clone()));
    }
    (all, place)
}

/// How many groups there are by all of the levels at once.
fn n_innermost(levels: &[(ColumnKey, Grouped)], n_runs: usize) -> usize {
    let mut group_of = vec![0; n_runs];
    let mut n_groups = 0;
    for (_, grouped) in levels {
        let mut seen: BTreeMap<(usize, u32), usize> = BTreeMap::new();
        for (at, own) in group_of.iter_mut().zip(&grouped.group_of) {
            let next = seen.len();
            *at = *seen.entry((*at, *own)).or_insert(next);
        }
        n_groups = seen.len();
    }
    n_groups
}

struct Measure {
    direction: Direction,
    format: ColumnFormat,
    /// Of each kept run.
    values: Vec<Option<f64>>,
}

/// The way through the groups as they are open, which tells what lies in the part of the table that is looked at.
struct Walk<'a> {
    frame: &'a RunFrame,
    /// The kept runs; groups are of places among them.
    rows: &'a [usize],
    levels: &'a [(ColumnKey, Grouped)],
    measures: &'a [Measure],
    view: &'a GroupsView,
    formats: &'a mut Formats,
    info: GroupsInfo,
}

impl Walk<'_> {
    fn all(&mut self) {
        let info = &mut self.info;
        (info.n_rows, info.n_charted) = (0, 0);
        info.rows.clear();
        info.charted.clear();
        let all: Vec<usize> = (0..self.rows.len()).collect();
        self.split(&all, None, &mut Vec::new());
    }

    /// Tells the groups of these places by the next of the levels. `path` says which groups lie around, level by level.
    fn split(&mut self, places: &[usize], around: Option<u32>, path: &mut Vec<usize>) {
        let depth = path.len();
        let Some((_, grouped)) = self.levels.get(depth) else { return };
        let is_innermost = depth + 1 == self.levels.len();
        let mut own: Vec<Vec<usize>> = vec![Vec::new(); grouped.grouping.labels.len()];
        for at in places {
            own[grouped.group_of[*at] as usize].push(*at);
        }
        let mut siblings = BTreeSet::new();
        for (group, places) in own.iter().enumerate().filter(|(_, places)| !places.is_empty()) {
            let label = &grouped.grouping.labels[group];
            let mut id = group_id(around, label);
            // A text may be called like another group, such as `missing`.
            while !siblings.insert(id) {
                id = group_id(Some(id), label);
            }
            let is_open = self.view.is_open(id, is_innermost);
            path.push(group);
            if self.is_told(self.info.n_rows) {
                let row = self.row(id, places, path);
                self.info.rows.push(GroupsRow::Group(row));
            }
            self.info.n_rows += 1;
            if is_innermost || !is_open {
                self.chart(places, path);
            }
            if is_innermost && is_open {
                self.list(id, places, depth + 1);
            } else if is_open {
                self.split(places, Some(id), path);
            }
            path.pop();
        }
    }

    fn is_told(&self, place: usize) -> bool {
        (self.info.first_row..self.info.first_row + GroupsInfo::N_ROWS).contains(&place)
    }

    fn labels(&self, path: &[usize]) -> Vec<String> {
        let levels = self.levels.iter().zip(path);
        levels.map(|((_, grouped), group)| grouped.grouping.labels[*group].clone()).collect()
    }

    fn row(&self, id: u32, places: &[usize], path: &[usize]) -> GroupRow {
        let mut around = self.labels(path);
        let brush = |((column, grouped), group): (&(ColumnKey, Grouped), &usize)| Brush {
            column: column.clone(),
            picks: grouped.picks[*group].clone(),
        };
        GroupRow {
            id,
            depth: path.len() - 1,
            is_innermost: path.len() == self.levels.len(),
            label: around.pop().unwrap_or_default(),
            around,
            brushes: self.levels.iter().zip(path).map(brush).collect(),
            n_runs: places.len(),
            cells: self.measures.iter().map(|measure| measure.cell(places, self.view)).collect(),
        }
    }

    fn chart(&mut self, places: &[usize], path: &[usize]) {
        self.info.n_charted += 1;
        if self.info.n_charted <= GroupsInfo::N_CHARTED
            && let Some(measure) = self.measures.get(self.info.charted_measure)
        {
            let in_unit = |number: f64| measure.format.in_unit(number);
            let spread = measure.spread(places).map(|spread| GroupSpread {
                mean: in_unit(spread.mean),
                std: spread.std.map(in_unit),
                quartiles: spread.quartiles.map(in_unit),
                ..spread
            });
            let name = self.labels(path).join(" · ");
            self.info.charted.push(ChartedGroup { name, n_runs: places.len(), spread });
        }
    }

    /// The runs of a group that is open to them.
    fn list(&mut self, group: u32, places: &[usize], depth: usize) {
        let first = self.info.n_rows;
        self.info.n_rows += places.len();
        if first >= self.info.first_row + GroupsInfo::N_ROWS || self.info.n_rows <= self.info.first_row {
            return;
        }
        for (place, at) in best_first(places, self.measures).into_iter().enumerate() {
            if self.is_told(first + place) {
                let row = self.rows[at];
                let columns = self.info.measures.iter().map(|measure| &measure.column);
                let cells = columns.map(|column| self.formats.cell(self.frame, column, row)).collect();
                let run = GroupRun { group, depth, run: named(self.frame, row), cells };
                self.info.rows.push(GroupsRow::Run(run));
            }
        }
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
    fn spread(&self, places: &[usize]) -> Option<GroupSpread> {
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
        Some(GroupSpread { n, mean, std, quartiles })
    }

    fn cell(&self, places: &[usize], view: &GroupsView) -> Option<GroupCell> {
        let spread = self.spread(places)?;
        let text = |number: f64| self.format.format_between(number);
        let beside = match view.spread {
            BandSpread::StandardDeviation if view.centre == GroupCentre::Mean => {
                spread.std.map(|std| format!(" ± {}", text(std)))
            }
            BandSpread::StandardDeviation => spread.std.map(|std| format!(" ({})", text(std))),
            other => spread.ends(other).map(|(low, high)| format!(" ({} to {})", text(low), text(high))),
        };
        let best = match self.direction {
            Direction::Ascending => GroupCentre::Minimum,
            Direction::Descending => GroupCentre::Maximum,
        };
        Some(GroupCell {
            n: spread.n,
            centre: text(spread.centre(view.centre)) + &beside.unwrap_or_default(),
            best: text(spread.centre(best)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::defaults::columns_info;
    use super::super::protocol::Cell;
    use super::*;
    use crate::frame::{RowSet, brushed_all, test_runs};
    use crate::view::View;

    fn column(name: &str) -> ColumnKey {
        ColumnKey::Param(name.to_owned())
    }

    fn frame() -> RunFrame {
        let runs = [("sgd", "2", 1.0), ("sgd", "2", 3.0), ("sgd", "4", 8.0), ("adam", "2", f64::NAN)];
        test_runs::frame(runs.iter().enumerate().map(|(n, (kind, depth, loss))| {
            test_runs::run(&format!("r{n}"), &[("kind", kind), ("depth", depth)], &[("loss", *loss)], &[])
        }))
    }

    fn info(frame: &RunFrame, view: &View, first_row: usize) -> GroupsInfo {
        let (kept, columns) = (RowSet::full(frame.n_rows()), columns_info(frame));
        let shown = Shown { kept: &kept, brushed: &kept, view, columns: &columns };
        groups_info(frame, shown, first_row, &mut Formats::default())
    }

    fn view(group_view: GroupsView) -> View {
        View { groups: vec![column("kind"), column("depth")], group_view, ..View::default() }
    }

    /// Depth and name of each told row; a run's begins with `name-`.
    fn told(info: &GroupsInfo) -> Vec<(usize, String)> {
        let row = |row: &GroupsRow| match row {
            GroupsRow::Group(group) => (group.depth, group.label.clone()),
            GroupsRow::Run(run) => (run.depth, run.run.name.clone()),
        };
        info.rows.iter().map(row).collect()
    }

    fn groups(info: &GroupsInfo) -> Vec<&GroupRow> {
        info.rows
            .iter()
            .filter_map(|row| if let GroupsRow::Group(group) = row { Some(group) } else { None })
            .collect()
    }

    fn owned(rows: &[(usize, &str)]) -> Vec<(usize, String)> {
        rows.iter().map(|(depth, name)| (*depth, (*name).to_owned())).collect()
    }

    #[test]
    fn groups_lie_within_groups_and_are_measured() {
        let frame = frame();
        let all_open = GroupsView { are_all_open: true, ..GroupsView::default() };
        let info = info(&frame, &view(all_open), 0);
        assert_eq!(told(&info), owned(&[(0, "adam"), (1, "2"), (0, "sgd"), (1, "2"), (1, "4")]));
        assert_eq!((info.n_groups, info.n_rows, info.n_charted), (3, 5, 3));
        assert_eq!(info.measures[0].column, ColumnKey::Metric("loss".to_owned()));
        let groups = groups(&info);
        assert_eq!(groups.iter().map(|row| row.n_runs).collect::<Vec<_>>(), [1, 1, 3, 2, 1]);
        assert_eq!(groups[3].around, ["sgd"]);
        assert_eq!(groups[0].cells[0], None, "no finite number");
        let cell = groups[2].cells[0].as_ref().unwrap();
        // numpy.std([1, 3, 8], ddof=1) is 3.60555
        assert_eq!((cell.n, cell.centre.as_str(), cell.best.as_str()), (3, "4 ± 3.61", "1"));
        assert_eq!(groups[4].cells[0].as_ref().unwrap().centre, "8", "one run has no deviation");
        for row in groups {
            assert_eq!(brushed_all(&frame, &row.brushes).len(), row.n_runs, "{}", row.label);
        }
        assert_eq!(info.charted[1].name, "sgd · 2");
        let spread = info.charted[1].spread.unwrap();
        assert_eq!((spread.n, spread.mean, spread.quartiles), (2, 2.0, [1.0, 1.5, 2.0, 2.5, 3.0]));
    }

    #[test]
    fn closed_groups_keep_what_is_in_them_and_innermost_ones_open_to_their_runs() {
        let frame = frame();
        let closed = info(&frame, &view(GroupsView::default()), 0);
        assert_eq!(told(&closed), owned(&[(0, "adam"), (0, "sgd")]));
        assert_eq!((closed.n_groups, closed.n_charted), (3, 2), "charts show the groups as they are open");
        let (sgd, inner) = (group_id(None, "sgd"), group_id(Some(group_id(None, "sgd")), "2"));
        let open = GroupsView::default().toggled(sgd).toggled(inner);
        let info_open = info(&frame, &view(open.clone()), 0);
        let rows = [(0, "adam"), (0, "sgd"), (1, "2"), (2, "name-r0"), (2, "name-r1"), (1, "4")];
        assert_eq!((told(&info_open), info_open.n_rows), (owned(&rows), 6));
        let GroupsRow::Run(run) = &info_open.rows[4] else { panic!("a run") };
        assert_eq!((run.group, run.cells.first()), (inner, Some(&Cell::Shown("3".to_owned()))));
        // The same depth in another group is another group.
        assert_ne!(inner, group_id(Some(group_id(None, "adam")), "2"));
        let but_one = GroupsView { are_all_open: true, ..GroupsView::default() }.toggled(sgd);
        let info_but_one = info(&frame, &view(but_one), 0);
        assert_eq!(told(&info_but_one), owned(&[(0, "adam"), (1, "2"), (0, "sgd")]));
        assert_eq!(open.toggled(inner).toggled(sgd), GroupsView::default());
    }

    #[test]
    fn what_stands_for_a_group_and_what_the_charts_measure_is_chosen() {
        let frame = frame();
        let chosen = |centre, spread, measure| {
            let group_view = GroupsView { centre, spread, measure, ..GroupsView::default() };
            let info = info(&frame, &view(group_view), 0);
            let text = groups(&info)[1].cells[0].as_ref().unwrap().centre.clone();
            (text, info)
        };
        assert_eq!(chosen(GroupCentre::Median, BandSpread::Quartiles, None).0, "3 (2 to 5.50)");
        assert_eq!(chosen(GroupCentre::Maximum, BandSpread::Range, None).0, "8 (1 to 8)");
        assert_eq!(chosen(GroupCentre::Minimum, BandSpread::None, None).0, "1");
        assert_eq!(chosen(GroupCentre::Median, BandSpread::StandardDeviation, None).0, "3 (3.61)");
        let (_, info) = chosen(GroupCentre::Mean, BandSpread::None, Some(column("depth")));
        assert_eq!(info.measures[info.charted_measure].column, column("depth"));
        assert_eq!((info.measures.len(), info.charted[1].spread.unwrap().quartiles[4]), (3, 4.0));
        let duration = ColumnKey::Attribute(Attribute::Duration);
        let (_, info) = chosen(GroupCentre::Mean, BandSpread::None, Some(duration));
        assert_eq!((info.measures.len(), info.charted_measure), (2, 1), "it is measured anyway");
    }

    #[test]
    fn groups_that_are_called_alike_open_one_by_one() {
        let frame = test_runs::frame([
            test_runs::run("a", &[("kind", "missing")], &[("loss", 1.0)], &[]),
            test_runs::run("b", &[], &[("loss", 2.0)], &[]),
        ]);
        let view = |group_view| View { groups: vec![column("kind")], group_view, ..View::default() };
        let closed = info(&frame, &view(GroupsView::default()), 0);
        assert_eq!(told(&closed), owned(&[(0, "missing"), (0, "missing")]));
        let second = GroupsView::default().toggled(groups(&closed)[1].id);
        let rows = [(0, "missing"), (0, "missing"), (1, "name-b")];
        assert_eq!(told(&info(&frame, &view(second), 0)), owned(&rows));
    }

    #[test]
    fn thousands_of_rows_are_told_in_parts() {
        let frame = test_runs::frame((0..3000).map(|n| {
            let kind = format!("kind-{}", n % 3);
            test_runs::run(&format!("r{n:04}"), &[("kind", &kind)], &[("loss", f64::from(n))], &[])
        }));
        let open = GroupsView::default().toggled(group_id(None, "kind-0")).toggled(group_id(None, "kind-2"));
        let view = View { groups: vec![column("kind")], group_view: open, ..View::default() };
        let first = info(&frame, &view, 0);
        assert_eq!((first.n_rows, first.rows.len()), (2003, GroupsInfo::N_ROWS));
        let middle = info(&frame, &view, 1000);
        let names: Vec<String> = told(&middle).into_iter().map(|(_, name)| name).collect();
        assert_eq!(names[..4], ["name-r2997", "kind-1", "kind-2", "name-r0002"]);
        // A group that closes leaves fewer parts than there were.
        let last = info(&frame, &view, 90_000);
        assert_eq!((last.first_row, last.rows.len()), (2000, 3));
    }
}
