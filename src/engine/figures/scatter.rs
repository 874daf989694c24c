//! The scatter plot as charts, one for each group that splits it.

use super::RunFigure;
use crate::engine::news::{Dot, Grouping, NamedRun, ScatterAxis, ScatterInfo};
use crate::plot::charts::{ChartAxis, Figure, Look, Scale, Series};
use crate::view::{Area, AxisKind, Brush, Pick};
use std::sync::Arc;

/// The width of a dot of the least and of the greatest size, in pixels. Between them areas are in proportion.
const SIZES_PX: (f64, f64) = (4.0, 18.0);
/// How much room there is beside the outermost dots, as a share of the axis.
const MARGIN: f64 = 0.04;

impl ScatterInfo {
    /// What the charts are called: one for each group of the facet; one without a name where nothing splits.
    pub fn titles(&self) -> Vec<String> {
        match &self.facet {
            _ if self.axes.is_none() => Vec::new(),
            None => vec![String::new()],
            Some(facet) => facet.labels.iter().map(|label| format!("{}: {label}", facet.title)).collect(),
        }
    }

    /// The chart in this place among the titles. Charts beside each other have the same axes, so that they can be compared.
    pub fn figure(&self, place: usize) -> RunFigure {
        let Some((x, y)) = &self.axes else { return RunFigure::default() };
        let has_domain = self.facet.is_some();
        let own: Vec<(usize, &Dot)> =
            self.dots.iter().enumerate().filter(|(_, dot)| dot.facet as usize == place).collect();
        let mut runs: Vec<Vec<NamedRun>> = Vec::new();
        let mut series: Vec<Series> = Vec::new();
        let mut add = |name: String, look: Look, is_in: &dyn Fn(&Dot) -> bool| {
            let dots: Vec<(usize, &Dot)> = own.iter().copied().filter(|(_, dot)| is_in(dot)).collect();
            if dots.is_empty() {
                return;
            }
            let named: Vec<NamedRun> =
                dots.iter().filter_map(|(at, _)| self.runs.get(*at).cloned()).collect();
            let sizes_px = if self.size.is_some() {
                dots.iter().map(|(_, dot)| size_px(dot.size)).collect()
            } else {
                Vec::new()
            };
            series.push(Series {
                name,
                look,
                names: named.iter().map(|run| run.name.clone()).collect(),
                points: dots.iter().map(|(_, dot)| (dot.x, dot.y)).collect(),
                sizes_px,
                ..Series::default()
            });
            runs.push(named);
        };
        let is_meant = |dot: &Dot| dot.is_brushed || !self.has_brushes;
        let dimmed = Look { is_dimmed: true, ..Look::default() };
        add("Not brushed".to_owned(), dimmed, &|dot| !is_meant(dot));
        match &self.colour {
            None => add("Runs".to_owned(), Look::default(), &is_meant),
            Some(colour) => {
                for (at, label) in colour.labels.iter().enumerate() {
                    let is_in = |dot: &Dot| dot.colour as usize == at && is_meant(dot);
                    add(format!("{}: {label}", colour.title), colour.look(at), &is_in);
                }
            }
        }
        let figure = Figure { x: x.axis(has_domain), y: y.axis(has_domain), series, has_slider: false };
        RunFigure { figure: Arc::new(figure), runs }
    }

    /// The brushes that take in what lies inside an area of a chart, its corners in the axes' units and categories' places.
    /// A rectangle is a stretch of each axis; any other shape needs numbers on both axes, and is none otherwise.
    pub fn brushes(&self, corners: &[(f64, f64)], is_rectangle: bool) -> Option<Vec<Brush>> {
        let (x, y) = self.axes.as_ref()?;
        if is_rectangle {
            let of = |axis: &ScatterAxis, at: &dyn Fn(&(f64, f64)) -> f64| Brush {
                column: axis.column.clone(),
                picks: axis.picks(corners.iter().map(at)),
            };
            let brushes = [of(x, &|corner| corner.0), of(y, &|corner| corner.1)];
            // Two brushes on one column would be one that replaces the other.
            return Some(if x.column == y.column { brushes[..1].to_vec() } else { brushes.to_vec() });
        }
        if [x, y].iter().any(|axis| axis.kind == AxisKind::Categorical) {
            return None;
        }
        let corner = |(at_x, at_y): &(f64, f64)| (at_x * x.per_unit, at_y * y.per_unit);
        let area = Area {
            y: y.column.clone(),
            is_log: (x.kind == AxisKind::Log, y.kind == AxisKind::Log),
            corners: corners.iter().map(corner).collect(),
        };
        Some(vec![Brush { column: x.column.clone(), picks: vec![Pick::Area(area)] }])
    }

