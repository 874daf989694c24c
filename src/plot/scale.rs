//! Scales between values and pixels, and the ticks that suit them.
//!
//! A scale clamps: nothing is ever drawn outside its range. Pixels within half a pixel of an end of the range
//! are that end of the domain exactly, so a brush drawn to the end always takes the extreme in.

use crate::entities::instant::{date_time, month_start_millis};
use time::OffsetDateTime;

/// A pointer this near to an end of the range means the end.
const SNAP_PX: f64 = 0.5;

/// Where `t` (0 to 1) of the way from `from` to `to` is; exact at both ends.
fn between(from: f64, to: f64, t: f64) -> f64 {
    // Not `from + (to - from) * t`: the difference of two huge numbers is infinite.
    if t <= 0.0 {
        from
    } else if t >= 1.0 {
        to
    } else {
        from * (1.0 - t) + to * t
    }
}

/// How far along the range a pixel is, 0 to 1, with both ends caught.
fn share_of_range(range: (f64, f64), y: f64) -> f64 {
    let (from, to) = range;
    if (y - from).abs() <= SNAP_PX {
        return 0.0;
    }
    if (y - to).abs() <= SNAP_PX {
        return 1.0;
    }
    let share = (y - from) / (to - from);
    if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.5 }
}

/// Values spread evenly.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LinearScale {
    domain: (f64, f64),
    range: (f64, f64),
}

impl LinearScale {
    /// From the values `domain.0..=domain.1` to the pixels `range.0..=range.1`, either way round.
    pub fn new(domain: (f64, f64), range: (f64, f64)) -> Self {
        Self { domain, range }
    }

    /// The values at the two ends.
    pub fn domain(&self) -> (f64, f64) {
        self.domain
    }

    /// The pixels at the two ends.
    pub fn range(&self) -> (f64, f64) {
        self.range
    }

    /// The pixel of a value; a domain of one value stands in the middle.
    pub fn map(&self, value: f64) -> f64 {
        let (low, high) = self.domain;
        // Halved, so that the span of the largest floats is finite.
        let share = (value / 2.0 - low / 2.0) / (high / 2.0 - low / 2.0);
        let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.5 };
        between(self.range.0, self.range.1, share)
    }

    /// The value at a pixel; the ends of the domain at the ends of the range.
    pub fn invert(&self, y: f64) -> f64 {
        let (low, high) = self.domain;
        between(low, high, share_of_range(self.range, y))
    }

    /// Round values about `px_per_tick` pixels apart.
    pub fn ticks(&self, px_per_tick: f64) -> Vec<f64> {
        linear_ticks(self.domain, n_ticks(self.range, px_per_tick))
    }
}

/// Positive values spread by their logarithm.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LogScale {
    domain: (f64, f64),
    logs: LinearScale,
}

impl LogScale {
    /// From the positive values `domain.0..=domain.1` to the pixels `range.0..=range.1`.
    pub fn new(domain: (f64, f64), range: (f64, f64)) -> Self {
        Self { domain, logs: LinearScale::new((domain.0.ln(), domain.1.ln()), range) }
    }

    /// The values at the two ends.
    pub fn domain(&self) -> (f64, f64) {
        self.domain
    }

    /// The pixels at the two ends.
    pub fn range(&self) -> (f64, f64) {
        self.logs.range
    }

    /// The pixel of a value; the low end for values at or below zero.
    pub fn map(&self, value: f64) -> f64 {
        if value > 0.0 { self.logs.map(value.ln()) } else { self.logs.range.0 }
    }

    /// The value at a pixel; the ends of the domain at the ends of the range.
    pub fn invert(&self, y: f64) -> f64 {
        let share = share_of_range(self.logs.range, y);
        // The exponential of a logarithm is not quite the number itself.
        if share <= 0.0 {
            self.domain.0
        } else if share >= 1.0 {
            self.domain.1
        } else {
            self.logs.invert(y).exp().clamp(self.domain.0, self.domain.1)
        }
    }

