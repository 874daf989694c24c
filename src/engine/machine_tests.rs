//! The machine against a server made of values: every order of answers, failures and aborts, without a browser.

use super::news::{CurveChart, CurvesInfo, DifferencesInfo, ExpressionInfo, GroupsRow, WorkspaceNews};
use super::protocol::{
    AxesInfo, Cell, Counts, FailedWhat, LoadProgress, NamedRuns, PlotSize, PlotTheme, Rgb, RunSet,
    TableFormat,
};
use super::{Command, Engine, Event, Input, Output};
use crate::entities::{Attribute, ColumnKey, ExperimentId, RunId, RunView};
use crate::tracking::{Method, Request, Response, ServerAddress, TransportError};
use crate::view::{AxisView, Brush, Direction, Lane, Objective, Panel, Pick, RankingView, Sort, Step, View};
use proptest::prelude::*;

/// A server with this many runs, `rmse` and the param `place` counting from 0.
struct Server {
    n_runs: usize,
    has_rmse: fn(usize) -> bool,
    /// Whether it takes page tokens that it did not give.
    takes_offsets: bool,
    /// Whether every run has logged a model.
    has_models: bool,
    /// Runs that began later and come before the others, the newest first; their places go on from there.
    n_newer: usize,
    /// The places of runs that have not ended.
    running: Vec<usize>,
    /// How many points of rmse a run has logged, the last of them with the newest value; two that say nothing where absent.
    n_points: Option<fn(usize) -> i64>,
    /// Whether it tells several histories at once.
    has_bulk: bool,
    version: &'static str,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            n_runs: 0,
            has_rmse: EVERY,
            takes_offsets: true,
            has_models: false,
            n_newer: 0,
            running: vec![],
            n_points: None,
            has_bulk: false,
            version: "3.17.2",
        }
    }
}

const EVERY: fn(usize) -> bool = |_| true;

impl Server {
    fn answer(&self, request: &Request) -> Response {
        let path = request.path.split('?').next().unwrap_or_default();
        let body = match (request.method, path) {
            (Method::Get, "/version") => self.version.to_owned(),
            (Method::Post, "/api/2.0/mlflow/experiments/search") => {
                r#"{"experiments": [{"experiment_id": "7", "name": "taxi", "last_update_time": 5}]}"#
                    .to_owned()
            }
            (Method::Post, "/api/2.0/mlflow/runs/search") => {
                match self.runs(request.body.as_deref().unwrap()) {
                    Some(body) => body,
                    None => {
                        let body =
                            br#"{"error_code": "INVALID_PARAMETER_VALUE", "message": "Invalid page token"}"#
                                .to_vec();
                        return Response { status: 400, content_type: "application/json".into(), body };
                    }
                }
            }
            (Method::Get, "/api/2.0/mlflow/runs/get") => {
                let id = request.path.split("run_id=").nth(1).unwrap();
                serde_json::json!({ "run": self.run(usize::from_str_radix(id, 16).unwrap()) }).to_string()
            }
            (Method::Get, "/api/2.0/mlflow/metrics/get-history-bulk-interval") if self.has_bulk => {
                let ids = request.path.split("run_ids=").skip(1).map(|rest| &rest[..rest.find('&').unwrap()]);
                let points = ids.flat_map(|id| self.history(usize::from_str_radix(id, 16).unwrap(), 500));
                serde_json::json!({ "metrics": points.collect::<Vec<_>>() }).to_string()
            }
            (Method::Get, "/api/2.0/mlflow/metrics/get-history") if self.n_points.is_some() => {
                let id = request.path.split("run_id=").nth(1).unwrap();
                let id = &id[..id.find('&').unwrap()];
                let points = self.history(usize::from_str_radix(id, 16).unwrap(), usize::MAX);
                serde_json::json!({ "metrics": points }).to_string()
            }
            (Method::Get, "/api/2.0/mlflow/metrics/get-history") => {
                r#"{"metrics": [{"key": "rmse", "value": 3.5, "timestamp": 1, "step": 0}, {"key": "rmse", "value": 0.5, "timestamp": 2, "step": 1}]}"#
                    .to_owned()
            }
            (Method::Get, "/get-artifact") => "model_size_bytes: 7500\n".to_owned(),
            _ => {
                return Response {
                    status: 404,
                    content_type: "text/html".into(),
                    body: b"<title>404</title>".to_vec(),
                };
            }
        };
        Response { status: 200, content_type: "application/json".into(), body: body.into_bytes() }
    }

    /// What a run has logged: at most so many of its first points, and the last.
    fn history(&self, place: usize, n_most: usize) -> Vec<serde_json::Value> {
        let n = self.n_points.map_or(0, |n_points| n_points(place));
        let value = |step: i64| if step + 1 == n { place as f64 } else { step as f64 / 1e3 };
        let is_told = |step: &i64| (*step as usize) + 1 < n_most || step + 1 == n;
        let point = |step: i64| serde_json::json!({ "key": "rmse", "value": value(step), "timestamp": step, "step": step, "run_id": format!("{place:032x}") });
        (0..n).filter(is_told).map(point).collect()
    }

