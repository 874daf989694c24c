//! Named views: everything about how a comparison is shown, under a name, as this browser keeps it and as a file.

use super::{Comparison, Route};
use crate::entities::order::sort_by;
use crate::entities::{ExperimentId, RunTag};
use crate::view::View;
use serde::{Deserialize, Serialize};

/// The version of the file's format.
const FORMAT: u32 = 1;

/// The named views, by name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SavedViews {
    /// The version of the format.
    runweave_views: u32,
    /// The views.
    views: Vec<SavedView>,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SavedView {
    /// Its name, unlike all others.
    pub name: String,
    /// The view as an address has it: what stands behind the experiments.
    pub view: String,
    /// What it is the default view of, as [`place`] names it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub default_for: Vec<String>,
}

impl Default for SavedViews {
    fn default() -> Self {
        Self { runweave_views: FORMAT, views: Vec::new() }
    }
}

/// A server's experiments, as a default view remembers them.
pub fn place(server: &str, experiment_ids: &[ExperimentId]) -> String {
    let comparison = Comparison {
        server: server.to_owned(),
        experiment_ids: experiment_ids.to_vec(),
        ..Comparison::default()
    };
    comparison.to_string()
}

/// A view as an address has it.
pub fn view_text(view: &View) -> String {
    let bare = Comparison::default().to_string();
    let text = Comparison { view: view.clone(), ..Comparison::default() }.to_string();
    text[bare.len()..].trim_start_matches('&').to_owned()
}

/// The view of such a text; what cannot be read is left at its default.
pub fn view_of(text: &str) -> View {
    let route = Route::parse(&format!("#/compare?{text}"));
    route.comparison().map(|comparison| comparison.view.clone()).unwrap_or_default()
}

impl SavedViews {
    /// Reads a file, or what this browser kept.
    ///
    /// # Errors
    ///
    /// A sentence, where it is no such file.
    pub fn parse(text: &str) -> Result<Self, String> {
        let read: Self = serde_json::from_str(text)
            .map_err(|error| format!("This is no file of Runweave's views: {error}."))?;
        if read.runweave_views != FORMAT {
            return Err(format!(
                "The file has views of format {}; this Runweave reads format {FORMAT}.",
                read.runweave_views
            ));
        }
        let mut views = Self::default();
        views.merge(read);
        Ok(views)
    }

    /// The text of a file.
    pub fn text(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// All of them, by name.
    pub fn all(&self) -> &[SavedView] {
        &self.views
    }

    /// Keeps a view under a name; one of that name is replaced and stays the default where it was.
    pub fn save(&mut self, name: &str, view: &View) {
        let default_for = self.remove(name).map_or_else(Vec::new, |old| old.default_for);
        self.views.push(SavedView { name: name.to_owned(), view: view_text(view), default_for });
        sort_by(&mut self.views, |a, b| a.name.cmp(&b.name));
    }

    /// Forgets a view.
    pub fn remove(&mut self, name: &str) -> Option<SavedView> {
        let at = self.views.iter().position(|view| view.name == name)?;
        Some(self.views.remove(at))
    }

    /// Makes a view the default of a place, or no longer; a place has one at most.
    pub fn set_default(&mut self, name: &str, place: &str, is_default: bool) {
        for view in &mut self.views {
            view.default_for.retain(|other| other != place);
            if is_default && view.name == name {
                view.default_for.push(place.to_owned());
            }
        }
    }

    /// The default view of a place.
    pub fn default_of(&self, place: &str) -> Option<View> {
        let is_default = |view: &&SavedView| view.default_for.iter().any(|other| other == place);
        self.views.iter().find(is_default).map(|view| view_of(&view.view))
    }

    /// Takes in the views of a file. Those of the same name are replaced, and a place keeps one default: the file's.
    pub fn merge(&mut self, others: Self) {
        for other in others.views {
            for place in &other.default_for {
                self.set_default("", place, false);
            }
            self.remove(&other.name);
            self.views.push(other);
        }
        sort_by(&mut self.views, |a, b| a.name.cmp(&b.name));
    }
}

/// The tag that says which view kept with an experiment is the one that it opens with: its value is the view's name.
pub const DEFAULT_TAG: &str = "runweave.default_view";
/// What tags that hold a view begin with.
const VIEW_TAGS: &str = "runweave.view.";

/// A named view that is kept with an experiment on its server, for everybody who opens it: one tag a view, so that nobody's
/// view is written over by another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptView {
    /// The version of the format.
    runweave_view: u32,
    /// Its name.
    pub name: String,
    /// The view as an address has it: what stands behind the experiments.
    pub view: String,
}

impl KeptView {
    /// A view under a name.
    pub fn new(name: &str, view: &View) -> Self {
        Self { runweave_view: FORMAT, name: name.to_owned(), view: view_text(view) }
    }

    /// The key of its tag: letters, digits and points alone, which every server takes, whatever the name. (FNV-1a, 64 bit.)
    pub fn key(&self) -> String {
        let hash = self.name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        format!("{VIEW_TAGS}{hash:016x}")
    }

