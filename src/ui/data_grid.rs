//! The table of runs: a grid that holds only the rows on the screen, however many there are.
//!
//! It asks for rows by place and keeps the last ones until new ones arrive, so that nothing jumps. Of many columns, too,
//! only those near what is in view are in the document.

mod column_menu;
mod columns;
mod header;

pub(crate) use self::column_menu::ColumnMenu;
pub use self::column_menu::ColumnMenuParts;

use self::columns::{ColumnWindow, GridColumn, grid_columns, scroll_to_show};
use self::header::HeaderCell;
use crate::engine::protocol::{Cell, ColumnInfo, HoverTarget, HoveredRun, RowView, RowsPage};
use crate::entities::{ColumnKey, RunId};
use crate::ui::parallel_plot::css_colour;
use crate::ui::per_frame::PerFrame;
use crate::view::edit::{EditRequest, ViewEdit};
use crate::view::{ColumnView, Direction, Sort};
use leptos::html;
use leptos::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{KeyboardEvent, ResizeObserver};

/// A row's height, in CSS pixels, and that of one where rows stand close together.
const ROW_PX: f64 = 28.0;
const COMPACT_ROW_PX: f64 = 22.0;
/// How far a child run stands further in than its parent.
const INDENT_PX: usize = 14;
/// The header's height, in CSS pixels; `data-grid.css` says the same.
const HEADER_PX: f64 = 32.0;
/// Rows kept above and below the visible ones.
const N_OVERSCAN: usize = 8;
/// Where the keyboard is.
const ACTIVE_CLASS: &str = "data-grid__cell--active";
/// What the ids of the body's cells begin with; row and column follow.
const BODY_CELL: &str = "runs-cell-";

/// Places in the grid: a header cell has no row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    row: Option<usize>,
    column: usize,
}

/// Rows that the grid wants.
#[derive(Clone, Debug)]
pub struct WantedRows {
    /// The place of the first.
    pub start: usize,
    /// How many.
    pub n_rows: usize,
    /// The cells wanted.
    pub columns: Vec<ColumnKey>,
    /// When the scroll happened that brought them into view, in milliseconds of the page's clock; none where they are
    /// wanted for another reason.
    pub scrolled_at_millis: Option<f64>,
}

/// What the parts of the grid share.
#[derive(Clone, Copy)]
pub(crate) struct GridContext {
    /// The columns, left to right.
    pub columns: Memo<Vec<GridColumn>>,
    /// The order in force.
    pub sort: Memo<Option<Sort>>,
    /// Changes the view.
    pub on_edit: Callback<EditRequest>,
    /// The header that a dragged column would be dropped on.
    pub drop_place: RwSignal<Option<usize>>,
    active: RwSignal<Place>,
}

impl GridContext {
    /// A change that is complete.
    pub fn edit(self, edit: ViewEdit, at_millis: f64) {
        self.on_edit.run(EditRequest { edit, is_ongoing: false, at_millis });
    }

    fn is_active(self, row: Option<usize>, column: usize) -> bool {
        self.active.get() == Place { row, column }
    }
}

