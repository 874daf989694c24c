//! Finding out whether an MLflow server answers at an address, to this page, and what it can do.
//!
//! A pure state machine: [`Probe::next`] takes the last answer and says what to ask next. Browsers do not tell
//! an unreachable server from one that refuses the page's origin, so the order of questions does.

use super::decode::refusal;
use super::requests;
use super::text::{EXCERPT_CHARS, excerpt, is_html, is_login_page, readable};
use super::wire::WirePage;
use crate::tracking::{
    Capabilities, ConnectProblem, ConnectProblemKind, Request, Response, ServerAddress, ServerInfo,
    ServerKind, SignIn, TransportError,
};
use serde::de::IgnoredAny;

/// What to ask next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeRequest {
    /// What the request's path stands below: mostly the address itself, once its origin.
    pub base_url: String,
    /// The request.
    pub request: Request,
    /// Ask in the browser's `no-cors` mode, without signing in. The answer cannot be read; that there is one is
    /// the answer: any `Ok` will do.
    pub is_no_cors: bool,
}

/// What the probe wants.
#[derive(Clone, Debug, PartialEq)]
pub enum ProbeStep {
    /// Ask this and come back with the answer.
    Ask(ProbeRequest),
    /// An MLflow server answers.
    Done(ServerInfo),
    /// None does, or not to this page.
    Failed(ConnectProblem),
}

/// One way in which experiments may be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Attempt {
    /// Below the origin rather than the address.
    is_at_origin: bool,
    /// `/api` or `/ajax-api`.
    prefix: &'static str,
    /// By the `list` of early 1.x.
    is_list: bool,
}

/// A capability to be probed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Capability {
    BulkInterval,
    Aliases,
    LoggedModels,
}

/// Which answer is awaited.
#[derive(Clone, Debug, PartialEq)]
enum State {
    Version,
    NoCors,
    Experiments(Attempt),
    Capability(Capability),
    Ended(Box<ProbeStep>),
}

/// The probe of one address.
#[derive(Clone, Debug)]
pub struct Probe {
    url: String,
    page_origin: String,
    has_sign_in: bool,
    state: State,
    version: Option<String>,
    capabilities: Capabilities,
    /// Still to be tried, in reverse order.
    attempts: Vec<Attempt>,
    /// A web page that came instead of an answer, and whether it asks to sign in.
    web_page: Option<(String, bool)>,
    /// What else came instead of an answer.
    foreign: Option<String>,
}

impl Probe {
    /// Starts the probe of this address.
    pub fn new(address: &ServerAddress) -> Self {
        let page_origin = address.page_origin.trim().trim_end_matches('/').to_owned();
        let (url, state) = match normalized(&address.url, &page_origin) {
            Ok(url) => (url, State::Version),
            Err(problem) => (String::new(), State::Ended(Box::new(ProbeStep::Failed(problem)))),
        };
        Self {
            url,
            page_origin,
            has_sign_in: address.sign_in != SignIn::None,
            state,
            version: None,
            capabilities: Capabilities::default(),
            attempts: vec![],
            web_page: None,
            foreign: None,
        }
    }

    /// The next step after this answer. None asks for the present step again, as at the beginning; after the end
    /// every answer is ignored.
    pub fn next(&mut self, answer: Option<Result<Response, TransportError>>) -> ProbeStep {
        if let Some(answer) = answer {
            self.state = match self.state.clone() {
                State::Ended(step) => State::Ended(step),
                _ if answer == Err(TransportError::Aborted) => failed(ConnectProblem {
                    kind: ConnectProblemKind::NotReachable,
                    message: format!("Connecting to {} was stopped.", self.url),
                    advice: "Connect again when you like.".into(),
                    recipe: None,
                }),
                State::Version => self.after_version(answer),
                State::NoCors => match answer {
                    Ok(_) => failed(self.origin_refused()),
                    Err(_) => failed(self.not_reachable("does not answer")),
                },
                State::Experiments(attempt) => self.after_experiments(attempt, answer),
                State::Capability(capability) => self.after_capability(capability, answer),
            };
        }
        match &self.state {
            State::Ended(step) => (**step).clone(),
            State::Version => self.ask(requests::version()),
            State::NoCors => ProbeStep::Ask(ProbeRequest {
                base_url: self.url.clone(),
                request: requests::version(),
                is_no_cors: true,
            }),
            State::Experiments(attempt) => {
                let request = if attempt.is_list {
                    requests::probe_experiments_list(attempt.prefix)
                } else {
                    requests::probe_experiments(attempt.prefix)
                };
                let base_url = if attempt.is_at_origin { origin_of(&self.url) } else { self.url.clone() };
                ProbeStep::Ask(ProbeRequest { base_url, request, is_no_cors: false })
            }
            State::Capability(capability) => {
                let prefix = &self.capabilities.api_prefix;
                self.ask(match capability {
                    Capability::BulkInterval => requests::bulk_interval_probe(prefix),
                    Capability::Aliases => requests::alias_probe(prefix),
                    Capability::LoggedModels => requests::logged_models_probe(prefix),
                })
            }
        }
    }

