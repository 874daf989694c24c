//! The registrar against a server made of values: every order of answers, refusals, answers that never come, and
//! others who write at the same time, without a browser.

use super::protocol::{Done, FailedWhat, Phase, Progress};
use super::{Ask, Input, News, Output, Registrar};
use crate::entities::{Alias, ModelTag, Stage, VersionNumber};
use crate::registry::ModelState;
use crate::registry::change::{Change, Decision, DescriptionChange, TagChange};
use crate::registry::record::{Author, Entry, What, entries_in, entry_id, tags_of};
use crate::registry::testing::{state, with_alias};
use crate::registry::timeline;
use crate::tracking::{
    Capabilities, Method, Request, Response, ServerAddress, ServerInfo, ServerKind, TransportError,
};
use proptest::prelude::*;
use serde_json::{Value, json};

/// What the server does with a write.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fate {
    /// It does it and says so.
    Fine,
    /// It says no.
    Refused,
    /// It does it, and the answer is lost.
    AnswerLost,
    /// It never gets it.
    Lost,
}

/// A registry with one model.
struct Server {
    state: ModelState,
    n_writes: usize,
    /// The metrics of every run.
    metrics: Vec<String>,
    /// Whether versions have files.
    has_files: bool,
}

impl Server {
    fn read(&self, request: &Request) -> Response {
        let path = request.path.split('?').next().unwrap_or_default();
        let tags = |tags: &[ModelTag]| {
            tags.iter().map(|tag| json!({ "key": tag.key, "value": tag.value })).collect::<Vec<_>>()
        };
        let body = match path {
            "/api/2.0/mlflow/registered-models/get" => {
                let aliases = self.state.model.aliases.iter();
                let aliases: Vec<Value> = aliases
                    .map(|alias| json!({ "alias": alias.name, "version": alias.version.to_string() }))
                    .collect();
                json!({ "registered_model": { "name": "taxi", "aliases": aliases,
                    "description": self.state.model.description, "tags": tags(&self.state.model.tags) } })
            }
            "/api/2.0/mlflow/model-versions/search" => {
                let versions = self.state.versions.iter().map(|version| {
                    json!({ "name": "taxi", "version": version.number.to_string(), "creation_timestamp": 1000,
                        "last_updated_timestamp": version.last_update_millis, "current_stage": version.stage.as_str(), "status": "READY",
                        "run_id": version.run_id.as_ref().map(|id| id.0.clone()), "tags": tags(&version.tags),
                        "description": version.description })
                });
                json!({ "model_versions": versions.collect::<Vec<_>>() })
            }
            "/api/2.0/mlflow/runs/search" => {
                return answer(
                    400,
                    json!({ "error_code": "INVALID_PARAMETER_VALUE", "message": "no IN here" }),
                );
            }
            "/api/2.0/mlflow/runs/get" => {
                let id = request.path.split("run_id=").nth(1).unwrap();
                let metrics = self
                    .metrics
                    .iter()
                    .map(|name| json!({ "key": name, "value": 0.5, "timestamp": 1, "step": 3 }));
                json!({ "run": { "info": { "run_id": id, "experiment_id": "1", "run_name": "n", "start_time": 0,
                    "end_time": 1500, "status": "FINISHED", "artifact_uri": "s3://b/artifacts" },
                    "data": { "metrics": metrics.collect::<Vec<_>>() } } })
            }
            "/api/2.0/mlflow/metrics/get-history" => json!({ "metrics": [
                { "key": "rmse", "value": 1, "timestamp": 1, "step": 0 },
                { "key": "rmse", "value": 0.5, "timestamp": 1, "step": 3 }] }),
            "/model-versions/get-artifact" if self.has_files => {
                return Response { body: b"mlflow_version: 2.8.0\n".to_vec(), ..answer(200, json!({})) };
            }
            "/api/2.0/mlflow/artifacts/list" => {
                let folder = json!({ "path": "model/data", "is_dir": true });
                let file =
                    |path: &str, size: u64| json!({ "path": path, "is_dir": false, "file_size": size });
                let is_below = request.path.contains("data");
                let files =
                    if is_below { vec![file("model/data/x", 3)] } else { vec![folder, file("model/m", 40)] };
                json!({ "files": files })
            }
            _ => return answer(404, json!({ "error_code": "ENDPOINT_NOT_FOUND", "message": path })),
        };
        answer(200, body)
    }

