//! The page: the program that draws, listens and routes on the browser's main thread.

fn main() {
    #[cfg(target_arch = "wasm32")]
    runweave::app::start();
}
