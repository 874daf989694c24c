//! What a person can change about a view, as data, and what each change does to it.
//!
//! Components name the change; applying it happens here, without a browser. Nothing here looks at a run.

use super::{
    AxisKind, AxisView, Brush, ColourSpread, ColumnView, CurvesView, DifferencesView, Direction, FrontView,
    GroupsView, MAX_OBJECTIVES, MoreView, NumberFormat, Objective, Panel, Pick, RankingView, ScatterView,
    Sort, Step, View,
};
use crate::entities::order::sort_by;
use crate::entities::{Attribute, ColumnKey, RunId};
use std::collections::BTreeSet;

/// The narrowest and the widest that a column of the table can be made, in CSS pixels.
pub const COLUMN_WIDTH_PX: (u16, u16) = (48, 960);

/// The least and the greatest height of the parallel coordinates, in CSS pixels.
pub const PLOT_HEIGHT_PX: (u16, u16) = (160, 2000);

/// What stands where a view names no axes and no columns.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Defaults {
    /// The axes.
    pub axes: Vec<ColumnKey>,
    /// The table's columns.
    pub columns: Vec<ColumnKey>,
}

/// One change.
#[derive(Clone, Debug, PartialEq)]
pub enum ViewEdit {
    /// The text of the filter box.
    Filter(String),
    /// Narrow to the brushed runs and take the brushes away.
    Keep,
    /// Leave the brushed runs out and take the brushes away.
    Exclude,
    /// Take a decision back, by its place among them; later ones stay.
    RemoveStep(usize),
    /// The picks on a column; none clears its brush.
    SetPicks(ColumnKey, Vec<Pick>),
    /// The picks on several columns, in one step.
    Brush(Vec<Brush>),
    /// Take this pick in if it is not in the brush, out if it is.
    TogglePick(ColumnKey, Pick),
    /// Take all brushes away.
    ClearBrushes,
    /// Ascending, then descending, then the server's order.
    CycleSort(ColumnKey),
    /// The table's order.
    SetSort(Option<Sort>),
    /// One more axis at the right.
    AddAxis(ColumnKey),
    /// More axes at the right, those that are not shown yet.
    AddAxes(Vec<ColumnKey>),
    /// Take an axis and its brush away.
    RemoveAxis(ColumnKey),
    /// Move an axis to this place.
    MoveAxis(ColumnKey, usize),
    /// How an axis spreads its values; inferred where none.
    SetAxisKind(ColumnKey, Option<AxisKind>),
    /// Turn an axis upside down.
    FlipAxis(ColumnKey),
    /// Colour the lines by this column.
    SetColour(Option<ColumnKey>),
    /// Spread the colours like this.
    SpreadColours(ColourSpread),
    /// Offer a derived column, by its expression.
    AddDerived(String),
    /// Take a derived column away wherever it is shown, weighed or brushed. Past decisions and filters that name it stay.
    RemoveDerived(String),
    /// Fold the parallel coordinates away, or show them again.
    FoldPlot(bool),
    /// How high the parallel coordinates are, in CSS pixels.
    ResizePlot(u16),
    /// Shows runs below the runs that started them, or each for itself.
    Nest(bool),
    /// Sets the table's rows closer together, or apart.
    Compact(bool),
    /// More columns at the right, those that are not shown yet.
    AddColumns(Vec<ColumnKey>),
    /// Take columns away; the run name stays.
    RemoveColumns(Vec<ColumnKey>),
    /// Move a column to this place; the first is the run name's.
    MoveColumn(ColumnKey, usize),
    /// Pin a column, or let it scroll.
    TogglePin(ColumnKey),
    /// The width of a column, in CSS pixels.
    ResizeColumn(ColumnKey, u16),
    /// How the numbers of a column are written; none for as many digits as tell them apart.
    FormatColumn(ColumnKey, Option<NumberFormat>),
    /// Select a run if it is not selected, else let it go.
    ToggleSelected(RunId),
    /// Select exactly these runs.
    Select(Vec<RunId>),
    /// Rank by these; those beyond the most there may be are left out.
    SetObjectives(Vec<Objective>),
    /// How the objectives are weighed, and which run is chosen.
    SetRanking(RankingView),
    /// Which objectives the chart of the front shows.
    SetFront(FrontView),
    /// What panels show beyond what they do by themselves.
    SetMore(MoreView),
    /// The objective that panels about one objective are about.
    SetExplained(Option<ColumnKey>),
    /// What the scatter plot shows.
    SetScatter(ScatterView),
    /// By what the runs are grouped.
    SetGroups(Vec<ColumnKey>),
    /// How groups are shown, and which of them are open.
    SetGroupsView(GroupsView),
    /// All of it, by another one.
    Replace(Box<View>),
    /// Open or close a panel.
    OpenPanel(Panel, bool),
    /// How the metric curves are shown.
    SetCurves(CurvesView),
    /// How differences are shown.
    SetDifferences(DifferencesView),
}

