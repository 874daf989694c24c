//! The recorded answers of real servers, all of which must decode.

use super::*;
use crate::tracking::{Response, ServerError};
use std::fs;
use std::path::PathBuf;

/// The recorded versions.
pub(super) const VERSIONS: [&str; 6] = ["1.30.1", "2.3.2", "2.9.2", "2.22.5", "3.1.4", "3.17.2"];

/// The recorded file of that name, whatever its ending, with the status that its content stands for.
pub(super) fn recorded(version: &str, name: &str) -> Response {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/mlflow").join(version);
    let (content_type, body) = [("json", "application/json"), ("html", "text/html; charset=utf-8")]
        .into_iter()
        .find_map(|(ending, kind)| Some((kind, fs::read(folder.join(format!("{name}.{ending}"))).ok()?)))
        .unwrap_or_else(|| panic!("no recording of {name} for {version}"));
    let start = String::from_utf8_lossy(&body).into_owned();
    let status = if start.contains("RESOURCE_DOES_NOT_EXIST") {
        404
    } else if start.contains("\"error_code\"") {
        400
    } else if start.contains("<title>") {
        start.split("<title>").nth(1).and_then(|title| title[..3].parse().ok()).unwrap_or(200)
    } else {
        200
    };
    Response { status, content_type: content_type.into(), body }
}

#[test]
fn searches_for_runs_decode() {
    for version in VERSIONS {
        let expected = [
            ("runs-search", 3),
            ("runs-search-ajax", 3),
            ("runs-search-50000", 3),
            ("runs-search-gzip", 3),
            ("runs-search-unknownfield", 3),
            ("runs-search-intid", if version == "3.17.2" { 0 } else { 3 }),
            ("runs-search-page1", 1),
            ("runs-search-page2", 1),
            ("runs-search-forged-offset2", 1),
            ("runs-search-filter", 1),
            ("runs-search-filter-starttime", 2),
            ("runs-search-deleted-only", 1),
            ("runs-search-deleted-view", 0),
            ("runs-search-none", 0),
            ("runs-search-malformed", 0),
        ];
        for (name, n_runs) in expected {
            let page = decode_runs(&recorded(version, name)).unwrap();
            assert_eq!(page.items.len(), n_runs, "{version} {name}");
            assert!(page.skipped.is_empty(), "{version} {name}: {:?}", page.skipped);
            for run in &page.items {
                assert_eq!(run.info.id.0.len(), 32, "{version} {name}");
                assert!(!run.info.name.is_empty(), "{version} {name}");
            }
        }
        let first = decode_runs(&recorded(version, "runs-search-page1")).unwrap();
        assert_eq!(first.next_page_token.as_deref(), Some(requests::offset_token(1).as_str()), "{version}");
        for name in ["runs-search-badtoken", "runs-search-50001", "runs-search-badfilter"] {
            let error = decode_runs(&recorded(version, name)).unwrap_err();
            assert!(
                matches!(&error, ServerError::Refused { code, .. } if code == "INVALID_PARAMETER_VALUE"),
                "{version} {name}: {error}"
            );
        }
        let error = decode_runs(&recorded(version, "runs-search-get")).unwrap_err();
        assert!(matches!(error, ServerError::Http { status: 405, .. }), "{version}: {error}");
    }
}

#[test]
fn single_runs_decode_to_the_last_digit() {
    for version in VERSIONS {
        let (run, skipped) = decode_run(&recorded(version, "runs-get")).unwrap();
        assert!(skipped.is_empty());
        assert_eq!(run.info.start_millis, Some(1_700_000_000_000), "{version}");
        assert_eq!(run.info.status, crate::entities::RunStatus::Finished, "{version}");
        let metric = |key: &str| run.metrics.iter().find(|metric| metric.key == key).unwrap();
        assert!(metric("m_nan_str").value.is_nan(), "{version}");
        assert_eq!(metric("m_inf_str").value, f64::INFINITY, "{version}");
        assert_eq!(metric("m_ninf_str").value, f64::NEG_INFINITY, "{version}");
        assert_eq!(metric("big").step, 9_007_199_254_740_993, "{version}");
        assert_eq!(metric("big").value, 1e308, "{version}");
        assert_eq!(metric("tiny").value, 5e-324, "{version}");
        assert_eq!(metric("tiny").step, -3, "{version}");
        assert_eq!(metric("rmse").value, 6.533_333_333_333_333, "{version}");
        assert!(run.params.iter().any(|param| param.key == "empty" && param.value.is_empty()), "{version}");
        let error = decode_run(&recorded(version, "runs-get-missing")).unwrap_err();
        assert!(matches!(error, ServerError::Refused { status: 404, .. }), "{version}: {error}");
    }
}

#[test]
fn experiments_decode() {
    for version in VERSIONS {
        for name in ["experiments-search-post", "experiments-search-get", "experiments-search-ajax"] {
            let page = decode_experiments(&recorded(version, name)).unwrap();
            assert_eq!(page.items.len(), 2, "{version} {name}");
            assert!(page.skipped.is_empty(), "{version} {name}");
            assert!(page.items.iter().any(|experiment| experiment.name == "Default"), "{version} {name}");
        }
        let list = decode_experiments(&recorded(version, "experiments-list-1x"));
        match version {
            "1.30.1" => assert_eq!(list.unwrap().items.len(), 2),
            _ => assert!(matches!(list, Err(ServerError::Http { status: 404, .. })), "{version}"),
        }
        for name in ["experiments-search-nomax", "experiments-search-50001", "experiments-create-duplicate"] {
            let error = decode_experiments(&recorded(version, name)).unwrap_err();
            assert!(matches!(error, ServerError::Refused { .. }), "{version} {name}: {error}");
        }
    }
}

#[test]
fn artifacts_decode() {
    for version in VERSIONS {
        for (name, n_files) in [
            ("artifacts-list", 2),
            ("artifacts-list-sub", 1),
            ("artifacts-list-missing", 0),
            ("artifacts-list-emptyrun", 0),
        ] {
            let page = decode_artifacts(&recorded(version, name)).unwrap();
            assert_eq!(page.items.len(), n_files, "{version} {name}");
            assert!(page.skipped.is_empty(), "{version} {name}");
        }
        let page = decode_artifacts(&recorded(version, "artifacts-list")).unwrap();
        assert!(page.items[0].is_dir && page.items[1].size_bytes == Some(6), "{version}");
        assert!(decode_artifacts(&recorded(version, "artifacts-list-traversal")).is_err(), "{version}");
    }
}

#[test]
fn foreign_pages_are_errors_with_words() {
    for version in VERSIONS {
        let error = decode_runs(&recorded(version, "unknown-endpoint")).unwrap_err().to_string();
        assert!(error.contains("404 Not Found") && !error.contains('<'), "{version}: {error}");
        let error = check(&recorded(version, "get-artifact-missing")).unwrap_err().to_string();
        assert!(!error.contains('<'), "{version}: {error}");
    }
}
