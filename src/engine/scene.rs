//! Turns the loaded runs and a view into row sets, the table's order, axes and pixels.
//!
//! Every change is worked out from the level at which it starts: a brush that moves repaints only the runs
//! that entered or left it, a filter also recounts the lanes, new axes rebuild the plot, new runs everything.

use super::aggregates::HistoryNeed;
use super::analyst::Analyst;
use super::cells::Formats;
use super::curves::{CurveLook, CurvesAsk, Lines, Window};
use super::defaults::{column_info, columns_info};
use super::environments::Environments;
use super::histories::{Histories, Wanted};
use super::machine::Output;
use super::news::DifferencesWindow;
use super::protocol::{
    AxesInfo, AxisInfo, Cell, ColumnsInfo, Counts, Event, FilterProblem, HoverTarget, HoveredRun, LaneInfo,
    Legend, NamedRuns, NewsText, PlotSize, PlotTheme, PythonSource, RowView, RowsPage, RunIds, RunSet,
    TableFormat, Tick,
};
use super::workspace::{Candidates, Shown};
use crate::entities::{Attribute, ColumnKey, RunId};
use crate::frame::{ColumnFormat, Families, RowFilter, RowSet, RunFrame, Value, brushed_all, kept, order};
use crate::plot::Rgb;
use crate::plot::{Axis, AxisSpec, ColourScale, Layout, Ranks, Raster, RasterTheme, infer_kind};
use crate::view::edit::Defaults;
use crate::view::{AxisKind, AxisView, ColourSpread, Lane, Panel, Step, View, better};
use std::collections::BTreeSet;

/// The level at which a change starts; each one implies the ones before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// Nothing.
    None,
    /// The brushes.
    Brush,
    /// The table's order.
    Order,
    /// Which runs are kept.
    Kept,
    /// The axes, the colours, the plot's size.
    Plot,
    /// The runs.
    Data,
}

/// The columns that are about the kept runs as a whole.
pub(super) const STANDINGS: [ColumnKey; 2] =
    [ColumnKey::Attribute(Attribute::ParetoRank), ColumnKey::Attribute(Attribute::Score)];
/// The panels that show each kept run, and which of them are brushed.
const PER_RUN: [Panel; 3] = [Panel::History, Panel::Scatter, Panel::Groups];
/// How far from a line the pointer may be to mean it, in CSS pixels.
const HOVER_REACH_PX: f64 = 12.0;
/// How far the line of a run reaches to either side of an axis that stands alone, in CSS pixels.
const ALONE_PX: f64 = 16.0;
/// How strongly runs outside the brushes show where they are densest.
const CONTEXT_ALPHA: f32 = 0.6;
/// The same for the runs in the brushes.
const FOCUS_ALPHA: f32 = 1.0;

/// The state behind the table and the plot.
#[derive(Default)]
pub struct Scene {
    view: View,
    /// Which rows the view's filter takes in; all where there is none.
    filter: Option<Box<dyn RowFilter>>,
    constraints: Option<Box<dyn RowFilter>>,
    constraints_problem: Option<FilterProblem>,
    columns: ColumnsInfo,
    kept: RowSet,
    /// Those of the kept runs that fit the constraints.
    eligible: RowSet,
    brushed: RowSet,
    /// Kept rows in the table's order; the brushed ones among them are the table.
    kept_order: Vec<u32>,
    /// Which run started which, where runs stand below those.
    families: Option<Families>,
    order: Vec<u32>,
    formats: Formats,
    size: Option<PlotSize>,
    theme: Option<PlotTheme>,
    has_canvas: bool,
    is_loading: bool,
    analyst: Option<Analyst>,
    /// What the view derives, filter and constraints included.
    expressions: Vec<String>,
    /// Whether these are others than the frame's.
    are_expressions_stale: bool,
    /// Whether the last view ranked.
    has_standings: bool,
    /// Whether the panels have to be told although no run has moved.
    is_workspace_stale: bool,
    /// What somebody looks at in the curves, and their lines as they were last drawn.
    curve_look: CurveLook,
    curve_lines: Lines,
    /// The part of the differences that somebody looks at.
    differences_window: DifferencesWindow,
    /// The first row of the table of groups that somebody looks at.
    first_group_row: usize,
    /// Whether groups are shown otherwise than before, and nothing else is.
    are_groups_stale: bool,
    /// Panels that wait until nothing was asked for in a while.
    due: Vec<Panel>,
    plot: Option<Plot>,
    pixels: Vec<u8>,
}

/// What is drawn.
struct Plot {
    axes: Vec<Axis>,
    layout: Layout,
    colours: Vec<Rgb>,
    legend: Option<Legend>,
    /// The colour of the runs that the legend says nothing of; none where there are none.
    no_value: Option<Rgb>,
    raster: Raster,
}

impl Scene {
    /// Whether more runs are about to come.
    pub fn set_loading(&mut self, is_loading: bool) {
        self.is_loading = is_loading;
    }

