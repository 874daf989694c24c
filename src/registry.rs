//! What may be moved where and why not, what a move consists of, and the record that is kept of it.
//!
//! Nothing here sends a request or reads a clock; `registrar` carries changes out.

pub mod change;
pub mod comparison;
pub mod load_code;
pub mod model_list;
pub mod record;
pub mod registration;
pub mod review;
pub mod rules;
pub mod timeline;
pub mod undo;
pub mod version_filter;
pub mod version_table;

use self::comparison::VersionOfRun;
use crate::entities::{Alias, ModelVersion, RegisteredModel, Stage, VersionNumber};
use serde::{Deserialize, Serialize};

/// A registered model with all its versions, as the server last said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct ModelState {
    /// The model. Its own list of latest versions plays no part here.
    pub model: RegisteredModel,
    /// Its versions, newest number first.
    pub versions: Vec<ModelVersion>,
}

impl ModelState {
    /// The version of that number.
    pub fn version(&self, number: VersionNumber) -> Option<&ModelVersion> {
        self.versions.iter().find(|version| version.number == number)
    }

    /// The version of that number with its run, ready to be compared.
    pub fn of_run(&self, number: VersionNumber) -> VersionOfRun {
        let version = self.version(number);
        VersionOfRun {
            number,
            run_id: version.and_then(|version| version.run_id.clone()),
            source: version.map(|version| version.source.clone()).unwrap_or_default(),
        }
    }

    /// The versions in a stage, newest number first.
    pub fn in_stage(&self, stage: Stage) -> Vec<VersionNumber> {
        self.versions.iter().filter(|version| version.stage == stage).map(|version| version.number).collect()
    }

    /// The version that an alias stands for.
    pub fn alias(&self, name: &str) -> Option<VersionNumber> {
        self.model.aliases.iter().find(|alias| alias.name == name).map(|alias| alias.version)
    }

    /// The aliases of a version.
    pub fn aliases_of(&self, number: VersionNumber) -> Vec<&Alias> {
        self.model.aliases.iter().filter(|alias| alias.version == number).collect()
    }
}

/// Version numbers in words: `3`, `3 and 4`, `3, 4 and 5`.
pub fn numbers_text(numbers: &[VersionNumber]) -> String {
    match numbers {
        [] => "none".to_owned(),
        [one] => one.to_string(),
        [most @ .., last] => {
            let most: Vec<String> = most.iter().map(ToString::to_string).collect();
            format!("{} and {last}", most.join(", "))
        }
    }
}

/// A name or a reason inside a sentence: where it holds signs that turn the direction of writing, they turn nothing
/// but itself. Signs that would end that are left out; everything else stays.
pub fn isolated(text: &str) -> std::borrow::Cow<'_, str> {
    let is_control = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if !text.contains(is_control) {
        return text.into();
    }
    let inner = text.chars().filter(|c| !matches!(c, '\u{2066}'..='\u{2069}'));
    format!("\u{2068}{}\u{2069}", inner.collect::<String>()).into()
}

#[cfg(test)]
mod tests {
    use super::isolated;

    #[test]
    fn what_turns_the_direction_of_writing_turns_itself_only() {
        assert_eq!(isolated("taxi é"), "taxi é");
        assert_eq!(isolated("a\u{2069}\u{202e}b"), "\u{2068}a\u{202e}b\u{2069}");
    }
}

#[cfg(test)]
pub(crate) mod testing {
    use super::*;
    use crate::entities::RunId;

    /// A model `taxi` with versions 1, 2, … in these stages, newest first.
    pub(crate) fn state(stages: &[Stage]) -> ModelState {
        let versions = (1_u64..).zip(stages).map(|(number, &stage)| ModelVersion {
            name: "taxi".into(),
            number: VersionNumber(number),
            creation_millis: Some(1_000),
            last_update_millis: Some(2_000),
            stage,
            user: String::new(),
            description: String::new(),
            source: "runs:/r/model".into(),
            run_id: Some(RunId(format!("{number:032x}"))),
            model_id: None,
            status: Default::default(),
            status_message: String::new(),
            tags: Vec::new(),
        });
        let model = RegisteredModel { name: "taxi".into(), ..RegisteredModel::default() };
        let mut versions: Vec<ModelVersion> = versions.collect();
        versions.reverse();
        ModelState { model, versions }
    }

    /// The same with an alias.
    pub(crate) fn with_alias(mut state: ModelState, name: &str, version: u64) -> ModelState {
        state.model.aliases.push(Alias { name: name.into(), version: VersionNumber(version) });
        state
    }
}
