//! Writes to many runs, or to one: delete, restore, rename, tags. Each run is looked at before its write and read
//! back after it; a few requests at a time; a failure of one run stops no other. Nothing is sent twice by itself.

use super::note::{self, Block};
use crate::entities::{ExperimentId, LifecycleStage, Run, RunId};
use crate::tracking::mlflow::{self, registry_requests, requests, run_requests};
use crate::tracking::{Capabilities, Request, Response, ServerError, TransportError};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Requests under way at once.
const N_AT_ONCE: usize = 3;
/// Runs looked up in one search.
const N_PER_READ: usize = 100;
/// So many writes one after another without an answer: the server is gone, and the rest is not even tried.
const N_UNANSWERED: usize = 3;

/// What the page asks about runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RunAsk {
    /// Write this to each of these runs. Answered by `Progress` until it has ended; one at a time.
    Write {
        /// What.
        write: RunWrite,
        /// To which.
        run_ids: Vec<RunId>,
        /// Where they are searched; runs elsewhere are found one by one.
        experiment_ids: Vec<ExperimentId>,
    },
    /// Begin no further write. Those under way are waited for.
    Cancel,
    /// Try again those that failed, are not known, or were left.
    Retry,
    /// Delete the runs that were restored, or restore those that were deleted.
    Undo,
    /// Read this note. Answered by `Note`.
    ReadNote(String),
}

/// What is written to a run. What was there before is a part of it: where it has moved, nothing is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RunWrite {
    /// Into the server's trash.
    Delete,
    /// Out of it.
    Restore,
    /// A new name.
    Rename {
        /// The name now.
        from: String,
        /// The new one.
        to: String,
    },
    /// A tag's new value, or that there is none.
    Tag {
        /// Its key.
        key: String,
        /// Its value now; none where it is not there.
        from: Option<String>,
        /// Its new value; none to remove it.
        to: Option<String>,
    },
}

/// How a run stands to a write.
enum Standing {
    Done,
    Open,
    /// Neither as it was nor as it should be.
    Moved(String),
}

impl RunWrite {
    /// The write that takes this one back.
    pub fn inverse(&self) -> Self {
        match self.clone() {
            Self::Delete => Self::Restore,
            Self::Restore => Self::Delete,
            Self::Rename { from, to } => Self::Rename { from: to, to: from },
            Self::Tag { key, from, to } => Self::Tag { key, from: to, to: from },
        }
    }

    fn request(&self, capabilities: &Capabilities, run_id: &RunId) -> Request {
        match self {
            Self::Delete => run_requests::run_delete(capabilities, run_id),
            Self::Restore => run_requests::run_restore(capabilities, run_id),
            Self::Rename { to, .. } => run_requests::run_rename(capabilities, run_id, to),
            Self::Tag { key, to: Some(value), .. } => {
                run_requests::run_tag_set(capabilities, run_id, key, value)
            }
            Self::Tag { key, to: None, .. } => run_requests::run_tag_delete(capabilities, run_id, key),
        }
    }

    fn standing(&self, run: &Run) -> Standing {
        let is_deleted = run.info.lifecycle_stage == LifecycleStage::Deleted;
        let by = |is_done: bool| if is_done { Standing::Done } else { Standing::Open };
        match self {
            Self::Delete => by(is_deleted),
            Self::Restore => by(!is_deleted),
            _ if is_deleted => {
                Standing::Moved("the run is deleted, and can be changed only once it is restored".into())
            }
            Self::Rename { to, .. } if run.info.name == *to => Standing::Done,
            Self::Rename { from, .. } if run.info.name == *from => Standing::Open,
            Self::Rename { .. } => Standing::Moved(format!("its name is “{}” now", run.info.name)),
            Self::Tag { key, from, to } => {
                let now = run.tags.iter().find(|tag| tag.key == *key).map(|tag| &tag.value);
                if now == to.as_ref() {
                    Standing::Done
                } else if now == from.as_ref() {
                    Standing::Open
                } else {
                    Standing::Moved(match now {
                        Some(_) => format!("its tag {key} has another value now"),
                        None => format!("it has no tag {key} any more"),
                    })
                }
            }
        }
    }

    fn done_word(&self) -> &'static str {
        match self {
            Self::Delete => "deleted",
            Self::Restore => "restored",
            Self::Rename { .. } => "renamed",
            Self::Tag { .. } => "changed",
        }
    }
}

