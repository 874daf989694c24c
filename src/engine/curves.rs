//! The histories behind the metric curves: which to ask for, what has arrived, and the series that are drawn.

use super::cells::Formats;
use super::groups::{Grouped, groups};
use super::news::{CurveChart, CurveRange, CurveSeries, CurvesInfo, NamedRun};
use super::workspace::{named, selected_rows};
use crate::analysis::bands::{Curve, Grid, band};
use crate::analysis::downsample::downsample;
use crate::analysis::quantile::quantile;
use crate::analysis::smoothing::{exponential, gaussian, running_mean};
use crate::entities::order::sort_by;
use crate::entities::{ColumnKey, HistoryPoint};
use crate::frame::{RunFrame, Value};
use crate::tracking::Page;
use crate::view::{
    BandCentre, BandSpread, CurveBands, CurveX, CurvesView, Lane, Smoothing, View, objective_rank,
};

/// Requests under way at once: a server with one worker gains nothing from more.
const N_AT_ONCE: usize = 4;
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
/// Histories that arrive before the curves are told again while others are on their way.
const N_NEWS: usize = 8;

/// A part of x.
pub type Window = (f64, f64);

/// A page of a history to ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CurveAsk {
    /// Whose: the row of the frame.
    pub row: usize,
    /// Which metric.
    pub metric: String,
    /// Where the page begins; none for the first.
    pub page_token: Option<String>,
}

/// One run's history of one metric.
#[derive(Debug)]
enum History {
    /// As far as it has arrived.
    Pending(Vec<HistoryPoint>),
    Here(Vec<HistoryPoint>),
    /// Here, and asked for once more, since the run has gone on: what is shown, and what has arrived anew.
    Anew(Vec<HistoryPoint>, Vec<HistoryPoint>),
    Failed(String),
}

impl History {
    /// What can be shown.
    fn points(&self) -> Option<&[HistoryPoint]> {
        match self {
            Self::Here(points) | Self::Anew(points, _) => Some(points),
            Self::Pending(_) | Self::Failed(_) => None,
        }
    }
}

/// The histories that are here or on their way.
#[derive(Debug, Default)]
pub struct Curves {
    /// Of each row of the frame, by metric.
    histories: Vec<Vec<(String, History)>>,
    /// What is to be asked for, the last first.
    queue: Vec<CurveAsk>,
    n_active: usize,
    n_untold: usize,
}

impl Curves {
    fn get(&self, row: usize, metric: &str) -> Option<&History> {
        let mut of_row = self.histories.get(row).into_iter().flatten();
        of_row.find(|(other, _)| other == metric).map(|(_, history)| history)
    }

