//! Between pixels and values on one axis, and what a drag on the axis does to its intervals.
//!
//! Pure: the page hands over pixels, gets values back, and draws nothing here. Both ends of an axis are exact,
//! so that a drag to the end takes in the extreme value. NaN pixels are taken as the axis's low end.

use super::AxisKind;
use super::edit::Bound;
use crate::entities::instant;
use crate::entities::order::sort_by;

/// Pixels within which an edge is grabbed rather than the interval or the axis.
pub const EDGE_GRAB_PX: f64 = 5.0;

/// The part of an axis that holds finite values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AxisSpan {
    /// How values are spread.
    pub kind: AxisKind,
    /// Whether large values stand at the bottom.
    pub is_flipped: bool,
    /// Smallest and largest value; on a log axis the smallest positive one.
    pub domain: (f64, f64),
    /// The least of the values at or below zero, which stand at the low end of a log axis: what is brushed there takes
    /// them in.
    pub least_not_positive: Option<f64>,
    /// Top, in CSS pixels.
    pub top_px: f64,
    /// Bottom, in CSS pixels.
    pub bottom_px: f64,
}

impl AxisSpan {
    /// Where the value stands; values outside the domain stand at its ends, a domain of one value in the middle.
    pub fn pixel_from_value(&self, value: f64) -> f64 {
        let (low, high) = self.domain;
        let share = if low >= high {
            // Without a positive number, all that there is stands at the low end.
            if high <= 0.0 && self.least_not_positive.is_some() { 0.0 } else { 0.5 }
        } else if value <= low || value.is_nan() {
            0.0
        } else if value >= high {
            1.0
        } else if self.is_log() {
            (value / low).ln() / (high / low).ln()
        } else {
            // Halves, so that a domain as wide as the floats themselves does not overflow.
            (value / 2.0 - low / 2.0) / (high / 2.0 - low / 2.0)
        };
        let (from_px, to_px) = self.ends_px();
        if share <= 0.0 {
            from_px
        } else if share >= 1.0 {
            to_px
        } else {
            from_px + share * (to_px - from_px)
        }
    }

    /// The smallest and the largest value, with those at the low end of a log axis.
    pub fn ends(&self) -> (f64, f64) {
        (self.least_not_positive.unwrap_or(self.domain.0).min(self.domain.0), self.domain.1)
    }

    /// The value that a bound has there; pixels beyond the ends give the ends' values.
    pub fn value_from_pixel(&self, bound: Bound, y_px: f64) -> f64 {
        let (from_px, to_px) = self.ends_px();
        self.value_at_share(bound, (y_px - from_px) / (to_px - from_px))
    }

    /// The value a number of steps away: `parts` is the signed share of the axis to move by. Steps are even on
    /// the axis, so they are ratios on a log axis. Stops at the ends.
    pub fn value_moved_by(&self, bound: Bound, value: f64, parts: f64) -> f64 {
        let (from_px, to_px) = self.ends_px();
        let share = (self.pixel_from_value(value) - from_px) / (to_px - from_px) + parts;
        // The way through pixels and back leaves rounding behind that must not keep a slider from its end.
        let share = if share < 1e-9 {
            0.0
        } else if share > 1.0 - 1e-9 {
            1.0
        } else {
            share
        };
        self.value_at_share(bound, share)
    }

    fn value_at_share(&self, bound: Bound, share: f64) -> f64 {
        let (low, high) = self.domain;
        if share.is_nan() || share <= 0.0 || low >= high {
            return if bound == Bound::Lower { self.ends().0 } else { low };
        }
        if share >= 1.0 {
            return high;
        }
        let value =
            if self.is_log() { low * (high / low).powf(share) } else { low * (1.0 - share) + high * share };
        value.clamp(low, high)
    }

    fn is_log(&self) -> bool {
        self.kind == AxisKind::Log && self.domain.0 > 0.0
    }

    /// The pixels of the smallest and of the largest value.
    fn ends_px(&self) -> (f64, f64) {
        if self.is_flipped { (self.top_px, self.bottom_px) } else { (self.bottom_px, self.top_px) }
    }
}

