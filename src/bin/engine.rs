//! The engine: the program that fetches, stores, filters, sorts and rasterises in a Web Worker.

fn main() {
    #[cfg(target_arch = "wasm32")]
    runweave::worker::start();
}
