//! What all kinds of tracking servers share: addresses, capabilities, requests as values, pages, errors.
//!
//! One folder per kind of server. Nothing here sends a request; `transport` does, in the worker.

pub mod mlflow;

use serde::{Deserialize, Serialize};

/// The kinds of tracking servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum ServerKind {
    /// MLflow, 1.30 to 3.x.
    #[default]
    Mlflow,
}

/// How the page signs in. Never written to an address or a saved view.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub enum SignIn {
    /// Not at all.
    #[default]
    None,
    /// HTTP Basic.
    Basic {
        /// Who.
        user: String,
        /// The secret.
        password: String,
    },
    /// A bearer token.
    Bearer {
        /// The secret.
        token: String,
    },
    /// Any one header.
    Header {
        /// Its name.
        name: String,
        /// Its value, the secret.
        value: String,
    },
}

impl std::fmt::Debug for SignIn {
    /// Says the way, never the secret, so that no log can hold one.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::None => "SignIn::None",
            Self::Basic { .. } => "SignIn::Basic(…)",
            Self::Bearer { .. } => "SignIn::Bearer(…)",
            Self::Header { .. } => "SignIn::Header(…)",
        })
    }
}

/// A server and how to sign in there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct ServerAddress {
    /// `http://` or `https://`, or a path such as `/mlflow` on the page's own origin; no trailing slash.
    pub url: String,
    /// Its kind.
    pub kind: ServerKind,
    /// How to sign in.
    pub sign_in: SignIn,
    /// The page's own origin, for advice on what the server must allow.
    pub page_origin: String,
}

/// What a connected server is and can do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ServerInfo {
    /// Its address as connected.
    pub url: String,
    /// Its kind.
    pub kind: ServerKind,
    /// Its own word for its version; none where it does not say (MLflow 1.x).
    pub version: Option<String>,
    /// What it can do.
    pub capabilities: Capabilities,
}

/// What a server can do, as probed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Capabilities {
    /// The path before `/2.0/mlflow`: `/api` or `/ajax-api`.
    pub api_prefix: String,
    /// Experiments by `search` rather than the `list` of 1.x.
    pub has_experiment_search: bool,
    /// MLflow 3's logged models.
    pub has_logged_models: bool,
    /// Aliases of registered models.
    pub has_aliases: bool,
    /// Histories of many runs in one request.
    pub has_bulk_interval: bool,
}

/// The HTTP verbs in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Read by address.
    Get,
    /// Search or write with a body.
    Post,
    /// Change with a body.
    Patch,
    /// Delete; MLflow takes what to delete in a body.
    Delete,
}

/// A request as a value: what to send, not the sending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The verb.
    pub method: Method,
    /// Path and query below the server's URL, encoded, starting with `/`.
    pub path: String,
    /// A JSON body.
    pub body: Option<String>,
}

impl Request {
    /// A read.
    pub fn get(path: impl Into<String>) -> Self {
        Self { method: Method::Get, path: path.into(), body: None }
    }

    /// A search or a write.
    pub fn post(path: impl Into<String>, body: &serde_json::Value) -> Self {
        Self::with_body(Method::Post, path, body)
    }

    /// Any verb with a body.
    pub fn with_body(method: Method, path: impl Into<String>, body: &serde_json::Value) -> Self {
        Self { method, path: path.into(), body: Some(body.to_string()) }
    }
}

/// What a server answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// The `Content-Type`, empty where absent.
    pub content_type: String,
    /// The body.
    pub body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TransportError {
    /// The browser gives no reason: not reachable, or the origin is refused.
    Opaque,
    /// It took longer than the limit.
    TimedOut {
        /// The limit.
        after_secs: u32,
    },
    /// Aborted on purpose.
    Aborted,
}

/// Why a connection failed, with what mends it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectProblem {
    /// The kind, for tests and styling.
    pub kind: ConnectProblemKind,
    /// What happened, in one sentence.
    pub message: String,
    /// What to do, in sentences.
    pub advice: String,
    /// A command or proxy line to copy.
    pub recipe: Option<String>,
}

/// The kinds of failed connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ConnectProblemKind {
    /// The text is no http or https address.
    BadAddress,
    /// Nothing answers there.
    NotReachable,
    /// It answers, but not to pages of this origin.
    OriginRefused,
    /// It answers, but not under this path.
    WrongPath,
    /// It wants to know who asks, or refuses who does.
    NeedsSignIn,
    /// Something else answers there.
    NotATrackingServer,
}

/// Items that could be read, and a sentence for each that could not.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Why the others were skipped.
    pub skipped: Vec<String>,
    /// Asks for the next page; none at the end.
    pub next_page_token: Option<String>,
}

// Derived, it would ask for `T: Default`.
impl<T> Default for Page<T> {
    fn default() -> Self {
        Self { items: Vec::new(), skipped: Vec::new(), next_page_token: None }
    }
}

/// Why an answer is of no use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServerError {
    /// The server refused and said why, in its own error format.
    Refused {
        /// The HTTP status.
        status: u16,
        /// Its code, such as `RESOURCE_DOES_NOT_EXIST`.
        code: String,
        /// Its sentence, cut to a readable length.
        message: String,
    },
    /// An HTTP error with a body in no known format.
    Http {
        /// The HTTP status.
        status: u16,
        /// The beginning of the body as plain text, without markup.
        excerpt: String,
    },
    /// A success whose body is not what the request promises.
    Undecodable {
        /// What was wrong, and where in the JSON.
        message: String,
    },
    /// No answer.
    Transport(TransportError),
}

impl std::fmt::Display for ServerError {
    /// One sentence for people.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Refused { status, code, message } => {
                write!(f, "the server refused ({status} {code}): {message}")
            }
            Self::Http { status, excerpt } if excerpt.is_empty() => {
                write!(f, "the server answered with HTTP {status}")
            }
            Self::Http { status, excerpt } => write!(f, "the server answered with HTTP {status}: {excerpt}"),
            Self::Undecodable { message } => write!(f, "the server's answer could not be read: {message}"),
            Self::Transport(TransportError::Opaque) => {
                f.write_str("the server did not answer, or refuses this page's origin")
            }
            Self::Transport(TransportError::TimedOut { after_secs }) => {
                write!(f, "the server did not answer within {after_secs} s")
            }
            Self::Transport(TransportError::Aborted) => f.write_str("the request was stopped"),
        }
    }
}
