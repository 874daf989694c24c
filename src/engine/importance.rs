//! Which params mattered for an objective: what a forest learned from the kept runs, and how params and objectives go
//! together.

use super::cells::Formats;
use super::news::{CorrelationInfo, EffectPoint, ImportanceInfo, ImportanceRow};
use super::workspace::{Shown, number};
use crate::analysis::correlation::{Method, correlation_matrix};
use crate::analysis::forest::{FitError, Forest, ForestOptions, Level};
use crate::analysis::importance::{Feature, Warning, of_forest};
use crate::analysis::marginal::effects;
use crate::entities::ColumnKey;
use crate::entities::order::sort_by;
use crate::frame::{RowSet, RunFrame, Value, display_number};
use crate::plot::infer_kind;
use crate::view::{AxisKind, View};
use std::borrow::Cow;

/// Texts with more different values than this tell runs apart by name, not by kind.
const N_CATEGORIES: usize = 30;
/// The most runs that the forest learns from: beyond it takes seconds, and importances hardly move.
const N_LEARNED: usize = 1000;
/// So many runs are drawn behind the effect of a param unless somebody wants all: enough to see what it was learned from.
const N_DOTS: usize = 300;
/// How often a param's values change places to see what is lost.
const N_SHUFFLES: usize = 5;
/// So many columns a matrix of correlations shows unless somebody wants all, and stays readable.
const N_CORRELATED: usize = 12;

/// What the panel shows of the kept runs.
pub fn importance_info(frame: &RunFrame, shown: Shown<'_>, formats: &mut Formats) -> ImportanceInfo {
    let Shown { kept, view, .. } = shown;
    let mut info = ImportanceInfo { n_runs: kept.len(), ..ImportanceInfo::default() };
    let Some(target) = shown.explained() else {
        info.problem = Some("No metric to explain was found: choose one.".to_owned());
        return info;
    };
    info.target = Some((target.clone(), formats.title(frame, target)));
    let rows = evenly(&kept.iter().collect::<Vec<_>>(), N_LEARNED);
    let column_of = |key: &ColumnKey| -> Vec<Option<f64>> {
        let values = frame.values(key);
        rows.iter().map(|row| number(values[*row])).collect()
    };
    let mut params: Vec<Param<'_>> = Vec::new();
    for key in frame.columns().into_iter().filter(|key| matches!(key, ColumnKey::Param(_)) && key != target) {
        match Param::of(frame, kept, &rows, key, view.more.has_all_params) {
            Ok(param) => params.push(param),
            Err(Some(why)) => info.left_out.push(why),
            Err(None) => {}
        }
    }
    let objective = column_of(target);
    info.n_sampled = (rows.len() < kept.len()).then_some(rows.len());
    info.correlations = correlations(frame, &params, target, view, &column_of, formats);
    let features: Vec<Feature<'_>> = params.iter().map(Param::feature).collect();
    let forest = match Forest::fit(&features, &objective, ForestOptions::default()) {
        Ok(forest) => forest,
        Err(error) => {
            info.problem = Some(problem_text(error, target));
            return info;
        }
    };
    let found = of_forest(&forest, N_SHUFFLES, 0);
    info.n_learned = found.n_runs;
    info.r2 = found.r2;
    info.warnings = found.warnings.iter().map(|warning| warning_text(*warning)).collect();
    let objective_format = formats.of(frame, target).clone();
    for ((param, importance), effect) in params.iter().zip(&found.params).zip(effects(&forest)) {
        let levels: Vec<&str> = effect
            .iter()
            .filter_map(|effect| match &effect.level {
                Level::Category(text) => Some(text.as_str()),
                _ => None,
            })
            .collect();
        let placed = param.dots(&objective, &levels);
        let n_placed = placed.len();
        let dots = evenly(&placed, if view.more.has_all_dots { n_placed } else { N_DOTS });
        let dots = dots.into_iter().map(|(x, y)| (x, objective_format.in_unit(y))).collect();
        let effect = effect.into_iter().map(|effect| EffectPoint {
            at: match effect.level {
                Level::Number { at, .. } => Ok(if param.is_log { 10_f64.powf(at) } else { at }),
                Level::Category(text) => Err(text),
                Level::NegInf => Err("−∞".to_owned()),
                Level::PosInf => Err("+∞".to_owned()),
                Level::Nan => Err("NaN".to_owned()),
                Level::Missing => Err("missing".to_owned()),
            },
            n: effect.n,
            mean: objective_format.in_unit(effect.mean),
            std: objective_format.in_unit(effect.std),
        });
        info.params.push(ImportanceRow {
            title: formats.title(frame, &param.key),
            column: param.key.clone(),
            share: importance.share,
            share_std: importance.share_std,
            permutation: importance.permutation.map(|fall| (fall.mean, fall.std)),
            n_present: importance.n_present,
            is_log: param.is_log,
            effect: effect.collect(),
            dots,
            n_placed,
        });
    }
    sort_by(&mut info.params, |a, b| b.share.total_cmp(&a.share));
    info
}

