//! The page: the program that draws, listens and routes on the browser's main thread.

fn main() {
    #[cfg(target_arch = "wasm32")]
    page::start();
}

/// The page, and where it is cut.
#[cfg(target_arch = "wasm32")]
mod page {
    use leptos::prelude::{AnyView, Owner};
    use runweave::pages::late::{self, LateCode, LateKind, LatePart};
    use wasm_split_helpers::{SplitLoaderError, wasm_split};

    pub(crate) fn start() {
        runweave::app::start(LateCode {
            pages: LatePart {
                fetch: || Box::pin(fetch_page()),
                build: |kind, owner| Box::pin(page(kind, owner)),
            },
            panels: LatePart {
                fetch: || Box::pin(fetch_panels()),
                build: |kind, owner| Box::pin(panels(kind, owner)),
            },
        });
    }

    /// The other side of a cut: calling it fetches its code first.
    #[wasm_split(late, preload(fetch_page), fallible)]
    fn page(kind: LateKind, owner: Owner) -> Result<AnyView, SplitLoaderError> {
        Ok(late::build_page(kind, &owner))
    }

    /// The same for the panels of the comparison.
    #[wasm_split(panels, preload(fetch_panels), fallible)]
    fn panels(kind: LateKind, owner: Owner) -> Result<AnyView, SplitLoaderError> {
        Ok(late::build_panels(kind, &owner))
    }
}
