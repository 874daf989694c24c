//! Which pages of runs to ask for, and when a load is complete.
//!
//! The first page is small, so that rows appear at once; the further ones are large and asked for several at
//! a time, by offset. A page without a further one marks the end; pages asked for beyond it come back empty.
//! A server that takes no page tokens but its own is asked for one page after another.

use super::protocol::LoadProgress;
use crate::entities::{ExperimentId, Run, RunView};
use crate::tracking::Page;

const N_FIRST_PAGE: usize = 100;
const N_PAGE: usize = 1000;
const N_AT_ONCE: usize = 4;
const N_TRIES: u8 = 3;

/// A page to ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageAsk {
    /// Runs before it.
    pub offset: usize,
    /// The server's own token for it; none where one is made from the offset.
    pub page_token: Option<String>,
    /// Runs in it at the most.
    pub n_rows: usize,
    /// How often it has been tried.
    pub n_tries: u8,
}

/// A load under way or ended.
#[derive(Clone, Debug, Default)]
pub struct Load {
    /// Whose runs.
    pub experiment_ids: Vec<ExperimentId>,
    /// Which of them.
    pub run_view: RunView,
    /// What the page is told.
    pub progress: LoadProgress,
    next_offset: usize,
    n_in_flight: usize,
    is_end_seen: bool,
    /// The token of the page after the last one that came in order.
    next_page_token: Option<String>,
    is_in_order: bool,
    n_pages: usize,
}

impl Load {
    /// A load that has asked for nothing yet.
    pub fn new(experiment_ids: Vec<ExperimentId>, run_view: RunView) -> Self {
        let progress = LoadProgress { is_loading: true, ..LoadProgress::default() };
        Self { experiment_ids, run_view, progress, ..Self::default() }
    }

    /// Whether it is under way, or ended with all runs of these experiments.
    pub fn holds(&self, experiment_ids: &[ExperimentId], run_view: RunView) -> bool {
        let is_whole = self.is_end_seen && self.n_in_flight == 0;
        self.experiment_ids == experiment_ids
            && self.run_view == run_view
            && (self.progress.is_loading || is_whole && !self.progress.is_cancelled)
    }

    /// The pages to ask for now.
    pub fn next_asks(&mut self) -> Vec<PageAsk> {
        let mut asks = Vec::new();
        if !self.progress.is_loading || self.is_end_seen {
            return asks;
        }
        if self.is_in_order {
            if self.n_in_flight == 0 {
                asks.push(PageAsk {
                    offset: self.next_offset,
                    page_token: self.next_page_token.clone(),
                    n_rows: N_PAGE,
                    n_tries: 1,
                });
                self.next_offset += N_PAGE;
                self.n_in_flight += 1;
            }
            return asks;
        }
        // Until the first page is in, nobody knows whether there is a second one.
        let is_first = self.next_offset == 0;
        let (n_at_once, n_rows) = if is_first { (1, N_FIRST_PAGE) } else { (N_AT_ONCE, N_PAGE) };
        let is_waiting_for_first = self.next_offset == N_FIRST_PAGE && self.n_in_flight > 0;
        while self.n_in_flight < n_at_once && !is_waiting_for_first {
            asks.push(PageAsk { offset: self.next_offset, page_token: None, n_rows, n_tries: 1 });
            self.next_offset += n_rows;
            self.n_in_flight += 1;
        }
        asks
    }

    /// Goes on one page after another, by the server's own tokens, when it refuses the first page that was asked for
    /// by offset. False where that is not what happened; the other pages under way are of no use then.
    pub fn go_in_order(&mut self, refused: &PageAsk) -> bool {
        // Pages by offset come after the first page, which gave the token; once one has been answered, they work.
        let is_first_refused = !self.is_in_order && refused.page_token.is_none() && refused.offset > 0;
        if !is_first_refused || self.n_pages > 1 || self.next_page_token.is_none() {
            return false;
        }
        self.is_in_order = true;
        self.n_in_flight = 0;
        self.next_offset = N_FIRST_PAGE;
        true
    }

    /// Takes note of a page that arrived, and of how many of its runs were new.
    pub fn arrived(&mut self, page: &Page<Run>, n_new: usize, n_bytes: usize) {
        self.n_pages += 1;
        if self.is_in_order || self.n_pages == 1 {
            self.next_page_token.clone_from(&page.next_page_token);
        }
        self.n_in_flight = self.n_in_flight.saturating_sub(1);
        self.is_end_seen |= page.next_page_token.is_none();
        self.progress.n_runs += n_new;
        self.progress.n_bytes += n_bytes as u64;
        self.progress.n_skipped += page.skipped.len();
        for sentence in &page.skipped {
            if !self.progress.skipped.contains(sentence) {
                self.progress.skipped.push(sentence.clone());
            }
        }
        if self.is_end_seen && self.n_in_flight == 0 {
            self.progress.is_loading = false;
        }
    }

    /// The page to try again after a failure; none when it has failed often enough, which ends the load.
    pub fn retry(&mut self, ask: PageAsk) -> Option<PageAsk> {
        if ask.n_tries < N_TRIES {
            return Some(PageAsk { n_tries: ask.n_tries + 1, ..ask });
        }
        self.progress.is_loading = false;
        None
    }

    /// Ends the load on the user's word.
    pub fn cancel(&mut self) {
        self.progress.is_cancelled |= self.progress.is_loading;
        self.progress.is_loading = false;
        self.n_in_flight = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(is_last: bool) -> Page<Run> {
        Page {
            items: Vec::new(),
            skipped: Vec::new(),
            next_page_token: (!is_last).then(|| "more".to_owned()),
        }
    }

    #[test]
    fn small_experiment_takes_one_request() {
        let mut load = Load::new(Vec::new(), RunView::Active);
        assert_eq!(load.next_asks(), [PageAsk { offset: 0, page_token: None, n_rows: 100, n_tries: 1 }]);
        assert_eq!(load.next_asks(), []);
        load.arrived(&page(true), 58, 1);
        assert!(!load.progress.is_loading);
        assert_eq!(load.next_asks(), []);
    }

    #[test]
    fn large_experiment_is_fetched_several_pages_at_a_time_without_gaps() {
        let mut load = Load::new(Vec::new(), RunView::Active);
        load.next_asks();
        load.arrived(&page(false), 100, 1);
        let offsets: Vec<usize> = load.next_asks().iter().map(|ask| ask.offset).collect();
        assert_eq!(offsets, [100, 1100, 2100, 3100]);
        load.arrived(&page(true), 1000, 1);
        assert!(load.progress.is_loading, "three pages are still under way");
        for _ in 0..3 {
            assert_eq!(load.next_asks(), []);
            load.arrived(&page(true), 0, 1);
        }
        assert!(!load.progress.is_loading);
    }

    #[test]
    fn a_page_is_given_up_after_its_last_try() {
        let mut load = Load::new(Vec::new(), RunView::Active);
        let ask = load.next_asks()[0].clone();
        let second = load.retry(ask).unwrap();
        let third = load.retry(second).unwrap();
        assert_eq!(load.retry(third), None);
        assert!(!load.progress.is_loading);
    }
}
