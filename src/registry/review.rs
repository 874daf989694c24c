//! The review of versions in Staging: who waits longest, which points of the checklist are ticked, what was asked
//! for and decided. All of it stands in tags and is advisory.

use super::comparison::VersionOfRun;
use super::record::{Entry, Found, What, entries_in};
use super::timeline::in_stage_since;
use super::{ModelState, isolated};
use crate::entities::{ModelVersion, Stage};
use serde::{Deserialize, Serialize};

/// What the tags of ticked points begin with; the point's own words follow, the value says who.
pub const CHECK_PREFIX: &str = "runweave.check.";
/// The tag that says how a version stands in review: `requested`, `approved` or `declined`.
pub const REVIEW_TAG: &str = "runweave.review";
/// The longest key of a tag that servers take.
const KEY_CHARS: usize = 250;

/// The points of the checklist that are not ticked yet.
pub fn unchecked(version: &ModelVersion, checklist: &[String]) -> Vec<String> {
    checklist.iter().filter(|point| checked_by(version, point).is_none()).cloned().collect()
}

/// Who ticked a point since the version came to the stage that it is in; none where nobody has. A tag of which the
/// record does not tell counts, since nothing says when it was set.
pub fn checked_by(version: &ModelVersion, point: &str) -> Option<String> {
    let key = check_key(point);
    let tag = version.tags.iter().find(|tag| tag.key == key)?;
    let found = entries_in(&version.tags);
    let is_of_point = |entry: &Entry| {
        entry.what == What::Check && [Some(point), Some(key.as_str())].contains(&entry.name.as_deref())
    };
    let is_told = found.iter().filter_map(|found| found.entry.as_ref()).any(is_of_point);
    let is_counted = !is_told || of_this_stay(&found).any(is_of_point);
    is_counted.then(|| tag.value.clone())
}

/// The tag of a point. Servers take keys of at most 250 characters, of letters, digits and `_-. :/` only; where a
/// character was replaced, or the end cut, a hash of the whole point tells it from others.
pub fn check_key(point: &str) -> String {
    let allowed = |c: char| if c.is_ascii_alphanumeric() || "_-. :/".contains(c) { c } else { '_' };
    let whole = format!("{CHECK_PREFIX}{point}");
    let key: String = whole.chars().map(allowed).take(KEY_CHARS).collect();
    if key == whole {
        return key;
    }
    // FNV-1a of 32 bits.
    let hash =
        point.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    let beginning: String = key.chars().take(KEY_CHARS - 9).collect();
    format!("{beginning}.{hash:08x}")
}

/// The entries made since a version came to the stage that it is in. A move that was taken back is as if it had not
/// been made.
fn of_this_stay(found: &[Found]) -> impl Iterator<Item = &Entry> {
    let decision_of = |id: &str| id.trim_end_matches(|c: char| c.is_ascii_digit()).to_owned();
    let mut moves: Vec<(String, usize)> = Vec::new();
    for (place, Found { id, entry }) in found.iter().enumerate() {
        let Some(entry) = entry.as_ref().filter(|entry| entry.what == What::Stage) else { continue };
        let undone = entry.undoes.as_deref().map(decision_of);
        if undone.is_some() && undone.as_ref() == moves.last().map(|(id, _)| id) {
            moves.pop();
        } else {
            moves.push((decision_of(id), place + 1));
        }
    }
    let start = moves.last().map_or(0, |(_, start)| *start);
    found.get(start..).unwrap_or_default().iter().filter_map(|found| found.entry.as_ref())
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
    let by = if entry.by.is_empty() { String::new() } else { format!(" by {}", isolated(&entry.by)) };
    let reason =
        if entry.reason.is_empty() { String::new() } else { format!(": {}", isolated(&entry.reason)) };
    format!("{word}{by}{reason}")
}

/// The newest request, approval or refusal since the version came to the stage that it is in.
pub fn last_review(version: &ModelVersion) -> Option<Entry> {
    let found = entries_in(&version.tags);
    let reviews = of_this_stay(&found)
        .filter(|entry| matches!(entry.what, What::Request | What::Approve | What::Decline));
    reviews.last().cloned()
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

    #[test]
    fn points_have_tags_of_their_own() {
        assert_eq!(check_key("latency measured"), "runweave.check.latency measured");
        let alike =
            ["延迟已测", "偏差已查", "p (99)", "p [99]", &"x".repeat(300), &"x".repeat(301)].map(check_key);
        for (place, key) in alike.iter().enumerate() {
            assert!(
                key.chars().count() <= 250
                    && key.chars().all(|c| c.is_ascii_alphanumeric() || "_-. :/".contains(c)),
                "{key}"
            );
            assert!(!alike[..place].contains(key), "{key}");
        }
        assert_eq!(alike[2], "runweave.check.p _99_.61bc5b78");
    }

    #[test]
    fn what_was_said_before_the_version_came_here_does_not_count() {
        use super::super::record::{Author, entry_id, tags_of};
        let point = "latency".to_owned();
        let by = Author { name: "ana".into(), source: "typed".into() };
        let mut at_millis = 1e3;
        let mut say = |version: &mut ModelVersion, entry: Entry| {
            at_millis += 1e3;
            let id = entry_id(at_millis, "x0");
            version.tags.extend(tags_of(
                &id,
                &Entry { at: super::super::record::iso(at_millis), ..entry },
                5000,
            ));
            id
        };
        let word = |what: What, name: Option<&str>| Entry {
            name: name.map(str::to_owned),
            ..Entry::new(what, 0.0, &by)
        };
        let moved = |from: Stage, to: Stage| Entry {
            from: Some(from.to_string()),
            to: Some(to.to_string()),
            ..Entry::new(What::Stage, 0.0, &by)
        };
        let mut version = state(&[Stage::Staging]).versions.remove(0);
        say(&mut version, moved(Stage::None, Stage::Staging));
        version.tags.push(ModelTag { key: check_key(&point), value: "ana".into() });
        assert_eq!(checked_by(&version, &point).as_deref(), Some("ana"), "a tag of others");
        say(&mut version, word(What::Check, Some("latency")));
        say(&mut version, word(What::Approve, None));
        assert!(last_review(&version).is_some() && checked_by(&version, &point).is_some());
        let id = say(&mut version, moved(Stage::Staging, Stage::Production));
        assert!(last_review(&version).is_none() && checked_by(&version, &point).is_none());
        let mut undone = version.clone();
        say(&mut undone, Entry { undoes: Some(id), ..moved(Stage::Production, Stage::Staging) });
        assert!(
            last_review(&undone).is_some() && checked_by(&undone, &point).is_some(),
            "as if it had not been"
        );
        say(&mut version, moved(Stage::Production, Stage::Archived));
        say(&mut version, moved(Stage::Archived, Stage::Staging));
        assert!(last_review(&version).is_none());
        assert_eq!(unchecked(&version, std::slice::from_ref(&point)), ["latency"]);
        say(&mut version, word(What::Check, Some(&check_key(&point))));
        say(&mut version, word(What::Decline, None));
        assert_eq!(last_review(&version).map(|entry| entry.what), Some(What::Decline));
        assert!(unchecked(&version, &[point]).is_empty());
    }
}
