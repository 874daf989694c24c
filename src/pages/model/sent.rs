//! A change that a part of the page has sent, until it has ended: what was typed is kept until the server has it.

use crate::registrar::protocol::Phase;
use crate::registry::change::{Change, Decision};
use crate::state::registry::RegistryState;
use leptos::prelude::*;

/// How far it has come.
#[derive(Clone, Copy, PartialEq)]
enum Waiting {
    Nothing,
    /// Sent, and nothing heard of it yet.
    Asked,
    UnderWay,
}

/// The change sent last.
#[derive(Clone, Copy)]
pub(super) struct Sent {
    registry: RegistryState,
    waiting: StoredValue<Waiting>,
    on_end: Callback<bool>,
}

impl Sent {
    /// Nothing sent yet. `on_end` hears whether all of a change is on the server, once it has ended, was refused, or
    /// was left as it is.
    pub fn new(registry: RegistryState, on_end: Callback<bool>) -> Self {
        let waiting = StoredValue::new(Waiting::Nothing);
        Effect::new(move || {
            let now = waiting.get_value();
            let ended = registry.progress.with(|progress| match progress {
                None => (now == Waiting::UnderWay).then_some(false),
                Some(progress) if progress.is_unfinished() => {
                    if now == Waiting::Asked {
                        waiting.set_value(Waiting::UnderWay);
                    }
                    None
                }
                Some(progress) => Some(progress.phase == Phase::Finished),
            });
            if let Some(is_done) = ended.filter(|_| now != Waiting::Nothing) {
                waiting.set_value(Waiting::Nothing);
                on_end.run(is_done);
            }
        });
        Self { registry, waiting, on_end }
    }

    /// Sends a change; where another one is busy, it has ended at once.
    pub fn send(self, change: Change, decision: Decision) {
        if self.registry.change(change, decision) {
            self.waiting.set_value(Waiting::Asked);
        } else {
            self.on_end.run(false);
        }
    }
}
