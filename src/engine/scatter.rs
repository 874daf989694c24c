//! The runs by two columns: where each lies, what colours it, how large it is, in which chart it is.

use super::cells::Formats;
use super::groups::{Grouped, groups, groups_of};
use super::news::{Dot, HeatCell, HeatMap, ScatterAxis, ScatterInfo, SizeInfo};
use super::workspace::{Shown, named};
use crate::entities::order::sort_by;
use crate::entities::{Attribute, ColumnKey};
use crate::frame::natural_order;
use crate::frame::{RunFrame, Value};
use crate::plot::infer_kind;
use crate::view::{AxisKind, AxisView, Direction, better};
use std::collections::BTreeSet;

/// With more runs than this, of those in the same place only one is drawn.
const N_DRAWN: usize = 5000;
/// Places are told apart by so many columns and rows: about a pixel of a chart each.
const N_CELLS: (f64, f64) = (600.0, 300.0);

/// What the panel shows of the kept runs.
pub fn scatter_info(frame: &RunFrame, shown: Shown<'_>, formats: &mut Formats) -> ScatterInfo {
    let Shown { kept, brushed, view, .. } = shown;
    let mut info = ScatterInfo {
        n_runs: kept.len(),
        has_brushes: view.brushes.iter().any(|brush| !brush.picks.is_empty()),
        ..ScatterInfo::default()
    };
    let Some((x, y)) = axis_views(shown) else { return info };
    let rows: Vec<usize> = kept.iter().collect();
    let x = Placed::new(frame, &rows, &x, formats);
    let y = Placed::new(frame, &rows, &y, formats);
    let scatter = &view.scatter;
    let grouped = |key: &Option<ColumnKey>, formats: &mut Formats| {
        key.as_ref().map(|key| groups(frame, &rows, key, formats))
    };
    let colour = grouped(&scatter.colour, formats);
    let n_facets = view.more.has_all_facets.then_some(usize::MAX);
    let facet = scatter.facet.as_ref().map(|key| groups_of(frame, &rows, key, n_facets, formats));
    let sizes = scatter.size.as_ref().map(|key| Sizes::new(frame, &rows, key, formats));
    let group_of =
        |grouped: &Option<Grouped>, at: usize| grouped.as_ref().map_or(0, |grouped| grouped.group_of[at]);
    let heat = scatter.heat.as_ref();
    info.heat_map = heat.map(|z| heat_map(frame, &rows, [&x.axis.column, &y.axis.column, z], formats));
    let mut places: Vec<(usize, Dot)> = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        let (Some(x), Some(y)) = (x.places[at], y.places[at]) else {
            info.n_unplaced += 1;
            continue;
        };
        let dot = Dot {
            x,
            y,
            colour: group_of(&colour, at),
            facet: group_of(&facet, at),
            size: sizes.as_ref().and_then(|sizes| sizes.shares[at]),
            is_brushed: brushed.contains(*row),
        };
        places.push((*row, dot));
    }
    let n_placed = places.len();
    if n_placed > N_DRAWN {
        places = uncovered(places, &x.axis, &y.axis);
    }
    info.n_covered = n_placed - places.len();
    if places.len() <= ScatterInfo::N_NAMED {
        info.runs = places.iter().map(|(row, _)| named(frame, *row)).collect();
    }
    info.dots = places.into_iter().map(|(_, dot)| dot).collect();
    info.axes = Some((x.axis, y.axis));
    info.colour = colour.map(|grouped| grouped.grouping);
    info.facet = facet.map(|grouped| grouped.grouping);
    info.size = sizes.map(|sizes| sizes.info);
    info
}

