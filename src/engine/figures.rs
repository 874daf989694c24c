//! What the panels of the comparison show as charts: the axes, whose series is which, which run a point is.
//!
//! The page makes them out of the news: how an axis is spread changes nothing of what the engine works out.

mod groups;
mod history;
mod parallel;
mod scatter;

use super::news::{
    CurveChart, CurveSeries, CurvesInfo, EffectPoint, ImportanceRow, NamedRun, ObjectiveInfo, ParetoInfo,
};
use crate::entities::RunId;
use crate::entities::order::sort_by;
use crate::frame::display_number;
use crate::plot::charts::{ChartAxis, Figure, Look, Mark, Place, Scale, Series};
use crate::view::{CurveX, CurvesView, Direction, FrontView, Lane};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub use crate::plot::charts::escaped;
pub use groups::{GROUP_CENTRES, GROUP_SPREADS};

/// What a line of the forest's is called.
const PREDICTED: &str = "Predicted";

/// A chart whose points are runs', or of runs.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct RunFigure {
    /// The chart.
    pub figure: Arc<Figure>,
    /// For each series the run of each point; one run alone is that of all points.
    runs: Vec<Vec<NamedRun>>,
}

impl RunFigure {
    /// Whose point it is, if that is known.
    pub fn run(&self, place: Place) -> Option<&NamedRun> {
        let runs = self.runs.get(place.series)?;
        if let [run] = runs.as_slice() { Some(run) } else { runs.get(place.point) }
    }
}

impl CurveChart {
    /// The curves of the metric, each with its run's colour and dash. All metrics share one x axis, so that what is above
    /// each other belongs together.
    pub fn figure(&self, info: &CurvesInfo, view: &CurvesView) -> RunFigure {
        let whole = |points: &[(f64, Option<f64>)]| -> Vec<(f64, f64)> {
            points.iter().map(|(x, y)| (*x, y.unwrap_or(f64::NAN))).collect()
        };
        // A gap keeps one line from the next.
        let apart = |lines: &[Vec<(f64, Option<f64>)>]| {
            lines.iter().map(|line| whole(line)).collect::<Vec<_>>().join(&(f64::NAN, f64::NAN))
        };
        let band_end = |&(x, ends): &(f64, Option<(f64, f64)>)| {
            let (low, high) = ends.unwrap_or((f64::NAN, f64::NAN));
            (x, low, high)
        };
        let look_of = |series: &CurveSeries| match series.place_within {
            Some(within) => Look::within(series.place, within),
            None => Look::nth(series.place),
        };
        let series = self.series.iter().map(|series| Series {
            raw: apart(&series.behind),
            band: series.band.iter().map(band_end).collect(),
            specials: series.specials.clone(),
            ..Series::line(series.name.clone(), look_of(series), series.logged())
        });
        let scale = if view.is_log_y { Scale::Log } else { Scale::Linear };
        let figure = Figure {
            x: info.x_axis(view.is_log_x),
            y: ChartAxis { domain: self.y_range, ..ChartAxis::new(&*self.metric, scale) },
            series: series.collect(),
            has_slider: true,
        };
        let runs = self.series.iter().map(|series| series.run.iter().cloned().collect()).collect();
        RunFigure { figure: Arc::new(figure), runs }
    }
}

impl CurveSeries {
    /// The points of the line, with what stands where there is no number. A run's are all among them, each a gap in the
    /// line; a group's line goes on where one of its runs has none.
    fn logged(&self) -> Vec<(f64, f64)> {
        let lanes: BTreeMap<u64, Lane> = self.specials.iter().map(|(x, lane)| (x.to_bits(), *lane)).collect();
        let special = |x: f64| match lanes.get(&x.to_bits()) {
            Some(Lane::PosInf) => f64::INFINITY,
            Some(Lane::NegInf) => f64::NEG_INFINITY,
            _ => f64::NAN,
        };
        let mut points: Vec<(f64, f64)> =
            self.points.iter().map(|(x, y)| (*x, y.unwrap_or_else(|| special(*x)))).collect();
        if self.run.is_some() {
            let here: BTreeSet<u64> = self.points.iter().map(|(x, _)| x.to_bits()).collect();
            let others = self.specials.iter().filter(|(x, _)| !here.contains(&x.to_bits()));
            points.extend(others.map(|(x, _)| (*x, special(*x))));
            sort_by(&mut points, |a, b| a.0.total_cmp(&b.0));
        }
        points
    }
}