/// What has become of one run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// Not settled: still to do, or left at the end.
    Open,
    /// It was so before, and nothing was written.
    Already,
    /// The server said yes; not read back, or not yet.
    Written,
    /// The server has it, read back.
    Done,
    /// The server does not have it, and why.
    Failed(String),
    /// Only the server knows, and why.
    Unknown(String),
}

/// How many runs have come to what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Tally {
    /// Still to do, or left at the end.
    pub n_open: usize,
    /// Were so before.
    pub n_already: usize,
    /// Said to be done, not read back.
    pub n_written: usize,
    /// Done, read back.
    pub n_done: usize,
    /// Not done.
    pub n_failed: usize,
    /// Only the server knows.
    pub n_unknown: usize,
}

impl Tally {
    fn slot(&mut self, outcome: &Outcome) -> &mut usize {
        match outcome {
            Outcome::Open => &mut self.n_open,
            Outcome::Already => &mut self.n_already,
            Outcome::Written => &mut self.n_written,
            Outcome::Done => &mut self.n_done,
            Outcome::Failed(_) => &mut self.n_failed,
            Outcome::Unknown(_) => &mut self.n_unknown,
        }
    }

    /// Runs that are not as they should be, as far as known.
    pub fn n_not_done(&self) -> usize {
        self.n_open + self.n_failed + self.n_unknown
    }
}

/// Where a change of runs is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RunPhase {
    /// Reading how the runs stand.
    Checking,
    /// Writing.
    Writing,
    /// Reading back.
    Verifying,
    /// Nothing is under way any more.
    Ended,
}

/// How a change of runs stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunProgress {
    /// What is written.
    pub write: RunWrite,
    /// Where it is.
    pub phase: RunPhase,
    /// What has come of how many.
    pub tally: Tally,
    /// The runs that changed since the last news.
    pub changed: Vec<(RunId, Outcome)>,
    /// Why the rest was not tried, where it was not.
    pub stopped: Option<String>,
    /// Runs that `Undo` would take back.
    pub n_undoable: usize,
}

impl RunProgress {
    /// Whether anything is still under way.
    pub fn is_under_way(&self) -> bool {
        self.phase != RunPhase::Ended
    }

    /// What has come of it, as a sentence.
    pub fn summary(&self) -> String {
        let Tally { n_open, n_already, n_written, n_done, n_failed, n_unknown } = self.tally;
        let word = self.write.done_word();
        let n = n_written + n_done;
        let mut text = format!("{n} {} {word}", if n == 1 { "run" } else { "runs" });
        if n > 0 && n_written == 0 {
            text.push_str(", read back from the server");
        }
        let mut add = |n: usize, words: &str| {
            if n > 0 {
                text.push_str(&format!("; {n} {words}"));
            }
        };
        add(n_written, "of them could not be read back");
        add(n_already, &format!("already {word} before"));
        add(n_failed, "failed");
        add(n_unknown, "not known, since no answer came");
        add(n_open, "not tried");
        text.push('.');
        if let Some(why) = &self.stopped {
            text.push_str(&format!(" Stopped: {why}."));
        }
        text
    }
}

/// What the registrar tells of runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RunNews {
    /// How a change stands.
    Progress(RunProgress),
    /// A note that was asked for, read.
    Note {
        /// Its text.
        text: String,
        /// What is in it.
        blocks: Vec<Block>,
    },
}

/// What is to be done for the runs.
#[derive(Debug)]
pub(super) enum Act {
    /// Tell the page.
    Tell(RunNews),
    /// Send a request, and hand its answer back with this.
    Send(Request, RunPending),
}

/// What a request for runs is for: the runs by their place in the change.
#[derive(Debug)]
pub(super) enum RunPending {
    ReadMany(Vec<usize>),
    ReadOne(usize),
    Write(usize),
}

impl RunPending {
    /// Whether it must not be stopped.
    pub(super) fn is_write(&self) -> bool {
        matches!(self, Self::Write(_))
    }
}

#[derive(Debug)]
struct Item {
    run_id: RunId,
    outcome: Outcome,
    /// Whether a write for it has ever been sent.
    is_sent: bool,
}

