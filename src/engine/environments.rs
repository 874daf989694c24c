//! Reads what the models of selected runs say of the environment that they need: three small files each, where somebody
//! wants to compare them.
//!
//! MLflow writes them beside every model (`requirements.txt` and `conda.yaml` since 1.0, `python_env.yaml` since 1.26).

use super::sizes::ModelOfRun;
use crate::entities::{LoggedModelRef, RunId};
use std::collections::{HashMap, HashSet, VecDeque};

/// The files, below the model's root.
pub const FILES: [&str; 3] = ["requirements.txt", "conda.yaml", "python_env.yaml"];

const N_AT_ONCE: usize = 4;

/// A file to ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvironmentAsk {
    /// The model.
    pub of: ModelOfRun,
    /// Its place among [`FILES`].
    pub file: usize,
}

/// What became of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EnvironmentFile {
    /// Its text.
    Text(String),
    /// The model has none.
    Missing,
    /// It could not be read, and why.
    Failed(String),
}

/// The queue and what was read.
#[derive(Debug, Default)]
pub struct Environments {
    read: HashMap<(RunId, usize), EnvironmentFile>,
    asked: HashSet<RunId>,
    queue: VecDeque<EnvironmentAsk>,
    n_in_flight: usize,
}

impl Environments {
    /// Wants the files of a run's first model, once. A run without a model has none.
    pub fn want(&mut self, run_id: &RunId, models: &[LoggedModelRef]) {
        let Some(model) = models.first() else { return };
        if self.asked.insert(run_id.clone()) {
            let of = ModelOfRun { run_id: run_id.clone(), model: model.clone() };
            let of_file = |file| EnvironmentAsk { of: of.clone(), file };
            self.queue.extend((0..FILES.len()).map(of_file));
        }
    }

    /// What to ask for now.
    pub fn next_asks(&mut self) -> Vec<EnvironmentAsk> {
        let n_free = N_AT_ONCE.saturating_sub(self.n_in_flight).min(self.queue.len());
        self.n_in_flight += n_free;
        self.queue.drain(..n_free).collect()
    }

    /// Takes note of what became of a file.
    pub fn arrived(&mut self, ask: EnvironmentAsk, file: EnvironmentFile) {
        self.n_in_flight = self.n_in_flight.saturating_sub(1);
        self.read.insert((ask.of.run_id, ask.file), file);
    }

    /// What became of a run's file; none where it has not been read yet.
    pub fn file(&self, run_id: &RunId, file: usize) -> Option<&EnvironmentFile> {
        self.read.get(&(run_id.clone(), file))
    }

    /// Forgets what could not be read, so that it is asked for once more where it is wanted.
    pub fn retry(&mut self) {
        let is_failed = |(id, file): (&(RunId, usize), &EnvironmentFile)| match file {
            EnvironmentFile::Failed(_) => Some(id.0.clone()),
            _ => None,
        };
        let failed: HashSet<RunId> = self.read.iter().filter_map(is_failed).collect();
        self.asked.retain(|run_id| !failed.contains(run_id));
        self.read.retain(|(run_id, _), _| !failed.contains(run_id));
    }

    /// Files read.
    pub fn n_read(&self) -> usize {
        self.read.len()
    }

    /// Whether nothing is under way.
    pub fn is_idle(&self) -> bool {
        self.n_in_flight == 0 && self.queue.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_asked_for_once_and_those_that_failed_once_more() {
        let run_id = RunId("r".to_owned());
        let models = ["model", "other"].map(|path| LoggedModelRef::ArtifactPath(path.to_owned()));
        let mut environments = Environments::default();
        environments.want(&RunId("without".to_owned()), &[]);
        assert!(environments.is_idle());
        environments.want(&run_id, &models);
        environments.want(&run_id, &models);
        let asks = environments.next_asks();
        assert_eq!(asks.iter().map(|ask| ask.file).collect::<Vec<_>>(), [0, 1, 2]);
        assert!(asks.iter().all(|ask| ask.of.model == models[0]) && environments.next_asks().is_empty());
        for ask in asks {
            let file = if ask.file == 1 {
                EnvironmentFile::Failed("HTTP 500".to_owned())
            } else {
                EnvironmentFile::Text("numpy==2".to_owned())
            };
            environments.arrived(ask, file);
        }
        assert!(environments.is_idle() && environments.n_read() == 3);
        assert_eq!(environments.file(&run_id, 0), Some(&EnvironmentFile::Text("numpy==2".to_owned())));
        environments.retry();
        environments.want(&run_id, &models);
        assert_eq!(environments.next_asks().len(), 3);
    }
}