    /// Decades, and between them the multiples, with room for `px_per_tick` pixels a decade.
    pub fn ticks(&self, px_per_tick: f64) -> Vec<LogTick> {
        log_ticks(self.domain, n_ticks(self.logs.range, px_per_tick))
    }
}

/// A number of places, evenly spaced.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PointScale {
    n_points: usize,
    range: (f64, f64),
}

impl PointScale {
    /// So many places on the pixels `range.0..=range.1`, half a step free at both ends.
    pub fn new(n_points: usize, range: (f64, f64)) -> Self {
        Self { n_points, range }
    }

    /// How many places.
    pub fn n_points(&self) -> usize {
        self.n_points
    }

    /// The pixels between two neighbours.
    pub fn step_px(&self) -> f64 {
        (self.range.1 - self.range.0).abs() / self.n_points.max(1) as f64
    }

    /// The pixel of a place, the first one being 0.
    pub fn map(&self, index: usize) -> f64 {
        let share = (index as f64 + 0.5) / self.n_points.max(1) as f64;
        between(self.range.0, self.range.1, share.min(1.0))
    }

    /// The place nearest to a pixel.
    pub fn invert(&self, y: f64) -> Option<usize> {
        let last = self.n_points.checked_sub(1)?;
        let place = share_of_range(self.range, y) * self.n_points as f64;
        Some((place.floor() as usize).min(last))
    }
}

/// How many ticks there is room for; at least two.
fn n_ticks(range: (f64, f64), px_per_tick: f64) -> usize {
    ((range.1 - range.0).abs() / px_per_tick).floor().clamp(2.0, 1000.0) as usize
}

/// A round step (1, 2 or 5 times a power of ten), kept in parts so that its multiples come out as typed.
#[derive(Clone, Copy)]
struct Step {
    digit: f64,
    exponent: i32,
}

impl Step {
    /// The smallest round step of at least `span / n`.
    fn at_least(size: f64) -> Option<Self> {
        if !(size.is_finite() && size > 0.0) {
            return None;
        }
        let exponent = size.log10().floor() as i32;
        let digit = size / 10f64.powi(exponent);
        // A hair of slack, so that a tenth of one is a tenth and not a fifth.
        let (digit, exponent) = match digit {
            d if d <= 1.0 + 1e-9 => (1.0, exponent),
            d if d <= 2.0 + 1e-9 => (2.0, exponent),
            d if d <= 5.0 + 1e-9 => (5.0, exponent),
            _ => (1.0, exponent + 1),
        };
        let step = Self { digit, exponent };
        (step.times(1.0) > 0.0 && step.times(1.0).is_finite()).then_some(step)
    }

    fn times(self, k: f64) -> f64 {
        // Dividing by a power of ten gives the nearest float to the decimal; multiplying by 0.1 does not.
        if self.exponent < 0 {
            k * self.digit / 10f64.powi(-self.exponent)
        } else {
            k * self.digit * 10f64.powi(self.exponent)
        }
    }
}

/// At most about `n` round values inside the domain, ascending; the value itself where there is only one.
pub fn linear_ticks(domain: (f64, f64), n: usize) -> Vec<f64> {
    let (low, high) = (domain.0.min(domain.1), domain.0.max(domain.1));
    if low == high {
        return vec![low];
    }
    let n = n.max(1) as f64;
    let Some(step) = Step::at_least(high / n - low / n) else { return vec![low, high] };
    let size = step.times(1.0);
    let (first, last) = ((low / size).ceil(), (high / size).floor());
    if !(first.is_finite() && last.is_finite()) || last - first > 2.0 * n + 2.0 || last < first {
        return vec![low, high];
    }
    // Near 1e16 and above neighbouring multiples can be the same float: they are one tick.
    let mut ticks: Vec<f64> = (0..=(last - first) as usize)
        .map(|i| step.times(first + i as f64))
        .map(|tick| if tick == 0.0 { 0.0 } else { tick })
        .filter(|tick| (low..=high).contains(tick))
        .collect();
    ticks.dedup();
    if ticks.is_empty() { vec![low, high] } else { ticks }
}