    fn ask(&self, request: Request) -> ProbeStep {
        ProbeStep::Ask(ProbeRequest { base_url: self.url.clone(), request, is_no_cors: false })
    }

    fn after_version(&mut self, answer: Result<Response, TransportError>) -> State {
        let response = match answer {
            Ok(response) => response,
            // The own origin needs no permission, so there is only one reason left.
            Err(TransportError::Opaque) if self.is_same_origin() => {
                return failed(self.not_reachable("does not answer"));
            }
            Err(TransportError::Opaque) => return State::NoCors,
            Err(error) => return failed(self.not_reachable(&silence(&error))),
        };
        if let Some(problem) = self.refused(&response) {
            return failed(problem);
        }
        if response.status == 200 {
            self.version = version_in(&response.body);
        }
        // MLflow 1.x does not know `/version`; the search for experiments tells it from something else.
        if self.version.is_none() {
            self.remember(&response);
        }
        let is_old_or_unknown = self.version.is_none();
        let mut attempts = vec![];
        let has_path = origin_of(&self.url) != self.url;
        for (is_at_origin, prefix) in
            [(false, "/api"), (false, "/ajax-api"), (true, "/api"), (true, "/ajax-api")]
        {
            if is_at_origin && !has_path {
                continue;
            }
            attempts.push(Attempt { is_at_origin, prefix, is_list: false });
            if is_old_or_unknown {
                attempts.push(Attempt { is_at_origin, prefix, is_list: true });
            }
        }
        attempts.reverse();
        self.attempts = attempts;
        self.next_attempt()
    }

    fn after_experiments(&mut self, attempt: Attempt, answer: Result<Response, TransportError>) -> State {
        let response = match answer {
            Ok(response) => response,
            // The address has answered already; its origin was only a guess.
            Err(_) if attempt.is_at_origin => return self.next_attempt(),
            Err(TransportError::Opaque) if !self.is_same_origin() => return failed(self.origin_refused()),
            Err(error) => return failed(self.not_reachable(&silence(&error))),
        };
        if answers_experiments(&response) {
            if attempt.is_at_origin {
                return failed(self.wrong_path());
            }
            self.capabilities.api_prefix = attempt.prefix.to_owned();
            self.capabilities.has_experiment_search = !attempt.is_list;
            return State::Capability(Capability::BulkInterval);
        }
        if attempt.is_at_origin {
            return self.next_attempt();
        }
        if let Some(problem) = self.refused(&response) {
            return failed(problem);
        }
        if let Some(problem) = self.in_trouble(&response) {
            return failed(problem);
        }
        self.remember(&response);
        self.next_attempt()
    }

    fn after_capability(
        &mut self,
        capability: Capability,
        answer: Result<Response, TransportError>,
    ) -> State {
        // Without an answer nothing is known, and what is not known is not used.
        let is_there = answer.is_ok_and(|response| is_endpoint(&response));
        match capability {
            Capability::BulkInterval => {
                self.capabilities.has_bulk_interval = is_there;
                State::Capability(Capability::Aliases)
            }
            Capability::Aliases => {
                self.capabilities.has_aliases = is_there;
                State::Capability(Capability::LoggedModels)
            }
            Capability::LoggedModels => {
                self.capabilities.has_logged_models = is_there;
                State::Ended(Box::new(ProbeStep::Done(ServerInfo {
                    url: self.url.clone(),
                    kind: ServerKind::Mlflow,
                    version: self.version.clone(),
                    capabilities: self.capabilities.clone(),
                })))
            }
        }
    }

    fn next_attempt(&mut self) -> State {
        match self.attempts.pop() {
            Some(attempt) => State::Experiments(attempt),
            None => failed(self.nothing_found()),
        }
    }

