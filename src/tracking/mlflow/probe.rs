//! Finds out whether an address is an MLflow server, of which version, and what it can do.
//!
//! A pure state machine: it is handed an answer and says what to ask next. Every way in which a connection can
//! fail ends in a [`ConnectProblem`] that says how to mend it.

use super::requests;
use crate::tracking::{
    Capabilities, ConnectProblem, ConnectProblemKind, Request, Response, ServerAddress, ServerError,
    ServerInfo, TransportError,
};

/// What is to be done next.
#[derive(Debug)]
pub enum ProbeStep {
    /// Ask this.
    Ask {
        /// The question.
        request: Request,
        /// Whether only to learn that something answers.
        is_no_cors: bool,
    },
    /// It is an MLflow server.
    Done(ServerInfo),
    /// It cannot be used as it is.
    Failed(ConnectProblem),
}

/// A probe under way.
#[derive(Debug)]
pub struct Probe {
    address: ServerAddress,
    stage: Stage,
    version: Option<String>,
    capabilities: Capabilities,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Start,
    Version,
    Experiments,
    BulkInterval,
    Aliases,
    LoggedModels,
    /// The last answer was opaque: does anything answer at all?
    Reachable,
}

type Answer = Result<Response, TransportError>;

impl Probe {
    /// A probe of an address that has asked nothing yet.
    pub fn new(address: &ServerAddress) -> Self {
        let mut address = address.clone();
        address.url = address.url.trim().trim_end_matches('/').to_owned();
        let capabilities = Capabilities { api_prefix: "/api".to_owned(), ..Capabilities::default() };
        Self { address, stage: Stage::Start, version: None, capabilities }
    }

    /// Takes the answer to the last question (none at the start) and says what is next.
    pub fn next(&mut self, answer: Option<Answer>) -> ProbeStep {
        match (self.stage, answer) {
            (Stage::Start, _) => self.start(),
            (Stage::Version, Some(answer)) => self.version_arrived(answer),
            (Stage::Experiments, Some(answer)) => self.experiments_arrived(answer),
            (Stage::BulkInterval, Some(answer)) => {
                self.capabilities.has_bulk_interval = is_known_route(&answer);
                self.ask(Stage::Aliases, requests::alias_probe(&self.capabilities))
            }
            (Stage::Aliases, Some(answer)) => {
                self.capabilities.has_aliases = is_known_route(&answer);
                self.ask(Stage::LoggedModels, requests::logged_models_probe(&self.capabilities))
            }
            (Stage::LoggedModels, Some(answer)) => {
                self.capabilities.has_logged_models = is_known_route(&answer);
                ProbeStep::Done(ServerInfo {
                    url: self.address.url.clone(),
                    kind: self.address.kind,
                    version: self.version.clone(),
                    capabilities: self.capabilities.clone(),
                })
            }
            (Stage::Reachable, Some(answer)) => ProbeStep::Failed(match answer {
                Ok(_) => self.origin_refused(),
                Err(_) => self.not_reachable(),
            }),
            (_, None) => ProbeStep::Failed(self.not_reachable()),
        }
    }

    fn ask(&mut self, stage: Stage, request: Request) -> ProbeStep {
        self.stage = stage;
        ProbeStep::Ask { request, is_no_cors: false }
    }

    fn start(&mut self) -> ProbeStep {
        let url = &self.address.url;
        let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
        let is_good = match host {
            Some(host) => !host.is_empty() && !host.starts_with('/') && !host.contains(char::is_whitespace),
            None => url.starts_with('/') && !url.starts_with("//"),
        };
        if !is_good || url.contains(['#', '?']) {
            return ProbeStep::Failed(problem(
                ConnectProblemKind::BadAddress,
                format!("`{url}` is not the address of a server."),
                "Write it with http:// or https://, as in http://127.0.0.1:5000, or as a path on this site, as in /mlflow.",
                None,
            ));
        }
        if host.is_some_and(|host| host.contains('@')) {
            return ProbeStep::Failed(problem(
                ConnectProblemKind::BadAddress,
                "The address holds a user name or a password.".to_owned(),
                "Addresses are remembered and shared: take it out, and choose how to sign in below.",
                None,
            ));
        }
        self.ask(Stage::Version, requests::version())
    }

