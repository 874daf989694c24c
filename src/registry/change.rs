//! A change as what it turns into what: checked against the server before it is written, written step by step,
//! taken back by swapping before and after.

use super::record::{Author, Entry, What, clip, entry_id, tags_of};
use super::{ModelState, isolated, numbers_text};
use crate::entities::{ModelTag, Stage, VersionNumber};
use serde::{Deserialize, Serialize};

/// A version's stage before and after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageChange {
    /// Which version.
    pub version: VersionNumber,
    /// The stage it is taken from.
    pub from: Stage,
    /// The stage it is brought to.
    pub to: Stage,
}

/// What an alias stands for before and after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AliasChange {
    /// Its name.
    pub alias: String,
    /// Before; none where it did not exist.
    pub from: Option<VersionNumber>,
    /// After; none where it is removed.
    pub to: Option<VersionNumber>,
}

/// A tag before and after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TagChange {
    /// Which version's; none for the model's own.
    pub version: Option<VersionNumber>,
    /// Its key.
    pub key: String,
    /// Before; none where it did not exist.
    pub from: Option<String>,
    /// After; none where it is removed.
    pub to: Option<String>,
}

/// A description before and after; empty for none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DescriptionChange {
    /// Which version's; none for the model's own.
    pub version: Option<VersionNumber>,
    /// Before.
    pub from: String,
    /// After.
    pub to: String,
}

/// Everything that one decision changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Change {
    /// The model's name.
    pub model: String,
    /// The version decided about; others may change along with it.
    pub subject: Option<VersionNumber>,
    /// Stages, in the order in which they are written.
    pub stages: Vec<StageChange>,
    /// The other versions in the stages that this is about, when it was decided. Where those of a target stage are
    /// others by now, the decision was made about something else.
    pub stays: Vec<(Stage, VersionNumber)>,
    /// Aliases.
    pub aliases: Vec<AliasChange>,
    /// Tags.
    pub tags: Vec<TagChange>,
    /// Descriptions.
    pub descriptions: Vec<DescriptionChange>,
}

/// Who decides, when and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Default)]
pub struct Decision {
    /// Who.
    pub by: Author,
    /// When, in milliseconds since 1970.
    pub at_millis: f64,
    /// Letters and digits drawn at random, so that no two decisions share a tag.
    pub nonce: String,
    /// Why.
    pub reason: String,
    /// The version looked at beside it.
    pub compared_with: Option<VersionNumber>,
    /// The id of the entry that this takes back.
    pub undoes: Option<String>,
    /// The kind of entry, where it is none of stage, alias and tag.
    pub what: Option<What>,
    /// What the entry names, where a tag's key cannot say it.
    pub name: Option<String>,
}

impl Decision {
    /// The same, later than every entry that these versions have: the record is in order of time by its keys, and
    /// the clock of whoever decides may be behind that of whoever decided before.
    pub fn after_entries_of(mut self, versions: &[VersionNumber], state: &ModelState) -> Self {
        let tags =
            versions.iter().filter_map(|number| state.version(*number)).flat_map(|version| &version.tags);
        if let Some(newest_millis) = super::record::newest_millis(tags)
            && newest_millis >= self.at_millis
        {
            self.at_millis = newest_millis + 1.0;
        }
        self
    }
}

/// One write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Step {
    /// A version to a stage; the listed others from there to Archived, in the same transaction.
    Transition {
        /// Which version.
        version: VersionNumber,
        /// Where to.
        to: Stage,
        /// The versions archived by it.
        archived: Vec<VersionNumber>,
    },
    /// An alias to a version.
    SetAlias {
        /// Its name.
        alias: String,
        /// What it stands for from now on.
        version: VersionNumber,
    },
    /// An alias removed.
    DeleteAlias {
        /// Its name.
        alias: String,
    },
    /// A tag.
    SetTag {
        /// Which version's; none for the model's own.
        version: Option<VersionNumber>,
        /// Its key.
        key: String,
        /// Its value.
        value: String,
    },
    /// A tag removed.
    DeleteTag {
        /// Which version's; none for the model's own.
        version: Option<VersionNumber>,
        /// Its key.
        key: String,
    },
    /// A description.
    Describe {
        /// Which version's; none for the model's own.
        version: Option<VersionNumber>,
        /// Its text; empty for none.
        description: String,
    },
    /// A tag of the record.
    Record {
        /// Which version.
        version: VersionNumber,
        /// Its key.
        key: String,
        /// Its value.
        value: String,
    },
}