    fn run(&self, place: usize) -> serde_json::Value {
        let mut metrics = vec![];
        if (self.has_rmse)(place) {
            let step = self.n_points.map_or(0, |n_points| n_points(place) - 1);
            metrics.push(
                serde_json::json!({ "key": "rmse", "value": place as f64, "timestamp": 1, "step": step }),
            );
        }
        let history = self.has_models.then(|| {
            serde_json::json!({ "key": "mlflow.log-model.history", "value": r#"[{"artifact_path": "model"}]"# })
        });
        let tags: Vec<_> = history.into_iter().collect();
        let mut info = serde_json::json!({
            "run_id": format!("{place:032x}"), "run_name": format!("run {place}"), "experiment_id": "7",
            "status": "RUNNING", "start_time": place, "lifecycle_stage": "active",
        });
        if !self.running.contains(&place) {
            info["status"] = "FINISHED".into();
            info["end_time"] = (place + 10).into();
        }
        let params = [serde_json::json!({ "key": "place", "value": place.to_string() })];
        serde_json::json!({ "info": info, "data": { "params": params, "metrics": metrics, "tags": tags } })
    }

    /// A page of runs; none where the token is refused.
    fn runs(&self, body: &str) -> Option<String> {
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        let n_rows = usize::try_from(body["max_results"].as_u64().unwrap()).unwrap();
        let token = body.get("page_token").map(|token| token.as_str().unwrap());
        let offset = match token {
            None => 0,
            Some(token) => match token.strip_prefix("after ") {
                Some(offset) => offset.parse().unwrap(),
                None if !self.takes_offsets => return None,
                None => (0..=self.n_runs + 10_000)
                    .step_by(100)
                    .find(|offset| token == crate::tracking::mlflow::requests::offset_token(*offset))
                    .expect("an offset in hundreds"),
            },
        };
        let n_all = self.n_runs + self.n_newer;
        let place = |at: usize| if at < self.n_newer { n_all - 1 - at } else { at - self.n_newer };
        let runs: Vec<_> = (offset..(offset + n_rows).min(n_all)).map(|at| self.run(place(at))).collect();
        let mut page = serde_json::json!({ "runs": runs });
        if offset + n_rows < n_all {
            page["next_page_token"] = format!("after {}", offset + n_rows).into();
        }
        Some(page.to_string())
    }
}

/// The engine, its server, the requests under way, and what the page was told.
struct World {
    engine: Engine,
    server: Server,
    under_way: Vec<(u32, Request)>,
    events: Vec<Event>,
    n_paints: usize,
    /// Pixels of the newest picture that are not bare.
    n_inked: usize,
    files: Vec<(String, Vec<u8>)>,
    /// Whether the late part of the engine can be fetched, and how often it has been asked for.
    has_analyst: bool,
    n_fetched: usize,
}

impl World {
    fn connected(server: Server) -> Self {
        let engine = Engine::default();
        let mut world = Self {
            engine,
            server,
            under_way: vec![],
            events: vec![],
            n_paints: 0,
            n_inked: 0,
            files: vec![],
            has_analyst: true,
            n_fetched: 0,
        };
        let url = "http://127.0.0.1:5000".to_owned();
        world
            .say(Command::Connect { address: ServerAddress { url, ..ServerAddress::default() }, attempt: 7 });
        world.answer_all();
        assert!(
            matches!(world.events.last(), Some(Event::Connected { attempt: 7, .. })),
            "{:?}",
            world.events
        );
        world
    }

    fn say(&mut self, command: Command) {
        self.input(Input::Command(command));
    }

    fn load(&mut self) {
        let experiment_ids = vec![ExperimentId("7".into())];
        self.say(Command::LoadRuns { experiment_ids, run_view: RunView::Active, is_anew: true });
    }

    fn input(&mut self, input: Input) {
        let mut fetched = false;
        for output in self.engine.handle(input) {
            match output {
                Output::Event(event) => self.events.push(event),
                Output::Send { id, request, .. } => self.under_way.push((id, request)),
                Output::Abort { id } => self.under_way.retain(|(other, _)| *other != id),
                Output::Blit { pixels, painted, width, height } => {
                    assert_eq!(pixels.len(), width as usize * height as usize * 4);
                    self.n_inked = pixels.chunks_exact(4).filter(|pixel| pixel[3] != 0).count();
                    self.engine.recycle(pixels);
                    self.events.push(painted);
                    self.n_paints += 1;
                }
                Output::FetchAnalyst => fetched = true,
                Output::Rest => {}
                Output::SaveFile { file_name, bytes } => self.files.push((file_name, bytes)),
            }
        }
        if fetched {
            self.n_fetched += 1;
            let analyst = self.has_analyst.then(super::analyst);
            self.input(Input::Analyst(analyst));
        }
    }

    /// Answers the request at this place among those under way.
    fn answer(&mut self, place: usize) {
        let (id, request) = self.under_way.remove(place);
        let answer = Ok(self.server.answer(&request));
        self.input(Input::Answered { id, answer });
    }

    fn fail(&mut self, place: usize, error: TransportError) {
        let (id, _) = self.under_way.remove(place);
        self.input(Input::Answered { id, answer: Err(error) });
    }

    fn answer_all(&mut self) {
        while !self.under_way.is_empty() {
            self.answer(0);
        }
    }

    fn progress(&self) -> LoadProgress {
        self.newest(|event| match event {
            Event::Progress(progress) => Some(progress.clone()),
            _ => None,
        })
    }

    /// Gives the engine a canvas, a size and colours.
    fn plot(&mut self) {
        let theme = PlotTheme {
            surface: Rgb::default(),
            context: Rgb::default(),
            hover: Rgb::default(),
            no_value: Rgb::default(),
            series: vec![Rgb::default()],
            ramp: vec![Rgb::default(), Rgb::default()],
        };
        let size = PlotSize { width_px: 400.0, height_px: 200.0, device_pixel_ratio: 2.0 };
        self.input(Input::CanvasReady);
        self.say(Command::SetPlot { size, theme });
    }

    fn axes(&self) -> AxesInfo {
        self.newest(|event| match event {
            Event::Axes(axes) => Some(axes.clone()),
            _ => None,
        })
    }

    fn n_axes_told(&self) -> usize {
        self.axes().axes.len()
    }

    /// Sequence, runs and axes of the newest paint.
    fn painted(&self) -> (u32, usize, usize) {
        self.newest(|event| match event {
            Event::Painted { sequence, n_runs, n_axes, .. } => Some((*sequence, *n_runs, *n_axes)),
            _ => None,
        })
    }

    fn counts(&self) -> Counts {
        self.newest(|event| match event {
            Event::Counts(counts) => Some(*counts),
            _ => None,
        })
    }

    fn newest<T>(&self, pick: impl Fn(&Event) -> Option<T>) -> T {
        self.events.iter().rev().find_map(pick).expect("such an event")
    }
}

fn view(low: f64, high: f64) -> View {
    let column = ColumnKey::Metric("rmse".into());
    View { brushes: vec![Brush { column, picks: vec![Pick::Interval { low, high }] }], ..View::default() }
}

#[test]
fn experiments_are_listed() {
    let mut world = World::connected(Server { n_runs: 0, ..Server::default() });
    world.say(Command::ListExperiments);
    world.answer_all();
    let Some(Event::Experiments { items, skipped }) = world.events.last() else { panic!("a list") };
    assert_eq!((items[0].name.as_str(), skipped.len()), ("taxi", 0));
}

#[test]
fn experiments_have_their_names_in_the_table() {
    let mut world = World::connected(Server { n_runs: 2, ..Server::default() });
    world.say(Command::ListExperiments);
    world.load();
    world.answer_all();
    let named = Cell::Rounded { text: "taxi".into(), logged: "7".into() };
    assert_eq!(cells(&mut world, &ColumnKey::Attribute(Attribute::ExperimentId)), [named.clone(), named]);
}

#[test]
fn an_empty_experiment_ends_its_load() {
    let mut world = World::connected(Server { n_runs: 0, ..Server::default() });
    world.load();
    world.answer_all();
    assert!(!world.progress().is_loading);
    assert_eq!(world.progress().n_runs, 0);
}

#[test]
fn a_page_is_asked_for_again_and_then_given_up_with_what_arrived_kept() {
    let mut world = World::connected(Server { n_runs: 3_000, ..Server::default() });
    world.load();
    world.answer(0);
    world.fail(0, TransportError::Opaque);
    world.fail(0, TransportError::Opaque);
    world.answer_all();
    assert_eq!(world.progress().n_runs, 3_000, "two failures are made good");

    world.load();
    world.answer(0);
    for _ in 0..40 {
        if world.under_way.is_empty() {
            break;
        }
        world.fail(0, TransportError::Opaque);
    }
    let failed = world.newest(|event| match event {
        Event::Failed { what, message } => Some((*what, message.clone())),
        _ => None,
    });
    assert_eq!(failed.0, FailedWhat::Runs);
    assert!(failed.1.contains("The 100 runs that had arrived are kept"), "{}", failed.1);
    assert_eq!(world.counts().n_all, 100);
    assert!(!world.progress().is_loading && world.under_way.is_empty());
}

#[test]
fn sets_of_runs_are_those_shown_last() {
    let mut world = World::connected(Server { n_runs: 1_110, ..Server::default() });
    world.load();
    world.answer_all();
    world.say(Command::SetView { view: Box::new(view(0.0, 4.0)), sequence: 1 });
    let mut sets = [RunSet::Brushed, RunSet::AllButBrushed, RunSet::All].map(|set| {
        world.say(Command::ListRunIds(set));
        world.newest(|event| match event {
            Event::RunIds(run_ids) => Some(run_ids.clone()),
            _ => None,
        })
    });
    assert_eq!(sets.each_ref().map(|set| set.active.run_ids.len()), [5, 1_105, 1_110]);
    assert!(sets.iter().all(|set| set.deleted == NamedRuns::default()));
    assert_eq!(sets[0].active.names, ["run 0", "run 1", "run 2", "run 3", "run 4"]);
    assert_eq!(sets[1].active.names.len(), NamedRuns::N_NAMES);
    let mut both = sets[0].active.run_ids.clone();
    both.append(&mut sets[1].active.run_ids);
    both.sort();
    sets[2].active.run_ids.sort();
    assert_eq!(both, sets[2].active.run_ids, "no run is in both, none in neither");
    // Those that somebody ticked, whatever is brushed; a run that is not loaded is in no set.
    let mut selecting = |selected: Vec<RunId>| {
        let view = View { selected, ..view(0.0, 4.0) };
        world.say(Command::SetView { view: Box::new(view), sequence: 2 });
        [RunSet::Selected, RunSet::AllButSelected].map(|set| {
            world.say(Command::ListRunIds(set));
            world.newest(|event| match event {
                Event::RunIds(run_ids) => Some(run_ids.active.run_ids.clone()),
                _ => None,
            })
        })
    };
    let unknown = RunId("of another experiment".into());
    let wanted = [&both[..3], std::slice::from_ref(&unknown)].concat();
    let [mut selected, others] = selecting(wanted);
    selected.sort();
    assert_eq!((selected.as_slice(), others.len()), (&both[..3], 1_107));
    assert!(others.iter().all(|id| !selected.contains(id)));
    assert_eq!(selecting(vec![unknown]), [vec![], vec![]], "all but nothing is not all");
    // Runs that have arrived and are not shown yet were not part of what anybody brushed.
    world.load();
    world.answer(0);
    world.say(Command::ListRunIds(RunSet::AllButBrushed));
    let set = world.newest(|event| match event {
        Event::RunIds(run_ids) => Some(run_ids.active.run_ids.len()),
        _ => None,
    });
    assert_eq!(set, 95);
}

#[test]
fn a_server_that_takes_only_its_own_tokens_is_asked_page_by_page() {
    let mut world = World::connected(Server { n_runs: 3_456, takes_offsets: false, ..Server::default() });
    world.load();
    world.answer(0);
    assert_eq!(world.under_way.len(), 4);
    world.answer(2);
    assert_eq!(world.under_way.len(), 1, "one page after another from here on");
    world.fail(0, TransportError::Opaque);
    world.answer_all();
    assert_eq!(world.progress().n_runs, 3_456);
    assert!(!world.progress().is_loading);
}

#[test]
fn runs_that_are_here_are_not_loaded_twice_unless_asked_for_anew() {
    let mut world = World::connected(Server { n_runs: 300, ..Server::default() });
    let again = |run_view, is_anew| {
        let experiment_ids = vec![ExperimentId("7".into())];
        Command::LoadRuns { experiment_ids, run_view, is_anew }
    };
    world.say(again(RunView::Active, false));
    world.answer_all();
    world.say(again(RunView::Active, false));
    assert!(world.under_way.is_empty());
    assert_eq!((world.progress().n_runs, world.progress().n_from_cache), (300, 300));
    world.say(again(RunView::All, false));
    assert_eq!(world.under_way.len(), 1, "other runs are");
    world.say(Command::CancelLoad);
    world.say(again(RunView::All, false));
    assert_eq!(world.under_way.len(), 1, "a load that was stopped is not whole");
    world.answer_all();
    world.say(again(RunView::All, true));
    assert_eq!(world.under_way.len(), 1);
}

#[test]
fn ranks_are_those_among_the_kept_runs() {
    let mut world = World::connected(Server { n_runs: 20, has_rmse: |n| n != 3, ..Server::default() });
    world.load();
    world.answer_all();
    let rmse = ColumnKey::Metric("rmse".into());
    let rank = ColumnKey::Attribute(Attribute::ParetoRank);
    let ranked = View {
        objectives: vec![Objective { column: rmse.clone(), direction: Direction::Descending, weight: 5 }],
        panels: vec![Panel::Pareto],
        ..View::default()
    };
    let front = |world: &World| {
        let text = world.newest(|event| match event {
            Event::Workspace(text) => Some(text.0.get().to_owned()),
            _ => None,
        });
        let WorkspaceNews::Pareto(info) = serde_json::from_str(&text).unwrap() else { panic!("{text}") };
        (info.n_runs, info.n_ranked, info.front[0].cells.clone())
    };
    let rmse_of_best = |text: &str| vec![Cell::Shown(text.to_owned())];
    world.say(Command::SetView { view: Box::new(ranked.clone()), sequence: 1 });
    assert_eq!(front(&world), (20, 19, rmse_of_best("19")));
    // The rank is a column like any other: brushed, kept, and then one among the runs that are left.
    let first = Brush { column: rank.clone(), picks: vec![Pick::Interval { low: 1.0, high: 2.0 }] };
    let brushed = View { brushes: vec![first.clone()], ..ranked.clone() };
    world.say(Command::SetView { view: Box::new(brushed), sequence: 2 });
    assert_eq!((world.counts().n_kept, world.counts().n_brushed), (20, 2));
    let excluded = View { steps: vec![Step::Exclude(vec![first])], ..ranked.clone() };
    world.say(Command::SetView { view: Box::new(excluded), sequence: 3 });
    assert_eq!(front(&world), (18, 17, rmse_of_best("17")));
    // A filter by the rank would move its own ground: it is refused, with the reason.
    world.say(Command::SetView {
        view: Box::new(View { filter: "attributes.pareto_rank = 1".into(), ..ranked.clone() }),
        sequence: 4,
    });
    let problem = world.newest(|event| match event {
        Event::FilterProblem(problem) => problem.clone(),
        _ => None,
    });
    assert!(problem.message.contains("Brush them"), "{problem:?}");
    assert_eq!(front(&world).0, 20);
    // Constraints leave runs in view and out of the ranks.
    let ranking = RankingView { constraints: "metrics.rmse < 10".to_owned(), ..RankingView::default() };
    world.say(Command::SetView { view: Box::new(View { ranking, ..ranked }), sequence: 5 });
    assert_eq!(front(&world), (20, 9, rmse_of_best("9")));
    assert_eq!(world.counts().n_kept, 20);
    world.say(Command::SetView { view: Box::new(View::default()), sequence: 6 });
    world.say(Command::Rows { request: 1, start: 0, n_rows: 1, columns: vec![rank] });
    let Some(Event::Rows(page)) = world.events.last() else { panic!("rows") };
    assert_eq!(page.rows[0].cells, [Cell::Special(Lane::Missing)]);
}

#[test]
fn what_needs_the_analyst_waits_for_it_and_is_told_when_it_does_not_come() {
    let mut world = World::connected(Server { n_runs: 3, ..Server::default() });
    world.has_analyst = false;
    world.load();
    assert_eq!(world.n_fetched, 0, "nobody waits for it before the runs are here");
    world.answer_all();
    let is_failure = |event: &Event| matches!(event, Event::Failed { what: FailedWhat::Panels, .. });
    assert!(!world.events.iter().any(is_failure), "what was fetched ahead is not missed");
    let filter = View { filter: "metrics.rmse < 2".to_owned(), ..View::default() };
    world.say(Command::SetView { view: Box::new(filter.clone()), sequence: 1 });
    assert!(world.events.iter().any(is_failure));
    assert_eq!(world.counts().n_kept, 3, "a filter that nobody reads narrows nothing");
    world.say(Command::SaveTable(TableFormat::Csv));
    assert!(world.events.last().is_some_and(is_failure) && world.files.is_empty());
    world.has_analyst = true;
    let n_fetched = world.n_fetched;
    world.say(Command::SaveTable(TableFormat::Json));
    world.say(Command::CopyTable);
    assert_eq!(world.n_fetched, n_fetched + 1, "it is fetched once");
    assert_eq!(world.counts().n_kept, 2);
    assert_eq!(world.files.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["runs.json"]);
    let is_text = |event: &Event| matches!(event, Event::TableText(text) if text.lines().count() == 4);
    assert!(world.events.iter().any(is_text), "a header, a line and the runs that are left");
}

#[test]
fn a_run_by_itself_waits_for_the_late_part_and_says_when_it_does_not_come() {
    let mut world = World::connected(Server { n_runs: 3, ..Server::default() });
    world.has_analyst = false;
    world.say(Command::OpenRun(RunId("r1".into())));
    let is_failure = |event: &Event| matches!(event, Event::Failed { what: FailedWhat::Run, .. });
    assert!(world.events.iter().any(is_failure) && world.under_way.is_empty());
    world.has_analyst = true;
    world.say(Command::OpenRun(RunId("r2".into())));
    let asked: Vec<&str> = world.under_way.iter().map(|(_, request)| request.path.as_str()).collect();
    assert_eq!(asked.len(), 1, "the one that failed is not asked for later: {asked:?}");
    assert!(asked[0].ends_with("/runs/get?run_id=r2"), "{asked:?}");
}

/// The first cells of the table in this column.
fn cells(world: &mut World, column: &ColumnKey) -> Vec<Cell> {
    world.say(Command::Rows { request: 1, start: 0, n_rows: 100, columns: vec![column.clone()] });
    world.newest(|event| match event {
        Event::Rows(page) => Some(page.rows.iter().map(|row| row.cells[0].clone()).collect()),
        _ => None,
    })
}

fn shown<const N: usize>(texts: [&str; N]) -> Vec<Cell> {
    texts.map(|text| Cell::Shown(text.to_owned())).to_vec()
}

#[test]
fn a_derived_column_sorts_brushes_filters_and_ranks_like_any_other() {
    let server = Server { n_runs: 20, has_rmse: |place| place != 19, ..Server::default() };
    let mut world = World::connected(server);
    let half = ColumnKey::Derived("rmse / (params.place + 1) * duration".to_owned());
    let sort = Some(Sort { column: half.clone(), direction: Direction::Descending });
    let sorted = View { sort, ..View::default() };
    world.say(Command::SetView { view: Box::new(sorted.clone()), sequence: 1 });
    assert_eq!(world.n_fetched, 1, "a view with a derived column needs the analyst");
    world.load();
    world.answer_all();
    // 10 ms are 0.01 s; the run without rmse is missing, and last.
    let all = cells(&mut world, &half);
    assert!(matches!(&all[0], Cell::Rounded { text, .. } if text == "0.00947"), "{:?}", all[0]);
    assert_eq!(all[19], Cell::Special(Lane::Missing));
    let infos = |world: &World| {
        world.newest(|event| match event {
            Event::Columns(columns) => Some(columns.columns.clone()),
            _ => None,
        })
    };
    let info = infos(&world).into_iter().find(|info| info.key == half).expect("it is told");
    assert_eq!((info.n_present, info.is_numeric, info.problem), (19, true, None));

    let gap = ColumnKey::Derived("10 - rmse".to_owned());
    let brush = Brush { column: gap.clone(), picks: vec![Pick::Interval { low: 1.0, high: 3.0 }] };
    world.say(Command::SetView {
        view: Box::new(View { brushes: vec![brush], ..sorted.clone() }),
        sequence: 2,
    });
    assert_eq!(cells(&mut world, &gap), shown(["1", "2", "3"]));
    let filter = "derived.`10 - rmse` > 8 and metrics.rmse > 0".to_owned();
    world.say(Command::SetView { view: Box::new(View { filter, ..sorted }), sequence: 3 });
    assert_eq!(cells(&mut world, &gap), shown(["9"]));
    let objective = Objective { column: gap.clone(), direction: Direction::Ascending, weight: 5 };
    world.say(Command::SetView {
        view: Box::new(View { objectives: vec![objective], ..View::default() }),
        sequence: 4,
    });
    let rank = ColumnKey::Attribute(Attribute::ParetoRank);
    let ranks = cells(&mut world, &rank);
    assert_eq!(ranks[..2], [Cell::Special(Lane::Missing), Cell::Shown("1".into())], "newest first");
    assert!(infos(&world).iter().all(|info| info.key != half), "what no view names is gone");

    let wrong = vec!["10 - rsme".to_owned()];
    world.say(Command::SetView { view: Box::new(View { derived: wrong, ..View::default() }), sequence: 5 });
    let problem = infos(&world).pop().and_then(|info| info.problem);
    assert!(problem.is_some_and(|problem| problem.contains("Is rmse meant?")));
}

#[test]
fn a_derived_column_follows_the_model_sizes() {
    let server = Server { n_runs: 30, has_models: true, ..Server::default() };
    let mut world = World::connected(server);
    let size = ColumnKey::Derived("model_size / 1kB".to_owned());
    // The default axes have the model's size; none of these needs it.
    let derived = vec!["model_size / 1kB".to_owned()];
    let listed = View { derived, axes: Some(vec![]), ..View::default() };
    world.say(Command::SetView { view: Box::new(listed.clone()), sequence: 1 });
    world.load();
    world.answer_all();
    assert_eq!(world.progress().n_model_sizes, (0, 0), "nothing shows it yet");
    world.say(Command::Rows { request: 1, start: 0, n_rows: 5, columns: vec![size.clone()] });
    assert!(!world.under_way.is_empty(), "rows on the screen do");
    let sort = Some(Sort { column: size.clone(), direction: Direction::Ascending });
    world.say(Command::SetView { view: Box::new(View { sort, ..listed }), sequence: 2 });
    world.answer_all();
    assert_eq!(world.progress().n_model_sizes, (30, 30));
    assert_eq!(cells(&mut world, &size), vec![Cell::Shown("7.5".to_owned()); 30]);
}

#[test]
fn what_tells_compared_runs_apart_is_read_while_they_are_compared() {
    let server = Server { n_runs: 30, has_models: true, ..Server::default() };
    let mut world = World::connected(server);
    let selected = [3, 20].map(|place| RunId(format!("{place:032x}"))).to_vec();
    let mut view = View { axes: Some(vec![]), selected, ..View::default() };
    world.say(Command::SetView { view: Box::new(view.clone()), sequence: 1 });
    world.load();
    world.answer_all();
    assert_eq!(world.progress().n_model_sizes, (0, 0), "nothing shows it yet");
    let told = |world: &World| -> DifferencesInfo {
        world.newest(|event| match event {
            Event::Workspace(news) => match news.read() {
                Some(WorkspaceNews::Differences(info)) => Some(info),
                _ => None,
            },
            _ => None,
        })
    };
    view.panels = vec![Panel::Differences];
    world.say(Command::SetView { view: Box::new(view.clone()), sequence: 2 });
    assert_eq!(world.under_way.len(), 2, "the sizes of these two");
    world.answer(0);
    let size = told(&world).rows.into_iter().find(|row| row.title.starts_with("model size"));
    assert!(
        size.is_none_or(|row| row.cells.iter().all(|cell| cell.cell != Some(Cell::Special(Lane::Missing))))
    );
    world.answer_all();
    assert_eq!(world.progress().n_model_sizes, (2, 2));
    assert!(told(&world).n_files.is_none());

    view.differences.has_environments = true;
    world.say(Command::SetView { view: Box::new(view.clone()), sequence: 3 });
    let paths: Vec<&str> = world.under_way.iter().map(|(_, request)| request.path.as_str()).collect();
    assert!(paths.len() == 4 && paths[0].contains("requirements.txt"), "four of six at once: {paths:?}");
    world.fail(0, TransportError::Opaque);
    world.answer_all();
    assert_eq!(told(&world).n_files, Some((6, 6)));
    // What failed is asked for once more when somebody wants it again.
    for has_environments in [false, true] {
        view.differences.has_environments = has_environments;
        world.say(Command::SetView { view: Box::new(view.clone()), sequence: 4 });
    }
    assert_eq!(world.under_way.len(), 3, "the files of that run");
    world.answer_all();
    world.say(Command::WriteHtml);
    let tables = world.newest(|event| match event {
        Event::TableHtml(tables) => Some(tables.clone()),
        _ => None,
    });
    assert!(tables.runs.starts_with("<table>") && tables.differences.is_some_and(|it| it.contains("rmse")));
}

#[test]
fn an_opened_group_is_told_in_parts_and_nothing_else_with_it() {
    let mut world = World::connected(Server { n_runs: 500, ..Server::default() });
    let mut view = View {
        axes: Some(vec![]),
        panels: vec![Panel::History, Panel::Groups],
        groups: vec![ColumnKey::Attribute(Attribute::Status)],
        ..View::default()
    };
    world.say(Command::SetView { view: Box::new(view.clone()), sequence: 1 });
    world.load();
    world.answer_all();
    let news = |world: &World| -> Vec<WorkspaceNews> {
        let read = |event: &Event| match event {
            Event::Workspace(news) => news.read(),
            _ => None,
        };
        world.events.iter().filter_map(read).collect()
    };
    let groups = |world: &World| match news(world).pop() {
        Some(WorkspaceNews::Groups(info)) => info,
        other => panic!("{other:?}"),
    };
    let id = match groups(&world).rows.as_slice() {
        [GroupsRow::Group(group)] => group.id,
        other => panic!("{other:?}"),
    };
    let n_told = news(&world).len();
    view.group_view = view.group_view.toggled(id);
    world.say(Command::SetView { view: Box::new(view), sequence: 2 });
    assert_eq!(news(&world).len(), n_told + 1, "no other panel is told anew");
    assert_eq!((groups(&world).n_rows, groups(&world).rows.len()), (501, 200));
    world.say(Command::LookAtGroups(400));
    assert_eq!((groups(&world).first_row, groups(&world).rows.len()), (400, 101));
    world.say(Command::LookAtGroups(400));
    assert_eq!(news(&world).len(), n_told + 2, "it is there already");
}

#[test]
fn short_ids_in_a_view_become_whole_once_all_runs_are_here() {
    // Sixteen ids that differ in their last character, and one that differs in the one before.
    let mut world = World::connected(Server { n_runs: 17, ..Server::default() });
    let id = |place: usize| RunId(format!("{place:032x}"));
    let cut = |place: usize| RunId(id(place).0[..31].to_owned());
    let view = View { selected: vec![cut(16), id(3), cut(3)], ..View::default() };
    world.say(Command::SetView { view: Box::new(view.clone()), sequence: 1 });
    world.load();
    let told = |world: &World| -> Vec<Vec<(RunId, RunId)>> {
        let whole = |event: &Event| match event {
            Event::WholeIds(whole) => Some(whole.clone()),
            _ => None,
        };
        world.events.iter().filter_map(whole).collect()
    };
    assert!(told(&world).is_empty(), "another run may begin alike");
    world.answer_all();
    assert_eq!(told(&world).first(), Some(&vec![(cut(16), id(16))]), "the third one could be any of sixteen");
    // What names no other runs is not looked at again.
    let n_told = told(&world).len();
    let sorted = View { filter: "rmse > 1".to_owned(), ..view };
    world.say(Command::SetView { view: Box::new(sorted), sequence: 2 });
    assert_eq!(told(&world).len(), n_told);
    world.say(Command::ShortenIds(vec![id(16), id(3)]));
    assert!(matches!(world.events.last(), Some(Event::ShortIds(ids)) if *ids == [cut(16), id(3)]));
}

#[test]
fn an_expression_is_checked_before_it_is_a_column() {
    let mut world = World::connected(Server { n_runs: 4, ..Server::default() });
    world.load();
    world.answer_all();
    let info = |world: &World| -> ExpressionInfo {
        world.newest(|event| match event {
            Event::Expression(news) => serde_json::from_str(news.0.get()).ok(),
            _ => None,
        })
    };
    world.say(Command::CheckExpression("rmse*2".to_owned()));
    let told = info(&world);
    let preview = told.outcome.expect("it is right");
    assert_eq!((told.text.as_str(), preview.column.label()), ("rmse*2", "rmse * 2"));
    assert_eq!(preview.first, Some(("run 3".to_owned(), "6".to_owned())));
    world.say(Command::CheckExpression("1 + rsme".to_owned()));
    assert_eq!(info(&world).outcome.map_err(|problem| (problem.start, problem.end)), Err((4, 8)));
    assert_eq!(world.n_fetched, 1);
}

#[test]
fn a_column_out_of_histories_reads_them_stops_and_goes_on() {
    let mut world = World::connected(Server { n_runs: 30, ..Server::default() });
    let best = ColumnKey::Derived("best(rmse)".to_owned());
    let derived = vec!["best(rmse)".to_owned()];
    let sort = Some(Sort { column: best.clone(), direction: Direction::Ascending });
    let view = View { derived, sort, axes: Some(vec![]), ..View::default() };
    world.say(Command::SetView { view: Box::new(view), sequence: 1 });
    world.load();
    while world.progress().histories.n_all < 30 {
        world.answer(0);
    }
    for _ in 0..5 {
        world.answer(0);
    }
    world.say(Command::CancelLoad);
    let stopped = world.progress().histories;
    assert!(world.under_way.is_empty() && stopped.is_stopped);
    assert_eq!(stopped.n_read, stopped.n_all);
    world.say(Command::ResumeHistories);
    world.fail(0, TransportError::Opaque);
    world.answer_all();
    let progress = world.progress().histories;
    assert_eq!((progress.n_read, progress.n_failed, progress.n_all), (29, 1, 30));
    world.say(Command::ResumeHistories);
    world.answer_all();
    assert_eq!(world.progress().histories.n_read, 30);
    assert_eq!(cells(&mut world, &best), vec![Cell::Shown("0.5".to_owned()); 30]);
}

/// The newest of what the curves were told, and the chart of rmse.
fn curves(world: &World) -> (CurvesInfo, CurveChart) {
    let read = |event: &Event| match event {
        Event::Workspace(text) => serde_json::from_str::<WorkspaceNews>(text.0.get()).ok(),
        _ => None,
    };
    let info = world.newest(|event| match read(event) {
        Some(WorkspaceNews::Curves(info)) => Some(info),
        _ => None,
    });
    let chart = world.newest(|event| match read(event) {
        Some(WorkspaceNews::CurveChart(chart)) => Some(chart),
        _ => None,
    });
    (info, chart)
}

/// A world that looks at the curves of these runs.
fn world_with_curves(server: Server, places: impl IntoIterator<Item = usize>) -> (World, View) {
    let mut world = World::connected(server);
    world.load();
    world.answer_all();
    let selected = places.into_iter().map(|place| RunId(format!("{place:032x}"))).collect();
    let view = View { selected, panels: vec![Panel::Curves], ..View::default() };
    world.say(Command::SetView { view: Box::new(view.clone()), sequence: 1 });
    (world, view)
}

#[test]
fn curves_come_in_bulk_and_what_is_not_proven_to_be_whole_is_read_in_full() {
    let n_points: fn(usize) -> i64 = |place| if place == 2 { 900 } else { 10 };
    let server = Server { n_runs: 40, has_bulk: true, n_points: Some(n_points), ..Server::default() };
    let (mut world, _) = world_with_curves(server, 0..40);
    let n_runs = |request: &Request| request.path.matches("run_ids=").count();
    let asked: Vec<usize> = world.under_way.iter().map(|(_, request)| n_runs(request)).collect();
    assert_eq!(asked, [25, 15], "one metric, some runs at a time where a history may be long");
    assert!(world.under_way[0].1.path.contains("get-history-bulk-interval?run_ids="));
    // The second answer is proof; the first one has a history that is not whole, which puts all beside it in doubt.
    world.answer(1);
    let (info, chart) = curves(&world);
    assert_eq!((info.n_all, info.n_pending, info.n_selections), (40, 25, 0));
    assert_eq!((chart.series.len(), chart.n_selections), (15, 0));
    world.answer(0);
    let (info, chart) = curves(&world);
    assert_eq!(
        (info.n_pending, chart.n_selections, chart.n_curves),
        (0, 25, 40),
        "shown, and said to be a selection"
    );
    assert!(world.under_way.len() == 4 && world.under_way[0].1.path.contains("get-history?run_id="));
    world.answer_all();
    let (info, chart) = curves(&world);
    assert_eq!((info.n_selections, chart.n_selections), (0, 0));
    let n_points: usize = chart.series.iter().map(|series| series.n_points).sum();
    assert_eq!(n_points, 39 * 10 + 900);
    // What has become a curve is not read once more for a derived column.
    let view = View { derived: vec!["max(rmse)".to_owned()], ..View::default() };
    world.say(Command::SetView { view: Box::new(view), sequence: 2 });
    assert_eq!((world.under_way.len(), world.progress().histories.n_read), (0, 40));
}

#[test]
fn a_server_that_reads_all_to_pick_some_is_asked_in_bulk_for_short_histories_alone() {
    let long: fn(usize) -> i64 = |_| 900;
    for (n_points, n_asked) in [(Some(long), 4), (Some((|_| 20) as fn(usize) -> i64), 1)] {
        let server = Server { n_runs: 9, has_bulk: true, n_points, version: "2.22.5", ..Server::default() };
        let (world, _) = world_with_curves(server, 0..9);
        assert_eq!(world.under_way.len(), n_asked);
    }
}

#[test]
fn derived_columns_are_never_worked_out_from_a_selection() {
    let n_points: fn(usize) -> i64 = |place| if place < 5 { 900 } else { 10 };
    let server = Server { n_runs: 100, has_bulk: true, n_points: Some(n_points), ..Server::default() };
    let mut world = World::connected(server);
    world.load();
    world.answer_all();
    let longest = ColumnKey::Derived("at(rmse, 898)".to_owned());
    let view = View { derived: vec!["at(rmse, 898)".to_owned()], ..View::default() };
    world.say(Command::SetView { view: Box::new(view), sequence: 1 });
    let n_bulk = world.under_way.iter().filter(|(_, request)| request.path.contains("bulk-interval")).count();
    assert_eq!(n_bulk, 4);
    world.answer_all();
    assert_eq!(world.progress().histories.n_read, 100);
    let known =
        cells(&mut world, &longest).into_iter().filter(|cell| *cell == Cell::Shown("0.898".to_owned()));
    assert_eq!(known.count(), 5);
}

#[test]
fn curves_that_nobody_wants_any_more_are_given_up() {
    let server = Server { n_runs: 30, n_points: Some(|_| 10), ..Server::default() };
    let (mut world, view) = world_with_curves(server, 0..30);
    assert_eq!(world.under_way.len(), 4);
    world.answer(0);
    // Some runs are let go: what is under way for them is aborted, and the others' turn comes.
    let fewer = View { selected: view.selected[25..].to_vec(), ..view.clone() };
    world.say(Command::SetView { view: Box::new(fewer.clone()), sequence: 2 });
    let is_of_fewer =
        |(_, request): &(u32, Request)| fewer.selected.iter().any(|id| request.path.contains(&id.0));
    assert!(world.under_way.len() == 4 && world.under_way.iter().all(is_of_fewer));
    world.say(Command::SetView { view: Box::new(View { panels: vec![], ..fewer.clone() }), sequence: 3 });
    assert!(world.under_way.is_empty(), "nobody looks");
    world.say(Command::SetView { view: Box::new(fewer), sequence: 4 });
    assert_eq!(world.under_way.len(), 4, "somebody looks again");

    world.answer(0);
    world.say(Command::StopCurves);
    assert!(world.under_way.is_empty());
    let (info, chart) = curves(&world);
    assert_eq!((info.is_stopped, info.n_pending, chart.series.len()), (true, 4, 1));
    world.say(Command::SetView { view: Box::new(view), sequence: 5 });
    assert!(world.under_way.is_empty(), "stopped is stopped");
    world.say(Command::ResumeCurves);
    world.answer_all();
    let (info, chart) = curves(&world);
    assert_eq!((info.is_stopped, info.n_pending, chart.series.len()), (false, 0, 30));
}

#[test]
fn running_runs_and_new_ones_are_brought_up_to_date() {
    let running = vec![3, 150];
    let mut world = World::connected(Server { n_runs: 200, running, ..Server::default() });
    let selected = vec![RunId(format!("{:032x}", 3)), RunId(format!("{:032x}", 150))];
    let view = View { selected, panels: vec![Panel::Curves], ..View::default() };
    world.say(Command::SetView { view: Box::new(view), sequence: 1 });
    world.load();
    world.say(Command::Refresh);
    assert_eq!(world.under_way.len(), 1, "not while runs load");
    world.answer_all();
    assert_eq!((world.counts().n_all, world.progress().n_running), (200, 2));

    // Nothing is new: nothing is told.
    let n_events = world.events.len();
    world.say(Command::Refresh);
    world.say(Command::Refresh);
    assert_eq!(world.under_way.len(), 1, "one at a time");
    world.answer(0);
    assert_eq!(world.under_way.len(), 1, "run 3 is among the newest hundred, run 150 is asked for by itself");
    world.answer_all();
    assert_eq!(world.events.len(), n_events);

    // One has ended, and many have begun: pages are asked for until a run is known.
    world.server.running = vec![3, 320];
    world.server.n_newer = 130;
    world.say(Command::Refresh);
    world.answer(0);
    assert!(world.under_way[0].1.path.ends_with("/runs/search"), "{:?}", world.under_way);
    world.answer_all();
    assert_eq!((world.counts().n_all, world.progress().n_running), (330, 2));
    assert_eq!(world.progress().n_runs, 330);

    // A curve of a run that goes on stays while it is read once more; a server that is away takes nothing.
    world.server.has_rmse = |place| place != 3;
    world.say(Command::Refresh);
    world.fail(0, TransportError::Opaque);
    assert_eq!((world.counts().n_all, world.under_way.len()), (330, 0));
}

#[test]
fn a_cancelled_load_keeps_what_arrived_and_takes_no_late_answer() {
    let mut world = World::connected(Server { n_runs: 5_000, ..Server::default() });
    world.load();
    world.answer(0);
    let (id, request) = world.under_way[0].clone();
    world.say(Command::CancelLoad);
    assert!(world.under_way.is_empty(), "what was asked for is aborted");
    let answer = Ok(world.server.answer(&request));
    world.input(Input::Answered { id, answer });
    let progress = world.progress();
    assert!(progress.is_cancelled && !progress.is_loading);
    assert_eq!((progress.n_runs, world.counts().n_all), (100, 100));
}

#[test]
fn sizes_of_many_models_are_read_when_somebody_wants_them() {
    let size = ColumnKey::Attribute(Attribute::ModelSize);
    let has_size = |world: &World| {
        world.newest(|event| match event {
            Event::Columns(columns) => {
                Some((columns.default_axes.contains(&size), columns.default_columns.contains(&size)))
            }
            _ => None,
        })
    };
    let mut few = World::connected(Server { n_runs: 200, has_models: true, ..Server::default() });
    few.load();
    few.answer(0);
    assert_eq!(has_size(&few), (false, true), "nobody knows yet how many models there are");
    few.answer_all();
    assert_eq!((has_size(&few), few.progress().n_model_sizes), ((true, true), (200, 200)));

    let mut many = World::connected(Server { n_runs: 1_000, has_models: true, ..Server::default() });
    many.load();
    many.answer_all();
    assert_eq!((has_size(&many), many.progress().n_model_sizes), ((false, true), (0, 0)));
    many.say(Command::Rows { request: 1, start: 0, n_rows: 20, columns: vec![size] });
    many.answer_all();
    assert_eq!((many.progress().n_model_sizes, many.progress().n_models), ((20, 20), 1_000));
    many.say(Command::ReadModelSizes);
    many.answer(0);
    many.say(Command::StopModelSizes);
    assert!(many.under_way.is_empty() && many.progress().are_model_sizes_stopped);
    many.say(Command::ReadModelSizes);
    many.answer_all();
    assert_eq!(many.progress().n_model_sizes, (1_000, 1_000));
}

#[test]
fn what_is_shown_at_first_stays_until_all_runs_are_here() {
    // The newest runs, which come first, have no rmse.
    let mut world =
        World::connected(Server { n_runs: 3_000, has_rmse: |place| place > 100, ..Server::default() });
    let defaults = |world: &World| {
        world.newest(|event| match event {
            Event::Columns(columns) => Some((columns.default_axes.clone(), columns.default_columns.clone())),
            _ => None,
        })
    };
    world.load();
    world.answer(0);
    let first = defaults(&world);
    world.answer(0);
    world.answer(0);
    assert!(world.progress().is_loading);
    assert_eq!(defaults(&world), first);
    world.answer_all();
    let last = defaults(&world);
    let rmse = ColumnKey::Metric("rmse".into());
    assert!(!first.0.contains(&rmse) && last.0.contains(&rmse), "then the defaults are those of all runs");
}

#[test]
fn the_search_for_model_sizes_stops_and_goes_on() {
    let server = Server { n_runs: 50, has_models: true, ..Server::default() };
    let mut world = World::connected(server);
    world.load();
    world.answer(0);
    let sort = Sort { column: ColumnKey::Attribute(Attribute::ModelSize), direction: Direction::Ascending };
    world.say(Command::SetView { view: Box::new(View { sort: Some(sort), ..View::default() }), sequence: 1 });
    assert!(!world.under_way.is_empty(), "model sizes are asked for where the order needs them");
    world.say(Command::CancelLoad);
    assert!(world.under_way.is_empty() && world.progress().are_model_sizes_stopped);
    assert!(!world.progress().is_cancelled, "the runs had all arrived");
    let columns = vec![ColumnKey::Attribute(Attribute::ModelSize)];
    world.say(Command::Rows { request: 1, start: 0, n_rows: 10, columns });
    assert!(world.under_way.is_empty(), "stopped is stopped");
    world.say(Command::ResumeModelSizes);
    world.answer_all();
    assert_eq!(world.progress().n_model_sizes, (50, 50));
    assert!(!world.progress().are_model_sizes_stopped);
}

#[test]
fn another_load_forgets_the_one_before() {
    let mut world = World::connected(Server { n_runs: 5_000, ..Server::default() });
    world.load();
    world.answer(0);
    world.server.n_runs = 58;
    world.load();
    world.answer_all();
    assert_eq!(world.progress().n_runs, 58);
    assert_eq!(world.counts().n_all, 58);
}

#[test]
fn without_runs_or_axes_the_picture_is_empty_and_the_view_is_answered() {
    let mut world = World::connected(Server { n_runs: 58, ..Server::default() });
    world.plot();
    world.load();
    world.answer_all();
    let rmse = AxisView { column: ColumnKey::Metric("rmse".into()), kind: None, is_flipped: false };
    let one = View { axes: Some(vec![rmse]), ..View::default() };
    world.say(Command::SetView { view: Box::new(one.clone()), sequence: 1 });
    assert_eq!((world.n_axes_told(), world.painted()), (1, (1, 58, 1)));
    assert!(world.n_inked > 58, "each run is a short line across the only axis");

    let none = View { axes: Some(vec![]), ..View::default() };
    world.say(Command::SetView { view: Box::new(none), sequence: 2 });
    assert_eq!((world.n_axes_told(), world.painted(), world.n_inked), (0, (2, 58, 0), 0));

    world.say(Command::SetView { view: Box::new(one), sequence: 3 });
    world.server.n_runs = 0;
    world.load();
    assert_eq!((world.n_axes_told(), world.n_inked), (0, 0), "those of the load before are gone");
    world.answer_all();
    let sort = Some(Sort { column: ColumnKey::Metric("rmse".into()), direction: Direction::Ascending });
    let n_paints = world.n_paints;
    world.say(Command::SetView { view: Box::new(View { sort, ..View::default() }), sequence: 4 });
    assert_eq!(world.painted().0, 4);
    world.say(Command::SetView { view: Box::new(View::default()), sequence: 5 });
    world.say(Command::SetView { view: Box::new(View::default()), sequence: 6 });
    assert_eq!(world.painted(), (6, 0, 0), "also where nothing had to be painted");
    assert!(world.n_paints > n_paints, "other axes are painted, an order is not");
}

#[test]
fn a_brush_narrows_counts_rows_and_the_picture() {
    let mut world =
        World::connected(Server { n_runs: 58, has_rmse: |place| place >= 8, ..Server::default() });
    world.plot();
    world.load();
    world.answer_all();
    let n_paints = world.n_paints;
    world.say(Command::SetView { view: Box::new(view(10.0, 19.0)), sequence: 3 });
    assert_eq!(world.counts(), Counts { n_all: 58, n_kept: 58, n_brushed: 10 });
    assert_eq!(world.n_paints, n_paints + 1);
    let painted = world.newest(|event| match event {
        Event::Painted { sequence, n_runs, n_brushed, .. } => Some((*sequence, *n_runs, *n_brushed)),
        _ => None,
    });
    assert_eq!(painted, (3, 58, 10));
    world.say(Command::Rows { request: 9, start: 0, n_rows: 100, columns: vec![] });
    let rows = world.newest(|event| match event {
        Event::Rows(page) => Some(page.clone()),
        _ => None,
    });
    assert_eq!((rows.request, rows.n_total, rows.rows.len()), (9, 10, 10));

    // A run without the metric is in no interval, and nothing loses it otherwise.
    world.say(Command::SetView { view: Box::new(view(f64::MIN, f64::MAX)), sequence: 4 });
    assert_eq!(world.counts().n_brushed, 50);
    world.say(Command::SetView { view: Box::new(View::default()), sequence: 5 });
    assert_eq!(world.counts().n_brushed, 58);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn every_run_arrives_once_in_any_order_of_answers(
        n_runs in 0_usize..3_500,
        places in prop::collection::vec(any::<prop::sample::Index>(), 1..40),
        is_failing in prop::collection::vec(prop::bool::weighted(0.1), 40),
    ) {
        let mut world = World::connected(Server { n_runs, ..Server::default() });
        world.load();
        let mut failures = is_failing.into_iter();
        for place in places.iter().cycle() {
            if world.under_way.is_empty() {
                break;
            }
            let place = place.index(world.under_way.len());
            if failures.next() == Some(true) && world.under_way.len() > 1 {
                world.fail(place, TransportError::TimedOut { after_secs: 1 });
            } else {
                world.answer(place);
            }
        }
        let has_failed = world.events.iter().any(|event| matches!(event, Event::Failed { .. }));
        prop_assert!(!world.progress().is_loading);
        prop_assert_eq!(world.progress().n_runs, world.counts().n_all);
        prop_assert!(has_failed || world.counts().n_all == n_runs);
    }
}

#[test]
fn what_takes_long_waits_for_a_rest_and_is_done_once() {
    let mut world = World::connected(Server { n_runs: 20, ..Server::default() });
    world.load();
    world.answer_all();
    let n_told = |world: &World| {
        let is_importance = |event: &&Event| match event {
            Event::Workspace(text) => text.0.get().starts_with("{\"Importance\""),
            _ => false,
        };
        world.events.iter().filter(is_importance).count()
    };
    let open = View { panels: vec![Panel::Importance], ..View::default() };
    world.say(Command::SetView { view: Box::new(open.clone()), sequence: 1 });
    let filtered = View { filter: "metrics.rmse < 10".into(), ..open };
    world.say(Command::SetView { view: Box::new(filtered.clone()), sequence: 2 });
    assert_eq!(n_told(&world), 0);
    world.input(Input::Rested);
    world.input(Input::Rested);
    assert_eq!(n_told(&world), 1);
    // A brush changes nothing of it.
    let brush = Brush {
        column: ColumnKey::Metric("rmse".into()),
        picks: vec![Pick::Interval { low: 1.0, high: 2.0 }],
    };
    world.say(Command::SetView { view: Box::new(View { brushes: vec![brush], ..filtered }), sequence: 3 });
    world.input(Input::Rested);
    assert_eq!(n_told(&world), 1);
}
