//! The rasteriser of the lines: sums of coverage and colour for each pixel.
//!
//! A line adds to the pixels it crosses and never hides another, so the picture does not depend on the order
//! of the runs, and a run is taken away by subtracting what it had added. The sums are integers, so that this
//! is exact however often it is done. Positions are rounded to half a device pixel once; runs whose lines are
//! the same between two axes are then drawn as one line with their common weight, with the very same sums.

use super::Rgb;

/// A line covers 16 sixteenths of a pixel in each column (or, where steep, in each row).
const FULL: u32 = 16;
/// Positions are halves of a device pixel, and fixed point has 16 bits below the pixel.
const HALF_BITS: u32 = 15;
const PIXEL_BITS: u32 = 16;
/// The highest picture whose positions fit fixed point: 16,384 pixels of 65,536 parts are 30 bits.
const MAX_HEIGHT: usize = 16_384;
/// From so many lines on, equal ones are looked for.
const MIN_FOR_PAIRS: usize = 256;
/// After so many lines it is judged whether that pays.
const N_PROBED: usize = 2_048;

/// What the picture is painted with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RasterTheme {
    /// What lies under the lines.
    pub surface: Rgb,
    /// The colour of the context layer.
    pub context: Rgb,
    /// Opacity of the context layer where it is densest, 0 to 1.
    pub context_alpha: f32,
    /// Opacity of the focus layer where it is densest, 0 to 1.
    pub focus_alpha: f32,
}

/// The sums of a pixel, modulo a power of two: adding what is negative subtracts it.
trait Pixel: Copy + Default {
    fn plus(self, other: Self) -> Self;
    fn times(self, weight: u32) -> Self;
    fn negative(self) -> Self;

    /// Splits a full line's ink between two pixels, `part` sixteenths to the second.
    #[inline(always)]
    fn split(self, part: u32) -> (Self, Self) {
        let second = self.times(part);
        // Cheaper than a second multiplication, and the same number.
        (self.times(FULL).plus(second.negative()), second)
    }
}

/// The sums of the context layer: coverage.
type Coverage = u32;

impl Pixel for Coverage {
    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        self.wrapping_add(other)
    }

    #[inline(always)]
    fn times(self, weight: u32) -> Self {
        self.wrapping_mul(weight)
    }

    #[inline(always)]
    fn negative(self) -> Self {
        self.wrapping_neg()
    }
}

/// The sums of the focus layer: coverage and red in one word, green and blue in the other, 32 bits each.
///
/// No sum overflows into its neighbour: a run adds at most 16 to a pixel's coverage and 16 × 255 to a colour,
/// so 1,000,000 runs through one pixel give 4.08e9, below 2^32 = 4.29e9. The bound is 1,052,688 runs.
type Ink = [u64; 2];

impl Pixel for Ink {
    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        [self[0].wrapping_add(other[0]), self[1].wrapping_add(other[1])]
    }

    #[inline(always)]
    fn times(self, weight: u32) -> Self {
        let weight = weight as u64;
        [self[0].wrapping_mul(weight), self[1].wrapping_mul(weight)]
    }

    #[inline(always)]
    fn negative(self) -> Self {
        [self[0].wrapping_neg(), self[1].wrapping_neg()]
    }
}

fn ink_of([r, g, b]: Rgb) -> Ink {
    [1 << 32 | u64::from(r), u64::from(g) << 32 | u64::from(b)]
}

/// The pixels between two neighbouring axes, column after column, so that a gap stays in the cache.
#[derive(Clone, Debug)]
struct Tile<P> {
    n_columns: usize,
    /// One row and one column more than the picture has: a line at its very edge adds nothing beyond it, and
    /// the inner loops need not ask.
    stride: usize,
    pixels: Vec<P>,
}

impl<P: Pixel> Tile<P> {
    fn new(n_columns: usize, height: usize) -> Self {
        let stride = height + 1;
        Self { n_columns, stride, pixels: vec![P::default(); (n_columns + 1) * stride] }
    }

