//! The review of versions in Staging: who waits longest, which points of the checklist are ticked, what was asked
//! for and decided. All of it stands in tags and is advisory.

use super::ModelState;
use super::comparison::VersionOfRun;
use super::record::{Entry, What, entries_in};
use super::timeline::in_stage_since;
use crate::entities::{ModelVersion, Stage};
use serde::{Deserialize, Serialize};

/// What the tags of ticked points begin with; the point's own words follow, the value says who and when.
pub const CHECK_PREFIX: &str = "runweave.check.";
/// The tag that says how a version stands in review: `requested`, `approved` or `declined`.
pub const REVIEW_TAG: &str = "runweave.review";

/// The points of the checklist that are not ticked yet.
pub fn unchecked(version: &ModelVersion, checklist: &[String]) -> Vec<String> {
    checklist.iter().filter(|point| !is_checked(version, point)).cloned().collect()
}

/// Whether a point is ticked.
pub fn is_checked(version: &ModelVersion, point: &str) -> bool {
    let key = check_key(point);
    version.tags.iter().any(|tag| tag.key == key)
}

/// The tag of a point. Servers take keys of at most 250 characters, of letters, digits and `_-. :/` only.
pub fn check_key(point: &str) -> String {
    let allowed = |c: char| if c.is_ascii_alphanumeric() || "_-. :/".contains(c) { c } else { '_' };
    format!("{CHECK_PREFIX}{point}").chars().map(allowed).take(250).collect()
}

/// A version that waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// The model's name.
    pub model: String,
    /// The version.
    pub version: VersionOfRun,
    /// Since when it is in Staging, ISO 8601, UTC; empty where unknown.
    pub since: String,
    /// The newest version in Production, if any.
    pub in_production: Option<VersionOfRun>,
    /// The newest request, approval or refusal.
    pub review: Option<Entry>,
    /// Points of the checklist that are not ticked.
    pub n_open: usize,
}

/// All versions in Staging, those that wait longest first.
pub fn queue(models: &[ModelState], checklist: &[String]) -> Vec<Waiting> {
    let mut waiting: Vec<Waiting> = models
        .iter()
        .flat_map(|state| {
            let in_staging = state.versions.iter().filter(|version| version.stage == Stage::Staging);
            in_staging.map(|version| Waiting {
                model: state.model.name.clone(),
                version: state.of_run(version.number),
                since: in_stage_since(version),
                in_production: state.in_stage(Stage::Production).first().map(|&holder| state.of_run(holder)),
                review: last_review(version),
                n_open: unchecked(version, checklist).len(),
            })
        })
        .collect();
    waiting.sort_by(|a, b| {
        a.since.cmp(&b.since).then_with(|| (&a.model, a.version.number).cmp(&(&b.model, b.version.number)))
    });
    waiting
}

/// A request, an approval or a refusal in words.
pub fn review_text(entry: &Entry) -> String {
    let word = match entry.what {
        What::Approve => "Production approved",
        What::Decline => "Production declined",
        _ => "Production asked for",
    };
    let by = if entry.by.is_empty() { String::new() } else { format!(" by {}", entry.by) };
    let reason = if entry.reason.is_empty() { String::new() } else { format!(": {}", entry.reason) };
    format!("{word}{by}{reason}")
}

/// The newest request, approval or refusal.
pub fn last_review(version: &ModelVersion) -> Option<Entry> {
    let entries = entries_in(&version.tags).into_iter().rev().filter_map(|found| found.entry);
    let mut reviews =
        entries.filter(|entry| matches!(entry.what, What::Request | What::Approve | What::Decline));
    reviews.next()
}

#[cfg(test)]
mod tests {
    use super::super::testing::state;
    use super::*;
    use crate::entities::{ModelTag, VersionNumber};

    #[test]
    fn the_longest_wait_is_first() {
        let mut first = state(&[Stage::Production, Stage::Staging, Stage::Staging]);
        first.versions[0].last_update_millis = Some(9_000);
        let waiting = queue(&[first], &["latency".to_owned()]);
        assert_eq!(waiting[0].n_open, 1);
        assert_eq!(waiting.iter().map(|it| it.version.number.0).collect::<Vec<_>>(), [2, 3]);
        let holder = waiting[0].in_production.as_ref().unwrap();
        assert_eq!(holder.number, VersionNumber(1));
        assert!(holder.run_id.is_some() && holder.run_id != waiting[0].version.run_id);
    }

    #[test]
    fn the_newest_word_counts() {
        use super::super::record::{Author, tags_of};
        let mut state = state(&[Stage::Staging]);
        let by = Author { name: "ana".into(), source: "typed".into() };
        for (at, what) in [(1e3, What::Request), (3e3, What::Decline), (2e3, What::Approve)] {
            let entry = Entry { reason: "too slow".into(), ..Entry::new(what, at, &by) };
            state.versions[0].tags.extend(tags_of(&super::super::record::entry_id(at, "x"), &entry, 5000));
        }
        let last = last_review(&state.versions[0]).unwrap();
        assert_eq!(review_text(&last), "Production declined by ana: too slow");
    }

    #[test]
    fn ticked_points_are_tags() {
        let mut state = state(&[Stage::Staging]);
        let list = ["latency".to_owned(), "bias".to_owned()];
        let version = &mut state.versions[0];
        assert_eq!(unchecked(version, &list), list);
        version.tags.push(ModelTag { key: check_key("bias"), value: "ana".into() });
        assert_eq!(unchecked(version, &list), ["latency"]);
    }
}