/// The mean of z in groups by x and y.
fn heat_map(frame: &RunFrame, rows: &[usize], [x, y, z]: [&ColumnKey; 3], formats: &mut Formats) -> HeatMap {
    let (of_x, of_y) = (groups(frame, rows, x, formats), groups(frame, rows, y, formats));
    let (n_x, n_y) = (of_x.grouping.labels.len(), of_y.grouping.labels.len());
    let mut sums = vec![vec![(0_usize, 0_usize, 0.0); n_x]; n_y];
    for ((row, x), y) in rows.iter().zip(&of_x.group_of).zip(&of_y.group_of) {
        let (n_runs, n_numbers, sum) = &mut sums[*y as usize][*x as usize];
        *n_runs += 1;
        if let Value::Number(number) = frame.value(z, *row) {
            *n_numbers += 1;
            *sum += number;
        }
    }
    let mean = |(_, n, sum): &(usize, usize, f64)| (*n > 0).then(|| sum / *n as f64);
    let means = || sums.iter().flatten().filter_map(mean);
    let (low, high) = (means().fold(f64::INFINITY, f64::min), means().fold(f64::NEG_INFINITY, f64::max));
    let is_less_better = better(z).map(|direction| direction == Direction::Ascending);
    let format = formats.of(frame, z).clone();
    let share = |mean: f64| {
        let share = if low < high { (mean - low) / (high - low) } else { 1.0 };
        if is_less_better == Some(true) && low < high { 1.0 - share } else { share }
    };
    let cell = |sums: &(usize, usize, f64)| {
        let mean = mean(sums);
        (sums.0 > 0).then(|| HeatCell {
            mean: mean.map(|mean| format.format_between(mean)),
            n_runs: sums.0,
            share: mean.map_or(0.0, share),
        })
    };
    let mut cells: Vec<Vec<Option<HeatCell>>> =
        sums.iter().map(|sums| sums.iter().map(cell).collect()).collect();
    let mut y = of_y.grouping;
    cells[..y.n_ordered].reverse();
    y.labels[..y.n_ordered].reverse();
    HeatMap { title: formats.title(frame, z), x: of_x.grouping, y, is_less_better, cells }
}

/// The axes that somebody chose; else the metric that matters, or the objectives, against the first number beside it.
fn axis_views(shown: Shown<'_>) -> Option<(AxisView, AxisView)> {
    let Shown { view, columns, .. } = shown;
    let plain = |column: &ColumnKey| AxisView { column: column.clone(), kind: None, is_flipped: false };
    let chosen = &view.scatter;
    let objectives = || view.objectives.iter().map(|objective| &objective.column);
    let is_number =
        |column: &&ColumnKey| columns.columns.iter().any(|info| info.key == **column && info.is_numeric);
    let first = || objectives().next().or_else(|| shown.main_metric());
    let y = chosen.y.clone().or_else(|| first().map(plain));
    let y = y.or_else(|| columns.default_axes.iter().rfind(is_number).map(plain))?;
    let start = ColumnKey::Attribute(Attribute::StartTime);
    let others = objectives().chain(columns.default_axes.iter().filter(is_number)).chain([&start]);
    let x = chosen.x.clone().or_else(|| others.filter(|column| **column != y.column).map(plain).next())?;
    Some((x, y))
}

/// The kept runs along one axis.
struct Placed {
    axis: ScatterAxis,
    places: Vec<Option<f64>>,
}

impl Placed {
    fn new(frame: &RunFrame, rows: &[usize], view: &AxisView, formats: &mut Formats) -> Self {
        let column = &view.column;
        let values: Vec<Value<'_>> = rows.iter().map(|row| frame.value(column, *row)).collect();
        let is_time = matches!(column, ColumnKey::Attribute(Attribute::StartTime | Attribute::EndTime));
        let is_metric = matches!(column, ColumnKey::Metric(_) | ColumnKey::Derived(_));
        let kind = view.kind.unwrap_or_else(|| infer_kind(&values, is_time, is_metric));
        let format = formats.of(frame, column).clone();
        let mut axis = ScatterAxis {
            column: column.clone(),
            unit: format.unit().to_owned(),
            per_unit: 1.0 / format.in_unit(1.0),
            kind,
            is_flipped: view.is_flipped,
            categories: Vec::new(),
            range: None,
        };
        let places: Vec<Option<f64>> = if kind == AxisKind::Categorical {
            let text = |(row, value): (&usize, &Value<'_>)| {
                let is_text = matches!(value, Value::Text(_) | Value::Number(_));
                is_text.then(|| frame.text(column, *row).unwrap_or_default().into_owned())
            };
            let texts: Vec<Option<String>> = rows.iter().zip(&values).map(text).collect();
            axis.categories = texts.iter().flatten().cloned().collect::<BTreeSet<_>>().into_iter().collect();
            sort_by(&mut axis.categories, |a, b| natural_order(a, b));
            let order = |a: &String, b: &String| natural_order(a, b);
            let place = |text: &String| axis.categories.binary_search_by(|other| order(other, text)).ok();
            texts.iter().map(|text| text.as_ref().and_then(place).map(|at| at as f64)).collect()
        } else {
            let place = |value: &Value<'_>| match value {
                Value::Number(number) if kind != AxisKind::Log || *number > 0.0 => {
                    Some(format.in_unit(*number))
                }
                _ => None,
            };
            values.iter().map(place).collect()
        };
        axis.range = places.iter().flatten().fold(None, |range: Option<(f64, f64)>, place| {
            let (low, high) = range.unwrap_or((*place, *place));
            Some((low.min(*place), high.max(*place)))
        });
        Self { axis, places }
    }
}

