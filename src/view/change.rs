//! What a changed view makes another than before, so that it can be said what a time was spent on.

use super::View;

/// Which parts of a comparison a changed view draws anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct ViewChange {
    /// Other brushes.
    pub has_brushes: bool,
    /// Other axes, colours or lines.
    pub has_picture: bool,
    /// Another order of the table, or other rows than by the brushes.
    pub has_table: bool,
}

impl ViewChange {
    /// Whether the brushes moved, and nothing else.
    pub fn is_brush(self) -> bool {
        self.has_brushes && !self.has_picture && !self.has_table
    }
}

impl View {
    /// What is another than in the view before.
    pub fn change_from(&self, before: &Self) -> ViewChange {
        let has_other_runs = self.filter != before.filter || self.steps != before.steps;
        ViewChange {
            has_brushes: self.brushes != before.brushes,
            has_picture: has_other_runs
                || self.axes != before.axes
                || self.colour != before.colour
                || self.colour_spread != before.colour_spread,
            has_table: has_other_runs || self.sort != before.sort || self.is_nested != before.is_nested,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entities::ColumnKey;
    use crate::view::edit::{Defaults, ViewEdit};
    use crate::view::{Brush, Lane, Panel, Pick};

    #[test]
    fn each_edit_draws_what_it_is_about() {
        let column = ColumnKey::Metric("rmse".to_owned());
        let brush = Brush { column: column.clone(), picks: vec![Pick::Lane(Lane::Nan)] };
        let before = View { brushes: vec![brush.clone()], ..View::default() };
        let change = |edit: ViewEdit| before.edited(&edit, &Defaults::default()).change_from(&before);
        let other = Brush { picks: vec![Pick::Lane(Lane::Missing)], ..brush };
        for edit in [
            ViewEdit::ClearBrushes,
            ViewEdit::Brush(vec![other]),
            ViewEdit::TogglePick(column.clone(), Pick::Lane(Lane::Empty)),
        ] {
            assert!(change(edit.clone()).is_brush(), "{edit:?}");
        }
        let kept = change(ViewEdit::Keep);
        assert!(kept.has_table && kept.has_picture && !kept.is_brush());
        let sorted = change(ViewEdit::CycleSort(column.clone()));
        assert!(sorted.has_table && !sorted.has_picture);
        let moved = change(ViewEdit::SetColour(Some(column)));
        assert!(moved.has_picture && !moved.has_table);
        assert_eq!(change(ViewEdit::OpenPanel(Panel::Curves, true)), ViewChange::default());
    }
}