    fn clear(&mut self) {
        self.pixels.fill(P::default());
    }

    fn column(&self, column: usize) -> &[P] {
        self.pixels.get(column * self.stride..(column + 1) * self.stride).unwrap_or(&[])
    }

    #[inline(always)]
    fn add(&mut self, index: usize, ink: P) {
        if let Some(pixel) = self.pixels.get_mut(index) {
            *pixel = pixel.plus(ink);
        }
    }

    /// Adds a line from the left edge to the right edge; positions in half pixels from the first row's centre.
    fn add_line(&mut self, left: u16, right: u16, ink: P) {
        let n_columns = self.n_columns as i32;
        let (left, right) = (i32::from(left), i32::from(right));
        if (right - left).abs() <= 2 * n_columns {
            self.add_flat(left, right, n_columns, ink);
        } else {
            self.add_steep(left, right, n_columns, ink);
        }
    }

    /// Each column once, its coverage split between two rows.
    fn add_flat(&mut self, left: i32, right: i32, n_columns: i32, ink: P) {
        let slope = ((right - left) << HALF_BITS) / n_columns;
        let mut y = (left << HALF_BITS) + slope / 2;
        let (mut start, end) = (0, self.n_columns * self.stride);
        while start < end {
            let index = start + (y >> PIXEL_BITS) as usize;
            let below = (y as u32 >> (PIXEL_BITS - 4)) & (FULL - 1);
            let (above_part, below_part) = ink.split(below);
            self.add(index, above_part);
            self.add(index + 1, below_part);
            y += slope;
            start += self.stride;
        }
    }

    /// Each row once, its coverage split between two columns; walking along columns would leave holes.
    fn add_steep(&mut self, left: i32, right: i32, n_columns: i32, ink: P) {
        let (top, bottom) = (left.min(right), left.max(right));
        let (first_row, last_row) = ((top + 1) / 2, bottom / 2);
        // Columns for each row, in fixed point; wide, for a gap can be thousands of pixels.
        let step = (i64::from(n_columns) << (PIXEL_BITS + 1)) / i64::from(bottom - top);
        let (start, step) =
            if left <= right { (0, step) } else { (i64::from(n_columns) << PIXEL_BITS, -step) };
        let half_pixel = 1 << (PIXEL_BITS - 1);
        let mut x = start - half_pixel + if top % 2 == 1 { step / 2 } else { 0 };
        let end = i64::from(n_columns - 1) << PIXEL_BITS;
        let (mut row, last_row) = (first_row as usize, last_row as usize);
        while row <= last_row {
            let inside = if x < 0 { 0 } else { x };
            let inside = if inside > end { end } else { inside };
            let column = (inside >> PIXEL_BITS) as usize;
            let beside = (inside as u32 >> (PIXEL_BITS - 4)) & (FULL - 1);
            let index = column * self.stride + row;
            let (here, there) = ink.split(beside);
            self.add(index, here);
            self.add(index + self.stride, there);
            x += step;
            row += 1;
        }
    }
}

/// A line as one number: left in the high half.
fn key_of(left: u16, right: u16) -> u32 {
    u32::from(left) << 16 | u32::from(right)
}

/// Positions, in half pixels, that lie in one band.
const BAND_BITS: u32 = 5;

/// Lines of one gap that are the same, with their common ink. An open hash table: `HashMap`'s hashing costs
/// as much as half a line.
#[derive(Clone, Debug)]
struct Pairs<P> {
    /// One more than the place in `lines`, or 0.
    slots: Vec<u32>,
    lines: Vec<(u32, P)>,
    /// The other half of the sort.
    sorted: Vec<(u32, P)>,
}

impl<P: Pixel> Pairs<P> {
    fn new() -> Self {
        Self { slots: Vec::new(), lines: Vec::new(), sorted: Vec::new() }
    }

