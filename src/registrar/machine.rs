//! The machine itself: takes inputs one at a time and says what is to be done.

use super::experiment_tags::{ExperimentTags, TagAct, TagAsk, TagPending};
use super::files::{self, Do, Files};
use super::protocol::{Ask, FailedWhat, News};
use super::run_changes::{Act, RunChanges, RunPending};
use super::run_versions::Lookup;
use super::runner::{Need, Runner, WriteFailure};
use super::webhooks::{WebhookAct, WebhookAsk, WebhookPending, Webhooks};
use crate::entities::{ExperimentId, ModelVersion, RegisteredModel, Run, RunId, VersionNumber};
use crate::registry::ModelState;
use crate::registry::change::Step;
use crate::registry::comparison::{self, Comparison, Side, VersionOfRun};
use crate::registry::registration::artifact_path;
use crate::tracking::mlflow::{self, mlmodel, registry_requests as registry, requests};
use crate::tracking::{
    Capabilities, Page, Request, Response, ServerAddress, ServerError, ServerInfo, TransportError,
};
use std::collections::{BTreeMap, VecDeque};

/// Runs asked for in one search.
const RUNS_AT_ONCE: usize = 100;
/// Requests for runs, or for curves, under way at once.
const N_AT_ONCE: usize = 3;
/// Metrics of a comparison whose curves are read at first, and each time somebody asks for more.
const N_CURVES: usize = 6;
/// Folders of one model added up where no file says its size.
const MAX_MODEL_FOLDERS: usize = 100;

/// What the machine is handed.
#[derive(Debug)]
pub enum Input {
    /// A message of the page.
    Ask(Box<Ask>),
    /// The end of a request.
    Answered {
        /// The request's id.
        id: u32,
        /// What came back.
        answer: Result<Response, TransportError>,
    },
}

/// What the machine wants done.
#[derive(Debug)]
pub enum Output {
    /// Tell the page.
    News(News),
    /// Send a request and hand back its end as [`Input::Answered`].
    Send {
        /// Names the request.
        id: u32,
        /// Where to.
        address: ServerAddress,
        /// What.
        request: Request,
        /// Bytes of the answer that are read at most, where not all of it is wanted.
        max_bytes: Option<usize>,
    },
    /// Make a `blob:` address of these bytes, put it into the news, and tell the page.
    TellWithBlob {
        /// The news, without the address.
        news: files::FilesNews,
        /// The bytes.
        bytes: Vec<u8>,
        /// What they are.
        media_type: &'static str,
    },
    /// Stop a request; it needs no answer any more. Never a write.
    Abort {
        /// The request's id.
        id: u32,
    },
}

/// What a model is read for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    /// To show it.
    Show,
    /// For the change under way.
    Change,
}

/// The two sides of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Which {
    Candidate,
    Holder,
}

/// What a request under way is for.
#[derive(Debug)]
enum Pending {
    Models(Page<RegisteredModel>),
    AllVersions(Page<ModelVersion>),
    Model { name: String, purpose: Purpose },
    Versions { model: Box<RegisteredModel>, purpose: Purpose, so_far: Page<ModelVersion> },
    Runs(Vec<RunId>),
    Run(RunId),
    SideRun(Which),
    SideManifest(Which),
    SideHistory(Which, String),
    SideSize { which: Which, rest: Vec<String>, n_bytes: u64, n_folders: usize },
    Write,
    Lookup,
    Files(files::Pending),
    OfRuns(RunPending),
    Webhooks(WebhookPending),
    ExperimentTags(TagPending),
}

impl Pending {
    fn is_of_shown_model(&self) -> bool {
        matches!(
            self,
            Self::Model { purpose: Purpose::Show, .. }
                | Self::Versions { purpose: Purpose::Show, .. }
                | Self::Runs(_)
                | Self::Run(_)
        )
    }

    fn is_write(&self) -> bool {
        match self {
            Self::Files(pending) => pending.is_write(),
            Self::OfRuns(pending) => pending.is_write(),
            Self::Webhooks(pending) => pending.is_write(),
            Self::ExperimentTags(pending) => *pending == TagPending::Write,
            _ => matches!(self, Self::Write),
        }
    }

