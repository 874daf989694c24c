//! A run's models, previews and registrations against a server made of values.

use super::files::{FileRef, FilesAsk, FilesNews, Preview, RegisterPhase, RunModels, Shown};
use super::{Ask, Input, News, Output, Registrar};
use crate::entities::{LoggedModelRef, ModelTag, RunId, VersionNumber};
use crate::registry::change::Decision;
use crate::registry::record::{Author, What, entries_in};
use crate::registry::registration::Registration;
use crate::tracking::{
    Capabilities, Method, Request, Response, ServerAddress, ServerInfo, ServerKind, TransportError,
};
use serde_json::{Value, json};

const MLMODEL: &str = "artifact_path: model\nflavors:\n  python_function:\n    loader_module: mlflow.xgboost\n  xgboost:\n    model_class: xgboost.core.Booster\n";

type Answer = Result<Response, TransportError>;

fn ok(body: Value) -> Answer {
    bytes(body.to_string().into_bytes())
}

fn bytes(body: Vec<u8>) -> Answer {
    Ok(Response { status: 200, content_type: String::new(), body })
}

fn refused(status: u16, code: &str) -> Answer {
    let body = json!({ "error_code": code, "message": "no" }).to_string().into_bytes();
    Ok(Response { status, content_type: String::new(), body })
}

/// Runs the registrar against a server until nothing is under way; the news and the requests.
fn run(
    asks: Vec<FilesAsk>,
    mut server: impl FnMut(&Request, Option<usize>) -> Answer,
) -> (Vec<FilesNews>, Vec<Request>) {
    let mut registrar = Registrar::default();
    let capabilities = Capabilities { api_prefix: "/api".into(), ..Capabilities::default() };
    let url = "http://127.0.0.1:5000".to_owned();
    let info = ServerInfo { url: url.clone(), kind: ServerKind::Mlflow, version: None, capabilities };
    let address = ServerAddress { url, ..ServerAddress::default() };
    registrar.handle(Input::Ask(Box::new(Ask::Use { address, server: info })));
    let (mut news, mut sent) = (vec![], vec![]);
    for ask in asks {
        // Every message goes through the text that it is sent as.
        let ask = serde_json::from_str(&serde_json::to_string(&Ask::Files(ask)).unwrap()).unwrap();
        let mut outputs: std::collections::VecDeque<Output> =
            registrar.handle(Input::Ask(Box::new(ask))).into();
        while let Some(output) = outputs.pop_front() {
            match output {
                Output::News(told) => {
                    match serde_json::from_str(&serde_json::to_string(&told).unwrap()).unwrap() {
                        News::Files(told) => news.push(told),
                        other => panic!("{other:?}"),
                    }
                }
                Output::TellWithBlob { news: mut told, .. } => {
                    told.set_url("blob:x".into());
                    news.push(told);
                }
                Output::Send { id, request, max_bytes, .. } => {
                    let answer = server(&request, max_bytes);
                    sent.push(request);
                    outputs.extend(registrar.handle(Input::Answered { id, answer }));
                }
                Output::Abort { .. } => {}
            }
        }
    }
    (news, sent)
}

fn models(news: &[FilesNews]) -> RunModels {
    let last = news.iter().rev().find_map(|news| match news {
        FilesNews::Models(models) => Some(models.clone()),
        _ => None,
    });
    last.unwrap()
}

fn file(path: &str, size: u64) -> Value {
    json!({ "path": path, "is_dir": false, "file_size": size })
}

fn folder(path: &str) -> Value {
    json!({ "path": path, "is_dir": true })
}

