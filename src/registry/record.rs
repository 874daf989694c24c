//! The record: every change that Runweave makes to a version is kept in tags of that version.
//!
//! The format, version 1. An entry is one JSON object, the value of the tag `runweave.record.WHEN-ID`, where WHEN
//! is the UTC time of the decision as `20261123T081500123Z` and ID a few letters and digits drawn at random. So no
//! two writers ever write the same tag, and none overwrites another's entry; sorted by key, entries are in order of
//! time. A writer whose clock is behind takes a time a millisecond after the newest entry of the versions concerned. A value longer than the server's limit goes on in `runweave.record.WHEN-ID.2`, `.3` and so on: join the
//! values in that order, then parse. Fields:
//!
//! - `runweave`: 1, the format's version.
//! - `at`: the time, ISO 8601, UTC. `by`: who; `by_source`: `sign-in` (the user name of the sign-in) or `typed`.
//! - `what`: `stage`, `alias`, `tag`, `description`, `registered`, `request`, `approve`, `decline`, `check`.
//! - `from`, `to`: what changed, as the server's words (stages) or texts; absent for none.
//! - `from_chars`, `to_chars`: the text's length in characters, where `from` or `to` holds only its beginning: of
//!   tags' values and descriptions longer than [`TEXT_CHARS`].
//! - `name`: which alias, tag or check.
//! - `reason`: the words of whoever decided. `compared_with`: the version looked at beside it.
//! - `archived`: the versions that the move archived. `with`: the version whose move brought this change along.
//! - `undoes`: the `WHEN-ID` of the entry that this change takes back.
//!
//! Readers must ignore fields they do not know. A page in a browser can record and ask; it cannot keep others from
//! writing to the server without it, so a record may be incomplete, and [`super::timeline`] says where it is.

use crate::entities::ModelTag;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What the tags of the record begin with.
pub const PREFIX: &str = "runweave.record.";

/// Texts longer than this many characters are kept with their beginning and their length only: what they are stands
/// on the server once already.
pub const TEXT_CHARS: usize = 200;

/// The beginning of a long text and the length of all of it; a short text as it is.
pub fn clip(text: &str) -> (String, Option<usize>) {
    match text.char_indices().nth(TEXT_CHARS) {
        None => (text.to_owned(), None),
        Some((end, _)) => (format!("{}…", text.get(..end).unwrap_or_default()), Some(text.chars().count())),
    }
}

/// What kind of change an entry tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum What {
    /// The version's stage.
    Stage,
    /// An alias set or removed.
    Alias,
    /// A tag set or removed.
    Tag,
    /// The description.
    Description,
    /// The version was registered.
    Registered,
    /// Somebody asked for a move.
    Request,
    /// Somebody approved it.
    Approve,
    /// Somebody declined it.
    Decline,
    /// A point of the checklist was ticked or unticked.
    Check,
    /// A word of a later format.
    #[serde(other)]
    Other,
}

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The format's version.
    pub runweave: u32,
    /// When, ISO 8601, UTC.
    pub at: String,
    /// Who, as best known; empty for nobody known.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub by: String,
    /// How that is known: `sign-in` or `typed`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub by_source: String,
    /// What kind of change.
    pub what: What,
    /// Which alias, tag or check.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What was before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// What is now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// The length of the text before, where `from` is only its beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_chars: Option<usize>,
    /// The length of the text now, where `to` is only its beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_chars: Option<usize>,
    /// Why.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// The version looked at beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compared_with: Option<String>,
    /// The versions archived along with the move.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub archived: Vec<String>,
    /// The version whose move brought this change along.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub with: Option<String>,
    /// The id of the entry that this one takes back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undoes: Option<String>,
}

impl Entry {
    /// An entry of the present format that says nothing yet but what, when and who.
    pub fn new(what: What, at_millis: f64, by: &Author) -> Self {
        Self {
            runweave: 1,
            at: iso(at_millis),
            by: by.name.clone(),
            by_source: if by.name.is_empty() { String::new() } else { by.source.clone() },
            what,
            name: None,
            from: None,
            to: None,
            from_chars: None,
            to_chars: None,
            reason: String::new(),
            compared_with: None,
            archived: Vec::new(),
            with: None,
            undoes: None,
        }
    }

