//! How changes of runs stand, and the note read last: what the registrar tells of runs, as signals.

use super::AppState;
use crate::entities::RunId;
use crate::registrar::note::Block;
use crate::registrar::run_changes::{Outcome, RunNews, RunPhase, RunProgress};
use leptos::prelude::*;
use std::collections::BTreeMap;

/// What is known of changes of runs. Cheap to copy; all parts are signals.
#[derive(Clone, Copy)]
pub struct RunChanges {
    /// The change under way, or the last one.
    pub progress: RwSignal<Option<RunProgress>>,
    /// Its runs that are not done, or of which that is not known, and why.
    pub failures: RwSignal<BTreeMap<RunId, String>>,
    /// The note read last: its text and what is in it.
    pub note: RwSignal<Option<(String, Vec<Block>)>>,
}

impl Default for RunChanges {
    fn default() -> Self {
        Self {
            progress: RwSignal::new(None),
            failures: RwSignal::new(BTreeMap::new()),
            note: RwSignal::new(None),
        }
    }
}

impl RunChanges {
    /// Whether a change is under way: there is one at a time.
    pub fn is_under_way(&self) -> bool {
        self.progress.with(|progress| progress.as_ref().is_some_and(RunProgress::is_under_way))
    }

    /// The same where nothing listens.
    pub(super) fn is_under_way_untracked(&self) -> bool {
        self.progress.with_untracked(|progress| progress.as_ref().is_some_and(RunProgress::is_under_way))
    }

    /// Forgets the last change, so that the next one starts from nothing.
    pub fn forget(&self) {
        self.progress.set(None);
        self.failures.set(BTreeMap::new());
    }

    /// Takes the news.
    pub(super) fn receive(&self, app: AppState, news: RunNews) {
        match news {
            RunNews::Progress(progress) => {
                self.failures.update(|failures| {
                    if progress.tally.n_failed + progress.tally.n_unknown == 0 {
                        failures.clear();
                    }
                    for (run_id, outcome) in &progress.changed {
                        match outcome {
                            Outcome::Failed(why) | Outcome::Unknown(why) => {
                                failures.insert(run_id.clone(), why.clone());
                            }
                            _ => drop(failures.remove(run_id)),
                        }
                    }
                });
                if progress.phase == RunPhase::Ended {
                    app.tell(progress.summary());
                    let tally = progress.tally;
                    if tally.n_done + tally.n_written + tally.n_unknown > 0 {
                        app.runs_changed();
                    }
                }
                self.progress.set(Some(progress));
            }
            RunNews::Note { text, blocks } => self.note.set(Some((text, blocks))),
        }
    }
}