    fn remember(&mut self, response: &Response) {
        if is_html(&response.body) && (200..300).contains(&response.status) {
            if self.web_page.is_none() {
                self.web_page = Some((excerpt(&response.body), is_login_page(&response.body)));
            }
        } else if self.foreign.is_none() {
            let words = excerpt(&response.body);
            self.foreign = Some(if words.is_empty() {
                format!("HTTP {}", response.status)
            } else {
                format!("HTTP {}: {}", response.status, readable(&words, 80))
            });
        }
    }

    fn is_same_origin(&self) -> bool {
        self.url.starts_with('/')
            || self.url.is_empty()
            || origin_of(&self.url).eq_ignore_ascii_case(&self.page_origin)
    }

    /// A refusal that says who or from where one may ask.
    fn refused(&self, response: &Response) -> Option<ConnectProblem> {
        if !matches!(response.status, 401 | 403 | 407) {
            return None;
        }
        let said = match refusal(&response.body) {
            Some((_, message)) => message,
            None => excerpt(&response.body),
        };
        if response.status == 403 {
            let words = said.to_ascii_lowercase();
            if words.contains("origin") || words.contains("cors") {
                return Some(self.origin_refused());
            }
            if words.contains("host") {
                return Some(self.host_refused(&said));
            }
        }
        let quoted =
            if said.is_empty() { String::new() } else { format!(": {}", readable(&said, EXCERPT_CHARS)) };
        let (message, advice) = match (response.status, self.has_sign_in) {
            (403, true) => (
                format!(
                    "The server at {} knows who asks but does not let them in (HTTP 403){quoted}",
                    self.url
                ),
                "Sign in as a user who may read experiments, or ask the server's administrator for that.",
            ),
            (status, true) => (
                format!("The server at {} does not accept this sign-in (HTTP {status}){quoted}", self.url),
                "Check the user name and the password, or the token.",
            ),
            (status, false) => (
                format!("The server at {} wants to know who asks (HTTP {status}){quoted}", self.url),
                "Enter a user name and a password, a token, or the header that the server expects.",
            ),
        };
        Some(ConnectProblem {
            kind: ConnectProblemKind::NeedsSignIn,
            message: sentence(message),
            advice: advice.into(),
            recipe: None,
        })
    }

    /// An answer from a server, or the proxy before it, that cannot do its work.
    fn in_trouble(&self, response: &Response) -> Option<ConnectProblem> {
        let said = match refusal(&response.body) {
            Some((code, _)) if code == "ENDPOINT_NOT_FOUND" => return None,
            // It is MLflow, and it refuses the simplest of all searches.
            Some((code, message)) => format!("{code}: {message}"),
            None if response.status == 429 || response.status >= 500 => excerpt(&response.body),
            None => return None,
        };
        let colon = if said.is_empty() { "" } else { ": " };
        Some(ConnectProblem {
            kind: ConnectProblemKind::NotReachable,
            message: sentence(format!(
                "The server at {} answers, but with HTTP {}{colon}{said}",
                self.url, response.status
            )),
            advice: "Try again in a while. If it stays so, the server's own log says why.".into(),
            recipe: None,
        })
    }

    fn not_reachable(&self, what: &str) -> ConnectProblem {
        let mut advice = String::from("Check that the server runs, and its host name and port.");
        if self.is_mixed_content() {
            advice = format!(
                "This page was loaded by https, and browsers do not let such pages read from http addresses. \
                 Serve MLflow by https, or from this page's own origin through a proxy. {advice}"
            );
        } else if self.page_origin.starts_with("https:") && self.url.starts_with("http:") {
            advice.push_str(
                " Pages loaded by https may read from this computer only after you allow it when the browser asks.",
            );
        }
        ConnectProblem {
            kind: ConnectProblemKind::NotReachable,
            message: format!("The server at {} {what}.", self.url),
            advice,
            recipe: None,
        }
    }

    /// Whether browsers refuse to ask at all: https page, http server, and not on this computer.
    fn is_mixed_content(&self) -> bool {
        let host = host_of(&self.url);
        self.page_origin.starts_with("https:")
            && self.url.starts_with("http:")
            && !(host == "localhost"
                || host.ends_with(".localhost")
                || host == "[::1]"
                || host.starts_with("127."))
    }

