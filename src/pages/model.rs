//! One registered model: its versions as a table, as a board or as a history, one version alone, and the moves.

mod alias_dialog;
mod board;
mod change_status;
mod decision;
mod edit;
mod history;
mod move_dialog;
mod review_panel;
mod sent;
mod undo_dialog;
mod version;
mod versions_table;

use self::board::Board;
use self::change_status::{ChangeStatus, phase_text};
use self::decision::DecisionDialog;
use self::edit::{Description, Tags};
use self::history::History;
use self::version::VersionPanel;
use self::versions_table::VersionsTable;
use crate::entities::{ColumnKey, ExperimentId, Stage, VersionNumber};
use crate::pages::models::Skipped;
use crate::plot::charts::{ChartAxis, Figure, Look, Mark, Scale, Series};
use crate::registry::ModelState;
use crate::registry::comparison::Comparison;
use crate::registry::version_table::{default_columns, metric_over_versions, metrics, shown};
use crate::route::{ModelPage as Address, ModelTab, Route};
use crate::state::registry::{Listed, RegistryState, use_registry};
use crate::state::{AppState, Connection, ExperimentList, use_app};
use crate::ui::chart::Chart;
use crate::ui::focus::{focus_on, is_focus_in};
use leptos::prelude::*;
use std::sync::Arc;

/// More versions than this are plotted as a line alone.
const MAX_DOTS: usize = 200;

/// Something that somebody is about to decide.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Moving {
    /// Which version.
    pub version: VersionNumber,
    /// What is to become of it.
    pub intent: Intent,
}

/// What is to become of a version.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Intent {
    /// Another stage; the one that it was dragged to, if it was.
    Move(Option<Stage>),
    /// This alias stands for it.
    SetAlias(String),
    /// This alias stands for it no more.
    RemoveAlias(String),
    /// What was decided last is taken back.
    Undo,
}

/// What the parts of the page share.
#[derive(Clone, Copy)]
pub(super) struct ModelContext {
    pub app: AppState,
    pub registry: RegistryState,
    /// What the address says.
    pub page: Memo<Address>,
    /// The model, once it is here.
    pub state: Memo<Option<ModelState>>,
    /// The versions shown, in order.
    pub shown: Memo<Vec<VersionNumber>>,
    /// The columns out of the versions' runs that are shown unasked.
    pub defaults: Memo<Vec<ColumnKey>>,
    /// What is being decided in the dialog.
    pub moving: RwSignal<Option<Moving>>,
}

impl ModelContext {
    /// Changes what the address says, in place.
    pub fn change(self, change: impl FnOnce(&mut Address)) {
        let mut page = self.page.get_untracked();
        change(&mut page);
        self.app.replace(Route::Model(page));
    }

    /// The address of a version's page; of the model's without one.
    pub fn href(self, version: Option<VersionNumber>) -> String {
        let version = version.map(|number| number.0);
        let page = Address { version, against: None, ..self.page.get_untracked() };
        Route::Model(page).to_string()
    }

    /// Opens the dialog in which this is decided.
    pub fn decide(self, version: VersionNumber, intent: Intent) {
        self.moving.set(Some(Moving { version, intent }));
    }

    /// Puts a version of the model beside another one.
    pub fn compare(self, candidate: VersionNumber, holder: Option<VersionNumber>) {
        self.state.with_untracked(|state| {
            if let Some(state) = state {
                let holder = holder.map(|holder| state.of_run(holder));
                self.registry.compare(state.model.name.clone(), state.of_run(candidate), holder);
            }
        });
    }

    /// The comparison of a version of the model, if that is what was asked for last.
    pub fn comparison(self, candidate: VersionNumber) -> Option<Comparison> {
        let comparison = self.registry.comparison.get()?;
        let is_meant =
            comparison.candidate == candidate && self.page.with(|page| page.name == comparison.model);
        is_meant.then_some(comparison)
    }

    /// Whether the server has aliases.
    pub fn has_aliases(self) -> bool {
        self.app.connection.with_untracked(
            |connection| matches!(connection, Connection::Connected(info) if info.capabilities.has_aliases),
        )
    }
}

