//! The page's end of a worker: starts it, queues what is said before it listens.

use leptos::prelude::document;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{MessageEvent, OffscreenCanvas, Worker, WorkerOptions, WorkerType};

/// The running worker. The empty one swallows what it is told.
#[derive(Clone, Default)]
pub struct WorkerHandle {
    inner: Option<Rc<Inner>>,
}

struct Inner {
    worker: Worker,
    is_ready: Cell<bool>,
    queue: RefCell<Vec<(JsValue, Option<js_sys::Array>)>>,
}

impl WorkerHandle {
    /// Starts the worker of this script; `receive` gets every message and says whether it is the one by which the
    /// worker tells that it listens.
    ///
    /// # Errors
    /// Whatever the browser throws when it has no such workers.
    pub fn start(
        script: &str,
        kind: WorkerType,
        receive: impl Fn(&str) -> bool + 'static,
    ) -> Result<Self, JsValue> {
        // Relative to the document, so that the site works from any sub-path; the version keeps a new page from
        // meeting an old engine out of the browser's cache.
        let base = document().base_uri()?.unwrap_or_default();
        let script = format!("{script}?v={}", env!("CARGO_PKG_VERSION"));
        let url = web_sys::Url::new_with_base(&script, &base)?.href();
        let options = WorkerOptions::new();
        options.set_type(kind);
        let worker = Worker::new_with_options(&url, &options)?;
        let inner = Rc::new(Inner { worker, is_ready: Cell::new(false), queue: RefCell::default() });
        let listener = {
            let inner = inner.clone();
            Closure::<dyn FnMut(MessageEvent)>::new(move |message: MessageEvent| {
                let Some(text) = message.data().as_string() else { return };
                if receive(&text) {
                    inner.flush();
                }
            })
        };
        inner.worker.set_onmessage(Some(listener.as_ref().unchecked_ref()));
        // The worker lives as long as the page.
        listener.forget();
        Ok(Self { inner: Some(inner) })
    }

    /// Calls back once the worker fails: its code does not arrive, it ends at an error of its own, or it says what nobody
    /// can read. Told whether it had listened before.
    pub fn on_failure(&self, failed: impl Fn(bool) + 'static) {
        let Some(inner) = &self.inner else { return };
        let worker = inner.worker.clone();
        let inner = inner.clone();
        let has_failed = Cell::new(false);
        let listener = Closure::<dyn FnMut()>::new(move || {
            if !has_failed.replace(true) {
                failed(inner.is_ready.get());
            }
        });
        worker.set_onerror(Some(listener.as_ref().unchecked_ref()));
        worker.set_onmessageerror(Some(listener.as_ref().unchecked_ref()));
        // It lives as long as the worker does.
        listener.forget();
    }

    /// Whether a worker runs.
    pub fn is_running(&self) -> bool {
        self.inner.is_some()
    }

    /// Sends a message.
    pub fn send(&self, message: &impl Serialize) {
        if let (Some(inner), Ok(text)) = (&self.inner, serde_json::to_string(message)) {
            inner.post(JsValue::from_str(&text), None);
        }
    }

    /// Hands over the plot's canvas.
    pub fn send_canvas(&self, canvas: &OffscreenCanvas) {
        let Some(inner) = &self.inner else { return };
        let message = js_sys::Object::new();
        if js_sys::Reflect::set(&message, &JsValue::from_str("canvas"), canvas).is_ok() {
            inner.post(message.into(), Some(js_sys::Array::of1(canvas)));
        }
    }
}

impl Inner {
    fn post(&self, message: JsValue, transfer: Option<js_sys::Array>) {
        if !self.is_ready.get() {
            self.queue.borrow_mut().push((message, transfer));
            return;
        }
        let posted = match &transfer {
            Some(list) => self.worker.post_message_with_transfer(&message, list),
            None => self.worker.post_message(&message),
        };
        if posted.is_err() {
            web_sys::console::error_1(&JsValue::from_str("a message could not be sent to a worker"));
        }
    }

    fn flush(&self) {
        self.is_ready.set(true);
        for (message, transfer) in self.queue.take() {
            self.post(message, transfer);
        }
    }
}

/// A worker's message; one that cannot be read is logged, since only a worker of another version sends it.
pub fn read_message<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_str(text)
        .inspect_err(|error| {
            let line = format!("a message of a worker could not be read: {error}");
            web_sys::console::error_1(&JsValue::from_str(&line));
        })
        .ok()
}