    /// Dots of the smallest size that have no number to say one.
    pub fn n_without_size(&self) -> usize {
        if self.size.is_some() { self.dots.iter().filter(|dot| dot.size.is_none()).count() } else { 0 }
    }
}

/// An end of an axis, which is written there, with no more digits than two of `of`; as it is where these are too many to
/// reckon with.
fn rounded(end: f64, of: f64, round: fn(f64) -> f64) -> f64 {
    let n_decimals = 1 - of.abs().log10().floor() as i32;
    let whole = 10_f64.powi(n_decimals.abs());
    // By a whole power of ten, which is exact, where a part of one would leave digits behind.
    let end_rounded = if n_decimals > 0 { round(end * whole) / whole } else { round(end / whole) * whole };
    if end_rounded.is_finite() { end_rounded } else { end }
}

fn size_px(share: Option<f32>) -> f64 {
    let (least, most) = SIZES_PX;
    (least.powi(2) + f64::from(share.unwrap_or_default()) * (most.powi(2) - least.powi(2))).sqrt()
}

impl ScatterAxis {
    fn axis(&self, has_domain: bool) -> ChartAxis {
        let scale = match self.kind {
            AxisKind::Linear => Scale::Linear,
            AxisKind::Log => Scale::Log,
            AxisKind::Categorical => Scale::Categories(self.categories.clone()),
            AxisKind::Time => Scale::Time,
        };
        let has_domain = has_domain && self.kind != AxisKind::Categorical;
        ChartAxis {
            unit: self.unit.clone(),
            is_reversed: self.is_flipped,
            domain: self.range.filter(|_| has_domain).map(|range| self.widened(range)),
            ..ChartAxis::new(self.column.label(), scale)
        }
    }

    fn widened(&self, (low, high): (f64, f64)) -> (f64, f64) {
        if self.kind == AxisKind::Log {
            let margin = if low < high { (high / low).powf(MARGIN) } else { 2.0 };
            (rounded(low / margin, low, f64::floor), rounded(high * margin, high, f64::ceil))
        } else {
            let margin = if low < high { (high - low) * MARGIN } else { 1.0 };
            (rounded(low - margin, margin, f64::floor), rounded(high + margin, margin, f64::ceil))
        }
    }

    /// What the stretch between the outermost of these places takes in.
    fn picks(&self, places: impl Iterator<Item = f64>) -> Vec<Pick> {
        let (low, high) = places
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), place| (low.min(place), high.max(place)));
        if self.kind == AxisKind::Categorical {
            let is_in = |at: &usize| (low.round()..=high.round()).contains(&(*at as f64));
            let found = self.categories.iter().enumerate().filter(|(at, _)| is_in(at));
            found.map(|(_, text)| Pick::Text(text.clone())).collect()
        } else {
            vec![Pick::Interval { low: low * self.per_unit, high: high * self.per_unit }]
        }
    }
}

