//! The machine itself: takes inputs one at a time and says what is to be done.

mod late;

pub(super) use late::{answered, begin, command, data_shown, view_changes, view_shown};

use super::aggregates::Aggregates;
use super::analyst::Analyst;
use super::defaults::n_models;
use super::environments::{EnvironmentAsk, EnvironmentFile, Environments, FILES};
use super::histories::{self, BulkPart, Histories, HistoryAsk, N_BULK_POINTS};
use super::load::{Load, PageAsk};
use super::protocol::{
    ArtifactFolder, Cell, Command, Event, FailedWhat, NewsText, ReportTables, RowsPage, RunDetails,
    TableFormat,
};
use super::scene::{Change, Scene, has_model_size};
use super::short_ids::{short_ids, whole_ids};
use super::sizes::{SizeAsk, Sizes};
use super::workspace::named;
use crate::entities::order::sort_by;
use crate::entities::{Artifact, Attribute, ColumnKey, Experiment, LoggedModelRef, Run, RunId};
use crate::frame::RunFrame;
use crate::tracking::mlflow::{self, Probe, ProbeRequest, ProbeStep, requests};
use crate::tracking::{
    Capabilities, Page, Request, Response, ServerAddress, ServerError, ServerInfo, TransportError,
};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// Points of a history in one answer: 25,000 are about 3 MB.
const N_HISTORY_POINTS: usize = 25_000;
/// Of so many runs long histories are asked for at once: picking points out of 10,000 takes a server 60 ms.
const N_LONG_AT_ONCE: usize = 25;
/// The first version that is known to pick points in its database. Up to 3.14 it reads all points of all runs to pick some
/// of them, which takes about as long as telling them all (11 s and 15 s for 20 runs of 10,000 points on 2.22.5).
const PICKS_CHEAPLY: (u32, u32) = (3, 17);

/// So many of the newest runs are asked for when a comparison is kept up to date, and so many of those that had not
/// ended besides.
const N_NEWEST: usize = 100;
const N_RUNNING_AT_ONCE: usize = 10;

/// What the machine is handed.
#[derive(Debug)]
pub enum Input {
    /// A message of the page.
    Command(Command),
    /// The end of a request.
    Answered {
        /// The request's id.
        id: u32,
        /// What came back.
        answer: Result<Response, TransportError>,
    },
    /// There is a canvas to paint on now.
    CanvasReady,
    /// The end of [`Output::FetchAnalyst`]; none where its code did not arrive.
    Analyst(Option<Analyst>),
    /// The end of the newest [`Output::Rest`].
    Rested,
}

/// What the machine wants done.
#[derive(Debug)]
pub enum Output {
    /// Tell the page.
    Event(Event),
    /// Send a request and hand back its end as [`Input::Answered`].
    Send {
        /// Names the request.
        id: u32,
        /// Where to.
        address: ServerAddress,
        /// What.
        request: Request,
        /// Whether only to learn that something answers.
        is_no_cors: bool,
    },
    /// Stop a request; it needs no answer any more.
    Abort {
        /// The request's id.
        id: u32,
    },
    /// Paint, then tell the page. The buffer comes back through [`Engine::recycle`].
    Blit {
        /// Device pixels across.
        width: u32,
        /// Device pixels down.
        height: u32,
        /// RGBA, straight alpha.
        pixels: Vec<u8>,
        /// The event that says so.
        painted: Event,
    },
    /// Fetch the late part of the program, and hand it back as [`Input::Analyst`].
    FetchAnalyst,
    /// Hand back [`Input::Rested`] once nothing was asked for in a while: what takes long must not stand between a
    /// change and its picture. A newer one takes the place of an older.
    Rest,
    /// Hand a file to the page for saving.
    SaveFile {
        /// Its own name.
        file_name: String,
        /// Its bytes.
        bytes: Vec<u8>,
    },
}