/// The table of runs.
#[component]
pub fn DataGrid(
    /// All columns there are.
    #[prop(into)]
    columns: Signal<Vec<ColumnInfo>>,
    /// Those shown, left to right, the run name first.
    #[prop(into)]
    shown: Signal<Vec<ColumnView>>,
    /// The order in force.
    #[prop(into)]
    sort: Signal<Option<Sort>>,
    /// Rows of the whole table.
    #[prop(into)]
    n_rows: Signal<usize>,
    /// The newest rows.
    #[prop(into)]
    page: Signal<Option<RowsPage>>,
    /// Whether rows stand close together.
    #[prop(into)]
    is_compact: Signal<bool>,
    /// The run under the pointer.
    #[prop(into)]
    hovered: Signal<Option<HoveredRun>>,
    /// The runs looked at closely.
    #[prop(into)]
    selected: Signal<Vec<RunId>>,
    /// Changes with every reason to ask for rows anew.
    #[prop(into)]
    revision: Signal<u32>,
    /// The row that is to come into view, told anew each time.
    #[prop(into)]
    revealed: Signal<Option<usize>>,
    /// Asks for rows.
    on_rows: Callback<WantedRows>,
    /// Changes the view.
    on_edit: Callback<EditRequest>,
    /// Selects rows besides those that are: the first, and how many.
    on_range: Callback<(usize, usize)>,
    /// The pointer is on a row, or on none.
    on_hover: Callback<HoverTarget>,
    /// The address of a run's page.
    run_href: Callback<RunId, String>,
    /// Opens a run's page.
    on_open: Callback<RunId>,
) -> impl IntoView {
    let grid_columns =
        Memo::new(move |_| columns.with(|infos| shown.with(|shown| grid_columns(shown, infos))));
    let sort = Memo::new(move |_| sort.get());
    let active = RwSignal::new(Place { row: None, column: 0 });
    let context =
        GridContext { columns: grid_columns, sort, on_edit, drop_place: RwSignal::new(None), active };
    provide_context(context);

    let row_px = Memo::new(move |_| if is_compact.get() { COMPACT_ROW_PX } else { ROW_PX });
    let scroller: NodeRef<html::Div> = NodeRef::new();
    let body: NodeRef<html::Div> = NodeRef::new();
    let scroll_top_px = RwSignal::new(0.0);
    let height_px = RwSignal::new(HEADER_PX);
    // How far it is scrolled sideways, and how wide it is.
    let across_px = RwSignal::new((0.0, 0.0));
    // When it was scrolled last.
    let scrolled_at_millis = StoredValue::new(0.0);
    let measure = PerFrame::new(Callback::new(move |()| {
        if let Some(scroller) = scroller.get_untracked() {
            scroll_top_px.set(f64::from(scroller.scroll_top()));
            height_px.set(f64::from(scroller.client_height()));
            across_px.set((f64::from(scroller.scroll_left()), f64::from(scroller.client_width())));
        }
    }));
    observe(scroller, measure);
    Effect::new(move |last: Option<f64>| {
        let now = row_px.get();
        if let (Some(last), Some(scroller)) = (last.filter(|last| *last != now), scroller.get_untracked()) {
            // The row at the top stays there.
            let top_px = f64::from(scroller.scroll_top()) / last * now;
            request_animation_frame(move || scroller.set_scroll_top(top_px.round() as i32));
        }
        now
    });
    let window_columns = Memo::new(move |_| {
        let (left_px, width_px) = across_px.get();
        grid_columns.with(|columns| ColumnWindow::new(columns, left_px, width_px))
    });
    watch_columns_and_active_cell(context, window_columns, body);

    // The rows in the document: a multiple of four first, so that small scrolls ask for nothing.
    let window_rows = Memo::new(move |_| {
        let n_rows = n_rows.get();
        let first = (scroll_top_px.get() / row_px.get()) as usize;
        let n_visible = (height_px.get() / row_px.get()).ceil() as usize;
        let start = (first.saturating_sub(N_OVERSCAN) & !3).min(n_rows);
        let end = ((first + n_visible + N_OVERSCAN + 3) & !3).min(n_rows);
        (start, end.saturating_sub(start))
    });
    let wanted = Memo::new(move |_| {
        let window = window_columns.get();
        grid_columns.with(|columns| {
            window.places().filter_map(|place| Some(columns.get(place)?.key.clone())).collect::<Vec<_>>()
        })
    });
    Effect::new(move |last: Option<(u32, (usize, usize))>| {
        let (revision, window) = (revision.get(), window_rows.get());
        let is_scrolled = last.is_some_and(|last| last.0 == revision && last.1 != window);
        let (start, n_rows) = window;
        let scrolled_at_millis = is_scrolled.then(|| scrolled_at_millis.get_value());
        on_rows.run(WantedRows { start, n_rows, columns: wanted.get(), scrolled_at_millis });
        (revision, window)
    });

    // Where the cells that have arrived stand, and what they take from their columns.
    let shapes = Memo::new(move |_| {
        grid_columns.with(|columns| {
            page.with(|page| {
                page.as_ref().map(|page| Shapes::new(columns, &page.columns)).unwrap_or_default()
            })
        })
    });
    let rows = move || {
        // The page is read before what is made of it: a watcher that finds the shapes the same, and the page looked at
        // on the way, would not hear that the page is another one.
        page.with(|page| {
            let shapes = shapes.get();
            let Some(page) = page else { return Vec::new() };
            let n_rows = n_rows.get();
            page.rows
                .iter()
                .enumerate()
                .map(|(offset, row)| (page.start + offset, row.clone(), shapes.clone()))
                .filter(|(place, ..)| *place < n_rows)
                .collect::<Vec<_>>()
        })
    };
    let total_width = move || {
        grid_columns.with(|columns| {
            format!("{}px", columns.iter().map(|column| u32::from(column.width_px)).sum::<u32>())
        })
    };

    let reveal = move |place: Place| {
        let Some(scroller) = scroller.get_untracked() else { return };
        let (left_px, width_px) = (f64::from(scroller.scroll_left()), f64::from(scroller.client_width()));
        let across =
            grid_columns.with_untracked(|columns| scroll_to_show(columns, place.column, left_px, width_px));
        if let Some(across_px) = across {
            scroller.set_scroll_left(across_px.ceil() as i32);
        }
        let Some(row) = place.row else { return };
        let row_px = row_px.get_untracked();
        let (top_px, seen_px) = (row as f64 * row_px, height_px.get_untracked() - HEADER_PX);
        let now_px = f64::from(scroller.scroll_top());
        if top_px < now_px {
            scroller.set_scroll_top(top_px as i32);
        } else if top_px + row_px > now_px + seen_px {
            scroller.set_scroll_top((top_px + row_px - seen_px).ceil() as i32);
        }
    };
    Effect::new(move || {
        if let Some(row) = revealed.get() {
            reveal(Place { row: Some(row), column: 0 });
        }
    });
    let run_at = move |place: Place| {
        page.with_untracked(|page| {
            let page = page.as_ref()?;
            page.rows.get(place.row?.checked_sub(page.start)?).map(|row| row.run_id.clone())
        })
    };
    // Where a range of rows begins: the row that was selected or left last.
    let range_from = StoredValue::new(None::<usize>);
    let select_to = move |row: usize| {
        let from = range_from.get_value().unwrap_or(row);
        range_from.set_value(Some(from));
        on_range.run((from.min(row), from.abs_diff(row) + 1));
    };
    let on_keydown = move |event: KeyboardEvent| {
        // Keys of buttons and inputs inside the grid stay theirs.
        let own = event.target().zip(event.current_target()).is_some_and(|(at, grid)| at == grid);
        let is_to_corner =
            (event.ctrl_key() || event.meta_key()) && matches!(event.key().as_str(), "Home" | "End");
        if !own || ((event.ctrl_key() || event.meta_key()) && !is_to_corner) {
            return;
        }
        let now = active.get_untracked();
        let n_columns = grid_columns.with_untracked(Vec::len);
        if let (None, true, Some(column)) = (
            now.row,
            event.alt_key(),
            grid_columns.with_untracked(|columns| columns.get(now.column).cloned()),
        ) {
            let by = match event.key().as_str() {
                "ArrowLeft" => -1,
                "ArrowRight" => 1,
                _ => return,
            };
            event.prevent_default();
            if event.shift_key() {
                let width_px = column.width_px.saturating_add_signed(by * 16);
                context.edit(ViewEdit::ResizeColumn(column.key, width_px), event.time_stamp());
            } else if let Some(to) = now.column.checked_add_signed(isize::from(by)) {
                context.edit(ViewEdit::MoveColumn(column.key, to), event.time_stamp());
            }
            return;
        }
        let n_last = n_rows.get_untracked().checked_sub(1);
        let n_page = ((height_px.get_untracked() - HEADER_PX) / row_px.get_untracked()).max(1.0) as usize;
        let next = match event.key().as_str() {
            "ArrowDown" => Place { row: now.row.map_or(Some(0), |row| Some(row + 1)), ..now },
            "ArrowUp" => Place { row: now.row.and_then(|row| row.checked_sub(1)), ..now },
            "PageDown" => Place { row: Some(now.row.map_or(n_page, |row| row + n_page)), ..now },
            "PageUp" => Place { row: now.row.map(|row| row.saturating_sub(n_page)), ..now },
            "ArrowRight" => Place { column: now.column + 1, ..now },
            "ArrowLeft" => Place { column: now.column.saturating_sub(1), ..now },
            "Home" if is_to_corner => Place { row: n_last.map(|_| 0), column: 0 },
            "End" if is_to_corner => Place { row: n_last, column: n_columns },
            "Home" => Place { column: 0, ..now },
            "End" => Place { column: n_columns, ..now },
            " " => {
                event.prevent_default();
                if let (Some(row), true) = (now.row, event.shift_key()) {
                    select_to(row);
                } else if let Some(run_id) = run_at(now) {
                    range_from.set_value(now.row);
                    context.edit(ViewEdit::ToggleSelected(run_id), event.time_stamp());
                }
                return;
            }
            "Enter" => {
                event.prevent_default();
                match now.row {
                    None => {
                        if let Some(column) =
                            grid_columns.with_untracked(|columns| columns.get(now.column).cloned())
                        {
                            context.edit(ViewEdit::CycleSort(column.key), event.time_stamp());
                        }
                    }
                    Some(_) => {
                        if let Some(run_id) = run_at(now) {
                            on_open.run(run_id);
                        }
                    }
                }
                return;
            }
            _ => return,
        };
        event.prevent_default();
        let next = Place {
            row: next.row.and_then(|row| n_last.map(|n_last| row.min(n_last))),
            column: next.column.min(n_columns.saturating_sub(1)),
        };
        active.set(next);
        reveal(next);
        if let (true, "ArrowDown" | "ArrowUp" | "PageDown" | "PageUp", Some(row)) =
            (event.shift_key(), event.key().as_str(), next.row)
        {
            if range_from.get_value().is_none() {
                range_from.set_value(now.row);
            }
            select_to(row);
        }
    };
    let hover = PerFrame::new(on_hover);
    let selected = Memo::new(move |_| selected.get());
    let hovered_id = Memo::new(move |_| hovered.with(|run| run.as_ref().map(|run| run.run_id.clone())));

    view! {
        <div
            class="data-grid"
            style=("--row-height", move || format!("{}px", row_px.get()))
            node_ref=scroller
            role="grid"
            aria-label="Runs"
            aria-multiselectable="true"
            tabindex="0"
            aria-rowcount=move || (n_rows.get() + 1).to_string()
            aria-colcount=move || grid_columns.with(Vec::len).to_string()
            aria-activedescendant=move || {
                let place = active.get();
                // What has been scrolled out of the document cannot be named.
                let (start, n_shown) = window_rows.get();
                let is_row_here = place.row.is_none_or(|row| row >= start && row < start + n_shown);
                (is_row_here && window_columns.get().contains(place.column)).then(|| cell_id(place))
            }
            on:scroll=move |event| {
                scrolled_at_millis.set_value(event.time_stamp());
                measure.push(());
            }
            on:keydown=on_keydown
            on:pointerleave=move |_| hover.push(HoverTarget::None)
        >
            <div class="data-grid__head" role="rowgroup" style:width=total_width>
                <div class="data-grid__row" role="row" aria-rowindex="1">
                    <For
                        each=move || {
                            let window = window_columns.get();
                            grid_columns.with(|columns| {
                                window.places().filter_map(|place| Some((place, columns.get(place)?.key.clone()))).collect::<Vec<_>>()
                            })
                        }
                        key=|(place, key)| (*place, key.clone())
                        let((place, key))
                    >
                        <HeaderCell
                            context
                            column_key=key
                            place
                            id=cell_id(Place { row: None, column: place })
                            is_active=Signal::derive(move || context.is_active(None, place))
                        />
                    </For>
                </div>
            </div>
            <div
                class="data-grid__body"
                node_ref=body
                role="rowgroup"
                on:mousedown=move |event| if event.shift_key() {
                    // Rows are meant, not their text.
                    event.prevent_default();
                }
                on:click=move |event| if let Some(place) = place_of(&event) {
                    active.set(place);
                    if let (Some(row), true) = (place.row, event.shift_key()) {
                        // Not the link, which would open another window.
                        event.prevent_default();
                        select_to(row);
                    } else if is_on_box(&event)
                        && let Some(run_id) = run_at(place)
                    {
                        range_from.set_value(place.row);
                        context.edit(ViewEdit::ToggleSelected(run_id), event.time_stamp());
                    }
                }
                style:width=total_width
                style:height=move || format!("{}px", n_rows.get() as f64 * row_px.get())
            >
                <For each=rows key=row_key let((place, row, shapes))>
                    <GridRow context place row shapes hovered_id selected hover run_href />
                </For>
            </div>
        </div>
    }
}

