//! Numbers as text, for cells and ticks.

use crate::entities::{Attribute, ColumnKey, instant};
use crate::view::NumberFormat;

const MIN_DIGITS: usize = 3;
const MAX_DIGITS: usize = 8;
/// From here on a number with all its digits before the point is harder to read than one with an exponent.
const LARGE: f64 = 1e8;
const SMALL: f64 = 1e-4;
/// Whole numbers are shown with all their digits up to here, because they are often ids or counts.
const LARGE_WHOLE: f64 = 1e15;
/// A column whose magnitudes lie this far apart cannot share one number of decimals.
const WIDE: f64 = 1e3;
/// So many decimals has what lies between whole numbers.
const DECIMALS_BETWEEN: usize = 2;

/// How the numbers of one column are written.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnFormat {
    unit: &'static str,
    per_unit: f64,
    style: Style,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Style {
    Date,
    /// The same number of decimals for all, so that the points stand below each other.
    Decimals(usize),
    /// The same number of significant digits for all.
    Digits(usize),
    /// As many decimals as somebody chose, also where that leaves nothing but zeros.
    Fixed(usize),
    /// With an exponent, with as many decimals before it as somebody chose.
    Scientific(usize),
}

impl ColumnFormat {
    /// Chooses unit and digits so that different neighbours among the values look different, with 3 to 8
    /// significant digits. What is not finite is passed over.
    pub fn new(values: impl Iterator<Item = f64>, key: &ColumnKey) -> Self {
        if let ColumnKey::Attribute(Attribute::StartTime | Attribute::EndTime) = key {
            return Self { unit: "", per_unit: 1.0, style: Style::Date };
        }
        let mut numbers: Vec<f64> = values.filter(|number| number.is_finite()).collect();
        numbers.sort_unstable_by(f64::total_cmp);
        numbers.dedup();
        let magnitude = |numbers: &[f64]| numbers.iter().map(|number| number.abs()).fold(0.0, f64::max);
        let largest = magnitude(&numbers);
        let (unit, per_unit) = match key {
            ColumnKey::Attribute(Attribute::Duration) if largest < 1e3 => ("ms", 1.0),
            ColumnKey::Attribute(Attribute::Duration) if largest < 120e3 => ("s", 1e3),
            ColumnKey::Attribute(Attribute::Duration) => ("min", 60e3),
            ColumnKey::Attribute(Attribute::ModelSize) if largest < 1e6 => ("kB", 1e3),
            ColumnKey::Attribute(Attribute::ModelSize) => ("MB", 1e6),
            _ => ("", 1.0),
        };
        for number in &mut numbers {
            *number /= per_unit;
        }
        Self { unit, per_unit, style: style(&numbers) }
    }

    /// The same unit, and digits as somebody chose; dates stay dates.
    pub fn written_as(self, chosen: NumberFormat) -> Self {
        let style = match (self.style, chosen) {
            (Style::Date, _) => Style::Date,
            (_, NumberFormat::Decimals(n)) => Style::Fixed(usize::from(n)),
            (_, NumberFormat::Scientific(n)) => Style::Scientific(usize::from(n)),
        };
        Self { style, ..self }
    }

    /// A number of the column in the format's unit.
    pub fn in_unit(&self, number: f64) -> f64 {
        number / self.per_unit
    }

    /// What stands behind the column's label; empty for none.
    pub fn unit(&self) -> &str {
        self.unit
    }

    /// How much one unit is in the column's own measure; 1 without a unit.
    pub fn per_unit(&self) -> f64 {
        self.per_unit
    }

    /// The number (in the column's own measure: milliseconds, bytes) as text, in the unit, without the unit.
    pub fn format(&self, number: f64) -> String {
        if !number.is_finite() {
            return display_number(number);
        }
        write(number / self.per_unit, self.style)
    }

    /// A number between those of the column, such as their mean: in a column of whole numbers it need not be whole.
    pub fn format_between(&self, number: f64) -> String {
        match self.style {
            Style::Decimals(0) if number.is_finite() && (number / self.per_unit).fract() != 0.0 => {
                write(number / self.per_unit, Style::Decimals(DECIMALS_BETWEEN))
            }
            _ => self.format(number),
        }
    }
}