impl CurvesInfo {
    fn x_axis(&self, is_log: bool) -> ChartAxis {
        let (title, unit, scale) = match &self.x {
            CurveX::Step => ("step", "", Scale::Counted),
            CurveX::RelativeTime => ("time since the first point", "s", Scale::Linear),
            CurveX::WallTime => ("time", "", Scale::Time),
            CurveX::Metric(metric) => (metric.as_str(), "", Scale::Linear),
        };
        let is_log = is_log && self.x != CurveX::WallTime;
        let domain = self.range.and_then(|range| {
            let low = if is_log { range.least_positive? } else { range.low };
            (low < range.high).then_some((low, range.high))
        });
        ChartAxis {
            unit: unit.to_owned(),
            domain,
            ..ChartAxis::new(title, if is_log { Scale::Log } else { scale })
        }
    }
}

impl ParetoInfo {
    /// The front in two of its objectives before the other ranked runs, with a ring around those that are selected.
    /// By two objectives it is a staircase; by more, what looks beaten need not be. None by fewer.
    pub fn figure(&self, selected: &[RunId], view: &FrontView) -> Option<RunFigure> {
        let (x, y) = self.axes;
        let (first, second) = (self.objectives.get(x)?, self.objectives.get(y).filter(|_| x != y)?);
        let axis = |of: &ObjectiveInfo, is_log: bool| ChartAxis {
            unit: of.unit.clone(),
            ..ChartAxis::new(of.column.label(), if is_log { Scale::Log } else { Scale::Linear })
        };
        let placed = self.front.iter().filter_map(|run| Some((run.run.clone(), run.point?)));
        let mut front: Vec<(NamedRun, (f64, f64))> = placed.collect();
        // Stairs go from left to right.
        sort_by(&mut front, |a, b| a.1.0.total_cmp(&b.1.0));
        let (front_runs, front): (Vec<NamedRun>, Vec<(f64, f64)>) = front.into_iter().unzip();
        let mark = if self.objectives.len() == 2 {
            Mark::Stairs { is_more_x_better: first.direction == Direction::Descending }
        } else {
            Mark::Dots
        };
        let series = |name: &str, runs: &[NamedRun], points: Vec<(f64, f64)>| {
            let ringed = runs.iter().zip(&points).filter(|(run, _)| selected.contains(&run.run_id));
            Series {
                name: name.to_owned(),
                names: runs.iter().map(|run| run.name.clone()).collect(),
                rings: ringed.map(|(_, point)| *point).collect(),
                points,
                ..Series::default()
            }
        };
        let figure = Figure {
            x: axis(first, view.is_log_x),
            y: axis(second, view.is_log_y),
            series: vec![
                Series { mark, ..series("Pareto front", &front_runs, front) },
                Series {
                    look: Look { is_dimmed: true, ..Look::default() },
                    ..series("Other ranked runs", &self.other_runs, self.others.clone())
                },
            ],
            has_slider: false,
        };
        Some(RunFigure { figure: Arc::new(figure), runs: vec![front_runs, self.other_runs.clone()] })
    }
}

impl ImportanceRow {
    /// What the forest predicts along this param, with the deviation of its trees as a band, and in words what has no
    /// place on an axis of numbers. Categories stand side by side.
    pub fn figure(&self, objective: &str) -> (Figure, String) {
        let y = ChartAxis::new(objective, Scale::Linear);
        let mut numbers: Vec<&EffectPoint> = self.effect.iter().filter(|point| point.at.is_ok()).collect();
        let others: Vec<&EffectPoint> = self.effect.iter().filter(|point| point.at.is_err()).collect();
        let look = Look::default();
        if numbers.is_empty() {
            let names = others.iter().filter_map(|point| point.at.clone().err()).collect();
            let points = others.iter().enumerate().map(|(at, point)| (at as f64, point.mean)).collect();
            let x = ChartAxis::new(self.title.clone(), Scale::Categories(names));
            let series = Series { name: PREDICTED.to_owned(), look, points, ..Series::default() };
            return (Figure { x, y, series: vec![self.runs(), series], has_slider: false }, String::new());
        }
        let at = |point: &EffectPoint| point.at.clone().unwrap_or(f64::NAN);
        sort_by(&mut numbers, |a, b| at(a).total_cmp(&at(b)));
        let x = ChartAxis::new(self.title.clone(), if self.is_log { Scale::Log } else { Scale::Linear });
        let line = numbers.iter().map(|point| (at(point), point.mean)).collect();
        let band = numbers.iter().map(|point| (at(point), point.mean - point.std, point.mean + point.std));
        let series = Series { band: band.collect(), ..Series::line(PREDICTED, look, line) };
        let told = others.iter().map(|point| {
            let level = point.at.as_ref().err().map_or("", String::as_str);
            format!("{level}: {} ± {}", short(point.mean), short(point.std))
        });
        let told = told.collect::<Vec<_>>().join("; ");
        (Figure { x, y, series: vec![self.runs(), series], has_slider: false }, told)
    }

