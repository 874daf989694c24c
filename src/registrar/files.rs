//! From run to version: what models a run logged, what is in their files, and a model's registration.

use super::preview::{self, Content};
use crate::entities::{
    Artifact, LoggedModelRef, Manifest, ModelTag, ModelVersion, Run, RunId, VersionNumber, VersionStatus,
};
use crate::registry::load_code::is_preprocessor;
use crate::registry::registration::{Registration, source_of};
use crate::tracking::mlflow::{self, logged_model, mlmodel, registry_requests as registry, requests};
use crate::tracking::{Capabilities, Page, Request, Response, ServerError, TransportError};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Folders of a run looked into for models that no tag names.
const MAX_FOLDERS: usize = 50;
/// How deep they may lie.
const MAX_DEPTH: usize = 3;
/// Folders of one model added up where no file says its size.
const MAX_MODEL_FOLDERS: usize = 200;

/// A file that a run or a logged model has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FileRef {
    /// Below the run's artifact root.
    Run {
        /// Whose.
        run_id: RunId,
        /// Which.
        path: String,
    },
    /// Of a logged model (MLflow 3).
    LoggedModel {
        /// Whose.
        model_id: String,
        /// Which.
        path: String,
    },
}

impl FileRef {
    /// Its path.
    pub fn path(&self) -> &str {
        match self {
            Self::Run { path, .. } | Self::LoggedModel { path, .. } => path,
        }
    }

    /// Its own name, without the folders.
    pub fn name(&self) -> &str {
        self.path().rsplit('/').next().unwrap_or_default()
    }

    fn request(&self) -> Request {
        match self {
            Self::Run { run_id, path } => requests::artifact_file(run_id, path),
            Self::LoggedModel { model_id, path } => requests::logged_model_file(model_id, path),
        }
    }
}

/// What the page asks for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum FilesAsk {
    /// The models of a run. Answered by `Models`, again as more arrives.
    ReadModels(RunId),
    /// A folder of a logged model's files. Answered by `Folder`.
    ListFolder {
        /// Whose.
        model_id: String,
        /// Which; the root is the empty path.
        path: String,
    },
    /// What a file is. Answered by `Preview`.
    Preview {
        /// Returned with the answer.
        request: u32,
        /// Which.
        file: FileRef,
        /// Whether as much of it as can be shown is wanted, rather than its beginning.
        is_all: bool,
    },
    /// A file to be saved. Answered by `File`.
    Download(FileRef),
    /// Register a model. Answered by `Registering` until it has ended.
    Register(Box<Registration>),
    /// Read the registered version again: the server was still busy with it, or did not answer.
    LookAgain,
}

/// What the registrar tells.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum FilesNews {
    /// The models of a run, as far as known.
    Models(RunModels),
    /// A folder of a logged model's files.
    Folder {
        /// Whose.
        model_id: String,
        /// Which.
        path: String,
        /// What is in it.
        items: Vec<Artifact>,
        /// A sentence for each item that could not be read, or of why none could.
        skipped: Vec<String>,
    },
    /// What a file is.
    Preview(Preview),
    /// A file to be saved: its name and the worker's `blob:` address of it.
    File {
        /// The file's own name.
        name: String,
        /// Filled in by the worker.
        url: String,
    },
    /// How a registration stands.
    Registering(Registering),
    /// Something failed: one sentence.
    Failed(String),
}

impl FilesNews {
    /// Puts in the `blob:` address that the worker has made.
    pub fn set_url(&mut self, made: String) {
        match self {
            Self::Preview(Preview { shown: Shown::Image(url), .. }) | Self::File { url, .. } => *url = made,
            _ => {}
        }
    }
}

/// The models that a run logged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunModels {
    /// The run.
    pub run_id: RunId,
    /// Its models, in the order in which they were logged.
    pub models: Vec<RunModel>,
    /// Files of the run that look like pickled preprocessors.
    pub preprocessors: Vec<String>,
    /// Versions registered from the run whose files are none of these models.
    pub other_versions: Vec<(String, VersionNumber)>,
    /// Whether answers are awaited.
    pub is_loading: bool,
    /// A sentence for each thing that could not be found out.
    pub problems: Vec<String>,
}

impl RunModels {
    /// The bytes of all of them; none where there is no model, or one whose size is not known (yet).
    pub fn size_bytes(&self) -> Option<u64> {
        let sizes: Option<Vec<u64>> = self.models.iter().map(|model| model.size_bytes).collect();
        sizes.filter(|sizes| !sizes.is_empty()).map(|sizes| sizes.into_iter().sum())
    }
}

