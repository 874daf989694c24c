//! The metric curves: which histories they need, and the series that are drawn of those that are here.

use super::cells::Formats;
use super::groups::{Grouped, groups};
use super::histories::{Histories, ShownHistory, Wanted};
use super::news::{CurveChart, CurveRange, CurveSeries, CurvesInfo, NamedRun};
use super::workspace::{named, selected_rows};
use crate::analysis::bands::{self, Grid, band};
use crate::analysis::downsample::downsample;
use crate::analysis::quantile::quantile;
use crate::analysis::smoothing::{exponential, gaussian, running_mean};
use crate::entities::order::sort_by;
use crate::entities::{ColumnKey, HistoryPoint};
use crate::frame::{RunFrame, Value};
use crate::view::{
    BandCentre, BandSpread, CurveBands, CurveX, CurvesView, Lane, Smoothing, View, objective_rank,
};
use std::collections::{BTreeSet, HashMap, HashSet};

/// Stretches of a curve of which the first, last, lowest and highest point are drawn: more than a chart has pixels.
const N_BUCKETS: usize = 500;
/// So many points of all curves of a chart are drawn at most, as far as [`LEAST_BUCKETS`] allows: beyond, drawing them
/// would keep the page from answering. A part that is looked at has as many for itself.
const N_DRAWN: usize = 12_000;
/// So many stretches show the shape of a curve among many.
const LEAST_BUCKETS: usize = 30;
/// Outside the part that is looked at, a curve has so many stretches.
const OUTER_BUCKETS: usize = 10;
/// The share of values at either end that counts as outliers, and the room left around the others.
const OUTLIERS: f64 = 0.05;
const ROOM: f64 = 0.1;
/// So many values stand for all when outliers are looked for.
const N_VALUES: usize = 20_000;
/// So many points of a chart that are no numbers are marked at most: they lie one beside the other, or one upon another.
const N_MARKED: usize = 600;
/// So many charts are read and told before somebody says which ones are in view, and always: more of them than this are
/// drawn only where somebody looks.
const N_CHARTS: usize = 12;

/// A part of x.
pub type Window = (f64, f64);

/// What somebody looks at.
#[derive(Clone, Debug, Default)]
pub struct CurveLook {
    /// A part of x; none for all of it.
    pub window: Option<Window>,
    /// The metrics whose charts are in view, where there are many.
    pub near: Vec<String>,
}

/// What is to be told of the curves.
#[derive(Clone, Copy)]
pub struct CurvesAsk<'a> {
    /// Out of which histories.
    pub histories: &'a Histories,
    /// For which view.
    pub view: &'a View,
    /// To whom.
    pub look: &'a CurveLook,
    /// Of these metrics alone, where some are named.
    pub changed: Option<&'a BTreeSet<String>>,
}

/// The lines as they were last made from histories: a zoom changes nothing of them, and an arrival only its own.
#[derive(Default)]
pub struct Lines(HashMap<String, HashMap<usize, KeptLine>>);

struct KeptLine {
    /// The versions of the history and of that of what it runs along.
    versions: (u32, Option<u32>),
    x: CurveX,
    line: Line,
    smoothing: (Smoothing, u8),
    /// Its values smoothed; none where they are not.
    smoothed: Option<Vec<f64>>,
}

impl Lines {
    /// Makes the line of a history, unless it is here.
    fn keep(
        &mut self,
        metric: &str,
        row: usize,
        view: &CurvesView,
        own: ShownHistory<'_>,
        along: Option<ShownHistory<'_>>,
    ) {
        let versions = (own.version, along.map(|along| along.version));
        if !self.0.contains_key(metric) {
            self.0.insert(metric.to_owned(), HashMap::new());
        }
        let Some(of_rows) = self.0.get_mut(metric) else { return };
        let smoothing = (view.smoothing, view.smoothing_amount);
        let kept = of_rows.remove(&row).filter(|kept| kept.versions == versions && kept.x == view.x);
        let kept = match kept {
            Some(kept) if kept.smoothing == smoothing => kept,
            Some(kept) => KeptLine { smoothed: kept.line.smoothed(view), smoothing, ..kept },
            None => {
                let line = Line::new(own.points, &view.x, along.map_or(&[], |along| along.points));
                KeptLine { versions, x: view.x.clone(), smoothed: line.smoothed(view), smoothing, line }
            }
        };
        of_rows.insert(row, kept);
    }

    fn get(&self, metric: &str, row: usize) -> Option<&KeptLine> {
        self.0.get(metric)?.get(&row)
    }
}

impl KeptLine {
    fn ys(&self) -> &[f64] {
        self.smoothed.as_ref().unwrap_or(&self.line.ys)
    }
}

/// A curve to draw: the place of its run among the selected ones that are loaded, and its line.
type Curve<'a> = (usize, &'a KeptLine);