    fn write(&mut self, request: &Request) {
        self.n_writes += 1;
        let body: Value = serde_json::from_str(request.body.as_deref().unwrap()).unwrap();
        let text = |field: &str| body[field].as_str().unwrap().to_owned();
        let number = || VersionNumber(text("version").parse().unwrap());
        let path = request.path.trim_start_matches("/api/2.0/mlflow/");
        match (request.method, path) {
            (Method::Post, "model-versions/transition-stage") => {
                let (to, moved) = (Stage::from_word(&text("stage")).unwrap(), number());
                let is_archiving = body["archive_existing_versions"].as_bool().unwrap();
                assert!(!is_archiving || to.is_active(), "servers refuse that");
                let at_millis = Some(3_000 + self.n_writes as i64);
                for version in &mut self.state.versions {
                    if version.number == moved {
                        (version.stage, version.last_update_millis) = (to, at_millis);
                    } else if is_archiving && version.stage == to {
                        (version.stage, version.last_update_millis) = (Stage::Archived, at_millis);
                    }
                }
            }
            (Method::Post, "registered-models/alias") => {
                let (name, version) = (text("alias"), number());
                self.state.model.aliases.retain(|alias| alias.name != name);
                self.state.model.aliases.push(Alias { name, version });
            }
            (Method::Delete, "registered-models/alias") => {
                self.state.model.aliases.retain(|alias| alias.name != text("alias"));
            }
            (Method::Post, "model-versions/set-tag") => {
                let version =
                    self.state.versions.iter_mut().find(|version| version.number == number()).unwrap();
                let (key, value) = (text("key"), text("value"));
                assert!(version.tags.iter().all(|tag| tag.key != key), "an entry is overwritten");
                version.tags.push(ModelTag { key, value });
            }
            (Method::Patch, "registered-models/update") => self.state.model.description = text("description"),
            (Method::Patch, "model-versions/update") => {
                let version =
                    self.state.versions.iter_mut().find(|version| version.number == number()).unwrap();
                version.description = text("description");
            }
            (Method::Post, "registered-models/set-tag") => {
                let (key, value) = (text("key"), text("value"));
                self.state.model.tags.retain(|tag| tag.key != key);
                self.state.model.tags.push(ModelTag { key, value });
            }
            (Method::Delete, "registered-models/delete-tag") => {
                self.state.model.tags.retain(|tag| tag.key != text("key"));
            }
            other => panic!("an unknown write: {other:?}"),
        }
    }

    /// Somebody else's move, at a moment of its own.
    fn moved_by_another(&mut self, number: u64, to: Stage) {
        let version = self.state.versions.iter_mut().find(|it| it.number.0 == number).unwrap();
        (version.stage, version.last_update_millis) = (to, Some(7_777));
    }

    fn entries(&self, number: u64) -> Vec<Entry> {
        let found = entries_in(&self.state.version(VersionNumber(number)).unwrap().tags);
        found.into_iter().map(|found| found.entry.unwrap()).collect()
    }

    fn stages(&self) -> Vec<Stage> {
        self.state.versions.iter().map(|version| version.stage).collect()
    }
}

fn answer(status: u16, body: Value) -> Response {
    Response { status, content_type: "application/json".into(), body: body.to_string().into_bytes() }
}

struct World {
    registrar: Registrar,
    server: Server,
    server_info: ServerInfo,
    under_way: Vec<(u32, Request)>,
    news: Vec<News>,
}