    fn reset(&mut self, n_lines: usize) {
        let n_slots = (2 * n_lines).next_power_of_two().max(16);
        self.slots.clear();
        self.slots.resize(n_slots, 0);
        self.lines.clear();
    }

    #[inline]
    fn add(&mut self, left: u16, right: u16, ink: P) {
        let key = key_of(left, right);
        let mask = self.slots.len() - 1;
        // Fibonacci hashing: the high bits of the product are well mixed.
        let mut slot = (u64::from(key).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) as usize & mask;
        while let Some(entry) = self.slots.get_mut(slot) {
            if *entry == 0 {
                self.lines.push((key, ink));
                *entry = self.lines.len() as u32;
                return;
            }
            if let Some((_, sum)) = self.lines.get_mut(*entry as usize - 1).filter(|line| line.0 == key) {
                *sum = sum.plus(ink);
                return;
            }
            slot = (slot + 1) & mask;
        }
    }

    /// Sorts the lines by the bands of 16 pixels in which they start, then in which they end: a line next to the
    /// one before over its whole length finds its pixels in the cache. Two counting sorts, the later key first.
    fn sort(&mut self) {
        for shift in [BAND_BITS, 16 + BAND_BITS] {
            let mut places = [0_usize; (u16::MAX as usize >> BAND_BITS) + 1];
            let band = |key: u32| (key >> shift) as usize & ((u16::MAX as usize) >> BAND_BITS);
            for (key, _) in &self.lines {
                if let Some(n) = places.get_mut(band(*key)) {
                    *n += 1;
                }
            }
            let mut start = 0;
            for place in &mut places {
                start += std::mem::replace(place, start);
            }
            self.sorted.clear();
            self.sorted.resize(self.lines.len(), (0, P::default()));
            for line in &self.lines {
                if let Some(place) = places.get_mut(band(line.0)) {
                    if let Some(slot) = self.sorted.get_mut(*place) {
                        *slot = *line;
                    }
                    *place += 1;
                }
            }
            std::mem::swap(&mut self.lines, &mut self.sorted);
        }
    }
}

/// One layer of lines: the rows on it, and their sums.
#[derive(Clone, Debug)]
struct Layer<P> {
    /// The rows drawn: one bit each.
    rows: Vec<u64>,
    n_rows: usize,
    tiles: Vec<Tile<P>>,
    pairs: Pairs<P>,
}

impl<P: Pixel> Layer<P> {
    fn new(columns: &[usize], height: usize) -> Self {
        let tiles = columns.windows(2).map(|pair| Tile::new(pair[1] - pair[0], height)).collect();
        Self { rows: Vec::new(), n_rows: 0, tiles, pairs: Pairs::new() }
    }

    fn clear(&mut self) {
        self.rows.clear();
        self.n_rows = 0;
        self.tiles.iter_mut().for_each(Tile::clear);
    }

    /// Makes the layer hold exactly the target's rows, by whichever way draws fewer lines.
    fn set(&mut self, target: &[u64], n_rows: usize, positions: &[Vec<u16>], ink_of_row: impl Fn(u32) -> P) {
        let word = |words: &[u64], i: usize| words.get(i).copied().unwrap_or(0);
        let mut wanted: Vec<u64> = (0..n_rows.div_ceil(64)).map(|i| word(target, i)).collect();
        if let Some(last) = wanted.last_mut().filter(|_| !n_rows.is_multiple_of(64)) {
            *last &= (1 << (n_rows % 64)) - 1;
        }
        let minus = |a: &[u64], b: &[u64]| -> Vec<u64> {
            a.iter().enumerate().map(|(i, bits)| bits & !word(b, i)).collect()
        };
        let (left, entered) = (minus(&self.rows, &wanted), minus(&wanted, &self.rows));
        let n_wanted = count(&wanted);
        if count(&left) + count(&entered) < n_wanted {
            self.add(&left, positions, |row| ink_of_row(row).negative());
            self.add(&entered, positions, &ink_of_row);
        } else {
            self.tiles.iter_mut().for_each(Tile::clear);
            self.add(&wanted, positions, &ink_of_row);
        }
        self.rows = wanted;
        self.n_rows = n_wanted;
    }

