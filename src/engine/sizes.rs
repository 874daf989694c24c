//! Asks for the sizes of logged models, a few at a time, and remembers them.
//!
//! A model's size stands in its `MLmodel` file (MLflow 2.9 and later); where it does not, the files of its
//! folder are added up. Where each version keeps them: MLflow's REST API, logged models and artifacts.

use crate::entities::{Artifact, LoggedModelRef, RunId};
use crate::tracking::Page;
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
        /// The page of its list; none for the first.
        page_token: Option<String>,
        /// Further folders.
        rest: Vec<String>,
        /// Bytes so far.
        n_bytes: u64,
    },
}

/// The queue and what is known.
#[derive(Debug, Default)]
pub struct Sizes {
    /// The sizes of logged models, which never change, out of earlier loads.
    remembered: HashMap<ModelOfRun, Option<u64>>,
    known: HashMap<ModelOfRun, Option<u64>>,
    asked: HashSet<ModelOfRun>,
    queue: VecDeque<ModelOfRun>,
    n_in_flight: usize,
    is_stopped: bool,
}

impl Sizes {
    /// Wants these models' sizes, once.
    pub fn want(&mut self, run_id: &RunId, models: &[LoggedModelRef]) {
        if self.is_stopped {
            return;
        }
        for model in models {
            let of = ModelOfRun { run_id: run_id.clone(), model: model.clone() };
            if self.asked.insert(of.clone()) {
                self.queue.push_back(of);
            }
        }
    }

    /// Forgets all but the sizes of logged models: files in a run's folder may be other ones by the next load.
    pub fn remembered(self) -> Self {
        let Self { mut remembered, known, .. } = self;
        remembered.extend(known);
        remembered.retain(|of, size| size.is_some() && matches!(of.model, LoggedModelRef::Id(_)));
        Self { remembered, ..Self::default() }
    }

