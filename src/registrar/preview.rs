//! What a file is shown as, by its content and its name. Whoever can log a run has written the file: it is only
//! ever text, a table of texts, or a picture of a kind that cannot hold scripts.

use crate::tracking::mlflow::mlmodel;
use serde::de::IgnoredAny;

use super::files::{Shown, Table};

/// Bytes read of a file at first.
pub(super) const FIRST_BYTES: usize = 256_000;
/// Bytes read of a file at most, when all of it is asked for.
pub(super) const MOST_BYTES: usize = 8_000_000;
/// Rows, columns and characters of a cell shown of a table.
const N_ROWS: usize = 200;
const N_COLUMNS: usize = 60;
const CELL_CHARS: usize = 300;
/// Characters that indented JSON may have for each one before: deep nesting would make it grow without bounds.
const GROWTH: usize = 6;
/// The deepest indentation, in steps of two.
const MAX_DEPTH: usize = 24;

/// What a file is.
#[derive(Debug, PartialEq)]
pub(super) enum Content {
    /// A picture, with its media type.
    Image(&'static str),
    /// Anything else.
    Other(Shown),
}

/// Says what the file at `path` is. `is_cut`: these bytes are its beginning only.
pub(super) fn classify(path: &str, bytes: &[u8], is_cut: bool) -> Content {
    if let Some(media_type) = image(bytes) {
        return Content::Image(media_type);
    }
    let Some(text) = text_of(bytes, is_cut) else { return Content::Other(Shown::Binary) };
    let name = path.rsplit('/').next().unwrap_or(path);
    if name == "MLmodel" {
        return Content::Other(Shown::Manifest(mlmodel::read(bytes), text.to_owned()));
    }
    let name = name.to_lowercase();
    let delimiter = match name.rsplit('.').next() {
        Some("csv") => Some(b','),
        Some("tsv") => Some(b'\t'),
        _ => None,
    };
    if let Some(table) = delimiter.and_then(|delimiter| table(text, delimiter, is_cut)) {
        return Content::Other(table);
    }
    if !is_cut
        && text.trim_start().starts_with(['{', '['])
        && let Some(text) = indented(text)
    {
        return Content::Other(Shown::Text(text));
    }
    Content::Other(Shown::Text(text.to_owned()))
}

/// The media type of a picture, by its first bytes. SVG is none: it is text that can hold scripts.
fn image(bytes: &[u8]) -> Option<&'static str> {
    if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        Some("image/png")
    } else if bytes.starts_with(b"\xff\xd8\xff") {
        Some("image/jpeg")
    } else if bytes.starts_with(b"GIF87a") || bytes.starts_with(b"GIF89a") {
        Some("image/gif")
    } else if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        Some("image/webp")
    } else {
        None
    }
}

/// The bytes as text, where they are text in UTF-8; a character that the cut went through is left out.
fn text_of(bytes: &[u8], is_cut: bool) -> Option<&str> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) if is_cut && error.error_len().is_none() => {
            std::str::from_utf8(bytes.get(..error.valid_up_to())?).ok()?
        }
        Err(_) => return None,
    };
    // Control characters of terminals and logs are text, NUL is not.
    (!text.contains('\0')).then_some(text)
}

fn table(text: &str, delimiter: u8, is_cut: bool) -> Option<Shown> {
    // The last line of a cut file is the beginning of one.
    let whole = if is_cut { text.rfind('\n').map_or("", |end| &text[..end]) } else { text };
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(whole.as_bytes());
    let mut rows = Vec::new();
    let mut n_rows = 0;
    let mut n_columns = 0;
    for record in reader.records() {
        let record = record.ok()?;
        n_rows += 1;
        n_columns = n_columns.max(record.len());
        if n_rows <= N_ROWS + 1 {
            let cells = record.iter().take(N_COLUMNS).map(|cell| cell.chars().take(CELL_CHARS).collect());
            rows.push(cells.collect::<Vec<String>>());
        }
    }
    if rows.is_empty() {
        return None;
    }
    Some(Shown::Table(Table { rows, n_rows: n_rows - 1, n_columns }))
}