#[test]
fn models_are_found_behind_pages_and_in_folders_and_what_was_not_looked_through_is_said() {
    let list = "/api/2.0/mlflow/artifacts/list?run_id=r";
    let server = |request: &Request, max_bytes: Option<usize>| match request.path.as_str() {
        "/api/2.0/mlflow/runs/get?run_id=r" => ok(
            json!({ "run": { "info": { "run_id": "r", "artifact_uri": "s3://b/r/artifacts" }, "data": {} } }),
        ),
        path if path == list => ok(json!({ "files": [folder("a")], "next_page_token": "t" })),
        path if path == format!("{list}&page_token=t") => {
            let many = (0..60).map(|n| folder(&format!("f{n:02}")));
            ok(json!({ "files": many.collect::<Vec<_>>() }))
        }
        path if path == format!("{list}&path=a") => ok(json!({ "files": [folder("a/b")] })),
        path if path == format!("{list}&path=a%2Fb") => panic!("the fifty were taken by then"),
        path if path == format!("{list}&path=f07") => {
            ok(json!({ "files": [file("f07/a.txt", 1)], "next_page_token": "u" }))
        }
        path if path == format!("{list}&path=f07&page_token=u") => {
            ok(json!({ "files": [file("f07/MLmodel", 9)] }))
        }
        path if path.starts_with(list) => ok(json!({})),
        "/get-artifact?run_id=r&path=f07%2FMLmodel" => {
            // A server that sends more than anybody wants is read to here and no further.
            let mut text = "model_size_bytes: 7\n".to_owned();
            text.push_str(&"#".repeat(max_bytes.unwrap() - text.len()));
            bytes(text.into_bytes())
        }
        path if path.starts_with("/api/2.0/mlflow/model-versions/search?") => ok(json!({})),
        other => panic!("{other}"),
    };
    let (news, sent) = run(vec![FilesAsk::ReadModels(RunId("r".into()))], server);
    let found = models(&news);
    assert_eq!(found.models.iter().map(|model| model.name.as_str()).collect::<Vec<_>>(), ["f07"]);
    assert_eq!(found.models[0].size_bytes, Some(7));
    let n_listed = sent
        .iter()
        .filter(|request| request.path.starts_with(list) && request.path.contains("path="))
        .count();
    assert_eq!(n_listed, 51, "fifty folders, one of them in two pages");
    assert_eq!(
        found.problems,
        [
            "Of the MLmodel file of f07 only the first 4 MB were read.",
            "Models may be missing: 50 of the run's folders were looked through for them, 12 more, and what is below those, were not."
        ]
    );
}

#[test]
fn a_model_lies_in_a_folder_of_a_folder() {
    let server = |request: &Request, _| match request.path.as_str() {
        "/api/2.0/mlflow/runs/get?run_id=r" => ok(
            json!({ "run": { "info": { "run_id": "r", "artifact_uri": "s3://b/r/artifacts" }, "data": {} } }),
        ),
        "/api/2.0/mlflow/artifacts/list?run_id=r" => ok(json!({ "files": [folder("models")] })),
        "/api/2.0/mlflow/artifacts/list?run_id=r&path=models" => {
            ok(json!({ "files": [folder("models/xgb")] }))
        }
        "/api/2.0/mlflow/artifacts/list?run_id=r&path=models%2Fxgb" => {
            ok(json!({ "files": [file("models/xgb/MLmodel", 9)] }))
        }
        "/get-artifact?run_id=r&path=models%2Fxgb%2FMLmodel" => bytes("model_size_bytes: 7\n".into()),
        path if path.starts_with("/api/2.0/mlflow/model-versions/search?") => ok(json!({})),
        other => panic!("{other}"),
    };
    let (news, _) = run(vec![FilesAsk::ReadModels(RunId("r".into()))], server);
    let found = models(&news);
    assert_eq!(found.models.iter().map(|model| model.name.as_str()).collect::<Vec<_>>(), ["models/xgb"]);
    assert!(found.problems.is_empty(), "{:?}", found.problems);
}

