//! Decoding in two steps: bytes to wire types, wire types to entities. A list never fails as a whole: what
//! cannot be read of it is skipped, with a sentence for each.
//!
//! The quick way decodes a whole answer at once. Only when that fails, the answer is mended and taken apart
//! item by item, and a run that still fails, value by value.

use super::text::{EXCERPT_CHARS, MESSAGE_CHARS, beginning, excerpt, is_html, readable};
use super::wire::{
    RawRun, Text, WireDataset, WireDatasetInput, WireError, WireExperiment, WireExperimentAnswer, WireFile,
    WireInputs, WireOutputs, WirePage, WireRun, WireRunAnswer, WireRunData, WireRunInfo, WireText, repair,
};
use crate::entities::{
    Artifact, Dataset, Experiment, ExperimentId, LifecycleStage, LoggedModelRef, Metric, Param, Run, RunId,
    RunInfo, RunStatus, RunTag,
};
use crate::tracking::{Page, Response, ServerError};
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

/// The tag in which MLflow up to 2 keeps the models that a run logged.
const LOG_MODEL_HISTORY: &str = "mlflow.log-model.history";
/// The tag in which early MLflow 1.x keeps the run's name.
const RUN_NAME: &str = "mlflow.runName";
/// Runweave's own tags begin with this.
const OWN_TAGS: &str = "runweave.";
/// The tag of a run's dataset that says what it was for.
const DATASET_CONTEXT: &str = "mlflow.data.context";

/// The body of a success.
///
/// # Errors
///
/// The server's refusal, in its own words where it has a format for them.
pub fn check(response: &Response) -> Result<&[u8], ServerError> {
    if (200..300).contains(&response.status) {
        return Ok(&response.body);
    }
    let status = response.status;
    Err(match refusal(&response.body) {
        Some((code, message)) => ServerError::Refused { status, code, message },
        None => ServerError::Http { status, excerpt: excerpt(&response.body) },
    })
}

/// Code and message of MLflow's error format.
pub(super) fn refusal(body: &[u8]) -> Option<(String, String)> {
    let error = object::<WireError>(body).ok()?;
    let message = error.message.map_or_else(String::new, |text| readable(&text.0, MESSAGE_CHARS));
    Some((readable(&error.error_code.0, 60), message))
}

/// A page of experiments.
///
/// # Errors
///
/// The server's refusal, or that the answer is no list of experiments.
pub fn decode_experiments(response: &Response) -> Result<Page<Experiment>, ServerError> {
    list(check(response)?, "experiment", experiment, |text| {
        serde_json::from_str(text).map(|wire| (wire, vec![])).map_err(|error| said(&error))
    })
}

/// The tags of the experiment in an answer to `experiments/get` that are Runweave's own.
///
/// # Errors
///
/// The server's refusal, or that the answer holds no experiment.
pub fn decode_experiment_tags(response: &Response) -> Result<Vec<RunTag>, ServerError> {
    let body = check(response)?;
    let answer: WireExperimentAnswer =
        object(body).map_err(|error| undecodable(body, "an experiment", &error))?;
    Ok(own_tags(answer.experiment.tags))
}

/// Those tags of an experiment that are Runweave's own; the others can be long, and nobody here asks for them.
fn own_tags(tags: Option<Vec<WireText>>) -> Vec<RunTag> {
    let tags = tags.unwrap_or_default().into_iter().filter(|tag| tag.key.0.starts_with(OWN_TAGS));
    tags.map(|tag| RunTag { key: tag.key.0, value: text(tag.value) }).collect()
}

/// A page of runs.
///
/// # Errors
///
/// The server's refusal, or that the answer is no list of runs.
pub fn decode_runs(response: &Response) -> Result<Page<Run>, ServerError> {
    list(check(response)?, "run", run, salvage_run)
}