fn style(sorted: &[f64]) -> Style {
    let magnitudes = || sorted.iter().map(|number| number.abs()).filter(|&number| number > 0.0);
    let (Some(smallest), Some(largest)) = (magnitudes().reduce(f64::min), magnitudes().reduce(f64::max))
    else {
        return Style::Decimals(0);
    };
    if largest < LARGE_WHOLE && sorted.iter().all(|number| number.fract() == 0.0) {
        return Style::Decimals(0);
    }
    let is_wide = largest / smallest >= WIDE;
    let candidate = |n_digits: usize| {
        if is_wide || largest >= LARGE || smallest < SMALL {
            Style::Digits(n_digits)
        } else {
            let n_before = largest.log10().floor() as i32 + 1;
            Style::Decimals((n_digits as i32 - n_before).max(0) as usize)
        }
    };
    let tells_apart = |style: &Style| {
        let mut previous: Option<String> = None;
        sorted.iter().all(|&number| {
            let text = write(number, *style);
            let is_new = previous.as_ref() != Some(&text);
            previous = Some(text);
            is_new
        })
    };
    let chosen = (MIN_DIGITS..MAX_DIGITS).map(candidate).find(tells_apart).unwrap_or(candidate(MAX_DIGITS));
    match chosen {
        // Zeros that every number ends in say nothing.
        Style::Decimals(n) => {
            let needed = |number: &f64| {
                let text = format!("{number:.n$}");
                text.split_once('.').map_or(0, |(_, decimals)| decimals.trim_end_matches('0').len())
            };
            let mut most = 0;
            for number in sorted {
                most = most.max(needed(number));
                if most == n {
                    // Usually among the first few; the rest of a long column need not be written.
                    break;
                }
            }
            Style::Decimals(most)
        }
        other => other,
    }
}

fn write(number: f64, style: Style) -> String {
    match style {
        Style::Date => date(number),
        Style::Decimals(n) => {
            let text = format!("{number:.n$}");
            let is_zero = !text.bytes().any(|byte| (b'1'..=b'9').contains(&byte));
            match (is_zero, number == 0.0) {
                // A tick or a late value too small for the column's decimals must not look like zero.
                (true, false) => write(number, Style::Digits(MIN_DIGITS)),
                (true, true) => text.trim_start_matches('-').to_owned(),
                (false, _) => text,
            }
        }
        Style::Fixed(n) => format!("{:.n$}", number + 0.0),
        Style::Scientific(n) => format!("{:.n$e}", number + 0.0),
        Style::Digits(n) => {
            // Rounded to the digits first; the shortest form of the rest has no needless zeros.
            let rounded: f64 = format!("{number:.*e}", n - 1).parse().unwrap_or(number);
            let is_plain = rounded == 0.0 || (SMALL..LARGE).contains(&rounded.abs());
            if is_plain { format!("{}", rounded + 0.0) } else { format!("{rounded:e}") }
        }
    }
}

/// The date and time of a timestamp in milliseconds since 1970, in UTC, such as `2026-11-23 10:04:05`.
pub fn format_millis(millis: i64) -> String {
    date(millis as f64)
}

fn date(millis: f64) -> String {
    instant::date_time_text(millis).unwrap_or_else(|| display_number(millis))
}

