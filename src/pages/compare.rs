//! The compare page: filter, counts, parallel coordinates and the table of runs.
//!
//! It turns what people do into a changed view, the changed view into one message to the engine, and keeps the
//! views before for undo. It looks at no run.

pub(super) mod derived;
mod export;
mod filter_box;
mod live;
pub(super) mod manage;
pub(super) mod palette;
pub(super) mod report;
mod status;
mod timing;
pub(super) mod views;
pub(super) mod workspace;

use self::derived::DerivedDialog;
use self::export::Export;
use self::filter_box::{FilterBox, Typed};
use self::live::Live;
pub(crate) use self::status::bytes_text;
use self::status::{Decisions, LoadStatus, NoRuns, RunCounts};
use self::timing::Timings;
use crate::engine::Command;
use crate::engine::protocol::{PlotSize, RowsPage, RunSet};
use crate::entities::{ColumnKey, ExperimentId, PARENT_RUN_TAG, RunId, RunView};
use crate::pages::context::{HistoryEntry, RunsContext};
use crate::pages::late::{LateKind, LateMenu, LatePalette, LateWorkspace, late_piece};
use crate::state::use_app;
use crate::ui::column_list::DerivedColumns;
use crate::ui::data_grid::{DataGrid, WantedRows};
use crate::ui::dialog::Dialog;
use crate::ui::late_piece::{ColumnListParts, LatePieces};
use crate::ui::parallel_plot::{ParallelPlot, now_millis};
use crate::view::Panel;
use crate::view::edit::{Defaults, EditRequest, ViewEdit};
use crate::view::undo::Undo;
use leptos::ev;
use leptos::prelude::*;
use std::collections::HashSet;
use std::time::Duration;
use wasm_bindgen::JsCast;

/// How long the page waits for a paint before it sends the next view all the same.
const PATIENCE: Duration = Duration::from_millis(120);

/// What the parts of the page share.
#[derive(Clone, Copy)]
struct Comparison {
    context: RunsContext,
    defaults: Memo<Defaults>,
    history: RwSignal<Undo>,
    timings: Timings,
}

impl Comparison {
    fn edit(self, request: &EditRequest) {
        let before = self.context.view.get_untracked();
        let after = self.defaults.with_untracked(|defaults| before.edited(&request.edit, defaults));
        let has_changed = after != before;
        // As with Undo, the first part of a drag makes the entry in the browser's history.
        let is_continued = self.history.with_untracked(Undo::is_ongoing);
        self.history.update(|history| history.edited(after.clone(), request.is_ongoing));
        if has_changed {
            self.timings.view_changes(request.at_millis);
        }
        let entry = if is_continued { HistoryEntry::Replace } else { HistoryEntry::Push };
        if has_changed {
            self.context.set_view.run((after, entry));
        }
    }

    fn apply(self, edit: ViewEdit, at_millis: f64) {
        self.edit(&EditRequest { edit, is_ongoing: false, at_millis });
    }

    fn undo(self, at_millis: f64) {
        if let Some(Some(view)) = self.history.try_update(Undo::undo) {
            self.timings.view_changes(at_millis);
            self.context.set_view.run((view, HistoryEntry::Push));
        }
    }

    fn redo(self, at_millis: f64) {
        if let Some(Some(view)) = self.history.try_update(Undo::redo) {
            self.timings.view_changes(at_millis);
            self.context.set_view.run((view, HistoryEntry::Push));
        }
    }
}

/// Changes the view, for the late parts of the page.
#[derive(Clone, Copy)]
pub(super) struct EditView(pub(super) Callback<EditRequest>);

impl EditView {
    /// A part of a drag or of typing that still goes on.
    pub(super) fn ongoing(self, edit: ViewEdit) {
        self.0.run(EditRequest { edit, is_ongoing: true, at_millis: now_millis() });
    }

    /// A change that is complete.
    pub(super) fn edit(self, edit: ViewEdit) {
        self.0.run(EditRequest { edit, is_ongoing: false, at_millis: now_millis() });
    }
}

