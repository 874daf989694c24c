//! The views before and after the present one, for Undo and Redo.

use super::View;

/// The views before and after the present one, which is the one that was shown last.
///
/// The address has a history of its own, the browser's: whatever it shows next, [`Undo::follow`] finds the place of it
/// here, so that Undo after Back goes on from what somebody sees.
#[derive(Clone, Debug, Default)]
pub struct Undo {
    past: Vec<View>,
    now: View,
    future: Vec<View>,
    /// The view before the drag or the typing that still goes on.
    before_drag: Option<View>,
}

impl Undo {
    /// Begins with a view.
    pub fn new(now: View) -> Self {
        Self { now, ..Self::default() }
    }

    /// Whether there is a view to go back to.
    pub fn can_undo(&self) -> bool {
        !self.past.is_empty()
    }

    /// Whether there is a view to come back to.
    pub fn can_redo(&self) -> bool {
        !self.future.is_empty()
    }

    /// Whether a drag or typing goes on.
    pub fn is_ongoing(&self) -> bool {
        self.before_drag.is_some()
    }

    /// Takes note of an edit. The first part of a drag makes the entry, the others take its place: Undo leads to before
    /// the drag.
    pub fn edited(&mut self, after: View, is_ongoing: bool) {
        let before = std::mem::replace(&mut self.now, after);
        let origin = self.before_drag.take().unwrap_or(before);
        if is_ongoing {
            self.before_drag = Some(origin);
        } else if origin != self.now {
            self.past.push(origin);
            self.future.clear();
        }
    }

    /// The view before, which is the present one now.
    pub fn undo(&mut self) -> Option<View> {
        let view = self.past.pop()?;
        self.future.push(std::mem::replace(&mut self.now, view.clone()));
        self.before_drag = None;
        Some(view)
    }

    /// The view after, which is the present one now.
    pub fn redo(&mut self) -> Option<View> {
        let view = self.future.pop()?;
        self.past.push(std::mem::replace(&mut self.now, view.clone()));
        self.before_drag = None;
        Some(view)
    }

    /// Takes note of the view that is shown. One that comes from elsewhere, by Back, Forward or another address, is looked
    /// for among those before, the nearest first, then among those after; one that is in neither is a change like any
    /// other.
    pub fn follow(&mut self, shown: &View) {
        if self.now == *shown {
            return;
        }
        if self.now.is_short_for(shown) {
            // The same view, now that it is known which runs a link means.
            self.now.clone_from(shown);
            return;
        }
        self.before_drag = None;
        if let Some(at) = self.past.iter().rposition(|view| view == shown) {
            while self.past.len() > at {
                self.undo();
            }
        } else if let Some(at) = self.future.iter().rposition(|view| view == shown) {
            while self.future.len() > at {
                self.redo();
            }
        } else {
            self.edited(shown.clone(), false);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(filter: &str) -> View {
        View { filter: filter.to_owned(), ..View::default() }
    }

    fn told(undo: &Undo) -> (Vec<&str>, &str, Vec<&str>) {
        (
            undo.past.iter().map(|view| view.filter.as_str()).collect(),
            undo.now.filter.as_str(),
            undo.future.iter().map(|view| view.filter.as_str()).collect(),
        )
    }

    fn of(filters: &[&str]) -> Undo {
        let mut undo = Undo::new(view(filters[0]));
        filters[1..].iter().for_each(|filter| undo.edited(view(filter), false));
        undo
    }

    #[test]
    fn undo_after_back_goes_on_from_what_is_shown() {
        let mut undo = of(&["a", "b", "c"]);
        undo.follow(&view("b"));
        assert_eq!(told(&undo), (vec!["a"], "b", vec!["c"]));
        assert_eq!(undo.undo(), Some(view("a")));
        // The page shows what it was told to: nothing moves.
        undo.follow(&view("a"));
        assert_eq!(told(&undo), (vec![], "a", vec!["c", "b"]));
        // Forward by two.
        undo.follow(&view("c"));
        assert_eq!(told(&undo), (vec!["a", "b"], "c", vec![]));
    }

    #[test]
    fn short_ids_that_become_whole_are_no_change() {
        let of = |ids: [&str; 2]| View {
            selected: ids.map(|id| crate::entities::RunId(id.to_owned())).to_vec(),
            ..view("a")
        };
        let mut undo = Undo::new(of(["01234567", "x"]));
        undo.follow(&of(["0123456789abcdef", "x"]));
        assert!(!undo.can_undo());
        undo.follow(&of(["0123456789abcdef", "y"]));
        assert!(undo.can_undo());
    }

    #[test]
    fn a_view_from_elsewhere_is_a_change_like_any_other() {
        let mut undo = of(&["a", "b"]);
        undo.undo();
        undo.follow(&view("x"));
        assert_eq!(told(&undo), (vec!["a"], "x", vec![]));
    }

    #[test]
    fn a_drag_is_one_change() {
        let mut undo = of(&["a"]);
        undo.edited(view("ab"), true);
        undo.edited(view("abc"), true);
        assert!(undo.is_ongoing() && !undo.can_undo());
        undo.follow(&view("abc"));
        undo.edited(view("abcd"), false);
        assert_eq!(told(&undo), (vec!["a"], "abcd", vec![]));
        // One that ends where it began is none.
        undo.edited(view("x"), true);
        undo.edited(view("abcd"), false);
        assert_eq!(told(&undo), (vec!["a"], "abcd", vec![]));
    }
}
