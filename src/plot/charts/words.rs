//! A chart in words: its summary, a point's announcement, the tooltip, the cells of the table behind it.

use super::{ChartAxis, EDGE_MARKS, Figure, Mark, Place, Scale, Series};
use crate::entities::instant::date_time_text;
use crate::frame::display_number;

/// With more series than this the summary tells of all of them together.
const MAX_TOLD: usize = 6;
/// So many digits of a tooltip's number tell values apart; announcement and table have all of them.
const MAX_DIGITS: usize = 8;
/// So many lines of a tooltip are read at a glance.
const MAX_LINES: usize = 8;

impl ChartAxis {
    /// The title with its unit.
    pub fn heading(&self) -> String {
        if self.unit.is_empty() { self.title.clone() } else { format!("{} ({})", self.title, self.unit) }
    }

    /// A value of it, with all its digits.
    pub fn value_text(&self, value: f64) -> String {
        match &self.scale {
            Scale::Time => date_time_text(value),
            Scale::Categories(texts) => self.has(value).then(|| texts[value as usize].clone()),
            Scale::Linear | Scale::Counted | Scale::Log => None,
        }
        .unwrap_or_else(|| match value {
            f64::INFINITY => "+∞".to_owned(),
            f64::NEG_INFINITY => "−∞".to_owned(),
            _ => display_number(value),
        })
    }

    /// A value of it as a tooltip has room for.
    fn short_text(&self, value: f64) -> String {
        // Rounded to digits; the shortest form of the rest has no needless zeros.
        let rounded = format!("{value:.*e}", MAX_DIGITS - 1).parse().unwrap_or(value);
        if self.scale == Scale::Time { self.value_text(value) } else { self.value_text(rounded) }
    }

    /// What stands at a tick where only whole numbers are counted: elsewhere than there, nothing.
    pub fn counted_tick(value: f64) -> String {
        if value.fract() == 0.0 { display_number(value) } else { String::new() }
    }

    /// A value of it with title and unit.
    fn words(&self, value: f64) -> String {
        self.told(self.value_text(value))
    }

    fn told(&self, text: String) -> String {
        let words = if self.title.is_empty() { text } else { format!("{} {text}", self.title) };
        if self.unit.is_empty() { words } else { format!("{words} {}", self.unit) }
    }

    fn range(&self, values: impl Iterator<Item = f64>) -> Option<String> {
        let (low, high) = values.fold(None, |range: Option<(f64, f64)>, value| {
            let (low, high) = range.unwrap_or((value, value));
            Some((low.min(value), high.max(value)))
        })?;
        Some(format!("{} from {} to {}", self.heading(), self.value_text(low), self.value_text(high)))
    }
}

impl Figure {
    /// What the point is called: its own name, or that of its series.
    pub fn name(&self, place: Place) -> &str {
        let series = self.series.get(place.series);
        series.map_or("", |series| series.names.get(place.point).unwrap_or(&series.name))
    }

    /// The point in words: name, x and y, and the band around it.
    pub fn words(&self, place: Place) -> String {
        let Some((x, y)) = self.point(place) else { return String::new() };
        let band = self.band_at(place).map_or_else(String::new, |(low, high)| {
            format!(", band from {} to {}", self.y.value_text(low), self.y.value_text(high))
        });
        format!("{}, {}, {}{band}", self.name(place), self.x.words(x), self.y.words(y))
    }

    /// The same as a tooltip has room for: y alone, and the band around it.
    fn short_words(&self, place: Place, y: f64) -> String {
        let band = self.band_at(place).map_or_else(String::new, |(low, high)| {
            format!(" ({} to {})", self.y.short_text(low), self.y.short_text(high))
        });
        self.y.short_text(y) + &band
    }

    /// The heads of the table behind the chart.
    pub fn heads(&self) -> Vec<String> {
        let has_band = self.series.iter().any(|series| !series.band.is_empty());
        let band = if has_band { &["Band from", "Band to"] as &[&str] } else { &[] };
        let heads = ["Series".to_owned(), self.x.heading(), self.y.heading()];
        heads.into_iter().chain(band.iter().map(|&head| head.to_owned())).collect()
    }

