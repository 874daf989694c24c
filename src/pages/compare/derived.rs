//! The form for a derived column: an expression, what is wrong with it, and what it gives.

use super::EditView;
use super::filter_box::{FilterBox, Typed};
use crate::engine::Command;
use crate::engine::news::{ExpressionInfo, ExpressionPreview};
use crate::engine::protocol::{FilterProblem, NewsText};
use crate::entities::ColumnKey;
use crate::pages::late::{LateKind, late_piece};
use crate::state::use_app;
use crate::ui::dialog::Dialog;
use crate::ui::focus::focus_on;
use crate::view::edit::ViewEdit;
use leptos::prelude::*;

/// The form in its dialog, open while a chooser wants a column.
#[component]
pub(super) fn DerivedDialog(
    edit: EditView,
    /// The chooser that asked for it.
    wanted_by: RwSignal<Option<Callback<ColumnKey>>>,
) -> impl IntoView {
    let is_open = RwSignal::new(false);
    // Each follows the other, and only where it differs: a signal that is set tells so even if it stays the same.
    Effect::new(move || {
        let is_wanted = wanted_by.with(Option::is_some);
        if is_open.get_untracked() != is_wanted {
            is_open.set(is_wanted);
        }
    });
    Effect::new(move || {
        if !is_open.get() && wanted_by.with_untracked(Option::is_some) {
            wanted_by.set(None);
        }
    });
    let add = Callback::new(move |column: ColumnKey| {
        let ColumnKey::Derived(expression) = &column else { return };
        let offer = ViewEdit::AddDerived(expression.clone());
        let then = wanted_by.get_untracked();
        is_open.set(false);
        // Offered and chosen are one step for undo.
        edit.ongoing(offer.clone());
        if let Some(then) = then {
            then.try_run(column);
        }
        edit.edit(offer);
    });
    view! {
        <Dialog title="New derived column" is_open>
            {late_piece(LateKind::DerivedForm(StoredValue::new(add)))}
        </Dialog>
    }
}

/// The form, a late piece.
#[component]
pub(in crate::pages) fn DerivedForm(add: Callback<ColumnKey>) -> impl IntoView {
    let app = use_app();
    let typed = RwSignal::new(String::new());
    // Whether to add it as soon as the engine has said that it is right.
    let is_due = RwSignal::new(false);
    // What the engine said of this very text.
    let outcome = Memo::new(move |_| {
        let info =
            app.expression_news.with(|news| news.as_ref().and_then(NewsText::read::<ExpressionInfo>))?;
        typed.with(|typed| *typed == info.text && !typed.trim().is_empty()).then_some(info.outcome)
    });
    let problem: Signal<Option<FilterProblem>> = Signal::derive(move || outcome.get()?.err());
    let preview = move || match outcome.get() {
        Some(Ok(preview)) => preview_text(&preview),
        _ => String::new(),
    };
    let on_text = Callback::new(move |Typed { text, .. }: Typed| {
        if typed.with_untracked(|typed| *typed != text) {
            is_due.set(false);
            app.send(&Command::CheckExpression(text.clone()));
            typed.set(text);
        }
    });
    Effect::new(move || {
        if let (true, Some(outcome)) = (is_due.get(), outcome.get()) {
            is_due.set(false);
            if let Ok(preview) = outcome {
                add.run(preview.column);
            }
        }
    });
    request_animation_frame(|| focus_on(".derived input"));
    view! {
        <form
            class="derived"
            on:submit=move |event| {
                event.prevent_default();
                is_due.set(true);
            }
        >
            <FilterBox
                label="Expression"
                placeholder="log10(params.learning_rate)"
                text=Signal::stored(String::new())
                problem
                on_text
            />
            <p class="derived__preview" role="status">{preview}</p>
            <p class="secondary">
                "A metric by its name, a param as params.NAME, and duration (in seconds), model_size (in bytes); a name with other signs in `quotes`. There are + - * / ^, abs, sqrt, exp, ln, log10, log2, round, floor, ceil, min, max and if_missing(x, fallback). Of a metric over its steps there are first, last, min, max, mean, best and at, as in best(rmse) or at(rmse, 100)."
            </p>
            <button type="submit" class="button">"Add column"</button>
        </form>
    }
}

/// `run-7: 0.25. 48 of 58 runs have a value.`
fn preview_text(preview: &ExpressionPreview) -> String {
    let ExpressionPreview { first, n_present, n_runs, histories, .. } = preview;
    if *n_present == 0 && !histories.is_empty() {
        return format!(
            "The history of {} is read for each run once this is a column.",
            histories.join(" and of ")
        );
    }
    let first = first.as_ref().map_or_else(String::new, |(name, value)| format!("{name}: {value}. "));
    format!("{first}{n_present} of {n_runs} runs have a value.")
}
