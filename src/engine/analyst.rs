//! What most comparisons begin without: filters, ranks, derived columns, what the panels show, the table as text. It is
//! compiled into a part of the engine that is fetched when the runs are here, or when it is first needed, so that runs
//! are on the screen sooner.
//!
//! `src/bin/engine.rs` marks the cut; the engine calls what is behind it through an [`Analyst`] only.

use super::aggregates::HistoryNeed;
use super::cells::Formats;
use super::curves::{self, CurveLook, CurvesAsk, Lines};
use super::differences::{differences_html, differences_info};
use super::environments::Environments;
use super::expressions::{expression_info, filter, histories};
use super::group_table::groups_info;
use super::histories::Wanted;
use super::history::history_info;
use super::importance::importance_info;
use super::machine::{self, Answer, Engine, Pending};
use super::news::{DifferencesWindow, WorkspaceNews};
use super::protocol::{Command, FilterProblem, NewsText, PythonSource, TableFormat};
use super::scatter::scatter_info;
use super::scene::Change;
use super::table_text::{python, table_text};
use super::workspace::{self, Candidates, Shown};
use crate::entities::ColumnKey;
use crate::frame::{RowFilter, RowSet, RowStanding, RunFrame, derive};
use crate::view::View;

/// The calls into the late part.
#[derive(Clone, Copy, Debug)]
pub struct Analyst {
    /// See [`machine::begin`].
    pub(super) begin: fn(&mut Engine, Change),
    /// See [`machine::command`].
    pub(super) command: fn(&mut Engine, Command),
    /// See [`machine::answered`].
    pub(super) answered: fn(&mut Engine, Pending, Answer),
    /// See [`machine::view_changes`].
    pub(super) view_changes: fn(&mut Engine, bool),
    /// See [`machine::view_shown`].
    pub(super) view_shown: fn(&mut Engine, bool, bool),
    /// See [`machine::data_shown`].
    pub(super) data_shown: fn(&mut Engine),
    /// See [`workspace::standings`].
    pub(super) standings: fn(&RunFrame, &RowSet, &View) -> Vec<RowStanding>,
    /// See [`filter`].
    pub(super) filter: fn(&str) -> Result<Box<dyn RowFilter>, FilterProblem>,
    /// See [`derive`].
    pub(super) derive: fn(&mut RunFrame, &[String]),
    /// See [`histories`].
    pub(super) histories: fn(&[String]) -> Vec<HistoryNeed>,
    /// What there is to say of an expression.
    pub(super) expression: fn(&RunFrame, &[u32], &str) -> Option<NewsText>,
    /// News of the front.
    pub(super) pareto: fn(&RunFrame, Candidates<'_>, &View, &mut Formats) -> Option<NewsText>,
    /// News of the ranking.
    pub(super) ranking: fn(&RunFrame, Candidates<'_>, &View, &mut Formats) -> Option<NewsText>,
    /// News of what mattered.
    pub(super) importance: fn(&RunFrame, Shown<'_>, &mut Formats) -> Option<NewsText>,
    /// News of an objective's history.
    pub(super) history: fn(&RunFrame, Shown<'_>, &mut Formats) -> Option<NewsText>,
    /// News of the groups, their table from a row on.
    pub(super) groups: fn(&RunFrame, Shown<'_>, usize, &mut Formats) -> Option<NewsText>,
    /// News of the scatter plot.
    pub(super) scatter: fn(&RunFrame, Shown<'_>, &mut Formats) -> Option<NewsText>,
    /// News of the differences.
    pub(super) differences:
        fn(&RunFrame, &Environments, &View, DifferencesWindow, &mut Formats) -> Option<NewsText>,
    /// See [`differences_html`].
    pub(super) differences_html: fn(&RunFrame, &Environments, &View, &mut Formats) -> String,
    /// The histories that curves need.
    pub(super) wanted_curves: fn(&RunFrame, &View, &CurveLook) -> Wanted,
    /// News of the curves.
    pub(super) curves: fn(&RunFrame, CurvesAsk<'_>, &mut Lines) -> Vec<NewsText>,
    /// See [`python`].
    pub(super) python: fn(&RunFrame, &[u32], &PythonSource) -> String,
    /// See [`table_text`].
    pub(super) table_text: fn(&RunFrame, &[u32], &[ColumnKey], TableFormat, &mut Formats) -> String,
}

/// The late part: only this names what is in it.
pub fn analyst() -> Analyst {
    Analyst {
        begin: machine::begin,
        command: machine::command,
        answered: machine::answered,
        view_changes: machine::view_changes,
        view_shown: machine::view_shown,
        data_shown: machine::data_shown,
        standings: workspace::standings,
        filter,
        derive,
        histories,
        expression: |frame, order, asked| NewsText::of(&expression_info(frame, order, asked)),
        pareto: |frame, candidates, view, formats| {
            let info = workspace::pareto_info(frame, candidates, view, formats);
            NewsText::of(&WorkspaceNews::Pareto(info))
        },
        ranking: |frame, candidates, view, formats| {
            NewsText::of(&WorkspaceNews::Ranking(workspace::ranking_info(frame, candidates, view, formats)))
        },
        importance: |frame, shown, formats| {
            NewsText::of(&WorkspaceNews::Importance(importance_info(frame, shown, formats)))
        },
        history: |frame, shown, formats| {
            NewsText::of(&WorkspaceNews::History(history_info(frame, shown, formats)))
        },
        groups: |frame, shown, first_row, formats| {
            NewsText::of(&WorkspaceNews::Groups(groups_info(frame, shown, first_row, formats)))
        },
        scatter: |frame, shown, formats| {
            NewsText::of(&WorkspaceNews::Scatter(Box::new(scatter_info(frame, shown, formats))))
        },
        differences: |frame, environments, view, window, formats| {
            let info = differences_info(frame, environments, view, Some(window), formats);
            NewsText::of(&WorkspaceNews::Differences(info))
        },
        differences_html,
        wanted_curves: curves::wanted,
        curves: |frame, asked, lines| {
            let (info, charts) = curves::info(frame, asked, lines);
            let charts = charts.into_iter().map(WorkspaceNews::CurveChart);
            std::iter::once(WorkspaceNews::Curves(info))
                .chain(charts)
                .filter_map(|news| NewsText::of(&news))
                .collect()
        },
        python,
        table_text,
    }
}