    /// A point's row of that table, a cell a head.
    pub fn cells(&self, place: Place, n_heads: usize) -> Vec<String> {
        let (x, y) = self.point(place).unwrap_or((f64::NAN, f64::NAN));
        let mut cells = vec![self.name(place).to_owned(), self.x.value_text(x), self.y.value_text(y)];
        if let Some((low, high)) = self.band_at(place) {
            cells.extend([low, high].map(|end| self.y.value_text(end)));
        }
        cells.resize(n_heads, String::new());
        cells
    }

    /// The part of x in view in words.
    pub fn range_words(&self, (low, high): (f64, f64)) -> String {
        format!("{} to {} in view", self.x.words(low), self.x.value_text(high))
    }

    /// The whole chart in words.
    pub fn summary(&self) -> String {
        let n_points: usize = self.series.iter().map(|series| self.placed(series).count()).sum();
        if n_points == 0 {
            return "No values to plot".to_owned();
        }
        let told = |series: &Series| self.series_words(series);
        let mut parts: Vec<String> = if self.series.len() <= MAX_TOLD {
            self.series.iter().filter_map(told).collect()
        } else {
            let points = || self.series.iter().flat_map(|series| self.placed(series));
            let ranges =
                [self.x.range(points().map(|point| point.0)), self.y.range(points().map(|point| point.1))];
            let all = format!("{} series with {}", self.series.len(), counted(n_points));
            [vec![all], ranges.into_iter().flatten().collect()].concat()
        };
        parts.extend(self.unplaced());
        parts.join(". ")
    }

    fn series_words(&self, series: &Series) -> Option<String> {
        let points: Vec<(f64, f64)> = self.placed(series).collect();
        let (&(x0, y0), &(x1, y1)) = (points.first()?, points.last()?);
        let n_points = counted(points.len());
        let at = |x: f64, y: f64| format!("{} at {}", self.y.value_text(y), self.x.words(x));
        Some(match series.mark {
            _ if points.len() == 1 => format!("{}: {n_points}, {}", series.name, at(x0, y0)),
            Mark::Line { .. } => format!("{}: {n_points}, {}, {}", series.name, at(x0, y0), at(x1, y1)),
            Mark::Dots | Mark::Stairs { .. } | Mark::Bars | Mark::Stretches => {
                let ranges = [
                    self.x.range(points.iter().map(|point| point.0)),
                    self.y.range(points.iter().map(|point| point.1)),
                ];
                let ranges: Vec<String> = ranges.into_iter().flatten().collect();
                format!("{}: {n_points}, {}", series.name, ranges.join(", "))
            }
        })
    }

    fn placed(&self, series: &Series) -> impl Iterator<Item = (f64, f64)> {
        series.points.iter().copied().filter(|&point| self.has(point))
    }

    /// How many points have no place and why; none where all have one.
    pub fn unplaced(&self) -> Option<String> {
        let is_low = |axis: &ChartAxis, value: f64| value.is_finite() && !axis.has(value);
        let (mut n_low, mut n_special) = (0_usize, 0_usize);
        let is_gap = |point: &&(f64, f64)| point.0.is_nan() && point.1.is_nan();
        for series in &self.series {
            for &(x, y) in series.points.iter().filter(|point| !is_gap(point)) {
                if is_low(&self.x, x) || is_low(&self.y, y) {
                    n_low += 1;
                } else if !self.has((x, y)) && !self.is_marked(series, (x, y)) {
                    n_special += 1;
                }
            }
        }
        let mut reasons = Vec::new();
        if n_special > 0 {
            reasons.push(format!("{n_special} missing, NaN or infinite"));
        }
        if n_low > 0 {
            let why = if self.x.scale == Scale::Log || self.y.scale == Scale::Log {
                "not above zero, which a logarithmic axis cannot show"
            } else {
                "of no category"
            };
            reasons.push(format!("{n_low} {why}"));
        }
        let not_drawn = (!reasons.is_empty()).then(|| format!("Not drawn: {}", reasons.join(", ")));
        let is_cut = |&(_, low, high): &(f64, f64, f64)| self.is_below(low) && self.y.has(high);
        let is_cut = self.series.iter().flat_map(|series| &series.band).any(is_cut);
        let cut = is_cut.then(|| {
            "Where a band reaches below zero, which a logarithmic axis cannot show, it ends where the axis does".to_owned()
        });
        let marks = EDGE_MARKS.iter().filter_map(|mark| {
            let n: usize = self.series.iter().map(|series| self.marked_at(series, mark.lane).len()).sum();
            (n > 0).then(|| format!("{} {} ({n})", mark.sign, mark.lane.label()))
        });
        let marks: Vec<String> = marks.collect();
        let marked = (!marks.is_empty()).then(|| format!("Marked at the edge: {}", marks.join(", ")));
        let told: Vec<String> = not_drawn.into_iter().chain(marked).chain(cut).collect();
        (!told.is_empty()).then(|| told.join(". "))
    }

