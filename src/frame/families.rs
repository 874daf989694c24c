//! Runs below the runs that started them: the order of a table in which families stay together.

use crate::entities::{ColumnKey, PARENT_RUN_TAG, RunId};
use crate::frame::{RowSet, RunFrame};
use std::collections::{HashMap, HashSet};

const NO_PARENT: u32 = u32::MAX;

/// Which run started which.
#[derive(Clone, Debug, Default)]
pub struct Families {
    /// Of each row that of its parent. Beyond the rows stand the parents that are not loaded, each a number of its own,
    /// so that their children stay together too.
    parents: Vec<u32>,
}

impl Families {
    /// Out of the runs' tags.
    pub fn of(frame: &RunFrame) -> Self {
        let key = ColumnKey::Tag(PARENT_RUN_TAG.to_owned());
        let n_rows = frame.n_rows() as u32;
        let mut unknown: HashMap<String, u32> = HashMap::new();
        let parent = |row: usize| {
            let Some(id) = frame.text(&key, row) else { return NO_PARENT };
            if let Some(parent) = frame.row_of(&RunId(id.clone().into_owned())) {
                return parent as u32;
            }
            let n_unknown = unknown.len() as u32;
            *unknown.entry(id.into_owned()).or_insert(n_rows + n_unknown)
        };
        Self { parents: (0..frame.n_rows()).map(parent).collect() }
    }

    fn parent(&self, node: u32) -> Option<u32> {
        self.parents.get(node as usize).copied().filter(|parent| *parent != NO_PARENT)
    }

    /// The same rows, each below its parent where that is among them. A family stands where its first member stood, and
    /// in it brothers keep their order; those whose parent is not among the rows stay together.
    pub fn nested(&self, order: &[u32]) -> Vec<u32> {
        let mut shown = RowSet::empty(self.parents.len());
        order.iter().for_each(|row| shown.insert(*row as usize));
        let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
        let mut is_placed: HashSet<u32> = HashSet::new();
        let mut roots = Vec::new();
        for &row in order {
            let mut node = row;
            // Up to a run that has its place already: also runs that are not shown keep a family together.
            while is_placed.insert(node) {
                let Some(parent) = self.parent(node) else {
                    roots.push(node);
                    break;
                };
                children.entry(parent).or_default().push(node);
                node = parent;
            }
        }
        let mut nested = Vec::with_capacity(order.len());
        let mut next: Vec<u32> = roots.into_iter().rev().collect();
        while let Some(node) = next.pop() {
            if shown.contains(node as usize) {
                nested.push(node);
            }
            next.extend(children.get(&node).into_iter().flatten().rev());
        }
        if nested.len() < order.len() {
            // Runs that are said to have started each other have no first one.
            let mut rest = shown;
            nested.iter().for_each(|row| rest.remove(*row as usize));
            nested.extend(order.iter().filter(|row| rest.contains(**row as usize)));
        }
        nested
    }

    /// How many of the runs above a row are shown.
    pub fn depth(&self, row: usize, shown: &RowSet) -> usize {
        let mut node = row as u32;
        let mut depth = 0;
        // As many steps as there are rows: runs that started each other end it too.
        for _ in 0..self.parents.len() {
            match self.parent(node) {
                Some(parent) if parent as usize != row => {
                    depth += usize::from(shown.contains(parent as usize));
                    node = parent;
                }
                _ => break,
            }
        }
        depth
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::test_runs::{frame, run};
    use proptest::prelude::*;

    /// Runs named by their place, with the names of their parents.
    fn families(parents: &[Option<usize>]) -> Families {
        let run_of = |(place, parent): (usize, &Option<usize>)| {
            let parent = parent.map(|parent| parent.to_string());
            let tags: Vec<_> = parent.iter().map(|parent| (PARENT_RUN_TAG, parent.as_str())).collect();
            run(&place.to_string(), &[], &[], &tags)
        };
        Families::of(&frame(parents.iter().enumerate().map(run_of)))
    }

    #[test]
    fn children_stand_below_their_parents_in_order() {
        // 0 started 2 and 4, 4 started 5; 9 is not loaded, and started 1 and 6.
        let families = families(&[None, Some(9), Some(0), None, Some(0), Some(4), Some(9)]);
        assert_eq!(families.nested(&[3, 5, 1, 2, 0, 6, 4]), [3, 0, 4, 5, 2, 1, 6]);
        assert_eq!(families.nested(&[5, 3, 2]), [5, 2, 3], "a family without those above stays together");
        let shown = RowSet::from_fn(7, |row| row != 4);
        assert_eq!([0, 2, 4, 5, 1].map(|row| families.depth(row, &shown)), [0, 1, 1, 1, 0]);
    }

    #[test]
    fn a_circle_loses_no_run() {
        let families = families(&[Some(1), Some(0), Some(2), None]);
        assert_eq!(families.nested(&[2, 3, 1, 0]), [3, 2, 1, 0]);
        let all = RowSet::full(4);
        assert_eq!([0, 2].map(|row| families.depth(row, &all)), [1, 0]);
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_every_child_comes_after_its_parent(
            parents in prop::collection::vec(prop::option::of(0..20_usize), 1..20),
            order in Just(()).prop_perturb(|(), mut rng| (0..20).map(|_| rng.next_u32()).collect::<Vec<_>>()),
        ) {
            // A parent has a smaller place, as it began earlier; larger ones are not loaded.
            let parents: Vec<_> = parents
                .iter()
                .enumerate()
                .map(|(place, parent)| parent.map(|parent| if parent < place { parent } else { parent + 100 }))
                .collect();
            let families = families(&parents);
            let mut rows: Vec<u32> = (0..parents.len() as u32).collect();
            rows.sort_by_key(|row| order[*row as usize]);
            let nested = families.nested(&rows);
            let place_of = |row: usize| nested.iter().position(|other| *other as usize == row).unwrap();
            for (row, parent) in parents.iter().enumerate() {
                if let Some(parent) = parent.filter(|parent| *parent < 100) {
                    prop_assert!(place_of(parent) < place_of(row));
                }
            }
            let mut sorted = nested.clone();
            sorted.sort_unstable();
            prop_assert_eq!(sorted, (0..parents.len() as u32).collect::<Vec<_>>());
        }
    }
}
