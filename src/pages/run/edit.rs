//! Changes of one run: its name, its tags, its note. Every change is read back from the server and can be undone.

use super::note_view::NoteView;
use crate::engine::Command;
use crate::engine::protocol::RunDetails;
use crate::entities::{LifecycleStage, RunId, RunTag};
use crate::pages::context::RunsContext;
use crate::registrar::Ask;
use crate::registrar::run_changes::{RunAsk, RunProgress, RunWrite};
use crate::state::registry::{RegistryState, use_registry};
use crate::state::{AppState, Connection, use_app};
use crate::tracking::mlflow::run_requests::{NOTE_TAG, SYSTEM_TAGS, is_system_tag, tag_chars};
use leptos::html;
use leptos::prelude::*;
use web_sys::SubmitEvent;

/// A tag that is being written.
#[derive(Clone, Debug, Default, PartialEq)]
struct TagDraft {
    key: String,
    value: String,
    /// Whether the key is to be chosen too.
    is_new: bool,
}

/// What came of the last change.
#[derive(Clone, Debug, PartialEq)]
struct Said {
    text: String,
    is_failed: bool,
    /// What takes it back, where it did something.
    undo: Option<RunWrite>,
}

/// What is being changed, for the parts of the page: it outlives the details, which are read anew after every change.
#[derive(Clone, Copy)]
pub(super) struct Edits {
    app: AppState,
    registry: RegistryState,
    context: RunsContext,
    run_id: Memo<RunId>,
    name: RwSignal<Option<String>>,
    tag: RwSignal<Option<TagDraft>>,
    note: RwSignal<Option<String>>,
    asked: RwSignal<Option<RunWrite>>,
    said: RwSignal<Option<Said>>,
}

impl Edits {
    /// Nothing is being changed.
    pub(super) fn new(context: RunsContext, run_id: Memo<RunId>) -> Self {
        let edits = Self {
            app: use_app(),
            registry: use_registry(),
            context,
            run_id,
            name: RwSignal::new(None),
            tag: RwSignal::new(None),
            note: RwSignal::new(None),
            asked: RwSignal::new(None),
            said: RwSignal::new(None),
        };
        Effect::new(move || {
            let progress = edits.registry.run_changes.progress.get();
            let Some(progress) = progress.filter(|progress| !progress.is_under_way()) else { return };
            if edits.asked.with_untracked(|asked| asked.as_ref() == Some(&progress.write)) {
                edits.asked.set(None);
                edits.ended(progress);
            }
        });
        edits
    }

    fn write(self, write: RunWrite) {
        if self.is_busy() {
            return;
        }
        self.said.set(None);
        self.registry.run_changes.forget();
        self.asked.set(Some(write.clone()));
        let experiment_ids = self.context.experiment_ids.get_untracked();
        let run_ids = vec![self.run_id.get_untracked()];
        self.registry.ask(&Ask::OfRuns(RunAsk::Write { write, run_ids, experiment_ids }));
    }

    fn is_busy(self) -> bool {
        self.asked.get().is_some() || self.registry.run_changes.is_under_way()
    }

    fn ended(self, progress: RunProgress) {
        let RunProgress { write, tally, .. } = progress;
        let run_id = self.run_id.get_untracked();
        let failure =
            self.registry.run_changes.failures.with_untracked(|failures| failures.get(&run_id).cloned());
        let said = match failure {
            Some(why) if tally.n_unknown > 0 => Said {
                text: format!("Not known whether it was changed: {why}. What you wrote is kept in the form."),
                is_failed: true,
                undo: None,
            },
            Some(why) => Said {
                text: format!("Not changed: {why}. What you wrote is kept in the form."),
                is_failed: true,
                undo: None,
            },
            None => {
                match &write {
                    RunWrite::Rename { .. } => self.name.set(None),
                    RunWrite::Tag { key, .. } if key == NOTE_TAG => self.note.set(None),
                    RunWrite::Tag { key, .. } => {
                        self.tag.update(|tag| drop(tag.take_if(|tag| tag.key == *key)));
                    }
                    RunWrite::Delete | RunWrite::Restore => {}
                }
                let unread = if tally.n_written > 0 { " It could not be read back." } else { "" };
                Said {
                    text: format!("{}{unread}", said_text(&write)),
                    is_failed: false,
                    // What somebody else did before is not taken back.
                    undo: (tally.n_already == 0).then(|| write.inverse()),
                }
            }
        };
        self.said.set(Some(said));
        // Also after a failure: perhaps it failed because something else is there now.
        self.context.send.run(Command::OpenRun(run_id));
    }

