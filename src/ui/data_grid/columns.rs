//! The grid's columns: their titles, widths and places, and which of them are in the document.

use crate::engine::protocol::ColumnInfo;
use crate::entities::{Attribute, ColumnKey};
use crate::view::{ColumnView, NumberFormat};
use std::collections::BTreeMap;
use std::iter::Chain;
use std::ops::Range;

/// Widths of columns where none is chosen, in CSS pixels.
const NAME_WIDTH_PX: u16 = 200;
const MIN_WIDTH_PX: u16 = 88;
const MAX_WIDTH_PX: u16 = 240;
/// Room that a header takes for a character of its title, and for its menu and padding.
const TITLE_CHAR_PX: u16 = 9;
const TITLE_ROOM_PX: u16 = 36;

/// So few columns are all in the document, so that scrolling sideways asks for nothing.
const N_WHOLE: usize = 16;
/// What is in the document left and right of what is in view, in CSS pixels.
const OVERSCAN_PX: f64 = 200.0;

/// One column with all that the grid needs to know of it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct GridColumn {
    /// What it shows.
    pub key: ColumnKey,
    /// Its header, the unit included.
    pub title: String,
    /// Whether its values stand at the right.
    pub is_numeric: bool,
    /// Its width, in CSS pixels.
    pub width_px: u16,
    /// Where it begins, in CSS pixels from the left of the first.
    pub left_px: u32,
    /// Whether it stays where it is when the table scrolls sideways.
    pub is_pinned: bool,
    /// How its numbers are written, where somebody chose.
    pub format: Option<NumberFormat>,
}

impl GridColumn {
    fn right_px(&self) -> f64 {
        f64::from(self.left_px) + f64::from(self.width_px)
    }
}

/// The columns of a table: `shown` left to right, the pinned ones first, described by `infos`.
pub(super) fn grid_columns(shown: &[ColumnView], infos: &[ColumnInfo]) -> Vec<GridColumn> {
    let name = ColumnKey::Attribute(Attribute::RunName);
    let by_key: BTreeMap<&ColumnKey, &ColumnInfo> = infos.iter().map(|info| (&info.key, info)).collect();
    let mut left_px = 0;
    shown
        .iter()
        .map(|column| {
            let info = by_key.get(&column.column);
            let title = match info {
                Some(info) if info.unit.is_empty() => info.label.clone(),
                Some(info) => format!("{}, {}", info.label, info.unit),
                None => column.column.label().to_owned(),
            };
            let width_px = column.width_px.unwrap_or(if column.column == name {
                NAME_WIDTH_PX
            } else {
                width_for(&title)
            });
            let column = GridColumn {
                key: column.column.clone(),
                title,
                is_numeric: info.is_some_and(|info| info.is_numeric),
                width_px,
                left_px,
                is_pinned: column.is_pinned,
                format: column.format,
            };
            left_px += u32::from(width_px);
            column
        })
        .collect()
}

/// The width that a header of this title needs, within bounds.
fn width_for(title: &str) -> u16 {
    let n_chars = u16::try_from(title.chars().count()).unwrap_or(u16::MAX);
    n_chars.saturating_mul(TITLE_CHAR_PX).saturating_add(TITLE_ROOM_PX).clamp(MIN_WIDTH_PX, MAX_WIDTH_PX)
}

/// Which columns are in the document: the pinned ones, and those of the others that are in view or near.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ColumnWindow {
    n_pinned: usize,
    start: usize,
    end: usize,
}

impl ColumnWindow {
    /// The window of a table that is scrolled sideways by `left_px` and shows `width_px` of itself.
    pub(super) fn new(columns: &[GridColumn], left_px: f64, width_px: f64) -> Self {
        let n_pinned = n_pinned(columns);
        if columns.len() <= N_WHOLE {
            return Self { n_pinned, start: n_pinned, end: columns.len() };
        }
        let from_px = left_px + pinned_px(columns) - OVERSCAN_PX;
        let to_px = left_px + width_px + OVERSCAN_PX;
        let start = columns.partition_point(|column| column.right_px() <= from_px);
        let end = columns.partition_point(|column| f64::from(column.left_px) < to_px);
        // Steps of four, so that small scrolls ask for nothing.
        let start = (start & !3).clamp(n_pinned, columns.len());
        Self { n_pinned, start, end: ((end + 3) & !3).clamp(start, columns.len()) }
    }

