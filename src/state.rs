//! What the page knows: one signal for each kind of news from the engine, the address, and the way to ask.
//!
//! Everything of a comparison lives in the address; the signals here hold what came back for it.

pub mod config;
pub mod files;
pub mod memory;
pub mod registry;
pub mod run_changes;
pub mod timing;
mod worker_handle;

use crate::engine::protocol::{
    AxesInfo, ColumnsInfo, Command, ConnectProblem, Counts, Event, FailedWhat, FilterProblem, HoveredRun,
    LoadProgress, NewsText, ReportTables, RowsPage, RunIds,
};
use crate::entities::{Experiment, RunId};
use crate::registry::rules::Rules;
use crate::route::{Comparison, Route};
use crate::tracking::{ServerAddress, ServerInfo, ServerKind, SignIn};
use crate::view::View;
use config::Config;
use leptos::prelude::*;
use std::time::Duration;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{OffscreenCanvas, WorkerType};
use worker_handle::{WorkerHandle, read_message};

/// How long the address of a change that goes on may lag behind.
const ADDRESS_PAUSE: Duration = Duration::from_millis(300);

/// How the page stands with the server named in the address.
#[derive(Clone, Debug, PartialEq)]
pub enum Connection {
    /// No server is named yet.
    Idle,
    /// The address names a server that nobody here has used: a person has to say yes.
    Asking(String),
    /// The probe is under way.
    Connecting(String),
    /// In use.
    Connected(ServerInfo),
    /// The probe failed.
    Failed(ConnectProblem),
}

/// The list of experiments.
#[derive(Clone, Debug, PartialEq)]
pub enum ExperimentList {
    /// Not here yet.
    Loading,
    /// Here.
    Loaded {
        /// Newest change first.
        items: Vec<Experiment>,
        /// Why others could not be read.
        skipped: Vec<String>,
    },
    /// Failed, with the sentence that says why.
    Failed(String),
}

/// A paint that has reached the canvas.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Painted {
    /// The `SetView` that caused it, or 0.
    pub sequence: u32,
    /// Runs drawn.
    pub n_runs: usize,
    /// Runs in the brushes.
    pub n_brushed: usize,
    /// Axes drawn.
    pub n_axes: usize,
    /// Milliseconds from what caused it, counted in the worker.
    pub since_input_millis: f64,
}

/// Something that went wrong, until dismissed.
#[derive(Clone, Debug, PartialEq)]
pub struct Alert {
    /// Tells alerts apart.
    pub id: u32,
    /// One sentence, and what to do.
    pub message: String,
    /// Whether what is to be done is to load the page anew.
    pub offers_reload: bool,
}

