//! The last decision about a version's stage or aliases, taken back: a change like any other, if nothing that it is
//! about has moved since, and the rules let it.

use super::ModelState;
use super::change::Change;
use super::record::{What, entries_in};
use super::rules::{Rules, only_from};
use crate::entities::VersionNumber;

/// What it takes to undo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undo {
    /// The id of the entry that is taken back.
    pub id: String,
    /// When it was decided, ISO 8601, UTC.
    pub at: String,
    /// The change that takes it back.
    pub change: Change,
    /// Whether the stage or the alias that it brings the version to asks for a reason.
    pub needs_reason: bool,
}

/// The last decision about a version, taken back.
///
/// # Errors
/// A sentence that says why it cannot be.
pub fn undo(state: &ModelState, number: VersionNumber, rules: &Rules) -> Result<Undo, String> {
    let entries = state.version(number).map(|version| entries_in(&version.tags)).unwrap_or_default();
    let entries = entries.into_iter().rev().filter_map(|found| Some((found.id, found.entry?)));
    let mut decisions = entries.filter(|(_, entry)| matches!(entry.what, What::Stage | What::Alias));
    let none = || format!("The record knows no move and no alias of version {number}.");
    let (id, entry) = decisions.next().ok_or_else(none)?;
    if let Some(with) = entry.with {
        return Err(format!("What was changed last came with a change of version {with}: undo it there."));
    }
    let change = Change::undoing(state, &id, number).ok_or_else(none)?;
    let conflicts = change.conflicts(state, false);
    if !conflicts.is_empty() {
        return Err(format!("Something has moved since the last move: {}", conflicts.join(" ")));
    }
    let of_stage = change.stages.iter().find(|stage| stage.version == number);
    if let Some(stage) = of_stage
        && let Some(refusal) = only_from(rules, stage.from, stage.to)
    {
        return Err(refusal);
    }
    let needs_reason = of_stage.is_some_and(|stage| rules.reason_required.contains(&stage.to))
        || change.aliases.iter().any(|alias| rules.alias_needs_reason(&alias.alias) && alias.to.is_some());
    Ok(Undo { id, at: entry.at, change, needs_reason })
}

#[cfg(test)]
mod tests {
    use super::super::change::{AliasChange, Decision, Step};
    use super::super::rules::{OnlyFrom, StageAlias};
    use super::super::testing::{state, with_alias};
    use super::*;
    use crate::entities::{Alias, ModelTag, Stage};

    /// Carries out a change, a millisecond later each time.
    fn done(state: &mut ModelState, change: &Change, at_millis: f64) {
        let decision = Decision { at_millis, nonce: "ab".into(), ..Decision::default() };
        for step in change.steps(&decision, 5000) {
            match step {
                Step::Transition { version, to, archived } => {
                    for other in &mut state.versions {
                        if other.number == version {
                            other.stage = to;
                        } else if archived.contains(&other.number) {
                            other.stage = Stage::Archived;
                        }
                    }
                }
                Step::SetAlias { alias, version } => {
                    state.model.aliases.retain(|other| other.name != alias);
                    state.model.aliases.push(Alias { name: alias, version });
                }
                Step::DeleteAlias { alias } => state.model.aliases.retain(|other| other.name != alias),
                Step::Record { version, key, value } => {
                    let version = state.versions.iter_mut().find(|other| other.number == version).unwrap();
                    version.tags.push(ModelTag { key, value });
                }
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn an_alias_is_taken_back_like_a_move() {
        let (one, two) = (VersionNumber(1), VersionNumber(2));
        let mut state = with_alias(state(&[Stage::None, Stage::None]), "champion", 1);
        let rules = Rules {
            stage_aliases: vec![StageAlias { stage: Stage::Production, alias: "champion".into() }],
            ..Rules::default()
        };
        assert_eq!(
            undo(&state, two, &rules),
            Err("The record knows no move and no alias of version 2.".to_owned())
        );
        let alias = AliasChange { alias: "champion".into(), from: Some(one), to: Some(two) };
        let change =
            Change { model: "taxi".into(), subject: Some(two), aliases: vec![alias], ..Change::default() };
        done(&mut state, &change, 1e3);
        let back = undo(&state, two, &rules).unwrap();
        assert_eq!(back.change.text(), "taxi: alias champion to version 1");
        assert!(back.needs_reason, "it decides what is in use, as Production does");
        assert_eq!(
            undo(&state, one, &rules),
            Err("What was changed last came with a change of version 2: undo it there.".to_owned())
        );
        let mut moved = state.clone();
        moved.model.aliases[0].version = one;
        assert_eq!(
            undo(&moved, two, &rules),
            Err("Something has moved since the last move: The alias champion stood for version 2 and stands for version 1 now.".to_owned())
        );
        done(&mut state, &back.change, 2e3);
        assert_eq!(state.alias("champion"), Some(one));
        assert!(undo(&state, two, &rules).is_ok(), "what was taken back can be taken back");
    }

    #[test]
    fn the_rules_hold_for_what_is_taken_back() {
        let mut state = state(&[Stage::Production, Stage::Staging]);
        let change = Change::of_move(&state, VersionNumber(1), Stage::Archived, false, &[]);
        done(&mut state, &change, 1e3);
        let back = undo(&state, VersionNumber(1), &Rules::default()).unwrap();
        assert_eq!(back.change.text(), "taxi: version 1 from Archived to Production");
        assert!(back.needs_reason);
        let rules = Rules {
            only_from: vec![OnlyFrom { stage: Stage::Production, from: vec![Stage::Staging] }],
            ..Rules::default()
        };
        assert_eq!(
            undo(&state, VersionNumber(1), &rules),
            Err("Here Production is reached from Staging only.".to_owned())
        );
    }
}