impl Step {
    /// Whether the server is as this write leaves it.
    pub fn is_done(&self, state: &ModelState) -> bool {
        match self {
            Self::Transition { version, to, archived } => {
                let stage_of = |version: &VersionNumber| state.version(*version).map(|version| version.stage);
                stage_of(version) == Some(*to)
                    && archived.iter().all(|version| stage_of(version) == Some(Stage::Archived))
            }
            Self::SetAlias { alias, version } => state.alias(alias) == Some(*version),
            Self::DeleteAlias { alias } => state.alias(alias).is_none(),
            Self::SetTag { version, key, value } => tag_of(state, *version, key) == Some(value),
            Self::Record { version, key, value } => tag_of(state, Some(*version), key) == Some(value),
            Self::DeleteTag { version, key } => tag_of(state, *version, key).is_none(),
            Self::Describe { version, description } => {
                description_of(state, *version) == Some(description.as_str())
            }
        }
    }

    /// Whether it belongs to the record.
    pub fn is_record(&self) -> bool {
        matches!(self, Self::Record { .. })
    }

    /// What it does, for people.
    pub fn text(&self) -> String {
        match self {
            Self::Transition { version, to, archived } if archived.is_empty() => {
                format!("Version {version} to {to}")
            }
            Self::Transition { version, to, archived } => {
                format!("Version {version} to {to}, archiving {}", numbers_text(archived))
            }
            Self::SetAlias { alias, version } => format!("Alias {alias} to version {version}"),
            Self::DeleteAlias { alias } => format!("Alias {alias} removed"),
            Self::SetTag { version, key, .. } => format!("Tag {key} of {}", owner_text(*version)),
            Self::DeleteTag { version, key } => format!("Tag {key} of {} removed", owner_text(*version)),
            Self::Describe { version, description } if description.is_empty() => {
                format!("Description of {} removed", owner_text(*version))
            }
            Self::Describe { version, .. } => format!("Description of {}", owner_text(*version)),
            Self::Record { version, .. } => format!("Record of version {version}"),
        }
    }
}

impl Change {
    /// Moves a version to a stage as things stand. With `is_archiving` the versions there are archived; with an
    /// alias mapped to the target stage it comes along, and one mapped to the stage it leaves goes.
    pub fn of_move(
        state: &ModelState,
        version: VersionNumber,
        to: Stage,
        is_archiving: bool,
        stage_aliases: &[(Stage, String)],
    ) -> Self {
        let Some(from) = state.version(version).map(|version| version.stage) else {
            return Self { model: state.model.name.clone(), ..Self::default() };
        };
        let holders: Vec<VersionNumber> =
            state.in_stage(to).into_iter().filter(|holder| *holder != version).collect();
        let mut stages = vec![StageChange { version, from, to }];
        let neighbours = state.in_stage(from).into_iter().filter(|other| *other != version);
        let mut stays: Vec<_> = neighbours.filter(|_| from.is_active()).map(|other| (from, other)).collect();
        if is_archiving && to.is_active() {
            stages.extend(holders.iter().map(|&version| StageChange {
                version,
                from: to,
                to: Stage::Archived,
            }));
        } else if to.is_active() {
            stays.extend(holders.iter().map(|&version| (to, version)));
        }
        let mut aliases = Vec::new();
        for (stage, alias) in stage_aliases {
            let holder = state.alias(alias);
            if *stage == to && holder != Some(version) {
                aliases.push(AliasChange { alias: alias.clone(), from: holder, to: Some(version) });
            } else if *stage == from && *stage != to && holder == Some(version) {
                aliases.push(AliasChange { alias: alias.clone(), from: holder, to: None });
            }
        }
        Self {
            model: state.model.name.clone(),
            subject: Some(version),
            stages,
            stays,
            aliases,
            ..Self::default()
        }
    }

    /// The change that takes this one back.
    pub fn inverse(&self) -> Self {
        let swap =
            |change: &StageChange| StageChange { version: change.version, from: change.to, to: change.from };
        Self {
            model: self.model.clone(),
            subject: self.subject,
            // The former holders come back before the version leaves, so that the stage is never empty.
            stages: self.stages.iter().rev().map(swap).collect(),
            stays: self.stays.clone(),
            aliases: self
                .aliases
                .iter()
                .rev()
                .map(|change| AliasChange { alias: change.alias.clone(), from: change.to, to: change.from })
                .collect(),
            tags: self
                .tags
                .iter()
                .rev()
                .map(|change| TagChange {
                    from: change.to.clone(),
                    to: change.from.clone(),
                    ..change.clone()
                })
                .collect(),
            descriptions: self
                .descriptions
                .iter()
                .rev()
                .map(|change| DescriptionChange {
                    from: change.to.clone(),
                    to: change.from.clone(),
                    ..change.clone()
                })
                .collect(),
        }
    }

