//! Changes of runs against a server made of values: refusals, lost answers, a server that dies, others who write at
//! the same time; whatever happens, what the page is told is so.

use super::run_changes::{Outcome, RunAsk, RunNews, RunPhase, RunProgress, RunWrite, Tally};
use super::{Ask, Input, News, Output, Registrar};
use crate::entities::{ExperimentId, RunId};
use crate::tracking::{Capabilities, Method, Request, Response, ServerAddress, ServerInfo, TransportError};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What the server does with a request.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fate {
    Fine,
    Refused,
    /// It does it, and the answer is lost.
    AnswerLost,
    /// It never gets it.
    Lost,
}

#[derive(Clone, Debug, PartialEq)]
struct ServerRun {
    name: String,
    is_deleted: bool,
    tags: BTreeMap<String, String>,
}

struct World {
    registrar: Registrar,
    runs: BTreeMap<String, ServerRun>,
    has_id_lists: bool,
    under_way: Vec<(u32, Request)>,
    n_under_way_most: usize,
    news: Vec<RunNews>,
    outcomes: BTreeMap<RunId, Outcome>,
}

fn id(place: usize) -> RunId {
    RunId(format!("{place:04}"))
}

fn answer(status: u16, body: Value) -> Response {
    Response { status, content_type: "application/json".into(), body: body.to_string().into_bytes() }
}

fn is_read(request: &Request) -> bool {
    request.method == Method::Get || request.path.ends_with("/runs/search")
}

impl World {
    fn new(n_runs: usize) -> Self {
        let run = |place: usize| ServerRun {
            name: format!("run {place}"),
            is_deleted: false,
            tags: BTreeMap::from([("team".into(), "blue".into())]),
        };
        let runs = (0..n_runs).map(|place| (id(place).0, run(place))).collect();
        let mut world = Self {
            registrar: Registrar::default(),
            runs,
            has_id_lists: true,
            under_way: vec![],
            n_under_way_most: 0,
            news: vec![],
            outcomes: BTreeMap::new(),
        };
        world.use_server("http://127.0.0.1:5000");
        world
    }

    fn use_server(&mut self, url: &str) {
        let server = ServerInfo {
            url: url.into(),
            kind: crate::tracking::ServerKind::Mlflow,
            version: None,
            capabilities: Capabilities { api_prefix: "/api".into(), ..Capabilities::default() },
        };
        let address = ServerAddress { url: url.into(), ..ServerAddress::default() };
        self.input(Input::Ask(Box::new(Ask::Use { address, server })));
    }

    fn say(&mut self, ask: RunAsk) {
        let text = serde_json::to_string(&Ask::OfRuns(ask)).unwrap();
        self.input(Input::Ask(Box::new(serde_json::from_str(&text).unwrap())));
    }

    fn write(&mut self, write: RunWrite, places: impl IntoIterator<Item = usize>) {
        let run_ids = places.into_iter().map(id).collect();
        self.say(RunAsk::Write { write, run_ids, experiment_ids: vec![ExperimentId("1".into())] });
    }

    fn input(&mut self, input: Input) {
        for output in self.registrar.handle(input) {
            match output {
                Output::News(News::OfRuns(news)) => {
                    let text = serde_json::to_string(&news).unwrap();
                    if let RunNews::Progress(progress) = &news {
                        self.outcomes.extend(progress.changed.iter().cloned());
                    }
                    self.news.push(serde_json::from_str(&text).unwrap());
                }
                Output::News(News::Switched) => {}
                Output::News(other) => panic!("{other:?}"),
                Output::Send { id, request, .. } => self.under_way.push((id, request)),
                Output::TellWithBlob { .. } => panic!("no file is shown"),
                Output::Abort { id } => self.under_way.retain(|(other, _)| *other != id),
            }
        }
        self.n_under_way_most = self.n_under_way_most.max(self.under_way.len());
    }

