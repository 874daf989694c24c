//! Sends requests from the worker: headers of the sign-in, abort, time limit. It decides nothing about runs.

use crate::tracking::{Method, Request, Response, ServerAddress, SignIn, TransportError};
use gloo_net::http::RequestBuilder;
use std::cell::Cell;
use std::rc::Rc;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AbortController, DedicatedWorkerGlobalScope, ReadableStreamDefaultReader, RequestCredentials, RequestMode,
};

/// After this long without a whole answer a request is given up. Large pages of slow servers take minutes.
const LIMIT_SECS: u32 = 300;

/// The way a request is sent.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Readable, which a server on another origin must allow.
    Cors,
    /// Unreadable, to learn only whether anything answers.
    NoCors,
}

/// Sends `request` and waits for the whole body. `controller` aborts it from outside.
///
/// # Errors
/// [`TransportError`] where there is no answer; any HTTP status is an answer.
pub async fn send(
    address: &ServerAddress,
    request: &Request,
    mode: Mode,
    controller: &AbortController,
) -> Result<Response, TransportError> {
    exchange(address, request, mode, None, controller).await
}

/// The same, but reads no more of the body than `max_bytes` and lets go of the rest.
///
/// # Errors
/// As [`send`].
pub async fn send_for_beginning(
    address: &ServerAddress,
    request: &Request,
    max_bytes: usize,
    controller: &AbortController,
) -> Result<Response, TransportError> {
    exchange(address, request, Mode::Cors, Some(max_bytes), controller).await
}

async fn exchange(
    address: &ServerAddress,
    request: &Request,
    mode: Mode,
    max_bytes: Option<usize>,
    controller: &AbortController,
) -> Result<Response, TransportError> {
    let has_timed_out = Rc::new(Cell::new(false));
    let _limit = {
        let (controller, has_timed_out) = (controller.clone(), has_timed_out.clone());
        let millis = i32::try_from(LIMIT_SECS).unwrap_or(i32::MAX).saturating_mul(1000);
        Timer::new(millis, move || {
            has_timed_out.set(true);
            controller.abort();
        })
    };
    let explain = |_| {
        if has_timed_out.get() {
            TransportError::TimedOut { after_secs: LIMIT_SECS }
        } else if controller.signal().aborted() {
            TransportError::Aborted
        } else {
            // A browser says nothing more of a network error, on purpose.
            TransportError::Opaque
        }
    };
    let request = build(address, request, mode, controller).map_err(explain)?;
    let response = request.send().await.map_err(explain)?;
    let content_type = response.headers().get("content-type").unwrap_or_default();
    let status = response.status();
    let body = match max_bytes {
        None => response.binary().await.map_err(explain)?,
        Some(max_bytes) => beginning(&response, max_bytes).await.map_err(explain)?,
    };
    Ok(Response { status, content_type, body })
}

/// The first bytes of a body, whatever its length.
async fn beginning(
    response: &gloo_net::http::Response,
    max_bytes: usize,
) -> Result<Vec<u8>, gloo_net::Error> {
    let mut bytes = Vec::new();
    let Some(stream) = response.body() else { return Ok(bytes) };
    let reader: ReadableStreamDefaultReader = stream.get_reader().unchecked_into();
    while bytes.len() < max_bytes {
        let read = JsFuture::from(reader.read()).await.map_err(js_error)?;
        let value = js_sys::Reflect::get(&read, &JsValue::from_str("value")).map_err(js_error)?;
        // Without a value it is the end.
        let Ok(chunk) = value.dyn_into::<js_sys::Uint8Array>() else { return Ok(bytes) };
        bytes.extend(chunk.to_vec());
    }
    bytes.truncate(max_bytes);
    // Nobody reads on, so whether the browser minds is of no matter.
    let _ = JsFuture::from(reader.cancel()).await;
    Ok(bytes)
}

fn js_error(error: JsValue) -> gloo_net::Error {
    gloo_net::Error::GlooError(format!("{error:?}"))
}

fn build(
    address: &ServerAddress,
    request: &Request,
    mode: Mode,
    controller: &AbortController,
) -> Result<gloo_net::http::Request, gloo_net::Error> {
    let origin = address.page_origin.as_str();
    let base =
        if address.url.starts_with('/') { format!("{origin}{}", address.url) } else { address.url.clone() };
    let after_origin = base.strip_prefix(origin).filter(|_| !origin.is_empty());
    let is_same_origin = after_origin.is_some_and(|path| path.is_empty() || path.starts_with('/'));
    let url = format!("{}{}", base.trim_end_matches('/'), request.path);
    // Cookies go only where the page itself comes from: a proxy there may hold the session.
    let credentials = match (&address.sign_in, is_same_origin) {
        (SignIn::None, true) => RequestCredentials::SameOrigin,
        _ => RequestCredentials::Omit,
    };
    let method = match request.method {
        Method::Get => gloo_net::http::Method::GET,
        Method::Post => gloo_net::http::Method::POST,
        Method::Patch => gloo_net::http::Method::PATCH,
        Method::Delete => gloo_net::http::Method::DELETE,
    };
    let signal = controller.signal();
    let mut builder =
        RequestBuilder::new(&url).method(method).credentials(credentials).abort_signal(Some(&signal)).mode(
            match mode {
                Mode::Cors => RequestMode::Cors,
                Mode::NoCors => RequestMode::NoCors,
            },
        );
    if mode == Mode::Cors
        && let Some((name, value)) = header_of(&address.sign_in)
    {
        builder = builder.header(&name, &value);
    }
    match &request.body {
        Some(body) => builder.header("Content-Type", "application/json").body(body.as_str()),
        None => builder.build(),
    }
}

fn header_of(sign_in: &SignIn) -> Option<(String, String)> {
    match sign_in {
        SignIn::None => None,
        SignIn::Basic { user, password } => {
            let text = format!("{user}:{password}");
            // `btoa` takes one byte a character: hand it the UTF-8 bytes as Latin-1, as RFC 7617 wants.
            let latin: String = text.bytes().map(char::from).collect();
            let encoded = scope().btoa(&latin).unwrap_or_default();
            Some(("Authorization".to_owned(), format!("Basic {encoded}")))
        }
        SignIn::Bearer { token } => Some(("Authorization".to_owned(), format!("Bearer {token}"))),
        SignIn::Header { name, value } => Some((name.clone(), value.clone())),
    }
}

/// The worker's global scope.
pub fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}

/// Calls back once, after a while, unless dropped before.
pub struct Timer {
    handle: Option<i32>,
    _callback: Closure<dyn FnMut()>,
}

impl Timer {
    /// Starts the clock.
    pub fn new(millis: i32, callback: impl FnMut() + 'static) -> Self {
        let callback = Closure::<dyn FnMut()>::new(callback);
        let handle = scope()
            .set_timeout_with_callback_and_timeout_and_arguments_0(callback.as_ref().unchecked_ref(), millis)
            .ok();
        Self { handle, _callback: callback }
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        if let Some(handle) = self.handle {
            scope().clear_timeout_with_handle(handle);
        }
    }
}