/// One run, and a sentence for each of its values that could not be read.
///
/// # Errors
///
/// The server's refusal, or that the answer holds no run.
pub fn decode_run(response: &Response) -> Result<(Run, Vec<String>), ServerError> {
    let body = check(response)?;
    let (wire, skipped) = match object::<WireRunAnswer<WireRun>>(body) {
        Ok(answer) => (answer.run, vec![]),
        Err(_) => {
            let text = mended(body);
            let answer: WireRunAnswer<&RawValue> =
                serde_json::from_str(&text).map_err(|error| undecodable(body, "a run", &error))?;
            salvage_run(answer.run.get()).map_err(|message| ServerError::Undecodable { message })?
        }
    };
    let run = run(wire)
        .map_err(|why| ServerError::Undecodable { message: format!("the run was not read: {why}") })?;
    Ok((run, skipped))
}

/// A folder of a run's artifacts or of a logged model's files (MLflow 3), in the server's order.
///
/// # Errors
///
/// The server's refusal, or that the answer is no list of files.
pub fn decode_artifacts(response: &Response) -> Result<Page<Artifact>, ServerError> {
    list(check(response)?, "file", artifact, |text| {
        serde_json::from_str(text).map(|wire| (wire, vec![])).map_err(|error| said(&error))
    })
}

/// The size that an `MLmodel` file (MLflow 2.9 and newer) states for its model. Reads the one line of the
/// YAML and nothing else, so that anchors, tags and nesting in a hostile file mean nothing.
pub fn model_size_from_mlmodel(text: &[u8]) -> Option<u64> {
    text.split(|&byte| byte == b'\n').find_map(|line| {
        let value = line.strip_prefix(b"model_size_bytes:")?;
        let value = std::str::from_utf8(value).ok()?;
        let value = value.split(" #").next()?.trim();
        value.trim_matches(|c| c == '\'' || c == '"').parse().ok()
    })
}

/// A list's page. `mend` reads one item that the quick way could not.
pub(super) fn list<W: DeserializeOwned, E>(
    body: &[u8],
    noun: &str,
    entity: impl Fn(W) -> Result<E, String>,
    mend: impl Fn(&str) -> Result<(W, Vec<String>), String>,
) -> Result<Page<E>, ServerError> {
    let mut page = Page::default();
    let skip = |index: usize, why: &str| {
        format!("The {noun} at place {} of its page was skipped: {why}.", index + 1)
    };
    if let Ok(answer) = object::<WirePage<W>>(body) {
        // Lists without items are left out; an error sent as a success must not pass for one.
        if answer.items.is_none()
            && let Some((code, message)) = refusal(body)
        {
            let message = format!("instead of a list of {noun}s came {code}: {message}");
            return Err(ServerError::Undecodable { message });
        }
        page.next_page_token = token(answer.next_page_token);
        for (index, wire) in answer.items.unwrap_or_default().into_iter().enumerate() {
            match entity(wire) {
                Ok(item) => page.items.push(item),
                Err(why) => page.skipped.push(skip(index, &why)),
            }
        }
        return Ok(page);
    }
    let text = mended(body);
    let answer: WirePage<&RawValue> =
        object_in(&text).map_err(|error| undecodable(body, &format!("a list of {noun}s"), &error))?;
    page.next_page_token = token(answer.next_page_token);
    for (index, raw) in answer.items.unwrap_or_default().into_iter().enumerate() {
        let item = match serde_json::from_str(raw.get()) {
            Ok(wire) => Ok((wire, vec![])),
            Err(_) => mend(raw.get()),
        };
        match item.and_then(|(wire, skipped)| Ok((entity(wire)?, skipped))) {
            Ok((item, skipped)) => {
                page.items.push(item);
                page.skipped.extend(skipped);
            }
            Err(why) => page.skipped.push(skip(index, &why)),
        }
    }
    Ok(page)
}

