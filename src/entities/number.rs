//! Numbers between page and engine: JSON has no NaN and no infinities, so those travel as text.

use serde::de::{Error, Visitor};
use serde::{Deserializer, Serializer};
use std::fmt;

/// Writes a number; NaN and infinities as `NaN`, `inf` and `-inf`.
///
/// # Errors
///
/// The serializer's own.
pub fn serialize<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    if value.is_finite() { serializer.serialize_f64(*value) } else { serializer.collect_str(value) }
}

/// Reads what [`serialize`] writes.
///
/// # Errors
///
/// Anything but a number or the text of one.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    struct NumberVisitor;
    impl Visitor<'_> for NumberVisitor {
        type Value = f64;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a number")
        }

        fn visit_f64<E: Error>(self, value: f64) -> Result<f64, E> {
            Ok(value)
        }

        fn visit_i64<E: Error>(self, value: i64) -> Result<f64, E> {
            Ok(value as f64)
        }

        fn visit_u64<E: Error>(self, value: u64) -> Result<f64, E> {
            Ok(value as f64)
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<f64, E> {
            text.parse().map_err(|error| E::custom(format!("`{text}` is not a number: {error}")))
        }
    }
    deserializer.deserialize_any(NumberVisitor)
}

#[cfg(test)]
mod tests {
    use crate::entities::Metric;

    #[test]
    fn every_number_comes_through() {
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0, 5e-324, 1e300, 3.0, 0.1 + 0.2] {
            let metric = Metric { key: "m".into(), value, timestamp_millis: 0, step: 0 };
            let text = serde_json::to_string(&metric).unwrap();
            let back: Metric = serde_json::from_str(&text).unwrap();
            assert_eq!(back.value.to_bits(), value.to_bits(), "{text}");
        }
    }
}
