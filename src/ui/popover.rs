//! A button that opens a small panel beside it: the menus of axes and columns.
//!
//! The panel is a dialog without a backdrop rather than a `menu`, since it may hold inputs. Escape and a press
//! elsewhere close it; Escape gives the focus back to the button.

use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{KeyboardEvent, Node};

/// What is left free between a panel and the window's edges, in CSS pixels.
const EDGE_PX: f64 = 4.0;

/// Moves the panel around it into the window, and the focus into the panel: for what has only just arrived in it.
#[derive(Clone, Copy)]
pub struct Refit(pub Callback<()>);

/// A button with a panel. The children are built when it opens.
#[component]
pub fn Popover(
    /// The panel's accessible name.
    #[prop(into)]
    label: Signal<String>,
    /// The button's text.
    #[prop(into)]
    text: Signal<String>,
    /// The button's accessible name where its text is not enough.
    #[prop(optional, into)]
    button_label: Option<Signal<String>>,
    /// The button's classes.
    #[prop(default = "button")]
    button_class: &'static str,
    /// Whether the button is a stop of the Tab key.
    #[prop(default = true)]
    is_tab_stop: bool,
    /// Whether it is open.
    #[prop(default = RwSignal::new(false))]
    is_open: RwSignal<bool>,
    /// Whether it opens once it stands: a menu whose code was fetched when somebody pressed its button.
    #[prop(default = false)]
    opens_by_itself: bool,
    /// What is in the panel.
    children: ChildrenFn,
) -> impl IntoView {
    let root: NodeRef<html::Div> = NodeRef::new();
    let button: NodeRef<html::Button> = NodeRef::new();
    let panel: NodeRef<html::Div> = NodeRef::new();
    let place = RwSignal::new((0.0, 0.0));
    let open = move || {
        if let Some(button) = button.get_untracked() {
            let rect = button.get_bounding_client_rect();
            place.set((rect.left(), rect.bottom() + 2.0));
        }
        is_open.set(true);
    };
    if opens_by_itself {
        button.on_load(|button| request_animation_frame(move || button.click()));
    }
    let fit = move || {
        if let Some(panel) = panel.get_untracked() {
            // How large it is depends on what is in it, so it is moved into the window once it is there.
            let pixels =
                |length: Result<wasm_bindgen::JsValue, _>| length.ok().and_then(|length| length.as_f64());
            if let (Some(width_px), Some(height_px)) =
                (pixels(window().inner_width()), pixels(window().inner_height()))
            {
                let rect = panel.get_bounding_client_rect();
                let inside =
                    |start: f64, length: f64, room: f64| start.min(room - length - EDGE_PX).max(EDGE_PX);
                place.update(|(left, top)| {
                    *left = inside(*left, rect.width(), width_px);
                    *top = inside(*top, rect.height(), height_px);
                });
            }
            let first = panel.query_selector("input, button, select").ok().flatten();
            if let Some(Ok(first)) = first.map(JsCast::dyn_into::<web_sys::HtmlElement>) {
                // A browser that refuses focus leaves it on the button, which works as well.
                drop(first.focus());
            }
        }
    };
    Effect::new(move || {
        if panel.get().is_some() {
            fit();
        }
    });
    let outside = window_event_listener(ev::pointerdown, move |event| {
        let target = event.target().and_then(|target| target.dyn_into::<Node>().ok());
        let is_inside = root.get_untracked().is_some_and(|root| {
            // A dialog that was opened from the panel stands before it.
            let dialog = target.as_ref().and_then(|target| target.dyn_ref::<web_sys::Element>());
            let dialog = dialog.and_then(|element| element.closest("dialog").ok().flatten());
            root.contains(target.as_ref()) || dialog.is_some_and(|dialog| !dialog.contains(Some(&root)))
        });
        if !is_inside && is_open.try_get_untracked() == Some(true) {
            is_open.set(false);
        }
    });
    on_cleanup(move || outside.remove());
    let on_keydown = move |event: KeyboardEvent| {
        if event.key() == "Escape" && is_open.get_untracked() {
            event.stop_propagation();
            is_open.set(false);
            if let Some(button) = button.get_untracked() {
                drop(button.focus());
            }
        }
    };
    let children = StoredValue::new(children);
    view! {
        <div class="popover" node_ref=root on:keydown=on_keydown>
            <button
                type="button"
                class=button_class
                node_ref=button
                aria-haspopup="dialog"
                aria-expanded=move || is_open.get().to_string()
                aria-label=move || button_label.map(|label| label.get())
                tabindex=if is_tab_stop { "0" } else { "-1" }
                on:click=move |_| if is_open.get_untracked() { is_open.set(false) } else { open() }
            >
                {text}
            </button>
            <Show when=move || is_open.get()>
                <div
                    class="popover__panel"
                    node_ref=panel
                    role="dialog"
                    aria-label=label
                    style:left=move || format!("{}px", place.get().0)
                    style:top=move || format!("{}px", place.get().1)
                >
                    {
                        provide_context(Refit(Callback::new(move |()| fit())));
                        children.with_value(|children| children())
                    }
                </div>
            </Show>
        </div>
    }
}