/// A JSON object. Derived types would read arrays too, field by field, and take a foreign answer for a page.
pub(super) fn object<T: DeserializeOwned>(body: &[u8]) -> Result<T, serde_json::Error> {
    if body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{') {
        serde_json::from_slice(body)
    } else {
        Err(serde::de::Error::custom("it is no JSON object"))
    }
}

/// The same, borrowing from text.
fn object_in<'a, T: serde::Deserialize<'a>>(text: &'a str) -> Result<T, serde_json::Error> {
    if text.trim_start().starts_with('{') {
        serde_json::from_str(text)
    } else {
        Err(serde::de::Error::custom("it is no JSON object"))
    }
}

/// The body as text that is JSON, as far as it can be made so.
pub(super) fn mended(body: &[u8]) -> String {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    repair(&String::from_utf8_lossy(body)).into_owned()
}

fn token(text: Option<Text>) -> Option<String> {
    text.map(|text| text.0).filter(|token| !token.is_empty())
}

/// A decoder's complaint as part of a sentence.
pub(super) fn said(error: &serde_json::Error) -> String {
    readable(&error.to_string(), EXCERPT_CHARS)
}

pub(super) fn undecodable(body: &[u8], expected: &str, error: &serde_json::Error) -> ServerError {
    let message = if is_html(body) {
        format!("instead of {expected} came a web page, perhaps one to sign in: {}", excerpt(body))
    } else if let Some((code, message)) = refusal(body) {
        format!("instead of {expected} came {code}: {message}")
    } else if body.is_empty() {
        format!("instead of {expected} came nothing")
    } else {
        let start = readable(&beginning(body), 60);
        format!("it is not {expected} ({}); it begins with {start}", said(error))
    };
    ServerError::Undecodable { message }
}

/// A run of which some values do not decode: all the others, and a sentence for each of those.
fn salvage_run(text: &str) -> Result<(WireRun, Vec<String>), String> {
    let raw: RawRun<'_> = serde_json::from_str(text).map_err(|error| said(&error))?;
    let id = run_id(&raw.info).unwrap_or_default();
    let mut skipped = vec![];
    let data = raw.data.unwrap_or_default();
    let data = WireRunData {
        metrics: Some(readable_ones(data.metrics, "metric", &id, &mut skipped)),
        params: Some(readable_ones(data.params, "param", &id, &mut skipped)),
        tags: Some(readable_ones(data.tags, "tag", &id, &mut skipped)),
    };
    let outputs = match raw.outputs.map(|raw| serde_json::from_str::<WireOutputs>(raw.get())).transpose() {
        Ok(outputs) => outputs,
        Err(error) => {
            skipped.push(format!("The models of run {id} were skipped: {}.", said(&error)));
            None
        }
    };
    let inputs = match raw.inputs.map(|raw| serde_json::from_str::<WireInputs>(raw.get())).transpose() {
        Ok(inputs) => inputs,
        Err(error) => {
            skipped.push(format!("The datasets of run {id} were skipped: {}.", said(&error)));
            None
        }
    };
    Ok((WireRun { info: raw.info, data: Some(data), inputs, outputs }, skipped))
}

/// Those values of a run that decode.
fn readable_ones<W: DeserializeOwned>(
    values: Option<Vec<&RawValue>>,
    noun: &str,
    run_id: &str,
    skipped: &mut Vec<String>,
) -> Vec<W> {
    let decoded =
        values.unwrap_or_default().into_iter().filter_map(|raw| match serde_json::from_str(raw.get()) {
            Ok(value) => Some(value),
            Err(error) => {
                let raw = readable(raw.get(), 60);
                skipped.push(format!("A {noun} of run {run_id} was skipped: {} in {raw}", said(&error)));
                None
            }
        });
    decoded.collect()
}

