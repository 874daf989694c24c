//! What a brush costs the whole engine, from the message to the picture: 10,000 runs on 12 axes.

use criterion::{Criterion, criterion_main};
use runweave::engine::protocol::{PlotSize, PlotTheme};
use runweave::engine::{Command, Engine, Input, Output};
use runweave::entities::{ColumnKey, ExperimentId, RunView};
use runweave::tracking::{Request, Response, ServerAddress};
use runweave::view::{Brush, Pick, View};
use std::hint::black_box;

const N_RUNS: usize = 10_000;
const N_PARAMS: usize = 11;

/// Uniform numbers from 0 to 1, the same for each run and place.
fn noise(run: usize, place: usize) -> f64 {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64.wrapping_mul((run * 64 + place + 1) as u64);
    state ^= state >> 29;
    state = state.wrapping_mul(0xBF58_476D_1CE4_E5B9);
    state ^= state >> 32;
    (state >> 11) as f64 / (1_u64 << 53) as f64
}

fn page(offset: usize, n_rows: usize) -> String {
    let runs: Vec<String> = (offset..(offset + n_rows).min(N_RUNS))
        .map(|run| {
            let params: Vec<String> = (0..N_PARAMS)
                .map(|place| format!(r#"{{"key": "p{place}", "value": "{}"}}"#, noise(run, place)))
                .collect();
            format!(
                r#"{{"info": {{"run_id": "{run:032x}", "experiment_id": "1"}}, "data": {{"params": [{}],
                "metrics": [{{"key": "rmse", "value": {}}}]}}}}"#,
                params.join(","),
                noise(run, 60)
            )
        })
        .collect();
    let token = if offset + n_rows < N_RUNS { r#", "next_page_token": "more""# } else { "" };
    format!(r#"{{"runs": [{}]{token}}}"#, runs.join(","))
}

fn body(request: &Request, n_asked: &mut usize) -> String {
    match request.path.split('?').next() {
        Some("/version") => "3.17.2".to_owned(),
        Some(path) if path.ends_with("/runs/search") => {
            let asked: serde_json::Value =
                request.body.as_deref().and_then(|body| serde_json::from_str(body).ok()).unwrap_or_default();
            let n_rows = asked["max_results"].as_u64().unwrap_or(0) as usize;
            // Pages are asked for in their order, and answered in it.
            let offset = *n_asked;
            *n_asked += n_rows;
            page(offset, n_rows)
        }
        _ => "{}".to_owned(),
    }
}

/// Hands the input over and answers every request that comes of it.
fn run(engine: &mut Engine, input: Input, n_asked: &mut usize) {
    let mut inputs = vec![input];
    while let Some(input) = inputs.pop() {
        let mut answers = Vec::new();
        for output in engine.handle(input) {
            match output {
                Output::Send { id, request, .. } => {
                    let body = body(&request, n_asked).into_bytes();
                    let answer = Ok(Response { status: 200, content_type: String::new(), body });
                    answers.push(Input::Answered { id, answer });
                }
                Output::Blit { pixels, .. } => engine.recycle(pixels),
                _ => {}
            }
        }
        inputs.extend(answers.into_iter().rev());
    }
}

fn view(high: f64) -> View {
    let picks = vec![Pick::Interval { low: 0.0, high }];
    let axes = (0..N_PARAMS)
        .map(|place| ColumnKey::Param(format!("p{place}")))
        .chain([ColumnKey::Metric("rmse".to_owned())])
        .map(|column| runweave::view::AxisView { column, kind: None, is_flipped: false })
        .collect();
    View {
        brushes: vec![Brush { column: ColumnKey::Metric("rmse".to_owned()), picks }],
        axes: Some(axes),
        ..View::default()
    }
}

fn bench(criterion: &mut Criterion) {
    let (mut engine, mut n_asked) = (Engine::default(), 0);
    let address = ServerAddress { url: "http://localhost:5000".to_owned(), ..ServerAddress::default() };
    let size = PlotSize { width_px: 1_102.0, height_px: 300.0, device_pixel_ratio: 1.0 };
    let theme = PlotTheme {
        surface: [255; 3],
        context: [200; 3],
        hover: [0; 3],
        no_value: [128; 3],
        series: vec![[0, 0, 255]],
        ramp: vec![[0, 0, 255], [255, 128, 0]],
    };
    let experiment_ids = vec![ExperimentId("1".to_owned())];
    for command in [
        Command::Connect { address, attempt: 1 },
        Command::SetPlot { size, theme },
        Command::SetView { view: Box::new(view(0.1)), sequence: 1 },
        Command::LoadRuns { experiment_ids, run_view: RunView::Active, is_anew: true },
    ] {
        run(&mut engine, Input::Command(command), &mut n_asked);
    }
    run(&mut engine, Input::CanvasReady, &mut n_asked);
    assert!(n_asked >= N_RUNS, "the runs are not loaded");
    criterion.bench_function("engine: brush from 10 % to 13 % and back", |b| {
        b.iter(|| {
            for high in [0.13, 0.10] {
                let command = Command::SetView { view: Box::new(view(black_box(high))), sequence: 1 };
                run(&mut engine, Input::Command(command), &mut n_asked);
            }
        });
    });
    criterion.bench_function("engine: the first paint of all runs", |b| {
        b.iter(|| run(&mut engine, Input::CanvasReady, &mut n_asked));
    });
}

// By hand, for the function that `criterion_group!` makes has no documentation.
fn benches() {
    let mut criterion = Criterion::default().configure_from_args();
    bench(&mut criterion);
}

criterion_main!(benches);
