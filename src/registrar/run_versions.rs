//! Which registered versions come from some runs. Asked before runs are deleted, since a version keeps pointing at a
//! deleted run. A few runs are searched for by their ids; for many, all versions are looked through, page by page.

use crate::entities::{ModelVersion, RunId, Stage, VersionNumber};
use crate::tracking::mlflow::registry_requests;
use crate::tracking::{Capabilities, Page, Request, ServerError};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Runs searched for by id in one request: their ids fit into an address of 4,094 bytes, the most that the server
/// MLflow comes with reads.
const RUNS_PER_SEARCH: usize = 50;
/// For more runs than this, looking through all versions takes fewer requests.
const RUNS_BY_ID: usize = 200;

/// Which registered versions come from the runs asked about.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RunVersions {
    /// The runs that have some, by model and number, and which: `taxi, version 3 (Production)`.
    pub of: Vec<(RunId, String)>,
    /// Why there may be more; none where all are known.
    pub problem: Option<String>,
}

impl RunVersions {
    /// How many of so many runs have versions, as sentences.
    pub fn summary(&self, n_runs: usize) -> String {
        let known = match (self.of.len(), &self.problem) {
            (0, None) if n_runs == 1 => "The run has no registered version.".to_owned(),
            (0, None) => format!("None of the {n_runs} runs has a registered version."),
            (0, Some(_)) => String::new(),
            (n, _) => format!(
                "{n} of {n_runs} {}",
                if n == 1 {
                    "has a registered version; it is listed first."
                } else {
                    "have a registered version; they are listed first."
                }
            ),
        };
        let unknown = self.problem.as_ref().map(|problem| {
            let what =
                if self.of.is_empty() { "Whether a registered version comes" } else { "Whether more come" };
            format!("{what} from these runs could not be found out: {problem}.")
        });
        [Some(known), unknown]
            .into_iter()
            .flatten()
            .filter(|text| !text.is_empty())
            .collect::<Vec<_>>()
            .join(" ")
    }
}

/// The search for the versions of some runs, on its way.
#[derive(Debug)]
pub(super) struct Lookup {
    run_ids: BTreeSet<RunId>,
    /// The searches still to be made: for the versions of these runs, or for all versions where there are none.
    searches: VecDeque<Vec<RunId>>,
    page_token: Option<String>,
    /// Found so far; a version that two pages hold counts once.
    found: BTreeMap<(String, VersionNumber), (RunId, Stage)>,
    n_unread: usize,
    problem: Option<String>,
}

impl Lookup {
    pub(super) fn new(run_ids: Vec<RunId>) -> Self {
        let searches = if run_ids.len() <= RUNS_BY_ID && run_ids.iter().all(is_searchable) {
            run_ids.chunks(RUNS_PER_SEARCH).map(<[RunId]>::to_vec).collect()
        } else {
            VecDeque::from([vec![]])
        };
        Self {
            run_ids: run_ids.into_iter().collect(),
            searches,
            page_token: None,
            found: BTreeMap::new(),
            n_unread: 0,
            problem: None,
        }
    }

    /// The next page to ask for; none once everything has been looked through.
    pub(super) fn request(&self, capabilities: &Capabilities) -> Option<Request> {
        let run_ids = self.searches.front()?;
        Some(registry_requests::versions_of_runs(capabilities, run_ids, self.page_token.as_deref()))
    }

    /// Takes a page, or that there is none.
    pub(super) fn answered(&mut self, answer: Result<Page<ModelVersion>, ServerError>) {
        match answer {
            Ok(page) => {
                self.n_unread += page.skipped.len();
                for version in page.items {
                    if let Some(run_id) = version.run_id.filter(|run_id| self.run_ids.contains(run_id)) {
                        self.found.insert((version.name, version.number), (run_id, version.stage));
                    }
                }
                self.page_token = page.next_page_token;
                if self.page_token.is_none() {
                    self.searches.pop_front();
                }
            }
            // A server that does not search by lists of ids still lists its versions.
            Err(ServerError::Refused { status: 400, .. })
                if self.searches.front().is_some_and(|run_ids| !run_ids.is_empty()) =>
            {
                self.searches = VecDeque::from([vec![]]);
                (self.page_token, self.n_unread) = (None, 0);
            }
            Err(error) => {
                self.searches.clear();
                self.problem = Some(error.to_string());
            }
        }
    }

