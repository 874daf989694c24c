//! Carries out one change: reads how things stand, writes step by step, reads back, then records. No write is
//! ever sent twice by itself; after a failure somebody decides whether to finish or to go back.

use super::protocol::{Done, Phase, Progress, StepState};
use crate::entities::{Stage, VersionNumber};
use crate::registry::change::{Change, Decision, Step};
use crate::registry::{ModelState, numbers_text};
use crate::tracking::mlflow::registry_requests::TAG_CHARS;

/// What the runner wants next.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Need {
    /// The model as the server has it now.
    Read,
    /// One write.
    Write(Step),
    /// Nothing more.
    Nothing,
}

/// How a write failed.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct WriteFailure {
    /// Whether the server said no. Otherwise nobody but the server knows whether it happened.
    pub is_refused: bool,
    /// Why, as part of a sentence.
    pub reason: String,
}

/// What the present read is for.
#[derive(Clone, Debug, PartialEq)]
enum Reading {
    /// Whether anything moved since the decision.
    Guard,
    /// The same, in the middle of a change.
    Resume,
    /// What there is to take back.
    Back(Decision),
    /// Whether the writes so far are on the server.
    Verify,
    /// After a write without an answer: what became of it. The sentence says why it failed.
    Inquiry(String),
}

/// One change on its way.
#[derive(Debug)]
pub(super) struct Runner {
    change: Change,
    decision: Decision,
    /// The versions that were archived immediately before the first write; none before that look.
    was_archived: Option<Vec<VersionNumber>>,
    /// What happened beside the decision, a sentence each.
    notes: Vec<String>,
    /// The writes that the server took, or may have taken.
    sent: Vec<Step>,
    steps: Vec<Step>,
    done: Vec<Done>,
    /// The step to write next, or being written.
    at: usize,
    reading: Reading,
    phase: Phase,
}

impl Runner {
    /// Begins; the first need is to read.
    pub(super) fn new(change: Change, decision: Decision) -> Self {
        let mut runner = Self {
            change,
            decision,
            was_archived: None,
            notes: Vec::new(),
            sent: Vec::new(),
            steps: Vec::new(),
            done: Vec::new(),
            at: 0,
            reading: Reading::Guard,
            phase: Phase::Checking,
        };
        runner.plan();
        runner
    }

    /// Works out the writes.
    fn plan(&mut self) {
        self.steps = self.change.steps(&self.decision, TAG_CHARS);
        self.done = vec![Done::No; self.steps.len()];
    }

    /// Works them out once more from what the server says immediately before the first one.
    fn begin(&mut self, now: &ModelState) {
        self.was_archived = Some(now.in_stage(Stage::Archived));
        self.decide_after_entries(now);
        self.plan();
    }

    fn decide_after_entries(&mut self, now: &ModelState) {
        let decision = std::mem::take(&mut self.decision);
        self.decision = decision.after_entries_of(&self.change.versions(), now);
    }

    /// The model it is about.
    pub(super) fn model(&self) -> &str {
        &self.change.model
    }

    /// Whether it waits for somebody to decide how to go on.
    pub(super) fn is_stopped(&self) -> bool {
        matches!(self.phase, Phase::Stopped(_))
    }

    /// Whether an answer is awaited.
    pub(super) fn is_under_way(&self) -> bool {
        matches!(self.phase, Phase::Checking | Phase::Writing | Phase::Verifying)
    }

    /// How it stands.
    pub(super) fn progress(&self) -> Progress {
        let steps = self.steps.iter().zip(&self.done);
        Progress {
            text: self.change.text(),
            model: self.change.model.clone(),
            steps: steps.map(|(step, &done)| StepState { text: step.text(), done }).collect(),
            notes: self.notes.clone(),
            phase: self.phase.clone(),
        }
    }

