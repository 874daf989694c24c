//! Tags of an experiment that are Runweave's own: read, and written one at a time. Before a write the experiment is read,
//! and where the tag is no longer as somebody saw it, nothing is written; after it, it is read back. Nothing is sent
//! twice by itself.
//!
//! An empty tag counts as none: servers before 3.5 remove no tag of an experiment.

use crate::entities::{ExperimentId, RunTag};
use crate::tracking::mlflow::{self, requests};
use crate::tracking::{Capabilities, Request, Response, ServerError, TransportError};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// What the page asks for. Every answer is a whole [`TagNews`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TagAsk {
    /// The tags as they are now.
    Read(ExperimentId),
    /// Write one, where it is still as it was seen.
    Write {
        /// Whose.
        experiment_id: ExperimentId,
        /// Its key.
        key: String,
        /// Its value as somebody saw it; none where there was none.
        from: Option<String>,
        /// Its new value; none to remove it.
        to: Option<String>,
    },
}

/// The tags of an experiment, and what came of the newest write.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TagNews {
    /// Whose; none before anything was asked.
    pub experiment_id: Option<ExperimentId>,
    /// Its tags; none where they could not be read.
    pub tags: Option<Vec<RunTag>>,
    /// The key that was written, and what came of it: that the server has it, or a sentence why not.
    pub written: Option<(String, Result<(), String>)>,
    /// Why the tags could not be read.
    pub problem: Option<String>,
}

impl TagAsk {
    /// As text, for the message that carries it.
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The opposite; none for what another version of this program wrote.
    pub fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    fn experiment_id(&self) -> &ExperimentId {
        match self {
            Self::Read(experiment_id) | Self::Write { experiment_id, .. } => experiment_id,
        }
    }
}

impl TagNews {
    /// As text, for the message that carries it.
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The opposite; nothing known, for what another version of this program wrote.
    pub fn read(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }
}

/// What a request of this part is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TagPending {
    /// Reading how things stand.
    Before,
    /// The write.
    Write,
    /// Reading back, with what the write came to.
    After(Result<(), String>),
}

/// What this part wants done.
#[derive(Debug)]
pub enum TagAct {
    /// Tell the page.
    Tell(TagNews),
    /// Send this.
    Send(Request, TagPending),
}

/// One thing after another.
#[derive(Debug, Default)]
pub struct ExperimentTags {
    under_way: Option<TagAsk>,
    waiting: VecDeque<TagAsk>,
}

impl ExperimentTags {
    /// Takes what the page asks for.
    pub fn ask(&mut self, ask: TagAsk, capabilities: &Capabilities) -> Vec<TagAct> {
        self.waiting.push_back(ask);
        if self.under_way.is_some() { Vec::new() } else { self.begin(capabilities) }
    }

    fn begin(&mut self, capabilities: &Capabilities) -> Vec<TagAct> {
        self.under_way = self.waiting.pop_front();
        self.under_way.iter().map(|ask| read(ask, TagPending::Before, capabilities)).collect()
    }

