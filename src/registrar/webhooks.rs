//! Webhooks: what there is, and the writes to it. After every write the list is read again, and what the page is told
//! of the write is what the list shows. Nothing is sent twice by itself.

use crate::entities::{NewWebhook, Webhook, WebhookEvent, WebhookId, WebhookStatus, WebhookTestResult};
use crate::tracking::mlflow::{self, webhooks as requests};
use crate::tracking::{Capabilities, Page, Request, Response, ServerError, TransportError};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What the page asks for. Every answer is the whole of [`WebhookNews`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum WebhookAsk {
    /// The webhooks there are; what came of earlier writes and tests is forgotten.
    Open,
    /// The list again.
    Refresh,
    /// Make one.
    Create(NewWebhook),
    /// Have one called, or not called any more.
    SetStatus {
        /// Which.
        id: WebhookId,
        /// What it becomes.
        status: WebhookStatus,
    },
    /// Delete one.
    Delete(WebhookId),
    /// Have the server call one with an example.
    Test {
        /// Which.
        id: WebhookId,
        /// Of which event.
        event: WebhookEvent,
    },
}

impl WebhookAsk {
    /// As text, for the message that carries it.
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The opposite; none for what another version of this program wrote.
    pub fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }
}

/// All that is known of webhooks.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct WebhookNews {
    /// The webhooks.
    pub list: WebhookList,
    /// The newest write, and how it stands.
    pub write: Option<WebhookWrite>,
    /// The newest test, and how it stands.
    pub test: Option<WebhookTest>,
}

impl WebhookNews {
    /// As text, for the message that carries it.
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The opposite; nothing known, for what another version of this program wrote.
    pub fn read(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }
}

/// The list, as far as it is known.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub enum WebhookList {
    /// Not here yet.
    #[default]
    Loading,
    /// This server has no webhooks, for this reason.
    Absent(String),
    /// Here, with a sentence for each webhook that could not be read.
    Here(Vec<Webhook>, Vec<String>),
    /// It could not be read.
    Failed(Trouble),
}

/// What happened, and what to do about it where that is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// What happened and what was kept.
    pub message: String,
    /// What to set or to do; empty where nobody knows.
    pub advice: String,
}

/// A write, and how it stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WebhookWrite {
    /// What it does, such as `Disable deploy`.
    pub text: String,
    /// Whether it makes a webhook.
    pub is_create: bool,
    /// Where it is.
    pub phase: WritePhase,
}

/// Where a write is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum WritePhase {
    /// Sent.
    Writing,
    /// Reading the list back.
    Verifying,
    /// The list shows that it is done. A sentence where something is to be known besides; else empty.
    Done(String),
    /// It is not done, or nobody knows.
    Failed(Trouble),
}

impl WebhookWrite {
    /// Whether it has not ended.
    pub fn is_under_way(&self) -> bool {
        matches!(self.phase, WritePhase::Writing | WritePhase::Verifying)
    }
}

/// A test, and how it stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WebhookTest {
    /// Of which webhook.
    pub id: WebhookId,
    /// With which event.
    pub event: WebhookEvent,
    /// Where it is.
    pub phase: TestPhase,
}

/// Where a test is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum TestPhase {
    /// The server is calling the URL.
    Sending,
    /// The server tells what came of it, and what to do about it where that is known.
    Ended(WebhookTestResult, String),
    /// The server does not.
    Failed(Trouble),
}

/// What a request under way is for.
#[derive(Debug)]
pub(super) enum WebhookPending {
    List { so_far: Page<Webhook>, tokens: BTreeSet<String> },
    Write,
    Test,
}

impl WebhookPending {
    /// Whether it changes something on the server, or sends something from there.
    pub(super) fn is_write(&self) -> bool {
        matches!(self, Self::Write | Self::Test)
    }

    /// Whether it belongs to reading the list.
    pub(super) fn is_list(&self) -> bool {
        matches!(self, Self::List { .. })
    }
}

/// What is to be done.
#[derive(Debug)]
pub(super) enum WebhookAct {
    /// Tell the page.
    Tell(WebhookNews),
    /// Send a request, and hand its answer back with this.
    Send(Request, WebhookPending),
    /// Stop reading the list.
    AbortList,
}

/// The write under way: what it is about, and what the server answered.
#[derive(Debug)]
struct Sent {
    what: What,
    answer: Option<Answer>,
}

