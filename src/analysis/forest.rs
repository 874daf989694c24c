//! A random forest that learns the objective from the params: what importance and effects are read from.
//!
//! Source: Breiman, "Random Forests" (2001), with the defaults of scikit-learn's `RandomForestRegressor`: trees
//! of bootstrap samples, grown until leaves are pure, every param tried at every split.
//!
//! A param is cut into levels: each different number is one (beyond 256, neighbours share one), each category,
//! and each of −∞, +∞, NaN and missing where they occur. Numbers and infinities have an order; NaN and missing
//! may go either way at every split, so a param that only some runs have needs no invented value. Categories
//! are split into the sets that part best, found in the order of their means (Fisher 1958).
//!
//! Own code and not the crate `fanova`: that one has neither predictions (for the error out of the bag,
//! permutations and effects) nor categories nor missing values, and brings threads and the system's randomness
//! into the wasm program.

use super::LeftOut;

/// A param as the forest sees it; all of one length. A param that was searched by its logarithm is best given
/// as its logarithm, because importance weighs all parts of a range alike.
#[derive(Clone, Copy, Debug)]
pub enum Feature<'a> {
    /// A param of numbers.
    Numbers(&'a [Option<f64>]),
    /// A param of texts.
    Categories(&'a [Option<&'a str>]),
}

impl Feature<'_> {
    fn len(self) -> usize {
        match self {
            Self::Numbers(values) => values.len(),
            Self::Categories(values) => values.len(),
        }
    }
}

/// One level of a param.
#[derive(Clone, Debug, PartialEq)]
pub enum Level {
    /// −∞.
    NegInf,
    /// Numbers: their mean, and the bounds halfway to the neighbours.
    Number {
        /// The mean of the numbers of this level.
        at: f64,
        /// From here.
        low: f64,
        /// To here.
        high: f64,
    },
    /// +∞.
    PosInf,
    /// A text.
    Category(String),
    /// Not a number.
    Nan,
    /// The run has no such param.
    Missing,
}

/// How a forest is grown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ForestOptions {
    /// How many trees; at least one is grown.
    pub n_trees: usize,
    /// How many splits a leaf is at most below the root.
    pub max_depth: u8,
    /// The same seed grows the same forest.
    pub seed: u64,
}

impl Default for ForestOptions {
    /// Those of Optuna's `FanovaImportanceEvaluator`, and a fixed seed.
    fn default() -> Self {
        Self { n_trees: 64, max_depth: 64, seed: 0 }
    }
}

/// Why no forest grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FitError {
    /// The columns have different lengths.
    Lengths,
    /// Fewer than two runs have a finite objective.
    TooFew,
    /// The objective is the same in all runs.
    ConstantObjective,
    /// No param differs between the runs.
    NothingVaries,
}

/// A grown forest.
#[derive(Clone, Debug)]
pub struct Forest {
    pub(in crate::analysis) columns: Vec<Column>,
    pub(in crate::analysis) trees: Vec<Tree>,
    /// The objective of the rows that it learned from, less its mean, in units of `scale`.
    target: Vec<f64>,
    pub(in crate::analysis) mean: f64,
    pub(in crate::analysis) scale: f64,
    left_out: LeftOut,
}

/// A param as levels.
#[derive(Clone, Debug)]
pub(in crate::analysis) struct Column {
    /// The level of each row.
    codes: Vec<u32>,
    /// All levels: those in order first.
    pub(in crate::analysis) levels: Vec<Level>,
    /// How many rows have each.
    pub(in crate::analysis) n_rows: Vec<usize>,
    /// How much of the param's range each level is; together 1.
    pub(in crate::analysis) measures: Vec<f64>,
    /// How many levels have an order; none for categories.
    pub(in crate::analysis) n_ordered: usize,
}

#[derive(Clone, Debug)]
pub(in crate::analysis) struct Tree {
    pub(in crate::analysis) nodes: Vec<Node>,
    /// Which rows it has not seen.
    is_unseen: Vec<bool>,
}

