//! An alias set or removed: for teams that have left stages behind, this is the promotion.

use super::ModelContext;
use super::decision::{DecisionForm, Draft, other_in_production};
use crate::entities::VersionNumber;
use crate::registry::ModelState;
use crate::registry::change::{AliasChange, Change};
use crate::registry::rules::Rules;
use leptos::prelude::*;

/// What is decided about: the model as it is on the screen, and what stands behind the alias in it.
fn seen(context: ModelContext, alias: &str) -> (ModelState, Option<VersionNumber>, Rules) {
    let state = context.state.get_untracked().unwrap_or_default();
    let holder = state.alias(alias);
    (state, holder, context.app.rules())
}

/// The one alias of this change.
fn change_of(
    state: &ModelState,
    number: VersionNumber,
    alias: &str,
    from: Option<VersionNumber>,
    to: Option<VersionNumber>,
) -> Change {
    let alias = AliasChange { alias: alias.to_owned(), from, to };
    Change {
        model: state.model.name.clone(),
        subject: Some(number),
        aliases: vec![alias],
        ..Change::default()
    }
}

/// What the alias has to do with stages here.
fn stage_note(rules: &Rules, alias: &str) -> Option<String> {
    let stages: Vec<&str> = rules.stages_of(alias).map(|stage| stage.as_str()).collect();
    (!stages.is_empty()).then(|| {
        format!(
            "Here {alias} goes with {}: “Move to…” writes both, this the alias alone.",
            stages.join(" and ")
        )
    })
}

/// The alias to this version.
#[component]
pub(super) fn DecideAlias(
    context: ModelContext,
    number: VersionNumber,
    draft: Draft,
    alias: String,
) -> impl IntoView {
    let (state, now, rules) = seen(context, &alias);
    let beside = now.filter(|now| *now != number).or_else(|| other_in_production(&state, number));
    let stands = match now {
        Some(now) => format!("The alias {alias} stands for version {now} now."),
        None => format!("The alias {alias} is new."),
    };
    let obstacle = (now == Some(number)).then(|| "It stands for this version already".to_owned());
    let change = obstacle.is_none().then(|| change_of(&state, number, &alias, now, Some(number)));
    let needs_reason = rules.alias_needs_reason(&alias);
    view! {
        <DecisionForm
            context number draft
            change=Signal::stored(change)
            holder=Memo::new(move |_| beside)
            needs_reason=Signal::stored(needs_reason)
            obstacle=Signal::stored(obstacle)
            button="Set alias"
        >
            <p>{stands}</p>
            {stage_note(&rules, &alias).map(|text| view! { <p class="note">{text}</p> })}
        </DecisionForm>
    }
}

/// The alias away from this version.
#[component]
pub(super) fn DecideRemoval(
    context: ModelContext,
    number: VersionNumber,
    draft: Draft,
    alias: String,
) -> impl IntoView {
    let (state, now, rules) = seen(context, &alias);
    let beside = other_in_production(&state, number);
    let obstacle = (now != Some(number)).then(|| "It does not stand for this version any more".to_owned());
    let change = obstacle.is_none().then(|| change_of(&state, number, &alias, now, None));
    let warning = format!("Whatever loads the model by {alias} finds nothing afterwards.");
    view! {
        <DecisionForm
            context number draft
            change=Signal::stored(change)
            holder=Memo::new(move |_| beside)
            needs_reason=Signal::stored(false)
            obstacle=Signal::stored(obstacle)
            button="Remove alias"
        >
            <p class="note">{warning}</p>
            {stage_note(&rules, &alias).map(|text| view! { <p class="note">{text}</p> })}
        </DecisionForm>
    }
}
