//! One column header: sorts by click, resizes at its edge, moves by drag, and has a menu for all of it.

use super::{GridContext, aria_sort};
use crate::entities::ColumnKey;
use crate::ui::per_frame::PerFrame;
use crate::ui::popover::Popover;
use crate::view::edit::{EditRequest, ViewEdit};
use crate::view::{Direction, Sort};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, PointerEvent};

/// The header of the column at a place.
#[component]
pub(crate) fn HeaderCell(
    context: GridContext,
    column_key: ColumnKey,
    place: usize,
    id: String,
    is_active: Signal<bool>,
) -> impl IntoView {
    let key = StoredValue::new(column_key);
    let column = Memo::new(move |_| context.columns.with(|columns| columns.get(place).cloned()));
    let title = Memo::new(move |_| {
        column.with(|column| column.as_ref().map(|column| column.title.clone()).unwrap_or_default())
    });
    let sort = move || context.sort.with(|sort| key.with_value(|key| aria_sort(sort.as_ref(), key)));
    let left = move || column.with(|column| column.as_ref().and_then(|column| column.pinned_left_px));
    let is_open = RwSignal::new(false);
    // Where the resize began: pointer and width.
    let resize_from = StoredValue::new(None::<(f64, u16)>);
    let resize = move |event: &PointerEvent, is_ongoing: bool| {
        let (from_px, width_px) = resize_from.get_value()?;
        let width_px =
            (f64::from(width_px) + f64::from(event.client_x()) - from_px).clamp(0.0, 4096.0) as u16;
        let edit = ViewEdit::ResizeColumn(key.get_value(), width_px);
        Some(EditRequest { edit, is_ongoing, at_millis: event.time_stamp() })
    };
    let per_frame = PerFrame::new(context.on_edit);
    let on_resize_start = move |event: PointerEvent| {
        event.prevent_default();
        event.stop_propagation();
        let width_px = column.with_untracked(|column| column.as_ref().map_or(0, |column| column.width_px));
        resize_from.set_value(Some((f64::from(event.client_x()), width_px)));
        capture(&event);
    };
    let on_resize_end = move |event: PointerEvent| {
        per_frame.clear();
        if let Some(request) = resize(&event, false) {
            context.on_edit.run(request);
        }
        resize_from.set_value(None);
    };
    view! {
        <div
            class="data-grid__cell data-grid__cell--head"
            class:data-grid__cell--number=move || column.with(|column| column.as_ref().is_some_and(|column| column.is_numeric))
            class:data-grid__cell--pinned=move || left().is_some()
            class:data-grid__cell--active=is_active
            role="columnheader"
            id=id
            aria-sort=sort
            aria-colindex=(place + 1).to_string()
            style:width=move || column.with(|column| format!("{}px", column.as_ref().map_or(0, |column| column.width_px)))
            style:left=move || left().map_or_else(|| "auto".to_owned(), |left_px| format!("{left_px}px"))
            draggable=if place == 0 { "false" } else { "true" }
            on:dragstart=move |event| {
                if let Some(transfer) = event.data_transfer() {
                    // Browsers that refuse the data refuse the drag; the menu moves columns as well.
                    drop(transfer.set_data(COLUMN_MIME, &key.with_value(ToString::to_string)));
                }
            }
            on:dragover=move |event| {
                let is_column = event.data_transfer().is_some_and(|transfer| transfer.types().includes(&COLUMN_MIME.into(), 0));
                if is_column {
                    event.prevent_default();
                }
            }
            on:drop=move |event| {
                let dropped = event.data_transfer().and_then(|transfer| transfer.get_data(COLUMN_MIME).ok());
                if let Some(dropped) = dropped.as_deref().and_then(ColumnKey::parse) {
                    event.prevent_default();
                    context.edit(ViewEdit::MoveColumn(dropped, place), event.time_stamp());
                }
            }
        >
            <button
                type="button"
                class="data-grid__sort"
                tabindex="-1"
                title=title
                on:click=move |event| context.edit(ViewEdit::CycleSort(key.get_value()), event.time_stamp())
            >
                {title}
                <span class="data-grid__arrow" aria-hidden="true">
                    {move || match sort() {
                        "ascending" => " ↑",
                        "descending" => " ↓",
                        _ => "",
                    }}
                </span>
            </button>
            <Popover
                label=Signal::derive(move || format!("{} column options", title.get()))
                button_label=Signal::derive(move || format!("{} column options", title.get()))
                text=Signal::stored("⋮".to_owned())
                button_class="data-grid__menu-button"
                is_open
            >
                <ColumnMenu context key place is_open />
            </Popover>
            <span
                class="data-grid__edge"
                aria-hidden="true"
                on:pointerdown=on_resize_start
                on:pointermove=move |event| if let Some(request) = resize(&event, true) {
                    per_frame.push(request);
                }
                on:pointerup=on_resize_end
                on:pointercancel=on_resize_end
            ></span>
        </div>
    }
}

/// The kind of data that a dragged column is, so that nothing else can be dropped on a header.
const COLUMN_MIME: &str = "application/x-runweave-column";

#[component]
fn ColumnMenu(
    context: GridContext,
    key: StoredValue<ColumnKey>,
    place: usize,
    is_open: RwSignal<bool>,
) -> impl IntoView {
    let item = move |text: &'static str, edit: Box<dyn Fn(ColumnKey) -> ViewEdit>| {
        view! {
            <button
                type="button"
                class="menu-item"
                on:click=move |event| {
                    is_open.set(false);
                    context.edit(edit(key.get_value()), event.time_stamp());
                }
            >
                {text}
            </button>
        }
    };
    let sorted = |direction: Direction| {
        Box::new(move |column| ViewEdit::SetSort(Some(Sort { column, direction })))
            as Box<dyn Fn(ColumnKey) -> ViewEdit>
    };
    view! {
        {item("Sort ascending", sorted(Direction::Ascending))}
        {item("Sort descending", sorted(Direction::Descending))}
        {item("Server's order", Box::new(|_| ViewEdit::SetSort(None)))}
        {(place > 0)
            .then(|| {
                view! {
                    {item("Pin or unpin", Box::new(ViewEdit::TogglePin))}
                    {item("Move left", Box::new(move |column| ViewEdit::MoveColumn(column, place.saturating_sub(1))))}
                    {item("Move right", Box::new(move |column| ViewEdit::MoveColumn(column, place + 1)))}
                    {item("Hide", Box::new(ViewEdit::RemoveColumn))}
                }
            })}
        {item("Add as axis", Box::new(ViewEdit::AddAxis))}
        {item("Colour by this", Box::new(|column| ViewEdit::SetColour(Some(column))))}
    }
}

fn capture(event: &PointerEvent) {
    if let Some(target) = event.current_target().and_then(|target| target.dyn_into::<Element>().ok()) {
        // Without capture the drag ends at the element's edge, which does no harm.
        drop(target.set_pointer_capture(event.pointer_id()));
    }
}