    fn origin_refused(&self) -> ConnectProblem {
        let page = if self.page_origin.is_empty() { "PAGE_ORIGIN" } else { self.page_origin.as_str() };
        let flag = format!("mlflow server --cors-allowed-origins \"{page}\"");
        let proxy = self.proxy_lines();
        let new = "Start the server with this page's origin among those it allows; where the flag is in use already, \
                   add the origin to its list, separated by a comma. Wildcards within an origin do not work.";
        let old = "MLflow before 3.5 can allow no other origin at all: serve this page and MLflow from one origin \
                   through a proxy, and connect to its address.";
        let (who, advice, recipe) = match (&self.version, self.version.as_deref().and_then(family)) {
            (Some(version), Some(family)) if family >= (3, 5) => {
                (format!("MLflow {version}"), new.to_owned(), flag)
            }
            (Some(version), Some(_)) => (format!("MLflow {version}"), old.to_owned(), proxy),
            _ => {
                let host = if is_private_host(&host_of(&self.url)) {
                    ""
                } else {
                    " It must also know the host name under which it is reached (--allowed-hosts)."
                };
                (
                    "The server".to_owned(),
                    format!("MLflow 3.5 and newer: {new}{host} Older: {old}"),
                    format!(
                        "# MLflow 3.5 and newer\n{flag}\n\n# Older: nginx, beside the lines that serve this page\n{proxy}"
                    ),
                )
            }
        };
        ConnectProblem {
            kind: ConnectProblemKind::OriginRefused,
            message: format!("{who} at {} answers, but refuses pages of {page}.", self.url),
            advice,
            recipe: Some(recipe),
        }
    }

    fn host_refused(&self, said: &str) -> ConnectProblem {
        let (host, has_url_host) = if self.url.starts_with("http") {
            (authority_of(&self.url), true)
        } else {
            (authority_of(&self.page_origin), false)
        };
        let host = if host.is_empty() { "HOST".to_owned() } else { host };
        let proxy = if has_url_host { "" } else { " Or let the proxy send the name that the server knows." };
        ConnectProblem {
            kind: ConnectProblemKind::OriginRefused,
            message: sentence(format!("The server at {} does not go by this host name: {said}", self.url)),
            advice: format!(
                "Start it with that name among its allowed hosts; the list replaces the default one.{proxy}"
            ),
            recipe: Some(format!("mlflow server --allowed-hosts \"localhost,127.0.0.1,{host}\"")),
        }
    }

    /// nginx lines that bring MLflow to the page's own origin.
    fn proxy_lines(&self) -> String {
        let origin = origin_of(&self.url);
        let path = &self.url[origin.len()..];
        // Behind a proxy already, the address of MLflow itself is not known here: show its default one.
        let origin = if self.is_same_origin() { "http://127.0.0.1:5000" } else { origin.as_str() };
        let timeout = "proxy_read_timeout 300s;";
        if path.is_empty() {
            format!(
                "location ~ ^/(api|ajax-api|get-artifact|model-versions|graphql|version|health)(/|$) {{\n    \
                 proxy_pass {origin};\n    {timeout}\n}}"
            )
        } else {
            format!("location {path}/ {{\n    proxy_pass {origin};\n    {timeout}\n}}")
        }
    }

    fn wrong_path(&self) -> ConnectProblem {
        let origin = origin_of(&self.url);
        let origin = if origin.is_empty() { "/".to_owned() } else { origin };
        ConnectProblem {
            kind: ConnectProblemKind::WrongPath,
            message: format!("MLflow does not answer at {}, but at {origin}.", self.url),
            advice: format!("Connect to {origin}."),
            recipe: Some(origin),
        }
    }

    fn nothing_found(&self) -> ConnectProblem {
        if let Some(version) = &self.version {
            return ConnectProblem {
                kind: ConnectProblemKind::WrongPath,
                message: format!(
                    "MLflow {version} tells its version at {}, but answers no search for experiments there.",
                    self.url
                ),
                advice: "A proxy must pass on everything below /api and /ajax-api, with POST and its body."
                    .into(),
                recipe: None,
            };
        }
        match &self.web_page {
            Some((words, true)) => ConnectProblem {
                kind: ConnectProblemKind::NeedsSignIn,
                message: sentence(format!(
                    "Instead of MLflow, {} answers with a page to sign in: {words}",
                    self.url
                )),
                advice:
                    "Sign in there in another tab and serve this page from the same origin, or ask for an \
                         address that takes a token."
                        .into(),
                recipe: None,
            },
            web_page => {
                let what = match (web_page, &self.foreign) {
                    (Some((words, _)), _) => format!("with a web page: {words}"),
                    (None, Some(foreign)) => format!("with {foreign}"),
                    (None, None) => "with nothing that MLflow says".to_owned(),
                };
                ConnectProblem {
                    kind: ConnectProblemKind::NotATrackingServer,
                    message: sentence(format!("No MLflow server is at {}: it answers {what}", self.url)),
                    advice: "Check the port and the path: the address is the one under which MLflow's own pages open."
                        .into(),
                    recipe: None,
                }
            }
        }
    }
}

