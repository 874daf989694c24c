//! How long curves take, from the moment they are asked for until the last chart is painted.

use super::super::WorkspaceContext;
use super::metrics_of;
use crate::plot::charts::Figure;
use crate::state::timing::measure_between;
use crate::ui::parallel_plot::now_millis;
use crate::view::{CurvesView, Panel};
use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// Charts are told one after another: once nothing more has been painted in this time, the last one was.
const QUIET: Duration = Duration::from_millis(150);

#[derive(Default)]
struct Marks {
    asked_millis: Option<f64>,
    is_answered: bool,
    /// The metrics of charts that have something new to paint.
    waiting: BTreeSet<String>,
    painted_millis: f64,
    check: Option<TimeoutHandle>,
}

/// The moments between which `runweave:curves-paint` is measured.
#[derive(Clone, Copy)]
pub(super) struct PaintTiming {
    context: WorkspaceContext,
    marks: StoredValue<Marks>,
}

impl PaintTiming {
    /// Watches what asks for other curves, and the answers.
    pub(super) fn new(context: WorkspaceContext) -> Self {
        let timing = Self { context, marks: StoredValue::new(Marks::default()) };
        let asked = Memo::new(move |_| {
            let curves: CurvesView = context.runs.view.with(|view| view.curves.clone());
            (
                context.selected.get(),
                curves,
                context.runs.view.with(|view| view.panels.contains(&Panel::Curves)),
            )
        });
        Effect::new(move || {
            // Read, not only tracked: a memo that nobody reads has no sources, and never tells of a change.
            asked.with(|_| timing.asked());
        });
        Effect::new(move || {
            context.curves.track();
            timing.marks.update_value(|marks| marks.is_answered = true);
            timing.settle(None);
        });
        on_cleanup(move || {
            if let Some(Some(check)) = timing.marks.try_update_value(|marks| marks.check.take()) {
                check.clear();
            }
        });
        timing
    }

    /// Other curves are asked for; what was asked for before is not painted any more.
    pub(super) fn asked(self) {
        self.marks.try_update_value(|marks| {
            marks.asked_millis = Some(now_millis());
            marks.is_answered = false;
        });
    }

    /// Watches one chart: what is to be called when it has been painted.
    pub(super) fn watch(self, metric: StoredValue<String>, figure: Signal<Arc<Figure>>) -> Callback<()> {
        Effect::new(move || {
            // It tells of figures that differ only: news that changes nothing of a chart is not painted.
            let has_lines = figure.with(|figure| !figure.series.is_empty());
            self.marks.try_update_value(|marks| {
                if has_lines {
                    marks.waiting.insert(metric.get_value());
                } else {
                    marks.waiting.remove(&metric.get_value());
                }
            });
        });
        on_cleanup(move || self.settle(metric.try_get_value()));
        Callback::new(move |()| self.settle(metric.try_get_value()))
    }

    /// A chart has been painted, or is gone.
    fn settle(self, metric: Option<String>) {
        let is_due = self.marks.try_update_value(|marks| {
            if let Some(metric) = metric
                && marks.waiting.remove(&metric)
            {
                marks.painted_millis = now_millis();
            }
            if let Some(check) = marks.check.take() {
                check.clear();
            }
            marks.asked_millis.is_some() && marks.is_answered && marks.waiting.is_empty()
        });
        if is_due == Some(true) {
            let check = set_timeout_with_handle(move || self.end(), QUIET).ok();
            self.marks.try_update_value(|marks| marks.check = check);
        }
    }

    fn end(self) {
        let n_pending =
            self.context.curves.try_with_untracked(|info| info.as_ref().map(|info| info.n_pending));
        let (mut n_series, mut n_points) = (0, 0);
        for metric in metrics_of(&self.context) {
            self.context.curve_charts.of(&metric).with_untracked(|chart| {
                n_series += chart.series.len();
                n_points += chart.series.iter().map(|series| series.points.len()).sum::<usize>();
            });
        }
        // Before the runs are here, there is nothing to see.
        if n_pending != Some(Some(0)) || n_series == 0 {
            return;
        }
        let asked = self.marks.try_update_value(|marks| {
            let is_painted = marks.asked_millis.is_some_and(|asked| marks.painted_millis >= asked);
            marks.asked_millis.take_if(|_| is_painted).map(|asked| (asked, marks.painted_millis))
        });
        if let Some(Some((asked_millis, painted_millis))) = asked {
            let detail = [("n_series", n_series), ("n_points", n_points)];
            measure_between("runweave:curves-paint", asked_millis, painted_millis, &detail);
        }
    }
}