fn experiment(wire: WireExperiment) -> Result<Experiment, String> {
    if wire.experiment_id.0.is_empty() {
        return Err("it has no experiment_id".into());
    }
    Ok(Experiment {
        id: ExperimentId(wire.experiment_id.0),
        name: text(wire.name),
        lifecycle_stage: stage(wire.lifecycle_stage),
        creation_millis: wire.creation_time.map(|millis| millis.0),
        last_update_millis: wire.last_update_time.map(|millis| millis.0),
        tags: own_tags(wire.tags),
    })
}

fn run(wire: WireRun) -> Result<Run, String> {
    let id = run_id(&wire.info).ok_or("it has no run_id")?;
    let data = wire.data.unwrap_or_default();
    let pairs = |wires: Option<Vec<super::wire::WireText>>| wires.unwrap_or_default().into_iter();
    let params =
        pairs(data.params).map(|param| Param { key: param.key.0, value: text(param.value) }).collect();
    let tags: Vec<RunTag> =
        pairs(data.tags).map(|tag| RunTag { key: tag.key.0, value: text(tag.value) }).collect();
    let metrics = data.metrics.unwrap_or_default().into_iter().map(|metric| Metric {
        key: metric.key.0,
        value: metric.value.0,
        timestamp_millis: metric.timestamp.map_or(0, |millis| millis.0),
        step: metric.step.map_or(0, |step| step.0),
    });
    let tag = |key: &str| tags.iter().find(|tag| tag.key == key).map(|tag| tag.value.as_str());
    let mut name = text(wire.info.run_name);
    if name.is_empty() {
        name = tag(RUN_NAME).unwrap_or_default().to_owned();
    }
    let mut models = output_models(wire.outputs);
    if models.is_empty() {
        models = tag(LOG_MODEL_HISTORY).map(history_models).unwrap_or_default();
    }
    Ok(Run {
        info: RunInfo {
            id: RunId(id),
            experiment_id: ExperimentId(text(wire.info.experiment_id)),
            name,
            user: text(wire.info.user_id),
            status: RunStatus::from_word(&text(wire.info.status)),
            start_millis: wire.info.start_time.map(|millis| millis.0),
            end_millis: wire.info.end_time.map(|millis| millis.0),
            artifact_uri: text(wire.info.artifact_uri),
            lifecycle_stage: stage(wire.info.lifecycle_stage),
        },
        params,
        metrics: metrics.collect(),
        tags,
        models,
        datasets: datasets(wire.inputs),
    })
}

fn artifact(wire: WireFile) -> Result<Artifact, String> {
    if wire.path.0.is_empty() {
        return Err("it has no path".into());
    }
    Ok(Artifact {
        path: wire.path.0,
        is_dir: wire.is_dir.unwrap_or(false),
        size_bytes: wire.file_size.and_then(|size| u64::try_from(size.0).ok()),
    })
}

fn run_id(info: &WireRunInfo) -> Option<String> {
    [&info.run_id, &info.run_uuid].into_iter().flatten().map(|id| id.0.clone()).find(|id| !id.is_empty())
}

/// The datasets that have a name.
fn datasets(inputs: Option<WireInputs>) -> Vec<Dataset> {
    let inputs = inputs.and_then(|inputs| inputs.dataset_inputs).unwrap_or_default().into_iter();
    let dataset = |input: WireDatasetInput| {
        let WireDataset { name, digest } = input.dataset?;
        let tags = input.tags.unwrap_or_default();
        let context = tags.into_iter().find(|tag| tag.key.0 == DATASET_CONTEXT);
        let context = text(context.and_then(|tag| tag.value));
        Some(Dataset { name: text(name), digest: text(digest), context }).filter(|it| !it.name.is_empty())
    };
    inputs.filter_map(dataset).collect()
}

/// The logged models of MLflow 3, each once.
fn output_models(outputs: Option<WireOutputs>) -> Vec<LoggedModelRef> {
    let mut models = vec![];
    for output in outputs.and_then(|outputs| outputs.model_outputs).unwrap_or_default() {
        let id = text(output.model_id);
        // An id is a segment of a path: browsers would take dots for a way up.
        if !matches!(id.as_str(), "" | "." | "..") {
            push_once(&mut models, LoggedModelRef::Id(id));
        }
    }
    models
}

