//! The panels of the comparison: Pareto front, ranking, importance, metric curves, differences. They show what the engine works out for
//! the kept and the selected runs, and change the view.

mod curves;
mod differences;
mod importance;
mod pareto;
mod ranking;

use self::curves::CurvesPanel;
use self::differences::DifferencesPanel;
use self::importance::ImportancePanel;
use self::pareto::ParetoPanel;
use self::ranking::RankingPanel;
use super::EditView;
use crate::engine::Command;
use crate::engine::news::{
    CurvesInfo, DifferencesInfo, ImportanceInfo, NamedRun, ParetoInfo, RankingInfo, WorkspaceNews,
};
use crate::engine::protocol::{Cell, HoverTarget};
use crate::entities::RunId;
use crate::pages::context::RunsContext;
use crate::state::use_app;
use crate::view::Panel;
use crate::view::edit::ViewEdit;
use leptos::prelude::*;

/// What the panels share.
#[derive(Clone, Copy)]
struct WorkspaceContext {
    runs: RunsContext,
    edit: EditView,
    pareto: RwSignal<Option<ParetoInfo>>,
    ranking: RwSignal<Option<RankingInfo>>,
    importance: RwSignal<Option<ImportanceInfo>>,
    curves: RwSignal<Option<CurvesInfo>>,
    differences: RwSignal<Option<DifferencesInfo>>,
    selected: Memo<Vec<RunId>>,
}

/// The open panels.
#[component]
pub(in crate::pages) fn Workspace() -> impl IntoView {
    let app = use_app();
    let runs = RunsContext::of(app);
    let context = WorkspaceContext {
        runs,
        edit: expect_context(),
        pareto: RwSignal::new(None),
        ranking: RwSignal::new(None),
        importance: RwSignal::new(None),
        curves: RwSignal::new(None),
        differences: RwSignal::new(None),
        selected: Memo::new(move |_| runs.view.with(|view| view.selected.clone())),
    };
    Effect::new(move || {
        if app.workspace_news.with(Vec::is_empty) {
            return;
        }
        let all = app.workspace_news.try_update_untracked(std::mem::take).unwrap_or_default();
        // News of another version than this page's cannot arrive: `Ready` compares versions.
        for news in all.iter().filter_map(|news| serde_json::from_str(news.0.get()).ok()) {
            match news {
                WorkspaceNews::Pareto(info) => context.pareto.set(Some(info)),
                WorkspaceNews::Ranking(info) => context.ranking.set(Some(info)),
                WorkspaceNews::Importance(info) => context.importance.set(Some(info)),
                WorkspaceNews::Curves(info) => context.curves.set(Some(info)),
                WorkspaceNews::Differences(info) => context.differences.set(Some(info)),
            }
        }
    });
    let panels = Memo::new(move |_| runs.view.with(|view| view.panels.clone()));
    view! {
        <For each=move || panels.get() key=|panel| *panel let:panel>
            {match panel {
                Panel::Pareto => view! { <ParetoPanel context /> }.into_any(),
                Panel::Ranking => view! { <RankingPanel context /> }.into_any(),
                Panel::Importance => view! { <ImportancePanel context /> }.into_any(),
                Panel::Curves => view! { <CurvesPanel context /> }.into_any(),
                Panel::Differences => view! { <DifferencesPanel context /> }.into_any(),
            }}
        </For>
    }
}

/// A panel with its head: the title, what it shows of what there is, and a button that closes it.
#[component]
fn PanelFrame(
    context: WorkspaceContext,
    panel: Panel,
    /// How many runs it shows of how many there are, and why others are not among them.
    #[prop(into)]
    summary: Signal<String>,
    children: Children,
) -> impl IntoView {
    view! {
        <section class="panel workspace" role="group" aria-label=panel.title()>
            <header class="panel__head">
                <h2 class="panel__title">{panel.title()}</h2>
                <p class="workspace__summary" role="status">{summary}</p>
                <button
                    type="button"
                    class="button"
                    aria-label=format!("Close {}", panel.title())
                    on:click=move |_| context.edit.edit(ViewEdit::OpenPanel(panel, false))
                >
                    "Close"
                </button>
            </header>
            <div class="panel__body">{children()}</div>
        </section>
    }
}

/// Lets a run stand out wherever it is shown, or none.
fn hover(context: WorkspaceContext, run: Option<NamedRun>) {
    let target = run.map_or(HoverTarget::None, |run| HoverTarget::Run(run.run_id));
    context.runs.send.run(Command::Hover(target));
}

/// A run's name, which leads to its page.
fn run_link(context: WorkspaceContext, run: &NamedRun) -> impl IntoView + use<> {
    view! { <a href=context.runs.run_href.run(run.run_id.clone())>{run.name.clone()}</a> }
}

/// The checkbox that selects a run.
fn select_box(context: WorkspaceContext, run: NamedRun) -> impl IntoView {
    let NamedRun { run_id, name } = run;
    let run_id = StoredValue::new(run_id);
    view! {
        <input
            type="checkbox"
            aria-label=format!("Select {name}")
            prop:checked=move || context.selected.with(|selected| run_id.with_value(|id| selected.contains(id)))
            on:change=move |_| context.edit.edit(ViewEdit::ToggleSelected(run_id.get_value()))
        />
    }
}

/// A value as the table of runs shows it.
fn cell_text(cell: Cell) -> AnyView {
    match cell {
        Cell::Shown(text) => view! { {text} }.into_any(),
        Cell::Rounded { text, logged } => view! { <span title=logged>{text}</span> }.into_any(),
        Cell::Special(lane) => view! { <em class="special">{lane.label()}</em> }.into_any(),
    }
}

/// `1 run`, `2 runs`.
fn runs_text(n: usize) -> String {
    if n == 1 { "1 run".to_owned() } else { format!("{n} runs") }
}

/// What to say of selected runs that are not loaded; empty for none.
fn missing_text(missing: &[RunId]) -> String {
    match missing.len() {
        0 => String::new(),
        n => format!("; {} selected, not among the loaded ones", runs_text(n)),
    }
}