    fn is_of_comparison(&self) -> bool {
        matches!(
            self,
            Self::SideRun(_) | Self::SideManifest(_) | Self::SideHistory(..) | Self::SideSize { .. }
        )
    }
}

/// A comparison under way.
#[derive(Debug, Default)]
struct Compared {
    model: String,
    candidate: Side,
    holder: Side,
    /// Where their files came from.
    sources: BTreeMap<VersionNumber, String>,
    missing: Vec<String>,
    /// Metrics with curves, in the order in which they are asked for.
    metrics: Vec<String>,
    /// How many of them are wanted.
    n_curves: usize,
    /// What has been asked for.
    asked: Vec<(Which, String)>,
}

/// The pure state machine behind the pages of models.
#[derive(Default)]
pub struct Registrar {
    address: ServerAddress,
    server: Option<ServerInfo>,
    pending: BTreeMap<u32, Pending>,
    last_id: u32,
    experiment_ids: Vec<ExperimentId>,
    shown: Option<ModelState>,
    /// Runs that have arrived and are not told yet, runs that are not to be had, and how many are told.
    untold_runs: (Vec<Run>, Vec<RunId>, usize),
    /// Runs still to be asked for, each list one request.
    runs_to_ask: VecDeque<Vec<RunId>>,
    /// Whether the server finds runs by a list of ids; known after the first refusal.
    has_no_id_lists: bool,
    compared: Compared,
    runner: Option<Runner>,
    files: Files,
    runs: RunChanges,
    /// The search for the versions of some runs.
    lookup: Option<Lookup>,
    webhooks: Webhooks,
    experiment_tags: ExperimentTags,
    outputs: Vec<Output>,
}

impl Registrar {
    /// Takes one input and says what is to be done, in order.
    pub fn handle(&mut self, input: Input) -> Vec<Output> {
        match input {
            Input::Ask(ask) => self.ask(*ask),
            Input::Answered { id, answer } => {
                // An aborted request may still end; nobody waits for it.
                if let Some(pending) = self.pending.remove(&id) {
                    self.answered(pending, answer);
                }
            }
        }
        std::mem::take(&mut self.outputs)
    }

    fn ask(&mut self, ask: Ask) {
        match ask {
            Ask::Use { address, server } => {
                if self.address != address {
                    self.abort_all(|pending| !pending.is_write());
                    let left = self.runs.leave();
                    self.outputs.extend(left.map(News::OfRuns).map(Output::News));
                    if let Some(message) = self.webhooks.leave(&self.address.url) {
                        self.fail(FailedWhat::Webhook, message);
                    }
                    let left = self.runner.take().and_then(|runner| runner.leave(&self.address.url));
                    if let Some(message) = left {
                        self.fail(FailedWhat::Change, message);
                    }
                    if let Some(message) = self.files.leave(&self.address.url) {
                        self.fail(FailedWhat::Registration, message);
                    }
                    if self.server.is_some() {
                        self.tell(News::Switched);
                    }
                    *self = Self {
                        last_id: self.last_id,
                        outputs: std::mem::take(&mut self.outputs),
                        ..Self::default()
                    };
                }
                self.address = address;
                self.server = Some(server);
            }
            Ask::ListModels => {
                self.abort_all(|pending| matches!(pending, Pending::Models(_)));
                self.send(
                    registry::models_search(&self.capabilities(), None),
                    Pending::Models(Page::default()),
                );
            }
            Ask::ListVersions => {
                self.abort_all(|pending| matches!(pending, Pending::AllVersions(_)));
                let request = registry::versions_search(&self.capabilities(), None, None);
                self.send(request, Pending::AllVersions(Page::default()));
            }
            Ask::OpenModel { name, experiment_ids } => {
                self.abort_all(Pending::is_of_shown_model);
                self.experiment_ids = experiment_ids;
                self.shown = None;
                self.runs_to_ask.clear();
                self.untold_runs = Default::default();
                self.read_model(name, Purpose::Show);
            }
            Ask::Compare { model, candidate, holder } => self.compare(model, candidate, holder),
            Ask::MoreCurves => {
                self.compared.n_curves += N_CURVES;
                self.ask_for_curves();
                self.tell_comparison();
            }
            Ask::FindVersions(run_ids) => {
                self.abort_all(|pending| matches!(pending, Pending::Lookup));
                self.lookup = Some(Lookup::new(run_ids));
                self.look_on();
            }
            Ask::Change { change, decision } => {
                // One change at a time: the page offers no second one while this one is open.
                if self.runner.as_ref().is_some_and(Runner::is_under_way) {
                    return;
                }
                let runner = Runner::new(change, decision);
                let name = runner.model().to_owned();
                self.runner = Some(runner);
                self.tell_progress();
                self.read_model(name, Purpose::Change);
            }
            Ask::Finish => self.go_on(Runner::finish),
            Ask::GoBack { decision } => self.go_on(|runner| runner.go_back(decision)),
            Ask::Leave => {
                if self.runner.as_ref().is_some_and(|runner| !runner.is_under_way()) {
                    self.runner = None;
                }
            }
            Ask::Files(ask) => {
                let wanted = self.files.ask(ask, self.capabilities());
                self.carry_out_files(wanted);
            }
            Ask::OfRuns(ask) => {
                let acts = self.runs.ask(ask, &self.capabilities());
                self.act(acts);
            }
            Ask::Webhooks(text) => {
                // Only a page of another version sends what cannot be read, and `Ready` tells it so.
                if let Some(ask) = WebhookAsk::read(&text) {
                    let acts = self.webhooks.ask(ask, &self.capabilities());
                    self.act_on_webhooks(acts);
                }
            }
            Ask::ExperimentTags(text) => {
                if let Some(ask) = TagAsk::read(&text) {
                    let acts = self.experiment_tags.ask(ask, &self.capabilities());
                    self.act_on_tags(acts);
                }
            }
        }
    }