/// The logged models of MLflow up to 2, each once; none where the tag is not what MLflow writes.
fn history_models(json: &str) -> Vec<LoggedModelRef> {
    let mut models = vec![];
    let history: Vec<serde_json::Value> = serde_json::from_str(&repair(json)).unwrap_or_default();
    for entry in history {
        if let Some(path) = entry.get("artifact_path").and_then(serde_json::Value::as_str)
            && !path.is_empty()
        {
            push_once(&mut models, LoggedModelRef::ArtifactPath(path.to_owned()));
        }
    }
    models
}

fn push_once(models: &mut Vec<LoggedModelRef>, model: LoggedModelRef) {
    if !models.contains(&model) {
        models.push(model);
    }
}

fn text(wire: Option<Text>) -> String {
    wire.map(|text| text.0).unwrap_or_default()
}

fn stage(wire: Option<Text>) -> LifecycleStage {
    match wire {
        Some(word) if word.0.eq_ignore_ascii_case("deleted") => LifecycleStage::Deleted,
        _ => LifecycleStage::Active,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn answer(status: u16, body: impl AsRef<[u8]>) -> Response {
        Response { status, content_type: String::new(), body: body.as_ref().to_vec() }
    }

    fn runs(body: impl AsRef<[u8]>) -> Page<Run> {
        decode_runs(&answer(200, body)).unwrap()
    }

    #[test]
    fn an_empty_object_is_an_empty_page() {
        assert_eq!(runs("{}"), Page::default());
        assert_eq!(runs(r#"{"runs": null, "next_page_token": ""}"#).next_page_token, None);
    }

    #[test]
    fn what_is_no_list_is_an_error() {
        for body in [
            "",
            "[]",
            "null",
            "<html><title>Sign in</title>",
            "{\"runs\": {}}",
            "{\"runs\": [",
            "7",
            "{\"error_code\": 3}",
        ] {
            let error = decode_runs(&answer(200, body)).unwrap_err();
            assert!(matches!(error, ServerError::Undecodable { .. }), "{body}");
        }
        let page = decode_runs(&answer(200, "<title>Sign in</title>")).unwrap_err().to_string();
        assert!(page.contains("web page") && page.ends_with("Sign in"), "{page}");
    }

    #[test]
    fn a_run_with_the_least() {
        let page = runs(r#"{"runs": [{"info": {"run_uuid": 17, "experiment_id": 3}}]}"#);
        assert_eq!(page.items[0].info.id, RunId("17".into()));
        assert_eq!(page.items[0].info.experiment_id, ExperimentId("3".into()));
        assert_eq!(page.items[0].info.start_millis, None);
        assert!(page.skipped.is_empty());
    }

    #[test]
    fn one_bad_run_leaves_the_others() {
        let page = runs(
            r#"{"runs": [{"info": {"run_id": "a"}}, 7, {"info": {}}, {"info": {"run_id": "b", "start_time": "soon"}},
            {"info": {"run_id": "c"}}], "next_page_token": "t"}"#,
        );
        let ids: Vec<&str> = page.items.iter().map(|run| run.info.id.0.as_str()).collect();
        assert_eq!(ids, ["a", "c"]);
        assert_eq!(page.skipped.len(), 3);
        assert!(page.skipped[1].contains("place 3") && page.skipped[1].contains("no run_id"));
        assert_eq!(page.next_page_token.as_deref(), Some("t"));
    }

    #[test]
    fn one_bad_metric_leaves_its_run() {
        let page = runs(
            r#"{"runs": [{"info": {"run_id": "a"}, "data": {"metrics": [{"key": "m", "value": {}},
            {"key": "n", "value": "2"}], "params": [{"key": "p", "value": null}, 3]}, "outputs": 4}]}"#,
        );
        assert_eq!(page.items[0].metrics.len(), 1);
        assert_eq!(page.items[0].params, [Param { key: "p".into(), value: String::new() }]);
        assert_eq!(page.skipped.len(), 3);
        assert!(page.skipped[0].starts_with("A metric of run a was skipped"), "{}", page.skipped[0]);
    }

    #[test]
    fn bare_tokens_and_broken_text_are_mended() {
        let mut body =
            br#"{"runs": [{"info": {"run_id": "a", "run_name": "NaN \ud800"}, "data": {"metrics": [
            {"key": "m", "value": NaN, "timestamp": "5", "step": -3}, {"key": "m", "value": -Infinity}]}},
            {"info": {"run_id": "b", "user_id": ""#
                .to_vec();
        body.extend(b"\xff\"}}]}");
        let page = runs(body);
        assert!(page.skipped.is_empty(), "{:?}", page.skipped);
        assert_eq!(page.items[0].info.name, "NaN \u{fffd}");
        assert_eq!(page.items[1].info.user, "\u{fffd}");
        let metrics = &page.items[0].metrics;
        assert!(metrics[0].value.is_nan());
        assert_eq!((metrics[0].timestamp_millis, metrics[0].step), (5, -3));
        assert_eq!(metrics[1].value, f64::NEG_INFINITY);
    }

    #[test]
    fn a_run_is_named_and_finds_its_models() {
        let page = runs(
            r#"{"runs": [
            {"info": {"run_id": "a", "run_name": ""}, "data": {"tags": [{"key": "mlflow.runName", "value": "old"},
                {"key": "mlflow.log-model.history",
                 "value": "[{\"artifact_path\": \"model\"}, {\"artifact_path\": \"model\"}, 3, {\"x\": NaN}]"}]}},
            {"info": {"run_id": "b"}, "data": {"tags": [{"key": "mlflow.log-model.history", "value": "{oops"}]},
             "outputs": {"model_outputs": [{"model_id": "m-1", "step": 0}, {"model_id": ".."}, {"model_id": "m-1"}]}}
            ]}"#,
        );
        assert_eq!(page.items[0].info.name, "old");
        assert_eq!(page.items[0].models, [LoggedModelRef::ArtifactPath("model".into())]);
        assert_eq!(page.items[1].models, [LoggedModelRef::Id("m-1".into())]);
    }

    #[test]
    fn a_run_names_its_datasets() {
        let page = runs(
            r#"{"runs": [
            {"info": {"run_id": "a"}, "inputs": {"dataset_inputs": [
                {"tags": [{"key": "mlflow.data.context", "value": "training"}],
                 "dataset": {"name": "taxi", "digest": "4ca7e9a6", "source_type": "local", "schema": "{}"}},
                {"dataset": {"name": "taxi", "digest": null}}, {"dataset": {"digest": "x"}}, {"tags": []}]}},
            {"info": {"run_id": "b"}, "inputs": {}},
            {"info": {"run_id": "c"}, "inputs": {"dataset_inputs": 3}}
            ]}"#,
        );
        let told = |run: &Run| run.datasets.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(told(&page.items[0]), ["taxi 4ca7e9a6 (training)", "taxi"]);
        assert!(page.items[1].datasets.is_empty() && page.items[2].datasets.is_empty());
        assert_eq!((page.items.len(), page.skipped.len()), (3, 1));
        assert!(page.skipped[0].starts_with("The datasets of run c were skipped"), "{}", page.skipped[0]);
    }

    #[test]
    fn refusals_speak() {
        let long = format!(r#"{{"error_code": "INTERNAL_ERROR", "message": "{}"}}"#, "sql ".repeat(1000));
        let ServerError::Refused { status, code, message } = check(&answer(500, long)).unwrap_err() else {
            panic!("not a refusal")
        };
        assert_eq!((status, code.as_str()), (500, "INTERNAL_ERROR"));
        assert!(message.chars().count() <= MESSAGE_CHARS + 1);
        let html = check(&answer(502, "<html><h1>Bad Gateway</h1>")).unwrap_err();
        assert_eq!(html, ServerError::Http { status: 502, excerpt: "Bad Gateway".into() });
    }

    #[test]
    fn a_folder_lists_files_and_folders() {
        let page = decode_artifacts(&answer(
            200,
            r#"{"files": [{"path": "a.txt", "file_size": "6"}, {"path": "m", "is_dir": true}, {"path": ""}]}"#,
        ))
        .unwrap();
        assert_eq!(page.items[1], Artifact { path: "m".into(), is_dir: true, size_bytes: None });
        assert_eq!(page.items[0], Artifact { path: "a.txt".into(), is_dir: false, size_bytes: Some(6) });
        assert_eq!(page.skipped.len(), 1);
    }

    #[test]
    fn model_sizes() {
        let size = |text: &str| model_size_from_mlmodel(text.as_bytes());
        assert_eq!(size("artifact_path: model\nmodel_size_bytes: 1234\r\nrun_id: x\n"), Some(1234));
        assert_eq!(size("model_size_bytes: '77' # bytes"), Some(77));
        assert_eq!(size("flavors:\n  model_size_bytes: 5\n"), None);
        assert_eq!(size("model_size_bytes: -5"), None);
        assert_eq!(size("model_size_bytes: &a 5"), None);
        assert_eq!(size(""), None);
    }

    const SAMPLE: &[u8] = br#"{"runs": [{"info": {"run_id": "a", "run_name": "n\u00e9", "start_time": 17,
        "status": "FINISHED"}, "data": {"metrics": [{"key": "m", "value": NaN, "timestamp": 1, "step": -2}],
        "params": [{"key": "p", "value": "\ud83d\ude00"}]}, "outputs": {"model_outputs": [{"model_id": "m"}]}}],
        "files": [], "next_page_token": "eyJvZmZzZXQiOiAxfQ=="}"#;

    fn decode_all(body: Vec<u8>, status: u16) {
        let response = answer(status, body);
        let _ = (decode_runs(&response), decode_run(&response), decode_experiments(&response));
        let _ = (decode_artifacts(&response), model_size_from_mlmodel(&response.body));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(body in prop::collection::vec(any::<u8>(), 0..300), status in 200u16..600) {
            decode_all(body, status);
        }

        #[test]
        fn no_mutation_makes_it_panic(
            changes in prop::collection::vec((0..SAMPLE.len(), any::<u8>(), 0u8..3), 1..8),
            status in prop::sample::select(vec![200u16, 400, 500]),
        ) {
            let mut body = SAMPLE.to_vec();
            for (at, byte, way) in changes {
                let at = at.min(body.len().saturating_sub(1));
                match way {
                    0 => body[at] = byte,
                    1 => body.insert(at, byte),
                    _ => body.truncate(at.max(1)),
                }
            }
            decode_all(body, status);
        }

        #[test]
        fn no_text_makes_mending_panic(text in "[\"\\\\uNI\\-d8c0é ]{0,60}") {
            let mended = repair(&text);
            let _ = readable(&mended, 10);
            let _ = excerpt(text.as_bytes());
        }

        #[test]
        fn finite_metrics_arrive_to_the_last_digit(value in prop::num::f64::NORMAL) {
            prop_assume!(value.abs() != f64::MAX);
            let page = runs(format!(
                r#"{{"runs": [{{"info": {{"run_id": "a"}}, "data": {{"metrics": [{{"key": "m", "value": {value:?}}}]}}}}]}}"#
            ));
            prop_assert_eq!(page.items[0].metrics[0].value.to_bits(), value.to_bits());
        }
    }
}
