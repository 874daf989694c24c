//! Decoding the registry: models and versions out of lists and single answers, data sets and metric histories of
//! runs. As everywhere, a list never fails as a whole.

use super::decode::{check, list, mended, object, said, undecodable};
use super::wire::{Float, Int, Text, WireText};
use crate::entities::order::sort_by;
use crate::entities::{
    Alias, HistoryPoint, ModelTag, ModelVersion, RegisteredModel, RunId, Stage, VersionNumber, VersionStatus,
};
use crate::tracking::{Page, Response, ServerError};
use serde::Deserialize;

#[derive(Deserialize)]
struct WireModel {
    name: Text,
    creation_timestamp: Option<Int>,
    last_updated_timestamp: Option<Int>,
    description: Option<Text>,
    tags: Option<Vec<WireText>>,
    aliases: Option<Vec<WireAlias>>,
    latest_versions: Option<Vec<WireVersion>>,
}

#[derive(Deserialize)]
struct WireAlias {
    alias: Text,
    version: Text,
}

#[derive(Deserialize)]
struct WireVersion {
    name: Text,
    version: Text,
    creation_timestamp: Option<Int>,
    last_updated_timestamp: Option<Int>,
    current_stage: Option<Text>,
    user_id: Option<Text>,
    description: Option<Text>,
    source: Option<Text>,
    run_id: Option<Text>,
    model_id: Option<Text>,
    status: Option<Text>,
    status_message: Option<Text>,
    tags: Option<Vec<WireText>>,
}

#[derive(Deserialize)]
struct WireModelAnswer {
    registered_model: WireModel,
}

#[derive(Deserialize)]
struct WireVersionAnswer {
    model_version: WireVersion,
}

/// A page of registered models.
///
/// # Errors
///
/// The server's refusal, or that the answer is no list of models.
pub fn decode_models(response: &Response) -> Result<Page<RegisteredModel>, ServerError> {
    list(check(response)?, "model", model, |text| {
        serde_json::from_str(text).map(|wire| (wire, vec![])).map_err(|error| said(&error))
    })
}

/// A page of versions.
///
/// # Errors
///
/// The server's refusal, or that the answer is no list of versions.
pub fn decode_versions(response: &Response) -> Result<Page<ModelVersion>, ServerError> {
    list(check(response)?, "version", version, |text| {
        serde_json::from_str(text).map(|wire| (wire, vec![])).map_err(|error| said(&error))
    })
}

/// One model.
///
/// # Errors
///
/// The server's refusal, or that the answer holds no model.
pub fn decode_model(response: &Response) -> Result<RegisteredModel, ServerError> {
    let body = check(response)?;
    let answer = object::<WireModelAnswer>(body).map_err(|error| undecodable(body, "a model", &error))?;
    model(answer.registered_model).map_err(|message| ServerError::Undecodable { message })
}

/// One version, as a write answers with it.
///
/// # Errors
///
/// The server's refusal, or that the answer holds no version.
pub fn decode_version(response: &Response) -> Result<ModelVersion, ServerError> {
    let body = check(response)?;
    let answer = object::<WireVersionAnswer>(body).map_err(|error| undecodable(body, "a version", &error))?;
    version(answer.model_version).map_err(|message| ServerError::Undecodable { message })
}

fn model(wire: WireModel) -> Result<RegisteredModel, String> {
    if wire.name.0.is_empty() {
        return Err("it has no name".into());
    }
    let aliases = wire
        .aliases
        .unwrap_or_default()
        .into_iter()
        .filter_map(|wire| Some(Alias { name: wire.alias.0, version: number(&wire.version).ok()? }));
    Ok(RegisteredModel {
        name: wire.name.0,
        creation_millis: wire.creation_timestamp.map(|int| int.0),
        last_update_millis: wire.last_updated_timestamp.map(|int| int.0),
        description: text(wire.description),
        tags: tags(wire.tags),
        aliases: aliases.collect(),
        latest_versions: wire
            .latest_versions
            .unwrap_or_default()
            .into_iter()
            .filter_map(|wire| version(wire).ok())
            .collect(),
    })
}

