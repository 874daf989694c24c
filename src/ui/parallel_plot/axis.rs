//! One axis: title and menu, ticks or categories, lanes, brushes, two sliders.

use super::axis_menu::AxisMenuParts;
use super::{PlotContext, now_millis};
use crate::engine::protocol::{AxisInfo, LaneInfo, Tick};
use crate::entities::{Attribute, ColumnKey};
use crate::ui::late_piece::{LatePiece, LatePieces};
use crate::ui::per_frame::PerFrame;
use crate::ui::pointer::{CLICK_PX, capture};
use crate::ui::popover::Popover;
use crate::view::brush_px::{AxisSpan, Grip, grip_at, intervals_after_drag};
use crate::view::edit::{
    Bound, EditRequest, ViewEdit, bounds, intervals, picked, with_bound, with_intervals, with_texts,
    with_texts_in_row,
};
use crate::view::measure::Measure;
use crate::view::{AxisKind, Lane, Pick};
use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use web_sys::{KeyboardEvent, PointerEvent};

/// Of more categories than this, only those with a label or in the brush are elements: thousands would be slow to build
/// and too near to each other to be told apart. Drags and the sliders reach all of them.
const N_CATEGORY_ELEMENTS: usize = 200;

/// A drag on the strip.
#[derive(Clone)]
struct Drag {
    grip: Grip,
    from_px: f64,
    picks: Vec<Pick>,
    has_moved: bool,
}

/// What the parts of one axis share.
#[derive(Clone, Copy)]
pub(super) struct AxisContext {
    pub plot: PlotContext,
    pub column: StoredValue<ColumnKey>,
    pub info: Memo<Option<AxisInfo>>,
    label: Memo<String>,
    pub picks: Memo<Vec<Pick>>,
    pub span: Memo<Option<AxisSpan>>,
    /// How its numbers are read and written.
    pub measure: Memo<Measure>,
    /// The categories, lowest value first, with their places.
    categories: Memo<Vec<Tick>>,
    /// Which of them the brush takes in.
    is_in: Memo<Vec<bool>>,
}

impl AxisContext {
    /// The texts of categories that follow each other, in the order of values.
    fn in_order<'a>(self, ticks: impl Iterator<Item = &'a Tick>) -> Vec<&'a str> {
        let mut texts: Vec<&str> = ticks.filter_map(|tick| tick.category.as_deref()).collect();
        if self.info.with_untracked(|info| info.as_ref().is_some_and(|info| info.is_flipped)) {
            texts.reverse();
        }
        texts
    }

    pub fn set_picks(self, picks: Vec<Pick>, is_ongoing: bool, at_millis: f64) {
        let edit = ViewEdit::SetPicks(self.column.get_value(), picks);
        self.plot.on_edit.run(EditRequest { edit, is_ongoing, at_millis });
    }

    pub fn edit(self, edit: impl FnOnce(ColumnKey) -> ViewEdit, at_millis: f64) {
        self.plot.edit(edit(self.column.get_value()), at_millis);
    }

    /// Its place among the axes.
    fn place(self) -> Option<usize> {
        let is_own = |other: &ColumnKey| self.column.with_value(|own| own == other);
        self.plot.order.with_untracked(|order| order.iter().position(is_own))
    }

    /// Moves the axis by so many places to the right.
    pub fn move_by(self, n_places: isize, at_millis: f64) {
        let column = self.column.get_value();
        let at = self.place();
        if let Some(to) = at.and_then(|at| at.checked_add_signed(n_places)) {
            self.plot.edit(ViewEdit::MoveAxis(column, to), at_millis);
        }
    }
}

