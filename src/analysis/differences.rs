//! In what values differ, and by how much from a baseline.

use crate::frame::Value;
use crate::view::Direction;
use serde::{Deserialize, Serialize};

/// Whether the values are not all one: missing, NaN, the infinities, empty text and every number and text are different
/// things, and NaN is equal to NaN. Numbers that differ by no more than `tolerance` times the larger magnitude of the
/// two are equal to the first.
pub fn differ(values: &[Value<'_>], tolerance: f64) -> bool {
    let Some((first, others)) = values.split_first() else { return false };
    others.iter().any(|value| match (first, value) {
        (Value::Number(a), Value::Number(b)) => (a - b).abs() > tolerance * a.abs().max(b.abs()),
        (a, b) => a != b,
    })
}

/// How a number stands to a baseline.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Difference {
    /// Value minus baseline.
    pub absolute: f64,
    /// The same as a part of the baseline's magnitude; none where that is 0.
    pub relative: Option<f64>,
    /// Whether it is the better one, where the direction is known and they differ.
    pub is_better: Option<bool>,
}

/// The difference of two finite numbers; none where either is anything else.
pub fn difference(baseline: Value<'_>, value: Value<'_>, better: Option<Direction>) -> Option<Difference> {
    let (Value::Number(from), Value::Number(to)) = (baseline, value) else { return None };
    let absolute = to - from;
    let is_better = better.filter(|_| absolute != 0.0).map(|direction| match direction {
        Direction::Ascending => absolute < 0.0,
        Direction::Descending => absolute > 0.0,
    });
    Some(Difference { absolute, relative: (from != 0.0).then(|| absolute / from.abs()), is_better })
}

/// A line that one text has and the other does not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LineChange {
    /// Only the baseline has it.
    Removed(String),
    /// The baseline does not have it.
    Added(String),
}

/// Texts that are longer are compared line by line.
const LONG_CHARS: usize = 60;

/// In which lines a text differs from a baseline, top to bottom; none where both are short and of one line. A text of one
/// line counts as one of as many as it has parts between commas.
///
/// Source: Myers, An O(ND) difference algorithm and its variations, 1986, by the crate `similar`.
pub fn line_changes(baseline: &str, text: &str) -> Vec<LineChange> {
    let is_long = |text: &str| text.contains('\n') || text.chars().count() > LONG_CHARS;
    if !is_long(baseline) && !is_long(text) {
        return Vec::new();
    }
    if baseline.trim_end().contains('\n') || text.trim_end().contains('\n') {
        return changed_lines(baseline, text);
    }
    let parts = |text: &str| -> Vec<String> {
        text.split_inclusive(", ").map(|part| part.trim_end().to_owned()).collect()
    };
    changes(&parts(baseline), &parts(text))
}

/// In which lines a text differs from a baseline, top to bottom, however long they are.
pub fn changed_lines(baseline: &str, text: &str) -> Vec<LineChange> {
    let lines = |text: &str| -> Vec<String> { text.lines().map(|line| line.trim_end().to_owned()).collect() };
    changes(&lines(baseline), &lines(text))
}

fn changes(old: &[String], new: &[String]) -> Vec<LineChange> {
    let diff = similar::TextDiff::from_slices(
        &old.iter().map(String::as_str).collect::<Vec<_>>(),
        &new.iter().map(String::as_str).collect::<Vec<_>>(),
    );
    let change = |change: similar::Change<&str>| match change.tag() {
        similar::ChangeTag::Equal => None,
        similar::ChangeTag::Delete => Some(LineChange::Removed(change.value().to_owned())),
        similar::ChangeTag::Insert => Some(LineChange::Added(change.value().to_owned())),
    };
    diff.iter_all_changes().filter_map(change).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_differ_line_by_line() {
        let removed = |line: &str| LineChange::Removed(line.to_owned());
        let added = |line: &str| LineChange::Added(line.to_owned());
        assert_eq!(line_changes("a, b", "a, c"), [], "short ones are read at a glance");
        assert_eq!(line_changes("a\nb\nc\n", "a\nx\nc\nd"), [removed("b"), added("x"), added("d")]);
        let [one, other] = ["1", "2"]
            .map(|n| format!("{{'max_depth': {n}, 'learning_rate': 0.1, 'objective': 'reg:squarederror'}}"));
        assert_eq!(line_changes(&one, &other), [removed("{'max_depth': 1,"), added("{'max_depth': 2,")]);
        assert_eq!(line_changes(&one, &one), []);
    }

    #[test]
    fn missing_is_different_from_everything_and_nan_is_itself() {
        let kinds = [
            Value::Missing,
            Value::Empty,
            Value::Nan,
            Value::NegInf,
            Value::PosInf,
            Value::Number(0.0),
            Value::Text("0"),
        ];
        for (n, a) in kinds.iter().enumerate() {
            for (m, b) in kinds.iter().enumerate() {
                assert_eq!(differ(&[*a, *b], 0.0), n != m, "{a:?} {b:?}");
            }
        }
        assert!(!differ(&[], 0.0));
        assert!(differ(&[Value::Number(1.0), Value::Number(1.0), Value::Missing], 0.0));
    }

    #[test]
    fn a_tolerance_is_relative() {
        let numbers = [Value::Number(1000.0), Value::Number(1000.5)];
        assert!(differ(&numbers, 0.0) && differ(&numbers, 1e-4));
        assert!(!differ(&numbers, 1e-3));
    }

    #[test]
    fn differences_know_what_is_better() {
        let of = |from: f64, to: f64| {
            difference(Value::Number(from), Value::Number(to), Some(Direction::Ascending)).unwrap()
        };
        let down = of(-2.0, -3.0);
        assert_eq!((down.absolute, down.relative, down.is_better), (-1.0, Some(-0.5), Some(true)));
        assert_eq!(of(0.0, 1.0).relative, None);
        assert_eq!(of(1.0, 1.0).is_better, None);
        assert_eq!(difference(Value::Nan, Value::Number(1.0), None), None);
    }
}
