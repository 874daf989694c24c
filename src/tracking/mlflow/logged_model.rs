//! A logged model's own record (MLflow 3): the request for it, and its name out of the answer.

use super::decode::{check, object, undecodable};
use super::requests::{api, encode};
use super::wire::Text;
use crate::tracking::{Capabilities, Request, Response, ServerError};
use serde::Deserialize;

/// The record of a logged model.
pub fn get(capabilities: &Capabilities, model_id: &str) -> Request {
    Request::get(format!("{}/logged-models/{}", api(capabilities), encode(model_id)))
}

#[derive(Deserialize)]
struct WireAnswer {
    model: WireModel,
}

#[derive(Deserialize)]
struct WireModel {
    info: WireInfo,
}

#[derive(Deserialize)]
struct WireInfo {
    name: Option<Text>,
}

/// The name that the model was logged under; empty where it has none.
///
/// # Errors
///
/// The server's refusal, or that the answer holds no logged model.
pub fn decode_name(response: &Response) -> Result<String, ServerError> {
    let body = check(response)?;
    let answer = object::<WireAnswer>(body).map_err(|error| undecodable(body, "a logged model", &error))?;
    Ok(answer.model.info.name.map(|name| name.0).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_is_read_and_the_id_encoded() {
        let body = r#"{"model": {"info": {"model_id": "m-1", "name": "best_estimator"}, "data": {}}}"#;
        let response = Response { status: 200, content_type: String::new(), body: body.into() };
        assert_eq!(decode_name(&response).unwrap(), "best_estimator");
        let capabilities = Capabilities { api_prefix: "/api".into(), ..Capabilities::default() };
        assert_eq!(get(&capabilities, "m-1/2").path, "/api/2.0/mlflow/logged-models/m-1%2F2");
    }
}
