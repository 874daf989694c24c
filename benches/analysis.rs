//! How long it takes to find the points to draw of many long curves, and to derive a column.

use criterion::{Criterion, criterion_main};
use runweave::analysis::downsample::downsample;
use runweave::entities::{ExperimentId, LifecycleStage, Metric, Param, Run, RunId, RunInfo, RunStatus};
use runweave::frame::{RunFrame, derive};
use std::hint::black_box;

const N_RUNS: usize = 10_000;
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

/// A run with a param and two metrics.
fn run(n: usize) -> Run {
    let metric = |key: &str, value| Metric { key: key.to_owned(), value, timestamp_millis: 0, step: 0 };
    Run {
        info: RunInfo {
            id: RunId(format!("{n:032x}")),
            experiment_id: ExperimentId("1".to_owned()),
            name: String::new(),
            user: String::new(),
            status: RunStatus::Finished,
            start_millis: Some(0),
            end_millis: Some(n as i64),
            artifact_uri: String::new(),
            lifecycle_stage: LifecycleStage::Active,
        },
        params: vec![Param { key: "lr".to_owned(), value: format!("{}e-5", n + 1) }],
        metrics: vec![metric("rmse", n as f64), metric("val_rmse", n as f64 * 1.5)],
        tags: vec![],
        models: vec![],
        datasets: vec![],
    }
}

fn bench_derive(criterion: &mut Criterion) {
    let mut frame = RunFrame::default();
    for n in 0..N_RUNS {
        frame.push(run(n));
    }
    for text in ["val_rmse - rmse", "(val_rmse - rmse) / max(rmse, 1) * log10(params.lr) ^ 2 / duration"] {
        criterion.bench_function(&format!("derive {text} for 10k runs"), |b| {
            b.iter(|| {
                frame.forget_derived();
                derive(&mut frame, &[text.to_owned()]);
                black_box(&frame);
            });
        });
    }
}

fn benches() {
    bench_derive(&mut Criterion::default().configure_from_args());
    bench(&mut Criterion::default().configure_from_args());
}

criterion_main!(benches);