fn version(wire: WireVersion) -> Result<ModelVersion, String> {
    let stage = match wire.current_stage {
        None => Stage::None,
        Some(word) if word.0.is_empty() => Stage::None,
        Some(word) => Stage::from_word(&word.0).ok_or_else(|| format!("its stage {} is unknown", word.0))?,
    };
    let some = |text: Option<Text>| text.map(|text| text.0).filter(|text| !text.is_empty());
    let source = text(wire.source);
    let from_source = source.strip_prefix("models:/").filter(|id| id.starts_with("m-")).map(str::to_owned);
    Ok(ModelVersion {
        number: number(&wire.version)?,
        name: wire.name.0,
        creation_millis: wire.creation_timestamp.map(|int| int.0),
        last_update_millis: wire.last_updated_timestamp.map(|int| int.0),
        stage,
        user: text(wire.user_id),
        description: text(wire.description),
        run_id: some(wire.run_id).map(RunId),
        model_id: some(wire.model_id).or(from_source),
        source,
        status: match some(wire.status).as_deref() {
            None | Some("READY") => VersionStatus::Ready,
            Some("PENDING_REGISTRATION") => VersionStatus::Pending,
            Some("FAILED_REGISTRATION") => VersionStatus::Failed,
            Some(other) => VersionStatus::Other(other.to_owned()),
        },
        status_message: text(wire.status_message),
        tags: tags(wire.tags),
    })
}

fn number(text: &Text) -> Result<VersionNumber, String> {
    text.0
        .trim()
        .parse()
        .map(VersionNumber)
        .map_err(|error| format!("its version {} is no number: {error}", text.0))
}

fn text(text: Option<Text>) -> String {
    text.map(|text| text.0).unwrap_or_default()
}

fn tags(wire: Option<Vec<WireText>>) -> Vec<ModelTag> {
    let tags = wire.unwrap_or_default().into_iter();
    tags.map(|wire| ModelTag { key: wire.key.0, value: text(wire.value) }).collect()
}

#[derive(Deserialize)]
struct WireHistory {
    metrics: Option<Vec<WirePoint>>,
    next_page_token: Option<String>,
}

#[derive(Deserialize)]
struct WirePoint {
    value: Float,
    timestamp: Option<Int>,
    step: Option<Int>,
    run_id: Option<Text>,
}

impl WireHistory {
    fn of(response: &Response) -> Result<Self, ServerError> {
        let body = check(response)?;
        // Python's bare tokens are mended where there are any; it is the first complaint that is told.
        let read = match object(body) {
            Err(error) => serde_json::from_str(&mended(body)).or(Err(error)),
            read => read,
        };
        read.map_err(|error| undecodable(body, "a history", &error))
    }

    /// The points, each with the run that is named with it, by step and time.
    fn points(self) -> Vec<(Option<Text>, HistoryPoint)> {
        let int = |int: Option<Int>| int.map_or(0, |int| int.0);
        let point = |point: WirePoint| {
            let (step, millis) = (int(point.step), int(point.timestamp));
            (point.run_id, HistoryPoint { step, millis, value: point.value.0 })
        };
        let mut points: Vec<_> = self.metrics.unwrap_or_default().into_iter().map(point).collect();
        sort_by(&mut points, |(_, a), (_, b)| (a.step, a.millis).cmp(&(b.step, b.millis)));
        points
    }
}

/// A page of a metric's history, by step and time.
///
/// # Errors
///
/// The server's refusal, or that the answer is no history.
pub fn decode_history(response: &Response) -> Result<Page<HistoryPoint>, ServerError> {
    let mut answer = WireHistory::of(response)?;
    let next_page_token = answer.next_page_token.take().filter(|token| !token.is_empty());
    let items = answer.points().into_iter().map(|(_, point)| point).collect();
    Ok(Page { items, next_page_token, ..Page::default() })
}

