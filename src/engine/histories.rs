//! Reads histories of metrics: the queue of what to ask for, alone or in bulk, and the histories that curves are drawn
//! from.
//!
//! A server that tells several histories at once (`get-history-bulk-interval`, MLflow 2.11 and later) picks so many points
//! of each where there are more. Its answer is shown at once; only what is proven to be whole counts as read, and all else
//! is read page by page.

use crate::entities::{ColumnKey, HistoryPoint, RunId};
use crate::frame::{RunFrame, Value};
use crate::tracking::Page;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};

/// Requests under way at once: a server with one worker gains nothing from more.
const N_AT_ONCE: usize = 4;
/// Points of each history in an answer in bulk: more than a chart has pixels for among others.
pub const N_BULK_POINTS: usize = 500;
/// Histories that arrive before the curves are told again while others are on their way.
const N_NEWS: usize = 8;

/// Histories of one metric to ask for in one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryAsk {
    /// Which metric.
    pub metric: String,
    /// Whose: rows of the frame. Several are asked for in bulk.
    pub rows: Vec<usize>,
    /// Where the page of a single one begins; none for the first.
    pub page_token: Option<String>,
}

impl HistoryAsk {
    /// A history from its beginning.
    fn alone(metric: &str, row: usize) -> Self {
        Self { metric: metric.to_owned(), rows: vec![row], page_token: None }
    }
}

/// Metrics, and the rows whose histories of it are wanted, in the order in which they are asked for.
pub type Wanted = Vec<(String, Vec<usize>)>;

/// What waits to be asked for, and how many requests are under way.
#[derive(Debug, Default)]
pub struct Queue {
    /// Histories of which nothing is here: metrics, each with its rows.
    first: VecDeque<(String, VecDeque<usize>)>,
    /// Pages to go on with, then histories of which the server has made a selection.
    next: VecDeque<HistoryAsk>,
    n_under_way: usize,
}

impl Queue {
    /// One of which nothing is here.
    pub fn push(&mut self, metric: &str, row: usize) {
        match self.first.back_mut() {
            Some((last, rows)) if last == metric => rows.push_back(row),
            _ => self.first.push_back((metric.to_owned(), VecDeque::from([row]))),
        }
    }

    /// One that is to be read page by page, after all of which nothing is here.
    pub fn push_alone(&mut self, metric: &str, row: usize) {
        self.next.push_back(HistoryAsk::alone(metric, row));
    }

    /// The next page of one that has begun.
    pub fn push_page(&mut self, ask: HistoryAsk) {
        self.next.push_front(ask);
    }

    /// What to ask for now: of a metric, as many runs at once as are said, as far as `begin` says that they are still
    /// meant, of which a page that goes on is known by the last argument. From then on they are under way.
    pub fn next_asks(
        &mut self,
        n_runs_at_once: impl Fn(&str) -> usize,
        mut begin: impl FnMut(&str, usize, bool) -> bool,
    ) -> Vec<HistoryAsk> {
        let mut asks = Vec::new();
        while self.n_under_way < N_AT_ONCE
            && let Some(mut ask) = self.pop(&n_runs_at_once)
        {
            let goes_on = ask.page_token.is_some();
            ask.rows.retain(|row| begin(&ask.metric, *row, goes_on));
            if !ask.rows.is_empty() {
                self.n_under_way += 1;
                asks.push(ask);
            }
        }
        asks
    }

    fn pop(&mut self, n_runs_at_once: impl Fn(&str) -> usize) -> Option<HistoryAsk> {
        let is_begun = self.next.front().is_some_and(|ask| ask.page_token.is_some());
        let Some((metric, rows)) = self.first.front_mut().filter(|_| !is_begun) else {
            return self.next.pop_front();
        };
        let n = n_runs_at_once(metric).max(1).min(rows.len());
        let ask = HistoryAsk { metric: metric.clone(), rows: rows.drain(..n).collect(), page_token: None };
        if rows.is_empty() {
            self.first.pop_front();
        }
        Some(ask)
    }

    /// Forgets the pages that would go on with what is not meant any more.
    pub fn retain_pages(&mut self, is_meant: impl Fn(&str, usize) -> bool) {
        self.next
            .retain(|ask| ask.page_token.is_none() || ask.rows.iter().any(|row| is_meant(&ask.metric, *row)));
    }

    /// A request has ended.
    pub fn ended(&mut self) {
        self.n_under_way = self.n_under_way.saturating_sub(1);
    }

