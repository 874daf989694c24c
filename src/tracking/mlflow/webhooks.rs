//! Webhooks (MLflow 3.3 and newer, with a database): the requests, and what comes back. As everywhere, a list never
//! fails as a whole.

use super::decode::{check, list as decode_list, object, said, undecodable};
use super::requests::{api, encode, query};
use super::text::{MESSAGE_CHARS, readable};
use super::wire::{Int, Text};
use crate::entities::{NewWebhook, Webhook, WebhookEvent, WebhookId, WebhookStatus, WebhookTestResult};
use crate::tracking::{Capabilities, Method, Page, Request, Response, ServerError};
use serde::Deserialize;
use serde_json::{Value, json};

/// Webhooks asked for at once: what every server answers without being asked for more.
pub const PER_PAGE: usize = 100;
/// So much of what a called URL answered is shown, in chars.
const RESPONSE_CHARS: usize = 2000;

/// A page of webhooks, the newest first.
pub fn list(capabilities: &Capabilities, page_token: Option<&str>) -> Request {
    let max_results = PER_PAGE.to_string();
    let mut pairs = vec![("max_results", max_results.as_str())];
    pairs.extend(page_token.map(|token| ("page_token", token)));
    Request::get(format!("{}{}", root(capabilities), query(&pairs)))
}

/// Makes a webhook. Asked twice, it makes two.
pub fn create(capabilities: &Capabilities, new: &NewWebhook) -> Request {
    let events: Vec<Value> = new.events.iter().map(event_json).collect();
    let mut body = json!({ "name": new.name, "url": new.url, "events": events });
    for (field, text) in [("description", &new.description), ("secret", &new.secret)] {
        if !text.is_empty() {
            body[field] = json!(text);
        }
    }
    Request::post(root(capabilities), &body)
}

/// Has a webhook called, or not called any more.
pub fn set_status(capabilities: &Capabilities, id: &WebhookId, status: &WebhookStatus) -> Request {
    Request::with_body(Method::Patch, path_of(capabilities, id), &json!({ "status": status.as_str() }))
}

/// Deletes a webhook.
pub fn delete(capabilities: &Capabilities, id: &WebhookId) -> Request {
    Request::with_body(Method::Delete, path_of(capabilities, id), &json!({}))
}

/// Has the server call a webhook's URL with an example of this event, whatever the webhook's own events and status.
pub fn test(capabilities: &Capabilities, id: &WebhookId, event: &WebhookEvent) -> Request {
    Request::post(format!("{}/test", path_of(capabilities, id)), &json!({ "event": event_json(event) }))
}

fn root(capabilities: &Capabilities) -> String {
    format!("{}/webhooks", api(capabilities))
}

fn path_of(capabilities: &Capabilities, id: &WebhookId) -> String {
    format!("{}/{}", root(capabilities), encode(&id.0))
}

fn event_json(event: &WebhookEvent) -> Value {
    json!({ "entity": event.entity, "action": event.action })
}

/// Whether this answer to a list is that of a server without webhooks, rather than a failure.
pub fn is_absent(error: &ServerError) -> bool {
    match error {
        ServerError::Http { status, .. } => matches!(status, 404 | 405 | 501),
        ServerError::Refused { code, .. } => {
            matches!(code.as_str(), "ENDPOINT_NOT_FOUND" | "NOT_IMPLEMENTED")
        }
        ServerError::Undecodable { .. } | ServerError::Transport(_) => false,
    }
}

#[derive(Deserialize)]
struct WireWebhook {
    webhook_id: Option<Text>,
    name: Option<Text>,
    url: Option<Text>,
    description: Option<Text>,
    events: Option<Vec<WireEvent>>,
    status: Option<Text>,
    creation_timestamp: Option<Int>,
    last_updated_timestamp: Option<Int>,
}

#[derive(Deserialize)]
struct WireEvent {
    entity: Option<Text>,
    action: Option<Text>,
}

#[derive(Deserialize)]
struct WireAnswer {
    webhook: WireWebhook,
}

#[derive(Deserialize)]
struct WireTestAnswer {
    result: WireTestResult,
}

