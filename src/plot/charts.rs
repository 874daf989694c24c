//! Ordinary charts: series over two axes, as values. What is here gives a chart its option for Apache ECharts, its
//! words and the way a keyboard takes through its points; `ui::chart` draws it.

use crate::view::Lane;

pub(crate) mod option;
mod poster;
mod walk;
mod words;

pub use poster::escaped;
pub use walk::Step;

/// A chart.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Figure {
    /// The axis from left to right.
    pub x: ChartAxis,
    /// The axis from bottom to top.
    pub y: ChartAxis,
    /// What is drawn; later series lie above earlier ones.
    pub series: Vec<Series>,
    /// Whether a slider below the chart shows and moves the part of x in view; dragging and the keys do so as well.
    pub has_slider: bool,
}

/// An axis.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct ChartAxis {
    /// What it measures.
    pub title: String,
    /// In which unit; empty for none.
    pub unit: String,
    /// How values are spread over it.
    pub scale: Scale,
    /// Whether it begins at the other end.
    pub is_reversed: bool,
    /// Where it begins and ends; about where the points do where it does not say. Charts that are compared need the same
    /// one, and those of one group share parts of it, not values.
    pub domain: Option<(f64, f64)>,
}

/// How values are spread over an axis.
#[derive(Clone, Debug, PartialEq, Default)]
pub enum Scale {
    /// Evenly.
    #[default]
    Linear,
    /// Evenly, and there is nothing between two whole numbers, as with steps and versions.
    Counted,
    /// By magnitude. What is not above zero has no place.
    Log,
    /// Milliseconds since 1970, told in UTC.
    Time,
    /// Texts: a value is the index of one.
    Categories(Vec<String>),
}

/// Points that belong together.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Series {
    /// What they are.
    pub name: String,
    /// How they are drawn.
    pub mark: Mark,
    /// In which colour and dash.
    pub look: Look,
    /// x and y; lines and stairs by x. Without a place on the axes, as NaN, a point is a gap in a line.
    pub points: Vec<(f64, f64)>,
    /// The points' own names, such as the runs'; empty where the series' name says it all.
    pub names: Vec<String>,
    /// A line behind, faint: what a smoothed one was made from.
    pub raw: Vec<(f64, f64)>,
    /// A band behind, by x: x, lower and upper end. An end that is no number is a gap.
    pub band: Vec<(f64, f64, f64)>,
    /// Places with a ring around: points that are chosen.
    pub rings: Vec<(f64, f64)>,
    /// How wide each dot is, in pixels; empty where all are alike.
    pub sizes_px: Vec<f64>,
    /// What was logged that is no number: x, and what stands there. Marked at the edge of the chart.
    pub specials: Vec<(f64, Lane)>,
}

/// How a series is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Mark {
    /// A dot for each point.
    #[default]
    Dots,
    /// A line from point to point.
    Line {
        /// Whether each point has a dot.
        has_dots: bool,
    },
    /// A staircase through the points, such as a Pareto front's: the border of what none of them reaches.
    Stairs {
        /// Whether more x is better, which says on which side of a point its step is.
        is_more_x_better: bool,
    },
    /// A bar for each point, from zero.
    Bars,
    /// A stretch from each point of a pair to the other, with a gap after it.
    Stretches,
}

/// Colour and dash, neither of which tells a series alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Look {
    /// Which of the theme's colours for series, from 0; they begin anew after the last.
    pub colour: usize,
    /// Which dash of a line or shape of a dot, from 0; there are four.
    pub dash: usize,
    /// Whether it is context only: behind the others, in the colour of what is not meant.
    pub is_dimmed: bool,
    /// A place on the theme's ramp from good to bad, in percent, in place of a colour for series: for what has an order.
    pub tone_percent: Option<u8>,
}

/// The shape of a dot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A circle.
    Circle,
    /// A square.
    Square,
    /// A triangle.
    Triangle,
    /// A square on its corner.
    Diamond,
}

impl Look {
    /// The look of the series at a place among many: the first eight differ in colour and neighbours in dash too, the
    /// first 32 in one of both.
    pub fn nth(place: usize) -> Self {
        Self { colour: place % 8, dash: (place + place / 8) % 4, ..Self::default() }
    }