/// What buttons of the page do, for the commands.
#[derive(Clone, Copy)]
pub(super) struct PageActions {
    pub(super) undo: Callback<()>,
    pub(super) redo: Callback<()>,
    /// Selects the runs that the table shows.
    pub(super) select_shown: Callback<()>,
}

/// Whether the commands and the sheet of keys are open; both are late.
#[derive(Clone, Copy)]
pub(super) struct Sheets {
    pub(super) are_commands_open: RwSignal<bool>,
    pub(super) are_keys_open: RwSignal<bool>,
}

/// The compare page.
#[component]
pub fn ComparePage(
    /// The application's signals and callbacks.
    context: RunsContext,
) -> impl IntoView {
    let defaults = Memo::new(move |_| {
        context.columns.with(|columns| Defaults {
            axes: columns.default_axes.clone(),
            columns: columns.default_columns.clone(),
        })
    });
    let timings = Timings::new(context);
    let history = RwSignal::new(Undo::new(context.view.get_untracked()));
    // Back, Forward and other addresses change the view without an edit.
    Effect::new(move || context.view.with(|view| history.update(|history| history.follow(view))));
    let comparison = Comparison { context, defaults, history, timings };
    load_runs(context, timings);
    send_views(context, timings);
    let sheets = Sheets { are_commands_open: RwSignal::new(false), are_keys_open: RwSignal::new(false) };
    provide_context(sheets);
    listen_for_keys(comparison, sheets);
    let select = select_runs(comparison);
    let actions = PageActions {
        undo: Callback::new(move |()| comparison.undo(now_millis())),
        redo: Callback::new(move |()| comparison.redo(now_millis())),
        select_shown: Callback::new(move |()| select.run(RunSet::Brushed)),
    };
    provide_context(actions);

    let names = move || {
        let ids = context.experiment_ids.get();
        context.experiments.with(|experiments| {
            let name_of = |id: &ExperimentId| {
                experiments.iter().find(|experiment| experiment.id == *id).map(|it| it.name.clone())
            };
            ids.iter()
                .map(|id| name_of(id).unwrap_or_else(|| format!("Experiment {id}")))
                .collect::<Vec<_>>()
                .join(", ")
        })
    };
    let edit = EditView(Callback::new(move |request: EditRequest| comparison.edit(&request)));
    provide_context(edit);
    provide_context(LatePieces(Callback::new(|piece| late_piece(LateKind::Piece(piece)))));
    let new_column = RwSignal::new(None::<Callback<ColumnKey>>);
    provide_context(DerivedColumns {
        view: context.view,
        on_new: Callback::new(move |then| new_column.set(Some(then))),
        on_remove: Callback::new(move |expression| edit.edit(ViewEdit::RemoveDerived(expression))),
    });
    // The row of the table that was asked for in the plot.
    let revealed = RwSignal::new(None::<usize>);
    let has_panels = Memo::new(move |_| context.view.with(|view| !view.panels.is_empty()));
    view! {
        <main class="compare" id="main">
            <header class="compare__head">
                <h1 class="compare__title" tabindex="-1">{names}</h1>
                <RunViewSelect context />
                <button
                    type="button"
                    class="button"
                    title="Ask the server for all runs anew"
                    on:click=move |_| {
                        let experiment_ids = context.experiment_ids.get_untracked();
                        let run_view = context.run_view.get_untracked();
                        timings.load_asked();
                        context.send.run(Command::LoadRuns { experiment_ids, run_view, is_anew: true });
                    }
                >
                    "Reload runs"
                </button>
                <Live context />
                <FilterBox
                    label="Filter runs"
                    placeholder="metrics.rmse < 7 and params.max_depth = 8"
                    text=Signal::derive(move || context.view.with(|view| view.filter.clone()))
                    problem=context.filter_problem
                    on_text=Callback::new(move |typed: Typed| comparison.edit(&typed.edit(ViewEdit::Filter)))
                />
            </header>
            <div class="compare__bar">
                <RunCounts context />
                <Decisions context edit />
                <LoadStatus context />
                <Steps comparison />
            </div>
            <NoRuns context />
            <PlotPanel comparison revealed />
            <PanelButtons comparison />
            <Show when=move || has_panels.get()>
                <LateWorkspace />
            </Show>
            <RunsPanel comparison select revealed />
            <DerivedDialog edit wanted_by=new_column />
            <LatePalette is_wanted=Signal::derive(move || sheets.are_commands_open.get() || sheets.are_keys_open.get()) />
        </main>
    }
}

