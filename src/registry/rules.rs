//! Which moves are offered, which are refused and why: rules as data, so that whoever hosts the site sets them.
//!
//! A page in a browser can refuse its own button. It cannot keep others from asking the server directly; the
//! server's own permissions do that.

use super::{ModelState, numbers_text};
use crate::entities::{Stage, VersionNumber, VersionStatus};
use serde::{Deserialize, Serialize};

/// The rules, as `config.json` gives them under `registry`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rules {
    /// The stages that a move to needs a reason for.
    pub reason_required: Vec<Stage>,
    /// Stages that can only be reached from certain others, such as Production from Staging.
    pub only_from: Vec<OnlyFrom>,
    /// Aliases that move with a stage.
    pub stage_aliases: Vec<StageAlias>,
    /// What a reviewer has to look at, a line each.
    pub checklist: Vec<String>,
    /// Whether Production asks for every point of the checklist.
    pub is_checklist_required: bool,
}

/// A stage and where it can be reached from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnlyFrom {
    /// The target.
    pub stage: Stage,
    /// Where a version must be to be moved there.
    pub from: Vec<Stage>,
}

/// A stage and the alias that goes with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageAlias {
    /// The stage.
    pub stage: Stage,
    /// The alias.
    pub alias: String,
}

impl Default for Rules {
    /// A reason for Production, and nothing more.
    fn default() -> Self {
        Self {
            reason_required: vec![Stage::Production],
            only_from: Vec::new(),
            stage_aliases: Vec::new(),
            checklist: Vec::new(),
            is_checklist_required: false,
        }
    }
}

impl Rules {
    /// Whether an alias goes with a stage that a reason is needed for.
    pub fn alias_needs_reason(&self, alias: &str) -> bool {
        self.stages_of(alias).any(|stage| self.reason_required.contains(&stage))
    }

    /// What is said of a move to a stage whose aliases the server cannot keep, since it has none; nothing where no alias
    /// goes with the stage.
    pub fn aliases_left_out(&self, stage: Stage) -> Option<String> {
        let names: Vec<String> = self
            .stage_aliases
            .iter()
            .filter(|map| map.stage == stage)
            .map(|map| format!("“{}”", map.alias))
            .collect();
        let what = if names.len() == 1 { "alias" } else { "aliases" };
        (!names.is_empty()).then(|| {
            format!(
                "This server has no aliases (MLflow has them since 2.3.2): only the stage is written, without the {what} {} \
                 of {stage}.",
                names.join(", ")
            )
        })
    }

    /// The stages that an alias goes with.
    pub fn stages_of<'a>(&'a self, alias: &'a str) -> impl Iterator<Item = Stage> + 'a {
        let of_alias = self.stage_aliases.iter().filter(move |map| map.alias == alias);
        of_alias.map(|map| map.stage)
    }
}

/// A stage as a choice for a version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// The stage.
    pub stage: Stage,
    /// Why it cannot be chosen; none if it can.
    pub refusal: Option<String>,
    /// What one should know before choosing it.
    pub warnings: Vec<String>,
    /// The versions in it now, without the one to be moved.
    pub holders: Vec<VersionNumber>,
    /// Whether a reason must be given.
    pub needs_reason: bool,
}

/// Every stage as a choice for this version. `unchecked` are the points of the checklist not ticked yet.
pub fn choices(
    state: &ModelState,
    number: VersionNumber,
    rules: &Rules,
    unchecked: &[String],
) -> Vec<Choice> {
    let Some(version) = state.version(number) else { return Vec::new() };
    let choice = |stage: Stage| {
        let holders: Vec<VersionNumber> =
            state.in_stage(stage).into_iter().filter(|holder| *holder != number).collect();
        let mut warnings = Vec::new();
        if stage == Stage::Archived
            && version.stage == Stage::Production
            && state.in_stage(Stage::Production).len() == 1
        {
            warnings.push("Production is empty afterwards.".to_owned());
        }
        if let Some(newest) = holders.iter().max().filter(|newest| stage.is_active() && **newest > number) {
            warnings.push(format!("Version {newest}, now in {stage}, is newer than version {number}."));
        }
        Choice {
            stage,
            refusal: refusal(state, number, stage, rules, unchecked),
            warnings,
            holders,
            needs_reason: rules.reason_required.contains(&stage),
        }
    };
    Stage::ALL.into_iter().map(choice).collect()
}