/// Everything the page knows. Cheap to copy; all parts are signals.
#[derive(Clone, Copy)]
pub struct AppState {
    /// The page and all that it shows, as the address says.
    pub route: RwSignal<Route>,
    /// How the page stands with its server.
    pub connection: RwSignal<Connection>,
    /// `config.json`, once read.
    pub config: RwSignal<Config>,
    /// The server's experiments.
    pub experiments: RwSignal<ExperimentList>,
    /// How far the load of runs has come.
    pub progress: RwSignal<LoadProgress>,
    /// The columns of the loaded runs.
    pub columns: RwSignal<ColumnsInfo>,
    /// How many runs each set holds.
    pub counts: RwSignal<Counts>,
    /// Where the filter does not parse.
    pub filter_problem: RwSignal<Option<FilterProblem>>,
    /// Rows of the table; counts up with each change of order, too, so that it always notifies.
    pub rows_changed: RwSignal<(u32, usize)>,
    /// The newest rows that arrived.
    pub rows: RwSignal<Option<RowsPage>>,
    /// The axes.
    pub axes: RwSignal<AxesInfo>,
    /// The newest paint.
    pub painted: RwSignal<Painted>,
    /// The run under the pointer.
    pub hovered: RwSignal<Option<HoveredRun>>,
    /// The set of runs asked for last.
    pub run_ids: RwSignal<Option<RunIds>>,
    /// The short ids asked for last, until a link has them.
    pub short_ids: RwSignal<Option<Vec<RunId>>>,
    /// The run last opened, for the late page that reads it.
    pub run: RwSignal<Option<NewsText>>,
    /// Why the run last asked for could not be opened.
    pub run_problem: RwSignal<Option<String>>,
    /// The run whose model somebody wants to register as soon as its page is here.
    pub to_register: RwSignal<Option<RunId>>,
    /// The folder of artifacts listed last, for the same.
    pub artifacts: RwSignal<Option<NewsText>>,
    /// The file fetched last: its name and its blob address.
    pub download: RwSignal<Option<(String, String)>>,
    /// The table as text, until it is copied.
    pub table_text: RwSignal<Option<String>>,
    /// The tables of a report, until it has them.
    pub table_html: RwSignal<Option<ReportTables>>,
    /// News for the panels of the comparison, oldest first, until these read them.
    pub workspace_news: RwSignal<Vec<NewsText>>,
    /// What was said last of an expression that is being typed.
    pub expression_news: RwSignal<Option<NewsText>>,
    /// What went wrong.
    pub alerts: RwSignal<Vec<Alert>>,
    /// What happened, for the activity log.
    pub activity: RwSignal<Vec<String>>,
    worker: StoredValue<WorkerHandle, LocalStorage>,
    /// The server in use with its sign-in, for the registrar.
    address: StoredValue<Option<ServerAddress>>,
    /// The address of a change that goes on, until it is written.
    late_address: StoredValue<Option<String>>,
    is_load_told: StoredValue<bool>,
    /// Whether runs have been changed since they were loaded.
    are_runs_stale: StoredValue<bool>,
    /// The sign-in that somebody entered for the connection under way, and whether to keep it for the tab. It is no other
    /// connection's: whatever begins or ends one forgets it.
    asked: StoredValue<Option<(SignIn, bool)>>,
    /// How often a server was asked for: the answers to all but the last are nobody's any more.
    attempt: StoredValue<u32>,
}

impl AppState {
    /// Starts the engine, listens to the address, and puts the state into the context.
    pub fn provide() -> Self {
        let state = Self {
            route: RwSignal::new(Route::parse(&hash())),
            connection: RwSignal::new(Connection::Idle),
            config: RwSignal::new(Config::default()),
            experiments: RwSignal::new(ExperimentList::Loading),
            progress: RwSignal::new(LoadProgress::default()),
            columns: RwSignal::new(ColumnsInfo::default()),
            counts: RwSignal::new(Counts::default()),
            filter_problem: RwSignal::new(None),
            rows_changed: RwSignal::new((0, 0)),
            rows: RwSignal::new(None),
            axes: RwSignal::new(AxesInfo::default()),
            painted: RwSignal::new(Painted::default()),
            hovered: RwSignal::new(None),
            run_ids: RwSignal::new(None),
            short_ids: RwSignal::new(None),
            run: RwSignal::new(None),
            run_problem: RwSignal::new(None),
            to_register: RwSignal::new(None),
            artifacts: RwSignal::new(None),
            download: RwSignal::new(None),
            table_text: RwSignal::new(None),
            table_html: RwSignal::new(None),
            workspace_news: RwSignal::new(Vec::new()),
            expression_news: RwSignal::new(None),
            alerts: RwSignal::new(Vec::new()),
            activity: RwSignal::new(Vec::new()),
            worker: StoredValue::new_local(WorkerHandle::default()),
            is_load_told: StoredValue::new(true),
            are_runs_stale: StoredValue::new(false),
            asked: StoredValue::new(None),
            attempt: StoredValue::new(0),
            address: StoredValue::new(None),
            late_address: StoredValue::new(None),
        };
        let started = WorkerHandle::start("engine-worker.js", WorkerType::Module, move |text| {
            let Some(event) = read_message::<Event>(text) else { return false };
            let is_ready = matches!(event, Event::Ready { .. });
            state.receive(event);
            is_ready
        });
        match started {
            Ok(worker) => {
                worker.on_failure(move |is_ready| state.engine_failed(is_ready));
                state.worker.set_value(worker);
            }
            Err(_) => state.alert(
                "The engine could not be started: this browser does not run Web Workers made of modules. Use a current browser.",
            ),
        }
        let on_hash = Closure::<dyn FnMut()>::new(move || {
            // Another entry of the history: what waits belongs to the one before.
            state.late_address.set_value(None);
            let route = Route::parse(&hash());
            if state.route.with_untracked(|old| *old != route) {
                state.route.set(route);
            }
        });
        let listened =
            window().add_event_listener_with_callback("hashchange", on_hash.as_ref().unchecked_ref());
        if listened.is_err() {
            state.alert("The address cannot be watched; reload after using back or forward.");
        }
        // The listener lives as long as the page.
        on_hash.forget();
        // A reload right after a drag shows its end.
        // The browser reloads the address that it had before the page was asked to go, so it is kept as well.
        let on_leave = window_event_listener(leptos::ev::pagehide, move |_| {
            if let Some(Some(late)) = state.late_address.try_get_value() {
                memory::keep_late_address(&hash(), &late);
            }
            state.write_late_address();
        });
        if let Some(late) = memory::take_late_address(&hash()) {
            state.route.set(Route::parse(&late));
            state.write_address(&late, false);
        }
        on_cleanup(move || on_leave.remove());
        provide_context(state);
        state
    }

