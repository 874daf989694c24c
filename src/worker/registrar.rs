//! The shell around the pure registrar: hands it messages and answers, carries out what it asks for.

use super::{blob_url, log, post};
use crate::registrar::{Ask, Input, News, Output, Registrar};
use crate::transport::{self, Mode, scope};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{AbortController, MessageEvent};

/// Starts the message loop.
pub fn start() {
    console_error_panic_hook::set_once();
    let shell = Rc::new(Shell::default());
    let listener = Closure::<dyn FnMut(MessageEvent)>::new(move |message: MessageEvent| {
        let Some(text) = message.data().as_string() else { return };
        match serde_json::from_str::<Ask>(&text) {
            Ok(ask) => shell.step(Input::Ask(Box::new(ask))),
            // Only a page of another version sends what this registrar cannot read, and `Ready` tells it so.
            Err(error) => log(&format!("a message of the page could not be read: {error}")),
        }
    });
    scope().set_onmessage(Some(listener.as_ref().unchecked_ref()));
    // The worker listens as long as it lives.
    listener.forget();
    post(&News::Ready { version: env!("CARGO_PKG_VERSION").to_owned() });
}

#[derive(Default)]
struct Shell {
    registrar: RefCell<Registrar>,
    requests: RefCell<HashMap<u32, AbortController>>,
}

impl Shell {
    fn step(self: &Rc<Self>, input: Input) {
        let outputs = self.registrar.borrow_mut().handle(input);
        for output in outputs {
            match output {
                Output::News(news) => post(&news),
                Output::Send { id, address, request, max_bytes } => {
                    let Ok(controller) = AbortController::new() else { continue };
                    self.requests.borrow_mut().insert(id, controller.clone());
                    let shell = self.clone();
                    wasm_bindgen_futures::spawn_local(async move {
                        let answer = match max_bytes {
                            None => transport::send(&address, &request, Mode::Cors, &controller).await,
                            Some(most) => {
                                transport::send_for_beginning(&address, &request, most, &controller).await
                            }
                        };
                        shell.requests.borrow_mut().remove(&id);
                        shell.step(Input::Answered { id, answer });
                    });
                }
                Output::TellWithBlob { mut news, bytes, media_type } => {
                    if let Some(url) = blob_url(&bytes, media_type) {
                        news.set_url(url);
                        post(&News::Files(news));
                    }
                }
                Output::Abort { id } => {
                    let controller = self.requests.borrow_mut().remove(&id);
                    if let Some(controller) = controller {
                        controller.abort();
                    }
                }
            }
        }
    }
}
