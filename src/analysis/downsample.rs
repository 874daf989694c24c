//! Fewer points of a curve, with nothing of its outline lost.
//!
//! The range of x is cut into buckets of the same width. Of each bucket stay the first, the last, the lowest
//! and the highest point (M4: Jugel, Jerzak, Hackenbroich and Markl, "M4: A Visualization-Oriented Time Series
//! Data Aggregation", VLDB 2014): with a bucket a pixel, the line looks as it would with all points. Which
//! points stay depends on the range alone, so the same curve always looks the same.
//!
//! Own code, since three things are the point here: buckets by x and not by index, gaps that
//! stay, and no threads in a wasm program.

/// The points of a curve that are to be drawn.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Downsampled {
    /// Places in the curve, ascending; with the one point each before and after the range, so that the line
    /// runs to the edges.
    pub indices: Vec<u32>,
    /// How many of them lie in the range.
    pub n_shown: usize,
    /// How many points of the curve lie in the range.
    pub n_all: usize,
    /// Points without a finite x, anywhere; they have no place and are never shown.
    pub n_without_x: usize,
}

/// How many points of a bucket are kept when there are no gaps.
const KEPT_OF_A_BUCKET: usize = 4;

/// The points to draw of the curve `x`, `y` (the shorter counts), x ascending, from x `low` to `high`, both
/// included, in about `n_buckets` buckets; usually one a pixel or two.
///
/// Up to four points a bucket in the range are shown as they are. Beyond that, of each bucket: the first, last,
/// lowest and highest finite y (the earlier of equals), and of each stretch before, between and after those
/// the first NaN, the first +∞ and the first −∞. So a line is broken wherever it was, and the result holds at
/// most 19 points a bucket. Downsampling the result again for the same range changes nothing.
///
/// Neither does it matter whether `low` and `high` lie at points of the curve; nothing is in a range whose
/// bounds are not finite or reversed. Points that go back in x begin a bucket anew.
pub fn downsample(x: &[f64], y: &[f64], low: f64, high: f64, n_buckets: usize) -> Downsampled {
    let n = x.len().min(y.len());
    let n_buckets = n_buckets.max(1);
    let mut out = Downsampled::default();
    let (mut before, mut after) = (None, None);
    for (at, &x) in x[..n].iter().enumerate() {
        if !x.is_finite() {
            out.n_without_x += 1;
        } else if x < low {
            before = Some(at as u32);
        } else if x <= high {
            out.n_all += 1;
        } else if after.is_none() {
            after = Some(at as u32);
        }
    }
    if !(low.is_finite() && high.is_finite() && low <= high) {
        return Downsampled { n_without_x: out.n_without_x, ..Downsampled::default() };
    }
    out.indices.extend(before);
    let n_before = out.indices.len();
    let in_range = (0..n).filter(|&at| low <= x[at] && x[at] <= high);
    if out.n_all <= KEPT_OF_A_BUCKET.saturating_mul(n_buckets) {
        out.indices.extend(in_range.map(|at| at as u32));
    } else {
        // Of halves, because the width itself may be beyond the floats.
        let per_width = n_buckets as f64 / (high / 2.0 - low / 2.0);
        let mut bucket: Vec<u32> = Vec::new();
        let mut current = 0;
        for at in in_range {
            let place = (((x[at] / 2.0 - low / 2.0) * per_width) as usize).min(n_buckets - 1);
            if place != current {
                keep(y, &bucket, &mut out.indices);
                bucket.clear();
                current = place;
            }
            bucket.push(at as u32);
        }
        keep(y, &bucket, &mut out.indices);
    }
    out.n_shown = out.indices.len() - n_before;
    out.indices.extend(after);
    out
}