/// What a request under way is for.
#[derive(Debug)]
pub(super) enum Pending {
    Probe,
    Experiments(Page<Experiment>),
    Runs(PageAsk),
    /// The newest runs, once more.
    Newest(Refresh),
    /// One that had not ended.
    Running,
    Run,
    Artifacts {
        run_id: RunId,
        path: String,
        so_far: Page<Artifact>,
    },
    Download {
        path: String,
    },
    Size(SizeAsk),
    /// Histories for curves.
    Curve(HistoryAsk),
    /// Histories for derived columns.
    History(HistoryAsk),
    Environment(EnvironmentAsk),
}

/// The end of a request.
pub(super) type Answer = Result<Response, TransportError>;

/// How far bringing a comparison up to date has come.
#[derive(Debug, Default)]
pub(super) struct Refresh {
    /// Where the next page of the newest runs begins; none for the first.
    page_token: Option<String>,
    /// The runs that came.
    seen: HashSet<RunId>,
}

/// The pure state machine behind the page.
#[derive(Default)]
pub struct Engine {
    address: ServerAddress,
    server: Option<ServerInfo>,
    probe: Option<Probe>,
    /// The number that the page gave the last attempt to connect.
    attempt: u32,
    pending: BTreeMap<u32, Pending>,
    last_id: u32,
    experiments: Vec<Experiment>,
    load: Load,
    frame: RunFrame,
    sizes: Sizes,
    n_sizes_shown: usize,
    aggregates: Aggregates,
    n_histories_shown: usize,
    n_rows_shown: usize,
    /// The last run that was asked for since it had not ended.
    last_row_asked: usize,
    scene: Scene,
    histories: Histories,
    environments: Environments,
    n_environments_shown: usize,
    is_analyst_asked: bool,
    /// Commands that wait for the analyst.
    waiting: Vec<Command>,
    outputs: Vec<Output>,
}

impl Engine {
    /// Takes one input and says what is to be done, in order.
    pub fn handle(&mut self, input: Input) -> Vec<Output> {
        match input {
            Input::Command(command) => self.command(command),
            Input::Answered { id, answer } => {
                // An aborted request may still end; nobody waits for it.
                if let Some(pending) = self.pending.remove(&id) {
                    self.answered(pending, answer);
                }
            }
            Input::Analyst(analyst) => self.analyst_arrived(analyst),
            Input::Rested => self.scene.tell_slow_panels(&self.frame, &mut self.outputs),
            Input::CanvasReady => {
                self.scene.canvas_ready();
                self.show(Change::Plot, 0);
            }
        }
        std::mem::take(&mut self.outputs)
    }

    /// Gives back the buffer of an [`Output::Blit`], so that the next paint need not allocate.
    pub fn recycle(&mut self, pixels: Vec<u8>) {
        self.scene.recycle(pixels);
    }

