//! Named views: kept in this browser, saved as a file and read from one.

use super::EditView;
use crate::engine::Command;
use crate::entities::RunId;
use crate::pages::context::RunsContext;
use crate::registrar::Ask;
use crate::registrar::experiment_tags::{TagAsk, TagNews};
use crate::route::Route;
use crate::route::saved::{DEFAULT_TAG, KeptView, KeptViews, SavedView, SavedViews, place, view_of};
use crate::state::registry::use_registry;
use crate::state::{ExperimentList, memory, use_app};
use crate::ui::clipboard::copied;
use crate::ui::download::save_text;
use crate::ui::popover::Popover;
use crate::view::edit::ViewEdit;
use leptos::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::HtmlInputElement;

/// Why nothing is kept beside views that cannot be read.
const UNREADABLE: &str = "The views kept in this browser cannot be read, so nothing was changed and they are left as they \
    are. Save them as a file, and open them with the Runweave that wrote them.";

/// What copies the address of this page, made short: runs are named by the beginnings of their ids.
pub(super) fn link_copier(context: RunsContext) -> Callback<()> {
    let app = use_app();
    let wanted = StoredValue::new(None::<Vec<RunId>>);
    Effect::new(move || {
        let Some(short) = app.short_ids.get() else { return };
        let Some(ids) = wanted.try_update_value(Option::take).flatten() else { return };
        let Route::Compare(mut comparison) = app.route.get_untracked() else { return };
        let of = |id: &RunId| short.get(ids.iter().position(|other| other == id)?).cloned();
        comparison.view = comparison.view.with_ids(of);
        let here = window().location().href().unwrap_or_default();
        let site = here.split('#').next().unwrap_or_default();
        let link = format!("{site}{}", Route::Compare(comparison));
        leptos::task::spawn_local(async move {
            if copied(&link).await {
                app.tell(format!("Link copied, {} characters", link.len()));
            } else {
                app.alert("The browser refuses to copy here, as it does on pages without https. The address of this page is a link, too.");
            }
        });
    });
    Callback::new(move |()| {
        let ids = context.view.with_untracked(|view| {
            view.selected.iter().chain(&view.ranking.pick).cloned().collect::<Vec<RunId>>()
        });
        app.short_ids.set(None);
        wanted.set_value(Some(ids.clone()));
        context.send.run(Command::ShortenIds(ids));
    })
}

