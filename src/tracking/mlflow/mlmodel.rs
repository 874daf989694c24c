//! A model's `MLmodel` file: the little of YAML that MLflow writes there, and nothing else.
//!
//! The file is an artifact, so anybody who can log a run has written it. Mappings of plain and quoted scalars are
//! read line by line; anchors, tags, flow collections and everything else stay the text they are, so that nothing
//! in a file can grow, recurse or name a type.

use crate::entities::Manifest;
use serde::Deserialize;
use std::borrow::Cow;

/// Bytes read of a file. Real ones have a few kilobytes; signatures of wide tables some hundred.
pub const MAX_BYTES: usize = 4_000_000;

/// Reads the file. What cannot be read of it is left out.
pub fn read(bytes: &[u8]) -> Manifest {
    let bytes = bytes.get(..MAX_BYTES).unwrap_or(bytes);
    let text = String::from_utf8_lossy(bytes);
    let mut model = Manifest::default();
    for Line { path, value } in lines(&text) {
        let value = value.as_ref();
        match path.as_slice() {
            ["model_size_bytes"] => model.size_bytes = value.parse().ok(),
            ["mlflow_version"] => value.clone_into(&mut model.mlflow_version),
            ["artifact_path"] => value.clone_into(&mut model.artifact_path),
            ["flavors", flavor] => model.flavors.push((*flavor).to_owned()),
            ["flavors", "python_function", "loader_module"] => value.clone_into(&mut model.loader_module),
            ["flavors", _, "model_class"] => value.clone_into(&mut model.model_class),
            ["signature", "inputs"] => model.inputs = fields(value),
            ["signature", "outputs"] => model.outputs = fields(value),
            _ => {}
        }
    }
    model
}

/// A key with the keys above it, and its scalar; empty where a mapping follows.
struct Line<'a> {
    path: Vec<&'a str>,
    value: Cow<'a, str>,
}

fn lines(text: &str) -> Vec<Line<'_>> {
    let mut found = Vec::new();
    // The keys above the present line, with their indentation.
    let mut above: Vec<(usize, &str)> = Vec::new();
    let mut rest = text.lines();
    while let Some(line) = rest.next() {
        let content = line.trim_start_matches(' ');
        let indent = line.len() - content.len();
        let Some((key, value)) = content.split_once(':') else { continue };
        let is_key =
            !key.is_empty() && !key.starts_with(['#', '-', '?', '[', '{', '&', '*', '!', '|', '>', '%']);
        if !is_key || !(value.is_empty() || value.starts_with(' ')) {
            continue;
        }
        while above.last().is_some_and(|(other, _)| *other >= indent) {
            above.pop();
        }
        // Nothing that is read lies deeper; a file that nests without end costs no more than its bytes.
        if above.len() > 3 {
            continue;
        }
        above.push((indent, key.trim_matches(['\'', '"'])));
        let value = value.trim();
        let value = match value.chars().next() {
            Some(quote @ ('\'' | '"')) => quoted(&value[1..], quote, &mut rest),
            _ => Cow::Borrowed(value.split(" #").next().unwrap_or_default().trim_end()),
        };
        found.push(Line { path: above.iter().map(|(_, key)| *key).collect(), value });
    }
    found
}

/// A quoted scalar from behind its opening quote on; it may go on over lines, whose breaks are spaces.
fn quoted<'a>(first: &'a str, quote: char, rest: &mut std::str::Lines<'a>) -> Cow<'a, str> {
    let mut text = String::new();
    let mut line = first;
    loop {
        let mut chars = line.chars().peekable();
        let mut is_folded = true;
        while let Some(c) = chars.next() {
            match c {
                '\'' if quote == '\'' && chars.peek() == Some(&'\'') => {
                    chars.next();
                    text.push('\'');
                }
                '\\' if quote == '"' => match chars.next() {
                    Some('n') => text.push('\n'),
                    Some('t') => text.push('\t'),
                    Some(other) => text.push(other),
                    // A backslash at the end of a line joins it with the next one.
                    None => is_folded = false,
                },
                c if c == quote => return Cow::Owned(text),
                c => text.push(c),
            }
        }
        let Some(next) = rest.next() else { return Cow::Owned(text) };
        if is_folded {
            text.push(' ');
        }
        line = next.trim();
    }
}

#[derive(Deserialize)]
struct WireField {
    name: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    required: Option<bool>,
    #[serde(rename = "tensor-spec")]
    tensor: Option<WireTensor>,
}

#[derive(Deserialize)]
struct WireTensor {
    dtype: Option<String>,
    shape: Option<Vec<i64>>,
}

/// A signature's JSON as names and types; its beginning where it is of another form.
fn fields(json: &str) -> Vec<(String, String)> {
    if json.is_empty() || json == "null" {
        return Vec::new();
    }
    let Ok(fields) = serde_json::from_str::<Vec<WireField>>(json) else {
        return vec![("schema".to_owned(), json.chars().take(300).collect())];
    };
    let named = fields.into_iter().enumerate().map(|(place, field)| {
        let mut kind = field.kind.unwrap_or_else(|| "unknown".to_owned());
        if let Some(tensor) = field.tensor {
            let shape: Vec<String> =
                tensor.shape.unwrap_or_default().iter().map(ToString::to_string).collect();
            kind = format!("{kind} {} [{}]", tensor.dtype.unwrap_or_default(), shape.join(", "));
        }
        if field.required == Some(false) {
            kind.push_str(", optional");
        }
        (field.name.unwrap_or_else(|| place.to_string()), kind)
    });
    named.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FILE: &str = r#"artifact_path: model
flavors:
  python_function:
    env:
      conda: conda.yaml
    loader_module: mlflow.sklearn
    model_path: model.pkl
  sklearn:
    code: null
    pickled_model: model.pkl
mlflow_version: 2.22.5
model_size_bytes: 19378
signature:
  inputs: '[{"type": "double", "name": "trip_distance", "required": true}, {"type": "string",
    "name": "bob''s zone", "required": false}]'
  outputs: '[{"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1]}}]'
  params: null
utc_time_created: '2026-11-23 06:50:49.131935'
"#;

    #[test]
    fn a_real_file_is_read() {
        let model = read(FILE.as_bytes());
        assert_eq!(model.flavors, ["python_function", "sklearn"]);
        assert_eq!(model.size_bytes, Some(19_378));
        let pairs = |list: &[(&str, &str)]| {
            list.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect::<Vec<_>>()
        };
        assert_eq!(model.inputs, pairs(&[("trip_distance", "double"), ("bob's zone", "string, optional")]));
        assert_eq!(model.outputs, pairs(&[("0", "tensor float64 [-1]")]));
        assert_eq!(
            (model.mlflow_version.as_str(), model.loader_module.as_str()),
            ("2.22.5", "mlflow.sklearn")
        );
    }

    #[test]
    fn what_yaml_could_do_is_text_here() {
        let bomb = "a: &a [x, x]\nb: &b [*a, *a]\nflavors: &f\n  <<: *b\n  evil: !!python/object/apply:os.system ['x']\nmodel_size_bytes: !!int 3\n";
        let model = read(bomb.as_bytes());
        assert_eq!(model.flavors, ["<<", "evil"]);
        assert_eq!(model.size_bytes, None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_harm(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            read(&bytes);
        }

        #[test]
        fn any_lines_are_read_without_harm(text in "([ ]{0,6}[a-z'\":&*!\\\\]{0,9}:? ?['\"a-z]{0,5}\n){0,12}") {
            read(text.as_bytes());
        }
    }
}