    fn act_on_tags(&mut self, acts: Vec<TagAct>) {
        for act in acts {
            match act {
                TagAct::Tell(news) => self.tell(News::ExperimentTags(news.to_text())),
                TagAct::Send(request, pending) => self.send(request, Pending::ExperimentTags(pending)),
            }
        }
    }

    fn carry_out_files(&mut self, wanted: Vec<Do>) {
        for wanted in wanted {
            match wanted {
                Do::Send { request, pending, max_bytes } => {
                    self.send_at_most(request, Pending::Files(pending), max_bytes);
                }
                Do::Tell(news) => self.tell(News::Files(news)),
                Do::TellWithBlob { news, bytes, media_type } => {
                    self.outputs.push(Output::TellWithBlob { news, bytes, media_type });
                }
                Do::Abort(is_meant) => {
                    self.abort_all(|pending| matches!(pending, Pending::Files(pending) if is_meant(pending)))
                }
            }
        }
    }

    fn act(&mut self, acts: Vec<Act>) {
        for act in acts {
            match act {
                Act::Tell(news) => self.tell(News::OfRuns(news)),
                Act::Send(request, pending) => self.send(request, Pending::OfRuns(pending)),
            }
        }
    }

    fn act_on_webhooks(&mut self, acts: Vec<WebhookAct>) {
        for act in acts {
            match act {
                WebhookAct::Tell(news) => self.tell(News::Webhooks(news.to_text())),
                WebhookAct::Send(request, pending) => self.send(request, Pending::Webhooks(pending)),
                WebhookAct::AbortList => {
                    self.abort_all(
                        |pending| matches!(pending, Pending::Webhooks(pending) if pending.is_list()),
                    );
                }
            }
        }
    }

    fn go_on(&mut self, step: impl FnOnce(&mut Runner) -> Need) {
        let Some(runner) = self.runner.as_mut().filter(|runner| runner.is_stopped()) else { return };
        let need = step(runner);
        self.carry_out(need);
    }

