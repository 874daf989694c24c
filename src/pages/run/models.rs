//! The models that a run logged: what each is, what it is registered as, and what can be done with it.

use super::artifacts::{FolderItems, Tree};
use super::load::LoadInPython;
use super::register::RegisterModel;
use crate::entities::{LoggedModelRef, Manifest, RunId, VersionNumber};
use crate::pages::compare::bytes_text;
use crate::registrar::Ask;
use crate::registrar::files::{FileRef, FilesAsk, RunModel, RunModels};
use crate::registry::load_code::is_preprocessor;
use crate::route::{ModelPage, Route};
use crate::state::registry::use_registry;
use crate::state::{Connection, use_app};
use crate::ui::dialog::Dialog;
use crate::ui::download::save_downloads;
use leptos::prelude::*;

/// A link to a registered model, saying which version.
pub(super) fn version_link(name: &str, version: VersionNumber) -> AnyView {
    let state = use_app();
    let server = move || match state.connection.get() {
        Connection::Connected(info) => info.url,
        _ => String::new(),
    };
    let text = format!("Version {version} of {name}");
    let name = name.to_owned();
    let href = move || {
        let page = ModelPage {
            server: server(),
            name: name.clone(),
            version: Some(version.0),
            ..ModelPage::default()
        };
        Route::Model(page).to_string()
    };
    view! { <a href=href>{text}</a> }.into_any()
}

/// The panel.
#[component]
pub(super) fn ModelsPanel(run_id: Memo<RunId>, preview: Callback<FileRef>) -> impl IntoView {
    let registry = use_registry();
    Effect::new(move || registry.ask(&Ask::Files(FilesAsk::ReadModels(run_id.get()))));
    save_downloads(registry.files.download.into());
    let models = Memo::new(move |_| {
        let run_id = run_id.get();
        registry.files.models.get().filter(|models| models.run_id == run_id)
    });
    let state = move || {
        models.with(|models| match models {
            None => "Looking for models".to_owned(),
            Some(models) if models.is_loading && models.models.is_empty() => "Looking for models".to_owned(),
            Some(models) if models.models.is_empty() && models.problems.is_empty() => {
                "No models logged. A model is a logged model of MLflow 3, or a folder with an MLmodel file."
                    .to_owned()
            }
            Some(models) => models.problems.join(" "),
        })
    };
    let refs = move || {
        models.with(|models| {
            let models = models.iter().flat_map(|models| &models.models);
            models.map(|model| model.model.clone()).collect::<Vec<_>>()
        })
    };
    let others = move || {
        models.with(|models| models.as_ref().map(|models| models.other_versions.clone()).unwrap_or_default())
    };
    view! {
        <section class="panel run-models" aria-labelledby="run-models">
            <header class="panel__head"><h2 class="panel__title" id="run-models">"Models"</h2></header>
            <div class="panel__body run-models__list">
                <p class="panel__empty run-models__state" role="status">{state}</p>
                <For each=refs key=Clone::clone let:model>
                    <ModelOfRun models model preview />
                </For>
                {move || (!others().is_empty()).then(|| view! {
                    <p>"Also registered from this run, with other files: " {links(others())}</p>
                })}
            </div>
        </section>
    }
}

/// Links to versions, in a row.
fn links(versions: Vec<(String, VersionNumber)>) -> AnyView {
    let links = versions.into_iter().enumerate().map(|(place, (name, version))| {
        view! {
            {(place > 0).then_some(", ")}
            {version_link(&name, version)}
        }
    });
    links.collect_view().into_any()
}