    /// There is a canvas now, still empty.
    pub fn canvas_ready(&mut self) {
        self.has_canvas = true;
    }

    /// Takes back a painted buffer.
    pub fn recycle(&mut self, pixels: Vec<u8>) {
        self.pixels = pixels;
    }

    /// Takes a new size and new colours.
    pub fn set_plot(&mut self, size: PlotSize, theme: PlotTheme) {
        self.size = Some(size);
        self.theme = Some(theme);
    }

    /// Takes a new view and says where its change starts. A filter that does not parse narrows nothing, and the
    /// page is told where it is wrong: what a page shows depends on its address, not on what was typed before.
    pub fn set_view(&mut self, view: View, outputs: &mut Vec<Output>) -> Change {
        self.is_workspace_stale = self.view.objectives != view.objectives
            || self.view.ranking != view.ranking
            || self.view.explained != view.explained
            || self.view.front != view.front
            || self.view.more != view.more
            || self.view.selected != view.selected
            || self.view.slots != view.slots
            || self.view.scatter != view.scatter
            || self.view.groups != view.groups
            || self.view.panels != view.panels
            || self.view.curves != view.curves
            || self.view.differences != view.differences;
        self.are_groups_stale = self.view.group_view != view.group_view;
        let old = std::mem::replace(&mut self.view, view);
        let view = &self.view;
        let mut change = Change::None;
        if old.brushes != view.brushes {
            change = change.max(Change::Brush);
        }
        if self.formats.choose(view.columns.as_deref().unwrap_or_default()) {
            // Whatever shows a number shows it anew.
            change = change.max(Change::Plot);
            self.is_workspace_stale = true;
        }
        if old.sort != view.sort || old.is_nested != view.is_nested {
            change = change.max(Change::Order);
        }
        if old.steps != view.steps
            || old.objectives != view.objectives
            || old.ranking.normalisation != view.ranking.normalisation
        {
            change = change.max(Change::Kept);
        }
        if old.axes != view.axes || old.colour != view.colour || old.colour_spread != view.colour_spread {
            change = change.max(Change::Plot);
        }
        if old.filter != view.filter {
            change = change.max(Change::Kept);
            self.read_filter(outputs);
        }
        if old.ranking.constraints != self.view.ranking.constraints {
            change = change.max(Change::Kept);
            self.read_constraints();
        }
        self.note_expressions();
        change
    }

    fn read_filter(&mut self, outputs: &mut Vec<Output>) {
        let problem;
        (self.filter, problem) = self.read(&self.view.filter);
        outputs.push(Output::Event(Event::FilterProblem(problem)));
    }

    fn read_constraints(&mut self) {
        (self.constraints, self.constraints_problem) = self.read(&self.view.ranking.constraints);
    }

    /// The filter of a text, as soon as there is an analyst to read it; what is wrong, where it is no filter.
    fn read(&self, text: &str) -> (Option<Box<dyn RowFilter>>, Option<FilterProblem>) {
        match self.analyst.map(|analyst| (analyst.filter)(text)) {
            None => (None, None),
            Some(Ok(filter)) => (Some(filter), None),
            Some(Err(problem)) => (None, Some(problem)),
        }
    }

    /// The columns that filter and constraints name.
    fn filtered_columns(&self) -> Vec<ColumnKey> {
        self.filter.iter().chain(&self.constraints).flat_map(|filter| filter.columns()).collect()
    }

    /// Notes what has to be derived for the view.
    fn note_expressions(&mut self) {
        let mut expressions = self.view.expressions();
        for column in self.filtered_columns() {
            if let ColumnKey::Derived(expression) = column
                && !expressions.contains(&expression)
            {
                expressions.push(expression);
            }
        }
        if self.expressions != expressions {
            self.expressions = expressions;
            self.are_expressions_stale = true;
        }
    }

    /// Whether the view derives other columns than those that were worked out.
    pub fn are_expressions_stale(&self) -> bool {
        self.are_expressions_stale
    }

    /// The metrics whose histories derived columns need, with the steps; none before there is an analyst.
    pub fn histories(&self) -> Vec<HistoryNeed> {
        self.analyst.map(|analyst| (analyst.histories)(&self.expressions)).unwrap_or_default()
    }

    /// Whether a view shows other curves than the present one.
    pub fn are_curves_stale(&self, view: &View) -> bool {
        let is_shown = |view: &View| view.panels.contains(&Panel::Curves);
        is_shown(view) != is_shown(&self.view)
            || is_shown(view)
                && (self.view.selected != view.selected
                    || self.view.slots != view.slots
                    || self.view.objectives != view.objectives
                    || self.view.curves != view.curves)
    }

    /// Whether sorting, filtering, colouring or drawing needs the size of every model.
    pub fn uses_model_size(&self) -> bool {
        let is_key = has_model_size;
        self.axis_views().iter().any(|axis| is_key(&axis.column))
            || self.view.colour.as_ref().is_some_and(is_key)
            || self.view.sort.as_ref().is_some_and(|sort| is_key(&sort.column))
            || self.filtered_columns().iter().any(is_key)
            || self.view.objectives.iter().any(|objective| is_key(&objective.column))
            || self.view.explained.as_ref().is_some_and(is_key)
            || self.view.scatter.columns().chain(&self.view.groups).any(is_key)
            || self.view.group_view.measure.as_ref().is_some_and(is_key)
            || self.view.curves.bands.as_ref().is_some_and(|bands| is_key(&bands.column))
    }

