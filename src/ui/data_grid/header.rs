//! One column header: sorts by click, resizes at its edge, moves by drag, and has a menu for all of it.

use super::column_menu::ColumnMenuParts;
use super::{GridContext, aria_sort};
use crate::entities::ColumnKey;
use crate::ui::late_piece::{LatePiece, LatePieces};
use crate::ui::per_frame::PerFrame;
use crate::ui::pointer::{CLICK_PX, capture};
use crate::ui::popover::Popover;
use crate::view::edit::{EditRequest, ViewEdit};
use leptos::prelude::*;
use web_sys::PointerEvent;

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
    let left_px = move || column.with(|column| column.as_ref().map_or(0, |column| column.left_px));
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
    // A drag of the title moves the column to the header it ends on.
    let move_from_px = StoredValue::new(None::<f64>);
    let has_moved = StoredValue::new(false);
    let on_move = move |event: PointerEvent| {
        let Some(from_px) = move_from_px.get_value() else { return };
        if place == 0 || (f64::from(event.client_x()) - from_px).abs() < 2.0 * CLICK_PX {
            return;
        }
        has_moved.set_value(true);
        capture(&event);
        context.drop_place.set(header_at(&event).filter(|to| *to != place));
    };
    let on_move_end = move |event: PointerEvent| {
        move_from_px.set_value(None);
        if let Some(to) = context.drop_place.get_untracked() {
            context.drop_place.set(None);
            context.edit(ViewEdit::MoveColumn(key.get_value(), to), event.time_stamp());
        }
    };
    view! {
        <div
            class="data-grid__cell data-grid__cell--head"
            class:data-grid__cell--number=move || column.with(|column| column.as_ref().is_some_and(|column| column.is_numeric))
            class:data-grid__cell--pinned=move || column.with(|column| column.as_ref().is_some_and(|column| column.is_pinned))
            class:data-grid__cell--active=is_active
            class:data-grid__cell--drop=move || context.drop_place.get() == Some(place)
            role="columnheader"
            id=id
            aria-sort=sort
            aria-colindex=(place + 1).to_string()
            style:width=move || column.with(|column| format!("{}px", column.as_ref().map_or(0, |column| column.width_px)))
            style:left=move || format!("{}px", left_px())
        >
            <button
                type="button"
                class="data-grid__sort"
                tabindex="-1"
                title=title
                on:pointerdown=move |event| {
                    move_from_px.set_value((event.button() == 0).then(|| f64::from(event.client_x())));
                    has_moved.set_value(false);
                }
                on:pointermove=on_move
                on:pointerup=on_move_end
                on:pointercancel=move |_| {
                    move_from_px.set_value(None);
                    context.drop_place.set(None);
                }
                on:click=move |event| if !has_moved.get_value() {
                    context.edit(ViewEdit::CycleSort(key.get_value()), event.time_stamp());
                }
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
                {LatePieces::piece(LatePiece::ColumnMenu(StoredValue::new(ColumnMenuParts { context, key, place, is_open })))}
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

/// The place of the header under the pointer.
fn header_at(event: &PointerEvent) -> Option<usize> {
    let (x_px, y_px) = (event.client_x() as f32, event.client_y() as f32);
    let header = document().element_from_point(x_px, y_px)?.closest("[role=columnheader]").ok()??;
    header.get_attribute("aria-colindex")?.parse::<usize>().ok()?.checked_sub(1)
}
