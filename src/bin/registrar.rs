//! The registrar: the program that reads the model registry and carries out changes, in a Web Worker of its own.

fn main() {
    #[cfg(target_arch = "wasm32")]
    runweave::worker::registrar::start();
}