impl World {
    fn new(state: ModelState) -> Self {
        let server = Server { state, n_writes: 0, metrics: vec!["rmse".into()], has_files: false };
        let address = ServerAddress { url: "http://127.0.0.1:5000".into(), ..ServerAddress::default() };
        let info = ServerInfo {
            url: address.url.clone(),
            kind: ServerKind::Mlflow,
            version: None,
            capabilities: Capabilities {
                api_prefix: "/api".into(),
                has_aliases: true,
                ..Capabilities::default()
            },
        };
        let mut world = Self {
            registrar: Registrar::default(),
            server,
            server_info: info.clone(),
            under_way: vec![],
            news: vec![],
        };
        world.say(Ask::Use { address, server: info });
        world
    }

    fn say(&mut self, ask: Ask) {
        // Every message goes through the text that it is sent as.
        let ask = serde_json::from_str(&serde_json::to_string(&ask).unwrap()).unwrap();
        self.input(Input::Ask(Box::new(ask)));
    }

    fn input(&mut self, input: Input) {
        for output in self.registrar.handle(input) {
            match output {
                Output::News(news) => {
                    let text = serde_json::to_string(&news).unwrap();
                    self.news.push(serde_json::from_str(&text).unwrap());
                }
                Output::Send { id, request, .. } => self.under_way.push((id, request)),
                Output::TellWithBlob { .. } => panic!("no file was asked for"),
                Output::Abort { id } => self.under_way.retain(|(other, _)| *other != id),
            }
        }
    }

    /// Answers the oldest request; a write as its fate says.
    fn answer(&mut self, fate: Fate) {
        let (id, request) = self.under_way.remove(0);
        let is_write = is_write(&request);
        let lost = Err(TransportError::Opaque);
        let refused = || Ok(answer(400, json!({ "error_code": "BAD_REQUEST", "message": "no" })));
        let answered = match (is_write, fate) {
            (false, Fate::Lost) => lost,
            (false, _) => Ok(self.server.read(&request)),
            (true, Fate::Fine) => {
                self.server.write(&request);
                Ok(answer(200, json!({})))
            }
            (true, Fate::AnswerLost) => {
                self.server.write(&request);
                lost
            }
            (true, Fate::Refused) => refused(),
            (true, Fate::Lost) => lost,
        };
        self.input(Input::Answered { id, answer: answered });
    }

    fn answer_all(&mut self) {
        while !self.under_way.is_empty() {
            self.answer(Fate::Fine);
        }
    }

    fn progress(&self) -> &Progress {
        let of = |news: &News| matches!(news, News::Progress(_));
        match self.news.iter().rev().find(|news| of(news)) {
            Some(News::Progress(progress)) => progress,
            _ => panic!("no progress was told"),
        }
    }

    fn promote(&mut self, version: u64, nonce: &str) {
        let aliases = [(Stage::Production, "champion".to_owned())];
        let change =
            Change::of_move(&self.server.state, VersionNumber(version), Stage::Production, true, &aliases);
        self.say(Ask::Change { change, decision: decision(nonce) });
    }
}

fn is_write(request: &Request) -> bool {
    request.method != Method::Get && !request.path.ends_with("/runs/search")
}

fn decision(nonce: &str) -> Decision {
    Decision {
        at_millis: 1_795_421_700_123.0,
        nonce: nonce.into(),
        reason: "better".into(),
        ..Decision::default()
    }
}

fn promoted() -> World {
    World::new(with_alias(state(&[Stage::Production, Stage::Staging]), "champion", 1))
}

#[test]
fn a_promotion_is_written_read_back_and_recorded() {
    let mut world = promoted();
    world.promote(2, "a");
    world.answer_all();
    assert_eq!(world.progress().phase, Phase::Finished);
    assert!(world.progress().steps.iter().all(|step| step.done == Done::Yes));
    assert_eq!(world.server.stages(), [Stage::Production, Stage::Archived]);
    assert_eq!(world.server.state.alias("champion"), Some(VersionNumber(2)));
    let entries = entries_in(&world.server.state.versions[0].tags);
    let whats: Vec<What> = entries.iter().map(|found| found.entry.as_ref().unwrap().what).collect();
    assert_eq!(whats, [What::Stage, What::Alias]);
}