    /// Forgets everything: the runs are loaded anew.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    fn of(&mut self, row: usize, metric: &str) -> Option<&mut History> {
        self.histories.get_mut(row)?.iter_mut().find(|(other, _)| other == metric).map(|(_, history)| history)
    }

    /// Wants these histories; what waits and is not among them is not asked for any more. One that failed is asked for
    /// again.
    pub fn want(&mut self, wanted: &[(usize, String)]) {
        for ask in std::mem::take(&mut self.queue) {
            if wanted.iter().any(|(row, metric)| (*row, metric) == (ask.row, &ask.metric)) {
                self.queue.push(ask);
            } else if let Some(of_row) = self.histories.get_mut(ask.row) {
                of_row.retain(|(metric, _)| *metric != ask.metric);
            }
        }
        for (row, metric) in wanted.iter().rev() {
            let history = match self.of(*row, metric) {
                Some(History::Pending(_) | History::Here(_) | History::Anew(..)) => continue,
                Some(failed) => failed,
                None => {
                    let n_rows = self.histories.len().max(row + 1);
                    self.histories.resize_with(n_rows, Vec::new);
                    self.histories[*row].push((metric.clone(), History::Pending(Vec::new())));
                    self.queue.push(CurveAsk { row: *row, metric: metric.clone(), page_token: None });
                    continue;
                }
            };
            *history = History::Pending(Vec::new());
            self.queue.push(CurveAsk { row: *row, metric: metric.clone(), page_token: None });
        }
    }

    /// These rows' runs have gone on. Histories that are wanted stay as they are until they are here once more; others
    /// are forgotten.
    pub fn refresh(&mut self, rows: &[usize], wanted: &[(usize, String)]) {
        let is_wanted =
            |row: usize, metric: &str| wanted.iter().any(|one| (one.0, one.1.as_str()) == (row, metric));
        for &row in rows {
            let Some(of_row) = self.histories.get_mut(row) else { continue };
            of_row.retain(|(metric, history)| is_wanted(row, metric) || history.points().is_none());
            for (metric, history) in of_row {
                if let History::Here(points) = history {
                    *history = History::Anew(std::mem::take(points), Vec::new());
                    self.queue.push(CurveAsk { row, metric: metric.clone(), page_token: None });
                }
            }
        }
    }

    /// What to ask for now.
    pub fn next_asks(&mut self) -> Vec<CurveAsk> {
        let mut asks = Vec::new();
        while self.n_active < N_AT_ONCE
            && let Some(ask) = self.queue.pop()
        {
            self.n_active += 1;
            asks.push(ask);
        }
        asks
    }

    /// Takes a page, or why there is none. Whether the curves are to be told again.
    pub fn arrived(&mut self, ask: CurveAsk, answer: Result<Page<HistoryPoint>, String>) -> bool {
        self.n_active = self.n_active.saturating_sub(1);
        // Forgotten meanwhile.
        let Some(history) = self.of(ask.row, &ask.metric) else { return false };
        match (answer, &mut *history) {
            (Ok(page), History::Pending(points)) => {
                points.extend(page.items);
                if page.next_page_token.is_some() {
                    self.queue.push(CurveAsk { page_token: page.next_page_token, ..ask });
                    return false;
                }
                *history = History::Here(std::mem::take(points));
            }
            (Ok(page), History::Anew(_, so_far)) => {
                so_far.extend(page.items);
                if page.next_page_token.is_some() {
                    self.queue.push(CurveAsk { page_token: page.next_page_token, ..ask });
                    return false;
                }
                *history = History::Here(std::mem::take(so_far));
            }
            // What is shown stays, and is asked for again when the run has gone on further.
            (Err(_), History::Anew(shown, _)) => *history = History::Here(std::mem::take(shown)),
            (Err(why), _) => *history = History::Failed(why),
            (Ok(_), _) => return false,
        }
        self.n_untold += 1;
        let is_due = self.n_untold >= N_NEWS || (self.queue.is_empty() && self.n_active == 0);
        if is_due {
            self.n_untold = 0;
        }
        is_due
    }
}

