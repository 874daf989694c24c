//! MLflow's endpoints as requests. Every name and path a server or a person chose is percent-encoded here.

use crate::entities::{ExperimentId, RunId, RunView};
use crate::tracking::{Capabilities, Request};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;

/// The most experiments asked for at once: every version answers this many.
pub const EXPERIMENTS_PER_PAGE: usize = 1000;

/// Everything but RFC 3986's unreserved characters. `/` is encoded too: it stands in names, not between them.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The server's version as plain text (MLflow 2 and newer).
pub fn version() -> Request {
    Request::get("/version")
}

/// Whether experiments can be searched under this prefix (`/api` or `/ajax-api`). A POST on purpose: where
/// it passes, the search for runs passes too, which the server may refuse to other origins.
pub fn probe_experiments(prefix: &str) -> Request {
    Request::post(format!("{prefix}/2.0/mlflow/experiments/search"), &json!({ "max_results": 1 }))
}

/// Whether experiments can be listed under this prefix, as early MLflow 1.x does.
pub fn probe_experiments_list(prefix: &str) -> Request {
    Request::get(format!("{prefix}/2.0/mlflow/experiments/list?max_results=1"))
}

/// A page of active experiments.
pub fn experiments_search(capabilities: &Capabilities, page_token: Option<&str>) -> Request {
    let root = api(capabilities);
    if capabilities.has_experiment_search {
        let mut body = json!({ "max_results": EXPERIMENTS_PER_PAGE, "view_type": "ACTIVE_ONLY" });
        if let Some(token) = page_token {
            body["page_token"] = json!(token);
        }
        return Request::post(format!("{root}/experiments/search"), &body);
    }
    let max_results = EXPERIMENTS_PER_PAGE.to_string();
    let mut pairs = vec![("view_type", "ACTIVE_ONLY"), ("max_results", max_results.as_str())];
    pairs.extend(page_token.map(|token| ("page_token", token)));
    Request::get(format!("{root}/experiments/list{}", query(&pairs)))
}

/// One experiment with its tags.
pub fn experiment_get(capabilities: &Capabilities, experiment_id: &ExperimentId) -> Request {
    let query = query(&[("experiment_id", &experiment_id.0)]);
    Request::get(format!("{}/experiments/get{query}", api(capabilities)))
}

/// Sets a tag of an experiment, whatever it was before. The longest value is 20,000 characters, 5,000 on older servers.
pub fn experiment_tag_set(
    capabilities: &Capabilities,
    experiment_id: &ExperimentId,
    key: &str,
    value: &str,
) -> Request {
    let body = json!({ "experiment_id": experiment_id.0, "key": key, "value": value });
    Request::post(format!("{}/experiments/set-experiment-tag", api(capabilities)), &body)
}

/// The runs from `offset` on, at most `max_results` (the server allows up to 50,000). In the server's default
/// order, newest start first. Pages need not be fetched one after another; runs that arrive meanwhile shift
/// the offsets, so the same run may come twice.
pub fn runs_search(
    capabilities: &Capabilities,
    experiment_ids: &[ExperimentId],
    run_view: RunView,
    max_results: usize,
    page_token: Option<&str>,
) -> Request {
    let run_view_type = match run_view {
        RunView::Active => "ACTIVE_ONLY",
        RunView::Deleted => "DELETED_ONLY",
        RunView::All => "ALL",
    };
    // Ids as text always: new versions take numbers for no experiment at all and answer `{}`.
    let ids: Vec<&str> = experiment_ids.iter().map(|id| id.0.as_str()).collect();
    let mut body =
        json!({ "experiment_ids": ids, "run_view_type": run_view_type, "max_results": max_results });
    if let Some(token) = page_token {
        body["page_token"] = json!(token);
    }
    Request::post(format!("{}/runs/search", api(capabilities)), &body)
}

/// One run with all it logged.
pub fn run_get(capabilities: &Capabilities, run_id: &RunId) -> Request {
    Request::get(format!("{}/runs/get{}", api(capabilities), query(&[("run_id", &run_id.0)])))
}

/// A folder of a run's artifacts; the root is the empty path.
pub fn artifacts_list(
    capabilities: &Capabilities,
    run_id: &RunId,
    path: &str,
    page_token: Option<&str>,
) -> Request {
    let mut pairs = vec![("run_id", run_id.0.as_str())];
    if !path.is_empty() {
        pairs.push(("path", path));
    }
    pairs.extend(page_token.map(|token| ("page_token", token)));
    Request::get(format!("{}/artifacts/list{}", api(capabilities), query(&pairs)))
}

/// The bytes of a run's artifact. Outside of the API's prefix, in every version.
pub fn artifact_file(run_id: &RunId, path: &str) -> Request {
    Request::get(format!("/get-artifact{}", query(&[("run_id", &run_id.0), ("path", path)])))
}

