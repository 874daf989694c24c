//! MLflow's JSON as it comes: every field may be missing or null, numbers may be text and the reverse.

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// A page of runs, experiments, files and so on. Lists without items are left out by the server.
#[derive(Deserialize)]
pub(super) struct WirePage<T> {
    #[serde(
        rename = "runs",
        alias = "experiments",
        alias = "files",
        alias = "registered_models",
        alias = "model_versions",
        alias = "webhooks"
    )]
    pub(super) items: Option<Vec<T>>,
    pub(super) next_page_token: Option<Text>,
}

/// The answer to `runs/get`.
#[derive(Deserialize)]
pub(super) struct WireRunAnswer<T> {
    pub(super) run: T,
}

#[derive(Deserialize)]
pub(super) struct WireExperiment {
    pub(super) experiment_id: Text,
    pub(super) name: Option<Text>,
    pub(super) lifecycle_stage: Option<Text>,
    pub(super) creation_time: Option<Int>,
    pub(super) last_update_time: Option<Int>,
    pub(super) tags: Option<Vec<WireText>>,
}

/// The answer to `experiments/get`.
#[derive(Deserialize)]
pub(super) struct WireExperimentAnswer {
    pub(super) experiment: WireExperiment,
}

#[derive(Deserialize)]
pub(super) struct WireRun {
    pub(super) info: WireRunInfo,
    pub(super) data: Option<WireRunData>,
    pub(super) inputs: Option<WireInputs>,
    pub(super) outputs: Option<WireOutputs>,
}

#[derive(Deserialize)]
pub(super) struct WireRunInfo {
    pub(super) run_id: Option<Text>,
    pub(super) run_uuid: Option<Text>,
    pub(super) experiment_id: Option<Text>,
    pub(super) run_name: Option<Text>,
    pub(super) user_id: Option<Text>,
    pub(super) status: Option<Text>,
    pub(super) start_time: Option<Int>,
    pub(super) end_time: Option<Int>,
    pub(super) artifact_uri: Option<Text>,
    pub(super) lifecycle_stage: Option<Text>,
}

#[derive(Deserialize, Default)]
pub(super) struct WireRunData {
    pub(super) metrics: Option<Vec<WireMetric>>,
    pub(super) params: Option<Vec<WireText>>,
    pub(super) tags: Option<Vec<WireText>>,
}

#[derive(Deserialize)]
pub(super) struct WireMetric {
    pub(super) key: Text,
    pub(super) value: Float,
    pub(super) timestamp: Option<Int>,
    pub(super) step: Option<Int>,
}

/// A param or a tag.
#[derive(Deserialize)]
pub(super) struct WireText {
    pub(super) key: Text,
    pub(super) value: Option<Text>,
}

/// What a run was given (MLflow 2.4 and later). Schema and profile, which are long, are not read.
#[derive(Deserialize, Default)]
pub(super) struct WireInputs {
    pub(super) dataset_inputs: Option<Vec<WireDatasetInput>>,
}

#[derive(Deserialize)]
pub(super) struct WireDatasetInput {
    pub(super) tags: Option<Vec<WireText>>,
    pub(super) dataset: Option<WireDataset>,
}

#[derive(Deserialize)]
pub(super) struct WireDataset {
    pub(super) name: Option<Text>,
    pub(super) digest: Option<Text>,
}

#[derive(Deserialize, Default)]
pub(super) struct WireOutputs {
    pub(super) model_outputs: Option<Vec<WireModelOutput>>,
}

#[derive(Deserialize)]
pub(super) struct WireModelOutput {
    pub(super) model_id: Option<Text>,
}

#[derive(Deserialize)]
pub(super) struct WireFile {
    pub(super) path: Text,
    pub(super) is_dir: Option<bool>,
    pub(super) file_size: Option<Int>,
}

#[derive(Deserialize)]
pub(super) struct WireError {
    pub(super) error_code: Text,
    pub(super) message: Option<Text>,
}