fn failed(problem: ConnectProblem) -> State {
    State::Ended(Box::new(ProbeStep::Failed(problem)))
}

/// With a full stop, where the server's own words brought none.
fn sentence(mut text: String) -> String {
    if !text.ends_with(['.', '!', '?', '…']) {
        text.push('.');
    }
    text
}

/// What no answer looks like, as the end of a sentence.
fn silence(error: &TransportError) -> String {
    match error {
        TransportError::TimedOut { after_secs } => format!("did not answer within {after_secs} s"),
        TransportError::Opaque | TransportError::Aborted => "stopped answering".to_owned(),
    }
}

/// The address as requests need it: without spaces around it, query, fragment and trailing slash.
fn normalized(text: &str, page_origin: &str) -> Result<String, ConnectProblem> {
    let bad = |message: String, advice: &str, recipe: Option<String>| ConnectProblem {
        kind: ConnectProblemKind::BadAddress,
        message,
        advice: advice.to_owned(),
        recipe,
    };
    let text = text.trim();
    let shown = readable(text, 120);
    let example = "Write an address such as http://localhost:5000, or a path on this page's own origin such as /mlflow.";
    if text.is_empty() {
        return Err(bad("There is no address yet.".into(), example, None));
    }
    // Addresses copied from MLflow's own pages end in `#/experiments/…`.
    let url = text.split(['#', '?']).next().unwrap_or_default().trim_end_matches('/');
    if url.contains(|c: char| c.is_whitespace() || c.is_control() || "\"'<>\\{}`|^".contains(c)) {
        return Err(bad(format!("`{shown}` holds characters that no address has."), example, None));
    }
    if text.starts_with("//") {
        return Err(bad(
            format!("`{shown}` does not say http or https."),
            example,
            Some(format!("http:{url}")),
        ));
    }
    if text.starts_with('/') {
        // The root of the page's own origin: an absolute address, since an empty one says nothing to people.
        return Ok(if url.is_empty() { page_origin.to_owned() } else { url.to_owned() });
    }
    let completed;
    let url = if text.contains("://") {
        url
    } else {
        // What a browser's own address bar does, but never without TLS across the open network.
        let authority = url.split('/').next().unwrap_or_default();
        let is_near = is_private_host(&split_port(authority).0.to_lowercase()) || !authority.contains('.');
        completed = format!("{}://{url}", if is_near { "http" } else { "https" });
        &completed
    };
    let (scheme, rest) = url.split_once("://").unwrap_or_default();
    let scheme = scheme.to_ascii_lowercase();
    if scheme != "http" && scheme != "https" {
        return Err(bad(format!("`{shown}` is neither an http nor an https address."), example, None));
    }
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    if authority.contains('@') {
        return Err(bad(
            "The address holds a user name or a password.".into(),
            "Leave them out of the address, where others could read them, and enter them under sign-in.",
            None,
        ));
    }
    let (host, port) = split_port(authority);
    if host.is_empty() || !host.chars().all(|c| c.is_alphanumeric() || "-._[]:%".contains(c)) {
        return Err(bad(format!("`{shown}` names no host."), example, None));
    }
    if port.is_some_and(|port| !port.is_empty() && port.parse::<u16>().is_err()) {
        return Err(bad(format!("`{shown}` has a port that is no number up to 65535."), example, None));
    }
    Ok(format!("{scheme}://{}{path}", authority.to_lowercase()))
}

/// Host and port; the colons within an IPv6 host's brackets belong to the host.
fn split_port(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (authority, None),
    }
}

/// Scheme, host and port of an address; empty for a path.
fn origin_of(url: &str) -> String {
    let Some(start) = url.find("://").map(|at| at + 3) else { return String::new() };
    let end = url[start..].find('/').map_or(url.len(), |at| start + at);
    url[..end].to_owned()
}

/// Host and port of an address.
fn authority_of(url: &str) -> String {
    origin_of(url).split_once("://").map(|(_, authority)| authority.to_owned()).unwrap_or_default()
}