    /// The runs that it was learned from, behind.
    fn runs(&self) -> Series {
        let look = Look { is_dimmed: true, ..Look::default() };
        Series { name: "Runs".to_owned(), look, points: self.dots.clone(), ..Series::default() }
    }
}

/// Four digits, which is more than trees agree on.
fn short(number: f64) -> String {
    format!("{number:.3e}").parse().map_or_else(|_| number.to_string(), display_number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::news::{CurveRange, FrontRun};
    use crate::entities::{Attribute, ColumnKey};

    fn run(name: &str) -> NamedRun {
        NamedRun { run_id: RunId(format!("id-{name}")), name: name.to_owned() }
    }

    fn curve(name: &str, place: usize, points: &[(f64, f64)]) -> CurveSeries {
        CurveSeries {
            name: name.to_owned(),
            run: Some(run(name)),
            place,
            place_within: None,
            points: points.iter().map(|(x, y)| (*x, Some(*y).filter(|y| y.is_finite()))).collect(),
            behind: vec![vec![(0.0, Some(9.0))]],
            band: Vec::new(),
            specials: Vec::new(),
            n_specials: 0,
            n_points: points.len(),
            n_drawn: points.len(),
        }
    }

    fn charts() -> [CurveChart; 2] {
        let chart =
            |metric: &str, series| CurveChart { metric: metric.to_owned(), series, ..CurveChart::default() };
        [
            chart("rmse", vec![curve("a", 0, &[(0.0, 3.0), (2.0, f64::NAN)]), curve("b", 1, &[(1.0, 2.0)])]),
            chart("mae", vec![curve("b", 1, &[(0.0, 2.0), (8.0, 1.0)])]),
        ]
    }

    fn info(x: CurveX, low: f64, high: f64) -> CurvesInfo {
        let range = Some(CurveRange { low, high, least_positive: Some(1.0) });
        CurvesInfo { x, range, ..CurvesInfo::default() }
    }

    #[test]
    fn curves_keep_their_looks_and_share_their_x() {
        let view = CurvesView { is_log_y: true, ..CurvesView::default() };
        let info = info(CurveX::Step, 0.0, 8.0);
        let [rmse, mae] = charts().map(|chart| chart.figure(&info, &view));
        assert_eq!(rmse.figure.series[1].look, mae.figure.series[0].look);
        assert_eq!((rmse.figure.x.domain, mae.figure.x.domain), (Some((0.0, 8.0)), Some((0.0, 8.0))));
        assert_eq!((&mae.figure.x.scale, &mae.figure.y.scale), (&Scale::Counted, &Scale::Log));
        assert_eq!(mae.figure.series[0].raw, [(0.0, 9.0)]);
        assert!(rmse.figure.series[0].points[1].1.is_nan(), "a gap");
        assert_eq!(mae.run(Place { series: 0, point: 1 }), Some(&run("b")));
    }

    #[test]
    fn runs_in_the_colours_of_their_groups_differ_in_dash() {
        let [mut chart, _] = charts();
        for (within, series) in chart.series.iter_mut().enumerate() {
            (series.place, series.place_within) = (9, Some(within));
        }
        let figure = chart.figure(&info(CurveX::Step, 0.0, 8.0), &CurvesView::default()).figure;
        let looks: Vec<(usize, usize)> =
            figure.series.iter().map(|series| (series.look.colour, series.look.dash)).collect();
        assert_eq!(looks, [(1, 0), (1, 1)]);
    }

    #[test]
    fn what_is_no_number_keeps_its_place_and_its_sign() {
        let [mut chart, _] = charts();
        chart.series[0].specials = vec![(1.0, Lane::PosInf), (2.0, Lane::NegInf)];
        let figure =
            |chart: &CurveChart| chart.figure(&info(CurveX::Step, 0.0, 8.0), &CurvesView::default()).figure;
        let points = figure(&chart).series[0].points.clone();
        assert_eq!(points, [(0.0, 3.0), (1.0, f64::INFINITY), (2.0, f64::NEG_INFINITY)]);
        assert_eq!(figure(&chart).series[0].specials.len(), 2);
        // The line of a group has no gap where one of its runs has.
        chart.series[0].run = None;
        assert_eq!(figure(&chart).series[0].points.len(), 2);
    }

    #[test]
    fn magnitudes_begin_above_zero_and_dates_have_none() {
        let view = CurvesView { is_log_x: true, ..CurvesView::default() };
        let x = |x: CurveX| charts()[1].figure(&info(x, 0.0, 8.0), &view).figure.x.clone();
        assert_eq!((x(CurveX::Step).scale, x(CurveX::Step).domain), (Scale::Log, Some((1.0, 8.0))));
        assert_eq!(x(CurveX::RelativeTime).heading(), "time since the first point (s)");
        assert_eq!((x(CurveX::WallTime).scale, x(CurveX::WallTime).domain), (Scale::Time, Some((0.0, 8.0))));
        let alone = charts()[1].figure(&info(CurveX::Step, 1.0, 1.0), &view);
        assert_eq!(alone.figure.x.domain, None, "one place is no stretch");
    }

    fn pareto(direction: Direction) -> ParetoInfo {
        let objective = |column: ColumnKey, unit: &str, direction| ObjectiveInfo {
            title: String::new(),
            unit: unit.to_owned(),
            column,
            direction,
            n_without: 0,
        };
        let front = |name: &str, point| FrontRun { run: run(name), cells: Vec::new(), point };
        ParetoInfo {
            objectives: vec![
                objective(ColumnKey::Metric("r2".into()), "", direction),
                objective(ColumnKey::Attribute(Attribute::Duration), "s", Direction::Ascending),
            ],
            front: vec![
                front("best", Some((0.9, 7.0))),
                front("endless", None),
                front("quick", Some((0.5, 1.0))),
            ],
            axes: (0, 1),
            others: vec![(0.4, 3.0), (0.3, 3.0)],
            other_runs: vec![run("c"), run("d")],
            ..ParetoInfo::default()
        }
    }

    #[test]
    fn the_front_is_a_staircase_from_left_to_right() {
        let info = pareto(Direction::Descending);
        let drawn = info.figure(&[run("quick").run_id, run("d").run_id], &FrontView::default()).unwrap();
        let [front, others] = drawn.figure.series.as_slice() else { panic!("two series") };
        assert_eq!(front.mark, Mark::Stairs { is_more_x_better: true });
        assert_eq!(
            (&front.points, &front.names),
            (&vec![(0.5, 1.0), (0.9, 7.0)], &vec!["quick".into(), "best".into()])
        );
        assert_eq!((&front.rings, &others.rings), (&vec![(0.5, 1.0)], &vec![(0.3, 3.0)]));
        assert!(others.look.is_dimmed && others.mark == Mark::Dots);
        assert_eq!(drawn.figure.y.heading(), "duration (s)");
        assert_eq!(drawn.run(Place { series: 0, point: 1 }), Some(&run("best")));
        assert_eq!(drawn.run(Place { series: 1, point: 0 }), Some(&run("c")));
    }

    #[test]
    fn more_objectives_have_no_stairs_and_many_others_no_names() {
        let mut info = pareto(Direction::Ascending);
        info.other_runs.clear();
        info.objectives.push(info.objectives[0].clone());
        let log = FrontView { is_log_y: true, ..FrontView::default() };
        let drawn = info.figure(&[], &log).unwrap();
        assert_eq!((drawn.figure.x.scale.clone(), drawn.figure.y.scale.clone()), (Scale::Linear, Scale::Log));
        assert_eq!(drawn.figure.series[0].mark, Mark::Dots);
        assert_eq!(drawn.figure.name(Place { series: 1, point: 0 }), "Other ranked runs");
        assert_eq!(drawn.run(Place { series: 1, point: 0 }), None);
        info.objectives.truncate(1);
        assert_eq!(info.figure(&[], &log), None);
    }
}
