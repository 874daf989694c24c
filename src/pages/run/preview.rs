//! A file in a dialog: text, JSON, a table, a picture, or an MLmodel file as what it says.

use super::models::Signature;
use crate::pages::compare::bytes_text;
use crate::registrar::Ask;
use crate::registrar::files::{FileRef, FilesAsk, Preview, Shown, Table};
use crate::state::registry::use_registry;
use crate::ui::dialog::Dialog;
use leptos::prelude::*;

/// The dialog; open while a file is named.
#[component]
pub(super) fn PreviewDialog(
    /// Which file, if any.
    file: RwSignal<Option<FileRef>>,
) -> impl IntoView {
    let registry = use_registry();
    let is_open = RwSignal::new(false);
    // The newest request; an answer to an older one is about another file.
    let request = RwSignal::new(0_u32);
    let ask = Callback::new(move |is_all| {
        if let Some(file) = file.get_untracked() {
            request.update(|request| *request += 1);
            let request = request.get_untracked();
            registry.ask(&Ask::Files(FilesAsk::Preview { request, file, is_all }));
        }
    });
    Effect::new(move || {
        if file.with(Option::is_some) {
            is_open.set(true);
            ask.run(false);
        }
    });
    Effect::new(move || {
        if !is_open.get() && file.with_untracked(Option::is_some) {
            file.set(None);
            forget(registry.files.preview);
        }
    });
    on_cleanup(move || forget(registry.files.preview));
    let path = move || file.with(|file| file.as_ref().map(|file| file.path().to_owned()));
    let found = move || {
        let preview = registry.files.preview.get();
        match preview.filter(|preview| preview.request == request.get()) {
            None => view! { <p class="panel__empty" role="status">"Reading the file"</p> }.into_any(),
            Some(preview) => {
                let name = file.with_untracked(|file| file.as_ref().map(|file| file.name().to_owned()));
                shown(preview, name.unwrap_or_default(), ask)
            }
        }
    };
    view! {
        <Dialog title="Preview" is_open>
            <div class="preview">
                <p class="preview__path">{path}</p>
                {found}
            </div>
        </Dialog>
    }
}

/// Lets go of a preview, and of the picture's bytes.
fn forget(preview: RwSignal<Option<Preview>>) {
    if let Some(Preview { shown: Shown::Image(url), .. }) = preview.get_untracked() {
        // A browser that keeps them does so until the page is left.
        let _ = web_sys::Url::revoke_object_url(&url);
    }
    preview.set(None);
}

fn shown(preview: Preview, name: String, ask: Callback<bool>) -> AnyView {
    let Preview { shown, n_bytes, is_cut, has_more, .. } = preview;
    let size = bytes_text(n_bytes as u64);
    let extent = match (&shown, is_cut, has_more) {
        (Shown::Failed(_) | Shown::Binary, ..) => None,
        (_, false, _) => Some(format!("All of it, {size}.")),
        (_, true, true) => Some(format!("Only the first {size} are shown.")),
        (_, true, false) => Some(format!("Only the first {size} are shown; download it to see all.")),
    };
    view! {
        {extent.map(|extent| view! { <p class="preview__extent" role="status">{extent}</p> })}
        {has_more.then(|| view! {
            <div>
                <button type="button" class="button" on:click=move |_| ask.run(true)>"Show more"</button>
            </div>
        })}
        {content(shown, name)}
    }
    .into_any()
}

fn content(shown: Shown, name: String) -> AnyView {
    match shown {
        Shown::Text(text) if text.is_empty() => {
            view! { <p class="panel__empty">"The file is empty."</p> }.into_any()
        }
        Shown::Text(text) => text_view(text, name),
        Shown::Table(found) => table(found, &name),
        // Only what the registrar's worker has made is ever loaded.
        Shown::Image(url) if url.starts_with("blob:") => {
            view! { <img class="preview__image" src=url alt=name /> }.into_any()
        }
        Shown::Image(_) | Shown::Binary => {
            view! { <p class="panel__empty">"No preview for this kind of file; download it."</p> }.into_any()
        }
        Shown::Manifest(manifest, text) => view! {
            <Signature manifest />
            {text_view(text, name)}
        }
        .into_any(),
        Shown::Failed(message) => view! { <p class="alert" role="alert">{message}</p> }.into_any(),
    }
}

fn text_view(text: String, name: String) -> AnyView {
    // A long text scrolls in its own box; the Tab key must reach it.
    view! { <pre class="code preview__text" dir="ltr" tabindex="0" role="region" aria-label=name>{text}</pre> }
        .into_any()
}

fn table(table: Table, name: &str) -> AnyView {
    let Table { rows, n_rows, n_columns } = table;
    let n_shown = rows.iter().map(Vec::len).max().unwrap_or_default();
    let mut rows = rows.into_iter();
    let header = rows.next().unwrap_or_default();
    let mut notes = Vec::new();
    if rows.len() < n_rows {
        notes.push(format!("The first {} of {n_rows} rows.", rows.len()));
    }
    if n_shown < n_columns {
        notes.push(format!("The first {n_shown} of {n_columns} columns."));
    }
    // The column of row numbers that many tables begin with has no heading.
    let heading = |cell: String| match cell.is_empty() {
        true => view! { <td></td> }.into_any(),
        false => view! { <th scope="col">{cell}</th> }.into_any(),
    };
    let cells = |row: Vec<String>| row.into_iter().map(|cell| view! { <td>{cell}</td> }).collect_view();
    view! {
        {(!notes.is_empty()).then(|| view! { <p class="preview__extent">{notes.join(" ")}</p> })}
        <div class="preview__table" tabindex="0" role="region" aria-label=name.to_owned()>
            <table class="table" aria-label=name.to_owned()>
                <thead>
                    <tr>{header.into_iter().map(heading).collect_view()}</tr>
                </thead>
                <tbody>{rows.map(|row| view! { <tr>{cells(row)}</tr> }).collect_view()}</tbody>
            </table>
        </div>
    }
    .into_any()
}