    /// The value of its tag.
    pub fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// The views kept with an experiment.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct KeptViews {
    /// By name, each with the whole value of its tag.
    pub views: Vec<(KeptView, String)>,
    /// The name of the one that it opens with.
    pub default: Option<String>,
    /// Tags that hold a view in another format, or in none.
    pub n_unread: usize,
}

impl KeptViews {
    /// Reads them out of an experiment's tags; an empty tag is none.
    pub fn of_tags(tags: &[RunTag]) -> Self {
        let mut kept = Self::default();
        for RunTag { key, value } in tags.iter().filter(|tag| !tag.value.is_empty()) {
            if key == DEFAULT_TAG {
                kept.default = Some(value.clone());
            } else if key.starts_with(VIEW_TAGS) {
                match serde_json::from_str::<KeptView>(value) {
                    Ok(view) if view.runweave_view == FORMAT => kept.views.push((view, value.clone())),
                    _ => kept.n_unread += 1,
                }
            }
        }
        sort_by(&mut kept.views, |a, b| a.0.name.cmp(&b.0.name));
        kept
    }

    /// The view that the experiment opens with.
    pub fn default_view(&self) -> Option<View> {
        let default = self.default.as_ref()?;
        let found = self.views.iter().find(|(view, _)| view.name == *default);
        found.map(|(view, _)| view_of(&view.view))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::{Panel, RankingView};

    fn view(filter: &str) -> View {
        View { filter: filter.to_owned(), panels: vec![Panel::Pareto], ..View::default() }
    }

    #[test]
    fn views_are_kept_by_name_and_come_back_from_a_file() {
        let mut saved = SavedViews::default();
        saved.save("fast", &view("attributes.duration < 5s & x"));
        saved.save("best", &view("a"));
        let here = place("http://x", &[ExperimentId("1".to_owned())]);
        saved.set_default("fast", &here, true);
        assert_eq!(saved.default_of(&here), Some(view("attributes.duration < 5s & x")));
        saved.save("fast", &view("b"));
        assert_eq!(saved.default_of(&here), Some(view("b")), "the same name, the same default");
        let names = |saved: &SavedViews| saved.all().iter().map(|view| view.name.clone()).collect::<Vec<_>>();
        assert_eq!(names(&saved), ["best", "fast"]);
        let read = SavedViews::parse(&saved.text()).unwrap();
        assert_eq!(read, saved);
        // Of two defaults the newer one counts.
        saved.set_default("best", &here, true);
        assert_eq!(saved.default_of(&here), Some(view("a")));
        saved.merge(read);
        assert_eq!(saved.default_of(&here), Some(view("b")));
        assert!(saved.remove("fast").is_some() && saved.remove("fast").is_none());
        assert_eq!(saved.default_of(&here), None);
    }

    #[test]
    fn views_are_kept_in_tags_and_what_is_no_view_is_counted() {
        let kept = KeptView::new("best <b>", &view("a"));
        assert!(kept.key().chars().all(|c| c.is_ascii_alphanumeric() || c == '.'), "{}", kept.key());
        assert_ne!(kept.key(), KeptView::new("best", &view("a")).key());
        let tag = |key: &str, value: &str| RunTag { key: key.to_owned(), value: value.to_owned() };
        let tags = [
            tag(&kept.key(), &kept.text()),
            tag("runweave.view.1", r#"{"runweave_view":9,"name":"x","view":""}"#),
            tag("runweave.view.2", "nonsense"),
            tag("runweave.view.3", ""),
            tag("runweave.record.4", "{}"),
            tag(DEFAULT_TAG, "best <b>"),
        ];
        let read = KeptViews::of_tags(&tags);
        assert_eq!((read.views, read.n_unread), (vec![(kept.clone(), kept.text())], 2));
        assert_eq!(KeptViews::of_tags(&tags).default_view(), Some(view("a")));
        assert_eq!(KeptViews::of_tags(&tags[..5]).default_view(), None);
    }

    #[test]
    fn what_is_no_file_of_views_is_told() {
        assert!(SavedViews::parse("{}").unwrap_err().starts_with("This is no file"));
        assert!(SavedViews::parse(r#"{"runweave_views":9,"views":[]}"#).unwrap_err().contains("format 9"));
        // A text that nobody can read as a view shows everything.
        assert_eq!(view_of("nonsense=1&brush=~~~"), View::default());
    }

    #[test]
    fn a_view_is_a_text_without_the_server() {
        let pick = View {
            ranking: RankingView { constraints: "a & b".to_owned(), ..RankingView::default() },
            ..view("x")
        };
        assert_eq!(view_text(&pick), "filter=x&constraints=a %26 b&panels=pareto".replace(' ', "%20"));
        assert_eq!(view_of(&view_text(&pick)), pick);
        assert_eq!(view_text(&View::default()), "");
    }
}