    /// Asks the engine.
    pub fn send(&self, command: &Command) {
        let mut anew = None;
        if let Command::LoadRuns { experiment_ids, run_view, is_anew } = command {
            self.is_load_told.set_value(false);
            self.rows.set(None);
            let is_stale = self.are_runs_stale.try_update_value(std::mem::take).unwrap_or_default();
            let (experiment_ids, run_view) = (experiment_ids.clone(), *run_view);
            anew = Some(Command::LoadRuns { experiment_ids, run_view, is_anew: *is_anew || is_stale });
        }
        self.worker.with_value(|worker| worker.send(anew.as_ref().unwrap_or(command)));
    }

    /// Runs have been changed on the server: what is shown of them is loaded anew, now or once it is shown again.
    fn runs_changed(&self) {
        self.are_runs_stale.set_value(true);
        if let Route::Compare(comparison) = self.route.get_untracked() {
            let Comparison { experiment_ids, run_view, .. } = comparison;
            self.send(&Command::LoadRuns { experiment_ids, run_view, is_anew: true });
        }
    }

    /// The engine is gone: nothing that it was asked for will come any more.
    fn engine_failed(&self, is_ready: bool) {
        let message = if is_ready {
            "The engine, which loads and draws the runs, stopped at an error of its own. What you see stays and the address keeps your choices; reload the page to go on."
        } else {
            "The engine, which loads and draws the runs, did not start: its files did not arrive, or this browser cannot run them. Reload the page to try again."
        };
        if matches!(self.connection.get_untracked(), Connection::Connecting(_)) {
            self.connection.set(Connection::Idle);
        }
        self.progress.update(|progress| {
            progress.is_cancelled |= progress.is_loading;
            progress.is_loading = false;
        });
        self.show_alert(message, true);
    }

    /// Hands the plot's canvas to the engine.
    pub fn send_canvas(&self, canvas: &OffscreenCanvas) {
        self.worker.with_value(|worker| worker.send_canvas(canvas));
    }

    /// Connects to a server.
    pub fn connect(&self, url: &str, sign_in: SignIn) {
        self.asked.set_value(None);
        let url = url.trim().trim_end_matches('/').to_owned();
        self.connection.set(Connection::Connecting(url.clone()));
        self.experiments.set(ExperimentList::Loading);
        let page_origin = window().location().origin().unwrap_or_default();
        let address = ServerAddress { url, kind: ServerKind::Mlflow, sign_in, page_origin };
        self.address.set_value(Some(address.clone()));
        let attempt = self.attempt.get_value().wrapping_add(1);
        self.attempt.set_value(attempt);
        self.send(&Command::Connect { address, attempt });
    }

    /// The server in use with its sign-in, as connected; none before.
    fn connected_address(&self) -> Option<(ServerAddress, ServerInfo)> {
        let Connection::Connected(info) = self.connection.get_untracked() else { return None };
        let address = self.address.get_value()?;
        Some((ServerAddress { url: info.url.clone(), ..address }, info))
    }