/// One axis at its place over the canvas.
#[component]
pub(crate) fn Axis(info: Memo<Option<AxisInfo>>, column: ColumnKey) -> impl IntoView {
    let plot = expect_context::<PlotContext>();
    let column = StoredValue::new(column);
    let label = Memo::new(move |_| {
        info.with(|info| info.as_ref().map(|info| info.label.clone())).unwrap_or_default()
    });
    let picks =
        Memo::new(move |_| plot.view.with(|view| column.with_value(|column| view.picks(column).to_vec())));
    let span = Memo::new(move |_| info.with(|info| info.as_ref().and_then(span_of)));
    let measure = Memo::new(move |_| {
        let is_date = column.with_value(|column| {
            matches!(column, ColumnKey::Attribute(Attribute::StartTime | Attribute::EndTime))
        });
        info.with(|info| Measure {
            is_time: is_date || info.as_ref().is_some_and(|info| info.kind == AxisKind::Time),
            unit: info.as_ref().map(|info| info.unit.clone()).unwrap_or_default(),
            per_unit: info.as_ref().map_or(1.0, |info| info.per_unit),
        })
    });
    let categories = Memo::new(move |_| {
        let mut categories = info.with(|info| {
            let ticks = info.as_ref().map(|info| info.ticks.as_slice()).unwrap_or_default();
            ticks.iter().filter(|tick| tick.category.is_some()).cloned().collect::<Vec<_>>()
        });
        categories.sort_by(|a, b| b.y_px.total_cmp(&a.y_px));
        categories
    });
    let is_in = Memo::new(move |_| {
        categories.with(|categories| {
            let mut texts: Vec<&str> =
                categories.iter().map(|tick| tick.category.as_deref().unwrap_or_default()).collect();
            // From the first value to the last, as a row of texts runs.
            let is_flipped = info.with(|info| info.as_ref().is_some_and(|info| info.is_flipped));
            if is_flipped {
                texts.reverse();
            }
            let mut is_in = picks.with(|picks| picked(picks, &texts));
            if is_flipped {
                is_in.reverse();
            }
            is_in
        })
    });
    let axis = AxisContext { plot, column, info, label, picks, span, measure, categories, is_in };
    let category_elements = Memo::new(move |_| {
        let mut elements: Vec<(usize, Tick)> = categories.get().into_iter().enumerate().collect();
        if elements.len() > N_CATEGORY_ELEMENTS {
            is_in.with(|is_in| {
                let has_few = is_in.iter().filter(|is_in| **is_in).count() <= N_CATEGORY_ELEMENTS;
                elements
                    .retain(|(place, tick)| tick.is_labelled || has_few && is_in.get(*place) == Some(&true));
            });
        }
        elements
    });
    let lanes = Memo::new(move |_| {
        let mut lanes = info.with(|info| info.as_ref().map(|info| info.lanes.clone()).unwrap_or_default());
        // A lane without runs has nothing to pick, unless it is picked already.
        picks.with(|picks| lanes.retain(|lane| lane.n_runs > 0 || picks.contains(&Pick::Lane(lane.lane))));
        lanes
    });
    let ticks = Memo::new(move |_| {
        info.with(|info| {
            let ticks = info.as_ref().map(|info| info.ticks.as_slice()).unwrap_or_default();
            ticks.iter().filter(|tick| tick.category.is_none()).cloned().collect::<Vec<_>>()
        })
    });
    view! {
        <div
            class="axis"
            role="group"
            aria-label=move || format!("{} axis", label.get())
            style:left=move || info.with(|info| px(info.as_ref().map_or(0.0, |info| info.x_px)))
        >
            <AxisHead axis />
            <div
                class="axis__line"
                style:top=move || info.with(|info| px(info.as_ref().map_or(0.0, |info| info.top_px)))
                style:height=move || {
                    info.with(|info| px(info.as_ref().map_or(0.0, |info| info.bottom_px - info.top_px)))
                }
            ></div>
            <For
                each=move || ticks.get()
                key=|tick| (tick.label.clone(), tick.y_px.to_bits(), tick.is_labelled)
                let:tick
            >
                <span class="axis__tick" style:top=px(tick.y_px)>{tick.is_labelled.then_some(tick.label)}</span>
            </For>
            <Strip axis />
            <For
                each=move || category_elements.get()
                key=|(place, tick)| (*place, tick.label.clone(), tick.y_px.to_bits(), tick.is_labelled)
                let((place, tick))
            >
                <Category axis place tick />
            </For>
            <For each=move || lanes.get() key=|lane| (lane.lane, lane.y_px.to_bits(), lane.n_runs) let:lane>
                <LaneBox axis lane />
            </For>
        </div>
    }
}