/// A folder of a logged model's files (MLflow 3); the root is the empty path.
pub fn logged_model_directories(
    capabilities: &Capabilities,
    model_id: &str,
    path: &str,
    page_token: Option<&str>,
) -> Request {
    let mut pairs = vec![];
    if !path.is_empty() {
        pairs.push(("artifact_directory_path", path));
    }
    pairs.extend(page_token.map(|token| ("page_token", token)));
    let root = api(capabilities);
    Request::get(format!("{root}/logged-models/{}/artifacts/directories{}", encode(model_id), query(&pairs)))
}

/// The bytes of a logged model's file (MLflow 3), such as `MLmodel`. Served under `/ajax-api` only.
pub fn logged_model_file(model_id: &str, path: &str) -> Request {
    Request::get(format!(
        "/ajax-api/2.0/mlflow/logged-models/{}/artifacts/files{}",
        encode(model_id),
        query(&[("artifact_file_path", path)])
    ))
}

/// Whether histories of many runs come in one request. The run need not exist.
pub fn bulk_interval_probe(prefix: &str) -> Request {
    Request::get(format!(
        "{prefix}/2.0/mlflow/metrics/get-history-bulk-interval{}",
        query(&[("run_ids", "0"), ("metric_key", "runweave"), ("max_results", "1")])
    ))
}

/// Whether registered models have aliases. The model need not exist.
pub fn alias_probe(prefix: &str) -> Request {
    Request::get(format!(
        "{prefix}/2.0/mlflow/registered-models/alias{}",
        query(&[("name", "runweave"), ("alias", "runweave")])
    ))
}

/// Whether there are logged models. The experiment need not exist.
pub fn logged_models_probe(prefix: &str) -> Request {
    Request::post(
        format!("{prefix}/2.0/mlflow/logged-models/search"),
        &json!({ "experiment_ids": ["0"], "max_results": 1 }),
    )
}

/// The page token that every version gives for this offset: base64 of the JSON that Python's `json.dumps`
/// writes. Making it here lets pages be fetched at once rather than one after another.
pub fn offset_token(offset: usize) -> String {
    base64(format!("{{\"offset\": {offset}}}").as_bytes())
}

/// Base64 with padding (RFC 4648). Twenty lines rather than a dependency for one token.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |i: usize| u32::from(chunk.get(i).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4 {
            if place <= chunk.len() {
                let index = (bits >> (18 - 6 * place)) & 63;
                text.push(char::from(ALPHABET[index as usize]));
            } else {
                text.push('=');
            }
        }
    }
    text
}

/// The path of the API below the server's address.
pub(super) fn api(capabilities: &Capabilities) -> String {
    format!("{}/2.0/mlflow", capabilities.api_prefix)
}

