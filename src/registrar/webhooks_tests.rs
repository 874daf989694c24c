//! Webhooks against a server made of values: refusals, lost answers, others who write at the same time, strange
//! lists; whatever happens, what the page is told is so, and nothing is sent twice.

use super::protocol::FailedWhat;
use super::webhooks::{TestPhase, WebhookAsk, WebhookList, WebhookNews, WritePhase};
use super::{Ask, Input, News, Output, Registrar};
use crate::entities::{NewWebhook, WebhookEvent, WebhookId, WebhookStatus, promotion_events};
use crate::tracking::{
    Capabilities, Method, Request, Response, ServerAddress, ServerInfo, ServerKind, TransportError,
};
use proptest::prelude::*;
use serde_json::{Value, json};

type Answer = Result<Response, TransportError>;

/// What the server does with a write.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fate {
    Fine,
    Refused,
    /// It does it, and the answer is lost.
    AnswerLost,
    /// It never gets it.
    Lost,
}

struct World {
    registrar: Registrar,
    hooks: Vec<Value>,
    fate: Fate,
    /// How lists are answered instead, from the next one on.
    list_failure: Option<Answer>,
    under_way: Vec<(u32, Request)>,
    writes: Vec<Request>,
    news: Vec<WebhookNews>,
    failures: Vec<String>,
    n_per_page: usize,
}

fn ok(body: Value) -> Answer {
    answer(200, body)
}

fn answer(status: u16, body: Value) -> Answer {
    Ok(Response { status, content_type: String::new(), body: body.to_string().into_bytes() })
}

fn page(status: u16, text: &str) -> Answer {
    Ok(Response { status, content_type: "text/html".into(), body: text.into() })
}

fn refusal(status: u16, code: &str, message: &str) -> Answer {
    answer(status, json!({ "error_code": code, "message": message }))
}

fn hook(id: &str, name: &str) -> Value {
    json!({ "webhook_id": id, "name": name, "url": "https://h/x", "status": "ACTIVE",
        "events": [{ "entity": "MODEL_VERSION_TAG", "action": "SET" }], "creation_timestamp": 1, "last_updated_timestamp": 1 })
}

fn new(name: &str) -> NewWebhook {
    NewWebhook {
        name: name.into(),
        url: "https://h/x".into(),
        description: String::new(),
        events: promotion_events().into(),
        secret: "hunter2".into(),
    }
}

fn id(text: &str) -> WebhookId {
    WebhookId(text.into())
}

impl World {
    fn new(hooks: Vec<Value>) -> Self {
        let mut world = Self {
            registrar: Registrar::default(),
            hooks,
            fate: Fate::Fine,
            list_failure: None,
            under_way: vec![],
            writes: vec![],
            news: vec![],
            failures: vec![],
            n_per_page: 100,
        };
        world.use_server("http://127.0.0.1:5000");
        world
    }

    fn use_server(&mut self, url: &str) {
        let capabilities = Capabilities { api_prefix: "/api".into(), ..Capabilities::default() };
        let server = ServerInfo { url: url.into(), kind: ServerKind::Mlflow, version: None, capabilities };
        let address = ServerAddress { url: url.into(), ..ServerAddress::default() };
        self.input(Input::Ask(Box::new(Ask::Use { address, server })));
    }

    /// Asks and lets the server answer all that follows.
    fn say(&mut self, ask: WebhookAsk) -> WebhookNews {
        self.begin(ask);
        self.settle();
        self.news.last().unwrap().clone()
    }

    fn begin(&mut self, ask: WebhookAsk) {
        self.input(Input::Ask(Box::new(Ask::Webhooks(ask.to_text()))));
    }

    fn settle(&mut self) {
        while !self.under_way.is_empty() {
            self.answer_first();
        }
    }

    fn answer_first(&mut self) {
        let (id, request) = self.under_way.remove(0);
        let answer = self.serve(&request);
        self.input(Input::Answered { id, answer });
    }

    fn input(&mut self, input: Input) {
        for output in self.registrar.handle(input) {
            match output {
                Output::News(News::Webhooks(text)) => {
                    assert!(!text.contains("hunter2"), "the secret comes back: {text}");
                    self.news.push(serde_json::from_str(&text).unwrap());
                }
                Output::News(News::Switched) => {}
                Output::News(News::Failed { what: FailedWhat::Webhook, message }) => {
                    self.failures.push(message)
                }
                Output::Send { id, request, .. } => self.under_way.push((id, request)),
                Output::Abort { id } => {
                    self.under_way.retain(|(other, request)| {
                        assert!(*other != id || request.method == Method::Get, "a write was stopped");
                        *other != id
                    });
                }
                other => panic!("{other:?}"),
            }
        }
    }