    /// Works out everything from `change` on and tells the page.
    pub fn show(&mut self, frame: &mut RunFrame, change: Change, sequence: u32, outputs: &mut Vec<Output>) {
        self.derive(frame, change, outputs);
        let is_kept_new = matches!(change, Change::Kept | Change::Data);
        let change = if is_kept_new { change.max(self.keep(frame, outputs)) } else { change };
        let frame = &*frame;
        if change >= Change::Data {
            let mut columns = columns_info(frame);
            if self.is_loading {
                // What is shown first stays where it is until all runs are here.
                let ColumnsInfo { default_axes, default_columns, .. } = &mut self.columns;
                if default_axes.is_empty() {
                    // Nobody knows yet of how many models this needs the size.
                    columns.default_axes.retain(|key| !has_model_size(key));
                } else {
                    columns.default_axes = std::mem::take(default_axes);
                    columns.default_columns = std::mem::take(default_columns);
                }
            }
            self.columns = columns;
            self.formats.clear();
            outputs.push(Output::Event(Event::Columns(self.columns.clone())));
        }
        if is_kept_new || change == Change::Order {
            self.kept_order = order(frame, &self.kept, self.view.sort.as_ref());
            self.families = self.view.is_nested.then(|| Families::of(frame));
            if let Some(families) = &self.families {
                self.kept_order = families.nested(&self.kept_order);
            }
        }
        if change >= Change::Brush {
            self.brushed = brushed_all(frame, &self.view.brushes).and(&self.kept);
            self.order =
                self.kept_order.iter().copied().filter(|row| self.brushed.contains(*row as usize)).collect();
            let counts =
                Counts { n_all: frame.n_rows(), n_kept: self.kept.len(), n_brushed: self.brushed.len() };
            outputs.push(Output::Event(Event::Counts(counts)));
            outputs.push(Output::Event(Event::RowsChanged { n_rows: self.order.len() }));
        }
        if change >= Change::Plot {
            self.rebuild_plot(frame);
        }
        // A brush moves no axis: what it costs is what a drag feels like.
        if change >= Change::Kept
            && let Some(info) = self.axes_info(frame)
        {
            outputs.push(Output::Event(Event::Axes(info)));
        }
        self.paint(change, sequence, frame, outputs);
    }

    /// Works out the derived columns, where the runs or the expressions are others than before. All else reads them like
    /// other columns.
    fn derive(&mut self, frame: &mut RunFrame, change: Change, outputs: &mut Vec<Output>) {
        let is_new = change >= Change::Data;
        let Some(analyst) = self.analyst.filter(|_| is_new || self.are_expressions_stale) else { return };
        self.are_expressions_stale = false;
        if is_new {
            frame.forget_derived();
        }
        (analyst.derive)(frame, &self.expressions);
        if is_new {
            // All columns are about to be told.
            return;
        }
        self.columns.columns.retain(|column| !matches!(column.key, ColumnKey::Derived(_)));
        for key in frame.columns().into_iter().filter(|key| matches!(key, ColumnKey::Derived(_))) {
            self.formats.forget(&key);
            self.columns.columns.push(column_info(frame, key));
        }
        outputs.push(Output::Event(Event::Columns(self.columns.clone())));
    }

    /// What there is to say of an expression; none before there is an analyst.
    pub fn expression(&self, frame: &RunFrame, text: &str) -> Option<Output> {
        let news = (self.analyst?.expression)(frame, &self.order, text)?;
        Some(Output::Event(Event::Expression(news)))
    }

    /// Works out which runs are kept, and how they rank. Says where the change goes on if ranks are drawn.
    fn keep(&mut self, frame: &mut RunFrame, outputs: &mut Vec<Output>) -> Change {
        let (analyst, view) = (self.analyst, &self.view);
        let taken = |filter: &Option<Box<dyn RowFilter>>, frame: &RunFrame| {
            filter.as_ref().map_or_else(|| RowSet::full(frame.n_rows()), |filter| filter.rows(frame))
        };
        let fitting = taken(&self.constraints, frame);
        let stand = |frame: &mut RunFrame, rows: &RowSet| {
            let standings = analyst.map(|analyst| (analyst.standings)(frame, &rows.and(&fitting), view));
            frame.set_standings(&standings.unwrap_or_default());
        };
        let mut rows = taken(&self.filter, frame);
        for step in &view.steps {
            let (Step::Keep(brushes) | Step::Exclude(brushes)) = step;
            if brushes.iter().any(|brush| STANDINGS.contains(&brush.column)) {
                // Ranks are those among the runs that were kept until then.
                stand(frame, &rows);
            }
            rows = kept(frame, &rows, std::slice::from_ref(step));
        }
        self.eligible = rows.and(&fitting);
        let is_ranked = !view.objectives.is_empty();
        if is_ranked || self.has_standings {
            stand(frame, &rows);
        }
        self.kept = rows;
        if !is_ranked && !self.has_standings {
            return Change::Kept;
        }
        self.has_standings = is_ranked;
        let mut is_told = true;
        for key in STANDINGS {
            self.formats.forget(&key);
            if let Some(column) = self.columns.columns.iter_mut().find(|column| column.key == key) {
                let told = column_info(frame, key);
                is_told &= *column == told;
                *column = told;
            }
        }
        if !is_told {
            outputs.push(Output::Event(Event::Columns(self.columns.clone())));
        }
        let is_drawn = self.axis_views().iter().any(|axis| STANDINGS.contains(&axis.column))
            || self.colour_column().is_some_and(|column| STANDINGS.contains(&column));
        if is_drawn { Change::Plot } else { Change::Kept }
    }