#[test]
fn the_second_of_two_writes_nothing() {
    let mut world = promoted();
    world.promote(2, "a");
    // Somebody else moves version 1 between the decision and the write.
    world.server.state.versions[1].stage = Stage::Archived;
    world.answer_all();
    let Phase::Refused(differences) = &world.progress().phase else { panic!("{:?}", world.progress()) };
    assert_eq!(differences, &["Version 1 was in Production and is in Archived now."]);
    assert_eq!(world.server.n_writes, 0);
}

/// Texts of the model itself: described, tagged, its tag taken away.
fn described(version: Option<VersionNumber>) -> Change {
    let describe = DescriptionChange { version, from: String::new(), to: "what it is".into() };
    Change { model: "taxi".into(), subject: version, descriptions: vec![describe], ..Change::default() }
}

#[test]
fn texts_are_written_read_back_and_recorded_where_there_is_a_version() {
    let mut world = promoted();
    let mut change = described(None);
    change.tags.push(TagChange { version: None, key: "k".into(), from: None, to: Some("v".into()) });
    world.say(Ask::Change { change: change.clone(), decision: decision("a") });
    world.answer_all();
    assert_eq!(world.progress().phase, Phase::Finished);
    assert_eq!((world.server.state.model.description.as_str(), world.server.n_writes), ("what it is", 2));
    world.say(Ask::Change { change: change.inverse(), decision: decision("b") });
    world.answer_all();
    assert_eq!(world.progress().phase, Phase::Finished);
    assert!(world.server.state.model.description.is_empty() && world.server.state.model.tags.is_empty());
    assert!(world.server.state.versions.iter().all(|version| version.tags.is_empty()), "nothing is recorded");
    world.say(Ask::Change { change: described(Some(VersionNumber(2))), decision: decision("c") });
    world.answer_all();
    let version = &world.server.state.versions[0];
    assert_eq!(version.description, "what it is");
    let entry = entries_in(&version.tags).remove(0).entry.unwrap();
    assert_eq!((entry.what, entry.from, entry.to.as_deref()), (What::Description, None, Some("what it is")));
}

#[test]
fn a_description_that_somebody_else_wrote_stays() {
    let mut world = promoted();
    world.say(Ask::Change { change: described(None), decision: decision("a") });
    world.server.state.model.description = "theirs".into();
    world.answer_all();
    let Phase::Refused(differences) = &world.progress().phase else { panic!("{:?}", world.progress()) };
    assert_eq!(differences, &["The description of the model was not there and is “theirs” now."]);
    assert_eq!(world.server.n_writes, 0);
}

#[test]
fn a_server_that_dies_between_two_calls_leaves_a_choice() {
    for finishing in [true, false] {
        let mut world = promoted();
        world.promote(2, "a");
        // Two reads, the transition; then the server is gone: the alias, and the look at what became of it.
        for _ in 0..3 {
            world.answer(Fate::Fine);
        }
        world.answer(Fate::Lost);
        world.answer(Fate::Lost);
        let progress = world.progress().clone();
        assert!(
            matches!(&progress.phase, Phase::Stopped(why) if why.contains("Alias champion to version 2")),
            "{progress:?}"
        );
        assert_eq!(
            progress.steps.iter().map(|step| step.done).take(3).collect::<Vec<_>>(),
            [Done::Yes, Done::Unknown, Done::No]
        );
        assert!(
            world.server.state.versions.iter().all(|version| version.tags.is_empty()),
            "nothing is recorded"
        );
        world.say(if finishing { Ask::Finish } else { Ask::GoBack { decision: decision("b") } });
        world.answer_all();
        assert_eq!(world.progress().phase, Phase::Finished, "{:?}", world.progress());
        let expected = if finishing {
            [Stage::Production, Stage::Archived]
        } else {
            [Stage::Staging, Stage::Production]
        };
        assert_eq!(world.server.stages(), expected);
        assert_eq!(world.server.state.alias("champion"), Some(VersionNumber(if finishing { 2 } else { 1 })));
    }
}

