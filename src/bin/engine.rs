//! The engine: the program that fetches, stores, filters, sorts and rasterises in a Web Worker.

fn main() {
    #[cfg(target_arch = "wasm32")]
    engine::start();
}

/// The engine, and where it is cut in two.
#[cfg(target_arch = "wasm32")]
mod engine {
    use runweave::engine::Analyst;
    use wasm_split_helpers::{SplitLoaderError, wasm_split};

    pub(crate) fn start() {
        runweave::worker::start(|| Box::pin(async { analyst().await.ok() }));
    }

    /// The other side of the cut: calling it fetches its code first.
    #[wasm_split(analyst, fallible)]
    fn analyst() -> Result<Analyst, SplitLoaderError> {
        Ok(runweave::engine::analyst())
    }
}
