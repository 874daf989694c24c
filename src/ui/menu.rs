//! One entry of a menu: acts, and closes the menu it stands in.

use leptos::prelude::*;

/// The entry. It closes the menu first, so that what it does may open another.
#[component]
pub fn MenuItem(
    /// Its words.
    text: &'static str,
    /// Whether the menu is open.
    is_open: RwSignal<bool>,
    /// What it does, told the time of the click in milliseconds of the page's clock.
    on_choose: impl Fn(f64) + 'static,
) -> impl IntoView {
    view! {
        <button
            type="button"
            class="menu-item"
            on:click=move |event| {
                is_open.set(false);
                on_choose(event.time_stamp());
            }
        >
            {text}
        </button>
    }
}