/// The part of the axis that holds numbers; none where it has none.
fn span_of(info: &AxisInfo) -> Option<AxisSpan> {
    // Without a positive number on a logarithmic axis, the low end is all there is.
    let domain = info.domain.or(info.least_not_positive.and(Some((0.0, 0.0))));
    let domain = domain.filter(|_| info.kind != AxisKind::Categorical)?;
    Some(AxisSpan {
        kind: info.kind,
        is_flipped: info.is_flipped,
        domain,
        least_not_positive: info.least_not_positive,
        top_px: info.top_px,
        bottom_px: info.bottom_px,
    })
}

#[component]
fn AxisHead(axis: AxisContext) -> impl IntoView {
    // Where a drag of the title began: the pointer, and the axis.
    let drag_from = StoredValue::new(None::<(f64, f64)>);
    let has_moved = StoredValue::new(false);
    let move_to = move |to: usize, is_ongoing: bool, at_millis: f64| {
        let edit = ViewEdit::MoveAxis(axis.column.get_value(), to);
        axis.plot.on_edit.run(EditRequest { edit, is_ongoing, at_millis });
    };
    let is_open = RwSignal::new(false);
    let title = Signal::derive(move || {
        axis.info.with(|info| match info {
            Some(info) if info.unit.is_empty() => info.label.clone(),
            Some(info) => format!("{}, {}", info.label, info.unit),
            None => String::new(),
        })
    });
    let note = move || axis.info.with(|info| info.as_ref().and_then(|info| info.note.clone()));
    // A title may be as wide as the gap between two axes.
    let room_px = move || {
        let gaps_px =
            |places: &Vec<f64>| places.windows(2).map(|pair| pair[1] - pair[0]).fold(180.0, f64::min);
        axis.plot.places_px.with(gaps_px) - 8.0
    };
    let on_keydown = move |event: KeyboardEvent| {
        let n_places = match event.key().as_str() {
            "ArrowLeft" => -1,
            "ArrowRight" => 1,
            _ => return,
        };
        if event.alt_key() {
            event.prevent_default();
            axis.move_by(n_places, event.time_stamp());
        }
    };
    // A drag of the title is watched from the head, which captures the pointer once it has moved, so that a
    // plain click still reaches the button.
    let on_pointermove = move |event: PointerEvent| {
        let Some((from_px, axis_px)) = drag_from.get_value() else { return };
        let to_px = f64::from(event.client_x());
        if (to_px - from_px).abs() < 2.0 * CLICK_PX {
            return;
        }
        is_open.set(false);
        capture(&event);
        let Some(at) = axis.place() else { return };
        // Counted from where the drag began: counted from the last step, the axis would run ahead of the pointer.
        let target_px = axis_px + to_px - from_px;
        let to = axis.plot.places_px.with_untracked(|places| {
            let nearest = places
                .iter()
                .enumerate()
                .min_by(|(_, a), (_, b)| (*a - target_px).abs().total_cmp(&(*b - target_px).abs()));
            nearest.map_or(at, |(place, _)| place)
        });
        if to != at {
            has_moved.set_value(true);
            move_to(to, true, event.time_stamp());
        }
    };
    // All steps of one drag are one change, which is over when the pointer lets go.
    let on_drag_end = move |event: PointerEvent| {
        drag_from.set_value(None);
        if has_moved.get_value()
            && let Some(at) = axis.place()
        {
            move_to(at, false, event.time_stamp());
        }
        has_moved.set_value(false);
    };
    view! {
        <div
            class="axis__head"
            style:width=move || px(room_px())
            style:left=move || px(room_px() / -2.0)
            on:keydown=on_keydown
            on:pointerdown=move |event| {
                let axis_px = axis.info.with_untracked(|info| info.as_ref().map_or(0.0, |info| info.x_px));
                drag_from.set_value(Some((f64::from(event.client_x()), axis_px)));
            }
            on:pointermove=on_pointermove
            on:pointerup=on_drag_end
            on:pointercancel=on_drag_end
        >
            <Popover
                label=Signal::derive(move || format!("{} axis options", axis.label.get()))
                text=title
                button_class="axis__title"
                is_open
            >
                {LatePieces::piece(LatePiece::AxisMenu(StoredValue::new(AxisMenuParts { axis, is_open })))}
            </Popover>
            {move || note().map(|note| view! { <p class="axis__note">{note}</p> })}
        </div>
    }
}