    /// The longest value of a tag on this server, in characters.
    fn tag_chars(self) -> usize {
        match self.app.connection.get() {
            Connection::Connected(info) => tag_chars(info.version.as_deref()),
            _ => tag_chars(None),
        }
    }
}

fn said_text(write: &RunWrite) -> String {
    match write {
        RunWrite::Delete => "The run is deleted.".to_owned(),
        RunWrite::Restore => "The run is restored.".to_owned(),
        RunWrite::Rename { to, .. } => format!("Renamed to {to}."),
        RunWrite::Tag { key, to: Some(_), .. } if key == NOTE_TAG => "The note is saved.".to_owned(),
        RunWrite::Tag { key, to: None, .. } if key == NOTE_TAG => "The note is removed.".to_owned(),
        RunWrite::Tag { key, to: Some(_), .. } => format!("The tag {key} is saved."),
        RunWrite::Tag { key, to: None, .. } => format!("The tag {key} is removed."),
    }
}

fn why_deleted(details: &RunDetails) -> Option<&'static str> {
    (details.info.lifecycle_stage == LifecycleStage::Deleted)
        .then_some("The run is deleted: restore it to change it")
}

/// A button that opens something or acts at once; one that cannot says why.
fn button(
    text: &'static str,
    label: Option<String>,
    why_not: Option<&'static str>,
    // Boxed, here and below, so that every use is one and the same code.
    on_click: Box<dyn Fn()>,
) -> AnyView {
    view! {
        <button
            type="button"
            class="button"
            aria-label=label
            aria-disabled=why_not.map(|_| "true")
            title=why_not
            on:click=move |_| if why_not.is_none() { on_click() }
        >
            {text}
        </button>
    }
    .into_any()
}

/// The buttons at the end of a form.
fn form_end(
    edits: Edits,
    text: &'static str,
    why_not: Signal<Option<String>>,
    on_cancel: Box<dyn Fn()>,
) -> AnyView {
    let why_not = move || {
        if edits.is_busy() { Some("Another change is under way".to_owned()) } else { why_not.get() }
    };
    view! {
        <div class="edit-form__actions">
            <button
                type="submit"
                class="button button--primary"
                aria-disabled=move || why_not().map(|_| "true")
                title=why_not
            >
                {text}
            </button>
            <button type="button" class="button" on:click=move |_| on_cancel()>"Cancel"</button>
        </div>
    }
    .into_any()
}

/// Focuses what stands in a form once it is there.
fn focus_once<E>(node: NodeRef<E>)
where
    E: html::ElementType + 'static,
    E::Output: AsRef<web_sys::HtmlElement> + wasm_bindgen::JsCast + Clone + 'static,
{
    Effect::new(move || {
        if let Some(element) = node.get() {
            // A browser that refuses the focus leaves it where it is.
            drop(AsRef::<web_sys::HtmlElement>::as_ref(&element).focus());
        }
    });
}

/// What came of the last change, with its undo.
#[component]
pub(super) fn SaidLine(edits: Edits) -> impl IntoView {
    let status: NodeRef<html::P> = NodeRef::new();
    Effect::new(move || {
        if edits.said.with(Option::is_some)
            && let Some(status) = status.get()
        {
            drop(status.focus());
        }
    });
    move || {
        edits.said.get().map(|Said { text, is_failed, undo }| {
            view! {
                <div class="edit-said" class:edit-said--failed=is_failed>
                    <p role="status" tabindex="-1" node_ref=status>{text}</p>
                    {undo.map(|undo| {
                        let is_off = move || edits.is_busy().then_some("true");
                        view! {
                            <button type="button" class="button" aria-disabled=is_off on:click=move |_| edits.write(undo.clone())>
                                "Undo"
                            </button>
                        }
                    })}
                    <button type="button" class="button" on:click=move |_| edits.said.set(None)>"Dismiss"</button>
                </div>
            }
        })
    }
}

