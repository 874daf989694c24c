//! What is asked of MLflow, as values.

use crate::entities::{ExperimentId, RunId, RunView};
use crate::tracking::{Capabilities, Request};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;

/// The largest page of experiments asked for; the server's own limit is 50,000.
const N_EXPERIMENTS: usize = 1000;

/// What stays as it is in a query: the unreserved characters of RFC 3986.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

fn encode(text: &str) -> String {
    utf8_percent_encode(text, QUERY).to_string()
}

fn api(capabilities: &Capabilities, path: &str) -> String {
    format!("{}/2.0/mlflow/{path}", capabilities.api_prefix)
}

/// The server's version as plain text (2.0 and later; 1.x answers 404).
pub fn version() -> Request {
    Request::get("/version")
}

/// A page of active experiments.
pub fn experiments_search(capabilities: &Capabilities, page_token: Option<&str>) -> Request {
    experiments(capabilities, N_EXPERIMENTS, page_token)
}

/// The smallest question that shows the API's path and permissions to be right.
pub fn probe_experiments(capabilities: &Capabilities) -> Request {
    experiments(capabilities, 1, None)
}

fn experiments(capabilities: &Capabilities, n_rows: usize, page_token: Option<&str>) -> Request {
    let mut body = json!({ "max_results": n_rows, "view_type": "ACTIVE_ONLY" });
    if let Some(token) = page_token {
        body["page_token"] = json!(token);
    }
    Request::post(api(capabilities, "experiments/search"), &body)
}

/// A page of runs by its offset. MLflow's page token is the base64 of `{"offset": N}` in all versions and is
/// accepted when made here, so pages can be fetched side by side. Offsets are no snapshot.
pub fn runs_search(
    capabilities: &Capabilities,
    experiment_ids: &[ExperimentId],
    run_view: RunView,
    n_rows: usize,
    offset: usize,
) -> Request {
    let ids: Vec<&str> = experiment_ids.iter().map(|id| id.0.as_str()).collect();
    let view = match run_view {
        RunView::Active => "ACTIVE_ONLY",
        RunView::Deleted => "DELETED_ONLY",
        RunView::All => "ALL",
    };
    let mut body = json!({ "experiment_ids": ids, "run_view_type": view, "max_results": n_rows });
    if offset > 0 {
        body["page_token"] = json!(base64(format!("{{\"offset\": {offset}}}").as_bytes()));
    }
    Request::post(api(capabilities, "runs/search"), &body)
}

/// One run with all it logged.
pub fn run_get(capabilities: &Capabilities, run_id: &RunId) -> Request {
    Request::get(api(capabilities, &format!("runs/get?run_id={}", encode(&run_id.0))))
}

/// A folder of a run's artifacts; the root is the empty path.
pub fn artifacts_list(
    capabilities: &Capabilities,
    run_id: &RunId,
    path: &str,
    page_token: Option<&str>,
) -> Request {
    let mut query = format!("artifacts/list?run_id={}", encode(&run_id.0));
    if !path.is_empty() {
        query.push_str(&format!("&path={}", encode(path)));
    }
    if let Some(token) = page_token {
        query.push_str(&format!("&page_token={}", encode(token)));
    }
    Request::get(api(capabilities, &query))
}

/// The bytes of an artifact; the route stands outside the API's prefix.
pub fn artifact_file(run_id: &RunId, path: &str) -> Request {
    Request::get(format!("/get-artifact?run_id={}&path={}", encode(&run_id.0), encode(path)))
}

/// A folder of a logged model's files (MLflow 3); the root is the empty path.
pub fn logged_model_directories(capabilities: &Capabilities, id: &str, path: &str) -> Request {
    let mut query = format!("logged-models/{}/artifacts/directories", encode(id));
    if !path.is_empty() {
        query.push_str(&format!("?artifact_directory_path={}", encode(path)));
    }
    Request::get(api(capabilities, &query))
}

/// The bytes of a logged model's file (MLflow 3); served below `/ajax-api` only.
pub fn logged_model_file(id: &str, path: &str) -> Request {
    let id = encode(id);
    Request::get(format!(
        "/ajax-api/2.0/mlflow/logged-models/{id}/artifacts/files?artifact_file_path={}",
        encode(path)
    ))
}

/// Tells whether histories of many runs come in one request (2.17 and later): an error in JSON means yes.
pub fn bulk_interval_probe(capabilities: &Capabilities) -> Request {
    Request::get(api(capabilities, "metrics/get-history-bulk-interval?run_ids=0&metric_key=m&max_results=1"))
}

/// Tells whether registered models have aliases (2.3 and later): an error in JSON means yes.
pub fn alias_probe(capabilities: &Capabilities) -> Request {
    Request::get(api(capabilities, "registered-models/alias?name=runweave-probe&alias=none"))
}

/// Tells whether there are logged models (3.0 and later).
pub fn logged_models_probe(capabilities: &Capabilities) -> Request {
    let body = json!({ "experiment_ids": ["0"], "max_results": 1 });
    Request::post(api(capabilities, "logged-models/search"), &body)
}

/// Base64 with padding (RFC 4648, section 4). Only page tokens of a dozen bytes pass through it.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let word =
            chunk.iter().fold(0_u32, |word, byte| word << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..4 {
            if place <= chunk.len() {
                text.push(char::from(DIGITS[(word >> (18 - 6 * place) & 63) as usize]));
            } else {
                text.push('=');
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn api_2() -> Capabilities {
        Capabilities { api_prefix: "/api".to_owned(), ..Capabilities::default() }
    }

    #[test]
    fn base64_pads_as_the_rfc_says() {
        for (plain, encoded) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")]
        {
            assert_eq!(base64(plain.as_bytes()), encoded);
        }
        assert_eq!(base64(b"{\"offset\": 1}"), "eyJvZmZzZXQiOiAxfQ==", "as MLflow itself writes it");
    }

    #[test]
    fn runs_are_asked_for_by_offset_and_ids_are_text() {
        let ids = [ExperimentId("1".to_owned()), ExperimentId("22".to_owned())];
        let request = runs_search(&api_2(), &ids, RunView::All, 500, 1);
        assert_eq!(request.path, "/api/2.0/mlflow/runs/search");
        let body: serde_json::Value = serde_json::from_str(&request.body.unwrap()).unwrap();
        assert_eq!(body["experiment_ids"], json!(["1", "22"]));
        assert_eq!(body["page_token"], json!("eyJvZmZzZXQiOiAxfQ=="));
        assert_eq!(body["run_view_type"], json!("ALL"));
    }

    #[test]
    fn hostile_paths_stay_inside_their_parameter() {
        let request = artifact_file(&RunId("a&b".to_owned()), "../x?y=1&path=/etc #é");
        assert_eq!(
            request.path,
            "/get-artifact?run_id=a%26b&path=..%2Fx%3Fy%3D1%26path%3D%2Fetc%20%23%C3%A9"
        );
    }
}