/// A change as a component asks for it.
#[derive(Clone, Debug, PartialEq)]
pub struct EditRequest {
    /// The change.
    pub edit: ViewEdit,
    /// Whether it is a part of a drag or of typing that still goes on; the last part is not.
    pub is_ongoing: bool,
    /// When the input happened, in milliseconds of the page's clock.
    pub at_millis: f64,
}

impl View {
    /// The view after a change.
    pub fn edited(&self, edit: &ViewEdit, defaults: &Defaults) -> Self {
        let mut view = self.clone();
        view.apply(edit, defaults);
        view
    }

    /// The picks on a column.
    pub fn picks(&self, column: &ColumnKey) -> &[Pick] {
        self.brushes.iter().find(|brush| brush.column == *column).map_or(&[], |brush| &brush.picks)
    }

    /// The axes in force.
    pub fn axes_or(&self, defaults: &Defaults) -> Vec<AxisView> {
        self.axes.clone().unwrap_or_else(|| defaults.axes.iter().cloned().map(plain_axis).collect())
    }

    /// The table's columns in force: the run name first and pinned, then the pinned ones, then the others.
    pub fn columns_or(&self, defaults: &Defaults) -> Vec<ColumnView> {
        let chosen = self
            .columns
            .clone()
            .unwrap_or_else(|| defaults.columns.iter().cloned().map(plain_column).collect());
        let name = ColumnKey::Attribute(Attribute::RunName);
        let mut columns: Vec<ColumnView> = Vec::with_capacity(chosen.len() + 1);
        columns.push(
            chosen.iter().find(|column| column.column == name).cloned().unwrap_or(plain_column(name.clone())),
        );
        columns[0].is_pinned = true;
        let (pinned, free): (Vec<_>, Vec<_>) =
            chosen.into_iter().filter(|column| column.column != name).partition(|column| column.is_pinned);
        columns.extend(pinned);
        columns.extend(free);
        columns
    }