/// The views that are kept with the experiment, and what keeps this one there.
#[component]
fn WithExperiment(
    context: RunsContext,
    /// What somebody typed as the name of this view.
    name: RwSignal<String>,
) -> impl IntoView {
    let app = use_app();
    let edit: EditView = expect_context();
    let registry = use_registry();
    let experiment = Memo::new(move |_| match context.experiment_ids.get().as_slice() {
        [id] => Some(id.clone()),
        _ => None,
    });
    let news = Memo::new(move |_| {
        let news = TagNews::read(&registry.experiment_tags.get());
        if news.experiment_id == experiment.get() { news } else { TagNews::default() }
    });
    let kept = Memo::new(move |_| news.with(|news| news.tags.as_deref().map(KeptViews::of_tags)));
    let ask = move |ask: TagAsk| registry.ask(&Ask::ExperimentTags(ask.to_text()));
    Effect::new(move || {
        if let Some(experiment_id) = experiment.get() {
            ask(TagAsk::Read(experiment_id));
        }
    });
    // What this browser asked for last, so that its end is told once.
    let asked = StoredValue::new(None::<(String, String)>);
    let write = move |key: String, from: Option<String>, to: Option<String>, done: String| {
        if let Some(experiment_id) = experiment.get_untracked() {
            asked.set_value(Some((key.clone(), done)));
            ask(TagAsk::Write { experiment_id, key, from, to });
        }
    };
    Effect::new(move || {
        let news = news.get();
        if let (Some(experiment_id), Some(tags)) = (&news.experiment_id, &news.tags) {
            // The list of experiments opens them as they are now.
            app.experiments.update(|list| {
                if let ExperimentList::Loaded { items, .. } = list {
                    for item in items.iter_mut().filter(|item| item.id == *experiment_id) {
                        item.tags.clone_from(tags);
                    }
                }
            });
        }
        let Some((key, done)) = asked.get_value() else { return };
        match news.written {
            Some((written, result)) if written == key => {
                asked.set_value(None);
                match result {
                    Ok(()) => app.tell(done),
                    Err(why) => app.alert(&why),
                }
            }
            _ => {}
        }
    });
    let text_of = move |name: &str| {
        let same = |kept: &KeptViews| {
            let found = kept.views.iter().find(|(view, _)| view.name == name);
            found.map(|(_, text)| text.clone())
        };
        kept.with_untracked(|kept| kept.as_ref().and_then(same))
    };
    let keep = move |_| {
        let chosen = name.get_untracked().trim().to_owned();
        if chosen.is_empty() {
            app.alert("A view that is kept with the experiment needs a name: type one above first.");
            return;
        }
        let view = KeptView::new(&chosen, &context.view.get_untracked());
        write(
            view.key(),
            text_of(&chosen),
            Some(view.text()),
            format!("View {chosen} kept with the experiment"),
        );
        name.set(String::new());
    };
    let default = Memo::new(move |_| kept.with(|kept| kept.as_ref().and_then(|kept| kept.default.clone())));
    let row = move |(view, text): (KeptView, String)| {
        let (key, own) = (view.key(), view.name.clone());
        let is_default = {
            let own = own.clone();
            Memo::new(move |_| default.with(|default| default.as_ref() == Some(&own)))
        };
        let open = move |_| edit.edit(ViewEdit::Replace(Box::new(view_of(&view.view))));
        let turn = {
            let own = own.clone();
            move |_| {
                let to = (!is_default.get_untracked()).then(|| own.clone());
                let done = if to.is_some() { "opens with" } else { "no longer opens with" };
                write(
                    DEFAULT_TAG.to_owned(),
                    default.get_untracked(),
                    to,
                    format!("The experiment {done} {own}"),
                );
            }
        };
        let remove = {
            let own = own.clone();
            move |_| {
                write(
                    key.clone(),
                    Some(text.clone()),
                    None,
                    format!("View {own} removed from the experiment"),
                )
            }
        };
        view! {
            <li class="views__row">
                <button type="button" class="menu-item" on:click=open>{own.clone()}</button>
                <button
                    type="button"
                    class="button button--quiet"
                    aria-pressed=move || is_default.get().to_string()
                    aria-label=format!("Default for everybody: {own}")
                    on:click=turn
                >
                    "Default"
                </button>
                <button type="button" class="button button--quiet" aria-label=format!("Remove view {own} from the experiment") on:click=remove>
                    "×"
                </button>
            </li>
        }
    };
    let note = move || {
        if experiment.with(Option::is_none) {
            return Some("Of several experiments none can keep the view: open one by itself.".to_owned());
        }
        if let Some(problem) = news.with(|news| news.problem.clone()) {
            return Some(problem);
        }
        kept.with(|kept| match kept {
            None => Some("Reading the views kept with the experiment".to_owned()),
            Some(kept) if kept.n_unread > 0 => {
                Some(format!("{} more were written by another Runweave.", kept.n_unread))
            }
            Some(kept) if kept.views.is_empty() => {
                Some("No view is kept with the experiment yet.".to_owned())
            }
            Some(_) => None,
        })
    };
    view! {
        <section class="views__experiment" aria-label="With the experiment">
            <h2 class="pick__title">"With the experiment, for everybody"</h2>
            <ul class="views" aria-label="Views kept with the experiment">
                <For
                    each=move || kept.with(|kept| kept.as_ref().map(|kept| kept.views.clone()).unwrap_or_default())
                    key=|(_, text)| text.clone()
                    children=row
                />
            </ul>
            {move || note().map(|note| view! { <p class="secondary" role="status">{note}</p> })}
            <button
                type="button"
                class="button"
                aria-disabled=move || experiment.with(Option::is_none).then_some("true")
                on:click=move |event| if experiment.with_untracked(Option::is_some) {
                    keep(event);
                }
            >
                "Keep with the experiment"
            </button>
        </section>
    }
}

