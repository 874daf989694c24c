//! The way a keyboard, or a pointer between the points, takes through a chart.

use super::{Figure, Place, Scale, Series};

/// A step from point to point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// To the next point of the series, by x.
    Next,
    /// To the one before.
    Previous,
    /// To the first one.
    First,
    /// To the last one.
    Last,
    /// To the next series, where it is nearest in x.
    NextSeries,
    /// To the series before.
    PreviousSeries,
}

impl Figure {
    /// Where a step leads; without a place to step from, to the first point. None where there is no way on.
    pub fn step(&self, from: Option<Place>, step: Step) -> Option<Place> {
        let Some((from, at)) = from.and_then(|from| Some((from, self.point(from)?))) else {
            return (0..self.series.len()).find_map(|series| self.ordered(series, |_| true).next());
        };
        let series = from.series;
        // Points of one x come in their own order.
        let order = |place: &Place| {
            let x = self.point(*place).map_or(f64::NAN, |point| point.0);
            x.total_cmp(&at.0).then(place.point.cmp(&from.point))
        };
        match step {
            Step::Next => self.ordered(series, |place| order(place).is_gt()).next(),
            Step::Previous => self.ordered(series, |place| order(place).is_lt()).last(),
            Step::First => self.ordered(series, |_| true).next().filter(|to| *to != from),
            Step::Last => self.ordered(series, |_| true).last().filter(|to| *to != from),
            Step::NextSeries => {
                (series + 1..self.series.len()).find_map(|series| self.nearest_in(series, at.0))
            }
            Step::PreviousSeries => (0..series).rev().find_map(|series| self.nearest_in(series, at.0)),
        }
    }

    /// The part of x in view, widened or narrowed around a value of it by a factor.
    pub fn zoomed(&self, shown: (f64, f64), around: Option<f64>, factor: f64) -> (f64, f64) {
        let (low, high) = (self.x.position(shown.0), self.x.position(shown.1));
        let middle = around.map_or(f64::midpoint(low, high), |x| self.x.position(x).clamp(low, high));
        let half = (high - low) * factor / 2.0;
        self.range(middle - half, middle + half)
    }

    /// What lies between two positions on x, in whole numbers where it is counted.
    fn range(&self, low: f64, high: f64) -> (f64, f64) {
        let (low, high) = (self.x.value_at(low), self.x.value_at(high));
        if self.x.scale == Scale::Counted { (low.floor(), high.ceil()) } else { (low, high) }
    }

    /// Whether that part of x is all of it: the axis as far as it says, else as far as there are points.
    pub fn is_all_of_x(&self, shown: (f64, f64)) -> bool {
        if let Some((low, high)) = self.x.domain {
            return shown.0 <= low && high <= shown.1;
        }
        let points = self.series.iter().flat_map(|series| &series.points);
        points.filter(|point| self.has(**point)).all(|(x, _)| (shown.0..=shown.1).contains(x))
    }

    /// The part of x in view, moved where it does not hold the value; none where it does.
    pub fn panned(&self, shown: (f64, f64), x: f64) -> Option<(f64, f64)> {
        let is_seen = (shown.0..=shown.1).contains(&x);
        (!is_seen).then(|| {
            let half = (self.x.position(shown.1) - self.x.position(shown.0)) / 2.0;
            let middle = self.x.position(x);
            self.range(middle - half, middle + half)
        })
    }

    /// The points of a series that have a place or a mark at the edge, by x.
    fn ordered(&self, series: usize, is_meant: impl Fn(&Place) -> bool) -> impl Iterator<Item = Place> {
        let points = self.series.get(series).map_or(&[][..], |series: &Series| &series.points);
        let places = (0..points.len()).map(|point| Place { series, point });
        let mut places: Vec<Place> = places.filter(|place| self.is_told(*place) && is_meant(place)).collect();
        places.sort_by(|a, b| points[a.point].0.total_cmp(&points[b.point].0));
        places.into_iter()
    }

