//! What the page knows of a run's models and files, and of a registration under way.

use super::AppState;
use crate::entities::Artifact;
use crate::registrar::files::{FilesAsk, FilesNews, Preview, RegisterPhase, Registering, RunModels};
use leptos::prelude::*;
use std::collections::BTreeMap;
use std::time::Duration;

/// How often a server that is still registering a version is asked without anybody saying so.
const MAX_LOOKS: u32 = 20;
/// How long it is left alone in between.
const PAUSE: Duration = Duration::from_secs(1);

/// Folders listed so far, by path, with why items are missing; the root is the empty path.
pub type Folders = BTreeMap<String, (Vec<Artifact>, Vec<String>)>;

/// The signals. Cheap to copy.
#[derive(Clone, Copy)]
pub struct FilesState {
    /// The models of the run that is open, as far as known.
    pub models: RwSignal<Option<RunModels>>,
    /// Folders of logged models, by model.
    pub folders: RwSignal<BTreeMap<String, Folders>>,
    /// The newest preview.
    pub preview: RwSignal<Option<Preview>>,
    /// The file fetched last: its name and its blob address.
    pub download: RwSignal<Option<(String, String)>>,
    /// How the newest registration stands.
    pub registering: RwSignal<Option<Registering>>,
    n_looks: StoredValue<u32>,
    app: AppState,
}

impl FilesState {
    /// Nothing known yet.
    pub(super) fn new(app: AppState) -> Self {
        Self {
            models: RwSignal::new(None),
            folders: RwSignal::new(BTreeMap::new()),
            preview: RwSignal::new(None),
            download: RwSignal::new(None),
            registering: RwSignal::new(None),
            n_looks: StoredValue::new(0),
            app,
        }
    }

    /// Forgets what is known of another server's runs.
    pub(super) fn forget(&self) {
        self.models.set(None);
        self.folders.set(BTreeMap::new());
        self.preview.set(None);
        self.download.set(None);
        self.registering.set(None);
    }

    /// Takes news; what to ask after a while, if anything.
    pub(super) fn receive(&self, news: FilesNews) -> Option<(FilesAsk, Duration)> {
        match news {
            FilesNews::Models(models) => self.models.set(Some(models)),
            FilesNews::Folder { model_id, path, items, skipped } => self.folders.update(|folders| {
                folders.entry(model_id).or_default().insert(path, (items, skipped));
            }),
            FilesNews::Preview(preview) => self.preview.set(Some(preview)),
            FilesNews::File { name, url } => self.download.set(Some((name, url))),
            FilesNews::Registering(registering) => return self.registering_moved(registering),
            FilesNews::Failed(message) => self.app.alert(&message),
        }
        None
    }

    fn registering_moved(&self, registering: Registering) -> Option<(FilesAsk, Duration)> {
        let name = &registering.name;
        let next = match &registering.phase {
            RegisterPhase::Checking => {
                self.n_looks.set_value(0);
                None
            }
            RegisterPhase::Waiting(..) => {
                self.n_looks.update_value(|n| *n += 1);
                (self.n_looks.get_value() <= MAX_LOOKS).then_some((FilesAsk::LookAgain, PAUSE))
            }
            RegisterPhase::Done(version, _) => {
                self.app.tell(format!("Registered version {version} of {name}"));
                None
            }
            _ => None,
        };
        self.registering.set(Some(registering));
        next
    }

    /// Whether a registration is under way.
    pub(super) fn is_registering(&self) -> bool {
        self.registering.with_untracked(|told| {
            told.as_ref().is_some_and(|told| {
                !matches!(
                    told.phase,
                    RegisterPhase::Done(..) | RegisterPhase::Failed(_) | RegisterPhase::Waiting(..)
                )
            })
        })
    }

    /// Forgets a registration that has ended: a new one is not about it.
    pub fn forget_registration(&self) {
        let has_ended = self.registering.with_untracked(|told| {
            told.as_ref().is_some_and(|told| {
                matches!(
                    told.phase,
                    RegisterPhase::Done(..) | RegisterPhase::Failed(_) | RegisterPhase::Waiting(..)
                )
            })
        });
        if has_ended {
            self.registering.set(None);
        }
    }
}