    /// The analyst, once it is here.
    pub fn analyst(&self) -> Option<Analyst> {
        self.analyst
    }

    /// Whether the view needs what the analyst does, and there is none.
    pub fn lacks_analyst(&self) -> bool {
        let view = &self.view;
        let needs_none = view.panels.is_empty()
            && view.objectives.is_empty()
            && view.filter.is_empty()
            && view.ranking.constraints.is_empty()
            && self.expressions.is_empty();
        self.analyst.is_none() && !needs_none
    }

    /// There is an analyst now, and nothing that it does has been told. Says where the change starts.
    pub fn set_analyst(&mut self, analyst: Analyst, outputs: &mut Vec<Output>) -> Change {
        self.analyst = Some(analyst);
        self.is_workspace_stale = true;
        self.read_filter(outputs);
        self.read_constraints();
        self.note_expressions();
        // Derived columns were missing in every run until now.
        if self.expressions.is_empty() { Change::Kept } else { Change::Data }
    }

    /// What the open panels show, after a change: the front of the kept runs, and differences.
    pub fn tell_panels(
        &mut self,
        frame: &RunFrame,
        environments: &Environments,
        change: Change,
        outputs: &mut Vec<Output>,
    ) {
        let Some(analyst) = self.analyst else { return };
        let panels = self.view.panels.clone();
        let candidates = Candidates {
            kept: &self.kept,
            eligible: &self.eligible,
            problem: self.constraints_problem.as_ref(),
        };
        let is_stale = std::mem::take(&mut self.is_workspace_stale);
        let are_groups_stale = std::mem::take(&mut self.are_groups_stale);
        let mut tell = |news: Option<NewsText>| {
            outputs.extend(news.map(|news| Output::Event(Event::Workspace(news))));
        };
        if panels.contains(&Panel::Pareto) && (is_stale || change >= Change::Kept) {
            tell((analyst.pareto)(frame, candidates, &self.view, &mut self.formats));
        }
        if panels.contains(&Panel::Ranking) && (is_stale || change >= Change::Kept) {
            tell((analyst.ranking)(frame, candidates, &self.view, &mut self.formats));
        }
        for panel in PER_RUN {
            let is_stale = is_stale || (are_groups_stale && panel == Panel::Groups);
            if panels.contains(&panel) && (is_stale || change >= Change::Kept) {
                tell(self.per_run(panel, frame));
            } else if panels.contains(&panel) && change >= Change::Brush {
                self.due.push(panel);
            }
        }
        if is_stale || change >= Change::Data {
            self.tell_differences(frame, environments, outputs);
        }
        if panels.contains(&Panel::Importance) && (is_stale || change >= Change::Kept) {
            self.due.push(Panel::Importance);
        }
        if !self.due.is_empty() {
            outputs.push(Output::Rest);
        }
    }

    /// In what the selected runs differ, where that is shown.
    pub fn tell_differences(
        &mut self,
        frame: &RunFrame,
        environments: &Environments,
        outputs: &mut Vec<Output>,
    ) {
        if let Some(analyst) = self.analyst.filter(|_| self.has_differences()) {
            let window = self.differences_window;
            let news = (analyst.differences)(frame, environments, &self.view, window, &mut self.formats);
            outputs.extend(news.map(|news| Output::Event(Event::Workspace(news))));
        }
    }

    /// All differences as HTML; none while their panel is closed.
    pub fn differences_html(&mut self, frame: &RunFrame, environments: &Environments) -> Option<String> {
        let analyst = self.analyst.filter(|_| self.has_differences())?;
        Some((analyst.differences_html)(frame, environments, &self.view, &mut self.formats))
    }

    fn has_differences(&self) -> bool {
        self.view.panels.contains(&Panel::Differences)
    }

    /// The selected runs, where it is shown in what they differ, so that the size of each of their models is wanted; and
    /// whether their environments are, too.
    pub fn compared(&self) -> (&[RunId], bool) {
        if self.has_differences() {
            (&self.view.selected, self.view.differences.has_environments)
        } else {
            (&[], false)
        }
    }

