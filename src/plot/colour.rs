//! Colours of lines, from the theme's own stops.
//!
//! Colours between stops are mixed in OKLab, where equal steps look equal; mixing the screen's numbers would
//! give muddy middles and an uneven ramp.

use super::Rgb;
use super::scale::{LinearScale, LogScale};
use crate::entities::order::sort_by;
use crate::frame::{Value, display_number, natural_order};
use crate::view::Direction;
use std::collections::HashMap;

/// Steps of a ramp: as many as a channel of the screen can tell apart.
const N_STEPS: usize = 256;

/// The colour of each value of one column.
#[derive(Clone, Debug)]
pub struct ColourScale {
    no_value: Rgb,
    colours: Colours,
}

#[derive(Clone, Debug)]
enum Colours {
    Ranked(Ranks, Vec<Rgb>),
    Linear(LinearScale, Vec<Rgb>),
    Log(LogScale, Vec<Rgb>),
    Categories { items: Vec<(String, Rgb)>, n_others: usize, others: Rgb, colour_of: HashMap<String, Rgb> },
}

impl ColourScale {
    /// A ramp over the numbers of `domain`. `stops` run from the good end to the bad end, and `better` says
    /// which numbers are good: the small ones for `Ascending` and where it is not known. What is not a number
    /// has the colour `no_value`, and so has everything where there is no domain.
    pub fn ramp(
        domain: Option<(f64, f64)>,
        is_log: bool,
        stops: &[Rgb],
        better: Option<Direction>,
        no_value: Rgb,
    ) -> Self {
        let steps = match domain {
            Some(_) => steps_of(stops, better, no_value),
            None => vec![no_value; N_STEPS],
        };
        let (low, high) = domain.unwrap_or((0.0, 0.0));
        let range = (0.0, (N_STEPS - 1) as f64);
        let colours = if is_log && low > 0.0 {
            Colours::Log(LogScale::new((low, high), range), steps)
        } else {
            Colours::Linear(LinearScale::new((low, high), range), steps)
        };
        Self { no_value, colours }
    }

    /// A ramp that takes the numbers in order, equal numbers alike, whatever lies between them; see [`ColourScale::ramp`].
    pub fn ranked(ranks: Ranks, stops: &[Rgb], better: Option<Direction>, no_value: Rgb) -> Self {
        Self { no_value, colours: Colours::Ranked(ranks, steps_of(stops, better, no_value)) }
    }