    /// The change that takes back what the record tells of one decision: the entries whose ids differ only in the
    /// number behind their letters. None where no entry is about a stage or an alias.
    pub fn undoing(state: &ModelState, id: &str, subject: VersionNumber) -> Option<Self> {
        let decision_of = |id: &str| id.trim_end_matches(|c: char| c.is_ascii_digit()).to_owned();
        let wanted = decision_of(id);
        let mut change = Self { model: state.model.name.clone(), subject: Some(subject), ..Self::default() };
        for version in &state.versions {
            for found in super::record::entries_in(&version.tags) {
                let Some(entry) = found.entry.filter(|_| decision_of(&found.id) == wanted) else { continue };
                let number = |text: &Option<String>| text.as_ref()?.parse().ok().map(VersionNumber);
                let stage = |text: &Option<String>| Stage::from_word(text.as_deref()?);
                match (entry.what, stage(&entry.from), stage(&entry.to)) {
                    (What::Stage, Some(from), Some(to)) => {
                        change.stages.push(StageChange { version: version.number, from: to, to: from });
                    }
                    (What::Alias, ..) => {
                        let back = AliasChange {
                            alias: entry.name.unwrap_or_default(),
                            from: number(&entry.to),
                            to: number(&entry.from),
                        };
                        if !change.aliases.contains(&back) {
                            change.aliases.push(back);
                        }
                    }
                    _ => {}
                }
            }
        }
        // The former holders come back before the version leaves, so that the stage is never empty.
        change.stages.sort_by_key(|other| other.version == subject);
        for target in change.stages.iter().map(|change| change.to).collect::<Vec<_>>() {
            let moved =
                |version: &VersionNumber| change.stages.iter().any(|change| change.version == *version);
            if target.is_active() {
                let others = state.in_stage(target).into_iter().filter(|version| !moved(version));
                let stays: Vec<_> = others.map(|version| (target, version)).collect();
                change.stays.extend(stays);
            }
        }
        (!change.is_empty()).then_some(change)
    }

    /// What of it these writes are about.
    pub fn part_of(&self, written: &[Step]) -> Self {
        let mut part = self.clone();
        let is_written = |is_meant: &dyn Fn(&Step) -> bool| written.iter().any(is_meant);
        part.stages.retain(|change| {
            is_written(&|step| match step {
                Step::Transition { version, to, archived } => {
                    let is_along = change.from == *to && change.to == Stage::Archived;
                    *version == change.version || is_along && !archived.is_empty()
                }
                _ => false,
            })
        });
        part.aliases.retain(|change| {
            is_written(&|step| match step {
                Step::SetAlias { alias, .. } | Step::DeleteAlias { alias } => *alias == change.alias,
                _ => false,
            })
        });
        part.tags.retain(|change| {
            is_written(&|step| match step {
                Step::SetTag { version, key, .. } | Step::DeleteTag { version, key } => {
                    *version == change.version && *key == change.key
                }
                _ => false,
            })
        });
        part.descriptions.retain(|change| {
            is_written(&|step| matches!(step, Step::Describe { version, .. } if *version == change.version))
        });
        part
    }

    /// What of it the server has already.
    pub fn done_part(&self, now: &ModelState) -> Self {
        let mut done = self.clone();
        done.stages
            .retain(|change| now.version(change.version).map(|version| version.stage) == Some(change.to));
        done.aliases.retain(|change| now.alias(&change.alias) == change.to);
        done.tags.retain(|change| tag_of(now, change.version, &change.key) == change.to.as_ref());
        done.descriptions.retain(|change| description_of(now, change.version) == Some(change.to.as_str()));
        done
    }

    /// What is no longer as it was when this was decided, a sentence each; none if nothing moved. With
    /// `is_resuming` what this change has done itself is no difference.
    pub fn conflicts(&self, now: &ModelState, is_resuming: bool) -> Vec<String> {
        let nothing = Self::default();
        self.conflicts_after(now, if is_resuming { self } else { &nothing })
    }