#[derive(Clone, Debug)]
pub(in crate::analysis) enum Node {
    Leaf(f64),
    Fork { feature: usize, split: Split, left: usize, right: usize },
}

/// Which levels go left.
#[derive(Clone, Debug)]
pub(in crate::analysis) enum Split {
    /// Of the ordered levels those before `below`; of the others, those of the bits.
    Ordered { below: u32, others: u8 },
    /// Those of the bits.
    Set(Box<[u64]>),
}

impl Split {
    pub(in crate::analysis) fn is_left(&self, level: u32, n_ordered: usize) -> bool {
        match self {
            Self::Ordered { below, .. } if (level as usize) < n_ordered => level < *below,
            Self::Ordered { others, .. } => others >> (level as usize - n_ordered) & 1 == 1,
            Self::Set(bits) => bits[level as usize / 64] >> (level % 64) & 1 == 1,
        }
    }
}

impl Forest {
    /// Grows a forest that learns `target` from the features. Runs whose objective is not finite are left out.
    ///
    /// # Errors
    ///
    /// Where there is nothing to learn.
    pub fn fit(
        features: &[Feature<'_>],
        target: &[Option<f64>],
        options: ForestOptions,
    ) -> Result<Self, FitError> {
        if features.iter().any(|feature| feature.len() != target.len()) {
            return Err(FitError::Lengths);
        }
        let mut left_out = LeftOut::default();
        let mut rows = Vec::new();
        let mut learned = Vec::new();
        for (row, &value) in target.iter().enumerate() {
            if let Some(value) = left_out.finite(value) {
                rows.push(row);
                learned.push(value);
            }
        }
        let n = learned.len();
        if n < 2 {
            return Err(FitError::TooFew);
        }
        if learned.iter().all(|&value| value == learned[0]) {
            return Err(FitError::ConstantObjective);
        }
        let columns: Vec<Column> = features.iter().map(|&feature| Column::new(feature, &rows)).collect();
        if columns.iter().all(|column| column.levels.len() < 2) {
            return Err(FitError::NothingVaries);
        }
        // In units of the largest deviation, so that no square leaves the floats.
        let mean: f64 = learned.iter().map(|value| value / n as f64).sum();
        let scale = learned.iter().map(|value| (value / 2.0 - mean / 2.0).abs()).fold(0.0, f64::max) * 2.0;
        let scale = if scale > 0.0 { scale.min(f64::MAX) } else { 1.0 };
        let target: Vec<f64> = learned.iter().map(|value| value / scale - mean / scale).collect();
        let mut random = Random(options.seed);
        let trees = (0..options.n_trees.max(1))
            .map(|_| {
                Grower::new(&columns, &target, usize::from(options.max_depth), Random(random.next())).grow()
            })
            .collect();
        Ok(Self { columns, trees, target, mean, scale, left_out })
    }

    /// How many runs it learned from.
    pub fn n_runs(&self) -> usize {
        self.target.len()
    }

    /// The objectives that are not finite, whose runs it did not learn from.
    pub fn left_out(&self) -> LeftOut {
        self.left_out
    }

    /// How many params differ between the runs.
    pub fn n_varying(&self) -> usize {
        self.columns.iter().filter(|column| column.levels.len() > 1).count()
    }

    /// The share of the objective's variance that it explains in runs it has not seen: R² out of the bag, each
    /// run predicted by the trees that were grown without it. 1 is all; 0 or less is none. Nothing where too
    /// few runs stay unseen to say.
    ///
    /// Source: Breiman (2001), scikit-learn's `oob_score_`.
    pub fn r2(&self) -> Option<f64> {
        self.r2_with(None)
    }

    /// R² out of the bag, with one feature's levels taken from other rows.
    pub(in crate::analysis) fn r2_with(&self, shuffled: Option<(usize, &[u32])>) -> Option<f64> {
        let n = self.target.len();
        let (mut sums, mut counts) = (vec![0.0; n], vec![0u32; n]);
        for tree in &self.trees {
            for row in 0..n {
                if tree.is_unseen[row] {
                    sums[row] += self.predict(tree, row, shuffled);
                    counts[row] += 1;
                }
            }
        }
        let known: Vec<usize> = (0..n).filter(|&row| counts[row] > 0).collect();
        let mean = known.iter().map(|&row| self.target[row]).sum::<f64>() / known.len() as f64;
        let (mut errors, mut total) = (0.0, 0.0);
        for &row in &known {
            errors += (self.target[row] - sums[row] / f64::from(counts[row])).powi(2);
            total += (self.target[row] - mean).powi(2);
        }
        (total > 0.0).then(|| 1.0 - errors / total)
    }

    fn predict(&self, tree: &Tree, row: usize, shuffled: Option<(usize, &[u32])>) -> f64 {
        let mut at = 0;
        loop {
            match &tree.nodes[at] {
                Node::Leaf(value) => return *value,
                Node::Fork { feature, split, left, right } => {
                    let column = &self.columns[*feature];
                    let level = match shuffled {
                        Some((shuffled, codes)) if shuffled == *feature => codes[row],
                        _ => column.codes[row],
                    };
                    at = if split.is_left(level, column.n_ordered) { *left } else { *right };
                }
            }
        }
    }

    /// The levels of a feature's rows, in another order.
    pub(in crate::analysis) fn shuffled(&self, feature: usize, random: &mut Random) -> Vec<u32> {
        let mut codes = self.columns[feature].codes.clone();
        random.shuffle(&mut codes);
        codes
    }
}

/// More different numbers than this share levels.
const MAX_LEVELS: usize = 256;

impl Column {
    fn new(feature: Feature<'_>, rows: &[usize]) -> Self {
        match feature {
            Feature::Numbers(values) => {
                let values: Vec<Option<f64>> = rows.iter().map(|&row| values[row]).collect();
                Self::of_numbers(&values)
            }
            Feature::Categories(values) => {
                let values: Vec<Option<&str>> = rows.iter().map(|&row| values[row]).collect();
                Self::of_categories(&values)
            }
        }
    }

