//! A run's model on its way to a version: what is asked for, what a name and tags may be, where the files are.

use super::change::Decision;
use super::record::{self, Entry, What};
use crate::entities::{LoggedModelRef, ModelTag, ModelVersion, RunId};
use serde::{Deserialize, Serialize};

/// The longest key of a tag that every server takes, in characters.
const KEY_CHARS: usize = 250;

/// What is to be registered as what.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Registration {
    /// The run that logged the model.
    pub run_id: RunId,
    /// Which of its models.
    pub model: LoggedModelRef,
    /// Where the files are, see [`source_of`].
    pub source: String,
    /// The registered model.
    pub name: String,
    /// Whether that model is to be made; otherwise it must be there.
    pub is_new: bool,
    /// What the new model is; empty for none.
    pub model_description: String,
    /// What the version is; empty for none.
    pub description: String,
    /// The version's tags.
    pub tags: Vec<ModelTag>,
    /// Who and when.
    pub decision: Decision,
}

impl Registration {
    /// The id of the entry in the record, unlike that of any other registration.
    pub fn entry_id(&self) -> String {
        record::entry_id(self.decision.at_millis, &format!("{}0", self.decision.nonce))
    }

    /// The version's tags with those of the record, each value at most `limit_chars` characters. They are sent
    /// along with the version, so that there is neither one without the other.
    pub fn tags_with_record(&self, limit_chars: usize) -> Vec<ModelTag> {
        let entry = Entry {
            to: Some(self.source.clone()),
            reason: self.decision.reason.clone(),
            ..Entry::new(What::Registered, self.decision.at_millis, &self.decision.by)
        };
        let mut tags = self.tags.clone();
        tags.extend(record::tags_of(&self.entry_id(), &entry, limit_chars));
        tags
    }

    /// Whether a version is the one that this made, by the record.
    pub fn is_of(&self, version: &ModelVersion) -> bool {
        let key = format!("{}{}", record::PREFIX, self.entry_id());
        version.tags.iter().any(|tag| tag.key == key)
    }
}

/// Where a run's model lies, in the form that every server takes: a logged model by its id (MLflow 3; it must be
/// named beside it), a folder below the run's artifacts by the store's address (runs before that).
pub fn source_of(model: &LoggedModelRef, artifact_uri: &str) -> String {
    match model {
        LoggedModelRef::Id(id) => format!("models:/{id}"),
        LoggedModelRef::ArtifactPath(path) => format!("{}/{path}", artifact_uri.trim_end_matches('/')),
    }
}

/// The path below a run's artifacts that a version's files came from; none where they came from elsewhere.
pub fn artifact_path<'a>(source: &'a str, run_id: &str, artifact_uri: &str) -> Option<&'a str> {
    let source = source.trim_end_matches('/');
    let below = |root: &str| source.strip_prefix(root)?.strip_prefix('/');
    below(&format!("runs:/{run_id}")).or_else(|| below(artifact_uri.trim_end_matches('/')))
}

/// Why a registered model cannot have this name; none where it can. Servers before MLflow 3 take `/` and `:` too,
/// but then no `models:/` address finds the model.
pub fn name_problem(name: &str) -> Option<&'static str> {
    if name.trim().is_empty() {
        Some("A model needs a name.")
    } else if name.contains(['/', ':']) {
        Some("A name cannot contain / or :, since addresses such as models:/NAME/1 are made of it.")
    } else {
        None
    }
}

/// Tags out of lines `key=value`.
///
/// # Errors
///
/// A sentence for the first line that is no tag.
pub fn tags_of_lines(text: &str) -> Result<Vec<ModelTag>, String> {
    let mut tags: Vec<ModelTag> = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let Some((key, value)) = line.split_once('=') else {
            return Err(format!("“{line}” is no tag: write key=value, one a line."));
        };
        let (key, value) = (key.trim(), value.trim());
        if key.is_empty() {
            return Err(format!("“{line}” has no key: write key=value, one a line."));
        }
        if key.chars().count() > KEY_CHARS {
            return Err(format!("A key has at most {KEY_CHARS} characters."));
        }
        if key.starts_with(record::PREFIX) {
            return Err(format!("Keys that begin with {} are kept for the record.", record::PREFIX));
        }
        if tags.iter().any(|tag| tag.key == key) {
            return Err(format!("The key {key} is there twice."));
        }
        tags.push(ModelTag { key: key.to_owned(), value: value.to_owned() });
    }
    Ok(tags)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_judged_as_they_are_typed() {
        assert_eq!(name_problem("taxi"), None);
        assert_eq!(name_problem("<img src=x onerror=alert(1)>"), None);
        assert!(name_problem("  ").is_some());
        assert!(name_problem("a/b").is_some() && name_problem("a:b").is_some());
    }

    #[test]
    fn tags_are_lines() {
        let tags = tags_of_lines("team = a=b\n\n empty=\n").unwrap();
        let pairs: Vec<_> = tags.iter().map(|tag| (tag.key.as_str(), tag.value.as_str())).collect();
        assert_eq!(pairs, [("team", "a=b"), ("empty", "")]);
        for wrong in ["team", "=b", "a=1\na=2", "runweave.record.x=1"] {
            assert!(tags_of_lines(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn sources_are_what_servers_take() {
        let folder = LoggedModelRef::ArtifactPath("model".into());
        assert_eq!(
            source_of(&folder, "mlflow-artifacts:/1/r/artifacts"),
            "mlflow-artifacts:/1/r/artifacts/model"
        );
        assert_eq!(source_of(&LoggedModelRef::Id("m-1".into()), "s3://x"), "models:/m-1");
    }

    #[test]
    fn a_source_names_a_path_of_its_run_or_none() {
        let path = |source| artifact_path(source, "r", "s3://b/r/artifacts/");
        assert_eq!(path("s3://b/r/artifacts/model/"), Some("model"));
        assert_eq!(path("runs:/r/a/model"), Some("a/model"));
        assert_eq!(path("s3://b/r/artifacts-of-another/model"), None);
        assert_eq!(path("models:/m-1"), None);
    }
}