    /// The size of a run's models together where all of them are remembered; they need not be asked for then.
    pub fn recall(&mut self, run_id: &RunId, models: &[LoggedModelRef]) -> Option<u64> {
        let of = |model: &LoggedModelRef| ModelOfRun { run_id: run_id.clone(), model: model.clone() };
        if !models.iter().all(|model| self.remembered.contains_key(&of(model))) {
            return None;
        }
        for of in models.iter().map(of) {
            self.asked.insert(of.clone());
            let size = self.remembered.get(&of).copied().flatten();
            self.known.insert(of, size);
        }
        self.of_run(run_id, models)
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

    /// The next question after a page of the list of the folder `path`: its files added up, its folders queued,
    /// its further pages first. The sum when nothing is left to ask.
    pub fn next_folder(
        of: ModelOfRun,
        path: String,
        mut rest: Vec<String>,
        n_bytes: u64,
        page: Page<Artifact>,
    ) -> Result<SizeAsk, (ModelOfRun, u64)> {
        let items = &page.items;
        let n_bytes = items
            .iter()
            .filter(|item| !item.is_dir)
            .filter_map(|item| item.size_bytes)
            .fold(n_bytes, u64::saturating_add);
        rest.extend(items.iter().filter(|item| item.is_dir).map(|item| item.path.clone()));
        if page.next_page_token.is_some() {
            return Ok(SizeAsk::Folder { of, path, page_token: page.next_page_token, rest, n_bytes });
        }
        match rest.pop() {
            Some(path) => Ok(SizeAsk::Folder { of, path, page_token: None, rest, n_bytes }),
            None => Err((of, n_bytes)),
        }
    }

    /// Whether all of a run's models are settled.
    pub fn is_settled(&self, run_id: &RunId, models: &[LoggedModelRef]) -> bool {
        let of = |model: &LoggedModelRef| ModelOfRun { run_id: run_id.clone(), model: model.clone() };
        models.iter().all(|model| self.known.contains_key(&of(model)))
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

    /// Gives up what has not arrived, until [`Sizes::go_on`]. Requests under way are to be aborted by the caller.
    pub fn stop(&mut self) {
        if self.is_idle() {
            return;
        }
        self.queue.clear();
        self.n_in_flight = 0;
        self.asked.retain(|of| self.known.contains_key(of));
        self.is_stopped = true;
    }

    /// Takes wishes again after [`Sizes::stop`].
    pub fn go_on(&mut self) {
        self.is_stopped = false;
    }

    /// Whether the user stopped it before the end.
    pub fn is_stopped(&self) -> bool {
        self.is_stopped
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

#[cfg(test)]
mod tests {
    use super::*;

    fn model() -> ModelOfRun {
        ModelOfRun { run_id: RunId("r".into()), model: LoggedModelRef::ArtifactPath("model".into()) }
    }

    fn page(files: &[(&str, Option<u64>)], token: Option<&str>) -> Page<Artifact> {
        let items = files.iter().map(|(path, size)| Artifact {
            path: (*path).to_owned(),
            is_dir: size.is_none(),
            size_bytes: *size,
        });
        Page { items: items.collect(), skipped: Vec::new(), next_page_token: token.map(str::to_owned) }
    }

    #[test]
    fn a_folder_is_added_up_over_its_pages_and_folders() {
        let first = page(&[("model/a", Some(5)), ("model/code", None)], Some("t"));
        let ask = Sizes::next_folder(model(), "model".into(), Vec::new(), 0, first).unwrap();
        let SizeAsk::Folder { path, page_token, rest, n_bytes, .. } = ask else { panic!("a folder") };
        assert_eq!((path.as_str(), page_token.as_deref(), n_bytes), ("model", Some("t"), 5));
        let second = page(&[("model/b", Some(7))], None);
        let ask = Sizes::next_folder(model(), path, rest, n_bytes, second).unwrap();
        let SizeAsk::Folder { path, page_token, rest, n_bytes, .. } = ask else { panic!("a folder") };
        assert_eq!((path.as_str(), page_token, n_bytes), ("model/code", None, 12));
        let last = page(&[("model/code/c", Some(1))], None);
        assert_eq!(Sizes::next_folder(model(), path, rest, n_bytes, last), Err((model(), 13)));
    }

    #[test]
    fn sizes_of_logged_models_outlast_a_load() {
        let run_id = RunId("r".into());
        let models = [LoggedModelRef::Id("m-1".into()), LoggedModelRef::ArtifactPath("model".into())];
        let mut sizes = Sizes::default();
        sizes.want(&run_id, &models);
        for model in &models {
            sizes.settle(ModelOfRun { run_id: run_id.clone(), model: model.clone() }, Some(7));
        }
        let mut sizes = sizes.remembered().remembered();
        assert_eq!(sizes.progress(), (0, 0));
        assert_eq!(sizes.recall(&run_id, &models), None, "the files of a folder are looked at again");
        assert_eq!(sizes.recall(&run_id, &[]), None);
        assert_eq!(sizes.recall(&run_id, &models[..1]), Some(7));
        sizes.want(&run_id, &models[..1]);
        assert!(sizes.is_idle() && sizes.next_asks().is_empty());
        assert_eq!(sizes.progress(), (1, 1));
    }

    #[test]
    fn a_runs_size_is_known_when_all_its_models_are_settled() {
        let models = ["a", "b"].map(|path| LoggedModelRef::ArtifactPath(path.into()));
        let run_id = RunId("r".into());
        let of = |model: &LoggedModelRef| ModelOfRun { run_id: run_id.clone(), model: model.clone() };
        let mut sizes = Sizes::default();
        sizes.want(&run_id, &models);
        sizes.want(&run_id, &models);
        assert_eq!(sizes.next_asks().len(), 2);
        sizes.settle(of(&models[0]), Some(10));
        assert_eq!(sizes.of_run(&run_id, &models), None);
        sizes.settle(of(&models[1]), None);
        assert_eq!(sizes.of_run(&run_id, &models), Some(10));
        assert!(sizes.is_idle());
    }
}