    fn add(&mut self, rows: &[u64], positions: &[Vec<u16>], ink_of_row: impl Fn(u32) -> P) {
        let lines: Vec<(u32, P)> = bits(rows).map(|row| (row, ink_of_row(row))).collect();
        if lines.is_empty() {
            return;
        }
        for (tile, axes) in self.tiles.iter_mut().zip(positions.windows(2)) {
            let (left_axis, right_axis) = (axes[0].as_slice(), axes[1].as_slice());
            let place = |axis: &[u16], row: u32| axis.get(row as usize).copied().unwrap_or(0);
            let mut rest = lines.as_slice();
            self.pairs.reset(lines.len());
            if lines.len() >= MIN_FOR_PAIRS {
                let (probed, others) = lines.split_at(lines.len().min(N_PROBED));
                for (row, ink) in probed {
                    self.pairs.add(place(left_axis, *row), place(right_axis, *row), *ink);
                }
                rest = others;
                // Where nearly all lines differ, and so few are to come that it will stay so, looking on
                // costs more than it saves.
                let are_all_different = self.pairs.lines.len() * 8 > probed.len() * 7;
                if !are_all_different || lines.len() > 16 * N_PROBED {
                    for (row, ink) in others {
                        self.pairs.add(place(left_axis, *row), place(right_axis, *row), *ink);
                    }
                    rest = &[];
                }
            }
            let key = |row: u32| key_of(place(left_axis, row), place(right_axis, row));
            self.pairs.lines.extend(rest.iter().map(|(row, ink)| (key(*row), *ink)));
            self.pairs.sort();
            for (key, ink) in &self.pairs.lines {
                tile.add_line((key >> 16) as u16, *key as u16, *ink);
            }
        }
    }
}

fn count(words: &[u64]) -> usize {
    words.iter().map(|word| word.count_ones() as usize).sum()
}

/// The rows whose bit is set, ascending.
fn bits(words: &[u64]) -> impl Iterator<Item = u32> {
    words.iter().enumerate().flat_map(|(i, word)| {
        let mut rest = *word;
        std::iter::from_fn(move || {
            let bit = (rest != 0).then(|| rest.trailing_zeros())?;
            rest &= rest - 1;
            Some(i as u32 * 64 + bit)
        })
    })
}

/// The picture of all lines: a context layer in one colour, and over it a focus layer in the runs' colours.
///
/// All lengths are device pixels. Sets of rows are bitmaps: bit `r % 64` of word `r / 64` is row `r`.
#[derive(Clone, Debug)]
pub struct Raster {
    xs_px: Vec<f64>,
    /// The first column of each gap, and one past the last.
    columns: Vec<usize>,
    height: usize,
    n_rows: usize,
    /// For each axis, each row's place in half pixels from the centre of the first pixel row.
    positions: Vec<Vec<u16>>,
    colours: Vec<Rgb>,
    context: Layer<Coverage>,
    focus: Layer<Ink>,
}

impl Raster {
    /// A picture for axes at these ascending x, so many pixel rows high (at most 16,384).
    pub fn new(xs_px: &[f64], height: usize) -> Self {
        let height = height.clamp(1, MAX_HEIGHT);
        let mut columns: Vec<usize> = Vec::with_capacity(xs_px.len());
        for x in xs_px {
            // Axes in one place would leave no column between them to draw on.
            let least = columns.last().map_or(0, |last| last + 1);
            columns.push((x.round() as usize).max(least));
        }
        Self {
            xs_px: xs_px.to_vec(),
            height,
            n_rows: 0,
            positions: Vec::new(),
            colours: Vec::new(),
            context: Layer::new(&columns, height),
            focus: Layer::new(&columns, height),
            columns,
        }
    }