    /// One colour of `series` for each text, the most frequent first; where there are more texts than
    /// colours, the last colour serves all further ones. A number's text is its shortest decimal form.
    pub fn categories(values: &[Value<'_>], series: &[Rgb], no_value: Rgb) -> Self {
        let mut counts: HashMap<String, usize> = HashMap::new();
        for value in values {
            match value {
                Value::Text(text) => match counts.get_mut(*text) {
                    Some(count) => *count += 1,
                    None => {
                        counts.insert((*text).to_owned(), 1);
                    }
                },
                Value::Number(number) => *counts.entry(display_number(*number)).or_default() += 1,
                _ => {}
            }
        }
        let mut ordered: Vec<(String, usize)> = counts.drain().collect();
        sort_by(&mut ordered, |a, b| b.1.cmp(&a.1).then_with(|| natural_order(&a.0, &b.0)));
        let n_own =
            if ordered.len() <= series.len() { ordered.len() } else { series.len().saturating_sub(1) };
        let n_others = ordered.len() - n_own;
        let others = series.last().copied().unwrap_or(no_value);
        let items: Vec<(String, Rgb)> =
            ordered.into_iter().map(|(text, _)| text).zip(series.iter().copied()).take(n_own).collect();
        let colour_of = items.iter().cloned().collect();
        Self { no_value, colours: Colours::Categories { items, n_others, others, colour_of } }
    }

    /// The colour of a value.
    pub fn colour(&self, value: Value<'_>) -> Rgb {
        let step = |place: f64, steps: &[Rgb]| steps.get(place.round() as usize).copied();
        let colour = match (&self.colours, value) {
            (Colours::Ranked(ranks, steps), Value::Number(number)) => {
                step(ranks.share(number) * (N_STEPS - 1) as f64, steps)
            }
            (Colours::Linear(scale, steps), Value::Number(number)) => step(scale.map(number), steps),
            (Colours::Log(scale, steps), Value::Number(number)) => step(scale.map(number), steps),
            (Colours::Categories { colour_of, others, .. }, Value::Text(text)) => {
                Some(colour_of.get(text).copied().unwrap_or(*others))
            }
            (Colours::Categories { colour_of, others, .. }, Value::Number(number)) => {
                Some(colour_of.get(&display_number(number)).copied().unwrap_or(*others))
            }
            _ => None,
        };
        colour.unwrap_or(self.no_value)
    }

    /// `n` colours of a ramp at equal steps from its low end to its high end; none for categories.
    pub fn legend_stops(&self, n: usize) -> Vec<Rgb> {
        match &self.colours {
            Colours::Ranked(_, steps) | Colours::Linear(_, steps) | Colours::Log(_, steps) => {
                let last = n.saturating_sub(1).max(1);
                (0..n).filter_map(|i| steps.get(i * (N_STEPS - 1) / last).copied()).collect()
            }
            Colours::Categories { .. } => Vec::new(),
        }
    }

    /// The categories that have a colour of their own, the most frequent first, and how many share the last
    /// one; none for ramps.
    pub fn legend_categories(&self) -> Option<(&[(String, Rgb)], usize)> {
        match &self.colours {
            Colours::Categories { items, n_others, .. } => Some((items, *n_others)),
            Colours::Ranked(..) | Colours::Linear(..) | Colours::Log(..) => None,
        }
    }
}

/// Numbers in order, and where each stands among them.
#[derive(Clone, Debug)]
pub struct Ranks {
    ordered: Vec<f64>,
}

impl Ranks {
    /// Of the finite ones among these.
    pub fn of(values: &[Value<'_>]) -> Self {
        let numbers = values.iter().filter_map(|value| match value {
            Value::Number(number) => Some(*number),
            _ => None,
        });
        let mut ordered: Vec<f64> = numbers.collect();
        ordered.sort_unstable_by(f64::total_cmp);
        Self { ordered }
    }

    /// The number in the middle; of an even count the upper of the two.
    pub fn median(&self) -> Option<f64> {
        self.ordered.get(self.ordered.len() / 2).copied()
    }

    /// Whether most numbers have so little of the way from the lowest to the highest, or of the magnitudes on it, that
    /// colours spread evenly over it hardly tell them apart: the middle four fifths less than a third of it.
    pub fn is_crowded(&self, is_log: bool) -> bool {
        let at = |share: f64| {
            let number = self.ordered.get((self.ordered.len().saturating_sub(1) as f64 * share) as usize)?;
            Some(if is_log { number.ln() } else { *number })
        };
        let (Some(lowest), Some(low), Some(high), Some(highest)) = (at(0.0), at(0.1), at(0.9), at(1.0))
        else {
            return false;
        };
        // Halved: the difference of two huge numbers is infinite.
        high / 2.0 - low / 2.0 < (highest / 2.0 - lowest / 2.0) / 3.0
    }

    /// How far along the order a number stands, 0 for the lowest to 1 for the highest; equal ones in their middle.
    pub fn share(&self, number: f64) -> f64 {
        let middle = |number: f64| {
            let before = self.ordered.partition_point(|other| *other < number);
            let up_to = self.ordered.partition_point(|other| *other <= number);
            (before + up_to) as f64
        };
        let (Some(low), Some(high)) = (self.ordered.first(), self.ordered.last()) else { return 0.5 };
        let (low, high) = (middle(*low), middle(*high));
        if low < high { (middle(number) - low) / (high - low) } else { 0.5 }
    }
}

/// The ramp's colours, for the lowest number first.
fn steps_of(stops: &[Rgb], better: Option<Direction>, no_value: Rgb) -> Vec<Rgb> {
    let mut steps = mixed(stops, N_STEPS, no_value);
    if better == Some(Direction::Descending) {
        steps.reverse();
    }
    steps
}

/// `n` colours at equal steps along the stops.
fn mixed(stops: &[Rgb], n: usize, fallback: Rgb) -> Vec<Rgb> {
    let labs: Vec<[f32; 3]> = stops.iter().map(|stop| lab_of(*stop)).collect();
    let colour = |i: usize| {
        let place = i as f32 / (n - 1) as f32 * (labs.len() - 1) as f32;
        let from = labs.get(place.floor() as usize)?;
        let to = labs.get(place.ceil() as usize)?;
        let t = place.fract();
        let mut lab = *from;
        for (channel, (a, b)) in lab.iter_mut().zip(from.iter().zip(to)) {
            *channel = a * (1.0 - t) + b * t;
        }
        Some(rgb_of(lab))
    };
    match stops {
        [] => vec![fallback; n],
        [only] => vec![*only; n],
        _ => (0..n).map(|i| colour(i).unwrap_or(fallback)).collect(),
    }
}

fn linear_of(channel: u8) -> f32 {
    let c = f32::from(channel) / 255.0;
    if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
}

fn channel_of(linear: f32) -> u8 {
    let c = if linear <= 0.003_130_8 { linear * 12.92 } else { 1.055 * linear.powf(1.0 / 2.4) - 0.055 };
    (c.clamp(0.0, 1.0) * 255.0).round() as u8
}

/// OKLab of an sRGB colour, by Björn Ottosson's matrices.
fn lab_of(rgb: Rgb) -> [f32; 3] {
    let [r, g, b] = rgb.map(linear_of);
    let l = (0.412_221_46 * r + 0.536_332_55 * g + 0.051_445_995 * b).cbrt();
    let m = (0.211_903_5 * r + 0.680_699_5 * g + 0.107_396_96 * b).cbrt();
    let s = (0.088_302_46 * r + 0.281_718_85 * g + 0.629_978_7 * b).cbrt();
    [
        0.210_454_26 * l + 0.793_617_8 * m - 0.004_072_047 * s,
        1.977_998_5 * l - 2.428_592_2 * m + 0.450_593_7 * s,
        0.025_904_037 * l + 0.782_771_77 * m - 0.808_675_77 * s,
    ]
}

fn rgb_of([lightness, a, b]: [f32; 3]) -> Rgb {
    let l = (lightness + 0.396_337_78 * a + 0.215_803_76 * b).powi(3);
    let m = (lightness - 0.105_561_346 * a - 0.063_854_17 * b).powi(3);
    let s = (lightness - 0.089_484_18 * a - 1.291_485_5 * b).powi(3);
    [
        4.076_741_7 * l - 3.307_711_6 * m + 0.230_969_94 * s,
        -1.268_438 * l + 2.609_757_4 * m - 0.341_319_38 * s,
        -0.004_196_086_3 * l - 0.703_418_6 * m + 1.707_614_7 * s,
    ]
    .map(channel_of)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const GOOD: Rgb = [10, 60, 200];
    const BAD: Rgb = [250, 230, 40];
    const NO_VALUE: Rgb = [128, 128, 128];

    #[test]
    fn the_good_end_has_the_first_stop() {
        let ramp = |better| ColourScale::ramp(Some((1.0, 9.0)), false, &[GOOD, BAD], better, NO_VALUE);
        assert_eq!(ramp(Some(Direction::Ascending)).colour(Value::Number(1.0)), GOOD);
        assert_eq!(ramp(Some(Direction::Descending)).colour(Value::Number(9.0)), GOOD);
        assert_eq!(ramp(Some(Direction::Descending)).colour(Value::Number(1.0)), BAD);
        assert_eq!(ramp(None).colour(Value::Nan), NO_VALUE);
        assert_eq!(ramp(None).legend_stops(2), [GOOD, BAD]);
        let nothing = ColourScale::ramp(None, false, &[GOOD, BAD], None, NO_VALUE);
        assert_eq!(nothing.colour(Value::Number(1.0)), NO_VALUE);
    }

    #[test]
    fn a_logarithmic_column_is_coloured_by_its_logarithm() {
        let log = ColourScale::ramp(Some((1.0, 10_000.0)), true, &[GOOD, BAD], None, NO_VALUE);
        let linear = ColourScale::ramp(Some((0.0, 4.0)), false, &[GOOD, BAD], None, NO_VALUE);
        assert_eq!(log.colour(Value::Number(10.0)), linear.colour(Value::Number(1.0)));
    }

    #[test]
    fn one_number_far_away_leaves_the_others_their_colours() {
        let numbers = [1.0, 1.1, 1.2, 1.2, 1.3, 1.4, 1.4, 1.5, 1.5, 90.0];
        let ranks = Ranks::of(&numbers.map(Value::Number));
        assert!(ranks.is_crowded(false));
        assert_eq!(ranks.median(), Some(1.4));
        let shares: Vec<f64> = numbers.iter().map(|number| ranks.share(*number)).collect();
        assert_eq!((shares[0], shares[2], shares[9]), (0.0, shares[3], 1.0));
        assert!((shares[2] - 2.5 / 9.0).abs() < 1e-12);
        let scale = ColourScale::ranked(ranks, &[GOOD, BAD], Some(Direction::Ascending), NO_VALUE);
        assert_eq!(scale.colour(Value::Number(1.0)), GOOD);
        assert_eq!(scale.colour(Value::Number(90.0)), BAD);
        assert_eq!(scale.colour(Value::Missing), NO_VALUE);
    }

    #[test]
    fn numbers_that_lie_apart_are_not_crowded() {
        let ranks =
            |numbers: &[f64]| Ranks::of(&numbers.iter().map(|n| Value::Number(*n)).collect::<Vec<_>>());
        assert!(!ranks(&[]).is_crowded(false) && !ranks(&[1.0]).is_crowded(false));
        assert!(!ranks(&[1.0, 2.0, 3.0, 4.0, 5.0]).is_crowded(false));
        let magnitudes = [1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0, 100.0, 1e3, 1e4, 1e6];
        assert!(ranks(&magnitudes).is_crowded(false) && !ranks(&magnitudes).is_crowded(true));
        assert_eq!(ranks(&[3.0, 3.0]).share(3.0), 0.5, "all alike");
        assert!(!ranks(&[-1.7e308, -1e308, 1e308, 1.7e308]).is_crowded(false));
    }

    #[test]
    fn frequent_categories_come_first_and_the_rest_shares() {
        let values = ["b", "b", "a", "a", "a", "c", "d"].map(Value::Text);
        let series = [[1, 0, 0], [2, 0, 0], [3, 0, 0]];
        let scale = ColourScale::categories(&values, &series, NO_VALUE);
        assert_eq!(scale.colour(Value::Text("a")), series[0]);
        assert_eq!(scale.colour(Value::Text("b")), series[1]);
        assert_eq!(scale.colour(Value::Text("d")), series[2]);
        assert_eq!(scale.colour(Value::Missing), NO_VALUE);
        let (items, n_others) = scale.legend_categories().unwrap();
        assert_eq!((items.len(), n_others), (2, 2));
    }

    proptest! {
        #[test]
        fn oklab_goes_there_and_back(rgb: Rgb) {
            prop_assert_eq!(rgb_of(lab_of(rgb)), rgb);
        }
    }
}