/// A promotion of version 2, which was archived, stopped between the transition and the alias; version 3 is beside it.
fn stopped_midway() -> World {
    let stages = [Stage::Production, Stage::Archived, Stage::None];
    let mut world = World::new(with_alias(state(&stages), "champion", 1));
    world.promote(2, "a");
    for fate in [Fate::Fine, Fate::Fine, Fate::Fine, Fate::Lost, Fate::Lost] {
        world.answer(fate);
    }
    assert!(matches!(world.progress().phase, Phase::Stopped(_)), "{:?}", world.progress());
    assert_eq!(world.server.stages(), [Stage::None, Stage::Production, Stage::Archived]);
    world
}

#[test]
fn what_somebody_else_moved_while_a_change_was_stopped_is_left_alone() {
    for ask in [Ask::Finish, Ask::GoBack { decision: decision("b") }] {
        let mut world = stopped_midway();
        // To go back is to bring version 1 to Production and archive version 2, with everything else that is there.
        world.server.moved_by_another(3, Stage::Production);
        let n_writes = world.server.n_writes;
        world.say(ask.clone());
        world.answer_all();
        let Phase::Stopped(why) = &world.progress().phase else { panic!("{:?}", world.progress()) };
        assert!(why.contains("Version 3 is in Production now."), "{why}");
        assert_eq!(world.server.n_writes, n_writes);
        assert_eq!(world.server.stages(), [Stage::Production, Stage::Production, Stage::Archived]);
        // Once it is gone again, either way is open.
        world.server.moved_by_another(3, Stage::None);
        world.say(ask);
        world.answer_all();
        assert_eq!(world.progress().phase, Phase::Finished);
    }
    let mut world = stopped_midway();
    world.server.moved_by_another(2, Stage::Staging);
    world.say(Ask::GoBack { decision: decision("b") });
    world.answer_all();
    let Phase::Stopped(why) = &world.progress().phase else { panic!("{:?}", world.progress()) };
    assert!(why.contains("Version 2 was in Archived and is in Staging now."), "{why}");
}

#[test]
fn going_back_takes_nothing_back_that_somebody_else_did() {
    // The model could not be read, or the first write was refused; then somebody else makes the same move.
    for (fates, n_writes) in [(vec![Fate::Lost], 0), (vec![Fate::Fine, Fate::Fine, Fate::Refused], 0)] {
        let mut world = promoted();
        world.promote(2, "a");
        fates.into_iter().for_each(|fate| world.answer(fate));
        assert!(matches!(world.progress().phase, Phase::Stopped(_)));
        world.server.moved_by_another(2, Stage::Production);
        world.server.moved_by_another(1, Stage::Archived);
        world.say(Ask::GoBack { decision: decision("b") });
        world.answer_all();
        assert_eq!((&world.progress().phase, world.server.n_writes), (&Phase::Finished, n_writes));
        assert_eq!(world.server.stages(), [Stage::Production, Stage::Archived]);
    }
}

#[test]
fn finishing_records_nothing_that_somebody_else_did() {
    let mut world = promoted();
    world.promote(2, "a");
    for fate in [Fate::Fine, Fate::Fine, Fate::Refused] {
        world.answer(fate);
    }
    // Their move archives one more, all at the same time.
    world.server.moved_by_another(2, Stage::Production);
    world.server.moved_by_another(1, Stage::Archived);
    world.say(Ask::Finish);
    world.answer_all();
    let Phase::Stopped(why) = &world.progress().phase else { panic!("{:?}", world.progress()) };
    assert!(why.contains("Version 2 was in Staging and is in Production now."), "{why}");
    assert_eq!((world.server.n_writes, world.progress().notes.len()), (0, 0));
    assert!(world.server.state.versions.iter().all(|version| version.tags.is_empty()));
}