/// What a press on an axis takes hold of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Grip {
    /// The bare axis: draws an interval, in place of all others.
    Replace,
    /// The bare axis with Shift: draws one more interval.
    Add,
    /// An interval as a whole, by its place in the list.
    Whole(usize),
    /// An interval's low edge.
    Low(usize),
    /// An interval's high edge.
    High(usize),
}

/// What a press at this pixel takes hold of.
pub fn grip_at(span: &AxisSpan, intervals: &[(f64, f64)], y_px: f64, is_adding: bool) -> Grip {
    for (index, &(low, high)) in intervals.iter().enumerate() {
        let (low_px, high_px) = (span.pixel_from_value(low), span.pixel_from_value(high));
        let (near_low, near_high) = ((y_px - low_px).abs(), (y_px - high_px).abs());
        if near_low.min(near_high) <= EDGE_GRAB_PX {
            return if near_high <= near_low { Grip::High(index) } else { Grip::Low(index) };
        }
        if y_px > low_px.min(high_px) && y_px < low_px.max(high_px) {
            return Grip::Whole(index);
        }
    }
    if is_adding { Grip::Add } else { Grip::Replace }
}

/// The intervals after a drag from one pixel to another, from the intervals at the press.
pub fn intervals_after_drag(
    span: &AxisSpan,
    intervals: &[(f64, f64)],
    grip: Grip,
    from_px: f64,
    to_px: f64,
) -> Vec<(f64, f64)> {
    let between = |first_px: f64, second_px: f64| {
        let [first, second] =
            [first_px, second_px].map(|y_px| both(|bound| span.value_from_pixel(bound, y_px)));
        (first.0.min(second.0), first.1.max(second.1))
    };
    let mut after = intervals.to_vec();
    match grip {
        Grip::Replace => return vec![between(from_px, to_px)],
        Grip::Add => after.push(between(from_px, to_px)),
        Grip::Whole(index) => {
            if let Some(interval) = after.get_mut(index) {
                let (low_px, high_px) =
                    (span.pixel_from_value(interval.0), span.pixel_from_value(interval.1));
                let (upper_px, lower_px) = (low_px.min(high_px), low_px.max(high_px));
                // The interval keeps its height on the axis: it stops at the ends instead of shrinking there.
                let by_px = (to_px - from_px)
                    .max(span.top_px - upper_px)
                    .min((span.bottom_px - lower_px).max(span.top_px - upper_px));
                if by_px != 0.0 {
                    *interval = between(upper_px + by_px, lower_px + by_px);
                }
            }
        }
        Grip::Low(index) | Grip::High(index) => {
            if let Some(interval) = after.get_mut(index) {
                let (low, high) = both(|bound| span.value_from_pixel(bound, to_px));
                let fixed = if matches!(grip, Grip::Low(_)) { interval.1 } else { interval.0 };
                *interval = (low.min(fixed), high.max(fixed));
            }
        }
    }
    after
}

/// The intervals and one more: the middle half of the widest stretch of the axis that none of them covers.
pub fn intervals_with_one_more(span: &AxisSpan, intervals: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let mut covered: Vec<(f64, f64)> = intervals
        .iter()
        .map(|&(low, high)| {
            let (low_px, high_px) = (span.pixel_from_value(low), span.pixel_from_value(high));
            (low_px.min(high_px), low_px.max(high_px))
        })
        .collect();
    sort_by(&mut covered, |a, b| a.0.total_cmp(&b.0));
    covered.push((span.bottom_px, span.bottom_px));
    let (mut widest, mut from_px) = ((span.top_px, span.top_px), span.top_px);
    for (start_px, end_px) in covered {
        if start_px - from_px > widest.1 - widest.0 {
            widest = (from_px, start_px);
        }
        from_px = from_px.max(end_px);
    }
    let quarter_px = (widest.1 - widest.0) / 4.0;
    intervals_after_drag(span, intervals, Grip::Add, widest.0 + quarter_px, widest.1 - quarter_px)
}

fn both(value: impl Fn(Bound) -> f64) -> (f64, f64) {
    (value(Bound::Lower), value(Bound::Upper))
}