    fn command(&mut self, command: Command) {
        match command {
            Command::Connect { address, attempt } => self.connect(address, attempt),
            Command::ListExperiments => {
                let request = requests::experiments_search(&self.capabilities(), None);
                self.send(request, Pending::Experiments(Page::default()));
            }
            Command::LoadRuns { experiment_ids, run_view, is_anew } => {
                if !is_anew && self.load.holds(&experiment_ids, run_view) {
                    // Back from a run's page, say: the runs are here, and a table of 100,000 takes minutes to load.
                    self.load.progress.n_from_cache = self.frame.n_rows();
                    self.show_data();
                    self.tell_progress();
                    return;
                }
                self.abort_all(is_of_load);
                self.load = Load::new(experiment_ids, run_view);
                self.frame = RunFrame::default();
                self.sizes = std::mem::take(&mut self.sizes).remembered();
                self.aggregates = Aggregates::default();
                self.n_histories_shown = 0;
                self.abort_all(|pending| matches!(pending, Pending::Curve(_) | Pending::Environment(_)));
                self.histories.clear();
                self.environments = Environments::default();
                self.n_environments_shown = 0;
                self.n_rows_shown = 0;
                self.n_sizes_shown = 0;
                self.show(Change::Data, 0);
                self.ask_for_pages();
            }
            Command::CancelLoad => {
                self.abort_all(is_of_load);
                self.load.cancel();
                self.sizes.stop();
                self.aggregates.stop();
                self.stop_curves();
                self.show_data();
                self.tell_progress();
            }
            Command::ResumeModelSizes => {
                self.sizes.go_on();
                // The page asks for its rows again, and with them for the sizes that it shows.
                self.show_data();
                self.tell_progress();
            }
            Command::StopModelSizes => {
                self.abort_all(|pending| matches!(pending, Pending::Size(_)));
                self.sizes.stop();
                self.show_data();
                self.tell_progress();
            }
            Command::ReadModelSizes => {
                self.sizes.go_on();
                self.want_all_sizes();
                self.tell_progress();
            }
            Command::SetView { view, sequence } => {
                let are_curves_stale = self.scene.are_curves_stale(&view);
                let had_environments = self.scene.compared().1;
                let names_other_runs = self.scene.names_other_runs(&view);
                let change = self.scene.set_view(*view, &mut self.outputs);
                // A brush wants no other sizes, and a look at every run is what it must not cost.
                if change > Change::Brush {
                    self.want_sizes_of_view();
                }
                let analyst = self.scene.analyst();
                if let Some(analyst) = analyst {
                    (analyst.view_changes)(self, had_environments);
                }
                self.show(change, sequence);
                if let Some(analyst) = analyst {
                    (analyst.view_shown)(self, are_curves_stale, names_other_runs);
                }
                if self.scene.lacks_analyst() {
                    self.want_analyst();
                }
            }
            Command::SetPlot { size, theme } => {
                self.scene.set_plot(size, theme);
                self.show(Change::Plot, 0);
            }
            Command::Rows { request, start, n_rows, columns } => {
                let (mut page, run_rows) = self.scene.rows(&self.frame, request, start, n_rows, &columns);
                self.name_experiments(&mut page, &run_rows);
                self.outputs.push(Output::Event(Event::Rows(page)));
                if columns.iter().any(has_model_size) {
                    for row in run_rows {
                        self.sizes.want(self.frame.run_id(row), self.frame.models(row));
                    }
                    self.ask_for_sizes();
                }
            }
            Command::Hover(target) => {
                if let Some(event) = self.scene.hover(&self.frame, &target) {
                    self.outputs.push(Output::Event(event));
                }
            }
            late => match self.scene.analyst() {
                Some(analyst) => (analyst.command)(self, late),
                None => {
                    // What is asked for every few seconds need not wait.
                    if late != Command::Refresh {
                        self.waiting.push(late);
                    }
                    self.want_analyst();
                }
            },
        }
    }

    fn answered(&mut self, pending: Pending, answer: Answer) {
        match pending {
            Pending::Probe => self.probe_step(Some(answer)),
            Pending::Experiments(so_far) => self.experiments_arrived(so_far, answer),
            Pending::Runs(ask) => self.runs_arrived(ask, answer),
            Pending::Size(ask) => self.size_arrived(ask, answer),
            // Only the analyst's own requests are left.
            late => {
                if let Some(analyst) = self.scene.analyst() {
                    (analyst.answered)(self, late, answer);
                }
            }
        }
    }

    fn connect(&mut self, address: ServerAddress, attempt: u32) {
        self.abort_all(|_| true);
        self.probe = Some(Probe::new(&address));
        self.attempt = attempt;
        self.address = address;
        self.server = None;
        self.experiments.clear();
        self.load = Load::default();
        self.frame = RunFrame::default();
        self.sizes = Sizes::default();
        self.aggregates = Aggregates::default();
        self.histories.clear();
        self.environments = Environments::default();
        self.n_environments_shown = 0;
        self.probe_step(None);
    }

    fn probe_step(&mut self, answer: Option<Result<Response, TransportError>>) {
        let Some(probe) = self.probe.as_mut() else { return };
        match probe.next(answer) {
            ProbeStep::Ask(ProbeRequest { base_url, request, is_no_cors }) => {
                let id = self.note(Pending::Probe);
                let address = ServerAddress { url: base_url, ..self.address.clone() };
                self.outputs.push(Output::Send { id, address, request, is_no_cors });
            }
            ProbeStep::Done(info) => {
                self.probe = None;
                // The probe may have found the server under another path than the one typed.
                self.address.url.clone_from(&info.url);
                self.server = Some(info.clone());
                self.outputs.push(Output::Event(Event::Connected { info, attempt: self.attempt }));
            }
            ProbeStep::Failed(problem) => {
                self.probe = None;
                self.outputs.push(Output::Event(Event::ConnectFailed { problem, attempt: self.attempt }));
            }
        }
    }