    /// Sets where each row stands: for each axis one y a row. Empties both layers.
    pub fn set_positions(&mut self, positions: &[Vec<f32>]) {
        let highest = (2 * (self.height - 1)) as f32;
        let half_pixels = |y: &f32| (2.0 * (y - 0.5)).round().clamp(0.0, highest) as u16;
        self.n_rows = positions.first().map_or(0, Vec::len);
        self.positions = positions.iter().map(|axis| axis.iter().map(half_pixels).collect()).collect();
        self.context.clear();
        self.focus.clear();
    }

    /// Sets each row's colour. Empties the focus layer.
    pub fn set_colours(&mut self, colours: Vec<Rgb>) {
        self.colours = colours;
        self.focus.clear();
    }

    /// Makes the context layer hold exactly these rows.
    pub fn set_context(&mut self, rows: &[u64]) {
        self.context.set(rows, self.n_rows, &self.positions, |_| 1);
    }

    /// Makes the focus layer hold exactly these rows.
    pub fn set_focus(&mut self, rows: &[u64]) {
        let colours = self.colours.as_slice();
        let ink = |row: u32| ink_of(colours.get(row as usize).copied().unwrap_or_default());
        self.focus.set(rows, self.n_rows, &self.positions, ink);
    }

    /// How many rows the context layer holds.
    pub fn n_context(&self) -> usize {
        self.context.n_rows
    }

    /// How many rows the focus layer holds.
    pub fn n_focus(&self) -> usize {
        self.focus.n_rows
    }

    /// The rows the focus layer holds.
    pub fn focus_rows(&self) -> &[u64] {
        &self.focus.rows
    }

    /// Height of the picture.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Paints the picture, `width` pixels wide, as RGBA. Pixels without a line are transparent; the others
    /// are mixed with the surface and opaque, so that no colour is lost to rounding by a small alpha.
    pub fn compose(&self, width: usize, theme: &RasterTheme, out: &mut Vec<u8>) {
        out.clear();
        out.resize(width * self.height * 4, 0);
        let context_tone = Tone::new(self.context.n_rows, theme.context_alpha);
        let focus_tone = Tone::new(self.focus.n_rows, theme.focus_alpha);
        let surface = theme.surface.map(f32::from);
        let context = theme.context.map(f32::from);
        for (gap, (below, above)) in self.context.tiles.iter().zip(&self.focus.tiles).enumerate() {
            let start = self.columns.get(gap).copied().unwrap_or(0);
            for column in 0..above.n_columns.min(width.saturating_sub(start)) {
                let (below, above) = (below.column(column), above.column(column));
                let (mut row, mut offset) = (0, (start + column) * 4);
                while row < self.height {
                    let (Some(&coverage), Some(&[first, second])) = (below.get(row), above.get(row)) else {
                        break;
                    };
                    if (u64::from(coverage) | first) != 0 {
                        let mut colour = surface;
                        if coverage != 0 {
                            mix(&mut colour, context, context_tone.alpha(coverage));
                        }
                        let focus_coverage = (first >> 32) as u32;
                        if focus_coverage != 0 {
                            let share = 1.0 / focus_coverage as f32;
                            let red = first as u32 as f32 * share;
                            let green = (second >> 32) as u32 as f32 * share;
                            let blue = second as u32 as f32 * share;
                            mix(&mut colour, [red, green, blue], focus_tone.alpha(focus_coverage));
                        }
                        if let Some([r, g, b, a]) = out.get_mut(offset..offset + 4) {
                            *r = (colour[0] + 0.5) as u8;
                            *g = (colour[1] + 0.5) as u8;
                            *b = (colour[2] + 0.5) as u8;
                            *a = 255;
                        }
                    }
                    row += 1;
                    offset += width * 4;
                }
            }
        }
    }