    /// The point of a series that is nearest in x.
    fn nearest_in(&self, series: usize, x: f64) -> Option<Place> {
        let points = &self.series.get(series)?.points;
        let distance = |point: &(f64, f64)| (self.x.position(point.0) - self.x.position(x)).abs();
        let placed = points.iter().enumerate().filter(|(_, point)| self.has(**point));
        let (point, _) = placed.min_by(|(_, a), (_, b)| distance(a).total_cmp(&distance(b)))?;
        Some(Place { series, point })
    }

    /// The point of the line that passes nearest above or below a place between the points.
    pub fn nearest(&self, x: f64, y: f64) -> Option<Place> {
        let distance = |place: &Place| {
            self.point(*place)
                .map_or(f64::INFINITY, |point| (self.y.position(point.1) - self.y.position(y)).abs())
        };
        let places = (0..self.series.len()).filter_map(|series| self.nearest_in(series, x));
        places.min_by(|a, b| distance(a).total_cmp(&distance(b)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::charts::Look;

    fn figure() -> Figure {
        let series = |points: &[(f64, f64)]| Series::line("s", Look::default(), points.to_vec());
        Figure {
            series: vec![
                series(&[(3.0, 1.0), (1.0, 1.0), (2.0, f64::NAN), (3.0, 2.0)]),
                series(&[]),
                series(&[(0.0, 5.0), (4.0, 5.0)]),
            ],
            ..Figure::default()
        }
    }

    #[test]
    fn steps_go_by_x_past_what_is_not_drawn_and_over_empty_series() {
        let figure = figure();
        let at = |series, point| Some(Place { series, point });
        let mut place = figure.step(None, Step::Next);
        assert_eq!(place, at(0, 1));
        place = figure.step(place, Step::Next);
        assert_eq!(place, at(0, 0));
        place = figure.step(place, Step::Next);
        assert_eq!(place, at(0, 3));
        assert_eq!(figure.step(place, Step::Next), None);
        assert_eq!(figure.step(place, Step::Previous), at(0, 0));
        assert_eq!(figure.step(place, Step::First), at(0, 1));
        assert_eq!(figure.step(place, Step::Last), None);
        place = figure.step(place, Step::NextSeries);
        assert_eq!(place, at(2, 1));
        assert_eq!(figure.step(place, Step::NextSeries), None);
        assert_eq!(figure.step(at(2, 0), Step::PreviousSeries), at(0, 1));
        // A place that is no more.
        assert_eq!(figure.step(at(9, 9), Step::Next), at(0, 1));
        assert_eq!(Figure::default().step(None, Step::Next), None);
    }

    #[test]
    fn the_part_in_view_is_zoomed_and_moved_as_the_axis_measures() {
        let mut figure = figure();
        assert_eq!(figure.zoomed((0.0, 8.0), None, 0.5), (2.0, 6.0));
        assert_eq!(figure.zoomed((0.0, 8.0), Some(1.0), 0.5), (-1.0, 3.0));
        assert_eq!(figure.panned((0.0, 2.0), 5.0), Some((4.0, 6.0)));
        assert_eq!(figure.panned((0.0, 2.0), 2.0), None);
        assert!(figure.is_all_of_x((0.0, 4.0)) && !figure.is_all_of_x((0.0, 3.5)));
        figure.x.domain = Some((0.0, 9.0));
        assert!(figure.is_all_of_x((0.0, 9.0)) && !figure.is_all_of_x((0.0, 4.0)));
        figure.x.scale = Scale::Counted;
        assert_eq!(figure.zoomed((0.0, 9.0), None, 0.5), (2.0, 7.0));
        figure.x.scale = Scale::Log;
        let (low, high) = figure.zoomed((1.0, 10_000.0), None, 0.5);
        assert!((low - 10.0).abs() < 1e-9 && (high - 1000.0).abs() < 1e-9, "{low} {high}");
    }

    #[test]
    fn a_pointer_finds_the_line_it_is_at() {
        assert_eq!(figure().nearest(2.9, 1.2), Some(Place { series: 0, point: 0 }));
        assert_eq!(figure().nearest(3.9, 4.8), Some(Place { series: 2, point: 1 }));
        assert_eq!(Figure::default().nearest(0.0, 0.0), None);
    }
}