    /// The look of the series at a place within a group of series, which is at a place among groups: groups differ in
    /// colour, and neighbours in one of them in dash.
    pub fn within(group: usize, place: usize) -> Self {
        Self { colour: group % 8, dash: place % 4, ..Self::default() }
    }

    /// The look of the group at a place among groups with an order, the good ones first.
    pub fn ordered(place: usize, n_groups: usize) -> Self {
        let percent = place * 100 / n_groups.saturating_sub(1).max(1);
        Self { dash: place % 4, tone_percent: Some(percent.min(100) as u8), ..Self::default() }
    }

    /// Which of `n` colours of a ramp it has, where it has one of these.
    pub fn on_ramp(self, n: usize) -> Option<usize> {
        let last = n.checked_sub(1)?;
        Some((usize::from(self.tone_percent?) * last + 50) / 100)
    }

    /// Strokes and gaps of a line in turn, in pixels; none for a solid one.
    pub fn dash_px(self) -> &'static [f64] {
        [&[][..], &[6.0, 4.0], &[2.0, 3.0], &[9.0, 3.0, 2.0, 3.0]][self.dash % 4]
    }

    /// The shape of a dot.
    pub fn shape(self) -> Shape {
        [Shape::Circle, Shape::Square, Shape::Triangle, Shape::Diamond][self.dash % 4]
    }
}

/// How what is no number is marked, by its shape and its height between the chart's lower and upper edge: infinities where
/// they point to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EdgeMark {
    /// What stands there.
    pub lane: Lane,
    /// The shape as a sign, for texts.
    pub sign: char,
    /// From 0, the lower edge, to 1.
    pub height: f64,
}

/// The marks there are.
pub const EDGE_MARKS: [EdgeMark; 3] = [
    EdgeMark { lane: Lane::PosInf, sign: '▲', height: 0.97 },
    EdgeMark { lane: Lane::NegInf, sign: '▼', height: 0.03 },
    EdgeMark { lane: Lane::Nan, sign: '✕', height: 0.1 },
];

/// The theme's colours and font, as the style sheet says them.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ChartTheme {
    /// Texts.
    pub content: String,
    /// Texts of lesser weight.
    pub secondary: String,
    /// Lines of axes.
    pub stroke: String,
    /// Lines of the grid.
    pub grid: String,
    /// What the chart lies on.
    pub surface: String,
    /// What floats above it.
    pub raised: String,
    /// Series that are context only.
    pub dimmed: String,
    /// Series.
    pub series: Vec<String>,
    /// What has an order, from the good end to the bad end.
    pub ramp: Vec<String>,
    /// The font family.
    pub font: String,
}

/// A point of a figure: which series, which of its points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The index of the series.
    pub series: usize,
    /// The index of the point in it.
    pub point: usize,
}

impl ChartAxis {
    /// An axis with a title and no unit.
    pub fn new(title: impl Into<String>, scale: Scale) -> Self {
        Self { title: title.into(), scale, ..Self::default() }
    }

    /// Whether the value has a place on it.
    fn has(&self, value: f64) -> bool {
        match &self.scale {
            Scale::Log => value.is_finite() && value > 0.0,
            Scale::Categories(texts) => value >= 0.0 && value < texts.len() as f64,
            Scale::Linear | Scale::Counted | Scale::Time => value.is_finite(),
        }
    }

    /// Where it lies on the axis, in a measure in which equal distances look equal.
    fn position(&self, value: f64) -> f64 {
        if self.scale == Scale::Log { value.ln() } else { value }
    }

    /// The value at such a position.
    fn value_at(&self, position: f64) -> f64 {
        if self.scale == Scale::Log { position.exp() } else { position }
    }
}

impl Series {
    /// A line with a name. It has dots if one of its points stands alone, between gaps, where no line would show it.
    pub fn line(name: impl Into<String>, look: Look, points: Vec<(f64, f64)>) -> Self {
        let is_drawn = |at: usize| points.get(at).is_some_and(|(x, y)| x.is_finite() && y.is_finite());
        let is_alone = |at: usize| is_drawn(at) && !is_drawn(at.wrapping_sub(1)) && !is_drawn(at + 1);
        let has_dots = (0..points.len()).any(is_alone);
        Self { name: name.into(), mark: Mark::Line { has_dots }, look, points, ..Self::default() }
    }
}

