//! Who decides: the user of the sign-in, or else a name that this browser remembers.

use crate::state::registry::use_registry;
use crate::state::use_app;
use leptos::prelude::*;

/// The field, or who it will be.
#[component]
pub(crate) fn AuthorField() -> impl IntoView {
    let registry = use_registry();
    match use_app().signed_in_user() {
        Some(user) => {
            view! { <p class="secondary">{format!("Recorded as {user}, who is signed in")}</p> }.into_any()
        }
        None => view! {
            <label class="field">
                <span class="field__label">"Your name, for the record"</span>
                <input
                    class="input"
                    type="text"
                    autocomplete="name"
                    spellcheck="false"
                    prop:value=registry.author
                    on:input:target=move |event| registry.set_author(&event.target().value())
                />
            </label>
        }
        .into_any(),
    }
}