#[component]
fn RunViewSelect(context: RunsContext) -> impl IntoView {
    let choices = [
        (RunView::Active, "active", "Active runs"),
        (RunView::Deleted, "deleted", "Deleted runs"),
        (RunView::All, "all", "All runs"),
    ];
    view! {
        <select
            class="input"
            aria-label="Runs shown"
            on:change:target=move |event| {
                let word = event.target().value();
                if let Some((run_view, ..)) = choices.into_iter().find(|(_, value, _)| *value == word) {
                    context.set_run_view.run(run_view);
                }
            }
        >
            {choices
                .map(|(run_view, value, text)| {
                    view! { <option value=value selected=move || context.run_view.get() == run_view>{text}</option> }
                })
                .collect_view()}
        </select>
    }
}

/// Keep, Exclude, Clear brushes, Undo, Redo. One that can do nothing stays in reach and says why.
#[component]
fn Steps(comparison: Comparison) -> impl IntoView {
    let sheets: Sheets = expect_context();
    let has_brush = Memo::new(move |_| comparison.context.view.with(|view| !view.brushes.is_empty()));
    let can_undo = Memo::new(move |_| comparison.history.with(Undo::can_undo));
    let can_redo = Memo::new(move |_| comparison.history.with(Undo::can_redo));
    let button =
        move |text: &'static str, why_not: &'static str, is_enabled: Memo<bool>, act: fn(Comparison, f64)| {
            view! {
                <button
                    type="button"
                    class="button"
                    aria-disabled=move || (!is_enabled.get()).then_some("true")
                    title=move || (!is_enabled.get()).then_some(why_not)
                    on:click=move |event| if is_enabled.get_untracked() {
                        act(comparison, event.time_stamp());
                    }
                >
                    {text}
                </button>
            }
        };
    const NO_BRUSH: &str = "Draw a brush on an axis first";
    view! {
        <div class="compare__steps">
            {button("Keep", NO_BRUSH, has_brush, |comparison, at_millis| comparison.apply(ViewEdit::Keep, at_millis))}
            {button("Exclude", NO_BRUSH, has_brush, |comparison, at_millis| comparison.apply(ViewEdit::Exclude, at_millis))}
            {button("Clear brushes", NO_BRUSH, has_brush, |comparison, at_millis| {
                comparison.apply(ViewEdit::ClearBrushes, at_millis);
            })}
            {button("Undo", "Nothing to undo", can_undo, Comparison::undo)}
            {button("Redo", "Nothing to redo", can_redo, Comparison::redo)}
            <button
                type="button"
                class="button"
                aria-haspopup="dialog"
                aria-keyshortcuts="Control+K"
                title="Ctrl+K"
                on:click=move |_| sheets.are_commands_open.set(true)
            >
                "Commands…"
            </button>
            <LateMenu kind=LateKind::Views text="Views…" />
            <LateMenu kind=LateKind::ManageRuns text="Manage…" />
        </div>
    }
}

