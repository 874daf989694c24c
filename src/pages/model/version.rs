//! One version: what it is, beside what is in Production, its aliases, tags and history.

use super::edit::{Aliases, Description, Tags};
use super::history::History;
use super::review_panel::ReviewPanel;
use super::versions_table::MoveButton;
use super::{Intent, ModelContext};
use crate::engine::protocol::format_millis;
use crate::entities::{Stage, VersionNumber, VersionStatus};
use crate::pages::run::load::LoadInPython;
use crate::registrar::Ask;
use crate::registrar::files::FilesAsk;
use crate::registry::undo::undo;
use crate::registry::version_table::run_of;
use crate::route::{Comparison, Route};
use crate::ui::dialog::Dialog;
use crate::ui::side_by_side::SideBySide;
use crate::ui::stage::StageMark;
use leptos::prelude::*;

/// The panel of a version; an own sentence where the model has none of that number.
#[component]
pub(super) fn VersionPanel(context: ModelContext, number: VersionNumber) -> impl IntoView {
    let is_known = Memo::new(move |_| {
        context.state.with(|state| state.as_ref().is_some_and(|state| state.version(number).is_some()))
    });
    move || {
        if is_known.get() {
            view! { <Known context number /> }.into_any()
        } else {
            let text = format!("This model has no version {number}; it may have been deleted.");
            view! { <p>{text}</p> }.into_any()
        }
    }
}

#[component]
fn Known(context: ModelContext, number: VersionNumber) -> impl IntoView {
    let registry = context.registry;
    let version = Memo::new(move |_| {
        context.state.with(|state| state.as_ref().and_then(|state| state.version(number)).cloned())
    });
    // Why nothing can be undone, if nothing can.
    let undo_obstacle = Memo::new(move |_| {
        let rules = context.app.rules();
        context.state.with(|state| state.as_ref().and_then(|state| undo(state, number, &rules).err()))
    });
    let on_undo = move |_| {
        if undo_obstacle.with_untracked(Option::is_none) {
            context.decide(number, Intent::Undo);
        }
    };
    let facts = move || {
        let version = version.get()?;
        let status = match &version.status {
            VersionStatus::Ready => "ready".to_owned(),
            VersionStatus::Pending => "still being registered".to_owned(),
            VersionStatus::Failed => format!("registration failed. {}", version.status_message),
            VersionStatus::Other(word) => word.clone(),
        };
        let server = context.page.with(|page| page.server.clone());
        let run = version.run_id.clone().map(|run_id| {
            let name = registry.runs.with(|runs| run_of(&version, runs).map(|run| run.info.name.clone()));
            let text = name.filter(|name| !name.is_empty()).unwrap_or_else(|| run_id.0.clone());
            let comparison = Comparison { server, ..Comparison::default() };
            view! { <a href=Route::Run { run_id, comparison }.to_string()>{text}</a> }
        });
        let fact = |term: &'static str, text: String| {
            (!text.is_empty()).then(|| view! { <div class="run__fact"><dt>{term}</dt><dd>{text}</dd></div> })
        };
        Some(view! {
            <dl class="run__facts">
                <div class="run__fact"><dt>"Stage"</dt><dd><StageMark stage=version.stage /></dd></div>
                <div class="run__fact"><dt>"Run"</dt><dd>{run}</dd></div>
                {fact("Registered (UTC)", version.creation_millis.map(format_millis).unwrap_or_default())}
                {fact("Last change (UTC)", version.last_update_millis.map(format_millis).unwrap_or_default())}
                {fact("Registered by", version.user)}
                {fact("Status", status)}
                {fact("Source", version.source)}
            </dl>
        })
    };
    let in_production = Memo::new(move |_| {
        context.state.with(|state| {
            let holders = state.as_ref().map(|state| state.in_stage(Stage::Production)).unwrap_or_default();
            holders.into_iter().find(|other| *other != number)
        })
    });
    let against = Memo::new(move |_| {
        let wanted = context.page.with(|page| page.against.map(VersionNumber));
        // A version that is gone, or the version itself, is none to compare with.
        let is_there = |other: &VersionNumber| {
            *other != number
                && context
                    .state
                    .with(|state| state.as_ref().is_some_and(|state| state.version(*other).is_some()))
        };
        wanted.filter(is_there)
    });
    let holder = Memo::new(move |_| against.get().or_else(|| in_production.get()));
    Effect::new(move |asked: Option<Option<Option<VersionNumber>>>| {
        // The dialog compares as well, with what it is about; once it is closed this is asked for again.
        if context.moving.with(Option::is_some) {
            return None;
        }
        let holder = holder.get();
        if asked.flatten() != Some(holder) {
            context.compare(number, holder);
        }
        Some(holder)
    });
    let others = move || {
        let numbers = context.state.with(|state| {
            let versions = state.as_ref().map(|state| state.versions.as_slice()).unwrap_or_default();
            versions.iter().map(|version| version.number).filter(|other| *other != number).collect::<Vec<_>>()
        });
        let option = move |other: VersionNumber| {
            let is_chosen = against.get() == Some(other);
            view! { <option value=other.to_string() selected=is_chosen>{format!("Version {other}")}</option> }
        };
        numbers.into_iter().map(option).collect_view()
    };
    let comparison = move || {
        let comparison = context.comparison(number)?;
        Some(view! { <SideBySide comparison on_more_curves=registry.more_curves() /> })
    };
    // The buttons come first: what arrives late must not move them under the pointer.
    view! {
        <div class="toolbar">
            <MoveButton context number />
            <LoadCode context number />
            <button
                type="button"
                class="button"
                aria-haspopup="dialog"
                aria-disabled=move || undo_obstacle.with(Option::is_some).then_some("true")
                aria-describedby="undo-obstacle"
                on:click=on_undo
            >
                "Undo last move…"
            </button>
            <span class="secondary" id="undo-obstacle">{undo_obstacle}</span>
        </div>
        {facts}
        <Description context version=Some(number) />
        <ReviewPanel context number />
        <section class="panel">
            <header class="panel__head">
                <h2 class="panel__title">"Compared with"</h2>
                <select
                    class="select"
                    aria-label="Compared with"
                    on:change:target=move |event| {
                        let chosen = event.target().value().parse().ok();
                        context.change(|page| page.against = chosen);
                    }
                >
                    <option value="">{move || if in_production.get().is_some() { "what is in Production" } else { "nothing" }}</option>
                    {others}
                </select>
            </header>
            {comparison}
        </section>
        <div class="run__tables">
            <Aliases context number />
            <Tags context version=Some(number) />
        </div>
        <History context version=Some(number) />
    }
}