    /// Tells a text before and after, each shortened where it is long.
    pub fn set_texts(&mut self, from: Option<&str>, to: Option<&str>) {
        let clipped = |text: Option<&str>| match text.map(clip) {
            Some((text, n_chars)) => (Some(text), n_chars),
            None => (None, None),
        };
        (self.from, self.from_chars) = clipped(from);
        (self.to, self.to_chars) = clipped(to);
    }
}

/// Who makes a change, as best known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Author {
    /// Their name; empty for nobody known.
    pub name: String,
    /// How it is known: `sign-in` or `typed`.
    pub source: String,
}

/// An entry as it was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// `WHEN-ID`.
    pub id: String,
    /// The entry; none where the tags' values are no entry of this format.
    pub entry: Option<Entry>,
}

/// The time as the record writes it, `2026-11-23T08:15:00.123Z`.
pub fn iso(millis: f64) -> String {
    let text = crate::entities::instant::date_time_text((millis / 1000.0).floor() * 1000.0);
    let (date, time) = match text.as_deref().and_then(|text| text.split_once(' ')) {
        Some((date, time)) => (date.to_owned(), time.to_owned()),
        None => return String::new(),
    };
    format!("{date}T{time}.{:03}Z", millis.rem_euclid(1000.0) as u32)
}

/// The id of an entry of this time: `20261123T081500123Z-ab12`. `nonce` is drawn at random by whoever asks.
pub fn entry_id(at_millis: f64, nonce: &str) -> String {
    let compact: String = iso(at_millis).chars().filter(|c| !matches!(c, '-' | ':' | '.')).collect();
    format!("{compact}-{nonce}")
}

/// The newest time that the keys of the record name, in milliseconds since 1970; none where there is none.
pub fn newest_millis<'a>(tags: impl Iterator<Item = &'a ModelTag>) -> Option<f64> {
    let times = tags.filter_map(|tag| {
        let when = tag.key.strip_prefix(PREFIX)?.split_once("Z-")?.0;
        let is_time = when.len() == 18 && when.bytes().all(|byte| byte.is_ascii_digit() || byte == b'T');
        let part = |from: usize, to: usize| when.get(from..to).filter(|_| is_time);
        let (date, time) =
            ([part(0, 4)?, part(4, 6)?, part(6, 8)?], [part(9, 11)?, part(11, 13)?, part(13, 15)?]);
        let text = format!("{}T{}.{}Z", date.join("-"), time.join(":"), part(15, 18)?);
        Some(crate::entities::instant::parse_period(&text)?.0)
    });
    // The last instant of the calendar has none after it that a key could name.
    times.filter(|millis| !iso(millis + 1.0).is_empty()).reduce(f64::max)
}

/// The tags that hold an entry, each value at most `limit_chars` characters.
pub fn tags_of(id: &str, entry: &Entry, limit_chars: usize) -> Vec<ModelTag> {
    // An entry is texts and lists of texts, which JSON can always hold.
    let text = serde_json::to_string(entry).unwrap_or_default();
    let chars: Vec<char> = text.chars().collect();
    let parts = chars.chunks(limit_chars.max(1)).enumerate();
    parts
        .map(|(place, part)| {
            let more = if place == 0 { String::new() } else { format!(".{}", place + 1) };
            ModelTag { key: format!("{PREFIX}{id}{more}"), value: part.iter().collect() }
        })
        .collect()
}

