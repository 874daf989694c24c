//! The dialog in which a change of a stage or an alias is decided: what is there now, the candidate beside it, what
//! will be written, and why.

use super::alias_dialog::{DecideAlias, DecideRemoval};
use super::change_status::{ChangeStatus, phase_text};
use super::move_dialog::DecideMove;
use super::undo_dialog::DecideUndo;
use super::{Intent, ModelContext, Moving};
use crate::entities::{Stage, VersionNumber};
use crate::pages::author::AuthorField;
use crate::registrar::protocol::{Phase, Progress};
use crate::registry::change::{Change, Decision, Step};
use crate::ui::dialog::Dialog;
use crate::ui::side_by_side::SideBySide;
use leptos::html;
use leptos::prelude::*;

/// What is kept of a decision while it is made, and when it has to be made anew.
#[derive(Clone, Copy)]
pub(super) struct Draft {
    /// Why.
    pub reason: RwSignal<String>,
    /// The stage chosen, of a move.
    pub to: RwSignal<Option<Stage>>,
    /// Whether the versions there are archived, where somebody has said so.
    pub is_archiving: RwSignal<Option<bool>>,
    is_sent: RwSignal<bool>,
}

/// The dialog; it opens when the context names something to decide.
#[component]
pub(super) fn DecisionDialog(context: ModelContext) -> impl IntoView {
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
        let Some(Moving { version, intent }) = context.moving.get() else { return String::new() };
        let of = context.page.with(|page| format!("version {version} of {}", page.name));
        match intent {
            Intent::Move(_) => format!("Move {of}"),
            Intent::SetAlias(alias) => format!("Set alias {alias} to {of}"),
            Intent::RemoveAlias(alias) => format!("Remove alias {alias} from {of}"),
            Intent::Undo => format!("Undo the last move of {of}"),
        }
    });
    view! {
        <Dialog title is_open is_wide=true>
            {move || context.moving.get_untracked().map(|moving| view! { <Deciding context moving is_open /> })}
        </Dialog>
    }
}

/// The form, and after it what became of the change.
#[component]
fn Deciding(context: ModelContext, moving: Moving, is_open: RwSignal<bool>) -> impl IntoView {
    let Moving { version: number, intent } = moving;
    let to = if let Intent::Move(to) = &intent { *to } else { None };
    let draft = Draft {
        reason: RwSignal::default(),
        to: RwSignal::new(to),
        is_archiving: RwSignal::new(None),
        is_sent: RwSignal::new(false),
    };
    let is_anew = RwSignal::new(false);
    let words: NodeRef<html::P> = NodeRef::new();
    let focus_words = Callback::new(move |()| {
        if let Some(words) = words.get_untracked() {
            drop(words.focus());
        }
    });
    Effect::new(move |was_sent: Option<bool>| {
        // The button that had the focus goes with the form, and comes back with it.
        let is_sent = draft.is_sent.get();
        if was_sent.is_some_and(|was_sent| was_sent != is_sent) {
            focus_words.run(());
        }
        is_sent
    });
    let text = move || match (draft.is_sent.get(), is_anew.get()) {
        (true, _) => {
            context.registry.progress.with(|progress| progress.as_ref().map(phase_text)).unwrap_or_default()
        }
        (false, true) => "This is how things stand now. What you chose and wrote is kept.",
        (false, false) => "",
    };
    let on_close = Callback::new(move |()| is_open.set(false));
    let on_anew = Callback::new(move |()| {
        // What the change was refused for has been read: the form is made of it.
        context.registry.leave();
        is_anew.set(true);
        draft.is_sent.set(false);
    });
    let intent = StoredValue::new(intent);
    let content = move || {
        if draft.is_sent.get() {
            return view! { <ChangeStatus context has_words=false on_close on_anew on_action=focus_words /> }
                .into_any();
        }
        match intent.get_value() {
            Intent::Move(_) => view! { <DecideMove context number draft /> }.into_any(),
            Intent::SetAlias(alias) => view! { <DecideAlias context number draft alias /> }.into_any(),
            Intent::RemoveAlias(alias) => view! { <DecideRemoval context number draft alias /> }.into_any(),
            Intent::Undo => view! { <DecideUndo context number draft /> }.into_any(),
        }
    };
    // The words stay where they are, so that each change of them is announced.
    view! {
        <p class="decision__words" role="status" tabindex="-1" node_ref=words>{text}</p>
        {content}
    }
}

/// What all of these decisions have in common.
#[component]
pub(super) fn DecisionForm(
    context: ModelContext,
    /// The version decided about.
    number: VersionNumber,
    /// What is kept of it.
    draft: Draft,
    /// What is to be written; none while nothing is chosen.
    #[prop(into)]
    change: Signal<Option<Change>>,
    /// The version that the candidate is held against.
    holder: Memo<Option<VersionNumber>>,
    /// Whether it takes a reason.
    #[prop(into)]
    needs_reason: Signal<bool>,
    /// Why it cannot be done, the reason left aside.
    #[prop(into)]
    obstacle: Signal<Option<String>>,
    /// The entry that it takes back.
    #[prop(optional_no_strip)]
    undoes: Option<String>,
    /// What the button says.
    button: &'static str,
    /// What is to be chosen.
    children: Children,
) -> impl IntoView {
    let registry = context.registry;
    let reason = draft.reason;
    Effect::new(move |asked: Option<Option<_>>| {
        let holder = holder.get();
        if asked != Some(holder) {
            context.compare(number, holder);
        }
        holder
    });
    let plan = move || {
        let steps =
            change.get().map(|change| change.steps(&Decision::default(), usize::MAX)).unwrap_or_default();
        let writes = steps.iter().filter(|step| !step.is_record()).map(Step::text).collect::<Vec<_>>();
        writes.into_iter().map(|text| view! { <li>{text}</li> }).collect_view()
    };
    let obstacle = move || {
        let lacks_reason = || needs_reason.get() && reason.with(|reason| reason.trim().is_empty());
        obstacle.get().or_else(|| lacks_reason().then(|| "A reason is needed here".to_owned()))
    };
    let undoes = StoredValue::new(undoes);
    let send = move |_| {
        if untrack(obstacle).is_some() {
            return;
        }
        if let Some(change) = change.get_untracked() {
            let reason = reason.get_untracked();
            let decision = registry.decide(reason.trim(), holder.get_untracked(), undoes.get_value());
            if registry.change(change, decision) {
                draft.is_sent.set(true);
            }
        }
    };
    let comparison = move || {
        let wanted = holder.get();
        let comparison = context.comparison(number).filter(|it| it.holder == wanted)?;
        Some(view! { <SideBySide comparison on_more_curves=registry.more_curves() /> })
    };
    view! {
        <form class="move" on:submit=move |event| event.prevent_default()>
            {children()}
            <section class="move__plan">
                <h3>"What will be written"</h3>
                <ul aria-label="What will be written">{plan}</ul>
                <p class="secondary">"With a record of it in the tags of each version that changes."</p>
            </section>
            <label class="field">
                <span class="field__label">{move || if needs_reason.get() { "Reason" } else { "Reason (optional)" }}</span>
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
                    aria-describedby="decision-obstacle"
                    on:click=send
                >
                    {button}
                </button>
                <span class="secondary" id="decision-obstacle">{obstacle}</span>
            </div>
        </form>
    }
}

/// What a candidate is held against where nothing else stands in its place: the newest other version in Production.
pub(super) fn other_in_production(
    state: &crate::registry::ModelState,
    number: VersionNumber,
) -> Option<VersionNumber> {
    state.in_stage(Stage::Production).into_iter().find(|other| *other != number)
}
