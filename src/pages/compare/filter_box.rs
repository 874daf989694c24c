//! A box for the filter language or for an expression, whose wrong part is underlined where it stands.

use crate::engine::protocol::FilterProblem;
use crate::ui::per_frame::PerFrame;
use crate::view::edit::{EditRequest, ViewEdit};
use leptos::html;
use leptos::prelude::*;

/// What stands in the box now.
pub(super) struct Typed {
    /// The text.
    pub(super) text: String,
    /// Whether somebody is still typing.
    pub(super) is_ongoing: bool,
    /// When the input happened, in milliseconds of the page's clock.
    pub(super) at_millis: f64,
}

impl Typed {
    /// The text as a change of the view.
    pub(super) fn edit(self, edit: impl FnOnce(String) -> ViewEdit) -> EditRequest {
        EditRequest { edit: edit(self.text), is_ongoing: self.is_ongoing, at_millis: self.at_millis }
    }
}

/// The box, the underline and the sentence about what is wrong.
#[component]
pub(super) fn FilterBox(
    /// Its accessible name.
    label: &'static str,
    /// An example.
    placeholder: &'static str,
    text: Signal<String>,
    #[prop(into)] problem: Signal<Option<FilterProblem>>,
    /// Told of every new text.
    on_text: Callback<Typed>,
) -> impl IntoView {
    let input: NodeRef<html::Input> = NodeRef::new();
    let typed = RwSignal::new(text.get_untracked());
    let scroll_left_px = RwSignal::new(0);
    // Undo, Back and links change the text from outside; the box follows unless it already says so.
    Effect::new(move || {
        let text = text.get();
        if typed.with_untracked(|typed| *typed != text) {
            typed.set(text);
        }
    });
    let problem_id = format!("{}-problem", label.to_ascii_lowercase().replace(' ', "-"));
    let per_frame = PerFrame::new(on_text);
    let text_now =
        move |is_ongoing: bool, at_millis: f64| Typed { text: typed.get_untracked(), is_ongoing, at_millis };
    let note_scroll = move || {
        if let Some(input) = input.get_untracked() {
            scroll_left_px.set(input.scroll_left());
        }
    };
    let marked = move || {
        let problem = problem.get()?;
        let chars: Vec<char> = typed.get().chars().collect();
        let start = problem.start.min(chars.len());
        let end = problem.end.clamp(start, chars.len());
        let before: String = chars[..start].iter().collect();
        // A problem at the end has no character of its own; a space stands for what is missing.
        let wrong: String =
            if start == end { "\u{a0}".to_owned() } else { chars[start..end].iter().collect() };
        Some((before, wrong))
    };
    view! {
        <div class="filter-box">
            <div class="filter-box__field">
                <div class="filter-box__marks" aria-hidden="true">
                    <div class="filter-box__text" style:left=move || format!("-{}px", scroll_left_px.get())>
                        {move || {
                            marked().map(|(before, wrong)| view! { {before}<span class="filter-box__wrong">{wrong}</span> })
                        }}
                    </div>
                </div>
                <input
                    class="input filter-box__input"
                    type="text"
                    node_ref=input
                    aria-label=label
                    aria-describedby=problem_id.clone()
                    aria-invalid=move || problem.with(Option::is_some).to_string()
                    autocomplete="off"
                    spellcheck="false"
                    placeholder=placeholder
                    prop:value=typed
                    on:input:target=move |event| {
                        typed.set(event.target().value());
                        note_scroll();
                        per_frame.push(text_now(true, event.time_stamp()));
                    }
                    on:scroll=move |_| note_scroll()
                    on:change=move |event| {
                        per_frame.clear();
                        on_text.run(text_now(false, event.time_stamp()));
                    }
                />
            </div>
            <p class="filter-box__problem" id=problem_id aria-live="polite">
                {move || problem.with(|problem| problem.as_ref().map(|problem| problem.message.clone()))}
            </p>
        </div>
    }
}