/// Rows are drawn anew exactly when what they show changes.
fn row_key((place, row, shapes): &(usize, RowView, Shapes)) -> String {
    format!("{place} {row:?} {}", shapes.key)
}

/// Where the cells of rows stand, as many as each row has, and all of it as a text.
#[derive(Clone, Debug, Default, PartialEq)]
struct Shapes {
    of_cells: Arc<[Option<Shape>]>,
    key: Arc<str>,
}

/// Where a cell stands and how; none for one whose column is gone.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Shape {
    column: usize,
    is_numeric: bool,
    is_pinned: bool,
}

impl Shapes {
    fn new(columns: &[GridColumn], keys: &[ColumnKey]) -> Self {
        let places: BTreeMap<&ColumnKey, usize> =
            columns.iter().enumerate().map(|(place, column)| (&column.key, place)).collect();
        let shape_of = |key| {
            let column = *places.get(key)?;
            let GridColumn { is_numeric, is_pinned, .. } = *columns.get(column)?;
            Some(Shape { column, is_numeric, is_pinned })
        };
        let of_cells: Arc<[_]> = keys.iter().map(shape_of).collect();
        let key = format!("{of_cells:?}").into();
        Self { of_cells, key }
    }
}

fn cell_id(place: Place) -> String {
    match place.row {
        None => format!("runs-head-{}", place.column),
        Some(row) => format!("{BODY_CELL}{row}-{}", place.column),
    }
}