/// The curves of the selected runs, metric by metric. With a window, the part of x that somebody looks at is told with as
/// many points as all of it otherwise.
pub fn info(
    frame: &RunFrame,
    histories: &Curves,
    view: &View,
    window: Option<Window>,
) -> (CurvesInfo, Vec<CurveChart>) {
    let (rows, missing) = selected_rows(frame, &view.selected);
    let mut info = CurvesInfo {
        x: view.curves.x.clone(),
        missing,
        metrics: choices(frame, &rows),
        ..CurvesInfo::default()
    };
    let mut charts = Vec::new();
    let x_metric = view.curves.x_metric();
    let has_x =
        |row| x_metric.is_none_or(|x| frame.value(&ColumnKey::Metric(x.to_owned()), row) != Value::Missing);
    let grouped =
        view.curves.bands.as_ref().map(|bands| groups(frame, &rows, &bands.column, &mut Formats::default()));
    for metric in shown_metrics(&info.metrics, view) {
        let key = ColumnKey::Metric(metric.clone());
        let mut chart = CurveChart { metric: metric.clone(), ..CurveChart::default() };
        let mut lines = Vec::new();
        for (place, &row) in rows.iter().enumerate() {
            if frame.value(&key, row) == Value::Missing || !has_x(row) {
                chart.without.push(named(frame, row));
                continue;
            }
            info.n_all += 1;
            // What a curve runs along is a history like its own.
            let own = histories.get(row, &metric);
            let along = x_metric.map(|x| histories.get(row, x));
            if let (Some(History::Failed(why)), _) | (_, Some(Some(History::Failed(why)))) = (own, along) {
                info.failures.push(why.clone());
                continue;
            }
            let along = along.map_or(Some(&[] as &[_]), |along| along.and_then(History::points));
            match (own.and_then(History::points), along) {
                (Some(points), Some(along)) => lines.push((place, Line::new(points, &view.curves.x, along))),
                _ => info.n_pending += 1,
            }
        }
        info.range = lines.iter().fold(info.range, |range, (_, line)| line.widened(range));
        chart.y_range = view.curves.is_clipped.then(|| middle_of(&lines, view.curves.is_log_y)).flatten();
        if let Some((low, high)) = chart.y_range {
            let has_place = |y: f64| y.is_finite() && (!view.curves.is_log_y || y > 0.0);
            let is_beyond = |y: &&f64| has_place(**y) && !(low..=high).contains(*y);
            chart.n_beyond = lines.iter().map(|(_, line)| line.ys.iter().filter(is_beyond).count()).sum();
        }
        let named_at = |place: usize| named(frame, rows[place]);
        chart.series = match (&view.curves.bands, &grouped) {
            (Some(bands), Some(grouped)) => banded(&lines, &view.curves, bands, grouped, window),
            _ => single(&lines, &view.curves, window, named_at),
        };
        info.shown.push(metric);
        charts.push(chart);
    }
    (info, charts)
}

/// A series for each run.
fn single(
    lines: &[(usize, Line)],
    view: &CurvesView,
    window: Option<Window>,
    named_at: impl Fn(usize) -> NamedRun,
) -> Vec<CurveSeries> {
    let is_smoothed = view.smoothing_amount > 0;
    let sampling = Sampling::among(lines.len() * if is_smoothed { 2 } else { 1 }, window);
    let series_of = |(place, line): &(usize, Line)| {
        let points = line.drawn(&line.smoothed(view), sampling);
        let run = named_at(*place);
        CurveSeries {
            name: run.name.clone(),
            run: Some(run),
            place: *place,
            n_points: line.xs.len(),
            n_drawn: points.len(),
            points,
            behind: if is_smoothed { vec![line.drawn(&line.ys, sampling)] } else { Vec::new() },
            band: Vec::new(),
            specials: line.specials(),
        }
    };
    lines.iter().map(series_of).collect()
}

/// A series for each group that has a curve: its runs smoothed first, as they are when each stands for itself.
fn banded(
    lines: &[(usize, Line)],
    view: &CurvesView,
    bands: &CurveBands,
    grouped: &Grouped,
    window: Option<Window>,
) -> Vec<CurveSeries> {
    let n_groups = grouped.grouping.labels.len();
    // Line and both edges of a group are drawn wherever one of them turns.
    let sampling = Sampling::among(lines.len() + 9 * n_groups, window);
    let of_group = |(place, label): (usize, &String)| {
        let is_in = |line: &&(usize, Line)| {
            grouped.group_of.get(line.0).is_some_and(|group| usize::from(*group) == place)
        };
        let members: Vec<&Line> = lines.iter().filter(is_in).map(|(_, line)| line).collect();
        let smoothed: Vec<Vec<f64>> = members.iter().map(|line| line.smoothed(view)).collect();
        let curves: Vec<Curve<'_>> =
            members.iter().zip(&smoothed).map(|(line, y)| Curve { x: &line.xs, y }).collect();
        let together =
            band(&curves, if view.x == CurveX::Step { Grid::Lines } else { Grid::Even(N_BUCKETS) });
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
        let behind: Vec<_> = members.iter().zip(&smoothed).map(|(line, y)| line.drawn(y, sampling)).collect();
        let edge = |at: usize| (whole.xs[at], edges[at].0, edges[at].1);
        let lows: Vec<f64> = edges.iter().map(|edge| edge.0).collect();
        let highs: Vec<f64> = edges.iter().map(|edge| edge.1).collect();
        let turns = [&whole.ys, &lows, &highs].map(|ys| whole.places(ys, sampling));
        let mut shown = turns.concat();
        shown.sort_unstable();
        shown.dedup();
        let points = whole.at(&whole.ys, &shown);
        let band = shown.into_iter().map(edge).filter(|(_, low, high)| low.is_finite() && high.is_finite());
        let n = members.len();
        (n > 0).then(|| CurveSeries {
            name: format!("{label} ({n} {})", if n == 1 { "run" } else { "runs" }),
            run: None,
            place,
            points,
            n_points: members.iter().map(|line| line.xs.len()).sum(),
            n_drawn: behind.iter().map(Vec::len).sum(),
            behind,
            band: band.collect(),
            specials: members.iter().flat_map(|line| line.specials()).collect(),
        })
    };
    grouped.grouping.labels.iter().enumerate().filter_map(of_group).collect()
}