    /// The same in the middle of the change: only of what was written it is no difference that it is done. What is
    /// done without having been written was done by somebody else.
    pub fn conflicts_after(&self, now: &ModelState, written: &Self) -> Vec<String> {
        let mut found = self.stages_moved(now, written);
        found.extend(self.arrived(now));
        let is_target = |stage: Stage| self.stages.iter().any(|change| change.to == stage);
        for (stage, version) in self.stays.iter().filter(|(stage, _)| is_target(*stage)) {
            let is_there = now.version(*version).is_some_and(|version| version.stage == *stage);
            if !is_there {
                found
                    .push(format!("Version {version} is no longer in {stage}.{}", last_mover(now, *version)));
            }
        }
        found.extend(self.rest_moved(now, written));
        found
    }

    /// What keeps a change that stopped midway from being taken back, a sentence each: parts of it that are by now
    /// neither as it found them nor as it left them, and others in the stages that `back`, the change that takes it
    /// back, would write to.
    pub fn conflicts_of_going_back(&self, back: &Self, now: &ModelState) -> Vec<String> {
        [self.stages_moved(now, self), back.arrived(now), self.rest_moved(now, self)].concat()
    }

    fn stages_moved(&self, now: &ModelState, written: &Self) -> Vec<String> {
        let mut found = Vec::new();
        for change in &self.stages {
            match now.version(change.version) {
                None => found.push(format!("Version {} no longer exists.", change.version)),
                Some(version) if version.stage == change.to && written.stages.contains(change) => {}
                Some(version) if version.stage != change.from => found.push(format!(
                    "Version {} was in {} and is in {} now.{}",
                    change.version,
                    change.from,
                    version.stage,
                    last_mover(now, change.version)
                )),
                Some(_) => {}
            }
        }
        found
    }

    /// Versions in a target stage that were not there when this was decided.
    fn arrived(&self, now: &ModelState) -> Vec<String> {
        let mut found = Vec::new();
        let targets = self.stages.iter().map(|change| change.to).filter(|stage| stage.is_active());
        for target in targets {
            let was = |version: &VersionNumber| {
                self.stages.iter().any(|change| change.version == *version && change.from == target)
                    || self.stays.contains(&(target, *version))
            };
            for version in now.in_stage(target).into_iter().filter(|version| !was(version)) {
                let sentence = format!("Version {version} is in {target} now.{}", last_mover(now, version));
                let is_known = self.stages.iter().any(|change| change.version == version);
                if !is_known && !found.contains(&sentence) {
                    found.push(sentence);
                }
            }
        }
        found
    }

    /// Aliases, tags and descriptions that moved.
    fn rest_moved(&self, now: &ModelState, written: &Self) -> Vec<String> {
        let mut found = Vec::new();
        for change in &self.aliases {
            let holder = now.alias(&change.alias);
            if holder != change.from && !(holder == change.to && written.aliases.contains(change)) {
                let text = |version: Option<VersionNumber>| {
                    version.map_or_else(|| "no version".to_owned(), |version| format!("version {version}"))
                };
                found.push(format!(
                    "The alias {} stood for {} and stands for {} now.",
                    change.alias,
                    text(change.from),
                    text(holder)
                ));
            }
        }
        for change in &self.tags {
            let value = tag_of(now, change.version, &change.key);
            let is_done = value == change.to.as_ref() && written.tags.contains(change);
            if value != change.from.as_ref() && !is_done {
                let what = format!("The tag {} of {}", change.key, owner_text(change.version));
                found.push(was_and_is(&what, change.from.as_deref(), value.map(String::as_str)));
            }
        }
        for change in &self.descriptions {
            let text = description_of(now, change.version);
            let is_done = text == Some(&change.to) && written.descriptions.contains(change);
            if text != Some(&change.from) && !is_done {
                let what = format!("The description of {}", owner_text(change.version));
                let some = |text: &'_ str| (!text.is_empty()).then(|| text.to_owned());
                found.push(was_and_is(&what, some(&change.from).as_deref(), text.and_then(some).as_deref()));
            }
        }
        found
    }

    /// The versions that the server archived along with this change though nobody knew of them: its flag archives
    /// whatever is in the stage at that moment. `was_archived` are those that were archived before the write. The
    /// server gives all versions that one transition moves the same time of change (`mlflow.store.model_registry`,
    /// 1.30 to 3.17), which tells them from versions that somebody else archived.
    pub fn archived_along(&self, was_archived: &[VersionNumber], now: &ModelState) -> Vec<StageChange> {
        let mut found: Vec<StageChange> = Vec::new();
        for step in self.transitions() {
            let Step::Transition { version, to, archived } = step else { continue };
            let moved = |number: &VersionNumber, stage: Stage| {
                now.version(*number).filter(|version| version.stage == stage)
            };
            let witnesses: Vec<_> = archived
                .iter()
                .filter_map(|number| moved(number, Stage::Archived))
                .chain(moved(&version, to).filter(|_| !archived.is_empty()))
                .map(|version| version.last_update_millis)
                .collect();
            let is_new = |number: VersionNumber| {
                !was_archived.contains(&number)
                    && self.stages.iter().chain(&found).all(|change| change.version != number)
            };
            let along = now.versions.iter().filter(|other| {
                other.stage == Stage::Archived
                    && witnesses.contains(&other.last_update_millis)
                    && is_new(other.number)
            });
            let along: Vec<_> = along
                .map(|other| StageChange { version: other.number, from: to, to: Stage::Archived })
                .collect();
            found.extend(along);
        }
        found
    }

