//! How people read and write the values of a column: in the unit of its title, times as dates; and what a brush takes
//! in, in words.

use super::brush_px::value_text;
use super::edit::Bound;
use super::{AxisKind, Brush, Pick, Step};
use crate::entities::{ColumnKey, instant};

/// So many texts of a brush are told; a sentence names no more.
const N_TEXTS: usize = 3;

/// The measure in which a column is shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Measure {
    /// Whether its numbers are milliseconds since 1970.
    pub is_time: bool,
    /// What stands behind its title; empty for none.
    pub unit: String,
    /// How much one unit is in the column's own measure: milliseconds or bytes.
    pub per_unit: f64,
}

impl Measure {
    fn kind(&self) -> AxisKind {
        if self.is_time { AxisKind::Time } else { AxisKind::Linear }
    }

    /// A value as it is typed: all its digits, in the unit and without it, or the date and time in UTC.
    pub fn typed(&self, value: f64) -> String {
        let date = if self.is_time { instant::date_time_text(value) } else { None };
        date.unwrap_or_else(|| (value / self.per_unit).to_string())
    }

    /// The same in words: six significant digits, without the unit.
    pub fn rounded(&self, value: f64) -> String {
        value_text(self.kind(), value / self.per_unit)
    }

    /// The same with the unit.
    pub fn words(&self, value: f64) -> String {
        self.with_unit(self.rounded(value))
    }

    fn with_unit(&self, text: String) -> String {
        if self.unit.is_empty() { text } else { format!("{text} {}", self.unit) }
    }

    /// The value that somebody typed for a bound. A date means all of its day, so an upper bound is the day's end.
    ///
    /// # Errors
    /// What it is not, and what would do.
    pub fn read(&self, typed: &str, bound: Bound) -> Result<f64, &'static str> {
        if self.is_time {
            let (first, meant) = instant::parse_period(typed)
                .ok_or("This is no date: write it as 2026-11-23 or 2026-11-23 10:04, in UTC")?;
            return Ok(if bound == Bound::Lower { first } else { first + meant - 1.0 });
        }
        let number = typed.trim().parse::<f64>().ok().map(|number| number * self.per_unit);
        number.filter(|number| number.is_finite()).ok_or("This is no number: write it as 0.25 or 2.5e-1")
    }

    /// What the picks on a column take in.
    fn picks(&self, picks: &[Pick]) -> String {
        let mut parts = Vec::new();
        let mut n_more = 0;
        for pick in picks {
            match pick {
                Pick::Interval { low, high } => {
                    parts.push(format!("{} to {}", self.rounded(*low), self.words(*high)));
                }
                Pick::Text(text) if parts.len() < N_TEXTS => parts.push(text.clone()),
                Pick::Text(_) => n_more += 1,
                Pick::Texts { first, last } => parts.push(format!("{first} to {last}")),
                Pick::Lane(lane) => parts.push(lane.label().to_owned()),
                Pick::Area(area) => parts.push(format!("in an area with {}", area.y.label())),
            }
        }
        if n_more > 0 {
            parts.push(format!("{n_more} more"));
        }
        parts.join(" or ")
    }
}

/// A decision in words, such as `Kept: rmse 6.1 to 6.4`; `measure_of` tells how a column is shown.
pub fn step_words(step: &Step, measure_of: impl Fn(&ColumnKey) -> Measure) -> String {
    let (verb, brushes) = match step {
        Step::Keep(brushes) => ("Kept", brushes),
        Step::Exclude(brushes) => ("Excluded", brushes),
    };
    let words =
        |brush: &Brush| format!("{} {}", brush.column.label(), measure_of(&brush.column).picks(&brush.picks));
    format!("{verb}: {}", brushes.iter().map(words).collect::<Vec<_>>().join(" and "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::Lane;

    fn seconds() -> Measure {
        Measure { is_time: false, unit: "s".to_owned(), per_unit: 1e3 }
    }

    #[test]
    fn bounds_are_read_and_told_in_the_unit_of_the_title() {
        assert_eq!(seconds().typed(1234.0), "1.234");
        assert_eq!(seconds().words(1_234_567.8), "1234.57 s");
        assert_eq!(seconds().read(" 1.5 ", Bound::Upper), Ok(1500.0));
        assert!(seconds().read("1.5 s", Bound::Upper).is_err_and(|why| why.contains("no number")));
        assert!(seconds().read("1e999", Bound::Upper).is_err());
        let plain = Measure { is_time: false, unit: String::new(), per_unit: 1.0 };
        assert_eq!(plain.typed(6.287_154_912), "6.287154912");
        assert_eq!(plain.words(6.287_154_912), "6.28715");
    }

    #[test]
    fn a_date_means_all_of_its_day() {
        let time = Measure { is_time: true, unit: String::new(), per_unit: 1.0 };
        let (first, last) = (1_795_392_000_000.0, 1_795_392_000_000.0 + 86_400e3 - 1.0);
        assert_eq!(time.typed(first), "2026-11-23 00:00:00");
        assert_eq!(time.read("2026-11-23", Bound::Lower), Ok(first));
        assert_eq!(time.read("2026-11-23", Bound::Upper), Ok(last));
        assert_eq!(time.read(&time.typed(first), Bound::Lower), Ok(first));
        assert!(time.read("1795392000000", Bound::Lower).is_err_and(|why| why.contains("no date")));
    }

    #[test]
    fn decisions_are_told_in_words() {
        let brush = |column: &str, picks: Vec<Pick>| Brush {
            column: ColumnKey::parse(column).expect("a column"),
            picks,
        };
        let measure_of = |column: &ColumnKey| match column {
            ColumnKey::Attribute(_) => seconds(),
            _ => Measure { is_time: false, unit: String::new(), per_unit: 1.0 },
        };
        let keep = Step::Keep(vec![
            brush("metrics.rmse", vec![Pick::Interval { low: 6.1, high: 6.4 }, Pick::Lane(Lane::Nan)]),
            brush("attributes.duration", vec![Pick::Interval { low: 500.0, high: 1500.0 }]),
        ]);
        assert_eq!(step_words(&keep, measure_of), "Kept: rmse 6.1 to 6.4 or NaN and duration 0.5 to 1.5 s");
        let texts = ["a", "b", "c", "d", "e"].map(|text| Pick::Text(text.to_owned()));
        let exclude = Step::Exclude(vec![brush("params.booster", texts.to_vec())]);
        assert_eq!(step_words(&exclude, measure_of), "Excluded: booster a or b or c or 2 more");
    }
}