    fn answered(&mut self, pending: Pending, answer: Result<Response, TransportError>) {
        match pending {
            Pending::Models(mut so_far) => {
                match answered_with(answer).and_then(|response| mlflow::decode_models(&response)) {
                    Ok(page) => match join(&mut so_far, page) {
                        Some(token) => {
                            let request = registry::models_search(&self.capabilities(), Some(&token));
                            self.send(request, Pending::Models(so_far));
                        }
                        None => {
                            let Page { items, skipped, .. } = so_far;
                            self.tell(News::Models { items, skipped });
                        }
                    },
                    Err(error) => {
                        self.fail(FailedWhat::Models, format!("The models could not be listed: {error}."));
                    }
                }
            }
            Pending::AllVersions(mut so_far) => {
                match answered_with(answer).and_then(|response| mlflow::decode_versions(&response)) {
                    Ok(page) => match join(&mut so_far, page) {
                        Some(token) => {
                            let request = registry::versions_search(&self.capabilities(), None, Some(&token));
                            self.send(request, Pending::AllVersions(so_far));
                        }
                        None => {
                            let Page { items, skipped, .. } = so_far;
                            self.tell(News::AllVersions { items: by_model(items), skipped });
                        }
                    },
                    Err(error) => {
                        self.fail(
                            FailedWhat::Versions,
                            format!("The versions could not be listed: {error}."),
                        );
                    }
                }
            }
            Pending::Model { name, purpose } => {
                match answered_with(answer).and_then(|response| mlflow::decode_model(&response)) {
                    Ok(model) => {
                        let request = registry::versions_search(&self.capabilities(), Some(&name), None);
                        let model = Box::new(model);
                        self.send(request, Pending::Versions { model, purpose, so_far: Page::default() });
                    }
                    Err(error) => self.model_failed(name, purpose, &error),
                }
            }
            Pending::Versions { model, purpose, mut so_far } => {
                match answered_with(answer).and_then(|response| mlflow::decode_versions(&response)) {
                    Ok(page) => match join(&mut so_far, page) {
                        Some(token) => {
                            let request = registry::versions_search(
                                &self.capabilities(),
                                Some(&model.name),
                                Some(&token),
                            );
                            self.send(request, Pending::Versions { model, purpose, so_far });
                        }
                        None => self.model_arrived(*model, so_far, purpose),
                    },
                    Err(error) => self.model_failed(model.name, purpose, &error),
                }
            }
            Pending::Runs(ids) => self.runs_arrived(ids, answer),
            Pending::Run(id) => {
                match answered_with(answer).and_then(|response| mlflow::decode_run(&response)) {
                    Ok((run, _)) => self.untold_runs.0.push(run),
                    Err(_) => self.untold_runs.1.push(id),
                }
                self.ask_for_runs();
                self.tell_runs();
            }
            Pending::SideRun(which) => self.side_run_arrived(which, answer),
            Pending::SideManifest(which) => {
                let read = success(answer);
                if read.as_ref().is_ok_and(|bytes| bytes.len() > mlmodel::MAX_BYTES) {
                    let number = self.number_text(which);
                    let sentence =
                        format!("Of the MLmodel file of version {number} only the first 4 MB were read.");
                    self.compared.missing.push(sentence);
                }
                match read.map(|bytes| mlmodel::read(&bytes)) {
                    Ok(manifest) => {
                        let has_size = manifest.size_bytes.is_some();
                        self.side(which).manifest = Some(manifest);
                        if !has_size {
                            self.add_up(which);
                        }
                    }
                    Err(error) => {
                        let number = self.number_text(which);
                        let sentence =
                            format!("The MLmodel file of version {number} could not be read: {error}.");
                        self.compared.missing.push(sentence);
                    }
                }
                self.tell_comparison();
            }
            Pending::SideHistory(which, metric) => {
                match answered_with(answer).and_then(|response| mlflow::decode_history(&response)) {
                    Ok(page) => {
                        let points = page.items.into_iter().map(|point| (point.step, point.value));
                        self.side(which).histories.insert(metric, points.collect());
                    }
                    Err(error) => {
                        let number = self.number_text(which);
                        let sentence =
                            format!("The curve of {metric} of version {number} could not be read: {error}.");
                        self.compared.missing.push(sentence);
                    }
                }
                self.ask_for_curves();
                self.tell_comparison();
            }
            Pending::SideSize { which, rest, n_bytes, n_folders } => {
                self.size_arrived(which, rest, n_bytes, n_folders, answer);
                self.tell_comparison();
            }
            Pending::Lookup => {
                let page = answered_with(answer).and_then(|response| mlflow::decode_versions(&response));
                if let Some(lookup) = self.lookup.as_mut() {
                    lookup.answered(page);
                }
                self.look_on();
            }
            Pending::Files(pending) => {
                let wanted = self.files.answered(pending, answer);
                self.carry_out_files(wanted);
            }
            Pending::Write => {
                let result = success(answer).map(drop).map_err(|error| WriteFailure {
                    // A refusal is an answer; a server that broke down, or a proxy before it, may have written.
                    is_refused: matches!(&error, ServerError::Refused { status, .. } | ServerError::Http { status, .. } if (400..500).contains(status)),
                    reason: error.to_string(),
                });
                if let Some(runner) = self.runner.as_mut() {
                    let need = runner.wrote(result);
                    self.carry_out(need);
                }
            }
            Pending::OfRuns(pending) => {
                let acts = self.runs.answered(pending, answer, &self.capabilities());
                self.act(acts);
            }
            Pending::ExperimentTags(pending) => {
                let acts = self.experiment_tags.answered(pending, answer, &self.capabilities());
                self.act_on_tags(acts);
            }
            Pending::Webhooks(pending) => {
                let acts = self.webhooks.answered(pending, answer, &self.capabilities());
                self.act_on_webhooks(acts);
            }
        }
    }