/// The entries among a version's tags, oldest first.
pub fn entries_in(tags: &[ModelTag]) -> Vec<Found> {
    let mut parts: BTreeMap<&str, BTreeMap<u32, &str>> = BTreeMap::new();
    for tag in tags {
        let Some(rest) = tag.key.strip_prefix(PREFIX) else { continue };
        let (id, place) = match rest.rsplit_once('.') {
            Some((id, place)) => match place.parse() {
                Ok(place) => (id, place),
                Err(_) => (rest, 1),
            },
            None => (rest, 1),
        };
        parts.entry(id).or_default().insert(place, &tag.value);
    }
    let found = parts.into_iter().map(|(id, parts)| {
        let is_whole = parts.keys().copied().eq(1..=parts.len() as u32);
        let text: String = parts.into_values().collect();
        let entry = is_whole.then(|| serde_json::from_str::<Entry>(&text).ok()).flatten();
        Found { id: id.to_owned(), entry }
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const AT: f64 = 1_795_421_700_123.0;

    fn author() -> Author {
        Author { name: "ana".into(), source: "typed".into() }
    }

    #[test]
    fn an_entry_reads_as_documented() {
        let entry = Entry {
            from: Some("Staging".into()),
            to: Some("Production".into()),
            reason: "lower rmse".into(),
            archived: vec!["3".into()],
            ..Entry::new(What::Stage, AT, &author())
        };
        let id = entry_id(AT, "k3f9");
        let tags = tags_of(&id, &entry, 5000);
        assert_eq!(tags.len(), 1);
        assert_eq!(tags[0].key, "runweave.record.20261123T081500123Z-k3f9");
        assert_eq!(
            tags[0].value,
            r#"{"runweave":1,"at":"2026-11-23T08:15:00.123Z","by":"ana","by_source":"typed","what":"stage","from":"Staging","to":"Production","reason":"lower rmse","archived":["3"]}"#
        );
    }

    #[test]
    fn the_newest_time_is_read_from_the_keys() {
        let tag = |key: &str| ModelTag { key: format!("{PREFIX}{key}"), value: String::new() };
        let tags = [
            "20261123T081500123Z-k3f9",
            "20261122T081500123Z-zz.2",
            "later",
            "2026112éT08150012Z-x",
            "99991231T235959999Z-x",
        ];
        assert_eq!(newest_millis(tags.map(tag).iter()), Some(AT));
        assert_eq!(newest_millis([tag(&entry_id(AT, "a"))].iter()), Some(AT));
        assert_eq!(newest_millis([tag("later")].iter()), None);
    }

    #[test]
    fn long_texts_are_kept_with_beginning_and_length() {
        let mut entry = Entry::new(What::Description, AT, &author());
        let whole = "é".repeat(TEXT_CHARS);
        entry.set_texts(Some(&whole), Some(&format!("{whole}!")));
        assert_eq!((entry.from.as_deref(), entry.from_chars), (Some(whole.as_str()), None));
        assert_eq!((entry.to, entry.to_chars), (Some(format!("{whole}…")), Some(TEXT_CHARS + 1)));
    }

    #[test]
    fn foreign_tags_and_later_formats_do_no_harm() {
        let tag = |key: &str, value: &str| ModelTag { key: key.into(), value: value.into() };
        let tags = [
            tag("owner", "ana"),
            tag("runweave.record.b", "no json"),
            tag("runweave.record.c.2", "a part without its beginning"),
            tag("runweave.record.a", r#"{"runweave":2,"at":"x","what":"dance","new":[1]}"#),
        ];
        let found = entries_in(&tags);
        assert_eq!(found.iter().map(|found| found.id.as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);
        assert_eq!(found[0].entry.as_ref().map(|entry| entry.what), Some(What::Other));
        assert!(found[1].entry.is_none() && found[2].entry.is_none());
    }

    proptest! {
        #[test]
        fn any_reason_survives_any_limit(reason in ".{0,400}", limit in 1_usize..300) {
            let entry = Entry { reason, ..Entry::new(What::Stage, AT, &author()) };
            let tags = tags_of("x", &entry, limit);
            prop_assert!(tags.iter().all(|tag| tag.value.chars().count() <= limit));
            let found = entries_in(&tags);
            prop_assert_eq!(found.len(), 1);
            prop_assert_eq!(found[0].entry.as_ref(), Some(&entry));
        }
    }
}