    /// Whether a view names other runs than the present one.
    pub fn names_other_runs(&self, view: &View) -> bool {
        self.view.selected != view.selected || self.view.ranking.pick != view.ranking.pick
    }

    /// The runs that the view names.
    pub fn named_runs(&self) -> impl Iterator<Item = &RunId> {
        self.view.selected.iter().chain(&self.view.ranking.pick)
    }

    /// The part of the differences that somebody looks at. Whether that is another one.
    pub fn set_differences_window(&mut self, window: DifferencesWindow) -> bool {
        std::mem::replace(&mut self.differences_window, window) != window
    }

    /// What open panels show that takes too long to be told at every step of a drag, where it is due.
    pub fn tell_slow_panels(&mut self, frame: &RunFrame, outputs: &mut Vec<Output>) {
        let due = std::mem::take(&mut self.due);
        for panel in Panel::ALL.into_iter().filter(|panel| due.contains(panel)) {
            let news = self.per_run(panel, frame);
            outputs.extend(news.map(|news| Output::Event(Event::Workspace(news))));
        }
    }

    /// What a panel shows of each run; none while it is closed and before there is an analyst.
    fn per_run(&mut self, panel: Panel, frame: &RunFrame) -> Option<NewsText> {
        let analyst = self.analyst.filter(|_| self.view.panels.contains(&panel))?;
        let shown =
            Shown { kept: &self.kept, brushed: &self.brushed, view: &self.view, columns: &self.columns };
        let news = match panel {
            Panel::Importance => analyst.importance,
            Panel::History => analyst.history,
            Panel::Scatter => analyst.scatter,
            Panel::Groups => return (analyst.groups)(frame, shown, self.first_group_row, &mut self.formats),
            Panel::Pareto | Panel::Ranking | Panel::Curves | Panel::Differences => return None,
        };
        news(frame, shown, &mut self.formats)
    }

    /// The table of groups from this row on is looked at; nothing to tell where it is already.
    pub fn look_at_groups(&mut self, frame: &RunFrame, first_row: usize) -> Option<Output> {
        let is_another = std::mem::replace(&mut self.first_group_row, first_row) != first_row;
        let news = is_another.then(|| self.per_run(Panel::Groups, frame)).flatten();
        news.map(|news| Output::Event(Event::Workspace(news)))
    }

    /// The histories that the view's curves need.
    pub fn wanted_curves(&self, frame: &RunFrame) -> Wanted {
        let analyst = self.analyst.filter(|_| self.view.panels.contains(&Panel::Curves));
        analyst
            .map(|analyst| (analyst.wanted_curves)(frame, &self.view, &self.curve_look))
            .unwrap_or_default()
    }

    /// The part of x that somebody looks at in the curves; none for all of it. Whether that is another one.
    pub fn set_curve_window(&mut self, window: Option<Window>) -> bool {
        std::mem::replace(&mut self.curve_look.window, window) != window
    }

    /// The metrics whose charts somebody looks at. Which of them are new.
    pub fn set_curve_metrics(&mut self, metrics: Vec<String>) -> BTreeSet<String> {
        let old: BTreeSet<String> =
            std::mem::replace(&mut self.curve_look.near, metrics).into_iter().collect();
        self.curve_look.near.iter().filter(|metric| !old.contains(*metric)).cloned().collect()
    }

    /// News of the curves that the view shows, out of the histories; of these metrics alone, where some are named.
    pub fn tell_curves(
        &mut self,
        frame: &RunFrame,
        histories: &Histories,
        changed: Option<&BTreeSet<String>>,
        outputs: &mut Vec<Output>,
    ) {
        // What nobody shows would wait to be read.
        match self.analyst.filter(|_| self.view.panels.contains(&Panel::Curves)) {
            Some(analyst) => {
                let asked = CurvesAsk { histories, view: &self.view, look: &self.curve_look, changed };
                let news = (analyst.curves)(frame, asked, &mut self.curve_lines);
                outputs.extend(news.into_iter().map(|news| Output::Event(Event::Workspace(news))));
            }
            None => self.curve_lines = Lines::default(),
        }
    }

    /// Python that gives the table's rows; none before there is an analyst.
    pub fn python(&self, frame: &RunFrame, source: &PythonSource) -> Option<String> {
        Some((self.analyst?.python)(frame, &self.order, source))
    }

    /// The table's rows and shown columns as text; none before there is an analyst.
    pub fn table_text(&mut self, frame: &RunFrame, format: TableFormat) -> Option<String> {
        let analyst = self.analyst?;
        let defaults = Defaults {
            axes: self.columns.default_axes.clone(),
            columns: self.columns.default_columns.clone(),
        };
        let columns: Vec<ColumnKey> =
            self.view.columns_or(&defaults).into_iter().map(|column| column.column).collect();
        Some((analyst.table_text)(frame, &self.order, &columns, format, &mut self.formats))
    }