    fn experiments_arrived(
        &mut self,
        mut so_far: Page<Experiment>,
        answer: Result<Response, TransportError>,
    ) {
        match answered_with(answer).and_then(|response| mlflow::decode_experiments(&response)) {
            Ok(page) => {
                so_far.items.extend(page.items);
                so_far.skipped.extend(page.skipped);
                if let Some(token) = page.next_page_token {
                    let request = requests::experiments_search(&self.capabilities(), Some(&token));
                    self.send(request, Pending::Experiments(so_far));
                    return;
                }
                sort_by(&mut so_far.items, |a, b| {
                    b.last_update_millis.cmp(&a.last_update_millis).then_with(|| a.name.cmp(&b.name))
                });
                self.experiments.clone_from(&so_far.items);
                let Page { items, skipped, .. } = so_far;
                self.outputs.push(Output::Event(Event::Experiments { items, skipped }));
            }
            Err(error) => {
                self.fail(FailedWhat::Experiments, format!("The experiments could not be listed: {error}."));
            }
        }
    }

    fn ask_for_pages(&mut self) {
        for ask in self.load.next_asks() {
            self.ask_for_page(ask);
        }
        self.tell_progress();
    }

    fn ask_for_page(&mut self, ask: PageAsk) {
        let by_offset = || (ask.offset > 0).then(|| requests::offset_token(ask.offset));
        let token = ask.page_token.clone().or_else(by_offset);
        let request = requests::runs_search(
            &self.capabilities(),
            &self.load.experiment_ids,
            self.load.run_view,
            ask.n_rows,
            token.as_deref(),
        );
        self.send(request, Pending::Runs(ask));
    }

    fn runs_arrived(&mut self, ask: PageAsk, answer: Answer) {
        let decoded = answered_with(answer)
            .and_then(|response| mlflow::decode_runs(&response).map(|page| (page, response.body.len())));
        match decoded {
            Ok((mut page, n_bytes)) => {
                let mut n_new = 0;
                // Offsets are no snapshot: a run that started meanwhile shifts the others onto the next page.
                for run in std::mem::take(&mut page.items) {
                    n_new += usize::from(self.push(run));
                }
                self.load.arrived(&page, n_new, n_bytes);
                // Each look at the whole table costs in proportion to it, so look again when it has grown by a
                // quarter: the sum of all looks stays in proportion to the last one.
                let is_due = self.frame.n_rows() * 4 >= self.n_rows_shown * 5;
                if is_due || !self.load.progress.is_loading {
                    self.show_data();
                }
            }
            Err(ServerError::Refused { status: 400, .. }) if self.load.go_in_order(&ask) => {
                self.abort_all(|pending| matches!(pending, Pending::Runs(_)));
            }
            Err(error) => match self.load.retry(ask) {
                Some(again) => {
                    self.ask_for_page(again);
                    return;
                }
                None => {
                    self.abort_all(|pending| matches!(pending, Pending::Runs(_)));
                    self.show_data();
                    let n_runs = self.frame.n_rows();
                    self.fail(
                        FailedWhat::Runs,
                        format!(
                            "Loading stopped: {error}. The {n_runs} runs that had arrived are kept; load again for the rest."
                        ),
                    );
                }
            },
        }
        self.ask_for_pages();
    }

    /// Puts the names of experiments in the place of their ids, where they are known.
    fn name_experiments(&self, page: &mut RowsPage, rows: &[usize]) {
        let key = ColumnKey::Attribute(Attribute::ExperimentId);
        let Some(place) = page.columns.iter().position(|column| *column == key) else { return };
        for (shown, row) in page.rows.iter_mut().zip(rows) {
            let id = self.frame.text(&key, *row).unwrap_or_default();
            let experiment = self.experiments.iter().find(|experiment| experiment.id.0 == *id);
            if let (Some(cell), Some(experiment)) = (shown.cells.get_mut(place), experiment) {
                *cell = Cell::Rounded { text: experiment.name.clone(), logged: id.into_owned() };
            }
        }
    }