    /// The line of a row: one point an axis.
    pub fn polyline(&self, row: u32) -> Vec<(f64, f64)> {
        let y_of = |axis: &Vec<u16>| axis.get(row as usize).map(|y| f64::from(*y) / 2.0 + 0.5);
        self.xs_px.iter().zip(&self.positions).filter_map(|(x, axis)| Some((*x, y_of(axis)?))).collect()
    }

    /// The row of the set whose line passes nearest to a point, if it does so within the distance. The
    /// distance is square to the line: measured straight down, steep lines could hardly be hit.
    pub fn nearest(&self, x: f64, y: f64, rows: &[u64], max_distance: f64) -> Option<u32> {
        let gap = self.xs_px.windows(2).position(|pair| (pair[0]..=pair[1]).contains(&x))?;
        let (from, to) = (*self.xs_px.get(gap)?, *self.xs_px.get(gap + 1)?);
        let (left_axis, right_axis) = (self.positions.get(gap)?, self.positions.get(gap + 1)?);
        let width = (to - from).max(f64::MIN_POSITIVE);
        let t = (x - from) / width;
        let mut best = None;
        let mut least = max_distance;
        for row in bits(rows) {
            let (Some(left), Some(right)) = (left_axis.get(row as usize), right_axis.get(row as usize))
            else {
                continue;
            };
            let (left, right) = (f64::from(*left) / 2.0 + 0.5, f64::from(*right) / 2.0 + 0.5);
            let down = (left * (1.0 - t) + right * t - y).abs();
            let distance = down * width / width.hypot(right - left);
            if distance < least || (best.is_none() && distance <= least) {
                (best, least) = (Some(row), distance);
            }
        }
        best
    }
}

#[inline(always)]
fn mix(under: &mut [f32; 3], over: [f32; 3], alpha: f32) {
    under[0] += (over[0] - under[0]) * alpha;
    under[1] += (over[1] - under[1]) * alpha;
    under[2] += (over[2] - under[2]) * alpha;
}

/// Opacity by coverage.
///
/// One line has an opacity that falls slowly with the number of rows, and what lies upon another adds by its
/// logarithm, up to the full opacity where an eighth of all rows meet. Opacities that multiply, as of stacked
/// films, would be one flat colour long before 100,000 rows.
struct Tone {
    one_line: f32,
    per_e_fold: f32,
    most: f32,
    /// Opacities of low coverages, where nearly all pixels are.
    table: Vec<f32>,
}

impl Tone {
    const N_TABLE: u32 = 4_096;

    fn new(n_rows: usize, most: f32) -> Self {
        let n = n_rows.max(1) as f32;
        let one_line = (2.0 / n.powf(0.3)).clamp(0.12, 0.85) * most;
        let peak = (n / 8.0).max(4.0);
        let mut tone = Self { one_line, per_e_fold: (most - one_line) / peak.ln(), most, table: Vec::new() };
        tone.table = (0..Self::N_TABLE).map(|coverage| tone.exact(coverage)).collect();
        tone
    }

    fn exact(&self, coverage: u32) -> f32 {
        let lines = coverage as f32 / FULL as f32;
        if lines <= 1.0 {
            self.one_line * lines
        } else {
            (self.one_line + self.per_e_fold * lines.ln()).min(self.most)
        }
    }

    #[inline(always)]
    fn alpha(&self, coverage: u32) -> f32 {
        match self.table.get(coverage as usize) {
            Some(alpha) => *alpha,
            None => self.exact(coverage),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const THEME: RasterTheme =
        RasterTheme { surface: [255; 3], context: [180; 3], context_alpha: 0.5, focus_alpha: 1.0 };

    fn bitmap(rows: impl IntoIterator<Item = usize>, n_rows: usize) -> Vec<u64> {
        let mut words = vec![0; n_rows.div_ceil(64)];
        for row in rows {
            words[row / 64] |= 1 << (row % 64);
        }
        words
    }

    /// A small generator, so that large data need not be shrunk.
    fn noise(seed: u64) -> impl FnMut() -> f32 {
        let mut state = seed | 1;
        move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 40) as f32 / (1u64 << 24) as f32
        }
    }