    fn version_arrived(&mut self, answer: Answer) -> ProbeStep {
        match answer {
            Ok(response) if response.status == 200 => {
                let text = String::from_utf8_lossy(&response.body).trim().to_owned();
                // A login page of a proxy answers 200 as well; a version is short and begins with a digit.
                if text.len() < 40 && text.starts_with(|c: char| c.is_ascii_digit()) {
                    self.version = Some(text);
                }
            }
            // 1.x has no such route; with basic-auth it wants credentials. The next question tells more.
            Ok(_) => {}
            Err(_) => return self.ask_whether_reachable(),
        }
        self.ask(Stage::Experiments, requests::probe_experiments(&self.capabilities))
    }

    fn ask_whether_reachable(&mut self) -> ProbeStep {
        self.stage = Stage::Reachable;
        ProbeStep::Ask { request: requests::version(), is_no_cors: true }
    }

    fn experiments_arrived(&mut self, answer: Answer) -> ProbeStep {
        let response = match answer {
            Ok(response) => response,
            // `/version` was readable, this was not: the server lets this page read but not ask.
            Err(TransportError::Opaque) if self.version.is_some() => {
                return ProbeStep::Failed(self.origin_refused());
            }
            Err(_) => return self.ask_whether_reachable(),
        };
        let is_json =
            serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(&response.body).is_ok();
        match response.status {
            200 if is_json => {
                self.capabilities.has_experiment_search = true;
                self.ask(Stage::BulkInterval, requests::bulk_interval_probe(&self.capabilities))
            }
            401 => ProbeStep::Failed(self.needs_sign_in()),
            403 => ProbeStep::Failed(self.forbidden(&response)),
            // A server below a static prefix has moved `/ajax-api` there and left `/api` at the root.
            404 | 405 if self.capabilities.api_prefix == "/api" => {
                self.capabilities.api_prefix = "/ajax-api".to_owned();
                self.ask(Stage::Experiments, requests::probe_experiments(&self.capabilities))
            }
            404 | 405 if self.version.is_some() || has_path(&self.address.url) => {
                ProbeStep::Failed(self.wrong_path())
            }
            status if status >= 500 => ProbeStep::Failed(problem(
                ConnectProblemKind::NotATrackingServer,
                format!("The server failed: {}.", super::decode::error(&response)),
                "Look into the server's own log, or at the proxy before it, and connect again.",
                None,
            )),
            200 if is_sign_in_page(&response) => ProbeStep::Failed(self.needs_sign_in()),
            _ => ProbeStep::Failed(problem(
                ConnectProblemKind::NotATrackingServer,
                format!("Something answers at {}, but it is no MLflow tracking server.", self.address.url),
                "Check host and port. MLflow's own page opens at the same address.",
                None,
            )),
        }
    }

    fn not_reachable(&self) -> ConnectProblem {
        let is_mixed =
            self.address.page_origin.starts_with("https://") && self.address.url.starts_with("http://");
        let advice = if is_mixed {
            "This page came by https, and browsers keep such pages from http servers: serve MLflow by https, or through a proxy on this site."
        } else {
            "Check that the server runs, and check host and port. From another machine it must listen on more than 127.0.0.1 (--host 0.0.0.0)."
        };
        problem(
            ConnectProblemKind::NotReachable,
            format!("Nothing answers at {}.", self.address.url),
            advice,
            Some("mlflow server --host 127.0.0.1 --port 5000".to_owned()),
        )
    }

    fn origin_refused(&self) -> ConnectProblem {
        let origin = &self.address.page_origin;
        let flag = format!("mlflow server --cors-allowed-origins \"{origin}\"");
        let proxy = format!(
            "location /mlflow/ {{\n  proxy_set_header Origin \"\";\n  proxy_pass {}/;\n}}",
            self.address.url.trim_end_matches('/')
        );
        let message = format!("A server answers at {}, but it refuses pages of {origin}.", self.address.url);
        let version = self.version.as_deref().unwrap_or_default();
        let (advice, recipe) = match version.split('.').map(str::parse::<u32>).collect::<Vec<_>>().as_slice() {
            [Ok(major), Ok(minor), ..] if (*major, *minor) >= (3, 5) => (
                format!("This is MLflow {version}: start it with this page's origin on its list."),
                flag,
            ),
            [Ok(_), Ok(_), ..] => (
                format!("MLflow {version} cannot allow other origins: serve it and this site from one, through a proxy such as nginx, and connect to /mlflow."),
                proxy,
            ),
            _ => (
                "MLflow 3.5 and later: start it with this page's origin on its list. Earlier: serve it and this site from one origin, through a proxy such as nginx, and connect to /mlflow.".to_owned(),
                format!("{flag}\n\n{proxy}"),
            ),
        };
        problem(ConnectProblemKind::OriginRefused, message, &advice, Some(recipe))
    }