/// One model of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunModel {
    /// Which.
    pub model: LoggedModelRef,
    /// What it was logged as.
    pub name: String,
    /// What to register it with.
    pub source: String,
    /// What its `MLmodel` file says; none before it is read, or where it cannot be.
    pub manifest: Option<Manifest>,
    /// Bytes of its files, where known.
    pub size_bytes: Option<u64>,
    /// The versions that it is registered as.
    pub versions: Vec<(String, VersionNumber)>,
}

/// A file as shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Preview {
    /// The request answered.
    pub request: u32,
    /// What it is.
    pub shown: Shown,
    /// Bytes that were read.
    pub n_bytes: usize,
    /// Whether these are its beginning only.
    pub is_cut: bool,
    /// Whether more of it can be shown.
    pub has_more: bool,
}

/// What a file is shown as.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Shown {
    /// Text: JSON indented, everything else as it is, also YAML, SVG and HTML.
    Text(String),
    /// Rows of a CSV or TSV file.
    Table(Table),
    /// A picture; its `blob:` address, filled in by the worker.
    Image(String),
    /// An `MLmodel` file: what it says, and its text.
    Manifest(Manifest, String),
    /// Nothing that can be shown.
    Binary,
    /// It could not be read, for this reason.
    Failed(String),
}

/// The beginning of a table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Table {
    /// The first row, then those below it.
    pub rows: Vec<Vec<String>>,
    /// How many rows there are below the first, as far as read.
    pub n_rows: usize,
    /// Columns of the widest row.
    pub n_columns: usize,
}

/// How a registration stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Registering {
    /// The registered model.
    pub name: String,
    /// Where it is.
    pub phase: RegisterPhase,
}

/// Where a registration is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RegisterPhase {
    /// Reading whether the registered model is there.
    Checking,
    /// Making it.
    CreatingModel,
    /// Making the version.
    CreatingVersion,
    /// Reading the version back.
    Verifying(VersionNumber),
    /// The version is made, but not ready, or could not be read back: the sentence says which.
    Waiting(VersionNumber, String),
    /// The version is there, read back. A sentence for each thing that is not as it was sent.
    Done(VersionNumber, Vec<String>),
    /// It ended otherwise: what happened and what is there now.
    Failed(String),
}

/// What a request under way is for.
#[derive(Debug)]
pub(super) enum Pending {
    Run,
    Folder { path: String, so_far: Page<Artifact> },
    VersionsOfRun,
    Name(usize),
    Manifest(usize),
    Size { place: usize, rest: Vec<String>, n_bytes: u64, n_folders: usize },
    ModelFolder { model_id: String, path: String, so_far: Page<Artifact> },
    Preview { request: u32, file: FileRef, is_all: bool },
    Download(FileRef),
    Guard,
    CreateModel,
    ModelInquiry(String),
    CreateVersion,
    VersionInquiry(String),
    Verify(VersionNumber),
}

impl Pending {
    /// Whether it belongs to finding out a run's models.
    fn is_of_models(&self) -> bool {
        matches!(
            self,
            Self::Run
                | Self::Folder { .. }
                | Self::VersionsOfRun
                | Self::Name(_)
                | Self::Manifest(_)
                | Self::Size { .. }
        )
    }

    fn is_preview(&self) -> bool {
        matches!(self, Self::Preview { .. })
    }

    /// Whether it changes something on the server.
    pub(super) fn is_write(&self) -> bool {
        matches!(self, Self::CreateModel | Self::CreateVersion)
    }
}

