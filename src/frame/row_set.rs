//! A set of rows as a bitmap: one bit a row, 64 rows a word.

const WORD_BITS: usize = u64::BITS as usize;

/// A set of rows out of `n_rows`. Sets of different sizes may be combined: a row beyond a set's size is not
/// in it, and the result has the larger size.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct RowSet {
    words: Vec<u64>,
    n_rows: usize,
}

impl RowSet {
    /// None of `n_rows` rows.
    pub fn empty(n_rows: usize) -> Self {
        Self { words: vec![0; n_rows.div_ceil(WORD_BITS)], n_rows }
    }

    /// All of `n_rows` rows.
    pub fn full(n_rows: usize) -> Self {
        let mut set = Self { words: vec![u64::MAX; n_rows.div_ceil(WORD_BITS)], n_rows };
        set.clear_tail();
        set
    }

    /// How many rows it is out of, in it or not.
    pub fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// How many rows are in it.
    pub fn len(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Whether no row is in it.
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|&word| word == 0)
    }

    /// Takes the row in; the set grows when the row is beyond its size.
    pub fn insert(&mut self, row: usize) {
        if row >= self.n_rows {
            self.grow(row + 1);
        }
        self.words[row / WORD_BITS] |= 1 << (row % WORD_BITS);
    }

    /// Takes the row out, if it is in.
    pub fn remove(&mut self, row: usize) {
        if let Some(word) = self.words.get_mut(row / WORD_BITS) {
            *word &= !(1 << (row % WORD_BITS));
        }
    }

    /// Whether the row is in it.
    pub fn contains(&self, row: usize) -> bool {
        self.words.get(row / WORD_BITS).is_some_and(|word| word >> (row % WORD_BITS) & 1 == 1)
    }

    /// Makes it out of at least `n_rows` rows; the new ones are not in it.
    pub fn grow(&mut self, n_rows: usize) {
        if n_rows > self.n_rows {
            self.n_rows = n_rows;
            self.words.resize(n_rows.div_ceil(WORD_BITS), 0);
        }
    }

    /// The rows in both.
    pub fn and(&self, other: &Self) -> Self {
        self.combine(other, |a, b| a & b)
    }

    /// The rows in either.
    pub fn or(&self, other: &Self) -> Self {
        self.combine(other, |a, b| a | b)
    }

    /// The rows in this one but not in the other.
    pub fn and_not(&self, other: &Self) -> Self {
        self.combine(other, |a, b| a & !b)
    }

    /// The rows, out of this set's size, that are not in it.
    pub fn not(&self) -> Self {
        let mut set = Self { words: self.words.iter().map(|word| !word).collect(), n_rows: self.n_rows };
        set.clear_tail();
        set
    }

    /// The bitmap: row `r` is bit `r % 64` of word `r / 64`; bits beyond the last row are 0.
    #[must_use]
    pub fn words(&self) -> &[u64] {
        &self.words
    }

    /// The rows in it, ascending.
    pub fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        ones(self.words.iter().copied())
    }

    /// The rows that are in one of the two but not in both, ascending: what changes when one replaces the
    /// other.
    pub fn difference<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = usize> + 'a {
        let n_words = self.words.len().max(other.words.len());
        ones((0..n_words).map(|at| self.word(at) ^ other.word(at)))
    }

    /// The bits of 64 rows; the `at`th word holds rows `64 * at` and up.
    pub fn word(&self, at: usize) -> u64 {
        self.words.get(at).copied().unwrap_or(0)
    }

    /// Builds a set by asking for each row in turn.
    pub fn from_fn(n_rows: usize, mut is_in: impl FnMut(usize) -> bool) -> Self {
        let mut set = Self::empty(n_rows);
        for (at, word) in set.words.iter_mut().enumerate() {
            let first = at * WORD_BITS;
            let end = (first + WORD_BITS).min(n_rows);
            for row in first..end {
                *word |= u64::from(is_in(row)) << (row - first);
            }
        }
        set
    }

    fn combine(&self, other: &Self, op: impl Fn(u64, u64) -> u64) -> Self {
        let n_words = self.words.len().max(other.words.len());
        Self {
            words: (0..n_words).map(|at| op(self.word(at), other.word(at))).collect(),
            n_rows: self.n_rows.max(other.n_rows),
        }
    }

    // Bits beyond `n_rows` stay zero, so that counting and comparing need not look at the size.
    fn clear_tail(&mut self) {
        let n_tail = self.n_rows % WORD_BITS;
        if n_tail != 0
            && let Some(word) = self.words.last_mut()
        {
            *word &= (1 << n_tail) - 1;
        }
    }
}

fn ones(words: impl Iterator<Item = u64>) -> impl Iterator<Item = usize> {
    words.enumerate().flat_map(|(at, word)| {
        let mut rest = word;
        std::iter::from_fn(move || {
            (rest != 0).then(|| {
                let bit = rest.trailing_zeros() as usize;
                rest &= rest - 1;
                at * WORD_BITS + bit
            })
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn set(bits: &[bool]) -> RowSet {
        RowSet::from_fn(bits.len(), |row| bits[row])
    }

    #[test]
    fn full_and_empty_count_their_rows() {
        for n in [0, 1, 63, 64, 65, 200] {
            assert_eq!(RowSet::full(n).len(), n);
            assert_eq!(RowSet::empty(n).len(), 0);
            assert_eq!(RowSet::full(n).not(), RowSet::empty(n));
            assert_eq!(RowSet::full(n).iter().collect::<Vec<_>>(), (0..n).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_set_grows_with_the_rows_put_in() {
        let mut rows = RowSet::empty(3);
        rows.insert(70);
        assert!(rows.contains(70));
        assert!(!rows.contains(700));
        assert_eq!((rows.n_rows(), rows.len()), (71, 1));
        rows.remove(70);
        rows.remove(7000);
        assert!(rows.is_empty());
    }

    proptest! {
        #[test]
        fn sets_follow_the_laws_of_sets(bits in prop::collection::vec(any::<(bool, bool)>(), 0..200)) {
            let a = set(&bits.iter().map(|pair| pair.0).collect::<Vec<_>>());
            let b = set(&bits.iter().map(|pair| pair.1).collect::<Vec<_>>());
            prop_assert_eq!(a.not().not(), a.clone());
            prop_assert_eq!(a.and(&b).not(), a.not().or(&b.not()));
            prop_assert_eq!(a.or(&b).not(), a.not().and(&b.not()));
            prop_assert_eq!(a.and_not(&b), a.and(&b.not()));
            prop_assert_eq!(a.len(), bits.iter().filter(|pair| pair.0).count());
            let changed: Vec<usize> = a.difference(&b).collect();
            let expected: Vec<usize> = (0..bits.len()).filter(|&row| bits[row].0 != bits[row].1).collect();
            prop_assert_eq!(changed, expected);
        }
    }
}