/// The sizes of dots, between the smallest and the largest number: their areas are in proportion.
struct Sizes {
    info: SizeInfo,
    shares: Vec<Option<f32>>,
}

impl Sizes {
    fn new(frame: &RunFrame, rows: &[usize], key: &ColumnKey, formats: &mut Formats) -> Self {
        let number = |row: &usize| match frame.value(key, *row) {
            Value::Number(number) => Some(number),
            _ => None,
        };
        let numbers: Vec<Option<f64>> = rows.iter().map(number).collect();
        let low = numbers.iter().flatten().copied().reduce(f64::min).unwrap_or_default();
        let high = numbers.iter().flatten().copied().reduce(f64::max).unwrap_or_default();
        let share = |number: f64| if low < high { ((number - low) / (high - low)) as f32 } else { 0.5 };
        let title = formats.title(frame, key);
        let format = formats.of(frame, key);
        Self {
            info: SizeInfo { title, range: (format.format(low), format.format(high)) },
            shares: numbers.into_iter().map(|number| number.map(share)).collect(),
        }
    }
}

/// Of the dots that look the same and lie in the same place, the first one.
fn uncovered(places: Vec<(usize, Dot)>, x: &ScatterAxis, y: &ScatterAxis) -> Vec<(usize, Dot)> {
    let cell = |value: f64, axis: &ScatterAxis, n_cells: f64| {
        let Some((low, high)) = axis.range else { return 0 };
        let spread = |value: f64| if axis.kind == AxisKind::Log { value.ln() } else { value };
        ((spread(value) - spread(low)) / (spread(high) - spread(low)) * n_cells) as u32
    };
    let mut seen = BTreeSet::new();
    let mut places = places;
    places.retain(|(_, dot)| {
        let place = (cell(dot.x, x, N_CELLS.0), cell(dot.y, y, N_CELLS.1));
        let size = dot.size.map(|size| (size * 4.0) as u8);
        seen.insert((place, dot.colour, dot.facet, size, dot.is_brushed))
    });
    places
}

#[cfg(test)]
mod tests {
    use super::super::defaults::columns_info;
    use super::*;
    use crate::frame::{RowSet, test_runs};
    use crate::view::{Brush, MoreView, Pick, ScatterView, View};

    fn key(text: &str) -> ColumnKey {
        ColumnKey::parse(text).unwrap()
    }

    fn frame(n: usize) -> RunFrame {
        let texts: Vec<(String, String)> = (0..n)
            .map(|n| (format!("{}", 0.001 * 1.5_f64.powi(n as i32 % 20)), format!("kind-{}", n % 3)))
            .collect();
        test_runs::frame(texts.iter().enumerate().map(|(n, (rate, kind))| {
            let metrics: &[(&str, f64)] = if n % 10 == 9 { &[] } else { &[("rmse", n as f64)] };
            test_runs::run(&format!("r{n:05}"), &[("rate", rate), ("kind", kind)], metrics, &[])
        }))
    }

    fn info(frame: &RunFrame, view: &View) -> ScatterInfo {
        let columns = columns_info(frame);
        let kept = RowSet::full(frame.n_rows());
        let brushed = RowSet::from_fn(frame.n_rows(), |row| row < 5);
        let shown = Shown { kept: &kept, brushed: &brushed, view, columns: &columns };
        scatter_info(frame, shown, &mut Formats::default())
    }

    #[test]
    fn axes_are_found_and_who_has_no_place_is_counted() {
        let frame = frame(40);
        let info = info(&frame, &View::default());
        let (x, y) = info.axes.unwrap();
        assert_eq!((x.column, y.column), (key("params.rate"), key("metrics.rmse")));
        assert_eq!((x.kind, y.range), (AxisKind::Log, Some((0.0, 38.0))));
        assert_eq!((info.n_runs, info.n_unplaced, info.dots.len(), info.runs.len()), (40, 4, 36, 36));
        assert!(!info.has_brushes && info.dots[4].is_brushed && !info.dots[5].is_brushed);
        assert_eq!(info.dots[2].y, 2.0);
    }

