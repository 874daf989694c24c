//! The machine itself: takes inputs one at a time and says what is to be done.

use super::aggregates::Aggregates;
use super::analyst::Analyst;
use super::defaults::n_models;
use super::environments::{EnvironmentAsk, EnvironmentFile, Environments, FILES};
use super::histories::{self, BulkPart, Histories, HistoryAsk, N_BULK_POINTS};
use super::load::{Load, PageAsk};
use super::protocol::{
    ArtifactFolder, Cell, Command, Event, FailedWhat, NewsText, PythonSource, ReportTables, RowsPage,
    RunDetails, TableFormat,
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
enum Pending {
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

/// How far bringing a comparison up to date has come.
#[derive(Debug, Default)]
struct Refresh {
    /// Where the next page of the newest runs begins; none for the first.
    page_token: Option<String>,
    /// The runs that came.
    seen: HashSet<RunId>,
}

/// A table that is to be written, perhaps once the analyst is here.
#[derive(Debug)]
enum WantedTable {
    File(TableFormat),
    Copy,
    Html,
    Python(PythonSource),
}

/// The pure state machine behind the page.
#[derive(Default)]
pub struct Engine {
    address: ServerAddress,
    server: Option<ServerInfo>,
    probe: Option<Probe>,
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
    tables: Vec<WantedTable>,
    /// An expression that waits for the analyst.
    expression: Option<String>,
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
            Command::Connect(address) => self.connect(address),
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
            Command::Refresh => self.refresh(Refresh::default()),
            Command::CancelLoad => {
                self.abort_all(is_of_load);
                self.load.cancel();
                self.sizes.stop();
                self.aggregates.stop();
                self.stop_curves();
                self.show_data();
                self.tell_progress();
            }
            Command::StopCurves => {
                self.stop_curves();
                self.tell_curves(None);
            }
            Command::ResumeCurves => {
                self.histories.go_on();
                self.show_curves();
            }
            Command::ShowCurvesOf(metrics) => {
                let added = self.scene.set_curve_metrics(metrics);
                self.want_curves();
                self.tell_curves(Some(&added));
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
            Command::StopHistories => {
                self.abort_all(|pending| matches!(pending, Pending::History(_)));
                self.aggregates.stop();
                self.show_data();
                self.tell_progress();
            }
            Command::ResumeHistories => {
                self.aggregates.go_on();
                self.want_histories();
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
                if self.scene.are_expressions_stale() {
                    self.want_histories();
                    self.tell_progress();
                }
                self.want_compared(had_environments);
                self.show(change, sequence);
                if are_curves_stale {
                    self.show_curves();
                }
                if names_other_runs {
                    self.tell_whole_ids();
                }
                if self.scene.lacks_analyst() {
                    self.want_analyst();
                }
            }
            Command::LookAtCurves(window) => {
                if self.scene.set_curve_window(window) {
                    self.tell_curves(None);
                }
            }
            Command::ListGroup(brushes) => {
                let told = self.scene.group_runs(&self.frame, &brushes);
                self.outputs.extend(told);
            }
            Command::LookAtDifferences(window) => {
                if self.scene.set_differences_window(window) {
                    self.tell_differences();
                }
            }
            Command::SaveTable(format) => self.write_table(WantedTable::File(format)),
            Command::CopyTable => self.write_table(WantedTable::Copy),
            Command::WriteHtml => self.write_table(WantedTable::Html),
            Command::CheckExpression(text) => self.check_expression(text),
            Command::CopyPython(source) => self.write_table(WantedTable::Python(source)),
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
            Command::ListRunIds(set) => {
                let run_ids = self.scene.run_ids(&self.frame, set);
                self.outputs.push(Output::Event(Event::RunIds(run_ids)));
            }
            Command::ShortenIds(run_ids) => {
                let short = short_ids(&self.frame, &run_ids);
                self.outputs.push(Output::Event(Event::ShortIds(short)));
            }
            Command::OpenRun(run_id) => {
                self.send(requests::run_get(&self.capabilities(), &run_id), Pending::Run)
            }
            Command::ListArtifacts { run_id, path } => {
                let request = requests::artifacts_list(&self.capabilities(), &run_id, &path, None);
                self.send(request, Pending::Artifacts { run_id, path, so_far: Page::default() });
            }
            Command::DownloadArtifact { run_id, path } => {
                self.send(requests::artifact_file(&run_id, &path), Pending::Download { path });
            }
        }
    }

    fn answered(&mut self, pending: Pending, answer: Result<Response, TransportError>) {
        match pending {
            Pending::Probe => self.probe_step(Some(answer)),
            Pending::Experiments(so_far) => self.experiments_arrived(so_far, answer),
            Pending::Runs(ask) => self.runs_arrived(ask, answer),
            Pending::Newest(refresh) => self.newest_arrived(refresh, answer),
            Pending::Running => {
                if let Ok((run, _)) = answered_with(answer).and_then(|response| mlflow::decode_run(&response))
                {
                    self.take_over(vec![run]);
                }
            }
            Pending::Run => match answered_with(answer).and_then(|response| mlflow::decode_run(&response)) {
                Ok((run, skipped)) => {
                    let details = self.details(run, skipped);
                    self.outputs.extend(NewsText::of(&details).map(Event::RunDetails).map(Output::Event));
                }
                Err(error) => self.fail(FailedWhat::Run, format!("The run could not be opened: {error}.")),
            },
            Pending::Artifacts { run_id, path, mut so_far } => {
                match answered_with(answer).and_then(|response| mlflow::decode_artifacts(&response)) {
                    Ok(page) => {
                        so_far.items.extend(page.items);
                        so_far.skipped.extend(page.skipped);
                        if let Some(token) = page.next_page_token {
                            let request =
                                requests::artifacts_list(&self.capabilities(), &run_id, &path, Some(&token));
                            self.send(request, Pending::Artifacts { run_id, path, so_far });
                            return;
                        }
                    }
                    Err(error) => {
                        so_far.skipped.push(format!("The artifacts could not be listed: {error}."));
                    }
                }
                let Page { mut items, skipped, .. } = so_far;
                sort_by(&mut items, |a, b| b.is_dir.cmp(&a.is_dir).then_with(|| a.path.cmp(&b.path)));
                let folder = ArtifactFolder { run_id, path, items, skipped };
                self.outputs.extend(NewsText::of(&folder).map(Event::Artifacts).map(Output::Event));
            }
            Pending::Download { path } => match success(answer) {
                Ok(bytes) => {
                    let file_name = path.rsplit('/').next().unwrap_or(&path).to_owned();
                    self.outputs.push(Output::SaveFile { file_name, bytes });
                }
                Err(error) => {
                    self.fail(FailedWhat::Artifacts, format!("The file could not be downloaded: {error}."));
                }
            },
            Pending::Size(ask) => self.size_arrived(ask, answer),
            Pending::Curve(ask) => self.curve_arrived(ask, answer),
            Pending::History(ask) => self.history_arrived(ask, answer),
            Pending::Environment(ask) => self.environment_arrived(ask, answer),
        }
    }

    fn connect(&mut self, address: ServerAddress) {
        self.abort_all(|_| true);
        self.probe = Some(Probe::new(&address));
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
                self.outputs.push(Output::Event(Event::Connected(info)));
            }
            ProbeStep::Failed(problem) => {
                self.probe = None;
                self.outputs.push(Output::Event(Event::ConnectFailed(problem)));
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

    fn runs_arrived(&mut self, ask: PageAsk, answer: Result<Response, TransportError>) {
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

    /// Asks for the newest runs, a page at a time until one is known; those that had not ended and are not among them
    /// are asked for one by one.
    fn refresh(&mut self, refresh: Refresh) {
        let is_under_way = |pending: &Pending| matches!(pending, Pending::Newest(_) | Pending::Running);
        if self.load.progress.is_loading
            || self.load.experiment_ids.is_empty()
            || self.pending.values().any(is_under_way)
        {
            return;
        }
        let Load { experiment_ids, run_view, .. } = &self.load;
        let token = refresh.page_token.as_deref();
        let request = requests::runs_search(&self.capabilities(), experiment_ids, *run_view, N_NEWEST, token);
        self.send(request, Pending::Newest(refresh));
    }

    fn newest_arrived(&mut self, mut refresh: Refresh, answer: Result<Response, TransportError>) {
        // A server that does not answer now is asked again soon; what is shown stays.
        let Ok(page) = answered_with(answer).and_then(|response| mlflow::decode_runs(&response)) else {
            return;
        };
        refresh.seen.extend(page.items.iter().map(|run| run.info.id.clone()));
        let is_all_new = page.items.iter().all(|run| self.frame.row_of(&run.info.id).is_none());
        self.take_over(page.items);
        if is_all_new && page.next_page_token.is_some() {
            return self.refresh(Refresh { page_token: page.next_page_token, ..refresh });
        }
        let unseen = |row: &usize| !refresh.seen.contains(self.frame.run_id(*row));
        let mut rows: Vec<usize> = self.frame.running_rows().into_iter().filter(unseen).collect();
        // Some at a time, each in its turn.
        let next = rows.partition_point(|row| *row <= self.last_row_asked);
        rows.rotate_left(next);
        for row in rows.into_iter().take(N_RUNNING_AT_ONCE) {
            self.last_row_asked = row;
            let request = requests::run_get(&self.capabilities(), self.frame.run_id(row));
            self.send(request, Pending::Running);
        }
    }

    /// Takes over what runs are now, and shows it where that is something new.
    fn take_over(&mut self, runs: Vec<Run>) {
        let mut changed = Vec::new();
        let n_before = self.frame.n_rows();
        for run in runs {
            match self.frame.row_of(&run.info.id) {
                Some(row) => changed.extend(self.frame.update(run).then_some(row)),
                None => drop(self.push(run)),
            }
        }
        let n_new = self.frame.n_rows() - n_before;
        if n_new == 0 && changed.is_empty() {
            return;
        }
        self.load.progress.n_runs += n_new;
        let wanted = self.scene.wanted_curves(&self.frame);
        self.histories.refresh(&changed, &wanted);
        self.aggregates.refresh(&changed);
        self.show_data();
        self.tell_progress();
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

    /// Wants what tells the compared runs apart and is not here: the sizes of their models, and what these need where
    /// somebody wants to know. What could not be read is asked for once more after it was not wanted.
    fn want_compared(&mut self, had_environments: bool) {
        let (run_ids, has_environments) = self.scene.compared();
        if has_environments && !had_environments {
            self.environments.retry();
        }
        for run_id in run_ids {
            let Some(row) = self.frame.row_of(run_id) else { continue };
            let models = self.frame.models(row);
            self.sizes.want(run_id, models);
            if has_environments {
                self.environments.want(run_id, models);
            }
        }
        self.ask_for_sizes();
        self.ask_for_environments();
    }

    fn ask_for_environments(&mut self) {
        for ask in self.environments.next_asks() {
            let file = FILES[ask.file];
            let request = match &ask.of.model {
                LoggedModelRef::Id(id) => requests::logged_model_file(id, file),
                LoggedModelRef::ArtifactPath(path) => {
                    requests::artifact_file(&ask.of.run_id, &format!("{path}/{file}"))
                }
            };
            self.send(request, Pending::Environment(ask));
        }
    }

    fn environment_arrived(&mut self, ask: EnvironmentAsk, answer: Result<Response, TransportError>) {
        let is_missing = matches!(&answer, Ok(response) if response.status == 404);
        let file = match success(answer) {
            _ if is_missing => EnvironmentFile::Missing,
            Ok(bytes) => EnvironmentFile::Text(String::from_utf8_lossy(&bytes).into_owned()),
            Err(error) => EnvironmentFile::Failed(error.to_string()),
        };
        self.environments.arrived(ask, file);
        self.ask_for_environments();
        let n_read = self.environments.n_read();
        // As with model sizes: look again when there is enough that is new.
        if self.environments.is_idle() || n_read >= self.n_environments_shown * 2 + 16 {
            self.n_environments_shown = n_read;
            self.tell_differences();
        }
    }

    fn tell_differences(&mut self) {
        self.scene.tell_differences(&self.frame, &self.environments, &mut self.outputs);
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

    fn size_arrived(&mut self, ask: SizeAsk, answer: Result<Response, TransportError>) {
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
        self.want_compared(true);
        self.want_histories();
        self.show_curves();
        self.tell_whole_ids();
        // The first runs are on their way to the screen: what is likely to be asked for next may come.
        if self.n_rows_shown > 0 && !self.scene.has_analyst() {
            self.want_analyst();
        }
    }

    /// Tells which runs short ids in the view mean. Only once all runs are here: until then another one may begin alike.
    fn tell_whole_ids(&mut self) {
        if self.load.progress.is_loading {
            return;
        }
        let whole = whole_ids(&self.frame, self.scene.named_runs());
        if !whole.is_empty() {
            self.outputs.push(Output::Event(Event::WholeIds(whole)));
        }
    }

    fn show(&mut self, change: Change, sequence: u32) {
        self.scene.show(&mut self.frame, change, sequence, &mut self.outputs);
        self.scene.tell_panels(&self.frame, &self.environments, change, &mut self.outputs);
    }

    /// Asks for what curves are missing, and tells those that are here.
    fn show_curves(&mut self) {
        self.want_curves();
        self.histories.take_changed();
        self.tell_curves(None);
    }

    /// Asks for the histories that the view's curves need and that are not here, and gives up those that it does not need.
    fn want_curves(&mut self) {
        self.histories.want(&self.scene.wanted_curves(&self.frame));
        let is_unwanted = |pending: &&Pending| match pending {
            Pending::Curve(ask) => !self.histories.is_wanted(ask),
            _ => false,
        };
        let n_unwanted = self.pending.values().filter(is_unwanted).count();
        if n_unwanted > 0 {
            let histories = std::mem::take(&mut self.histories);
            self.abort_all(|pending| matches!(pending, Pending::Curve(ask) if !histories.is_wanted(ask)));
            self.histories = histories;
            (0..n_unwanted).for_each(|_| self.histories.gave_up());
        }
        self.ask_for_curves();
    }

    fn stop_curves(&mut self) {
        self.abort_all(|pending| matches!(pending, Pending::Curve(_)));
        self.histories.stop();
    }

    fn ask_for_curves(&mut self) {
        let bulk = self.bulk();
        for ask in self.histories.next_asks(|metric| bulk.n_runs(metric, self.frame.greatest_step(metric))) {
            self.send(self.history_request(&ask), Pending::Curve(ask));
        }
    }

    fn bulk(&self) -> Bulk {
        let family = self.server.as_ref().and_then(|server| mlflow::family(server.version.as_deref()?));
        Bulk {
            is_there: self.capabilities().has_bulk_interval,
            is_cheap: family.is_some_and(|family| family >= PICKS_CHEAPLY),
        }
    }

    fn history_request(&self, ask: &HistoryAsk) -> Request {
        let capabilities = self.capabilities();
        let run_id = |row: &usize| self.frame.run_id(*row);
        if let [row] = ask.rows.as_slice() {
            // Aliases and pages of histories came with the same version, 2.3.
            let page = capabilities.has_aliases.then_some((N_HISTORY_POINTS, ask.page_token.as_deref()));
            return requests::metric_history(&capabilities, run_id(row), &ask.metric, page);
        }
        let run_ids: Vec<&RunId> = ask.rows.iter().map(run_id).collect();
        requests::metric_histories(&capabilities, &run_ids, &ask.metric, N_BULK_POINTS)
    }

    /// The parts of an answer in bulk; none where the server gave none.
    fn parts(&self, ask: &HistoryAsk, answer: Result<Response, TransportError>) -> Option<Vec<BulkPart>> {
        let points = answered_with(answer).and_then(|response| mlflow::decode_histories(&response)).ok()?;
        Some(histories::apart(&self.frame, ask, points))
    }

    /// Wants the histories that the view's derived columns are worked out from.
    fn want_histories(&mut self) {
        self.aggregates.want(&self.frame, &self.scene.histories());
        self.ask_for_histories();
    }

    fn ask_for_histories(&mut self) {
        let bulk = self.bulk();
        let n_runs = |frame: &RunFrame, metric: &str| bulk.n_runs(metric, frame.greatest_step(metric));
        for ask in self.aggregates.next_asks(&mut self.frame, &self.histories, n_runs) {
            self.send(self.history_request(&ask), Pending::History(ask));
        }
    }

    fn history_arrived(&mut self, ask: HistoryAsk, answer: Result<Response, TransportError>) {
        if ask.rows.len() > 1 {
            let parts = self.parts(&ask, answer);
            self.aggregates.arrived_in_bulk(&mut self.frame, &ask, parts);
        } else {
            let page = answered_with(answer).and_then(|response| mlflow::decode_history(&response));
            self.aggregates.arrived(&mut self.frame, ask, page.ok());
        }
        self.ask_for_histories();
        let n_read = self.aggregates.progress().n_read;
        // As with model sizes: look again when there is enough that is new.
        if self.aggregates.is_idle() || n_read >= self.n_histories_shown * 2 + 16 {
            self.n_histories_shown = n_read;
            self.show(Change::Data, 0);
            self.tell_progress();
        }
    }

    fn curve_arrived(&mut self, ask: HistoryAsk, answer: Result<Response, TransportError>) {
        let is_due = if let &[row] = ask.rows.as_slice() {
            let page = answered_with(answer).and_then(|response| mlflow::decode_history(&response));
            let page = page.map_err(|error| {
                let name = named(&self.frame, row).name;
                format!(
                    "The curve of {} of {name} could not be read: {error}. Select the run again to try again.",
                    ask.metric
                )
            });
            self.histories.arrived(ask, page)
        } else {
            let parts = self.parts(&ask, answer);
            self.histories.arrived_in_bulk(ask, parts)
        };
        self.ask_for_curves();
        if is_due {
            let changed = self.histories.take_changed();
            self.tell_curves(Some(&changed));
        }
    }

    fn tell_curves(&mut self, changed: Option<&BTreeSet<String>>) {
        self.scene.tell_curves(&self.frame, &self.histories, changed, &mut self.outputs);
    }

    /// Has the analyst fetched, once.
    fn want_analyst(&mut self) {
        if !self.is_analyst_asked {
            self.is_analyst_asked = true;
            self.outputs.push(Output::FetchAnalyst);
        }
    }

    fn analyst_arrived(&mut self, analyst: Option<Analyst>) {
        let tables = std::mem::take(&mut self.tables);
        let Some(analyst) = analyst else {
            self.is_analyst_asked = false;
            let is_needed = self.scene.lacks_analyst() || !tables.is_empty() || self.expression.is_some();
            // What was only fetched ahead is missed when it is needed.
            if !is_needed {
                return;
            }
            let message = "A part of the engine could not be fetched from where the site is hosted, so panels stay \
                           empty, filters narrow nothing, derived columns have no values and tables cannot be written. The runs are kept; \
                           open a panel to try once more.";
            return self.fail(FailedWhat::Panels, message.to_owned());
        };
        let change = self.scene.set_analyst(analyst, &mut self.outputs);
        self.want_histories();
        self.show(change, 0);
        self.show_curves();
        if let Some(text) = self.expression.take() {
            self.check_expression(text);
        }
        for wanted in tables {
            self.write_table(wanted);
        }
    }

    fn check_expression(&mut self, text: String) {
        match self.scene.expression(&self.frame, &text) {
            Some(told) => self.outputs.push(told),
            None => {
                self.expression = Some(text);
                self.want_analyst();
            }
        }
    }

    fn write_table(&mut self, wanted: WantedTable) {
        let text = match &wanted {
            WantedTable::File(format) => self.scene.table_text(&self.frame, *format),
            WantedTable::Copy => self.scene.table_text(&self.frame, TableFormat::Markdown),
            WantedTable::Html => self.scene.table_text(&self.frame, TableFormat::Html),
            WantedTable::Python(source) => self.scene.python(&self.frame, source),
        };
        let Some(text) = text else {
            self.tables.push(wanted);
            self.want_analyst();
            return;
        };
        self.outputs.push(match wanted {
            WantedTable::Copy | WantedTable::Python(_) => Output::Event(Event::TableText(text)),
            WantedTable::Html => {
                let differences = self.scene.differences_html(&self.frame, &self.environments);
                Output::Event(Event::TableHtml(ReportTables { runs: text, differences }))
            }
            WantedTable::File(format) => {
                let extension = match format {
                    TableFormat::Csv => "csv",
                    TableFormat::Json => "json",
                    TableFormat::HiPlot => "hiplot.json",
                    TableFormat::Markdown => "md",
                    TableFormat::Html => "html",
                };
                Output::SaveFile { file_name: format!("runs.{extension}"), bytes: text.into_bytes() }
            }
        });
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

    fn details(&self, mut run: Run, skipped: Vec<String>) -> RunDetails {
        sort_by(&mut run.params, |a, b| a.key.cmp(&b.key));
        sort_by(&mut run.metrics, |a, b| a.key.cmp(&b.key));
        sort_by(&mut run.tags, |a, b| a.key.cmp(&b.key));
        let experiment = self.experiments.iter().find(|experiment| experiment.id == run.info.experiment_id);
        RunDetails {
            experiment_name: experiment.map_or_else(String::new, |experiment| experiment.name.clone()),
            model_size_bytes: self.sizes.of_run(&run.info.id, &run.models),
            info: run.info,
            params: run.params,
            metrics: run.metrics,
            tags: run.tags,
            models: run.models,
            datasets: run.datasets,
            skipped,
        }
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

/// How a server tells several histories at once.
#[derive(Clone, Copy)]
struct Bulk {
    is_there: bool,
    /// Whether it picks points out of long ones without reading them all.
    is_cheap: bool,
}

impl Bulk {
    /// Of how many runs histories of a metric are asked for at once, by the greatest step known of it.
    fn n_runs(self, metric: &str, greatest_step: i64) -> usize {
        let most = requests::n_runs_of_bulk(metric);
        let is_short = greatest_step < N_BULK_POINTS as i64;
        match (self.is_there, is_short, self.is_cheap) {
            (true, true, _) => most,
            (true, false, true) => most.min(N_LONG_AT_ONCE),
            _ => 1,
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
fn answered_with(answer: Result<Response, TransportError>) -> Result<Response, ServerError> {
    answer.map_err(ServerError::Transport)
}

/// The bytes of a success; an HTTP error becomes a [`ServerError`].
fn success(answer: Result<Response, TransportError>) -> Result<Vec<u8>, ServerError> {
    let response = answered_with(answer)?;
    mlflow::check(&response)?;
    Ok(response.body)
}
