//! Python that loads a model, with what to choose of and a button that copies it.

use crate::entities::{LoggedModelRef, VersionNumber};
use crate::registrar::files::{RegisterPhase, RunModel, RunModels};
use crate::registry::load_code::{Origin, Preprocessor, is_preprocessor, python};
use crate::state::registry::{Listed, use_registry};
use crate::state::{Connection, use_app};
use crate::ui::clipboard::copied;
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::HtmlDocument;

/// The code for a model of a run, by version, by alias or as the run logged it.
#[component]
pub(in crate::pages) fn LoadInPython(
    /// Which.
    model: Memo<Option<RunModel>>,
    /// The models beside it, of which one may be its preprocessor.
    models: Memo<Option<RunModels>>,
    /// The version that is loaded unless another one is chosen.
    #[prop(optional)]
    first: Option<(String, VersionNumber)>,
) -> impl IntoView {
    let first = StoredValue::new(first);
    let state = use_app();
    let registry = use_registry();
    let origins = move || {
        let (Some(model), Some(models)) = (model.get(), models.get()) else { return vec![] };
        let versions = model.versions.iter().map(|(name, version)| Origin::Version(name.clone(), *version));
        let mut origins: Vec<Origin> = versions.collect();
        if let Listed::Here(registered, _) = registry.models.get() {
            for (name, version) in &model.versions {
                let aliases =
                    registered.iter().filter(|other| other.name == *name).flat_map(|other| &other.aliases);
                let aliases = aliases.filter(|alias| alias.version == *version);
                origins.extend(aliases.map(|alias| Origin::Alias(name.clone(), alias.name.clone())));
            }
        }
        origins.push(Origin::Run(models.run_id, model.model));
        let bring_first = |origins: &mut Vec<Origin>, (name, version): (String, VersionNumber)| {
            let wanted = Origin::Version(name, version);
            if let Some(place) = origins.iter().position(|origin| *origin == wanted) {
                origins.swap(0, place);
            }
        };
        // The version that has just been made is what somebody wants to load.
        if let Some(first) = first.get_value() {
            bring_first(&mut origins, first);
        } else if let Some(told) = registry.files.registering.get()
            && let RegisterPhase::Done(version, _) = told.phase
        {
            bring_first(&mut origins, (told.name, version));
        }
        origins
    };
    let preprocessors = move || {
        let (Some(model), Some(models)) = (model.get(), models.get()) else { return vec![] };
        preprocessors_of(&model, &models)
    };
    let chosen_origin = RwSignal::new(0_usize);
    // The first one, if there is any: it lies beside the model for a reason.
    let chosen_preprocessor = RwSignal::new(Some(0_usize));
    let code = Memo::new(move |_| {
        let Connection::Connected(info) = state.connection.get() else { return String::new() };
        // A proxy on the site's own origin is no address for a program elsewhere.
        let origin = if info.url.starts_with('/') {
            window().location().origin().unwrap_or_default()
        } else {
            String::new()
        };
        let origins = origins();
        let Some(chosen) = origins.get(chosen_origin.get()).or(origins.first()) else { return String::new() };
        let manifest = model.get().and_then(|model| model.manifest).unwrap_or_default();
        let preprocessors = preprocessors();
        let preprocessor = chosen_preprocessor.get().and_then(|place| preprocessors.get(place));
        python(&format!("{origin}{}", info.url), chosen, &manifest, preprocessor.map(|(_, found)| found))
    });
    view! {
        <div class="load-code">
            <label class="field">
                <span class="field__label">"Load"</span>
                <select
                    class="select"
                    on:change=move |event| chosen_origin.set(event_target_value(&event).parse().unwrap_or(0))
                >
                    {move || {
                        let options = origins().into_iter().enumerate().map(|(place, origin)| {
                            view! {
                                <option value=place.to_string() selected=move || chosen_origin.get() == place>
                                    {origin.text()}
                                </option>
                            }
                        });
                        options.collect_view()
                    }}
                </select>
            </label>
            <Show when=move || !preprocessors().is_empty()>
                <label class="field">
                    <span class="field__label">"Preprocessor"</span>
                    <select
                        class="select"
                        on:change=move |event| chosen_preprocessor.set(event_target_value(&event).parse().ok())
                    >
                        {move || {
                            let options = preprocessors().into_iter().enumerate().map(|(place, (text, _))| {
                                view! {
                                    <option
                                        value=place.to_string()
                                        selected=move || chosen_preprocessor.get() == Some(place)
                                    >
                                        {text}
                                    </option>
                                }
                            });
                            options.collect_view()
                        }}
                        <option value="none" selected=move || chosen_preprocessor.get().is_none()>"None"</option>
                    </select>
                </label>
            </Show>
            <CodeBlock code />
        </div>
    }
}

/// Pickled files of the run, and other models of it that are named like a preprocessor.
fn preprocessors_of(model: &RunModel, models: &RunModels) -> Vec<(String, Preprocessor)> {
    let run_id = || models.run_id.clone();
    let files = models.preprocessors.iter();
    let mut found: Vec<(String, Preprocessor)> =
        files.map(|path| (path.clone(), Preprocessor::Artifact(run_id(), path.clone()))).collect();
    let others =
        models.models.iter().filter(|other| other.model != model.model && is_preprocessor(&other.name));
    found.extend(others.map(|other| {
        let text = match &other.model {
            LoggedModelRef::Id(_) => format!("{} (a logged model)", other.name),
            LoggedModelRef::ArtifactPath(_) => format!("{} (a model)", other.name),
        };
        (text, Preprocessor::Model(run_id(), other.model.clone()))
    }));
    found
}

/// Code and a button that copies it.
#[component]
fn CodeBlock(code: Memo<String>) -> impl IntoView {
    let block: NodeRef<html::Pre> = NodeRef::new();
    let said = RwSignal::new("");
    Effect::new(move || {
        code.track();
        said.set("");
    });
    let copy = move |_| {
        let text = code.get_untracked();
        leptos::task::spawn_local(async move {
            let is_copied =
                copied(&text).await || block.get_untracked().is_some_and(|block| copied_by_hand(&block));
            said.set(if is_copied {
                "Copied"
            } else {
                "The browser refuses to copy: the code is selected, copy it with Ctrl+C."
            });
        });
    };
    view! {
        <pre class="code load-code__text" tabindex="0" role="region" aria-label="Python code" node_ref=block>{code}</pre>
        <div class="toolbar">
            <button type="button" class="button" on:click=copy>"Copy"</button>
            <span role="status">{move || said.get()}</span>
        </div>
    }
}

/// As a person would: selected, then copied. It leaves the selection, for the person to try as well.
fn copied_by_hand(block: &web_sys::HtmlPreElement) -> bool {
    let Ok(Some(selection)) = window().get_selection() else { return false };
    selection.select_all_children(block).is_ok()
        && document()
            .dyn_into::<HtmlDocument>()
            .is_ok_and(|document| document.exec_command("copy").unwrap_or(false))
}
