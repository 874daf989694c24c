//! The review queue: every version in Staging, across models, the longest wait first.

use crate::registrar::Ask;
use crate::registry::review::{Waiting, queue, review_text};
use crate::route::{ModelPage, Route};
use crate::state::registry::{Listed, use_registry};
use crate::state::use_app;
use leptos::prelude::*;

/// The page.
#[component]
pub fn ReviewPage() -> impl IntoView {
    let (app, registry) = (use_app(), use_registry());
    registry.ask(&Ask::ListVersions);
    let server = Memo::new(move |_| app.route.with(|route| route.server().unwrap_or_default().to_owned()));
    let row = move |waiting: Waiting| {
        let page = ModelPage {
            server: server.get_untracked(),
            name: waiting.model.clone(),
            version: Some(waiting.version.0),
            ..ModelPage::default()
        };
        let review = waiting.review.as_ref().map(review_text);
        let n_open = waiting.n_open;
        view! {
            <tr>
                <td class="table__number">{waiting.since.get(..16).map(|since| since.replace('T', " "))}</td>
                <th scope="row" class="table__name">
                    <a href=Route::Model(page).to_string()>{format!("{}, version {}", waiting.model, waiting.version)}</a>
                </th>
                <td>{waiting.in_production.map(|number| format!("Version {number}"))}</td>
                <td class="table__name">{review}</td>
                <td>{if n_open == 0 { String::new() } else { format!("{n_open} open") }}</td>
            </tr>
        }
    };
    view! {
        <main class="page page--wide" id="main">
            <h1 tabindex="-1">"Review"</h1>
            {move || match registry.all_versions.get() {
                Listed::Loading => view! { <p role="status">"Loading the versions…"</p> }.into_any(),
                Listed::Failed(message) => view! { <div class="alert" role="alert"><p>{message}</p></div> }.into_any(),
                Listed::Here(models, _) => {
                    let waiting = queue(&models, &app.config.with_untracked(|config| config.registry.checklist.clone()));
                    let count = format!("{} versions wait in Staging", waiting.len());
                    view! {
                        <p role="status" class="secondary">{count}</p>
                        <div class="table-scroll" tabindex="0" role="region" aria-label="Versions in Staging, scrollable">
                            <table class="table" aria-label="Versions in Staging">
                                <thead><tr>
                                    <th scope="col">"In Staging since (UTC)"</th>
                                    <th scope="col">"Version"</th>
                                    <th scope="col">"Now in Production"</th>
                                    <th scope="col">"Review"</th>
                                    <th scope="col">"Checklist"</th>
                                </tr></thead>
                                <tbody>{waiting.into_iter().map(row).collect_view()}</tbody>
                            </table>
                        </div>
                    }.into_any()
                }
            }}
        </main>
    }
}