    /// Puts a run into the table, with the size of its models where that is known from an earlier load. Whether it is new.
    fn push(&mut self, run: Run) -> bool {
        let size = self.sizes.recall(&run.info.id, &run.models);
        let is_new = self.frame.push(run);
        if let (true, Some(size)) = (is_new, size) {
            self.frame.set_model_size(self.frame.n_rows() - 1, Some(size));
        }
        is_new
    }

    /// Wants the size of every model when the view sorts, filters, colours or draws by it.
    fn want_sizes_of_view(&mut self) {
        if self.scene.uses_model_size() {
            self.want_all_sizes();
        }
    }

    fn want_all_sizes(&mut self) {
        for row in 0..self.frame.n_rows() {
            self.sizes.want(self.frame.run_id(row), self.frame.models(row));
        }
        self.ask_for_sizes();
    }

    fn ask_for_sizes(&mut self) {
        let asks = self.sizes.next_asks();
        for ask in asks {
            self.ask_for_size(ask);
        }
    }

    fn ask_for_size(&mut self, ask: SizeAsk) {
        let capabilities = self.capabilities();
        let request = match &ask {
            SizeAsk::MlModel(of) => match &of.model {
                LoggedModelRef::Id(id) => requests::logged_model_file(id, "MLmodel"),
                LoggedModelRef::ArtifactPath(path) => {
                    requests::artifact_file(&of.run_id, &format!("{path}/MLmodel"))
                }
            },
            SizeAsk::Folder { of, path, page_token, .. } => {
                let token = page_token.as_deref();
                match &of.model {
                    LoggedModelRef::Id(id) => {
                        requests::logged_model_directories(&capabilities, id, path, token)
                    }
                    LoggedModelRef::ArtifactPath(_) => {
                        requests::artifacts_list(&capabilities, &of.run_id, path, token)
                    }
                }
            }
        };
        self.send(request, Pending::Size(ask));
    }

    fn size_arrived(&mut self, ask: SizeAsk, answer: Answer) {
        let next = match ask {
            SizeAsk::MlModel(of) => {
                match success(answer).ok().and_then(|bytes| mlflow::model_size_from_mlmodel(&bytes)) {
                    Some(n_bytes) => Err((of, Some(n_bytes))),
                    None => {
                        let path = match &of.model {
                            LoggedModelRef::Id(_) => String::new(),
                            LoggedModelRef::ArtifactPath(path) => path.clone(),
                        };
                        Ok(SizeAsk::Folder { of, path, page_token: None, rest: Vec::new(), n_bytes: 0 })
                    }
                }
            }
            SizeAsk::Folder { of, path, rest, n_bytes, .. } => {
                match answered_with(answer).and_then(|response| mlflow::decode_artifacts(&response)) {
                    Ok(page) => Sizes::next_folder(of, path, rest, n_bytes, page)
                        // A folder without a single file says nothing about a model: unknown, not 0.
                        .map_err(|(of, n_bytes)| (of, (n_bytes > 0).then_some(n_bytes))),
                    Err(_) => Err((of, None)),
                }
            }
        };
        match next {
            Ok(ask) => self.ask_for_size(ask),
            Err((of, n_bytes)) => {
                let run_id = of.run_id.clone();
                self.sizes.settle(of, n_bytes);
                if let Some(row) = self.frame.row_of(&run_id)
                    && self.sizes.is_settled(&run_id, self.frame.models(row))
                {
                    let size = self.sizes.of_run(&run_id, self.frame.models(row));
                    self.frame.set_model_size(row, size);
                }
                self.ask_for_sizes();
                let (n_known, _) = self.sizes.progress();
                // As with pages: look again when there is enough that is new.
                if self.sizes.is_idle() || n_known >= self.n_sizes_shown * 2 + 16 {
                    self.n_sizes_shown = n_known;
                    self.show(Change::Data, 0);
                    self.tell_progress();
                }
            }
        }
    }