    fn needs_sign_in(&self) -> ConnectProblem {
        let is_signed_in = self.address.sign_in != crate::tracking::SignIn::None;
        let message = if is_signed_in {
            format!("{} does not accept this sign-in.", self.address.url)
        } else {
            format!("{} wants to know who asks.", self.address.url)
        };
        let advice = if is_signed_in {
            "Check user, password or token, and whether the account may read experiments."
        } else {
            "Choose how to sign in below, and connect again."
        };
        problem(ConnectProblemKind::NeedsSignIn, message, advice, None)
    }

    fn forbidden(&self, response: &Response) -> ConnectProblem {
        let text = String::from_utf8_lossy(&response.body).to_lowercase();
        if text.contains("cross-origin") || text.contains("cors") || text.contains("origin") {
            self.origin_refused()
        } else if text.contains("host") {
            let host =
                self.address.url.split("//").nth(1).unwrap_or_default().split('/').next().unwrap_or_default();
            problem(
                ConnectProblemKind::OriginRefused,
                format!("The server does not answer to the name {host}."),
                "Start it with that name on its list of hosts.",
                Some(format!("mlflow server --allowed-hosts \"{host}\"")),
            )
        } else {
            self.needs_sign_in()
        }
    }

    fn wrong_path(&self) -> ConnectProblem {
        problem(
            ConnectProblemKind::WrongPath,
            format!("A server answers at {}, but MLflow's API is not below that path.", self.address.url),
            "Leave out what follows host and port, or add the server's --static-prefix.",
            None,
        )
    }
}

fn problem(
    kind: ConnectProblemKind,
    message: String,
    advice: &str,
    recipe: Option<String>,
) -> ConnectProblem {
    ConnectProblem { kind, message, advice: advice.to_owned(), recipe }
}

fn has_path(url: &str) -> bool {
    url.split_once("//").map_or(url.len() > 1, |(_, rest)| rest.contains('/'))
}

fn is_sign_in_page(response: &Response) -> bool {
    let text = String::from_utf8_lossy(&response.body).to_lowercase();
    response.content_type.contains("html")
        && ["password", "sign in", "log in", "login"].iter().any(|word| text.contains(word))
}