    /// The user name of the sign-in, where it has one.
    pub fn signed_in_user(&self) -> Option<String> {
        match self.address.get_value()?.sign_in {
            SignIn::Basic { user, .. } => Some(user),
            _ => None,
        }
    }

    /// The same on the word of a person, who is then led on to the experiments.
    pub fn connect_as_asked(&self, url: &str, sign_in: SignIn, is_kept: bool) {
        self.connect(url, sign_in.clone());
        self.asked.set_value(Some((sign_in, is_kept)));
    }

    /// Makes the address name the server as it is known now: from the connect page on to the experiments.
    fn arrive(&self, url: &str, is_asked: bool) {
        let mut route = self.route.get_untracked();
        match &mut route {
            Route::Connect | Route::NotFound(_) => {
                if is_asked {
                    self.navigate(Route::Experiments { server: url.to_owned() });
                }
                return;
            }
            Route::Experiments { server }
            | Route::Models { server, .. }
            | Route::Review { server, .. }
            | Route::Webhooks { server } => {
                url.clone_into(server);
            }
            Route::Model(page) => url.clone_into(&mut page.server),
            Route::Compare(comparison) | Route::Run { comparison, .. } => {
                url.clone_into(&mut comparison.server);
            }
        }
        if self.route.with_untracked(|old| *old != route) {
            self.replace(route);
        }
    }

    /// The view in the address; the default one outside comparisons.
    pub fn view(&self) -> View {
        self.route
            .with(|route| route.comparison().map(|comparison| comparison.view.clone()).unwrap_or_default())
    }

    /// Goes to another page, with an entry in the browser's history.
    pub fn navigate(&self, route: Route) {
        self.write(route, true);
    }

    /// Changes the address in place.
    pub fn replace(&self, route: Route) {
        self.write(route, false);
    }

    /// Changes the view of the comparison in the address.
    pub fn set_view(&self, view: View, is_new_entry: bool) {
        let mut route = self.route.get_untracked();
        if let Route::Compare(comparison) | Route::Run { comparison, .. } = &mut route {
            comparison.view = view;
            self.write(route, is_new_entry);
        }
    }

    fn write(&self, route: Route, is_new_entry: bool) {
        if self.route.with_untracked(|old| *old == route) {
            return;
        }
        let text = route.to_string();
        if is_new_entry {
            self.write_late_address();
            self.write_address(&text, true);
        } else if self.late_address.try_update_value(|late| late.replace(text)) == Some(None) {
            // Browsers refuse more than a few addresses a second, and a drag makes one a frame.
            let state = *self;
            set_timeout(move || state.write_late_address(), ADDRESS_PAUSE);
        }
        self.route.set(route);
    }

    /// Writes the address that still waits, if any.
    fn write_late_address(&self) {
        if let Some(Some(text)) = self.late_address.try_update_value(Option::take) {
            self.write_address(&text, false);
        }
    }

    fn write_address(&self, text: &str, is_new_entry: bool) {
        let written = window().history().and_then(|history| {
            if is_new_entry {
                history.push_state_with_url(&JsValue::NULL, "", Some(text))
            } else {
                history.replace_state_with_url(&JsValue::NULL, "", Some(text))
            }
        });
        if written.is_err() {
            self.alert("The browser refused the new address, so a reload would show an older view.");
        }
    }

    /// The rules of stage control, as config.json sets them.
    pub fn rules(&self) -> Rules {
        self.config.with_untracked(Config::rules).unwrap_or_else(|| {
            self.alert("The rules of stage control in config.json, under registry, could not be read: the usual ones hold. Whoever hosts the site can mend them.");
            Rules::default()
        })
    }

    /// Shows an alert until it is dismissed.
    pub fn alert(&self, message: &str) {
        self.show_alert(message, false);
    }

    fn show_alert(&self, message: &str, offers_reload: bool) {
        let message = message.to_owned();
        self.alerts.update(|alerts| {
            if alerts.iter().all(|alert| alert.message != message) {
                let id = alerts.last().map_or(0, |alert| alert.id + 1);
                alerts.push(Alert { id, message, offers_reload });
            }
        });
    }

