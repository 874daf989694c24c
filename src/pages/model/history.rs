//! What happened: the record, what the server says, and where the two do not fit.

use super::ModelContext;
use crate::entities::VersionNumber;
use crate::registry::timeline::{Line, Source, of_model, of_version};
use leptos::prelude::*;

/// Lines that are shown unasked.
const N_LINES: usize = 200;

/// The timeline of one version, or of all.
#[component]
pub(super) fn History(context: ModelContext, version: Option<VersionNumber>) -> impl IntoView {
    let lines = Memo::new(move |_| {
        context.state.with(|state| {
            let Some(state) = state else { return Vec::new() };
            match version {
                Some(number) => state.version(number).map(of_version).unwrap_or_default(),
                None => of_model(state),
            }
        })
    });
    let line = move |line: Line| {
        let at = line.at.get(..19).map(|at| at.replace('T', " ")).unwrap_or_default();
        let source = match line.source {
            Source::Record => "",
            Source::Server => "from the server",
            Source::Elsewhere => "worked out",
        };
        let by = if line.by.is_empty() { String::new() } else { format!("by {}", line.by) };
        view! {
            <li class="history__line" class:history__line--elsewhere=line.source == Source::Elsewhere>
                <span class="history__at">{at}</span>
                {version.is_none().then(|| view! {
                    <a class="history__version" href=context.href(Some(line.version))>{format!("Version {}", line.version)}</a>
                })}
                <span class="history__text">{line.text}</span>
                <span class="secondary"><bdi>{by}</bdi> " " {source}</span>
                {(!line.reason.is_empty()).then(|| view! { <q class="history__reason">{line.reason}</q> })}
            </li>
        }
    };
    let shows_all = RwSignal::new(false);
    let n_lines = Memo::new(move |_| {
        let n = lines.with(Vec::len);
        if shows_all.get() { n } else { n.min(N_LINES) }
    });
    let newest = move || lines.with(|all| all.get(..n_lines.get()).unwrap_or_default().to_vec());
    let key = |line: &Line| format!("{}{}{}{:?}", line.at, line.version, line.text, line.entry_id);
    view! {
        <section class="panel">
            <header class="panel__head"><h2 class="panel__title">"History (UTC)"</h2></header>
            <ol class="history" aria-label="History">
                <For each=newest key=key children=line />
            </ol>
            <Show when=move || n_lines.get() < lines.with(Vec::len)>
                <p class="secondary">{move || format!("The newest {} of {} lines.", n_lines.get(), lines.with(Vec::len))}</p>
                <button type="button" class="button" on:click=move |_| shows_all.set(true)>
                    {move || format!("Show all {} lines", lines.with(Vec::len))}
                </button>
            </Show>
            <p class="secondary">
                "The record is kept in tags of the versions. A page can record and ask; only the server's permissions keep others from writing without it."
            </p>
        </section>
    }
}
