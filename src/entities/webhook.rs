//! Webhooks: what a server calls, and at which of its events, in MLflow's words.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Names a webhook; servers allow several of the same name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct WebhookId(pub String);

/// Something that happens to a thing. The server's own words, since later servers have more of them.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct WebhookEvent {
    /// What it happens to, such as `MODEL_VERSION_ALIAS`.
    pub entity: String,
    /// What happens, such as `CREATED`.
    pub action: String,
}

impl WebhookEvent {
    /// The event of these words.
    pub fn new(entity: &str, action: &str) -> Self {
        Self { entity: entity.to_owned(), action: action.to_owned() }
    }
}

impl fmt::Display for WebhookEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.entity, self.action)
    }
}

/// The events of registered models: for each entity the actions that servers know. None of them is a stage change.
pub const MODEL_EVENTS: [(&str, &[&str]); 4] = [
    ("REGISTERED_MODEL", &["CREATED"]),
    ("MODEL_VERSION", &["CREATED"]),
    ("MODEL_VERSION_TAG", &["SET", "DELETED"]),
    ("MODEL_VERSION_ALIAS", &["CREATED", "DELETED"]),
];

/// The events that a promotion fires: by its record, which is a tag, and by the stage's alias.
pub fn promotion_events() -> [WebhookEvent; 2] {
    [WebhookEvent::new("MODEL_VERSION_TAG", "SET"), WebhookEvent::new("MODEL_VERSION_ALIAS", "CREATED")]
}

/// Whether a webhook is called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum WebhookStatus {
    /// It is.
    Active,
    /// It is not.
    Disabled,
    /// A word this program does not know, kept as the server said it.
    Other(String),
}

impl WebhookStatus {
    /// The status of that word.
    pub fn from_word(word: &str) -> Self {
        match word {
            "ACTIVE" => Self::Active,
            "DISABLED" => Self::Disabled,
            other => Self::Other(other.to_owned()),
        }
    }

    /// The server's own word.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Active => "ACTIVE",
            Self::Disabled => "DISABLED",
            Self::Other(word) => word,
        }
    }
}

/// A webhook. Its secret is never told by a server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Webhook {
    /// Which.
    pub id: WebhookId,
    /// What people call it; untrusted.
    pub name: String,
    /// What is called; untrusted text, never a link.
    pub url: String,
    /// What people wrote about it; untrusted.
    pub description: String,
    /// At which events it is called.
    pub events: Vec<WebhookEvent>,
    /// Whether it is called.
    pub status: WebhookStatus,
    /// When it was made, in milliseconds since 1970.
    pub creation_millis: Option<i64>,
    /// When it last changed, in milliseconds since 1970.
    pub last_update_millis: Option<i64>,
}

/// A webhook to be made.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewWebhook {
    /// What to call it.
    pub name: String,
    /// What the server is to call.
    pub url: String,
    /// What it is for.
    pub description: String,
    /// At which events.
    pub events: Vec<WebhookEvent>,
    /// What calls are signed with; empty for no signature.
    pub secret: String,
}

impl fmt::Debug for NewWebhook {
    /// Says everything but the secret, so that no log can hold it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NewWebhook({} {} {:?} …)", self.name, self.url, self.events)
    }
}

impl NewWebhook {
    /// Why every server would refuse it, if one would; which addresses it calls is for the server to say.
    pub fn problem(&self) -> Option<&'static str> {
        let is_word = |c: char| c.is_ascii_alphanumeric();
        let fits = self.name.chars().all(|c| is_word(c) || matches!(c, '.' | '_' | '-'))
            && self.name.starts_with(is_word)
            && self.name.ends_with(is_word);
        let scheme = self.url.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
        if self.name.is_empty() {
            Some("A webhook needs a name.")
        } else if !fits || self.name.len() > 63 {
            Some(
                "The name takes letters, digits, ., _ and -, begins and ends with a letter or digit, and has 63 of them at most.",
            )
        } else if !matches!(scheme.as_deref(), Some("https" | "http")) {
            Some("The URL begins with https:// (or http://, where the server allows it).")
        } else if self.url.chars().count() > 500 {
            Some("The server keeps 500 characters of a URL.")
        } else if self.events.is_empty() {
            Some("A webhook needs an event at least.")
        } else if self.description.chars().count() > 1000 {
            Some("The server keeps 1,000 characters of a description.")
        } else {
            None
        }
    }
}

/// What came of a test: the server called the URL with an example of an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookTestResult {
    /// Whether the server counts it as delivered: it does, below HTTP 400.
    pub is_success: bool,
    /// The HTTP status that the URL answered with; none where it did not answer.
    pub response_status: Option<i64>,
    /// The beginning of its answer; untrusted.
    pub response_body: String,
    /// Why there is no answer, in the server's words.
    pub error_message: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new() -> NewWebhook {
        NewWebhook {
            name: "deploy-eu.2".into(),
            url: "https://ci.example.org/hook".into(),
            description: String::new(),
            events: promotion_events().into(),
            secret: "hunter2".into(),
        }
    }

    #[test]
    fn what_every_server_refuses_is_said_beforehand() {
        assert_eq!(new().problem(), None);
        let long = "a".repeat(64);
        for name in ["", "-a", "a.", "a b", "ä", "<b>", &long] {
            assert!(NewWebhook { name: name.into(), ..new() }.problem().is_some(), "{name}");
        }
        for url in ["", "ci.example.org", "javascript:alert(1)", "ftp://h", "//h"] {
            assert!(NewWebhook { url: url.into(), ..new() }.problem().is_some(), "{url}");
        }
        assert_eq!(NewWebhook { url: "HTTP://h".into(), ..new() }.problem(), None);
        assert!(NewWebhook { events: vec![], ..new() }.problem().is_some());
    }

    #[test]
    fn the_secret_is_in_no_debug_text() {
        assert!(!format!("{:?}", new()).contains("hunter2"));
    }

    #[test]
    fn unknown_words_are_kept() {
        assert_eq!(WebhookStatus::from_word("PAUSED").as_str(), "PAUSED");
        for event in promotion_events() {
            let actions = MODEL_EVENTS.iter().find(|(entity, _)| *entity == event.entity);
            assert!(actions.is_some_and(|(_, actions)| actions.contains(&event.action.as_str())));
        }
    }
}