    /// What is to be told where another server takes the place of this one before it is over, as one sentence or
    /// two; none where it is over.
    pub(super) fn leave(&self, server: &str) -> Option<String> {
        if !self.is_under_way() && !self.is_stopped() {
            return None;
        }
        let is_writing = self.phase == Phase::Writing;
        let steps = self.steps.iter().zip(&self.done).enumerate();
        let with = |wanted: Done| {
            let meant = steps.clone().filter(|(place, (_, done))| {
                let is_sent = is_writing && *place == self.at;
                if is_sent { wanted == Done::Unknown } else { **done == wanted }
            });
            meant.map(|(_, (step, _))| step.text()).collect::<Vec<_>>().join("; ")
        };
        let (done, unknown) = (with(Done::Yes), with(Done::Unknown));
        let told = match (done.is_empty(), unknown.is_empty()) {
            (true, true) => "Nothing of it was written.".to_owned(),
            (false, true) => format!("Done of it: {done}. Not done: {}.", with(Done::No)),
            (true, false) => format!("Not known: {unknown}."),
            (false, false) => format!("Done of it: {done}. Not known: {unknown}."),
        };
        Some(format!(
            "Another server is in use now, so a change at {server} was left midway ({}). {told} Connect to that server again to see how it stands.",
            self.change.text()
        ))
    }

    /// Goes on after a stop.
    pub(super) fn finish(&mut self) -> Need {
        self.phase = Phase::Checking;
        self.reading = if self.was_archived.is_some() { Reading::Resume } else { Reading::Guard };
        Need::Read
    }

    /// Takes back what was done before a stop.
    pub(super) fn go_back(&mut self, decision: Decision) -> Need {
        self.phase = Phase::Checking;
        self.reading = Reading::Back(decision);
        Need::Read
    }

    /// The model has been read, or could not be.
    pub(super) fn read(&mut self, state: Result<&ModelState, String>) -> Need {
        let now = match (state, &self.reading) {
            (Ok(now), _) => now,
            (Err(error), Reading::Guard) => {
                return self.stop(format!("The model could not be read: {error}. Nothing was written."));
            }
            (Err(error), Reading::Inquiry(why)) => {
                let why = why.clone();
                return self.stop(format!(
                    "{why} Nor could the model be read back: {error}. Wait until the server answers, then finish or go back."
                ));
            }
            (Err(error), _) => {
                return self.stop(format!(
                    "The model could not be read: {error}. What is not known to be done stays open; finish or go back once the server answers."
                ));
            }
        };
        match self.reading.clone() {
            Reading::Guard => {
                let conflicts = self.change.conflicts(now, false);
                if !conflicts.is_empty() {
                    self.phase = Phase::Refused(conflicts);
                    return Need::Nothing;
                }
                self.begin(now);
                self.next()
            }
            Reading::Resume => {
                self.look(now);
                let conflicts = self.change.conflicts_after(now, &self.written());
                if !conflicts.is_empty() {
                    return self.stop(format!(
                        "Not finished, since something else moved meanwhile: {} Go back, or leave it and decide anew.",
                        conflicts.join(" ")
                    ));
                }
                self.at = 0;
                self.next()
            }
            Reading::Back(decision) => {
                self.look(now);
                let written = self.written();
                let back = written.done_part(now).inverse();
                let conflicts = written.conflicts_of_going_back(&back, now);
                if !back.is_empty() && !conflicts.is_empty() {
                    return self.stop(format!(
                        "Not taken back, since something else moved meanwhile: {} Leave it as it is and decide anew.",
                        conflicts.join(" ")
                    ));
                }
                // What was not done needs no taking back, and no record.
                *self = Self { notes: std::mem::take(&mut self.notes), ..Self::new(back, decision) };
                if self.change.is_empty() {
                    self.phase = Phase::Finished;
                    return Need::Nothing;
                }
                self.begin(now);
                self.next()
            }
            Reading::Verify => {
                self.look(now);
                let written = self.steps.iter().zip(&self.done).take(self.at);
                let lost: Vec<String> =
                    written.filter(|(_, done)| **done != Done::Yes).map(|(step, _)| step.text()).collect();
                if !lost.is_empty() {
                    return self.stop(format!(
                        "The server took the change, but read back it does not have: {}. Somebody may have changed it at the same time.",
                        lost.join("; ")
                    ));
                }
                if self.at >= self.steps.len() {
                    self.phase = Phase::Finished;
                    return Need::Nothing;
                }
                self.write()
            }
            Reading::Inquiry(why) => {
                self.look(now);
                self.stop(format!("{why} What the server has and has not done was read back."))
            }
        }
    }

