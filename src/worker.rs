//! The workers' shells around the pure machines. Here the engine's: hands it messages and answers, carries out
//! what it asks for.

pub mod registrar;

use crate::engine::{Analyst, Command, Engine, Event, Input, Output};
use crate::transport::{self, Mode, Timer, scope};
use serde::Serialize;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::pin::Pin;
use std::rc::Rc;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{Clamped, JsCast, JsValue};
use web_sys::{
    AbortController, Blob, BlobPropertyBag, ImageData, MessageEvent, OffscreenCanvas,
    OffscreenCanvasRenderingContext2d, Url,
};

/// Fetches the late part of the engine; none where it does not arrive.
pub type FetchAnalyst = fn() -> Pin<Box<dyn Future<Output = Option<Analyst>>>>;

/// Somebody who types or drags pauses no longer between two changes.
const REST_MILLIS: i32 = 200;

/// Starts the message loop.
pub fn start(fetch_analyst: FetchAnalyst) {
    console_error_panic_hook::set_once();
    let shell = Rc::new(Shell {
        fetch_analyst,
        engine: RefCell::default(),
        requests: RefCell::default(),
        canvas: RefCell::default(),
        input_millis: Cell::default(),
        rest: RefCell::default(),
    });
    let listener = {
        let shell = shell.clone();
        Closure::<dyn FnMut(MessageEvent)>::new(move |message: MessageEvent| shell.receive(&message.data()))
    };
    scope().set_onmessage(Some(listener.as_ref().unchecked_ref()));
    // The worker listens as long as it lives.
    listener.forget();
    post(&Event::Ready { version: env!("CARGO_PKG_VERSION").to_owned() });
}

struct Shell {
    fetch_analyst: FetchAnalyst,
    engine: RefCell<Engine>,
    requests: RefCell<HashMap<u32, AbortController>>,
    canvas: RefCell<Option<(OffscreenCanvas, OffscreenCanvasRenderingContext2d)>>,
    /// When the input that is being handled came.
    input_millis: Cell<f64>,
    /// What ends the newest rest.
    rest: RefCell<Option<Timer>>,
}

impl Shell {
    fn receive(self: &Rc<Self>, data: &JsValue) {
        if let Some(text) = data.as_string() {
            match serde_json::from_str::<Command>(&text) {
                Ok(command) => self.step(Input::Command(command)),
                // Only a page of another version sends what this engine cannot read, and `Ready` tells it so.
                Err(error) => log(&format!("a message of the page could not be read: {error}")),
            }
            return;
        }
        let canvas = js_sys::Reflect::get(data, &JsValue::from_str("canvas")).unwrap_or(JsValue::UNDEFINED);
        if let Ok(canvas) = canvas.dyn_into::<OffscreenCanvas>()
            && let Ok(Some(context)) = canvas.get_context("2d")
        {
            *self.canvas.borrow_mut() = Some((canvas, context.unchecked_into()));
            self.step(Input::CanvasReady);
        }
    }

    fn step(self: &Rc<Self>, input: Input) {
        self.input_millis.set(now_millis());
        let outputs = self.engine.borrow_mut().handle(input);
        for output in outputs {
            self.carry_out(output);
        }
    }

    fn carry_out(self: &Rc<Self>, output: Output) {
        match output {
            Output::Event(event) => post(&event),
            Output::Send { id, address, request, is_no_cors } => {
                let Ok(controller) = AbortController::new() else { return };
                self.requests.borrow_mut().insert(id, controller.clone());
                let shell = self.clone();
                wasm_bindgen_futures::spawn_local(async move {
                    let mode = if is_no_cors { Mode::NoCors } else { Mode::Cors };
                    let answer = transport::send(&address, &request, mode, &controller).await;
                    shell.requests.borrow_mut().remove(&id);
                    shell.step(Input::Answered { id, answer });
                });
            }
            Output::Abort { id } => {
                let controller = self.requests.borrow_mut().remove(&id);
                if let Some(controller) = controller {
                    controller.abort();
                }
            }
            Output::Blit { width, height, mut pixels, mut painted } => {
                self.blit(width, height, &mut pixels);
                self.engine.borrow_mut().recycle(pixels);
                if let Event::Painted { since_input_millis, .. } = &mut painted {
                    *since_input_millis = now_millis() - self.input_millis.get();
                }
                post(&painted);
            }
            Output::FetchAnalyst => {
                let shell = self.clone();
                wasm_bindgen_futures::spawn_local(async move {
                    let analyst = (shell.fetch_analyst)().await;
                    shell.step(Input::Analyst(analyst));
                });
            }
            Output::Rest => {
                let shell = self.clone();
                let rested = move || shell.step(Input::Rested);
                *self.rest.borrow_mut() = Some(Timer::new(REST_MILLIS, rested));
            }
            Output::SaveFile { file_name, bytes } => {
                if let Some(url) = blob_url(&bytes, "application/octet-stream") {
                    post(&Event::Download { file_name, url });
                }
            }
        }
    }

    fn blit(&self, width: u32, height: u32, pixels: &mut [u8]) {
        let canvas = self.canvas.borrow();
        let Some((canvas, context)) = canvas.as_ref() else { return };
        if canvas.width() != width || canvas.height() != height {
            canvas.set_width(width);
            canvas.set_height(height);
        }
        if let Ok(image) = ImageData::new_with_u8_clamped_array_and_sh(Clamped(pixels), width, height)
            && context.put_image_data(&image, 0.0, 0.0).is_err()
        {
            log("the plot could not be painted");
        }
    }
}

/// The worker's clock; 0 where there is none.
fn now_millis() -> f64 {
    scope().performance().map_or(0.0, |performance| performance.now())
}

/// A `blob:` address of these bytes. Its media type is never one that a browser takes for a page.
fn blob_url(bytes: &[u8], media_type: &'static str) -> Option<String> {
    let parts = js_sys::Array::of1(&js_sys::Uint8Array::from(bytes));
    let options = BlobPropertyBag::new();
    options.set_type(media_type);
    let blob = Blob::new_with_u8_array_sequence_and_options(&parts, &options);
    let url = blob.and_then(|blob| Url::create_object_url_with_blob(&blob));
    url.inspect_err(|_| log("a file could not be handed to the page")).ok()
}

fn post(event: &impl Serialize) {
    match serde_json::to_string(event) {
        Ok(text) => {
            if scope().post_message(&JsValue::from_str(&text)).is_err() {
                log("an event could not be sent to the page");
            }
        }
        Err(error) => log(&format!("an event could not be written: {error}")),
    }
}

fn log(message: &str) {
    web_sys::console::error_1(&JsValue::from_str(message));
}
