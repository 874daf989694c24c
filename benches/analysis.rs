//! How long it takes to find the points to draw of many long curves.

use criterion::{Criterion, criterion_main};
use runweave::analysis::downsample::downsample;
use std::hint::black_box;

const N_SERIES: usize = 50;
const N_POINTS: usize = 10_000;
const N_BUCKETS: usize = 500;

fn bench(criterion: &mut Criterion) {
    let x: Vec<f64> = (0..N_POINTS).map(|at| at as f64).collect();
    let series: Vec<Vec<f64>> = (0..N_SERIES)
        .map(|series| x.iter().map(|x| (x * 0.37 + series as f64).sin() + (-x / 2000.0).exp()).collect())
        .collect();
    criterion.bench_function("downsample 50 curves of 10k points", |b| {
        b.iter(|| {
            for y in &series {
                black_box(downsample(black_box(&x), y, 0.0, N_POINTS as f64, N_BUCKETS));
            }
        });
    });
}

fn benches() {
    bench(&mut Criterion::default().configure_from_args());
}

criterion_main!(benches);
