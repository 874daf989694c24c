//! The comparison out of the page: the table as CSV, JSON, HiPlot's JSON or Markdown, copied, or as Python that gives the same runs; the
//! plot as a picture; everything as a report.

use crate::engine::Command;
use crate::engine::protocol::{PythonSource, TableFormat};
use crate::pages::context::RunsContext;
use crate::pages::late::{ExportKind, LateExport};
use crate::state::{AppState, Connection, use_app};
use crate::ui::clipboard::copied;
use crate::ui::download::save_downloads;
use crate::ui::popover::Popover;
use leptos::prelude::*;

/// The menu. Of the table it writes the rows in their order, with the shown columns.
#[component]
pub(super) fn Export(context: RunsContext) -> impl IntoView {
    let app = use_app();
    let is_open = RwSignal::new(false);
    save_downloads(context.download);
    Effect::new(move || {
        let Some(text) = app.table_text.get() else { return };
        app.table_text.set(None);
        leptos::task::spawn_local(async move {
            if copied(&text).await {
                app.tell("Copied");
            } else {
                app.alert("The browser refuses to copy here, as it does on pages without https.");
            }
        });
    });
    let entry = move |text: &'static str, command: Command| {
        view! {
            <button
                type="button"
                class="menu-item"
                on:click=move |_| {
                    is_open.set(false);
                    context.send.run(command.clone());
                }
            >
                {text}
            </button>
        }
    };
    let late = LateExport::of_component();
    let picture = move |text: &'static str, kind: ExportKind| {
        view! {
            <button
                type="button"
                class="menu-item"
                on:click=move |_| {
                    is_open.set(false);
                    late.save(kind);
                }
            >
                {text}
            </button>
        }
    };
    view! {
        <Popover label="Export the table" text="Export…" is_open>
            {entry("Save as CSV", Command::SaveTable(TableFormat::Csv))}
            {entry("Save as JSON", Command::SaveTable(TableFormat::Json))}
            {entry("Save for HiPlot", Command::SaveTable(TableFormat::HiPlot))}
            {entry("Save as Markdown", Command::SaveTable(TableFormat::Markdown))}
            {entry("Copy as Markdown", Command::CopyTable)}
            <button
                type="button"
                class="menu-item"
                on:click=move |_| {
                    is_open.set(false);
                    context.send.run(copy_python(context, app));
                }
            >
                "Copy as Python"
            </button>
            {picture("Plot as SVG", ExportKind::PlotSvg)}
            {picture("Plot as PNG", ExportKind::PlotPng)}
            {picture("Everything as an HTML report", ExportKind::Report)}
        </Popover>
    }
}

/// Asks for Python that gives the runs of the table.
pub(super) fn copy_python(context: RunsContext, app: AppState) -> Command {
    Command::CopyPython(PythonSource {
        tracking_uri: tracking_uri(app),
        experiment_ids: context.experiment_ids.get_untracked(),
        run_view: context.run_view.get_untracked(),
    })
}

/// The server as another program reaches it: a proxy of the site's own has the site's address before it.
fn tracking_uri(app: AppState) -> String {
    let Connection::Connected(info) = app.connection.get_untracked() else { return String::new() };
    let is_of_site = info.url.starts_with('/');
    let origin = if is_of_site { window().location().origin().unwrap_or_default() } else { String::new() };
    format!("{origin}{}", info.url)
}
