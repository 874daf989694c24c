//! Deletes and restores the runs that are shown, or all others: asks once, shows how it goes, and takes it back.

use crate::engine::Command;
use crate::engine::protocol::{NamedRuns, RunSet};
use crate::entities::{RunId, RunView};
use crate::pages::context::RunsContext;
use crate::registrar::Ask;
use crate::registrar::run_changes::{RunAsk, RunPhase, RunProgress, RunWrite};
use crate::registrar::run_versions::RunVersions;
use crate::state::registry::{RegistryState, use_registry};
use crate::state::use_app;
use crate::ui::dialog::Dialog;
use crate::ui::popover::Popover;
use leptos::html;
use leptos::prelude::*;
use std::collections::{HashMap, HashSet};
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

/// So many runs that failed are listed.
const N_FAILURES: usize = 200;

/// What somebody is asked.
#[derive(Clone, Debug, PartialEq)]
struct Question {
    write: RunWrite,
    set: RunSet,
    /// The runs' word as the page has it: brushed, or shown.
    word: &'static str,
}

/// An entry of the menu.
#[derive(Clone, Debug, PartialEq)]
struct Entry {
    text: String,
    /// Why it cannot be chosen now.
    why_not: Option<&'static str>,
    question: Question,
}

/// What the menu, the question and the progress share.
#[derive(Clone, Copy)]
struct Managing {
    context: RunsContext,
    registry: RegistryState,
    /// Names of the runs of the last change, as far as known.
    names: StoredValue<HashMap<RunId, String>>,
    /// None while progress is shown.
    question: RwSignal<Option<Question>>,
    is_open: RwSignal<bool>,
}

impl Managing {
    fn ask(self, ask: RunAsk) {
        self.registry.ask(&Ask::OfRuns(ask));
    }

    fn confirm(self, write: RunWrite, runs: &NamedRuns) {
        let named = runs.run_ids.iter().cloned().zip(runs.names.iter().cloned());
        self.names.set_value(named.filter(|(_, name)| !name.is_empty()).collect());
        self.registry.run_changes.forget();
        self.question.set(None);
        let experiment_ids = self.context.experiment_ids.get_untracked();
        self.ask(RunAsk::Write { write, run_ids: runs.run_ids.clone(), experiment_ids });
    }
}

/// The button of the toolbar with its menu, and the dialog.
#[component]
pub(in crate::pages) fn ManageRuns(context: RunsContext) -> impl IntoView {
    let app = use_app();
    let managing = Managing {
        context,
        registry: use_registry(),
        names: StoredValue::default(),
        question: RwSignal::new(None),
        is_open: RwSignal::new(false),
    };
    let is_menu_open = RwSignal::new(false);
    let root: NodeRef<html::Span> = NodeRef::new();
    let last = move || {
        managing.registry.run_changes.progress.with(|progress| {
            let progress = progress.as_ref().filter(|progress| is_of_sets(&progress.write))?;
            Some(if progress.is_under_way() { "Show progress…" } else { "Show the last change…" })
        })
    };
    let open = move |question: Option<Question>| {
        is_menu_open.set(false);
        // The focus comes back to where it was when the dialog opened: not to an entry that is gone by then.
        let button = root.get_untracked().and_then(|root| root.query_selector("button").ok().flatten());
        if let Some(Ok(button)) = button.map(JsCast::dyn_into::<HtmlElement>) {
            drop(button.focus());
        }
        if let Some(question) = &question {
            app.run_ids.set(None);
            // What is asked about is what the page shows, which the engine may not have drawn yet.
            context.send.run(Command::SetView { view: Box::new(context.view.get_untracked()), sequence: 0 });
            context.send.run(Command::ListRunIds(question.set));
            managing.registry.run_versions.set(None);
        }
        managing.question.set(question);
        managing.is_open.set(true);
    };
    view! {
        <span class="manage" node_ref=root>
            <Popover label="Manage runs" text="Manage…" is_open=is_menu_open opens_by_itself=true>
                {move || {
                    entries(context, managing.registry.run_changes.is_under_way())
                        .into_iter()
                        .map(|Entry { text, why_not, question }| {
                            view! {
                                <button
                                    type="button"
                                    class="menu-item"
                                    aria-disabled=why_not.map(|_| "true")
                                    on:click=move |_| if why_not.is_none() {
                                        open(Some(question.clone()));
                                    }
                                >
                                    {text}
                                    {why_not.map(|why_not| view! { <span class="manage__why">{why_not}</span> })}
                                </button>
                            }
                        })
                        .collect_view()
                }}
                {move || last().map(|text| view! {
                    <button type="button" class="menu-item" on:click=move |_| open(None)>{text}</button>
                })}
            </Popover>
            <Dialog title="Delete or restore runs" is_open=managing.is_open>
                {move || match managing.question.get() {
                    Some(question) => view! { <Confirm managing question /> }.into_any(),
                    None => view! { <Progress managing /> }.into_any(),
                }}
            </Dialog>
        </span>
    }
}

