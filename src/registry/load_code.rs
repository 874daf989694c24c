//! Python that loads a model for inference, for the flavour at hand, to be copied.
//!
//! Whatever a server or a person named goes into string literals and comments of which nothing can break out.

use crate::entities::{LoggedModelRef, Manifest, RunId, VersionNumber};

/// How the code names the model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A version of a registered model.
    Version(String, VersionNumber),
    /// Whichever version an alias stands for when the code runs.
    Alias(String, String),
    /// What the run logged.
    Run(RunId, LoggedModelRef),
}

impl Origin {
    /// The address that MLflow's Python client takes.
    pub fn uri(&self) -> String {
        match self {
            Self::Version(name, version) => format!("models:/{name}/{version}"),
            Self::Alias(name, alias) => format!("models:/{name}@{alias}"),
            Self::Run(_, LoggedModelRef::Id(id)) => format!("models:/{id}"),
            Self::Run(run_id, LoggedModelRef::ArtifactPath(path)) => format!("runs:/{run_id}/{path}"),
        }
    }

    /// What it is called in a list of them.
    pub fn text(&self) -> String {
        match self {
            Self::Version(name, version) => format!("Version {version} of {name}"),
            Self::Alias(name, alias) => format!("Alias {alias} of {name}"),
            Self::Run(..) => "This run's model".to_owned(),
        }
    }
}

/// What turns raw rows into the model's input, logged beside the model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Preprocessor {
    /// A pickled object, as an artifact of the run.
    Artifact(RunId, String),
    /// A model of its own that the run logged.
    Model(RunId, LoggedModelRef),
}

/// Whether a file or folder looks like a preprocessor, by its name.
pub fn is_preprocessor(path: &str) -> bool {
    let path = path.to_lowercase();
    ["preproc", "vectorizer", "scaler", "encoder", "transformer"].iter().any(|word| path.contains(word))
}

/// A flavour that has a way of its own to load: its name, what to import for it, and how it predicts.
struct Flavour {
    name: &'static str,
    module: &'static str,
    import: &'static str,
}

/// In the order of preference. Everything else is loaded as a Python function.
const FLAVOURS: [Flavour; 7] = [
    Flavour { name: "xgboost", module: "mlflow.xgboost", import: "xgboost" },
    Flavour { name: "lightgbm", module: "mlflow.lightgbm", import: "" },
    Flavour { name: "catboost", module: "mlflow.catboost", import: "" },
    Flavour { name: "pytorch", module: "mlflow.pytorch", import: "torch" },
    Flavour { name: "keras", module: "mlflow.keras", import: "" },
    Flavour { name: "tensorflow", module: "mlflow.tensorflow", import: "" },
    Flavour { name: "sklearn", module: "mlflow.sklearn", import: "" },
];

const PYFUNC: Flavour = Flavour { name: "python_function", module: "mlflow.pyfunc", import: "" };

