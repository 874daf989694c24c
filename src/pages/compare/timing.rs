//! User Timing measures of the compare page, so that anyone can watch how long things take.

use crate::pages::context::RunsContext;
use crate::state::timing::measure;
use crate::ui::parallel_plot::now_millis;
use crate::view::{View, ViewChange};
use leptos::prelude::*;

/// A view that has been sent and not yet painted.
#[derive(Clone, Copy)]
struct Sent {
    sequence: u32,
    from_millis: f64,
    change: ViewChange,
}

#[derive(Default)]
struct Marks {
    load_from_millis: Option<f64>,
    has_first_rows: bool,
    has_all_runs: bool,
    /// The input that made the view another one than was sent.
    input_millis: Option<f64>,
    last_view: View,
    sent: Option<Sent>,
    /// The input that changed the table, until its rows are asked for.
    table_from_millis: Option<f64>,
    /// The rows asked for because of an input, and when that was, in order.
    rows: Vec<(u32, f64)>,
}

/// The moments from which the measures count.
#[derive(Clone, Copy)]
pub(super) struct Timings {
    marks: StoredValue<Marks>,
}

impl Timings {
    /// Watches the events that end a measure.
    pub(super) fn new(context: RunsContext) -> Self {
        let timings = Self { marks: StoredValue::new(Marks::default()) };
        Effect::new(move |ran: Option<()>| {
            let painted = context.painted.get();
            if painted.sequence == 0 {
                // New runs, axes or colours rather than a changed view: only the worker knows since when.
                if ran.is_some() && painted.n_runs > 0 {
                    let detail = [("n_runs", painted.n_runs), ("n_axes", painted.n_axes)];
                    measure("runweave:parallel-paint", now_millis() - painted.since_input_millis, &detail);
                }
                return;
            }
            let ended = timings
                .marks
                .try_update_value(|marks| marks.sent.take_if(|sent| sent.sequence == painted.sequence));
            if let Some(Some(sent)) = ended {
                // An order, a panel or a plot that is folded away need no paint.
                if painted.n_axes == 0 {
                } else if sent.change.is_brush() {
                    let detail = [("n_runs", painted.n_runs), ("n_brushed", painted.n_brushed)];
                    measure("runweave:brush-paint", sent.from_millis, &detail);
                } else if sent.change.has_picture {
                    let detail = [("n_runs", painted.n_runs), ("n_axes", painted.n_axes)];
                    measure("runweave:parallel-paint", sent.from_millis, &detail);
                }
            }
        });
        Effect::new(move |ran: Option<()>| {
            let page = context
                .rows
                .with(|page| page.as_ref().map(|page| (page.request, page.n_total, page.rows.len())));
            // What was there before this page asked ends none of its measures.
            let (Some(()), Some((request, n_total, n_rows))) = (ran, page) else { return };
            // The rows are in the document now; the next frame paints them.
            request_animation_frame(move || timings.rows_shown(request, n_total, n_rows));
        });
        Effect::new(move |ran: Option<()>| {
            let progress = context.progress.get();
            if ran.is_some() && !progress.is_loading && progress.n_runs > 0 {
                request_animation_frame(move || {
                    let from = timings.marks.try_update_value(|marks| {
                        let is_due = !std::mem::replace(&mut marks.has_all_runs, true);
                        marks.load_from_millis.filter(|_| is_due)
                    });
                    if let Some(Some(from_millis)) = from {
                        let bytes = usize::try_from(progress.n_bytes).unwrap_or(usize::MAX);
                        let detail = [
                            ("n_runs", progress.n_runs),
                            ("n_skipped", progress.n_skipped),
                            ("bytes", bytes),
                            ("from_cache", progress.n_from_cache),
                        ];
                        measure("runweave:runs-all", from_millis, &detail);
                    }
                });
            }
        });
        timings
    }

    /// Runs have been asked for.
    pub(super) fn load_asked(self) {
        self.marks.update_value(|marks| {
            let last_view = std::mem::take(&mut marks.last_view);
            *marks = Marks { load_from_millis: Some(now_millis()), last_view, ..Marks::default() };
        });
    }

    /// Rows have been asked for under this number, because of a scroll or of whatever changed the table last.
    pub(super) fn rows_asked(self, request: u32, scrolled_at_millis: Option<f64>) {
        self.marks.update_value(|marks| {
            let from_millis = scrolled_at_millis.or_else(|| marks.table_from_millis.take());
            marks.rows.extend(from_millis.map(|from_millis| (request, from_millis)));
        });
    }

    /// An input has changed the view.
    pub(super) fn view_changes(self, at_millis: f64) {
        self.marks.update_value(|marks| {
            marks.input_millis.get_or_insert(at_millis);
        });
    }

    /// The view has been sent under this number.
    pub(super) fn view_sent(self, sequence: u32, view: &View) {
        self.marks.update_value(|marks| {
            let from_millis = marks.input_millis.take().unwrap_or_else(now_millis);
            let change = view.change_from(&marks.last_view);
            marks.last_view.clone_from(view);
            marks.sent = Some(Sent { sequence, from_millis, change });
            if change.has_table {
                marks.table_from_millis.get_or_insert(from_millis);
            }
        });
    }

    fn rows_shown(self, request: u32, n_total: usize, n_rows: usize) {
        let Some((first, asked)) = self.marks.try_update_value(|marks| {
            let is_first = n_rows > 0 && !marks.has_first_rows;
            marks.has_first_rows |= n_rows > 0;
            // Newer rows answer older questions too.
            let n_answered = marks.rows.partition_point(|(asked, _)| *asked <= request);
            let asked: Vec<_> = marks.rows.drain(..n_answered).collect();
            (marks.load_from_millis.filter(|_| is_first), asked)
        }) else {
            return;
        };
        if let Some(from_millis) = first {
            measure("runweave:runs-first", from_millis, &[("n_runs", n_total)]);
        }
        for (_, from_millis) in asked {
            measure("runweave:table-paint", from_millis, &[("n_rows", n_rows)]);
        }
    }
}
