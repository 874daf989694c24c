//! What most comparisons begin without: ranks, what the panels show, the table as text. It is compiled into a part of the
//! engine that is fetched when it is first needed, so that runs are on the screen sooner.
//!
//! `src/bin/engine.rs` marks the cut; the engine calls what is behind it through an [`Analyst`] only.

use super::cells::Formats;
use super::curves::{self, Curves};
use super::importance::importance_info;
use super::news::WorkspaceNews;
use super::protocol::{NewsText, PythonSource, TableFormat};
use super::table_text::{python, table_text};
use super::workspace::{self, Candidates};
use crate::entities::ColumnKey;
use crate::frame::{RowSet, RowStanding, RunFrame};
use crate::view::View;

/// The calls into the late part.
#[derive(Clone, Copy, Debug)]
pub struct Analyst {
    /// See [`workspace::standings`].
    pub(super) standings: fn(&RunFrame, &RowSet, &View) -> Vec<RowStanding>,
    /// News of the front.
    pub(super) pareto: fn(&RunFrame, Candidates<'_>, &View, &mut Formats) -> Option<NewsText>,
    /// News of the ranking.
    pub(super) ranking: fn(&RunFrame, Candidates<'_>, &View, &mut Formats) -> Option<NewsText>,
    /// News of what mattered; the column is the main metric.
    pub(super) importance:
        fn(&RunFrame, &RowSet, &View, Option<&ColumnKey>, &mut Formats) -> Option<NewsText>,
    /// News of the differences.
    pub(super) differences: fn(&RunFrame, &View, &mut Formats) -> Option<NewsText>,
    /// The histories that curves need: rows of the frame, and metrics.
    pub(super) wanted_curves: fn(&RunFrame, &View) -> Vec<(usize, String)>,
    /// News of the curves.
    pub(super) curves: fn(&RunFrame, &Curves, &View) -> Option<NewsText>,
    /// See [`python`].
    pub(super) python: fn(&RunFrame, &[u32], &PythonSource) -> String,
    /// See [`table_text`].
    pub(super) table_text: fn(&RunFrame, &[u32], &[ColumnKey], TableFormat, &mut Formats) -> String,
}

/// The late part: only this names what is in it.
pub fn analyst() -> Analyst {
    Analyst {
        standings: workspace::standings,
        pareto: |frame, candidates, view, formats| {
            let info = workspace::pareto_info(frame, candidates, &view.objectives, formats);
            text(&WorkspaceNews::Pareto(info))
        },
        ranking: |frame, candidates, view, formats| {
            text(&WorkspaceNews::Ranking(workspace::ranking_info(frame, candidates, view, formats)))
        },
        importance: |frame, kept, view, main, formats| {
            text(&WorkspaceNews::Importance(importance_info(frame, kept, view, main, formats)))
        },
        differences: |frame, view, formats| {
            text(&WorkspaceNews::Differences(workspace::differences_info(frame, &view.selected, formats)))
        },
        wanted_curves: curves::wanted,
        curves: |frame, histories, view| text(&WorkspaceNews::Curves(curves::info(frame, histories, view))),
        python,
        table_text,
    }
}

/// News are plain data: writing them cannot fail.
fn text(news: &WorkspaceNews) -> Option<NewsText> {
    serde_json::value::to_raw_value(news).ok().map(NewsText)
}