    /// The axes in force.
    fn axis_views(&self) -> Vec<AxisView> {
        match &self.view.axes {
            Some(axes) => axes.clone(),
            None => self
                .columns
                .default_axes
                .iter()
                .map(|column| AxisView { column: column.clone(), kind: None, is_flipped: false })
                .collect(),
        }
    }

    /// The colour column in force: the chosen one, else the last metric axis.
    fn colour_column(&self) -> Option<ColumnKey> {
        self.view.colour.clone().or_else(|| {
            self.axis_views()
                .into_iter()
                .map(|axis| axis.column)
                .rfind(|column| matches!(column, ColumnKey::Metric(_)))
        })
    }

    fn rebuild_plot(&mut self, frame: &RunFrame) {
        let (Some(size), Some(theme)) = (self.size, self.theme.clone()) else { return };
        // Without runs there are no axes either, and the picture is empty: what stood there before is not theirs.
        let views = if frame.n_rows() == 0 { Vec::new() } else { self.axis_views() };
        let columns: Vec<Vec<Value<'_>>> = views.iter().map(|axis| frame.values(&axis.column)).collect();
        let has_texts = views.iter().zip(&columns).any(|(view, values)| {
            let is_any = values.iter().any(|value| matches!(value, Value::Text(_)));
            let kind = |view: &AxisView| {
                view.kind
                    .unwrap_or_else(|| infer_kind(values, is_time(&view.column), is_metric(&view.column)))
            };
            is_any && kind(view) != AxisKind::Categorical
        });
        let lanes: Vec<Lane> = Lane::ALL
            .into_iter()
            .filter(|lane| {
                columns.iter().flatten().any(|value| value.lane() == Some(*lane))
                    || *lane == Lane::Text && has_texts
            })
            .collect();
        let layout = Layout::new(views.len(), size.width_px, size.height_px, &lanes);
        let ratio = size.device_pixel_ratio as f32;
        let mut axes = Vec::with_capacity(views.len());
        let mut positions: Vec<Vec<f32>> = Vec::with_capacity(views.len());
        for (view, values) in views.iter().zip(&columns) {
            let unit = self.formats.of(frame, &view.column).unit().to_owned();
            let spec = AxisSpec {
                column: view.column.clone(),
                label: own_label(&view.column, &views),
                unit,
                kind: view.kind,
                is_flipped: view.is_flipped,
                is_time: is_time(&view.column),
                is_metric: is_metric(&view.column),
            };
            let axis = Axis::new(spec, values, |row| frame.text(&view.column, row), layout.axis_layout());
            let is_categorical = axis.kind() == AxisKind::Categorical;
            positions.push(
                values
                    .iter()
                    .enumerate()
                    .map(|(row, value)| {
                        let text = if is_categorical { frame.text(&view.column, row) } else { None };
                        axis.position(*value, text.as_deref()) * ratio
                    })
                    .collect(),
            );
            axes.push(axis);
        }
        let (colours, legend) =
            if frame.n_rows() == 0 { (Vec::new(), None) } else { self.colours(frame, &theme) };
        let mut xs: Vec<f64> = layout.xs.iter().map(|x| x * size.device_pixel_ratio).collect();
        if let ([x], [axis]) = (xs.as_slice(), positions.as_slice()) {
            // No other axis to draw lines to: each run is a short line across this one.
            let reach = ALONE_PX * size.device_pixel_ratio;
            positions = vec![axis.clone(), axis.clone()];
            xs = vec![x - reach, x + reach];
        }
        let height = (size.height_px * size.device_pixel_ratio).ceil() as usize;
        let mut raster = Raster::new(&xs, height);
        raster.set_positions(&positions);
        raster.set_colours(colours.clone());
        let no_value = Some(theme.no_value).filter(|colour| legend.is_some() && colours.contains(colour));
        self.plot = Some(Plot { axes, layout, colours, legend, no_value, raster });
    }

    fn colours(&mut self, frame: &RunFrame, theme: &PlotTheme) -> (Vec<Rgb>, Option<Legend>) {
        let Some(column) = self.colour_column() else {
            return (vec![theme.no_value; frame.n_rows()], None);
        };
        let values = frame.values(&column);
        let summary = frame.summary(&column, None);
        let better = better(&column);
        if summary.is_numeric {
            let domain = summary.min.zip(summary.max);
            let is_log = infer_kind(&values, false, true) == AxisKind::Log;
            let ranks = Ranks::of(&values);
            let spread = self.view.colour_spread.unwrap_or(if ranks.is_crowded(is_log) {
                ColourSpread::ByRank
            } else {
                ColourSpread::ByValue
            });
            let median = ranks.median().filter(|_| spread == ColourSpread::ByRank);
            // The theme's ramp runs from the good end to the bad end.
            let scale = match spread {
                ColourSpread::ByRank => ColourScale::ranked(ranks, &theme.ramp, better, theme.no_value),
                ColourSpread::ByValue => {
                    ColourScale::ramp(domain, is_log, &theme.ramp, better, theme.no_value)
                }
            };
            let stops = scale.legend_stops(theme.ramp.len());
            let legend = domain.map(|(low, high)| {
                // The digits that tell the two ends apart, not those that tell all runs apart.
                let format = ColumnFormat::new([low, high].into_iter().chain(median), &column);
                Legend::Ramp {
                    low: format.format(low),
                    median: median.map(|median| format.format(median)),
                    high: format.format(high),
                    stops,
                    better,
                    column: column.clone(),
                }
            });
            (values.iter().map(|value| scale.colour(*value)).collect(), legend)
        } else {
            let scale = ColourScale::categories(&values, &theme.series, theme.no_value);
            let colours = values.iter().map(|value| scale.colour(*value)).collect();
            let legend = scale.legend_categories().map(|(items, n_others)| Legend::Categories {
                column,
                items: items.to_vec(),
                n_others,
            });
            (colours, legend)
        }
    }

