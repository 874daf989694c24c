//! From MLflow's bytes to entities, in two steps: bytes to wire types, wire types to entities.
//!
//! A list never fails as a whole: an item that cannot be read is skipped with a sentence that says why.

use super::wire;
use crate::entities::{
    Artifact, Experiment, ExperimentId, LifecycleStage, LoggedModelRef, Metric, Param, Run, RunId, RunInfo,
    RunStatus, RunTag,
};
use crate::tracking::{Page, Response, ServerError};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// A server's words are cut here; whole pages of HTML and SQL help nobody.
const N_MESSAGE_CHARS: usize = 400;
const LOG_MODEL_HISTORY: &str = "mlflow.log-model.history";

/// A page of runs.
///
/// # Errors
/// [`ServerError::Undecodable`] where the answer is no list of runs at all.
pub fn runs(bytes: &[u8]) -> Result<Page<Run>, ServerError> {
    // Typed, in one go, straight from the bytes: twice as quick as item by item.
    if let Ok(list) = serde_json::from_slice::<wire::QuickRunList>(bytes) {
        let mut page =
            Page { items: Vec::new(), skipped: Vec::new(), next_page_token: token(list.next_page_token) };
        for wire in list.runs {
            sort_in(run_from_wire(wire), &mut page);
        }
        return Ok(page);
    }
    let bytes = without_bare_words(bytes);
    let list: wire::RunList<'_> = parse(&bytes)?;
    let mut page =
        Page { items: Vec::new(), skipped: Vec::new(), next_page_token: token(list.next_page_token) };
    for raw in list.runs {
        sort_in(item::<wire::Run>(raw, "run").and_then(run_from_wire), &mut page);
    }
    Ok(page)
}

/// One run (`runs/get`).
///
/// # Errors
/// [`ServerError::Undecodable`] where the answer holds no run.
pub fn run(bytes: &[u8]) -> Result<Run, ServerError> {
    let bytes = without_bare_words(bytes);
    let answer: wire::RunAnswer = parse(&bytes)?;
    run_from_wire(answer.run).map_err(|message| ServerError::Undecodable { message })
}

/// A page of experiments.
///
/// # Errors
/// [`ServerError::Undecodable`] where the answer is no list of experiments at all.
pub fn experiments(bytes: &[u8]) -> Result<Page<Experiment>, ServerError> {
    let list: wire::ExperimentList<'_> = parse(bytes)?;
    let mut page =
        Page { items: Vec::new(), skipped: Vec::new(), next_page_token: token(list.next_page_token) };
    for raw in list.experiments {
        let experiment = item::<wire::Experiment>(raw, "experiment").map(|wire| Experiment {
            id: ExperimentId(wire.experiment_id),
            name: wire.name,
            lifecycle_stage: stage(&wire.lifecycle_stage),
            creation_millis: wire.creation_time,
            last_update_millis: wire.last_update_time,
        });
        sort_in(experiment, &mut page);
    }
    Ok(page)
}

/// A folder of artifacts, of a run or of a logged model.
///
/// # Errors
/// [`ServerError::Undecodable`] where the answer is no list of files.
pub fn artifacts(bytes: &[u8]) -> Result<Page<Artifact>, ServerError> {
    let list: wire::ArtifactList = parse(bytes)?;
    let items = list
        .files
        .into_iter()
        .map(|file| Artifact {
            path: file.path,
            is_dir: file.is_dir,
            size_bytes: file.file_size.and_then(|size| u64::try_from(size).ok()),
        })
        .collect();
    Ok(Page { items, skipped: Vec::new(), next_page_token: token(list.next_page_token) })
}

/// The `model_size_bytes` of an `MLmodel` file (MLflow 2.9 and later). Only this one line of the YAML is read:
/// the file is anybody's, and a whole YAML reader is a way in.
pub fn model_size_from_mlmodel(bytes: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(bytes).ok()?;
    text.lines().find_map(|line| line.strip_prefix("model_size_bytes:")?.trim().parse().ok())
}