/// Adds the points of one bucket that stay.
fn keep(y: &[f64], bucket: &[u32], kept: &mut Vec<u32>) {
    let of = |at: u32| y[at as usize];
    let mut finite = bucket.iter().copied().filter(|&at| of(at).is_finite());
    let mut marks: Vec<u32> = Vec::with_capacity(KEPT_OF_A_BUCKET);
    if let Some(first) = finite.next() {
        let (mut last, mut lowest, mut highest) = (first, first, first);
        for at in finite {
            last = at;
            if of(at) < of(lowest) {
                lowest = at;
            }
            if of(at) > of(highest) {
                highest = at;
            }
        }
        marks.extend([first, lowest, highest, last]);
        marks.sort_unstable();
        marks.dedup();
    }
    let mut next_mark = marks.iter().copied().peekable();
    let mut is_seen = [false; 3];
    for &at in bucket {
        let value = of(at);
        if next_mark.next_if_eq(&at).is_some() {
            kept.push(at);
            is_seen = [false; 3];
        } else if !value.is_finite() {
            let kind = if value.is_nan() { 0 } else { 1 + usize::from(value > 0.0) };
            if !is_seen[kind] {
                kept.push(at);
                is_seen[kind] = true;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn curves() -> impl Strategy<Value = (Vec<f64>, Vec<f64>)> {
        let step = prop_oneof![4 => 0.0..5.0, 1 => Just(0.0)];
        let value = prop_oneof![
            12 => -10.0..10.0,
            3 => (-3i32..3).prop_map(f64::from),
            1 => Just(f64::NAN),
            1 => Just(f64::INFINITY),
            1 => Just(f64::NEG_INFINITY),
        ];
        prop::collection::vec((step, value), 0..120).prop_map(|points| {
            let mut x = 0.0;
            points
                .into_iter()
                .map(|(step, y)| {
                    x += step;
                    (x, y)
                })
                .unzip()
        })
    }

    #[test]
    fn a_curve_within_the_limit_is_shown_whole() {
        let x: Vec<f64> = (0..40).map(f64::from).collect();
        let shown = downsample(&x, &x, 0.0, 39.0, 10);
        assert_eq!(shown.indices, (0..40).collect::<Vec<_>>());
        assert_eq!((shown.n_shown, shown.n_all), (40, 40));
    }

    #[test]
    fn zooming_in_shows_all_and_the_line_runs_to_the_edges() {
        let x: Vec<f64> = (0..1000).map(f64::from).collect();
        let y: Vec<f64> = x.iter().map(|x| (x * 0.7).sin()).collect();
        assert!((40..=80).contains(&downsample(&x, &y, 0.0, 999.0, 20).n_shown));
        let near = downsample(&x, &y, 99.5, 120.5, 20);
        assert_eq!(near.indices, (99..=121).collect::<Vec<_>>());
        assert_eq!((near.n_shown, near.n_all), (21, 21));
    }

    #[test]
    fn a_line_is_broken_where_it_was() {
        let mut y = vec![1.0; 100];
        y[40..60].fill(f64::NAN);
        y[50] = f64::INFINITY;
        let x: Vec<f64> = (0..100).map(f64::from).collect();
        assert_eq!(downsample(&x, &y, 0.0, 99.0, 1).indices, [0, 40, 50, 99]);
    }

    #[test]
    fn points_without_x_are_counted_and_odd_ranges_hold_nothing() {
        let x = [0.0, f64::NAN, 1.0, f64::INFINITY];
        let shown = downsample(&x, &[1.0; 4], 0.0, 1.0, 5);
        assert_eq!((shown.indices, shown.n_without_x), (vec![0, 2], 2));
        assert!(downsample(&x, &[1.0; 4], 1.0, 0.0, 5).indices.is_empty());
        assert!(downsample(&x, &[1.0; 4], f64::NAN, 0.0, 5).indices.is_empty());
        let wide = downsample(&[f64::MIN, -1.0, 1.0, f64::MAX], &[1.0; 4], f64::MIN, f64::MAX, 0);
        assert_eq!(wide.n_shown, 4);
    }

    proptest! {
        #[test]
        fn the_outline_of_every_bucket_survives((x, y) in curves(), n_buckets in 1usize..12, ends in (0.0..1.0, 0.0..1.0)) {
            let end = x.last().copied().unwrap_or(1.0);
            let (low, high) = (end * f64::min(ends.0, ends.1), end * f64::max(ends.0, ends.1));
            let shown = downsample(&x, &y, low, high, n_buckets);
            prop_assert!(shown.indices.is_sorted_by(|a, b| a < b));
            let in_range = |at: usize| low <= x[at] && x[at] <= high;
            prop_assert_eq!(shown.n_all, (0..x.len()).filter(|&at| in_range(at)).count());
            let kept: Vec<usize> = shown.indices.iter().map(|&at| at as usize).filter(|&at| in_range(at)).collect();
            prop_assert_eq!(shown.n_shown, kept.len());
            prop_assert!(kept.len() <= 19 * n_buckets);
            if shown.n_all <= 4 * n_buckets {
                prop_assert_eq!(shown.n_shown, shown.n_all);
            }
            let bucket = |at: usize| (((x[at] / 2.0 - low / 2.0) * (n_buckets as f64 / (high / 2.0 - low / 2.0))) as usize).min(n_buckets - 1);
            for place in 0..n_buckets {
                let all: Vec<f64> = (0..x.len()).filter(|&at| in_range(at) && bucket(at) == place).map(|at| y[at]).collect();
                let some: Vec<f64> = kept.iter().filter(|&&at| bucket(at) == place).map(|&at| y[at]).collect();
                let outline = |y: &[f64]| {
                    let finite: Vec<f64> = y.iter().copied().filter(|y| y.is_finite()).collect();
                    let fold = |pick: fn(f64, f64) -> f64| finite.iter().copied().reduce(pick);
                    let kinds = [f64::is_nan as fn(f64) -> bool, |y| y == f64::INFINITY, |y| y == f64::NEG_INFINITY]
                        .map(|kind| y.iter().any(|&y| kind(y)));
                    (finite.first().copied(), finite.last().copied(), fold(f64::min), fold(f64::max), kinds)
                };
                prop_assert_eq!(outline(&some), outline(&all));
            }
        }

        #[test]
        fn neighbours_are_joined_only_where_there_was_no_gap((x, y) in curves(), n_buckets in 1usize..6) {
            let shown = downsample(&x, &y, 0.0, x.last().copied().unwrap_or(0.0), n_buckets);
            for pair in shown.indices.windows(2) {
                let (a, b) = (pair[0] as usize, pair[1] as usize);
                if y[a].is_finite() && y[b].is_finite() {
                    prop_assert!(y[a..=b].iter().all(|y| y.is_finite()));
                }
            }
        }

        #[test]
        fn downsampling_again_changes_nothing((x, y) in curves(), n_buckets in 1usize..12) {
            let high = x.last().copied().unwrap_or(0.0);
            let once = downsample(&x, &y, 0.0, high, n_buckets);
            let of = |values: &[f64]| once.indices.iter().map(|&at| values[at as usize]).collect::<Vec<_>>();
            let twice = downsample(&of(&x), &of(&y), 0.0, high, n_buckets);
            prop_assert_eq!(twice.indices, (0..once.indices.len() as u32).collect::<Vec<_>>());
        }
    }
}