/// The menu.
#[component]
pub(in crate::pages) fn Views(context: RunsContext) -> impl IntoView {
    let app = use_app();
    let edit: EditView = expect_context();
    let copy_link = link_copier(context);
    let saved = RwSignal::new(SavedViews::default());
    let name = RwSignal::new(String::new());
    let here = move || {
        let server = app.route.with(|route| route.server().unwrap_or_default().to_owned());
        place(&server, &context.experiment_ids.get())
    };
    // Another tab may have changed them since.
    let problem = RwSignal::new(None::<String>);
    let read = move || match memory::saved_views() {
        Ok(views) => {
            problem.set(None);
            Some(views)
        }
        Err(why) => {
            problem.set(Some(why));
            None
        }
    };
    let change = move |change: &dyn Fn(&mut SavedViews)| -> bool {
        let Some(mut views) = read() else {
            app.alert(UNREADABLE);
            return false;
        };
        change(&mut views);
        let is_kept = memory::keep_saved_views(&views);
        if !is_kept {
            app.alert("The browser does not keep views here: its storage is full or switched off. Save them as a file.");
        }
        saved.set(views);
        is_kept
    };
    let save = move || {
        let chosen = name.get_untracked().trim().to_owned();
        if !chosen.is_empty() {
            let view = context.view.get_untracked();
            if change(&|views| views.save(&chosen, &view)) {
                name.set(String::new());
                app.tell("View saved");
            }
        }
    };
    let import = move |input: HtmlInputElement| {
        let Some(file) = input.files().and_then(|files| files.get(0)) else { return };
        leptos::task::spawn_local(async move {
            let text = JsFuture::from(file.text()).await.ok().and_then(|text| text.as_string());
            match SavedViews::parse(&text.unwrap_or_default()) {
                Ok(read) => {
                    let n = read.all().len();
                    if change(&|views| views.merge(read.clone())) {
                        app.tell(format!("{n} views read; those of the same names are replaced"));
                    }
                }
                Err(message) => app.alert(&format!("{message} The views here are as they were.")),
            }
            // The same file can be chosen again.
            input.set_value("");
        });
    };
    let row = move |view: SavedView| {
        let SavedView { name, view, default_for } = view;
        let is_default = move || default_for.contains(&here());
        let (open_name, default_name, delete_name) = (name.clone(), name.clone(), name.clone());
        let is_default = Memo::new(move |_| is_default());
        view! {
            <li class="views__row">
                <button
                    type="button"
                    class="menu-item"
                    on:click=move |_| edit.edit(ViewEdit::Replace(Box::new(view_of(&view))))
                >
                    {open_name}
                </button>
                <button
                    type="button"
                    class="button button--quiet"
                    aria-pressed=move || is_default.get().to_string()
                    aria-label=format!("Default: {name}")
                    on:click=move |_| {
                        let (here, is_default) = (here(), !is_default.get_untracked());
                        change(&|views| views.set_default(&default_name, &here, is_default));
                    }
                >
                    "Default"
                </button>
                <button
                    type="button"
                    class="button button--quiet"
                    aria-label=format!("Delete view {name}")
                    on:click=move |_| {
                        change(&|views| drop(views.remove(&delete_name)));
                    }
                >
                    "×"
                </button>
            </li>
        }
    };
    let is_open = RwSignal::new(false);
    Effect::new(move || {
        if is_open.get() {
            saved.set(read().unwrap_or_default());
        }
    });
    view! {
        <Popover label="Views" text="Views…" is_open opens_by_itself=true>
            <form
                class="views__form"
                on:submit=move |event| {
                    event.prevent_default();
                    save();
                }
            >
                <input
                    class="input"
                    type="text"
                    aria-label="Name of the view"
                    placeholder="Name of this view"
                    prop:value=name
                    on:input:target=move |event| name.set(event.target().value())
                />
                <button type="submit" class="button">"Save"</button>
            </form>
            <ul class="views" aria-label="Saved views">
                <For each=move || saved.with(|saved| saved.all().to_vec()) key=|view| (view.name.clone(), view.view.clone(), view.default_for.clone()) children=row />
            </ul>
            {move || match problem.get() {
                Some(why) => Some(view! { <p class="views__problem">{format!("{UNREADABLE} {why}")}</p> }.into_any()),
                None => saved
                    .with(|saved| saved.all().is_empty())
                    .then(|| view! { <p class="secondary">"No view is kept in this browser yet."</p> }.into_any()),
            }}
            <WithExperiment context name />
            <div class="views__files">
                <button type="button" class="button" on:click=move |_| copy_link.run(())>"Copy link"</button>
                <button
                    type="button"
                    class="button"
                    on:click=move |_| {
                        // Also what cannot be read here: another Runweave may.
                        let raw = problem.with_untracked(Option::is_some).then(memory::saved_views_text).flatten();
                        let text = raw.unwrap_or_else(|| saved.with_untracked(SavedViews::text));
                        if !save_text("runweave-views.json", &text) {
                            app.alert("The browser does not save files here.");
                        }
                    }
                >
                    "Save as a file"
                </button>
                <label class="button views__import">
                    "Read a file"
                    <input
                        type="file"
                        class="visually-hidden"
                        accept=".json,application/json"
                        on:change:target=move |event| import(event.target())
                    />
                </label>
            </div>
        </Popover>
    }
}