#[test]
fn a_change_that_could_not_be_checked_is_checked_when_it_is_finished() {
    let mut world = promoted();
    world.promote(2, "a");
    world.answer(Fate::Lost);
    world.server.moved_by_another(1, Stage::Archived);
    world.say(Ask::Finish);
    world.answer_all();
    assert!(matches!(world.progress().phase, Phase::Refused(_)), "{:?}", world.progress());
    assert_eq!(world.server.n_writes, 0);
}

#[test]
fn a_version_that_arrives_before_the_write_is_told_recorded_and_taken_back() {
    for (fate, is_moving_back) in [(Fate::Fine, false), (Fate::AnswerLost, false), (Fate::AnswerLost, true)] {
        let stages = [Stage::Production, Stage::Staging, Stage::None, Stage::Staging];
        let mut world = World::new(with_alias(state(&stages), "champion", 1));
        world.promote(2, "a");
        world.answer(Fate::Fine);
        world.answer(Fate::Fine);
        // After the last look: one comes to Production, another one is archived by hand.
        world.server.moved_by_another(3, Stage::Production);
        world.server.moved_by_another(4, Stage::Archived);
        world.answer(fate);
        if fate == Fate::AnswerLost {
            world.answer_all();
            world.say(if is_moving_back { Ask::GoBack { decision: decision("b") } } else { Ask::Finish });
        }
        world.answer_all();
        let progress = world.progress();
        assert_eq!(progress.phase, Phase::Finished, "{progress:?}");
        assert_eq!(progress.notes.len(), 1);
        assert!(
            progress.notes[0].starts_with("Version 3 came to Production between"),
            "{:?}",
            progress.notes
        );
        if is_moving_back {
            let back = [Stage::Archived, Stage::Production, Stage::Staging, Stage::Production];
            assert_eq!(world.server.stages(), back);
            continue;
        }
        assert_eq!(
            world.server.stages(),
            [Stage::Archived, Stage::Archived, Stage::Production, Stage::Archived]
        );
        assert_eq!(world.server.entries(2)[0].archived, ["1", "3"]);
        let of_three = &world.server.entries(3)[0];
        assert_eq!(
            (of_three.from.as_deref(), of_three.to.as_deref(), of_three.with.as_deref()),
            (Some("Production"), Some("Archived"), Some("2"))
        );
        assert!(world.server.entries(4).is_empty(), "what somebody archived by hand is not told");
        let subject = VersionNumber(2);
        let (id, _) = timeline::last_move(world.server.state.version(subject).unwrap()).unwrap();
        let change = Change::undoing(&world.server.state, &id, subject).unwrap();
        world.say(Ask::Change { change, decision: decision("c") });
        world.answer_all();
        assert_eq!(world.progress().phase, Phase::Finished);
        assert_eq!(
            world.server.stages(),
            [Stage::Archived, Stage::Production, Stage::Staging, Stage::Production]
        );
    }
}

#[test]
fn the_record_is_in_order_even_where_a_clock_is_behind() {
    let mut world = promoted();
    let by = Author { name: "ana".into(), source: "typed".into() };
    let tomorrow_millis = decision("a").at_millis + 86_400e3;
    let ahead = Entry {
        from: Some("None".into()),
        to: Some("Staging".into()),
        ..Entry::new(What::Stage, tomorrow_millis, &by)
    };
    world.server.state.versions[0].tags.extend(tags_of(&entry_id(tomorrow_millis, "z"), &ahead, 5000));
    world.promote(2, "a");
    world.answer_all();
    assert_eq!(world.progress().phase, Phase::Finished);
    let version = world.server.state.version(VersionNumber(2)).unwrap();
    let (id, entry) = timeline::last_move(version).unwrap();
    assert_eq!(entry.to.as_deref(), Some("Production"));
    assert!(id.starts_with(entry_id(tomorrow_millis + 1.0, "a").as_str()), "{id}");
    let lines = timeline::of_version(version);
    assert!(lines.iter().all(|line| line.source != timeline::Source::Elsewhere), "{lines:?}");
}

