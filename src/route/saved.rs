//! Named views: everything about how a comparison is shown, under a name, as this browser keeps it and as a file.

use super::{Comparison, Route};
use crate::entities::ExperimentId;
use crate::entities::order::sort_by;
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
