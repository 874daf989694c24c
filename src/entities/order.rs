//! One sort for all short lists.
//!
//! The standard library's sort is compiled anew for every type and comparison, 6 kB of wasm each. Lists of names, columns
//! and files are short: they share one sort of places, whose comparison is called by reference. Columns of runs, where
//! speed counts, are sorted by the standard library's directly.

use std::cmp::Ordering;

/// Sorts a list; what is equal keeps its order.
pub fn sort_by<T>(items: &mut Vec<T>, compare: impl Fn(&T, &T) -> Ordering) {
    let places = sorted_places(items.len(), &|a, b| compare(&items[a], &items[b]));
    let mut taken: Vec<Option<T>> = std::mem::take(items).into_iter().map(Some).collect();
    items.extend(places.into_iter().filter_map(|place| taken[place].take()));
}

/// The places of a list in their sorted order.
fn sorted_places(n: usize, compare: &dyn Fn(usize, usize) -> Ordering) -> Vec<usize> {
    let mut places: Vec<usize> = (0..n).collect();
    places.sort_by(|a, b| compare(*a, *b));
    places
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_is_the_standard_sort(mut items in prop::collection::vec((0_u8..5, any::<String>()), 0..30)) {
            let mut wanted = items.clone();
            wanted.sort_by_key(|item| item.0);
            sort_by(&mut items, |a, b| a.0.cmp(&b.0));
            prop_assert_eq!(items, wanted);
        }
    }
}
