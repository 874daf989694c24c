//! The table out of the page: saved as CSV, JSON or Markdown, or copied.

use crate::engine::Command;
use crate::engine::protocol::TableFormat;
use crate::pages::context::RunsContext;
use crate::state::use_app;
use crate::ui::clipboard::copied;
use crate::ui::download::save_downloads;
use crate::ui::popover::Popover;
use leptos::prelude::*;

/// The menu. What it writes are the table's rows in their order, with the shown columns.
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
                app.tell("Copied the table as Markdown");
            } else {
                app.alert("The browser refuses to copy here. Save the table as Markdown instead.");
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
    view! {
        <Popover label="Export the table" text="Export…" is_open>
            {entry("Save as CSV", Command::SaveTable(TableFormat::Csv))}
            {entry("Save as JSON", Command::SaveTable(TableFormat::Json))}
            {entry("Save as Markdown", Command::SaveTable(TableFormat::Markdown))}
            {entry("Copy as Markdown", Command::CopyTable)}
        </Popover>
    }
}
