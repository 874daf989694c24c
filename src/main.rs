//! The page: the program that draws, listens and routes on the browser's main thread.

fn main() {
    #[cfg(target_arch = "wasm32")]
    page::start();
}

/// The page, and where it is cut in two.
#[cfg(target_arch = "wasm32")]
mod page {
    use leptos::prelude::{AnyView, Owner};
    use runweave::pages::late::{self, LateCode, LateKind};
    use wasm_split_helpers::{SplitLoaderError, wasm_split};

    pub(crate) fn start() {
        runweave::app::start(LateCode {
            fetch: || Box::pin(fetch_built()),
            build: |kind, owner| Box::pin(built(kind, owner)),
        });
    }

    /// The other side of the cut: calling it fetches its code first.
    #[wasm_split(late, preload(fetch_built), fallible)]
    fn built(kind: LateKind, owner: Owner) -> Result<AnyView, SplitLoaderError> {
        Ok(late::build(kind, &owner))
    }
}