/// A route that exists answers in JSON, an error included; an unknown one in HTML.
fn is_known_route(answer: &Answer) -> bool {
    match answer {
        Ok(response) if response.status == 200 => response.body.starts_with(b"{"),
        Ok(response) => match super::decode::error(response) {
            ServerError::Refused { code, .. } => code != "ENDPOINT_NOT_FOUND",
            _ => false,
        },
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tracking::SignIn;

    fn json(status: u16, body: &str) -> Answer {
        Ok(Response { status, content_type: "application/json".to_owned(), body: body.as_bytes().to_vec() })
    }

    fn html(status: u16, body: &str) -> Answer {
        Ok(Response { status, content_type: "text/html".to_owned(), body: body.as_bytes().to_vec() })
    }

    fn address(url: &str) -> ServerAddress {
        ServerAddress {
            url: url.to_owned(),
            page_origin: "http://site".to_owned(),
            ..ServerAddress::default()
        }
    }

    /// Runs a probe against these answers, one after another.
    fn probe(url: &str, answers: Vec<Answer>) -> ProbeStep {
        let mut probe = Probe::new(&address(url));
        let mut step = probe.next(None);
        for answer in answers {
            assert!(matches!(step, ProbeStep::Ask { .. }), "asked no more: {step:?}");
            step = probe.next(Some(answer));
        }
        step
    }

    #[track_caller]
    fn check_problem(step: ProbeStep, kind: ConnectProblemKind) -> ConnectProblem {
        let ProbeStep::Failed(problem) = step else { panic!("{step:?}") };
        assert_eq!(problem.kind, kind, "{problem:?}");
        assert!(problem.message.ends_with('.') && !problem.advice.is_empty());
        problem
    }

    #[test]
    fn a_current_server_is_known_with_all_it_can_do() {
        let refused = r#"{"error_code":"RESOURCE_DOES_NOT_EXIST","message":"x"}"#;
        let step = probe(
            "http://h:5000/",
            vec![html(200, "3.17.2"), json(200, "{}"), json(200, "{}"), json(404, refused), json(200, "{}")],
        );
        let ProbeStep::Done(info) = step else { panic!("{step:?}") };
        assert_eq!((info.url.as_str(), info.version.as_deref()), ("http://h:5000", Some("3.17.2")));
        assert!(
            info.capabilities.has_aliases
                && info.capabilities.has_logged_models
                && info.capabilities.has_bulk_interval
        );
    }

    #[test]
    fn mlflow_1_has_no_version_and_less_to_offer() {
        let missing = || html(404, "<!doctype html><title>404 Not Found</title>");
        let step = probe("http://h:5000", vec![missing(), json(200, "{}"), missing(), missing(), missing()]);
        let ProbeStep::Done(info) = step else { panic!("{step:?}") };
        assert_eq!(info.version, None);
        assert!(!info.capabilities.has_aliases && !info.capabilities.has_logged_models);
    }

    #[test]
    fn each_failure_is_told_apart() {
        let opaque = || Err(TransportError::Opaque);
        check_problem(probe("localhost:5000", vec![]), ConnectProblemKind::BadAddress);
        check_problem(probe("http://me:secret@h", vec![]), ConnectProblemKind::BadAddress);
        check_problem(probe("http://h:1", vec![opaque(), opaque()]), ConnectProblemKind::NotReachable);
        let old = check_problem(
            probe("http://h:1", vec![opaque(), html(0, "")]),
            ConnectProblemKind::OriginRefused,
        );
        assert!(old.recipe.is_some_and(|recipe| recipe.contains("--cors-allowed-origins \"http://site\"")
            && recipe.contains("proxy_pass")));
        let new = check_problem(
            probe("http://h:1", vec![html(200, "3.6.0"), opaque()]),
            ConnectProblemKind::OriginRefused,
        );
        assert!(new.recipe.is_some_and(|recipe| !recipe.contains("proxy_pass")));
        let blocked = html(403, "Cross-origin request blocked");
        check_problem(
            probe("http://h:1", vec![html(200, "3.6.0"), blocked]),
            ConnectProblemKind::OriginRefused,
        );
        check_problem(
            probe("http://h:1", vec![html(401, "who"), html(401, "who")]),
            ConnectProblemKind::NeedsSignIn,
        );
        let page = "<html><form>Password<input></form></html>";
        check_problem(
            probe("http://h:1", vec![html(200, page), html(200, page)]),
            ConnectProblemKind::NeedsSignIn,
        );
        let missing = || html(404, "<h1>Not found</h1>");
        check_problem(
            probe("http://h:1/deep", vec![missing(), missing(), missing()]),
            ConnectProblemKind::WrongPath,
        );
        check_problem(
            probe("http://h:1", vec![missing(), missing(), missing()]),
            ConnectProblemKind::NotATrackingServer,
        );
        check_problem(
            probe("http://h:1", vec![html(200, "<p>hello"), html(200, "<p>hello")]),
            ConnectProblemKind::NotATrackingServer,
        );
    }

    #[test]
    fn a_wrong_secret_is_not_called_a_missing_one() {
        let mut address = address("http://h:1");
        address.sign_in = SignIn::Bearer { token: "secret".to_owned() };
        let mut probe = Probe::new(&address);
        probe.next(None);
        probe.next(Some(html(401, "no")));
        let problem = check_problem(probe.next(Some(html(401, "no"))), ConnectProblemKind::NeedsSignIn);
        assert!(problem.message.contains("does not accept") && !problem.message.contains("secret"));
    }
}