    fn of_numbers(values: &[Option<f64>]) -> Self {
        let (finite, _) = super::distribution::sorted(values);
        let groups = groups(&finite);
        let firsts: Vec<f64> = groups.iter().map(|group| group[0]).collect();
        let last = |at: usize| groups[at][groups[at].len() - 1];
        let halfway = |left: usize| last(left) / 2.0 + firsts[left + 1] / 2.0;
        let has = |is: fn(f64) -> bool| values.iter().flatten().any(|&value| is(value));
        let mut levels = Vec::new();
        if has(|value| value == f64::NEG_INFINITY) {
            levels.push(Level::NegInf);
        }
        let n_below = levels.len();
        for (at, group) in groups.iter().enumerate() {
            levels.push(Level::Number {
                at: group.iter().map(|value| value / group.len() as f64).sum(),
                low: if at == 0 { firsts[0] } else { halfway(at - 1) },
                high: if at + 1 == groups.len() { last(at) } else { halfway(at) },
            });
        }
        if has(|value| value == f64::INFINITY) {
            levels.push(Level::PosInf);
        }
        let n_ordered = levels.len();
        if has(f64::is_nan) {
            levels.push(Level::Nan);
        }
        let i_missing = levels.len();
        if values.contains(&None) {
            levels.push(Level::Missing);
        }
        let code = |value: &Option<f64>| match *value {
            None => i_missing,
            Some(value) if value.is_nan() => n_ordered,
            Some(f64::NEG_INFINITY) => 0,
            Some(f64::INFINITY) => n_ordered - 1,
            Some(value) => n_below + firsts.partition_point(|&first| first <= value) - 1,
        };
        let codes: Vec<u32> = values.iter().map(|value| code(value) as u32).collect();
        let n_rows = counts(&codes, levels.len());
        let mut column = Self { codes, levels, n_rows, measures: Vec::new(), n_ordered };
        column.measure_numbers(finite.len() as f64 / values.len() as f64);
        column
    }