    /// Nothing waits any more, and nothing is under way.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Whether nothing waits or is under way.
    pub fn is_idle(&self) -> bool {
        self.n_under_way == 0 && self.first.is_empty() && self.next.is_empty()
    }
}

/// One run's part of an answer in bulk.
#[derive(Clone, Debug, PartialEq)]
pub struct BulkPart {
    /// Whose: the row of the frame.
    pub row: usize,
    /// By step and time.
    pub points: Vec<HistoryPoint>,
    /// Whether these are proven to be all there are.
    pub is_whole: bool,
}

/// Takes an answer in bulk apart.
///
/// A part is whole if it has fewer points than were asked for, if the whole answer has fewer distinct steps than that, and
/// if it ends with the value that the run is known to have last. To MLflow 3.14 points are picked out of the distinct
/// steps of all runs together, with the first and the last of each: had any been left out, there would be at least as many
/// steps as were asked for. Later versions pick so many of each run's own. The request takes in every step there can be
/// (seen on 2.22.5 and 3.17.2).
pub fn apart(frame: &RunFrame, ask: &HistoryAsk, points: Vec<(RunId, HistoryPoint)>) -> Vec<BulkPart> {
    let steps: HashSet<i64> = points.iter().map(|(_, point)| point.step).collect();
    let mut of_rows: HashMap<usize, Vec<HistoryPoint>> = HashMap::new();
    for (run_id, point) in points {
        if let Some(row) = frame.row_of(&run_id) {
            of_rows.entry(row).or_default().push(point);
        }
    }
    let key = ColumnKey::Metric(ask.metric.clone());
    let part = |&row: &usize| {
        let points = of_rows.remove(&row).unwrap_or_default();
        let ends_as_known =
            points.last().is_some_and(|last| Value::from_f64(last.value) == frame.value(&key, row));
        let is_whole = steps.len() < N_BULK_POINTS && points.len() < N_BULK_POINTS && ends_as_known;
        BulkPart { row, points, is_whole }
    };
    ask.rows.iter().map(part).collect()
}

/// How far reading has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Reading {
    /// It is not on its way.
    #[default]
    Idle,
    Waiting,
    UnderWay,
}

/// One run's history of one metric.
#[derive(Debug, Default)]
struct History {
    /// What can be shown, and whether it is a selection made by the server.
    shown: Option<(Vec<HistoryPoint>, bool)>,
    /// Another number whenever what can be shown is another.
    version: u32,
    /// Whether the run has gone on since.
    is_stale: bool,
    /// Whether it is on its way, and what has arrived of it.
    reading: Reading,
    so_far: Vec<HistoryPoint>,
    failure: Option<String>,
}

impl History {
    fn show(&mut self, points: Vec<HistoryPoint>, is_selection: bool) {
        self.shown = Some((points, is_selection));
        self.version += 1;
    }

    fn is_whole(&self) -> bool {
        !self.is_stale && matches!(self.shown, Some((_, false)))
    }

    /// It is not on its way any more.
    fn end(&mut self) {
        self.reading = Reading::Idle;
        self.so_far = Vec::new();
    }
}

/// What there is to show of a history.
#[derive(Clone, Copy, Debug)]
pub struct ShownHistory<'a> {
    /// By step and time.
    pub points: &'a [HistoryPoint],
    /// Whether they are a selection made by the server.
    pub is_selection: bool,
    /// Another number whenever the points are others.
    pub version: u32,
}

/// The histories behind the curves: those that are here, and those that are on their way.
#[derive(Debug, Default)]
pub struct Histories {
    metrics: BTreeMap<String, HashMap<usize, History>>,
    queue: Queue,
    n_untold: usize,
    changed: BTreeSet<String>,
    is_stopped: bool,
}

impl Histories {
    fn get(&self, row: usize, metric: &str) -> Option<&History> {
        self.metrics.get(metric)?.get(&row)
    }