    fn serve(&mut self, request: &Request) -> Answer {
        let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
        let rest = path.strip_prefix("/api/2.0/mlflow/webhooks").unwrap().trim_start_matches('/').to_owned();
        if request.method == Method::Get {
            if let Some(failure) = &self.list_failure {
                return failure.clone();
            }
            let offset: usize = query.split("page_token=").nth(1).map_or(0, |token| token.parse().unwrap());
            let end = (offset + self.n_per_page).min(self.hooks.len());
            let mut body = json!({ "webhooks": self.hooks[offset..end] });
            if end < self.hooks.len() {
                body["next_page_token"] = json!(end.to_string());
            }
            return ok(body);
        }
        self.writes.push(request.clone());
        match self.fate {
            Fate::Refused => return refusal(400, "INVALID_PARAMETER_VALUE", "no"),
            Fate::Lost => return Err(TransportError::Opaque),
            Fate::Fine | Fate::AnswerLost => {}
        }
        let body: Value = serde_json::from_str(request.body.as_deref().unwrap()).unwrap();
        let (id, is_test) = rest.strip_suffix("/test").map_or((rest.as_str(), false), |id| (id, true));
        let place = self.hooks.iter().position(|hook| hook["webhook_id"] == id);
        let done = match (request.method, place) {
            (Method::Post, _) if is_test => {
                ok(json!({ "result": { "success": true, "response_status": 200, "response_body": "ok" } }))
            }
            (Method::Post, _) => {
                let mut hook = body;
                hook["webhook_id"] = json!(format!("made-{}", self.hooks.len()));
                hook["status"] = json!("ACTIVE");
                hook.as_object_mut().unwrap().remove("secret");
                self.hooks.insert(0, hook.clone());
                ok(json!({ "webhook": hook }))
            }
            (Method::Patch, Some(place)) => {
                self.hooks[place]["status"] = body["status"].clone();
                ok(json!({ "webhook": self.hooks[place] }))
            }
            (Method::Delete, Some(place)) => {
                self.hooks.remove(place);
                ok(json!({}))
            }
            _ => return refusal(404, "RESOURCE_DOES_NOT_EXIST", "Webhook not found."),
        };
        if self.fate == Fate::AnswerLost { Err(TransportError::Opaque) } else { done }
    }
}

fn names(news: &WebhookNews) -> Vec<String> {
    match &news.list {
        WebhookList::Here(items, _) => items.iter().map(|hook| hook.name.clone()).collect(),
        other => panic!("{other:?}"),
    }
}

fn phase(news: &WebhookNews) -> WritePhase {
    news.write.as_ref().unwrap().phase.clone()
}

fn failure(news: &WebhookNews) -> (String, String) {
    match phase(news) {
        WritePhase::Failed(trouble) => (trouble.message, trouble.advice),
        other => panic!("{other:?}"),
    }
}

#[test]
fn all_pages_are_listed_and_a_server_that_goes_round_in_circles_is_left() {
    let mut world = World::new((0..7).map(|n| hook(&n.to_string(), &format!("hook-{n}"))).collect());
    world.n_per_page = 3;
    assert_eq!(names(&world.say(WebhookAsk::Open)).len(), 7);
    world.list_failure =
        Some(ok(json!({ "webhooks": [hook("1", "again"), { "name": "no id" }], "next_page_token": "x" })));
    let news = world.say(WebhookAsk::Refresh);
    let WebhookList::Here(items, skipped) = news.list else { panic!() };
    assert_eq!(items.len(), 1);
    assert_eq!(skipped.len(), 3, "{skipped:?}");
}

#[test]
fn servers_without_webhooks_say_so() {
    let mut world = World::new(vec![]);
    for missing in
        [page(404, "<!doctype html><title>404 Not Found</title>"), refusal(404, "ENDPOINT_NOT_FOUND", "no")]
    {
        world.list_failure = Some(missing);
        assert!(matches!(world.say(WebhookAsk::Open).list, WebhookList::Absent(why) if why.contains("3.3")));
    }
}

#[test]
fn failures_of_the_list_say_what_to_set() {
    let mut world = World::new(vec![]);
    for (answer, word) in [
        (refusal(500, "INTERNAL_ERROR", ""), "MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY"),
        (page(403, "Permission denied"), "administrators"),
        (page(500, "<html><title>500 Internal Server Error</title>"), "database"),
        (Err(TransportError::Opaque), ""),
        (page(200, "<html>Please sign in"), ""),
    ] {
        world.list_failure = Some(answer);
        let WebhookList::Failed(trouble) = world.say(WebhookAsk::Open).list else { panic!() };
        assert!(trouble.advice.contains(word), "{trouble:?}");
        assert_eq!(trouble.advice.is_empty(), word.is_empty(), "{trouble:?}");
    }
}