    /// The versions whose record tells of this change.
    pub fn versions(&self) -> Vec<VersionNumber> {
        let aliases = self.aliases.iter().flat_map(|change| [change.from, change.to]);
        let tags = self.tags.iter().map(|change| change.version);
        let descriptions = self.descriptions.iter().map(|change| change.version);
        let others = aliases.chain(tags).chain(descriptions).flatten();
        self.stages.iter().map(|change| change.version).chain(others).collect()
    }

    /// The writes of stages, in order.
    fn transitions(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        let mut is_covered = vec![false; self.stages.len()];
        for (place, change) in self.stages.iter().enumerate() {
            if is_covered[place] {
                continue;
            }
            let mut archived = Vec::new();
            // The server's flag archives whatever else is in the stage, so it must be for this version alone.
            let is_alone = self.stages.iter().filter(|other| other.to == change.to).count() == 1
                && self.stays.iter().all(|(stage, _)| *stage != change.to);
            if change.to.is_active() && is_alone {
                for (other_place, other) in self.stages.iter().enumerate() {
                    if other.from == change.to && other.to == Stage::Archived {
                        is_covered[other_place] = true;
                        archived.push(other.version);
                    }
                }
            }
            steps.push(Step::Transition { version: change.version, to: change.to, archived });
        }
        steps
    }

    /// The writes in order, the record last: nothing is recorded before it has happened. `limit_chars` is the
    /// longest value that a tag may have.
    pub fn steps(&self, decision: &Decision, limit_chars: usize) -> Vec<Step> {
        let mut steps = self.transitions();
        for change in &self.aliases {
            steps.push(match change.to {
                Some(version) => Step::SetAlias { alias: change.alias.clone(), version },
                None => Step::DeleteAlias { alias: change.alias.clone() },
            });
        }
        for change in &self.tags {
            let (version, key) = (change.version, change.key.clone());
            steps.push(match &change.to {
                Some(value) => Step::SetTag { version, key, value: value.clone() },
                None => Step::DeleteTag { version, key },
            });
        }
        for DescriptionChange { version, to, .. } in &self.descriptions {
            steps.push(Step::Describe { version: *version, description: to.clone() });
        }
        for (place, (version, entry)) in self.entries(decision).into_iter().enumerate() {
            // One decision may be told of in several entries of one version.
            let id = entry_id(decision.at_millis, &format!("{}{place}", decision.nonce));
            for tag in tags_of(&id, &entry, limit_chars) {
                steps.push(Step::Record { version, key: tag.key, value: tag.value });
            }
        }
        steps
    }

