//! The panels of the comparison: Pareto front, ranking, importance, history, scatter plot, groups, metric curves, differences.
//! They show what the engine works out for the kept and the selected runs, and change the view.

mod curves;
mod differences;
mod groups;
mod history;
mod importance;
mod near;
mod pareto;
mod ranking;
mod scatter;

use self::curves::{CurveCharts, CurvesPanel};
use self::differences::DifferencesPanel;
use self::groups::GroupsPanel;
use self::history::HistoryPanel;
use self::importance::ImportancePanel;
use self::pareto::ParetoPanel;
use self::ranking::RankingPanel;
use self::scatter::ScatterPanel;
use super::EditView;
use crate::engine::Command;
use crate::engine::RunFigure;
use crate::engine::news::{
    CurvesInfo, DifferencesInfo, GroupsInfo, HistoryInfo, ImportanceInfo, NamedRun, ParetoInfo, RankingInfo,
    ScatterInfo, WorkspaceNews,
};
use crate::engine::protocol::{Cell, ColumnInfo, HoverTarget, NewsText};
use crate::entities::{Attribute, ColumnKey, RunId};
use crate::pages::context::RunsContext;
use crate::plot::charts::Place;
use crate::state::use_app;
use crate::ui::chart::Chart;
use crate::ui::chart_area::{AreaTool, Drawn};
use crate::ui::column_list::{ColumnList, ListKind};
use crate::ui::popover::Popover;
use crate::view::edit::ViewEdit;
use crate::view::{MoreView, Panel};
use leptos::prelude::*;
use serde::Serialize;
use std::collections::VecDeque;
use std::time::Duration;

/// With more charts than this, those that are neither among the first nor in view are not drawn.
const MANY_CHARTS: usize = 12;

/// What the panels share.
#[derive(Clone, Copy)]
struct WorkspaceContext {
    runs: RunsContext,
    edit: EditView,
    pareto: RwSignal<Option<ParetoInfo>>,
    ranking: RwSignal<Option<RankingInfo>>,
    importance: RwSignal<Option<ImportanceInfo>>,
    history: RwSignal<Option<HistoryInfo>>,
    scatter: RwSignal<Option<ScatterInfo>>,
    groups: RwSignal<Option<GroupsInfo>>,
    curves: RwSignal<Option<CurvesInfo>>,
    curve_charts: CurveCharts,
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
        history: RwSignal::new(None),
        scatter: RwSignal::new(None),
        groups: RwSignal::new(None),
        curves: RwSignal::new(None),
        curve_charts: CurveCharts::default(),
        differences: RwSignal::new(None),
        selected: Memo::new(move |_| runs.view.with(|view| view.selected.clone())),
    };
    let waiting = StoredValue::new(VecDeque::new());
    Effect::new(move || {
        if app.workspace_news.with(Vec::is_empty) {
            return;
        }
        let all = app.workspace_news.try_update_untracked(std::mem::take).unwrap_or_default();
        let is_idle = waiting.with_value(VecDeque::is_empty);
        waiting.update_value(|waiting| waiting.extend(all));
        if is_idle {
            read_in_turn(context, waiting);
        }
    });
    let panels = Memo::new(move |_| runs.view.with(|view| view.panels.clone()));
    view! {
        <For each=move || panels.get() key=|panel| *panel let:panel>
            {match panel {
                Panel::Pareto => view! { <ParetoPanel context /> }.into_any(),
                Panel::Ranking => view! { <RankingPanel context /> }.into_any(),
                Panel::Importance => view! { <ImportancePanel context /> }.into_any(),
                Panel::History => view! { <HistoryPanel context /> }.into_any(),
                Panel::Scatter => view! { <ScatterPanel context /> }.into_any(),
                Panel::Groups => view! { <GroupsPanel context /> }.into_any(),
                Panel::Curves => view! { <CurvesPanel context /> }.into_any(),
                Panel::Differences => view! { <DifferencesPanel context /> }.into_any(),
            }}
        </For>
    }
}

/// Reads what waits, one chart's curves a task: those of several at once would keep the page from answering.
fn read_in_turn(context: WorkspaceContext, waiting: StoredValue<VecDeque<NewsText>>) {
    // News stay in the queue until they are read, so that others that arrive meanwhile wait behind them. Without a queue
    // the page has gone on.
    while let Some(Some(news)) = waiting.try_with_value(|waiting| waiting.front().cloned()) {
        // News of another version than this page's cannot arrive: `Ready` compares versions.
        let is_chart = news.read().is_some_and(|news: WorkspaceNews| context.take(news));
        let n_left = waiting.try_update_value(|waiting| {
            waiting.pop_front();
            waiting.len()
        });
        if is_chart && n_left.is_some_and(|n_left| n_left > 0) {
            set_timeout(move || read_in_turn(context, waiting), Duration::ZERO);
            return;
        }
    }
}