/// What this part of the machine wants done.
#[derive(Debug)]
pub(super) enum Do {
    /// Send a request, of whose answer at most this many bytes are read.
    Send { request: Request, pending: Pending, max_bytes: Option<usize> },
    /// Tell the page.
    Tell(FilesNews),
    /// Make a `blob:` address of these bytes, put it into the news and tell the page.
    TellWithBlob { news: FilesNews, bytes: Vec<u8>, media_type: &'static str },
    /// Stop what is under way of this kind.
    Abort(fn(&Pending) -> bool),
}

/// The part of the registrar behind a run's models and files.
#[derive(Default)]
pub(super) struct Files {
    capabilities: Capabilities,
    models: Option<RunModels>,
    artifact_uri: String,
    /// The versions registered from the run; none before they have arrived.
    versions: Option<Vec<ModelVersion>>,
    folders_to_list: VecDeque<String>,
    /// Folders looked into, or waiting for it.
    n_folders: usize,
    /// Folders that are not looked into, since there are too many or they lie too deep.
    n_folders_left: usize,
    /// Requests under way for the run's models.
    n_open: usize,
    registration: Option<(Registration, RegisterPhase)>,
    /// Whether the registration has made the registered model.
    has_made_model: bool,
    wanted: Vec<Do>,
}

impl Files {
    /// Takes an ask and says what is to be done.
    pub(super) fn ask(&mut self, ask: FilesAsk, capabilities: Capabilities) -> Vec<Do> {
        self.capabilities = capabilities;
        match ask {
            FilesAsk::ReadModels(run_id) => self.read_models(run_id),
            FilesAsk::ListFolder { model_id, path } => {
                self.list_folder(model_id, path, Page::default(), None)
            }
            FilesAsk::Preview { request, file, is_all } => {
                self.wanted.push(Do::Abort(Pending::is_preview));
                self.read_file(request, file, is_all);
            }
            FilesAsk::Download(file) => self.send(file.request(), Pending::Download(file)),
            FilesAsk::Register(registration) => {
                // One at a time: the page offers no second one while this one is under way.
                let is_under_way = self.registration.as_ref().is_some_and(|(_, phase)| {
                    !matches!(
                        phase,
                        RegisterPhase::Done(..) | RegisterPhase::Failed(_) | RegisterPhase::Waiting(..)
                    )
                });
                if !is_under_way {
                    let request = registry::model_get(&self.capabilities, &registration.name);
                    self.registration = Some((*registration, RegisterPhase::Checking));
                    self.has_made_model = false;
                    self.tell_registering(RegisterPhase::Checking);
                    self.send(request, Pending::Guard);
                }
            }
            FilesAsk::LookAgain => {
                if let Some((_, RegisterPhase::Waiting(version, _))) = self.registration {
                    self.verify(version);
                }
            }
        }
        std::mem::take(&mut self.wanted)
    }

    /// What is to be told where another server takes the place of this one during a registration.
    pub(super) fn leave(&self, server: &str) -> Option<String> {
        let (registration, phase) = self.registration.as_ref()?;
        let told = match phase {
            RegisterPhase::Checking => "nothing of it was written",
            RegisterPhase::CreatingModel => "whether the registered model was made is not known",
            RegisterPhase::CreatingVersion => "whether the version was made is not known",
            RegisterPhase::Verifying(_) => "the version was made, and was not read back",
            RegisterPhase::Waiting(..) | RegisterPhase::Done(..) | RegisterPhase::Failed(_) => return None,
        };
        Some(format!(
            "Another server is in use now, so the registration of a version of {} at {server} was left midway: {told}. Look at the model there before you register it again.",
            registration.name
        ))
    }

    /// Takes the end of a request and says what is to be done.
    pub(super) fn answered(&mut self, pending: Pending, answer: Result<Response, TransportError>) -> Vec<Do> {
        let answer = answer.map_err(ServerError::Transport);
        let is_of_models = pending.is_of_models();
        if is_of_models {
            self.n_open = self.n_open.saturating_sub(1);
        }
        match pending {
            Pending::Run => self.run_arrived(answer),
            Pending::Folder { path, so_far } => self.folder_arrived(path, so_far, answer),
            Pending::VersionsOfRun => match answer.and_then(|response| mlflow::decode_versions(&response)) {
                Ok(page) => self.versions = Some(page.items),
                Err(error) => self.problem(format!(
                    "Which versions the run is registered as could not be found out: {error}."
                )),
            },
            Pending::Name(place) => {
                // Without it the model is called by its id.
                if let Ok(name) = answer.and_then(|response| logged_model::decode_name(&response))
                    && !name.is_empty()
                    && let Some(model) = self.model(place)
                {
                    model.name = name;
                }
            }
            Pending::Manifest(place) => self.manifest_arrived(place, answer),
            Pending::Size { place, rest, n_bytes, n_folders } => {
                self.size_arrived(place, rest, n_bytes, n_folders, answer);
            }
            Pending::ModelFolder { model_id, path, so_far } => {
                self.model_folder_arrived(model_id, path, so_far, answer);
            }
            Pending::Preview { request, file, is_all } => self.file_arrived(request, file, is_all, answer),
            Pending::Download(file) => match body(answer) {
                Ok(bytes) => {
                    let news = FilesNews::File { name: file.name().to_owned(), url: String::new() };
                    let media_type = "application/octet-stream";
                    self.wanted.push(Do::TellWithBlob { news, bytes, media_type });
                }
                Err(error) => {
                    let sentence = format!("{} could not be downloaded: {error}.", file.name());
                    self.wanted.push(Do::Tell(FilesNews::Failed(sentence)));
                }
            },
            Pending::Guard => self.guarded(answer),
            Pending::CreateModel => self.model_created(answer),
            Pending::ModelInquiry(why) => self.model_inquired(&why, answer),
            Pending::CreateVersion => self.version_created(answer),
            Pending::VersionInquiry(why) => self.version_inquired(&why, answer),
            Pending::Verify(version) => self.verified(version, answer),
        }
        if is_of_models {
            self.tell_models();
        }
        std::mem::take(&mut self.wanted)
    }