    fn read(&self, request: &Request) -> Response {
        let as_json = |id: &str, run: &ServerRun| {
            let tags: Vec<Value> =
                run.tags.iter().map(|(key, value)| json!({ "key": key, "value": value })).collect();
            json!({ "info": { "run_id": id, "run_name": run.name, "experiment_id": "1", "status": "FINISHED",
                "lifecycle_stage": if run.is_deleted { "deleted" } else { "active" } }, "data": { "tags": tags } })
        };
        if request.method == Method::Get {
            let id = request.path.split("run_id=").nth(1).unwrap();
            return match self.runs.get(id) {
                Some(run) => answer(200, json!({ "run": as_json(id, run) })),
                None => {
                    answer(404, json!({ "error_code": "RESOURCE_DOES_NOT_EXIST", "message": "no such run" }))
                }
            };
        }
        if !self.has_id_lists {
            return answer(400, json!({ "error_code": "INVALID_PARAMETER_VALUE", "message": "no IN here" }));
        }
        let body: Value = serde_json::from_str(request.body.as_deref().unwrap()).unwrap();
        assert_eq!(body["run_view_type"], "ALL");
        let filter = body["filter"].as_str().unwrap();
        let found = self.runs.iter().filter(|(id, _)| filter.contains(&format!("'{id}'")));
        answer(200, json!({ "runs": found.map(|(id, run)| as_json(id, run)).collect::<Vec<_>>() }))
    }

    fn carry_out(&mut self, request: &Request) -> Response {
        let body: Value = serde_json::from_str(request.body.as_deref().unwrap()).unwrap();
        let text = |field: &str| body[field].as_str().unwrap().to_owned();
        let run = self.runs.get_mut(&text("run_id")).unwrap();
        match request.path.trim_start_matches("/api/2.0/mlflow/runs/") {
            "delete" => run.is_deleted = true,
            "restore" => run.is_deleted = false,
            _ if run.is_deleted => {
                return answer(
                    400,
                    json!({ "error_code": "INVALID_PARAMETER_VALUE", "message": "must be active" }),
                );
            }
            "update" => run.name = text("run_name"),
            "set-tag" => drop(run.tags.insert(text("key"), text("value"))),
            "delete-tag" => drop(run.tags.remove(&text("key"))),
            other => panic!("an unknown write: {other}"),
        }
        answer(200, json!({}))
    }

    /// Answers the oldest request as its fate says.
    fn answer(&mut self, fate: Fate) {
        let (id, request) = self.under_way.remove(0);
        let answered = match (is_read(&request), fate) {
            (_, Fate::Lost) | (true, Fate::AnswerLost) => Err(TransportError::Opaque),
            (true, _) => Ok(self.read(&request)),
            (false, Fate::Refused) => {
                Ok(answer(403, json!({ "error_code": "PERMISSION_DENIED", "message": "no" })))
            }
            (false, Fate::Fine) => Ok(self.carry_out(&request)),
            (false, Fate::AnswerLost) => {
                self.carry_out(&request);
                Err(TransportError::Opaque)
            }
        };
        self.input(Input::Answered { id, answer: answered });
    }

    fn answer_all(&mut self) {
        while !self.under_way.is_empty() {
            self.answer(Fate::Fine);
        }
    }

    fn progress(&self) -> &RunProgress {
        let progress = self.news.iter().rev().find_map(|news| match news {
            RunNews::Progress(progress) => Some(progress),
            RunNews::Note { .. } => None,
        });
        progress.expect("progress")
    }

    fn n_deleted(&self) -> usize {
        self.runs.values().filter(|run| run.is_deleted).count()
    }
}

fn done(n_done: usize) -> Tally {
    Tally { n_done, ..Tally::default() }
}

#[test]
fn all_but_five_are_deleted_and_come_back() {
    for has_id_lists in [true, false] {
        let mut world = World { has_id_lists, ..World::new(258) };
        let before = world.runs.clone();
        world.write(RunWrite::Delete, 5..258);
        world.answer_all();
        let progress = world.progress();
        assert_eq!((progress.phase, progress.tally, progress.n_undoable), (RunPhase::Ended, done(253), 253));
        assert_eq!(progress.summary(), "253 runs deleted, read back from the server.");
        assert_eq!(world.n_deleted(), 253);
        assert_eq!(world.n_under_way_most, 3);
        world.say(RunAsk::Undo);
        world.answer_all();
        assert_eq!(world.progress().tally, done(253));
        assert_eq!(world.runs, before);
    }
}

#[test]
fn runs_that_were_deleted_before_stay_deleted_after_an_undo() {
    let mut world = World::new(4);
    world.runs.get_mut(&id(2).0).unwrap().is_deleted = true;
    let before = world.runs.clone();
    world.write(RunWrite::Delete, 0..4);
    world.answer_all();
    assert_eq!(world.progress().tally, Tally { n_already: 1, ..done(3) });
    world.say(RunAsk::Undo);
    world.answer_all();
    assert_eq!(world.runs, before);
}