/// One model.
#[component]
fn ModelOfRun(
    models: Memo<Option<RunModels>>,
    model: LoggedModelRef,
    preview: Callback<FileRef>,
) -> impl IntoView {
    let registry = use_registry();
    let reference = StoredValue::new(model.clone());
    let found = Memo::new(move |_| {
        models.with(|models| {
            let mut models = models.iter().flat_map(|models| &models.models);
            reference.with_value(|reference| models.find(|model| model.model == *reference).cloned())
        })
    });
    let with =
        move |read: fn(&RunModel) -> String| found.with(|model| model.as_ref().map(read).unwrap_or_default());
    let name = move || with(|model| model.name.clone());
    let facts = move || with(facts_text);
    // Few enough changes arrive that what depends on the model may be built anew with each.
    let versions =
        move || found.with(|model| model.iter().flat_map(|model| model.versions.clone()).collect::<Vec<_>>());
    let manifest = move || found.with(|model| model.as_ref().and_then(|model| model.manifest.clone()));
    let is_registering = RwSignal::new(false);
    let is_loading_code = RwSignal::new(false);
    let open_register = move |()| {
        registry.ask(&Ask::ListModels);
        registry.files.forget_registration();
        is_registering.set(true);
    };
    let to_register = use_app().to_register;
    // Whoever comes from the pick of a comparison wants to register its model: the first that is no preprocessor.
    Effect::new(move || {
        let wanted = to_register.get();
        let is_meant = models.with(|models| {
            let models = models.as_ref().filter(|models| Some(&models.run_id) == wanted.as_ref());
            let mut models = models.iter().flat_map(|models| &models.models);
            let first = models.find(|model| !is_preprocessor(&model.name));
            reference.with_value(|reference| first.is_some_and(|first| first.model == *reference))
        });
        if is_meant {
            to_register.set(None);
            open_register(());
        }
    });
    let open_code = move |_| {
        registry.ask(&Ask::ListModels);
        is_loading_code.set(true);
    };
    let id = match &model {
        LoggedModelRef::Id(id) => Some(id.clone()),
        LoggedModelRef::ArtifactPath(_) => None,
    };
    view! {
        <article class="run-model" aria-label=name>
            <header class="run-model__head">
                <h3 class="run-model__name">{name}</h3>
                <span class="run-model__facts">{facts}</span>
                <span class="run-model__actions">
                    <button type="button" class="button" aria-label=move || format!("Load in Python…, {}", name())
                        on:click=open_code>"Load in Python…"</button>
                    <button type="button" class="button button--primary" aria-label=move || format!("Register {}…", name())
                        on:click=move |_| open_register(())>"Register…"</button>
                </span>
            </header>
            {id.clone().map(|id| view! { <p class="secondary run-model__id">{id}</p> })}
            <p>{move || match versions() {
                versions if !versions.is_empty() => view! { "Registered as " {links(versions)} }.into_any(),
                _ => "Not registered as far as known".into_any(),
            }}</p>
            {move || manifest().map(|manifest| view! { <Signature manifest /> })}
            {id.map(|id| view! { <ModelFiles model_id=id preview /> })}
            <Dialog title="Register a model" is_open=is_registering>
                <RegisterModel model=found models />
            </Dialog>
            <Dialog title="Load in Python" is_open=is_loading_code>
                <LoadInPython model=found models />
            </Dialog>
        </article>
    }
}

/// Flavours, size and the MLflow that wrote it.
fn facts_text(model: &RunModel) -> String {
    let mut facts = Vec::new();
    if let Some(manifest) = &model.manifest {
        facts.push(flavours_text(manifest));
        if !manifest.mlflow_version.is_empty() {
            facts.push(format!("MLflow {}", manifest.mlflow_version));
        }
    }
    facts.insert(facts.len().min(1), model.size_bytes.map_or_else(|| "size unknown".to_owned(), bytes_text));
    facts.join(" · ")
}

fn flavours_text(manifest: &Manifest) -> String {
    if manifest.flavors.is_empty() { "no flavour named".to_owned() } else { manifest.flavors.join(", ") }
}

/// What a model takes and gives, out of its MLmodel file.
#[component]
pub(super) fn Signature(manifest: Manifest) -> impl IntoView {
    if manifest.inputs.is_empty() && manifest.outputs.is_empty() {
        return view! { <p class="panel__empty">"No signature logged"</p> }.into_any();
    }
    let count = |n: usize, noun: &str| format!("{n} {noun}{}", if n == 1 { "" } else { "s" });
    let summary = format!(
        "Signature: {}, {}",
        count(manifest.inputs.len(), "input"),
        count(manifest.outputs.len(), "output")
    );
    let rows = |kind: &'static str, fields: Vec<(String, String)>| {
        let rows = fields.into_iter().map(move |(name, of_type)| {
            view! { <tr><td>{kind}</td><th scope="row">{name}</th><td>{of_type}</td></tr> }
        });
        rows.collect_view()
    };
    view! {
        <details class="run-model__more">
            <summary>{summary}</summary>
            <div class="run-model__signature" tabindex="0" role="region" aria-label="Signature">
                <table class="table" aria-label="Signature">
                    <thead><tr><th scope="col">"Kind"</th><th scope="col">"Name"</th><th scope="col">"Type"</th></tr></thead>
                    <tbody>
                        {rows("Input", manifest.inputs)}
                        {rows("Output", manifest.outputs)}
                    </tbody>
                </table>
            </div>
        </details>
    }
    .into_any()
}

/// The files of a logged model, which are none of the run's artifacts.
#[component]
fn ModelFiles(model_id: String, preview: Callback<FileRef>) -> impl IntoView {
    let registry = use_registry();
    let model_id = StoredValue::new(model_id);
    let is_open = RwSignal::new(false);
    let list = Callback::new(move |path| {
        registry.ask(&Ask::Files(FilesAsk::ListFolder { model_id: model_id.get_value(), path }));
    });
    let folders = Memo::new(move |_| {
        registry
            .files
            .folders
            .with(|folders| model_id.with_value(|id| folders.get(id).cloned().unwrap_or_default()))
    });
    let file = move |path| FileRef::LoggedModel { model_id: model_id.get_value(), path };
    let tree = Tree {
        folders: folders.into(),
        list,
        download: Callback::new(move |path| registry.ask(&Ask::Files(FilesAsk::Download(file(path))))),
        preview: Callback::new(move |path| preview.run(file(path))),
    };
    view! {
        <details
            class="run-model__more"
            on:toggle=move |_| {
                if !is_open.get_untracked() {
                    is_open.set(true);
                    list.run(String::new());
                }
            }
        >
            <summary>"Files"</summary>
            <Show when=move || is_open.get()><FolderItems tree path=String::new() /></Show>
        </details>
    }
}