    // ------------------------------------------------------------------------------------ a run's models

    fn read_models(&mut self, run_id: RunId) {
        self.wanted.push(Do::Abort(Pending::is_of_models));
        self.n_open = 0;
        self.versions = None;
        self.folders_to_list.clear();
        (self.n_folders, self.n_folders_left) = (0, 0);
        let request = requests::run_get(&self.capabilities, &run_id);
        self.models = Some(RunModels {
            run_id,
            models: vec![],
            preprocessors: vec![],
            other_versions: vec![],
            is_loading: true,
            problems: vec![],
        });
        self.send(request, Pending::Run);
        self.tell_models();
    }

    fn run_arrived(&mut self, answer: Result<Response, ServerError>) {
        let run: Run = match answer.and_then(|response| mlflow::decode_run(&response)) {
            Ok((run, _)) => run,
            Err(error) => {
                return self.problem(format!("The run's models could not be found out: {error}."));
            }
        };
        self.artifact_uri = run.info.artifact_uri;
        for model in run.models {
            self.add_model(model);
        }
        let id = run.info.id;
        self.look_through(&id, String::new(), Page::default(), None);
        let request = registry::versions_of_run(&self.capabilities, &id);
        self.send(request, Pending::VersionsOfRun);
    }

    fn add_model(&mut self, model: LoggedModelRef) {
        let Some(models) = self.models.as_mut() else { return };
        if models.models.iter().any(|other| other.model == model) {
            return;
        }
        let name = match &model {
            LoggedModelRef::Id(id) => id.clone(),
            LoggedModelRef::ArtifactPath(path) => path.clone(),
        };
        let place = models.models.len();
        let file = match &model {
            LoggedModelRef::Id(model_id) => {
                FileRef::LoggedModel { model_id: model_id.clone(), path: "MLmodel".to_owned() }
            }
            LoggedModelRef::ArtifactPath(path) => {
                FileRef::Run { run_id: models.run_id.clone(), path: format!("{path}/MLmodel") }
            }
        };
        let source = source_of(&model, &self.artifact_uri);
        models.models.push(RunModel {
            model: model.clone(),
            name,
            source,
            manifest: None,
            size_bytes: None,
            versions: vec![],
        });
        self.n_open += 1;
        // One byte more than is read tells that there is more.
        let max_bytes = Some(mlmodel::MAX_BYTES + 1);
        self.wanted.push(Do::Send { request: file.request(), pending: Pending::Manifest(place), max_bytes });
        if let LoggedModelRef::Id(id) = model {
            self.send(logged_model::get(&self.capabilities, &id), Pending::Name(place));
        }
    }

    fn look_through(&mut self, run_id: &RunId, path: String, so_far: Page<Artifact>, token: Option<&str>) {
        let request = requests::artifacts_list(&self.capabilities, run_id, &path, token);
        self.send(request, Pending::Folder { path, so_far });
    }

