//! Keeps a comparison up to date while runs are under way: the engine has no clock, so the page asks.

use crate::engine::Command;
use crate::pages::context::RunsContext;
use leptos::prelude::*;
use std::time::Duration;

/// How often the server is asked.
const PAUSE: Duration = Duration::from_secs(5);

/// A switch. It is on from the first run on that has not ended, until somebody says otherwise; nothing is asked for
/// while nobody can see the page.
#[component]
pub(super) fn Live(context: RunsContext) -> impl IntoView {
    let chosen = RwSignal::new(None::<bool>);
    let has_running = Memo::new(move |was: Option<&bool>| {
        was == Some(&true) || context.progress.with(|progress| progress.n_running > 0)
    });
    let is_live = Memo::new(move |_| chosen.get().unwrap_or_else(|| has_running.get()));
    let ask = move || {
        if is_live.try_get_untracked() == Some(true) && !document().hidden() {
            context.send.run(Command::Refresh);
        }
    };
    match set_interval_with_handle(ask, PAUSE) {
        Ok(interval) => on_cleanup(move || interval.clear()),
        // A browser without timers shows what it has; “Reload runs” asks for the rest.
        Err(_) => chosen.set(Some(false)),
    }
    view! {
        <button
            type="button"
            class="button"
            aria-pressed=move || is_live.get().to_string()
            title="Ask for new runs, and for those that are running, every 5 seconds"
            on:click=move |_| {
                let is_now = !is_live.get_untracked();
                chosen.set(Some(is_now));
                ask();
            }
        >
            "Live"
        </button>
    }
}
