//! What can be changed about a view, in words: the entries of a palette of commands, and how one is found.

use super::edit::{Defaults, ViewEdit};
use super::{
    AxisKind, ColourSpread, CurveX, CurvesView, Direction, MAX_OBJECTIVES, Objective, Panel, Sort, View,
};
use crate::entities::{ColumnKey, PARENT_RUN_TAG};

/// An entry: words, and what choosing them does.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// Begins with a verb.
    pub words: String,
    /// The change.
    pub edit: ViewEdit,
}

/// A column as an entry names it.
#[derive(Clone, Copy, Debug)]
pub struct NamedColumn<'a> {
    /// Which.
    pub key: &'a ColumnKey,
    /// Its title.
    pub title: &'a str,
    /// Whether it holds numbers.
    pub is_numeric: bool,
    /// Which numbers are better, where that is known.
    pub better: Option<Direction>,
}

/// Everything that can be changed now: first what is about the view as a whole, then column by column.
pub fn choices(view: &View, columns: &[NamedColumn<'_>], defaults: &Defaults) -> Vec<Choice> {
    let mut all = Vec::new();
    let mut add = |words: String, edit: ViewEdit| all.push(Choice { words, edit });
    for panel in Panel::ALL {
        let is_open = view.panels.contains(&panel);
        let verb = if is_open { "Close" } else { "Open" };
        add(format!("{verb} panel: {}", panel.title()), ViewEdit::OpenPanel(panel, !is_open));
    }
    if !view.brushes.is_empty() {
        add("Keep the brushed runs".to_owned(), ViewEdit::Keep);
        add("Exclude the brushed runs".to_owned(), ViewEdit::Exclude);
        add("Clear brushes".to_owned(), ViewEdit::ClearBrushes);
    }
    if !view.selected.is_empty() {
        add("Select no run".to_owned(), ViewEdit::Select(Vec::new()));
    }
    if !view.filter.is_empty() {
        add("Clear the filter".to_owned(), ViewEdit::Filter(String::new()));
    }
    if view.sort.is_some() {
        add("Sort by nothing".to_owned(), ViewEdit::SetSort(None));
    }
    let fold = if view.is_plot_folded { "Show" } else { "Fold" };
    add(format!("{fold} the parallel coordinates"), ViewEdit::FoldPlot(!view.is_plot_folded));
    if columns.iter().any(|column| *column.key == ColumnKey::Tag(PARENT_RUN_TAG.to_owned())) {
        let name =
            if view.is_nested { "Show each run for itself" } else { "Show child runs below their parents" };
        add(name.to_owned(), ViewEdit::Nest(!view.is_nested));
    }
    let density = if view.is_compact { "Set rows further apart" } else { "Set rows closer together" };
    add(density.to_owned(), ViewEdit::Compact(!view.is_compact));
    for (spread, words) in
        [(ColourSpread::ByValue, "Spread colours by value"), (ColourSpread::ByRank, "Spread colours by rank")]
    {
        if view.colour_spread != Some(spread) {
            add(words.to_owned(), ViewEdit::SpreadColours(spread));
        }
    }
    if view.panels.contains(&Panel::Curves) {
        curve_choices(&view.curves, &mut add);
    }
    let all_axes = view.axes_or(defaults);
    let axes: Vec<ColumnKey> = all_axes.iter().map(|axis| axis.column.clone()).collect();
    let shown: Vec<ColumnKey> = view.columns_or(defaults).into_iter().map(|column| column.column).collect();
    for NamedColumn { key, title, is_numeric, better } in columns.iter().copied() {
        let sort = |direction| ViewEdit::SetSort(Some(Sort { column: key.clone(), direction }));
        add(format!("Sort by {title}, smallest first"), sort(Direction::Ascending));
        add(format!("Sort by {title}, largest first"), sort(Direction::Descending));
        add(format!("Colour by {title}"), ViewEdit::SetColour(Some(key.clone())));
        add(format!("Group by {title}"), ViewEdit::Replace(Box::new(grouped(view, key))));
        if let Some(axis) = all_axes.iter().find(|axis| axis.column == *key) {
            add(format!("Flip axis {title}"), ViewEdit::FlipAxis(key.clone()));
            for (kind, words) in KINDS.into_iter().filter(|(kind, _)| axis.kind != *kind) {
                add(format!("Axis {title}: {words}"), ViewEdit::SetAxisKind(key.clone(), kind));
            }
        }
        if axes.contains(key) {
            add(format!("Remove axis {title}"), ViewEdit::RemoveAxis(key.clone()));
        } else {
            add(format!("Add axis {title}"), ViewEdit::AddAxis(key.clone()));
        }
        if shown.contains(key) {
            add(format!("Hide column {title}"), ViewEdit::RemoveColumns(vec![key.clone()]));
        } else {
            add(format!("Show column {title}"), ViewEdit::AddColumns(vec![key.clone()]));
        }
        let is_objective = view.objectives.iter().any(|objective| objective.column == *key);
        if is_numeric && !is_objective && view.objectives.len() < MAX_OBJECTIVES {
            let direction = better.unwrap_or_default();
            let word = if direction == Direction::Ascending { "less" } else { "more" };
            let mut objectives = view.objectives.clone();
            objectives.push(Objective { column: key.clone(), direction, weight: Objective::DEFAULT_WEIGHT });
            add(format!("Add objective {title}, {word} is better"), ViewEdit::SetObjectives(objectives));
        }
    }
    all
}

/// How an axis can spread its values.
const KINDS: [(Option<AxisKind>, &str); 4] = [
    (None, "as the values are"),
    (Some(AxisKind::Linear), "linear"),
    (Some(AxisKind::Log), "logarithmic"),
    (Some(AxisKind::Categorical), "categories"),
];

/// The view with its runs in groups by a column, and the panel that shows them.
fn grouped(view: &View, key: &ColumnKey) -> View {
    let defaults = Defaults::default();
    view.edited(&ViewEdit::SetGroups(vec![key.clone()]), &defaults)
        .edited(&ViewEdit::OpenPanel(Panel::Groups, true), &defaults)
}

/// What can be changed about the metric curves.
fn curve_choices(curves: &CurvesView, add: &mut impl FnMut(String, ViewEdit)) {
    let mut turn = |on: &str, off: &str, is_on: bool, changed: CurvesView| {
        add((if is_on { off } else { on }).to_owned(), ViewEdit::SetCurves(changed));
    };
    turn(
        "Curves: logarithmic values",
        "Curves: linear values",
        curves.is_log_y,
        CurvesView { is_log_y: !curves.is_log_y, ..curves.clone() },
    );
    turn(
        "Curves: logarithmic steps or seconds",
        "Curves: linear steps or seconds",
        curves.is_log_x,
        CurvesView { is_log_x: !curves.is_log_x, ..curves.clone() },
    );
    turn(
        "Curves: without outliers",
        "Curves: with outliers",
        curves.is_clipped,
        CurvesView { is_clipped: !curves.is_clipped, ..curves.clone() },
    );
    for (x, words) in [
        (CurveX::Step, "Curves along the step"),
        (CurveX::RelativeTime, "Curves along the relative time"),
        (CurveX::WallTime, "Curves along the wall time"),
    ] {
        if curves.x != x {
            add(words.to_owned(), ViewEdit::SetCurves(CurvesView { x, ..curves.clone() }));
        }
    }
    if curves.smoothing_amount > 0 {
        add(
            "Curves: as they were logged".to_owned(),
            ViewEdit::SetCurves(CurvesView { smoothing_amount: 0, ..curves.clone() }),
        );
    }
}

/// The places of the entries in which every word of the query is found, whatever its case: those first in which words
/// begin like that, then the shorter ones.
pub fn found<'a>(entries: impl Iterator<Item = &'a str>, query: &str) -> Vec<usize> {
    let query = query.to_lowercase();
    let wanted: Vec<&str> = query.split_whitespace().collect();
    let mut hits: Vec<(usize, usize, usize)> = Vec::new();
    for (place, entry) in entries.enumerate() {
        let entry = entry.to_lowercase();
        let begins =
            |word: &str| entry.split(|c: char| !c.is_alphanumeric()).any(|own| own.starts_with(word));
        if wanted.iter().all(|word| entry.contains(word)) {
            let n_inside = wanted.iter().filter(|word| !begins(word)).count();
            hits.push((n_inside, if wanted.is_empty() { 0 } else { entry.len() }, place));
        }
    }
    hits.sort_unstable();
    hits.into_iter().map(|(_, _, place)| place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::Brush;

    fn column(key: &ColumnKey) -> NamedColumn<'_> {
        NamedColumn { key, title: key.label(), is_numeric: true, better: Some(Direction::Descending) }
    }

    fn words(view: &View) -> Vec<String> {
        let key = ColumnKey::Metric("r2".to_owned());
        let defaults = Defaults { axes: vec![key.clone()], columns: Vec::new() };
        choices(view, &[column(&key)], &defaults).into_iter().map(|choice| choice.words).collect()
    }

    #[test]
    fn what_is_offered_is_what_would_change_something() {
        let plain = words(&View::default());
        for expected in
            ["Open panel: Ranking", "Remove axis r2", "Show column r2", "Add objective r2, more is better"]
        {
            assert!(plain.iter().any(|words| words == expected), "{expected} of {plain:?}");
        }
        assert!(!plain.iter().any(|words| words.contains("brush")));
        let key = ColumnKey::Metric("r2".to_owned());
        let view = View {
            panels: vec![Panel::Ranking],
            brushes: vec![Brush { column: key.clone(), picks: Vec::new() }],
            objectives: vec![Objective { column: key, direction: Direction::Ascending, weight: 5 }],
            ..View::default()
        };
        let changed = words(&view);
        assert!(changed.contains(&"Close panel: Ranking".to_owned()));
        assert!(changed.contains(&"Keep the brushed runs".to_owned()));
        assert!(!changed.iter().any(|words| words.starts_with("Add objective")));
    }

    #[test]
    fn each_choice_changes_the_view() {
        let key = ColumnKey::Metric("r2".to_owned());
        let defaults = Defaults { axes: vec![key.clone()], columns: vec![] };
        for choice in choices(&View::default(), &[column(&key)], &defaults) {
            let after = View::default().edited(&choice.edit, &defaults);
            assert_ne!(after, View::default(), "{}", choice.words);
        }
    }

    #[test]
    fn all_words_are_needed_and_beginnings_come_first() {
        let entries = [
            "Sort by loss",
            "Colour by train_loss",
            "Sort by gloss, largest first",
            "Sort by loss, largest first",
        ];
        assert_eq!(found(entries.into_iter(), "LOSS so"), [0, 3, 2]);
        assert_eq!(found(entries.into_iter(), ""), [0, 1, 2, 3]);
        assert_eq!(found(entries.into_iter(), "none of these"), [] as [usize; 0]);
    }
}