/// The curves of the selected runs, of the metrics whose charts are in view; the charts of some of them alone, where those
/// are named. With a window, the part of x that somebody looks at is told with as many points as all of it otherwise.
pub fn info(
    frame: &RunFrame,
    CurvesAsk { histories, view, look, changed }: CurvesAsk<'_>,
    lines: &mut Lines,
) -> (CurvesInfo, Vec<CurveChart>) {
    let (rows, missing) = selected_rows(frame, &view.selected);
    let metrics = choices(frame, &rows);
    let mut info = CurvesInfo {
        x: view.curves.x.clone(),
        missing,
        shown: shown_metrics(frame, &metrics, view),
        stepless: metrics.iter().filter(|metric| !frame.has_steps(metric)).cloned().collect(),
        is_stopped: histories.is_stopped(),
        metrics,
        ..CurvesInfo::default()
    };
    let in_view = in_view(&info.shown, look);
    lines.0.retain(|metric, _| in_view.contains(metric));
    let x_metric = view.curves.x_metric();
    let has_x =
        |row| x_metric.is_none_or(|x| frame.value(&ColumnKey::Metric(x.to_owned()), row) != Value::Missing);
    let mut charts = Vec::new();
    for metric in &in_view {
        let key = ColumnKey::Metric(metric.clone());
        let mut chart = CurveChart { metric: metric.clone(), ..CurveChart::default() };
        let mut places = Vec::new();
        for (place, &row) in rows.iter().enumerate() {
            if frame.value(&key, row) == Value::Missing || !has_x(row) {
                chart.without.push(named(frame, row));
                continue;
            }
            info.n_all += 1;
            // What a curve runs along is a history like its own.
            let own = histories.shown(row, metric);
            let along = x_metric.map(|x| histories.shown(row, x));
            let failure = histories.failure(row, metric).or_else(|| histories.failure(row, x_metric?));
            info.failures.extend(failure.map(str::to_owned));
            match (own, along.unwrap_or_default(), along.is_some_and(|along| along.is_none())) {
                (Some(own), along, false) => {
                    chart.n_curves += 1;
                    let is_selection = |shown: ShownHistory<'_>| shown.is_selection;
                    chart.n_selections += usize::from(own.is_selection || along.is_some_and(is_selection));
                    lines.keep(metric, row, &view.curves, own, along);
                    places.push((place, row));
                }
                _ => info.n_pending += usize::from(failure.is_none()),
            }
        }
        info.n_selections += chart.n_selections;
        charts.push((chart, places));
    }
    let lines = &*lines;
    let curves_of = |metric: &str, places: &[(usize, usize)]| -> Vec<Curve<'_>> {
        places.iter().filter_map(|&(place, row)| Some((place, lines.get(metric, row)?))).collect()
    };
    // All charts have one range, also of those that are not told now.
    for (chart, places) in &charts {
        for (_, kept) in curves_of(&chart.metric, places) {
            info.range = kept.line.widened(info.range);
        }
    }
    let is_told = |metric: &String| {
        changed
            .is_none_or(|changed| changed.contains(metric) || x_metric.is_some_and(|x| changed.contains(x)))
    };
    let grouped =
        view.curves.bands.as_ref().map(|bands| groups(frame, &rows, &bands.column, &mut Formats::default()));
    let slots = slots_of(frame, view);
    let named_at = |place: usize| (named(frame, rows[place]), slots[place]);
    let tell = |(mut chart, places): (CurveChart, Vec<(usize, usize)>)| {
        let curves = curves_of(&chart.metric, &places);
        chart.y_range = view.curves.is_clipped.then(|| middle_of(&curves, view.curves.is_log_y)).flatten();
        if let Some((low, high)) = chart.y_range {
            let has_place = |y: f64| y.is_finite() && (!view.curves.is_log_y || y > 0.0);
            let is_beyond = |y: &&f64| has_place(**y) && !(low..=high).contains(*y);
            chart.n_beyond =
                curves.iter().map(|(_, kept)| kept.line.ys.iter().filter(is_beyond).count()).sum();
        }
        chart.series = match (&view.curves.bands, &grouped) {
            (Some(bands), Some(grouped)) if bands.centre == BandCentre::Each => {
                coloured(single(&curves, &view.curves, look.window, named_at), &curves, grouped)
            }
            (Some(bands), Some(grouped)) => banded(&curves, &view.curves, bands, grouped, look.window),
            _ => single(&curves, &view.curves, look.window, named_at),
        };
        chart
    };
    let charts = charts.into_iter().filter(|(chart, _)| is_told(&chart.metric)).map(tell).collect();
    (info, charts)
}

/// The metrics that are read and told, of those that have a chart.
fn in_view(shown: &[String], look: &CurveLook) -> Vec<String> {
    let near: HashSet<&String> = look.near.iter().collect();
    let is_in = |(place, metric): &(usize, &String)| *place < N_CHARTS || near.contains(metric);
    shown.iter().enumerate().filter(is_in).map(|(_, metric)| metric.clone()).collect()
}

/// The slot of each selected run that is loaded.
fn slots_of(frame: &RunFrame, view: &View) -> Vec<usize> {
    let all = view.selected.iter().enumerate();
    all.filter(|(_, id)| frame.row_of(id).is_some()).map(|(place, _)| view.slot(place)).collect()
}

/// A series for each run.
fn single(
    curves: &[Curve<'_>],
    view: &CurvesView,
    window: Option<Window>,
    named_at: impl Fn(usize) -> (NamedRun, usize),
) -> Vec<CurveSeries> {
    let is_smoothed = curves.iter().any(|(_, kept)| kept.smoothed.is_some());
    let sampling = Sampling::among(curves.len() * if is_smoothed { 2 } else { 1 }, window, view);
    let series_of = |(place, kept): &Curve<'_>| {
        let line = &kept.line;
        let points = line.drawn(kept.ys(), sampling);
        let (run, slot) = named_at(*place);
        CurveSeries {
            name: run.name.clone(),
            run: Some(run),
            place: slot,
            place_within: None,
            n_points: line.xs.len(),
            n_drawn: points.len(),
            points,
            behind: if kept.smoothed.is_some() { vec![line.drawn(&line.ys, sampling)] } else { Vec::new() },
            band: Vec::new(),
            n_specials: line.specials().count(),
            specials: thinned(line.specials().collect(), N_MARKED / curves.len().max(1)),
        }
    };
    curves.iter().map(series_of).collect()
}