    /// Adds a line to the activity log.
    pub fn tell(&self, line: impl Into<String>) {
        self.activity.update(|lines| lines.push(line.into()));
    }

    fn receive(&self, event: Event) {
        match event {
            Event::Ready { version } => {
                if version != env!("CARGO_PKG_VERSION") {
                    self.alert(&format!(
                        "The engine is version {version}, the page {}: reload the page to get both from one release.",
                        env!("CARGO_PKG_VERSION")
                    ));
                }
            }
            // Somebody has asked for another server meanwhile, or with another sign-in.
            Event::Connected { attempt, .. } | Event::ConnectFailed { attempt, .. }
                if attempt != self.attempt.get_value() => {}
            Event::Connected { info, .. } => {
                self.tell(format!("Connected to {}", info.url));
                memory::remember_server(&info.url);
                let asked = self.asked.try_update_value(Option::take).flatten();
                if let Some((sign_in, true)) = &asked {
                    memory::keep_sign_in(&info.url, sign_in);
                }
                self.arrive(&info.url, asked.is_some());
                self.connection.set(Connection::Connected(info));
                self.send(&Command::ListExperiments);
            }
            Event::ConnectFailed { problem, .. } => {
                self.asked.set_value(None);
                self.connection.set(Connection::Failed(problem));
            }
            Event::Experiments { items, skipped } => {
                self.experiments.set(ExperimentList::Loaded { items, skipped });
            }
            Event::Progress(progress) => {
                if !progress.is_loading && !self.is_load_told.get_value() {
                    self.is_load_told.set_value(true);
                    self.tell(format!("Loaded {} runs", progress.n_runs));
                }
                self.progress.set(progress);
            }
            Event::Columns(columns) => self.columns.set(columns),
            Event::Counts(counts) => self.counts.set(counts),
            Event::FilterProblem(problem) => self.filter_problem.set(problem),
            Event::RowsChanged { n_rows } => {
                self.rows_changed.update(|(version, n)| {
                    *version = version.wrapping_add(1);
                    *n = n_rows;
                });
            }
            Event::Rows(rows) => self.rows.set(Some(rows)),
            Event::Axes(axes) => self.axes.set(axes),
            Event::Painted { sequence, n_runs, n_brushed, n_axes, since_input_millis } => {
                self.painted.set(Painted { sequence, n_runs, n_brushed, n_axes, since_input_millis });
            }
            Event::Hovered(run) => self.hovered.set(run),
            Event::TableText(text) => self.table_text.set(Some(text)),
            Event::TableHtml(tables) => self.table_html.set(Some(tables)),
            Event::Expression(news) => self.expression_news.set(Some(news)),
            Event::Workspace(news) => self.workspace_news.update(|all| all.push(news)),
            Event::RunIds(run_ids) => self.run_ids.set(Some(run_ids)),
            Event::ShortIds(run_ids) => self.short_ids.set(Some(run_ids)),
            Event::WholeIds(known) => {
                let whole =
                    |id: &RunId| known.iter().find(|(short, _)| short == id).map(|(_, whole)| whole.clone());
                self.set_view(untrack(|| self.view()).with_ids(whole), false);
            }
            Event::RunDetails(run) => {
                self.run_problem.set(None);
                self.run.set(Some(run));
            }
            Event::Artifacts(folder) => self.artifacts.set(Some(folder)),
            Event::Download { file_name, url } => self.download.set(Some((file_name, url))),
            Event::Failed { what, message } => match what {
                FailedWhat::Experiments => self.experiments.set(ExperimentList::Failed(message)),
                FailedWhat::Run => self.run_problem.set(Some(message)),
                FailedWhat::Runs | FailedWhat::Artifacts | FailedWhat::Panels => self.alert(&message),
            },
        }
    }
}

/// The state of the page, from the context.
pub fn use_app() -> AppState {
    expect_context::<AppState>()
}

fn hash() -> String {
    window().location().hash().unwrap_or_default()
}
