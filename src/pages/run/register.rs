//! The form that registers a model of a run, and what came of it.

use super::load::LoadInPython;
use super::models::version_link;
use crate::pages::author::AuthorField;
use crate::registrar::Ask;
use crate::registrar::files::{FilesAsk, RegisterPhase, RunModel, RunModels};
use crate::registry::registration::{Registration, name_problem, tags_of_lines};
use crate::state::registry::{Listed, use_registry};
use leptos::prelude::*;

/// The form, or the new version once there is one.
#[component]
pub(super) fn RegisterModel(
    /// Which.
    model: Memo<Option<RunModel>>,
    /// The models beside it.
    models: Memo<Option<RunModels>>,
) -> impl IntoView {
    let registry = use_registry();
    let registering = registry.files.registering;
    let done = move || match registering.get() {
        Some(told) => match told.phase {
            RegisterPhase::Done(version, notes) => Some((told.name, version, notes)),
            _ => None,
        },
        None => None,
    };
    view! {
        <div class="register">
            <Show when=move || done().is_none()>
                <RegisterForm model models />
            </Show>
            // Always there, so that a screen reader speaks what comes into it.
            <div role="status">
                {move || done().map(|(name, version, notes)| view! {
                    <p>{version_link(&name, version)} " is registered." </p>
                    {notes.into_iter().map(|note| view! { <p>{note}</p> }).collect_view()}
                })}
            </div>
            <Show when=move || done().is_some()>
                <LoadInPython model models />
            </Show>
        </div>
    }
}