    fn axes_info(&mut self, frame: &RunFrame) -> Option<AxesInfo> {
        let plot = self.plot.as_ref()?;
        let axes = plot
            .axes
            .iter()
            .zip(&plot.layout.xs)
            .map(|(axis, x_px)| {
                let format = self.formats.of(frame, &axis.spec().column);
                let values = frame.values(&axis.spec().column);
                let lane_of = |row: usize| values.get(row).and_then(|value| axis.lane_of(*value));
                let lanes = plot.layout.lane_ys.iter().map(|(lane, y_px)| LaneInfo {
                    lane: *lane,
                    y_px: *y_px,
                    n_runs: self.kept.iter().filter(|row| lane_of(*row) == Some(*lane)).count(),
                });
                AxisInfo {
                    column: axis.spec().column.clone(),
                    label: axis.spec().label.clone(),
                    unit: axis.spec().unit.clone(),
                    per_unit: format.per_unit(),
                    kind: axis.kind(),
                    is_kind_inferred: axis.is_kind_inferred(),
                    is_flipped: axis.spec().is_flipped,
                    x_px: *x_px,
                    top_px: plot.layout.top_px,
                    bottom_px: plot.layout.bottom_px,
                    domain: axis.domain(),
                    least_not_positive: axis.least_not_positive(),
                    ticks: axis
                        .ticks(&|number| without_trailing_zeros(format.format(number)))
                        .into_iter()
                        .map(|tick| Tick {
                            y_px: tick.y_px,
                            label: tick.label,
                            category: tick.category,
                            is_labelled: tick.is_labelled,
                        })
                        .collect(),
                    lanes: lanes.collect(),
                    note: axis.note(),
                }
            })
            .collect();
        Some(AxesInfo {
            width_px: plot.layout.width_px,
            height_px: self.size.map_or(0.0, |size| size.height_px),
            axes,
            no_value: plot.no_value,
            legend: plot.legend.clone(),
        })
    }

    /// Paints what is another than before. The page is told of the view's number in any case, since it waits for it.
    fn paint(&mut self, change: Change, sequence: u32, frame: &RunFrame, outputs: &mut Vec<Output>) {
        let painted = |n_axes: usize| Event::Painted {
            sequence,
            n_runs: self.kept.len(),
            n_brushed: self.brushed.len(),
            n_axes,
            since_input_millis: 0.0,
        };
        let is_another = self.has_canvas && change >= Change::Brush && change != Change::Order;
        let (Some(plot), Some(theme), Some(size), true) =
            (self.plot.as_mut(), &self.theme, self.size, is_another)
        else {
            if sequence != 0 {
                outputs.push(Output::Event(painted(0)));
            }
            return;
        };
        if change != Change::Brush {
            plot.raster.set_context(self.kept.words());
        }
        plot.raster.set_focus(self.brushed.words());
        let width = (plot.layout.width_px * size.device_pixel_ratio).ceil() as usize;
        let height = plot.raster.height();
        let raster_theme = RasterTheme {
            surface: theme.surface,
            context: theme.context,
            context_alpha: CONTEXT_ALPHA,
            focus_alpha: FOCUS_ALPHA,
        };
        plot.raster.compose(width, &raster_theme, &mut self.pixels);
        debug_assert!(self.kept.len() <= frame.n_rows());
        let painted = painted(plot.axes.len());
        outputs.push(Output::Blit {
            width: width as u32,
            height: height as u32,
            pixels: std::mem::take(&mut self.pixels),
            painted,
        });
    }

    /// The rows asked for, and their places in the frame.
    pub fn rows(
        &mut self,
        frame: &RunFrame,
        request: u32,
        start: usize,
        n_rows: usize,
        columns: &[ColumnKey],
    ) -> (RowsPage, Vec<usize>) {
        let rows: Vec<usize> = self.order.iter().skip(start).take(n_rows).map(|row| *row as usize).collect();
        let views = rows
            .iter()
            .map(|&row| RowView {
                run_id: frame.run_id(row).clone(),
                depth: self.families.as_ref().map_or(0, |families| families.depth(row, &self.brushed)),
                colour: self.plot.as_ref().and_then(|plot| plot.colours.get(row)).copied(),
                cells: columns.iter().map(|column| self.formats.cell(frame, column, row)).collect(),
            })
            .collect();
        (RowsPage { request, start, n_total: self.order.len(), columns: columns.to_vec(), rows: views }, rows)
    }