/// One change on its way, or ended.
#[derive(Debug)]
struct Job {
    write: RunWrite,
    experiment_ids: Vec<ExperimentId>,
    items: Vec<Item>,
    tally: Tally,
    phase: RunPhase,
    to_read: VecDeque<Vec<usize>>,
    to_write: VecDeque<usize>,
    n_under_way: usize,
    n_unanswered: usize,
    is_cancelled: bool,
    stopped: Option<String>,
    changed: Vec<usize>,
}

impl Job {
    fn new(write: RunWrite, run_ids: Vec<RunId>, experiment_ids: Vec<ExperimentId>) -> Self {
        let mut seen = std::collections::HashSet::new();
        let items = run_ids.into_iter().filter(|id| seen.insert(id.clone()));
        let items: Vec<Item> =
            items.map(|run_id| Item { run_id, outcome: Outcome::Open, is_sent: false }).collect();
        let mut job = Self {
            write,
            experiment_ids,
            tally: Tally { n_open: items.len(), ..Tally::default() },
            items,
            phase: RunPhase::Checking,
            to_read: VecDeque::new(),
            to_write: VecDeque::new(),
            n_under_way: 0,
            n_unanswered: 0,
            is_cancelled: false,
            stopped: None,
            changed: vec![],
        };
        job.read(|_| true);
        job
    }

    /// Puts the runs that are meant on the list of those to read.
    fn read(&mut self, is_meant: impl Fn(&Item) -> bool) {
        let places: Vec<usize> =
            (0..self.items.len()).filter(|at| self.items.get(*at).is_some_and(&is_meant)).collect();
        self.to_read = places.chunks(N_PER_READ).map(<[usize]>::to_vec).collect();
    }

    fn settle(&mut self, at: usize, outcome: Outcome) {
        let Some(item) = self.items.get_mut(at) else { return };
        *self.tally.slot(&item.outcome) -= 1;
        *self.tally.slot(&outcome) += 1;
        item.outcome = outcome;
        self.changed.push(at);
    }

    fn has_been_read(&mut self, at: usize, read: Result<&Run, String>) {
        let Some(item) = self.items.get(at) else { return };
        let standing = read.map(|run| self.write.standing(run));
        let outcome = match (self.phase, standing, &item.outcome) {
            (RunPhase::Checking, Ok(Standing::Done), _) if item.is_sent => Outcome::Done,
            (RunPhase::Checking, Ok(Standing::Done), _) => Outcome::Already,
            (RunPhase::Checking, Ok(Standing::Open), _) => {
                self.to_write.push_back(at);
                return;
            }
            (RunPhase::Checking, Ok(Standing::Moved(how)), _) => {
                Outcome::Failed(format!("nothing was written, since {how}"))
            }
            (RunPhase::Checking, Err(why), _) if item.is_sent => Outcome::Unknown(why),
            (RunPhase::Checking, Err(why), _) => Outcome::Failed(format!("nothing was written: {why}")),
            (_, Ok(Standing::Done), _) => Outcome::Done,
            (_, Ok(_), Outcome::Unknown(why)) => Outcome::Failed(format!("{why}; read back, it is not done")),
            (_, Ok(Standing::Moved(how)), _) => Outcome::Failed(format!(
                "the server took it, but read back {how}: it cuts what is too long, or somebody else wrote at the same time"
            )),
            (_, Ok(Standing::Open), _) => Outcome::Failed(
                "the server took it, but read back it is as before: somebody may have taken it back".into(),
            ),
            (_, Err(error), Outcome::Unknown(why)) => {
                Outcome::Unknown(format!("{why}; nor could it be read back: {error}"))
            }
            // Said to be done, and not read back: it stays at that.
            (_, Err(_), _) => return,
        };
        self.settle(at, outcome);
    }

    fn has_been_written(&mut self, at: usize, result: Result<(), ServerError>) {
        let outcome = match result {
            Ok(()) => {
                self.n_unanswered = 0;
                Outcome::Written
            }
            Err(error) if is_refusal(&error) => {
                self.n_unanswered = 0;
                Outcome::Failed(error.to_string())
            }
            Err(error) => {
                self.n_unanswered += 1;
                if self.n_unanswered >= N_UNANSWERED && self.stopped.is_none() {
                    self.to_write.clear();
                    self.stopped = Some(format!("{N_UNANSWERED} writes failed one after another, {error}"));
                }
                Outcome::Unknown(error.to_string())
            }
        };
        self.settle(at, outcome);
    }