/// The runs' series in the colours of their groups, those of a group one after another.
fn coloured(series: Vec<CurveSeries>, curves: &[Curve<'_>], grouped: &Grouped) -> Vec<CurveSeries> {
    let mut n_within = vec![0; grouped.grouping.labels.len()];
    let mut coloured: Vec<CurveSeries> = Vec::new();
    for (mut series, (place, _)) in series.into_iter().zip(curves) {
        let group = grouped.group_of.get(*place).map_or(0, |group| *group as usize);
        let label = grouped.grouping.labels.get(group).map_or("", String::as_str);
        series.name = format!("{} ({label})", series.name);
        series.place = group;
        if let Some(n_within) = n_within.get_mut(group) {
            series.place_within = Some(*n_within);
            *n_within += 1;
        }
        coloured.push(series);
    }
    // Stable, so that a group's runs keep their order.
    coloured.sort_by_key(|series| series.place);
    coloured
}

/// A series for each group that has a curve: its runs smoothed first, as they are when each stands for itself.
fn banded(
    curves: &[Curve<'_>],
    view: &CurvesView,
    bands: &CurveBands,
    grouped: &Grouped,
    window: Option<Window>,
) -> Vec<CurveSeries> {
    let n_groups = grouped.grouping.labels.len();
    // Line and both edges of a group are drawn wherever one of them turns.
    let sampling = Sampling::among(curves.len() + 9 * n_groups, window, view);
    let of_group = |(place, label): (usize, &String)| {
        let is_in =
            |curve: &&Curve<'_>| grouped.group_of.get(curve.0).is_some_and(|group| *group as usize == place);
        let members: Vec<&KeptLine> = curves.iter().filter(is_in).map(|(_, kept)| *kept).collect();
        let own: Vec<bands::Curve<'_>> =
            members.iter().map(|kept| bands::Curve { x: &kept.line.xs, y: kept.ys() }).collect();
        let together = if view.x == CurveX::Step {
            band(&own, Grid::Lines)
        } else {
            band(&own, Grid::At(&places_between(&members, window, has_log_x(view))))
        };
        let (mut centre, mut edges) = (Vec::new(), Vec::new());
        for at in 0..together.x.len() {
            let std = if together.std[at].is_finite() { together.std[at] } else { 0.0 };
            centre.push(if bands.centre == BandCentre::Mean {
                together.mean[at]
            } else {
                together.median[at]
            });
            edges.push(match bands.spread {
                BandSpread::Range => (together.min[at], together.max[at]),
                BandSpread::StandardDeviation => (together.mean[at] - std, together.mean[at] + std),
                BandSpread::Quartiles => (together.q1[at], together.q3[at]),
                BandSpread::None => (f64::NAN, f64::NAN),
            });
        }
        let whole = Line { xs: together.x, ys: centre };
        let behind: Vec<_> = members.iter().map(|kept| kept.line.drawn(kept.ys(), sampling)).collect();
        let edge = |at: usize| {
            let (low, high) = edges[at];
            (whole.xs[at], (low.is_finite() && high.is_finite()).then_some((low, high)))
        };
        let lows: Vec<f64> = edges.iter().map(|edge| edge.0).collect();
        let highs: Vec<f64> = edges.iter().map(|edge| edge.1).collect();
        let turns = [&whole.ys, &lows, &highs].map(|ys| whole.places(ys, sampling));
        let mut shown = turns.concat();
        shown.sort_unstable();
        shown.dedup();
        let points = whole.at(&whole.ys, &shown);
        let has_band = bands.spread != BandSpread::None;
        let band = shown.into_iter().filter(|_| has_band).map(edge).collect();
        let n = members.len();
        (n > 0).then(|| CurveSeries {
            name: format!("{label} ({n} {})", if n == 1 { "run" } else { "runs" }),
            run: None,
            place,
            place_within: None,
            points,
            n_points: members.iter().map(|kept| kept.line.xs.len()).sum(),
            n_drawn: behind.iter().map(Vec::len).sum(),
            behind,
            band,
            n_specials: members.iter().map(|kept| kept.line.specials().count()).sum(),
            specials: thinned(
                members.iter().flat_map(|kept| kept.line.specials()).collect(),
                N_MARKED / n_groups.max(1),
            ),
        })
    };
    grouped.grouping.labels.iter().enumerate().filter_map(of_group).collect()
}

/// The places at which lines that share no x are put together: even as the axis is, over all of it, and as many once more
/// over the part that somebody looks at.
fn places_between(members: &[&KeptLine], window: Option<Window>, is_log: bool) -> Vec<f64> {
    let Some(range) = members.iter().fold(None, |range, kept| kept.line.widened(range)) else {
        return Vec::new();
    };
    let low = range.least_positive.filter(|_| is_log).unwrap_or(range.low);
    let is_log = is_log && low > 0.0;
    let mut places = even(low, range.high, N_BUCKETS, is_log);
    if let Some((from, to)) = window {
        places.extend(even(from.max(low), to.min(range.high), N_BUCKETS, is_log));
    }
    // What a logarithmic axis cannot show is a part of the band all the same.
    places.extend([range.low, range.high]);
    sort_by(&mut places, f64::total_cmp);
    places.dedup();
    places
}

/// So many places from one to the other, both included, evenly or by magnitude.
fn even(low: f64, high: f64, n: usize, is_log: bool) -> Vec<f64> {
    if low >= high || n < 2 {
        return Vec::new();
    }
    let at = |place: usize| {
        let share = place as f64 / (n - 1) as f64;
        let value = if is_log {
            (low.ln() * (1.0 - share) + high.ln() * share).exp()
        } else {
            low * (1.0 - share) + high * share
        };
        value.clamp(low, high)
    };
    (0..n).map(at).collect()
}

/// Where all but the lowest and the highest twentieth of the values lie, with some room around; none where that is no
/// stretch. Of very many values some stand for all.
fn middle_of(curves: &[Curve<'_>], is_log: bool) -> Option<(f64, f64)> {
    let n_all: usize = curves.iter().map(|(_, kept)| kept.line.ys.len()).sum();
    let values = curves.iter().flat_map(|(_, kept)| &kept.line.ys).step_by(n_all / N_VALUES + 1).copied();
    let mut values: Vec<f64> = values.filter(|y| y.is_finite() && (!is_log || *y > 0.0)).collect();
    sort_by(&mut values, f64::total_cmp);
    let (low, high) = (quantile(&values, OUTLIERS)?, quantile(&values, 1.0 - OUTLIERS)?);
    let room = (high - low) * ROOM;
    let (least, most) = (*values.first()?, *values.last()?);
    let (low, high) = (low - room, high + room);
    // Ends that can be read: two digits of the stretch between them.
    let unit = 10_f64.powf((high - low).log10().floor() - 1.0);
    let low = rounded(low.max(least), unit, f64::floor);
    let high = rounded(high.min(most), unit, f64::ceil);
    // A logarithmic axis has no zero.
    let low = if is_log && low <= 0.0 { least } else { low };
    (low < high).then_some((low, high))
}

/// The next multiple of a power of ten, without a trace of the division.
fn rounded(value: f64, unit: f64, towards: fn(f64) -> f64) -> f64 {
    if unit < 1.0 {
        let per_unit = (1.0 / unit).round();
        towards(value * per_unit) / per_unit
    } else {
        towards(value / unit) * unit
    }
}

/// The histories that the view needs, metric by metric: a chart that is whole says more than all of them begun.
pub fn wanted(frame: &RunFrame, view: &View, look: &CurveLook) -> Wanted {
    let (rows, _) = selected_rows(frame, &view.selected);
    let mut metrics = in_view(&shown_metrics(frame, &choices(frame, &rows), view), look);
    let has =
        |row: usize, metric: &str| frame.value(&ColumnKey::Metric(metric.to_owned()), row) != Value::Missing;
    let x_metric = view.curves.x_metric();
    let rows: Vec<usize> = rows.into_iter().filter(|row| x_metric.is_none_or(|x| has(*row, x))).collect();
    // What all of them run along comes first.
    if let Some(x) = x_metric.filter(|_| !metrics.is_empty()) {
        metrics.retain(|metric| metric != x);
        metrics.insert(0, x.to_owned());
    }
    let of = |metric: String| (rows.iter().copied().filter(|row| has(*row, &metric)).collect(), metric);
    metrics.into_iter().map(of).map(|(rows, metric)| (metric, rows)).collect()
}

/// Metrics that some of the runs logged.
fn choices(frame: &RunFrame, rows: &[usize]) -> Vec<String> {
    let logged = |column: &ColumnKey| rows.iter().any(|row| frame.value(column, *row) != Value::Missing);
    let metric = |column| if let ColumnKey::Metric(metric) = column { Some(metric) } else { None };
    let metrics = frame.columns().into_iter().filter(|column| matches!(column, ColumnKey::Metric(_)));
    metrics.filter(logged).filter_map(metric).collect()
}

/// The view's metrics; else the first objective among the choices, else the likeliest one. What was logged over several
/// steps comes before what was not, where nobody chose.
fn shown_metrics(frame: &RunFrame, choices: &[String], view: &View) -> Vec<String> {
    if !view.curves.metrics.is_empty() {
        return view.curves.metrics.clone();
    }
    let is_stepped = |metric: &&String| frame.has_steps(metric);
    let has_stepped = choices.iter().any(|metric| frame.has_steps(metric));
    let likely = || choices.iter().filter(|metric| !has_stepped || is_stepped(metric));
    let of_objective = view.objectives.iter().find_map(|objective| match &objective.column {
        ColumnKey::Metric(metric) => likely().find(|other| *other == metric).cloned(),
        _ => None,
    });
    let likeliest = || likely().min_by_key(|metric| (objective_rank(metric), metric.len())).cloned();
    of_objective.or_else(likeliest).into_iter().collect()
}

/// How many points of a curve are drawn, and where.
#[derive(Clone, Copy)]
struct Sampling {
    n_buckets: usize,
    window: Option<Window>,
    /// Whether stretches are even by magnitude, as the axis is.
    is_log: bool,
}

impl Sampling {
    /// That of so many lines in one chart.
    fn among(n_lines: usize, window: Option<Window>, view: &CurvesView) -> Self {
        let n_buckets = (N_DRAWN / 4 / n_lines.max(1)).clamp(LEAST_BUCKETS, N_BUCKETS);
        Self { n_buckets, window, is_log: has_log_x(view) }
    }
}

/// Whether x is spread by magnitude: a date has none.
fn has_log_x(view: &CurvesView) -> bool {
    view.is_log_x && view.x != CurveX::WallTime
}

/// A history along one of its measures.
struct Line {
    xs: Vec<f64>,
    ys: Vec<f64>,
}

impl Line {
    /// The points along x; `along` is the history of the metric that it runs along, if it does.
    fn new(points: &[HistoryPoint], x: &CurveX, along: &[HistoryPoint]) -> Self {
        let first_millis = points.iter().map(|point| point.millis).min().unwrap_or_default();
        let mut along: Vec<&HistoryPoint> = along.iter().collect();
        sort_by(&mut along, |a, b| a.step.cmp(&b.step).then(a.millis.cmp(&b.millis)));
        let place = |point: &HistoryPoint| match x {
            CurveX::Step => point.step as f64,
            CurveX::RelativeTime => (point.millis - first_millis) as f64 / 1e3,
            CurveX::WallTime => point.millis as f64,
            CurveX::Metric(_) => {
                let n_until = along.partition_point(|other| other.step <= point.step);
                n_until.checked_sub(1).map_or(f64::NAN, |newest| along[newest].value)
            }
        };
        let places = points.iter().map(|point| (place(point), point.value));
        // What is nowhere on the axis is no part of the line.
        let mut places: Vec<(f64, f64)> = places.filter(|(x, _)| x.is_finite()).collect();
        // Pages come by step; a run that went back to an earlier step goes on in time.
        sort_by(&mut places, |a, b| a.0.total_cmp(&b.0));
        let (xs, ys) = places.into_iter().unzip();
        Self { xs, ys }
    }

    /// Its values smoothed; none where they are not to be.
    fn smoothed(&self, view: &CurvesView) -> Option<Vec<f64>> {
        let amount = view.smoothing_amount;
        match view.smoothing {
            _ if amount == 0 => None,
            Smoothing::Exponential => Some(exponential(&self.ys, f64::from(amount) / 100.0).y),
            Smoothing::Gaussian => Some(gaussian(&self.ys, f64::from(amount)).y),
            Smoothing::RunningMean => Some(running_mean(&self.ys, usize::from(amount)).y),
        }
    }

    /// What stands where there is no number.
    fn specials(&self) -> impl Iterator<Item = (f64, Lane)> {
        let all = self.xs.iter().zip(&self.ys);
        all.filter_map(|(&x, &y)| Some((x, Value::from_f64(y).lane()?)))
    }

    /// The range, and this line in it.
    fn widened(&self, range: Option<CurveRange>) -> Option<CurveRange> {
        let (Some(&low), Some(&high)) = (self.xs.first(), self.xs.last()) else { return range };
        let positive = self.xs.get(self.xs.partition_point(|x| *x <= 0.0)).copied();
        let Some(range) = range else { return Some(CurveRange { low, high, least_positive: positive }) };
        let least_positive = match (range.least_positive, positive) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        Some(CurveRange { low: range.low.min(low), high: range.high.max(high), least_positive })
    }

    /// The places of the points that are drawn for these values, ascending.
    fn places(&self, ys: &[f64], sampling: Sampling) -> Vec<usize> {
        // What is not above zero has no magnitude: of it as much is told as of what lies outside the part in view.
        let n_without = if sampling.is_log { self.xs.partition_point(|x| *x <= 0.0) } else { 0 };
        let (without, with) = self.xs.split_at(n_without);
        let outer = Sampling { n_buckets: OUTER_BUCKETS, window: None, is_log: false };
        let mut shown: Vec<usize> = sampled(without, &ys[..n_without], outer);
        let of_rest = if sampling.is_log {
            let by_magnitude =
                |(low, high): Window| (low.max(f64::MIN_POSITIVE).ln(), high.max(f64::MIN_POSITIVE).ln());
            let window = sampling.window.map(by_magnitude);
            let magnitudes: Vec<f64> = with.iter().map(|x| x.ln()).collect();
            sampled(&magnitudes, &ys[n_without..], Sampling { window, ..sampling })
        } else {
            sampled(with, ys, sampling)
        };
        shown.extend(of_rest.into_iter().map(|at| n_without + at));
        shown
    }

    fn drawn(&self, ys: &[f64], sampling: Sampling) -> Vec<(f64, Option<f64>)> {
        self.at(ys, &self.places(ys, sampling))
    }

    fn at(&self, ys: &[f64], places: &[usize]) -> Vec<(f64, Option<f64>)> {
        places.iter().map(|&at| (self.xs[at], Some(ys[at]).filter(|y| y.is_finite()))).collect()
    }
}

/// So many of them, evenly chosen.
fn thinned(mut specials: Vec<(f64, Lane)>, n_most: usize) -> Vec<(f64, Lane)> {
    let each = specials.len().div_ceil(n_most.max(1)).max(1);
    let mut at = 0;
    specials.retain(|_| {
        at += 1;
        (at - 1) % each == 0
    });
    specials
}

/// The places of the points that stand for all, ascending: of each stretch the first, last, lowest and highest.
fn sampled(xs: &[f64], ys: &[f64], Sampling { n_buckets, window, .. }: Sampling) -> Vec<usize> {
    let (Some(&first), Some(&last)) = (xs.first(), xs.last()) else { return Vec::new() };
    let of = |low: f64, high: f64, n_buckets: usize| downsample(xs, ys, low, high, n_buckets).indices;
    let mut shown: Vec<u32> = match window {
        None => of(first, last, n_buckets),
        Some((low, high)) => {
            let outside = [(first, low), (high, last)];
            let outside = outside.into_iter().filter(|(low, high)| low < high);
            let outside = outside.flat_map(|(low, high)| of(low, high, OUTER_BUCKETS));
            outside.chain(of(low.max(first), high.min(last), n_buckets)).collect()
        }
    };
    shown.sort_unstable();
    shown.dedup();
    shown.into_iter().map(|at| at as usize).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entities::RunId;
    use crate::frame::test_runs;
    use crate::tracking::Page;
    use crate::view::Lane;

    fn frame() -> RunFrame {
        let mut runs =
            ["a", "b", "c"].map(|id| test_runs::run(id, &[], &[("rmse", 1.0), ("size", 3.0)], &[]));
        runs[0].metrics[0].step = 9;
        runs[2].metrics.remove(0);
        test_runs::frame(runs)
    }

    fn ids() -> Vec<RunId> {
        ["a", "b", "c", "gone"].map(|id| RunId(id.to_owned())).to_vec()
    }

    fn page(values: &[(i64, f64)], next: Option<&str>) -> Page<HistoryPoint> {
        Page {
            items: values
                .iter()
                .map(|&(step, value)| HistoryPoint { step, millis: 1000 * step, value })
                .collect(),
            next_page_token: next.map(str::to_owned),
            ..Page::default()
        }
    }

    fn drawn(points: &[HistoryPoint], view: &CurvesView, window: Option<Window>) -> CurveSeries {
        let mut lines = Lines::default();
        let own = ShownHistory { points, is_selection: false, version: 1 };
        lines.keep("rmse", 0, view, own, None);
        let kept = lines.get("rmse", 0).unwrap();
        single(&[(0, kept)], view, window, |place| (named(&frame(), place), place)).remove(0)
    }

    fn told(frame: &RunFrame, histories: &Histories, view: &View) -> (CurvesInfo, Vec<CurveChart>) {
        let look = &CurveLook::default();
        info(frame, CurvesAsk { histories, view, look, changed: None }, &mut Lines::default())
    }

    #[test]
    fn curves_are_told_as_they_arrive_with_gaps_and_failures() {
        let (frame, view) = (frame(), View { selected: ids(), slots: vec![0, 5, 2, 3], ..View::default() });
        let wanted = wanted(&frame, &view, &CurveLook::default());
        assert_eq!(wanted, [("rmse".to_owned(), vec![0, 1])], "c did not log rmse, and size has no steps");
        let mut histories = Histories::default();
        histories.want(&wanted);
        let asks = histories.next_asks(|_| 1);
        let (info, charts) = told(&frame, &histories, &view);
        assert_eq!((info.n_all, info.n_pending, charts[0].series.len()), (2, 2, 0));
        assert_eq!((info.metrics.len(), info.stepless.as_slice()), (2, &["size".to_owned()][..]), "offered");
        histories.arrived(asks[0].clone(), Ok(page(&[(0, 3.0), (1, f64::NAN), (2, 1.0)], None)));
        histories.arrived(asks[1].clone(), Err("It could not be read.".to_owned()));
        let (info, charts) = told(&frame, &histories, &view);
        assert_eq!((info.n_all, info.n_pending, info.failures.len()), (2, 0, 1));
        assert_eq!(info.missing, [RunId("gone".to_owned())]);
        let chart = &charts[0];
        assert_eq!((chart.metric.as_str(), info.shown.as_slice()), ("rmse", &["rmse".to_owned()][..]));
        assert_eq!(info.range, Some(CurveRange { low: 0.0, high: 2.0, least_positive: Some(1.0) }));
        assert_eq!(chart.series[0].points, [(0.0, Some(3.0)), (1.0, None), (2.0, Some(1.0))]);
        assert_eq!(
            (chart.series[0].specials.as_slice(), chart.series[0].n_specials),
            (&[(1.0, Lane::Nan)][..], 1)
        );
        assert_eq!(chart.without[0].run_id.0, "c");
        histories.hold(1, "rmse", page(&[(0, 3.0)], None).items);
        assert_eq!(told(&frame, &histories, &view).1[0].series[1].place, 5, "its slot");
    }

    #[test]
    fn a_selection_of_the_servers_is_said_to_be_one() {
        let (frame, view) = (frame(), View { selected: ids(), ..View::default() });
        let mut histories = Histories::default();
        histories.want(&wanted(&frame, &view, &CurveLook::default()));
        let ask = histories.next_asks(|_| 9).remove(0);
        let part = |row: usize, is_whole: bool| super::super::histories::BulkPart {
            row,
            points: page(&[(0, 3.0), (9, 1.0)], None).items,
            is_whole,
        };
        histories.arrived_in_bulk(ask, Some(vec![part(0, true), part(1, false)]));
        let (info, charts) = told(&frame, &histories, &view);
        assert_eq!((info.n_pending, charts[0].n_selections, charts[0].n_curves), (0, 1, 2));
        histories.stop();
        assert!(told(&frame, &histories, &view).0.is_stopped);
    }

    #[test]
    fn only_charts_in_view_are_read_and_only_what_changed_is_told() {
        let names: Vec<String> = (0..40).map(|n| format!("m{n:02}")).collect();
        let metrics: Vec<(&str, f64)> = names.iter().map(|name| (name.as_str(), 1.0)).collect();
        let frame = test_runs::frame([test_runs::run("a", &[], &metrics, &[])]);
        let curves = CurvesView { metrics: names.clone(), ..CurvesView::default() };
        let view = View { selected: vec![RunId("a".into())], curves, ..View::default() };
        let look = CurveLook { near: vec!["m30".into()], ..CurveLook::default() };
        let wanted = wanted(&frame, &view, &look);
        assert_eq!((wanted.len(), wanted[12].0.as_str()), (N_CHARTS + 1, "m30"));
        let mut histories = Histories::default();
        for (metric, _) in &wanted {
            histories.hold(0, metric, page(&[(0, 3.0), (7, 1.0)], None).items);
        }
        let changed = BTreeSet::from(["m30".to_owned(), "m39".to_owned()]);
        let mut lines = Lines::default();
        let (view, look, changed) = (&view, &look, Some(&changed));
        fn asked<'a>(
            histories: &'a Histories,
            (view, look, changed): (&'a View, &'a CurveLook, Option<&'a BTreeSet<String>>),
        ) -> CurvesAsk<'a> {
            CurvesAsk { histories, view, look, changed }
        }
        let of = (view, look, changed);
        let (told, charts) = info(&frame, asked(&histories, of), &mut lines);
        assert_eq!((told.shown.len(), told.n_all, charts.len()), (40, N_CHARTS + 1, 1));
        assert_eq!((charts[0].metric.as_str(), told.range.map(|range| range.high)), ("m30", Some(7.0)));
        // A history that is another is drawn anew.
        histories.hold(0, "m30", page(&[(0, 3.0), (8, 1.0)], None).items);
        let (told, _) = info(&frame, asked(&histories, of), &mut lines);
        assert_eq!(told.range.map(|range| range.high), Some(8.0));
    }

    #[test]
    fn times_are_relative_to_the_first_point() {
        let points = page(&[(5, 1.0), (2, 2.0)], None).items;
        let xs = |x: CurveX| -> Vec<f64> {
            drawn(&points, &CurvesView { x, ..CurvesView::default() }, None)
                .points
                .iter()
                .map(|point| point.0)
                .collect()
        };
        assert_eq!(xs(CurveX::Step), [2.0, 5.0]);
        assert_eq!(xs(CurveX::RelativeTime), [0.0, 3.0]);
        assert_eq!(xs(CurveX::WallTime), [2000.0, 5000.0]);
    }

    #[test]
    fn long_curves_keep_their_outline_and_the_points_behind() {
        let values: Vec<(i64, f64)> =
            (0..10_000).map(|step| (step, if step == 777 { 50.0 } else { 1.0 })).collect();
        let points = page(&values, None).items;
        let plain = drawn(&points, &CurvesView::default(), None);
        assert_eq!(plain.n_points, 10_000);
        assert!(plain.points.len() <= 4 * N_BUCKETS && plain.points.contains(&(777.0, Some(50.0))));
        assert!(plain.behind.is_empty());
        // What is looked at has all its points, and the rest keeps its shape.
        let near = drawn(&points, &CurvesView::default(), Some((700.0, 800.0)));
        let inside = near.points.iter().filter(|(x, _)| (700.0..=800.0).contains(x)).count();
        assert_eq!((inside, near.points.contains(&(777.0, Some(50.0)))), (101, true));
        assert!(
            near.points.len() < 101 + 2 * 4 * OUTER_BUCKETS + 2 && near.points.is_sorted_by(|a, b| a.0 < b.0)
        );
        assert_eq!((near.points[0].0, near.points.last().unwrap().0), (0.0, 9999.0));
        let smooth = drawn(&points, &CurvesView { smoothing_amount: 90, ..CurvesView::default() }, None);
        assert!(smooth.behind[0].contains(&(777.0, Some(50.0))));
        assert!(
            smooth.points.iter().all(|(_, y)| y.is_some_and(|y| y < 6.0)),
            "the peak is a tenth of what it was"
        );
    }

    /// Steps and values.
    type Values<'a> = &'a [(i64, f64)];

    /// The histories of these metrics, of each row from the first.
    fn histories(all: &[(&str, &[Values<'_>])]) -> Histories {
        let mut histories = Histories::default();
        for (metric, rows) in all {
            for (row, values) in rows.iter().enumerate() {
                histories.hold(row, metric, page(values, None).items);
            }
        }
        histories
    }

    fn four_runs() -> (RunFrame, View) {
        let runs = [("a", "1"), ("b", "1"), ("c", "2"), ("d", "x")].map(|(id, depth)| {
            test_runs::run(id, &[("depth", depth)], &[("rmse", 1.0), ("epoch", 2.0)], &[])
        });
        let selected = ["a", "b", "c", "d"].map(|id| RunId(id.to_owned())).to_vec();
        let curves = CurvesView { metrics: vec!["rmse".to_owned()], ..CurvesView::default() };
        (test_runs::frame(runs), View { selected, curves, ..View::default() })
    }

    #[test]
    fn a_curve_runs_along_another_metric() {
        let (frame, mut view) = four_runs();
        view.curves.x = CurveX::Metric("epoch".to_owned());
        let wanted = wanted(&frame, &view, &CurveLook::default());
        let all = vec![0, 1, 2, 3];
        assert_eq!(wanted, [("epoch".to_owned(), all.clone()), ("rmse".to_owned(), all)]);
        let histories = histories(&[
            ("rmse", &[&[(0, 9.0), (1, 8.0), (2, 7.0), (5, 6.0)], &[(0, 1.0)]]),
            ("epoch", &[&[(1, 0.5), (4, 1.5)]]),
        ]);
        let (info, charts) = told(&frame, &histories, &view);
        assert_eq!(charts[0].series.len(), 1);
        assert_eq!((info.n_pending, info.n_all), (3, 4), "the epochs of the others are not here");
        let points = [(0.5, Some(8.0)), (0.5, Some(7.0)), (1.5, Some(6.0))];
        assert_eq!(charts[0].series[0].points, points, "a point before the first epoch is nowhere");
        assert_eq!(info.range.map(|range| (range.low, range.high)), Some((0.5, 1.5)));
    }

    #[test]
    fn groups_are_a_line_a_band_and_their_runs_behind() {
        let (frame, mut view) = four_runs();
        let column = ColumnKey::Param("depth".to_owned());
        let bands = CurveBands { column, centre: BandCentre::Mean, spread: BandSpread::Range };
        view.curves.bands = Some(bands.clone());
        let histories =
            histories(&[("rmse", &[&[(0, 4.0), (1, 2.0)], &[(0, 2.0), (1, 1.0)], &[(0, 7.0), (1, 7.0)]])]);
        let of = |view: &View| told(&frame, &histories, view).1.remove(0).series;
        let series = of(&view);
        let names: Vec<&str> = series.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["1 (2 runs)", "2 (1 run)"], "the fourth run's curve is not here");
        assert_eq!(series[0].points, [(0.0, Some(3.0)), (1.0, Some(1.5))]);
        assert_eq!(series[0].band, [(0.0, Some((2.0, 4.0))), (1.0, Some((1.0, 2.0)))]);
        assert_eq!((series[0].behind.len(), series[0].run.as_ref(), series[0].n_points), (2, None, 4));
        assert_eq!(series[1].band, [(0.0, Some((7.0, 7.0))), (1.0, Some((7.0, 7.0)))]);
        let spread = |spread: BandSpread| {
            let bands = CurveBands { spread, centre: BandCentre::Median, ..bands.clone() };
            let curves = CurvesView { bands: Some(bands), ..view.curves.clone() };
            of(&View { curves, ..view.clone() })[0].band.first().copied()
        };
        assert_eq!(spread(BandSpread::None), None);
        assert_eq!(spread(BandSpread::Quartiles), Some((0.0, Some((2.5, 3.5)))));
        let deviation = 2f64.sqrt();
        assert_eq!(
            spread(BandSpread::StandardDeviation),
            Some((0.0, Some((3.0 - deviation, 3.0 + deviation))))
        );
    }

    #[test]
    fn of_very_many_points_that_are_no_numbers_some_are_marked() {
        let values: Vec<(i64, f64)> = (0..5_000).map(|step| (step, f64::NAN)).collect();
        let series = drawn(&page(&values, None).items, &CurvesView::default(), None);
        assert_eq!((series.specials.len(), series.n_specials), (556, 5_000));
    }

    #[test]
    fn outliers_are_left_out_on_demand() {
        let values: Vec<(i64, f64)> =
            (0..100).map(|step| (step, if step == 7 { 1e6 } else { step as f64 })).collect();
        let histories = histories(&[("rmse", &[&values])]);
        let (frame, mut view) = four_runs();
        let range = |view: &View| told(&frame, &histories, view).1[0].y_range;
        assert_eq!(range(&view), None);
        view.curves.is_clipped = true;
        let (low, high) = range(&view).unwrap();
        assert!((0.0..5.0).contains(&low) && (95.0..=110.0).contains(&high), "{low} to {high}");
        assert_eq!(told(&frame, &histories, &view).1[0].n_beyond, 1);
        view.curves.is_log_y = true;
        assert!(range(&view).unwrap().0 > 0.0, "a logarithmic axis has no zero");
    }

    #[test]
    fn runs_can_have_the_colours_of_their_groups() {
        let (frame, mut view) = four_runs();
        let column = ColumnKey::Param("depth".to_owned());
        view.curves.bands = Some(CurveBands { column, centre: BandCentre::Each, spread: BandSpread::Range });
        let one: Values<'_> = &[(0, 4.0), (1, 2.0)];
        let (_, charts) = told(&frame, &histories(&[("rmse", &[one, one, one])]), &view);
        let looks: Vec<_> = charts[0]
            .series
            .iter()
            .map(|series| (series.name.as_str(), series.place, series.place_within, series.run.is_some()))
            .collect();
        let expected = [
            ("name-a (1)", 0, Some(0), true),
            ("name-b (1)", 0, Some(1), true),
            ("name-c (2)", 1, Some(0), true),
        ];
        assert_eq!(looks, expected);
    }

    #[test]
    fn a_band_has_a_gap_where_its_runs_have_none_of_them() {
        let (frame, mut view) = four_runs();
        let column = ColumnKey::Param("depth".to_owned());
        view.curves.bands = Some(CurveBands { column, centre: BandCentre::Mean, spread: BandSpread::Range });
        let nan = f64::NAN;
        let of_one: Values<'_> = &[(0, 4.0), (1, nan), (2, 2.0)];
        let (_, charts) = told(&frame, &histories(&[("rmse", &[of_one])]), &view);
        assert_eq!(charts[0].series[0].band, [(0.0, Some((4.0, 4.0))), (1.0, None), (2.0, Some((2.0, 2.0)))]);
    }

    #[test]
    fn along_a_logarithmic_axis_stretches_are_even_by_magnitude() {
        let values: Vec<(i64, f64)> = (-5..10_000).map(|step| (step, (step % 7) as f64)).collect();
        let points = page(&values, None).items;
        let n_below = |view: &CurvesView, window: Option<Window>| {
            let all = drawn(&points, view, window).points;
            assert!(all.is_sorted_by(|a, b| a.0 < b.0) && all.len() < 2_100);
            all.iter().filter(|point| (1.0..20.0).contains(&point.0)).count()
        };
        let view = CurvesView { is_log_x: true, ..CurvesView::default() };
        assert_eq!(n_below(&view, None), 19, "all of them");
        assert!(n_below(&CurvesView::default(), None) < 19);
        assert_eq!(n_below(&view, Some((5.0, 100.0))), 19);
    }

    #[test]
    fn groups_along_times_are_even_as_the_axis_is_and_finer_where_somebody_looks() {
        let values: Vec<(i64, f64)> = (0..2_000).map(|step| (step, step as f64)).collect();
        let (frame, mut view) = four_runs();
        let column = ColumnKey::Param("depth".to_owned());
        view.curves = CurvesView {
            x: CurveX::RelativeTime,
            bands: Some(CurveBands { column, centre: BandCentre::Mean, spread: BandSpread::None }),
            ..view.curves
        };
        let histories = histories(&[("rmse", &[&values])]);
        let n_below = |view: &View, window: Option<Window>, end: f64| {
            let look = CurveLook { window, ..CurveLook::default() };
            let (_, charts) = info(
                &frame,
                CurvesAsk { histories: &histories, view, look: &look, changed: None },
                &mut Lines::default(),
            );
            charts[0].series[0].points.iter().filter(|point| point.0 <= end).count()
        };
        assert!(n_below(&view, None, 20.0) < 10);
        assert!(n_below(&view, Some((0.0, 20.0)), 20.0) > 100, "zoomed");
        view.curves.is_log_x = true;
        assert!(n_below(&view, None, 20.0) > 50, "by magnitude");
    }
}
