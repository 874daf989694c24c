//! Commands by their words, and the sheet of keys.

use super::export::copy_python;
use super::views::link_copier;
use super::{EditView, PageActions, Sheets};
use crate::engine::Command;
use crate::engine::protocol::TableFormat;
use crate::pages::context::RunsContext;
use crate::pages::late::{ExportKind, LateExport};
use crate::route::Route;
use crate::route::saved::view_of;
use crate::state::{memory, use_app};
use crate::ui::dialog::Dialog;
use crate::ui::focus::focus_on;
use crate::view::choices::{NamedColumn, choices, found};
use crate::view::edit::{Defaults, ViewEdit};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::KeyboardEvent;

/// So many entries are shown; more words find the others.
const N_SHOWN: usize = 50;
const ENTRY: &str = "command-";

/// What a command does.
#[derive(Clone)]
enum Action {
    Edit(ViewEdit),
    Send(Command),
    Focus(&'static str),
    /// To the page of this address.
    Go(String),
    /// What the button of this text does.
    Press(&'static str),
    Export(ExportKind),
    Run(Callback<()>),
    Link,
    Keys,
}

/// Both dialogs.
#[component]
pub(in crate::pages) fn Palette(context: RunsContext) -> impl IntoView {
    let sheets: Sheets = expect_context();
    let copy_link = link_copier(context);
    let late = LateExport::of_component();
    view! {
        <Dialog title="Commands" is_open=sheets.are_commands_open>
            <Commands context sheets copy_link late />
        </Dialog>
        <Dialog title="Pointer and keys" is_open=sheets.are_keys_open>
            <Keys />
        </Dialog>
    }
}

#[component]
fn Commands(
    context: RunsContext,
    sheets: Sheets,
    copy_link: Callback<()>,
    late: LateExport,
) -> impl IntoView {
    let edit: EditView = expect_context();
    // What can be done does not change while the dialog is open.
    let all = StoredValue::new(commands(context));
    let query = RwSignal::new(String::new());
    let active = RwSignal::new(0_usize);
    let hits = Memo::new(move |_| {
        let hits = all
            .with_value(|all| query.with(|query| found(all.iter().map(|(words, _)| words.as_str()), query)));
        (hits.len(), hits.into_iter().take(N_SHOWN).collect::<Vec<_>>())
    });
    let run = move |place: usize| {
        let Some(action) = all.with_value(|all| all.get(place).map(|(_, action)| action.clone())) else {
            return;
        };
        sheets.are_commands_open.set(false);
        match action {
            Action::Edit(change) => edit.edit(change),
            Action::Send(command) => context.send.run(command),
            // The dialog gives the focus back first.
            Action::Focus(selector) => request_animation_frame(move || focus_on(selector)),
            Action::Go(route) => drop(window().location().set_hash(&route)),
            Action::Press(text) => request_animation_frame(move || press(text)),
            Action::Export(kind) => late.save(kind),
            Action::Run(act) => act.run(()),
            Action::Link => copy_link.run(()),
            Action::Keys => sheets.are_keys_open.set(true),
        }
    };
    let on_keydown = move |event: KeyboardEvent| {
        let n_shown = hits.with_untracked(|(_, hits)| hits.len());
        let now = active.get_untracked();
        let next = match event.key().as_str() {
            "ArrowDown" => (now + 1).min(n_shown.saturating_sub(1)),
            "ArrowUp" => now.saturating_sub(1),
            "Enter" => {
                event.prevent_default();
                if let Some(place) = hits.with_untracked(|(_, hits)| hits.get(now).copied()) {
                    run(place);
                }
                return;
            }
            _ => return,
        };
        event.prevent_default();
        active.set(next);
        let entry = document().get_element_by_id(&format!("{ENTRY}{next}"));
        if let Some(entry) = entry {
            let options = web_sys::ScrollIntoViewOptions::new();
            options.set_block(web_sys::ScrollLogicalPosition::Nearest);
            entry.scroll_into_view_with_scroll_into_view_options(&options);
        }
    };
    let summary = move || {
        let (n_found, n_shown) = hits.with(|(n_found, hits)| (*n_found, hits.len()));
        if n_shown < n_found {
            format!("The first {n_shown} of {n_found}")
        } else {
            format!("{n_found} found")
        }
    };
    let entry = move |(at, place): (usize, usize)| {
        let words = all.with_value(|all| all[place].0.clone());
        view! {
            <li
                id=format!("{ENTRY}{at}")
                class="menu-item palette__entry"
                role="option"
                aria-selected=move || (active.get() == at).to_string()
                on:click=move |_| run(place)
            >
                {words}
            </li>
        }
    };
    request_animation_frame(|| focus_on(".palette input"));
    view! {
        <div class="palette">
            <input
                type="text"
                class="input"
                role="combobox"
                aria-label="Command"
                aria-expanded="true"
                aria-autocomplete="list"
                aria-controls="palette-entries"
                aria-activedescendant=move || {
                    let n_shown = hits.with(|(_, hits)| hits.len());
                    (n_shown > 0).then(|| format!("{ENTRY}{}", active.get()))
                }
                placeholder="sort rmse, open ranking, save csv"
                autocomplete="off"
                spellcheck="false"
                on:input:target=move |event| {
                    query.set(event.target().value());
                    active.set(0);
                }
                on:keydown=on_keydown
            />
            <p class="secondary" role="status">{summary}</p>
            <ul id="palette-entries" class="palette__entries" role="listbox" aria-label="Commands">
                <For
                    each=move || hits.with(|(_, hits)| hits.iter().copied().enumerate().collect::<Vec<_>>())
                    key=|entry| *entry
                    children=entry
                />
            </ul>
        </div>
    }
}

/// Presses the button of the page with this text.
fn press(text: &str) {
    let Ok(buttons) = document().query_selector_all("main.compare button") else { return };
    let found = (0..buttons.length())
        .filter_map(|at| buttons.item(at)?.dyn_into::<web_sys::HtmlElement>().ok())
        .find(|button| button.text_content().is_some_and(|own| own.trim() == text));
    if let Some(button) = found {
        button.click();
    }
}

fn commands(context: RunsContext) -> Vec<(String, Action)> {
    let actions: PageActions = expect_context();
    let server =
        use_app().route.with_untracked(|route| route.server().map(str::to_owned)).unwrap_or_default();
    let experiment_ids = context.experiment_ids.get_untracked();
    let run_view = context.run_view.get_untracked();
    let page = |route: Route| Action::Go(route.to_string());
    let own = |words: &str, action: Action| (words.to_owned(), action);
    let mut all = vec![
        own("Filter runs", Action::Focus(".filter-box input")),
        own("Go to the table", Action::Focus("[role=grid]")),
        own("Show pointer and keys", Action::Keys),
        own("Undo", Action::Run(actions.undo)),
        own("Redo", Action::Run(actions.redo)),
        own("Select the runs shown", Action::Run(actions.select_shown)),
        own("Choose columns", Action::Press("Columns…")),
        own("Delete or restore runs", Action::Press("Manage…")),
        own("Turn Live on or off", Action::Press("Live")),
        own("Save or open a view", Action::Press("Views…")),
        own("Copy a link to this page", Action::Link),
    ];
    if let Ok(views) = memory::saved_views() {
        all.extend(views.all().iter().map(|saved| {
            let change = ViewEdit::Replace(Box::new(view_of(&saved.view)));
            (format!("Open view: {}", saved.name), Action::Edit(change))
        }));
    }
    let columns = context.columns.get_untracked();
    let named: Vec<NamedColumn<'_>> = columns
        .columns
        .iter()
        .map(|info| NamedColumn {
            key: &info.key,
            title: &info.label,
            is_numeric: info.is_numeric,
            better: info.better,
        })
        .collect();
    let defaults = Defaults { axes: columns.default_axes.clone(), columns: columns.default_columns.clone() };
    let found = context.view.with_untracked(|view| choices(view, &named, &defaults));
    all.extend(found.into_iter().map(|choice| (choice.words, Action::Edit(choice.edit))));
    all.extend([
        own("Reload runs", Action::Send(Command::LoadRuns { experiment_ids, run_view, is_anew: true })),
        own("Save the table as CSV", Action::Send(Command::SaveTable(TableFormat::Csv))),
        own("Save the table as JSON", Action::Send(Command::SaveTable(TableFormat::Json))),
        own("Save every column for HiPlot", Action::Send(Command::SaveTable(TableFormat::HiPlot))),
        own("Save the table as Markdown", Action::Send(Command::SaveTable(TableFormat::Markdown))),
        own("Copy the table as Markdown", Action::Send(Command::CopyTable)),
        own("Copy the runs as Python", Action::Send(copy_python(context, use_app()))),
        own("Save the plot as SVG", Action::Export(ExportKind::PlotSvg)),
        own("Save the plot as PNG", Action::Export(ExportKind::PlotPng)),
        own("Save everything as an HTML report", Action::Export(ExportKind::Report)),
        own("Go to experiments", page(Route::Experiments { server: server.clone() })),
        own(
            "Go to registered models",
            page(Route::Models { server: server.clone(), search: String::new(), sort: None }),
        ),
        own("Go to the review", page(Route::Review { server, opened: None })),
    ]);
    all
}

/// Where, with the pointer, with keys. README.md says the same.
const KEYS: [(&str, &str, &str); 8] = [
    (
        "anywhere",
        "“Commands…”",
        "Ctrl+K commands, ? this sheet, Ctrl+Z undo, Ctrl+Shift+Z redo, Escape closes",
    ),
    (
        "an axis",
        "drag: brush; with Shift: one more interval; drag a brush or its edge: move it; click: clear",
        "Tab to its two sliders: arrows, Page Up and Page Down, Home and End move a bound, Delete clears",
    ),
    ("an axis's title", "drag: move the axis; click: menu", "Alt+← and Alt+→ move it, Enter opens the menu"),
    ("a lane or a category", "click: pick", "Space"),
    (
        "the table",
        "click a header: sort; drag it or its edge: move, resize; ⋮: menu; click a box: select, with Shift a range",
        "arrows, Page Up and Page Down, Home and End; Space selects, with Shift these select a range; Enter opens a run, or sorts on a header; there Alt+arrows move and Alt+Shift+arrows resize a column",
    ),
    (
        "a chart",
        "move: the nearest point; click: select the run; drag: pan; Ctrl and wheel: zoom",
        "← and → from point to point, ↑ and ↓ from series to series, Home and End, Enter selects the run, + and − zoom, Escape shows everything",
    ),
    ("the scatter plot", "drag: a box or a lasso that brushes", "brush the same columns on their axes"),
    ("a list of commands", "click", "type words, ↑ and ↓, Enter"),
];

#[component]
fn Keys() -> impl IntoView {
    let row = |(place, pointer, keys): (&'static str, &'static str, &'static str)| {
        view! { <tr><th scope="row">{place}</th><td>{pointer}</td><td>{keys}</td></tr> }
    };
    view! {
        <div class="table-scroll" tabindex="0" role="region" aria-label="Pointer and keys, scrollable">
            <table class="table">
                <thead><tr><th scope="col">"Where"</th><th scope="col">"Pointer"</th><th scope="col">"Keys"</th></tr></thead>
                <tbody>{KEYS.map(row).collect_view()}</tbody>
            </table>
        </div>
    }
}