#[test]
fn a_webhook_is_made_disabled_enabled_tested_and_deleted() {
    let mut world = World::new(vec![hook("1", "old")]);
    world.say(WebhookAsk::Open);
    let news = world.say(WebhookAsk::Create(new("deploy")));
    assert_eq!(names(&news), ["deploy", "old"]);
    assert!(matches!(phase(&news), WritePhase::Done(note) if note.contains("a minute")), "{news:?}");
    for status in [WebhookStatus::Disabled, WebhookStatus::Active] {
        let news = world.say(WebhookAsk::SetStatus { id: id("1"), status: status.clone() });
        assert!(matches!(phase(&news), WritePhase::Done(_)));
        let WebhookList::Here(items, _) = &news.list else { panic!() };
        assert_eq!(items[1].status, status);
    }
    let [event, _] = promotion_events();
    let news = world.say(WebhookAsk::Test { id: id("1"), event });
    let Some(TestPhase::Ended(result, advice)) = news.test.map(|test| test.phase) else { panic!() };
    assert_eq!(
        (result.response_status, result.response_body.as_str(), advice.as_str()),
        (Some(200), "ok", "")
    );
    let news = world.say(WebhookAsk::Delete(id("1")));
    assert_eq!(names(&news), ["deploy"]);
    assert_eq!(news.write.unwrap().text, "Delete old");
    assert_eq!(world.writes.len(), 5);
    // Opened anew, what has ended is forgotten.
    let news = world.say(WebhookAsk::Open);
    assert_eq!((news.write, news.test), (None, None));
}

#[test]
fn a_refusal_changes_nothing_and_says_what_to_set() {
    for (words, setting) in [
        (
            "Webhook URL must not resolve to a non-public IP address. '127.0.0.1' resolves to 127.0.0.1.",
            "MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS=true",
        ),
        (
            "Invalid webhook URL scheme: 'http'. Allowed schemes are: https.",
            "MLFLOW_WEBHOOK_ALLOWED_SCHEMES=http,https",
        ),
        (
            "Cannot resolve Webhook URL hostname 'no-such-host.invalid': [Errno -2] Name or service not known",
            "host name",
        ),
        ("<img src=x onerror=alert(1)>", ""),
    ] {
        let mut world = World::new(vec![hook("1", "old")]);
        world.say(WebhookAsk::Open);
        world.begin(WebhookAsk::Create(new("deploy")));
        let (sent, request) = world.under_way.remove(0);
        assert_eq!(request.method, Method::Post);
        world.input(Input::Answered { id: sent, answer: refusal(400, "INVALID_PARAMETER_VALUE", words) });
        world.settle();
        let news = world.news.last().unwrap().clone();
        let (message, advice) = failure(&news);
        assert!(message.contains(words) && message.ends_with("Nothing was changed."), "{message}");
        assert!(advice.contains(setting) && advice.is_empty() == setting.is_empty(), "{advice}");
        assert_eq!(names(&news), ["old"]);
    }
}

#[test]
fn after_a_lost_answer_the_list_tells_what_happened() {
    for (fate, is_done) in [(Fate::AnswerLost, true), (Fate::Lost, false)] {
        for ask in [
            WebhookAsk::Create(new("old")),
            WebhookAsk::SetStatus { id: id("1"), status: WebhookStatus::Disabled },
            WebhookAsk::Delete(id("1")),
        ] {
            // One of the same name is there already: it is not taken for the one that was made.
            let mut world = World::new(vec![hook("1", "old")]);
            world.say(WebhookAsk::Open);
            world.fate = fate;
            let news = world.say(ask.clone());
            assert_eq!(world.writes.len(), 1, "a write is never sent twice");
            match phase(&news) {
                WritePhase::Done(note) => {
                    assert!(is_done && note.contains("No usable answer"), "{ask:?} {note}")
                }
                WritePhase::Failed(trouble) => {
                    assert!(!is_done && trouble.message.contains("it is not done"), "{ask:?} {trouble:?}");
                }
                other => panic!("{other:?}"),
            }
            // Neither can the list be read.
            world.list_failure = Some(Err(TransportError::Opaque));
            let (message, _) = failure(&world.say(WebhookAsk::Create(new("more"))));
            assert!(message.contains("only the server knows"), "{message}");
            assert_eq!(world.writes.len(), 2);
        }
    }
}

