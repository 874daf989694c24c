//! Reads the recorded answers of reference implementations in tests.

use serde_json::Value;

/// One file of `tests/fixtures/analysis`.
pub(in crate::analysis) fn fixture(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// A number as the scripts write it: NaN and infinities as text.
pub(in crate::analysis) fn number(value: &Value) -> f64 {
    match value {
        Value::String(text) => text.parse().unwrap(),
        value => value.as_f64().unwrap(),
    }
}

/// A list of numbers.
pub(in crate::analysis) fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(number).collect()
}

/// A list of numbers in which null is missing.
pub(in crate::analysis) fn column(value: &Value) -> Vec<Option<f64>> {
    value.as_array().unwrap().iter().map(|value| (!value.is_null()).then(|| number(value))).collect()
}

/// Asserts that numbers are the same to a relative error; NaN and infinities exactly.
pub(in crate::analysis) fn assert_close(ours: &[f64], theirs: &[f64], tolerance: f64) {
    assert_eq!(ours.len(), theirs.len(), "{ours:?} {theirs:?}");
    for (at, (&a, &b)) in ours.iter().zip(theirs).enumerate() {
        let is_close = if a.is_finite() && b.is_finite() {
            (a - b).abs() <= tolerance * b.abs().max(1.0)
        } else {
            a == b || a.is_nan() && b.is_nan()
        };
        assert!(is_close, "at {at}: {a} instead of {b}");
    }
}