/// A run whose parts are not yet looked at, for runs in which something is wrong.
#[derive(Deserialize)]
pub(super) struct RawRun<'a> {
    pub(super) info: WireRunInfo,
    #[serde(borrow)]
    pub(super) data: Option<RawRunData<'a>>,
    #[serde(borrow)]
    pub(super) inputs: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) outputs: Option<&'a RawValue>,
}

#[derive(Deserialize, Default)]
pub(super) struct RawRunData<'a> {
    #[serde(borrow)]
    pub(super) metrics: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    pub(super) params: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    pub(super) tags: Option<Vec<&'a RawValue>>,
}

/// Text, also where a server sends a number.
pub(super) struct Text(pub(super) String);

/// A whole number of 64 bits, also where a server sends text. Steps go beyond what an f64 can tell apart.
pub(super) struct Int(pub(super) i64);

/// A number, also where a server sends text; NaN and infinities come as text.
pub(super) struct Float(pub(super) f64);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;
        impl Visitor<'_> for TextVisitor {
            type Value = Text;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("text")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Text, E> {
                Ok(Text(text.to_owned()))
            }

            fn visit_string<E: Error>(self, text: String) -> Result<Text, E> {
                Ok(Text(text))
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Text, E> {
                Ok(Text(number.to_string()))
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Text, E> {
                Ok(Text(number.to_string()))
            }

            fn visit_f64<E: Error>(self, number: f64) -> Result<Text, E> {
                Ok(Text(number.to_string()))
            }

            fn visit_bool<E: Error>(self, is_true: bool) -> Result<Text, E> {
                Ok(Text(is_true.to_string()))
            }
        }
        deserializer.deserialize_any(TextVisitor)
    }
}

impl<'de> Deserialize<'de> for Int {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct IntVisitor;
        impl Visitor<'_> for IntVisitor {
            type Value = Int;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a whole number of 64 bits")
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Int, E> {
                Ok(Int(number))
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Int, E> {
                i64::try_from(number).map(Int).map_err(|error| E::custom(format!("{number}: {error}")))
            }

            fn visit_f64<E: Error>(self, number: f64) -> Result<Int, E> {
                // 2^63 is the first f64 beyond i64.
                if number.fract() == 0.0 && (i64::MIN as f64..-(i64::MIN as f64)).contains(&number) {
                    Ok(Int(number as i64))
                } else {
                    Err(E::custom(format!("{number} is not a whole number of 64 bits")))
                }
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Int, E> {
                match text.trim().parse::<i64>() {
                    Ok(number) => Ok(Int(number)),
                    Err(error) => match text.trim().parse::<f64>() {
                        Ok(number) => self.visit_f64(number),
                        Err(_) => Err(E::custom(format!("`{text}` is not a whole number: {error}"))),
                    },
                }
            }
        }
        deserializer.deserialize_any(IntVisitor)
    }
}

impl<'de> Deserialize<'de> for Float {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FloatVisitor;
        impl Visitor<'_> for FloatVisitor {
            type Value = Float;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number")
            }

            fn visit_f64<E: Error>(self, number: f64) -> Result<Float, E> {
                // SQL stores hold infinities as the largest finite number.
                Ok(Float(if number == f64::MAX {
                    f64::INFINITY
                } else if number == f64::MIN {
                    f64::NEG_INFINITY
                } else {
                    number
                }))
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Float, E> {
                Ok(Float(number as f64))
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Float, E> {
                Ok(Float(number as f64))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Float, E> {
                // Rust reads `NaN`, `Infinity` and `-Infinity` as they are.
                match text.trim().parse::<f64>() {
                    Ok(number) => self.visit_f64(number),
                    Err(error) => Err(E::custom(format!("`{text}` is not a number: {error}"))),
                }
            }
        }
        deserializer.deserialize_any(FloatVisitor)
    }
}