    fn apply(&mut self, edit: &ViewEdit, defaults: &Defaults) {
        match edit {
            ViewEdit::Filter(text) => self.filter.clone_from(text),
            ViewEdit::Keep => {
                if !self.brushes.is_empty() {
                    self.steps.push(Step::Keep(std::mem::take(&mut self.brushes)));
                }
            }
            ViewEdit::Exclude => {
                if !self.brushes.is_empty() {
                    self.steps.push(Step::Exclude(std::mem::take(&mut self.brushes)));
                }
            }
            ViewEdit::RemoveStep(place) => {
                if *place < self.steps.len() {
                    self.steps.remove(*place);
                }
            }
            ViewEdit::SetPicks(column, picks) => self.set_picks(column, picks.clone()),
            ViewEdit::Brush(brushes) => {
                for brush in brushes {
                    self.set_picks(&brush.column, brush.picks.clone());
                }
            }
            ViewEdit::TogglePick(column, pick) => {
                let mut picks = self.picks(column).to_vec();
                match picks.iter().position(|present| present == pick) {
                    Some(at) => drop(picks.remove(at)),
                    None => picks.push(pick.clone()),
                }
                self.set_picks(column, picks);
            }
            ViewEdit::ClearBrushes => self.brushes.clear(),
            ViewEdit::CycleSort(column) => {
                let next = match &self.sort {
                    Some(sort) if sort.column == *column => match sort.direction {
                        Direction::Ascending => Some(Direction::Descending),
                        Direction::Descending => None,
                    },
                    _ => Some(Direction::Ascending),
                };
                self.sort = next.map(|direction| Sort { column: column.clone(), direction });
            }
            ViewEdit::SetSort(sort) => self.sort.clone_from(sort),
            ViewEdit::AddAxis(column) => {
                let mut axes = self.axes_or(defaults);
                if axes.iter().all(|axis| axis.column != *column) {
                    axes.push(plain_axis(column.clone()));
                }
                self.axes = Some(axes);
            }
            ViewEdit::AddAxes(added) => {
                let mut axes = self.axes_or(defaults);
                let mut known: BTreeSet<ColumnKey> = axes.iter().map(|axis| axis.column.clone()).collect();
                axes.extend(
                    added.iter().filter(|column| known.insert((*column).clone())).cloned().map(plain_axis),
                );
                self.axes = Some(axes);
            }
            ViewEdit::RemoveAxis(column) => {
                let mut axes = self.axes_or(defaults);
                axes.retain(|axis| axis.column != *column);
                self.axes = Some(axes);
                self.set_picks(column, Vec::new());
            }
            ViewEdit::MoveAxis(column, to) => {
                let mut axes = self.axes_or(defaults);
                move_to(&mut axes, |axis| axis.column == *column, *to);
                self.axes = Some(axes);
            }
            ViewEdit::SetAxisKind(column, kind) => {
                let mut axes = self.axes_or(defaults);
                for axis in axes.iter_mut().filter(|axis| axis.column == *column) {
                    axis.kind = *kind;
                }
                self.axes = Some(axes);
            }
            ViewEdit::FlipAxis(column) => {
                let mut axes = self.axes_or(defaults);
                for axis in axes.iter_mut().filter(|axis| axis.column == *column) {
                    axis.is_flipped = !axis.is_flipped;
                }
                self.axes = Some(axes);
            }
            ViewEdit::SetColour(column) => {
                // What suited one column need not suit another.
                self.colour_spread.take_if(|_| self.colour != *column);
                self.colour.clone_from(column);
            }
            ViewEdit::SpreadColours(spread) => self.colour_spread = Some(*spread),
            ViewEdit::AddDerived(expression) => {
                if !self.derived.contains(expression) {
                    self.derived.push(expression.clone());
                }
            }
            ViewEdit::RemoveDerived(expression) => {
                let is_other =
                    |column: &ColumnKey| !matches!(column, ColumnKey::Derived(own) if own == expression);
                self.derived.retain(|own| own != expression);
                if let Some(axes) = &mut self.axes {
                    axes.retain(|axis| is_other(&axis.column));
                }
                if let Some(columns) = &mut self.columns {
                    columns.retain(|column| is_other(&column.column));
                }
                self.brushes.retain(|brush| is_other(&brush.column));
                self.objectives.retain(|objective| is_other(&objective.column));
                self.sort.take_if(|sort| !is_other(&sort.column));
                self.colour.take_if(|column| !is_other(column));
                self.explained.take_if(|column| !is_other(column));
                self.set_groups(self.groups.iter().filter(|column| is_other(column)).cloned().collect());
                self.group_view.measure.take_if(|column| !is_other(column));
                self.curves.bands.take_if(|bands| !is_other(&bands.column));
                let ScatterView { x, y, colour, size, facet, heat } = &mut self.scatter;
                for axis in [x, y] {
                    axis.take_if(|axis| !is_other(&axis.column));
                }
                for column in [colour, size, facet, heat] {
                    column.take_if(|column| !is_other(column));
                }
            }
            ViewEdit::Nest(is_nested) => self.is_nested = *is_nested,
            ViewEdit::Compact(is_compact) => self.is_compact = *is_compact,
            ViewEdit::ResizePlot(height_px) => {
                self.plot_height_px = Some((*height_px).clamp(PLOT_HEIGHT_PX.0, PLOT_HEIGHT_PX.1));
            }
            ViewEdit::FoldPlot(is_folded) => self.is_plot_folded = *is_folded,
            ViewEdit::AddColumns(added) => {
                let mut columns = self.columns_or(defaults);
                let mut known: BTreeSet<ColumnKey> =
                    columns.iter().map(|present| present.column.clone()).collect();
                columns.extend(
                    added.iter().filter(|column| known.insert((*column).clone())).cloned().map(plain_column),
                );
                self.columns = Some(columns);
            }
            ViewEdit::RemoveColumns(removed) => {
                let removed: BTreeSet<&ColumnKey> = removed.iter().collect();
                let mut columns = self.columns_or(defaults);
                columns.retain(|present| !removed.contains(&present.column));
                self.columns = Some(columns);
            }
            ViewEdit::MoveColumn(column, to) => {
                let mut columns = self.columns_or(defaults);
                move_to(&mut columns, |present| present.column == *column, (*to).max(1));
                self.columns = Some(columns);
            }
            ViewEdit::TogglePin(column) => {
                let mut columns = self.columns_or(defaults);
                for present in columns.iter_mut().filter(|present| present.column == *column) {
                    present.is_pinned = !present.is_pinned;
                }
                self.columns = Some(columns);
            }
            ViewEdit::ToggleSelected(run_id) => {
                let mut selected = self.selected.clone();
                match selected.iter().position(|id| id == run_id) {
                    Some(at) => drop(selected.remove(at)),
                    None => selected.push(run_id.clone()),
                }
                self.select(selected);
            }
            ViewEdit::Select(run_ids) => self.select(run_ids.clone()),
            ViewEdit::SetObjectives(objectives) => {
                self.objectives = objectives.iter().take(MAX_OBJECTIVES).cloned().collect();
            }
            ViewEdit::SetRanking(ranking) => self.ranking.clone_from(ranking),
            ViewEdit::SetFront(front) => self.front.clone_from(front),
            ViewEdit::SetMore(more) => self.more = *more,
            ViewEdit::SetExplained(column) => self.explained.clone_from(column),
            ViewEdit::SetScatter(scatter) => self.scatter.clone_from(scatter),
            ViewEdit::SetGroups(columns) => self.set_groups(columns.clone()),
            ViewEdit::SetGroupsView(view) => self.group_view.clone_from(view),
            ViewEdit::Replace(view) => self.clone_from(view),
            ViewEdit::OpenPanel(panel, is_open) => {
                self.panels.retain(|other| other != panel);
                if *is_open {
                    self.panels.push(*panel);
                    sort_by(&mut self.panels, |a, b| a.cmp(b));
                }
            }
            ViewEdit::SetCurves(curves) => self.curves.clone_from(curves),
            ViewEdit::SetDifferences(differences) => self.differences = *differences,
            ViewEdit::FormatColumn(column, format) => {
                let mut columns = self.columns_or(defaults);
                for present in columns.iter_mut().filter(|present| present.column == *column) {
                    present.format = *format;
                }
                self.columns = Some(columns);
            }
            ViewEdit::ResizeColumn(column, width_px) => {
                let mut columns = self.columns_or(defaults);
                for present in columns.iter_mut().filter(|present| present.column == *column) {
                    present.width_px = Some((*width_px).clamp(COLUMN_WIDTH_PX.0, COLUMN_WIDTH_PX.1));
                }
                self.columns = Some(columns);
            }
        }
    }