    /// The root of the run's artifacts, or a folder in it, to find models that no tag names and preprocessors.
    fn folder_arrived(
        &mut self,
        path: String,
        mut so_far: Page<Artifact>,
        answer: Result<Response, ServerError>,
    ) {
        let Some(run_id) = self.models.as_ref().map(|models| models.run_id.clone()) else { return };
        match answer.and_then(|response| mlflow::decode_artifacts(&response)) {
            Ok(page) => {
                so_far.items.extend(page.items);
                if let Some(token) = page.next_page_token {
                    return self.look_through(&run_id, path, so_far, Some(&token));
                }
            }
            Err(error) => {
                let what = if path.is_empty() { "The run's artifacts" } else { path.as_str() };
                self.problem(format!("{what} could not be looked through for models: {error}."));
            }
        }
        let items = so_far.items;
        let has_manifest = items.iter().any(|item| !item.is_dir && item.path == format!("{path}/MLmodel"));
        if has_manifest {
            self.add_model(LoggedModelRef::ArtifactPath(path));
        } else if let Some(models) = self.models.as_mut() {
            let found = items.iter().filter(|item| !item.is_dir && is_pickled_preprocessor(&item.path));
            models.preprocessors.extend(found.map(|item| item.path.clone()));
            let is_known = |path: &str| {
                models
                    .models
                    .iter()
                    .any(|model| matches!(&model.model, LoggedModelRef::ArtifactPath(known) if known == path))
            };
            for folder in items.into_iter().filter(|item| item.is_dir && !is_known(&item.path)) {
                if self.n_folders < MAX_FOLDERS && folder.path.split('/').count() <= MAX_DEPTH {
                    self.n_folders += 1;
                    self.folders_to_list.push_back(folder.path);
                } else {
                    self.n_folders_left += 1;
                }
            }
        }
        // One after another: most runs have two or three.
        match self.folders_to_list.pop_front() {
            Some(folder) => self.look_through(&run_id, folder, Page::default(), None),
            None if self.n_folders_left > 0 => self.problem(format!(
                "Models may be missing: {} of the run's folders were looked through for them, {} more, and what is below those, were not.",
                self.n_folders, self.n_folders_left
            )),
            None => {}
        }
    }

    fn manifest_arrived(&mut self, place: usize, answer: Result<Response, ServerError>) {
        match body(answer) {
            Ok(bytes) => {
                let manifest = mlmodel::read(&bytes);
                let size = manifest.size_bytes;
                if bytes.len() > mlmodel::MAX_BYTES {
                    let name = self.model(place).map(|model| model.name.clone()).unwrap_or_default();
                    self.problem(format!("Of the MLmodel file of {name} only the first 4 MB were read."));
                }
                let Some(model) = self.model(place) else { return };
                model.manifest = Some(manifest);
                model.size_bytes = size;
                if size.is_none() {
                    let path = match &model.model {
                        LoggedModelRef::Id(_) => String::new(),
                        LoggedModelRef::ArtifactPath(path) => path.clone(),
                    };
                    self.add_up(place, &path, vec![], 0, 0);
                }
            }
            Err(error) => {
                let name = self.model(place).map(|model| model.name.clone()).unwrap_or_default();
                self.problem(format!("The MLmodel file of {name} could not be read: {error}."));
            }
        }
    }

    /// Lists one more folder of a model whose size no file states.
    fn add_up(&mut self, place: usize, path: &str, rest: Vec<String>, n_bytes: u64, n_folders: usize) {
        let Some(run_id) = self.models.as_ref().map(|models| models.run_id.clone()) else { return };
        let Some(model) = self.model(place).map(|model| model.model.clone()) else { return };
        let request = match &model {
            LoggedModelRef::Id(id) => requests::logged_model_directories(&self.capabilities, id, path, None),
            LoggedModelRef::ArtifactPath(_) => {
                requests::artifacts_list(&self.capabilities, &run_id, path, None)
            }
        };
        self.send(request, Pending::Size { place, rest, n_bytes, n_folders });
    }

    fn size_arrived(
        &mut self,
        place: usize,
        mut rest: Vec<String>,
        n_bytes: u64,
        n_folders: usize,
        answer: Result<Response, ServerError>,
    ) {
        // A size that cannot be found out whole is unknown.
        let Ok(page) = answer.and_then(|response| mlflow::decode_artifacts(&response)) else { return };
        let sizes = page.items.iter().filter(|item| !item.is_dir).filter_map(|item| item.size_bytes);
        let n_bytes = sizes.fold(n_bytes, u64::saturating_add);
        rest.extend(page.items.into_iter().filter(|item| item.is_dir).map(|item| item.path));
        if page.next_page_token.is_some() || n_folders >= MAX_MODEL_FOLDERS {
            return;
        }
        match rest.pop() {
            Some(path) => self.add_up(place, &path, rest, n_bytes, n_folders + 1),
            None => {
                if let Some(model) = self.model(place) {
                    model.size_bytes = Some(n_bytes);
                }
            }
        }
    }

