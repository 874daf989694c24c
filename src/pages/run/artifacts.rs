//! A tree of files: folders list themselves when opened, files can be looked at and saved. Of a run's artifacts,
//! and of the files of a logged model.

use crate::engine::Command;
use crate::engine::protocol::ArtifactFolder;
use crate::entities::{Artifact, RunId};
use crate::pages::compare::bytes_text;
use crate::pages::context::RunsContext;
use crate::registrar::files::FileRef;
use crate::state::files::Folders;
use crate::ui::download::save_downloads;
use leptos::prelude::*;

/// What the levels of a tree share.
#[derive(Clone, Copy)]
pub(super) struct Tree {
    /// The folders listed so far.
    pub folders: Signal<Folders>,
    /// Lists a folder.
    pub list: Callback<String>,
    /// Saves a file.
    pub download: Callback<String>,
    /// Shows a file.
    pub preview: Callback<String>,
}

/// The tree of a run's artifacts from its root.
#[component]
pub(super) fn ArtifactTree(
    context: RunsContext,
    run_id: Memo<RunId>,
    preview: Callback<FileRef>,
) -> impl IntoView {
    let folders = RwSignal::new(Folders::new());
    // Folders arrive one by one as events; the tree is what has been gathered from them for this run.
    let gathered_for = StoredValue::new(None::<RunId>);
    Effect::new(move || {
        let run_id = run_id.get();
        if gathered_for.with_value(|last| last.as_ref() != Some(&run_id)) {
            gathered_for.set_value(Some(run_id.clone()));
            folders.set(Folders::new());
        }
        let folder: Option<ArtifactFolder> = context.artifacts.with(|folder| folder.as_ref()?.read());
        if let Some(folder) = folder
            && folder.run_id == run_id
        {
            folders.update(|folders| {
                folders.insert(folder.path, (folder.items, folder.skipped));
            });
        }
    });
    save_downloads(context.download);
    let tree = Tree {
        folders: folders.into(),
        list: Callback::new(move |path| {
            context.send.run(Command::ListArtifacts { run_id: run_id.get_untracked(), path });
        }),
        download: Callback::new(move |path| {
            context.send.run(Command::DownloadArtifact { run_id: run_id.get_untracked(), path });
        }),
        preview: Callback::new(move |path| {
            preview.run(FileRef::Run { run_id: run_id.get_untracked(), path });
        }),
    };
    view! { <FolderItems tree path=String::new() /> }
}

/// What is in one folder.
#[component]
pub(super) fn FolderItems(tree: Tree, path: String) -> impl IntoView {
    let items = Memo::new(move |_| tree.folders.with(|folders| folders.get(&path).cloned()));
    move || match items.get() {
        None => view! { <p class="panel__empty" role="status">"Listing files"</p> }.into_any(),
        Some((items, skipped)) if items.is_empty() && skipped.is_empty() => {
            view! { <p class="panel__empty">"No files"</p> }.into_any()
        }
        Some((items, skipped)) => view! {
            {(!skipped.is_empty()).then(|| view! { <p role="status">{skipped.join(" ")}</p> })}
            <ul class="artifacts">
                {items
                    .into_iter()
                    .map(|item| if item.is_dir { folder(tree, item) } else { file(tree, item) })
                    .collect_view()}
            </ul>
        }
        .into_any(),
    }
}

fn folder(tree: Tree, item: Artifact) -> AnyView {
    let is_open = RwSignal::new(false);
    let name = base_name(&item.path);
    let path = StoredValue::new(item.path);
    let on_click = move |_| {
        is_open.update(|is_open| *is_open = !*is_open);
        let is_listed =
            tree.folders.with_untracked(|folders| path.with_value(|path| folders.contains_key(path)));
        if is_open.get_untracked() && !is_listed {
            tree.list.run(path.get_value());
        }
    };
    view! {
        <li class="artifacts__item">
            <button
                type="button"
                class="artifacts__folder"
                aria-expanded=move || is_open.get().to_string()
                on:click=on_click
            >
                {format!("{name}/")}
            </button>
            <Show when=move || is_open.get()>
                <FolderItems tree path=path.get_value() />
            </Show>
        </li>
    }
    .into_any()
}

fn file(tree: Tree, item: Artifact) -> AnyView {
    let name = base_name(&item.path);
    let size = item.size_bytes.map_or_else(|| "size unknown".to_owned(), bytes_text);
    let path = StoredValue::new(item.path);
    let button = |verb: &'static str, act: Callback<String>| {
        let label = format!("{verb} {name}");
        view! {
            <button type="button" class="button" aria-label=label on:click=move |_| act.run(path.get_value())>
                {verb}
            </button>
        }
    };
    view! {
        <li class="artifacts__item artifacts__file">
            <span class="artifacts__name">{name.clone()}</span>
            <span class="artifacts__size">{size}</span>
            {button("Preview", tree.preview)}
            {button("Download", tree.download)}
        </li>
    }
    .into_any()
}

fn base_name(path: &str) -> String {
    path.rsplit('/').next().unwrap_or(path).to_owned()
}
