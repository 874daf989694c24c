//! What is known of a version's past: the record, what the server says, and where the two do not fit.

use super::ModelState;
use super::record::{Entry, Found, What, entries_in};
use crate::entities::{ModelVersion, Stage, VersionNumber};
use serde::{Deserialize, Serialize};

/// One line of a timeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// When, ISO 8601, UTC; empty where unknown.
    pub at: String,
    /// Which version.
    pub version: VersionNumber,
    /// What happened, in a sentence.
    pub text: String,
    /// Why, in the words of whoever decided.
    pub reason: String,
    /// Who, as best known; empty for nobody known.
    pub by: String,
    /// Where the line comes from.
    pub source: Source,
    /// The id of the record's entry, if it is one.
    pub entry_id: Option<String>,
}

/// Where a line comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Source {
    /// The record that Runweave keeps.
    Record,
    /// The server's own timestamps.
    Server,
    /// Worked out: the server is not as the record says.
    Elsewhere,
}

/// A version's timeline, newest first.
pub fn of_version(version: &ModelVersion) -> Vec<Line> {
    let number = version.number;
    let found = entries_in(&version.tags);
    let time =
        |millis: Option<i64>| millis.map_or_else(String::new, |millis| super::record::iso(millis as f64));
    let bare = |at: String, text: String, source: Source| Line {
        at,
        version: number,
        text,
        reason: String::new(),
        by: String::new(),
        source,
        entry_id: None,
    };
    let registered = bare(time(version.creation_millis), "Registered".to_owned(), Source::Server);
    let mut lines = vec![Line { by: version.user.clone(), ..registered }];
    if version.last_update_millis > version.creation_millis {
        // Of stage or description: a tag or an alias changes no time.
        lines.push(bare(time(version.last_update_millis), "Last changed".to_owned(), Source::Server));
    }
    let mut recorded = None;
    for entry in found.iter().filter_map(|found| found.entry.as_ref()) {
        let stage = |text: &Option<String>| Stage::from_word(text.as_deref()?);
        let (What::Stage, Some(from), Some(to)) = (entry.what, stage(&entry.from), stage(&entry.to)) else {
            continue;
        };
        let before = recorded.unwrap_or(Stage::None);
        if before != from {
            let text = format!(
                "From {before} to {from} without a record: changed elsewhere, at the latest at this time"
            );
            lines.push(bare(entry.at.clone(), text, Source::Elsewhere));
        }
        recorded = Some(to);
    }
    for Found { id, entry } in &found {
        lines.push(match entry {
            Some(entry) => Line {
                at: entry.at.clone(),
                version: number,
                text: text_of(entry),
                reason: entry.reason.clone(),
                by: entry.by.clone(),
                source: Source::Record,
                entry_id: Some(id.clone()),
            },
            None => {
                let text =
                    format!("The record {id} cannot be read: a part is missing, or it is of another format.");
                Line { entry_id: Some(id.clone()), ..bare(String::new(), text, Source::Record) }
            }
        });
    }
    lines.sort_by(|a, b| b.at.cmp(&a.at).then_with(|| b.entry_id.cmp(&a.entry_id)));
    if recorded.unwrap_or(Stage::None) != version.stage {
        let text = match recorded {
            Some(recorded) => format!(
                "In {} now, but the record ends in {recorded}: changed elsewhere, at the latest at this time",
                version.stage
            ),
            None => format!(
                "In {} now, without a record: changed elsewhere, at the latest at this time",
                version.stage
            ),
        };
        lines.insert(0, bare(time(version.last_update_millis), text, Source::Elsewhere));
    }
    lines
}

/// All versions' timelines together, newest first.
pub fn of_model(state: &ModelState) -> Vec<Line> {
    let mut lines: Vec<Line> = state.versions.iter().flat_map(of_version).collect();
    lines.sort_by(|a, b| b.at.cmp(&a.at).then_with(|| b.version.cmp(&a.version)));
    lines
}

/// The entry about the stage that was made last, with its id: what Undo takes back.
pub fn last_move(version: &ModelVersion) -> Option<(String, Entry)> {
    let found = entries_in(&version.tags).into_iter().rev();
    let mut moves = found.filter_map(|found| Some((found.id, found.entry?)));
    moves.find(|(_, entry)| entry.what == What::Stage)
}

/// When a version came to the stage it is in, ISO 8601: by the record where it fits, else when it last changed.
pub fn in_stage_since(version: &ModelVersion) -> String {
    match last_move(version) {
        Some((_, entry)) if entry.to.as_deref() == Some(version.stage.as_str()) => entry.at,
        _ => version.last_update_millis.map_or_else(String::new, |millis| super::record::iso(millis as f64)),
    }
}