    /// Takes the end of a request.
    pub fn answered(
        &mut self,
        pending: TagPending,
        answer: Result<Response, TransportError>,
        capabilities: &Capabilities,
    ) -> Vec<TagAct> {
        let Some(ask) = &self.under_way else { return Vec::new() };
        let answer = answer.map_err(ServerError::Transport);
        let (pending, write) = match (pending, ask) {
            (TagPending::Before, TagAsk::Write { experiment_id, key, from, to }) => {
                let tags = answer.and_then(|response| mlflow::decode_experiment_tags(&response));
                let value = tags.as_ref().map(|tags| value_of(tags, key).map(str::to_owned));
                let why = match value {
                    Ok(value) if value == *from => {
                        let value = to.as_deref().unwrap_or_default();
                        let request = requests::experiment_tag_set(capabilities, experiment_id, key, value);
                        return vec![TagAct::Send(request, TagPending::Write)];
                    }
                    // Somebody has done it already.
                    Ok(value) if value == *to => Ok(()),
                    Ok(_) => Err(MOVED.to_owned()),
                    Err(error) => {
                        Err(format!("Nothing was written, since the experiment could not be read: {error}."))
                    }
                };
                (tags, Some(why))
            }
            (TagPending::Before, TagAsk::Read(_)) => {
                (answer.and_then(|response| mlflow::decode_experiment_tags(&response)), None)
            }
            (TagPending::Write, ask) => {
                let written = answer.and_then(|response| mlflow::check(&response).map(drop));
                let written = written.map_err(|error| format!("The server did not take it: {error}."));
                return vec![read(ask, TagPending::After(written), capabilities)];
            }
            (TagPending::After(written), ask) => {
                let tags = answer.and_then(|response| mlflow::decode_experiment_tags(&response));
                let is_there = tags.as_ref().ok().map(|tags| is_written(tags, ask));
                let written = match (is_there, written) {
                    (Some(true), _) => Ok(()),
                    (Some(false), Err(why)) => Err(why),
                    (Some(false), Ok(())) => Err(CUT.to_owned()),
                    (None, Err(why)) => {
                        Err(format!("{why} Whether it has it all the same could not be read."))
                    }
                    (None, Ok(())) => {
                        Err("It was written, but could not be read back: look again before you rely on it."
                            .to_owned())
                    }
                };
                (tags, Some(written))
            }
        };
        let key = match ask {
            TagAsk::Write { key, .. } => key.clone(),
            TagAsk::Read(_) => String::new(),
        };
        let experiment_id = Some(ask.experiment_id().clone());
        let problem = pending
            .as_ref()
            .err()
            .map(|error| format!("The views kept with the experiment could not be read: {error}."));
        let news =
            TagNews { experiment_id, tags: pending.ok(), written: write.map(|write| (key, write)), problem };
        let mut acts = vec![TagAct::Tell(news)];
        acts.extend(self.begin(capabilities));
        acts
    }
}

/// Why nothing is written over what somebody else wrote.
const MOVED: &str = "Nothing was written: somebody has changed it on the server meanwhile. It is shown as it is there now; \
    write once more to replace it, or choose another name.";
/// What servers do that cut long values without saying so.
const CUT: &str = "The server took it and kept something else: it may be too long for this server's tags. A view with fewer \
    selected runs is shorter.";

fn read(ask: &TagAsk, pending: TagPending, capabilities: &Capabilities) -> TagAct {
    TagAct::Send(requests::experiment_get(capabilities, ask.experiment_id()), pending)
}

/// The value of a tag; none where it is empty.
fn value_of<'a>(tags: &'a [RunTag], key: &str) -> Option<&'a str> {
    tags.iter().find(|tag| tag.key == key).map(|tag| tag.value.as_str()).filter(|value| !value.is_empty())
}