    /// The runs of a set, as last shown: runs that have arrived since are in none.
    pub fn run_ids(&self, frame: &RunFrame, set: RunSet) -> RunIds {
        let rows = match set {
            RunSet::All => RowSet::full(self.brushed.n_rows()),
            RunSet::Brushed => self.brushed.clone(),
            RunSet::AllButBrushed => self.brushed.not(),
            RunSet::Selected => self.selected_rows(frame),
            RunSet::AllButSelected => {
                let rows = self.selected_rows(frame);
                // What nobody sees selected must not make “all but these” into “all”.
                if rows.is_empty() { rows } else { rows.not() }
            }
            RunSet::Rows { start, n_rows } => {
                let mut rows = RowSet::empty(self.brushed.n_rows());
                self.order.iter().skip(start).take(n_rows).for_each(|row| rows.insert(*row as usize));
                rows
            }
        };
        let stage = ColumnKey::Attribute(Attribute::LifecycleStage);
        let (mut active, mut deleted) = (NamedRuns::default(), NamedRuns::default());
        for row in rows.iter() {
            let is_deleted = frame.text(&stage, row).as_deref() == Some("deleted");
            let runs = if is_deleted { &mut deleted } else { &mut active };
            runs.run_ids.push(frame.run_id(row).clone());
            if runs.names.len() < NamedRuns::N_NAMES {
                runs.names.push(frame.name(row).to_owned());
            }
        }
        RunIds { set, active, deleted }
    }

    /// The selected runs among those that were shown last.
    fn selected_rows(&self, frame: &RunFrame) -> RowSet {
        let mut rows = RowSet::empty(self.brushed.n_rows());
        let selected = self.view.selected.iter().filter_map(|run_id| frame.row_of(run_id));
        selected.filter(|row| *row < self.brushed.n_rows()).for_each(|row| rows.insert(row));
        rows
    }

    /// Finds the run under the pointer.
    pub fn hover(&mut self, frame: &RunFrame, target: &HoverTarget) -> Option<Event> {
        let ratio = self.size.map_or(1.0, |size| size.device_pixel_ratio);
        let row = match target {
            HoverTarget::None => None,
            HoverTarget::Run(run_id) => frame.row_of(run_id),
            HoverTarget::Plot { x_px, y_px } => self.plot.as_ref().and_then(|plot| {
                let (x, y, reach) = (x_px * ratio, y_px * ratio, HOVER_REACH_PX * ratio);
                plot.raster.nearest(x, y, self.brushed.words(), reach).map(|row| row as usize)
            }),
        };
        let Some(row) = row else { return Some(Event::Hovered(None)) };
        let (points, values) = match self.plot.as_ref() {
            Some(plot) => {
                let points =
                    plot.raster.polyline(row as u32).into_iter().map(|(x, y)| (x / ratio, y / ratio));
                let values =
                    plot.axes.iter().map(|axis| match self.formats.cell(frame, &axis.spec().column, row) {
                        Cell::Shown(text) | Cell::Rounded { text, .. } => text,
                        Cell::Special(lane) => lane.label().to_owned(),
                    });
                (points.collect(), values.collect())
            }
            None => (Vec::new(), Vec::new()),
        };
        Some(Event::Hovered(Some(HoveredRun {
            run_id: frame.run_id(row).clone(),
            name: frame.name(row).to_owned(),
            points,
            values,
            row: self.order.iter().position(|other| *other as usize == row),
        })))
    }
}

/// Whether the numbers of a column are milliseconds since 1970.
fn is_time(column: &ColumnKey) -> bool {
    matches!(column, ColumnKey::Attribute(Attribute::StartTime | Attribute::EndTime))
}

/// Whether a column is measured rather than chosen.
fn is_metric(column: &ColumnKey) -> bool {
    !matches!(column, ColumnKey::Param(_) | ColumnKey::Tag(_))
}

/// The title of an axis: the column's key alone, unless another axis has the same.
fn own_label(column: &ColumnKey, axes: &[AxisView]) -> String {
    let is_shared =
        axes.iter().any(|other| other.column != *column && other.column.label() == column.label());
    if is_shared { column.to_string() } else { column.label().to_owned() }
}

/// A tick stands alone: the zeros that keep a column's digits in line only take room there.
fn without_trailing_zeros(text: String) -> String {
    if text.contains('.') && !text.contains('e') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

/// Whether a column needs the size of models: a derived one where its expression names it, whatever else the name may mean.
pub fn has_model_size(column: &ColumnKey) -> bool {
    match column {
        ColumnKey::Attribute(attribute) => *attribute == Attribute::ModelSize,
        ColumnKey::Derived(expression) => {
            expression.to_ascii_lowercase().contains(Attribute::ModelSize.as_str())
        }
        _ => false,
    }
}