/// Where all but the lowest and the highest twentieth of the values lie, with some room around; none where that is no
/// stretch. Of very many values some stand for all.
fn middle_of(lines: &[(usize, Line)], is_log: bool) -> Option<(f64, f64)> {
    let n_all: usize = lines.iter().map(|(_, line)| line.ys.len()).sum();
    let values = lines.iter().flat_map(|(_, line)| &line.ys).step_by(n_all / N_VALUES + 1).copied();
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

/// The histories that the view needs: rows of the frame, and metrics.
pub fn wanted(frame: &RunFrame, view: &View) -> Vec<(usize, String)> {
    let (rows, _) = selected_rows(frame, &view.selected);
    let metrics = shown_metrics(&choices(frame, &rows), view);
    let has =
        |row: usize, metric: &str| frame.value(&ColumnKey::Metric(metric.to_owned()), row) != Value::Missing;
    let x_metric = view.curves.x_metric();
    let mut wanted: Vec<(usize, String)> = Vec::new();
    for &row in rows.iter().filter(|row| x_metric.is_none_or(|x| has(**row, x))) {
        let along = x_metric.into_iter().filter(|x| metrics.iter().all(|metric| metric != x));
        let all = along.chain(metrics.iter().map(String::as_str)).filter(|metric| has(row, metric));
        wanted.extend(all.map(|metric| (row, metric.to_owned())));
    }
    // Metric by metric: a chart that is whole says more than all of them begun.
    let rank = |metric: &String| metrics.iter().position(|other| other == metric);
    wanted.sort_by_key(|(_, metric)| rank(metric));
    wanted
}

/// Metrics that some of the runs logged over several steps; all that they logged where none has steps.
fn choices(frame: &RunFrame, rows: &[usize]) -> Vec<String> {
    let metrics: Vec<String> = frame
        .columns()
        .into_iter()
        .filter(|column| rows.iter().any(|row| frame.value(column, *row) != Value::Missing))
        .filter_map(|column| if let ColumnKey::Metric(metric) = column { Some(metric) } else { None })
        .collect();
    let stepped: Vec<String> = metrics.iter().filter(|metric| frame.has_steps(metric)).cloned().collect();
    if stepped.is_empty() { metrics } else { stepped }
}

/// The view's metrics; else the first objective among the choices, else the likeliest one.
fn shown_metrics(choices: &[String], view: &View) -> Vec<String> {
    if !view.curves.metrics.is_empty() {
        return view.curves.metrics.clone();
    }
    let of_objective = view.objectives.iter().find_map(|objective| match &objective.column {
        ColumnKey::Metric(metric) if choices.contains(metric) => Some(metric.clone()),
        _ => None,
    });
    let likeliest = || choices.iter().min_by_key(|metric| (objective_rank(metric), metric.len())).cloned();
    of_objective.or_else(likeliest).into_iter().collect()
}

/// How many points of a curve are drawn, and where.
#[derive(Clone, Copy)]
struct Sampling {
    n_buckets: usize,
    window: Option<Window>,
}

impl Sampling {
    /// That of so many lines in one chart.
    fn among(n_lines: usize, window: Option<Window>) -> Self {
        Self { n_buckets: (N_DRAWN / 4 / n_lines.max(1)).clamp(LEAST_BUCKETS, N_BUCKETS), window }
    }
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

    fn smoothed(&self, view: &CurvesView) -> Vec<f64> {
        let amount = view.smoothing_amount;
        match view.smoothing {
            _ if amount == 0 => self.ys.clone(),
            Smoothing::Exponential => exponential(&self.ys, f64::from(amount) / 100.0).y,
            Smoothing::Gaussian => gaussian(&self.ys, f64::from(amount)).y,
            Smoothing::RunningMean => running_mean(&self.ys, usize::from(amount)).y,
        }
    }

    /// What stands where there is no number.
    fn specials(&self) -> Vec<(f64, Lane)> {
        let all = self.xs.iter().zip(&self.ys);
        all.filter_map(|(&x, &y)| Some((x, Value::from_f64(y).lane()?))).collect()
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
    fn places(&self, ys: &[f64], Sampling { n_buckets, window }: Sampling) -> Vec<usize> {
        let (Some(&first), Some(&last)) = (self.xs.first(), self.xs.last()) else { return Vec::new() };
        let of =
            |low: f64, high: f64, n_buckets: usize| downsample(&self.xs, ys, low, high, n_buckets).indices;
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

    fn drawn(&self, ys: &[f64], sampling: Sampling) -> Vec<(f64, Option<f64>)> {
        self.at(ys, &self.places(ys, sampling))
    }

    fn at(&self, ys: &[f64], places: &[usize]) -> Vec<(f64, Option<f64>)> {
        places.iter().map(|&at| (self.xs[at], Some(ys[at]).filter(|y| y.is_finite()))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entities::RunId;
    use crate::frame::test_runs;
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
        let lines = [(0, Line::new(points, &view.x, &[]))];
        single(&lines, view, window, |place| named(&frame(), place)).remove(0)
    }

    #[test]
    fn what_is_wanted_is_asked_for_once_and_page_by_page() {
        let (frame, view) = (frame(), View { selected: ids(), ..View::default() });
        let wanted = wanted(&frame, &view);
        assert_eq!(wanted.len(), 2, "c did not log rmse, and size has no steps: {wanted:?}");
        let mut curves = Curves::default();
        curves.want(&wanted);
        let mut asks = curves.next_asks();
        assert_eq!(asks.len(), 2);
        curves.want(&wanted);
        assert!(curves.next_asks().is_empty());
        assert!(!curves.arrived(asks.remove(0), Ok(page(&[(0, 3.0), (1, f64::NAN)], Some("more")))));
        let next = curves.next_asks().remove(0);
        assert_eq!(next.page_token.as_deref(), Some("more"));
        assert!(!curves.arrived(next, Ok(page(&[(2, 1.0)], None))));
        assert!(curves.arrived(asks.remove(0), Err("The curve of rmse of b could not be read.".to_owned())));
        let (info, charts) = info(&frame, &curves, &view, None);
        assert_eq!((info.n_all, info.n_pending, info.failures.len()), (2, 0, 1));
        assert_eq!(info.missing, [RunId("gone".to_owned())]);
        let chart = &charts[0];
        assert_eq!((chart.metric.as_str(), info.shown.as_slice()), ("rmse", &["rmse".to_owned()][..]));
        assert_eq!(info.range, Some(CurveRange { low: 0.0, high: 2.0, least_positive: Some(1.0) }));
        assert_eq!(chart.series[0].points, [(0.0, Some(3.0)), (1.0, None), (2.0, Some(1.0))]);
        assert_eq!(chart.series[0].specials, [(1.0, Lane::Nan)]);
        assert_eq!(chart.without[0].run_id.0, "c");
        // A failure is no answer: it is asked for again when it is wanted again.
        curves.want(&wanted);
        assert_eq!(curves.next_asks().len(), 1);
    }

    #[test]
    fn what_is_no_longer_wanted_is_not_asked_for() {
        let mut curves = Curves::default();
        let pairs: Vec<(usize, String)> = (0..10).map(|row| (row, "rmse".to_owned())).collect();
        curves.want(&pairs);
        assert_eq!(curves.next_asks().len(), N_AT_ONCE);
        curves.want(&pairs[9..]);
        assert!(curves.next_asks().is_empty());
        let ask = CurveAsk { row: 0, metric: "rmse".to_owned(), page_token: None };
        curves.arrived(ask, Ok(page(&[], None)));
        assert_eq!(curves.next_asks()[0].row, 9);
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
    fn histories(all: &[(&str, &[Values<'_>])]) -> Curves {
        let n_rows = all.iter().map(|(_, rows)| rows.len()).max().unwrap_or_default();
        let of_row = |row: usize| {
            let values = all.iter().filter_map(|(metric, rows)| Some((*metric, rows.get(row)?)));
            values
                .map(|(metric, values)| (metric.to_owned(), History::Here(page(values, None).items)))
                .collect()
        };
        Curves { histories: (0..n_rows).map(of_row).collect(), ..Curves::default() }
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
        let wanted = wanted(&frame, &view);
        assert_eq!(wanted.iter().filter(|(row, _)| *row == 0).count(), 2, "both histories: {wanted:?}");
        let histories = histories(&[
            ("rmse", &[&[(0, 9.0), (1, 8.0), (2, 7.0), (5, 6.0)], &[(0, 1.0)]]),
            ("epoch", &[&[(1, 0.5), (4, 1.5)]]),
        ]);
        let (info, charts) = info(&frame, &histories, &view, None);
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
        let of = |view: &View| info(&frame, &histories, view, None).1.remove(0).series;
        let series = of(&view);
        let names: Vec<&str> = series.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["1 (2 runs)", "2 (1 run)"], "the fourth run's curve is not here");
        assert_eq!(series[0].points, [(0.0, Some(3.0)), (1.0, Some(1.5))]);
        assert_eq!(series[0].band, [(0.0, 2.0, 4.0), (1.0, 1.0, 2.0)]);
        assert_eq!((series[0].behind.len(), series[0].run.as_ref(), series[0].n_points), (2, None, 4));
        assert_eq!(series[1].band, [(0.0, 7.0, 7.0), (1.0, 7.0, 7.0)]);
        let spread = |spread: BandSpread| {
            let bands = CurveBands { spread, centre: BandCentre::Median, ..bands.clone() };
            let curves = CurvesView { bands: Some(bands), ..view.curves.clone() };
            of(&View { curves, ..view.clone() })[0].band.first().copied()
        };
        assert_eq!(spread(BandSpread::None), None);
        assert_eq!(spread(BandSpread::Quartiles), Some((0.0, 2.5, 3.5)));
        let deviation = 2f64.sqrt();
        assert_eq!(spread(BandSpread::StandardDeviation), Some((0.0, 3.0 - deviation, 3.0 + deviation)));
    }

    #[test]
    fn outliers_are_left_out_on_demand() {
        let values: Vec<(i64, f64)> =
            (0..100).map(|step| (step, if step == 7 { 1e6 } else { step as f64 })).collect();
        let histories = histories(&[("rmse", &[&values])]);
        let (frame, mut view) = four_runs();
        let range = |view: &View| info(&frame, &histories, view, None).1[0].y_range;
        assert_eq!(range(&view), None);
        view.curves.is_clipped = true;
        let (low, high) = range(&view).unwrap();
        assert!((0.0..5.0).contains(&low) && (95.0..=110.0).contains(&high), "{low} to {high}");
        assert_eq!(info(&frame, &histories, &view, None).1[0].n_beyond, 1);
        view.curves.is_log_y = true;
        assert!(range(&view).unwrap().0 > 0.0, "a logarithmic axis has no zero");
    }
}