/// A tick of a logarithmic scale.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LogTick {
    /// Where.
    pub value: f64,
    /// Whether it is a decade, to be labelled before the others.
    pub is_major: bool,
    /// Whether it may be labelled at all.
    pub may_be_labelled: bool,
}

/// Ticks of a positive domain: decades (every second, third, ... where there are more than `n`), and their
/// multiples 2 to 9 where the decades are few; these may be labelled below two decades.
pub fn log_ticks(domain: (f64, f64), n: usize) -> Vec<LogTick> {
    let (low, high) = (domain.0.min(domain.1), domain.0.max(domain.1));
    if !(low > 0.0 && high.is_finite()) {
        return Vec::new();
    }
    if low == high {
        return vec![LogTick { value: low, is_major: true, may_be_labelled: true }];
    }
    let n_decades = high.log10() - low.log10();
    let every = (n_decades / n.max(1) as f64).ceil().max(1.0) as i32;
    let mut ticks = Vec::new();
    for exponent in low.log10().floor() as i32..=high.log10().floor() as i32 {
        if exponent.rem_euclid(every) != 0 {
            continue;
        }
        let multiples = if n_decades <= 10.0 { 1..=9 } else { 1..=1 };
        for digit in multiples {
            let value = Step { digit: f64::from(digit), exponent }.times(1.0);
            if (low..=high).contains(&value) {
                let is_major = digit == 1;
                ticks.push(LogTick { value, is_major, may_be_labelled: is_major || n_decades < 2.0 });
            }
        }
    }
    if ticks.len() < 2 {
        // Less than a step between multiples: over so short a stretch the logarithm is nearly straight.
        let label = |value| LogTick { value, is_major: false, may_be_labelled: true };
        return linear_ticks((low, high), n).into_iter().filter(|tick| *tick > 0.0).map(label).collect();
    }
    ticks
}

/// A tick of a time scale.
#[derive(Clone, Debug, PartialEq)]
pub struct TimeTick {
    /// Milliseconds since 1970.
    pub value: f64,
    /// Such as `10:04` or `23 Nov`.
    pub label: String,
}

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Steps below a month, in milliseconds.
const STEPS_MS: [i64; 28] = [
    1,
    2,
    5,
    10,
    20,
    50,
    100,
    200,
    500,
    SECOND,
    2 * SECOND,
    5 * SECOND,
    15 * SECOND,
    30 * SECOND,
    MINUTE,
    2 * MINUTE,
    5 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    3 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY,
    2 * DAY,
    7 * DAY,
    14 * DAY,
];

/// Steps from a month on, in months.
const STEPS_MONTHS: [i64; 10] = [1, 3, 6, 12, 24, 60, 120, 240, 600, 1200];

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

fn month_name(date: OffsetDateTime) -> &'static str {
    MONTHS.get(usize::from(u8::from(date.month())).saturating_sub(1)).copied().unwrap_or("")
}

fn day_label(date: OffsetDateTime) -> String {
    format!("{} {}", date.day(), month_name(date))
}

/// The label of a tick at a step below a month; midnight says the day.
fn time_label(date: OffsetDateTime, step_ms: i64) -> String {
    let (hour, minute, second) = (date.hour(), date.minute(), date.second());
    let is_midnight = hour == 0 && minute == 0 && second == 0 && date.nanosecond() == 0;
    if step_ms >= DAY || is_midnight {
        day_label(date)
    } else if step_ms >= MINUTE {
        format!("{hour:02}:{minute:02}")
    } else if step_ms >= SECOND {
        format!("{hour:02}:{minute:02}:{second:02}")
    } else {
        format!("{hour:02}:{minute:02}:{second:02}.{:03}", date.millisecond())
    }
}

