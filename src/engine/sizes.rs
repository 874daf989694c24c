//! Asks for the sizes of logged models, a few at a time, and remembers them.
//!
//! A model's size stands in its `MLmodel` file (MLflow 2.9 and later); where it does not, the files of its
//! folder are added up. Where each version keeps them: MLflow's REST API, logged models and artifacts.

use crate::entities::{Artifact, LoggedModelRef, RunId};
use std::collections::{HashMap, HashSet, VecDeque};

const N_AT_ONCE: usize = 4;

/// One model of one run.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ModelOfRun {
    /// Whose.
    pub run_id: RunId,
    /// Which.
    pub model: LoggedModelRef,
}

/// What to ask for next about a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SizeAsk {
    /// Its `MLmodel` file.
    MlModel(ModelOfRun),
    /// A folder's list; `rest` are the folders still to list, `n_bytes` what was added up so far.
    Folder {
        /// The model.
        of: ModelOfRun,
        /// The folder, as the server names it; empty for the model's root.
        path: String,
        /// Further folders.
        rest: Vec<String>,
        /// Bytes so far.
        n_bytes: u64,
    },
}

/// The queue and what is known.
#[derive(Debug, Default)]
pub struct Sizes {
    known: HashMap<ModelOfRun, Option<u64>>,
    asked: HashSet<ModelOfRun>,
    queue: VecDeque<ModelOfRun>,
    n_in_flight: usize,
}

impl Sizes {
    /// Wants these models' sizes, once.
    pub fn want(&mut self, run_id: &RunId, models: &[LoggedModelRef]) {
        for model in models {
            let of = ModelOfRun { run_id: run_id.clone(), model: model.clone() };
            if self.asked.insert(of.clone()) {
                self.queue.push_back(of);
            }
        }
    }

    /// What to ask for now.
    pub fn next_asks(&mut self) -> Vec<SizeAsk> {
        let mut asks = Vec::new();
        while self.n_in_flight < N_AT_ONCE {
            let Some(of) = self.queue.pop_front() else { break };
            self.n_in_flight += 1;
            asks.push(SizeAsk::MlModel(of));
        }
        asks
    }

    /// Takes note of the end of a model's questions; `None`: its size cannot be found out.
    pub fn settle(&mut self, of: ModelOfRun, n_bytes: Option<u64>) {
        self.n_in_flight = self.n_in_flight.saturating_sub(1);
        self.known.insert(of, n_bytes);
    }

    /// The next question after a folder's list: its files added up, its folders queued.
    pub fn next_folder(
        of: ModelOfRun,
        mut rest: Vec<String>,
        n_bytes: u64,
        items: &[Artifact],
    ) -> Result<SizeAsk, (ModelOfRun, u64)> {
        let n_bytes = items
            .iter()
            .filter(|item| !item.is_dir)
            .filter_map(|item| item.size_bytes)
            .fold(n_bytes, u64::saturating_add);
        rest.extend(items.iter().filter(|item| item.is_dir).map(|item| item.path.clone()));
        match rest.pop() {
            Some(path) => Ok(SizeAsk::Folder { of, path, rest, n_bytes }),
            None => Err((of, n_bytes)),
        }
    }

    /// The size of a run's models together, once all of them are settled and at least one is known.
    pub fn of_run(&self, run_id: &RunId, models: &[LoggedModelRef]) -> Option<u64> {
        let mut total = None;
        for model in models {
            let of = ModelOfRun { run_id: run_id.clone(), model: model.clone() };
            if let Some(n_bytes) = self.known.get(&of)? {
                total = Some(total.unwrap_or(0_u64).saturating_add(*n_bytes));
            }
        }
        total
    }

    /// Models settled, of models asked for.
    pub fn progress(&self) -> (usize, usize) {
        (self.known.len(), self.asked.len())
    }

    /// Whether nothing is under way.
    pub fn is_idle(&self) -> bool {
        self.n_in_flight == 0 && self.queue.is_empty()
    }
}