/// The histories of one metric of several runs, each point with its run, by step and time.
///
/// # Errors
///
/// The server's refusal, or that the answer is no history.
pub fn decode_histories(response: &Response) -> Result<Vec<(RunId, HistoryPoint)>, ServerError> {
    let points = WireHistory::of(response)?.points();
    // A point of nobody is none of what was asked for.
    Ok(points.into_iter().filter_map(|(run_id, point)| Some((RunId(run_id?.0), point))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tracking::mlflow::contract_tests::{VERSIONS, recorded};

    #[test]
    fn recorded_models_and_versions_decode() {
        for server in VERSIONS {
            let models = decode_models(&recorded(server, "rm-search")).unwrap();
            assert_eq!(models.items[0].name, "nyc-taxi", "{server}");
            assert!(models.items[0].last_update_millis > Some(1_700_000_000_000), "{server}");
            let versions = decode_versions(&recorded(server, "mv-search")).unwrap();
            let numbers: Vec<u64> = versions.items.iter().map(|version| version.number.0).collect();
            assert_eq!(numbers, [3, 2, 1], "{server}");
            assert_eq!(versions.items[0].stage, Stage::None);
            assert_eq!(decode_versions(&recorded(server, "rm-latest-versions-post")).unwrap().items, []);
            let moved = decode_version(&recorded(server, "mv-transition-prod-archive")).unwrap();
            assert_eq!((moved.number, moved.stage), (VersionNumber(2), Stage::Production), "{server}");
            assert_eq!(
                decode_version(&recorded(server, "mv-transition-lower")).unwrap().stage,
                Stage::Staging
            );
            let tagged = decode_version(&recorded(server, "mv-get-tag")).unwrap();
            assert_eq!(tagged.tags[0].key, "approved_by", "{server}");
            assert!(decode_version(&recorded(server, "mv-transition-bad")).is_err(), "{server}");
            assert!(decode_model(&recorded(server, "rm-get-missing")).is_err(), "{server}");
            let model = decode_model(&recorded(server, "rm-get-alias")).unwrap();
            let champion = model.aliases.iter().find(|alias| alias.name == "champion");
            assert_eq!(champion.is_some(), server != "1.30.1", "{server}: {:?}", model.aliases);
        }
    }

    #[test]
    fn a_version_names_its_logged_model_in_its_source() {
        let body = r#"{"model_version": {"name": "taxi", "version": "1", "source": "models:/m-1", "current_stage": ""}}"#;
        let response = Response { status: 200, content_type: String::new(), body: body.into() };
        let version = decode_version(&response).unwrap();
        assert_eq!((version.model_id.as_deref(), version.stage), (Some("m-1"), Stage::None));
    }

    #[test]
    fn recorded_histories_decode() {
        for server in VERSIONS {
            let history = decode_history(&recorded(server, "get-history")).unwrap().items;
            // The recording of 3.1.4 is a page beyond the end.
            assert_eq!(history.is_empty(), server == "3.1.4", "{server}");
            assert!(history.windows(2).all(|pair| pair[0].step <= pair[1].step), "{server}");
            assert_eq!(
                decode_history(&recorded(server, "get-history-missing"))
                    .map(|page| page.items.len())
                    .unwrap_or(0),
                0
            );
        }
    }

    #[test]
    fn recorded_histories_of_several_runs_decode() {
        for server in VERSIONS {
            let answer = decode_histories(&recorded(server, "history-interval-api"));
            if !["2.22.5", "3.1.4", "3.17.2"].contains(&server) {
                assert!(matches!(answer, Err(ServerError::Http { status: 404, .. })), "{server}");
                continue;
            }
            let points = answer.unwrap();
            let run_ids: std::collections::HashSet<&RunId> = points.iter().map(|(id, _)| id).collect();
            assert!(run_ids.len() == 2 && points.is_sorted_by_key(|(_, point)| point.step), "{server}");
            let nan = decode_histories(&recorded(server, "history-interval-nan")).unwrap();
            assert!(nan.len() == 1 && nan[0].1.value.is_nan(), "{server}");
            let refused = decode_histories(&recorded(server, "history-interval-2501"));
            assert!(matches!(refused, Err(ServerError::Refused { status: 400, .. })), "{server}");
        }
    }

    #[test]
    fn bare_tokens_of_python_are_read_in_histories() {
        let body = r#"{"metrics": [{"key": "a", "value": NaN, "timestamp": 1, "step": 2, "run_id": "r"},
            {"key": "a", "value": -Infinity, "timestamp": 1, "step": 1, "run_id": "r"},
            {"key": "a", "value": 1.7976931348623157e308, "timestamp": 1, "step": 0}]}"#;
        let response = Response { status: 200, content_type: String::new(), body: body.into() };
        let values: Vec<f64> =
            decode_history(&response).unwrap().items.iter().map(|point| point.value).collect();
        assert!(values[2].is_nan() && values[..2] == [f64::INFINITY, f64::NEG_INFINITY]);
        assert_eq!(decode_histories(&response).unwrap().len(), 2, "a point of nobody is left out");
    }
}