/// At most about `n` times on round steps of the UTC calendar, ascending, with their labels.
pub fn time_ticks(domain: (f64, f64), n: usize) -> Vec<TimeTick> {
    let (low, high) = (domain.0.min(domain.1), domain.0.max(domain.1));
    let (Some(first), Some(last)) = (date_time(low), date_time(high)) else {
        // Not dates at all: say the numbers.
        let label = |value: f64| TimeTick { value, label: value.to_string() };
        return linear_ticks((low, high), n).into_iter().map(label).collect();
    };
    let full = |value: f64, date: OffsetDateTime| TimeTick {
        value,
        label: format!("{} {:02}:{:02}", day_label(date), date.hour(), date.minute()),
    };
    if low == high {
        return vec![full(low, first)];
    }
    let wanted = (high - low) / n.max(1) as f64;
    let mut ticks = Vec::new();
    if let Some(step) = STEPS_MS.into_iter().find(|step| *step as f64 >= wanted) {
        // Weeks start on Monday: 5 January 1970 was one.
        let origin = if step % (7 * DAY) == 0 { 4 * DAY } else { 0 };
        let mut time = (low.ceil() as i64 - origin + step - 1).div_euclid(step) * step + origin;
        while time as f64 <= high {
            if let Some(date) = date_time(time as f64) {
                ticks.push(TimeTick { value: time as f64, label: time_label(date, step) });
            }
            time += step;
        }
    } else {
        let month_ms = 30.4 * DAY as f64;
        let step = STEPS_MONTHS.into_iter().find(|step| *step as f64 * month_ms >= wanted).unwrap_or(1200);
        let month_of =
            |date: OffsetDateTime| i64::from(date.year()) * 12 + i64::from(u8::from(date.month())) - 1;
        let mut month = month_of(first).div_euclid(step) * step;
        while month <= month_of(last) {
            let (year, month0) = (month.div_euclid(12), month.rem_euclid(12));
            if let Some(value) = month_start_millis(year, month0).filter(|value| (low..=high).contains(value))
            {
                let name = usize::try_from(month0).ok().and_then(|i| MONTHS.get(i)).copied().unwrap_or("");
                let label = if month0 == 0 { year.to_string() } else { name.to_owned() };
                ticks.push(TimeTick { value, label });
            }
            month += step;
        }
    }
    if ticks.is_empty() { vec![full(low, first), full(high, last)] } else { ticks }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn linear_goes_there_and_back(a in -1e6..1e6f64, span in 1e-3..1e6f64, t in 0.0..1.0f64, flip: bool) {
            let range = if flip { (8.0, 308.0) } else { (308.0, 8.0) };
            let scale = LinearScale::new((a, a + span), range);
            let value = a + span * t;
            let back = scale.invert(scale.map(value));
            prop_assert!((back - value).abs() <= span * (SNAP_PX / 300.0 + 1e-9));
        }

        #[test]
        fn log_goes_there_and_back(a in -9.0..9.0f64, span in 1e-3..9.0f64, t in 0.0..1.0f64) {
            let scale = LogScale::new((10f64.powf(a), 10f64.powf(a + span)), (308.0, 8.0));
            let value = 10f64.powf(a + span * t);
            let back = scale.invert(scale.map(value));
            prop_assert!((back.log10() - value.log10()).abs() <= span * (SNAP_PX / 300.0 + 1e-6));
        }

        #[test]
        fn maps_keep_the_order(a: f64, b: f64, c: f64) {
            prop_assume!(a.is_finite() && b.is_finite() && c.is_finite());
            let mut sorted = [a, b, c];
            sorted.sort_by(f64::total_cmp);
            let scale = LinearScale::new((sorted[0], sorted[2]), (0.0, 300.0));
            prop_assert!(scale.map(sorted[0]) <= scale.map(sorted[1]));
            prop_assert!(scale.map(sorted[1]) <= scale.map(sorted[2]));
            prop_assert!((0.0..=300.0).contains(&scale.map(b)));
        }

        #[test]
        fn the_ends_are_exact(a: f64, b: f64, slip in -0.5..0.5f64) {
            prop_assume!(a.is_finite() && b.is_finite() && a < b);
            let scale = LinearScale::new((a, b), (308.0, 8.0));
            prop_assert_eq!(scale.invert(308.0 + slip), a);
            prop_assert_eq!(scale.invert(8.0 + slip), b);
            if a > 0.0 {
                let scale = LogScale::new((a, b), (308.0, 8.0));
                prop_assert_eq!(scale.invert(308.0 + slip), a);
                prop_assert_eq!(scale.invert(8.0 + slip), b);
            }
        }

        #[test]
        fn ticks_are_inside_ascending_and_few(a: f64, b: f64, n in 2usize..20) {
            prop_assume!(a.is_finite() && b.is_finite());
            let ticks = linear_ticks((a, b), n);
            prop_assert!(!ticks.is_empty() && ticks.len() <= n + 2);
            prop_assert!(ticks.iter().all(|t| (a.min(b)..=a.max(b)).contains(t)));
            prop_assert!(ticks.is_sorted());
        }

        #[test]
        fn log_ticks_are_inside(a in -300.0..300.0f64, span in 0.0..300.0f64, n in 2usize..20) {
            let (low, high) = (10f64.powf(a), 10f64.powf((a + span).min(308.0)));
            let ticks = log_ticks((low, high), n);
            prop_assert!(!ticks.is_empty());
            prop_assert!(ticks.iter().all(|t| (low.min(high)..=high.max(low)).contains(&t.value)));
        }

        #[test]
        fn time_ticks_are_inside_and_few(a in -1e15..1e15f64, span in 0.0..1e13f64, n in 2usize..20) {
            let ticks = time_ticks((a, a + span), n);
            prop_assert!(!ticks.is_empty() && ticks.len() <= 3 * n + 2, "{}", ticks.len());
            prop_assert!(ticks.iter().all(|t| (a..=a + span).contains(&t.value)));
        }

        #[test]
        fn places_go_there_and_back(n in 1usize..500, i in 0usize..500) {
            let scale = PointScale::new(n, (308.0, 8.0));
            let i = i % n;
            prop_assert_eq!(scale.invert(scale.map(i)), Some(i));
        }
    }

    #[test]
    fn one_value_stands_in_the_middle() {
        assert_eq!(LinearScale::new((3.0, 3.0), (0.0, 100.0)).map(3.0), 50.0);
        assert_eq!(LogScale::new((3.0, 3.0), (0.0, 100.0)).map(3.0), 50.0);
        assert_eq!(PointScale::new(1, (0.0, 100.0)).map(0), 50.0);
    }

    #[test]
    fn linear_ticks_come_out_as_typed() {
        assert_eq!(linear_ticks((0.0, 1.0), 10), [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]);
        assert_eq!(linear_ticks((-3.0, 12.0), 4), [0.0, 5.0, 10.0]);
        assert_eq!(linear_ticks((7.0, 7.0), 4), [7.0]);
    }

    #[test]
    fn multiples_may_be_labelled_below_two_decades_only() {
        let wide = log_ticks((1e-4, 1e-1), 8);
        assert!(wide.iter().all(|t| t.is_major == t.may_be_labelled));
        assert_eq!(wide.iter().filter(|t| t.is_major).count(), 4);
        assert!(log_ticks((1.0, 50.0), 8).iter().all(|t| t.may_be_labelled));
    }

    #[test]
    fn times_are_labelled_by_their_step() {
        let base = 1_700_000_000_000.0; // 14 November 2023, 22:13:20
        let labels = |span: f64| -> Vec<String> {
            time_ticks((base, base + span), 5).into_iter().map(|t| t.label).collect()
        };
        assert_eq!(labels(20.0 * MINUTE as f64), ["22:15", "22:20", "22:25", "22:30"]);
        assert_eq!(labels(10.0 * HOUR as f64), ["15 Nov", "02:00", "04:00", "06:00", "08:00"]);
        assert_eq!(labels(4.0 * DAY as f64), ["15 Nov", "16 Nov", "17 Nov", "18 Nov"]);
        assert_eq!(labels(150.0 * DAY as f64), ["Dec", "2024", "Feb", "Mar", "Apr"]);
    }
}