/// The page.
#[component]
pub fn ModelPage() -> impl IntoView {
    let (app, registry) = (use_app(), use_registry());
    let page = Memo::new(move |_| {
        app.route.with(|route| match route {
            Route::Model(page) => page.clone(),
            _ => Address::default(),
        })
    });
    let name = Memo::new(move |_| page.with(|page| page.name.clone()));
    // Runs are searched in all experiments, so the list of them comes first.
    let experiment_ids = Memo::new(move |_| {
        app.experiments.with(|list| match list {
            ExperimentList::Loading => None,
            ExperimentList::Loaded { items, .. } => {
                Some(items.iter().map(|experiment| experiment.id.clone()).collect::<Vec<ExperimentId>>())
            }
            ExperimentList::Failed(_) => Some(Vec::new()),
        })
    });
    Effect::new(move || {
        if let (name, Some(experiment_ids)) = (name.get(), experiment_ids.get())
            && !name.is_empty()
        {
            registry.open(name, experiment_ids);
        }
    });
    let state = Memo::new(move |_| {
        let name = name.get();
        registry.model.with(|model| match model {
            Listed::Here(state, _) if state.model.name == name => Some(state.clone()),
            _ => None,
        })
    });
    let shown = Memo::new(move |_| {
        let page = page.get();
        state.with(|state| {
            let Some(state) = state else { return Vec::new() };
            registry.runs.with(|runs| shown(state, runs, &page.filter, page.has_archived, page.sort.as_ref()))
        })
    });
    let defaults = Memo::new(move |_| registry.runs.with(default_columns));
    let context = ModelContext { app, registry, page, state, shown, defaults, moving: RwSignal::new(None) };
    let version = Memo::new(move |_| page.with(|page| page.version.map(VersionNumber)));
    let is_here = Memo::new(move |_| state.with(Option::is_some));
    let content = move || {
        if !is_here.get() {
            return view! { <NotHere context /> }.into_any();
        }
        match version.get() {
            Some(number) => view! { <VersionPanel context number /> }.into_any(),
            None => view! { <Versions context /> }.into_any(),
        }
    };
    let models = move || {
        page.with(|page| {
            Route::Models { server: page.server.clone(), search: String::new(), sort: None }.to_string()
        })
    };
    view! {
        <main class="page page--wide" id="main">
            <nav class="crumbs" aria-label="Where this is">
                <a href=models>"Models"</a>
                {move || version.get().map(|_| view! { " / " <a href=move || context.href(None)><bdi>{name}</bdi></a> })}
            </nav>
            <h1 tabindex="-1" class="model__title">
                <bdi>{name}</bdi>
                {move || version.get().map(|number| format!(", version {number}"))}
            </h1>
            {content}
            <Changing context />
            <DecisionDialog context />
        </main>
    }
}

/// The newest change, in sight wherever the page is scrolled to; the dialog shows it itself while it is open.
#[component]
fn Changing(context: ModelContext) -> impl IntoView {
    let registry = context.registry;
    let is_shown =
        Memo::new(move |_| registry.progress.with(Option::is_some) && context.moving.with(Option::is_none));
    let on_leave = Callback::new(move |()| {
        let had_focus = is_focus_in(".model__changing");
        registry.leave();
        // What had the focus goes with what is shown.
        if had_focus {
            focus_on("main h1");
        }
    });
    let on_action = Callback::new(|()| focus_on(".model__changing .change"));
    let words = move || {
        let told = registry.progress.with(|progress| progress.as_ref().map(phase_text));
        told.filter(|_| is_shown.get()).unwrap_or_default()
    };
    view! {
        <p class="visually-hidden" role="status" aria-label="Change">{words}</p>
        <Show when=move || is_shown.get()>
            <div class="model__changing">
                <ChangeStatus context has_words=true on_close=on_leave on_anew=on_leave on_action />
            </div>
        </Show>
    }
}

#[component]
fn NotHere(context: ModelContext) -> impl IntoView {
    move || match context.registry.model.get() {
        Listed::Failed(message) => view! {
            <div class="alert" role="alert">
                <p>{message}</p>
                <button class="button" on:click=move |_| {
                    context.registry.reopen();
                }>"Try again"</button>
            </div>
        }
        .into_any(),
        _ => view! { <p role="status">"Loading the model…"</p> }.into_any(),
    }
}