/// The code. `tracking_uri` is the server's whole address.
pub fn python(
    tracking_uri: &str,
    origin: &Origin,
    manifest: &Manifest,
    preprocessor: Option<&Preprocessor>,
) -> String {
    let known = FLAVOURS.iter().find(|flavour| manifest.flavors.iter().any(|name| name == flavour.name));
    let flavour = known.unwrap_or(&PYFUNC);
    let is_joblib =
        matches!(preprocessor, Some(Preprocessor::Artifact(_, path)) if path.ends_with(".joblib"));
    let is_artifact = matches!(preprocessor, Some(Preprocessor::Artifact(..)));
    let mut lines = Vec::new();
    if is_artifact && !is_joblib {
        lines.push("import pickle\n".to_owned());
    }
    if is_joblib {
        lines.push("import joblib".to_owned());
    }
    lines.push("import mlflow".to_owned());
    // Of a booster only: an estimator predicts from the rows themselves.
    let is_booster = flavour.name == "xgboost" && manifest.model_class.ends_with("Booster");
    if !flavour.import.is_empty() && (flavour.name != "xgboost" || is_booster) {
        lines.push(format!("import {}", flavour.import));
    }
    lines.push(String::new());
    lines.push(format!("mlflow.set_tracking_uri({})", literal(tracking_uri)));
    lines.push(format!("model = {}.load_model({})", flavour.module, literal(&origin.uri())));
    lines.push(String::new());
    match preprocessor {
        Some(Preprocessor::Artifact(run_id, path)) => {
            lines.push(
                "# Unpickling runs what is in the file: load it only from runs that you trust.".to_owned(),
            );
            lines.push("path = mlflow.artifacts.download_artifacts(".to_owned());
            let (run_id, artifact) = (literal(&run_id.0), literal(path));
            lines.push(format!("    run_id={run_id}, artifact_path={artifact}"));
            lines.push(")".to_owned());
            if is_joblib {
                lines.push("preprocessor = joblib.load(path)".to_owned());
            } else {
                lines.push("with open(path, \"rb\") as file:".to_owned());
                lines.push("    preprocessor = pickle.load(file)".to_owned());
            }
            lines.push(String::new());
        }
        Some(Preprocessor::Model(run_id, model)) => {
            let uri = Origin::Run(run_id.clone(), model.clone()).uri();
            lines.push(format!("preprocessor = mlflow.sklearn.load_model({})", literal(&uri)));
            lines.push(String::new());
        }
        None => {}
    }
    match preprocessor {
        Some(_) => {
            lines.push("rows = ...  # what the preprocessor takes".to_owned());
            lines.push("data = preprocessor.transform(rows)".to_owned());
        }
        None => lines.push(format!("data = ...  # {}", inputs_text(manifest))),
    }
    lines.extend(match flavour.name {
        "xgboost" if is_booster => vec!["predictions = model.predict(xgboost.DMatrix(data))".to_owned()],
        "pytorch" => vec![
            "model.eval()".to_owned(),
            "with torch.no_grad():".to_owned(),
            "    predictions = model(torch.as_tensor(data))".to_owned(),
        ],
        _ => vec!["predictions = model.predict(data)".to_owned()],
    });
    lines.join("\n") + "\n"
}

/// What the model takes, for a comment: the beginning of its signature.
fn inputs_text(manifest: &Manifest) -> String {
    const N_SHOWN: usize = 6;
    if manifest.inputs.is_empty() {
        return "what the model takes".to_owned();
    }
    let shown = manifest.inputs.iter().take(N_SHOWN);
    let mut texts: Vec<String> =
        shown.map(|(name, kind)| format!("{} {}", literal(name), escaped(kind))).collect();
    if manifest.inputs.len() > N_SHOWN {
        texts.push(format!("{} more", manifest.inputs.len() - N_SHOWN));
    }
    format!("inputs: {}", texts.join(", "))
}

/// A string literal of Python.
fn literal(text: &str) -> String {
    format!("\"{}\"", escaped(text))
}

