//! The menu of an axis, a late piece: its kind, the bounds of its intervals, where it stands.

use super::axis::AxisContext;
use crate::ui::menu::MenuItem;
use crate::ui::over_steps::over_steps;
use crate::view::AxisKind;
use crate::view::brush_px::intervals_with_one_more;
use crate::view::edit::{Bound, ViewEdit, intervals, with_intervals};
use leptos::prelude::*;

/// What the menu is made of.
#[derive(Clone, Copy)]
pub struct AxisMenuParts {
    pub(super) axis: AxisContext,
    /// Whether it is open.
    pub(super) is_open: RwSignal<bool>,
}

/// The menu: kind, intervals, and what else can be done with an axis.
#[component]
pub(crate) fn AxisMenu(parts: AxisMenuParts) -> impl IntoView {
    let AxisMenuParts { axis, is_open } = parts;
    let kind = Memo::new(move |_| {
        axis.info.with(|info| {
            info.as_ref()
                .filter(|info| !info.is_kind_inferred)
                .map_or("inferred", |info| kind_word(info.kind))
        })
    });
    let inferred = move || {
        axis.info.with(|info| {
            info.as_ref().map_or(String::new(), |info| format!("inferred ({})", kind_word(info.kind)))
        })
    };
    let has_no_brush = move || axis.picks.with(Vec::is_empty);
    let item = move |text: &'static str, act: fn(AxisContext, f64)| {
        view! { <MenuItem text is_open on_choose=move |at_millis| act(axis, at_millis) /> }
    };
    // At least one, which is the whole axis before there is a brush.
    let n_intervals = Memo::new(move |_| axis.picks.with(|picks| intervals(picks).len()).max(1));
    let bound_inputs = move |place: usize| {
        let n = n_intervals.get();
        let name = move |word: &str| {
            if n > 1 { format!("{word} of interval {}", place + 1) } else { word.to_owned() }
        };
        let remove = move |event: web_sys::MouseEvent| {
            let picks = axis.picks.get_untracked();
            let mut left = intervals(&picks);
            if place < left.len() {
                left.remove(place);
            }
            axis.set_picks(with_intervals(&picks, &left), false, event.time_stamp());
        };
        view! {
            <BoundInput axis bound=Bound::Lower place name=name("Lowest") />
            <BoundInput axis bound=Bound::Upper place name=name("Highest") />
            {(n > 1).then(|| view! {
                <button type="button" class="menu-item" on:click=remove>
                    {format!("Remove interval {}", place + 1)}
                </button>
            })}
        }
    };
    let add_interval = move |event: web_sys::MouseEvent| {
        if let Some(span) = axis.span.get_untracked() {
            let picks = axis.picks.get_untracked();
            let after = intervals_with_one_more(&span, &intervals(&picks));
            axis.set_picks(with_intervals(&picks, &after), false, event.time_stamp());
        }
    };
    view! {
        <div class="axis-menu">
            <label class="axis-menu__field">
                "Kind"
                <select
                    class="input"
                    prop:value=kind
                    on:change:target=move |event| {
                        let kind = kind_from_word(&event.target().value());
                        axis.edit(|column| ViewEdit::SetAxisKind(column, kind), event.time_stamp());
                    }
                >
                    <option value="inferred" selected=move || kind.get() == "inferred">{inferred}</option>
                    {[AxisKind::Linear, AxisKind::Log, AxisKind::Categorical, AxisKind::Time]
                        .map(|choice| {
                            let word = kind_word(choice);
                            view! { <option value=word selected=move || kind.get() == word>{word}</option> }
                        })
                        .collect_view()}
                </select>
            </label>
            <Show when=move || axis.span.with(Option::is_some)>
                {move || (0..n_intervals.get()).map(bound_inputs).collect_view()}
                <button type="button" class="menu-item" on:click=add_interval>"Add interval"</button>
            </Show>
            <Show when=move || !has_no_brush()>
                {item("Clear brush", |axis, at_millis| axis.set_picks(Vec::new(), false, at_millis))}
            </Show>
            {item("Flip", |axis, at_millis| axis.edit(ViewEdit::FlipAxis, at_millis))}
            {item("Colour by this", |axis, at_millis| axis.edit(|column| ViewEdit::SetColour(Some(column)), at_millis))}
            {over_steps(&axis.column.get_value())
                .into_iter()
                .map(|(text, column)| {
                    let add = move |at_millis| axis.edit(|_| ViewEdit::AddAxis(column.clone()), at_millis);
                    view! { <MenuItem text is_open on_choose=add /> }
                })
                .collect_view()}
            {item("Move left", |axis, at_millis| axis.move_by(-1, at_millis))}
            {item("Move right", |axis, at_millis| axis.move_by(1, at_millis))}
            {item("Hide", |axis, at_millis| axis.edit(ViewEdit::RemoveAxis, at_millis))}
        </div>
    }
}

/// The typed way to one bound of an interval, or of the whole axis where there is none yet.
#[component]
fn BoundInput(axis: AxisContext, bound: Bound, place: usize, name: String) -> impl IntoView {
    let problem = RwSignal::new(None::<&'static str>);
    let value = move || {
        let span = axis.span.get()?;
        let (low, high) =
            axis.picks.with(|picks| intervals(picks).get(place).copied()).unwrap_or(span.ends());
        Some(axis.measure.with(|measure| measure.typed(if bound == Bound::Lower { low } else { high })))
    };
    let take = move |typed: &str, at_millis: f64| {
        let Some(span) = axis.span.get_untracked() else { return Ok(()) };
        let value = axis.measure.with_untracked(|measure| measure.read(typed, bound))?;
        let picks = axis.picks.get_untracked();
        let mut all = intervals(&picks);
        if place >= all.len() {
            all.push(span.ends());
        }
        if let Some(interval) = all.get_mut(place) {
            match bound {
                Bound::Lower => interval.0 = value,
                Bound::Upper => interval.1 = value,
            }
            if interval.0 > interval.1 {
                return Err("The lowest is above the highest: nothing was changed");
            }
        }
        axis.set_picks(with_intervals(&picks, &all), false, at_millis);
        Ok(())
    };
    view! {
        <label class="axis-menu__field">
            {name}
            <input
                class="input"
                type="text"
                aria-invalid=move || problem.get().is_some().to_string()
                prop:value=move || value().unwrap_or_default()
                on:change:target=move |event| {
                    problem.set(take(&event.target().value(), event.time_stamp()).err());
                }
            />
        </label>
        {move || problem.get().map(|problem| view! { <p class="axis-menu__problem" role="alert">{problem}</p> })}
    }
}

fn kind_word(kind: AxisKind) -> &'static str {
    match kind {
        AxisKind::Linear => "linear",
        AxisKind::Log => "log",
        AxisKind::Categorical => "categorical",
        AxisKind::Time => "time",
    }
}

fn kind_from_word(word: &str) -> Option<AxisKind> {
    [AxisKind::Linear, AxisKind::Log, AxisKind::Categorical, AxisKind::Time]
        .into_iter()
        .find(|kind| kind_word(*kind) == word)
}
