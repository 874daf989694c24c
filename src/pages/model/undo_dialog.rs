//! The last decision about a version taken back, as a change with a record of its own.

use super::ModelContext;
use super::decision::{DecisionForm, Draft, other_in_production};
use crate::entities::VersionNumber;
use crate::registry::undo::undo;
use leptos::prelude::*;

/// What is taken back, and the form.
#[component]
pub(super) fn DecideUndo(context: ModelContext, number: VersionNumber, draft: Draft) -> impl IntoView {
    let state = context.state.get_untracked().unwrap_or_default();
    let found = undo(&state, number, &context.app.rules());
    let (undo, obstacle) = match found {
        Ok(undo) => (Some(undo), None),
        Err(why) => (None, Some(why)),
    };
    let at = undo.as_ref().and_then(|undo| undo.at.get(..19)).map(|at| at.replace('T', " "));
    let words = at.map(|at| format!("Takes back what was decided at {at} (UTC)."));
    let needs_reason = undo.as_ref().is_some_and(|undo| undo.needs_reason);
    let undoes = undo.as_ref().map(|undo| undo.id.clone());
    // What comes back is what the version is held against, or else what is in Production.
    let returns = undo.as_ref().and_then(|undo| {
        let stages =
            undo.change.stages.iter().filter(|stage| stage.to.is_active()).map(|stage| stage.version);
        let aliases = undo.change.aliases.iter().filter_map(|alias| alias.to);
        stages.chain(aliases).find(|other| *other != number)
    });
    let beside = returns.or_else(|| other_in_production(&state, number));
    view! {
        <DecisionForm
            context number draft undoes
            change=Signal::stored(undo.map(|undo| undo.change))
            holder=Memo::new(move |_| beside)
            needs_reason=Signal::stored(needs_reason)
            obstacle=Signal::stored(obstacle)
            button="Undo"
        >
            <p>{words}</p>
        </DecisionForm>
    }
}