    /// The next requests, and the next phase where nothing is under way any more.
    fn next(&mut self, capabilities: &Capabilities, has_no_id_lists: bool) -> Vec<Act> {
        let mut acts = vec![];
        loop {
            while self.n_under_way < N_AT_ONCE {
                let Some(act) = self.next_request(capabilities, has_no_id_lists) else { break };
                self.n_under_way += 1;
                acts.push(act);
            }
            if self.n_under_way > 0 {
                return acts;
            }
            self.phase = match self.phase {
                RunPhase::Checking => RunPhase::Writing,
                RunPhase::Writing => {
                    self.read(|item| matches!(item.outcome, Outcome::Written | Outcome::Unknown(_)));
                    RunPhase::Verifying
                }
                RunPhase::Verifying | RunPhase::Ended => {
                    self.phase = RunPhase::Ended;
                    return acts;
                }
            };
        }
    }

    fn next_request(&mut self, capabilities: &Capabilities, has_no_id_lists: bool) -> Option<Act> {
        if self.phase == RunPhase::Writing {
            let at = self.to_write.pop_front()?;
            let item = self.items.get_mut(at)?;
            item.is_sent = true;
            return Some(Act::Send(self.write.request(capabilities, &item.run_id), RunPending::Write(at)));
        }
        let mut places = self.to_read.pop_front()?;
        if places.len() == 1 || has_no_id_lists || self.experiment_ids.is_empty() {
            let at = places.pop()?;
            if !places.is_empty() {
                self.to_read.push_front(places);
            }
            let item = self.items.get(at)?;
            return Some(Act::Send(requests::run_get(capabilities, &item.run_id), RunPending::ReadOne(at)));
        }
        let run_ids: Vec<RunId> =
            places.iter().filter_map(|at| Some(self.items.get(*at)?.run_id.clone())).collect();
        let request = registry_requests::runs_by_id(capabilities, &self.experiment_ids, &run_ids);
        Some(Act::Send(request, RunPending::ReadMany(places)))
    }

    fn cancel(&mut self) {
        if matches!(self.phase, RunPhase::Checking | RunPhase::Writing) {
            self.is_cancelled = true;
            self.to_write.clear();
            if self.phase == RunPhase::Checking {
                self.to_read.clear();
            }
        }
    }

    fn retry(&mut self) {
        let is_meant =
            |item: &Item| matches!(item.outcome, Outcome::Open | Outcome::Failed(_) | Outcome::Unknown(_));
        self.read(is_meant);
        let places: Vec<usize> = self.to_read.iter().flatten().copied().collect();
        for at in places {
            self.settle(at, Outcome::Open);
        }
        self.phase = RunPhase::Checking;
        (self.n_unanswered, self.is_cancelled, self.stopped) = (0, false, None);
    }

    /// The runs that this change has changed, or may have.
    fn undoable(&self) -> impl Iterator<Item = &Item> {
        let is_whole = matches!(self.write, RunWrite::Delete | RunWrite::Restore);
        self.items.iter().filter(move |item| {
            is_whole
                && item.is_sent
                && matches!(item.outcome, Outcome::Written | Outcome::Done | Outcome::Unknown(_))
        })
    }

    fn progress(&mut self) -> RunProgress {
        let changed = std::mem::take(&mut self.changed).into_iter();
        RunProgress {
            write: self.write.clone(),
            phase: self.phase,
            tally: self.tally,
            changed: changed
                .filter_map(|at| self.items.get(at))
                .map(|item| (item.run_id.clone(), item.outcome.clone()))
                .collect(),
            stopped: self.stopped.clone(),
            n_undoable: if self.phase == RunPhase::Ended { self.undoable().count() } else { 0 },
        }
    }
}

/// Whether the server said no, so that it did nothing. A server that broke down, or a proxy before it, may have
/// written.
fn is_refusal(error: &ServerError) -> bool {
    matches!(error, ServerError::Refused { status, .. } | ServerError::Http { status, .. } if (400..500).contains(status))
}

/// The changes of runs: one at a time.
#[derive(Debug, Default)]
pub(super) struct RunChanges {
    job: Option<Job>,
    /// Whether the server finds runs by a list of ids; known after the first refusal.
    has_no_id_lists: bool,
}