    /// Other columns make other groups: none of them has been opened.
    fn set_groups(&mut self, columns: Vec<ColumnKey>) {
        if self.groups != columns {
            self.groups = columns;
            self.group_view.exceptions.clear();
        }
    }

    fn set_picks(&mut self, column: &ColumnKey, picks: Vec<Pick>) {
        let at = self.brushes.iter().position(|brush| brush.column == *column);
        match (at, picks.is_empty()) {
            (Some(at), true) => drop(self.brushes.remove(at)),
            (Some(at), false) => self.brushes[at].picks = picks,
            (None, true) => {}
            (None, false) => self.brushes.push(Brush { column: column.clone(), picks }),
        }
    }
}

/// The intervals among the picks, in their order.
pub fn intervals(picks: &[Pick]) -> Vec<(f64, f64)> {
    picks
        .iter()
        .filter_map(|pick| match pick {
            Pick::Interval { low, high } => Some((*low, *high)),
            Pick::Text(_) | Pick::Texts { .. } | Pick::Lane(_) | Pick::Area(_) => None,
        })
        .collect()
}

/// Which of these categories, in the order of a categorical axis, the picks take in.
pub fn picked(picks: &[Pick], categories: &[&str]) -> Vec<bool> {
    let texts = texts(picks);
    let mut is_in: Vec<bool> = categories.iter().map(|text| texts.binary_search(text).is_ok()).collect();
    for pick in picks {
        if let Pick::Texts { first, last } = pick {
            let place = |text: &str| categories.iter().position(|category| *category == text);
            if let (Some(first), Some(last)) = (place(first), place(last)) {
                is_in.iter_mut().take(last + 1).skip(first).for_each(|is_in| *is_in = true);
            }
        }
    }
    is_in
}