    /// The write under way has ended.
    pub(super) fn wrote(&mut self, result: Result<(), WriteFailure>) -> Need {
        let text = self.steps.get(self.at).map(Step::text).unwrap_or_default();
        match result {
            Ok(()) => {
                self.sent.extend(self.steps.get(self.at).cloned());
                if let Some(done) = self.done.get_mut(self.at) {
                    *done = Done::Yes;
                }
                self.at += 1;
                self.next()
            }
            Err(WriteFailure { is_refused: true, reason }) => {
                self.stop(format!("Stopped at “{text}”: {reason}."))
            }
            Err(WriteFailure { is_refused: false, reason }) => {
                self.sent.extend(self.steps.get(self.at).cloned());
                if let Some(done) = self.done.get_mut(self.at) {
                    *done = Done::Unknown;
                }
                self.phase = Phase::Verifying;
                self.reading = Reading::Inquiry(format!("Stopped at “{text}”: {reason}."));
                Need::Read
            }
        }
    }

    /// The next step that is not done; between the writes and their record, and at the end, the server is read.
    fn next(&mut self) -> Need {
        while self.done.get(self.at) == Some(&Done::Yes) {
            self.at += 1;
        }
        let step = self.steps.get(self.at);
        let begins_record = step.is_some_and(Step::is_record)
            && self
                .at
                .checked_sub(1)
                .and_then(|before| self.steps.get(before))
                .is_none_or(|step| !step.is_record());
        if step.is_none() || begins_record {
            self.phase = Phase::Verifying;
            self.reading = Reading::Verify;
            return Need::Read;
        }
        self.write()
    }

    fn write(&mut self) -> Need {
        while self.done.get(self.at) == Some(&Done::Yes) {
            self.at += 1;
        }
        match self.steps.get(self.at) {
            Some(step) => {
                self.phase = Phase::Writing;
                Need::Write(step.clone())
            }
            None => self.next(),
        }
    }

    /// What of the change was written, or may have been. What the server has beyond that is somebody else's.
    fn written(&self) -> Change {
        self.change.part_of(&self.sent)
    }

    /// Sees what the server has, and what it did beside.
    fn look(&mut self, now: &ModelState) {
        let is_recorded = self.steps.iter().any(|step| step.is_record() && step.is_done(now));
        if !is_recorded && self.was_archived.is_some() {
            self.take_in_archived(now);
            // As many writes as before stand before the record: what was archived along is a part of the transition.
            self.decide_after_entries(now);
            self.plan();
        }
        for (step, done) in self.steps.iter().zip(&mut self.done) {
            *done = if step.is_done(now) { Done::Yes } else { Done::No };
        }
    }

    /// Makes versions that came to the stage between the last look and the write, and were archived with those that
    /// were there, a part of the change: so they are told, recorded, and taken back with it.
    fn take_in_archived(&mut self, now: &ModelState) {
        let Some(was_archived) = &self.was_archived else { return };
        let along = self.written().archived_along(was_archived, now);
        let Some(stage) = along.first().map(|change| change.from) else { return };
        let numbers: Vec<VersionNumber> = along.iter().map(|change| change.version).collect();
        let (noun, verb, them) =
            if numbers.len() == 1 { ("Version", "was", "it") } else { ("Versions", "were", "them") };
        self.notes.push(format!(
            "{noun} {} came to {stage} between the last look and the write, and {verb} archived along. The record tells it, and whoever takes this move back brings {them} back too.",
            numbers_text(&numbers)
        ));
        self.change.stages.extend(along);
    }

    fn stop(&mut self, why: String) -> Need {
        self.phase = Phase::Stopped(why);
        Need::Nothing
    }
}