/// A row of the table. Its cells are as they arrived and watch nothing: a brush replaces most of them at once.
#[component]
fn GridRow(
    context: GridContext,
    place: usize,
    row: RowView,
    shapes: Shapes,
    hovered_id: Memo<Option<RunId>>,
    selected: Memo<Vec<RunId>>,
    hover: PerFrame<HoverTarget>,
    run_href: Callback<RunId, String>,
) -> impl IntoView {
    let RowView { run_id, depth, colour, cells } = row;
    let id = StoredValue::new(run_id);
    let is_hovered = move || hovered_id.with(|hovered| id.with_value(|id| hovered.as_ref() == Some(id)));
    let is_selected = move || selected.with(|selected| id.with_value(|id| selected.contains(id)));
    let active = context.active.get_untracked();
    let cells = cells
        .into_iter()
        .zip(shapes.of_cells.iter())
        .filter_map(|(cell, shape)| Some((cell, (*shape)?)))
        .map(|(cell, Shape { column, is_numeric, is_pinned })| {
            let own = Place { row: Some(place), column };
            let mut class = "data-grid__cell".to_owned();
            if is_numeric {
                class.push_str(" data-grid__cell--number");
            }
            if is_pinned {
                class.push_str(" data-grid__cell--pinned");
            }
            if own == active {
                class.push(' ');
                class.push_str(ACTIVE_CLASS);
            }
            let content = match cell {
                cell if column == 0 => {
                    // A run without a name is opened and selected like any other.
                    let text = match cell {
                        Cell::Shown(text) | Cell::Rounded { text, .. } => text,
                        Cell::Special(_) => id.with_value(|id| id.0.clone()),
                    };
                    let href = id.with_value(|id| run_href.run(id.clone()));
                    let colour = colour.map_or_else(|| "transparent".to_owned(), css_colour);
                    view! {
                        // The row says whether it is selected; a real checkbox would double what a row costs.
                        <span class="data-grid__select" aria-hidden="true"></span>
                        <span class="swatch" style:background-color=colour></span>
                        {(depth > 0).then(|| view! {
                            <span class="data-grid__child" style:padding-left=format!("{}px", (depth - 1) * INDENT_PX)>
                                <span aria-hidden="true">"↳"</span>
                                <span class="visually-hidden">"child run"</span>
                            </span>
                        })}
                        <a class="data-grid__link" href=href tabindex="-1" title=text.clone()>{text.clone()}</a>
                    }
                    .into_any()
                }
                Cell::Special(lane) => view! { <em class="special">{lane.label()}</em> }.into_any(),
                Cell::Rounded { text, logged } => view! { <span title=logged>{text}</span> }.into_any(),
                Cell::Shown(text) => view! { <span title=text.clone()>{text.clone()}</span> }.into_any(),
            };
            view! {
                <div
                    class=class
                    role="gridcell"
                    id=cell_id(own)
                    aria-colindex=(column + 1).to_string()
                    style:width=format!("var({})", width_property(column))
                    style:left=format!("var({})", left_property(column))
                >
                    {content}
                </div>
            }
        })
        .collect_view();
    view! {
        <div
            class="data-grid__row"
            class:data-grid__row--hovered=is_hovered
            role="row"
            aria-selected=move || is_selected().to_string()
            aria-rowindex=(place + 2).to_string()
            style:top=format!("calc({place} * var(--row-height))")
            on:pointerenter=move |_| hover.push(HoverTarget::Run(id.get_value()))
        >
            {cells}
        </div>
    }
}

