//! Asks for the histories that derived columns are worked out from, a few at a time, and takes note of what they come to.
//!
//! No server tells the smallest or the mean value of a metric (MLflow's REST API, metric history), so each run's whole
//! history is read once. Of it, only a handful of numbers stays.

use super::histories::{BulkPart, Histories, HistoryAsk, Queue};
use super::protocol::HistoryProgress;
use crate::entities::{ColumnKey, HistoryPoint};
use crate::frame::{HistorySummary, RunFrame, Value};
use crate::tracking::Page;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A metric whose histories are needed, and the step at which a value is; none where any step will do.
pub type HistoryNeed = (String, Option<i64>);

/// How far one history has come.
#[derive(Debug, PartialEq)]
enum State {
    Waiting,
    /// Under way, with what has arrived of it.
    Asked(Vec<HistoryPoint>),
    Read,
    Failed,
}

impl State {
    fn is_settled(&self) -> bool {
        matches!(self, Self::Read | Self::Failed)
    }
}

/// The histories of one metric.
#[derive(Debug, Default)]
struct OfMetric {
    /// The steps at which a value is wanted.
    steps: BTreeSet<i64>,
    rows: HashMap<usize, State>,
    n_read: usize,
    n_failed: usize,
    /// Whether an answer in bulk was for nothing: these histories are too long for it.
    is_long: bool,
}

impl OfMetric {
    /// All points of a history are here.
    fn settle(&mut self, frame: &mut RunFrame, metric: &str, row: usize, points: Vec<HistoryPoint>) {
        self.rows.insert(row, State::Read);
        self.n_read += 1;
        if let Some(summary) = HistorySummary::new(points, self.steps.iter().copied()) {
            frame.set_history(row, metric, summary);
        }
    }

    /// Keeps these states, and counts them.
    fn retain(&mut self, is_kept: fn(&State) -> bool) {
        self.rows.retain(|_, state| is_kept(state));
        self.n_read = self.rows.values().filter(|state| **state == State::Read).count();
        self.n_failed = self.rows.values().filter(|state| **state == State::Failed).count();
    }
}

/// The queue and what has been read.
#[derive(Debug, Default)]
pub struct Aggregates {
    metrics: BTreeMap<String, OfMetric>,
    queue: Queue,
    is_stopped: bool,
}

impl Aggregates {
    /// Wants these metrics' histories, and values at these steps, in all rows of the frame that have the metric; none
    /// that is known already. What waits and is not wanted any more is not asked for.
    pub fn want(&mut self, frame: &RunFrame, needs: &[HistoryNeed]) {
        for (metric, of_metric) in &mut self.metrics {
            if needs.iter().all(|(wanted, _)| wanted != metric) {
                of_metric.retain(|state| *state != State::Waiting);
            }
        }
        if self.is_stopped {
            return;
        }
        for (metric, step) in needs {
            let of_metric = self.metrics.entry(metric.clone()).or_default();
            if step.is_some_and(|step| of_metric.steps.insert(step)) {
                // Of a history that was read, the values at other steps are gone.
                of_metric.retain(|state| !state.is_settled());
            }
            let key = ColumnKey::Metric(metric.clone());
            for row in (0..frame.n_rows()).filter(|row| frame.value(&key, *row) != Value::Missing) {
                of_metric.rows.entry(row).or_insert_with(|| {
                    self.queue.push(metric, row);
                    State::Waiting
                });
            }
        }
    }

    /// These rows' runs have gone on: what is known of their histories is asked for once more.
    pub fn refresh(&mut self, rows: &[usize]) {
        for of_metric in self.metrics.values_mut() {
            for row in rows {
                if of_metric.rows.get(row).is_some_and(State::is_settled) {
                    of_metric.rows.remove(row);
                }
            }
            of_metric.retain(|_| true);
        }
    }

    /// What to ask for now, of a metric as many runs at once as are said. What is here in full already, since there is a
    /// curve of it, is taken over and not asked for.
    pub fn next_asks(
        &mut self,
        frame: &mut RunFrame,
        histories: &Histories,
        n_runs_at_once: impl Fn(&RunFrame, &str) -> usize,
    ) -> Vec<HistoryAsk> {
        let metrics = &mut self.metrics;
        let n_at_once = |(metric, of_metric): (&String, &OfMetric)| {
            (metric.clone(), if of_metric.is_long { 1 } else { n_runs_at_once(frame, metric) })
        };
        let n_at_once: HashMap<String, usize> = metrics.iter().map(n_at_once).collect();
        let begin = |metric: &str, row: usize, goes_on: bool| {
            let Some(of_metric) = metrics.get_mut(metric) else { return false };
            match of_metric.rows.get_mut(&row) {
                Some(State::Waiting) if !goes_on => {}
                Some(State::Asked(_)) if goes_on => return true,
                // Not wanted any more.
                _ => return false,
            }
            match histories.whole(row, metric) {
                Some(points) => of_metric.settle(frame, metric, row, points.to_vec()),
                None => drop(of_metric.rows.insert(row, State::Asked(Vec::new()))),
            }
            histories.whole(row, metric).is_none()
        };
        self.queue.next_asks(|metric| n_at_once.get(metric).copied().unwrap_or(1), begin)
    }