    fn raster(n_rows: usize, n_places: f32, seed: u64) -> Raster {
        let mut next = noise(seed);
        let mut raster = Raster::new(&[10.0, 40.0, 55.0, 120.0], 100);
        let mut column = || (0..n_rows).map(|_| (next() * n_places).floor() / n_places * 100.0).collect();
        raster.set_positions(&[column(), column(), column(), column()]);
        raster.set_colours((0..n_rows).map(|i| [i as u8, (i * 7) as u8, (i * 31) as u8]).collect());
        raster
    }

    fn sums(raster: &Raster) -> Vec<&[Ink]> {
        raster.focus.tiles.iter().map(|tile| tile.pixels.as_slice()).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn changing_is_the_same_as_rebuilding(
            n_rows in 1usize..3000,
            n_places in 2u16..120,
            seed: u64,
            cuts in prop::collection::vec((0.0..1.0f32, 0.0..1.0f32), 1..6),
        ) {
            let mut changed = raster(n_rows, f32::from(n_places), seed);
            for (a, b) in cuts {
                let (low, high) = (a.min(b) * n_rows as f32, a.max(b) * n_rows as f32);
                let target = bitmap(low as usize..high as usize, n_rows);
                changed.set_focus(&target);
                changed.set_context(&target);
                let mut rebuilt = raster(n_rows, f32::from(n_places), seed);
                rebuilt.set_focus(&target);
                rebuilt.set_context(&target);
                prop_assert!(sums(&changed) == sums(&rebuilt));
                for (a, b) in changed.context.tiles.iter().zip(&rebuilt.context.tiles) {
                    prop_assert!(a.pixels == b.pixels);
                }
            }
        }

        #[test]
        fn weighing_equal_lines_is_the_same_as_drawing_each(n_places in 2u16..60, seed: u64) {
            let mut weighed = raster(3000, f32::from(n_places), seed);
            weighed.set_focus(&bitmap(0..3000, 3000));
            let mut each = raster(3000, f32::from(n_places), seed);
            // Below the number from which equal lines are looked for.
            for start in (0..3000).step_by(100) {
                let rows = bitmap(start..start + 100, 3000);
                let colours = each.colours.clone();
                each.focus.add(&rows, &each.positions, |row| ink_of(colours[row as usize]));
            }
            prop_assert!(sums(&weighed) == sums(&each));
        }

        #[test]
        fn a_line_covers_each_column_and_leaves_no_hole(left in 0.0..100.0f32, right in 0.0..100.0f32) {
            let mut raster = Raster::new(&[3.0, 33.0], 100);
            raster.set_positions(&[vec![left], vec![right]]);
            raster.set_colours(vec![[9, 9, 9]]);
            raster.set_focus(&[1]);
            let tile = &raster.focus.tiles[0];
            let coverage = |column: usize, row: usize| tile.column(column)[row][0] >> 32;
            let rows_of = |column: usize| -> Vec<usize> {
                (0..100).filter(|row| coverage(column, *row) > 0).collect()
            };
            for column in 0..30 {
                prop_assert!((0..100).map(|row| coverage(column, row)).sum::<u64>() >= 16);
                let rows = rows_of(column);
                prop_assert!(rows.windows(2).all(|pair| pair[1] == pair[0] + 1));
                if column > 0 {
                    let before = rows_of(column - 1);
                    prop_assert!(rows[0] <= before[before.len() - 1] + 1);
                    prop_assert!(before[0] <= rows[rows.len() - 1] + 1);
                }
            }
            // Nothing beyond the picture.
            prop_assert!((0..=30).all(|column| coverage(column, 100) == 0));
            prop_assert!((0..=100).all(|row| coverage(30, row) == 0));
        }
    }