impl Grouping {
    /// The look of a group: those with an order run from the good to the bad end.
    fn look(&self, at: usize) -> Look {
        if at < self.n_ordered {
            let place = if self.is_less_better { at } else { self.n_ordered - 1 - at };
            Look { dash: at % 4, ..Look::ordered(place, self.n_ordered) }
        } else if self.n_ordered > 0 {
            // Beside a ramp, what has no number has no colour.
            Look { is_dimmed: true, dash: 3 - (at - self.n_ordered) % 4, ..Look::default() }
        } else {
            Look::nth(at)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entities::{Attribute, ColumnKey, RunId};
    use crate::plot::charts::Place;

    fn axis(column: ColumnKey, kind: AxisKind, range: (f64, f64)) -> ScatterAxis {
        ScatterAxis {
            column,
            unit: String::new(),
            per_unit: 1.0,
            kind,
            is_flipped: false,
            categories: Vec::new(),
            range: Some(range),
        }
    }

    fn info() -> ScatterInfo {
        let x = axis(ColumnKey::Param("rate".into()), AxisKind::Log, (0.01, 1.0));
        let duration = ColumnKey::Attribute(Attribute::Duration);
        let y = ScatterAxis {
            unit: "s".into(),
            per_unit: 1000.0,
            ..axis(duration, AxisKind::Linear, (2.0, 4.0))
        };
        let dot = |x, y, colour, facet, is_brushed| Dot { x, y, colour, facet, size: None, is_brushed };
        let grouping = |title: &str, labels: &[&str], n_ordered| Grouping {
            title: title.into(),
            labels: labels.iter().map(|label| (*label).to_owned()).collect(),
            n_ordered,
            n_values: labels.len(),
            is_less_better: false,
        };
        let name = |name: &str| NamedRun { run_id: RunId(name.into()), name: name.into() };
        ScatterInfo {
            axes: Some((x, y)),
            colour: Some(grouping("r2", &["0 to 1", "2 to 3", "missing"], 2)),
            facet: Some(grouping("kind", &["a", "b"], 0)),
            has_brushes: true,
            dots: vec![
                dot(0.01, 2.0, 0, 0, true),
                dot(1.0, 4.0, 1, 0, true),
                dot(0.1, 3.0, 2, 1, true),
                dot(0.2, 3.0, 1, 0, false),
            ],
            runs: ["one", "two", "three", "four"].map(name).to_vec(),
            ..ScatterInfo::default()
        }
    }

    #[test]
    fn charts_beside_each_other_share_axes_and_looks() {
        assert_eq!(info().titles(), ["kind: a", "kind: b"]);
        let (a, b) = (info().figure(0), info().figure(1));
        assert_eq!((&a.figure.x, &a.figure.y), (&b.figure.x, &b.figure.y));
        let (low, high) = a.figure.y.domain.unwrap();
        assert!(low < 2.0 && high > 4.0);
        let names: Vec<&str> = a.figure.series.iter().map(|series| series.name.as_str()).collect();
        assert_eq!(names, ["Not brushed", "r2: 0 to 1", "r2: 2 to 3"]);
        // More r2 is better: the upper stretch is at the good end.
        assert_eq!(
            (a.figure.series[1].look.tone_percent, a.figure.series[2].look.tone_percent),
            (Some(100), Some(0))
        );
        assert!(b.figure.series[0].look.is_dimmed, "missing has no colour");
        assert_eq!(a.run(Place { series: 2, point: 0 }).unwrap().name, "two");
        assert_eq!(a.figure.name(Place { series: 0, point: 0 }), "four");
    }

    #[test]
    fn areas_are_brushes_in_the_columns_own_units() {
        let mut info = info();
        let corners = [(0.02, 2.5), (0.5, 3.5), (0.3, 2.0)];
        let brushes = info.brushes(&corners, true).unwrap();
        assert_eq!(brushes[0].picks, [Pick::Interval { low: 0.02, high: 0.5 }]);
        assert_eq!(brushes[1].picks, [Pick::Interval { low: 2000.0, high: 3500.0 }]);
        let lasso = info.brushes(&corners, false).unwrap();
        let [Pick::Area(area)] = lasso[0].picks.as_slice() else { panic!("an area") };
        assert_eq!((lasso.len(), area.is_log, area.corners[1]), (1, (true, false), (0.5, 3500.0)));
        let (x, _) = info.axes.as_mut().unwrap();
        (x.kind, x.categories) = (AxisKind::Categorical, vec!["a".into(), "b".into(), "c".into()]);
        assert_eq!(info.brushes(&corners, false), None);
        let brushes = info.brushes(&[(0.6, 0.0), (1.4, 1.0)], true).unwrap();
        assert_eq!(brushes[0].picks, [Pick::Text("b".into())]);
    }

    #[test]
    fn axes_end_where_few_digits_say() {
        let of = |kind, range| axis(ColumnKey::Metric("m".into()), kind, range).widened(range);
        assert_eq!(of(AxisKind::Linear, (2.439_22, 4.431_85)), (2.359, 4.512));
        assert_eq!(of(AxisKind::Linear, (1e6, 9e6)), (680_000.0, 9_320_000.0));
        assert_eq!(of(AxisKind::Linear, (5.0, 5.0)), (4.0, 6.0));
        assert_eq!(of(AxisKind::Log, (0.012_345, 1.0)), (0.01, 1.2));
        let (low, high) = of(AxisKind::Linear, (0.0, 1e-320));
        assert!(low <= 0.0 && high >= 1e-320);
    }

    #[test]
    fn sizes_grow_with_the_area() {
        assert_eq!((size_px(Some(0.0)), size_px(Some(1.0)), size_px(None)), (4.0, 18.0, 4.0));
        let half = size_px(Some(0.5));
        assert!((half.powi(2) - f64::midpoint(16.0, 324.0)).abs() < 1e-9);
    }
}