    #[test]
    fn columns_colour_size_and_split() {
        let frame = frame(30);
        let scatter = ScatterView {
            x: Some(AxisView { column: key("params.kind"), kind: None, is_flipped: true }),
            y: None,
            colour: Some(key("metrics.rmse")),
            size: Some(key("metrics.rmse")),
            facet: Some(key("params.kind")),
            heat: None,
        };
        let brushes = vec![Brush { column: key("metrics.rmse"), picks: vec![Pick::Text("x".into())] }];
        let info = info(&frame, &View { scatter, brushes, ..View::default() });
        let (x, _) = info.axes.unwrap();
        assert_eq!((x.kind, x.is_flipped, x.categories.len()), (AxisKind::Categorical, true, 3));
        assert_eq!((info.dots[4].x, info.dots[4].facet), (1.0, 1));
        assert_eq!((info.dots[0].size, info.dots.last().unwrap().size), (Some(0.0), Some(1.0)));
        assert_eq!(info.facet.unwrap().labels, ["kind-0", "kind-1", "kind-2"]);
        let colour = info.colour.unwrap();
        assert_eq!((colour.n_ordered, colour.labels.len()), (5, 6), "missing is a group");
        assert!(info.has_brushes && colour.is_less_better);
    }

    #[test]
    fn every_value_has_a_chart_where_somebody_wants_it() {
        let frame = frame(600);
        let facet = |facet: &str, has_all_facets| {
            let scatter = ScatterView { facet: Some(key(facet)), ..ScatterView::default() };
            let view =
                View { scatter, more: MoreView { has_all_facets, ..MoreView::default() }, ..View::default() };
            let info = info(&frame, &view);
            let n_used = info.dots.iter().map(|dot| dot.facet).collect::<BTreeSet<_>>().len();
            (info.facet.unwrap(), n_used)
        };
        let (few, n_used) = facet("metrics.rmse", false);
        // Runs without rmse have no place; 540 numbers are five stretches.
        assert_eq!((few.labels.len(), few.n_values, n_used), (6, 541, 5));
        let (all, n_used) = facet("metrics.rmse", true);
        assert_eq!((all.labels.len(), all.n_values, n_used), (541, 541, 540));
        assert_eq!(facet("params.kind", false).0.n_values, 3);
    }

    #[test]
    fn a_heat_map_has_the_means_of_both_groups() {
        let run = |n: usize, a: &str, b: &str, loss: Option<f64>| {
            let metrics: Vec<(&str, f64)> = loss.iter().map(|loss| ("loss", *loss)).collect();
            test_runs::run(&format!("r{n}"), &[("a", a), ("b", b)], &metrics, &[])
        };
        let frame = test_runs::frame([
            run(0, "1", "8", Some(4.0)),
            run(1, "1", "8", Some(2.0)),
            run(2, "2", "16", Some(1.0)),
            run(3, "2", "8", None),
            run(4, "2", "16", Some(f64::NAN)),
        ]);
        let plain = |column: &str| Some(AxisView { column: key(column), kind: None, is_flipped: false });
        let scatter = ScatterView {
            x: plain("params.a"),
            y: plain("params.b"),
            heat: Some(key("metrics.loss")),
            ..ScatterView::default()
        };
        let map = info(&frame, &View { scatter, ..View::default() }).heat_map.unwrap();
        assert_eq!(
            (map.x.labels, map.y.labels),
            (vec!["1".into(), "2".into()], vec!["16".to_owned(), "8".into()])
        );
        assert_eq!(map.is_less_better, Some(true));
        let cell = |mean: Option<&str>, n_runs, share| {
            Some(HeatCell { mean: mean.map(str::to_owned), n_runs, share })
        };
        assert_eq!(
            map.cells,
            [vec![None, cell(Some("1"), 2, 1.0)], vec![cell(Some("3"), 2, 0.0), cell(None, 1, 0.0)],]
        );
    }

    #[test]
    fn many_runs_in_one_place_are_drawn_once_and_counted() {
        let frame = frame(20_000);
        let info = info(&frame, &View::default());
        assert!(info.dots.len() < 8_000, "{}", info.dots.len());
        assert_eq!(info.dots.len() + info.n_covered + info.n_unplaced, 20_000);
        assert!(info.runs.is_empty());
    }

    #[test]
    fn nothing_to_show_is_said() {
        let frame = test_runs::frame([test_runs::run("a", &[], &[], &[])]);
        let columns = columns_info(&frame);
        let (kept, view) = (RowSet::full(1), View::default());
        let shown = Shown { kept: &kept, brushed: &kept, view: &view, columns: &columns };
        let info = scatter_info(&frame, shown, &mut Formats::default());
        assert_eq!((info.axes, info.n_runs), (None, 1));
    }
}