    /// Asks for the next versions of the runs asked about, or tells what was found.
    fn look_on(&mut self) {
        let Some(lookup) = self.lookup.take() else { return };
        match lookup.request(&self.capabilities()) {
            Some(request) => {
                self.send(request, Pending::Lookup);
                self.lookup = Some(lookup);
            }
            None => self.tell(News::RunVersions(lookup.found())),
        }
    }

    fn read_model(&mut self, name: String, purpose: Purpose) {
        let request = registry::model_get(&self.capabilities(), &name);
        self.send(request, Pending::Model { name, purpose });
    }

    fn model_arrived(&mut self, model: RegisteredModel, page: Page<ModelVersion>, purpose: Purpose) {
        let mut versions = page.items;
        // A name that no quote can hold brought the versions of all models.
        versions.retain(|version| version.name == model.name);
        versions.sort_by_key(|version| std::cmp::Reverse(version.number));
        versions.dedup_by_key(|version| version.number);
        let state = ModelState { model, versions };
        match purpose {
            Purpose::Show => {
                let mut ids: Vec<RunId> =
                    state.versions.iter().filter_map(|version| version.run_id.clone()).collect();
                let mut seen = std::collections::HashSet::new();
                ids.retain(|id| seen.insert(id.clone()));
                self.runs_to_ask = ids.chunks(RUNS_AT_ONCE).map(<[RunId]>::to_vec).collect();
                self.shown = Some(state.clone());
                self.tell(News::Model { state, skipped: page.skipped });
                self.ask_for_runs();
            }
            Purpose::Change => {
                let Some(runner) = self.runner.as_mut() else { return };
                let need = runner.read(Ok(&state));
                if self.shown.as_ref().is_some_and(|shown| shown.model.name == state.model.name) {
                    self.shown = Some(state.clone());
                    self.tell(News::Model { state, skipped: page.skipped });
                }
                self.carry_out(need);
            }
        }
    }

    fn model_failed(&mut self, name: String, purpose: Purpose, error: &ServerError) {
        match purpose {
            Purpose::Show => {
                let message = format!("The model {name} could not be read: {error}.");
                self.fail(FailedWhat::Model(name), message);
            }
            Purpose::Change => {
                if let Some(runner) = self.runner.as_mut() {
                    let need = runner.read(Err(error.to_string()));
                    self.carry_out(need);
                }
            }
        }
    }

    fn carry_out(&mut self, need: Need) {
        self.tell_progress();
        match need {
            Need::Nothing => {}
            Need::Read => {
                if let Some(name) = self.runner.as_ref().map(|runner| runner.model().to_owned()) {
                    self.read_model(name, Purpose::Change);
                }
            }
            Need::Write(step) => {
                let request = self.request_of(&step);
                self.send(request, Pending::Write);
            }
        }
    }

