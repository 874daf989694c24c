//! MLflow's registry as requests: models, versions, stages, aliases, tags. Versions go out as text always: the
//! server refuses numbers.

use super::requests::{api, query};
use crate::entities::{ExperimentId, RunId, Stage, VersionNumber};
use crate::tracking::{Capabilities, Method, Request};
use serde_json::{Value, json};

/// The most models asked for at once; servers refuse more.
pub const MODELS_PER_PAGE: usize = 1000;
/// The most versions asked for at once. Servers allow 200,000; smaller pages show the first ones sooner.
pub const VERSIONS_PER_PAGE: usize = 2000;
/// The longest value of a registry tag that every version takes, in characters (2.22 and older; newer take 100,000).
pub const TAG_CHARS: usize = 5000;

/// A page of registered models, those that changed last first.
pub fn models_search(capabilities: &Capabilities, page_token: Option<&str>) -> Request {
    let max_results = MODELS_PER_PAGE.to_string();
    let mut pairs = vec![("max_results", max_results.as_str()), ("order_by", "last_updated_timestamp DESC")];
    pairs.extend(page_token.map(|token| ("page_token", token)));
    Request::get(format!("{}/registered-models/search{}", api(capabilities), query(&pairs)))
}

/// One registered model with its tags and aliases.
pub fn model_get(capabilities: &Capabilities, name: &str) -> Request {
    Request::get(format!("{}/registered-models/get{}", api(capabilities), query(&[("name", name)])))
}

/// A page of the versions of one model, or of all models. A name that cannot be quoted brings those of all models:
/// whoever asks takes its own out of them.
pub fn versions_search(capabilities: &Capabilities, name: Option<&str>, page_token: Option<&str>) -> Request {
    let filter = name.and_then(quoted).map(|name| format!("name = {name}"));
    versions_page(capabilities, filter.as_deref(), page_token)
}

/// A page of the versions, of whatever model, that were registered from these runs; without any, of all versions.
pub fn versions_of_runs(capabilities: &Capabilities, run_ids: &[RunId], page_token: Option<&str>) -> Request {
    let ids: Vec<String> = run_ids.iter().filter_map(|id| quoted(&id.0)).collect();
    let filter = (!ids.is_empty()).then(|| format!("run_id IN ({})", ids.join(",")));
    versions_page(capabilities, filter.as_deref(), page_token)
}

fn versions_page(capabilities: &Capabilities, filter: Option<&str>, page_token: Option<&str>) -> Request {
    let max_results = VERSIONS_PER_PAGE.to_string();
    let mut pairs = vec![("max_results", max_results.as_str())];
    pairs.extend(filter.map(|filter| ("filter", filter)));
    pairs.extend(page_token.map(|token| ("page_token", token)));
    Request::get(format!("{}/model-versions/search{}", api(capabilities), query(&pairs)))
}

/// The versions, of whatever model, that were registered from a run; the first page is all that is asked for.
pub fn versions_of_run(capabilities: &Capabilities, run_id: &RunId) -> Request {
    // Servers make run ids of letters and digits; anything else asks for none.
    let filter = format!("run_id = {}", quoted(&run_id.0).unwrap_or_else(|| "''".to_owned()));
    versions_page(capabilities, Some(&filter), None)
}

/// One version.
pub fn version_get(capabilities: &Capabilities, name: &str, version: VersionNumber) -> Request {
    let version = version.to_string();
    let pairs = [("name", name), ("version", version.as_str())];
    Request::get(format!("{}/model-versions/get{}", api(capabilities), query(&pairs)))
}

/// A text of the filter grammar, which has quotes of two kinds and no escape: none for a text with both kinds.
fn quoted(text: &str) -> Option<String> {
    if !text.contains('\'') {
        Some(format!("'{text}'"))
    } else if !text.contains('"') {
        Some(format!("\"{text}\""))
    } else {
        None
    }
}