fn is_written(tags: &[RunTag], ask: &TagAsk) -> bool {
    match ask {
        TagAsk::Read(_) => true,
        TagAsk::Write { key, to, .. } => value_of(tags, key) == to.as_deref(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tracking::Method;

    /// A server with one experiment, and what it does with long values.
    #[derive(Default)]
    struct Server {
        tags: Vec<(String, String)>,
        refuses: bool,
        cuts_at: Option<usize>,
        n_writes: usize,
    }

    impl Server {
        fn answer(&mut self, request: &Request) -> Response {
            let mut status = 200;
            let body = match request.method {
                Method::Get => {
                    assert_eq!(request.path, "/api/2.0/mlflow/experiments/get?experiment_id=7");
                    let tags: Vec<_> = self
                        .tags
                        .iter()
                        .map(|(key, value)| serde_json::json!({ "key": key, "value": value }))
                        .collect();
                    serde_json::json!({ "experiment": { "experiment_id": "7", "name": "taxi", "tags": tags } })
                }
                _ if self.refuses => {
                    status = 403;
                    serde_json::json!({ "error_code": "PERMISSION_DENIED", "message": "read only" })
                }
                _ => {
                    self.n_writes += 1;
                    let body: serde_json::Value =
                        serde_json::from_str(request.body.as_deref().unwrap()).unwrap();
                    let text = |name: &str| body[name].as_str().unwrap().to_owned();
                    let mut value = text("value");
                    value.truncate(self.cuts_at.unwrap_or(value.len()));
                    self.tags.retain(|(key, _)| *key != text("key"));
                    self.tags.push((text("key"), value));
                    serde_json::json!({})
                }
            };
            Response { status, content_type: String::new(), body: body.to_string().into_bytes() }
        }

        /// What the page is told last.
        fn told(&mut self, ask: TagAsk) -> TagNews {
            let mut tags = ExperimentTags::default();
            let capabilities = Capabilities { api_prefix: "/api".to_owned(), ..Capabilities::default() };
            let mut acts: VecDeque<TagAct> = tags.ask(ask, &capabilities).into();
            let mut told = None;
            while let Some(act) = acts.pop_front() {
                match act {
                    TagAct::Tell(news) => told = Some(news),
                    TagAct::Send(request, pending) => {
                        let answer = Ok(self.answer(&request));
                        acts.extend(tags.answered(pending, answer, &capabilities));
                    }
                }
            }
            told.unwrap()
        }
    }

    fn write(from: Option<&str>, to: Option<&str>) -> TagAsk {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        let (experiment_id, key) = (ExperimentId("7".to_owned()), "runweave.x".to_owned());
        TagAsk::Write { experiment_id, key, from: owned(from), to: owned(to) }
    }

    #[test]
    fn a_tag_is_written_and_read_back() {
        let mut server = Server { tags: vec![("team".to_owned(), "a".to_owned())], ..Server::default() };
        let news = server.told(write(None, Some("one")));
        assert_eq!(news.written, Some(("runweave.x".to_owned(), Ok(()))));
        // Others' tags are nobody's business here.
        let tag = RunTag { key: "runweave.x".to_owned(), value: "one".to_owned() };
        assert_eq!((news.tags, server.tags.len()), (Some(vec![tag]), 2));
        assert_eq!(server.told(write(Some("one"), None)).written, Some(("runweave.x".to_owned(), Ok(()))));
        assert_eq!(server.told(write(None, Some("two"))).written.unwrap().1, Ok(()), "an empty one is none");
        let read = server.told(TagAsk::Read(ExperimentId("7".to_owned())));
        assert_eq!((read.tags.unwrap().len(), read.written), (1, None));
    }

    #[test]
    fn what_somebody_else_wrote_is_not_written_over() {
        let mut server =
            Server { tags: vec![("runweave.x".to_owned(), "newer".to_owned())], ..Server::default() };
        let news = server.told(write(Some("older"), Some("mine")));
        assert!(news.written.unwrap().1.unwrap_err().starts_with("Nothing was written: somebody"));
        assert_eq!((server.n_writes, news.tags.unwrap()[0].value.as_str()), (0, "newer"));
        // What is to be written is there already.
        assert_eq!(server.told(write(Some("older"), Some("newer"))).written.unwrap().1, Ok(()));
        assert_eq!(server.n_writes, 0);
    }

    #[test]
    fn a_server_that_refuses_or_cuts_is_told_of() {
        let mut server = Server { refuses: true, ..Server::default() };
        let why = server.told(write(None, Some("x"))).written.unwrap().1.unwrap_err();
        assert!(why.contains("did not take it") && why.contains("read only"), "{why}");
        let mut server = Server { cuts_at: Some(2), ..Server::default() };
        let why = server.told(write(None, Some("long"))).written.unwrap().1.unwrap_err();
        assert!(why.contains("too long"), "{why}");
    }
}