/// JSON with line breaks and indentation, every token as it was; none where it is no JSON, or would grow too long.
fn indented(text: &str) -> Option<String> {
    serde_json::from_str::<IgnoredAny>(text).ok()?;
    let mut out = String::with_capacity(text.len() * 2);
    let mut depth = 0_usize;
    let mut is_quoted = false;
    let mut chars = text.chars().peekable();
    let break_line = |out: &mut String, depth: usize| {
        out.push('\n');
        for _ in 0..depth.min(MAX_DEPTH) {
            out.push_str("  ");
        }
    };
    while let Some(c) = chars.next() {
        if out.len() > text.len() * GROWTH + 1024 {
            return None;
        }
        if is_quoted {
            out.push(c);
            match c {
                '\\' => out.extend(chars.next()),
                '"' => is_quoted = false,
                _ => {}
            }
            continue;
        }
        match c {
            '"' => {
                is_quoted = true;
                out.push(c);
            }
            '{' | '[' => {
                out.push(c);
                while chars.next_if(|c| c.is_ascii_whitespace()).is_some() {}
                if let Some(end) = chars.next_if(|c| matches!(c, '}' | ']')) {
                    out.push(end);
                } else {
                    depth += 1;
                    break_line(&mut out, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                break_line(&mut out, depth);
                out.push(c);
            }
            ',' => {
                out.push(c);
                break_line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            c if c.is_ascii_whitespace() => {}
            c => out.push(c),
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(path: &str, bytes: &[u8]) -> Shown {
        match classify(path, bytes, false) {
            Content::Other(shown) => shown,
            Content::Image(kind) => panic!("{kind}"),
        }
    }

    #[test]
    fn pictures_are_known_by_their_bytes_and_documents_are_text() {
        assert_eq!(classify("x", b"\x89PNG\r\n\x1a\n...", true), Content::Image("image/png"));
        assert_eq!(classify("x", b"RIFF\x10\0\0\0WEBPVP8 ", false), Content::Image("image/webp"));
        for (path, text) in
            [("a.svg", "<svg onload=alert(1)/>"), ("a.html", "<script>1</script>"), ("a.png", "<svg/>")]
        {
            assert_eq!(shown(path, text.as_bytes()), Shown::Text(text.into()));
        }
        assert_eq!(shown("model.pkl", b"\x80\x04\x95"), Shown::Binary);
        assert_eq!(shown("a.txt", b"a\0b"), Shown::Binary);
        assert_eq!(shown("empty", b""), Shown::Text(String::new()));
    }

    #[test]
    fn json_keeps_every_token() {
        let text = r#"{"b": 1e400,"a":[],"c":[1.10, {"x":"a,\"{b"}], "big":12345678901234567890123}"#;
        assert_eq!(
            shown("a.json", text.as_bytes()),
            Shown::Text("{\n  \"b\": 1e400,\n  \"a\": [],\n  \"c\": [\n    1.10,\n    {\n      \"x\": \"a,\\\"{b\"\n    }\n  ],\n  \"big\": 12345678901234567890123\n}".into())
        );
        let broken = "{\"a\": ";
        assert_eq!(shown("a.json", broken.as_bytes()), Shown::Text(broken.into()));
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(shown("deep.json", deep.as_bytes()), Shown::Text(deep.clone()));
    }

    #[test]
    fn tables_are_read_as_far_as_they_are_whole() {
        let text = "a,b\n1,\"x, \"\"y\"\"\"\n2\n3,cu";
        let Content::Other(Shown::Table(table)) = classify("t.CSV", text.as_bytes(), true) else {
            panic!("no table")
        };
        assert_eq!(table.rows, [vec!["a", "b"], vec!["1", "x, \"y\""], vec!["2"]]);
        assert_eq!((table.n_rows, table.n_columns), (2, 2));
        assert!(matches!(shown("t.tsv", b"a\tb\n1\t2"), Shown::Table(Table { n_columns: 2, .. })));
    }

    #[test]
    fn a_manifest_is_read_and_its_text_kept() {
        let bomb = "a: &a [x]\nflavors:\n  xgboost: {}\n";
        let Shown::Manifest(manifest, text) = shown("model/MLmodel", bomb.as_bytes()) else { panic!() };
        assert_eq!((manifest.flavors, text.as_str()), (vec!["xgboost".to_owned()], bomb));
    }

    proptest! {
        #[test]
        fn any_bytes_are_shown_as_something(bytes in prop::collection::vec(any::<u8>(), 0..300), is_cut in any::<bool>(), ending in "[a-z]{0,4}") {
            classify(&format!("x.{ending}"), &bytes, is_cut);
        }

        #[test]
        fn indented_json_says_the_same(value in any::<Vec<(String, Option<i64>, Vec<bool>)>>()) {
            let text = serde_json::to_string(&value).unwrap();
            let back: serde_json::Value = serde_json::from_str(&indented(&text).unwrap()).unwrap();
            prop_assert_eq!(back, serde_json::to_value(&value).unwrap());
        }
    }
}
