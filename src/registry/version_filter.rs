//! The filter over a model's versions: words, all of which must hold.
//!
//! `stage:production`, `alias:champion` (or `alias:` for any), `tag:owner` or `tag:owner=ana`; any other word is
//! looked for in number, run, user, description and tags, and, if it is long enough to be meant, at the beginning of
//! the source's parts: a run's id is hex, and holds every short number somewhere. Upper and lower case are the same.

use super::ModelState;
use crate::entities::ModelVersion;

/// A shorter word is not looked for in a version's source.
const MIN_SOURCE_CHARS: usize = 4;

/// Whether a version fits the filter. `run_name` is the name of its run, empty where unknown.
pub fn fits(state: &ModelState, version: &ModelVersion, run_name: &str, filter: &str) -> bool {
    let filter = filter.to_lowercase();
    filter.split_whitespace().all(|word| fits_word(state, version, run_name, word))
}

fn fits_word(state: &ModelState, version: &ModelVersion, run_name: &str, word: &str) -> bool {
    let has = |text: &str, part: &str| text.to_lowercase().contains(part);
    if let Some(stage) = word.strip_prefix("stage:") {
        return has(version.stage.as_str(), stage);
    }
    if let Some(alias) = word.strip_prefix("alias:") {
        return state.aliases_of(version.number).iter().any(|other| has(&other.name, alias));
    }
    if let Some(tag) = word.strip_prefix("tag:") {
        let (key, value) = tag.split_once('=').unwrap_or((tag, ""));
        return version.tags.iter().any(|other| other.key.to_lowercase() == key && has(&other.value, value));
    }
    let visible_tags = version.tags.iter().filter(|tag| !tag.key.starts_with(super::record::PREFIX));
    version.number.to_string() == word
        || [run_name, &version.user, &version.description].iter().any(|text| has(text, word))
        || is_in_source(&version.source, word)
        || visible_tags.into_iter().any(|tag| has(&tag.key, word) || has(&tag.value, word))
        || state.aliases_of(version.number).iter().any(|other| has(&other.name, word))
}

/// Whether a part of a source, as the id of a run, begins with the word, or the word is several parts.
fn is_in_source(source: &str, word: &str) -> bool {
    let source = source.to_lowercase();
    let is_begun = |part: &str| word.len() >= MIN_SOURCE_CHARS && part.starts_with(word);
    source.split('/').any(is_begun) || (word.contains('/') && source.contains(word))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{state, with_alias};
    use super::*;
    use crate::entities::{ModelTag, Stage};

    #[test]
    fn words_narrow_by_stage_alias_tag_and_text() {
        let mut state = with_alias(state(&[Stage::Production, Stage::Staging]), "Champion", 1);
        state.versions[0].tags.push(ModelTag { key: "owner".into(), value: "Ana".into() });
        state.versions[0].tags.push(ModelTag { key: "runweave.record.x".into(), value: "secret".into() });
        let shown = |filter: &str| {
            let fitting = state.versions.iter().filter(|version| fits(&state, version, "gaudy-fish", filter));
            fitting.map(|version| version.number.0).collect::<Vec<_>>()
        };
        assert_eq!(shown(""), [2, 1]);
        assert_eq!(shown("stage:PROD"), [1]);
        assert_eq!(shown("alias:champion"), [1]);
        assert_eq!(shown("alias:"), [1]);
        assert_eq!(shown("tag:owner"), [2]);
        assert_eq!(shown("tag:owner=ana stage:staging"), [2]);
        assert_eq!(shown("tag:owner=bob"), Vec::<u64>::new());
        assert_eq!(shown("gaudy"), [2, 1]);
        assert_eq!(shown("secret"), Vec::<u64>::new(), "the record is no text to search");
        assert_eq!(shown("2"), [2]);
    }
    #[test]
    fn a_source_is_found_by_the_beginning_of_its_parts() {
        let mut state = state(&[Stage::None]);
        state.versions[0].source = "mlflow-artifacts:/1/0a5f500cde12/artifacts/model".to_owned();
        let is_shown = |filter: &str| fits(&state, &state.versions[0], "", filter);
        assert!(is_shown("0A5F500"), "the beginning of the run's id");
        assert!(!is_shown("500"), "a number within the id is no version's number");
        assert!(!is_shown("500cde12"));
        assert!(!is_shown("0a5"), "too short to be meant");
        assert!(is_shown("artifacts/model"));
        assert!(is_shown("model"));
    }
}