#[test]
fn the_models_of_an_older_run_are_its_folders_with_a_manifest() {
    let server = |request: &Request, _| match request.path.as_str() {
        "/api/2.0/mlflow/runs/get?run_id=r" => {
            ok(json!({ "run": { "info": { "run_id": "r", "artifact_uri": "s3://b/r/artifacts" },
            "data": { "tags": [{ "key": "mlflow.log-model.history", "value": "[{\"artifact_path\": \"model\"}]" }] } } }))
        }
        "/api/2.0/mlflow/artifacts/list?run_id=r" => ok(
            json!({ "files": [folder("model"), folder("scaler"), folder("preprocessor"), file("note.txt", 1)] }),
        ),
        "/api/2.0/mlflow/artifacts/list?run_id=r&path=scaler" => {
            ok(json!({ "files": [file("scaler/MLmodel", 9)] }))
        }
        "/api/2.0/mlflow/artifacts/list?run_id=r&path=preprocessor" => ok(
            json!({ "files": [file("preprocessor/preprocessor.b", 9), file("preprocessor/readme.md", 9)] }),
        ),
        "/api/2.0/mlflow/artifacts/list?run_id=r&path=model" => ok(
            json!({ "files": [file("model/MLmodel", 10), file("model/model.xgb", 20), folder("model/data")] }),
        ),
        "/api/2.0/mlflow/artifacts/list?run_id=r&path=model%2Fdata" => {
            ok(json!({ "files": [file("model/data/x", 3)] }))
        }
        "/get-artifact?run_id=r&path=model%2FMLmodel" => bytes(MLMODEL.into()),
        "/get-artifact?run_id=r&path=scaler%2FMLmodel" => {
            bytes("model_size_bytes: 7\nflavors:\n  sklearn:\n".into())
        }
        path if path.starts_with("/api/2.0/mlflow/model-versions/search?") => {
            assert!(path.ends_with("filter=run_id%20%3D%20%27r%27"), "{path}");
            ok(json!({ "model_versions": [
                { "name": "taxi", "version": "3", "source": "s3://b/r/artifacts/model", "run_id": "r" },
                { "name": "taxi", "version": "4", "source": "runs:/r/model", "run_id": "r" },
                { "name": "other", "version": "1", "source": "s3://elsewhere", "run_id": "r" }] }))
        }
        other => panic!("{other}"),
    };
    let (news, _) = run(vec![FilesAsk::ReadModels(RunId("r".into()))], server);
    let found = models(&news);
    assert!(!found.is_loading && found.problems.is_empty(), "{found:?}");
    assert_eq!(found.preprocessors, ["preprocessor/preprocessor.b"]);
    let [model, scaler] = found.models.as_slice() else { panic!("{found:?}") };
    assert_eq!((model.source.as_str(), model.size_bytes), ("s3://b/r/artifacts/model", Some(33)));
    assert_eq!(model.manifest.as_ref().unwrap().flavors, ["python_function", "xgboost"]);
    let version = |name: &str, number| (name.to_owned(), VersionNumber(number));
    assert_eq!(model.versions, [version("taxi", 4), version("taxi", 3)]);
    assert_eq!((scaler.name.as_str(), scaler.size_bytes), ("scaler", Some(7)));
    assert_eq!(found.other_versions, [version("other", 1)]);
}

#[test]
fn the_models_of_a_new_run_are_logged_models() {
    let server = |request: &Request, _| match request.path.as_str() {
        "/api/2.0/mlflow/runs/get?run_id=r" => ok(json!({ "run": { "info": { "run_id": "r" },
            "outputs": { "model_outputs": [{ "model_id": "m-1" }, { "model_id": "m-2" }] } } })),
        "/api/2.0/mlflow/artifacts/list?run_id=r" => ok(json!({})),
        "/api/2.0/mlflow/logged-models/m-1" => ok(json!({ "model": { "info": { "name": "model" } } })),
        "/ajax-api/2.0/mlflow/logged-models/m-1/artifacts/files?artifact_file_path=MLmodel" => {
            bytes("model_size_bytes: 5\n".into())
        }
        path if path.contains("/m-2") => refused(404, "RESOURCE_DOES_NOT_EXIST"),
        path if path.contains("model-versions/search") => ok(json!({ "model_versions":
            [{ "name": "taxi", "version": "3", "source": "models:/m-1", "run_id": "r" }] })),
        other => panic!("{other}"),
    };
    let (news, _) = run(vec![FilesAsk::ReadModels(RunId("r".into()))], server);
    let found = models(&news);
    let [first, second] = found.models.as_slice() else { panic!("{found:?}") };
    assert_eq!(
        (first.name.as_str(), first.source.as_str(), first.size_bytes),
        ("model", "models:/m-1", Some(5))
    );
    assert_eq!(first.versions, [("taxi".to_owned(), VersionNumber(3))]);
    assert_eq!((second.name.as_str(), second.manifest.is_none()), ("m-2", true));
    assert_eq!(found.problems.len(), 1, "{:?}", found.problems);
}

fn registration(is_new: bool) -> FilesAsk {
    FilesAsk::Register(Box::new(Registration {
        run_id: RunId("r".into()),
        model: LoggedModelRef::Id("m-1".into()),
        source: "models:/m-1".into(),
        name: "taxi".into(),
        is_new,
        model_description: "all of it".into(),
        description: "better".into(),
        tags: vec![ModelTag { key: "team".into(), value: "a".into() }],
        decision: Decision {
            by: Author { name: "ana".into(), source: "typed".into() },
            at_millis: 1_795_421_700_123.0,
            nonce: "ab".into(),
            ..Decision::default()
        },
    }))
}

/// A registry; `fate` answers a write instead, after it was carried out where it says so.
#[derive(Default)]
struct Registry {
    has_model: bool,
    versions: Vec<Value>,
    status: &'static str,
}