#[test]
fn what_others_did_meanwhile_is_said() {
    let mut world = World::new(vec![hook("1", "old"), hook("2", "other")]);
    world.say(WebhookAsk::Open);
    world.hooks.remove(0);
    let news = world.say(WebhookAsk::SetStatus { id: id("1"), status: WebhookStatus::Disabled });
    let (message, _) = failure(&news);
    assert!(message.contains("not found") && names(&news) == ["other"], "{message}");
    let news = world.say(WebhookAsk::Delete(id("1")));
    assert_eq!(phase(&news), WritePhase::Done("It was deleted already.".into()));
    // Somebody enables it between the write and the list.
    world.begin(WebhookAsk::SetStatus { id: id("2"), status: WebhookStatus::Disabled });
    world.answer_first();
    world.hooks[0]["status"] = json!("ACTIVE");
    world.settle();
    let (message, _) = failure(world.news.last().unwrap());
    assert!(message.contains("somebody else"), "{message}");
}

#[test]
fn one_write_and_one_test_at_a_time() {
    let mut world = World::new(vec![hook("1", "old")]);
    world.say(WebhookAsk::Open);
    let event = WebhookEvent::new("MOON", "ROSE");
    world.begin(WebhookAsk::Delete(id("1")));
    world.begin(WebhookAsk::Create(new("more")));
    world.begin(WebhookAsk::Test { id: id("1"), event: event.clone() });
    world.begin(WebhookAsk::Test { id: id("1"), event });
    // Asked for the list meanwhile, the write is told of to its end.
    world.begin(WebhookAsk::Open);
    world.settle();
    assert_eq!(world.writes.len(), 2);
    let news = world.news.last().unwrap();
    assert!(matches!(phase(news), WritePhase::Done(_)), "{news:?}");
    assert!(matches!(news.test.as_ref().unwrap().phase, TestPhase::Ended(..)));
}

#[test]
fn a_test_without_an_answer_may_have_called_the_url() {
    let mut world = World::new(vec![hook("1", "old")]);
    world.say(WebhookAsk::Open);
    let [event, _] = promotion_events();
    for (fate, words) in [(Fate::Lost, "may have been called"), (Fate::Refused, "was not sent")] {
        world.fate = fate;
        let news = world.say(WebhookAsk::Test { id: id("1"), event: event.clone() });
        let Some(TestPhase::Failed(trouble)) = news.test.map(|test| test.phase) else { panic!() };
        assert!(trouble.message.contains(words), "{trouble:?}");
    }
    assert_eq!(world.writes.len(), 2);
}

#[test]
fn a_server_that_is_left_during_a_write_is_named() {
    let mut world = World::new(vec![hook("1", "old")]);
    world.say(WebhookAsk::Open);
    world.begin(WebhookAsk::Delete(id("1")));
    world.use_server("http://other");
    assert!(world.failures[0].contains("http://127.0.0.1:5000"), "{:?}", world.failures);
    world.settle();
    assert_eq!(world.say(WebhookAsk::Open).write, None);
}

proptest! {
    #[test]
    fn any_answers_end_and_no_write_is_repeated(
        turns in prop::collection::vec((0u8..6, 0u8..8, "[{}\\[\\]\"a-z<>:0-9 ]{0,40}"), 1..12),
    ) {
        let mut world = World::new(vec![hook("1", "old")]);
        world.say(WebhookAsk::Open);
        for (ask, kind, body) in turns {
            let answer = match kind {
                0 => None,
                1 => Some(Err(TransportError::Opaque)),
                2 => Some(page(500, &body)),
                3 => Some(page(404, &body)),
                4 => Some(page(200, &body)),
                5 => Some(ok(json!({ "webhooks": [{ "webhook_id": body, "events": [{}] }, body, null] }))),
                6 => Some(ok(json!({ "webhook": { "webhook_id": body }, "result": { "response_status": body } }))),
                _ => Some(refusal(400, &body, &body)),
            };
            let n_before = world.writes.len();
            world.begin(match ask {
                0 => WebhookAsk::Open,
                1 => WebhookAsk::Refresh,
                2 => WebhookAsk::Create(new("x")),
                3 => WebhookAsk::SetStatus { id: id("1"), status: WebhookStatus::Other(body) },
                4 => WebhookAsk::Delete(id("1")),
                _ => WebhookAsk::Test { id: id("1"), event: WebhookEvent::new("A", "B") },
            });
            let mut n_turns = 0;
            while !world.under_way.is_empty() {
                n_turns += 1;
                prop_assert!(n_turns < 20);
                match &answer {
                    Some(answer) => {
                        let (id, request) = world.under_way.remove(0);
                        if request.method != Method::Get {
                            world.writes.push(request);
                        }
                        world.input(Input::Answered { id, answer: answer.clone() });
                    }
                    None => world.answer_first(),
                }
            }
            prop_assert!(world.writes.len() <= n_before + 1);
            let news = world.news.last().unwrap();
            prop_assert!(news.write.as_ref().is_none_or(|write| !write.is_under_way()));
            prop_assert!(news.list != WebhookList::Loading);
        }
    }
}
