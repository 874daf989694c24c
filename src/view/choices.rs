//! What can be changed about a view, in words: the entries of a palette of commands, and how one is found.

use super::edit::{Defaults, ViewEdit};
use super::{
    AxisKind, ColourSpread, CurveX, CurvesView, Direction, MAX_OBJECTIVES, Objective, Panel, Sort, View,
};
use crate::entities::{Attribute, ColumnKey, PARENT_RUN_TAG};
use std::collections::BTreeMap;

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
        add("Clear the selection".to_owned(), ViewEdit::Select(Vec::new()));
    }
    if !view.filter.is_empty() {
        add("Clear the filter".to_owned(), ViewEdit::Filter(String::new()));
    }
    if view.sort.is_some() {
        add("Clear the sort order".to_owned(), ViewEdit::SetSort(None));
    }
    if !view.groups.is_empty() {
        add("Clear the groups".to_owned(), ViewEdit::SetGroups(Vec::new()));
    }
    let verb = if view.is_plot_folded { "Show" } else { "Hide" };
    add(format!("{verb} the parallel coordinates"), ViewEdit::FoldPlot(!view.is_plot_folded));
    if columns.iter().any(|column| *column.key == ColumnKey::Tag(PARENT_RUN_TAG.to_owned())) {
        let name = if view.is_nested {
            "Show all runs as a flat list"
        } else {
            "Show child runs below their parents"
        };
        add(name.to_owned(), ViewEdit::Nest(!view.is_nested));
    }
    let density = if view.is_compact { "Show rows at full height" } else { "Show compact rows" };
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
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for column in columns {
        *counts.entry(column.title).or_default() += 1;
    }
    for NamedColumn { key, title, is_numeric, better } in columns.iter().copied() {
        // A param and a metric may be called the same.
        let is_one_of_several = counts.get(title).is_some_and(|n| *n > 1);
        let title = if is_one_of_several { format!("{title} ({key})") } else { title.to_owned() };
        let sort = |direction| ViewEdit::SetSort(Some(Sort { column: key.clone(), direction }));
        add(format!("Sort by {title}, ascending"), sort(Direction::Ascending));
        add(format!("Sort by {title}, descending"), sort(Direction::Descending));
        add(format!("Colour by {title}"), ViewEdit::SetColour(Some(key.clone())));
        // Names tell runs apart: a group for each of them is none.
        if !matches!(key, ColumnKey::Attribute(Attribute::RunId | Attribute::RunName)) {
            let mut group = |words: &str, columns: Vec<ColumnKey>| {
                if view.groups != columns || !view.panels.contains(&Panel::Groups) {
                    let after = grouped(view, columns);
                    add(format!("{words} {title}"), ViewEdit::Replace(Box::new(after)));
                }
            };
            group("Group by", vec![key.clone()]);
            if !view.groups.is_empty() && !view.groups.contains(key) {
                group("Group further by", view.groups.iter().chain([key]).cloned().collect());
            }
        }
        if let Some(axis) = all_axes.iter().find(|axis| axis.column == *key) {
            add(format!("Flip axis {title}"), ViewEdit::FlipAxis(key.clone()));
            for (kind, words) in KINDS.into_iter().filter(|(kind, _)| axis.kind != *kind) {
                add(format!("Set axis {title} to {words}"), ViewEdit::SetAxisKind(key.clone(), kind));
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
        if is_objective {
            let mut objectives = view.objectives.clone();
            objectives.retain(|objective| objective.column != *key);
            add(format!("Remove objective {title}"), ViewEdit::SetObjectives(objectives));
        } else if is_numeric && view.objectives.len() < MAX_OBJECTIVES {
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
    (None, "what its values suggest"),
    (Some(AxisKind::Linear), "linear"),
    (Some(AxisKind::Log), "logarithmic"),
    (Some(AxisKind::Categorical), "categorical"),
];

/// The view with its runs in groups by these columns, and the panel that shows them.
fn grouped(view: &View, columns: Vec<ColumnKey>) -> View {
    let defaults = Defaults::default();
    view.edited(&ViewEdit::SetGroups(columns), &defaults)
        .edited(&ViewEdit::OpenPanel(Panel::Groups, true), &defaults)
}

/// What can be changed about the metric curves.
fn curve_choices(curves: &CurvesView, add: &mut impl FnMut(String, ViewEdit)) {
    let mut turn = |on: &str, off: &str, is_on: bool, changed: CurvesView| {
        add((if is_on { off } else { on }).to_owned(), ViewEdit::SetCurves(changed));
    };
    turn(
        "Set metric curves to log y",
        "Set metric curves to linear y",
        curves.is_log_y,
        CurvesView { is_log_y: !curves.is_log_y, ..curves.clone() },
    );
    // Dates are not spread by magnitude.
    if curves.x != CurveX::WallTime {
        turn(
            "Set metric curves to log x",
            "Set metric curves to linear x",
            curves.is_log_x,
            CurvesView { is_log_x: !curves.is_log_x, ..curves.clone() },
        );
    }
    turn(
        "Hide outliers in metric curves",
        "Show outliers in metric curves",
        curves.is_clipped,
        CurvesView { is_clipped: !curves.is_clipped, ..curves.clone() },
    );
    for (x, words) in [
        (CurveX::Step, "Show metric curves by step"),
        (CurveX::RelativeTime, "Show metric curves by relative time"),
        (CurveX::WallTime, "Show metric curves by wall time"),
    ] {
        if curves.x != x {
            add(words.to_owned(), ViewEdit::SetCurves(CurvesView { x, ..curves.clone() }));
        }
    }
    if curves.smoothing_amount > 0 {
        add(
            "Show metric curves without smoothing".to_owned(),
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
        assert!(changed.contains(&"Remove objective r2".to_owned()));
    }

    #[test]
    fn no_two_entries_have_the_same_words() {
        let keys = [
            ColumnKey::Metric("lr".to_owned()),
            ColumnKey::Param("lr".to_owned()),
            ColumnKey::Param("depth".to_owned()),
            ColumnKey::Attribute(Attribute::RunName),
        ];
        let defaults = Defaults { axes: keys.to_vec(), columns: Vec::new() };
        let columns: Vec<NamedColumn<'_>> = keys.iter().map(column).collect();
        let curves = CurvesView { smoothing_amount: 5, ..CurvesView::default() };
        let view =
            View { panels: vec![Panel::Curves], groups: vec![keys[0].clone()], curves, ..View::default() };
        let all: Vec<String> =
            choices(&view, &columns, &defaults).into_iter().map(|choice| choice.words).collect();
        let mut distinct = all.clone();
        distinct.sort_unstable();
        distinct.dedup();
        assert_eq!(distinct.len(), all.len(), "{all:?}");
        for expected in [
            "Sort by lr (params.lr), ascending",
            "Group further by depth",
            "Group by lr (metrics.lr)",
            "Clear the groups",
        ] {
            assert!(all.iter().any(|words| words == expected), "{expected} of {all:?}");
        }
        assert!(!all.iter().any(|words| words.starts_with("Group") && words.contains("Run name")));
        let verbs = [
            "Add", "Clear", "Close", "Colour", "Flip", "Group", "Hide", "Open", "Remove", "Set", "Show",
            "Sort", "Spread",
        ];
        for words in &all {
            assert!(verbs.iter().any(|verb| words.starts_with(&format!("{verb} "))), "{words}");
        }
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
