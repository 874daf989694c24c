//! What most visits begin without: the pages of runs, models and the review, every change of runs, and the panels of the
//! comparison. It is compiled into two parts of the program that are fetched when they are first needed, so that the
//! comparison is on the screen sooner.
//!
//! `src/main.rs` marks the cuts, since a mark in the library would bring these pages into every program; [`LateCode`]
//! is how they are reached from here. `tests/split.mjs` cuts.

use super::compare::derived::DerivedForm;
use super::compare::manage::ManageRuns;
use super::compare::palette::Palette;
use super::compare::report::export;
use super::compare::views::Views;
use super::compare::workspace::Workspace;
use super::context::RunsContext;
use super::model::ModelPage;
use super::models::ModelsPage;
use super::review::ReviewPage;
use super::run::RunPage;
use super::webhooks::WebhooksPage;
use crate::entities::{ColumnKey, RunId};
use crate::state::registry::RegistryState;
use crate::state::use_app;
use crate::ui::focus::focus_on;
use crate::ui::late_piece::LatePiece;
use crate::ui::popover::Refit;
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::pin::Pin;
use wasm_split_helpers::SplitLoaderError;

/// What is late.
#[derive(Clone, PartialEq)]
pub enum LateKind {
    /// The page of a run.
    Run(RunId),
    /// The registered models.
    Models,
    /// One of them, by name.
    Model(String),
    /// What waits for a review.
    Review,
    /// What the server calls.
    Webhooks,
    /// The panels of the comparison.
    Workspace,
    /// The commands of the comparison, and the sheet of keys.
    Palette,
    /// A file with more than the table. It is saved by itself.
    Export(ExportKind),
    /// The menu of the comparison that deletes and restores runs. It opens by itself.
    ManageRuns,
    /// The menu of named views. It opens by itself.
    Views,
    /// A menu or a list that somebody has opened.
    Piece(LatePiece),
    /// The form for a derived column, with what takes what it makes.
    DerivedForm(StoredValue<Callback<ColumnKey>>),
}

/// A file with more than the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportKind {
    /// The parallel coordinates as SVG.
    PlotSvg,
    /// The same as PNG.
    PlotPng,
    /// The whole comparison as HTML.
    Report,
}

/// What comes out once the code is here, or why it is not.
pub type Arrival<T> = Pin<Box<dyn Future<Output = Result<T, SplitLoaderError>>>>;

/// How a part of the late code is reached.
#[derive(Clone, Copy)]
pub struct LatePart {
    /// Fetches it; once it is here, this is done at once.
    pub fetch: fn() -> Arrival<()>,
    /// Builds something in it.
    pub build: fn(LateKind, Owner) -> Arrival<AnyView>,
}

/// The late code.
#[derive(Clone, Copy)]
pub struct LateCode {
    /// The pages, and the changes of runs: [`build_page`].
    pub pages: LatePart,
    /// The panels of the comparison: [`build_panels`].
    pub panels: LatePart,
}

impl LateCode {
    /// Puts it into the context of the whole app.
    pub fn provide(self) {
        provide_context(self);
        provide_context(AppOwner(Owner::current().unwrap_or_default()));
    }

    /// Fetches it ahead, so that the first panel and the first of these pages open at once. A failure is told when it
    /// matters: when something needs it.
    pub fn fetch_ahead(self) {
        spawn_local(async move {
            drop((self.panels.fetch)().await);
            drop((self.pages.fetch)().await);
        });
    }

    fn part_of(self, kind: &LateKind) -> LatePart {
        match kind {
            LateKind::Workspace
            | LateKind::Palette
            | LateKind::Export(_)
            | LateKind::Piece(_)
            | LateKind::DerivedForm(_) => self.panels,
            _ => self.pages,
        }
    }
}

/// What lives as long as the app.
#[derive(Clone)]
struct AppOwner(Owner);