    /// Spreads the versions over the models by where their files came from, and tells.
    fn tell_models(&mut self) {
        let Some(models) = self.models.as_mut() else { return };
        models.is_loading = self.n_open > 0;
        if let Some(versions) = &self.versions {
            models.other_versions.clear();
            for model in &mut models.models {
                model.versions.clear();
            }
            for version in versions {
                let registered = (version.name.clone(), version.number);
                let source = version.source.trim_end_matches('/');
                let of = models.models.iter_mut().find(|model| match &model.model {
                    LoggedModelRef::Id(id) => version.model_id.as_ref() == Some(id),
                    LoggedModelRef::ArtifactPath(path) => {
                        source == model.source || source == format!("runs:/{}/{path}", models.run_id)
                    }
                });
                match of {
                    Some(model) => model.versions.push(registered),
                    None => models.other_versions.push(registered),
                }
            }
            for model in &mut models.models {
                model.versions.sort_by(|a, b| a.0.cmp(&b.0).then(b.1.cmp(&a.1)));
            }
        }
        self.wanted.push(Do::Tell(FilesNews::Models(models.clone())));
    }

    fn model(&mut self, place: usize) -> Option<&mut RunModel> {
        self.models.as_mut()?.models.get_mut(place)
    }

    fn problem(&mut self, sentence: String) {
        if let Some(models) = self.models.as_mut() {
            models.problems.push(sentence);
        }
    }

    // -------------------------------------------------------------------------------------------- files

    fn list_folder(&mut self, model_id: String, path: String, so_far: Page<Artifact>, token: Option<&str>) {
        let request = requests::logged_model_directories(&self.capabilities, &model_id, &path, token);
        self.send(request, Pending::ModelFolder { model_id, path, so_far });
    }

    fn model_folder_arrived(
        &mut self,
        model_id: String,
        path: String,
        mut so_far: Page<Artifact>,
        answer: Result<Response, ServerError>,
    ) {
        match answer.and_then(|response| mlflow::decode_artifacts(&response)) {
            Ok(page) => {
                so_far.items.extend(page.items);
                so_far.skipped.extend(page.skipped);
                if let Some(token) = page.next_page_token {
                    return self.list_folder(model_id, path, so_far, Some(&token));
                }
            }
            Err(error) => so_far.skipped.push(format!("The files could not be listed: {error}.")),
        }
        let Page { mut items, skipped, .. } = so_far;
        items.sort_by_key(|item| !item.is_dir);
        self.wanted.push(Do::Tell(FilesNews::Folder { model_id, path, items, skipped }));
    }

    fn read_file(&mut self, request: u32, file: FileRef, is_all: bool) {
        // One byte more than is shown tells that there is more.
        let max_bytes = Some(limit(is_all) + 1);
        let wanted = file.request();
        let pending = Pending::Preview { request, file, is_all };
        self.wanted.push(Do::Send { request: wanted, pending, max_bytes });
    }

    fn file_arrived(
        &mut self,
        request: u32,
        file: FileRef,
        is_all: bool,
        answer: Result<Response, ServerError>,
    ) {
        let mut bytes = match body(answer) {
            Ok(bytes) => bytes,
            Err(error) => {
                let shown = Shown::Failed(format!("The file could not be read: {error}."));
                let preview = Preview { request, shown, n_bytes: 0, is_cut: false, has_more: false };
                return self.wanted.push(Do::Tell(FilesNews::Preview(preview)));
            }
        };
        let is_cut = bytes.len() > limit(is_all);
        bytes.truncate(limit(is_all));
        let n_bytes = bytes.len();
        let preview = |shown: Shown| {
            let has_more = is_cut && !is_all && shown != Shown::Binary;
            FilesNews::Preview(Preview { request, shown, n_bytes, is_cut, has_more })
        };
        match preview::classify(file.path(), &bytes, is_cut) {
            // Half a picture is none.
            Content::Image(_) if is_cut && !is_all => self.read_file(request, file, true),
            Content::Image(_) if is_cut => {
                let why = "The picture is too large to be shown here; download it.";
                self.wanted.push(Do::Tell(preview(Shown::Failed(why.to_owned()))));
            }
            Content::Image(media_type) => {
                let news = preview(Shown::Image(String::new()));
                self.wanted.push(Do::TellWithBlob { news, bytes, media_type });
            }
            Content::Other(shown) => self.wanted.push(Do::Tell(preview(shown))),
        }
    }

    // ------------------------------------------------------------------------------------- registration