/// The shortest text that reads as exactly this number. Not a number is `NaN`; infinities are `inf`, `-inf`.
pub fn display_number(number: f64) -> String {
    let magnitude = number.abs();
    if magnitude.is_finite() && magnitude != 0.0 && !(1e-5..1e16).contains(&magnitude) {
        format!("{number:e}")
    } else {
        // Adding zero takes the sign off -0.
        format!("{}", number + 0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(key: &str, numbers: &[f64], unit: &str, expected: &[&str]) {
        let format = ColumnFormat::new(numbers.iter().copied(), &ColumnKey::parse(key).unwrap());
        let texts: Vec<String> = numbers.iter().map(|&number| format.format(number)).collect();
        assert_eq!(
            (format.unit(), texts.iter().map(String::as_str).collect::<Vec<_>>()),
            (unit, expected.to_vec())
        );
    }

    #[test]
    fn what_lies_between_whole_numbers_need_not_be_whole() {
        let key = ColumnKey::Metric("n".to_owned());
        let format = ColumnFormat::new([1.0, 3.0, 8.0].into_iter(), &key);
        assert_eq!([3.605_551, 4.0].map(|number| format.format_between(number)), ["3.61", "4"]);
        let chosen = format.written_as(NumberFormat::Decimals(0));
        assert_eq!(chosen.format_between(3.605_551), "4", "as somebody chose");
        let format = ColumnFormat::new([0.25, 0.5].into_iter(), &key);
        assert_eq!(format.format_between(0.375), format.format(0.375));
    }

    #[test]
    fn digits_show_what_differs() {
        check("metrics.m", &[0.81234567, 0.5, 0.0], "", &["0.812", "0.500", "0.000"].map(|t| t));
        check("metrics.m", &[0.81231, 0.81232], "", &["0.81231", "0.81232"]);
        check("params.lr", &[0.001, 0.01, 1.5], "", &["0.001", "0.01", "1.5"]);
        check("params.lr", &[1e-7, 0.1], "", &["1e-7", "0.1"]);
        check("params.n", &[100.0, 2e5, 12345678901.0], "", &["100", "200000", "12345678901"]);
        check("metrics.m", &[1.5e12, 2.25e9], "", &["1500000000000", "2250000000"]);
        check("metrics.m", &[1.5e20, 2.25e19], "", &["1.5e20", "2.25e19"]);
        check("metrics.m", &[0.5, 0.25], "", &["0.50", "0.25"]);
    }

    #[test]
    fn somebody_may_choose_the_digits() {
        let key = |text| ColumnKey::parse(text).unwrap();
        let rmse = ColumnFormat::new([0.5, 1234.5].into_iter(), &key("metrics.rmse"));
        let shown = |chosen| [0.5, -1234.567].map(|number| rmse.clone().written_as(chosen).format(number));
        assert_eq!(shown(NumberFormat::Decimals(2)), ["0.50", "-1234.57"]);
        assert_eq!(shown(NumberFormat::Decimals(0)), ["0", "-1235"]);
        assert_eq!(shown(NumberFormat::Scientific(1)), ["5.0e-1", "-1.2e3"]);
        let duration = ColumnFormat::new([1500.0].into_iter(), &key("attributes.duration"));
        assert_eq!(duration.written_as(NumberFormat::Decimals(3)).format(1500.0), "1.500");
        let date = ColumnFormat::new([0.0].into_iter(), &key("attributes.start_time"));
        assert_eq!(date.written_as(NumberFormat::Scientific(1)).format(0.0), "1970-01-01 00:00:00");
    }

    #[test]
    fn durations_and_sizes_have_units() {
        check("attributes.duration", &[200.0, 12.0], "ms", &["200", "12"]);
        check("attributes.duration", &[1500.0, 200.0], "s", &["1.5", "0.2"]);
        check("attributes.duration", &[3_600_000.0], "min", &["60"]);
        check("attributes.model_size", &[70_000.0], "kB", &["70"]);
        check("attributes.model_size", &[70_000_000.0, 1_500_000.0], "MB", &["70.0", "1.5"]);
    }

    #[test]
    fn times_are_dates() {
        check("attributes.start_time", &[1795428245000.0], "", &["2026-11-23 10:04:05"]);
        check("attributes.end_time", &[1e300], "", &["1e300"]);
    }

    #[test]
    fn a_small_number_is_not_shown_as_zero() {
        let format = ColumnFormat::new([1.5, 2.5].into_iter(), &ColumnKey::Metric("m".into()));
        assert_eq!(format.format(0.001), "0.001");
        assert_eq!(format.format(-0.0), "0.0");
        assert_eq!(format.format(f64::NAN), "NaN");
    }

    proptest! {
        #[test]
        fn the_shortest_form_reads_back(number: f64) {
            let back: f64 = display_number(number).parse().unwrap();
            prop_assert!(back == number || number.is_nan());
        }

        #[test]
        fn any_numbers_can_be_formatted(numbers in prop::collection::vec(any::<f64>(), 0..20)) {
            let format = ColumnFormat::new(numbers.iter().copied(), &ColumnKey::Metric("m".into()));
            for number in numbers {
                prop_assert!(!format.format(number).is_empty());
            }
        }
    }
}