/// Builds the panels of the comparison under their owner; what only this function reaches is a part of the program.
pub fn build_panels(kind: LateKind, owner: &Owner) -> AnyView {
    owner.with(|| match kind {
        LateKind::Export(kind) => {
            export(RunsContext::of(use_app()), kind);
            ().into_any()
        }
        LateKind::Piece(piece) => piece.build(),
        LateKind::DerivedForm(add) => view! { <DerivedForm add=add.get_value() /> }.into_any(),
        LateKind::Palette => view! { <Palette context=RunsContext::of(use_app()) /> }.into_any(),
        _ => view! { <Workspace /> }.into_any(),
    })
}

/// Builds anything else that is late under its owner; what only this function reaches is a part of the program.
pub fn build_page(kind: LateKind, owner: &Owner) -> AnyView {
    owner.with(|| {
        if use_context::<RegistryState>().is_none() {
            // What is known of models and of changes under way outlives the page that asked first.
            expect_context::<AppOwner>().0.with(|| RegistryState::provide(use_app()));
        }
        match kind {
            LateKind::Run(run_id) => {
                view! { <RunPage context=RunsContext::of(use_app()) run_id /> }.into_any()
            }
            LateKind::Models => view! { <ModelsPage /> }.into_any(),
            LateKind::Model(_) => view! { <ModelPage /> }.into_any(),
            LateKind::Review => view! { <ReviewPage /> }.into_any(),
            LateKind::Webhooks => view! { <WebhooksPage /> }.into_any(),
            // That is the other part.
            LateKind::Workspace
            | LateKind::Palette
            | LateKind::Export(_)
            | LateKind::Piece(_)
            | LateKind::DerivedForm(_) => ().into_any(),
            LateKind::Views => view! { <Views context=RunsContext::of(use_app()) /> }.into_any(),
            LateKind::ManageRuns => view! { <ManageRuns context=RunsContext::of(use_app()) /> }.into_any(),
        }
    })
}

/// Something late, once its code is here: what is built, or that it did not arrive. `fetch(true)` tries again.
#[derive(Clone, Copy)]
struct Late {
    arrival: RwSignal<Option<Result<AnyView, SplitLoaderError>>, LocalStorage>,
    part: LatePart,
    kind: StoredValue<LateKind>,
    owner: StoredValue<Option<Owner>>,
}

impl Late {
    fn new(kind: LateKind) -> Self {
        Self {
            arrival: RwSignal::new_local(None),
            part: expect_context::<LateCode>().part_of(&kind),
            kind: StoredValue::new(kind),
            owner: StoredValue::new(Owner::current()),
        }
    }

    /// Fetches and builds. `then` is called once it stands.
    fn fetch(self, then: impl Fn() + 'static) {
        self.arrival.set(None);
        spawn_local(async move {
            let fetched = (self.part.fetch)().await;
            // Somebody may have gone on to another page meanwhile.
            let (Some(kind), Some(Some(owner))) = (self.kind.try_get_value(), self.owner.try_get_value())
            else {
                return;
            };
            let built = match fetched {
                Ok(()) => (self.part.build)(kind, owner).await,
                Err(problem) => Err(problem),
            };
            if self.arrival.try_set(Some(built)).is_none() {
                then();
            }
        });
    }

    /// What is to be shown now, as far as it is here; what is built is handed out once.
    fn take(self) -> Option<Result<AnyView, SplitLoaderError>> {
        self.arrival.track();
        self.arrival.write_untracked().take()
    }
}

