//! Which rows of a long table are in the document: those in view and a few around them, so that thousands stay quick.

use crate::ui::per_frame::PerFrame;
use leptos::html;
use leptos::prelude::*;

/// Rows kept above and below the visible ones.
const N_OVERSCAN: usize = 10;
/// What is taken for the height in view before somebody scrolls: more than a region that scrolls has.
const FIRST_HEIGHT_PX: f64 = 1500.0;

/// The part of a table's rows that is in view in the region which scrolls it. All rows are equally high; above and below
/// them stand two empty ones, as high as the rest.
#[derive(Clone, Copy)]
pub struct RowWindow {
    /// The region.
    pub scroller: NodeRef<html::Div>,
    row_px: f64,
    n_rows: Memo<usize>,
    rows: Memo<(usize, usize)>,
    measure: PerFrame<()>,
}

impl RowWindow {
    /// Of so many rows, each so many CSS pixels high.
    pub fn new(row_px: f64, n_rows: Memo<usize>) -> Self {
        let scroller: NodeRef<html::Div> = NodeRef::new();
        let seen = RwSignal::new((0.0, FIRST_HEIGHT_PX));
        let measure = PerFrame::new(Callback::new(move |()| {
            if let Some(scroller) = scroller.get_untracked() {
                seen.set((f64::from(scroller.scroll_top()), f64::from(scroller.client_height())));
            }
        }));
        let rows = Memo::new(move |_| {
            let ((top_px, height_px), n_rows) = (seen.get(), n_rows.get());
            // In fours, so that a scrolled pixel seldom means another row.
            let start = ((top_px / row_px) as usize).saturating_sub(N_OVERSCAN) & !3;
            let end = (((top_px + height_px) / row_px).ceil() as usize + N_OVERSCAN + 3) & !3;
            (start.min(n_rows), end.min(n_rows))
        });
        Self { scroller, row_px, n_rows, rows, measure }
    }

    /// The region was scrolled.
    pub fn scrolled(self) {
        self.measure.push(());
    }

    /// From which row up to which one, without it.
    pub fn rows(self) -> (usize, usize) {
        self.rows.get()
    }

    /// The height of the rows above those in the document, for CSS.
    pub fn above(self) -> String {
        self.height(self.rows.get().0)
    }

    /// The height of the rows below those in the document, for CSS.
    pub fn below(self) -> String {
        self.height(self.n_rows.get().saturating_sub(self.rows.get().1))
    }

    fn height(self, n_rows: usize) -> String {
        format!("{}px", n_rows as f64 * self.row_px)
    }
}
