//! The versions as a board: a column for each stage. A card is moved by dragging, by its button, or by Alt with an
//! arrow key; each opens the dialog.

use super::versions_table::MoveButton;
use super::{Intent, ModelContext};
use crate::entities::{Stage, VersionNumber};
use crate::registry::timeline::in_stage_since;
use crate::registry::version_table::{cell, run_of, title};
use crate::ui::pointer::{CLICK_PX, capture};
use crate::ui::stage::StageMark;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, KeyboardEvent, PointerEvent};

/// Cards of a column that are shown unasked.
const N_CARDS: usize = 60;

/// The board.
#[component]
pub(super) fn Board(context: ModelContext) -> impl IntoView {
    let over = RwSignal::new(None::<Stage>);
    let column = move |stage: Stage| {
        let shows_all = RwSignal::new(false);
        let numbers = Memo::new(move |_| {
            context.state.with(|state| {
                let in_stage = state.as_ref().map(|state| state.in_stage(stage)).unwrap_or_default();
                context.shown.with(|shown| {
                    in_stage.into_iter().filter(|number| shown.contains(number)).collect::<Vec<_>>()
                })
            })
        });
        let n_cards = Memo::new(move |_| {
            let n = numbers.with(Vec::len);
            if shows_all.get() { n } else { n.min(N_CARDS) }
        });
        let n_all =
            move || context.state.with(|state| state.as_ref().map_or(0, |state| state.in_stage(stage).len()));
        let empty = move || match (numbers.with(Vec::len), n_all()) {
            (0, 0) => "No version".to_owned(),
            (n, all) if n < all => format!("{} more not shown", all - n),
            _ => String::new(),
        };
        view! {
            <section
                class="board__column"
                class:board__column--over=move || over.get() == Some(stage)
                data-stage-column=stage.as_str()
                aria-label=stage.as_str()
            >
                <h2 class="board__title"><StageMark stage /> " " <span class="secondary">{n_all}</span></h2>
                <For each=move || numbers.with(|all| all.get(..n_cards.get()).unwrap_or_default().to_vec()) key=|number| *number let:number>
                    <Card context number stage over />
                </For>
                <Show when=move || n_cards.get() < numbers.with(Vec::len)>
                    <p class="secondary">{move || format!("The newest {} of {}.", n_cards.get(), numbers.with(Vec::len))}</p>
                    <button type="button" class="button" on:click=move |_| shows_all.set(true)>
                        {move || format!("Show all {} in {stage}", numbers.with(Vec::len))}
                    </button>
                </Show>
                <p class="panel__empty">{empty}</p>
            </section>
        }
    };
    view! { <div class="board">{Stage::ALL.map(column).collect_view()}</div> }
}

#[component]
fn Card(
    context: ModelContext,
    number: VersionNumber,
    stage: Stage,
    over: RwSignal<Option<Stage>>,
) -> impl IntoView {
    let from = StoredValue::new(None::<(f64, f64)>);
    let facts = move || {
        context.state.with(|state| {
            let version = state.as_ref()?.version(number)?;
            let aliases: Vec<String> =
                state.as_ref()?.aliases_of(number).iter().map(|alias| alias.name.clone()).collect();
            let since = in_stage_since(version);
            let values = context.registry.runs.with(|runs| {
                let run = run_of(version, runs)?;
                context.defaults.with(|columns| {
                    let values = columns.iter().filter_map(|column| {
                        Some(format!("{} {}", title(column), cell(run, column)?.text()))
                    });
                    Some(values.collect::<Vec<_>>())
                })
            });
            let mut lines = values.unwrap_or_default();
            if !aliases.is_empty() {
                lines.insert(0, format!("alias {}", aliases.join(", ")));
            }
            if !since.is_empty() {
                lines.push(format!("here since {}", since.get(..16).unwrap_or_default().replace('T', " ")));
            }
            Some(lines.into_iter().map(|line| view! { <li>{line}</li> }).collect_view())
        })
    };
    let open = move |to: Option<Stage>| context.decide(number, Intent::Move(to));
    let on_pointermove = move |event: PointerEvent| {
        // A press that began on the link or the button may have ended where the card did not hear of it.
        let Some((x_px, y_px)) = from.get_value().filter(|_| event.buttons() & 1 == 1) else { return };
        let (dx, dy) = (f64::from(event.client_x()) - x_px, f64::from(event.client_y()) - y_px);
        if dx.abs().max(dy.abs()) < 3.0 * CLICK_PX {
            return;
        }
        capture(&event);
        over.set(column_at(&event).filter(|to| *to != stage));
    };
    let on_pointerup = move |_| {
        from.set_value(None);
        if let Some(to) = over.get_untracked() {
            over.set(None);
            open(Some(to));
        }
    };
    let on_keydown = move |event: KeyboardEvent| {
        let by = match event.key().as_str() {
            "ArrowLeft" => -1,
            "ArrowRight" => 1,
            _ => return,
        };
        let at = Stage::ALL.iter().position(|other| *other == stage);
        let to = at.and_then(|at| at.checked_add_signed(by)).and_then(|at| Stage::ALL.get(at));
        if let Some(to) = to.filter(|_| event.alt_key()) {
            event.prevent_default();
            open(Some(*to));
        }
    };
    view! {
        <article
            class="board__card"
            tabindex="0"
            aria-label=format!("Version {number}")
            aria-keyshortcuts="Alt+ArrowLeft Alt+ArrowRight"
            on:keydown=on_keydown
            on:pointerdown=move |event| {
                let at = (f64::from(event.client_x()), f64::from(event.client_y()));
                from.set_value((event.button() == 0).then_some(at));
                // A quick pointer is outside of the card with its first move. What is clicked must hear of its click.
                if event.button() == 0 && !is_on_control(&event) {
                    capture(&event);
                }
            }
            on:pointermove=on_pointermove
            on:pointerup=on_pointerup
            on:pointercancel=move |_| {
                from.set_value(None);
                over.set(None);
            }
        >
            <p class="board__name"><a href=move || context.href(Some(number)) draggable="false">{format!("Version {number}")}</a></p>
            <ul class="board__facts">{facts}</ul>
            <MoveButton context number />
        </article>
    }
}

/// Whether a press is meant for the link or the button of the card.
fn is_on_control(event: &PointerEvent) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    target.is_some_and(|target| target.closest("a, button").is_ok_and(|found| found.is_some()))
}

/// The stage whose column is under the pointer.
fn column_at(event: &PointerEvent) -> Option<Stage> {
    let (x_px, y_px) = (event.client_x() as f32, event.client_y() as f32);
    let column = document().element_from_point(x_px, y_px)?.closest("[data-stage-column]").ok()??;
    Stage::from_word(&column.get_attribute("data-stage-column")?)
}