/// Makes a registered model.
pub fn model_create(
    capabilities: &Capabilities,
    name: &str,
    description: &str,
    tags: &[(String, String)],
) -> Request {
    let body = json!({ "name": name, "description": description, "tags": pairs_of(tags) });
    Request::post(format!("{}/registered-models/create", api(capabilities)), &body)
}

/// A model's new version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewVersion {
    /// The registered model.
    pub name: String,
    /// Where the files are: `runs:/ID/path`, `models:/m-ID` or a store's address.
    pub source: String,
    /// The run it comes from.
    pub run_id: Option<RunId>,
    /// The logged model it comes from (MLflow 3).
    pub model_id: Option<String>,
    /// What it is.
    pub description: String,
    /// Its tags.
    pub tags: Vec<(String, String)>,
}

/// Registers a version.
pub fn version_create(capabilities: &Capabilities, new: &NewVersion) -> Request {
    let mut body = json!({
        "name": new.name, "source": new.source, "description": new.description, "tags": pairs_of(&new.tags),
    });
    if let Some(run_id) = &new.run_id {
        body["run_id"] = json!(run_id.0);
    }
    if let Some(model_id) = &new.model_id {
        body["model_id"] = json!(model_id);
    }
    Request::post(format!("{}/model-versions/create", api(capabilities)), &body)
}

fn pairs_of(tags: &[(String, String)]) -> Vec<Value> {
    tags.iter().map(|(key, value)| json!({ "key": key, "value": value })).collect()
}

/// Moves a version to a stage. With `is_archiving` every other version there is archived in the same transaction;
/// servers refuse that for None and Archived.
pub fn transition(
    capabilities: &Capabilities,
    name: &str,
    version: VersionNumber,
    stage: Stage,
    is_archiving: bool,
) -> Request {
    Request::post(
        format!("{}/model-versions/transition-stage", api(capabilities)),
        &json!({ "name": name, "version": version.to_string(), "stage": stage.as_str(),
            "archive_existing_versions": is_archiving }),
    )
}

/// Makes an alias stand for a version, whatever it stood for before.
pub fn alias_set(capabilities: &Capabilities, name: &str, alias: &str, version: VersionNumber) -> Request {
    Request::post(
        format!("{}/registered-models/alias", api(capabilities)),
        &json!({ "name": name, "alias": alias, "version": version.to_string() }),
    )
}

/// Deletes an alias.
pub fn alias_delete(capabilities: &Capabilities, name: &str, alias: &str) -> Request {
    Request::with_body(
        Method::Delete,
        format!("{}/registered-models/alias", api(capabilities)),
        &json!({ "name": name, "alias": alias }),
    )
}

/// Sets a tag of a version, or one of the model's own.
pub fn tag_set(
    capabilities: &Capabilities,
    name: &str,
    version: Option<VersionNumber>,
    key: &str,
    value: &str,
) -> Request {
    let (path, mut body) = owner(capabilities, name, version, "set-tag");
    body["key"] = json!(key);
    body["value"] = json!(value);
    Request::post(path, &body)
}

/// Deletes a tag of a version, or one of the model's own.
pub fn tag_delete(
    capabilities: &Capabilities,
    name: &str,
    version: Option<VersionNumber>,
    key: &str,
) -> Request {
    let (path, mut body) = owner(capabilities, name, version, "delete-tag");
    body["key"] = json!(key);
    Request::with_body(Method::Delete, path, &body)
}

/// Describes a version, or the model; an empty text takes the description away.
pub fn describe(
    capabilities: &Capabilities,
    name: &str,
    version: Option<VersionNumber>,
    description: &str,
) -> Request {
    let (path, mut body) = owner(capabilities, name, version, "update");
    body["description"] = json!(description);
    Request::with_body(Method::Patch, path, &body)
}

/// The path of a verb, and a body that names a version, or the model.
fn owner(
    capabilities: &Capabilities,
    name: &str,
    version: Option<VersionNumber>,
    verb: &str,
) -> (String, Value) {
    let (folder, body) = match version {
        Some(version) => ("model-versions", json!({ "name": name, "version": version.to_string() })),
        None => ("registered-models", json!({ "name": name })),
    };
    (format!("{}/{folder}/{verb}", api(capabilities)), body)
}