/// The one question: how many runs, which, and what it means.
#[component]
fn Confirm(managing: Managing, question: Question) -> impl IntoView {
    let app = use_app();
    let context = managing.context;
    let set = question.set;
    let run_ids = move || app.run_ids.get().filter(|run_ids| run_ids.set == set);
    let is_deleting = question.write == RunWrite::Delete;
    let question = StoredValue::new(question);
    // A version goes on pointing at a run that is deleted, so these runs are named.
    Effect::new(move || {
        let run_ids = run_ids().map(|run_ids| run_ids.active.run_ids).unwrap_or_default();
        if is_deleting && !run_ids.is_empty() {
            managing.registry.ask(&Ask::FindVersions(run_ids));
        }
    });
    view! {
        {move || {
            let Some(run_ids) = run_ids() else {
                return view! { <p class="load-status" role="status">"Listing the runs"</p> }.into_any();
            };
            let Question { set, word, .. } = question.get_value();
            let (runs, others) =
                if is_deleting { (run_ids.active, run_ids.deleted) } else { (run_ids.deleted, run_ids.active) };
            let n_runs = runs.run_ids.len();
            let verb = if is_deleting { "Delete" } else { "Restore" };
            let all = context.counts.with_untracked(|counts| counts.n_all);
            let n_brushed = context.counts.with_untracked(|counts| counts.n_brushed);
            let which = match set {
                RunSet::AllButBrushed => format!("{}, all but the {n_brushed} {word}, of {all} loaded", runs_text(n_runs)),
                RunSet::Brushed => format!("{}, the {word} ones of {all} loaded", runs_text(n_runs)),
                RunSet::All => format!("{}, all that are loaded", runs_text(n_runs)),
                RunSet::Selected => format!("{}, the selected ones of {all} loaded", runs_text(n_runs)),
                RunSet::AllButSelected => {
                    let n_selected = all.saturating_sub(n_runs + others.run_ids.len());
                    format!("{}, all but the {n_selected} selected, of {all} loaded", runs_text(n_runs))
                }
                RunSet::Rows { .. } => runs_text(n_runs),
            };
            let n_others = others.run_ids.len();
            let skipped = (n_others > 0).then(|| {
                let stage = if is_deleting { "deleted already" } else { "not deleted" };
                format!("{} more {} {stage} and left out.", n_others, if n_others == 1 { "is" } else { "are" })
            });
            let (n_unread, is_partial) = context.progress.with_untracked(|progress| {
                (progress.n_skipped, progress.is_cancelled)
            });
            let unread = (n_unread > 0 || is_partial).then_some(
                "Runs that have not arrived or could not be read are in neither set and stay as they are.",
            );
            let list_label = format!("Runs to {}", verb.to_lowercase());
            let runs = StoredValue::new(runs);
            let versions = managing.registry.run_versions;
            let list = move || versions.with(|versions| runs.with_value(|runs| run_list(runs, versions.as_ref())));
            let found = move || versions.with(|versions| match versions {
                None => "Looking for registered versions of these runs".to_owned(),
                Some(versions) => versions.summary(n_runs),
            });
            view! {
                <p class="manage__text">{format!("{verb} {which}:")}</p>
                // It scrolls, so the Tab key must reach it.
                <div class="manage__list" tabindex="0" role="region" aria-label=list_label>
                    <ul>{list}</ul>
                </div>
                {(is_deleting && n_runs > 0).then(|| view! { <p class="manage__text" role="status">{found}</p> })}
                {skipped.map(|text| view! { <p class="manage__text">{text}</p> })}
                {unread.map(|text| view! { <p class="manage__text">{text}</p> })}
                <p class="manage__text">{if is_deleting {
                    "Deleted runs go to the server's trash: their lifecycle stage becomes “deleted” and they leave this \
                     list. They can be restored until the server's garbage collection removes them for good. A \
                     registered model version keeps pointing at its run, deleted or not."
                } else {
                    "Restored runs come out of the server's trash: their lifecycle stage becomes “active”, with \
                     everything that they logged."
                }}</p>
                <div class="manage__actions">
                    <button
                        type="button"
                        class="button button--primary"
                        hidden={n_runs == 0}
                        on:click=move |_| runs.with_value(|runs| managing.confirm(question.get_value().write, runs))
                    >
                        {format!("{verb} {}", runs_text(n_runs))}
                    </button>
                    <button type="button" class="button" on:click=move |_| managing.is_open.set(false)>"Cancel"</button>
                </div>
            }
            .into_any()
        }}
    }
}

