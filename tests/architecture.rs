//! Holds the import rules of ARCHITECTURE.md: what each room may use, that every file says what it is for,
//! that no file outside the entries asks for the target, and that nothing unwraps outside tests.

#![expect(clippy::unwrap_used, reason = "helpers of tests: an unreadable source is a failure")]

use std::fs;
use std::path::{Path, PathBuf};

/// A room and the rooms it may use. Rooms of the page may use everything but the network.
const ROOMS: [(&str, &[&str]); 17] = [
    ("entities", &[]),
    ("view", &["entities"]),
    ("tracking", &["entities"]),
    ("frame", &["entities", "view"]),
    ("analysis", &["entities", "view", "frame"]),
    ("plot", &["entities", "view", "frame", "analysis"]),
    ("route", &["entities", "view"]),
    ("registry", &["entities", "view"]),
    ("registrar", &["entities", "view", "tracking", "registry"]),
    ("engine", &["entities", "view", "tracking", "frame", "analysis", "plot"]),
    ("transport", &["tracking"]),
    ("worker", &["engine", "registrar", "transport"]),
    ("chart", &["plot"]),
    ("state", &["entities", "view", "tracking", "route", "registry", "engine", "registrar", "ui"]),
    ("ui", &["entities", "view", "plot", "chart", "route", "registry", "engine", "registrar", "state"]),
    (
        "pages",
        &["entities", "view", "tracking", "plot", "route", "registry", "engine", "registrar", "state", "ui"],
    ),
    (
        "app",
        &["entities", "view", "tracking", "route", "registry", "engine", "registrar", "state", "ui", "pages"],
    ),
];

fn sources() -> Vec<PathBuf> {
    fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() {
                walk(&path, files);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    let mut files = Vec::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    files.sort();
    assert!(files.len() > 20, "the sources were not found");
    files
}

fn room_of(path: &Path) -> String {
    let below = path.strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).unwrap();
    let first = below.iter().next().unwrap().to_string_lossy();
    first.trim_end_matches(".rs").to_owned()
}

#[test]
fn each_room_uses_only_what_it_may() {
    let mut wrong = Vec::new();
    for path in sources() {
        let room = room_of(&path);
        let Some((_, allowed)) = ROOMS.iter().find(|(name, _)| *name == room) else {
            assert!(
                ["lib", "main", "bin"].contains(&room.as_str()),
                "{} is in no known room",
                path.display()
            );
            continue;
        };
        let text = fs::read_to_string(&path).unwrap();
        for (number, line) in text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            for rest in code.split("crate::").skip(1) {
                let used: String =
                    rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
                if used != room && !allowed.contains(&used.as_str()) {
                    wrong.push(format!("{}:{}: {room} must not use {used}", path.display(), number + 1));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_file_says_what_it_is_for() {
    for path in sources() {
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("//! "), "{} does not open with //!", path.display());
    }
}

#[test]
fn only_the_entries_ask_for_the_target() {
    for path in sources() {
        if ["lib", "main", "bin"].contains(&room_of(&path).as_str()) {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        assert!(!text.contains("target_arch"), "{} asks for the target", path.display());
    }
}

#[test]
fn nothing_unwraps_outside_tests() {
    let is_test = |path: &PathBuf| path.to_string_lossy().ends_with("_tests.rs");
    for path in sources().into_iter().filter(|path| !is_test(path)) {
        let text = fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        assert!(!code.contains(".unwrap()"), "{} unwraps", path.display());
    }
}