/// The strip on which brushes are drawn, with the brushes and the sliders on it.
#[component]
fn Strip(axis: AxisContext) -> impl IntoView {
    let strip: NodeRef<html::Div> = NodeRef::new();
    let drag = StoredValue::new(None::<Drag>);
    let y_px = move |event: &PointerEvent| {
        let top = axis.info.with_untracked(|info| info.as_ref().map_or(0.0, |info| info.top_px));
        let rect = strip.get_untracked().map(|strip| strip.get_bounding_client_rect());
        rect.map_or(top, |rect| f64::from(event.client_y()) - rect.top() + top)
    };
    // The brush after the drag so far.
    let dragged = move |drag: &Drag, to_px: f64| match axis.span.get_untracked() {
        Some(span) => {
            let before = intervals(&drag.picks);
            with_intervals(&drag.picks, &intervals_after_drag(&span, &before, drag.grip, drag.from_px, to_px))
        }
        None => axis.categories.with_untracked(|categories| {
            let (from_px, to_px) = (drag.from_px.min(to_px), drag.from_px.max(to_px));
            let covered = categories.iter().filter(|tick| tick.y_px >= from_px && tick.y_px <= to_px);
            with_texts_in_row(&drag.picks, &axis.in_order(covered))
        }),
    };
    let per_frame = PerFrame::first_at_once(Callback::new(move |(to_px, at_millis): (f64, f64)| {
        if let Some(drag) = drag.get_value() {
            axis.set_picks(dragged(&drag, to_px), true, at_millis);
        }
    }));
    let on_pointerdown = move |event: PointerEvent| {
        if event.button() != 0 {
            return;
        }
        event.prevent_default();
        let from_px = y_px(&event);
        let picks = axis.picks.get_untracked();
        let grip = match axis.span.get_untracked() {
            Some(span) => grip_at(&span, &intervals(&picks), from_px, event.shift_key()),
            None => Grip::Replace,
        };
        drag.set_value(Some(Drag { grip, from_px, picks, has_moved: false }));
        capture(&event);
    };
    let on_pointermove = move |event: PointerEvent| {
        let to_px = y_px(&event);
        let is_moving = drag.try_update_value(|drag| {
            drag.as_mut().is_some_and(|drag| {
                drag.has_moved |= (to_px - drag.from_px).abs() >= CLICK_PX;
                drag.has_moved
            })
        });
        if is_moving == Some(true) {
            event.stop_propagation();
            per_frame.push((to_px, event.time_stamp()));
        }
    };
    // Where the browser tells of moves before it begins a frame, the brush is on the screen with that frame.
    let early = StoredValue::new_local(None);
    Effect::new(move || {
        if let Some(strip) = strip.get() {
            let moves = ev::Custom::<PointerEvent>::new("pointerrawupdate");
            early.set_value(Some(strip.on(moves, on_pointermove)));
        }
    });
    let on_pointerup = move |event: PointerEvent| {
        per_frame.clear();
        let Some(Some(ended)) = drag.try_update_value(Option::take) else { return };
        if ended.has_moved {
            axis.set_picks(dragged(&ended, y_px(&event)), false, event.time_stamp());
        } else if matches!(ended.grip, Grip::Replace) && !ended.picks.is_empty() {
            axis.set_picks(Vec::new(), false, event.time_stamp());
        }
    };
    let on_pointercancel = move |event: PointerEvent| {
        per_frame.clear();
        if let Some(Some(ended)) = drag.try_update_value(Option::take) {
            axis.set_picks(ended.picks, false, event.time_stamp());
        }
    };
    let rects = move || {
        let Some(span) = axis.span.get() else { return Vec::new() };
        let top_px = span.top_px;
        intervals(&axis.picks.get())
            .into_iter()
            .map(|(low, high)| {
                let (low_px, high_px) = (span.pixel_from_value(low), span.pixel_from_value(high));
                (low_px.min(high_px) - top_px, (low_px - high_px).abs().max(2.0))
            })
            .collect::<Vec<_>>()
    };
    view! {
        <div
            class="axis__strip"
            node_ref=strip
            style:top=move || axis.info.with(|info| px(info.as_ref().map_or(0.0, |info| info.top_px)))
            style:height=move || {
                axis.info.with(|info| px(info.as_ref().map_or(0.0, |info| info.bottom_px - info.top_px)))
            }
            on:pointerdown=on_pointerdown
            on:pointermove=on_pointermove
            on:pointerup=on_pointerup
            on:pointercancel=on_pointercancel
        >
            {move || {
                rects()
                    .into_iter()
                    .map(|(top_px, height_px)| {
                        view! { <div class="axis__brush" style:top=px(top_px) style:height=px(height_px)></div> }
                    })
                    .collect_view()
            }}
            <Show when=move || axis.span.with(Option::is_some)>
                <ValueSlider axis bound=Bound::Lower />
                <ValueSlider axis bound=Bound::Upper />
            </Show>
            <Show when=move || axis.categories.with(|categories| categories.len() > 1)>
                <CategorySlider axis bound=Bound::Lower />
                <CategorySlider axis bound=Bound::Upper />
            </Show>
        </div>
    }
}