#[test]
fn a_refusal_of_one_run_stops_no_other_and_can_be_tried_again() {
    let mut world = World::new(9);
    world.write(RunWrite::Delete, 0..9);
    world.answer(Fate::Fine);
    for place in 0..9 {
        world.answer(if place % 3 == 1 { Fate::Refused } else { Fate::Fine });
    }
    world.answer_all();
    assert_eq!(world.progress().tally, Tally { n_failed: 3, ..done(6) });
    assert_eq!(
        world.outcomes[&id(1)],
        Outcome::Failed("the server refused (403 PERMISSION_DENIED): no".into())
    );
    world.say(RunAsk::Retry);
    world.answer_all();
    assert_eq!((world.progress().tally, world.progress().n_undoable), (done(9), 9));
}

#[test]
fn a_server_that_dies_midway_is_not_asked_any_further() {
    let mut world = World::new(50);
    world.write(RunWrite::Delete, 0..50);
    for _ in 0..11 {
        world.answer(Fate::Fine);
    }
    while !world.under_way.is_empty() {
        world.answer(Fate::Lost);
    }
    let progress = world.progress().clone();
    assert_eq!(
        (progress.phase, progress.tally),
        (RunPhase::Ended, Tally { n_open: 35, n_written: 10, n_unknown: 5, ..Tally::default() })
    );
    assert!(progress.stopped.is_some(), "{progress:?}");
    assert!(progress.summary().contains("10 of them could not be read back"), "{}", progress.summary());
    // It is there again.
    world.say(RunAsk::Retry);
    world.answer_all();
    assert_eq!((world.progress().tally, world.n_deleted()), (done(50), 50));
}

#[test]
fn cancelling_leaves_the_rest_and_reads_back_what_was_sent() {
    let mut world = World::new(20);
    world.write(RunWrite::Delete, 0..20);
    for _ in 0..5 {
        world.answer(Fate::Fine);
    }
    world.say(RunAsk::Cancel);
    world.answer_all();
    assert_eq!(world.progress().tally, Tally { n_open: 13, ..done(7) });
    assert_eq!(world.n_deleted(), 7);
    world.say(RunAsk::Undo);
    world.answer_all();
    assert_eq!(world.n_deleted(), 0);
}

#[test]
fn one_change_at_a_time_and_another_server_ends_it() {
    let mut world = World::new(9);
    world.write(RunWrite::Delete, 0..9);
    world.answer(Fate::Fine);
    world.write(RunWrite::Restore, 0..9);
    assert_eq!(world.progress().write, RunWrite::Delete);
    world.use_server("http://127.0.0.1:5001");
    let progress = world.progress().clone();
    assert_eq!((progress.phase, progress.tally.n_unknown, progress.tally.n_open), (RunPhase::Ended, 3, 6));
    // The writes were sent and go on; their answers mean nothing to the new server.
    assert_eq!(world.under_way.len(), 3);
    world.answer_all();
    assert_eq!(world.progress(), &progress);
}

fn rename(from: &str, to: &str) -> RunWrite {
    RunWrite::Rename { from: from.into(), to: to.into() }
}

fn tag(from: Option<&str>, to: Option<&str>) -> RunWrite {
    RunWrite::Tag { key: "team".into(), from: from.map(Into::into), to: to.map(Into::into) }
}

#[test]
fn names_and_tags_change_and_change_back() {
    let mut world = World::new(2);
    let before = world.runs.clone();
    for write in [rename("run 1", "<b>new</b>"), tag(Some("blue"), Some("red")), tag(Some("red"), None)] {
        world.write(write, [1]);
        world.answer_all();
        assert_eq!(world.progress().tally, done(1), "{:?}", world.outcomes);
    }
    assert_eq!(world.runs[&id(1).0].name, "<b>new</b>");
    assert!(world.runs[&id(1).0].tags.is_empty());
    for write in [tag(Some("red"), None), tag(Some("blue"), Some("red")), rename("run 1", "<b>new</b>")] {
        world.write(write.inverse(), [1]);
        world.answer_all();
    }
    assert_eq!(world.runs, before);
}