/// The texts among the picks, sorted, so that one is found among thousands.
pub fn texts(picks: &[Pick]) -> Vec<&str> {
    let mut texts: Vec<&str> = Vec::new();
    for pick in picks {
        if let Pick::Text(text) = pick {
            texts.push(text);
        }
    }
    sort_by(&mut texts, |a, b| a.cmp(b));
    texts
}

/// The picks with these intervals in place of theirs and of areas; lanes and texts stay.
pub fn with_intervals(picks: &[Pick], intervals: &[(f64, f64)]) -> Vec<Pick> {
    let drawn = intervals.iter().map(|&(low, high)| Pick::Interval { low, high });
    let is_other = |pick: &&Pick| !matches!(pick, Pick::Interval { .. } | Pick::Area(_));
    drawn.chain(picks.iter().filter(is_other).cloned()).collect()
}

/// So many texts in a row are named each: an address stays readable.
const N_NAMED_TEXTS: usize = 16;

/// The picks with these texts in place of theirs; lanes and intervals stay.
pub fn with_texts<'a>(picks: &[Pick], texts: impl IntoIterator<Item = &'a str>) -> Vec<Pick> {
    let chosen = texts.into_iter().map(|text| Pick::Text(text.to_owned()));
    let is_other = |pick: &&Pick| !matches!(pick, Pick::Text(_) | Pick::Texts { .. });
    chosen.chain(picks.iter().filter(is_other).cloned()).collect()
}

/// The same with texts that follow each other in the order of a categorical axis: many are named by the first and the
/// last, so that a drag over thousands is a short address.
pub fn with_texts_in_row(picks: &[Pick], texts: &[&str]) -> Vec<Pick> {
    match texts {
        [first, .., last] if texts.len() > N_NAMED_TEXTS => {
            let mut picks = with_texts(picks, []);
            picks.insert(0, Pick::Texts { first: (*first).to_owned(), last: (*last).to_owned() });
            picks
        }
        _ => with_texts(picks, texts.iter().copied()),
    }
}

/// The lowest and the highest bound of the intervals; the domain's where there are none.
pub fn bounds(intervals: &[(f64, f64)], domain: (f64, f64)) -> (f64, f64) {
    let low = intervals.iter().map(|interval| interval.0).reduce(f64::min).unwrap_or(domain.0);
    let high = intervals.iter().map(|interval| interval.1).reduce(f64::max).unwrap_or(domain.1);
    (low, high)
}

/// Which bound of a brush.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// The smaller value.
    Lower,
    /// The larger value.
    Upper,
}