    /// The entries of the record, with the version that each belongs to.
    fn entries(&self, decision: &Decision) -> Vec<(VersionNumber, Entry)> {
        let base = |what: What| Entry {
            reason: decision.reason.clone(),
            compared_with: decision.compared_with.map(|version| version.to_string()),
            undoes: decision.undoes.clone(),
            ..Entry::new(decision.what.unwrap_or(what), decision.at_millis, &decision.by)
        };
        let subject = self.subject;
        let text = |version: Option<VersionNumber>| version.map(|version| version.to_string());
        let mut entries = Vec::new();
        for change in &self.stages {
            let is_subject = Some(change.version) == subject;
            let mut entry = base(What::Stage);
            entry.from = Some(change.from.to_string());
            entry.to = Some(change.to.to_string());
            if is_subject {
                let archived = self.stages.iter().filter(|other| other.version != change.version);
                let archived = archived.filter(|other| other.to == Stage::Archived);
                entry.archived = archived.map(|other| other.version.to_string()).collect();
            } else {
                entry.with = text(subject);
            }
            entries.push((change.version, entry));
        }
        for change in &self.aliases {
            let entry = |other: Option<VersionNumber>| {
                let mut entry = base(What::Alias);
                entry.name = Some(change.alias.clone());
                entry.from = text(change.from);
                entry.to = text(change.to);
                entry.with = text(other);
                entry
            };
            let with = |version: VersionNumber| subject.filter(|subject| *subject != version);
            for version in [change.to, change.from].into_iter().flatten() {
                entries.push((version, entry(with(version))));
            }
        }
        // A change of the model itself has no version whose tags could tell of it.
        for change in &self.tags {
            let Some(version) = change.version else { continue };
            let mut entry = base(What::Tag);
            entry.name = Some(decision.name.as_ref().unwrap_or(&change.key).clone());
            entry.set_texts(change.from.as_deref(), change.to.as_deref());
            entries.push((version, entry));
        }
        for change in &self.descriptions {
            let Some(version) = change.version else { continue };
            let mut entry = base(What::Description);
            let some = |text: &'_ String| (!text.is_empty()).then_some(text.clone());
            entry.set_texts(some(&change.from).as_deref(), some(&change.to).as_deref());
            entries.push((version, entry));
        }
        entries
    }

    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.stages.is_empty()
            && self.aliases.is_empty()
            && self.tags.is_empty()
            && self.descriptions.is_empty()
    }

    /// What it does, in one sentence.
    pub fn text(&self) -> String {
        let mut parts = Vec::new();
        for change in &self.stages {
            parts.push(format!("version {} from {} to {}", change.version, change.from, change.to));
        }
        for change in &self.aliases {
            parts.push(match change.to {
                Some(version) => format!("alias {} to version {version}", change.alias),
                None => format!("alias {} removed", change.alias),
            });
        }
        for change in &self.tags {
            parts.push(format!("tag {} of {}", change.key, owner_text(change.version)));
        }
        for change in &self.descriptions {
            parts.push(format!("description of {}", owner_text(change.version)));
        }
        format!("{}: {}", isolated(&self.model), parts.join(", "))
    }
}

/// Who moved a version last, as its record says; empty where it says nothing.
fn last_mover(now: &ModelState, version: VersionNumber) -> String {
    let entries = now.version(version).map(|version| super::record::entries_in(&version.tags));
    let last = entries.and_then(|entries| entries.into_iter().rev().find_map(|found| found.entry));
    last.map_or_else(String::new, |entry| {
        let by = if entry.by.is_empty() { "somebody" } else { &entry.by };
        let at = isolated(&entry.at);
        format!(" The last record of version {version} is by {} at {at}.", isolated(by))
    })
}

/// The tags of a version, or the model's own.
pub fn tags_in(state: &ModelState, version: Option<VersionNumber>) -> &[ModelTag] {
    match version {
        Some(number) => state.version(number).map_or(&[], |version| &version.tags),
        None => &state.model.tags,
    }
}

fn tag_of<'a>(state: &'a ModelState, version: Option<VersionNumber>, key: &str) -> Option<&'a String> {
    tags_in(state, version).iter().find(|tag| tag.key == key).map(|tag| &tag.value)
}

/// The description of a version, or the model's own; none where there is no such version.
pub fn description_of(state: &ModelState, version: Option<VersionNumber>) -> Option<&str> {
    match version {
        Some(number) => state.version(number).map(|version| version.description.as_str()),
        None => Some(&state.model.description),
    }
}

/// Whose tag or description.
fn owner_text(version: Option<VersionNumber>) -> String {
    version.map_or_else(|| "the model".to_owned(), |number| format!("version {number}"))
}

