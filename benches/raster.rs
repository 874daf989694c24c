//! How long the picture of 10,000 runs on 12 axes takes: all of it, a brush that moves, and painting.

use criterion::{Criterion, criterion_main};
use runweave::plot::{Raster, RasterTheme};
use std::hint::black_box;

const N_ROWS: usize = 10_000;
const N_AXES: usize = 12;
const WIDTH: usize = 1_102;
const HEIGHT: usize = 300;

/// Uniform numbers from 0 to 1, the same in each run of the bench.
fn noise() -> impl FnMut() -> f32 {
    let mut state = 0x2545_F491_4F6C_DD1Du64;
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1u64 << 24) as f32
    }
}

fn bitmap(is_in: impl Fn(usize) -> bool) -> Vec<u64> {
    let mut words = vec![0u64; N_ROWS.div_ceil(64)];
    for row in (0..N_ROWS).filter(|row| is_in(*row)) {
        words[row / 64] |= 1 << (row % 64);
    }
    words
}

fn bench(criterion: &mut Criterion) {
    let mut next = noise();
    let xs: Vec<f64> = (0..N_AXES).map(|i| 56.0 + 90.0 * i as f64).collect();
    let positions: Vec<Vec<f32>> =
        (0..N_AXES).map(|_| (0..N_ROWS).map(|_| next() * HEIGHT as f32).collect()).collect();
    let first = positions[0].clone();
    let mut raster = Raster::new(&xs, HEIGHT);
    raster.set_positions(&positions);
    raster.set_colours((0..N_ROWS).map(|i| [i as u8, (i / 3) as u8, (i / 7) as u8]).collect());
    let below = |share: f32| bitmap(|row| first[row] < share * HEIGHT as f32);
    let (none, all, ten, eleven) = (below(-1.0), below(2.0), below(0.10), below(0.11));

    criterion.bench_function("focus of all 10k rows", |b| {
        b.iter(|| {
            raster.set_focus(&none);
            raster.set_focus(black_box(&all));
        });
    });
    criterion.bench_function("brush from 10 % to 11 % and back", |b| {
        raster.set_focus(&ten);
        b.iter(|| {
            raster.set_focus(black_box(&eleven));
            raster.set_focus(black_box(&ten));
        });
    });
    raster.set_context(&all);
    raster.set_focus(&all);
    let theme = RasterTheme { surface: [255; 3], context: [200; 3], context_alpha: 0.5, focus_alpha: 1.0 };
    let mut out = Vec::new();
    criterion.bench_function("compose 1102 x 300", |b| {
        b.iter(|| raster.compose(WIDTH, black_box(&theme), &mut out));
    });
}

// By hand, for the function that `criterion_group!` makes has no documentation.
fn benches() {
    let mut criterion = Criterion::default().configure_from_args();
    bench(&mut criterion);
}

criterion_main!(benches);