impl Figure {
    /// Whether the point has a place on both axes.
    fn has(&self, (x, y): (f64, f64)) -> bool {
        self.x.has(x) && self.y.has(y)
    }

    /// Whether the point is no number that is marked at the edge.
    fn is_marked(&self, series: &Series, (x, y): (f64, f64)) -> bool {
        !y.is_finite() && self.x.has(x) && series.specials.iter().any(|(other, _)| *other == x)
    }

    /// Whether there is something to say of the point: it has a place, or a mark at the edge.
    fn is_told(&self, place: Place) -> bool {
        let Some(series) = self.series.get(place.series) else { return false };
        series.points.get(place.point).is_some_and(|point| self.has(*point) || self.is_marked(series, *point))
    }

    /// The marks at the edge: of which series, how, and where along x.
    fn edge_marks(&self) -> Vec<(&Series, EdgeMark, Vec<f64>)> {
        let of_series = |series| {
            EDGE_MARKS.into_iter().map(move |mark| (series, mark, self.marked_at(series, mark.lane)))
        };
        self.series.iter().flat_map(of_series).filter(|(.., xs)| !xs.is_empty()).collect()
    }

    /// Where along x something of a lane is marked in a series.
    fn marked_at(&self, series: &Series, lane: Lane) -> Vec<f64> {
        let meant = series.specials.iter().filter(|(x, other)| *other == lane && self.x.has(*x));
        meant.map(|(x, _)| *x).collect()
    }

    /// The same axes with nothing on them.
    pub fn without_series(&self) -> Self {
        Self { x: self.x.clone(), y: self.y.clone(), series: Vec::new(), has_slider: self.has_slider }
    }

    /// The same axes with the beginning of one series on them.
    pub fn sketch(&self) -> Self {
        let beginning = |series: &Series| Series {
            name: series.name.clone(),
            mark: series.mark,
            look: series.look,
            points: series.points.iter().take(2).copied().collect(),
            ..Series::default()
        };
        Self { series: self.series.iter().take(1).map(beginning).collect(), ..self.without_series() }
    }

    /// The point, if there is one.
    pub fn point(&self, place: Place) -> Option<(f64, f64)> {
        self.series.get(place.series)?.points.get(place.point).copied()
    }

    /// The ends of the band at a point; none where its series has none there.
    pub fn band_at(&self, place: Place) -> Option<(f64, f64)> {
        let band = &self.series.get(place.series)?.band;
        let (x, _) = self.point(place)?;
        let at = band.binary_search_by(|(other, ..)| other.total_cmp(&x)).ok()?;
        band.get(at)
            .map(|&(_, low, high)| (low, high))
            .filter(|(low, high)| low.is_finite() && high.is_finite())
    }

    /// The series that have a raw line behind them, by their colours: drawing hundreds of series takes far longer than
    /// drawing a few with as many points.
    fn raw_lines(&self) -> Vec<(Look, Vec<&Series>)> {
        let mut by_look: Vec<(Look, Vec<&Series>)> = Vec::new();
        for series in self.series.iter().filter(|series| !series.raw.is_empty()) {
            let look = Look { dash: 0, ..series.look };
            match by_look.iter_mut().find(|(other, _)| *other == look) {
                Some((_, lines)) => lines.push(series),
                None => by_look.push((look, vec![series])),
            }
        }
        by_look
    }

