//! An objective's history as charts: run by run with the best so far, the spread of its values, the runs in time.

use super::RunFigure;
use crate::engine::news::{HistoryInfo, HistoryRun, NamedRun};
use crate::entities::order::sort_by;
use crate::plot::charts::{ChartAxis, Figure, Look, Mark, Scale, Series};
use std::sync::Arc;

const DIMMED: Look = Look { colour: 0, dash: 0, is_dimmed: true, tone_percent: None };

impl HistoryInfo {
    /// Each run's value in the order in which they started, and the best so far.
    pub fn progress(&self, has_brushes: bool) -> RunFigure {
        let valued = |is_dimmed: bool| -> (Vec<NamedRun>, Vec<(f64, f64)>) {
            let meant = self.runs.iter().filter(|run| (has_brushes && !run.is_brushed) == is_dimmed);
            meant.filter_map(|run| Some((run.run.clone(), (run.place as f64, run.value?)))).unzip()
        };
        let series = |name: &str, look: Look, (runs, points): &(Vec<NamedRun>, Vec<(f64, f64)>)| Series {
            name: name.to_owned(),
            names: runs.iter().map(|run| run.name.clone()).collect(),
            look,
            points: points.clone(),
            ..Series::default()
        };
        let (others, meant) = (valued(true), valued(false));
        let best = Series {
            name: "Best so far".to_owned(),
            mark: Mark::Stairs { is_more_x_better: false },
            look: Look::nth(1),
            points: self.best.iter().map(|(place, value)| (*place as f64, *value)).collect(),
            ..Series::default()
        };
        let figure = Figure {
            x: ChartAxis::new("runs in the order of their start", Scale::Counted),
            y: self.objective_axis(),
            series: vec![
                series("Not brushed", DIMMED, &others),
                series("Runs", Look::default(), &meant),
                best,
            ],
            has_slider: false,
        };
        with_runs(figure, vec![others.0, meant.0, Vec::new()])
    }

    /// The share of the runs that are at most as large as a value: an empirical distribution function.
    pub fn spread(&self) -> Figure {
        let mut points: Vec<(f64, f64)> = Vec::with_capacity(self.shares.len() * 2);
        let mut last = 0.0;
        for &(value, share) in &self.shares {
            // A step is upright.
            points.extend([(value, last), (value, share)]);
            last = share;
        }
        Figure {
            x: self.objective_axis(),
            y: ChartAxis { domain: Some((0.0, 1.0)), ..ChartAxis::new("share of runs", Scale::Linear) },
            series: vec![Series::line("Runs up to a value", Look::default(), points)],
            has_slider: false,
        }
    }

    /// Each run from start to end, those at the same time above each other; how they ended tells their look. One that is
    /// still under way reaches to the latest time of all.
    pub fn timeline(&self) -> RunFigure {
        let ends = self.runs.iter().map(|run| run.end_millis.unwrap_or(run.start_millis));
        let latest = ends.fold(f64::NEG_INFINITY, f64::max);
        let mut statuses: Vec<&str> = self.runs.iter().map(|run| run.status.as_str()).collect();
        sort_by(&mut statuses, |a, b| a.cmp(b));
        statuses.dedup();
        let (mut series, mut named) = (Vec::new(), Vec::new());
        for (at, status) in statuses.into_iter().enumerate() {
            let runs: Vec<&HistoryRun> = self.runs.iter().filter(|run| run.status == status).collect();
            let three = |run: &&HistoryRun| {
                let lane = (run.lane + 1) as f64;
                [(run.start_millis, lane), (run.end_millis.unwrap_or(latest), lane), (f64::NAN, f64::NAN)]
            };
            let each: Vec<NamedRun> =
                runs.iter().flat_map(|run| std::iter::repeat_n(run.run.clone(), 3)).collect();
            series.push(Series {
                name: if status.is_empty() { "no status".to_owned() } else { status.to_owned() },
                names: each.iter().map(|run| run.name.clone()).collect(),
                mark: Mark::Stretches,
                look: Look::nth(at),
                points: runs.iter().flat_map(three).collect(),
                ..Series::default()
            });
            named.push(each);
        }
        let figure = Figure {
            x: ChartAxis::new("time", Scale::Time),
            y: ChartAxis { is_reversed: true, ..ChartAxis::new("at once", Scale::Counted) },
            series,
            has_slider: false,
        };
        with_runs(figure, named)
    }

    fn objective_axis(&self) -> ChartAxis {
        let Some(objective) = &self.objective else { return ChartAxis::default() };
        ChartAxis { unit: objective.unit.clone(), ..ChartAxis::new(objective.column.label(), Scale::Linear) }
    }
}

/// The chart without series that have no points.
fn with_runs(mut figure: Figure, runs: Vec<Vec<NamedRun>>) -> RunFigure {
    let is_drawn: Vec<bool> = figure.series.iter().map(|series| !series.points.is_empty()).collect();
    let mut of_series = is_drawn.iter();
    figure.series.retain(|_| of_series.next() == Some(&true));
    let runs =
        runs.into_iter().zip(is_drawn).filter(|(_, is_drawn)| *is_drawn).map(|(runs, _)| runs).collect();
    RunFigure { figure: Arc::new(figure), runs }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entities::RunId;
    use crate::plot::charts::Place;

    fn info() -> HistoryInfo {
        let run = |place: usize, value, end_millis, status: &str, is_brushed| HistoryRun {
            run: NamedRun { run_id: RunId(place.to_string()), name: format!("run-{place}") },
            place,
            start_millis: place as f64 * 10.0,
            end_millis,
            value,
            lane: place - 1,
            status: status.to_owned(),
            is_brushed,
        };
        HistoryInfo {
            runs: vec![
                run(1, Some(3.0), Some(50.0), "FINISHED", true),
                run(2, None, None, "RUNNING", true),
                run(3, Some(2.0), Some(40.0), "FINISHED", false),
            ],
            best: vec![(1, 3.0), (3, 2.0)],
            shares: vec![(2.0, 0.5), (3.0, 1.0)],
            ..HistoryInfo::default()
        }
    }

    #[test]
    fn runs_without_a_value_have_a_place_in_time_only() {
        let progress = info().progress(false);
        let names: Vec<&str> = progress.figure.series.iter().map(|series| series.name.as_str()).collect();
        assert_eq!(names, ["Runs", "Best so far"]);
        assert_eq!(progress.figure.series[0].points, [(1.0, 3.0), (3.0, 2.0)]);
        assert_eq!(progress.run(Place { series: 0, point: 1 }).unwrap().name, "run-3");
        assert_eq!(progress.run(Place { series: 1, point: 1 }), None);
        let brushed = info().progress(true);
        assert_eq!((brushed.figure.series.len(), brushed.figure.series[0].points[0]), (3, (3.0, 2.0)));
        let timeline = info().timeline();
        assert_eq!(timeline.figure.series[1].points[..2], [(20.0, 2.0), (50.0, 2.0)], "until now");
        assert_eq!(timeline.run(Place { series: 0, point: 3 }).unwrap().name, "run-3");
    }

    #[test]
    fn shares_rise_in_upright_steps() {
        assert_eq!(info().spread().series[0].points, [(2.0, 0.0), (2.0, 0.5), (3.0, 0.5), (3.0, 1.0)]);
    }
}