#[test]
fn another_server_leaves_a_change_and_says_how_it_stands() {
    let address = ServerAddress { url: "http://127.0.0.1:5001".into(), ..ServerAddress::default() };
    let told = |mut world: World| {
        let server = world.server_info.clone();
        world.say(Ask::Use { address: address.clone(), server });
        let at = world.news.len().checked_sub(2).unwrap();
        assert_eq!(world.news[at + 1], News::Switched);
        let News::Failed { what: FailedWhat::Change, message } = &world.news[at] else {
            panic!("{:?}", world.news[at])
        };
        assert!(
            message.contains("a change at http://127.0.0.1:5000 was left midway (taxi: version 2"),
            "{message}"
        );
        message.clone()
    };
    let mut world = promoted();
    world.promote(2, "a");
    assert!(told(world).contains("Nothing of it was written."));
    let mut world = promoted();
    world.promote(2, "a");
    world.answer(Fate::Fine);
    world.answer(Fate::Fine);
    assert!(told(world).contains("Not known: Version 2 to Production, archiving 1."));
    let message = told(stopped_midway());
    assert!(
        message.contains("Done of it: Version 2 to Production, archiving 1. Not known: Alias champion"),
        "{message}"
    );
}

#[test]
fn a_refusal_stops_and_says_so() {
    let mut world = promoted();
    world.promote(2, "a");
    world.answer(Fate::Fine);
    world.answer(Fate::Fine);
    world.answer(Fate::Refused);
    assert!(matches!(&world.progress().phase, Phase::Stopped(why) if why.contains("400 BAD_REQUEST")));
    assert!(world.under_way.is_empty() && world.server.n_writes == 0);
}

#[test]
fn a_model_comes_with_its_runs_one_by_one_where_the_server_knows_no_lists() {
    let mut world = promoted();
    let experiment_ids = vec![crate::entities::ExperimentId("1".into())];
    world.say(Ask::OpenModel { name: "taxi".into(), experiment_ids });
    world.answer_all();
    let n_runs: usize =
        world.news.iter().map(|news| if let News::Runs { items, .. } = news { items.len() } else { 0 }).sum();
    assert_eq!(n_runs, 2);
    let state = &world.server.state;
    let (candidate, holder) = (state.of_run(VersionNumber(2)), Some(state.of_run(VersionNumber(1))));
    world.say(Ask::Compare { model: "taxi".into(), candidate, holder });
    world.answer_all();
    let Some(News::Compared(compared)) = world.news.last() else { panic!("a comparison") };
    assert!(!compared.is_loading);
    assert_eq!(compared.curves[0].candidate, [(0, 1.0), (3, 0.5)]);
    assert_eq!(compared.missing.len(), 2, "both have no MLmodel file: {:?}", compared.missing);
}

#[test]
fn many_runs_that_come_one_by_one_are_told_together() {
    let mut world = World::new(state(&[Stage::None; 200]));
    world.say(Ask::OpenModel { name: "taxi".into(), experiment_ids: vec![] });
    world.answer_all();
    let told = world.news.iter().filter_map(|news| match news {
        News::Runs { items, .. } => Some(items.len()),
        _ => None,
    });
    let told: Vec<usize> = told.collect();
    assert_eq!(told.iter().sum::<usize>(), 200);
    assert_eq!(told[0], 1, "the first one at once");
    assert!(told.len() < 20, "{told:?}");
}