fn host_of(url: &str) -> String {
    split_port(&authority_of(url)).0.to_owned()
}

/// Whether MLflow's default list of hosts holds it, roughly.
fn is_private_host(host: &str) -> bool {
    let is_172 = host
        .strip_prefix("172.")
        .and_then(|rest| rest.split('.').next())
        .and_then(|part| part.parse::<u8>().ok())
        .is_some_and(|part| (16..32).contains(&part));
    host == "localhost"
        || host.starts_with("127.")
        || host.starts_with("10.")
        || host.starts_with("192.168.")
        || host.starts_with("[::1")
        || is_172
}

/// MLflow's version, if this is one: `3.17.2`, `2.0.0rc1`.
fn version_in(body: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(body).ok()?.trim().trim_matches('"');
    let is_version = text.len() <= 40
        && family(text).is_some()
        && text.chars().all(|c| c.is_ascii_alphanumeric() || ".-+".contains(c));
    is_version.then(|| text.to_owned())
}

/// The first two numbers of a version; none where it is none.
pub fn family(version: &str) -> Option<(u32, u32)> {
    let mut numbers = version.split('.');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

/// Whether this is a list of experiments, which may be empty: `{}`.
fn answers_experiments(response: &Response) -> bool {
    if !(200..300).contains(&response.status) {
        return false;
    }
    let Ok(object) = serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(&response.body)
    else {
        return false;
    };
    let is_ours =
        object.is_empty() || object.contains_key("experiments") || object.contains_key("next_page_token");
    is_ours && serde_json::from_slice::<WirePage<IgnoredAny>>(&response.body).is_ok()
}

/// Whether an endpoint is there: it answers, or refuses in MLflow's own format. Unknown routes get a web page.
fn is_endpoint(response: &Response) -> bool {
    match response.status {
        200..300 => !is_html(&response.body),
        _ => refusal(&response.body).is_some_and(|(code, _)| code != "ENDPOINT_NOT_FOUND"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::contract_tests::{VERSIONS, recorded};
    use super::*;
    use proptest::prelude::*;

    type Answer = Result<Response, TransportError>;

    fn address(url: &str) -> ServerAddress {
        ServerAddress {
            url: url.into(),
            page_origin: "http://page.test:8080".into(),
            ..ServerAddress::default()
        }
    }

    fn answer(status: u16, body: &str) -> Answer {
        Ok(Response { status, content_type: String::new(), body: body.into() })
    }

    fn not_found() -> Answer {
        answer(404, "<!doctype html><title>404 Not Found</title>")
    }

    /// Plays a server until the probe ends; says what was asked.
    fn play(
        address: &ServerAddress,
        mut server: impl FnMut(&ProbeRequest) -> Answer,
    ) -> (ProbeStep, Vec<String>) {
        let mut probe = Probe::new(address);
        let mut asked = vec![];
        let mut step = probe.next(None);
        while let ProbeStep::Ask(request) = &step {
            let mode = if request.is_no_cors { "no-cors " } else { "" };
            asked.push(format!("{mode}{}{}", request.base_url, request.request.path));
            assert!(asked.len() < 20, "{asked:?}");
            step = probe.next(Some(server(request)));
        }
        assert_eq!(probe.next(Some(not_found())), step, "the end is the end");
        (step, asked)
    }

    fn problem(address: &ServerAddress, server: impl FnMut(&ProbeRequest) -> Answer) -> ConnectProblem {
        match play(address, server).0 {
            ProbeStep::Failed(problem) => problem,
            step => panic!("{step:?}"),
        }
    }

    /// The recorded server of that version.
    fn server(version: &str, request: &ProbeRequest) -> Answer {
        let path = request.request.path.as_str();
        let name = [
            ("/version", "version"),
            ("experiments/search", "experiments-search-post"),
            ("get-history-bulk-interval", "history-interval-api"),
            ("registered-models/alias", "alias-get"),
            ("logged-models/search", "logged-models-search-2.0"),
        ]
        .into_iter()
        .find_map(|(part, name)| path.contains(part).then_some(name));
        Ok(recorded(version, name.unwrap_or("unknown-endpoint")))
    }

    #[test]
    fn recorded_servers_are_recognised() {
        for version in VERSIONS {
            let (step, _) = play(&address("http://ml.test:5000/"), |request| server(version, request));
            let ProbeStep::Done(info) = step else { panic!("{version}: {step:?}") };
            assert_eq!(info.url, "http://ml.test:5000");
            assert_eq!(info.version.as_deref(), Some(version).filter(|version| *version != "1.30.1"));
            assert_eq!(
                info.capabilities,
                Capabilities {
                    api_prefix: "/api".into(),
                    has_experiment_search: true,
                    has_aliases: version != "1.30.1",
                    has_bulk_interval: ["2.22.5", "3.1.4", "3.17.2"].contains(&version),
                    has_logged_models: version.starts_with('3'),
                },
                "{version}"
            );
        }
    }

    #[test]
    fn early_servers_list() {
        let (step, asked) = play(&address("http://ml.test"), |request| {
            if request.request.path.contains("experiments/list") { answer(200, "{}") } else { not_found() }
        });
        let ProbeStep::Done(info) = step else { panic!("{step:?}") };
        assert!(!info.capabilities.has_experiment_search && info.version.is_none());
        assert_eq!(asked[2], "http://ml.test/api/2.0/mlflow/experiments/list?max_results=1");
    }

    #[test]
    fn the_prefix_and_the_path_are_found() {
        let at = address("http://ml.test/p");
        let (step, _) =
            play(&at, |request| match (request.base_url.as_str(), request.request.path.as_str()) {
                ("http://ml.test/p", "/version") => answer(200, "3.1.4"),
                ("http://ml.test/p", path) if path.starts_with("/ajax-api") => answer(200, "{}"),
                _ => not_found(),
            });
        assert!(matches!(step, ProbeStep::Done(info) if info.capabilities.api_prefix == "/ajax-api"));
        let wrong =
            problem(
                &at,
                |request| {
                    if request.base_url == "http://ml.test" { answer(200, "{}") } else { not_found() }
                },
            );
        assert_eq!(wrong.kind, ConnectProblemKind::WrongPath);
        assert_eq!(wrong.recipe.as_deref(), Some("http://ml.test"));
        let cut = problem(&address("http://ml.test"), |request| {
            if request.request.path == "/version" { answer(200, "3.1.4") } else { not_found() }
        });
        assert_eq!(cut.kind, ConnectProblemKind::WrongPath);
    }

    #[test]
    fn an_opaque_error_is_told_apart() {
        let refused = problem(&address("http://ml.test"), |request| {
            if request.is_no_cors { answer(200, "") } else { Err(TransportError::Opaque) }
        });
        assert_eq!(refused.kind, ConnectProblemKind::OriginRefused);
        let recipe = refused.recipe.unwrap();
        assert!(recipe.contains("--cors-allowed-origins \"http://page.test:8080\""), "{recipe}");
        assert!(recipe.contains("proxy_pass http://ml.test;"), "{recipe}");
        let silent = problem(&address("http://ml.test"), |_| Err(TransportError::Opaque));
        assert_eq!(silent.kind, ConnectProblemKind::NotReachable);
        // A page has no need to ask its own origin twice.
        let (step, asked) = play(&address("/mlflow"), |_| Err(TransportError::Opaque));
        assert!(
            matches!(step, ProbeStep::Failed(problem) if problem.kind == ConnectProblemKind::NotReachable)
        );
        assert_eq!(asked, ["/mlflow/version"]);
        let late = problem(&address("http://ml.test"), |_| Err(TransportError::TimedOut { after_secs: 20 }));
        assert!(late.message.contains("20 s"), "{}", late.message);
        let proxied = problem(&address("/mlflow"), |_| answer(403, "Cross-origin request blocked"));
        assert!(
            proxied.recipe.unwrap().contains("location /mlflow/ {\n    proxy_pass http://127.0.0.1:5000;")
        );
    }

    #[test]
    fn mixed_content_is_named() {
        let mut at = address("http://ml.test");
        at.page_origin = "https://page.test".into();
        let mixed = problem(&at, |_| Err(TransportError::Opaque));
        assert!(mixed.advice.contains("https"), "{}", mixed.advice);
        at.url = "http://localhost:5000".into();
        let local = problem(&at, |_| Err(TransportError::Opaque));
        assert!(local.advice.contains("allow it"), "{}", local.advice);
    }

    #[test]
    fn a_refused_post_names_the_version_and_its_flag() {
        for (version, part, refusal) in [
            (
                "3.6.0",
                "mlflow server --cors-allowed-origins \"http://page.test:8080\"",
                Err(TransportError::Opaque),
            ),
            ("3.6.0", "mlflow server --cors", answer(403, "Cross-origin request blocked")),
            ("2.22.5", "location ~ ^/(api|", Err(TransportError::Opaque)),
        ] {
            let refused = problem(&address("http://ml.test"), |request| {
                if request.request.path == "/version" { answer(200, version) } else { refusal.clone() }
            });
            assert_eq!(refused.kind, ConnectProblemKind::OriginRefused);
            assert!(refused.message.contains(version), "{}", refused.message);
            assert!(refused.recipe.as_deref().unwrap().starts_with(part), "{:?}", refused.recipe);
        }
    }

    #[test]
    fn signing_in_and_host_names() {
        let mut at = address("http://ml.test:5000");
        let said = "<p>You are not authenticated.";
        let who = problem(&at, |_| answer(401, said));
        assert_eq!(who.kind, ConnectProblemKind::NeedsSignIn);
        assert!(who.message.ends_with("You are not authenticated."), "{}", who.message);
        at.sign_in = SignIn::Bearer { token: "hush".into() };
        let wrong = problem(&at, |_| answer(401, said));
        assert!(wrong.message.contains("does not accept"), "{}", wrong.message);
        assert!(!format!("{wrong:?} {:?}", Probe::new(&at)).contains("hush"));
        let host =
            problem(&at, |_| answer(403, "Invalid Host header - possible DNS rebinding attack detected"));
        assert_eq!(host.kind, ConnectProblemKind::OriginRefused);
        assert!(
            host.recipe.as_deref().unwrap().contains("--allowed-hosts \"localhost,127.0.0.1,ml.test:5000\"")
        );
        let login = problem(&at, |_| answer(200, "<html><form>Password <input type=password>"));
        assert_eq!(login.kind, ConnectProblemKind::NeedsSignIn);
    }

    #[test]
    fn others_are_not_mlflow() {
        for body in ["<html>Welcome to nginx!", "{\"status\": \"ok\"}", "[]", "hello", ""] {
            let other = problem(&address("http://ml.test"), |_| answer(200, body));
            assert_eq!(other.kind, ConnectProblemKind::NotATrackingServer, "{body}");
        }
        let down = problem(&address("http://ml.test"), |_| answer(502, "<h1>Bad Gateway</h1>"));
        assert!(down.message.contains("HTTP 502: Bad Gateway"), "{}", down.message);
    }

    #[test]
    fn addresses() {
        let url = |text: &str| normalized(text, "http://page.test").map_err(|problem| problem.recipe);
        assert_eq!(url(" HTTP://ML.test:5000/#/experiments/1 "), Ok("http://ml.test:5000".into()));
        assert_eq!(url("https://ml.test/A/b//"), Ok("https://ml.test/A/b".into()));
        assert_eq!(url("http://[::1]:5000"), Ok("http://[::1]:5000".into()));
        assert_eq!(url("/mlflow/"), Ok("/mlflow".into()));
        assert_eq!(url("/"), Ok("http://page.test".into()));
        assert_eq!(url("localhost:5000"), Ok("http://localhost:5000".into()));
        assert_eq!(url("10.0.0.7:5000/ml/"), Ok("http://10.0.0.7:5000/ml".into()));
        assert_eq!(url("tracking"), Ok("http://tracking".into()));
        assert_eq!(url("mlflow.example.org"), Ok("https://mlflow.example.org".into()));
        assert_eq!(url("ana:secret@mlflow.example.org"), Err(None));
        assert_eq!(url(":5000"), Err(None));
        for bad in [
            "",
            "  ",
            "ftp://x",
            "javascript:alert(1)@",
            "http://",
            "http:///x",
            "http://a b",
            "http://u:p@h",
            "http://h:99999",
            "http://h\"",
            "//h",
        ] {
            assert!(url(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn it_ends_and_never_panics(
            url in "(https?://|/)?[a-z0-9:/@#?\\[\\]é .]{0,20}",
            answers in prop::collection::vec((0u8..5, "[{}\\[\\]\"a-z<>:0-9. ]{0,30}"), 1..20),
        ) {
            let mut turn = 0;
            play(&address(&url), |_| {
                let (kind, body) = &answers[turn % answers.len()];
                turn += 1;
                match kind {
                    0 => answer(200, body),
                    1 => not_found(),
                    2 => answer(403, body),
                    3 => Err(TransportError::Opaque),
                    _ => answer(500, body),
                }
            });
        }
    }
}