/// A bound in words: six significant digits, or the date and time of a time axis.
pub fn value_text(kind: AxisKind, value: f64) -> String {
    if kind == AxisKind::Time {
        // Saturating: a time beyond the calendar is told as its number of milliseconds.
        if let Some(text) = instant::date_time_text(value) {
            return text;
        }
    }
    let rounded: f64 = format!("{value:.5e}").parse().unwrap_or(value);
    let size = rounded.abs();
    if size != 0.0 && !(1e-5..1e15).contains(&size) { format!("{rounded:e}") } else { rounded.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn span(kind: AxisKind, is_flipped: bool, domain: (f64, f64)) -> AxisSpan {
        AxisSpan { kind, is_flipped, domain, least_not_positive: None, top_px: 10.0, bottom_px: 210.0 }
    }

    #[test]
    fn ends_are_exact_on_every_kind() {
        for kind in [AxisKind::Linear, AxisKind::Log, AxisKind::Time] {
            for is_flipped in [false, true] {
                let span = span(kind, is_flipped, (0.1, 0.7));
                let (low_px, high_px) = if is_flipped { (10.0, 210.0) } else { (210.0, 10.0) };
                assert_eq!(span.pixel_from_value(0.1), low_px);
                assert_eq!(span.pixel_from_value(0.7), high_px);
                for bound in [Bound::Lower, Bound::Upper] {
                    assert_eq!(span.value_from_pixel(bound, low_px), 0.1);
                    assert_eq!(span.value_from_pixel(bound, high_px), 0.7);
                    assert_eq!(span.value_from_pixel(bound, -99.0), if is_flipped { 0.1 } else { 0.7 });
                }
            }
        }
    }

    #[test]
    fn log_axes_step_by_ratio() {
        let span = span(AxisKind::Log, false, (1.0, 100.0));
        assert!((span.value_from_pixel(Bound::Lower, 110.0) - 10.0).abs() < 1e-9);
        assert!((span.value_moved_by(Bound::Upper, 1.0, 0.5) - 10.0).abs() < 1e-9);
        assert_eq!(span.value_moved_by(Bound::Upper, 99.9, 0.5), 100.0);
    }

    #[test]
    fn what_stands_at_the_low_end_of_a_log_axis_is_brushed_there() {
        let log = AxisSpan { least_not_positive: Some(-2.0), ..span(AxisKind::Log, false, (1.0, 100.0)) };
        assert_eq!((log.ends(), log.pixel_from_value(-2.0)), ((-2.0, 100.0), 210.0));
        assert_eq!(intervals_after_drag(&log, &[], Grip::Replace, 10.0, 210.0), [(-2.0, 100.0)]);
        assert_eq!(intervals_after_drag(&log, &[], Grip::Replace, 215.0, 210.0), [(-2.0, 1.0)]);
        let above = intervals_after_drag(&log, &[], Grip::Replace, 10.0, 205.0);
        assert!(above[0].0 > 1.0 && above[0].1 == 100.0);
        let one = [(10.0, 50.0)];
        assert_eq!(intervals_after_drag(&log, &one, Grip::Low(0), 110.0, 300.0), [(-2.0, 50.0)]);
        assert_eq!(intervals_after_drag(&log, &one, Grip::High(0), 60.0, 300.0), [(-2.0, 10.0)]);
        assert_eq!(
            intervals_after_drag(&log, &[(-2.0, 1.0)], Grip::High(0), 210.0, 10.0),
            [(-2.0, 100.0)],
            "it stays in"
        );
        assert_eq!(log.value_moved_by(Bound::Lower, 1.5, -0.5), -2.0);
        assert_eq!(log.value_moved_by(Bound::Upper, 1.5, -0.5), 1.0);
        let none_positive = AxisSpan { domain: (0.0, 0.0), ..log };
        assert_eq!((none_positive.ends(), none_positive.pixel_from_value(-1.0)), ((-2.0, 0.0), 210.0));
        assert_eq!(intervals_after_drag(&none_positive, &[], Grip::Replace, 200.0, 210.0), [(-2.0, 0.0)]);
    }

    #[test]
    fn one_value_stands_in_the_middle_and_is_taken_in_anywhere() {
        let span = span(AxisKind::Linear, false, (3.0, 3.0));
        assert_eq!(span.pixel_from_value(3.0), 110.0);
        assert_eq!(intervals_after_drag(&span, &[], Grip::Replace, 20.0, 30.0), [(3.0, 3.0)]);
    }

    #[test]
    fn widest_domain_does_not_overflow() {
        let span = span(AxisKind::Linear, false, (f64::MIN, f64::MAX));
        assert_eq!(span.pixel_from_value(0.0), 110.0);
        assert!(span.value_from_pixel(Bound::Lower, 60.0).is_finite());
    }

    #[test]
    fn drags_draw_add_move_and_resize() {
        let span = span(AxisKind::Linear, false, (0.0, 200.0));
        let one = [(50.0, 100.0)];
        assert_eq!(grip_at(&span, &one, 160.0, false), Grip::Low(0));
        assert_eq!(grip_at(&span, &one, 110.0, false), Grip::High(0));
        assert_eq!(grip_at(&span, &one, 130.0, true), Grip::Whole(0));
        assert_eq!(grip_at(&span, &one, 30.0, true), Grip::Add);
        assert_eq!(intervals_after_drag(&span, &one, Grip::Replace, 30.0, 20.0), [(180.0, 190.0)]);
        assert_eq!(intervals_after_drag(&span, &one, Grip::Add, 30.0, 20.0), [(50.0, 100.0), (180.0, 190.0)]);
        assert_eq!(intervals_after_drag(&span, &one, Grip::High(0), 110.0, 200.0), [(10.0, 50.0)]);
        let moved = intervals_after_drag(&span, &one, Grip::Whole(0), 130.0, 120.0);
        assert!((moved[0].0 - 60.0).abs() < 1e-9 && (moved[0].1 - 110.0).abs() < 1e-9);
        assert_eq!(intervals_after_drag(&span, &one, Grip::Whole(0), 130.0, -500.0), [(150.0, 200.0)]);
    }

    #[test]
    fn one_more_interval_stands_where_there_is_most_room() {
        let span = span(AxisKind::Linear, false, (0.0, 200.0));
        assert_eq!(intervals_with_one_more(&span, &[]), [(50.0, 150.0)]);
        let two = intervals_with_one_more(&span, &[(0.0, 40.0)]);
        assert_eq!(two, [(0.0, 40.0), (80.0, 160.0)]);
        assert_eq!(intervals_with_one_more(&span, &two).last(), Some(&(170.0, 190.0)));
    }

    #[test]
    fn bounds_read_well() {
        assert_eq!(value_text(AxisKind::Linear, 6.287_154_9), "6.28715");
        assert_eq!(value_text(AxisKind::Linear, 0.0), "0");
        assert_eq!(value_text(AxisKind::Log, 1e-9), "1e-9");
        assert_eq!(value_text(AxisKind::Time, 0.0), "1970-01-01 00:00:00");
    }

    proptest! {
        #[test]
        fn the_whole_axis_takes_every_number_in(
            numbers in prop::collection::vec(prop::num::f64::NORMAL, 1..40), is_log: bool, is_flipped: bool,
        ) {
            let kind = if is_log { AxisKind::Log } else { AxisKind::Linear };
            let on_scale = || numbers.iter().copied().filter(|number| !is_log || *number > 0.0);
            let least = numbers.iter().copied().filter(|number| is_log && *number <= 0.0).reduce(f64::min);
            let domain = (on_scale().reduce(f64::min).unwrap_or(0.0), on_scale().reduce(f64::max).unwrap_or(0.0));
            let span = AxisSpan { least_not_positive: least, ..span(kind, is_flipped, domain) };
            let (low, high) = intervals_after_drag(&span, &[], Grip::Replace, 10.0, 210.0)[0];
            prop_assert!(numbers.iter().all(|number| (low..=high).contains(number)));
        }

        #[test]
        fn way_there_and_back(share in 0.0f64..=1.0, low in 1e-6f64..1e6, factor in 1.0001f64..1e9, is_flipped: bool) {
            for kind in [AxisKind::Linear, AxisKind::Log] {
                let span = span(kind, is_flipped, (low, low * factor));
                let y_px = 10.0 + 200.0 * share;
                let value = span.value_from_pixel(Bound::Lower, y_px);
                prop_assert!(value >= low && value <= low * factor);
                prop_assert!((span.pixel_from_value(value) - y_px).abs() < 1e-3);
            }
        }
    }
}
