//! The pages that most visits begin without: runs, models and the review. They are compiled into a part of the
//! program that is fetched with the first of them, so that the comparison is on the screen sooner.
//!
//! `src/main.rs` marks the cut, since a mark in the library would bring these pages into every program; [`LateCode`]
//! is how they are reached from here. `tests/split.mjs` cuts.

use super::context::RunsContext;
use super::model::ModelPage;
use super::models::ModelsPage;
use super::review::ReviewPage;
use super::run::RunPage;
use super::webhooks::WebhooksPage;
use crate::entities::RunId;
use crate::state::use_app;
use crate::ui::focus::focus_on;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::wasm_split::SplitLoaderError;
use std::pin::Pin;

/// A page of this part.
#[derive(Clone, PartialEq)]
pub enum LateKind {
    /// A run.
    Run(RunId),
    /// The registered models.
    Models,
    /// One of them, by name.
    Model(String),
    /// What waits for a review.
    Review,
    /// What the server calls.
    Webhooks,
}

/// What comes out once the code is here, or why it is not.
pub type Arrival<T> = Pin<Box<dyn Future<Output = Result<T, SplitLoaderError>>>>;

/// How the code of these pages is reached.
#[derive(Clone, Copy)]
pub struct LateCode {
    /// Fetches it; once it is here, this is done at once.
    pub fetch: fn() -> Arrival<()>,
    /// Calls [`build`] in it.
    pub build: fn(LateKind, Owner) -> Arrival<AnyView>,
}

impl LateCode {
    /// Fetches it ahead, so that the first of these pages opens at once. A failure is told when it matters: when a
    /// page needs it.
    pub fn fetch_ahead(self) {
        spawn_local(async move { drop((self.fetch)().await) });
    }
}

/// A page, once its code is here.
#[component]
pub fn LatePage(
    /// Which.
    kind: LateKind,
) -> impl IntoView {
    let code = expect_context::<LateCode>();
    let arrival = RwSignal::new_local(None::<Result<AnyView, SplitLoaderError>>);
    let owner = StoredValue::new(Owner::current());
    let kind = StoredValue::new(kind);
    // Asked again by the button, which is gone then: the focus goes to the page.
    let fetch = Callback::new(move |is_again: bool| {
        arrival.set(None);
        spawn_local(async move {
            let fetched = (code.fetch)().await;
            // Somebody may have gone on to another page meanwhile.
            let (Some(kind), Some(Some(owner))) = (kind.try_get_value(), owner.try_get_value()) else {
                return;
            };
            let page = match fetched {
                Ok(()) => (code.build)(kind, owner).await,
                Err(problem) => Err(problem),
            };
            let has_focus =
                is_again || document().active_element().is_some_and(|element| element.id() == HEADING_ID);
            if arrival.try_set(Some(page)).is_none() && has_focus {
                request_animation_frame(|| focus_on("main h1"));
            }
        });
    });
    fetch.run(false);
    move || {
        arrival.track();
        match arrival.write_untracked().take() {
            Some(Ok(page)) => page,
            Some(Err(_)) => view! {
                <main class="page" id="main">
                    <h1 tabindex="-1">"This page did not arrive"</h1>
                    <p role="alert">
                        "Its part of Runweave could not be fetched from where the site is hosted. What is open \
                         elsewhere is not touched. Try again, or reload the page if a new release came out meanwhile."
                    </p>
                    <button type="button" class="button" on:click=move |_| fetch.run(true)>"Try again"</button>
                </main>
            }
            .into_any(),
            None => view! {
                <main class="page" id="main">
                    <h1 tabindex="-1" id=HEADING_ID>"Loading the page"</h1>
                </main>
            }
            .into_any(),
        }
    }
}

/// The heading that holds the place, and perhaps the focus, of the one that is on its way.
const HEADING_ID: &str = "late-heading";

/// Builds a page under its owner; what only this function reaches is the late part of the program.
pub fn build(kind: LateKind, owner: &Owner) -> AnyView {
    owner.with(|| match kind {
        LateKind::Run(run_id) => view! { <RunPage context=RunsContext::of(use_app()) run_id /> }.into_any(),
        LateKind::Models => view! { <ModelsPage /> }.into_any(),
        LateKind::Model(_) => view! { <ModelPage /> }.into_any(),
        LateKind::Review => view! { <ReviewPage /> }.into_any(),
        LateKind::Webhooks => view! { <WebhooksPage /> }.into_any(),
    })
}