/// A param that varies, as the forest learns it.
struct Param<'a> {
    key: ColumnKey,
    is_log: bool,
    values: ParamValues<'a>,
}

enum ParamValues<'a> {
    Numbers(Vec<Option<f64>>),
    Texts(Vec<Option<&'a str>>),
}

impl<'a> Param<'a> {
    /// Reads a param of these rows; why it is left out where somebody might miss it and did not say that it is wanted all
    /// the same, or nothing where it does not vary.
    fn of(
        frame: &'a RunFrame,
        kept: &RowSet,
        rows: &[usize],
        key: ColumnKey,
        is_wanted: bool,
    ) -> Result<Self, Option<String>> {
        let summary = frame.summary(&key, Some(kept));
        if !summary.is_varying {
            return Err(None);
        }
        if !is_wanted && summary.n_present * 5 < kept.len() {
            let runs = if summary.n_present == 1 { "run" } else { "runs" };
            return Err(Some(format!("{} (in {} {runs})", key.label(), summary.n_present)));
        }
        if !is_wanted && !summary.is_numeric && summary.n_distinct > N_CATEGORIES {
            return Err(Some(format!("{} ({} texts)", key.label(), summary.n_distinct)));
        }
        let all = frame.values(&key);
        let values: Vec<Value<'a>> = rows.iter().map(|row| all[*row]).collect();
        let is_log = summary.is_numeric && infer_kind(&values, false, true) == AxisKind::Log;
        let values = if summary.is_numeric {
            // A param that was searched by its logarithm is weighed by it.
            let scaled = |value| number(value).map(|number| if is_log { number.log10() } else { number });
            ParamValues::Numbers(values.into_iter().map(scaled).collect())
        } else {
            ParamValues::Texts(rows.iter().map(|row| logged(frame, &key, *row)).collect())
        };
        Ok(Self { key, is_log, values })
    }

    /// The runs with a place: the param's number, or the place of its text among `levels`, and the finite objective.
    fn dots(&self, objective: &[Option<f64>], levels: &[&str]) -> Vec<(f64, f64)> {
        let xs: Vec<Option<f64>> = match &self.values {
            ParamValues::Numbers(numbers) => {
                let as_logged = |number: f64| if self.is_log { 10_f64.powf(number) } else { number };
                numbers.iter().map(|number| number.map(as_logged)).collect()
            }
            ParamValues::Texts(texts) => {
                let place = |text: &str| levels.iter().position(|level| *level == text).map(|at| at as f64);
                texts.iter().map(|text| place((*text)?)).collect()
            }
        };
        let placed = xs.into_iter().zip(objective).filter_map(|(x, y)| Some((x?, (*y)?)));
        placed.filter(|(x, y)| x.is_finite() && y.is_finite()).collect()
    }

    fn feature(&self) -> Feature<'_> {
        match &self.values {
            ParamValues::Numbers(values) => Feature::Numbers(values),
            ParamValues::Texts(values) => Feature::Categories(values),
        }
    }
}

/// A param as it was logged.
fn logged<'a>(frame: &'a RunFrame, key: &ColumnKey, row: usize) -> Option<&'a str> {
    match frame.text(key, row) {
        Some(Cow::Borrowed(text)) => Some(text),
        // Only numbers are written anew, and params are texts.
        Some(Cow::Owned(_)) | None => None,
    }
}

/// At most `n` of the rows, evenly spread, so that old and new runs are among them.
fn evenly<T: Copy>(rows: &[T], n: usize) -> Vec<T> {
    if rows.len() <= n {
        return rows.to_vec();
    }
    (0..n).map(|at| rows[at * rows.len() / n]).collect()
}