/// The share of an axis by which a key moves a slider, and whether it goes to an end.
enum SliderMove {
    By(f64),
    ToLow,
    ToHigh,
    Clear,
}

fn slider_move(key: &str) -> Option<SliderMove> {
    Some(match key {
        "ArrowUp" | "ArrowRight" => SliderMove::By(1.0 / 50.0),
        "ArrowDown" | "ArrowLeft" => SliderMove::By(-1.0 / 50.0),
        "PageUp" => SliderMove::By(1.0 / 10.0),
        "PageDown" => SliderMove::By(-1.0 / 10.0),
        "Home" => SliderMove::ToLow,
        "End" => SliderMove::ToHigh,
        "Delete" | "Backspace" => SliderMove::Clear,
        _ => return None,
    })
}

/// What a slider shows.
struct SliderState {
    range: (f64, f64),
    now: f64,
    text: String,
    /// From the strip's top, in CSS pixels.
    top_px: f64,
}

/// A handle on the strip that the keyboard moves.
#[component]
fn Slider(
    axis: AxisContext,
    bound: Bound,
    state: Signal<SliderState>,
    on_keydown: Callback<KeyboardEvent>,
) -> impl IntoView {
    let name = move || match bound {
        Bound::Lower => format!("Lower bound of {}", axis.label.get()),
        Bound::Upper => format!("Upper bound of {}", axis.label.get()),
    };
    view! {
        <div
            class="axis__handle"
            role="slider"
            tabindex="0"
            aria-orientation="vertical"
            aria-label=name
            aria-valuemin=move || state.with(|state| state.range.0.to_string())
            aria-valuemax=move || state.with(|state| state.range.1.to_string())
            aria-valuenow=move || state.with(|state| state.now.to_string())
            aria-valuetext=move || state.with(|state| state.text.clone())
            style:top=move || state.with(|state| px(state.top_px))
            on:keydown=move |event| on_keydown.run(event)
        ></div>
    }
}