    fn request_of(&self, step: &Step) -> Request {
        let capabilities = &self.capabilities();
        let name = self.runner.as_ref().map(|runner| runner.model().to_owned()).unwrap_or_default();
        match step {
            Step::Transition { version, to, archived } => {
                registry::transition(capabilities, &name, *version, *to, !archived.is_empty())
            }
            Step::SetAlias { alias, version } => registry::alias_set(capabilities, &name, alias, *version),
            Step::DeleteAlias { alias } => registry::alias_delete(capabilities, &name, alias),
            Step::SetTag { version, key, value } => {
                registry::tag_set(capabilities, &name, *version, key, value)
            }
            Step::Record { version, key, value } => {
                registry::tag_set(capabilities, &name, Some(*version), key, value)
            }
            Step::DeleteTag { version, key } => registry::tag_delete(capabilities, &name, *version, key),
            Step::Describe { version, description } => {
                registry::describe(capabilities, &name, *version, description)
            }
        }
    }

    fn ask_for_runs(&mut self) {
        loop {
            let n_under_way = self
                .pending
                .values()
                .filter(|pending| matches!(pending, Pending::Runs(_) | Pending::Run(_)))
                .count();
            if n_under_way >= N_AT_ONCE {
                return;
            }
            let Some(mut ids) = self.runs_to_ask.pop_front() else { return };
            if self.has_no_id_lists || self.experiment_ids.is_empty() {
                let Some(id) = ids.pop() else { continue };
                if !ids.is_empty() {
                    self.runs_to_ask.push_front(ids);
                }
                self.send(requests::run_get(&self.capabilities(), &id), Pending::Run(id));
            } else {
                let request = registry::runs_by_id(&self.capabilities(), &self.experiment_ids, &ids);
                self.send(request, Pending::Runs(ids));
            }
        }
    }

    fn runs_arrived(&mut self, ids: Vec<RunId>, answer: Result<Response, TransportError>) {
        match answered_with(answer).and_then(|response| mlflow::decode_runs(&response)) {
            Ok(page) => {
                let has_arrived = |id: &RunId| page.items.iter().any(|run| run.info.id == *id);
                // A run of an experiment that is deleted by now is found by its id alone.
                let rest: Vec<RunId> = ids.into_iter().filter(|id| !has_arrived(id)).collect();
                self.untold_runs.0.extend(page.items);
                for id in rest {
                    self.send(requests::run_get(&self.capabilities(), &id), Pending::Run(id));
                }
            }
            Err(ServerError::Refused { status: 400, .. }) => {
                self.has_no_id_lists = true;
                self.runs_to_ask.push_front(ids);
            }
            Err(_) => self.untold_runs.1.extend(ids),
        }
        self.ask_for_runs();
        self.tell_runs();
    }

    /// Tells of runs once half as many again have arrived, or all: each time the page works everything out anew, and
    /// a server without lists of ids sends them one by one.
    fn tell_runs(&mut self) {
        let is_open = self.pending.values().any(|it| matches!(it, Pending::Runs(_) | Pending::Run(_)));
        let (runs, missing, n_told) = &mut self.untold_runs;
        let n_untold = runs.len() + missing.len();
        if n_untold == 0 || is_open && n_untold * 2 < *n_told {
            return;
        }
        *n_told += n_untold;
        let (items, missing) = (std::mem::take(runs), std::mem::take(missing));
        self.tell(News::Runs { items, missing });
    }

    fn compare(&mut self, model: String, candidate: VersionOfRun, holder: Option<VersionOfRun>) {
        self.abort_all(Pending::is_of_comparison);
        let side = |version: Option<&VersionOfRun>| Side {
            number: version.map(|version| version.number),
            ..Side::default()
        };
        self.compared = Compared {
            model: model.clone(),
            candidate: side(Some(&candidate)),
            holder: side(holder.as_ref()),
            n_curves: N_CURVES,
            ..Compared::default()
        };
        for (which, version) in [(Which::Candidate, Some(candidate)), (Which::Holder, holder)] {
            let Some(VersionOfRun { number, run_id, source }) = version else { continue };
            self.compared.sources.insert(number, source);
            let request = registry::version_file(&model, number, "MLmodel");
            // One byte more than is read tells that there is more.
            self.send_at_most(request, Pending::SideManifest(which), Some(mlmodel::MAX_BYTES + 1));
            match run_id {
                Some(run_id) => {
                    self.send(requests::run_get(&self.capabilities(), &run_id), Pending::SideRun(which))
                }
                None => self.compared.missing.push(format!("Version {number} names no run.")),
            }
        }
        self.tell_comparison();
    }

