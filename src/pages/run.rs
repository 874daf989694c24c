//! The run page: what one run is, what it logged, and its artifacts.

mod artifacts;
mod edit;
pub(super) mod load;
mod models;
mod note_view;
mod preview;
mod register;

use self::artifacts::ArtifactTree;
use self::edit::{Edits, Note, Rename, SaidLine, Tags};
use self::models::ModelsPanel;
use self::preview::PreviewDialog;
use crate::engine::Command;
use crate::engine::protocol::RunDetails;
use crate::entities::{LifecycleStage, RunId};
use crate::pages::compare::bytes_text;
use crate::pages::context::RunsContext;
use crate::registrar::files::FileRef;
use crate::state::registry::use_registry;
use crate::view::AxisKind;
use crate::view::brush_px::value_text;
use leptos::prelude::*;

/// The run page.
#[component]
pub fn RunPage(
    /// The application's signals and callbacks.
    context: RunsContext,
    /// The run in the address.
    #[prop(into)]
    run_id: Signal<RunId>,
) -> impl IntoView {
    let run_id = Memo::new(move |_| run_id.get());
    Effect::new(move || {
        let run_id = run_id.get();
        context.send.run(Command::OpenRun(run_id.clone()));
        context.send.run(Command::ListArtifacts { run_id, path: String::new() });
    });
    // Details of the run opened before are not this run's.
    let details = Memo::new(move |_| {
        let run_id = run_id.get();
        let details: Option<RunDetails> = context.run_details.with(|details| details.as_ref()?.read());
        details.filter(|details| details.info.id == run_id)
    });
    let edits = Edits::new(context, run_id);
    let heading = move || {
        details.with(|details| match details {
            Some(details) if !details.info.name.is_empty() => details.info.name.clone(),
            Some(details) => details.info.id.to_string(),
            None => run_id.get().to_string(),
        })
    };
    let previewed = RwSignal::new(None::<FileRef>);
    let preview = Callback::new(move |file| previewed.set(Some(file)));
    view! {
        <main class="run" id="main">
            <p class="run__back"><a href=context.compare_href>"Back to the comparison"</a></p>
            <div class="run__head">
                <h1 class="run__title" tabindex="-1">{heading}</h1>
                <Rename edits details />
            </div>
            {move || match details.get() {
                Some(details) => view! { <Details details edits /> }.into_any(),
                None => match context.failed.get() {
                    Some(message) => view! { <p class="load-status">{message}</p> }.into_any(),
                    None => view! { <p class="load-status" role="status">"Loading the run"</p> }.into_any(),
                },
            }}
            <ModelsPanel run_id preview />
            <section class="panel run__artifacts" aria-labelledby="run-artifacts">
                <header class="panel__head"><h2 class="panel__title" id="run-artifacts">"Artifacts"</h2></header>
                <div class="panel__body"><ArtifactTree context run_id preview /></div>
            </section>
            <PreviewDialog file=previewed />
            <SaidLine edits />
        </main>
    }
}