/// That a text is another one by now, with both.
fn was_and_is(what: &str, from: Option<&str>, now: Option<&str>) -> String {
    let text = |text: Option<&str>| match text {
        None => "not there".to_owned(),
        Some(text) => format!("“{}”", clip(text).0),
    };
    format!("{what} was {} and is {} now.", text(from), text(now))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{state, with_alias};
    use super::*;
    use proptest::prelude::*;

    fn decision() -> Decision {
        Decision {
            at_millis: 1_795_421_700_123.0,
            nonce: "ab".into(),
            reason: "better".into(),
            ..Decision::default()
        }
    }

    /// What the server does with a step.
    fn carry_out(state: &mut ModelState, step: &Step) {
        match step {
            Step::Transition { version, to, archived } => {
                for other in &mut state.versions {
                    if other.number == *version {
                        other.stage = *to;
                    } else if !archived.is_empty() && other.stage == *to {
                        other.stage = Stage::Archived;
                    }
                }
            }
            Step::SetAlias { alias, version } => {
                state.model.aliases.retain(|other| other.name != *alias);
                state.model.aliases.push(crate::entities::Alias { name: alias.clone(), version: *version });
            }
            Step::DeleteAlias { alias } => state.model.aliases.retain(|other| other.name != *alias),
            Step::Record { version, key, value } => {
                let (version, key, value) = (Some(*version), key.clone(), value.clone());
                carry_out(state, &Step::SetTag { version, key, value });
            }
            Step::SetTag { version, key, value } => {
                let tags = tags_mut(state, *version);
                tags.retain(|tag| tag.key != *key);
                tags.push(ModelTag { key: key.clone(), value: value.clone() });
            }
            Step::DeleteTag { version, key } => tags_mut(state, *version).retain(|tag| tag.key != *key),
            Step::Describe { version: None, description } => state.model.description.clone_from(description),
            Step::Describe { version: Some(version), description } => {
                let version = state.versions.iter_mut().find(|other| other.number == *version).unwrap();
                version.description.clone_from(description);
            }
        }
    }

    fn tags_mut(state: &mut ModelState, version: Option<VersionNumber>) -> &mut Vec<ModelTag> {
        match version {
            None => &mut state.model.tags,
            Some(number) => &mut state.versions.iter_mut().find(|other| other.number == number).unwrap().tags,
        }
    }

    #[test]
    fn texts_of_model_and_version_are_changed_and_taken_back() {
        let mut before = state(&[Stage::Production]);
        before.model.description = "old".into();
        let long = "ü".repeat(6_000);
        for version in [None, Some(VersionNumber(1))] {
            let from = description_of(&before, version).unwrap().to_owned();
            let change = Change {
                model: "taxi".into(),
                subject: version,
                tags: vec![TagChange { version, key: "k".into(), from: None, to: Some(long.clone()) }],
                descriptions: vec![DescriptionChange { version, from, to: long.clone() }],
                ..Change::default()
            };
            assert!(change.conflicts(&before, false).is_empty());
            let steps = change.steps(&decision(), 5000);
            // What is no version's is in no version's record.
            assert_eq!(
                steps.iter().filter(|step| step.is_record()).count(),
                if version.is_some() { 2 } else { 0 }
            );
            let mut now = before.clone();
            for step in &steps {
                assert!(!step.is_done(&now));
                carry_out(&mut now, step);
                assert!(step.is_done(&now));
                if let Step::Record { value, .. } = step {
                    assert!(value.contains(r#""to_chars":6000"#) && value.chars().count() < 500, "{value}");
                }
            }
            assert_eq!(change.done_part(&now), change);
            for step in change.inverse().steps(&decision(), 5000).iter().filter(|step| !step.is_record()) {
                carry_out(&mut now, step);
            }
            assert_eq!(description_of(&now, version), description_of(&before, version));
            assert_eq!(tag_of(&now, version, "k"), None);
        }
    }

    #[test]
    fn texts_that_somebody_else_changed_are_shown() {
        let before = state(&[Stage::None]);
        let describe =
            |version, from: &str, to: &str| DescriptionChange { version, from: from.into(), to: to.into() };
        let number = VersionNumber(1);
        let change = Change {
            tags: vec![TagChange { version: None, key: "k".into(), from: Some("a".into()), to: None }],
            descriptions: vec![describe(Some(number), "", "mine"), describe(None, "", "mine")],
            ..Change::default()
        };
        let mut now = before;
        now.versions[0].description = "theirs".into();
        now.model.tags.push(ModelTag { key: "k".into(), value: "b".into() });
        assert_eq!(
            change.conflicts(&now, false),
            [
                "The tag k of the model was “a” and is “b” now.",
                "The description of version 1 was not there and is “theirs” now."
            ]
        );
        now.versions[0].description = "mine".into();
        now.model.tags.clear();
        assert!(change.conflicts(&now, true).is_empty(), "what it has done itself is no difference");
    }

    #[test]
    fn a_promotion_is_one_transition_one_alias_and_their_record() {
        let state = with_alias(state(&[Stage::Production, Stage::Staging]), "champion", 1);
        let aliases = [(Stage::Production, "champion".to_owned())];
        let change = Change::of_move(&state, VersionNumber(2), Stage::Production, true, &aliases);
        let steps = change.steps(&decision(), 5000);
        let texts: Vec<String> = steps.iter().map(Step::text).collect();
        assert_eq!(
            texts,
            [
                "Version 2 to Production, archiving 1",
                "Alias champion to version 2",
                "Record of version 2",
                "Record of version 1",
                "Record of version 2",
                "Record of version 1",
            ]
        );
        let Step::Record { value, .. } = &steps[2] else { panic!("a record") };
        assert!(
            value.contains(r#""from":"Staging","to":"Production","reason":"better","archived":["1"]"#),
            "{value}"
        );
        let Step::Record { value, .. } = &steps[3] else { panic!("a record") };
        assert!(
            value.contains(r#""from":"Production","to":"Archived""#) && value.contains(r#""with":"2""#),
            "{value}"
        );
    }

    #[test]
    fn what_moved_meanwhile_is_named() {
        let before = state(&[Stage::Production, Stage::Staging, Stage::None]);
        let change = Change::of_move(&before, VersionNumber(2), Stage::Production, true, &[]);
        assert!(change.conflicts(&before, false).is_empty());
        let mut now = before.clone();
        now.versions[0].stage = Stage::Production;
        assert_eq!(change.conflicts(&now, false), ["Version 3 is in Production now."]);
        let mut now = before.clone();
        now.versions[2].stage = Stage::Archived;
        assert_eq!(change.conflicts(&now, false), ["Version 1 was in Production and is in Archived now."]);
        let mut now = before.clone();
        now.versions.remove(1);
        assert_eq!(change.conflicts(&now, false), ["Version 2 no longer exists."]);
        let mut now = before;
        now.versions[0].stage = Stage::Staging;
        assert!(change.conflicts(&now, false).is_empty(), "what the decision is not about may move");
    }

    #[test]
    fn a_move_beside_the_holders_leaves_them() {
        let before = state(&[Stage::Production, Stage::Staging]);
        let change = Change::of_move(&before, VersionNumber(2), Stage::Production, false, &[]);
        assert_eq!(change.stays, [(Stage::Production, VersionNumber(1))]);
        assert!(
            matches!(&change.steps(&decision(), 5000)[0], Step::Transition { archived, .. } if archived.is_empty())
        );
        let mut now = before.clone();
        now.versions[1].stage = Stage::None;
        assert_eq!(change.conflicts(&now, false), ["Version 1 is no longer in Production."]);
    }

    fn stages() -> impl Strategy<Value = Vec<Stage>> {
        prop::collection::vec(prop::sample::select(Stage::ALL.to_vec()), 1..7)
    }

    proptest! {
        #[test]
        fn done_and_taken_back_leaves_everything_as_it_was(
            stages in stages(),
            place in any::<prop::sample::Index>(),
            to in prop::sample::select(Stage::ALL.to_vec()),
            is_archiving in any::<bool>(),
            alias_at in prop::option::of(any::<prop::sample::Index>()),
        ) {
            let number = |index: prop::sample::Index| index.index(stages.len()) as u64 + 1;
            let mut before = state(&stages);
            if let Some(at) = alias_at {
                before = with_alias(before, "champion", number(at));
            }
            let version = VersionNumber(number(place));
            prop_assume!(before.version(version).unwrap().stage != to);
            let aliases = [(Stage::Production, "champion".to_owned())];
            let change = Change::of_move(&before, version, to, is_archiving, &aliases);
            prop_assert!(change.conflicts(&before, false).is_empty());
            prop_assert_eq!(change.subject, Some(version));
            let mut now = before.clone();
            let steps = change.steps(&decision(), 40);
            for step in &steps {
                carry_out(&mut now, step);
                prop_assert!(step.is_done(&now));
            }
            prop_assert!(steps.iter().all(|step| step.is_done(&now)), "no step undoes another");
            let (id, _) = super::super::timeline::last_move(now.version(version).unwrap()).unwrap();
            let undoing = Change::undoing(&now, &id, version).unwrap();
            let back = change.inverse();
            let sorted = |change: &Change| {
                let mut stages = change.stages.clone();
                stages.sort_by_key(|change| change.version);
                (stages, change.aliases.clone())
            };
            prop_assert_eq!(sorted(&undoing), sorted(&back), "the record says what it takes to undo");
            prop_assert!(undoing.conflicts(&now, false).is_empty());
            prop_assert!(back.conflicts(&now, false).is_empty(), "{:?}", back.conflicts(&now, false));
            prop_assert_eq!(back.subject, Some(version));
            for step in back.steps(&Decision { nonce: "cd".into(), ..decision() }, 5000) {
                carry_out(&mut now, &step);
            }
            let stage_of = |state: &ModelState| state.versions.iter().map(|version| version.stage).collect::<Vec<_>>();
            prop_assert_eq!(stage_of(&now), stage_of(&before));
            prop_assert_eq!(now.alias("champion"), before.alias("champion"));
        }
    }
}