    /// What there is of it.
    pub fn shown(&self, row: usize, metric: &str) -> Option<ShownHistory<'_>> {
        let History { shown, version, .. } = self.get(row, metric)?;
        let (points, is_selection) = shown.as_ref()?;
        Some(ShownHistory { points, is_selection: *is_selection, version: *version })
    }

    /// Why it could not be read, if it could not.
    pub fn failure(&self, row: usize, metric: &str) -> Option<&str> {
        self.get(row, metric)?.failure.as_deref()
    }

    /// All of its points, where they are known to be all.
    pub fn whole(&self, row: usize, metric: &str) -> Option<&[HistoryPoint]> {
        let history = self.get(row, metric).filter(|history| history.is_whole())?;
        history.shown.as_ref().map(|(points, _)| points.as_slice())
    }

    /// Forgets everything: the runs are loaded anew.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Wants these histories and no others. What failed is asked for again.
    pub fn want(&mut self, wanted: &Wanted) {
        let sets: HashMap<&str, HashSet<usize>> =
            wanted.iter().map(|(metric, rows)| (metric.as_str(), rows.iter().copied().collect())).collect();
        for (metric, of_rows) in &mut self.metrics {
            let meant = sets.get(metric.as_str());
            of_rows.retain(|row, history| {
                if history.reading != Reading::Idle && meant.is_none_or(|rows| !rows.contains(row)) {
                    history.end();
                    return history.shown.is_some() && !history.is_stale;
                }
                true
            });
        }
        let metrics = &self.metrics;
        self.queue.retain_pages(|metric, row| is_under_way(metrics, metric, row));
        if self.is_stopped {
            return;
        }
        for (metric, rows) in wanted {
            let of_rows = self.metrics.entry(metric.clone()).or_default();
            for &row in rows {
                let history = of_rows.entry(row).or_default();
                if history.reading != Reading::Idle || history.is_whole() {
                    continue;
                }
                history.reading = Reading::Waiting;
                history.failure = None;
                if history.shown.is_some() {
                    self.queue.push_alone(metric, row);
                } else {
                    self.queue.push(metric, row);
                }
            }
        }
    }

    /// These rows' runs have gone on. Histories that are wanted stay as they are until they are here once more; others
    /// are forgotten.
    pub fn refresh(&mut self, rows: &[usize], wanted: &Wanted) {
        for (metric, of_rows) in &mut self.metrics {
            let meant = wanted.iter().find(|(other, _)| other == metric).map(|(_, rows)| rows);
            for row in rows {
                let Some(history) = of_rows.get_mut(row) else { continue };
                // What is on its way will have what the run has logged since.
                if history.reading != Reading::Idle {
                    continue;
                }
                if meant.is_none_or(|rows| !rows.contains(row)) {
                    of_rows.remove(row);
                    continue;
                }
                history.is_stale = true;
                // What has more points than an answer in bulk tells is not asked for in bulk.
                let is_short = history.shown.as_ref().is_none_or(|(points, _)| points.len() < N_BULK_POINTS);
                if self.is_stopped {
                    continue;
                }
                history.reading = Reading::Waiting;
                if is_short {
                    self.queue.push(metric, *row);
                } else {
                    self.queue.push_alone(metric, *row);
                }
            }
        }
    }

    /// What to ask for now; of a metric as many runs at once as are said.
    pub fn next_asks(&mut self, n_runs_at_once: impl Fn(&str) -> usize) -> Vec<HistoryAsk> {
        let metrics = &mut self.metrics;
        let begin = |metric: &str, row: usize, goes_on: bool| {
            let history = metrics.get_mut(metric).and_then(|of_rows| of_rows.get_mut(&row));
            let from = if goes_on { Reading::UnderWay } else { Reading::Waiting };
            let Some(history) = history.filter(|history| history.reading == from) else { return false };
            history.reading = Reading::UnderWay;
            true
        };
        self.queue.next_asks(n_runs_at_once, begin)
    }

    /// Whether what was asked for is still wanted, some of it at least.
    pub fn is_wanted(&self, ask: &HistoryAsk) -> bool {
        ask.rows.iter().any(|row| is_under_way(&self.metrics, &ask.metric, *row))
    }

    /// A request was aborted, since nothing of it is wanted.
    pub fn gave_up(&mut self) {
        self.queue.ended();
    }

    /// Takes a page of a single history, or why there is none. Whether the curves are to be told again.
    pub fn arrived(&mut self, ask: HistoryAsk, answer: Result<Page<HistoryPoint>, String>) -> bool {
        self.queue.ended();
        let &[row] = ask.rows.as_slice() else { return self.is_due(0) };
        let history = self.metrics.get_mut(&ask.metric).and_then(|of_rows| of_rows.get_mut(&row));
        // Nobody may want it any more.
        let Some(history) = history.filter(|history| history.reading == Reading::UnderWay) else {
            return self.is_due(0);
        };
        match answer {
            Ok(page) => {
                history.so_far.extend(page.items);
                if page.next_page_token.is_some() {
                    self.queue.push_page(HistoryAsk { page_token: page.next_page_token, ..ask });
                    return false;
                }
                let points = std::mem::take(&mut history.so_far);
                history.show(points, false);
                history.is_stale = false;
            }
            // What is shown stays, and is asked for again when the run has gone on further.
            Err(_) if history.is_stale => {}
            Err(why) => history.failure = Some(why),
        }
        history.end();
        self.changed.insert(ask.metric);
        self.is_due(1)
    }

    /// Takes several histories at once; none where the server does not tell them so: they are read one by one then.
    /// Whether the curves are to be told again.
    pub fn arrived_in_bulk(&mut self, ask: HistoryAsk, parts: Option<Vec<BulkPart>>) -> bool {
        self.queue.ended();
        let Some(of_rows) = self.metrics.get_mut(&ask.metric) else { return self.is_due(0) };
        let none = |row: &usize| BulkPart { row: *row, points: Vec::new(), is_whole: false };
        for part in parts.unwrap_or_else(|| ask.rows.iter().map(none).collect()) {
            let history = of_rows.get_mut(&part.row);
            let Some(history) = history.filter(|history| history.reading == Reading::UnderWay) else {
                continue;
            };
            if part.is_whole {
                history.show(part.points, false);
                history.is_stale = false;
                history.end();
                continue;
            }
            // A selection says less than what was whole before the run went on.
            if !part.points.is_empty() && history.shown.is_none() {
                history.show(part.points, true);
            }
            history.reading = Reading::Waiting;
            self.queue.push_alone(&ask.metric, part.row);
        }
        self.changed.insert(ask.metric);
        self.is_due(N_NEWS)
    }

    fn is_due(&mut self, n_new: usize) -> bool {
        self.n_untold += n_new;
        let is_due = self.n_untold >= N_NEWS || (self.n_untold > 0 && self.queue.is_idle());
        if is_due {
            self.n_untold = 0;
        }
        is_due
    }

    /// The metrics of which there is something new since this was last asked.
    pub fn take_changed(&mut self) -> BTreeSet<String> {
        std::mem::take(&mut self.changed)
    }

    /// Gives up what has not arrived, until [`Self::go_on`]. Requests under way are to be aborted by the caller.
    pub fn stop(&mut self) {
        if self.queue.is_idle() {
            return;
        }
        self.queue.clear();
        self.is_stopped = true;
        for of_rows in self.metrics.values_mut() {
            of_rows.values_mut().for_each(History::end);
        }
    }

    /// Takes wishes again after [`Self::stop`].
    pub fn go_on(&mut self) {
        self.is_stopped = false;
    }

    /// Whether somebody stopped it.
    pub fn is_stopped(&self) -> bool {
        self.is_stopped
    }

    /// Holds these points, all there are.
    #[cfg(test)]
    pub(super) fn hold(&mut self, row: usize, metric: &str, points: Vec<HistoryPoint>) {
        self.metrics.entry(metric.to_owned()).or_default().entry(row).or_default().show(points, false);
    }
}