fn text_of(entry: &Entry) -> String {
    let name = entry.name.as_deref().unwrap_or_default();
    let or_none = |text: &Option<String>| text.clone().unwrap_or_else(|| "none".to_owned());
    // A text of which the record holds the beginning only says how long it is.
    let to_text = |to: &String| match entry.to_chars {
        None => to.clone(),
        Some(n_chars) => format!("{to} ({n_chars} characters)"),
    };
    let mut text = match entry.what {
        What::Stage => format!("{} → {}", or_none(&entry.from), or_none(&entry.to)),
        What::Alias => match (&entry.from, &entry.to) {
            (_, None) => format!("Alias {name} removed"),
            (None, Some(to)) => format!("Alias {name} set to version {to}"),
            (Some(from), Some(to)) => format!("Alias {name} from version {from} to version {to}"),
        },
        What::Tag => match &entry.to {
            None => format!("Tag {name} removed"),
            Some(to) => format!("Tag {name} set to {}", to_text(to)),
        },
        What::Description => match &entry.to {
            None => "Description removed".to_owned(),
            Some(to) => format!("Description: {}", to_text(to)),
        },
        What::Registered => "Registered from a run".to_owned(),
        What::Request => "Production asked for".to_owned(),
        What::Approve => "Production approved".to_owned(),
        What::Decline => "Production declined".to_owned(),
        What::Check => {
            let point = name.strip_prefix(super::review::CHECK_PREFIX).unwrap_or(name);
            match &entry.to {
                None => format!("Check taken back: {point}"),
                Some(_) => format!("Checked: {point}"),
            }
        }
        What::Other => "A change of a kind that this version of Runweave does not know".to_owned(),
    };
    if !entry.archived.is_empty() {
        text.push_str(&format!(", archiving {}", entry.archived.join(", ")));
    }
    if let Some(with) = &entry.with {
        text.push_str(&format!(", with the move of version {with}"));
    }
    if let Some(compared) = &entry.compared_with {
        text.push_str(&format!(", compared with version {compared}"));
    }
    if entry.undoes.is_some() {
        text.push_str(", taking back a move");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::record::{Author, tags_of};
    use super::super::testing::state;
    use super::*;

    fn entry(at_millis: f64, from: Stage, to: Stage) -> Entry {
        let by = Author { name: "ana".into(), source: "typed".into() };
        Entry {
            from: Some(from.to_string()),
            to: Some(to.to_string()),
            ..Entry::new(What::Stage, at_millis, &by)
        }
    }

    #[test]
    fn record_and_server_make_one_timeline() {
        let mut state = state(&[Stage::Production]);
        let version = &mut state.versions[0];
        for (at, from, to) in [(3e3, Stage::None, Stage::Staging), (4e3, Stage::Staging, Stage::Production)] {
            version.tags.extend(tags_of(
                &super::super::record::entry_id(at, "x"),
                &entry(at, from, to),
                5000,
            ));
        }
        let texts: Vec<String> = of_version(version).into_iter().map(|line| line.text).collect();
        assert_eq!(texts, ["Staging → Production", "None → Staging", "Last changed", "Registered"]);
        assert_eq!(in_stage_since(version), "1970-01-01T00:00:04.000Z");
    }

    #[test]
    fn changes_made_elsewhere_are_told() {
        let mut state = state(&[Stage::Archived, Stage::Production]);
        let lines = of_version(&state.versions[0]);
        assert_eq!(lines[0].source, Source::Elsewhere);
        assert!(lines[0].text.starts_with("In Production now, without a record"), "{}", lines[0].text);
        let version = &mut state.versions[1];
        version.tags.extend(tags_of("1", &entry(3e3, Stage::Staging, Stage::Production), 5000));
        version.tags.extend(tags_of("2", &entry(5e3, Stage::None, Stage::Production), 5000));
        let lines = of_version(version);
        let texts: Vec<&str> = lines.iter().map(|line| line.text.as_str()).skip(1).collect();
        assert_eq!(
            texts,
            [
                "None → Production",
                "From Production to None without a record: changed elsewhere, at the latest at this time",
                "Staging → Production",
                "From None to Staging without a record: changed elsewhere, at the latest at this time",
                "Last changed",
                "Registered"
            ]
        );
        assert!(
            lines[0].text.starts_with("In Archived now, but the record ends in Production"),
            "{}",
            lines[0].text
        );
    }
}