/// The code that loads the version, in a dialog. It is made of what the run's page knows of the run's models.
#[component]
fn LoadCode(context: ModelContext, number: VersionNumber) -> impl IntoView {
    let registry = context.registry;
    let is_open = RwSignal::new(false);
    let run_id = Memo::new(move |_| {
        context.state.with(|state| state.as_ref().and_then(|state| state.version(number)?.run_id.clone()))
    });
    let registered = Memo::new(move |_| (context.page.with(|page| page.name.clone()), number));
    let models = Memo::new(move |_| {
        let run_id = run_id.get()?;
        registry.files.models.get().filter(|models| models.run_id == run_id)
    });
    let model = Memo::new(move |_| {
        let registered = registered.get();
        models.with(|models| {
            let mut models = models.iter().flat_map(|models| &models.models);
            models.find(|model| model.versions.contains(&registered)).cloned()
        })
    });
    let is_known = Memo::new(move |_| model.with(Option::is_some));
    let open = move |_| {
        if let Some(run_id) = run_id.get_untracked() {
            registry.ask(&Ask::ListModels);
            registry.ask(&Ask::Files(FilesAsk::ReadModels(run_id)));
            is_open.set(true);
        }
    };
    let words = move || {
        models.with(|models| match models {
        Some(models) if !models.is_loading => {
            "The files of this version are not among the models of its run, so what loads them is not known."
        }
        _ => "Reading the models of the run…",
    })
    };
    view! {
        <Show when=move || run_id.with(Option::is_some)>
            <button type="button" class="button" aria-haspopup="dialog" on:click=open>"Load in Python…"</button>
        </Show>
        <Dialog title="Load in Python" is_open>
            {move || if is_known.get() {
                view! { <LoadInPython model models first=registered.get_untracked() /> }.into_any()
            } else {
                view! { <p role="status">{words}</p> }.into_any()
            }}
        </Dialog>
    }
}