/// A page, once its code is here.
#[component]
pub fn LatePage(
    /// Which.
    kind: LateKind,
) -> impl IntoView {
    let late = Late::new(kind);
    let focus = || request_animation_frame(|| focus_on("main h1"));
    late.fetch(move || {
        // The heading that stood for the page's own has the focus if the page was opened from another one.
        if document().active_element().is_some_and(|element| element.id() == HEADING_ID) {
            focus();
        }
    });
    move || match late.take() {
        Some(Ok(page)) => page,
        Some(Err(_)) => view! {
            <main class="page" id="main">
                <h1 tabindex="-1">"This page did not arrive"</h1>
                <p role="alert">{NOT_ARRIVED}</p>
                <button type="button" class="button" on:click=move |_| late.fetch(focus)>"Try again"</button>
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

/// The button that opens a late menu, and fetches it first.
#[component]
pub fn LateMenu(
    /// Which.
    kind: LateKind,
    /// The button's text.
    text: &'static str,
) -> impl IntoView {
    let app = use_app();
    let late = Late::new(kind);
    let on_click = move |_| late.fetch(|| ());
    move || match late.take() {
        Some(Ok(menu)) => menu,
        state => {
            if state.is_some() {
                app.alert(NOT_ARRIVED);
            }
            view! {
                <button type="button" class="button" aria-haspopup="dialog" aria-expanded="false" on:click=on_click>
                    {text}
                </button>
            }
            .into_any()
        }
    }
}

/// The commands of the comparison, fetched when they are first wanted.
#[component]
pub fn LatePalette(
    /// Whether one of them is open.
    is_wanted: Signal<bool>,
) -> impl IntoView {
    let app = use_app();
    let late = Late::new(LateKind::Palette);
    let is_asked = StoredValue::new(false);
    Effect::new(move || {
        if is_wanted.get() && !is_asked.get_value() {
            is_asked.set_value(true);
            late.fetch(|| ());
        }
    });
    move || match late.take() {
        Some(Ok(palette)) => palette,
        state => {
            if state.is_some() {
                is_asked.set_value(false);
                app.alert(NOT_ARRIVED);
            }
            ().into_any()
        }
    }
}

/// A menu, a list or a form inside what somebody has opened, once its code is here.
pub fn late_piece(kind: LateKind) -> AnyView {
    let late = Late::new(kind);
    let refit = use_context::<Refit>();
    let arrived = move || {
        request_animation_frame(move || {
            if let Some(Refit(refit)) = refit {
                refit.try_run(());
            }
        });
    };
    late.fetch(arrived);
    (move || match late.take() {
        Some(Ok(piece)) => piece,
        Some(Err(_)) => view! {
            <p role="alert">{NOT_ARRIVED}</p>
            <button type="button" class="button" on:click=move |_| late.fetch(arrived)>"Try again"</button>
        }
        .into_any(),
        None => view! { <p role="status">"Loading…"</p> }.into_any(),
    })
    .into_any()
}

/// Saves files with more than the table, once the code is here.
#[derive(Clone, Copy)]
pub struct LateExport {
    part: LatePart,
    owner: StoredValue<Option<Owner>>,
}

impl LateExport {
    /// For the component that is being built.
    pub fn of_component() -> Self {
        Self { part: expect_context::<LateCode>().panels, owner: StoredValue::new(Owner::current()) }
    }

    /// Saves one.
    pub fn save(self, kind: ExportKind) {
        let app = use_app();
        spawn_local(async move {
            let Some(Some(owner)) = self.owner.try_get_value() else { return };
            if (self.part.build)(LateKind::Export(kind), owner).await.is_err() {
                app.alert(NOT_ARRIVED);
            }
        });
    }
}

/// The heading that stands for the one of a page that is on its way.
const HEADING_ID: &str = "late-heading";

/// The panels of the comparison, while any is open.
#[component]
pub fn LateWorkspace() -> impl IntoView {
    let late = Late::new(LateKind::Workspace);
    late.fetch(|| ());
    move || match late.take() {
        Some(Ok(panels)) => panels,
        Some(Err(_)) => view! {
            <section class="panel" aria-label="Panels">
                <p role="alert">{NOT_ARRIVED}</p>
                <button type="button" class="button" on:click=move |_| late.fetch(|| ())>"Try again"</button>
            </section>
        }
        .into_any(),
        None => view! { <p class="panel__empty" role="status">"Loading the panels"</p> }.into_any(),
    }
}

/// Why something late is not here.
const NOT_ARRIVED: &str = "This part of Runweave could not be fetched from where the site is hosted. Nothing that is \
    open is lost. Try again, or reload the page if a new release came out meanwhile.";