    fn guarded(&mut self, answer: Result<Response, ServerError>) {
        let Some((registration, _)) = &self.registration else { return };
        let name = &registration.name;
        match answer.and_then(|response| mlflow::decode_model(&response)) {
            Ok(_) if registration.is_new => self.end(format!(
                "A model {name} has been made meanwhile. Nothing was written; register again to make a version of it."
            )),
            Ok(_) => self.create_version(),
            Err(ServerError::Refused { status: 404, .. }) if registration.is_new => {
                let request = registry::model_create(
                    &self.capabilities,
                    name,
                    &registration.model_description,
                    &[],
                );
                self.tell_registering(RegisterPhase::CreatingModel);
                self.send(request, Pending::CreateModel);
            }
            Err(ServerError::Refused { status: 404, .. }) => self.end(format!(
                "There is no model {name} any more. Nothing was written; register again to make it."
            )),
            Err(error) => self.end(format!(
                "Whether there is a model {name} could not be found out: {error}. Nothing was written."
            )),
        }
    }

    fn model_created(&mut self, answer: Result<Response, ServerError>) {
        let Some((registration, _)) = &self.registration else { return };
        let name = registration.name.clone();
        match body(answer) {
            Ok(_) => {
                self.has_made_model = true;
                self.create_version();
            }
            Err(error) if is_refusal(&error) => {
                self.end(format!("The model {name} was not made: {error}. Nothing was written."));
            }
            Err(error) => {
                let request = registry::model_get(&self.capabilities, &name);
                let why = format!("No usable answer came when the model {name} was to be made: {error}.");
                self.send(request, Pending::ModelInquiry(why));
            }
        }
    }

    fn model_inquired(&mut self, why: &str, answer: Result<Response, ServerError>) {
        let what = match answer.and_then(|response| mlflow::decode_model(&response)) {
            Ok(_) => "The server has the model, without a version of this run; register again to add it."
                .to_owned(),
            Err(ServerError::Refused { status: 404, .. }) => {
                "The server has no such model; nothing was written.".to_owned()
            }
            Err(error) => format!(
                "Nor could be found out whether it is there: {error}. Look at the list of models before you register again."
            ),
        };
        self.end(format!("{why} {what}"));
    }

    fn create_version(&mut self) {
        let Some((registration, _)) = &self.registration else { return };
        let pair = |tag: ModelTag| (tag.key, tag.value);
        let tags = registration.tags_with_record(registry::TAG_CHARS).into_iter().map(pair);
        let new = registry::NewVersion {
            name: registration.name.clone(),
            source: registration.source.clone(),
            run_id: Some(registration.run_id.clone()),
            model_id: match &registration.model {
                LoggedModelRef::Id(id) => Some(id.clone()),
                LoggedModelRef::ArtifactPath(_) => None,
            },
            description: registration.description.clone(),
            tags: tags.collect(),
        };
        let request = registry::version_create(&self.capabilities, &new);
        self.tell_registering(RegisterPhase::CreatingVersion);
        self.send(request, Pending::CreateVersion);
    }

    fn version_created(&mut self, answer: Result<Response, ServerError>) {
        let Some((registration, _)) = &self.registration else { return };
        let name = registration.name.clone();
        match answer.and_then(|response| mlflow::decode_version(&response)) {
            Ok(version) => self.verify(version.number),
            Err(error) if is_refusal(&error) => {
                let kept = self.what_is_there();
                self.end(format!("The version was not registered: {error}. {kept}"));
            }
            Err(error) => {
                let request = registry::versions_search(&self.capabilities, Some(&name), None);
                let why = format!("No usable answer came when the version was to be registered: {error}.");
                self.send(request, Pending::VersionInquiry(why));
            }
        }
    }

    /// After a write without an answer: the record on the version tells whether it happened.
    fn version_inquired(&mut self, why: &str, answer: Result<Response, ServerError>) {
        let Some((registration, _)) = &self.registration else { return };
        match answer.and_then(|response| mlflow::decode_versions(&response)) {
            Ok(page) => match page.items.iter().find(|version| registration.is_of(version)) {
                Some(version) => {
                    let number = version.number;
                    self.verify(number);
                }
                None => {
                    let kept = self.what_is_there();
                    self.end(format!("{why} The server has no such version. {kept}"));
                }
            },
            Err(error) => self.end(format!(
                "{why} Nor could be found out whether it is there: {error}. Look at the model's versions before you register again."
            )),
        }
    }