fn is_under_way(metrics: &BTreeMap<String, HashMap<usize, History>>, metric: &str, row: usize) -> bool {
    let history = metrics.get(metric).and_then(|of_rows| of_rows.get(&row));
    history.is_some_and(|history| history.reading == Reading::UnderWay)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::test_runs;

    const ALONE: fn(&str) -> usize = |_| 1;
    const IN_BULK: fn(&str) -> usize = |_| 3;

    fn points(values: &[(i64, f64)]) -> Vec<HistoryPoint> {
        values.iter().map(|&(step, value)| HistoryPoint { step, millis: 1000 * step, value }).collect()
    }

    fn page(values: &[(i64, f64)], next: Option<&str>) -> Page<HistoryPoint> {
        Page { items: points(values), next_page_token: next.map(str::to_owned), ..Page::default() }
    }

    fn wanted(rows: impl IntoIterator<Item = usize>) -> Wanted {
        vec![("rmse".to_owned(), rows.into_iter().collect())]
    }

    fn part(row: usize, values: &[(i64, f64)], is_whole: bool) -> BulkPart {
        BulkPart { row, points: points(values), is_whole }
    }

    #[test]
    fn what_is_wanted_is_asked_for_once_and_page_by_page() {
        let mut histories = Histories::default();
        histories.want(&wanted([0, 1]));
        let mut asks = histories.next_asks(ALONE);
        assert_eq!(asks.len(), 2);
        histories.want(&wanted([0, 1]));
        assert!(histories.next_asks(ALONE).is_empty());
        assert!(!histories.arrived(asks.remove(0), Ok(page(&[(0, 3.0), (1, f64::NAN)], Some("more")))));
        let next = histories.next_asks(ALONE).remove(0);
        assert_eq!((next.page_token.as_deref(), next.rows.as_slice()), (Some("more"), &[0][..]));
        assert!(!histories.arrived(next, Ok(page(&[(2, 1.0)], None))));
        assert!(histories.arrived(asks.remove(0), Err("no".to_owned())));
        assert_eq!(histories.whole(0, "rmse").map(<[_]>::len), Some(3));
        assert_eq!((histories.failure(1, "rmse"), histories.shown(1, "rmse").is_none()), (Some("no"), true));
        assert_eq!(histories.take_changed().into_iter().collect::<Vec<_>>(), ["rmse"]);
        // A failure is no answer: it is asked for again when it is wanted again.
        histories.want(&wanted([0, 1]));
        assert_eq!(histories.next_asks(ALONE).len(), 1);
    }

    #[test]
    fn what_is_no_longer_wanted_is_not_asked_for_and_given_up() {
        let mut histories = Histories::default();
        histories.want(&wanted(0..10));
        let asks = histories.next_asks(ALONE);
        assert_eq!(asks.len(), N_AT_ONCE);
        histories.want(&wanted([9]));
        assert!(histories.next_asks(ALONE).is_empty() && asks.iter().all(|ask| !histories.is_wanted(ask)));
        asks.iter().for_each(|_| histories.gave_up());
        assert_eq!(histories.next_asks(ALONE), [HistoryAsk::alone("rmse", 9)]);
        // What is wanted once more begins anew.
        histories.want(&wanted([0, 9]));
        assert_eq!(histories.next_asks(ALONE), [HistoryAsk::alone("rmse", 0)]);
    }

    #[test]
    fn several_are_asked_for_at_once_and_what_is_not_whole_is_read_in_full() {
        let mut histories = Histories::default();
        histories.want(&vec![("rmse".to_owned(), vec![0, 1, 2, 3]), ("mae".to_owned(), vec![0])]);
        let mut asks = histories.next_asks(IN_BULK);
        let rows = |ask: &HistoryAsk| (ask.metric.clone(), ask.rows.clone());
        let all: Vec<_> = asks.iter().map(rows).collect();
        assert_eq!(all, [("rmse".into(), vec![0, 1, 2]), ("rmse".into(), vec![3]), ("mae".into(), vec![0])]);
        let parts = vec![
            part(0, &[(0, 3.0), (1, 2.0)], true),
            part(1, &[(0, 3.0), (900, 2.0)], false),
            part(2, &[], false),
        ];
        assert!(histories.arrived_in_bulk(asks.remove(0), Some(parts)), "told at once");
        assert!(histories.whole(0, "rmse").is_some() && histories.whole(1, "rmse").is_none());
        assert!(histories.shown(1, "rmse").is_some_and(|shown| shown.is_selection && shown.version == 1));
        assert!(histories.shown(2, "rmse").is_none());
        let next = histories.next_asks(IN_BULK);
        assert_eq!(next, [HistoryAsk::alone("rmse", 1), HistoryAsk::alone("rmse", 2)]);
        histories.arrived(next[0].clone(), Ok(page(&[(0, 3.0), (1, 9.0), (900, 2.0)], None)));
        let shown = histories.shown(1, "rmse").unwrap();
        assert_eq!((shown.points.len(), shown.is_selection, shown.version), (3, false, 2));
        // A selection stays where the rest cannot be read, and why is told.
        histories.arrived(next[1].clone(), Err("no".to_owned()));
        assert_eq!(histories.failure(2, "rmse"), Some("no"));
    }

    #[test]
    fn a_server_that_refuses_is_asked_for_one_after_another() {
        let mut histories = Histories::default();
        histories.want(&wanted([4, 5]));
        let ask = histories.next_asks(IN_BULK).remove(0);
        histories.arrived_in_bulk(ask, None);
        assert_eq!(
            histories.next_asks(IN_BULK),
            [HistoryAsk::alone("rmse", 4), HistoryAsk::alone("rmse", 5)]
        );
    }

    #[test]
    fn what_goes_on_is_shown_until_it_is_here_once_more() {
        let mut histories = Histories::default();
        for row in 0..3 {
            histories.hold(row, "rmse", points(&[(0, 1.0)]));
        }
        let long: Vec<(i64, f64)> = (0..600).map(|step| (step, 1.0)).collect();
        histories.hold(3, "rmse", points(&long));
        histories.refresh(&[0, 1, 2, 3], &wanted([0, 1, 3]));
        assert!(histories.shown(2, "rmse").is_none(), "nobody looks at it");
        assert!(histories.shown(0, "rmse").is_some() && histories.whole(0, "rmse").is_none());
        let asks = histories.next_asks(IN_BULK);
        assert_eq!(asks[0].rows, [0, 1]);
        assert_eq!(asks[1], HistoryAsk::alone("rmse", 3), "a selection would not do");
        histories.arrived_in_bulk(
            asks[0].clone(),
            Some(vec![part(0, &[(0, 1.0), (1, 0.5)], true), part(1, &[(0, 1.0)], false)]),
        );
        assert_eq!(histories.whole(0, "rmse").map(<[_]>::len), Some(2));
        assert!(histories.shown(1, "rmse").is_some_and(|shown| !shown.is_selection), "as it was");
        // A server that is away takes nothing and complains of nothing.
        histories.arrived(asks[1].clone(), Err("away".to_owned()));
        assert_eq!(histories.failure(3, "rmse"), None);
    }

    #[test]
    fn it_stops_and_goes_on() {
        let mut histories = Histories::default();
        histories.want(&wanted(0..10));
        let ask = histories.next_asks(ALONE).remove(0);
        histories.arrived(ask, Ok(page(&[(0, 3.0)], None)));
        histories.stop();
        histories.want(&wanted(0..10));
        assert!(histories.is_stopped() && histories.next_asks(ALONE).is_empty());
        assert!(histories.whole(0, "rmse").is_some(), "what is here stays");
        histories.go_on();
        histories.want(&wanted(0..10));
        assert_eq!(histories.next_asks(ALONE).len(), N_AT_ONCE);
        let mut idle = Histories::default();
        idle.stop();
        assert!(!idle.is_stopped(), "there was nothing to stop");
    }

    #[test]
    fn only_what_is_proven_is_whole() {
        let mut runs = ["a", "b"].map(|id| test_runs::run(id, &[], &[("rmse", 1.0)], &[]));
        runs[1].metrics[0].value = f64::NAN;
        let frame = test_runs::frame(runs);
        let ask = HistoryAsk { metric: "rmse".to_owned(), rows: vec![0, 1], page_token: None };
        let told = |of_a: &[(i64, f64)], of_b: &[(i64, f64)]| {
            let of = |id: &str, values: &[(i64, f64)]| {
                points(values).into_iter().map(|point| (RunId(id.to_owned()), point)).collect::<Vec<_>>()
            };
            let parts = apart(&frame, &ask, [of("a", of_a), of("b", of_b), of("gone", &[(0, 1.0)])].concat());
            assert_eq!(parts.iter().map(|part| part.row).collect::<Vec<_>>(), [0, 1]);
            [parts[0].is_whole, parts[1].is_whole]
        };
        let nan = f64::NAN;
        assert_eq!(told(&[(-5, 2.0), (3, 1.0)], &[(0, 2.0), (1, nan)]), [true, true]);
        assert_eq!(told(&[(0, 1.0)], &[]), [true, false], "nothing is no proof");
        assert_eq!(told(&[(0, 2.0)], &[(0, nan)]), [false, true], "it ended with another value");
        let run = |from: i64, n: i64| (from..from + n).map(|step| (step, 1.0)).collect::<Vec<_>>();
        assert_eq!(told(&run(0, 499), &[(0, nan)]), [true, true]);
        assert_eq!(told(&run(0, 500), &[(0, nan)]), [false, false]);
        assert!(!told(&run(0, 300), &run(400, 300))[0], "points may have been picked out of all steps");
        let twice: Vec<(i64, f64)> = (0..500).map(|at| (at / 2, 1.0)).collect();
        assert_eq!(told(&twice, &[(0, nan)]), [false, true], "of one step there may be more");
    }
}