    // What is no finite number weighs as much as it has rows; the numbers weigh the rest, each as much as the
    // stretch of the range that is nearest to it.
    fn measure_numbers(&mut self, share_of_finite: f64) {
        let width = |level: &Level| match level {
            // Of halves, because the range itself may be beyond the floats.
            Level::Number { low, high, .. } => Some(high / 2.0 - low / 2.0),
            _ => None,
        };
        let range: f64 = self.levels.iter().filter_map(width).sum();
        let n: usize = self.n_rows.iter().sum();
        let measure = |(level, &n_rows): (&Level, &usize)| match width(level) {
            Some(width) if range > 0.0 => share_of_finite * width / range,
            _ => n_rows as f64 / n as f64,
        };
        self.measures = self.levels.iter().zip(&self.n_rows).map(measure).collect();
    }

    fn of_categories(values: &[Option<&str>]) -> Self {
        let mut texts: Vec<&str> = values.iter().flatten().copied().collect();
        texts.sort_unstable();
        texts.dedup();
        let mut levels: Vec<Level> = texts.iter().map(|&text| Level::Category(text.to_owned())).collect();
        if values.contains(&None) {
            levels.push(Level::Missing);
        }
        let code = |value: &Option<&str>| match value {
            Some(text) => texts.partition_point(|known| known < text),
            None => texts.len(),
        };
        let codes: Vec<u32> = values.iter().map(|value| code(value) as u32).collect();
        let n_rows = counts(&codes, levels.len());
        let measures = vec![1.0 / levels.len() as f64; levels.len()];
        Self { codes, levels, n_rows, measures, n_ordered: 0 }
    }

    /// Whether its levels are texts.
    pub(in crate::analysis) fn is_of_sets(&self) -> bool {
        matches!(self.levels.first(), Some(Level::Category(_)))
    }

    // The last of the levels from `from` to before `to` whose upper bound is nearest to halfway between the
    // two, so that a fork between distant numbers lies in the middle.
    fn cut(&self, from: u32, to: u32) -> u32 {
        let at = |level: u32| match self.levels[level as usize] {
            Level::Number { at, .. } => Some(at),
            _ => None,
        };
        let (Some(left), Some(right)) = (at(from), at(to)) else {
            return from + 1;
        };
        let middle = left / 2.0 + right / 2.0;
        (from + 1..to).find(|&level| at(level).is_some_and(|at| at > middle)).unwrap_or(to)
    }
}

fn counts(codes: &[u32], n_levels: usize) -> Vec<usize> {
    let mut counts = vec![0; n_levels];
    for &code in codes {
        counts[code as usize] += 1;
    }
    counts
}

/// Sorted numbers as levels: each different number one, or neighbours together where there are too many.
fn groups(sorted: &[f64]) -> Vec<&[f64]> {
    let same: Vec<&[f64]> = sorted.chunk_by(|a, b| a == b).collect();
    if same.len() <= MAX_LEVELS {
        return same;
    }
    let mut groups = Vec::new();
    let (mut begin, mut end) = (0, 0);
    for same in same {
        let level = |at: usize| at * MAX_LEVELS / sorted.len();
        if end > begin && level(begin) != level(end) {
            groups.push(&sorted[begin..end]);
            begin = end;
        }
        end += same.len();
    }
    groups.push(&sorted[begin..end]);
    groups
}

/// What the rows of a node that share a level have in common.
#[derive(Clone, Copy)]
struct Tally {
    level: u32,
    n: f64,
    sum: f64,
}

struct Best {
    gain: f64,
    feature: usize,
    split: Split,
}

/// Grows one tree.
struct Grower<'a> {
    columns: &'a [Column],
    target: &'a [f64],
    max_depth: usize,
    random: Random,
    rows: Vec<u32>,
    is_unseen: Vec<bool>,
    /// Features in the order in which they are tried, which decides between equals.
    order: Vec<usize>,
    tallies: Vec<Tally>,
    by_level: Vec<(f64, f64)>,
    keyed: Vec<(u32, u32)>,
}