    fn show_data(&mut self) {
        self.n_rows_shown = self.frame.n_rows();
        self.scene.set_loading(self.load.progress.is_loading);
        self.show(Change::Data, 0);
        self.want_sizes_of_view();
        // The first runs are on their way to the screen: what is likely to be asked for next may come.
        match self.scene.analyst() {
            Some(analyst) => (analyst.data_shown)(self),
            None if self.n_rows_shown > 0 => self.want_analyst(),
            None => {}
        }
    }

    fn show(&mut self, change: Change, sequence: u32) {
        self.scene.show(&mut self.frame, change, sequence, &mut self.outputs);
        self.scene.tell_panels(&self.frame, &self.environments, change, &mut self.outputs);
    }

    fn stop_curves(&mut self) {
        self.abort_all(|pending| matches!(pending, Pending::Curve(_)));
        self.histories.stop();
    }

    /// Has the analyst fetched, once.
    fn want_analyst(&mut self) {
        if !self.is_analyst_asked {
            self.is_analyst_asked = true;
            self.outputs.push(Output::FetchAnalyst);
        }
    }

    fn analyst_arrived(&mut self, analyst: Option<Analyst>) {
        let Some(analyst) = analyst else {
            self.is_analyst_asked = false;
            let waiting = std::mem::take(&mut self.waiting);
            let is_needed = self.scene.lacks_analyst() || !waiting.is_empty();
            // What was only fetched ahead is missed when it is needed.
            if !is_needed {
                return;
            }
            if waiting.iter().any(|command| matches!(command, Command::OpenRun(_))) {
                let message = "The run could not be opened, since a part of the engine could not be fetched from \
                               where the site is hosted. Reload the page to try once more.";
                self.fail(FailedWhat::Run, message.to_owned());
            }
            let message = "A part of the engine could not be fetched from where the site is hosted, so panels stay \
                           empty, filters narrow nothing, derived columns have no values and tables cannot be written. The runs are kept; \
                           open a panel to try once more.";
            return self.fail(FailedWhat::Panels, message.to_owned());
        };
        let change = self.scene.set_analyst(analyst, &mut self.outputs);
        (analyst.begin)(self, change);
    }

    fn tell_progress(&mut self) {
        let mut progress = self.load.progress.clone();
        progress.n_model_sizes = self.sizes.progress();
        progress.n_models = n_models(&self.frame);
        progress.are_model_sizes_stopped = self.sizes.is_stopped();
        progress.histories = self.aggregates.progress();
        progress.n_running = self.frame.running_rows().len();
        self.outputs.push(Output::Event(Event::Progress(progress)));
    }

    fn capabilities(&self) -> Capabilities {
        self.server.as_ref().map_or_else(Capabilities::default, |server| server.capabilities.clone())
    }

    fn fail(&mut self, what: FailedWhat, message: String) {
        self.outputs.push(Output::Event(Event::Failed { what, message }));
    }

    fn send(&mut self, request: Request, pending: Pending) {
        let id = self.note(pending);
        self.outputs.push(Output::Send { id, address: self.address.clone(), request, is_no_cors: false });
    }

    fn note(&mut self, pending: Pending) -> u32 {
        self.last_id = self.last_id.wrapping_add(1);
        self.pending.insert(self.last_id, pending);
        self.last_id
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

/// Whether a request is a part of what is loaded for the table.
fn is_of_load(pending: &Pending) -> bool {
    matches!(
        pending,
        Pending::Runs(_) | Pending::Newest(_) | Pending::Running | Pending::Size(_) | Pending::History(_)
    )
}

/// The answer, whatever its status.
fn answered_with(answer: Answer) -> Result<Response, ServerError> {
    answer.map_err(ServerError::Transport)
}

/// The bytes of a success; an HTTP error becomes a [`ServerError`].
fn success(answer: Answer) -> Result<Vec<u8>, ServerError> {
    let response = answered_with(answer)?;
    mlflow::check(&response)?;
    Ok(response.body)
}