impl WorkspaceContext {
    /// Takes news in; whether they are a chart's curves, which take long.
    fn take(self, news: WorkspaceNews) -> bool {
        match news {
            WorkspaceNews::Pareto(info) => self.pareto.set(Some(info)),
            WorkspaceNews::Ranking(info) => self.ranking.set(Some(info)),
            WorkspaceNews::Importance(info) => self.importance.set(Some(info)),
            WorkspaceNews::History(info) => self.history.set(Some(info)),
            WorkspaceNews::Groups(info) => self.groups.set(Some(info)),
            WorkspaceNews::Scatter(info) => self.scatter.set(Some(*info)),
            WorkspaceNews::Curves(info) => self.curves.set(Some(info)),
            WorkspaceNews::CurveChart(chart) => {
                self.curve_charts.of(&chart.metric).set(chart);
                return true;
            }
            WorkspaceNews::Differences(info) => self.differences.set(Some(info)),
        }
        false
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

/// A button that lets a panel show what it leaves out by itself, or no longer.
#[component]
fn MoreButton(
    context: WorkspaceContext,
    #[prop(into)] text: Signal<String>,
    is_on: fn(&MoreView) -> bool,
    turn: fn(&mut MoreView),
) -> impl IntoView {
    let is_on = Memo::new(move |_| context.runs.view.with(|view| is_on(&view.more)));
    let press = move |_| {
        let mut more = context.runs.view.with_untracked(|view| view.more);
        turn(&mut more);
        context.edit.edit(ViewEdit::SetMore(more));
    };
    view! {
        <button type="button" class="button" aria-pressed=move || is_on.get().to_string() on:click=press>{text}</button>
    }
}

/// One of a few things, each by its word.
#[component]
fn Choice<T>(
    /// Its accessible name; none where a label stands around it.
    #[prop(default = "")]
    label: &'static str,
    words: &'static [(T, &'static str)],
    /// Whether it is this one.
    #[prop(into)]
    is_chosen: Callback<T, bool>,
    #[prop(into)] on_choose: Callback<T>,
) -> impl IntoView
where
    T: Copy + Send + Sync + 'static,
{
    let choose = move |word: String| {
        if let Some((one, _)) = words.iter().find(|(_, name)| *name == word) {
            on_choose.run(*one);
        }
    };
    let option = move |(one, name): &'static (T, &'static str)| {
        view! { <option value=*name selected=move || is_chosen.run(*one)>{*name}</option> }
    };
    view! {
        <select
            class="select"
            aria-label=(!label.is_empty()).then_some(label)
            on:change:target=move |event| choose(event.target().value())
        >
            {words.iter().map(option).collect_view()}
        </select>
    }
}

/// `Runs 25 to 48 of 199 beside the baseline`, with what leads to those before and after; nothing where all are shown.
#[component]
fn PagerPart(
    /// Of what.
    noun: &'static str,
    /// What is said of them besides.
    #[prop(default = "")]
    more: &'static str,
    /// The first one shown, and how many there are.
    place: Signal<(usize, usize)>,
    n_at_once: usize,
    on_look: Callback<usize>,
) -> impl IntoView {
    let is_part = Memo::new(move |_| place.get().1 > n_at_once);
    let text = move || {
        let (first, n_all) = place.get();
        format!("{} to {} of {n_all} {noun}{more}", first + 1, (first + n_at_once).min(n_all))
    };
    let step = move |words: &'static str, is_forward: bool| {
        let target = move || {
            let (first, n_all) = place.get();
            if is_forward {
                Some(first + n_at_once).filter(|next| *next < n_all)
            } else {
                (first > 0).then(|| first.saturating_sub(n_at_once))
            }
        };
        view! {
            <button
                type="button"
                class="button"
                aria-disabled=move || target().is_none().then_some("true")
                on:click=move |_| {
                    if let Some(first) = untrack(target) {
                        on_look.run(first);
                    }
                }
            >
                {format!("{words} {noun}")}
            </button>
        }
    };
    view! {
        <Show when=move || is_part.get()>
            <div class="toolbar">
                <span class="secondary" role="status">{text}</span>
                {step("Previous", false)}
                {step("Next", true)}
            </div>
        </Show>
    }
}

/// Whether runs can be grouped by it: names tell runs apart, and a group for each of them is none.
fn is_kind(info: &ColumnInfo) -> bool {
    !matches!(info.key, ColumnKey::Attribute(Attribute::RunId | Attribute::RunName))
}

/// Lets a run stand out wherever it is shown, or none.
fn hover(context: WorkspaceContext, run: Option<NamedRun>) {
    let target = run.map_or(HoverTarget::None, |run| HoverTarget::Run(run.run_id));
    context.runs.send.run(Command::Hover(target));
}