/// The custom property that holds a column's width, on the element that holds all rows.
fn width_property(column: usize) -> String {
    format!("--column-{column}-width")
}

/// The custom property that holds where a column begins.
fn left_property(column: usize) -> String {
    format!("--column-{column}-left")
}

/// Keeps the columns' widths and places on the element that holds all rows, and the active cell's class on that cell,
/// so that no cell has to watch for them.
fn watch_columns_and_active_cell(
    context: GridContext,
    window_columns: Memo<ColumnWindow>,
    body: NodeRef<html::Div>,
) {
    Effect::new(move || {
        let Some(body) = body.get() else { return };
        let style = web_sys::HtmlElement::style(&body);
        let window = window_columns.get();
        context.columns.with(|columns| {
            for (place, column) in window.places().filter_map(|place| Some((place, columns.get(place)?))) {
                // A browser that refuses a custom property leaves the cells as wide as their text.
                drop(style.set_property(&width_property(place), &format!("{}px", column.width_px)));
                drop(style.set_property(&left_property(place), &format!("{}px", column.left_px)));
            }
        });
    });
    Effect::new(move |last: Option<Place>| {
        let now = context.active.get();
        for (place, is_active) in last.map(|last| (last, false)).into_iter().chain([(now, true)]) {
            if place.row.is_some()
                && let Some(cell) = document().get_element_by_id(&cell_id(place))
            {
                drop(cell.class_list().toggle_with_force(ACTIVE_CLASS, is_active));
            }
        }
        now
    });
}

