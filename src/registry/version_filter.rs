//! The filter over a model's versions: words, all of which must hold.
//!
//! `stage:production`, `alias:champion` (or `alias:` for any), `tag:owner` or `tag:owner=ana`; any other word is
//! looked for in number, run, user, description and tags. Upper and lower case are the same.

use super::ModelState;
use crate::entities::ModelVersion;

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
        || [run_name, &version.user, &version.description, &version.source].iter().any(|text| has(text, word))
        || visible_tags.into_iter().any(|tag| has(&tag.key, word) || has(&tag.value, word))
        || state.aliases_of(version.number).iter().any(|other| has(&other.name, word))
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
}