/// The runs by name, those with registered versions first: a list may be long, and they are what to look at.
fn run_list(runs: &NamedRuns, versions: Option<&RunVersions>) -> impl IntoView + use<> {
    let named: HashMap<&RunId, &String> = runs.run_ids.iter().zip(&runs.names).collect();
    let text_of = |run_id: &RunId| match named.get(run_id) {
        Some(name) if !name.is_empty() => (*name).clone(),
        _ => run_id.to_string(),
    };
    let registered = versions.map(|versions| versions.of.as_slice()).unwrap_or_default();
    let has_versions: HashSet<&RunId> = registered.iter().map(|(run_id, _)| run_id).collect();
    let first = registered.iter().map(|(run_id, versions)| {
        view! { <li><b>{text_of(run_id)}</b>": "{versions.clone()}</li> }
    });
    let rest = runs.run_ids.iter().take(runs.names.len()).filter(|run_id| !has_versions.contains(run_id));
    let (first, rest) = (first.collect_view(), rest.map(text_of).collect::<Vec<_>>());
    let n_more = runs.run_ids.len().saturating_sub(registered.len() + rest.len());
    let more = (n_more > 0).then(|| view! { <li class="special">{format!("and {n_more} more")}</li> });
    (first, rest.into_iter().map(|name| view! { <li>{name}</li> }).collect_view(), more)
}

/// How the change goes, and once it has ended, what has come of it.
#[component]
fn Progress(managing: Managing) -> impl IntoView {
    let changes = managing.registry.run_changes;
    let status: NodeRef<html::P> = NodeRef::new();
    let is_under_way = Memo::new(move |_| {
        changes.progress.with(|progress| progress.as_ref().is_none_or(RunProgress::is_under_way))
    });
    let text = Memo::new(move |_| {
        changes
            .progress
            .with(|progress| progress.as_ref().map_or_else(|| "Asking the server".to_owned(), phase_text))
    });
    let has_failures = Memo::new(move |_| changes.failures.with(|failures| !failures.is_empty()));
    let n_settled = move |is_all: bool| {
        changes.progress.with(|progress| {
            let tally = progress.as_ref().map(|progress| progress.tally).unwrap_or_default();
            let n_runs = tally.n_not_done() + tally.n_already + tally.n_written + tally.n_done;
            (if is_all { n_runs.max(1) } else { n_runs - tally.n_open }) as f64
        })
    };
    let failures = move || {
        changes.failures.with(|failures| {
            let items = failures.iter().take(N_FAILURES).map(|(run_id, why)| {
                let name = managing.names.with_value(|names| names.get(run_id).cloned());
                view! { <li><b>{name.unwrap_or_else(|| run_id.to_string())}</b>": "{why.clone()}</li> }
            });
            let n_more = failures.len().saturating_sub(N_FAILURES);
            let more =
                (n_more > 0).then(|| view! { <li class="special">{format!("and {n_more} more")}</li> });
            (items.collect_view(), more)
        })
    };
    let actions = move || {
        if is_under_way.get() {
            return view! {
                <button type="button" class="button" on:click=move |_| managing.ask(RunAsk::Cancel)>"Cancel"</button>
            }
            .into_any();
        }
        changes.progress.with_untracked(|progress| {
            let progress = progress.as_ref()?;
            let (n_not_done, n_undoable) = (progress.tally.n_not_done(), progress.n_undoable);
            let undo = if progress.write == RunWrite::Delete { "restore" } else { "delete" };
            let mut buttons = vec![];
            if n_not_done > 0 {
                let text = if n_not_done == 1 { "Try this again" } else { "Try these again" };
                buttons.push((text.to_owned(), RunAsk::Retry));
            }
            if n_undoable > 0 {
                buttons.push((format!("Undo: {undo} {}", runs_text(n_undoable)), RunAsk::Undo));
            }
            let button = |(text, ask): (String, RunAsk)| {
                view! {
                    <button type="button" class="button" on:click=move |_| managing.ask(ask.clone())>{text}</button>
                }
            };
            Some(buttons.into_iter().map(button).collect_view())
        })
        .into_any()
    };
    // The button that was pressed is gone; whoever pressed it hears and sees what comes of it.
    Effect::new(move || {
        is_under_way.track();
        if let Some(status) = status.get() {
            drop(status.focus());
        }
    });
    view! {
        <p class="manage__text" role="status" tabindex="-1" node_ref=status>{text}</p>
        <Show when=move || is_under_way.get()>
            <progress
                class="manage__progress"
                aria-label="Runs done"
                prop:max=move || n_settled(true)
                prop:value=move || n_settled(false)
            ></progress>
            // Not a part of the status: nobody wants to hear every run.
            <p class="manage__text">{move || changes.progress.with(|progress| progress.as_ref().map(counts_text))}</p>
        </Show>
        <Show when=move || has_failures.get()>
            <div class="manage__list" tabindex="0" role="region" aria-label="Runs that failed">
                <ul>{failures}</ul>
            </div>
        </Show>
        <div class="manage__actions">{actions}</div>
    }
}