/// Opens and closes the panels.
#[component]
fn PanelButtons(comparison: Comparison) -> impl IntoView {
    let context = comparison.context;
    let button = move |panel: Panel| {
        let is_open = Memo::new(move |_| context.view.with(|view| view.panels.contains(&panel)));
        view! {
            <button
                type="button"
                class="button"
                aria-pressed=move || is_open.get().to_string()
                on:click=move |event| {
                    comparison.apply(ViewEdit::OpenPanel(panel, !is_open.get_untracked()), event.time_stamp());
                }
            >
                {panel.title()}
            </button>
        }
    };
    view! {
        <div class="compare__panels" role="group" aria-label="Panels">
            {Panel::ALL.map(button)}
        </div>
    }
}

#[component]
fn PlotPanel(comparison: Comparison, revealed: RwSignal<Option<usize>>) -> impl IntoView {
    let context = comparison.context;
    let size = RwSignal::new(None::<PlotSize>);
    let size_or_none = Memo::new(move |_| size.get());
    let is_folded = Memo::new(move |_| context.view.with(|view| view.is_plot_folded));
    Effect::new(move || {
        if let Some(size) = size_or_none.get() {
            context.send.run(Command::SetPlot { size, theme: context.theme.get() });
        }
    });
    view! {
        // Folding hides the plot and keeps its canvas, which can be handed over to the engine only once.
        <details class="panel" prop:open=move || !is_folded.get()>
            <summary
                class="panel__head"
                on:click=move |event| {
                    // The address says what is open, and the panel follows it.
                    event.prevent_default();
                    comparison.apply(ViewEdit::FoldPlot(!is_folded.get_untracked()), event.time_stamp());
                }
            ><h2 class="panel__title">"Parallel coordinates"</h2></summary>
            <div class="panel__body" role="group" aria-label="Parallel coordinates">
                <ParallelPlot
                    axes=context.axes
                    columns=Signal::derive(move || context.columns.with(|columns| columns.columns.clone()))
                    view=context.view
                    hovered=context.hovered
                    on_edit=Callback::new(move |request: EditRequest| comparison.edit(&request))
                    on_hover=Callback::new(move |target| context.send.run(Command::Hover(target)))
                    on_reveal=Callback::new(move |row| revealed.set(Some(row)))
                    on_open=context.open_run
                    on_size=Callback::new(move |new_size: PlotSize| {
                        // A folded panel has no width; the plot keeps the last one.
                        if new_size.width_px > 0.0 {
                            size.set(Some(new_size));
                        }
                    })
                    on_canvas=context.send_canvas
                />
            </div>
        </details>
    }
}