/// The keyboard's way to one bound of the brush on an axis of numbers.
#[component]
fn ValueSlider(axis: AxisContext, bound: Bound) -> impl IntoView {
    let domain = move || axis.span.get().map_or((0.0, 0.0), |span| span.ends());
    let value = Memo::new(move |_| {
        let (low, high) = bounds(&intervals(&axis.picks.get()), domain());
        if bound == Bound::Lower { low } else { high }
    });
    let has_interval =
        move || axis.picks.with(|picks| picks.iter().any(|pick| matches!(pick, Pick::Interval { .. })));
    let text = move || {
        let words = axis.measure.with(|measure| measure.words(value.get()));
        if has_interval() { words } else { format!("{words}, no brush") }
    };
    let on_keydown = move |event: KeyboardEvent| {
        let (Some(step), Some(span)) = (slider_move(&event.key()), axis.span.get_untracked()) else { return };
        if event.alt_key() || event.ctrl_key() || event.meta_key() {
            return;
        }
        event.prevent_default();
        let now = value.get_untracked();
        let next = match step {
            SliderMove::By(parts) => span.value_moved_by(bound, now, parts),
            SliderMove::ToLow if bound == Bound::Upper => span.domain.0,
            SliderMove::ToLow => span.ends().0,
            SliderMove::ToHigh => span.domain.1,
            SliderMove::Clear => return axis.set_picks(Vec::new(), false, event.time_stamp()),
        };
        if next != now {
            let picks = axis.picks.get_untracked();
            let after = with_bound(&intervals(&picks), span.ends(), bound, next);
            axis.set_picks(with_intervals(&picks, &after), false, event.time_stamp());
        }
    };
    let top_px = move || axis.span.get().map_or(0.0, |span| span.pixel_from_value(value.get()) - span.top_px);
    let state = move || SliderState { range: domain(), now: value.get(), text: text(), top_px: top_px() };
    view! { <Slider axis bound state=Signal::derive(state) on_keydown=Callback::new(on_keydown) /> }
}

/// The keyboard's way to one end of a range of categories.
#[component]
fn CategorySlider(axis: AxisContext, bound: Bound) -> impl IntoView {
    let n_last = move || axis.categories.with(|categories| categories.len().saturating_sub(1));
    // The places of the lowest and the highest category in the brush.
    let range = Memo::new(move |_| {
        let chosen = axis.is_in.with(|is_in| {
            let first = is_in.iter().position(|is_in| *is_in);
            first.zip(is_in.iter().rposition(|is_in| *is_in))
        });
        chosen.unwrap_or((0, n_last()))
    });
    let place = move || if bound == Bound::Lower { range.get().0 } else { range.get().1 };
    let category = move || {
        axis.categories.with(|categories| categories.get(place()).and_then(|tick| tick.category.clone()))
    };
    let on_keydown = move |event: KeyboardEvent| {
        let Some(step) = slider_move(&event.key()) else { return };
        if event.alt_key() || event.ctrl_key() || event.meta_key() {
            return;
        }
        event.prevent_default();
        let (first, last) = range.get_untracked();
        let now = if bound == Bound::Lower { first } else { last };
        let n_last = axis.categories.with_untracked(|categories| categories.len().saturating_sub(1));
        let n_page = (n_last / 10).max(1);
        let next = match step {
            SliderMove::By(parts) if parts > 0.05 => now.saturating_add(n_page),
            SliderMove::By(parts) if parts > 0.0 => now.saturating_add(1),
            SliderMove::By(parts) if parts < -0.05 => now.saturating_sub(n_page),
            SliderMove::By(_) => now.saturating_sub(1),
            SliderMove::ToLow => 0,
            SliderMove::ToHigh => n_last,
            SliderMove::Clear => return axis.set_picks(Vec::new(), false, event.time_stamp()),
        };
        let (first, last) =
            if bound == Bound::Lower { (next.min(last), last) } else { (first, next.clamp(first, n_last)) };
        let picks = axis.categories.with_untracked(|categories| {
            let covered = categories.get(first..=last).unwrap_or_default();
            with_texts_in_row(&axis.picks.get_untracked(), &axis.in_order(covered.iter()))
        });
        axis.set_picks(picks, false, event.time_stamp());
    };
    let top_px = move || {
        let y_px = axis.categories.with(|categories| categories.get(place()).map_or(0.0, |tick| tick.y_px));
        y_px - axis.info.with(|info| info.as_ref().map_or(0.0, |info| info.top_px))
    };
    let state = move || SliderState {
        range: (0.0, n_last() as f64),
        now: place() as f64,
        text: category().unwrap_or_default(),
        top_px: top_px(),
    };
    view! { <Slider axis bound state=Signal::derive(state) on_keydown=Callback::new(on_keydown) /> }
}

