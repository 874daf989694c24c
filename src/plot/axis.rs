//! What an axis is: its kind, where each value stands on it, its ticks, and where the axes stand.

use super::scale::{LinearScale, LogScale, PointScale, time_ticks};
use crate::entities::ColumnKey;
use crate::entities::order::sort_by;
use crate::frame::{Value, display_number, natural_order};
use crate::view::{AxisKind, Lane};
use std::borrow::Cow;
use std::collections::HashMap;

/// Labels nearer to each other than this overlap.
const LABEL_PX: f64 = 14.0;
/// The room a numeric tick wants.
const TICK_PX: f64 = 40.0;
/// Ticks between decades nearer than this are noise.
const MINOR_TICK_PX: f64 = 3.0;
/// The least room between two axes: narrower, and labels of neighbours overlap.
const GAP_PX: f64 = 96.0;
/// Room left and right of the axes, for labels.
const SIDE_PX: f64 = 56.0;
/// Room above and below.
const EDGE_PX: f64 = 8.0;
/// The height of a lane.
const LANE_PX: f64 = 18.0;
/// From the top of a lane to where its lines go: nearer to the next lane than to the values above.
const LANE_CENTRE_PX: f64 = 12.0;

/// The kind that suits a column's values.
///
/// Times are times. Text makes it categorical, unless it is a rare exception (`None`, say): at most one for ten numbers of
/// more than 5 different ones. So do few numbers that repeat a lot (fewer than 6, each more than 10 times on average), but
/// never a metric's. More than 10 different positive numbers over more
/// than two decades (from the 5th to the 95th percentile) are logarithmic; the rest is linear.
pub fn infer_kind(values: &[Value<'_>], is_time: bool, is_metric: bool) -> AxisKind {
    if is_time {
        return AxisKind::Time;
    }
    let n_texts = values.iter().filter(|value| matches!(value, Value::Text(_))).count();
    let mut numbers: Vec<f64> = numbers(values).collect();
    if n_texts * 10 > numbers.len() {
        return AxisKind::Categorical;
    }
    numbers.sort_unstable_by(f64::total_cmp);
    let n_distinct = numbers.chunk_by(|a, b| a == b).count();
    if n_texts > 0 && n_distinct < 6 {
        return AxisKind::Categorical;
    }
    if !is_metric && n_distinct > 0 && n_distinct < 6 && numbers.len() > 10 * n_distinct {
        return AxisKind::Categorical;
    }
    let percentile = |percent: usize| numbers.get((numbers.len().saturating_sub(1)) * percent / 100).copied();
    match (numbers.first(), percentile(5), percentile(95)) {
        (Some(least), Some(low), Some(high)) if n_distinct > 10 && *least > 0.0 && high / low > 100.0 => {
            AxisKind::Log
        }
        _ => AxisKind::Linear,
    }
}

fn numbers(values: &[Value<'_>]) -> impl Iterator<Item = f64> {
    values.iter().filter_map(|value| match value {
        Value::Number(number) => Some(*number),
        _ => None,
    })
}

/// What an axis is asked to be.
#[derive(Clone, Debug, PartialEq)]
pub struct AxisSpec {
    /// What it shows.
    pub column: ColumnKey,
    /// Its title.
    pub label: String,
    /// The unit behind the title; empty for none.
    pub unit: String,
    /// How it spreads values; inferred where not chosen.
    pub kind: Option<AxisKind>,
    /// Whether large values stand at the bottom.
    pub is_flipped: bool,
    /// Whether the numbers are milliseconds since 1970.
    pub is_time: bool,
    /// Whether the column is a metric: these are never categorical by inference.
    pub is_metric: bool,
}

/// Where an axis has its values and its lanes, in CSS pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AxisLayout<'a> {
    /// Top of the part for values.
    pub top_px: f64,
    /// Bottom of the part for values.
    pub bottom_px: f64,
    /// The lanes there are, and where each stands.
    pub lanes: &'a [(Lane, f64)],
}

/// A tick or a category.
#[derive(Clone, Debug, PartialEq)]
pub struct PlotTick {
    /// Where it stands, in CSS pixels.
    pub y_px: f64,
    /// What it says.
    pub label: String,
    /// The category's whole text on a categorical axis; none on the others.
    pub category: Option<String>,
    /// Whether there is room for its label.
    pub is_labelled: bool,
}

#[derive(Clone, Debug)]
enum Spread {
    /// No number to spread: all that comes is in lanes, or at the low end.
    Nothing,
    Linear(LinearScale),
    Time(LinearScale),
    Log(LogScale),
    Categorical {
        scale: PointScale,
        texts: Vec<String>,
        index_of: HashMap<String, usize>,
    },
}

/// One axis of the parallel coordinates: every value has a place on it.
#[derive(Clone, Debug)]
pub struct Axis {
    spec: AxisSpec,
    kind: AxisKind,
    /// From the low end to the high end.
    range: (f64, f64),
    lanes: Vec<(Lane, f64)>,
    spread: Spread,
    n_not_positive: usize,
    /// The smallest number that stands at the low end of a logarithmic axis without being on its scale.
    least_not_positive: Option<f64>,
}

impl Axis {
    /// The axis for these values. On a categorical axis a number's category is `text_of(row)`, the text as it
    /// was logged, or its shortest decimal form where that is none.
    pub fn new<'t>(
        spec: AxisSpec,
        values: &[Value<'_>],
        text_of: impl Fn(usize) -> Option<Cow<'t, str>>,
        layout: AxisLayout<'_>,
    ) -> Self {
        let kind = spec.kind.unwrap_or_else(|| infer_kind(values, spec.is_time, spec.is_metric));
        let range = if spec.is_flipped {
            (layout.top_px, layout.bottom_px)
        } else {
            (layout.bottom_px, layout.top_px)
        };
        let mut axis = Self {
            spec,
            kind,
            range,
            lanes: layout.lanes.to_vec(),
            spread: Spread::Nothing,
            n_not_positive: 0,
            least_not_positive: None,
        };
        if kind == AxisKind::Categorical {
            axis.spread = categories(values, text_of, range);
            return axis;
        }
        let mut domain: Option<(f64, f64)> = None;
        for number in numbers(values) {
            if kind == AxisKind::Log && number <= 0.0 {
                axis.n_not_positive += 1;
                axis.least_not_positive =
                    Some(axis.least_not_positive.map_or(number, |least| least.min(number)));
            } else {
                domain =
                    Some(domain.map_or((number, number), |(low, high)| (low.min(number), high.max(number))));
            }
        }
        if let Some(domain) = domain {
            axis.spread = match kind {
                AxisKind::Log => Spread::Log(LogScale::new(domain, range)),
                AxisKind::Time => Spread::Time(LinearScale::new(domain, range)),
                AxisKind::Linear | AxisKind::Categorical => Spread::Linear(LinearScale::new(domain, range)),
            };
        }
        axis
    }

    /// What it was asked to be.
    pub fn spec(&self) -> &AxisSpec {
        &self.spec
    }

    /// The kind in force.
    pub fn kind(&self) -> AxisKind {
        self.kind
    }

    /// Whether the kind was inferred.
    pub fn is_kind_inferred(&self) -> bool {
        self.spec.kind.is_none()
    }

    /// The smallest and the largest number on the scale; none for categorical axes and where there is none.
    pub fn domain(&self) -> Option<(f64, f64)> {
        match &self.spread {
            Spread::Linear(scale) | Spread::Time(scale) => Some(scale.domain()),
            Spread::Log(scale) => Some(scale.domain()),
            Spread::Nothing | Spread::Categorical { .. } => None,
        }
    }

    /// What must be said of values that stand where they are not expected.
    pub fn note(&self) -> Option<String> {
        match self.n_not_positive {
            0 => None,
            1 => Some("1 value at or below 0 stands at the low end".to_owned()),
            n => Some(format!("{n} values at or below 0 stand at the low end")),
        }
    }

    /// Where a value stands, in CSS pixels. `raw_text` is the text a number was logged as, if it was.
    pub fn position(&self, value: Value<'_>, raw_text: Option<&str>) -> f32 {
        let y = match (&self.spread, value) {
            (Spread::Linear(scale) | Spread::Time(scale), Value::Number(number)) => scale.map(number),
            (Spread::Log(scale), Value::Number(number)) => scale.map(number),
            (Spread::Categorical { scale, index_of, .. }, Value::Number(number)) => {
                let index = match raw_text {
                    Some(text) => index_of.get(text),
                    None => index_of.get(&display_number(number)),
                };
                index.map_or_else(|| self.lane_position(Lane::Missing), |index| scale.map(*index))
            }
            (Spread::Categorical { scale, index_of, .. }, Value::Text(text)) => index_of
                .get(text)
                .map_or_else(|| self.lane_position(Lane::Missing), |index| scale.map(*index)),
            (Spread::Nothing, Value::Number(_)) => self.range.0,
            (_, other) => self.lane_position(self.lane_of(other).unwrap_or(Lane::Missing)),
        };
        y as f32
    }

    /// The lane in which a value stands; none for what has a place on the axis itself.
    pub fn lane_of(&self, value: Value<'_>) -> Option<Lane> {
        match value {
            Value::Text(_) if self.kind != AxisKind::Categorical => Some(Lane::Text),
            _ => value.lane(),
        }
    }

    /// Where a lane stands; the bottom of the values where the layout has no such lane.
    pub fn lane_position(&self, lane: Lane) -> f64 {
        let place = self.lanes.iter().find(|(other, _)| *other == lane);
        place.map_or_else(|| self.range.0.max(self.range.1), |(_, y)| *y)
    }

    /// The smallest number that stands at the low end of a logarithmic axis without being on its scale.
    pub fn least_not_positive(&self) -> Option<f64> {
        self.least_not_positive
    }

    /// All categories, from the low end to the high end.
    pub fn categories(&self) -> &[String] {
        match &self.spread {
            Spread::Categorical { texts, .. } => texts,
            _ => &[],
        }
    }

    /// The ticks, from the low end to the high end; `format` writes the numbers (times have labels of their
    /// own). Every category has a tick; labels stand at least 14 pixels apart.
    pub fn ticks(&self, format: &dyn Fn(f64) -> String) -> Vec<PlotTick> {
        let tick = |y_px: f64, label: String| PlotTick { y_px, label, category: None, is_labelled: false };
        // Each with how soon it is labelled: 0 first, none never.
        let mut ticks: Vec<(PlotTick, Option<u8>)> = match &self.spread {
            Spread::Nothing => Vec::new(),
            Spread::Linear(scale) => {
                let ticks = scale.ticks(TICK_PX).into_iter();
                ticks.map(|value| (tick(scale.map(value), format(value)), Some(0))).collect()
            }
            Spread::Time(scale) => {
                let n = ((self.range.1 - self.range.0).abs() / TICK_PX).max(2.0) as usize;
                let ticks = time_ticks(scale.domain(), n).into_iter();
                ticks.map(|time| (tick(scale.map(time.value), time.label), Some(0))).collect()
            }
            Spread::Log(scale) => {
                let mut ticks = Vec::new();
                let mut last_px = f64::INFINITY;
                for log_tick in scale.ticks(LABEL_PX) {
                    let y_px = scale.map(log_tick.value);
                    if !log_tick.is_major && (y_px - last_px).abs() < MINOR_TICK_PX {
                        continue;
                    }
                    last_px = y_px;
                    let rank = match (log_tick.is_major, log_tick.may_be_labelled) {
                        (true, _) => Some(0),
                        (false, true) => Some(1),
                        (false, false) => None,
                    };
                    ticks.push((tick(y_px, format(log_tick.value)), rank));
                }
                ticks
            }
            Spread::Categorical { scale, texts, .. } => {
                let category = |(i, text): (usize, &String)| {
                    let mut tick = tick(scale.map(i), text.clone());
                    tick.category = Some(text.clone());
                    (tick, Some(0))
                };
                texts.iter().enumerate().map(category).collect()
            }
        };
        label_where_there_is_room(&mut ticks);
        ticks.into_iter().map(|(tick, _)| tick).collect()
    }
}

fn categories<'t>(
    values: &[Value<'_>],
    text_of: impl Fn(usize) -> Option<Cow<'t, str>>,
    range: (f64, f64),
) -> Spread {
    let mut index_of: HashMap<String, usize> = HashMap::new();
    let mut add = |text: &str| {
        if !index_of.contains_key(text) {
            index_of.insert(text.to_owned(), 0);
        }
    };
    for (row, value) in values.iter().enumerate() {
        match value {
            Value::Text(text) => add(text),
            Value::Number(number) => match text_of(row) {
                Some(text) => add(&text),
                None => add(&display_number(*number)),
            },
            _ => {}
        }
    }
    let mut texts: Vec<String> = index_of.keys().cloned().collect();
    sort_by(&mut texts, |a, b| natural_order(a, b));
    for (index, text) in texts.iter().enumerate() {
        index_of.insert(text.clone(), index);
    }
    Spread::Categorical { scale: PointScale::new(texts.len(), range), texts, index_of }
}

/// Labels ticks in the order of their rank, each where no label is too near yet.
fn label_where_there_is_room(ticks: &mut [(PlotTick, Option<u8>)]) {
    // One slot for each label's height: a label can only be too near to those in its own and the next slots.
    let mut slots: HashMap<i64, f64> = HashMap::new();
    for wanted in 0..=1 {
        for (tick, _) in ticks.iter_mut().filter(|(_, rank)| *rank == Some(wanted)) {
            let slot = (tick.y_px / LABEL_PX).floor() as i64;
            let is_near =
                |i: i64| slots.get(&i).is_some_and(|other| (other - tick.y_px).abs() < LABEL_PX - 1e-6);
            if !(slot - 1..=slot + 1).any(is_near) {
                slots.insert(slot, tick.y_px);
                tick.is_labelled = true;
            }
        }
    }
}

/// Where the axes and lanes stand, in CSS pixels.
#[derive(Clone, Debug, PartialEq)]
pub struct Layout {
    /// At least what was asked for; more where so many axes need it.
    pub width_px: f64,
    /// The x of each axis, left to right.
    pub xs: Vec<f64>,
    /// Top of the part for values.
    pub top_px: f64,
    /// Bottom of the part for values.
    pub bottom_px: f64,
    /// The lanes on any axis, top to bottom, with the y of each.
    pub lane_ys: Vec<(Lane, f64)>,
}

impl Layout {
    /// Places axes in so much room; lanes come in the order of [`Lane::ALL`] whatever the order asked in.
    pub fn new(n_axes: usize, width_px: f64, height_px: f64, lanes_present: &[Lane]) -> Self {
        let n_gaps = n_axes.saturating_sub(1) as f64;
        let width_px = width_px.max(2.0 * SIDE_PX + n_gaps * GAP_PX);
        let inner_px = width_px - 2.0 * SIDE_PX;
        let xs = match n_axes {
            1 => vec![width_px / 2.0],
            _ => (0..n_axes).map(|i| SIDE_PX + inner_px * i as f64 / n_gaps).collect(),
        };
        let lanes: Vec<Lane> = Lane::ALL.into_iter().filter(|lane| lanes_present.contains(lane)).collect();
        // A room too low for its lanes still has a top above its bottom.
        let bottom_px = (height_px - EDGE_PX - LANE_PX * lanes.len() as f64).max(EDGE_PX + 1.0);
        let y_of = |i: usize| bottom_px + LANE_PX * i as f64 + LANE_CENTRE_PX;
        let lane_ys = lanes.into_iter().enumerate().map(|(i, lane)| (lane, y_of(i))).collect();
        Self { width_px, xs, top_px: EDGE_PX, bottom_px, lane_ys }
    }

    /// The part of it that one axis needs.
    pub fn axis_layout(&self) -> AxisLayout<'_> {
        AxisLayout { top_px: self.top_px, bottom_px: self.bottom_px, lanes: &self.lane_ys }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn axis(kind: Option<AxisKind>, values: &[Value<'_>]) -> Axis {
        let layout = Layout::new(3, 600.0, 320.0, &Lane::ALL);
        let column = ColumnKey::Param("p".into());
        let (label, unit) = ("p".into(), String::new());
        let spec =
            AxisSpec { column, label, unit, kind, is_flipped: false, is_time: false, is_metric: false };
        Axis::new(spec, values, |_| None, layout.axis_layout())
    }

    fn numbers_of(numbers: &[f64]) -> Vec<Value<'static>> {
        numbers.iter().map(|number| Value::Number(*number)).collect()
    }

    #[test]
    fn kinds_are_inferred_as_documented() {
        let few: Vec<f64> = (0..100).map(|i| f64::from(i % 3)).collect();
        assert_eq!(infer_kind(&numbers_of(&few), false, false), AxisKind::Categorical);
        assert_eq!(infer_kind(&numbers_of(&few), false, true), AxisKind::Linear);
        assert_eq!(infer_kind(&numbers_of(&few), true, false), AxisKind::Time);
        let rates: Vec<f64> = (0..50).map(|i| 10f64.powf(-f64::from(i) / 10.0)).collect();
        assert_eq!(infer_kind(&numbers_of(&rates), false, false), AxisKind::Log);
        let even: Vec<f64> = (0..50).map(f64::from).collect();
        assert_eq!(infer_kind(&numbers_of(&even), false, false), AxisKind::Linear);
        let mixed = [Value::Number(1.0), Value::Text("auto")];
        assert_eq!(infer_kind(&mixed, false, false), AxisKind::Categorical);
        let with = |numbers: &[f64], n_texts: usize| {
            infer_kind(&[numbers_of(numbers), vec![Value::Text("None"); n_texts]].concat(), false, false)
        };
        assert_eq!((with(&even, 5), with(&even, 6)), (AxisKind::Linear, AxisKind::Categorical));
        assert_eq!(with(&[3.0, 6.0, 9.0, 12.0, 15.0].repeat(9), 1), AxisKind::Categorical, "few numbers");
        assert_eq!(infer_kind(&[Value::Missing, Value::Nan], false, false), AxisKind::Linear);
    }

    #[test]
    fn five_different_things_stand_in_five_places() {
        let special = [Value::PosInf, Value::NegInf, Value::Nan, Value::Empty, Value::Missing];
        let axis = axis(None, &[&numbers_of(&[1.0, 2.0]), &special[..]].concat());
        let places: Vec<f32> = special.iter().map(|value| axis.position(*value, None)).collect();
        assert!(places.is_sorted_by(|a, b| a < b));
        assert!(places[0] > axis.position(Value::Number(1.0), None));
        assert!(axis.position(Value::Number(1.0), None) > axis.position(Value::Number(2.0), None));
    }

    #[test]
    fn what_stands_elsewhere_is_noted() {
        let values = [&numbers_of(&[-2.0, 0.0, 1.0, 1000.0]), &[Value::Text("auto")][..]].concat();
        let log = axis(Some(AxisKind::Log), &values);
        assert_eq!(log.note().unwrap(), "2 values at or below 0 stand at the low end");
        assert_eq!((log.least_not_positive(), log.domain()), (Some(-2.0), Some((1.0, 1000.0))));
        let low = log.position(Value::Number(1.0), None);
        assert!([-2.0, 0.0].iter().all(|number| log.position(Value::Number(*number), None) == low));
        assert_eq!(log.lane_of(Value::Text("auto")), Some(Lane::Text));
        assert_ne!(log.position(Value::Text("auto"), None), log.position(Value::Missing, None));
        let none_positive = axis(Some(AxisKind::Log), &numbers_of(&[-2.0, 0.0]));
        assert_eq!((none_positive.least_not_positive(), none_positive.domain()), (Some(-2.0), None));
    }

    #[test]
    fn categories_are_natural_and_keep_the_logged_text() {
        let values = [Value::Text("run-10"), Value::Text("run-9"), Value::Number(0.1), Value::Number(3.0)];
        let layout = Layout::new(2, 600.0, 320.0, &[]);
        let spec = axis(None, &values).spec().clone();
        let text_of = |row: usize| (row == 2).then_some(Cow::Borrowed("1e-1"));
        let axis = Axis::new(spec, &values, text_of, layout.axis_layout());
        assert_eq!(axis.categories(), ["1e-1", "3", "run-9", "run-10"]);
        let lowest = axis.position(Value::Number(0.1), Some("1e-1"));
        assert!(lowest > axis.position(Value::Number(3.0), None));
        assert!(axis.ticks(&|n| n.to_string()).iter().all(|tick| tick.is_labelled));
    }

    #[test]
    fn crowded_categories_keep_their_ticks_and_lose_labels() {
        let texts: Vec<String> = (0..1000).map(|i| format!("c{i}")).collect();
        let values: Vec<Value<'_>> = texts.iter().map(|text| Value::Text(text)).collect();
        let ticks = axis(None, &values).ticks(&|n| n.to_string());
        assert_eq!(ticks.len(), 1000);
        let labelled = ticks.iter().filter(|tick| tick.is_labelled).count();
        assert!((10..=16).contains(&labelled), "{labelled}");
    }

    #[test]
    fn layout_has_room_for_each_gap_and_lane() {
        let layout = Layout::new(20, 600.0, 320.0, &[Lane::Missing, Lane::Nan]);
        assert_eq!(layout.width_px, 112.0 + 19.0 * 96.0);
        assert_eq!((layout.xs[0], layout.xs[19]), (56.0, layout.width_px - 56.0));
        assert_eq!(layout.bottom_px, 320.0 - 8.0 - 36.0);
        assert_eq!(layout.lane_ys[0].0, Lane::Nan);
        assert_eq!(Layout::new(1, 600.0, 320.0, &[]).xs, [300.0]);
        assert_eq!(Layout::new(0, 600.0, 320.0, &[]).xs, [0.0; 0]);
    }

    proptest! {
        #[test]
        fn labels_keep_their_distance(numbers in prop::collection::vec(1e-9..1e9f64, 1..40), is_log: bool) {
            let kind = if is_log { AxisKind::Log } else { AxisKind::Linear };
            let ticks = axis(Some(kind), &numbers_of(&numbers)).ticks(&|n| n.to_string());
            let mut ys: Vec<f64> = ticks.iter().filter(|t| t.is_labelled).map(|t| t.y_px).collect();
            ys.sort_by(f64::total_cmp);
            prop_assert!(!ys.is_empty());
            prop_assert!(ys.windows(2).all(|pair| pair[1] - pair[0] >= LABEL_PX - 1e-3));
        }
    }
}