/// The form behind “Rename…”, and the way back for a deleted run.
#[component]
pub(super) fn Rename(edits: Edits, details: Memo<Option<RunDetails>>) -> impl IntoView {
    let is_naming = Memo::new(move |_| edits.name.with(Option::is_some));
    let now = move || {
        details
            .with(|details| details.as_ref().map(|details| (details.info.name.clone(), why_deleted(details))))
    };
    let input: NodeRef<html::Input> = NodeRef::new();
    focus_once(input);
    let why_not = Signal::derive(move || {
        let name = edits.name.get().unwrap_or_default();
        name.trim().is_empty().then(|| "A name has a character at least".to_owned())
    });
    let on_submit = move |event: SubmitEvent| {
        event.prevent_default();
        if let (Some(to), Some((from, _)), None) =
            (edits.name.get_untracked(), untrack(now), why_not.get_untracked())
        {
            if to == from { edits.name.set(None) } else { edits.write(RunWrite::Rename { from, to }) }
        }
    };
    move || {
        let (name, why_deleted) = now()?;
        Some(if is_naming.get() {
            view! {
                <form class="edit-form" on:submit=on_submit>
                    <label class="edit-form__field">
                        <span class="edit-form__label">"Run name"</span>
                        <input
                            class="input"
                            node_ref=input
                            prop:value=move || edits.name.get().unwrap_or_default()
                            on:input:target=move |event| edits.name.set(Some(event.target().value()))
                        />
                    </label>
                    {form_end(edits, "Rename", why_not, Box::new(move || edits.name.set(None)))}
                </form>
            }
            .into_any()
        } else {
            view! {
                {button("Rename…", None, why_deleted, Box::new(move || edits.name.set(Some(name.clone()))))}
                {why_deleted.map(|_| button("Restore run", None, None, Box::new(move || edits.write(RunWrite::Restore))))}
            }
            .into_any()
        })
    }
}

/// The run's note: as it reads, or its text in a form.
#[component]
pub(super) fn Note(edits: Edits, details: RunDetails) -> impl IntoView {
    let why_deleted = why_deleted(&details);
    let note = details.tags.into_iter().find(|tag| tag.key == NOTE_TAG).map(|tag| tag.value);
    let text = note.clone().unwrap_or_default();
    let has_note = !text.is_empty();
    if has_note {
        edits.registry.ask(&Ask::OfRuns(RunAsk::ReadNote(text.clone())));
    }
    let is_editing = Memo::new(move |_| edits.note.with(Option::is_some));
    let from = StoredValue::new(note);
    let area: NodeRef<html::Textarea> = NodeRef::new();
    focus_once(area);
    let n_chars = move || edits.note.with(|note| note.as_ref().map_or(0, |note| note.chars().count()));
    let is_over = Memo::new(move |_| n_chars() > edits.tag_chars());
    let why_not = Signal::derive(move || is_over.get().then(|| "The server takes no longer note".to_owned()));
    let on_submit = move |event: SubmitEvent| {
        event.prevent_default();
        let (from, to) = (from.get_value(), edits.note.get_untracked());
        if is_over.get_untracked() {
            return;
        }
        let to = to.filter(|to| !to.is_empty());
        // An empty note and none are the same.
        if to.as_deref().unwrap_or_default() == from.as_deref().unwrap_or_default() {
            edits.note.set(None);
        } else {
            edits.write(RunWrite::Tag { key: NOTE_TAG.to_owned(), from, to });
        }
    };
    let text = StoredValue::new(text);
    view! {
        <section class="panel" aria-labelledby="run-note">
            <header class="panel__head">
                <h2 class="panel__title" id="run-note">"Note"</h2>
                {move || (!is_editing.get()).then(|| {
                    button(
                        if has_note { "Edit note" } else { "Add note" },
                        None,
                        why_deleted,
                        Box::new(move || edits.note.set(Some(text.get_value()))))
                })}
            </header>
            {move || if is_editing.get() {
                view! {
                    <form class="edit-form" on:submit=on_submit>
                        <label class="edit-form__field">
                            <span class="edit-form__label">"Note, in Markdown"</span>
                            <textarea
                                class="input edit-form__text edit-form__text--note"
                                node_ref=area
                                prop:value=move || edits.note.get().unwrap_or_default()
                                on:input:target=move |event| edits.note.set(Some(event.target().value()))
                            ></textarea>
                        </label>
                        <span class="edit-form__count" class:edit-form__count--over=is_over>
                            {move || format!("{} of {} characters", n_chars(), edits.tag_chars())}
                        </span>
                        {form_end(edits, "Save note", why_not, Box::new(move || edits.note.set(None)))}
                    </form>
                }
                .into_any()
            } else if has_note {
                view! { <NoteView text=text.get_value() read=edits.registry.run_changes.note.into() /> }.into_any()
            } else {
                view! { <p class="panel__empty">"None"</p> }.into_any()
            }}
        </section>
    }
}