/// A chart of runs: a dot that is pointed at lets its run stand out everywhere, and one that is chosen is selected or let go.
#[component]
fn RunChart(
    context: WorkspaceContext,
    #[prop(into)] label: Signal<String>,
    drawn: Memo<RunFigure>,
    #[prop(optional, into)] area_tool: Option<Signal<Option<AreaTool>>>,
    #[prop(optional)] on_area: Option<Callback<Drawn>>,
) -> impl IntoView {
    let figure = Signal::derive(move || drawn.with(|drawn| drawn.figure.clone()));
    let run_at = move |place: Place| drawn.with_untracked(|drawn| drawn.run(place).cloned());
    let on_hover = Callback::new(move |place: Option<Place>| hover(context, place.and_then(run_at)));
    let on_click = Callback::new(move |place: Place| {
        let Some(NamedRun { run_id, name }) = run_at(place) else { return String::new() };
        let was_selected = context.selected.with_untracked(|selected| selected.contains(&run_id));
        context.edit.edit(ViewEdit::ToggleSelected(run_id));
        format!("{name} {}", if was_selected { "no longer selected" } else { "selected" })
    });
    // Without a tool nothing can be drawn.
    let area_tool = area_tool.unwrap_or_else(|| Signal::stored(None));
    let on_area = on_area.unwrap_or_else(|| Callback::new(|_| ()));
    view! { <Chart label figure on_hover on_click area_tool on_area /> }
}

/// A choice of one column, or of none where that is offered.
#[component]
fn ColumnChoice(
    context: WorkspaceContext,
    /// What it is chosen for.
    label: &'static str,
    /// The column in force.
    #[prop(into)]
    chosen: Signal<Option<ColumnKey>>,
    /// Which columns are offered.
    is_offered: fn(&ColumnInfo) -> bool,
    /// Whether there may be none.
    #[prop(default = false)]
    is_optional: bool,
    on_choose: Callback<Option<ColumnKey>>,
) -> impl IntoView {
    let is_open = RwSignal::new(false);
    let columns = Signal::derive(move || {
        let offered = |info: &&ColumnInfo| is_offered(info);
        context
            .runs
            .columns
            .with(|columns| columns.columns.iter().filter(offered).cloned().collect::<Vec<_>>())
    });
    let choose = move |column: Option<ColumnKey>| {
        is_open.set(false);
        on_choose.run(column);
    };
    let text = Signal::derive(move || {
        let name = chosen.with(|column| column.as_ref().map_or("none", ColumnKey::label).to_owned());
        format!("{label}: {name}…")
    });
    let has_one = move || is_optional && chosen.with(Option::is_some);
    view! {
        <Popover label text is_open>
            <Show when=has_one>
                <button type="button" class="menu-item" on:click=move |_| choose(None)>"None"</button>
            </Show>
            <ColumnList
                columns
                chosen=Signal::derive(move || chosen.get().into_iter().collect::<Vec<_>>())
                kind=ListKind::Buttons
                on_choose=Callback::new(move |column| choose(Some(column)))
            />
        </Popover>
    }
}

/// The objective that panels about one objective are about.
#[component]
fn ExplainedChoice(
    context: WorkspaceContext,
    /// The one in force.
    #[prop(into)]
    chosen: Signal<Option<ColumnKey>>,
) -> impl IntoView {
    let is_offered =
        |info: &ColumnInfo| info.is_numeric && !matches!(info.key, ColumnKey::Param(_) | ColumnKey::Tag(_));
    let on_choose = Callback::new(move |column| context.edit.edit(ViewEdit::SetExplained(column)));
    view! { <ColumnChoice context label="Objective" chosen is_offered on_choose /> }
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

/// Whether a change is for the better, in a word and a colour; empty where nobody knows.
fn verdict(is_better: Option<bool>) -> impl IntoView {
    let (word, class) = match is_better {
        Some(true) => ("better", "verdict verdict--better"),
        Some(false) => ("worse", "verdict verdict--worse"),
        None => ("", "verdict"),
    };
    view! { <span class=class>{word}</span> }
}

/// A value as the table of runs shows it.
fn cell_text(cell: Cell) -> AnyView {
    match cell {
        Cell::Shown(text) => view! { {text} }.into_any(),
        Cell::Rounded { text, logged } => view! { <span title=logged>{text}</span> }.into_any(),
        Cell::Special(lane) => view! { <em class="special">{lane.label()}</em> }.into_any(),
    }
}

/// Rows as a keyed list wants them: each by all that it says, so that what says the same stays in the document, with its
/// focus and whatever is open in it, when the others are shown anew.
fn keyed<T: Serialize>(rows: Vec<T>) -> Vec<(String, T)> {
    rows.into_iter().map(|row| (serde_json::to_string(&row).unwrap_or_default(), row)).collect()
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