    /// The text of a tooltip about these points, which lie at one x if they are several. The series next to
    /// `near_y` come first where there are more than a glance takes.
    pub fn tip(&self, places: &[Place], near_y: Option<f64>) -> String {
        let found = places.iter().filter_map(|&place| Some((place, self.point(place)?)));
        let mut found: Vec<(Place, (f64, f64))> = found.filter(|(place, _)| self.is_told(*place)).collect();
        let text = match found.as_slice() {
            [] => return String::new(),
            [(place, (x, y))] => {
                let (x, y) = (self.x.told(self.x.short_text(*x)), self.y.told(self.short_words(*place, *y)));
                format!("{}\n{x}\n{y}", self.name(*place))
            }
            [(_, (x, _)), ..] => {
                let mut lines = vec![self.x.told(self.x.short_text(*x))];
                let n_more = found.len().saturating_sub(MAX_LINES);
                if n_more > 0
                    && let Some(near_y) = near_y
                {
                    let distance = |y: f64| (self.y.position(y) - self.y.position(near_y)).abs();
                    found.sort_by(|(_, (_, a)), (_, (_, b))| distance(*a).total_cmp(&distance(*b)));
                }
                for (place, (_, y)) in found.iter().take(MAX_LINES) {
                    lines.push(format!("{}: {}", self.name(*place), self.short_words(*place, *y)));
                }
                if n_more > 0 {
                    lines.push(format!("and {n_more} more"));
                }
                lines.join("\n")
            }
        };
        // ECharts reads `{style|text}`; names are names.
        text.replace('{', "{\u{200b}")
    }
}