#[derive(Debug)]
enum What {
    /// The secret is in the request only. `known`: the webhooks there were before.
    Create {
        name: String,
        url: String,
        events: Vec<WebhookEvent>,
        known: Vec<WebhookId>,
        made: Option<WebhookId>,
    },
    SetStatus {
        id: WebhookId,
        status: WebhookStatus,
    },
    Delete {
        id: WebhookId,
    },
}

#[derive(Debug)]
enum Answer {
    Taken,
    Refused(ServerError),
    /// Nobody but the server knows whether it happened.
    Lost(ServerError),
}

impl What {
    /// Whether the list shows it.
    fn is_in(&self, items: &[Webhook]) -> bool {
        match self {
            Self::Create { .. } => self.made(items).is_some(),
            Self::SetStatus { id, status } => {
                items.iter().any(|hook| hook.id == *id && hook.status == *status)
            }
            Self::Delete { id } => !items.iter().any(|hook| hook.id == *id),
        }
    }

    /// The webhook it made.
    fn made<'a>(&self, items: &'a [Webhook]) -> Option<&'a Webhook> {
        let Self::Create { name, url, known, made, .. } = self else { return None };
        items.iter().find(|hook| match made {
            Some(id) => hook.id == *id,
            None => hook.name == *name && hook.url == *url && !known.contains(&hook.id),
        })
    }

    /// What is to be known besides, once it is done.
    fn remark(&self, items: &[Webhook]) -> String {
        const CACHE: &str = "The server keeps its list of webhooks for up to a minute (MLFLOW_WEBHOOK_CACHE_TTL), so until then it may act by the old one.";
        match (self, self.made(items)) {
            (Self::Create { events, .. }, Some(hook)) => {
                let set = |events: &[WebhookEvent]| events.iter().cloned().collect::<BTreeSet<_>>();
                if set(events) == set(&hook.events) {
                    CACHE.to_owned()
                } else {
                    format!("Its events are not those that were asked for. {CACHE}")
                }
            }
            _ => CACHE.to_owned(),
        }
    }
}

/// The part of the registrar behind the page of webhooks.
#[derive(Debug, Default)]
pub(super) struct Webhooks {
    news: WebhookNews,
    sent: Option<Sent>,
}

impl Webhooks {
    /// Takes a question of the page.
    pub(super) fn ask(&mut self, ask: WebhookAsk, capabilities: &Capabilities) -> Vec<WebhookAct> {
        let is_writing = self.news.write.as_ref().is_some_and(WebhookWrite::is_under_way);
        let is_testing = self.news.test.as_ref().is_some_and(|test| test.phase == TestPhase::Sending);
        let list_again = || read_list(capabilities);
        match ask {
            WebhookAsk::Open | WebhookAsk::Refresh => {
                if ask == WebhookAsk::Open {
                    self.news.list = WebhookList::Loading;
                    // What is under way is told of to its end.
                    self.news.write = self.news.write.take().filter(|_| is_writing);
                    self.news.test = self.news.test.take().filter(|_| is_testing);
                }
                let mut acts = vec![self.tell()];
                acts.extend(list_again());
                acts
            }
            // The page offers no second one while one is under way.
            WebhookAsk::Create(_) | WebhookAsk::SetStatus { .. } | WebhookAsk::Delete(_) if is_writing => {
                vec![]
            }
            WebhookAsk::Test { .. } if is_testing => vec![],
            WebhookAsk::Create(new) => {
                let known = self.items().iter().map(|hook| hook.id.clone()).collect();
                let request = requests::create(capabilities, &new);
                let NewWebhook { name, url, events, .. } = new;
                let text = format!("Create {name}");
                self.write(text, What::Create { name, url, events, known, made: None }, request)
            }
            WebhookAsk::SetStatus { id, status } => {
                let verb = if status == WebhookStatus::Active { "Enable" } else { "Disable" };
                let text = format!("{verb} {}", self.name_of(&id));
                let request = requests::set_status(capabilities, &id, &status);
                self.write(text, What::SetStatus { id, status }, request)
            }
            WebhookAsk::Delete(id) => {
                let text = format!("Delete {}", self.name_of(&id));
                let request = requests::delete(capabilities, &id);
                self.write(text, What::Delete { id }, request)
            }
            WebhookAsk::Test { id, event } => {
                let request = requests::test(capabilities, &id, &event);
                self.news.test = Some(WebhookTest { id, event, phase: TestPhase::Sending });
                vec![self.tell(), WebhookAct::Send(request, WebhookPending::Test)]
            }
        }
    }