    /// A band there and back, stretch by stretch: the area between this line and the axis is what lies between both ends.
    /// A gap keeps one stretch from the next, and what reaches below a logarithmic axis ends where that does.
    fn band_drawn(&self, band: &[(f64, f64, f64)]) -> Vec<f64> {
        let bottom = self.bottom();
        let ends = |&(x, low, high): &(f64, f64, f64)| {
            let low = if self.is_below(low) { bottom } else { low };
            (self.has((x, low)) && self.has((x, high))).then_some((x, low, high))
        };
        let ends: Vec<Option<(f64, f64, f64)>> = band.iter().map(ends).collect();
        let stretch = |stretch: &[Option<(f64, f64, f64)>]| {
            let there = stretch.iter().flatten().flat_map(|&(x, _, high)| [x, high]);
            let back = stretch.iter().rev().flatten().flat_map(|&(x, low, _)| [x, low]);
            there.chain(back).collect::<Vec<f64>>()
        };
        let stretches = ends.split(Option::is_none).filter(|stretch| !stretch.is_empty()).map(stretch);
        stretches.collect::<Vec<_>>().join(&[f64::NAN; 2][..])
    }

    /// Whether a finite value lies below all that the value axis can show.
    fn is_below(&self, value: f64) -> bool {
        self.y.scale == Scale::Log && value.is_finite() && value <= 0.0
    }

    /// Where a logarithmic value axis begins.
    fn bottom(&self) -> f64 {
        let drawn = |series: &Series| {
            let ys = series.points.iter().chain(&series.raw).map(|point| point.1);
            ys.chain(series.band.iter().flat_map(|&(_, low, high)| [low, high])).collect::<Vec<f64>>()
        };
        let all = self.series.iter().flat_map(drawn).filter(|y| self.y.has(*y));
        let decade = |least: f64| 10_f64.powf(least.log10().floor());
        self.y.domain.map_or_else(|| all.reduce(f64::min).map_or(f64::NAN, decade), |(low, _)| low)
    }