    /// Takes a page of a single history; none where it could not be read. Puts what the history comes to into the frame
    /// once it is whole.
    pub fn arrived(&mut self, frame: &mut RunFrame, ask: HistoryAsk, page: Option<Page<HistoryPoint>>) {
        self.queue.ended();
        let (Some(of_metric), &[row]) = (self.metrics.get_mut(&ask.metric), ask.rows.as_slice()) else {
            return;
        };
        let Some(state) = of_metric.rows.get_mut(&row) else { return };
        let State::Asked(points) = state else { return };
        let Some(page) = page else {
            *state = State::Failed;
            of_metric.n_failed += 1;
            return;
        };
        points.extend(page.items);
        if page.next_page_token.is_some() {
            self.queue.push_page(HistoryAsk { page_token: page.next_page_token, ..ask });
            return;
        }
        let points = std::mem::take(points);
        of_metric.settle(frame, &ask.metric, row, points);
    }

    /// Takes several histories at once; none where the server does not tell them so. What is not proven to be whole is
    /// read by itself: nothing is worked out from a selection.
    pub fn arrived_in_bulk(&mut self, frame: &mut RunFrame, ask: &HistoryAsk, parts: Option<Vec<BulkPart>>) {
        self.queue.ended();
        let Some(of_metric) = self.metrics.get_mut(&ask.metric) else { return };
        let n_whole = parts.iter().flatten().filter(|part| part.is_whole).count();
        // Asking twice for most of them takes longer than asking for each.
        of_metric.is_long |= n_whole * 2 < ask.rows.len();
        let none = |row: &usize| BulkPart { row: *row, points: Vec::new(), is_whole: false };
        for part in parts.unwrap_or_else(|| ask.rows.iter().map(none).collect()) {
            if !matches!(of_metric.rows.get(&part.row), Some(State::Asked(_))) {
                continue;
            }
            if part.is_whole {
                of_metric.settle(frame, &ask.metric, part.row, part.points);
            } else {
                of_metric.rows.insert(part.row, State::Waiting);
                self.queue.push_alone(&ask.metric, part.row);
            }
        }
    }

    /// Gives up what has not arrived, until [`Self::go_on`]. Requests under way are to be aborted by the caller.
    pub fn stop(&mut self) {
        if self.is_idle() {
            return;
        }
        self.queue.clear();
        self.is_stopped = true;
        self.metrics.values_mut().for_each(|of_metric| of_metric.retain(State::is_settled));
    }

    /// Takes wishes again after [`Self::stop`], and for what could not be read.
    pub fn go_on(&mut self) {
        self.is_stopped = false;
        self.metrics.values_mut().for_each(|of_metric| of_metric.retain(|state| *state != State::Failed));
    }

    /// How far it has come.
    pub fn progress(&self) -> HistoryProgress {
        let sum = |of: fn(&OfMetric) -> usize| self.metrics.values().map(of).sum();
        HistoryProgress {
            n_read: sum(|of_metric| of_metric.n_read),
            n_failed: sum(|of_metric| of_metric.n_failed),
            n_all: sum(|of_metric| of_metric.rows.len()),
            is_stopped: self.is_stopped,
        }
    }