impl Registry {
    fn answer(&mut self, request: &Request) -> Answer {
        let body = || serde_json::from_str::<Value>(request.body.as_deref().unwrap()).unwrap();
        let path = request.path.trim_start_matches("/api/2.0/mlflow/");
        let path = path.split('?').next().unwrap();
        match (request.method, path) {
            (Method::Get, "registered-models/get") if self.has_model => {
                ok(json!({ "registered_model": { "name": "taxi" } }))
            }
            (Method::Get, "registered-models/get") => refused(404, "RESOURCE_DOES_NOT_EXIST"),
            (Method::Post, "registered-models/create") => {
                assert_eq!(body()["description"], "all of it");
                self.has_model = true;
                ok(json!({ "registered_model": { "name": "taxi" } }))
            }
            (Method::Post, "model-versions/create") => {
                let mut version = body();
                version["version"] = json!((self.versions.len() + 1).to_string());
                version["status"] = json!(self.status);
                self.versions.push(version.clone());
                ok(json!({ "model_version": version }))
            }
            (Method::Get, "model-versions/get") => {
                ok(json!({ "model_version": self.versions.last().unwrap() }))
            }
            (Method::Get, "model-versions/search") => ok(json!({ "model_versions": self.versions })),
            other => panic!("{other:?}"),
        }
    }
}

fn phase(news: &[FilesNews]) -> RegisterPhase {
    match news.last() {
        Some(FilesNews::Registering(registering)) => registering.phase.clone(),
        other => panic!("{other:?}"),
    }
}

fn n_writes(sent: &[Request]) -> usize {
    sent.iter().filter(|request| request.method == Method::Post).count()
}

#[test]
fn a_version_is_made_with_its_record_and_read_back() {
    let mut registry = Registry { has_model: true, status: "READY", ..Registry::default() };
    let (news, sent) = run(vec![registration(false)], |request, _| registry.answer(request));
    assert_eq!(phase(&news), RegisterPhase::Done(VersionNumber(1), vec![]));
    assert_eq!(n_writes(&sent), 1);
    let made = &registry.versions[0];
    assert_eq!((made["model_id"].as_str(), made["run_id"].as_str()), (Some("m-1"), Some("r")));
    let tags: Vec<ModelTag> = serde_json::from_value(made["tags"].clone()).unwrap();
    let entry = entries_in(&tags).remove(0).entry.unwrap();
    assert_eq!(
        (entry.what, entry.by.as_str(), entry.to.as_deref()),
        (What::Registered, "ana", Some("models:/m-1"))
    );
    assert!(tags.iter().any(|tag| tag.key == "team"));
}

#[test]
fn a_new_model_is_made_first_and_told_of_when_its_version_fails() {
    let mut registry = Registry { status: "READY", ..Registry::default() };
    let (news, sent) = run(vec![registration(true)], |request, _| registry.answer(request));
    assert_eq!((phase(&news), n_writes(&sent)), (RegisterPhase::Done(VersionNumber(1), vec![]), 2));
    let mut registry = Registry::default();
    let (news, sent) = run(vec![registration(true)], |request, _| {
        if request.path.ends_with("model-versions/create") {
            refused(400, "INVALID_PARAMETER_VALUE")
        } else {
            registry.answer(request)
        }
    });
    let RegisterPhase::Failed(sentence) = phase(&news) else { panic!() };
    assert!(
        sentence.starts_with("The version was not registered")
            && sentence.contains("The model taxi was made and has no version yet"),
        "{sentence}"
    );
    assert_eq!(n_writes(&sent), 2);
}

#[test]
fn nothing_is_written_where_the_model_is_not_as_it_was() {
    for is_new in [true, false] {
        let mut registry = Registry { has_model: is_new, ..Registry::default() };
        let (news, sent) = run(vec![registration(is_new)], |request, _| registry.answer(request));
        let RegisterPhase::Failed(sentence) = phase(&news) else { panic!() };
        assert!(sentence.contains("Nothing was written"), "{sentence}");
        assert_eq!(n_writes(&sent), 0);
    }
}

#[test]
fn a_lost_answer_is_looked_up_by_the_record_and_never_sent_twice() {
    for is_carried_out in [true, false] {
        let mut registry = Registry { has_model: true, status: "READY", ..Registry::default() };
        let (news, sent) = run(vec![registration(false)], |request, _| {
            if request.path.ends_with("model-versions/create") {
                if is_carried_out {
                    drop(registry.answer(request));
                }
                return Err(TransportError::Opaque);
            }
            registry.answer(request)
        });
        assert_eq!(n_writes(&sent), 1);
        match phase(&news) {
            RegisterPhase::Done(..) => assert!(is_carried_out),
            RegisterPhase::Failed(sentence) => {
                assert!(!is_carried_out && sentence.contains("The server has no such version"), "{sentence}");
            }
            other => panic!("{other:?}"),
        }
    }
    // The same for the model itself.
    let mut registry = Registry::default();
    let (news, sent) = run(vec![registration(true)], |request, _| {
        let answer = registry.answer(request);
        if request.path.ends_with("registered-models/create") { Err(TransportError::Opaque) } else { answer }
    });
    let RegisterPhase::Failed(sentence) = phase(&news) else { panic!() };
    assert!(sentence.contains("The server has the model, without a version"), "{sentence}");
    assert_eq!(n_writes(&sent), 1);
}