    /// The points that are drawn, x and y in turn, and the size where dots have sizes, for each series of the option; what
    /// has no place is NaN.
    /// The series of the figure come first; then come the raw lines, those of one colour as one, bands and rings, and the
    /// marks at the edge, which nothing points at.
    pub fn drawn(&self) -> Vec<Vec<f64>> {
        let place = |point: (f64, f64)| if self.has(point) { [point.0, point.1] } else { [f64::NAN; 2] };
        let flat =
            |points: &[(f64, f64)]| points.iter().flat_map(|&point| place(point)).collect::<Vec<f64>>();
        let sized = |series: &Series| {
            let both = series.points.iter().zip(&series.sizes_px);
            both.flat_map(|(&point, &size_px)| [place(point).as_slice(), &[size_px]].concat()).collect()
        };
        let main = |series: &Series| {
            if series.sizes_px.is_empty() { flat(&series.points) } else { sized(series) }
        };
        let mut drawn: Vec<Vec<f64>> = self.series.iter().map(main).collect();
        drawn.extend(self.raw_lines().into_iter().map(|(_, lines)| {
            // A gap keeps one line from the next.
            let with_gap =
                lines.into_iter().map(|series| [flat(&series.raw).as_slice(), &[f64::NAN; 2]].concat());
            with_gap.flatten().collect()
        }));
        for series in &self.series {
            if !series.band.is_empty() {
                drawn.push(self.band_drawn(&series.band));
            }
            if !series.rings.is_empty() {
                drawn.push(flat(&series.rings));
            }
        }
        let at_edge = |(_, mark, xs): (&Series, EdgeMark, Vec<f64>)| {
            xs.into_iter().flat_map(|x| [x, mark.height]).collect::<Vec<f64>>()
        };
        drawn.extend(self.edge_marks().into_iter().map(at_edge));
        drawn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_place_is_a_gap() {
        let figure = Figure {
            y: ChartAxis::new("loss", Scale::Log),
            series: vec![Series::line(
                "a",
                Look::default(),
                vec![(0.0, 1.0), (1.0, 0.0), (2.0, f64::INFINITY), (3.0, 4.0)],
            )],
            ..Figure::default()
        };
        let drawn = figure.drawn();
        assert_eq!(drawn.len(), 1);
        assert_eq!((drawn[0][1], drawn[0][7]), (1.0, 4.0));
        assert!(drawn[0][2..6].iter().all(|number| number.is_nan()));
    }

    #[test]
    fn a_point_that_no_line_shows_has_a_dot() {
        let has_dots = |ys: &[f64]| {
            let points = ys.iter().enumerate().map(|(x, y)| (x as f64, *y)).collect();
            Series::line("a", Look::default(), points).mark == Mark::Line { has_dots: true }
        };
        assert!(
            has_dots(&[1.0]) && has_dots(&[1.0, 2.0, f64::NAN, 3.0]) && has_dots(&[1.0, f64::NAN, 2.0, 3.0])
        );
        assert!(!has_dots(&[]) && !has_dots(&[f64::NAN]) && !has_dots(&[1.0, 2.0, f64::NAN, 3.0, 4.0]));
    }

    #[test]
    fn looks_differ() {
        let looks: Vec<Look> = (0..33).map(Look::nth).collect();
        for (place, look) in looks[..32].iter().enumerate() {
            assert!(!looks[..place].contains(look), "{place}");
            let next = looks[place + 1];
            assert!(next.colour != look.colour && next.dash != look.dash, "{place}");
        }
    }

    #[test]
    fn raw_lines_of_one_colour_are_one() {
        let series = |place: usize, raw: Vec<(f64, f64)>| Series {
            raw,
            ..Series::line("", Look::nth(place), vec![(0.0, 0.0)])
        };
        let lines = [
            series(0, vec![(0.0, 5.0), (1.0, 6.0)]),
            series(1, vec![(2.0, 7.0)]),
            series(8, vec![(3.0, 8.0)]),
        ];
        let drawn = Figure { series: lines.to_vec(), ..Figure::default() }.drawn();
        let told: Vec<String> = drawn[3..].iter().map(|numbers| format!("{numbers:?}")).collect();
        assert_eq!(told, ["[0.0, 5.0, 1.0, 6.0, NaN, NaN, 3.0, 8.0, NaN, NaN]", "[2.0, 7.0, NaN, NaN]"]);
    }

    #[test]
    fn raw_line_band_and_rings_come_after_all_series() {
        let with = Series {
            rings: vec![(0.0, 1.5)],
            raw: vec![(0.0, 5.0)],
            band: vec![(0.0, 1.0, 2.0), (1.0, 1.5, 2.5)],
            ..Series::line("a", Look::default(), vec![(0.0, 1.5)])
        };
        let figure = Figure {
            series: vec![with, Series::line("b", Look::default(), vec![(9.0, 9.0)])],
            ..Figure::default()
        };
        let mut drawn = figure.drawn();
        assert!(drawn[2].pop().is_some_and(f64::is_nan) && drawn[2].pop().is_some_and(f64::is_nan));
        assert_eq!(
            drawn,
            [
                vec![0.0, 1.5],
                vec![9.0, 9.0],
                vec![0.0, 5.0],
                vec![0.0, 2.0, 1.0, 2.5, 1.0, 1.5, 0.0, 1.0],
                vec![0.0, 1.5]
            ]
        );
    }

    #[test]
    fn a_band_has_gaps_and_ends_where_a_logarithmic_axis_does() {
        let band = vec![(0.0, 1.0, 2.0), (1.0, f64::NAN, 2.0), (2.0, -3.0, 40.0), (3.0, 0.5, 4.0)];
        let with = Series { band, ..Series::line("a", Look::default(), vec![(0.0, 1.5)]) };
        let mut figure = Figure { series: vec![with], ..Figure::default() };
        let told = |figure: &Figure| format!("{:?}", figure.drawn()[1]);
        assert_eq!(told(&figure), "[0.0, 2.0, 0.0, 1.0, NaN, NaN, 2.0, 40.0, 3.0, 4.0, 3.0, 0.5, 2.0, -3.0]");
        assert_eq!(figure.unplaced(), None);
        figure.y.scale = Scale::Log;
        assert_eq!(told(&figure), "[0.0, 2.0, 0.0, 1.0, NaN, NaN, 2.0, 40.0, 3.0, 4.0, 3.0, 0.5, 2.0, 0.1]");
        assert!(figure.unplaced().is_some_and(|told| told.starts_with("Where a band reaches below zero")));
        figure.y.domain = Some((0.3, 50.0));
        assert!(told(&figure).ends_with("2.0, 0.3]"));
    }
}