    fn what_is_there(&self) -> String {
        let name = self.registration.as_ref().map(|(registration, _)| registration.name.as_str());
        match name {
            Some(name) if self.has_made_model => {
                format!("The model {name} was made and has no version yet; register again to add this one.")
            }
            _ => "Nothing was written.".to_owned(),
        }
    }

    fn verify(&mut self, version: VersionNumber) {
        let Some((registration, _)) = &self.registration else { return };
        let request = registry::version_get(&self.capabilities, &registration.name, version);
        self.tell_registering(RegisterPhase::Verifying(version));
        self.send(request, Pending::Verify(version));
    }

    fn verified(&mut self, number: VersionNumber, answer: Result<Response, ServerError>) {
        let Some((registration, _)) = &self.registration else { return };
        let version = match answer.and_then(|response| mlflow::decode_version(&response)) {
            Ok(version) => version,
            Err(error) => {
                let why = format!(
                    "The server registered version {number}, but it could not be read back: {error}."
                );
                return self.tell_registering(RegisterPhase::Waiting(number, why));
            }
        };
        match &version.status {
            VersionStatus::Ready => {}
            VersionStatus::Failed => {
                let said = &version.status_message;
                return self.end(format!(
                    "The server made version {number} of {} and then failed to register it: {said}. It is in the list of versions, and cannot be used.",
                    registration.name
                ));
            }
            VersionStatus::Pending | VersionStatus::Other(_) => {
                let why = format!("The server is still registering version {number}.");
                return self.tell_registering(RegisterPhase::Waiting(number, why));
            }
        }
        let mut notes = Vec::new();
        if version.run_id.as_ref() != Some(&registration.run_id) {
            notes.push("The server does not name this run as its source.".to_owned());
        }
        if version.description != registration.description {
            notes.push("Its description is not the one that was sent.".to_owned());
        }
        let sent = registration.tags_with_record(registry::TAG_CHARS);
        let lost: Vec<&str> =
            sent.iter().filter(|tag| !version.tags.contains(tag)).map(|tag| tag.key.as_str()).collect();
        if !lost.is_empty() {
            notes.push(format!("These tags are not as they were sent: {}.", lost.join(", ")));
        }
        let run_id = registration.run_id.clone();
        self.tell_registering(RegisterPhase::Done(number, notes));
        // The run's page shows at once what the run is registered as.
        if self.models.as_ref().is_some_and(|models| models.run_id == run_id) {
            let versions = self.versions.get_or_insert_default();
            versions.retain(|other| (&other.name, other.number) != (&version.name, version.number));
            versions.push(version);
            self.tell_models();
        }
    }

    fn end(&mut self, sentence: String) {
        self.tell_registering(RegisterPhase::Failed(sentence));
    }

    fn tell_registering(&mut self, now: RegisterPhase) {
        let Some((registration, phase)) = self.registration.as_mut() else { return };
        *phase = now;
        let news = Registering { name: registration.name.clone(), phase: phase.clone() };
        self.wanted.push(Do::Tell(FilesNews::Registering(news)));
    }

    fn send(&mut self, request: Request, pending: Pending) {
        if pending.is_of_models() {
            self.n_open += 1;
        }
        self.wanted.push(Do::Send { request, pending, max_bytes: None });
    }
}

fn limit(is_all: bool) -> usize {
    if is_all { preview::MOST_BYTES } else { preview::FIRST_BYTES }
}

/// Whether a file holds a pickled preprocessor, as far as its name says.
fn is_pickled_preprocessor(path: &str) -> bool {
    let ending = path.rsplit('/').next().and_then(|name| name.rsplit_once('.')).map(|(_, ending)| ending);
    match ending.map(str::to_lowercase).as_deref() {
        Some("b" | "pkl" | "pickle" | "joblib") => true,
        Some("bin") => is_preprocessor(path),
        _ => false,
    }
}

/// Whether the server said no. Otherwise nobody but the server knows whether the write happened: a server that broke
/// down, or a proxy before it, may have carried it out.
fn is_refusal(error: &ServerError) -> bool {
    matches!(error, ServerError::Refused { status, .. } | ServerError::Http { status, .. } if (400..500).contains(status))
}

/// The bytes of a success.
fn body(answer: Result<Response, ServerError>) -> Result<Vec<u8>, ServerError> {
    let response = answer?;
    mlflow::check(&response)?;
    Ok(response.body)
}