    /// Whether nothing is under way.
    pub fn is_idle(&self) -> bool {
        self.queue.is_idle()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::test_runs;

    fn frame() -> RunFrame {
        let metrics: [&[(&str, f64)]; 7] = [&[("m", 1.0)]; 7];
        let mut runs: Vec<_> = (0..).zip(metrics).map(|(n, metrics)| (format!("{n}"), metrics)).collect();
        runs[6].1 = &[("other", 1.0)];
        test_runs::frame(runs.into_iter().map(|(id, metrics)| test_runs::run(&id, &[], metrics, &[])))
    }

    fn needs(metric: &str, step: Option<i64>) -> Vec<HistoryNeed> {
        vec![(metric.to_owned(), step)]
    }

    fn page(value: f64, token: Option<&str>) -> Option<Page<HistoryPoint>> {
        let items = vec![HistoryPoint { step: value as i64, millis: 0, value }];
        Some(Page { items, next_page_token: token.map(str::to_owned), ..Page::default() })
    }

    fn next_asks(aggregates: &mut Aggregates, frame: &mut RunFrame) -> Vec<HistoryAsk> {
        aggregates.next_asks(frame, &Histories::default(), |_, _| 1)
    }

    fn progress(aggregates: &Aggregates) -> (usize, usize, usize) {
        let HistoryProgress { n_read, n_failed, n_all, .. } = aggregates.progress();
        (n_read, n_failed, n_all)
    }

    #[test]
    fn each_history_is_read_once_and_page_by_page() {
        let mut frame = frame();
        let mut aggregates = Aggregates::default();
        aggregates.want(&frame, &needs("m", None));
        aggregates.want(&frame, &needs("m", None));
        let mut asks = next_asks(&mut aggregates, &mut frame);
        assert_eq!((asks.len(), progress(&aggregates)), (4, (0, 0, 6)));
        let first = asks.remove(0);
        aggregates.arrived(&mut frame, first, page(5.0, Some("more")));
        let next = next_asks(&mut aggregates, &mut frame);
        assert_eq!((next.len(), next[0].rows[0], next[0].page_token.as_deref()), (1, 0, Some("more")));
        aggregates.arrived(&mut frame, next[0].clone(), page(3.0, None));
        aggregates.arrived(&mut frame, asks.remove(0), None);
        assert_eq!(progress(&aggregates), (1, 1, 6));
        let asks = [asks, next_asks(&mut aggregates, &mut frame)].concat();
        asks.into_iter().for_each(|ask| aggregates.arrived(&mut frame, ask, page(1.0, None)));
        assert!(next_asks(&mut aggregates, &mut frame).is_empty() && aggregates.is_idle());
        // What failed is asked for again when it is told to go on.
        aggregates.want(&frame, &needs("m", None));
        assert!(aggregates.is_idle());
        aggregates.go_on();
        aggregates.want(&frame, &needs("m", None));
        assert_eq!(
            next_asks(&mut aggregates, &mut frame).iter().map(|ask| ask.rows[0]).collect::<Vec<_>>(),
            [1]
        );
        // A step that was not asked for before needs the histories once more.
        aggregates.want(&frame, &needs("m", Some(7)));
        assert_eq!(progress(&aggregates), (0, 0, 6));
    }

    #[test]
    fn what_is_no_longer_wanted_is_not_asked_for() {
        let mut frame = frame();
        let mut aggregates = Aggregates::default();
        aggregates.want(&frame, &needs("m", None));
        let asks = next_asks(&mut aggregates, &mut frame);
        aggregates.want(&frame, &needs("other", None));
        asks.into_iter().for_each(|ask| aggregates.arrived(&mut frame, ask, page(1.0, None)));
        assert_eq!(
            next_asks(&mut aggregates, &mut frame).iter().map(|ask| ask.rows[0]).collect::<Vec<_>>(),
            [6]
        );
        assert_eq!(progress(&aggregates), (4, 0, 5));
        aggregates.stop();
        assert_eq!(progress(&aggregates), (4, 0, 4));
        aggregates.want(&frame, &needs("other", None));
        assert!(next_asks(&mut aggregates, &mut frame).is_empty() && aggregates.progress().is_stopped);
        aggregates.go_on();
        aggregates.want(&frame, &needs("other", None));
        assert_eq!(next_asks(&mut aggregates, &mut frame).len(), 1);
    }

    #[test]
    fn in_bulk_only_what_is_whole_counts_and_long_ones_are_not_asked_for_so_again() {
        let mut frame = frame();
        let mut aggregates = Aggregates::default();
        let mut histories = Histories::default();
        histories.hold(5, "m", vec![HistoryPoint { step: 0, millis: 0, value: 1.0 }]);
        aggregates.want(&frame, &needs("m", None));
        let asks = aggregates.next_asks(&mut frame, &histories, |_, _| 3);
        assert_eq!(asks.iter().map(|ask| ask.rows.clone()).collect::<Vec<_>>(), [vec![0, 1, 2], vec![3, 4]]);
        assert_eq!(progress(&aggregates), (1, 0, 6), "the one with a curve is not asked for");
        let part = |row: usize, is_whole: bool| BulkPart {
            row,
            points: vec![HistoryPoint { step: 0, millis: 0, value: 1.0 }],
            is_whole,
        };
        aggregates.arrived_in_bulk(
            &mut frame,
            &asks[0],
            Some(vec![part(0, true), part(1, true), part(2, false)]),
        );
        assert_eq!(progress(&aggregates), (3, 0, 6));
        aggregates.arrived_in_bulk(&mut frame, &asks[1], None);
        let asks = aggregates.next_asks(&mut frame, &histories, |_, _| 3);
        assert_eq!(asks.iter().map(|ask| ask.rows.clone()).collect::<Vec<_>>(), [[2], [3], [4]]);
        asks.into_iter().for_each(|ask| aggregates.arrived(&mut frame, ask, page(1.0, None)));
        assert_eq!((progress(&aggregates), aggregates.is_idle()), ((6, 0, 6), true));
        aggregates.refresh(&[0, 1, 2, 3, 4]);
        aggregates.want(&frame, &needs("m", None));
        let asks = aggregates.next_asks(&mut frame, &histories, |_, _| 3);
        assert!(asks.iter().all(|ask| ask.rows.len() == 1));
    }
}