impl<'a> Grower<'a> {
    fn new(columns: &'a [Column], target: &'a [f64], max_depth: usize, mut random: Random) -> Self {
        let n = target.len();
        let mut is_unseen = vec![true; n];
        let rows: Vec<u32> = (0..n)
            .map(|_| {
                let row = random.below(n);
                is_unseen[row] = false;
                row as u32
            })
            .collect();
        let order = (0..columns.len()).filter(|&feature| columns[feature].levels.len() > 1).collect();
        let n_levels = columns.iter().map(|column| column.levels.len()).max().unwrap_or(0);
        let by_level = vec![(0.0, 0.0); n_levels];
        let (tallies, keyed) = (Vec::new(), Vec::new());
        Self { columns, target, max_depth, random, rows, is_unseen, order, tallies, by_level, keyed }
    }

    fn grow(mut self) -> Tree {
        let mut nodes = vec![Node::Leaf(0.0)];
        let mut todo = vec![(0, 0, self.rows.len(), 0)];
        while let Some((node, begin, end, depth)) = todo.pop() {
            let Some(best) = (if depth < self.max_depth { self.best(begin, end) } else { None }) else {
                nodes[node] = Node::Leaf(self.mean(begin, end));
                continue;
            };
            let column = &self.columns[best.feature];
            let is_left = |row: u32| best.split.is_left(column.codes[row as usize], column.n_ordered);
            let mut middle = begin;
            for at in begin..end {
                if is_left(self.rows[at]) {
                    self.rows.swap(at, middle);
                    middle += 1;
                }
            }
            let (left, right) = (nodes.len(), nodes.len() + 1);
            nodes.extend([Node::Leaf(0.0), Node::Leaf(0.0)]);
            nodes[node] = Node::Fork { feature: best.feature, split: best.split, left, right };
            todo.push((right, middle, end, depth + 1));
            todo.push((left, begin, middle, depth + 1));
        }
        Tree { nodes, is_unseen: self.is_unseen }
    }

    fn mean(&self, begin: usize, end: usize) -> f64 {
        let sum: f64 = self.rows[begin..end].iter().map(|&row| self.target[row as usize]).sum();
        sum / (end - begin) as f64
    }

    /// The split that leaves the least variance in these rows; none where they are alike.
    fn best(&mut self, begin: usize, end: usize) -> Option<Best> {
        let first = self.target[self.rows[begin] as usize];
        if self.rows[begin..end].iter().all(|&row| self.target[row as usize] == first) {
            return None;
        }
        let mut order = std::mem::take(&mut self.order);
        self.random.shuffle(&mut order);
        let mut best = None;
        for &feature in &order {
            self.tally(feature, begin, end);
            if self.tallies.len() > 1 {
                if self.columns[feature].is_of_sets() {
                    self.best_set(feature, &mut best);
                } else {
                    self.best_cut(feature, &mut best);
                }
            }
        }
        self.order = order;
        best
    }

    /// Counts and sums of the rows by level, in the order of levels.
    fn tally(&mut self, feature: usize, begin: usize, end: usize) {
        let codes = &self.columns[feature].codes;
        let n_levels = self.columns[feature].levels.len();
        self.tallies.clear();
        if (end - begin) * 8 >= n_levels {
            let by_level = &mut self.by_level[..n_levels];
            by_level.fill((0.0, 0.0));
            for &row in &self.rows[begin..end] {
                let entry = &mut by_level[codes[row as usize] as usize];
                entry.0 += 1.0;
                entry.1 += self.target[row as usize];
            }
            for (level, &(n, sum)) in by_level.iter().enumerate() {
                if n > 0.0 {
                    self.tallies.push(Tally { level: level as u32, n, sum });
                }
            }
            return;
        }
        // Few rows of many levels: sorting them is quicker than looking at all levels.
        self.keyed.clear();
        self.keyed.extend(self.rows[begin..end].iter().map(|&row| (codes[row as usize], row)));
        self.keyed.sort_unstable();
        for same in self.keyed.chunk_by(|a, b| a.0 == b.0) {
            let sum = same.iter().map(|&(_, row)| self.target[row as usize]).sum();
            self.tallies.push(Tally { level: same[0].0, n: same.len() as f64, sum });
        }
    }

