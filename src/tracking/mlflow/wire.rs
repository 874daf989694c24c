//! MLflow's answers as they stand on the wire. Every list may be absent, every number may be text.

use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::fmt;

/// What a database stores for an infinity (MLflow's SQL stores), see `mlflow/store/tracking/sqlalchemy_store`.
const STORED_INFINITY: f64 = f64::MAX;

/// Runs, each left undecoded, so that one of them can fail alone.
#[derive(Deserialize)]
pub struct RunList<'a> {
    #[serde(borrow, default)]
    pub runs: Vec<&'a RawValue>,
    #[serde(default)]
    pub next_page_token: Option<String>,
}

/// The same, decoded in one go: quicker, where nothing is wrong.
#[derive(Deserialize)]
pub struct QuickRunList {
    #[serde(default)]
    pub runs: Vec<Run>,
    #[serde(default)]
    pub next_page_token: Option<String>,
}

#[derive(Deserialize)]
pub struct ExperimentList<'a> {
    #[serde(borrow, default)]
    pub experiments: Vec<&'a RawValue>,
    #[serde(default)]
    pub next_page_token: Option<String>,
}

#[derive(Deserialize)]
pub struct Experiment {
    #[serde(deserialize_with = "text")]
    pub experiment_id: String,
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub lifecycle_stage: String,
    #[serde(default, deserialize_with = "int")]
    pub creation_time: Option<i64>,
    #[serde(default, deserialize_with = "int")]
    pub last_update_time: Option<i64>,
}

#[derive(Deserialize)]
pub struct RunAnswer {
    pub run: Run,
}

#[derive(Deserialize)]
pub struct Run {
    pub info: RunInfo,
    #[serde(default)]
    pub data: RunData,
    #[serde(default)]
    pub outputs: Outputs,
}

#[derive(Deserialize)]
pub struct RunInfo {
    #[serde(default)]
    pub run_id: String,
    #[serde(default)]
    pub run_uuid: String,
    #[serde(default)]
    pub run_name: String,
    #[serde(default, deserialize_with = "text")]
    pub experiment_id: String,
    #[serde(default)]
    pub user_id: String,
    #[serde(default)]
    pub status: String,
    #[serde(default, deserialize_with = "int")]
    pub start_time: Option<i64>,
    #[serde(default, deserialize_with = "int")]
    pub end_time: Option<i64>,
    #[serde(default)]
    pub artifact_uri: String,
    #[serde(default)]
    pub lifecycle_stage: String,
}

#[derive(Deserialize, Default)]
pub struct RunData {
    #[serde(default)]
    pub metrics: Vec<Metric>,
    #[serde(default)]
    pub params: Vec<KeyValue>,
    #[serde(default)]
    pub tags: Vec<KeyValue>,
}

#[derive(Deserialize)]
pub struct KeyValue {
    pub key: String,
    #[serde(default)]
    pub value: String,
}

#[derive(Deserialize)]
pub struct Metric {
    pub key: String,
    #[serde(deserialize_with = "float")]
    pub value: f64,
    #[serde(default, deserialize_with = "int")]
    pub timestamp: Option<i64>,
    #[serde(default, deserialize_with = "int")]
    pub step: Option<i64>,
}

#[derive(Deserialize, Default)]
pub struct Outputs {
    #[serde(default)]
    pub model_outputs: Vec<ModelOutput>,
}

#[derive(Deserialize)]
pub struct ModelOutput {
    #[serde(default)]
    pub model_id: String,
}

/// One entry of the tag `mlflow.log-model.history` (MLflow up to 2).
#[derive(Deserialize)]
pub struct LoggedModelEntry {
    #[serde(default)]
    pub artifact_path: Option<String>,
}

#[derive(Deserialize)]
pub struct ArtifactList {
    #[serde(default)]
    pub files: Vec<File>,
    #[serde(default)]
    pub next_page_token: Option<String>,
}

#[derive(Deserialize)]
pub struct File {
    pub path: String,
    #[serde(default)]
    pub is_dir: bool,
    #[serde(default, deserialize_with = "int")]
    pub file_size: Option<i64>,
}

#[derive(Deserialize, Serialize)]
pub struct ErrorBody {
    pub error_code: String,
    #[serde(default)]
    pub message: String,
}

/// A number, a number as text, or one of the words for what JSON cannot say.
fn float<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    struct Float;
    impl Visitor<'_> for Float {
        type Value = f64;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a number")
        }
        fn visit_f64<E>(self, number: f64) -> Result<f64, E> {
            Ok(number)
        }
        fn visit_i64<E>(self, number: i64) -> Result<f64, E> {
            Ok(number as f64)
        }
        fn visit_u64<E>(self, number: u64) -> Result<f64, E> {
            Ok(number as f64)
        }
        fn visit_str<E: de::Error>(self, text: &str) -> Result<f64, E> {
            text.parse().map_err(|_error| E::invalid_value(de::Unexpected::Str(text), &self))
        }
    }
    let number = deserializer.deserialize_any(Float)?;
    Ok(if number == STORED_INFINITY {
        f64::INFINITY
    } else if number == -STORED_INFINITY {
        f64::NEG_INFINITY
    } else {
        number
    })
}

/// An int64 as a number, as text, or absent. A number too large for one is absent too.
fn int<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    struct Int;
    impl Visitor<'_> for Int {
        type Value = Option<i64>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an integer")
        }
        fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
            Ok(number.is_finite().then_some(number as i64))
        }
        fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
            Ok(Some(number))
        }
        fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
            Ok(i64::try_from(number).ok())
        }
        fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
            if text.is_empty() {
                return Ok(None);
            }
            text.parse().map(Some).map_err(|_error| E::invalid_value(de::Unexpected::Str(text), &self))
        }
        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(None)
        }
    }
    deserializer.deserialize_any(Int)
}

/// An id as text or as a number.
fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    struct Text;
    impl Visitor<'_> for Text {
        type Value = String;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an id")
        }
        fn visit_i64<E>(self, number: i64) -> Result<String, E> {
            Ok(number.to_string())
        }
        fn visit_u64<E>(self, number: u64) -> Result<String, E> {
            Ok(number.to_string())
        }
        fn visit_str<E>(self, text: &str) -> Result<String, E> {
            Ok(text.to_owned())
        }
    }
    deserializer.deserialize_any(Text)
}
