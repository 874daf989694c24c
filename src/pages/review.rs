//! The review queue: every version in Staging, across models, the longest wait first; each opens to its comparison
//! with the version that is in Production.

use super::models::Skipped;
use crate::registrar::Ask;
use crate::registry::comparison::Comparison;
use crate::registry::review::{Waiting, queue, review_text};
use crate::route::{ModelPage, Route};
use crate::state::registry::{Listed, RegistryState, use_registry};
use crate::state::use_app;
use crate::ui::side_by_side::SideBySide;
use leptos::prelude::*;

/// The page.
#[component]
pub fn ReviewPage() -> impl IntoView {
    let (app, registry) = (use_app(), use_registry());
    registry.ask(&Ask::ListVersions);
    let opened = Memo::new(move |_| {
        app.route.with(|route| match route {
            Route::Review { opened, .. } => opened.clone(),
            _ => None,
        })
    });
    let waiting = Memo::new(move |_| {
        registry.all_versions.with(|versions| match versions {
            Listed::Here(models, _) => queue(models, &app.rules().checklist),
            Listed::Loading | Listed::Failed(_) => Vec::new(),
        })
    });
    // What is compared is read when an entry is opened, and anew where another version is in Production by then.
    let compared = Memo::new(move |_| {
        let (model, number) = opened.get()?;
        let is_meant = |it: &&Waiting| it.model == model && it.version.number.0 == number;
        waiting.with(|waiting| waiting.iter().find(is_meant).cloned())
    });
    Effect::new(move || {
        if let Some(Waiting { model, version, in_production, .. }) = compared.get() {
            registry.compare(model, version, in_production);
        }
    });
    let count = move || match waiting.with(Vec::len) {
        0 => "No version waits in Staging".to_owned(),
        1 => "1 version waits in Staging".to_owned(),
        n => format!("{n} versions wait in Staging"),
    };
    let table = move || {
        let rows = waiting.get();
        (!rows.is_empty()).then(|| view! {
            <div class="table-scroll review" tabindex="0" role="region" aria-label="Versions in Staging, scrollable">
                <table class="table" aria-label="Versions in Staging">
                    <thead><tr>
                        <th scope="col">"Version"</th>
                        <th scope="col">"Comparison"</th>
                        <th scope="col">"In Staging since (UTC)"</th>
                        <th scope="col">"Now in Production"</th>
                        <th scope="col">"Review"</th>
                        <th scope="col">"Checklist"</th>
                    </tr></thead>
                    <tbody>
                        {rows.into_iter().map(|waiting| view! { <Entry registry opened waiting /> }).collect_view()}
                    </tbody>
                </table>
            </div>
        })
    };
    view! {
        <main class="page page--wide" id="main">
            <h1 tabindex="-1">"Review"</h1>
            {move || match registry.all_versions.get() {
                Listed::Loading => view! { <p role="status">"Loading the versions…"</p> }.into_any(),
                Listed::Failed(message) => view! {
                    <div class="alert" role="alert">
                        <p>{message}</p>
                        <button class="button" on:click=move |_| {
                            registry.all_versions.set(Listed::Loading);
                            registry.ask(&Ask::ListVersions);
                        }>"Try again"</button>
                    </div>
                }.into_any(),
                Listed::Here(_, skipped) => view! {
                    <p role="status" class="secondary">{count}</p>
                    <Skipped skipped noun="versions" />
                }.into_any(),
            }}
            {table}
        </main>
    }
}

/// A version that waits, and below it, once opened, its comparison.
#[component]
fn Entry(registry: RegistryState, opened: Memo<Option<(String, u64)>>, waiting: Waiting) -> impl IntoView {
    let app = use_app();
    let server = app.route.with_untracked(|route| route.server().unwrap_or_default().to_owned());
    let number = waiting.version.number;
    let key = StoredValue::new((waiting.model.clone(), number.0));
    let is_open =
        Memo::new(move |_| opened.with(|opened| key.with_value(|key| opened.as_ref() == Some(key))));
    let toggle = {
        let server = server.clone();
        move |_| {
            let opened = (!is_open.get_untracked()).then(|| key.get_value());
            app.replace(Route::Review { server: server.clone(), opened });
        }
    };
    let name = format!("{}, version {number}", waiting.model);
    let holder_number = waiting.in_production.as_ref().map(|holder| holder.number);
    let beside = StoredValue::new(match holder_number {
        Some(holder) => format!("Version {number} beside version {holder}, which is in Production"),
        None => format!("Version {number}; nothing is in Production"),
    });
    let page =
        ModelPage { server, name: waiting.model.clone(), version: Some(number.0), ..ModelPage::default() };
    let n_open = waiting.n_open;
    let review = waiting.review.as_ref().map(review_text);
    let since = waiting.since.get(..16).map(|since| since.replace('T', " "));
    let model = StoredValue::new(waiting.model);
    let comparison = move || {
        let comparison = registry.comparison.get();
        let is_meant = |it: &Comparison| {
            it.candidate == number
                && it.holder == holder_number
                && model.with_value(|model| *model == it.model)
        };
        match comparison.filter(is_meant) {
            Some(comparison) => {
                view! { <SideBySide comparison on_more_curves=registry.more_curves() /> }.into_any()
            }
            None => {
                view! { <p class="secondary" role="status">"Reading runs, files and curves…"</p> }.into_any()
            }
        }
    };
    let detail = move || {
        is_open.get().then(|| {
            view! {
                <tr class="review__opened">
                    <td colspan="6">
                        <div class="review__comparison"><h2>{beside.get_value()}</h2>{comparison}</div>
                    </td>
                </tr>
            }
        })
    };
    view! {
        <tr>
            <th scope="row" class="table__name review__version"><a href=Route::Model(page).to_string()><bdi>{model.get_value()}</bdi>{format!(", version {number}")}</a></th>
            <td>
                <button
                    type="button"
                    class="button review__toggle"
                    aria-label=format!("Compare {name}")
                    aria-expanded=move || is_open.get().to_string()
                    on:click=toggle
                >
                    "Compare"
                </button>
            </td>
            <td class="table__number">{since}</td>
            <td>{holder_number.map(|holder| format!("Version {holder}"))}</td>
            <td class="table__name">{review}</td>
            <td>{(n_open > 0).then(|| format!("{n_open} open"))}</td>
        </tr>
        {detail}
    }
}