#[component]
fn RunsPanel(
    comparison: Comparison,
    select: Callback<RunSet>,
    revealed: RwSignal<Option<usize>>,
) -> impl IntoView {
    let context = comparison.context;
    let is_choosing = RwSignal::new(false);
    let request = StoredValue::new(0_u32);
    let shown = Memo::new(move |_| {
        comparison.defaults.with(|defaults| context.view.with(|view| view.columns_or(defaults)))
    });
    let columns = Signal::derive(move || context.columns.with(|columns| columns.columns.clone()));
    let on_rows = Callback::new(move |wanted: WantedRows| {
        request.update_value(|request| *request = request.wrapping_add(1));
        let WantedRows { start, n_rows, columns, scrolled_at_millis } = wanted;
        comparison.timings.rows_asked(request.get_value(), scrolled_at_millis);
        context.send.run(Command::Rows { request: request.get_value(), start, n_rows, columns });
    });
    let on_range = Callback::new(move |(start, n_rows)| select.run(RunSet::Rows { start, n_rows }));
    let parent = ColumnKey::Tag(PARENT_RUN_TAG.to_owned());
    let has_families = Memo::new(move |_| {
        context.columns.with(|columns| columns.columns.iter().any(|column| column.key == parent))
    });
    let is_nested = Memo::new(move |_| context.view.with(|view| view.is_nested));
    let is_compact = Memo::new(move |_| context.view.with(|view| view.is_compact));
    // Answers to older requests are shown while newer ones are under way; those to another table's are not.
    let page = Memo::new(move |last: Option<&Option<RowsPage>>| {
        let page = context.rows.get();
        let is_own = page.as_ref().is_some_and(|page| (1..=request.get_value()).contains(&page.request));
        if is_own { page } else { last.cloned().flatten() }
    });
    let chosen = Memo::new(move |_| {
        shown.with(|shown| shown.iter().map(|column| column.column.clone()).collect::<Vec<_>>())
    });
    let choose_all = Callback::new(move |(columns, is_shown)| {
        let edit = if is_shown { ViewEdit::AddColumns } else { ViewEdit::RemoveColumns };
        comparison.apply(edit(columns), now_millis());
    });
    let on_choose = Callback::new(move |column| {
        let is_shown = chosen.with_untracked(|chosen| chosen.contains(&column));
        choose_all.run((vec![column], !is_shown));
    });
    view! {
        <section class="panel compare__runs" aria-labelledby="runs-title">
            <header class="panel__head">
                <h2 class="panel__title" id="runs-title">"Runs"</h2>
                <button type="button" class="button" on:click=move |_| is_choosing.set(true)>"Columns…"</button>
                <Show when=move || has_families.get()>
                    <button
                        type="button"
                        class="button"
                        title="Child runs below their parents, whatever the order"
                        aria-pressed=move || is_nested.get().to_string()
                        on:click=move |event| {
                            comparison.apply(ViewEdit::Nest(!is_nested.get_untracked()), event.time_stamp());
                        }
                    >
                        "Nested"
                    </button>
                </Show>
                <button
                    type="button"
                    class="button"
                    title="Rows closer together"
                    aria-pressed=move || is_compact.get().to_string()
                    on:click=move |event| {
                        comparison.apply(ViewEdit::Compact(!is_compact.get_untracked()), event.time_stamp());
                    }
                >
                    "Compact"
                </button>
                <button
                    type="button"
                    class="button"
                    title="Select the runs that the table shows: those that filter, decisions and brushes take in"
                    on:click=move |_| select.run(RunSet::Brushed)
                >
                    "Select shown"
                </button>
                <Export context />
            </header>
            <DataGrid
                columns
                shown
                sort=Signal::derive(move || context.view.with(|view| view.sort.clone()))
                n_rows=context.n_rows
                page
                is_compact
                hovered=context.hovered
                selected=Signal::derive(move || context.view.with(|view| view.selected.clone()))
                revision=context.rows_revision
                revealed
                on_rows
                on_edit=Callback::new(move |request: EditRequest| comparison.edit(&request))
                on_range
                on_hover=Callback::new(move |target| context.send.run(Command::Hover(target)))
                run_href=context.run_href
                on_open=context.open_run
            />
            <Dialog title="Columns" is_open=is_choosing>
                {LatePieces::columns(ColumnListParts {
                    columns,
                    chosen: chosen.into(),
                    on_choose,
                    on_choose_all: Some(choose_all),
                })}
            </Dialog>
        </section>
    }
}

/// So many runs at most are selected at once: their ids stand in the address.
const MAX_SELECTED: usize = 1000;

/// Selects a set of runs; rows of the table besides the runs that are selected. The engine knows which runs these are: the
/// page has only those on the screen.
fn select_runs(comparison: Comparison) -> Callback<RunSet> {
    let app = use_app();
    let wanted = StoredValue::new(None::<(RunSet, f64)>);
    Effect::new(move || {
        app.run_ids.with(|found| {
            let Some(found) = found else { return };
            let Some((set, at_millis)) = wanted.get_value().filter(|(set, _)| *set == found.set) else {
                return;
            };
            wanted.set_value(None);
            let mut selected = match set {
                RunSet::Rows { .. } => comparison.context.view.with_untracked(|view| view.selected.clone()),
                _ => Vec::new(),
            };
            let known: HashSet<RunId> = selected.iter().cloned().collect();
            let all = found.active.run_ids.iter().chain(&found.deleted.run_ids);
            selected.extend(all.filter(|run_id| !known.contains(*run_id)).cloned());
            if selected.len() > MAX_SELECTED {
                let n = selected.len();
                app.alert(&format!(
                    "{n} runs cannot be selected, {MAX_SELECTED} are the most. The selection is as it was: narrow the runs, with a brush or the filter, and select them then."
                ));
                return;
            }
            comparison.apply(ViewEdit::Select(selected), at_millis);
        });
    });
    Callback::new(move |set| {
        wanted.set_value(Some((set, now_millis())));
        comparison.context.send.run(Command::ListRunIds(set));
    })
}

