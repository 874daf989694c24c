//! The histories behind the metric curves: which to ask for, what has arrived, and the series that are drawn.

use super::news::{CurveChart, CurveSeries, CurvesInfo};
use super::workspace::{named, selected_rows};
use crate::analysis::downsample::downsample;
use crate::analysis::smoothing::exponential;
use crate::entities::order::sort_by;
use crate::entities::{ColumnKey, HistoryPoint};
use crate::frame::{RunFrame, Value};
use crate::tracking::Page;
use crate::view::{CurveX, CurvesView, View, objective_rank};

/// Requests under way at once: a server with one worker gains nothing from more.
const N_AT_ONCE: usize = 4;
/// Stretches of a curve of which the first, last, lowest and highest point are drawn: more than a chart has pixels.
const N_BUCKETS: usize = 500;
/// Histories that arrive before the curves are told again while others are on their way.
const N_NEWS: usize = 8;

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
    Failed(String),
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
                Some(History::Pending(_) | History::Here(_)) => continue,
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

/// The curves of the selected runs.
pub fn info(frame: &RunFrame, histories: &Curves, view: &View) -> CurvesInfo {
    let (rows, missing) = selected_rows(frame, &view.selected);
    let mut info =
        CurvesInfo { x: view.curves.x, missing, metrics: choices(frame, &rows), ..CurvesInfo::default() };
    for metric in shown_metrics(&info.metrics, view) {
        let key = ColumnKey::Metric(metric.clone());
        let mut chart = CurveChart { metric: metric.clone(), series: Vec::new(), without: Vec::new() };
        for (place, &row) in rows.iter().enumerate() {
            if frame.value(&key, row) == Value::Missing {
                chart.without.push(named(frame, row));
                continue;
            }
            info.n_all += 1;
            let of_row = histories.histories.get(row).into_iter().flatten();
            match of_row.clone().find(|(other, _)| *other == metric).map(|(_, history)| history) {
                Some(History::Here(points)) => {
                    chart.series.push(series(frame, row, place, points, &view.curves));
                }
                Some(History::Failed(why)) => info.failures.push(why.clone()),
                Some(History::Pending(_)) | None => info.n_pending += 1,
            }
        }
        info.charts.push(chart);
    }
    info
}

/// The histories that the view needs: rows of the frame, and metrics.
pub fn wanted(frame: &RunFrame, view: &View) -> Vec<(usize, String)> {
    let (rows, _) = selected_rows(frame, &view.selected);
    let metrics = shown_metrics(&choices(frame, &rows), view);
    let pairs = metrics.iter().flat_map(|metric| rows.iter().map(move |&row| (row, metric)));
    pairs
        .filter(|(row, metric)| frame.value(&ColumnKey::Metric((*metric).clone()), *row) != Value::Missing)
        .map(|(row, metric)| (row, metric.clone()))
        .collect()
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

fn series(
    frame: &RunFrame,
    row: usize,
    place: usize,
    points: &[HistoryPoint],
    view: &CurvesView,
) -> CurveSeries {
    let first_millis = points.iter().map(|point| point.millis).min().unwrap_or_default();
    let along = |point: &HistoryPoint| match view.x {
        CurveX::Step => point.step as f64,
        CurveX::RelativeTime => (point.millis - first_millis) as f64 / 1e3,
        CurveX::WallTime => point.millis as f64,
    };
    let mut places: Vec<(f64, f64)> = points.iter().map(|point| (along(point), point.value)).collect();
    // Pages come by step; a run that went back to an earlier step goes on in time.
    sort_by(&mut places, |a, b| a.0.total_cmp(&b.0));
    let (xs, logged): (Vec<f64>, Vec<f64>) = places.iter().copied().unzip();
    let (low, high) = (xs.first().copied().unwrap_or_default(), xs.last().copied().unwrap_or_default());
    let drawn = |ys: &[f64]| -> Vec<(f64, Option<f64>)> {
        let shown = downsample(&xs, ys, low, high, N_BUCKETS).indices;
        let point = |at: usize| (xs[at], Some(ys[at]).filter(|y| y.is_finite()));
        shown.into_iter().map(|at| point(at as usize)).collect()
    };
    let smoothed = (view.smoothing_percent > 0)
        .then(|| exponential(&logged, f64::from(view.smoothing_percent) / 100.0).y);
    CurveSeries {
        run: named(frame, row),
        place,
        points: drawn(smoothed.as_deref().unwrap_or(&logged)),
        raw: if smoothed.is_some() { drawn(&logged) } else { Vec::new() },
        specials: places.iter().filter_map(|&(x, y)| Some((x, Value::from_f64(y).lane()?))).collect(),
        n_points: points.len(),
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
        let info = info(&frame, &curves, &view);
        assert_eq!((info.n_all, info.n_pending, info.failures.len()), (2, 0, 1));
        assert_eq!(info.missing, [RunId("gone".to_owned())]);
        let chart = &info.charts[0];
        assert_eq!(chart.metric, "rmse");
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
            series(&frame(), 0, 0, &points, &CurvesView { x, ..CurvesView::default() })
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
        let plain = series(&frame(), 0, 0, &points, &CurvesView::default());
        assert_eq!(plain.n_points, 10_000);
        assert!(plain.points.len() <= 4 * N_BUCKETS && plain.points.contains(&(777.0, Some(50.0))));
        assert!(plain.raw.is_empty());
        let smooth =
            series(&frame(), 0, 0, &points, &CurvesView { smoothing_percent: 90, ..CurvesView::default() });
        assert!(smooth.raw.contains(&(777.0, Some(50.0))));
        assert!(
            smooth.points.iter().all(|(_, y)| y.is_some_and(|y| y < 6.0)),
            "the peak is a tenth of what it was"
        );
    }
}