/// Toggles a pick by click and by Space, as a checkbox does.
fn toggle(axis: AxisContext, pick: Pick, at_millis: f64) {
    axis.edit(|column| ViewEdit::TogglePick(column, pick), at_millis);
}

#[component]
fn Category(
    axis: AxisContext,
    /// Its place among the categories.
    place: usize,
    tick: Tick,
) -> impl IntoView {
    let text = tick.category.unwrap_or_default();
    let category = StoredValue::new(text.clone());
    let is_in = Memo::new(move |_| axis.is_in.with(|is_in| is_in.get(place) == Some(&true)));
    let toggle = move |at_millis: f64| {
        let picks = axis.picks.get_untracked();
        let text = category.get_value();
        if picks.iter().any(|pick| matches!(pick, Pick::Texts { .. })) {
            // Without the one, what was a row is named text by text.
            let rest = axis.categories.with_untracked(|categories| {
                let is_in = axis.is_in.get_untracked();
                let named = categories.iter().zip(is_in).enumerate().filter_map(|(other, (tick, is_in))| {
                    (is_in != (other == place)).then_some(tick.category.as_deref()?)
                });
                with_texts(&picks, named)
            });
            axis.set_picks(rest, false, at_millis);
        } else {
            axis.edit(|column| ViewEdit::TogglePick(column, Pick::Text(text)), at_millis);
        }
    };
    view! {
        <span
            class="axis__category"
            role="checkbox"
            // Unlabelled categories are reached by the sliders, so that thousands of them are no Tab stops.
            tabindex=if tick.is_labelled { "0" } else { "-1" }
            aria-checked=move || is_in.get().to_string()
            aria-label=text.clone()
            title=text
            style:top=px(tick.y_px)
            on:click=move |event| toggle(event.time_stamp())
            on:keydown=move |event| if event.key() == " " {
                event.prevent_default();
                toggle(event.time_stamp());
            }
        >
            {tick.is_labelled.then_some(tick.label)}
        </span>
    }
}

#[component]
fn LaneBox(axis: AxisContext, lane: LaneInfo) -> impl IntoView {
    let pick = Pick::Lane(lane.lane);
    let is_in = {
        let pick = pick.clone();
        move || axis.picks.with(|picks| picks.contains(&pick))
    };
    let words: &'static str = Lane::label(lane.lane);
    let on_click = {
        let pick = pick.clone();
        move |_| toggle(axis, pick.clone(), now_millis())
    };
    let on_keydown = move |event: KeyboardEvent| {
        if event.key() == " " {
            event.prevent_default();
            toggle(axis, pick.clone(), event.time_stamp());
        }
    };
    view! {
        <span
            class="axis__lane"
            role="checkbox"
            tabindex="0"
            aria-checked=move || is_in().to_string()
            aria-label=move || format!("{words} on {}", axis.label.get())
            aria-description=format!("{} runs", lane.n_runs)
            style:top=px(lane.y_px)
            on:click=on_click
            on:keydown=on_keydown
        >
            <span class="axis__lane-word">{words}</span>
            <span class="axis__lane-count">{lane.n_runs}</span>
        </span>
    }
}

/// Pixels in CSS's words.
fn px(pixels: f64) -> String {
    format!("{pixels}px")
}