    fn best_cut(&self, feature: usize, best: &mut Option<Best>) {
        let column = &self.columns[feature];
        let n_ordered = self.tallies.partition_point(|tally| (tally.level as usize) < column.n_ordered);
        let (ordered, others) = self.tallies.split_at(n_ordered);
        let total = sums(&self.tallies);
        for chosen in 0..1u8 << others.len() {
            let mut left = (0.0, 0.0);
            // Those that no row has here go right.
            let mut bits = 0;
            for (at, other) in others.iter().enumerate() {
                if chosen >> at & 1 == 1 {
                    left = (left.0 + other.n, left.1 + other.sum);
                    bits |= 1 << (other.level as usize - column.n_ordered);
                }
            }
            for at in 0..=ordered.len() {
                if at > 0 {
                    left = (left.0 + ordered[at - 1].n, left.1 + ordered[at - 1].sum);
                }
                if let Some(gain) = gain(left, total, best) {
                    let below = match at {
                        0 => 0,
                        at if at == ordered.len() => column.n_ordered as u32,
                        at => column.cut(ordered[at - 1].level, ordered[at].level),
                    };
                    *best = Some(Best { gain, feature, split: Split::Ordered { below, others: bits } });
                }
            }
        }
    }

    fn best_set(&mut self, feature: usize, best: &mut Option<Best>) {
        let total = sums(&self.tallies);
        // The best of all sets is a first part of them in the order of means (Fisher 1958).
        self.tallies.sort_by(|a, b| (a.sum / a.n).total_cmp(&(b.sum / b.n)));
        let mut left = (0.0, 0.0);
        for at in 1..self.tallies.len() {
            left = (left.0 + self.tallies[at - 1].n, left.1 + self.tallies[at - 1].sum);
            if let Some(gain) = gain(left, total, best) {
                let mut bits = vec![0u64; self.columns[feature].levels.len().div_ceil(64)];
                for tally in &self.tallies[..at] {
                    bits[tally.level as usize / 64] |= 1 << (tally.level % 64);
                }
                *best = Some(Best { gain, feature, split: Split::Set(bits.into()) });
            }
        }
    }
}

fn sums(tallies: &[Tally]) -> (f64, f64) {
    tallies.iter().fold((0.0, 0.0), |(n, sum), tally| (n + tally.n, sum + tally.sum))
}

/// How much less the squares are around two means than around one; none where it is no more than the best so
/// far.
fn gain(left: (f64, f64), total: (f64, f64), best: &Option<Best>) -> Option<f64> {
    let right = (total.0 - left.0, total.1 - left.1);
    if left.0 == 0.0 || right.0 == 0.0 {
        return None;
    }
    let gap = left.1 / left.0 - right.1 / right.0;
    let gain = gap * gap * left.0 * right.0 / total.0;
    (gain > best.as_ref().map_or(0.0, |best| best.gain)).then_some(gain)
}

/// A generator of numbers that look random and are the same for the same seed: SplitMix64 (Steele, Lea and
/// Flood 2014).
#[derive(Clone, Debug)]
pub(in crate::analysis) struct Random(pub(in crate::analysis) u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ mixed >> 31
    }

    /// A number below `n`.
    pub(in crate::analysis) fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.next()) * n as u128) >> 64) as usize
    }

    /// Any order as likely as any other (Fisher and Yates).
    fn shuffle<T>(&mut self, items: &mut [T]) {
        for at in (1..items.len()).rev() {
            items.swap(at, self.below(at + 1));
        }
    }
}
