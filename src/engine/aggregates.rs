//! Asks for the histories that derived columns are worked out from, a few at a time, and takes note of what they come to.
//!
//! No server tells the smallest or the mean value of a metric (MLflow's REST API, metric history), so each run's whole
//! history is read once. Of it, only a handful of numbers stays.

use super::protocol::HistoryProgress;
use crate::entities::{ColumnKey, HistoryPoint};
use crate::frame::{HistorySummary, RunFrame, Value};
use crate::tracking::Page;
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

/// Requests under way at once: a server with one worker gains nothing from more.
const N_AT_ONCE: usize = 4;

/// A metric whose histories are needed, and the step at which a value is; none where any step will do.
pub type HistoryNeed = (String, Option<i64>);

/// A page of a history to ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryAsk {
    /// Whose: the row of the frame.
    pub row: usize,
    /// Which metric.
    pub metric: String,
    /// Where the page begins; none for the first.
    pub page_token: Option<String>,
}

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
}

impl OfMetric {
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
    queue: VecDeque<HistoryAsk>,
    n_in_flight: usize,
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
                    self.queue.push_back(HistoryAsk { row, metric: metric.clone(), page_token: None });
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

    /// What to ask for now.
    pub fn next_asks(&mut self) -> Vec<HistoryAsk> {
        let mut asks = Vec::new();
        while self.n_in_flight < N_AT_ONCE
            && let Some(ask) = self.queue.pop_front()
        {
            match self.metrics.get_mut(&ask.metric).and_then(|of_metric| of_metric.rows.get_mut(&ask.row)) {
                Some(state @ State::Waiting) => *state = State::Asked(Vec::new()),
                Some(State::Asked(_)) if ask.page_token.is_some() => {}
                // Not wanted any more.
                _ => continue,
            }
            self.n_in_flight += 1;
            asks.push(ask);
        }
        asks
    }

    /// Takes a page; none where it could not be read. Puts what the history comes to into the frame once it is whole.
    pub fn arrived(&mut self, frame: &mut RunFrame, ask: HistoryAsk, page: Option<Page<HistoryPoint>>) {
        self.n_in_flight = self.n_in_flight.saturating_sub(1);
        let Some(of_metric) = self.metrics.get_mut(&ask.metric) else { return };
        let Some(state) = of_metric.rows.get_mut(&ask.row) else { return };
        let State::Asked(points) = state else { return };
        let Some(page) = page else {
            *state = State::Failed;
            of_metric.n_failed += 1;
            return;
        };
        points.extend(page.items);
        if page.next_page_token.is_some() {
            self.queue.push_front(HistoryAsk { page_token: page.next_page_token, ..ask });
            return;
        }
        let points = std::mem::take(points);
        *state = State::Read;
        of_metric.n_read += 1;
        if let Some(summary) = HistorySummary::new(points, of_metric.steps.iter().copied()) {
            frame.set_history(ask.row, &ask.metric, summary);
        }
    }

    /// Gives up what has not arrived, until [`Self::go_on`]. Requests under way are to be aborted by the caller.
    pub fn stop(&mut self) {
        if self.is_idle() {
            return;
        }
        self.queue.clear();
        self.n_in_flight = 0;
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
        self.n_in_flight == 0 && self.queue.is_empty()
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
        let mut asks = aggregates.next_asks();
        assert_eq!((asks.len(), progress(&aggregates)), (N_AT_ONCE, (0, 0, 6)));
        let first = asks.remove(0);
        aggregates.arrived(&mut frame, first, page(5.0, Some("more")));
        let next = aggregates.next_asks();
        assert_eq!((next.len(), next[0].row, next[0].page_token.as_deref()), (1, 0, Some("more")));
        aggregates.arrived(&mut frame, next[0].clone(), page(3.0, None));
        aggregates.arrived(&mut frame, asks.remove(0), None);
        assert_eq!(progress(&aggregates), (1, 1, 6));
        let asks = [asks, aggregates.next_asks()].concat();
        asks.into_iter().for_each(|ask| aggregates.arrived(&mut frame, ask, page(1.0, None)));
        assert!(aggregates.next_asks().is_empty() && aggregates.is_idle());
        // What failed is asked for again when it is told to go on.
        aggregates.want(&frame, &needs("m", None));
        assert!(aggregates.is_idle());
        aggregates.go_on();
        aggregates.want(&frame, &needs("m", None));
        assert_eq!(aggregates.next_asks().iter().map(|ask| ask.row).collect::<Vec<_>>(), [1]);
        // A step that was not asked for before needs the histories once more.
        aggregates.want(&frame, &needs("m", Some(7)));
        assert_eq!(progress(&aggregates), (0, 0, 6));
    }

    #[test]
    fn what_is_no_longer_wanted_is_not_asked_for() {
        let mut frame = frame();
        let mut aggregates = Aggregates::default();
        aggregates.want(&frame, &needs("m", None));
        let asks = aggregates.next_asks();
        aggregates.want(&frame, &needs("other", None));
        asks.into_iter().for_each(|ask| aggregates.arrived(&mut frame, ask, page(1.0, None)));
        assert_eq!(aggregates.next_asks().iter().map(|ask| ask.row).collect::<Vec<_>>(), [6]);
        assert_eq!(progress(&aggregates), (4, 0, 5));
        aggregates.stop();
        assert_eq!(progress(&aggregates), (4, 0, 4));
        aggregates.want(&frame, &needs("other", None));
        assert!(aggregates.next_asks().is_empty() && aggregates.progress().is_stopped);
        aggregates.go_on();
        aggregates.want(&frame, &needs("other", None));
        assert_eq!(aggregates.next_asks().len(), 1);
    }
}