/// The menu: what can be done with the runs that are shown, or why not.
fn entries(context: RunsContext, is_under_way: bool) -> Vec<Entry> {
    let counts = context.counts.get();
    let run_view = context.run_view.get();
    let n_brushed = counts.n_brushed;
    let word = if context.view.with(|view| view.brushes.is_empty()) { "shown" } else { "brushed" };
    let is_narrowed = n_brushed < counts.n_all;
    let busy = if is_under_way {
        Some("Another change is under way")
    } else if context.progress.with(|progress| progress.is_loading) {
        Some("Wait until the runs are loaded")
    } else {
        None
    };
    let entry = |write: RunWrite, set: RunSet, text: String, why_not: Option<&'static str>| Entry {
        text,
        why_not: busy.or(why_not),
        question: Question { write, set, word },
    };
    let mut entries = vec![];
    let n_selected = context.view.with(|view| view.selected.len());
    if run_view != RunView::Deleted {
        let why_not = if !is_narrowed {
            Some("Draw a brush or filter first: every run is shown")
        } else if n_brushed == 0 {
            Some("No run is in the filter and the brushes")
        } else {
            None
        };
        let runs = if n_brushed == 1 { "run" } else { "runs" };
        let texts = if why_not.is_none() {
            [
                format!("Delete the {n_brushed} {word} {runs}…"),
                format!("Delete all but the {n_brushed} {word}…"),
            ]
        } else {
            ["Delete the brushed runs…".to_owned(), "Delete all but the brushed…".to_owned()]
        };
        for (text, set) in texts.into_iter().zip([RunSet::Brushed, RunSet::AllButBrushed]) {
            entries.push(entry(RunWrite::Delete, set, text, why_not));
        }
        if n_selected > 0 {
            let runs = if n_selected == 1 { "run" } else { "runs" };
            let text = format!("Delete the {n_selected} selected {runs}…");
            entries.push(entry(RunWrite::Delete, RunSet::Selected, text, None));
            let why_not = (n_selected >= counts.n_all).then_some("Every run is selected");
            let text = format!("Delete all but the {n_selected} selected {runs}…");
            entries.push(entry(RunWrite::Delete, RunSet::AllButSelected, text, why_not));
        }
    }
    if run_view != RunView::Active {
        let why_not = (n_brushed == 0).then_some("No run is shown");
        let (text, set) = if is_narrowed {
            (
                format!("Restore the {n_brushed} {word} {}…", if n_brushed == 1 { "run" } else { "runs" }),
                RunSet::Brushed,
            )
        } else {
            (format!("Restore all {}…", runs_text(n_brushed)), RunSet::All)
        };
        entries.push(entry(RunWrite::Restore, set, text, why_not));
        if n_selected > 0 {
            let text = format!(
                "Restore the {n_selected} selected {}…",
                if n_selected == 1 { "run" } else { "runs" }
            );
            entries.push(entry(RunWrite::Restore, RunSet::Selected, text, None));
        }
    }
    entries
}

fn is_of_sets(write: &RunWrite) -> bool {
    matches!(write, RunWrite::Delete | RunWrite::Restore)
}

fn runs_text(n_runs: usize) -> String {
    format!("{n_runs} {}", if n_runs == 1 { "run" } else { "runs" })
}

fn phase_text(progress: &RunProgress) -> String {
    match progress.phase {
        RunPhase::Checking => "Reading how the runs stand".to_owned(),
        RunPhase::Writing if progress.write == RunWrite::Delete => "Deleting runs".to_owned(),
        RunPhase::Writing => "Restoring runs".to_owned(),
        RunPhase::Verifying => "Reading back from the server".to_owned(),
        RunPhase::Ended => progress.summary(),
    }
}

fn counts_text(progress: &RunProgress) -> String {
    let tally = progress.tally;
    let (n_done, n_failed) =
        (tally.n_written + tally.n_done + tally.n_already, tally.n_failed + tally.n_unknown);
    format!("{n_done} done, {n_failed} failed, {} left", tally.n_open)
}
