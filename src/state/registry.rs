//! What the page knows of the registry: one signal for each kind of news from the registrar, and the way to ask.
//! The registrar's worker starts with the first question.

use super::AppState;
use super::run_changes::RunChanges;
use super::worker_handle::{WorkerHandle, read_message};
use crate::entities::{RegisteredModel, Run, RunId};
use crate::registrar::protocol::{FailedWhat, Progress};
use crate::registrar::{Ask, News};
use crate::registry::ModelState;
use crate::registry::comparison::Comparison;
use leptos::prelude::*;
use std::collections::BTreeMap;

/// A list that may not be here yet.
#[derive(Clone, Debug, PartialEq, Default)]
pub enum Listed<T> {
    /// Not here yet.
    #[default]
    Loading,
    /// Here, with a sentence for each item that could not be read.
    Here(T, Vec<String>),
    /// Failed, with the sentence that says why.
    Failed(String),
}

/// Everything the page knows of the registry. Cheap to copy; all parts are signals.
#[derive(Clone, Copy)]
pub struct RegistryState {
    /// The registered models.
    pub models: RwSignal<Listed<Vec<RegisteredModel>>>,
    /// Every version of every model.
    pub all_versions: RwSignal<Listed<Vec<ModelState>>>,
    /// The model opened last.
    pub model: RwSignal<Listed<ModelState>>,
    /// Runs of its versions, as far as they have arrived.
    pub runs: RwSignal<BTreeMap<RunId, Run>>,
    /// Runs of its versions that are not to be had.
    pub missing_runs: RwSignal<Vec<RunId>>,
    /// The comparison asked for last.
    pub comparison: RwSignal<Option<Comparison>>,
    /// How the newest change stands.
    pub progress: RwSignal<Option<Progress>>,
    /// How runs are changed.
    pub run_changes: RunChanges,
    app: AppState,
    worker: StoredValue<WorkerHandle, LocalStorage>,
}

impl RegistryState {
    /// Puts the state into the context.
    pub fn provide(app: AppState) -> Self {
        let state = Self {
            models: RwSignal::new(Listed::Loading),
            all_versions: RwSignal::new(Listed::Loading),
            model: RwSignal::new(Listed::Loading),
            runs: RwSignal::new(BTreeMap::new()),
            missing_runs: RwSignal::new(Vec::new()),
            comparison: RwSignal::new(None),
            progress: RwSignal::new(None),
            run_changes: RunChanges::default(),
            app,
            worker: StoredValue::new_local(WorkerHandle::default()),
        };
        provide_context(state);
        state
    }

    /// Asks the registrar, about the server that is connected.
    pub fn ask(&self, ask: &Ask) {
        if !self.worker.with_value(WorkerHandle::is_running) {
            let state = *self;
            let started = WorkerHandle::start("registrar-worker.js", move |text| {
                let Some(news) = read_message::<News>(text) else { return false };
                let is_ready = matches!(news, News::Ready { .. });
                state.receive(news);
                is_ready
            });
            match started {
                Ok(worker) => self.worker.set_value(worker),
                Err(_) => {
                    self.app.alert("The registrar could not be started, so the registry cannot be read. Reload the page.");
                    return;
                }
            }
        }
        if let Some((address, server)) = self.app.connected_address() {
            self.worker.with_value(|worker| {
                worker.send(&Ask::Use { address, server });
                worker.send(ask);
            });
        }
    }

    fn receive(&self, news: News) {
        match news {
            News::Ready { version } => {
                if version != env!("CARGO_PKG_VERSION") {
                    self.app.alert(&format!(
                        "The registrar is version {version}, the page {}: reload the page to get both from one release.",
                        env!("CARGO_PKG_VERSION")
                    ));
                }
            }
            News::Models { items, skipped } => self.models.set(Listed::Here(items, skipped)),
            News::AllVersions { items, skipped } => self.all_versions.set(Listed::Here(items, skipped)),
            News::Model { state, skipped } => self.model.set(Listed::Here(state, skipped)),
            News::Runs { items, missing } => {
                self.runs.update(|runs| runs.extend(items.into_iter().map(|run| (run.info.id.clone(), run))));
                self.missing_runs.update(|all| all.extend(missing));
            }
            News::Compared(comparison) => self.comparison.set(Some(*comparison)),
            News::Progress(progress) => self.progress.set(Some(progress)),
            News::OfRuns(news) => self.run_changes.receive(self.app, news),
            News::Failed { what, message } => match what {
                FailedWhat::Models => self.models.set(Listed::Failed(message)),
                FailedWhat::Versions => self.all_versions.set(Listed::Failed(message)),
                FailedWhat::Model(_) => self.model.set(Listed::Failed(message)),
            },
        }
    }
}

/// The state of the registry, from the context.
pub fn use_registry() -> RegistryState {
    expect_context::<RegistryState>()
}