    #[test]
    fn a_million_runs_through_one_pixel_do_not_overflow() {
        let mut tile: Tile<Ink> = Tile::new(10, 10);
        let one = ink_of([255, 255, 255]);
        tile.add_line(8, 8, one.times(1_000_000));
        let [first, second] = tile.column(5)[4];
        assert_eq!((first >> 32, first as u32), (16_000_000, 4_080_000_000));
        assert_eq!((second >> 32, second as u32), (4_080_000_000, 4_080_000_000));
    }

    #[test]
    fn a_lone_line_is_seen_and_many_do_not_saturate() {
        let red_of = |n_rows: usize, focus: usize| {
            let mut raster = Raster::new(&[0.0, 100.0], 300);
            let mut next = noise(7);
            let mut axis = || (0..n_rows).map(|_| next() * 300.0).collect();
            raster.set_positions(&[axis(), axis()]);
            raster.set_colours(vec![[0, 0, 0]; n_rows]);
            raster.set_focus(&bitmap(0..focus, n_rows));
            let mut out = Vec::new();
            raster.compose(100, &THEME, &mut out);
            let shown: Vec<u8> = out.chunks(4).filter(|p| p[3] > 0).map(|p| p[0]).collect();
            (*shown.iter().min().unwrap(), *shown.iter().max().unwrap())
        };
        let (darkest, _) = red_of(58, 58);
        assert!(darkest < 120, "{darkest}");
        let (darkest, lightest) = red_of(100_000, 100_000);
        assert!(darkest > 0 && lightest > darkest + 15, "{darkest} {lightest}");
    }

    #[test]
    fn the_picture_has_the_mean_colour_and_is_clear_elsewhere() {
        let mut raster = Raster::new(&[2.0, 12.0], 20);
        raster.set_positions(&[vec![10.5, 10.5], vec![10.5, 10.5]]);
        raster.set_colours(vec![[200, 0, 0], [0, 100, 0]]);
        raster.set_focus(&[0b11]);
        let mut out = Vec::new();
        raster.compose(14, &RasterTheme { surface: [100, 50, 0], ..THEME }, &mut out);
        assert_eq!(&out[(10 * 14 + 6) * 4..][..4], [100, 50, 0, 255]);
        assert_eq!(&out[(9 * 14 + 6) * 4..][..4], [0; 4]);
        assert_eq!(out.len(), 14 * 20 * 4);
    }

    #[test]
    fn the_nearest_line_is_found_among_the_given_rows() {
        let mut raster = Raster::new(&[0.0, 100.0], 300);
        raster.set_positions(&[vec![10.5, 200.5], vec![110.5, 200.5]]);
        assert_eq!(raster.polyline(0), [(0.0, 10.5), (100.0, 110.5)]);
        assert_eq!(raster.nearest(50.0, 62.0, &[0b11], 5.0), Some(0));
        assert_eq!(raster.nearest(50.0, 62.0, &[0b10], 5.0), None);
        assert_eq!(raster.nearest(50.0, 198.0, &[0b11], 5.0), Some(1));
        assert_eq!(raster.nearest(150.0, 198.0, &[0b11], 5.0), None);
    }

    #[test]
    fn odd_sizes_do_no_harm() {
        let mut out = Vec::new();
        for xs in [&[][..], &[5.0], &[5.0, 5.0, 5.2]] {
            let mut raster = Raster::new(xs, 0);
            raster.set_positions(&vec![vec![f32::NAN, -5.0, 1e9]; xs.len()]);
            raster.set_focus(&[u64::MAX, 7]);
            raster.compose(3, &THEME, &mut out);
            assert_eq!(out.len(), 12);
        }
    }
}