    /// Takes an answer.
    pub(super) fn answered(
        &mut self,
        pending: WebhookPending,
        answer: Result<Response, TransportError>,
        capabilities: &Capabilities,
    ) -> Vec<WebhookAct> {
        let answer = answer.map_err(ServerError::Transport);
        match pending {
            WebhookPending::List { mut so_far, mut tokens } => {
                match answer.and_then(|response| requests::decode_page(&response)) {
                    Ok(page) => {
                        let token = page.next_page_token.clone();
                        so_far.items.extend(page.items);
                        so_far.skipped.extend(page.skipped);
                        match token {
                            // A server that goes round in circles would be asked for ever.
                            Some(token) if tokens.insert(token.clone()) => {
                                let request = requests::list(capabilities, Some(&token));
                                return vec![WebhookAct::Send(
                                    request,
                                    WebhookPending::List { so_far, tokens },
                                )];
                            }
                            Some(_) => so_far.skipped.push(
                                "The server names a page that it has given already; the list ends there."
                                    .into(),
                            ),
                            None => {}
                        }
                        // One made meanwhile shifts the others from page to page.
                        let mut seen = BTreeSet::new();
                        so_far.items.retain(|hook| seen.insert(hook.id.clone()));
                        self.listed(Ok(so_far));
                    }
                    Err(error) => self.listed(Err(error)),
                }
                vec![self.tell()]
            }
            WebhookPending::Write => {
                let Some(sent) = self.sent.as_mut() else { return vec![] };
                sent.answer = Some(
                    match answer.and_then(|response| mlflow::check(&response).map(|_| response.clone())) {
                        Ok(response) => {
                            if let What::Create { made, .. } = &mut sent.what {
                                // Without a readable answer the list tells which one it is.
                                *made = requests::decode_one(&response).ok().map(|hook| hook.id);
                            }
                            Answer::Taken
                        }
                        Err(error) if is_refusal(&error) => Answer::Refused(error),
                        Err(error) => Answer::Lost(error),
                    },
                );
                self.set_phase(WritePhase::Verifying);
                let mut acts = vec![self.tell()];
                acts.extend(read_list(capabilities));
                acts
            }
            WebhookPending::Test => {
                let Some(test) = self.news.test.as_mut() else { return vec![] };
                test.phase = match answer.and_then(|response| requests::decode_test(&response)) {
                    Ok(result) => {
                        let advice =
                            if result.is_success { String::new() } else { advice_on(&result.error_message) };
                        TestPhase::Ended(result, advice)
                    }
                    Err(error) if is_refusal(&error) => {
                        TestPhase::Failed(trouble("The test was not sent", &error))
                    }
                    Err(error) => TestPhase::Failed(trouble(
                        "Nothing is known of the test, and the URL may have been called all the same",
                        &error,
                    )),
                };
                vec![self.tell()]
            }
        }
    }

    /// What becomes of a write under way when another server than this one is used from now on.
    pub(super) fn leave(&self, url: &str) -> Option<String> {
        let write = self.news.write.as_ref().filter(|write| write.is_under_way())?;
        Some(format!(
            "{}: another server was opened before {url} answered, so whether it was done is known there only.",
            write.text
        ))
    }

    fn write(&mut self, text: String, what: What, request: Request) -> Vec<WebhookAct> {
        let is_create = matches!(what, What::Create { .. });
        self.sent = Some(Sent { what, answer: None });
        self.news.write = Some(WebhookWrite { text, is_create, phase: WritePhase::Writing });
        vec![self.tell(), WebhookAct::Send(request, WebhookPending::Write)]
    }

    /// The list, or why there is none; with it, what has come of a write.
    fn listed(&mut self, read: Result<Page<Webhook>, ServerError>) {
        let ended = self.sent.take_if(|sent| sent.answer.is_some());
        if let Some(Sent { what, answer: Some(answer) }) = ended {
            let text = self.news.write.as_ref().map(|write| write.text.clone()).unwrap_or_default();
            self.set_phase(outcome(&text, &what, &answer, read.as_ref().map(|page| page.items.as_slice())));
        }
        self.news.list = match read {
            Ok(page) => WebhookList::Here(page.items, page.skipped),
            Err(error) if requests::is_absent(&error) => WebhookList::Absent(
                "This server has no webhooks: MLflow 3.3 or newer with a database has them.".to_owned(),
            ),
            Err(error) => {
                let mut trouble = trouble("The webhooks could not be listed", &error);
                if matches!(error, ServerError::Http { status: 500, .. }) {
                    trouble.advice =
                        "An MLflow that keeps its registry in files answers so: webhooks need a database."
                            .into();
                }
                WebhookList::Failed(trouble)
            }
        };
    }

