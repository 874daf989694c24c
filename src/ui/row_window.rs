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
    scroller: NodeRef<html::Div>,
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

    /// From which row up to which one, without it.
    pub fn rows(self) -> (usize, usize) {
        self.rows.get()
    }

    fn height(self, n_rows: usize) -> String {
        format!("{}px", n_rows as f64 * self.row_px)
    }
}

/// A table whose rows in the document are those of its window, in the region that scrolls it.
#[component]
pub fn WindowedTable(
    /// Which of its rows they are.
    window: RowWindow,
    /// The table's accessible name.
    #[prop(into)]
    label: Signal<String>,
    /// The region's.
    region: &'static str,
    /// The region's class, after `table-scroll`.
    class: &'static str,
    /// The cells of its head.
    head: AnyView,
    /// The rows.
    children: Children,
) -> impl IntoView {
    let above = move || window.height(window.rows.get().0);
    let below = move || window.height(window.n_rows.get().saturating_sub(window.rows.get().1));
    view! {
        <div
            class=format!("table-scroll {class}")
            node_ref=window.scroller
            tabindex="0"
            role="region"
            aria-label=region
            on:scroll=move |_| window.measure.push(())
        >
            <table class="table" aria-label=label aria-rowcount=move || (window.n_rows.get() + 1).to_string()>
                <thead><tr>{head}</tr></thead>
                <tbody>
                    <tr class="table__space" aria-hidden="true" style:height=above></tr>
                    {children()}
                    <tr class="table__space" aria-hidden="true" style:height=below></tr>
                </tbody>
            </table>
        </div>
    }
}
