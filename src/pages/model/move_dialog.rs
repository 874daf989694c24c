//! The dialog in which a move is decided: where to, what is there now, what will be written, and why.

use super::change_status::ChangeStatus;
use super::{ModelContext, Moving};
use crate::entities::Stage;
use crate::pages::author::AuthorField;
use crate::registrar::protocol::{Phase, Progress};
use crate::registry::change::{Change, Decision, Step};
use crate::registry::review;
use crate::registry::rules::{Choice, archive_text, choices};
use crate::ui::dialog::Dialog;
use crate::ui::side_by_side::SideBySide;
use crate::ui::stage::shape;
use leptos::prelude::*;

/// The dialog; it opens when the context names a move.
#[component]
pub(super) fn MoveDialog(context: ModelContext) -> impl IntoView {
    let is_open = RwSignal::new(false);
    Effect::new(move || is_open.set(context.moving.with(Option::is_some)));
    Effect::new(move || {
        // Set only where it changes something: each of the two effects follows the other.
        if !is_open.get() && context.moving.with_untracked(Option::is_some) {
            context.moving.set(None);
            let is_over = |progress: &Progress| matches!(progress.phase, Phase::Finished | Phase::Refused(_));
            // What has come of it has been seen here; a change that stopped waits on the page.
            if context.registry.progress.with_untracked(|progress| progress.as_ref().is_some_and(is_over)) {
                context.registry.leave();
            }
        }
    });
    let title = Signal::derive(move || {
        context.moving.with(|moving| {
            moving.map_or_else(String::new, |moving| {
                format!("Move version {} of {}", moving.version, context.page.with(|page| page.name.clone()))
            })
        })
    });
    view! {
        <Dialog title is_open is_wide=true>
            {move || context.moving.get_untracked().map(|moving| view! { <Decide context moving is_open /> })}
        </Dialog>
    }
}

/// The form, and after it what became of the move.
#[component]
fn Decide(context: ModelContext, moving: Moving, is_open: RwSignal<bool>) -> impl IntoView {
    let registry = context.registry;
    let number = moving.version;
    // The decision is made about what is on the screen now; the registrar compares it with the server's truth.
    let seen = StoredValue::new(context.state.get_untracked().unwrap_or_default());
    let rules = StoredValue::new(context.app.config.with_untracked(|config| config.registry.clone()));
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
    let to = RwSignal::new(moving.to.filter(|stage| is_free(*stage)));
    let is_archiving = RwSignal::new(false);
    let reason = RwSignal::new(String::new());
    let is_sent = RwSignal::new(false);
    let chosen = Memo::new(move |_| to.get().and_then(choice_of));
    // What the candidate is held against: the newest version in the target stage, or else the one in Production.
    let holder = Memo::new(move |_| {
        let in_target = chosen.with(|choice| {
            // What is archived, or in no stage, is nothing that a version takes the place of.
            let choice = choice.as_ref().filter(|choice| choice.stage.is_active())?;
            choice.holders.first().copied()
        });
        let in_production = || {
            seen.with_value(|state| {
                state.in_stage(Stage::Production).into_iter().find(|other| *other != number)
            })
        };
        in_target.or_else(in_production)
    });
    Effect::new(move |asked: Option<Option<_>>| {
        let holder = holder.get();
        if asked != Some(holder) {
            context.compare(number, holder);
        }
        holder
    });
    Effect::new(move || is_archiving.set(to.get() == Some(Stage::Production)));
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
    let plan = move || {
        let steps =
            change.get().map(|change| change.steps(&Decision::default(), usize::MAX)).unwrap_or_default();
        let writes = steps.iter().filter(|step| !step.is_record()).map(Step::text).collect::<Vec<_>>();
        writes.into_iter().map(|text| view! { <li>{text}</li> }).collect_view()
    };
    let obstacle = move || match chosen.get() {
        None => Some("Choose a stage"),
        Some(choice) if choice.needs_reason && reason.with(|reason| reason.trim().is_empty()) => {
            Some("This stage needs a reason")
        }
        Some(_) => None,
    };
    let send = move |_| {
        if obstacle().is_some() {
            return;
        }
        if let Some(change) = change.get_untracked() {
            let decision = registry.decide(reason.get_untracked().trim(), holder.get_untracked(), None);
            is_sent.set(true);
            registry.change(change, decision);
        }
    };
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
                    on:change=move |_| to.set(Some(stage))
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
                        on:change:target=move |event| is_archiving.set(event.target().checked())
                    />
                    {format!("Archive the versions now in {stage}")}
                </label>
                <p class="form__state">{archive_text(stage, &choice.holders)}</p>
            </div>
        })
    };
    let warnings = move || {
        let warnings = chosen.get().map(|choice| choice.warnings).unwrap_or_default();
        warnings.into_iter().map(|text| view! { <p class="note">{text}</p> }).collect_view()
    };
    let comparison = move || {
        let wanted = holder.get();
        let comparison = context.comparison(number).filter(|it| it.holder == wanted)?;
        Some(view! { <SideBySide comparison /> })
    };
    let needs_reason =
        move || chosen.with(|choice| choice.as_ref().is_some_and(|choice| choice.needs_reason));
    let form = move || {
        view! {
            <form class="move" on:submit=move |event| event.prevent_default()>
                <fieldset class="move__stages">
                    <legend>"Move to"</legend>
                    {Stage::ALL.map(radio).collect_view()}
                </fieldset>
                {archive}
                {warnings}
                <section class="move__plan">
                    <h3>"What will be written"</h3>
                    <ul aria-label="What will be written">{plan}</ul>
                    <p class="secondary">"With a record of it in the tags of each version that changes."</p>
                </section>
                <label class="field">
                    <span class="field__label">{move || if needs_reason() { "Reason" } else { "Reason (optional)" }}</span>
                    <textarea
                        class="input"
                        aria-label="Reason"
                        rows="2"
                        prop:value=reason
                        on:input:target=move |event| reason.set(event.target().value())
                    ></textarea>
                </label>
                <AuthorField />
                <h3>{move || match holder.get() {
                    Some(holder) => format!("Version {number} beside version {holder}"),
                    None => format!("Version {number}"),
                }}</h3>
                {comparison}
                <div class="toolbar move__actions">
                    <button
                        type="button"
                        class="button button--primary"
                        aria-disabled=move || obstacle().map(|_| "true")
                        aria-describedby="move-obstacle"
                        on:click=send
                    >
                        "Move"
                    </button>
                    <span class="secondary" id="move-obstacle">{obstacle}</span>
                </div>
            </form>
        }
    };
    view! {
        {move || if is_sent.get() {
            let on_close = Callback::new(move |()| is_open.set(false));
            view! { <ChangeStatus context on_close /> }.into_any()
        } else {
            form().into_any()
        }}
    }
}