/// What an answer with an HTTP error says.
pub fn error(response: &Response) -> ServerError {
    let status = response.status;
    if let Ok(body) = serde_json::from_slice::<wire::ErrorBody>(&response.body) {
        return ServerError::Refused { status, code: body.error_code, message: cut(&body.message) };
    }
    let text = String::from_utf8_lossy(&response.body);
    let is_markup = response.content_type.contains("html") && text.trim_start().starts_with('<');
    let excerpt = if is_markup { cut(&without_markup(&text)) } else { cut(text.trim()) };
    ServerError::Http { status, excerpt }
}

fn parse<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, ServerError> {
    serde_json::from_slice(bytes).map_err(|error| {
        let start = String::from_utf8_lossy(&bytes[..bytes.len().min(60)]).into_owned();
        ServerError::Undecodable { message: format!("{error}; it begins with `{}`", start.trim()) }
    })
}

fn item<'a, T: Deserialize<'a>>(raw: &'a RawValue, what: &str) -> Result<T, String> {
    serde_json::from_str(raw.get()).map_err(|error| format!("a {what} could not be read: {error}"))
}

fn sort_in<T>(item: Result<T, String>, page: &mut Page<T>) {
    match item {
        Ok(item) => page.items.push(item),
        Err(sentence) => page.skipped.push(sentence),
    }
}

/// An empty token means the same as none.
fn token(token: Option<String>) -> Option<String> {
    token.filter(|token| !token.is_empty())
}

fn stage(word: &str) -> LifecycleStage {
    if word.eq_ignore_ascii_case("deleted") { LifecycleStage::Deleted } else { LifecycleStage::Active }
}

fn run_from_wire(wire: wire::Run) -> Result<Run, String> {
    let info = wire.info;
    // Both names are sent; the oldest servers know only the older one.
    let id = if info.run_id.is_empty() { info.run_uuid } else { info.run_id };
    if id.is_empty() {
        return Err("a run could not be read: it has no id".to_owned());
    }
    let tag = |key: &str| wire.data.tags.iter().find(|tag| tag.key == key).map(|tag| tag.value.as_str());
    let name = if info.run_name.is_empty() {
        tag("mlflow.runName").unwrap_or_default().to_owned()
    } else {
        info.run_name
    };
    let mut models: Vec<LoggedModelRef> = wire
        .outputs
        .model_outputs
        .into_iter()
        .filter(|output| !output.model_id.is_empty())
        .map(|output| LoggedModelRef::Id(output.model_id))
        .collect();
    if models.is_empty()
        && let Some(history) = tag(LOG_MODEL_HISTORY)
    {
        // The tag is text that anybody may have written: unreadable means that no model is known.
        let entries: Vec<wire::LoggedModelEntry> = serde_json::from_str(history).unwrap_or_default();
        models.extend(
            entries.into_iter().filter_map(|entry| entry.artifact_path).map(LoggedModelRef::ArtifactPath),
        );
    }
    models.sort();
    models.dedup();
    Ok(Run {
        info: RunInfo {
            id: RunId(id),
            experiment_id: ExperimentId(info.experiment_id),
            name,
            user: info.user_id,
            status: RunStatus::from_word(&info.status),
            start_millis: info.start_time,
            // A run under way is sent with an end of 0 by some versions.
            end_millis: info.end_time.filter(|end| *end > 0),
            artifact_uri: info.artifact_uri,
            lifecycle_stage: stage(&info.lifecycle_stage),
        },
        params: wire.data.params.into_iter().map(|pair| Param { key: pair.key, value: pair.value }).collect(),
        metrics: wire
            .data
            .metrics
            .into_iter()
            .map(|metric| Metric {
                key: metric.key,
                value: metric.value,
                timestamp_millis: metric.timestamp.unwrap_or(0),
                step: metric.step.unwrap_or(0),
            })
            .collect(),
        tags: wire.data.tags.into_iter().map(|pair| RunTag { key: pair.key, value: pair.value }).collect(),
        models,
    })
}