/// JSON as Python writes it made into JSON: bare `NaN`, `Infinity` and `-Infinity` outside of strings become
/// text, and halves of surrogate pairs inside of strings become U+FFFD. Borrowed where nothing was wrong.
pub(super) fn repair(json: &str) -> Cow<'_, str> {
    const BARE: [&str; 3] = ["NaN", "Infinity", "-Infinity"];
    let bytes = json.as_bytes();
    let mut mended = String::new();
    let mut copied_to = 0;
    let mut replace = |from: usize, to: usize, with: &str| {
        mended.push_str(&json[copied_to..from]);
        mended.push_str(with);
        copied_to = to;
    };
    let mut is_in_string = false;
    let mut i = 0;
    while i < bytes.len() {
        match (is_in_string, bytes[i]) {
            (_, b'"') => is_in_string = !is_in_string,
            (true, b'\\') => {
                let half = code_unit(bytes, i);
                let is_pair = matches!(half, Some(0xd800..=0xdbff))
                    && matches!(code_unit(bytes, i + 6), Some(0xdc00..=0xdfff));
                if is_pair {
                    i += 12;
                } else if matches!(half, Some(0xd800..=0xdfff)) {
                    replace(i, i + 6, "\u{fffd}");
                    i += 6;
                } else {
                    i += 2;
                }
                continue;
            }
            (false, b'N' | b'I' | b'-') => {
                if let Some(word) = BARE.into_iter().find(|word| bytes[i..].starts_with(word.as_bytes())) {
                    replace(i, i + word.len(), &format!("\"{word}\""));
                    i += word.len();
                    continue;
                }
            }
            _ => {}
        }
        i += 1;
    }
    if copied_to == 0 {
        return Cow::Borrowed(json);
    }
    mended.push_str(&json[copied_to..]);
    Cow::Owned(mended)
}

/// The UTF-16 code unit that `\uXXXX` at this place stands for.
fn code_unit(bytes: &[u8], at: usize) -> Option<u16> {
    let escape = bytes.get(at..at + 6)?;
    if !escape.starts_with(b"\\u") || !escape[2..].iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    u16::from_str_radix(std::str::from_utf8(&escape[2..]).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn float(json: &str) -> f64 {
        serde_json::from_str::<Float>(json).unwrap().0
    }

    fn int(json: &str) -> Option<i64> {
        serde_json::from_str::<Int>(json).ok().map(|int| int.0)
    }

    #[test]
    fn numbers_of_every_kind() {
        assert!(float("\"NaN\"").is_nan());
        assert_eq!(float("\"Infinity\""), f64::INFINITY);
        assert_eq!(float("\"-Infinity\""), f64::NEG_INFINITY);
        assert_eq!(float("1.7976931348623157e+308"), f64::INFINITY);
        assert_eq!(float("-1.7976931348623157e+308"), f64::NEG_INFINITY);
        assert_eq!(float("1.7976931348623155e308"), 1.797_693_134_862_315_5e308);
        assert_eq!(float("6.533333333333333"), 6.533_333_333_333_333);
        assert_eq!(float("5e-324"), 5e-324);
        assert_eq!(float("3"), 3.0);
        assert_eq!(float("\"0.25\""), 0.25);
        assert!(float("-0.0").is_sign_negative());
        assert!(serde_json::from_str::<Float>("\"high\"").is_err());
        assert_eq!(int("9007199254740993"), Some(9_007_199_254_740_993));
        assert_eq!(int("\"9223372036854775807\""), Some(i64::MAX));
        assert_eq!(int("-3"), Some(-3));
        assert_eq!(int("1.7e12"), Some(1_700_000_000_000));
        assert_eq!(int("9223372036854775808"), None);
        assert_eq!(int("1.5"), None);
        assert_eq!(int("\"NaN\""), None);
    }

    #[test]
    fn python_json_becomes_json() {
        assert_eq!(
            repair(r#"{"a": NaN, "b": [-Infinity,Infinity], "c": -1}"#),
            r#"{"a": "NaN", "b": ["-Infinity","Infinity"], "c": -1}"#
        );
        assert!(matches!(repair(r#"{"a": "NaN \" -Infinity \\", "b": 1}"#), Cow::Borrowed(_)));
        assert_eq!(repair(r#""\ud800 \ud83d\ude00 \udc00""#), "\"\u{fffd} \\ud83d\\ude00 \u{fffd}\"");
        assert!(matches!(repair("\"\\"), Cow::Borrowed(_)));
    }
}