/// The intervals with one outer bound moved to a value. It stops at the other bound of its own interval; where
/// there is no interval, one reaches from the value to the domain's other end.
pub fn with_bound(intervals: &[(f64, f64)], domain: (f64, f64), bound: Bound, value: f64) -> Vec<(f64, f64)> {
    let mut after = intervals.to_vec();
    let outermost = match bound {
        Bound::Lower => after.iter_mut().min_by(|a, b| a.0.total_cmp(&b.0)),
        Bound::Upper => after.iter_mut().max_by(|a, b| a.1.total_cmp(&b.1)),
    };
    match (outermost, bound) {
        (Some(interval), Bound::Lower) => interval.0 = value.min(interval.1),
        (Some(interval), Bound::Upper) => interval.1 = value.max(interval.0),
        (None, Bound::Lower) => after.push((value.min(domain.1), domain.1)),
        (None, Bound::Upper) => after.push((domain.0, value.max(domain.0))),
    }
    after
}

fn plain_axis(column: ColumnKey) -> AxisView {
    AxisView { column, kind: None, is_flipped: false }
}

fn plain_column(column: ColumnKey) -> ColumnView {
    ColumnView { column, width_px: None, is_pinned: false, format: None }
}

fn move_to<T>(items: &mut Vec<T>, is_it: impl Fn(&T) -> bool, to: usize) {
    if let Some(from) = items.iter().position(is_it) {
        let item = items.remove(from);
        items.insert(to.min(items.len()), item);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::Lane;
    use crate::view::{BandCentre, BandSpread, CurveBands};

    fn metric(key: &str) -> ColumnKey {
        ColumnKey::Metric(key.to_owned())
    }

    fn defaults() -> Defaults {
        Defaults {
            axes: vec![metric("a"), metric("b"), metric("c")],
            columns: vec![metric("a"), metric("b")],
        }
    }

    fn columns(view: &View) -> Vec<String> {
        view.columns_or(&defaults()).iter().map(|column| column.column.to_string()).collect()
    }

    #[test]
    fn keep_takes_the_brushes_along_and_does_nothing_without() {
        let view = View::default().edited(&ViewEdit::Keep, &defaults());
        assert!(view.steps.is_empty());
        let view = view.edited(&ViewEdit::TogglePick(metric("a"), Pick::Lane(Lane::Nan)), &defaults());
        let view = view.edited(&ViewEdit::Keep, &defaults());
        assert!(view.brushes.is_empty());
        assert_eq!(
            view.steps,
            [Step::Keep(vec![Brush { column: metric("a"), picks: vec![Pick::Lane(Lane::Nan)] }])]
        );
    }

    #[test]
    fn a_decision_is_taken_back_by_its_place() {
        let steps: Vec<Step> = ["a", "b", "c"]
            .map(|key| Step::Exclude(vec![Brush { column: metric(key), picks: vec![] }]))
            .to_vec();
        let view = View { steps: steps.clone(), ..View::default() };
        let after = view.edited(&ViewEdit::RemoveStep(1), &defaults());
        assert_eq!(after.steps, [steps[0].clone(), steps[2].clone()]);
        assert_eq!(after.edited(&ViewEdit::RemoveStep(2), &defaults()), after, "there is none");
    }

    #[test]
    fn toggling_twice_leaves_no_brush() {
        let edit = ViewEdit::TogglePick(metric("a"), Pick::Text("x".to_owned()));
        let view = View::default().edited(&edit, &defaults());
        assert_eq!(view.picks(&metric("a")).len(), 1);
        assert_eq!(view.edited(&edit, &defaults()), View::default());
    }

    #[test]
    fn sort_cycles() {
        let edit = ViewEdit::CycleSort(metric("a"));
        let up = View::default().edited(&edit, &defaults());
        let down = up.edited(&edit, &defaults());
        assert_eq!(up.sort.map(|sort| sort.direction), Some(Direction::Ascending));
        assert_eq!(down.sort.as_ref().map(|sort| sort.direction), Some(Direction::Descending));
        assert_eq!(down.edited(&edit, &defaults()).sort, None);
    }

    #[test]
    fn run_name_is_first_and_stays() {
        let name = "attributes.run_name";
        assert_eq!(columns(&View::default()), [name, "metrics.a", "metrics.b"]);
        let view = View::default().edited(&ViewEdit::MoveColumn(metric("b"), 0), &defaults());
        assert_eq!(columns(&view), [name, "metrics.b", "metrics.a"]);
        let view = view
            .edited(&ViewEdit::RemoveColumns(vec![ColumnKey::Attribute(Attribute::RunName)]), &defaults());
        assert_eq!(columns(&view), [name, "metrics.b", "metrics.a"]);
        let view = view.edited(&ViewEdit::TogglePin(metric("a")), &defaults());
        assert_eq!(columns(&view), [name, "metrics.a", "metrics.b"]);
    }

    #[test]
    fn axes_move_and_go_with_their_brush() {
        let view = View::default()
            .edited(&ViewEdit::SetPicks(metric("a"), vec![Pick::Lane(Lane::Missing)]), &defaults())
            .edited(&ViewEdit::MoveAxis(metric("c"), 0), &defaults())
            .edited(&ViewEdit::RemoveAxis(metric("a")), &defaults());
        let axes: Vec<_> = view.axes_or(&defaults()).into_iter().map(|axis| axis.column).collect();
        assert_eq!(axes, [metric("c"), metric("b")]);
        assert!(view.brushes.is_empty());
    }

    #[test]
    fn axes_are_added_once_and_the_plot_has_a_height() {
        let added = ViewEdit::AddAxes(vec![metric("c"), metric("d"), metric("d")]);
        let view = View::default().edited(&added, &defaults());
        let axes: Vec<_> = view.axes_or(&defaults()).into_iter().map(|axis| axis.column).collect();
        assert_eq!(axes, ["a", "b", "c", "d"].map(metric));
        let height =
            |height_px| View::default().edited(&ViewEdit::ResizePlot(height_px), &defaults()).plot_height_px;
        assert_eq!([3, 500, 60_000].map(height), [Some(160), Some(500), Some(2000)]);
    }

    #[test]
    fn a_derived_column_goes_from_everywhere_but_decisions() {
        let own = ColumnKey::Derived("a - b".to_owned());
        let picks = vec![Pick::Lane(Lane::Nan)];
        let brush = Brush { column: own.clone(), picks: picks.clone() };
        let before = View { steps: vec![Step::Keep(vec![brush])], ..View::default() };
        let edits = [
            ViewEdit::AddDerived("a - b".to_owned()),
            ViewEdit::AddDerived("a - b".to_owned()),
            ViewEdit::AddColumns(vec![own.clone()]),
            ViewEdit::AddAxis(own.clone()),
            ViewEdit::SetSort(Some(Sort { column: own.clone(), direction: Direction::Ascending })),
            ViewEdit::SetColour(Some(own.clone())),
            ViewEdit::SetExplained(Some(own.clone())),
            ViewEdit::SetPicks(own.clone(), picks),
            ViewEdit::SetObjectives(vec![Objective {
                column: own.clone(),
                direction: Direction::Ascending,
                weight: 1,
            }]),
            ViewEdit::SetCurves(CurvesView {
                bands: Some(CurveBands {
                    column: own.clone(),
                    centre: BandCentre::Mean,
                    spread: BandSpread::Range,
                }),
                ..CurvesView::default()
            }),
        ];
        let view = edits.iter().fold(before.clone(), |view, edit| view.edited(edit, &defaults()));
        assert_eq!(view.derived, ["a - b"]);
        assert_eq!(view.expressions(), ["a - b"]);
        let after = view.edited(&ViewEdit::RemoveDerived("a - b".to_owned()), &defaults());
        assert_eq!(after.columns_or(&defaults()), before.columns_or(&defaults()));
        assert_eq!(after.axes_or(&defaults()), before.axes_or(&defaults()));
        assert_eq!(View { axes: None, columns: None, ..after.clone() }, before);
        assert_eq!(after.expressions(), ["a - b"], "the decision stays");
        let nothing = after.edited(&ViewEdit::RemoveDerived("a - b".to_owned()), &defaults());
        assert_eq!(nothing, after);
    }

    #[test]
    fn groups_of_curves_derive_their_column() {
        let column = ColumnKey::Derived("a - b".to_owned());
        let bands = Some(CurveBands { column, centre: BandCentre::Mean, spread: BandSpread::Range });
        let view = View { curves: CurvesView { bands, ..CurvesView::default() }, ..View::default() };
        assert_eq!(view.expressions(), ["a - b"]);
    }

    #[test]
    fn a_run_keeps_its_look_for_as_long_as_it_is_selected() {
        let id = |text: &str| RunId(text.to_owned());
        let toggle = |view: &View, text: &str| view.edited(&ViewEdit::ToggleSelected(id(text)), &defaults());
        let slots = |view: &View| {
            let one = |(place, id): (usize, &RunId)| (id.0.clone(), view.slot(place));
            view.selected.iter().enumerate().map(one).collect::<std::collections::BTreeMap<_, _>>()
        };
        let is = |view: &View, expected: &[(&str, usize)]| {
            assert_eq!(slots(view), expected.iter().map(|(id, slot)| ((*id).to_owned(), *slot)).collect());
        };
        let view = ["a", "b", "c"].iter().fold(View::default(), |view, id| toggle(&view, id));
        is(&view, &[("a", 0), ("b", 1), ("c", 2)]);
        assert!(view.slots.is_empty(), "what is usual need not be told");
        let view = toggle(&view, "a");
        is(&view, &[("b", 1), ("c", 2)]);
        // Another one to compare with, and one more.
        let view = view.edited(&ViewEdit::Select(vec![id("c"), id("b")]), &defaults());
        is(&view, &[("b", 1), ("c", 2)]);
        let view = toggle(&toggle(&view, "d"), "e");
        is(&view, &[("b", 1), ("c", 2), ("d", 0), ("e", 3)]);
        let view = view.edited(&ViewEdit::Select(Vec::new()), &defaults());
        is(&toggle(&view, "e"), &[("e", 0)]);
    }

    #[test]
    fn bounds_move_the_outermost_interval_only() {
        let domain = (0.0, 10.0);
        assert_eq!(with_bound(&[], domain, Bound::Lower, 4.0), [(4.0, 10.0)]);
        assert_eq!(with_bound(&[], domain, Bound::Upper, 4.0), [(0.0, 4.0)]);
        assert_eq!(
            with_bound(&[(1.0, 2.0), (5.0, 6.0)], domain, Bound::Upper, 9.0),
            [(1.0, 2.0), (5.0, 9.0)]
        );
        assert_eq!(with_bound(&[(1.0, 2.0)], domain, Bound::Lower, 7.0), [(2.0, 2.0)]);
        assert_eq!(bounds(&[(5.0, 6.0), (1.0, 2.0)], domain), (1.0, 6.0));
        assert_eq!(bounds(&[], domain), domain);
    }

    #[test]
    fn intervals_replace_intervals_only() {
        let picks = [Pick::Lane(Lane::Nan), Pick::Interval { low: 1.0, high: 2.0 }];
        let after = with_intervals(&picks, &[(3.0, 4.0)]);
        assert_eq!(after, [Pick::Interval { low: 3.0, high: 4.0 }, Pick::Lane(Lane::Nan)]);
        assert_eq!(intervals(&after), [(3.0, 4.0)]);
    }

    #[test]
    fn many_texts_in_a_row_are_named_by_the_first_and_the_last() {
        let all: Vec<String> = (0..40).map(|n| format!("run-{n}")).collect();
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        let before = [Pick::Text("run-0".to_owned()), Pick::Lane(Lane::Missing)];
        let few = with_texts_in_row(&before, &all[3..5]);
        assert_eq!(few.len(), 3);
        let many = with_texts_in_row(&before, &all[3..30]);
        let row = Pick::Texts { first: "run-3".to_owned(), last: "run-29".to_owned() };
        assert_eq!(many, [row, Pick::Lane(Lane::Missing)]);
        let is_in = picked(&many, &all);
        assert_eq!((is_in[2], is_in[3], is_in[29], is_in[30]), (false, true, true, false));
        assert_eq!(with_texts(&many, ["run-7"]).len(), 2, "one text takes the place of the row");
    }
}
