//! What became of a change: its steps, what went wrong, and how to go on.

use super::ModelContext;
use crate::registrar::Ask;
use crate::registrar::protocol::{Done, Phase, Progress, StepState};
use leptos::prelude::*;

/// The newest change.
#[component]
pub(super) fn ChangeStatus(
    context: ModelContext,
    /// Nothing is left to decide here.
    on_close: Callback<()>,
) -> impl IntoView {
    let registry = context.registry;
    let step = |step: StepState| {
        let (mark, word) = match step.done {
            Done::Yes => ("✓", "done"),
            Done::No => ("–", "not done"),
            Done::Unknown => ("?", "not known"),
        };
        view! {
            <li class="steps__step">
                <span aria-hidden="true">{mark}</span>
                {step.text}
                <span class="secondary">{word}</span>
            </li>
        }
    };
    let close = move |_| on_close.run(());
    let actions = move |phase: &Phase| {
        match phase {
        Phase::Checking | Phase::Writing | Phase::Verifying => ().into_any(),
        Phase::Finished => view! {
            <div class="toolbar">
                <button type="button" class="button button--primary" on:click=close>"Close"</button>
            </div>
        }
        .into_any(),
        Phase::Refused(_) => view! {
            <div class="toolbar">
                <button type="button" class="button button--primary" on:click=move |_| {
                    registry.leave();
                    on_close.run(());
                }>"Look at it anew"</button>
            </div>
        }
        .into_any(),
        Phase::Stopped(_) => view! {
            <div class="toolbar">
                <button type="button" class="button button--primary" on:click=move |_| registry.ask(&Ask::Finish)>"Finish"</button>
                <button type="button" class="button" on:click=move |_| {
                    let decision = registry.decide("Taken back after it had stopped midway", None, None);
                    registry.ask(&Ask::GoBack { decision });
                }>"Go back"</button>
                <button type="button" class="button" on:click=move |_| {
                    registry.leave();
                    on_close.run(());
                }>"Leave as it is"</button>
            </div>
        }
        .into_any(),
    }
    };
    let words = |progress: &Progress| match &progress.phase {
        Phase::Checking => view! { <p role="status">"Reading how things stand…"</p> }.into_any(),
        Phase::Writing => view! { <p role="status">"Writing…"</p> }.into_any(),
        Phase::Verifying => view! { <p role="status">"Reading back…"</p> }.into_any(),
        Phase::Finished => view! { <p role="status">"Done, and read back from the server."</p> }.into_any(),
        Phase::Refused(differences) => view! {
            <div class="alert" role="alert">
                <p>"Nothing was written: something moved since you looked. " {differences.join(" ")}</p>
            </div>
        }
        .into_any(),
        Phase::Stopped(why) => {
            view! { <div class="alert" role="alert"><p>{why.clone()}</p></div> }.into_any()
        }
    };
    move || {
        registry.progress.get().map(|progress| {
            let steps = progress.steps.clone();
            let hides_steps = matches!(progress.phase, Phase::Refused(_));
            view! {
                <section class="change" aria-label="Change">
                    <p class="change__text">{progress.text.clone()}</p>
                    {words(&progress)}
                    {(!hides_steps).then(|| view! {
                        <ol class="steps" aria-label="Steps">{steps.into_iter().map(step).collect_view()}</ol>
                    })}
                    {actions(&progress.phase)}
                </section>
            }
        })
    }
}