#[component]
fn Details(details: RunDetails, edits: Edits) -> impl IntoView {
    let of_note = details.clone();
    let of_tags = details.clone();
    let info = details.info;
    let time = |millis: Option<i64>, absent: &str| {
        millis.map_or_else(
            || absent.to_owned(),
            |millis| format!("{} UTC", value_text(AxisKind::Time, millis as f64)),
        )
    };
    let stage = match info.lifecycle_stage {
        LifecycleStage::Active => "active",
        LifecycleStage::Deleted => "deleted",
    };
    // The comparison knows it only where it was asked there; the models below are read in any case.
    let (of_comparison, run_id, models) =
        (details.model_size_bytes, info.id.clone(), use_registry().files.models);
    let model_size = Signal::derive(move || {
        let read =
            || models.with(|models| models.as_ref().filter(|models| models.run_id == run_id)?.size_bytes());
        of_comparison.or_else(read).map_or_else(|| "unknown".to_owned(), bytes_text)
    });
    let fixed = Signal::stored;
    let facts = [
        (
            "Experiment",
            fixed(if details.experiment_name.is_empty() {
                info.experiment_id.to_string()
            } else {
                details.experiment_name
            }),
        ),
        ("Run id", fixed(info.id.to_string())),
        ("Status", fixed(info.status.as_str().to_owned())),
        ("Lifecycle stage", fixed(stage.to_owned())),
        ("User", fixed(if info.user.is_empty() { "unknown".to_owned() } else { info.user })),
        ("Start", fixed(time(info.start_millis, "unknown"))),
        ("End", fixed(time(info.end_millis, "none yet"))),
        ("Model size", model_size),
        ("Artifact location", fixed(info.artifact_uri)),
    ];
    let params = details.params.into_iter().map(|param| vec![param.key, param.value]).collect();
    let metrics = details
        .metrics
        .into_iter()
        .map(|metric| vec![metric.key, number_text(metric.value), metric.step.to_string()])
        .collect();
    let datasets: Vec<Vec<String>> = details
        .datasets
        .into_iter()
        .map(|dataset| vec![dataset.name, dataset.digest, dataset.context])
        .collect();
    let skipped = details.skipped;
    view! {
        {(!skipped.is_empty()).then(|| view! { <p class="load-status" role="status">{skipped.join(" ")}</p> })}
        <dl class="run__facts">
            {facts
                .into_iter()
                .map(|(term, text)| view! { <div class="run__fact"><dt>{term}</dt><dd>{text}</dd></div> })
                .collect_view()}
        </dl>
        <Note edits details=of_note />
        <div class="run__tables">
            <Logged title="Metrics" columns=&["Metric", "Latest value", "Step"] rows=metrics />
            <Logged title="Params" columns=&["Param", "Value"] rows=params />
            <Tags edits details=of_tags />
            {(!datasets.is_empty()).then(|| view! {
                <Logged title="Datasets" columns=&["Name", "Digest", "Context"] rows=datasets />
            })}
        </div>
    }
}

/// A table of what a run logged, or the words that it logged none.
#[component]
fn Logged(title: &'static str, columns: &'static [&'static str], rows: Vec<Vec<String>>) -> impl IntoView {
    let is_number = move |column: usize| title == "Metrics" && column > 0;
    let content = if rows.is_empty() {
        view! { <p class="panel__empty">"None logged"</p> }.into_any()
    } else {
        view! {
            // A wide table scrolls sideways; the Tab key must reach it.
            <div class="run__scroller" tabindex="0" role="region" aria-label=title>
                <table class="run__table" aria-label=title>
                    <thead>
                        <tr>
                            {columns
                                .iter()
                                .enumerate()
                                .map(|(column, text)| view! { <th scope="col" class:number=is_number(column)>{*text}</th> })
                                .collect_view()}
                        </tr>
                    </thead>
                    <tbody>
                        {rows
                            .into_iter()
                            .map(|row| {
                                let cells = row
                                    .into_iter()
                                    .enumerate()
                                    .map(|(column, text)| cell(column, text, is_number(column)))
                                    .collect_view();
                                view! { <tr>{cells}</tr> }
                            })
                            .collect_view()}
                    </tbody>
                </table>
            </div>
        }
        .into_any()
    };
    view! {
        <section class="panel">
            <header class="panel__head"><h2 class="panel__title">{title}</h2></header>
            {content}
        </section>
    }
}

fn cell(column: usize, text: String, is_number: bool) -> AnyView {
    match (column, text.is_empty()) {
        (0, _) => view! { <th scope="row">{text}</th> }.into_any(),
        (_, true) => view! { <td><em class="special">"empty"</em></td> }.into_any(),
        (_, false) => view! { <td class:number=is_number>{text}</td> }.into_any(),
    }
}

/// The whole number, since this page is where all digits are looked up.
fn number_text(value: f64) -> String {
    if value.is_nan() {
        "NaN".to_owned()
    } else if value.is_infinite() {
        if value > 0.0 { "+∞" } else { "−∞" }.to_owned()
    } else if value != 0.0 && !(1e-6..1e16).contains(&value.abs()) {
        format!("{value:e}")
    } else {
        value.to_string()
    }
}