/// The tags, of which people's own can be changed.
#[component]
pub(super) fn Tags(edits: Edits, details: RunDetails) -> impl IntoView {
    let why_deleted = why_deleted(&details);
    let keys: StoredValue<Vec<String>> =
        StoredValue::new(details.tags.iter().map(|tag| tag.key.clone()).collect());
    let is_adding = Memo::new(move |_| edits.tag.with(|tag| tag.as_ref().is_some_and(|tag| tag.is_new)));
    let is_empty = details.tags.is_empty();
    let rows = details.tags.into_iter().map(|tag| tag_row(edits, tag, why_deleted)).collect_view();
    view! {
        <section class="panel">
            <header class="panel__head">
                <h2 class="panel__title">"Tags"</h2>
                {move || (!is_adding.get()).then(|| {
                    button("Add tag…", None, why_deleted, Box::new(move || edits.tag.set(Some(TagDraft { is_new: true, ..TagDraft::default() }))))
                })}
            </header>
            {move || is_adding.get().then(|| view! { <TagForm edits keys from=None /> })}
            {if is_empty {
                view! { <p class="panel__empty">"None logged"</p> }.into_any()
            } else {
                view! {
                    // A wide table scrolls sideways; the Tab key must reach it.
                    <div class="run__scroller" tabindex="0" role="region" aria-label="Tags">
                        <table class="run__table" aria-label="Tags">
                            <thead>
                                <tr><th scope="col">"Tag"</th><th scope="col">"Value"</th><th scope="col">"Change"</th></tr>
                            </thead>
                            <tbody>{rows}</tbody>
                        </table>
                    </div>
                }
                .into_any()
            }}
        </section>
    }
}

fn tag_row(edits: Edits, tag: RunTag, why_deleted: Option<&'static str>) -> impl IntoView {
    let RunTag { key, value } = tag;
    let fixed = if key == NOTE_TAG {
        Some("the note")
    } else if is_system_tag(&key) {
        Some("set by MLflow")
    } else {
        None
    };
    let heading = key.clone();
    let tag = StoredValue::new((key, value));
    let is_editing = Memo::new(move |_| {
        tag.with_value(|(key, _)| {
            edits.tag.with(|draft| draft.as_ref().is_some_and(|draft| !draft.is_new && draft.key == *key))
        })
    });
    let change = move || {
        let (key, value) = tag.get_value();
        let draft = TagDraft { key: key.clone(), value: value.clone(), is_new: false };
        let removal = RunWrite::Tag { key: key.clone(), from: Some(value), to: None };
        view! {
            <div class="tag-actions">
                {button("Edit", Some(format!("Edit tag {key}")), why_deleted, Box::new(move || edits.tag.set(Some(draft.clone()))))}
                {button("Remove", Some(format!("Remove tag {key}")), why_deleted, Box::new(move || edits.write(removal.clone())))}
            </div>
        }
    };
    view! {
        <tr>
            <th scope="row">{heading}</th>
            {move || if is_editing.get() {
                view! { <td colspan="2"><TagForm edits keys=StoredValue::default() from=Some(tag.with_value(|(_, value)| value.clone())) /></td> }.into_any()
            } else {
                let value = tag.with_value(|(_, value)| value.clone());
                view! {
                    <td>{if value.is_empty() {
                        view! { <em class="special">"empty"</em> }.into_any()
                    } else {
                        view! { <span class="tag-value">{value}</span> }.into_any()
                    }}</td>
                    <td>{match fixed {
                        Some(word) => view! { <span class="special">{word}</span> }.into_any(),
                        None => change().into_any(),
                    }}</td>
                }
                .into_any()
            }}
        </tr>
    }
}