#[test]
fn what_somebody_else_changed_meanwhile_is_not_overwritten() {
    let mut world = World::new(2);
    let failure = |world: &mut World, write: RunWrite| {
        let before = world.runs.clone();
        world.write(write, [1]);
        world.answer_all();
        assert_eq!(world.runs, before);
        match &world.outcomes[&id(1)] {
            Outcome::Failed(why) => why.clone(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(
        failure(&mut world, tag(Some("green"), Some("red"))),
        "nothing was written, since its tag team has another value now"
    );
    assert!(failure(&mut world, rename("other", "new")).contains("its name is “run 1” now"));
    world.runs.get_mut(&id(1).0).unwrap().is_deleted = true;
    assert!(failure(&mut world, rename("run 1", "new")).contains("the run is deleted"));
}

#[test]
fn a_note_is_read() {
    let mut world = World::new(0);
    world.say(RunAsk::ReadNote("*x*".into()));
    assert!(matches!(&world.news[0], RunNews::Note { text, blocks } if text == "*x*" && blocks.len() == 1));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Whatever fails wherever: what is told to be done is done, what is told to have failed has not happened, no
    /// write is sent twice by itself, and once the server answers again trying again ends it and undoing takes it back.
    #[test]
    fn any_failure_is_told_truly(
        n_runs in 1_usize..30,
        n_deleted_before in 0_usize..3,
        fates in prop::collection::vec(prop_oneof![
            8 => Just(Fate::Fine), 1 => Just(Fate::Refused), 1 => Just(Fate::AnswerLost), 1 => Just(Fate::Lost),
        ], 1..60),
        order in prop::collection::vec(0_usize..3, 1..60),
        has_id_lists in any::<bool>(),
        cancel_at in prop::option::of(0_usize..40),
        is_retrying in any::<bool>(),
    ) {
        let mut world = World { has_id_lists, ..World::new(n_runs) };
        for place in 0..n_deleted_before.min(n_runs) {
            world.runs.get_mut(&id(place).0).unwrap().is_deleted = true;
        }
        let before = world.runs.clone();
        world.write(RunWrite::Delete, 0..n_runs);
        let mut fates = fates.into_iter();
        let mut order = order.into_iter().cycle();
        let mut sent = Vec::new();
        let mut n_answered = 0;
        while !world.under_way.is_empty() {
            for (id, request) in world.under_way.iter().filter(|(_, request)| !is_read(request)) {
                prop_assert!(sent.iter().all(|(other, body)| other == id || *body != request.body), "sent twice");
                sent.push((*id, request.body.clone()));
            }
            // Answers come in any order.
            let at = order.next().unwrap_or(0) % world.under_way.len();
            world.under_way.swap(0, at);
            world.answer(fates.next().unwrap_or(Fate::Fine));
            n_answered += 1;
            if cancel_at == Some(n_answered) {
                world.say(RunAsk::Cancel);
            }
        }
        let check = |world: &World| -> Result<(), TestCaseError> {
            let progress = world.progress();
            prop_assert_eq!(progress.phase, RunPhase::Ended);
            let mut tally = Tally::default();
            for (run_id, run) in &world.runs {
                let outcome = world.outcomes.get(&RunId(run_id.clone())).unwrap_or(&Outcome::Open);
                match outcome {
                    Outcome::Open => { tally.n_open += 1; prop_assert_eq!(run, &before[run_id]); }
                    Outcome::Already => { tally.n_already += 1; prop_assert!(run.is_deleted && before[run_id].is_deleted); }
                    Outcome::Written => { tally.n_written += 1; prop_assert!(run.is_deleted); }
                    Outcome::Done => { tally.n_done += 1; prop_assert!(run.is_deleted && !before[run_id].is_deleted); }
                    Outcome::Failed(_) => { tally.n_failed += 1; prop_assert_eq!(run, &before[run_id]); }
                    Outcome::Unknown(_) => tally.n_unknown += 1,
                }
            }
            prop_assert_eq!(tally, progress.tally);
            Ok(())
        };
        check(&world)?;
        if is_retrying {
            world.say(RunAsk::Retry);
            world.answer_all();
            check(&world)?;
            prop_assert_eq!(world.n_deleted(), n_runs);
        }
        if world.progress().n_undoable > 0 {
            world.say(RunAsk::Undo);
            world.answer_all();
        }
        prop_assert_eq!(&world.runs, &before);
    }
}
