//! The review queue: every version in Staging, across models, the longest wait first.

use crate::registrar::Ask;
use crate::registry::record::What;
use crate::registry::review::{Waiting, queue};
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
        let review = waiting.review.map(|entry| {
            let word = match entry.what {
                What::Approve => "approved",
                What::Decline => "declined",
                _ => "asked for",
            };
            let by = if entry.by.is_empty() { String::new() } else { format!(" by {}", entry.by) };
            format!("{} {word}{by}", entry.to.unwrap_or_default())
        });
        view! {
            <tr>
                <td class="table__number">{waiting.since.get(..16).map(|since| since.replace('T', " "))}</td>
                <th scope="row" class="table__name">
                    <a href=Route::Model(page).to_string()>{format!("{}, version {}", waiting.model, waiting.version)}</a>
                </th>
                <td>{waiting.in_production.map(|number| format!("Version {number}"))}</td>
                <td>{review}</td>
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
                    let waiting = queue(&models);
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
