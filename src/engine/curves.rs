//! The histories behind the metric curves: which to ask for, what has arrived, and the series that are drawn.

use super::news::{CurveChart, CurveSeries, CurvesInfo};
use super::workspace::{named, selected_rows};
use crate::entities::{ColumnKey, HistoryPoint, RunId};
use crate::frame::{RunFrame, Value};
use crate::tracking::Page;
use crate::view::{CurveX, CurvesView, Objective, objective_rank};
use std::collections::{BTreeMap, VecDeque};

/// Requests under way at once: a server with one worker gains nothing from more.
const N_AT_ONCE: usize = 4;
/// Histories that arrive before the curves are told again while others are on their way.
const N_NEWS: usize = 8;

/// A page of a history to ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CurveAsk {
    /// Whose.
    pub run_id: RunId,
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
    histories: BTreeMap<(RunId, String), History>,
    queue: VecDeque<CurveAsk>,
    n_active: usize,
    n_untold: usize,
}

impl Curves {
    /// Forgets what has arrived: the runs are loaded anew. What is still asked for is told to the new ones.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Wants these histories; what waits and is not among them is not asked for any more. One that failed is asked for
    /// again.
    pub fn want(&mut self, wanted: &[(RunId, String)]) {
        let waiting = std::mem::take(&mut self.queue);
        for ask in waiting {
            let key = (ask.run_id.clone(), ask.metric.clone());
            if wanted.contains(&key) {
                self.queue.push_back(ask);
            } else {
                self.histories.remove(&key);
            }
        }
        for key in wanted {
            if !matches!(self.histories.get(key), Some(History::Pending(_) | History::Here(_))) {
                self.histories.insert(key.clone(), History::Pending(Vec::new()));
                let (run_id, metric) = key.clone();
                self.queue.push_back(CurveAsk { run_id, metric, page_token: None });
            }
        }
    }

    /// What to ask for now.
    pub fn next_asks(&mut self) -> Vec<CurveAsk> {
        let n = N_AT_ONCE.saturating_sub(self.n_active).min(self.queue.len());
        self.n_active += n;
        self.queue.drain(..n).collect()
    }

    /// Takes a page, or why there is none. Whether the curves are to be told again.
    pub fn arrived(&mut self, ask: CurveAsk, answer: Result<Page<HistoryPoint>, String>) -> bool {
        self.n_active = self.n_active.saturating_sub(1);
        let CurveAsk { run_id, metric, .. } = ask;
        // Forgotten meanwhile.
        let Some(history) = self.histories.get_mut(&(run_id.clone(), metric.clone())) else { return false };
        match (answer, &mut *history) {
            (Ok(page), History::Pending(points)) => {
                points.extend(page.items);
                if page.next_page_token.is_some() {
                    self.queue.push_front(CurveAsk { run_id, metric, page_token: page.next_page_token });
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

    /// The curves of the selected runs.
    pub fn info(
        &self,
        frame: &RunFrame,
        selected: &[RunId],
        objectives: &[Objective],
        view: &CurvesView,
    ) -> CurvesInfo {
        let (rows, missing) = selected_rows(frame, selected);
        let mut info =
            CurvesInfo { x: view.x, missing, metrics: choices(frame, &rows), ..CurvesInfo::default() };
        for metric in shown_metrics(&info.metrics, objectives, view) {
            let key = ColumnKey::Metric(metric.clone());
            let mut chart = CurveChart { metric: metric.clone(), series: Vec::new(), without: Vec::new() };
            for (place, &row) in rows.iter().enumerate() {
                if frame.value(&key, row) == Value::Missing {
                    chart.without.push(named(frame, row));
                    continue;
                }
                info.n_all += 1;
                match self.histories.get(&(frame.run_id(row).clone(), metric.clone())) {
                    Some(History::Here(points)) => {
                        chart.series.push(series(frame, row, place, points, view.x));
                    }
                    Some(History::Failed(why)) => info.failures.push(why.clone()),
                    Some(History::Pending(_)) | None => info.n_pending += 1,
                }
            }
            info.charts.push(chart);
        }
        info
    }
}

/// The histories that the view needs.
pub fn wanted(
    frame: &RunFrame,
    selected: &[RunId],
    objectives: &[Objective],
    view: &CurvesView,
) -> Vec<(RunId, String)> {
    let (rows, _) = selected_rows(frame, selected);
    let metrics = shown_metrics(&choices(frame, &rows), objectives, view);
    let pairs = metrics.iter().flat_map(|metric| rows.iter().map(move |&row| (row, metric)));
    pairs
        .filter(|(row, metric)| frame.value(&ColumnKey::Metric((*metric).clone()), *row) != Value::Missing)
        .map(|(row, metric)| (frame.run_id(row).clone(), metric.clone()))
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
fn shown_metrics(choices: &[String], objectives: &[Objective], view: &CurvesView) -> Vec<String> {
    if !view.metrics.is_empty() {
        return view.metrics.clone();
    }
    let of_objective = objectives.iter().find_map(|objective| match &objective.column {
        ColumnKey::Metric(metric) if choices.contains(metric) => Some(metric.clone()),
        _ => None,
    });
    let likeliest = || choices.iter().min_by_key(|metric| (objective_rank(metric), metric.len())).cloned();
    of_objective.or_else(likeliest).into_iter().collect()
}

fn series(frame: &RunFrame, row: usize, place: usize, points: &[HistoryPoint], x: CurveX) -> CurveSeries {
    let first_millis = points.iter().map(|point| point.millis).min().unwrap_or_default();
    let along = |point: &HistoryPoint| match x {
        CurveX::Step => point.step as f64,
        CurveX::RelativeTime => (point.millis - first_millis) as f64 / 1e3,
        CurveX::WallTime => point.millis as f64,
    };
    let mut places: Vec<(f64, f64)> = points.iter().map(|point| (along(point), point.value)).collect();
    // Pages come by step; a run that went back to an earlier step goes on in time.
    places.sort_by(|a, b| a.0.total_cmp(&b.0));
    CurveSeries {
        run: named(frame, row),
        place,
        points: places.iter().map(|&(x, y)| (x, y.is_finite().then_some(y))).collect(),
        specials: places.iter().filter_map(|&(x, y)| Some((x, Value::from_f64(y).lane()?))).collect(),
        n_points: points.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
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
        let (frame, view) = (frame(), CurvesView::default());
        let wanted = wanted(&frame, &ids(), &[], &view);
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
        let info = curves.info(&frame, &ids(), &[], &view);
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
        let pairs: Vec<(RunId, String)> =
            (0..10).map(|n| (RunId(n.to_string()), "rmse".to_owned())).collect();
        curves.want(&pairs);
        assert_eq!(curves.next_asks().len(), N_AT_ONCE);
        curves.want(&pairs[9..]);
        assert!(curves.next_asks().is_empty());
        let ask = CurveAsk { run_id: RunId("0".to_owned()), metric: "rmse".to_owned(), page_token: None };
        curves.arrived(ask, Ok(page(&[], None)));
        assert_eq!(curves.next_asks()[0].run_id.0, "9");
    }

    #[test]
    fn times_are_relative_to_the_first_point() {
        let points = page(&[(5, 1.0), (2, 2.0)], None).items;
        let xs = |x: CurveX| -> Vec<f64> {
            series(&frame(), 0, 0, &points, x).points.iter().map(|point| point.0).collect()
        };
        assert_eq!(xs(CurveX::Step), [2.0, 5.0]);
        assert_eq!(xs(CurveX::RelativeTime), [0.0, 3.0]);
        assert_eq!(xs(CurveX::WallTime), [2000.0, 5000.0]);
    }
}