    fn side_run_arrived(&mut self, which: Which, answer: Result<Response, TransportError>) {
        match answered_with(answer).and_then(|response| mlflow::decode_run(&response)) {
            Ok((run, _)) => {
                // One value alone is no curve.
                let with_curves = run.metrics.iter().filter(|metric| metric.step > 0);
                for metric in with_curves {
                    if !self.compared.metrics.contains(&metric.key) {
                        self.compared.metrics.push(metric.key.clone());
                    }
                }
                let side = self.side(which);
                side.datasets.clone_from(&run.datasets);
                side.run = Some(run);
                self.ask_for_curves();
                self.add_up(which);
            }
            Err(error) => {
                let number = self.number_text(which);
                self.compared
                    .missing
                    .push(format!("The run of version {number} could not be read: {error}."));
            }
        }
        self.tell_comparison();
    }

    /// Asks for histories of the metrics that are wanted, a few at a time.
    fn ask_for_curves(&mut self) {
        let is_history = |pending: &&Pending| matches!(pending, Pending::SideHistory(..));
        let n_under_way = self.pending.values().filter(is_history).count();
        let Compared { candidate, holder, metrics, n_curves, asked, .. } = &self.compared;
        let sides = [(Which::Candidate, candidate), (Which::Holder, holder)];
        let mut wanted = Vec::new();
        for metric in metrics.iter().take(*n_curves) {
            for (which, side) in sides {
                let Some(run) = &side.run else { continue };
                let has_curve = run.metrics.iter().any(|it| it.key == *metric && it.step > 0);
                let place = (which, metric.clone());
                if has_curve && !asked.contains(&place) {
                    wanted.push((place, run.info.id.clone()));
                }
            }
        }
        for ((which, metric), run_id) in wanted.into_iter().take(N_AT_ONCE.saturating_sub(n_under_way)) {
            let request = requests::metric_history(&self.capabilities(), &run_id, &metric, None);
            self.compared.asked.push((which, metric.clone()));
            self.send(request, Pending::SideHistory(which, metric));
        }
    }

    /// Begins to add up the files of a model whose description says no size, as MLflow before 2.9 writes it, once
    /// its run is here as well.
    fn add_up(&mut self, which: Which) {
        let side = self.side(which);
        let is_told = side.manifest.as_ref().is_none_or(|manifest| manifest.size_bytes.is_some());
        let (Some(run), Some(number), false) = (&side.run, side.number, is_told) else { return };
        let info = run.info.clone();
        let source = self.compared.sources.get(&number).map(String::as_str).unwrap_or_default();
        match artifact_path(source, &info.id.0, &info.artifact_uri).map(str::to_owned) {
            Some(path) => {
                let request = requests::artifacts_list(&self.capabilities(), &info.id, &path, None);
                self.send(request, Pending::SideSize { which, rest: vec![], n_bytes: 0, n_folders: 1 });
            }
            None => self.size_is_unknown(which, "its files are not among those of its run"),
        }
    }

    fn size_arrived(
        &mut self,
        which: Which,
        mut rest: Vec<String>,
        n_bytes: u64,
        n_folders: usize,
        answer: Result<Response, TransportError>,
    ) {
        let page = match answered_with(answer).and_then(|response| mlflow::decode_artifacts(&response)) {
            Ok(page) => page,
            Err(error) => return self.size_is_unknown(which, &error.to_string()),
        };
        let sizes = page.items.iter().filter(|item| !item.is_dir).filter_map(|item| item.size_bytes);
        let n_bytes = sizes.fold(n_bytes, u64::saturating_add);
        rest.extend(page.items.into_iter().filter(|item| item.is_dir).map(|item| item.path));
        if page.next_page_token.is_some() || n_folders >= MAX_MODEL_FOLDERS {
            return self.size_is_unknown(which, "it has too many files to be added up");
        }
        let run_id = self.side(which).run.as_ref().map(|run| run.info.id.clone());
        match (rest.pop(), run_id) {
            (Some(path), Some(run_id)) => {
                let request = requests::artifacts_list(&self.capabilities(), &run_id, &path, None);
                self.send(request, Pending::SideSize { which, rest, n_bytes, n_folders: n_folders + 1 });
            }
            _ => self.side(which).size_bytes = Some(n_bytes),
        }
    }