/// The versions: filter, plot, and the tabs.
#[component]
fn Versions(context: ModelContext) -> impl IntoView {
    let tab = Memo::new(move |_| context.page.with(|page| page.tab));
    let counts = move || {
        context.state.with(|state| {
            let Some(state) = state else { return String::new() };
            let n_archived = state.in_stage(Stage::Archived).len();
            let text = format!("{} of {} versions", context.shown.with(Vec::len), state.versions.len());
            match (n_archived, context.page.with(|page| page.has_archived)) {
                (0, _) | (_, true) => text,
                (n, false) => format!("{text}, {n} archived ones not shown"),
            }
        })
    };
    let skipped = move || {
        let skipped = context.registry.model.with(|model| match model {
            Listed::Here(_, skipped) => skipped.clone(),
            _ => Vec::new(),
        });
        view! { <Skipped skipped noun="versions" /> }
    };
    let tab_button = move |choice: ModelTab, text: &'static str| {
        view! {
            <button
                type="button"
                class="button"
                aria-pressed=move || (tab.get() == choice).to_string()
                on:click=move |_| context.change(|page| page.tab = choice)
            >
                {text}
            </button>
        }
    };
    view! {
        <Description context version=None />
        <div class="toolbar">
            <div class="button-group" role="group" aria-label="Show as">
                {tab_button(ModelTab::Table, "Table")}
                {tab_button(ModelTab::Board, "Board")}
                {tab_button(ModelTab::History, "History")}
            </div>
            <input
                class="input model__filter"
                type="search"
                aria-label="Filter versions"
                placeholder="stage:staging alias:champion tag:owner=ana"
                prop:value=move || context.page.with(|page| page.filter.clone())
                on:input:target=move |event| {
                    let filter = event.target().value();
                    context.change(|page| page.filter = filter);
                }
            />
            <label class="check">
                <input
                    type="checkbox"
                    prop:checked=move || context.page.with(|page| page.has_archived)
                    on:change:target=move |event| {
                        let is_on = event.target().checked();
                        context.change(|page| page.has_archived = is_on);
                    }
                />
                "Archived ones too"
            </label>
            <button type="button" class="button" on:click=move |_| context.registry.reopen()>"Reload"</button>
            <span role="status" aria-label="Version counts" class="secondary">{counts}</span>
        </div>
        {skipped}
        {move || match tab.get() {
            ModelTab::Table => view! { <MetricPlot context /> <VersionsTable context /> }.into_any(),
            ModelTab::Board => view! { <Board context /> }.into_any(),
            ModelTab::History => view! { <History context version=None /> }.into_any(),
        }}
        <Tags context version=None />
    }
}

/// A metric over the versions that are shown.
#[component]
fn MetricPlot(context: ModelContext) -> impl IntoView {
    let names = Memo::new(move |_| context.registry.runs.with(metrics));
    let metric = Memo::new(move |_| {
        let wanted = context.page.with(|page| page.metric.clone());
        wanted.or_else(|| names.with(|names| names.first().cloned()))
    });
    let plot = Memo::new(move |_| {
        let metric = metric.get()?;
        let numbers = context.shown.get();
        let (points, n_without) = context.state.with(|state| {
            let runs = context.registry.runs;
            runs.with(|runs| state.as_ref().map(|state| metric_over_versions(state, runs, &numbers, &metric)))
        })?;
        let label = if n_without == 0 {
            format!("{metric} over {} versions", points.len())
        } else {
            format!("{metric} over {} versions; {n_without} more have no value", points.len())
        };
        let line = Series::line(metric.clone(), Look::default(), points);
        let has_dots = line.points.len() <= MAX_DOTS;
        let figure = Figure {
            x: ChartAxis::new("version", Scale::Counted),
            y: ChartAxis::new(metric, Scale::Linear),
            series: vec![Series { mark: Mark::Line { has_dots }, ..line }],
            has_slider: false,
        };
        Some((label, Arc::new(figure)))
    });
    let label = Signal::derive(move || {
        plot.with(|plot| plot.as_ref().map(|plot| plot.0.clone())).unwrap_or_default()
    });
    let figure = Signal::derive(move || {
        plot.with(|plot| plot.as_ref().map(|plot| plot.1.clone())).unwrap_or_default()
    });
    view! {
        <Show when=move || metric.with(Option::is_some)>
            <details class="panel model__plot" open>
                <summary class="panel__head"><h2 class="panel__title">"Metric over versions"</h2></summary>
                <label class="model__metric">
                    "Metric "
                    <select
                        class="select"
                        on:change:target=move |event| {
                            let metric = event.target().value();
                            context.change(|page| page.metric = Some(metric));
                        }
                    >
                        {move || names.get().into_iter().map(|name| {
                            let is_chosen = metric.with(|metric| metric.as_ref() == Some(&name));
                            view! { <option value=name.clone() selected=is_chosen>{name.clone()}</option> }
                        }).collect_view()}
                    </select>
                </label>
                <Chart label figure />
            </details>
        </Show>
    }
}