/// The cell of the body that an event happened in.
fn place_of(event: &web_sys::MouseEvent) -> Option<Place> {
    let target = event.target()?.dyn_into::<web_sys::Element>().ok()?;
    let id = target.closest("[role=gridcell]").ok().flatten()?.id();
    let (row, column) = id.strip_prefix(BODY_CELL)?.split_once('-')?;
    Some(Place { row: Some(row.parse().ok()?), column: column.parse().ok()? })
}

/// Whether an event happened on the box that selects a row.
fn is_on_box(event: &web_sys::MouseEvent) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    target.is_some_and(|target| target.class_list().contains("data-grid__select"))
}

/// `aria-sort` of a column.
pub(crate) fn aria_sort(sort: Option<&Sort>, key: &ColumnKey) -> &'static str {
    match sort {
        Some(sort) if sort.column == *key => match sort.direction {
            Direction::Ascending => "ascending",
            Direction::Descending => "descending",
        },
        _ => "none",
    }
}

/// Measures now and whenever the grid's size changes, until the component goes.
fn observe(scroller: NodeRef<html::Div>, measure: PerFrame<()>) {
    let callback = Closure::<dyn Fn()>::new(move || measure.push(()));
    let Ok(observer) = ResizeObserver::new(callback.as_ref().unchecked_ref()) else { return };
    let held = StoredValue::new_local((observer, callback));
    Effect::new(move || {
        if let Some(scroller) = scroller.get() {
            held.with_value(|(observer, _)| observer.observe(&scroller));
            measure.push(());
        }
    });
    on_cleanup(move || {
        held.try_with_value(|(observer, _)| observer.disconnect());
    });
}
