//! The registered models: what stands in each stage and alias, and what changed last.

use crate::engine::protocol::format_millis;
use crate::entities::{RegisteredModel, Stage};
use crate::registrar::Ask;
use crate::route::{ModelPage, Route};
use crate::state::registry::{Listed, use_registry};
use crate::state::use_app;
use crate::ui::stage::StageMark;
use leptos::prelude::*;

/// The page.
#[component]
pub fn ModelsPage() -> impl IntoView {
    let app = use_app();
    let registry = use_registry();
    registry.ask(&Ask::ListModels);
    let server = Memo::new(move |_| app.route.with(|route| route.server().unwrap_or_default().to_owned()));
    let search = Memo::new(move |_| {
        app.route.with(|route| match route {
            Route::Models { search, .. } => search.clone(),
            _ => String::new(),
        })
    });
    let shown = Memo::new(move |_| {
        let wanted = search.get().to_lowercase();
        let fits = |model: &RegisteredModel| {
            let has = |text: &str| text.to_lowercase().contains(&wanted);
            has(&model.name) || has(&model.description) || model.aliases.iter().any(|alias| has(&alias.name))
        };
        registry.models.with(|models| match models {
            Listed::Here(items, _) => items.iter().filter(|model| fits(model)).cloned().collect::<Vec<_>>(),
            _ => Vec::new(),
        })
    });
    let n_all = move || {
        registry.models.with(|models| if let Listed::Here(items, _) = models { items.len() } else { 0 })
    };
    let row = move |model: RegisteredModel| {
        let page =
            ModelPage { server: server.get_untracked(), name: model.name.clone(), ..ModelPage::default() };
        let in_stage = |stage: Stage| {
            let version = model.latest_versions.iter().find(|version| version.stage == stage);
            version.map(|version| view! { <StageMark stage text=format!("Version {}", version.number) /> })
        };
        let aliases: Vec<String> =
            model.aliases.iter().map(|alias| format!("{} → {}", alias.name, alias.version)).collect();
        let latest = model.latest_versions.iter().map(|version| version.number).max();
        view! {
            <tr>
                <th scope="row" class="table__name"><a href=Route::Model(page).to_string()>{model.name.clone()}</a></th>
                <td>{in_stage(Stage::Production)}</td>
                <td>{in_stage(Stage::Staging)}</td>
                <td class="table__name">{aliases.join(", ")}</td>
                <td class="table__number">{latest.map(|number| number.to_string())}</td>
                <td class="table__number">{model.last_update_millis.map(format_millis)}</td>
            </tr>
        }
    };
    view! {
        <main class="page page--wide" id="main">
            <h1 tabindex="-1">"Models"</h1>
            <div class="toolbar">
                <input
                    class="input"
                    type="search"
                    aria-label="Search models"
                    placeholder="Search models"
                    prop:value=search
                    on:input:target=move |event| {
                        let (server, search) = (server.get_untracked(), event.target().value());
                        app.replace(Route::Models { server, search });
                    }
                />
                <span role="status" class="secondary">
                    {move || format!("{} of {} models", shown.with(Vec::len), n_all())}
                </span>
                <a href=move || Route::Webhooks { server: server.get() }.to_string()>"Webhooks"</a>
            </div>
            {move || match registry.models.get() {
                Listed::Loading => view! { <p role="status">"Loading the models…"</p> }.into_any(),
                Listed::Failed(message) => view! {
                    <div class="alert" role="alert">
                        <p>{message}</p>
                        <button class="button" on:click=move |_| {
                            registry.models.set(Listed::Loading);
                            registry.ask(&Ask::ListModels);
                        }>"Try again"</button>
                    </div>
                }.into_any(),
                Listed::Here(items, _) if items.is_empty() => view! {
                    <p>"No registered models yet: open a run and register its model."</p>
                }.into_any(),
                Listed::Here(_, skipped) => view! {
                    <Skipped skipped noun="models" />
                    <div class="table-scroll models" tabindex="0" role="region" aria-label="Registered models, scrollable">
                        <table class="table" aria-label="Registered models">
                            <thead><tr>
                                <th scope="col">"Name"</th>
                                <th scope="col">"Production"</th>
                                <th scope="col">"Staging"</th>
                                <th scope="col">"Aliases"</th>
                                <th scope="col">"Latest version in any stage"</th>
                                <th scope="col">"Last change (UTC)"</th>
                            </tr></thead>
                            <tbody><For each=move || shown.get() key=|model| (model.name.clone(), model.last_update_millis) children=row /></tbody>
                        </table>
                    </div>
                    <p class="secondary">"A stage shows its newest version; the model's page shows all of them."</p>
                }.into_any(),
            }}
        </main>
    }
}

/// What could not be read, folded.
#[component]
pub(crate) fn Skipped(
    /// A sentence each.
    skipped: Vec<String>,
    /// What they are, such as `models`.
    noun: &'static str,
) -> impl IntoView {
    (!skipped.is_empty()).then(|| {
        view! {
            <details>
                <summary>{format!("{} {noun} could not be read", skipped.len())}</summary>
                <ul>{skipped.into_iter().map(|line| view! { <li>{line}</li> }).collect_view()}</ul>
            </details>
        }
    })
}
