//! MLflow's writes to runs as requests: delete, restore, rename, tags.

use super::requests::api;
use crate::entities::RunId;
use crate::tracking::{Capabilities, Request};
use serde_json::{Value, json};

/// The tag in which MLflow keeps a run's note, as Markdown.
pub const NOTE_TAG: &str = "mlflow.note.content";
/// Tags that MLflow sets itself begin with this.
pub const SYSTEM_TAGS: &str = "mlflow.";

/// Whether MLflow itself sets this tag. The note has such a key too, but belongs to people.
pub fn is_system_tag(key: &str) -> bool {
    key.starts_with(SYSTEM_TAGS) && key != NOTE_TAG
}

/// The longest value of a run's tag, in characters: 5000 up to MLflow 2.9, 8000 in newer ones (seen since 2.22).
/// Servers that do not say their version are of 1.x.
pub fn tag_chars(version: Option<&str>) -> usize {
    let mut parts = version.unwrap_or("1").split('.').map(|part| part.parse::<u32>().unwrap_or_default());
    let version = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    if version <= (2, 9) { 5000 } else { 8000 }
}

/// Moves a run to the server's trash. Asked twice, it succeeds twice.
pub fn run_delete(capabilities: &Capabilities, run_id: &RunId) -> Request {
    post(capabilities, "delete", &json!({ "run_id": run_id.0 }))
}

/// Takes a run out of the trash.
pub fn run_restore(capabilities: &Capabilities, run_id: &RunId) -> Request {
    post(capabilities, "restore", &json!({ "run_id": run_id.0 }))
}

/// Renames a run. Refused (400) for a deleted one, as are the tags' writes.
pub fn run_rename(capabilities: &Capabilities, run_id: &RunId, name: &str) -> Request {
    post(capabilities, "update", &json!({ "run_id": run_id.0, "run_name": name }))
}

/// Sets a run's tag, whatever it was before.
pub fn run_tag_set(capabilities: &Capabilities, run_id: &RunId, key: &str, value: &str) -> Request {
    post(capabilities, "set-tag", &json!({ "run_id": run_id.0, "key": key, "value": value }))
}

/// Deletes a run's tag.
pub fn run_tag_delete(capabilities: &Capabilities, run_id: &RunId, key: &str) -> Request {
    post(capabilities, "delete-tag", &json!({ "run_id": run_id.0, "key": key }))
}

fn post(capabilities: &Capabilities, what: &str, body: &Value) -> Request {
    Request::post(format!("{}/runs/{what}", api(capabilities)), body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values_go_out_as_they_are() {
        let capabilities = Capabilities { api_prefix: "/api".into(), ..Capabilities::default() };
        let request = run_tag_set(&capabilities, &RunId("a".into()), "a/b \"c\"", "\u{202e}</script>\0");
        assert_eq!(request.path, "/api/2.0/mlflow/runs/set-tag");
        let body: Value = serde_json::from_str(request.body.as_deref().unwrap()).unwrap();
        assert_eq!(body, json!({ "run_id": "a", "key": "a/b \"c\"", "value": "\u{202e}</script>\0" }));
        assert_eq!(
            run_rename(&capabilities, &RunId("a".into()), "n").body.as_deref(),
            Some(r#"{"run_id":"a","run_name":"n"}"#)
        );
    }

    #[test]
    fn tags_have_the_length_that_the_version_takes() {
        let versions = [None, Some("2.3.2"), Some("2.9.2"), Some("2.22.5"), Some("3.17.2"), Some("4")];
        assert_eq!(versions.map(tag_chars), [5000, 5000, 5000, 8000, 8000, 8000]);
        assert!(is_system_tag("mlflow.user") && !is_system_tag(NOTE_TAG) && !is_system_tag("team"));
    }
}