    fn set_phase(&mut self, phase: WritePhase) {
        if let Some(write) = self.news.write.as_mut() {
            write.phase = phase;
        }
    }

    fn tell(&self) -> WebhookAct {
        WebhookAct::Tell(self.news.clone())
    }

    fn items(&self) -> &[Webhook] {
        match &self.news.list {
            WebhookList::Here(items, _) => items,
            _ => &[],
        }
    }

    fn name_of(&self, id: &WebhookId) -> String {
        let hook = self.items().iter().find(|hook| hook.id == *id);
        hook.map_or_else(|| id.0.clone(), |hook| hook.name.clone())
    }
}

fn read_list(capabilities: &Capabilities) -> [WebhookAct; 2] {
    let pending = WebhookPending::List { so_far: Page::default(), tokens: BTreeSet::new() };
    [WebhookAct::AbortList, WebhookAct::Send(requests::list(capabilities, None), pending)]
}

/// What has come of a write, by its answer and by the list read after it.
fn outcome(text: &str, what: &What, answer: &Answer, list: Result<&[Webhook], &ServerError>) -> WritePhase {
    let failed = |message: String, advice: String| WritePhase::Failed(Trouble { message, advice });
    match (answer, list) {
        (Answer::Taken, Ok(items)) if what.is_in(items) => WritePhase::Done(what.remark(items)),
        (Answer::Taken, Ok(_)) => failed(
            format!(
                "{text}: the server took it, but read back it is not so: somebody else may have changed it at the \
                 same time. The list shows how it is now."
            ),
            String::new(),
        ),
        (Answer::Taken, Err(error)) => failed(
            format!("{text}: the server took it, but the list could not be read back: {error}."),
            advice(error),
        ),
        (Answer::Refused(_), Ok(items)) if matches!(what, What::Delete { .. }) && what.is_in(items) => {
            WritePhase::Done("It was deleted already.".into())
        }
        (Answer::Refused(error), _) => {
            failed(format!("{text}: {error}. Nothing was changed."), advice(error))
        }
        (Answer::Lost(error), Ok(items)) if what.is_in(items) => {
            WritePhase::Done(format!("No usable answer came ({error}), but the list shows that it is done."))
        }
        (Answer::Lost(error), Ok(_)) => failed(
            format!("{text}: {error}. Read back, it is not done; do it again if you like."),
            advice(error),
        ),
        (Answer::Lost(error), Err(other)) => failed(
            format!(
                "{text}: {error}. Nor could the list be read: {other}. Whether it was done, only the server knows: \
                 read the list before you do it again."
            ),
            advice(other),
        ),
    }
}

fn trouble(what: &str, error: &ServerError) -> Trouble {
    Trouble { message: format!("{what}: {error}."), advice: advice(error) }
}

/// What mends a server's refusal, where that is known.
fn advice(error: &ServerError) -> String {
    match error {
        ServerError::Refused { status: 403, .. } | ServerError::Http { status: 403, .. } => {
            "Where MLflow's sign-in is on, only its administrators see and change webhooks.".to_owned()
        }
        ServerError::Refused { status: 500, message, .. } if message.is_empty() => {
            "MLflow answers so when it cannot decrypt a webhook's secret. Without MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY \
             each of its processes makes a key of its own when it starts, which no other one and no later one knows. \
             Start it with that key set. Secrets kept under a lost key are lost: docs/deploy.md says how to remove them."
                .to_owned()
        }
        ServerError::Refused { message, .. } => advice_on(message),
        _ => String::new(),
    }
}

/// The same, by the server's words.
fn advice_on(words: &str) -> String {
    let advice = if words.contains("non-public IP") || words.contains("not a public IP") {
        "MLflow calls public addresses only, unless it is started with MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS=true. Whoever \
         may write webhooks there then reaches, through MLflow, whatever MLflow reaches: set it where these people are \
         trusted with that."
    } else if words.contains("webhook URL scheme") {
        "MLflow calls https addresses only, unless it is started with MLFLOW_WEBHOOK_ALLOWED_SCHEMES=http,https. What \
         goes by http can be read on the way; that it comes from MLflow is shown by the secret's signature."
    } else if words.contains("Cannot resolve") {
        "It is the server that calls the URL, so the server must know its host name."
    } else {
        ""
    };
    advice.to_owned()
}

/// Whether the server said no, so that it did nothing. A server that broke down, or a proxy before it, may have
/// written.
fn is_refusal(error: &ServerError) -> bool {
    matches!(error, ServerError::Refused { status, .. } | ServerError::Http { status, .. } if (400..500).contains(status))
}