/// Loads the runs of the address's experiments, now and whenever these change.
fn load_runs(context: RunsContext, timings: Timings) {
    let wanted = Memo::new(move |_| (context.experiment_ids.get(), context.run_view.get()));
    Effect::new(move || {
        let (experiment_ids, run_view) = wanted.get();
        if !experiment_ids.is_empty() {
            timings.load_asked();
            context.send.run(Command::LoadRuns { experiment_ids, run_view, is_anew: false });
        }
    });
}

/// Sends the view whenever it changes: the next one once the last has been painted, so that a drag never makes
/// a queue, and after some patience where nothing is painted.
fn send_views(context: RunsContext, timings: Timings) {
    let sent = StoredValue::new(0_u32);
    let is_waiting = StoredValue::new(false);
    let is_stale = StoredValue::new(false);
    let send = move || {
        is_stale.set_value(false);
        is_waiting.set_value(true);
        sent.update_value(|sequence| *sequence = sequence.wrapping_add(1).max(1));
        let sequence = sent.get_value();
        let view = context.view.get_untracked();
        timings.view_sent(sequence, &view);
        context.send.run(Command::SetView { view: Box::new(view), sequence });
        sequence
    };
    let send = StoredValue::new_local(send);
    fn go_on(
        send: StoredValue<impl Fn() -> u32 + Copy + 'static, LocalStorage>,
        sent: StoredValue<u32>,
        is_waiting: StoredValue<bool>,
        is_stale: StoredValue<bool>,
    ) {
        let Some(sequence) = send.try_with_value(|send| send()) else { return };
        set_timeout(
            move || {
                if sent.try_get_value() == Some(sequence) && is_waiting.get_value() {
                    is_waiting.set_value(false);
                    if is_stale.get_value() {
                        go_on(send, sent, is_waiting, is_stale);
                    }
                }
            },
            PATIENCE,
        );
    }
    Effect::new(move || {
        context.view.track();
        if is_waiting.get_value() {
            is_stale.set_value(true);
        } else {
            go_on(send, sent, is_waiting, is_stale);
        }
    });
    Effect::new(move || {
        let painted = context.painted.get();
        if painted.sequence == sent.get_value() && is_waiting.get_value() {
            is_waiting.set_value(false);
            if is_stale.get_value() {
                go_on(send, sent, is_waiting, is_stale);
            }
        }
    });
}

/// Ctrl+Z and Ctrl+Shift+Z, outside of inputs, which have an undo of their own.
fn listen_for_keys(comparison: Comparison, sheets: Sheets) {
    let listener = window_event_listener(ev::keydown, move |event| {
        let has_modifier = event.ctrl_key() || event.meta_key();
        let is_undo_key = has_modifier && event.key().eq_ignore_ascii_case("z");
        let is_typing = event
            .target()
            .and_then(|target| target.dyn_into::<web_sys::Element>().ok())
            .is_some_and(|element| element.matches("input, textarea, select").unwrap_or(false));
        if is_undo_key && !is_typing {
            event.prevent_default();
            if event.shift_key() {
                comparison.redo(event.time_stamp());
            } else {
                comparison.undo(event.time_stamp());
            }
        } else if has_modifier && event.key().eq_ignore_ascii_case("k") {
            event.prevent_default();
            sheets.are_commands_open.set(true);
        } else if event.key() == "?" && !has_modifier && !is_typing {
            sheets.are_keys_open.set(true);
        }
    });
    on_cleanup(move || listener.remove());
}
