//! A move to another stage: where to, and what becomes of the versions that are there.

use super::ModelContext;
use super::decision::{DecisionForm, Draft, other_in_production};
use crate::entities::{Stage, VersionNumber};
use crate::registry::change::Change;
use crate::registry::review;
use crate::registry::rules::{Choice, archive_text, choices};
use crate::ui::stage::shape;
use leptos::prelude::*;

/// The choice of the stage, and the form.
#[component]
pub(super) fn DecideMove(context: ModelContext, number: VersionNumber, draft: Draft) -> impl IntoView {
    // The decision is made about what is on the screen now; the registrar compares it with the server's truth.
    let seen = StoredValue::new(context.state.get_untracked().unwrap_or_default());
    let rules = StoredValue::new(context.app.rules());
    let all_choices = StoredValue::new(seen.with_value(|state| {
        let unchecked = rules.with_value(|rules| {
            state
                .version(number)
                .map(|version| review::unchecked(version, &rules.checklist))
                .unwrap_or_default()
        });
        rules.with_value(|rules| choices(state, number, rules, &unchecked))
    }));
    let choice_of = move |stage: Stage| -> Option<Choice> {
        all_choices.with_value(|all| all.iter().find(|choice| choice.stage == stage).cloned())
    };
    let is_free = move |stage: Stage| choice_of(stage).is_some_and(|choice| choice.refusal.is_none());
    let to = draft.to;
    to.update(|to| *to = to.filter(|stage| is_free(*stage)));
    // Unless somebody says otherwise, Production is handed over.
    let is_archiving =
        Memo::new(move |_| draft.is_archiving.get().unwrap_or_else(|| to.get() == Some(Stage::Production)));
    let chosen = Memo::new(move |_| to.get().and_then(choice_of));
    // What the candidate is held against: the newest version in the target stage, or else the one in Production.
    let holder = Memo::new(move |_| {
        let in_target = chosen.with(|choice| {
            // What is archived, or in no stage, is nothing that a version takes the place of.
            let choice = choice.as_ref().filter(|choice| choice.stage.is_active())?;
            choice.holders.first().copied()
        });
        in_target.or_else(|| seen.with_value(|state| other_in_production(state, number)))
    });
    let change = Memo::new(move |_| {
        let to = to.get()?;
        let aliases: Vec<(Stage, String)> = if context.has_aliases() {
            rules.with_value(|rules| {
                rules.stage_aliases.iter().map(|map| (map.stage, map.alias.clone())).collect()
            })
        } else {
            Vec::new()
        };
        Some(seen.with_value(|state| Change::of_move(state, number, to, is_archiving.get(), &aliases)))
    });
    let obstacle = Memo::new(move |_| chosen.with(Option::is_none).then(|| "Choose a stage".to_owned()));
    let radio = move |stage: Stage| {
        let choice = choice_of(stage);
        let refusal = choice.as_ref().and_then(|choice| choice.refusal.clone());
        let is_refused = refusal.is_some();
        let holders = choice.map(|choice| choice.holders).unwrap_or_default();
        let now = if stage.is_active() {
            if holders.is_empty() {
                "empty".to_owned()
            } else {
                format!("now: {}", crate::registry::numbers_text(&holders))
            }
        } else {
            String::new()
        };
        let id = format!("move-{}", stage.as_str());
        view! {
            <div class="stage-choice">
                <input
                    type="radio"
                    name="stage"
                    id=id.clone()
                    disabled=is_refused
                    aria-describedby=format!("{id}-note")
                    prop:checked=move || to.get() == Some(stage)
                    on:change=move |_| {
                        draft.is_archiving.set(None);
                        to.set(Some(stage));
                    }
                />
                <label for=id.clone() class="stage" data-stage=stage.as_str()>
                    <span class="stage__shape" aria-hidden="true">{shape(stage)}</span>
                    {stage.as_str()}
                </label>
                <span class="secondary" id=format!("{id}-note")>{refusal.unwrap_or(now)}</span>
            </div>
        }
    };
    let archive = move || {
        let choice = chosen.get().filter(|choice| choice.stage.is_active())?;
        let stage = choice.stage;
        let is_empty = choice.holders.is_empty();
        Some(view! {
            <div>
                <label class="check">
                    <input
                        type="checkbox"
                        disabled=is_empty
                        prop:checked=move || is_archiving.get() && !is_empty
                        on:change:target=move |event| draft.is_archiving.set(Some(event.target().checked()))
                    />
                    {format!("Archive the versions now in {stage}")}
                </label>
                <p class="form__state">{archive_text(stage, &choice.holders)}</p>
            </div>
        })
    };
    let warnings = move || {
        let mut warnings = chosen.get().map(|choice| choice.warnings).unwrap_or_default();
        if !context.has_aliases()
            && let Some(stage) = to.get()
        {
            warnings.extend(rules.with_value(|rules| rules.aliases_left_out(stage)));
        }
        warnings.into_iter().map(|text| view! { <p class="note">{text}</p> }).collect_view()
    };
    let needs_reason =
        Memo::new(move |_| chosen.with(|choice| choice.as_ref().is_some_and(|choice| choice.needs_reason)));
    view! {
        <DecisionForm context number draft change holder needs_reason obstacle button="Move">
            <fieldset class="move__stages">
                <legend>"Move to"</legend>
                {Stage::ALL.map(radio).collect_view()}
            </fieldset>
            {archive}
            {warnings}
        </DecisionForm>
    }
}