#[component]
fn RegisterForm(model: Memo<Option<RunModel>>, models: Memo<Option<RunModels>>) -> impl IntoView {
    let registry = use_registry();
    let files = registry.files;
    let name = RwSignal::new(String::new());
    let model_description = RwSignal::new(String::new());
    let description = RwSignal::new(String::new());
    let tags = RwSignal::new(String::new());
    let is_touched = RwSignal::new(false);
    let known = move || match registry.models.get() {
        Listed::Here(models, _) => Some(models.into_iter().map(|model| model.name).collect::<Vec<_>>()),
        Listed::Loading | Listed::Failed(_) => None,
    };
    let is_new = move || {
        let name = name.get();
        known().map(|known| !known.iter().any(|known| known == name.trim()))
    };
    let tag_problem = move || tags_of_lines(&tags.get()).err();
    let is_under_way = move || {
        files.registering.get().is_some_and(|told| {
            !matches!(
                told.phase,
                RegisterPhase::Failed(_) | RegisterPhase::Waiting(..) | RegisterPhase::Done(..)
            )
        })
    };
    // Once a version is made, a second press would make another one.
    let is_made =
        move || files.registering.get().is_some_and(|told| matches!(told.phase, RegisterPhase::Waiting(..)));
    let problem = move || {
        if is_under_way() {
            Some("Registering".to_owned())
        } else if is_made() {
            Some("The version is made already.".to_owned())
        } else if let Some(problem) = name_problem(&name.get()) {
            Some(problem.to_owned())
        } else if let Listed::Failed(message) = registry.models.get() {
            Some(message)
        } else if is_new().is_none() {
            Some("The list of models has not arrived yet.".to_owned())
        } else {
            tag_problem()
        }
    };
    let hint = move || {
        let name = name.get();
        match (name_problem(&name), is_new()) {
            // Nobody has typed yet, so nothing is wrong yet.
            (Some(_), _) if name.is_empty() && !is_touched.get() => {
                "Choose a registered model, or type the name of a new one.".to_owned()
            }
            (Some(problem), _) => problem.to_owned(),
            (None, Some(true)) => "No model has this name: it will be made.".to_owned(),
            (None, Some(false)) => format!("This will be a new version of {}.", name.trim()),
            (None, None) => String::new(),
        }
    };
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        is_touched.set(true);
        let (None, Some(model), Some(models)) =
            (untrack(problem), model.get_untracked(), models.get_untracked())
        else {
            return;
        };
        let is_new = untrack(is_new).unwrap_or_default();
        let about = if is_new { model_description.get_untracked() } else { String::new() };
        let registration = Registration {
            run_id: models.run_id,
            model: model.model,
            source: model.source,
            name: name.get_untracked().trim().to_owned(),
            is_new,
            model_description: about,
            description: description.get_untracked(),
            tags: tags_of_lines(&tags.get_untracked()).unwrap_or_default(),
            decision: registry.decide("", None, None),
        };
        registry.ask(&Ask::Files(FilesAsk::Register(Box::new(registration))));
    };
    view! {
        <form class="form register__form" aria-label="Register a model" on:submit=submit>
            <label class="field">
                <span class="field__label">"Registered model"</span>
                <input class="input" type="text" list="register-models" autocomplete="off" spellcheck="false"
                    aria-describedby="register-hint"
                    aria-invalid=move || (!name.get().is_empty() && name_problem(&name.get()).is_some()).then_some("true")
                    prop:value=move || name.get()
                    on:input=move |event| { is_touched.set(true); name.set(event_target_value(&event)); } />
            </label>
            <datalist id="register-models">
                {move || known().unwrap_or_default().into_iter().map(|name| view! { <option value=name></option> }).collect_view()}
            </datalist>
            <p class="secondary register__hint" id="register-hint" role="status">{hint}</p>
            <Show when=move || is_new() == Some(true) && name_problem(&name.get()).is_none()>
                <label class="field">
                    <span class="field__label">"Description of the model"</span>
                    <textarea class="input" rows="2" prop:value=move || model_description.get()
                        on:input=move |event| model_description.set(event_target_value(&event))></textarea>
                </label>
            </Show>
            <label class="field">
                <span class="field__label">"Description of the version"</span>
                <textarea class="input" rows="3" prop:value=move || description.get()
                    on:input=move |event| description.set(event_target_value(&event))></textarea>
            </label>
            <label class="field">
                <span class="field__label">"Tags"</span>
                <textarea class="input" rows="2" placeholder="key=value, one a line" spellcheck="false"
                    aria-describedby="register-tags"
                    prop:value=move || tags.get()
                    on:input=move |event| tags.set(event_target_value(&event))></textarea>
            </label>
            <p class="secondary register__hint" id="register-tags" role="status">
                {move || tag_problem().unwrap_or_default()}
            </p>
            <AuthorField />
            <div class="toolbar">
                <button type="submit" class="button button--primary" aria-describedby="register-state"
                    aria-disabled=move || problem().is_some().then_some("true")>
                    "Register"
                </button>
                <span id="register-state" role="status">{move || state_text(files.registering.get().map(|told| told.phase), is_touched.get().then(problem).flatten())}</span>
            </div>
            {move || match files.registering.get().map(|told| told.phase) {
                Some(RegisterPhase::Failed(message)) => view! { <p class="alert" role="alert">{message}</p> }.into_any(),
                Some(RegisterPhase::Waiting(_, why)) => view! {
                    <div class="note">
                        <p>{why}</p>
                        <button type="button" class="button"
                            on:click=move |_| registry.ask(&Ask::Files(FilesAsk::LookAgain))>
                            "Look again"
                        </button>
                    </div>
                }.into_any(),
                _ => ().into_any(),
            }}
        </form>
    }
}

/// What is going on, or why the button does nothing.
fn state_text(phase: Option<RegisterPhase>, problem: Option<String>) -> String {
    match phase {
        Some(RegisterPhase::Checking) => "Looking whether the model is there".to_owned(),
        Some(RegisterPhase::CreatingModel) => "Making the model".to_owned(),
        Some(RegisterPhase::CreatingVersion) => "Registering the version".to_owned(),
        Some(RegisterPhase::Verifying(version)) => format!("Reading version {version} back"),
        Some(RegisterPhase::Waiting(..) | RegisterPhase::Done(..) | RegisterPhase::Failed(_)) | None => {
            problem.unwrap_or_default()
        }
    }
}