#[derive(Deserialize)]
struct WireTestResult {
    success: Option<bool>,
    response_status: Option<Int>,
    response_body: Option<Text>,
    error_message: Option<Text>,
}

/// A page of webhooks.
///
/// # Errors
///
/// The server's refusal, or that the answer is no list of webhooks.
pub fn decode_page(response: &Response) -> Result<Page<Webhook>, ServerError> {
    decode_list(check(response)?, "webhook", webhook, |text| {
        serde_json::from_str(text).map(|wire| (wire, vec![])).map_err(|error| said(&error))
    })
}

/// The webhook that a write answers with.
///
/// # Errors
///
/// The server's refusal, or that the answer holds no webhook.
pub fn decode_one(response: &Response) -> Result<Webhook, ServerError> {
    let body = check(response)?;
    let answer = object::<WireAnswer>(body).map_err(|error| undecodable(body, "a webhook", &error))?;
    webhook(answer.webhook).map_err(|message| ServerError::Undecodable { message })
}

/// What came of a test.
///
/// # Errors
///
/// The server's refusal, or that the answer holds no result.
pub fn decode_test(response: &Response) -> Result<WebhookTestResult, ServerError> {
    let body = check(response)?;
    let answer =
        object::<WireTestAnswer>(body).map_err(|error| undecodable(body, "the result of a test", &error))?;
    let result = answer.result;
    Ok(WebhookTestResult {
        is_success: result.success.unwrap_or_default(),
        // Protocol buffers leave out what is zero.
        response_status: result.response_status.map(|status| status.0).filter(|status| *status > 0),
        response_body: readable(&text(result.response_body), RESPONSE_CHARS),
        error_message: readable(&text(result.error_message), MESSAGE_CHARS),
    })
}

fn webhook(wire: WireWebhook) -> Result<Webhook, String> {
    let id = text(wire.webhook_id);
    if id.is_empty() {
        return Err("it has no webhook_id".into());
    }
    let event = |wire: WireEvent| WebhookEvent { entity: text(wire.entity), action: text(wire.action) };
    Ok(Webhook {
        id: WebhookId(id),
        name: text(wire.name),
        url: text(wire.url),
        description: text(wire.description),
        events: wire.events.unwrap_or_default().into_iter().map(event).collect(),
        // What a server does not say stays unsaid.
        status: WebhookStatus::from_word(&text(wire.status)),
        creation_millis: wire.creation_timestamp.map(|int| int.0),
        last_update_millis: wire.last_updated_timestamp.map(|int| int.0),
    })
}