#[test]
fn a_comparison_asks_for_some_curves_at_a_time() {
    let mut world = promoted();
    world.server.metrics = (0..50).map(|n| format!("m{n:02}")).collect();
    let (candidate, holder) =
        (world.server.state.of_run(VersionNumber(2)), Some(world.server.state.of_run(VersionNumber(1))));
    world.say(Ask::Compare { model: "taxi".into(), candidate, holder });
    let mut n_most = 0;
    let answer_all = |world: &mut World, n_most: &mut usize| {
        while !world.under_way.is_empty() {
            let is_history = |(_, request): &&(u32, Request)| request.path.contains("get-history");
            *n_most = world.under_way.iter().filter(is_history).count().max(*n_most);
            world.answer(Fate::Fine);
        }
        let Some(News::Compared(compared)) = world.news.last() else { panic!("a comparison") };
        assert!(!compared.is_loading);
        let is_whole = compared.curves.iter().all(|it| it.candidate.len() == 2 && it.holder.len() == 2);
        assert!(is_whole, "both sides of each");
        (compared.curves.len(), compared.n_more_curves)
    };
    assert_eq!(answer_all(&mut world, &mut n_most), (6, 44));
    world.say(Ask::MoreCurves);
    assert_eq!(answer_all(&mut world, &mut n_most), (12, 38));
    assert_eq!(n_most, 3);
}

#[test]
fn the_size_of_an_older_model_is_added_up_or_said_to_be_unknown() {
    let mut world = promoted();
    world.server.has_files = true;
    world.server.state.versions[0].source = "s3://b/artifacts/model".into();
    world.server.state.versions[1].source = "s3://elsewhere/model".into();
    let (candidate, holder) =
        (world.server.state.of_run(VersionNumber(2)), Some(world.server.state.of_run(VersionNumber(1))));
    world.say(Ask::Compare { model: "taxi".into(), candidate, holder });
    world.answer_all();
    let Some(News::Compared(compared)) = world.news.last() else { panic!("a comparison") };
    let size = compared.metrics.iter().find(|row| row.name == "model size, kB").unwrap();
    assert_eq!((size.candidate.as_deref(), size.holder.as_deref()), (Some("0.043"), None));
    assert_eq!(
        compared.missing,
        [
            "The size of the model of version 1 is not known: its MLmodel file does not say it, and its files are not among those of its run."
        ]
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Whatever fails wherever: what the page is told to be done is done, nothing is recorded that did not happen,
    /// no write is sent again by itself, and finishing or going back ends where it says.
    #[test]
    fn any_failure_is_told_truly(
        fates in prop::collection::vec(prop_oneof![
            6 => Just(Fate::Fine), 1 => Just(Fate::Refused), 1 => Just(Fate::AnswerLost), 1 => Just(Fate::Lost),
        ], 1..40),
        is_finishing in any::<bool>(),
    ) {
        let mut world = promoted();
        let before = world.server.stages();
        world.promote(2, "a");
        let mut fates = fates.into_iter();
        let mut sent = Vec::new();
        while let Some((_, request)) = world.under_way.first() {
            if is_write(request) {
                prop_assert!(!sent.contains(request), "{request:?} is sent twice");
                sent.push(request.clone());
            }
            world.answer(fates.next().unwrap_or(Fate::Fine));
        }
        for (number, version) in world.server.state.versions.iter().enumerate() {
            for found in entries_in(&version.tags) {
                if let Some(entry) = found.entry.filter(|entry| entry.what == What::Stage) {
                    prop_assert_eq!(entry.to.as_deref(), Some(version.stage.as_str()), "version at {}", number);
                }
            }
        }
        let phase = world.progress().phase.clone();
        match phase {
            Phase::Finished => prop_assert!(world.server.stages() != before),
            Phase::Stopped(_) => {
                for (told, at) in world.progress().steps.iter().zip(0..) {
                    let is_moved = world.server.stages()[0] == Stage::Production;
                    if at == 0 && told.done != Done::Unknown {
                        prop_assert_eq!(told.done == Done::Yes, is_moved);
                    }
                }
                world.say(if is_finishing { Ask::Finish } else { Ask::GoBack { decision: decision("b") } });
                world.answer_all();
                prop_assert_eq!(&world.progress().phase, &Phase::Finished, "{:?}", world.progress());
                if is_finishing {
                    prop_assert_eq!(world.server.stages(), [Stage::Production, Stage::Archived]);
                } else {
                    prop_assert_eq!(world.server.stages(), before);
                }
            }
            other => prop_assert!(false, "{other:?}"),
        }
    }
}