/// Percent-encoded, for one segment of a path or one value of a query.
pub(super) fn encode(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

/// `?key=value&…`, values encoded; empty without pairs.
pub(super) fn query(pairs: &[(&str, &str)]) -> String {
    let mut text = String::new();
    for (key, value) in pairs {
        text.push(if text.is_empty() { '?' } else { '&' });
        text.push_str(key);
        text.push('=');
        text.extend(utf8_percent_encode(value, RESERVED));
    }
    text
}

/// The history of one metric of one run: the whole of it, or a page of so many points (MLflow 2.3 and later), from a
/// token on.
pub fn metric_history(
    capabilities: &Capabilities,
    run_id: &RunId,
    metric: &str,
    page: Option<(usize, Option<&str>)>,
) -> Request {
    let most = page.map(|(n_points, _)| n_points.to_string());
    let mut pairs = vec![("run_id", run_id.0.as_str()), ("metric_key", metric)];
    pairs.extend(most.as_deref().map(|most| ("max_results", most)));
    pairs.extend(page.and_then(|(_, token)| token).map(|token| ("page_token", token)));
    Request::get(format!("{}/metrics/get-history{}", api(capabilities), query(&pairs)))
}

/// A request line of more bytes is refused by gunicorn at 4094; a proxy may put its path before it.
const MOST_PATH_BYTES: usize = 3_900;
/// Runs in one request for histories; servers refuse more than 100.
const MOST_RUNS: usize = 90;

/// How many runs one request for their histories of a metric has room for.
pub fn n_runs_of_bulk(metric: &str) -> usize {
    let n_bytes_else = 160 + encode(metric).len();
    (MOST_PATH_BYTES.saturating_sub(n_bytes_else) / "&run_ids=0123456789abcdef0123456789abcdef".len())
        .min(MOST_RUNS)
}

/// The histories of one metric of several runs (MLflow 2.11 and later), of each so many points, picked by the server where
/// there are more. Without ends, servers up to 3.14 leave out negative steps.
pub fn metric_histories(
    capabilities: &Capabilities,
    run_ids: &[&RunId],
    metric: &str,
    n_points: usize,
) -> Request {
    let n_points = n_points.to_string();
    let (first, last) = (i64::MIN.to_string(), i64::MAX.to_string());
    let mut pairs: Vec<(&str, &str)> = run_ids.iter().map(|id| ("run_ids", id.0.as_str())).collect();
    pairs.extend([("metric_key", metric), ("max_results", &n_points)]);
    pairs.extend([("start_step", first.as_str()), ("end_step", last.as_str())]);
    Request::get(format!("{}/metrics/get-history-bulk-interval{}", api(capabilities), query(&pairs)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tracking::Method;

    fn capabilities() -> Capabilities {
        Capabilities { api_prefix: "/api".into(), has_experiment_search: true, ..Capabilities::default() }
    }

    #[test]
    fn offset_tokens_are_those_that_servers_give() {
        assert_eq!(offset_token(1), "eyJvZmZzZXQiOiAxfQ==");
        assert_eq!(offset_token(2), "eyJvZmZzZXQiOiAyfQ==");
        assert_eq!(offset_token(10), "eyJvZmZzZXQiOiAxMH0=");
        assert_eq!(offset_token(250), "eyJvZmZzZXQiOiAyNTB9");
    }

    #[test]
    fn names_are_encoded() {
        let request = artifacts_list(&capabilities(), &RunId("a&b".into()), "d ä/#?%+'\"", Some("t="));
        assert_eq!(
            request.path,
            "/api/2.0/mlflow/artifacts/list?run_id=a%26b&path=d%20%C3%A4%2F%23%3F%25%2B%27%22&page_token=t%3D"
        );
        assert_eq!(
            logged_model_file("m/1", "MLmodel").path,
            "/ajax-api/2.0/mlflow/logged-models/m%2F1/artifacts/files?artifact_file_path=MLmodel"
        );
        assert_eq!(artifact_file(&RunId("r".into()), "a/b").path, "/get-artifact?run_id=r&path=a%2Fb");
    }

    #[test]
    fn runs_are_searched_by_post_with_text_ids() {
        let ids = [ExperimentId("1".into()), ExperimentId("2".into())];
        let request = runs_search(&capabilities(), &ids, RunView::All, 500, Some(&offset_token(1000)));
        assert_eq!(request.method, Method::Post);
        assert_eq!(request.path, "/api/2.0/mlflow/runs/search");
        let body: serde_json::Value = serde_json::from_str(&request.body.unwrap()).unwrap();
        assert_eq!(
            body,
            json!({ "experiment_ids": ["1", "2"], "run_view_type": "ALL", "max_results": 500,
                "page_token": offset_token(1000) })
        );
        let first = runs_search(&capabilities(), &ids, RunView::Active, 500, None);
        assert!(!first.body.unwrap().contains("page_token"));
    }

    #[test]
    fn histories_in_bulk_fit_into_a_request_line() {
        let ids: Vec<RunId> = (0..100).map(|n| RunId(format!("{n:032x}"))).collect();
        for metric in ["loss", "val/é loss", &"m".repeat(250), &"/".repeat(250)] {
            let n = n_runs_of_bulk(metric);
            let request =
                metric_histories(&capabilities(), &ids.iter().take(n).collect::<Vec<_>>(), metric, 500);
            assert!((60..=90).contains(&n) && request.path.len() <= MOST_PATH_BYTES, "{n} {metric}");
        }
        assert_eq!(n_runs_of_bulk("loss"), 90);
        let request = metric_histories(&capabilities(), &[&ids[0], &ids[1]], "a b", 500);
        assert_eq!(
            request.path,
            "/api/2.0/mlflow/metrics/get-history-bulk-interval?run_ids=00000000000000000000000000000000\
             &run_ids=00000000000000000000000000000001&metric_key=a%20b&max_results=500\
             &start_step=-9223372036854775808&end_step=9223372036854775807"
        );
    }

    #[test]
    fn old_servers_list_experiments() {
        let old = Capabilities { api_prefix: "/ajax-api".into(), ..Capabilities::default() };
        let request = experiments_search(&old, Some("x=="));
        assert_eq!(request.method, Method::Get);
        assert_eq!(
            request.path,
            "/ajax-api/2.0/mlflow/experiments/list?view_type=ACTIVE_ONLY&max_results=1000&page_token=x%3D%3D"
        );
        let new = experiments_search(&capabilities(), None);
        assert_eq!(new.path, "/api/2.0/mlflow/experiments/search");
    }
}