/// The bytes of a version's file, such as `MLmodel`. Outside of the API's prefix, in every version.
pub fn version_file(name: &str, version: VersionNumber, path: &str) -> Request {
    let version = version.to_string();
    Request::get(format!(
        "/model-versions/get-artifact{}",
        query(&[("name", name), ("version", &version), ("path", path)])
    ))
}

/// These runs of these experiments, deleted ones too. MLflow 2 and newer; 1.30 refuses `IN`.
pub fn runs_by_id(
    capabilities: &Capabilities,
    experiment_ids: &[ExperimentId],
    run_ids: &[RunId],
) -> Request {
    let experiment_ids: Vec<&str> = experiment_ids.iter().map(|id| id.0.as_str()).collect();
    let wanted: Vec<String> = run_ids.iter().map(|id| format!("'{}'", id.0.replace('\'', ""))).collect();
    let body = json!({
        "experiment_ids": experiment_ids, "run_view_type": "ALL", "max_results": run_ids.len().max(1),
        "filter": format!("attributes.run_id IN ({})", wanted.join(",")),
    });
    Request::post(format!("{}/runs/search", api(capabilities)), &body)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn capabilities() -> Capabilities {
        Capabilities { api_prefix: "/api".into(), ..Capabilities::default() }
    }

    fn body(request: &Request) -> Value {
        serde_json::from_str(request.body.as_deref().unwrap()).unwrap()
    }

    #[test]
    fn versions_are_text_and_deletes_have_bodies() {
        let version = VersionNumber(3);
        let moved = transition(&capabilities(), "taxi", version, Stage::Production, true);
        assert_eq!(moved.path, "/api/2.0/mlflow/model-versions/transition-stage");
        assert_eq!(
            body(&moved),
            json!({ "name": "taxi", "version": "3", "stage": "Production", "archive_existing_versions": true })
        );
        let deleted = alias_delete(&capabilities(), "taxi", "champion");
        assert_eq!((deleted.method, body(&deleted)["alias"].as_str()), (Method::Delete, Some("champion")));
        let tag = tag_delete(&capabilities(), "taxi", Some(version), "k");
        assert_eq!((tag.method, body(&tag)["version"].as_str()), (Method::Delete, Some("3")));
    }

    #[test]
    fn a_model_and_its_versions_have_paths_of_their_own() {
        let described = describe(&capabilities(), "taxi", None, "");
        assert_eq!(
            (described.method, described.path.as_str(), body(&described)),
            (
                Method::Patch,
                "/api/2.0/mlflow/registered-models/update",
                json!({ "name": "taxi", "description": "" })
            )
        );
        let tag = tag_set(&capabilities(), "taxi", Some(VersionNumber(3)), "k", "v");
        assert_eq!(tag.path, "/api/2.0/mlflow/model-versions/set-tag");
    }

    #[test]
    fn names_are_quoted_with_what_they_lack() {
        assert_eq!(quoted("taxi").as_deref(), Some("'taxi'"));
        assert_eq!(quoted("bob's").as_deref(), Some("\"bob's\""));
        assert_eq!(quoted("bob's \"x\""), None);
        let request = versions_search(&capabilities(), Some("a&b"), None);
        assert_eq!(
            request.path,
            "/api/2.0/mlflow/model-versions/search?max_results=2000&filter=name%20%3D%20%27a%26b%27"
        );
        let ids = ["0a", "1b"].map(|id| RunId(id.to_owned()));
        assert_eq!(
            versions_of_runs(&capabilities(), &ids, Some("t")).path,
            "/api/2.0/mlflow/model-versions/search?max_results=2000\
             &filter=run_id%20IN%20%28%270a%27%2C%271b%27%29&page_token=t"
        );
        let all = versions_of_runs(&capabilities(), &[], None);
        assert_eq!(all.path, "/api/2.0/mlflow/model-versions/search?max_results=2000");
    }
}