/// Quotes the bare words NaN, Infinity and -Infinity outside of strings: some MLflow routes write them, and
/// JSON knows none of them. Costs a copy only where there is one.
fn without_bare_words(bytes: &[u8]) -> Cow<'_, [u8]> {
    const WORDS: [&[u8]; 3] = [b"-Infinity", b"Infinity", b"NaN"];
    let mut out: Vec<u8> = Vec::new();
    let (mut copied, mut at, mut is_in_string) = (0, 0, false);
    while at < bytes.len() {
        let byte = bytes[at];
        if is_in_string {
            match byte {
                b'\\' => at += 1,
                b'"' => is_in_string = false,
                _ => {}
            }
        } else if byte == b'"' {
            is_in_string = true;
        } else if let Some(word) = WORDS.into_iter().find(|word| bytes[at..].starts_with(word)) {
            out.extend_from_slice(&bytes[copied..at]);
            out.push(b'"');
            out.extend_from_slice(word);
            out.push(b'"');
            at += word.len();
            copied = at;
            continue;
        }
        at += 1;
    }
    if copied == 0 {
        return Cow::Borrowed(bytes);
    }
    out.extend_from_slice(&bytes[copied..]);
    Cow::Owned(out)
}

fn without_markup(text: &str) -> String {
    let mut out = String::new();
    let mut is_in_tag = false;
    for c in text.chars() {
        match c {
            '<' => is_in_tag = true,
            '>' => {
                is_in_tag = false;
                out.push(' ');
            }
            _ if !is_in_tag => out.push(c),
            _ => {}
        }
    }
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(N_MESSAGE_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::path::Path;

    const VERSIONS: [&str; 6] = ["1.30.1", "2.3.2", "2.9.2", "2.22.5", "3.1.4", "3.17.2"];

    fn fixture(version: &str, name: &str) -> Vec<u8> {
        let path =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/mlflow").join(version).join(name);
        std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    #[test]
    fn every_version_s_runs_are_read_whole() {
        for version in VERSIONS {
            let page = runs(&fixture(version, "runs-search.json")).unwrap();
            assert_eq!(page.skipped, [""; 0], "{version}");
            let json: serde_json::Value =
                serde_json::from_slice(&without_bare_words(&fixture(version, "runs-search.json"))).unwrap();
            assert_eq!(page.items.len(), json["runs"].as_array().unwrap().len(), "{version}");
            assert!(!page.items.is_empty(), "{version}");
            for run in &page.items {
                assert!(!run.info.id.0.is_empty() && run.info.start_millis.is_some(), "{version}");
            }
            let first = runs(&fixture(version, "runs-search-page1.json")).unwrap();
            assert!(first.next_page_token.is_some(), "{version}: a first page has a second one");
            assert_eq!(runs(&fixture(version, "runs-search-none.json")).unwrap().items, [], "{version}");
        }
    }

    #[test]
    fn every_version_s_run_experiments_and_artifacts_are_read() {
        for version in VERSIONS {
            let run = run(&fixture(version, "runs-get.json")).unwrap();
            assert!(!run.params.is_empty() && !run.metrics.is_empty(), "{version}");
            let list = artifacts(&fixture(version, "artifacts-list.json")).unwrap();
            assert!(list.items.iter().any(|artifact| artifact.size_bytes.is_some()), "{version}");
            let page = experiments(&fixture(version, "experiments-search-post.json")).unwrap();
            assert!(page.skipped.is_empty() && !page.items.is_empty(), "{version}");
        }
    }

    #[test]
    fn errors_say_what_the_server_said() {
        for version in VERSIONS {
            let body = fixture(version, "runs-get-missing.json");
            let response = Response { status: 404, content_type: "application/json".to_owned(), body };
            let ServerError::Refused { code, message, .. } = error(&response) else { panic!("{version}") };
            assert_eq!(code, "RESOURCE_DOES_NOT_EXIST", "{version}");
            assert!(message.contains("not found"), "{version}: {message}");
        }
        let body = b"<!doctype html><title>404</title><h1>Not <b>Found</b></h1>".to_vec();
        let html = Response { status: 404, content_type: "text/html".to_owned(), body };
        assert_eq!(error(&html), ServerError::Http { status: 404, excerpt: "404 Not Found".to_owned() });
    }

    #[test]
    fn numbers_keep_their_meaning() {
        let text = br#"{"runs":[{"info":{"run_uuid":"a","experiment_id":7,"start_time":"1700000000000"},"data":{"metrics":[
            {"key":"nan","value":"NaN"},{"key":"inf","value":"Infinity"},{"key":"ninf","value":"-Infinity"},
            {"key":"stored","value":1.7976931348623157e308},{"key":"bare","value":NaN},
            {"key":"big","value":1,"step":9007199254740993}]}}]}"#;
        let page = runs(text).unwrap();
        let run = &page.items[0];
        let value = |key: &str| run.metrics.iter().find(|metric| metric.key == key).unwrap().value;
        assert!(value("nan").is_nan() && value("bare").is_nan());
        assert_eq!(value("inf"), f64::INFINITY);
        assert_eq!(value("ninf"), f64::NEG_INFINITY);
        assert_eq!(value("stored"), f64::INFINITY);
        assert_eq!(run.metrics[5].step, 9_007_199_254_740_993);
        assert_eq!(
            (run.info.experiment_id.0.as_str(), run.info.start_millis),
            ("7", Some(1_700_000_000_000))
        );
    }

    #[test]
    fn one_broken_run_leaves_the_others() {
        let text = br#"{"runs":[{"info":{"run_id":"a"}},{"info":5},{"info":{"run_id":"b"}},{"info":{}}],"next_page_token":"t"}"#;
        let page = runs(text).unwrap();
        assert_eq!(page.items.len(), 2);
        assert_eq!(page.skipped.len(), 2);
        assert_eq!(page.next_page_token.as_deref(), Some("t"));
    }

    #[test]
    fn models_are_found_where_each_version_keeps_them() {
        let old = r#"{"runs":[{"info":{"run_id":"a"},"data":{"tags":[{"key":"mlflow.log-model.history","value":"[{\"artifact_path\":\"model\"}]"}]}}]}"#;
        assert_eq!(
            runs(old.as_bytes()).unwrap().items[0].models,
            [LoggedModelRef::ArtifactPath("model".to_owned())]
        );
        let new =
            r#"{"runs":[{"info":{"run_id":"a"},"outputs":{"model_outputs":[{"model_id":"m-1","step":0}]}}]}"#;
        assert_eq!(runs(new.as_bytes()).unwrap().items[0].models, [LoggedModelRef::Id("m-1".to_owned())]);
        assert_eq!(
            model_size_from_mlmodel(b"flavors: {}\nmodel_size_bytes: 71611\nrun_id: x\n"),
            Some(71611)
        );
        assert_eq!(model_size_from_mlmodel(b"flavors: {}\n"), None);
    }

    proptest! {
        #[test]
        fn broken_answers_never_panic(cut_at in 0_usize..4000, flip_at in 0_usize..4000, byte in any::<u8>()) {
            let mut bytes = fixture("3.17.2", "runs-search.json");
            let len = bytes.len();
            bytes[flip_at % len] = byte;
            let _ = runs(&bytes);
            let _ = run(&bytes);
            let _ = experiments(&bytes);
            let _ = artifacts(&bytes);
            bytes.truncate(cut_at % len);
            let _ = runs(&bytes);
        }
    }
}