fn refusal(
    state: &ModelState,
    number: VersionNumber,
    to: Stage,
    rules: &Rules,
    unchecked: &[String],
) -> Option<String> {
    let version = state.version(number)?;
    if version.stage == to {
        return Some(format!("Version {number} is in {to} already."));
    }
    if to.is_active() {
        match &version.status {
            VersionStatus::Ready => {}
            VersionStatus::Pending => return Some(format!("Version {number} is still being registered.")),
            VersionStatus::Failed => return Some(format!("The registration of version {number} failed.")),
            VersionStatus::Other(word) => return Some(format!("Version {number} is {word}, not READY.")),
        }
    }
    if let Some(refusal) = only_from(rules, version.stage, to) {
        return Some(refusal);
    }
    if to == Stage::Production && rules.is_checklist_required && !unchecked.is_empty() {
        return Some(format!("{} of the checklist are open: {}.", unchecked.len(), unchecked.join("; ")));
    }
    None
}

/// Why a stage cannot be reached from another one; none if it can.
pub fn only_from(rules: &Rules, from: Stage, to: Stage) -> Option<String> {
    let rule = rules.only_from.iter().find(|rule| rule.stage == to)?;
    let allowed: Vec<&str> = rule.from.iter().map(|stage| stage.as_str()).collect();
    (!rule.from.contains(&from)).then(|| format!("Here {to} is reached from {} only.", allowed.join(" or ")))
}

/// What archiving would do, for the checkbox: which versions, by number.
pub fn archive_text(stage: Stage, holders: &[VersionNumber]) -> String {
    match holders {
        [] => format!("{stage} holds no other version"),
        [one] => format!("Version {one} goes to Archived"),
        many => format!("Versions {} go to Archived", numbers_text(many)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::state;
    use super::*;

    fn refusals(state: &ModelState, number: u64, rules: &Rules, unchecked: &[String]) -> Vec<Option<String>> {
        let choices = choices(state, VersionNumber(number), rules, unchecked);
        choices.into_iter().map(|choice| choice.refusal).collect()
    }

    #[test]
    fn only_the_present_stage_is_refused_by_default() {
        let state = state(&[Stage::Production, Stage::Staging]);
        let refusals = refusals(&state, 2, &Rules::default(), &[]);
        assert_eq!(refusals, [None, Some("Version 2 is in Staging already.".into()), None, None]);
        let choices = choices(&state, VersionNumber(2), &Rules::default(), &[]);
        assert_eq!(choices[2].holders, [VersionNumber(1)]);
        assert!(choices[2].needs_reason && !choices[1].needs_reason);
    }

    #[test]
    fn aliases_that_cannot_be_written_are_named() {
        let map = |stage, alias: &str| StageAlias { stage, alias: alias.into() };
        let rules = Rules { stage_aliases: vec![map(Stage::Production, "champion")], ..Rules::default() };
        let text = rules.aliases_left_out(Stage::Production).unwrap_or_default();
        assert!(
            text.ends_with("only the stage is written, without the alias “champion” of Production."),
            "{text}"
        );
        assert_eq!(rules.aliases_left_out(Stage::Staging), None);
    }

    #[test]
    fn rules_refuse_with_their_reason() {
        let mut state = state(&[Stage::Production, Stage::None]);
        let rules = Rules {
            only_from: vec![OnlyFrom { stage: Stage::Production, from: vec![Stage::Staging] }],
            is_checklist_required: true,
            ..Rules::default()
        };
        assert_eq!(
            refusals(&state, 2, &rules, &[])[2],
            Some("Here Production is reached from Staging only.".into())
        );
        state.versions[0].stage = Stage::Staging;
        let open = ["latency measured".to_owned()];
        assert_eq!(
            refusals(&state, 2, &rules, &open)[2],
            Some("1 of the checklist are open: latency measured.".into())
        );
        assert_eq!(refusals(&state, 2, &rules, &[])[2], None);
        state.versions[0].status = VersionStatus::Failed;
        assert_eq!(refusals(&state, 2, &rules, &[])[2], Some("The registration of version 2 failed.".into()));
        assert_eq!(refusals(&state, 2, &rules, &[])[3], None, "what failed can be archived");
    }

    #[test]
    fn warnings_tell_of_what_is_easily_missed() {
        let state = state(&[Stage::Staging, Stage::Production]);
        let choices = choices(&state, VersionNumber(2), &Rules::default(), &[]);
        assert_eq!(choices[3].warnings, ["Production is empty afterwards."]);
        let older = super::choices(&state, VersionNumber(1), &Rules::default(), &[]);
        assert_eq!(older[2].warnings, ["Version 2, now in Production, is newer than version 1."]);
    }
}