    /// The places in the document, left to right.
    pub(super) fn places(self) -> Chain<Range<usize>, Range<usize>> {
        (0..self.n_pinned).chain(self.start..self.end)
    }

    /// Whether the column of that place is in the document.
    pub(super) fn contains(self, place: usize) -> bool {
        place < self.n_pinned || (self.start..self.end).contains(&place)
    }
}

/// How far a table scrolls sideways to show the whole of a column; `None` where it is in view as it is.
pub(super) fn scroll_to_show(
    columns: &[GridColumn],
    place: usize,
    left_px: f64,
    width_px: f64,
) -> Option<f64> {
    let column = columns.get(place).filter(|column| !column.is_pinned)?;
    let pinned_px = pinned_px(columns);
    let begin_px = f64::from(column.left_px) - pinned_px;
    if begin_px < left_px {
        Some(begin_px)
    } else if column.right_px() > left_px + width_px {
        // Where it is wider than its room, its beginning matters more.
        Some((column.right_px() - width_px).min(begin_px))
    } else {
        None
    }
}

fn n_pinned(columns: &[GridColumn]) -> usize {
    columns.iter().take_while(|column| column.is_pinned).count()
}

/// The width of the pinned columns together.
fn pinned_px(columns: &[GridColumn]) -> f64 {
    n_pinned(columns).checked_sub(1).map_or(0.0, |last| columns[last].right_px())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn columns(widths_px: &[u16], n_pinned: usize) -> Vec<GridColumn> {
        let shown: Vec<ColumnView> = widths_px
            .iter()
            .enumerate()
            .map(|(place, width_px)| ColumnView {
                column: ColumnKey::Metric(format!("m{place}")),
                width_px: Some(*width_px),
                is_pinned: place < n_pinned,
                format: None,
            })
            .collect();
        grid_columns(&shown, &[])
    }

    #[test]
    fn few_columns_are_all_in_the_document() {
        let window = ColumnWindow::new(&columns(&[100; N_WHOLE], 1), 0.0, 300.0);
        assert!(window.places().eq(0..N_WHOLE));
    }

    #[test]
    fn many_columns_are_in_the_document_near_what_is_in_view() {
        let columns = columns(&[100; 2000], 2);
        let window = ColumnWindow::new(&columns, 100_000.0, 1000.0);
        // In view are those from 1,002 (behind the pinned ones) to 1,010; two more on each side, in steps of four.
        assert_eq!(window.places().collect::<Vec<_>>(), (0..2).chain(1000..1012).collect::<Vec<_>>());
        assert!(window.contains(1) && window.contains(1000) && !window.contains(2) && !window.contains(1012));
    }

    #[test]
    fn scrolling_shows_a_column_whole_beside_the_pinned_ones() {
        let columns = columns(&[200, 100, 100, 100, 900], 1);
        let shown = |place, left_px| scroll_to_show(&columns, place, left_px, 500.0);
        assert_eq!(shown(0, 300.0), None, "a pinned column is always in view");
        assert_eq!(shown(1, 50.0), Some(0.0), "it begins where the pinned ones end");
        assert_eq!(shown(2, 0.0), None);
        assert_eq!(shown(3, 0.0), None);
        assert_eq!(shown(4, 0.0), Some(300.0), "of one that is too wide, the beginning");
    }

    proptest! {
        #[test]
        fn what_is_in_view_is_in_the_document(
            widths_px in prop::collection::vec(1_u16..400, 1..200),
            n_pinned in 1_usize..3,
            left_px in 0.0..40_000.0,
            width_px in 100.0..2000.0,
        ) {
            let columns = columns(&widths_px, n_pinned);
            let window = ColumnWindow::new(&columns, left_px, width_px);
            for (place, column) in columns.iter().enumerate() {
                let is_in_view = column.is_pinned
                    || (column.right_px() > left_px && f64::from(column.left_px) < left_px + width_px
                        && column.right_px() > left_px + pinned_px(&columns));
                prop_assert!(!is_in_view || window.contains(place));
            }
            prop_assert!(window.places().all(|place| place < columns.len()));
        }
    }
}