/// A new tag, or another value for one that is there.
#[component]
fn TagForm(
    edits: Edits,
    /// The keys there are.
    keys: StoredValue<Vec<String>>,
    /// The value on the server; none for a new tag.
    from: Option<String>,
) -> impl IntoView {
    let is_new = from.is_none();
    let from = StoredValue::new(from);
    let (key_input, area): (NodeRef<html::Input>, NodeRef<html::Textarea>) = (NodeRef::new(), NodeRef::new());
    if is_new {
        focus_once(key_input)
    } else {
        focus_once(area)
    }
    let draft = move || edits.tag.get().unwrap_or_default();
    let label = if is_new {
        "Tag value".to_owned()
    } else {
        format!(
            "Value of {}",
            edits.tag.with_untracked(|tag| tag.as_ref().map(|tag| tag.key.clone()).unwrap_or_default())
        )
    };
    let why_not = Signal::derive(move || {
        let TagDraft { key, value, .. } = draft();
        if is_new && key.trim().is_empty() {
            Some("A tag needs a key".to_owned())
        } else if is_new && key.starts_with(SYSTEM_TAGS) {
            Some(format!("Keys that begin with {SYSTEM_TAGS} are MLflow's own"))
        } else if is_new && keys.with_value(|keys| keys.contains(&key)) {
            Some("There is a tag of this key: edit it".to_owned())
        } else {
            let n_most = edits.tag_chars();
            (value.chars().count() > n_most).then(|| format!("The server takes {n_most} characters at most"))
        }
    });
    let on_submit = move |event: SubmitEvent| {
        event.prevent_default();
        if why_not.get_untracked().is_none()
            && let Some(TagDraft { key, value, .. }) = edits.tag.get_untracked()
        {
            let from = from.get_value();
            if from.as_ref() == Some(&value) {
                edits.tag.set(None);
            } else {
                edits.write(RunWrite::Tag { key, from, to: Some(value) });
            }
        }
    };
    let set = move |change: fn(&mut TagDraft, String), text: String| {
        edits.tag.update(|tag| {
            if let Some(tag) = tag {
                change(tag, text);
            }
        });
    };
    view! {
        <form class="edit-form" on:submit=on_submit>
            {is_new.then(|| view! {
                <label class="edit-form__field">
                    <span class="edit-form__label">"Tag key"</span>
                    <input
                        class="input"
                        node_ref=key_input
                        prop:value=move || draft().key
                        on:input:target=move |event| set(|tag, text| tag.key = text, event.target().value())
                    />
                </label>
            })}
            <label class="edit-form__field">
                <span class="edit-form__label">{label}</span>
                <textarea
                    class="input edit-form__text"
                    node_ref=area
                    prop:value=move || draft().value
                    on:input:target=move |event| set(|tag, text| tag.value = text, event.target().value())
                ></textarea>
            </label>
            {move || why_not.get().map(|why| view! { <span class="edit-form__count">{why}</span> })}
            {form_end(edits, if is_new { "Add tag" } else { "Save tag" }, why_not, Box::new(move || edits.tag.set(None)))}
        </form>
    }
}