    /// What has been found.
    pub(super) fn found(&self) -> RunVersions {
        let mut of: Vec<(RunId, String)> = vec![];
        let mut places: BTreeMap<&RunId, usize> = BTreeMap::new();
        for ((model, number), (run_id, stage)) in &self.found {
            let stage = if *stage == Stage::None { String::new() } else { format!(" ({stage})") };
            let text = format!("{model}, version {number}{stage}");
            match places.get(run_id).and_then(|place| of.get_mut(*place)) {
                Some((_, texts)) => texts.push_str(&format!("; {text}")),
                None => {
                    places.insert(run_id, of.len());
                    of.push((run_id.clone(), text));
                }
            }
        }
        let unread = match self.n_unread {
            0 => None,
            1 => Some("1 version could not be read".to_owned()),
            n => Some(format!("{n} versions could not be read")),
        };
        RunVersions { of, problem: self.problem.clone().or(unread) }
    }
}

/// Whether a server finds a run by its id in a list: MLflow drops ids with capitals, and those without any letter,
/// from the list without a word (`_parse_run_ids` in its `search_utils.py`).
fn is_searchable(run_id: &RunId) -> bool {
    let is_allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    run_id.0.chars().all(is_allowed) && run_id.0.chars().any(|c| c.is_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::super::{Ask, Input, News, Output, Registrar};
    use super::*;
    use crate::tracking::{Response, TransportError};
    use serde_json::{Value, json};

    /// A server that lists its versions two at a time.
    struct Shop {
        versions: Vec<Value>,
        has_id_lists: bool,
        /// The request that gets no answer.
        lost: Option<usize>,
        asked: Vec<String>,
    }

    impl Shop {
        /// `n` versions of `taxi`, each from the run of its number.
        fn new(n: usize) -> Self {
            let version = |n: usize| {
                json!({ "name": "taxi", "version": n.to_string(), "run_id": run(n).0,
                    "current_stage": if n == 1 { "Production" } else { "None" } })
            };
            Self { versions: (1..=n).map(version).collect(), has_id_lists: true, lost: None, asked: vec![] }
        }

        fn answer(&self, path: &str) -> Response {
            let value = |name: &str| path.split(['?', '&']).find_map(|pair| pair.strip_prefix(name));
            let ids = value("filter=");
            let (status, body) = if ids.is_some() && !self.has_id_lists {
                (400, json!({ "error_code": "INVALID_PARAMETER_VALUE", "message": "no IN here" }))
            } else {
                let is_meant = |version: &&Value| {
                    ids.is_none_or(|ids| ids.contains(version["run_id"].as_str().unwrap()))
                };
                let all: Vec<&Value> = self.versions.iter().filter(is_meant).collect();
                let start = value("page_token=").map_or(0, |token| token.parse().unwrap());
                let page = all.get(start..).unwrap_or_default().iter().take(2).collect::<Vec<_>>();
                let mut body = json!({ "model_versions": page });
                if start + 2 < all.len() {
                    body["next_page_token"] = json!((start + 2).to_string());
                }
                (200, body)
            };
            Response { status, content_type: "application/json".into(), body: body.to_string().into_bytes() }
        }

        fn find(&mut self, run_ids: Vec<RunId>) -> RunVersions {
            let mut registrar = Registrar::default();
            let mut outputs = registrar.handle(Input::Ask(Box::new(Ask::FindVersions(run_ids))));
            loop {
                match outputs.as_slice() {
                    [Output::Send { id, request, .. }] => {
                        let is_lost = self.lost == Some(self.asked.len());
                        self.asked.push(request.path.clone());
                        let answer = if is_lost {
                            Err(TransportError::Opaque)
                        } else {
                            Ok(self.answer(&request.path))
                        };
                        outputs = registrar.handle(Input::Answered { id: *id, answer });
                    }
                    [Output::News(News::RunVersions(found))] => return found.clone(),
                    other => panic!("{other:?}"),
                }
            }
        }
    }

    fn run(n: usize) -> RunId {
        RunId(format!("a{n:031}"))
    }

    #[test]
    fn versions_of_a_few_runs_are_searched_for_by_id() {
        let mut shop = Shop::new(9);
        shop.versions
            .push(json!({ "name": "bus", "version": "4", "run_id": run(1).0, "current_stage": "Staging" }));
        let found = shop.find((0..60).filter(|n| *n != 5).map(run).collect());
        assert_eq!(found.of[0], (run(1), "bus, version 4 (Staging); taxi, version 1 (Production)".into()));
        assert_eq!(found.of[1], (run(2), "taxi, version 2".into()));
        assert_eq!((found.of.len(), found.problem), (8, None));
        // Fifty runs with nine versions in five pages, and nine runs without any.
        assert_eq!(shop.asked.len(), 6);
        assert!(shop.asked.iter().all(|path| path.contains("IN") && path.len() < 4_000));
    }

    #[test]
    fn many_runs_and_servers_without_lists_are_looked_through_page_by_page() {
        let many: Vec<RunId> = (1..300).map(run).collect();
        for (run_ids, has_id_lists, n_refused) in [(many, true, 0), (vec![run(1), run(7)], false, 1)] {
            let mut shop = Shop { has_id_lists, ..Shop::new(7) };
            let n_expected = run_ids.len().min(7);
            let found = shop.find(run_ids);
            assert_eq!((found.of.len(), found.problem), (n_expected, None));
            assert_eq!(shop.asked.len(), 4 + n_refused);
        }
    }

    #[test]
    fn what_could_not_be_read_is_said() {
        let mut shop = Shop { lost: Some(1), ..Shop::new(5) };
        let found = shop.find((1..6).map(run).collect());
        assert_eq!((found.of.len(), found.problem.is_some()), (2, true));
        let mut shop = Shop::new(3);
        shop.versions[1]["version"] = json!({});
        let found = shop.find((1..6).map(run).collect());
        assert_eq!((found.of.len(), found.problem.as_deref()), (2, Some("1 version could not be read")));
    }

    fn versions(n_found: usize, problem: Option<&str>) -> RunVersions {
        let of = (0..n_found).map(|n| (RunId(n.to_string()), String::new())).collect();
        RunVersions { of, problem: problem.map(str::to_owned) }
    }

    #[test]
    fn what_is_known_and_what_is_not_are_told_apart() {
        let told = [
            versions(0, None).summary(1),
            versions(0, None).summary(53),
            versions(1, None).summary(1),
            versions(2, None).summary(53),
            versions(0, Some("no answer")).summary(53),
            versions(2, Some("no answer")).summary(53),
        ];
        assert_eq!(
            told,
            [
                "The run has no registered version.",
                "None of the 53 runs has a registered version.",
                "1 of 1 has a registered version; it is listed first.",
                "2 of 53 have a registered version; they are listed first.",
                "Whether a registered version comes from these runs could not be found out: no answer.",
                "2 of 53 have a registered version; they are listed first. Whether more come from these runs could \
                 not be found out: no answer.",
            ]
        );
    }

    #[test]
    fn ids_that_a_list_would_lose_are_not_searched_for_by_it() {
        let is = |id: &str| is_searchable(&RunId(id.to_owned()));
        assert!(is("0a1b"));
        assert!(!is("0123") && !is("0A1b") && !is("a'b") && !is(""));
    }
}
