//! The registered models: what stands in each stage and alias, and what changed last.

use crate::engine::protocol::format_millis;
use crate::entities::{RegisteredModel, Stage};
use crate::registrar::Ask;
use crate::registry::model_list::{latest, shown};
use crate::route::{ModelPage, Route};
use crate::state::registry::{Listed, use_registry};
use crate::state::use_app;
use crate::ui::row_window::{RowWindow, WindowedTable};
use crate::ui::stage::StageMark;
use crate::view::{Direction, ModelColumn, ModelSort};
use leptos::prelude::*;

/// A row's height, in CSS pixels; `table.css` says the same.
const ROW_PX: f64 = 30.0;

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
    let sort = Memo::new(move |_| {
        app.route.with(|route| match route {
            Route::Models { sort, .. } => *sort,
            _ => None,
        })
    });
    let shown = Memo::new(move |_| {
        registry.models.with(|models| match models {
            Listed::Here(items, _) => search.with(|search| shown(items, search, sort.get())),
            _ => Vec::new(),
        })
    });
    let window = RowWindow::new(ROW_PX, Memo::new(move |_| shown.with(Vec::len)));
    let rows = move || {
        let (start, end) = window.rows();
        shown.with(|shown| shown.get(start..end).unwrap_or_default().to_vec())
    };
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
        let latest = latest(&model);
        view! {
            <tr>
                <th scope="row" class="table__name" title=model.name.clone()><a href=Route::Model(page).to_string()>{model.name.clone()}</a></th>
                <td>{in_stage(Stage::Production)}</td>
                <td>{in_stage(Stage::Staging)}</td>
                <td class="table__name" title=aliases.join(", ")>{aliases.join(", ")}</td>
                <td class="table__number">{latest.map(|number| number.to_string())}</td>
                <td class="table__number">{model.last_update_millis.map(format_millis)}</td>
            </tr>
        }
    };
    let show = move |search: String, sort: Option<ModelSort>| {
        app.replace(Route::Models { server: server.get_untracked(), search, sort });
    };
    // The likelier end first, then the other, then the server's order.
    let head = move |column: ModelColumn, first: Direction, text: &'static str| {
        let now = move || sort.get().filter(|sort| sort.column == column).map(|sort| sort.direction);
        let aria = move || match now() {
            Some(Direction::Ascending) => "ascending",
            Some(Direction::Descending) => "descending",
            None => "none",
        };
        let other = if first == Direction::Ascending { Direction::Descending } else { Direction::Ascending };
        let on_click = move |_| {
            let next = match untrack(now) {
                None => Some(first),
                Some(direction) if direction == first => Some(other),
                Some(_) => None,
            };
            show(search.get_untracked(), next.map(|direction| ModelSort { column, direction }));
        };
        view! {
            <th scope="col" aria-sort=aria><button type="button" class="table__sort" on:click=on_click>{text}</button></th>
        }
    };
    let heads = move || {
        view! {
            {head(ModelColumn::Name, Direction::Ascending, "Name")}
            <th scope="col">"Production"</th>
            <th scope="col">"Staging"</th>
            <th scope="col">"Aliases"</th>
            {head(ModelColumn::Latest, Direction::Descending, "Latest version in any stage")}
            {head(ModelColumn::Changed, Direction::Descending, "Last change (UTC)")}
        }
        .into_any()
    };
    view! {
        <main class="page page--wide" id="main">
            <h1 tabindex="-1">"Models"</h1>
            <div class="toolbar">
                <input
                    class="input models__search"
                    type="search"
                    aria-label="Search models"
                    placeholder="name, alias, description or owner=ana"
                    prop:value=search
                    on:input:target=move |event| {
                        show(event.target().value(), sort.get_untracked());
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
                    <WindowedTable
                        window
                        label="Registered models"
                        region="Registered models, scrollable"
                        class="table-window models"
                        head=heads()
                    >
                        <For each=rows key=|model| (model.name.clone(), model.last_update_millis) children=row />
                    </WindowedTable>
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