/// Escaped as in a literal: quotes, backslashes, and whatever is no printable character of its own, such as line
/// breaks and the marks that turn the reading direction around.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\'' => out.push(c),
            // Rust's own table of what is printable.
            c if c.escape_debug().len() == 1 => out.push(c),
            c if u32::from(c) < 0x1_0000 => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push_str(&format!("\\U{:08x}", u32::from(c))),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn manifest(flavors: &[&str], model_class: &str) -> Manifest {
        let flavors = flavors.iter().map(|name| (*name).to_owned()).collect();
        Manifest { flavors, model_class: model_class.into(), ..Manifest::default() }
    }

    fn version() -> Origin {
        Origin::Version("taxi".into(), VersionNumber(6))
    }

    #[test]
    fn a_booster_with_its_pickled_preprocessor() {
        let preprocessor = Preprocessor::Artifact(RunId("r1".into()), "preprocessor/preprocessor.b".into());
        let manifest = manifest(&["python_function", "xgboost"], "xgboost.core.Booster");
        let code = python("http://127.0.0.1:5000", &version(), &manifest, Some(&preprocessor));
        assert_eq!(
            code,
            r#"import pickle

import mlflow
import xgboost

mlflow.set_tracking_uri("http://127.0.0.1:5000")
model = mlflow.xgboost.load_model("models:/taxi/6")

# Unpickling runs what is in the file: load it only from runs that you trust.
path = mlflow.artifacts.download_artifacts(
    run_id="r1", artifact_path="preprocessor/preprocessor.b"
)
with open(path, "rb") as file:
    preprocessor = pickle.load(file)

rows = ...  # what the preprocessor takes
data = preprocessor.transform(rows)
predictions = model.predict(xgboost.DMatrix(data))
"#
        );
    }

    #[test]
    fn an_estimator_by_alias_with_its_signature() {
        let mut manifest = manifest(&["python_function", "sklearn"], "");
        manifest.inputs = vec![("trip_distance".into(), "double".into()), ("a\nb".into(), "string".into())];
        let code =
            python("http://x/mlflow", &Origin::Alias("taxi".into(), "champion".into()), &manifest, None);
        assert_eq!(
            code,
            r#"import mlflow

mlflow.set_tracking_uri("http://x/mlflow")
model = mlflow.sklearn.load_model("models:/taxi@champion")

data = ...  # inputs: "trip_distance" double, "a\nb" string
predictions = model.predict(data)
"#
        );
    }

    #[test]
    fn each_flavour_is_loaded_by_its_own_module() {
        for (flavors, class, expected) in [
            (
                vec!["python_function", "lightgbm"],
                "lightgbm.basic.Booster",
                "model = mlflow.lightgbm.load_model(",
            ),
            (vec!["python_function", "keras"], "", "model = mlflow.keras.load_model("),
            (vec!["tensorflow", "python_function"], "", "model = mlflow.tensorflow.load_model("),
            (vec!["python_function", "pytorch"], "", "    predictions = model(torch.as_tensor(data))"),
            (
                vec!["python_function", "xgboost"],
                "xgboost.sklearn.XGBRegressor",
                "predictions = model.predict(data)",
            ),
            (vec!["python_function"], "", "model = mlflow.pyfunc.load_model("),
            (vec![], "", "model = mlflow.pyfunc.load_model("),
            (vec!["python_function", "prophet"], "", "model = mlflow.pyfunc.load_model("),
        ] {
            let code = python("http://x", &version(), &manifest(&flavors, class), None);
            assert!(code.contains(expected), "{flavors:?}: {code}");
        }
    }

    #[test]
    fn a_runs_model_and_a_preprocessor_that_is_a_model() {
        let run_id = RunId("r1".into());
        let origin = Origin::Run(run_id.clone(), LoggedModelRef::ArtifactPath("model".into()));
        assert_eq!(origin.uri(), "runs:/r1/model");
        assert_eq!(Origin::Run(run_id.clone(), LoggedModelRef::Id("m-1".into())).uri(), "models:/m-1");
        let preprocessor = Preprocessor::Model(run_id, LoggedModelRef::ArtifactPath("scaler".into()));
        let code = python("http://x", &origin, &manifest(&["sklearn"], ""), Some(&preprocessor));
        assert!(code.contains("preprocessor = mlflow.sklearn.load_model(\"runs:/r1/scaler\")"), "{code}");
        let joblib = Preprocessor::Artifact(RunId("r1".into()), "scaler.joblib".into());
        let code = python("http://x", &origin, &manifest(&["sklearn"], ""), Some(&joblib));
        assert!(
            code.starts_with("import joblib\nimport mlflow\n") && code.contains("joblib.load(path)"),
            "{code}"
        );
    }

    #[test]
    fn names_stay_inside_their_literals() {
        let origin = Origin::Alias("x\"); import os #\\\n\u{202e}é".into(), "a\u{e0001}".into());
        let code = python("http://x", &origin, &Manifest::default(), None);
        let line = code.lines().find(|line| line.starts_with("model =")).unwrap();
        assert_eq!(
            line,
            r#"model = mlflow.pyfunc.load_model("models:/x\"); import os #\\\n\u202eé@a\U000e0001")"#
        );
    }

    proptest! {
        #[test]
        fn any_name_keeps_to_its_line(name in any::<String>(), inputs in prop::collection::vec(any::<(String, String)>(), 0..3)) {
            let manifest = Manifest { inputs, ..Manifest::default() };
            let code = python(&name, &Origin::Alias(name.clone(), name.clone()), &manifest, None);
            prop_assert_eq!(code.lines().count(), 7);
            prop_assert!(code.chars().all(|c| c == '\n' || !c.is_control()));
            let has_marks = code.contains(['\u{2028}', '\u{2029}', '\u{202e}', '\u{2066}', '\u{200f}']);
            prop_assert!(!has_marks);
        }
    }
}