impl RunChanges {
    /// Takes a question of the page.
    pub(super) fn ask(&mut self, ask: RunAsk, capabilities: &Capabilities) -> Vec<Act> {
        let is_under_way = self.job.as_ref().is_some_and(|job| job.phase != RunPhase::Ended);
        match (ask, self.job.as_mut()) {
            (RunAsk::ReadNote(text), _) => {
                let blocks = note::parse(&text);
                return vec![Act::Tell(RunNews::Note { text, blocks })];
            }
            // The page offers no second change while one is under way.
            (RunAsk::Write { write, run_ids, experiment_ids }, _) if !is_under_way => {
                self.job = Some(Job::new(write, run_ids, experiment_ids));
            }
            (RunAsk::Retry, Some(job)) if !is_under_way => job.retry(),
            (RunAsk::Undo, Some(job)) if !is_under_way => {
                let run_ids: Vec<RunId> = job.undoable().map(|item| item.run_id.clone()).collect();
                if run_ids.is_empty() {
                    return vec![];
                }
                *job = Job::new(job.write.inverse(), run_ids, std::mem::take(&mut job.experiment_ids));
            }
            (RunAsk::Cancel, Some(job)) if is_under_way => job.cancel(),
            _ => return vec![],
        }
        self.go_on(capabilities)
    }

    /// Takes an answer.
    pub(super) fn answered(
        &mut self,
        pending: RunPending,
        answer: Result<Response, TransportError>,
        capabilities: &Capabilities,
    ) -> Vec<Act> {
        let Some(job) = self.job.as_mut() else { return vec![] };
        job.n_under_way = job.n_under_way.saturating_sub(1);
        let answer = answer.map_err(ServerError::Transport);
        match pending {
            RunPending::Write(at) => {
                let result = answer.and_then(|response| mlflow::check(&response).map(drop));
                job.has_been_written(at, result);
            }
            RunPending::ReadOne(at) => match answer.and_then(|response| mlflow::decode_run(&response)) {
                Ok((run, _)) => job.has_been_read(at, Ok(&run)),
                Err(error) => job.has_been_read(at, Err(error.to_string())),
            },
            RunPending::ReadMany(places) => {
                match answer.and_then(|response| mlflow::decode_runs(&response)) {
                    Ok(page) => {
                        for at in places {
                            let item = job.items.get(at);
                            let run = item
                                .and_then(|item| page.items.iter().find(|run| run.info.id == item.run_id));
                            match run {
                                Some(run) => job.has_been_read(at, Ok(run)),
                                // A run of an experiment that is deleted by now is found by its id alone.
                                None => job.to_read.push_back(vec![at]),
                            }
                        }
                    }
                    Err(ServerError::Refused { status: 400, .. }) => {
                        self.has_no_id_lists = true;
                        job.to_read.push_front(places);
                    }
                    Err(error) => {
                        for at in places {
                            job.has_been_read(at, Err(error.to_string()));
                        }
                    }
                }
                // Of a change that is called off, no run needs to be known any more.
                if job.is_cancelled && job.phase == RunPhase::Checking {
                    job.to_read.clear();
                }
            }
        }
        if job.is_cancelled && job.phase == RunPhase::Checking {
            job.to_write.clear();
        }
        self.go_on(capabilities)
    }

    /// Ends what is under way, since another server is used from now on; what has been sent stays sent.
    pub(super) fn leave(&mut self) -> Option<RunNews> {
        let job = self.job.as_mut().filter(|job| job.phase != RunPhase::Ended)?;
        let sent: Vec<usize> = (0..job.items.len())
            .filter(|at| job.items.get(*at).is_some_and(|item| item.is_sent && item.outcome == Outcome::Open))
            .collect();
        for at in sent {
            job.settle(at, Outcome::Unknown("another server was opened before the answer came".into()));
        }
        job.phase = RunPhase::Ended;
        job.stopped = Some("another server was opened".into());
        let progress = RunProgress { n_undoable: 0, ..job.progress() };
        self.job = None;
        Some(RunNews::Progress(progress))
    }

    fn go_on(&mut self, capabilities: &Capabilities) -> Vec<Act> {
        let Some(job) = self.job.as_mut() else { return vec![] };
        let mut acts = job.next(capabilities, self.has_no_id_lists);
        acts.push(Act::Tell(RunNews::Progress(job.progress())));
        acts
    }
}
