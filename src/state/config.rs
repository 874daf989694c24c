//! `config.json` beside index.html: what whoever hosts the site has set. It may be absent.

use crate::engine::protocol::NewsText;
use crate::registry::rules::Rules;
use crate::route::saved::view_of;
use crate::tracking::ServerKind;
use crate::view::View;
use serde::Deserialize;

/// The settings.
#[derive(Clone, Debug, PartialEq, Default, Deserialize)]
#[serde(default)]
pub struct Config {
    /// The servers offered.
    pub servers: Vec<ConfigServer>,
    /// The name of the one opened without asking.
    pub default_server: Option<String>,
    /// What new comparisons begin with, as their address says it: `filter=…&sort=…&axes=…&columns=…&colour=…`.
    pub view: String,
    /// The rules of stage control, as they stand: what compares runs does without reading them.
    pub registry: Option<NewsText>,
    /// Set by the page, never by the file: why the file could not be used.
    #[serde(skip)]
    pub problem: Option<String>,
    /// Set by the page: whether the file has been looked for.
    #[serde(skip)]
    pub is_read: bool,
}

impl Config {
    /// The view that new comparisons begin with.
    pub fn default_view(&self) -> View {
        view_of(&self.view)
    }

    /// The rules of stage control; none where they cannot be read.
    pub fn rules(&self) -> Option<Rules> {
        self.registry.as_ref().map_or_else(|| Some(Rules::default()), NewsText::read)
    }
}

/// A server offered.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct ConfigServer {
    /// Its name.
    pub name: String,
    /// Its URL, or a path on the page's own origin.
    pub url: String,
    /// Its kind.
    #[serde(default)]
    pub kind: ServerKind,
    /// How to sign in there.
    #[serde(default)]
    pub sign_in: SignInKind,
}

/// The ways to sign in, without their secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SignInKind {
    /// Not at all.
    #[default]
    None,
    /// HTTP Basic.
    Basic,
    /// A bearer token.
    Bearer,
    /// Any one header.
    Header,
}

/// Reads the file. Absent is fine; broken or refused is said in `problem`.
pub async fn read() -> Config {
    let problem = |why: String| Config {
        problem: Some(format!("config.json could not be read and is not used: {why}.")),
        ..Config::default()
    };
    let mut config = match gloo_net::http::Request::get("config.json").send().await {
        Ok(response) if response.ok() => match response.text().await {
            Ok(text) => serde_json::from_str(&text).unwrap_or_else(|error| problem(error.to_string())),
            Err(_) => problem("the answer broke off".to_owned()),
        },
        Ok(response) if matches!(response.status(), 404 | 410) => Config::default(),
        Ok(response) => problem(format!("its host answers {}", response.status())),
        Err(_) => problem("its host does not answer".to_owned()),
    };
    config.is_read = true;
    config
}