/// Spearman's rank correlation of the objective, the view's other objectives and the numeric params.
fn correlations(
    frame: &RunFrame,
    params: &[Param<'_>],
    target: &ColumnKey,
    view: &View,
    column_of: &dyn Fn(&ColumnKey) -> Vec<Option<f64>>,
    formats: &mut Formats,
) -> CorrelationInfo {
    let others = view.objectives.iter().map(|objective| &objective.column).filter(|column| *column != target);
    // What has one value wherever it has any correlates with nothing.
    let is_constant = |numbers: &[Option<f64>]| {
        let mut present = numbers.iter().flatten();
        present.next().is_none_or(|first| present.all(|other| other == first))
    };
    let mut constant = Vec::new();
    let numeric = params.iter().filter(|param| match &param.values {
        ParamValues::Numbers(numbers) if is_constant(numbers) => {
            constant.push(formats.title(frame, &param.key));
            false
        }
        ParamValues::Numbers(_) => true,
        _ => false,
    });
    let numeric: Vec<&ColumnKey> = numeric.map(|param| &param.key).collect();
    let mut keys: Vec<&ColumnKey> = std::iter::once(target).chain(others).chain(numeric).collect();
    let n_all = keys.len();
    if !view.more.has_all_correlations {
        keys.truncate(N_CORRELATED);
    }
    let columns: Vec<Vec<Option<f64>>> = keys.iter().map(|key| column_of(key)).collect();
    let slices: Vec<&[Option<f64>]> = columns.iter().map(Vec::as_slice).collect();
    let matrix = correlation_matrix(Method::Spearman, &slices);
    let cell = |a: usize, b: usize| {
        let found = matrix.get(a, b)?;
        Some((found.r.ok()?, found.n))
    };
    CorrelationInfo {
        titles: keys.iter().map(|key| formats.title(frame, key)).collect(),
        columns: keys.iter().map(|key| (*key).clone()).collect(),
        cells: (0..keys.len()).map(|a| (0..keys.len()).map(|b| cell(a, b)).collect()).collect(),
        n_all,
        constant,
    }
}

fn problem_text(error: FitError, target: &ColumnKey) -> String {
    let target = target.label();
    match error {
        FitError::TooFew => {
            format!("Fewer than two kept runs have a number in {target}: there is nothing to learn from.")
        }
        FitError::ConstantObjective => {
            format!("{target} is the same in all kept runs: nothing mattered for it.")
        }
        FitError::NothingVaries | FitError::Lengths => {
            "No param differs between enough of the kept runs to learn from.".to_owned()
        }
    }
}

fn warning_text(warning: Warning) -> String {
    match warning {
        Warning::FewRuns { n, wanted } => format!(
            "Only {n} runs: about {wanted} would be wanted for as many params. Take the order with care, the shares more so."
        ),
        Warning::PoorFit { r2: Some(r2) } => format!(
            "In runs it has not seen, the forest explains {} % of the variance: it knows little of what matters.",
            display_number((r2 * 100.0).round())
        ),
        Warning::PoorFit { r2: None } => {
            "So few runs that nobody can say how well the forest explains others.".to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::defaults::columns_info;
    use crate::engine::protocol::ColumnsInfo;
    use crate::frame::test_runs;
    use crate::plot::charts::Scale;
    use crate::view::MoreView;

    /// A loss that a log-uniform rate decides, a booster shifts a little, and a seed does nothing for.
    fn frame() -> RunFrame {
        test_runs::frame((0..80).map(|n| {
            let at = f64::from(n * 37 % 80) / 80.0;
            let (rate, booster) = (10_f64.powf(-4.0 * at), if n % 3 == 0 { "dart" } else { "gbtree" });
            let loss = (at - 0.4).powi(2) * 10.0 + if n % 3 == 0 { 0.3 } else { 0.0 };
            let (rate, seed) = (format!("{rate}"), format!("{}", n * 53 % 80));
            let name = format!("note {n}");
            let params = [("rate", &*rate), ("booster", booster), ("seed", &*seed), ("note", &*name)];
            test_runs::run(&format!("r{n}"), &params, &[("loss", loss)], &[])
        }))
    }

    #[test]
    fn what_matters_stands_first_and_what_is_left_out_is_told() {
        let frame = frame();
        let kept = RowSet::full(frame.n_rows());
        let (view, columns) = (View::default(), columns_info(&frame));
        let shown = Shown { kept: &kept, brushed: &kept, view: &view, columns: &columns };
        let info = importance_info(&frame, shown, &mut Formats::default());
        let order: Vec<&str> = info.params.iter().map(|row| row.column.label()).collect();
        assert_eq!((order[0], order.len()), ("rate", 3));
        assert_eq!(info.left_out, ["note (80 texts)"]);
        assert!(info.params[0].is_log && info.params[0].share > 0.5 && info.r2.unwrap() > 0.5, "{info:?}");
        assert_eq!((info.n_learned, info.n_sampled, info.problem), (80, None, None));
        // The effect of the rate falls and rises again, over its own values.
        let effect = &info.params[0].effect;
        let best = effect.iter().min_by(|a, b| a.mean.total_cmp(&b.mean)).unwrap();
        let at = best.at.clone().unwrap();
        assert!((0.005..0.1).contains(&at), "{at}");
        let (figure, told) = info.params[0].figure("loss");
        let points = &figure.series[1].points;
        assert!(points.len() == effect.len() && points.is_sorted_by(|a, b| a.0 < b.0) && told.is_empty());
        assert_eq!((figure.x.scale, figure.series[1].band.len()), (Scale::Log, points.len()));
        let booster = info.params.iter().find(|row| row.column.label() == "booster").unwrap();
        let (figure, _) = booster.figure("loss");
        assert_eq!(figure.x.scale, Scale::Categories(vec!["dart".to_owned(), "gbtree".to_owned()]));
        assert!(figure.series[1].points[0].1 > figure.series[0].points[1].1);
        let titles = &info.correlations.titles;
        assert_eq!(titles, &["loss", "rate", "seed"]);
        let (r, n) = info.correlations.cells[0][0].unwrap();
        assert!((r - 1.0).abs() < 1e-12 && n == 80);
        assert_eq!(info.correlations.cells[1][0], info.correlations.cells[0][1]);
    }

    #[test]
    fn what_is_left_out_is_told_and_taken_in_where_it_is_wanted() {
        let frame = test_runs::frame((0..400).map(|n| {
            let numbers: Vec<(String, String)> =
                (0..15).map(|at| (format!("p{at:02}"), (n * (at + 3) % 17).to_string())).collect();
            let name = format!("note {n}");
            let mut params: Vec<(&str, &str)> =
                numbers.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
            params.push(("note", &name));
            if n < 10 {
                params.push(("rare", if n < 5 { "a" } else { "b" }));
            }
            test_runs::run(&format!("r{n}"), &params, &[("loss", f64::from(n % 17))], &[])
        }));
        let kept = RowSet::full(frame.n_rows());
        let (mut view, columns) = (View::default(), columns_info(&frame));
        let of = |view: &View| {
            let shown = Shown { kept: &kept, brushed: &kept, view, columns: &columns };
            importance_info(&frame, shown, &mut Formats::default())
        };
        let few = of(&view);
        assert_eq!(few.left_out, ["note (400 texts)", "rare (in 10 runs)"]);
        assert_eq!((few.correlations.titles.len(), few.correlations.n_all), (12, 15));
        assert_eq!((few.params[0].dots.len(), few.params[0].n_placed), (300, 400));
        view.more = MoreView {
            has_all_params: true,
            has_all_correlations: true,
            has_all_dots: true,
            ..MoreView::default()
        };
        let all = of(&view);
        assert_eq!((all.left_out.len(), all.params.len(), all.correlations.titles.len()), (0, 16, 15));
        assert_eq!(all.params[0].dots.len(), all.params[0].n_placed);
    }

    #[test]
    fn where_nothing_can_be_learned_it_says_why() {
        let frame = frame();
        let of = |kept: &RowSet, columns: &ColumnsInfo| {
            let view = View::default();
            let shown = Shown { kept, brushed: kept, view: &view, columns };
            importance_info(&frame, shown, &mut Formats::default()).problem
        };
        let mut one = RowSet::empty(frame.n_rows());
        one.insert(0);
        assert!(of(&one, &columns_info(&frame)).unwrap().starts_with("Fewer than two"));
        assert!(of(&RowSet::full(frame.n_rows()), &ColumnsInfo::default()).unwrap().starts_with("No metric"));
    }

    #[test]
    fn samples_are_spread_evenly() {
        assert_eq!(evenly(&[1, 2, 3], 5), [1, 2, 3]);
        assert_eq!(evenly(&(0..10).collect::<Vec<_>>(), 4), [0, 2, 5, 7]);
    }

    #[test]
    fn what_has_one_value_correlates_with_nothing() {
        let frame = test_runs::frame((0..40).map(|n| {
            let rate = n.to_string();
            let mut params = vec![("rate", &*rate)];
            if n % 4 > 0 {
                params.push(("seed", "42"));
            }
            test_runs::run(&format!("r{n}"), &params, &[("loss", f64::from(n % 7))], &[])
        }));
        let kept = RowSet::full(frame.n_rows());
        let (view, columns) = (View::default(), columns_info(&frame));
        let shown = Shown { kept: &kept, brushed: &kept, view: &view, columns: &columns };
        let CorrelationInfo { titles, constant, n_all, .. } =
            importance_info(&frame, shown, &mut Formats::default()).correlations;
        assert_eq!((titles, constant, n_all), (vec!["loss".into(), "rate".into()], vec!["seed".into()], 2));
    }
}
