//! A stage as its word, its shape and its colour: never the colour alone.

use crate::entities::Stage;
use leptos::prelude::*;

/// The mark: a shape for the stage, and words.
#[component]
pub fn StageMark(
    /// The stage.
    stage: Stage,
    /// Words beside the shape; the stage's own where empty.
    #[prop(optional, into)]
    text: String,
) -> impl IntoView {
    let text = if text.is_empty() { stage.to_string() } else { text };
    view! {
        <span class="stage" data-stage=stage.as_str()>
            <span class="stage__shape" aria-hidden="true">{shape(stage)}</span>
            {text}
        </span>
    }
}

/// Empty, half and full for the way to Production; a bar for what is put away.
pub fn shape(stage: Stage) -> &'static str {
    match stage {
        Stage::None => "○",
        Stage::Staging => "◐",
        Stage::Production => "●",
        Stage::Archived => "▬",
    }
}