    fn size_is_unknown(&mut self, which: Which, why: &str) {
        let number = self.number_text(which);
        let sentence = format!(
            "The size of the model of version {number} is not known: its MLmodel file does not say it, and {why}."
        );
        self.compared.missing.push(sentence);
    }

    fn side(&mut self, which: Which) -> &mut Side {
        match which {
            Which::Candidate => &mut self.compared.candidate,
            Which::Holder => &mut self.compared.holder,
        }
    }

    fn number_text(&mut self, which: Which) -> String {
        self.side(which).number.map(|number| number.to_string()).unwrap_or_default()
    }

    fn tell_comparison(&mut self) {
        let is_loading = self.pending.values().any(Pending::is_of_comparison);
        let Compared { model, candidate, holder, missing, metrics, n_curves, .. } = &self.compared;
        let compared = Comparison {
            n_more_curves: metrics.len().saturating_sub(*n_curves),
            is_loading,
            missing: missing.clone(),
            ..comparison::compare(model, candidate, holder)
        };
        self.tell(News::Compared(Box::new(compared)));
    }

    fn tell_progress(&mut self) {
        if let Some(progress) = self.runner.as_ref().map(Runner::progress) {
            self.tell(News::Progress(progress));
        }
    }

    fn capabilities(&self) -> Capabilities {
        self.server.as_ref().map_or_else(Capabilities::default, |server| server.capabilities.clone())
    }

    fn tell(&mut self, news: News) {
        self.outputs.push(Output::News(news));
    }

    fn fail(&mut self, what: FailedWhat, message: String) {
        self.tell(News::Failed { what, message });
    }

    fn send(&mut self, request: Request, pending: Pending) {
        self.send_at_most(request, pending, None);
    }

    fn send_at_most(&mut self, request: Request, pending: Pending, max_bytes: Option<usize>) {
        self.last_id = self.last_id.wrapping_add(1);
        self.pending.insert(self.last_id, pending);
        let (id, address) = (self.last_id, self.address.clone());
        self.outputs.push(Output::Send { id, address, request, max_bytes });
    }

    fn abort_all(&mut self, is_meant: impl Fn(&Pending) -> bool) {
        let ids: Vec<u32> =
            self.pending.iter().filter(|(_, pending)| is_meant(pending)).map(|(id, _)| *id).collect();
        for id in ids {
            self.pending.remove(&id);
            self.outputs.push(Output::Abort { id });
        }
    }
}

/// Adds a page to those before it; the token of the next one, if any.
fn join<T>(so_far: &mut Page<T>, page: Page<T>) -> Option<String> {
    so_far.items.extend(page.items);
    so_far.skipped.extend(page.skipped);
    page.next_page_token
}

/// Versions as models, by name. What the models themselves say is not known here.
fn by_model(versions: Vec<ModelVersion>) -> Vec<ModelState> {
    let mut models: BTreeMap<String, Vec<ModelVersion>> = BTreeMap::new();
    for version in versions {
        models.entry(version.name.clone()).or_default().push(version);
    }
    let states = models.into_iter().map(|(name, mut versions)| {
        versions.sort_by_key(|version| std::cmp::Reverse(version.number));
        ModelState { model: RegisteredModel { name, ..RegisteredModel::default() }, versions }
    });
    states.collect()
}

/// The answer, whatever its status.
fn answered_with(answer: Result<Response, TransportError>) -> Result<Response, ServerError> {
    answer.map_err(ServerError::Transport)
}

/// The bytes of a success; an HTTP error becomes a [`ServerError`].
fn success(answer: Result<Response, TransportError>) -> Result<Vec<u8>, ServerError> {
    let response = answered_with(answer)?;
    mlflow::check(&response)?;
    Ok(response.body)
}