fn text(text: Option<Text>) -> String {
    text.map(|text| text.0).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entities::promotion_events;
    use crate::tracking::mlflow::contract_tests::{VERSIONS, recorded};

    fn capabilities() -> Capabilities {
        Capabilities { api_prefix: "/api".into(), ..Capabilities::default() }
    }

    fn answer(body: &str) -> Response {
        Response { status: 200, content_type: "application/json".into(), body: body.into() }
    }

    #[test]
    fn requests_are_as_the_server_wants_them() {
        let id = WebhookId("8a/85?".into());
        let new = NewWebhook {
            name: "deploy".into(),
            url: "https://h".into(),
            description: String::new(),
            events: promotion_events().into(),
            secret: "s3".into(),
        };
        let made = create(&capabilities(), &new);
        assert_eq!((made.method, made.path.as_str()), (Method::Post, "/api/2.0/mlflow/webhooks"));
        let body: Value = serde_json::from_str(made.body.as_deref().unwrap()).unwrap();
        assert_eq!(
            body,
            json!({ "name": "deploy", "url": "https://h", "secret": "s3", "events": [
                { "entity": "MODEL_VERSION_TAG", "action": "SET" },
                { "entity": "MODEL_VERSION_ALIAS", "action": "CREATED" }] })
        );
        let tested = test(&capabilities(), &id, &new.events[0]);
        assert_eq!(tested.path, "/api/2.0/mlflow/webhooks/8a%2F85%3F/test");
        let disabled = set_status(&capabilities(), &id, &WebhookStatus::Disabled);
        assert_eq!(
            (disabled.method, disabled.body.as_deref()),
            (Method::Patch, Some("{\"status\":\"DISABLED\"}"))
        );
        assert_eq!(delete(&capabilities(), &id).method, Method::Delete);
        assert_eq!(
            list(&capabilities(), Some("a=")).path,
            "/api/2.0/mlflow/webhooks?max_results=100&page_token=a%3D"
        );
    }

    #[test]
    fn recorded_lists_decode_or_tell_that_there_are_no_webhooks() {
        for version in VERSIONS {
            let page = decode_page(&recorded(version, "webhooks-list"));
            if version == "3.17.2" {
                assert_eq!(page.unwrap(), Page::default());
            } else {
                assert!(is_absent(&page.unwrap_err()), "{version}");
            }
        }
        let page = decode_page(&recorded("3.17.2", "webhooks-list-page1")).unwrap();
        assert_eq!(page.next_page_token.as_deref(), Some("eyJvZmZzZXQiOiAxfQ=="));
        let hook = &page.items[0];
        assert_eq!((hook.name.as_str(), hook.status.clone()), ("deploy", WebhookStatus::Active));
        assert_eq!(hook.events, [WebhookEvent::new("MODEL_VERSION", "CREATED")]);
        assert!(hook.url.contains("<img src=x onerror=alert(1)>") && hook.last_update_millis.is_some());
    }

    #[test]
    fn recorded_writes_and_tests_decode() {
        let hook = decode_one(&recorded("3.17.2", "webhooks-disable")).unwrap();
        assert_eq!((hook.status, hook.events.len()), (WebhookStatus::Disabled, 2));
        let error = decode_one(&recorded("3.17.2", "webhooks-create")).unwrap_err().to_string();
        assert!(error.contains("non-public IP address"), "{error}");
        let delivered = decode_test(&recorded("3.17.2", "webhooks-test-delivered")).unwrap();
        assert_eq!((delivered.is_success, delivered.response_status), (true, Some(200)));
        assert_eq!(delivered.response_body, "ok");
        let failed = decode_test(&recorded("3.17.2", "webhooks-test-failed")).unwrap();
        assert_eq!((failed.is_success, failed.response_status), (false, Some(500)));
        assert_eq!(failed.response_body, "<b>no</b>");
        let silent = decode_test(&recorded("3.17.2", "webhooks-test-silent")).unwrap();
        assert_eq!((silent.is_success, silent.response_status), (false, None));
        assert!(silent.error_message.contains("Connection refused"), "{}", silent.error_message);
        // A secret that the server cannot decrypt fails the whole list, and it does not say why.
        let mut lost = recorded("3.17.2", "webhooks-list-undecryptable");
        lost.status = 500;
        assert_eq!(decode_page(&lost).unwrap_err().to_string(), "the server refused (500 INTERNAL_ERROR): ");
    }

    #[test]
    fn strange_webhooks_are_kept_as_far_as_they_go_or_skipped_with_a_reason() {
        let page = decode_page(&answer(
            r#"{"webhooks": [
                {"webhook_id": "1", "name": null, "url": 7, "status": "PAUSED", "events": [{"entity": "MOON"}, {}]},
                {"name": "nameless"},
                "text",
                {"webhook_id": "2", "events": {"entity": "x"}},
                {"webhook_id": "3", "creation_timestamp": "1e3"}]}"#,
        ))
        .unwrap();
        let ids: Vec<&str> = page.items.iter().map(|hook| hook.id.0.as_str()).collect();
        assert_eq!(ids, ["1", "3"]);
        assert_eq!(page.skipped.len(), 3, "{:?}", page.skipped);
        assert_eq!(page.items[0].status, WebhookStatus::Other("PAUSED".into()));
        assert_eq!(page.items[0].events[0].to_string(), "MOON.");
        let result = decode_test(&answer(
            r#"{"result": {"response_body": "\u202e\u0000<b>", "response_status": "0"}}"#,
        ))
        .unwrap();
        assert_eq!((result.is_success, result.response_status), (false, None));
        assert_eq!(result.response_body, "<b>");
        assert!(decode_test(&answer("{}")).is_err());
    }
}
