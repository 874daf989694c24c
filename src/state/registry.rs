//! What the page knows of the registry: one signal for each kind of news from the registrar, and the way to ask.
//! The registrar's worker starts with the first question.

use super::files::FilesState;
use super::run_changes::RunChanges;
use super::worker_handle::{WorkerHandle, read_message};
use super::{AppState, memory};
use crate::entities::{ExperimentId, RegisteredModel, Run, RunId, VersionNumber};
use crate::registrar::protocol::Phase;
use crate::registrar::protocol::{FailedWhat, Progress};
use crate::registrar::run_versions::RunVersions;
use crate::registrar::{Ask, News};
use crate::registry::ModelState;
use crate::registry::change::{Change, Decision};
use crate::registry::comparison::{Comparison, VersionOfRun};
use crate::registry::record::Author;
use leptos::prelude::*;
use std::collections::BTreeMap;
use web_sys::WorkerType;

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
    /// The registered versions of the runs asked about last; none while they are looked for.
    pub run_versions: RwSignal<Option<RunVersions>>,
    /// How the newest change stands.
    pub progress: RwSignal<Option<Progress>>,
    /// The name that somebody entered for the record.
    pub author: RwSignal<String>,
    /// The model that is open, with the experiments to search its runs in.
    opened: StoredValue<Option<(String, Vec<ExperimentId>)>>,
    /// The models and files of the run that is open.
    pub files: FilesState,
    /// How runs are changed.
    pub run_changes: RunChanges,
    /// All that is known of webhooks, as the text in which it came; their page reads it.
    pub webhooks: RwSignal<String>,
    /// The server that everything here is about.
    server: StoredValue<Option<String>>,
    /// The tags of the experiment asked about last, in the same way.
    pub experiment_tags: RwSignal<String>,
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
            run_versions: RwSignal::new(None),
            progress: RwSignal::new(None),
            author: RwSignal::new(memory::author_name()),
            opened: StoredValue::new(None),
            files: FilesState::new(app),
            run_changes: RunChanges::default(),
            webhooks: RwSignal::new(String::new()),
            server: StoredValue::new(None),
            experiment_tags: RwSignal::new(String::new()),
            app,
            worker: StoredValue::new_local(WorkerHandle::default()),
        };
        // What is left midway is forgotten with the page: how it stands, and how to finish it.
        let on_unload = window_event_listener(leptos::ev::beforeunload, move |event| {
            if state.is_unfinished()
                || state.run_changes.is_under_way_untracked()
                || state.files.is_registering()
            {
                event.prevent_default();
            }
        });
        on_cleanup(move || on_unload.remove());
        provide_context(state);
        state
    }

    /// Whether a change is under way, or has stopped midway and waits for somebody.
    fn is_unfinished(&self) -> bool {
        self.progress.with_untracked(|progress| progress.as_ref().is_some_and(Progress::is_unfinished))
    }

    /// Forgets everything but a change that is not over, of which the registrar tells what became.
    fn forget(&self) {
        self.models.set(Listed::Loading);
        self.all_versions.set(Listed::Loading);
        self.model.set(Listed::Loading);
        self.runs.set(BTreeMap::new());
        self.missing_runs.set(Vec::new());
        self.comparison.set(None);
        self.run_versions.set(None);
        self.webhooks.set(String::new());
        self.files.forget();
        if !self.is_unfinished() {
            self.progress.set(None);
        }
    }

    /// Opens a model; one that is on the screen stays there until it has arrived anew.
    pub fn open(&self, name: String, experiment_ids: Vec<ExperimentId>) {
        let is_other = self
            .model
            .with_untracked(|model| !matches!(model, Listed::Here(state, _) if state.model.name == name));
        if is_other {
            self.model.set(Listed::Loading);
            self.runs.set(BTreeMap::new());
            self.comparison.set(None);
        }
        self.missing_runs.set(Vec::new());
        self.opened.set_value(Some((name.clone(), experiment_ids.clone())));
        self.ask(&Ask::OpenModel { name, experiment_ids });
    }

    /// Reads the open model anew.
    pub fn reopen(&self) {
        if let Some((name, experiment_ids)) = self.opened.get_value() {
            self.open(name, experiment_ids);
        }
    }

    /// Puts a version beside another one, as soon as enough is known.
    pub fn compare(&self, model: String, candidate: VersionOfRun, holder: Option<VersionOfRun>) {
        self.comparison.set(None);
        self.ask(&Ask::Compare { model, candidate, holder });
    }

    /// Asks for the curves of more metrics of the comparison.
    pub fn more_curves(&self) -> Callback<()> {
        let state = *self;
        Callback::new(move |()| state.ask(&Ask::MoreCurves))
    }

    /// Who decides, when and why. The nonce is drawn here, since the machines know no randomness.
    pub fn decide(
        &self,
        reason: &str,
        compared_with: Option<VersionNumber>,
        undoes: Option<String>,
    ) -> Decision {
        let by = match self.app.signed_in_user() {
            Some(name) => Author { name, source: "sign-in".to_owned() },
            None => {
                Author { name: self.author.get_untracked().trim().to_owned(), source: "typed".to_owned() }
            }
        };
        // Letters only: digits behind them number the entries of one decision.
        let letter = |_| char::from(b'a' + (js_sys::Math::random() * 26.0) as u8);
        Decision {
            by,
            at_millis: js_sys::Date::now(),
            nonce: (0..6).map(letter).collect(),
            reason: reason.to_owned(),
            compared_with,
            undoes,
            what: None,
            name: None,
        }
    }

    /// Has a change carried out. Whether it was sent: while another one is not finished it is not.
    pub fn change(&self, change: Change, decision: Decision) -> bool {
        if self.is_unfinished() {
            self.app
                .alert("Another change is not finished yet: finish it, go back or leave it as it is first.");
            return false;
        }
        self.progress.set(None);
        self.ask(&Ask::Change { change, decision });
        true
    }

    /// Leaves the newest change as it is, and looks at the server's truth.
    pub fn leave(&self) {
        self.ask(&Ask::Leave);
        self.progress.set(None);
        self.reopen();
    }

    /// Takes the name for the record.
    pub fn set_author(&self, name: &str) {
        self.author.set(name.to_owned());
        memory::keep_author_name(name.trim());
    }

    /// Asks the registrar, about the server that is connected.
    pub fn ask(&self, ask: &Ask) {
        if !self.worker.with_value(WorkerHandle::is_running) {
            let state = *self;
            let started = WorkerHandle::start("registrar-worker.js", WorkerType::Classic, move |text| {
                let Some(news) = read_message::<News>(text) else { return false };
                let is_ready = matches!(news, News::Ready { .. });
                state.receive(news);
                is_ready
            });
            match started {
                Ok(worker) => {
                    worker.on_failure(move |_| {
                        // The next question starts another one.
                        state.worker.set_value(WorkerHandle::default());
                        state.app.alert("The registrar, which reads and changes the registry, stopped. A change under way may be half done: reload the page and look at it again.");
                    });
                    self.worker.set_value(worker);
                }
                Err(_) => {
                    self.app.alert("The registrar could not be started, so the registry cannot be read. Reload the page.");
                    return;
                }
            }
        }
        if let Some((address, server)) = self.app.connected_address() {
            let before = self.server.try_update_value(|used| used.replace(server.url.clone())).flatten();
            if before.is_some_and(|before| before != server.url) {
                self.forget();
            }
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
            // News of the server before may have been on their way when it was left.
            News::Switched => self.forget(),
            News::Models { items, skipped } => self.models.set(Listed::Here(items, skipped)),
            News::AllVersions { items, skipped } => self.all_versions.set(Listed::Here(items, skipped)),
            News::Model { state, skipped } => self.model.set(Listed::Here(state, skipped)),
            News::Runs { items, missing } => {
                self.runs.update(|runs| runs.extend(items.into_iter().map(|run| (run.info.id.clone(), run))));
                self.missing_runs.update(|all| all.extend(missing));
            }
            News::Compared(comparison) => self.comparison.set(Some(*comparison)),
            News::RunVersions(versions) => self.run_versions.set(Some(versions)),
            News::Progress(progress) => {
                match &progress.phase {
                    Phase::Finished => self.app.tell(format!("Done: {}", progress.text)),
                    Phase::Refused(_) => self.app.tell("Nothing was written: something moved meanwhile"),
                    Phase::Stopped(why) => self.app.tell(why.clone()),
                    Phase::Checking | Phase::Writing | Phase::Verifying => {}
                }
                let n_told =
                    self.progress.with_untracked(|told| told.as_ref().map_or(0, |told| told.notes.len()));
                progress.notes.iter().skip(n_told).for_each(|note| self.app.tell(note.clone()));
                self.progress.set(Some(progress));
            }
            News::Files(news) => {
                if let Some((ask, pause)) = self.files.receive(news) {
                    let state = *self;
                    set_timeout(move || state.ask(&Ask::Files(ask)), pause);
                }
            }
            News::OfRuns(news) => self.run_changes.receive(self.app, news),
            News::Webhooks(news) => self.webhooks.set(news),
            News::ExperimentTags(news) => self.experiment_tags.set(news),
            News::Failed { what, message } => match what {
                FailedWhat::Models => self.models.set(Listed::Failed(message)),
                FailedWhat::Versions => self.all_versions.set(Listed::Failed(message)),
                FailedWhat::Model(_) => self.model.set(Listed::Failed(message)),
                FailedWhat::Webhook | FailedWhat::Registration => self.app.alert(&message),
                FailedWhat::Change => {
                    self.progress.set(None);
                    self.app.alert(&message);
                }
            },
        }
    }
}

/// The state of the registry, from the context.
pub fn use_registry() -> RegistryState {
    expect_context::<RegistryState>()
}