#[test]
fn a_server_that_is_still_busy_is_looked_at_again() {
    let mut registry = Registry { has_model: true, status: "PENDING_REGISTRATION", ..Registry::default() };
    let mut n_reads = 0;
    let asks = vec![registration(false), FilesAsk::LookAgain, FilesAsk::LookAgain, FilesAsk::LookAgain];
    let (news, sent) = run(asks, |request, _| {
        if request.path.contains("model-versions/get?") {
            n_reads += 1;
            if n_reads == 2 {
                return Err(TransportError::Opaque);
            }
            registry.versions[0]["status"] =
                json!(if n_reads == 3 { "READY" } else { "PENDING_REGISTRATION" });
        }
        registry.answer(request)
    });
    let waits = news.iter().filter(|news| {
        matches!(news, FilesNews::Registering(told) if matches!(told.phase, RegisterPhase::Waiting(..)))
    });
    assert_eq!((waits.count(), n_reads, n_writes(&sent)), (2, 3, 1));
    assert_eq!(phase(&news), RegisterPhase::Done(VersionNumber(1), vec![]));
}

fn preview(path: &str, is_all: bool, content: &[u8]) -> (Preview, usize) {
    let file = FileRef::Run { run_id: RunId("r".into()), path: path.into() };
    let (news, sent) = run(vec![FilesAsk::Preview { request: 7, file, is_all }], |_, max_bytes| {
        bytes(content.iter().copied().take(max_bytes.unwrap()).collect())
    });
    match news.into_iter().next_back() {
        Some(FilesNews::Preview(preview)) if preview.request == 7 => (preview, sent.len()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn previews_say_where_they_are_cut() {
    let long = "a line\n".repeat(100_000);
    let (shown, _) = preview("log.txt", false, long.as_bytes());
    assert!(shown.is_cut && shown.has_more && shown.n_bytes == 256_000, "{}", shown.n_bytes);
    let (shown, _) = preview("log.txt", true, long.as_bytes());
    assert!(!shown.is_cut && shown.n_bytes == long.len());
    let (shown, _) = preview("model.bin", false, &[0; 300_000]);
    assert!(shown.shown == Shown::Binary && !shown.has_more);
}

#[test]
fn a_picture_is_fetched_whole() {
    let mut picture = b"\x89PNG\r\n\x1a\n".to_vec();
    let (shown, n_sent) = preview("plot.png", false, &picture);
    assert_eq!((shown.shown, n_sent), (Shown::Image("blob:x".into()), 1));
    picture.resize(300_000, 1);
    let (shown, n_sent) = preview("plot", false, &picture);
    assert_eq!((shown.shown, n_sent, shown.n_bytes), (Shown::Image("blob:x".into()), 2, 300_000));
    picture.resize(9_000_000, 1);
    let (shown, _) = preview("plot.png", false, &picture);
    assert!(matches!(shown.shown, Shown::Failed(_)));
}

#[test]
fn a_registration_that_is_left_for_another_server_is_told() {
    let mut registrar = Registrar::default();
    let capabilities = Capabilities { api_prefix: "/api".into(), ..Capabilities::default() };
    let mut say = |ask: Ask| registrar.handle(Input::Ask(Box::new(ask)));
    let connect = |url: &str| {
        let (url, capabilities) = (url.to_owned(), capabilities.clone());
        let server = ServerInfo { url: url.clone(), kind: ServerKind::Mlflow, version: None, capabilities };
        Ask::Use { address: ServerAddress { url, ..ServerAddress::default() }, server }
    };
    say(connect("http://127.0.0.1:5000"));
    say(Ask::Files(registration(true)));
    let told = say(connect("http://127.0.0.1:5001")).into_iter().find_map(|output| match output {
        Output::News(News::Failed { message, .. }) => Some(message),
        _ => None,
    });
    let message = told.unwrap();
    assert!(
        message.contains(
            "a version of taxi at http://127.0.0.1:5000 was left midway: nothing of it was written"
        ),
        "{message}"
    );
}
