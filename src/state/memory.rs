//! What this browser remembers: recent servers (addresses only), named views, and for the tab, where asked, how to
//! sign in.

use crate::route::saved::SavedViews;
use crate::tracking::SignIn;
use leptos::prelude::window;
use web_sys::Storage;

const RECENT: &str = "runweave.recent-servers";
const AUTHOR: &str = "runweave.name";
const VIEWS: &str = "runweave.views";
const LATE_ADDRESS: &str = "runweave.late-address";
const SIGN_IN: &str = "runweave.sign-in:";

fn local() -> Option<Storage> {
    window().local_storage().ok().flatten()
}

fn session() -> Option<Storage> {
    window().session_storage().ok().flatten()
}

/// The servers used here, newest first.
pub fn recent_servers() -> Vec<String> {
    local()
        .and_then(|storage| storage.get_item(RECENT).ok().flatten())
        .and_then(|text| serde_json::from_str(&text).ok())
        .unwrap_or_default()
}

/// Remembers that a server has been used. A browser that stores nothing simply forgets it.
pub fn remember_server(url: &str) {
    let mut servers = recent_servers();
    servers.retain(|other| other != url);
    servers.insert(0, url.to_owned());
    if let (Some(storage), Ok(text)) = (local(), serde_json::to_string(&servers)) {
        let _ = storage.set_item(RECENT, &text);
    }
}

/// The named views kept here.
///
/// # Errors
///
/// A sentence, where there is something that cannot be read. It must not be written over: it may be another Runweave's.
pub fn saved_views() -> Result<SavedViews, String> {
    saved_views_text().map_or_else(|| Ok(SavedViews::default()), |text| SavedViews::parse(&text))
}

/// The named views kept here as they stand; none where there are none.
pub fn saved_views_text() -> Option<String> {
    local().and_then(|storage| storage.get_item(VIEWS).ok().flatten())
}

/// Keeps the named views; whether the browser took them.
pub fn keep_saved_views(views: &SavedViews) -> bool {
    local().is_some_and(|storage| storage.set_item(VIEWS, &views.text()).is_ok())
}

/// Keeps a sign-in until the tab is closed.
pub fn keep_sign_in(url: &str, sign_in: &SignIn) {
    if let (Some(storage), Ok(text)) = (session(), serde_json::to_string(sign_in)) {
        let _ = storage.set_item(&format!("{SIGN_IN}{url}"), &text);
    }
}

/// The sign-in kept for this tab.
pub fn kept_sign_in(url: &str) -> Option<SignIn> {
    let text = session()?.get_item(&format!("{SIGN_IN}{url}")).ok().flatten()?;
    serde_json::from_str(&text).ok()
}

/// Keeps, for a reload, that the address of one view has given way to another's, which the browser does not know yet.
pub fn keep_late_address(written: &str, late: &str) {
    if let (Some(storage), Ok(text)) = (session(), serde_json::to_string(&(written, late))) {
        let _ = storage.set_item(LATE_ADDRESS, &text);
    }
}

/// What an address has given way to, told once.
pub fn take_late_address(written: &str) -> Option<String> {
    let storage = session()?;
    let text = storage.get_item(LATE_ADDRESS).ok().flatten()?;
    let _ = storage.remove_item(LATE_ADDRESS);
    let (old, late) = serde_json::from_str::<(String, String)>(&text).ok()?;
    (old == written).then_some(late)
}

/// The name that somebody here entered for the record; empty before.
pub fn author_name() -> String {
    local().and_then(|storage| storage.get_item(AUTHOR).ok().flatten()).unwrap_or_default()
}

/// Remembers the name for the record.
pub fn keep_author_name(name: &str) {
    if let Some(storage) = local() {
        let _ = storage.set_item(AUTHOR, name);
    }
}
