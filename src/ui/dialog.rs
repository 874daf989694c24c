//! A modal dialog: the browser's own `<dialog>`, which traps the focus and gives it back.

use leptos::html;
use leptos::prelude::*;

/// A modal dialog with a heading and a Close button. The children are built when it opens.
#[component]
pub fn Dialog(
    /// Its heading and accessible name.
    #[prop(into)]
    title: Signal<String>,
    /// Whether it is open.
    is_open: RwSignal<bool>,
    /// Whether it takes the room of a page rather than that of a message.
    #[prop(optional)]
    is_wide: bool,
    /// What is in it.
    children: ChildrenFn,
) -> impl IntoView {
    let dialog: NodeRef<html::Dialog> = NodeRef::new();
    Effect::new(move || {
        let (dialog, is_open) = (dialog.get(), is_open.get());
        let Some(dialog) = dialog else { return };
        if is_open && !dialog.open() {
            // Refused only where it is already open, which is what is wanted.
            drop(dialog.show_modal());
        } else if !is_open && dialog.open() {
            dialog.close();
        }
    });
    let children = StoredValue::new(children);
    view! {
        <dialog class="dialog" class:dialog--wide=is_wide node_ref=dialog aria-label=title on:close=move |_| is_open.set(false)>
            <header class="dialog__head">
                <h2 class="dialog__title">{title}</h2>
                <button type="button" class="button" on:click=move |_| is_open.set(false)>
                    "Close"
                </button>
            </header>
            <Show when=move || is_open.get()>
                <div class="dialog__body">{children.with_value(|children| children())}</div>
            </Show>
        </dialog>
    }
}