fn counted(n_points: usize) -> String {
    if n_points == 1 { "1 point".to_owned() } else { format!("{n_points} points") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::charts::Look;
    use crate::view::Lane;

    fn lines(n: usize) -> Figure {
        let line = |k: usize| {
            Series::line(format!("run {k}"), Look::default(), vec![(0.0, k as f64), (10.0, k as f64 + 0.5)])
        };
        Figure {
            x: ChartAxis::new("step", Scale::Counted),
            y: ChartAxis { title: "time".into(), unit: "s".into(), ..ChartAxis::default() },
            series: (0..n).map(line).collect(),
            ..Figure::default()
        }
    }

    #[test]
    fn a_few_series_are_told_one_by_one_and_many_together() {
        assert_eq!(
            lines(2).summary(),
            "run 0: 2 points, 0 at step 0, 0.5 at step 10. run 1: 2 points, 1 at step 0, 1.5 at step 10"
        );
        assert_eq!(
            lines(50).summary(),
            "50 series with 100 points. step from 0 to 10. time (s) from 0 to 49.5"
        );
        assert_eq!(Figure::default().summary(), "No values to plot");
    }

    #[test]
    fn points_are_told_with_all_their_digits() {
        let mut figure = lines(1);
        figure.series[0].points[1].1 = 6.287_654_321_234;
        assert_eq!(figure.words(Place { series: 0, point: 1 }), "run 0, step 10, time 6.287654321234 s");
        assert_eq!(figure.words(Place { series: 3, point: 1 }), "");
        figure.series[0].names = vec!["a".into(), "b".into()];
        assert_eq!(figure.name(Place { series: 0, point: 1 }), "b");
        figure.x.scale = Scale::Time;
        figure.y.scale = Scale::Categories(vec!["low".into(), "high".into()]);
        figure.series[0].points[0] = (1e12, 1.0);
        let words = figure.words(Place { series: 0, point: 0 });
        assert_eq!(words, "a, step 2001-09-09 01:46:40, time high s");
    }

    #[test]
    fn a_band_is_told_where_its_series_has_one() {
        let mut figure = lines(2);
        assert_eq!(figure.heads(), ["Series", "step", "time (s)"]);
        figure.series[0].band = vec![(0.0, -1.0, 1.5)];
        assert_eq!(figure.heads()[3..], ["Band from", "Band to"]);
        let [first, second] = [0, 1].map(|point| Place { series: 0, point });
        assert_eq!(figure.words(first), "run 0, step 0, time 0 s, band from -1 to 1.5");
        assert_eq!(figure.words(second), "run 0, step 10, time 0.5 s");
        assert_eq!(figure.cells(first, 5), ["run 0", "0", "0", "-1", "1.5"]);
        assert_eq!(figure.cells(second, 5), ["run 0", "10", "0.5", "", ""]);
        let other = Place { series: 1, point: 0 };
        assert_eq!(figure.tip(&[first, other], None), "step 0\nrun 0: 0 (-1 to 1.5)\nrun 1: 1");
    }

    #[test]
    fn what_is_not_drawn_is_said() {
        let mut figure = lines(1);
        assert_eq!(figure.unplaced(), None);
        figure.series[0].points.extend([(11.0, f64::NAN), (12.0, f64::INFINITY), (13.0, -1.0)]);
        assert_eq!(figure.unplaced().as_deref(), Some("Not drawn: 2 missing, NaN or infinite"));
        figure.y.scale = Scale::Log;
        let told =
            "Not drawn: 2 missing, NaN or infinite, 2 not above zero, which a logarithmic axis cannot show";
        assert_eq!(figure.unplaced().as_deref(), Some(told));
    }

    #[test]
    fn what_is_no_number_is_told_where_it_happens() {
        let mut figure = lines(1);
        let nan = f64::NAN;
        figure.series[0].points =
            vec![(0.0, 1.0), (1.0, nan), (2.0, f64::INFINITY), (3.0, f64::NEG_INFINITY)];
        figure.series[0].specials = vec![(1.0, Lane::Nan), (2.0, Lane::PosInf), (3.0, Lane::NegInf)];
        let told = "Marked at the edge: ▲ +∞ (1), ▼ −∞ (1), ✕ NaN (1)";
        assert_eq!(figure.unplaced().as_deref(), Some(told));
        let place = |point| Place { series: 0, point };
        assert_eq!(figure.tip(&[place(2)], None), "run 0\nstep 2\ntime +∞ s");
        assert_eq!(figure.words(place(1)), "run 0, step 1, time NaN s");
        assert_eq!(figure.cells(place(3), 3), ["run 0", "3", "−∞"]);
        assert_eq!(figure.step(Some(place(0)), crate::plot::charts::Step::Next), Some(place(1)));
        let drawn = figure.drawn();
        assert_eq!(drawn[1..], [vec![2.0, 0.97], vec![3.0, 0.03], vec![1.0, 0.1]]);
        let option = figure.option(&crate::plot::charts::ChartTheme::default());
        assert_eq!(option["series"].as_array().map(Vec::len), Some(drawn.len()));
        assert_eq!(
            (&option["series"][2]["symbolRotate"], &option["yAxis"][1]["max"]),
            (&180.into(), &1.into())
        );
    }

    #[test]
    fn a_tooltip_tells_what_is_near_and_reads_no_markup() {
        let mut figure = lines(10);
        let all: Vec<Place> = (0..10).map(|series| Place { series, point: 0 }).collect();
        let tip = figure.tip(&all, Some(9.0));
        assert!(tip.starts_with("step 0\nrun 9: 9\nrun 8: 8\n") && tip.ends_with("\nand 2 more"), "{tip}");
        figure.series[0].name = "{a|b}".into();
        assert_eq!(figure.tip(&all[..1], None), "{\u{200b}a|b}\nstep 0\ntime 0 s");
        assert_eq!(figure.tip(&[], None), "");
        figure.series[0].points[0].1 = 1.009_572_123_224_968_4;
        assert!(figure.tip(&all[..1], None).ends_with("\ntime 1.0095721 s"));
        assert_eq!([12.0, 12.5, 1200.0].map(ChartAxis::counted_tick), ["12", "", "1200"]);
    }
}
