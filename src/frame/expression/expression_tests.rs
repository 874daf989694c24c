//! Expressions against an evaluator of their own: a tree, worked out run by run.

use super::*;
use crate::entities::HistoryPoint;
use crate::frame::run_frame::tests::{frame, key, run};
use crate::frame::{HistorySummary, RowFilter};
use crate::view::{Brush, Direction, Pick, Sort};
use proptest::prelude::*;

fn small() -> RunFrame {
    let mut runs = [
        run("a", &[("lr", "1e-3"), ("kind", "adam")], &[("rmse", 6.0), ("val_rmse", 6.5)], &[("n", "10")]),
        run("b", &[("lr", "auto"), ("max depth", "4")], &[("rmse", f64::NAN), ("validation-rmse", 2.0)], &[]),
        run("c", &[("lr", "")], &[("rmse", f64::INFINITY), ("val_rmse", 0.0)], &[("n", "x")]),
        run("d", &[], &[("exp", 3.0)], &[]),
    ];
    runs[0].info.start_millis = Some(1_000);
    runs[0].info.end_millis = Some(3_500);
    let mut frame = frame(runs);
    frame.set_model_size(0, Some(70_000));
    frame
}

/// Missing is none.
fn values(text: &str) -> Vec<Option<f64>> {
    let found = Expression::parse(text).unwrap_or_else(|problem| panic!("{text}: {problem:?}"));
    let numbers = found.numbers(&small());
    (0..4).map(|row| numbers.get(row)).collect()
}

fn check(text: &str, expected: [Option<f64>; 4]) {
    let found = values(text);
    assert!(found.iter().zip(expected).all(|(is, wanted)| is_same(*is, wanted)), "{text}: {found:?}");
}

fn is_same(a: Option<f64>, b: Option<f64>) -> bool {
    a == b || a.zip(b).is_some_and(|(a, b)| a.is_nan() && b.is_nan())
}

fn check_written(text: &str, expected: &str) {
    let found = Expression::parse(text).unwrap_or_else(|problem| panic!("{text}: {problem:?}"));
    assert_eq!(found.to_string(), expected);
    assert_eq!(Expression::parse(expected).map(|again| again.steps), Ok(found.steps), "{text}");
}

const NAN: Option<f64> = Some(f64::NAN);
const INF: Option<f64> = Some(f64::INFINITY);

#[test]
fn what_a_history_comes_to_is_named_as_an_expression_writes_it() {
    for metric in [
        "loss",
        "val-loss",
        "a`b\\c",
        "1st",
        "duration",
        "Duration",
        "user",
        "run",
        "run.x",
        "params.x",
        "val.loss",
        ".5",
        "größe",
        "",
        "id",
        "system/cpu",
        "run name",
    ] {
        let ColumnKey::Derived(text) = ColumnKey::over_steps("min", metric) else {
            panic!("a derived column")
        };
        let read = Expression::parse(&text).unwrap();
        assert_eq!(read.to_string(), text);
        assert_eq!(read.histories().collect::<Vec<_>>(), [(metric, None)], "{text}");
    }
}

#[test]
fn columns_are_named_as_in_the_filter() {
    check("rmse * 1", [Some(6.0), NAN, INF, None]);
    check("metrics.rmse + 0", [Some(6.0), NAN, INF, None]);
    check("params.lr", [Some(1e-3), None, None, None]);
    check("tags.n", [Some(10.0), None, None, None]);
    check("`validation-rmse` + metrics.'validation-rmse'", [None, Some(4.0), None, None]);
    check("params.`max depth`", [None, Some(4.0), None, None]);
    check("exp(exp) - 'exp'", [None, None, None, Some(3f64.exp() - 3.0)]);
}

#[test]
fn missing_stays_missing_and_the_rest_is_ieee() {
    check("val_rmse - rmse", [Some(0.5), None, Some(f64::NEG_INFINITY), None]);
    check("rmse / val_rmse", [Some(6.0 / 6.5), None, INF, None]);
    check("1 / val_rmse", [Some(1.0 / 6.5), None, INF, None]);
    check("ln(val_rmse - 7)", [NAN, None, NAN, None]);
    check("log10(val_rmse)", [Some(6.5f64.log10()), None, Some(f64::NEG_INFINITY), None]);
    check("if_missing(val_rmse, -1)", [Some(6.5), Some(-1.0), Some(0.0), Some(-1.0)]);
    check("if_missing(val_rmse, exp)", [Some(6.5), None, Some(0.0), Some(3.0)]);
    check("if_missing(5, rmse)", [Some(5.0); 4]);
    check("min(rmse, 7, 8)", [Some(6.0), NAN, Some(7.0), None]);
    check("max(7, rmse)", [Some(7.0), NAN, INF, None]);
    check("abs(-val_rmse) + round(2.5) * 0", [Some(6.5), None, Some(0.0), None]);
}

#[test]
fn a_history_comes_to_a_number() {
    let mut frame = small();
    let points = [(0, 9.0), (10, 5.0), (20, 7.0)];
    let points = points.map(|(step, value)| HistoryPoint { step, millis: step, value }).to_vec();
    frame.set_history(0, "rmse", HistorySummary::new(points, [10, 15]).unwrap());
    let of = |text: &str| Expression::parse(text).unwrap().numbers(&frame).get(0);
    assert_eq!(of("min(rmse)"), Some(5.0));
    assert_eq!(of("max( metrics.rmse )"), Some(9.0));
    assert_eq!(of("mean(`rmse`) * 3"), Some(21.0));
    assert_eq!(of("first(rmse) - best(rmse)"), Some(4.0));
    assert_eq!(of("last(rmse)"), Some(6.0), "what the server says");
    assert_eq!(of("at(rmse, 15)"), Some(5.0));
    assert_eq!(of("max(rmse, 7)"), Some(7.0), "a calculation with the last values");
    assert_eq!(of("min(rmse + 0)"), Some(6.0));
    assert_eq!(of("max(params.lr)"), Some(1e-3));
    assert_eq!(Expression::parse("min(rmse)").unwrap().numbers(&frame).get(1), None, "not read yet");
    let needs = Expression::parse("min(rmse) / at(val_rmse, 3) + last(exp) + max(exp, 1)").unwrap();
    assert_eq!(needs.histories().collect::<Vec<_>>(), [("rmse", None), ("val_rmse", Some(3))]);
}

#[test]
fn times_are_seconds_and_sizes_bytes() {
    check("duration", [Some(2.5), None, None, None]);
    check("end_time - start_time", [Some(2.5), None, None, None]);
    check("duration / 500ms + 0 * duration / 1min", [Some(5.0), None, None, None]);
    check("model_size / 7kB", [Some(10.0), None, None, None]);
}

#[test]
fn signs_bind_as_in_mathematics() {
    let first = |text: &str| values(&format!("{text} + 0 * rmse"))[0];
    assert_eq!(first("-2 ^ 2"), Some(-4.0));
    assert_eq!(first("2 ^ 3 ^ 2"), Some(512.0));
    assert_eq!(first("2 ** -1"), Some(0.5));
    assert_eq!(first("10 - 4 - 3"), Some(3.0));
    assert_eq!(first("12 / 3 / 2 * 5"), Some(10.0));
    assert_eq!(first("2 + 3 * 4 − (1 - -1)"), Some(12.0));
    assert_eq!(first("+1e-3 * 1e+3"), Some(1.0));
}

#[test]
fn one_spelling_stands_for_all() {
    check_written("metrics.val_rmse-rmse", "val_rmse - rmse");
    check_written("LOG10( param.lr )", "log10(params.lr)");
    check_written("((a+b))*-(c)^2", "(a + b) * -c ^ 2");
    check_written("a-(b-c)", "a - (b - c)");
    check_written("(a^b)^c/(d*e)", "(a ^ b) ^ c / (d * e)");
    check_written("-(a*b)", "-(a * b)");
    check_written("min(a,(b+1))", "min(a, b + 1)");
    check_written("max((a)) + min(3 * b)", "a + 3 * b");
    check_written("MIN(metrics.a)*2", "min(a) * 2");
    check_written("best(`val-loss`)", "best(`val-loss`)");
    check_written("at( a , -1e2 )^2", "at(a, -100) ^ 2");
    check_written("duration/2min", "duration / 120");
    check_written(
        "metrics.duration + metrics.`1st` + metrics.params.x",
        "metrics.duration + metrics.1st + metrics.params.x",
    );
    check_written(
        "metrics.`a\\`b` + params.`val loss` + tags.\"a-b\"",
        "`a\\`b` + params.`val loss` + tags.`a-b`",
    );
    check_written("val.rmse * 1e-9", "val.rmse * 1e-9");
}

fn check_error(text: &str, start: usize, end: usize, part: &str) {
    let problem = match Expression::parse(text) {
        Ok(found) => found.unknown_column(&small()).unwrap_or_else(|| panic!("{text} is right")),
        Err(problem) => problem,
    };
    assert_eq!((problem.start, problem.end), (start, end), "{text}: {problem:?}");
    assert!(problem.message.contains(part), "{text}: {problem:?}");
    assert!(problem.message.ends_with(['.', '?']), "{problem:?}");
}

#[test]
fn errors_say_what_was_expected_and_where() {
    check_error("", 0, 0, "ends too early");
    check_error("rmse -", 6, 6, "a number, a column");
    check_error("é * (rmse", 9, 9, "closing parenthesis");
    check_error("rmse 2", 5, 6, "a sign");
    check_error("rmse )", 5, 6, "a sign");
    check_error("rmse * / 2", 7, 8, "a number, a column");
    check_error("2 + 3", 0, 5, "A column was expected");
    check_error("sine(rmse)", 0, 4, "abs, sqrt, exp");
    check_error("first(rmse, 2)", 0, 5, "takes one metric");
    check_error("mean(2 * rmse)", 0, 4, "takes one metric");
    check_error("at(rmse)", 0, 2, "a metric and a step");
    check_error("at(rmse, 1.5)", 0, 2, "a metric and a step");
    check_error("1 + best(exp)", 4, 8, "write min or max");
    check_error("min(rsme)", 4, 8, "Is rmse meant?");
    check_error("1 + log10(rmse, 2)", 4, 9, "takes one number, not 2");
    check_error("if_missing(rmse)", 0, 10, "stands in");
    check_error("rmse < 3", 5, 6, "sign was not expected");
    check_error("3parsecs * rmse", 0, 8, "a number");
    check_error("params. + 1", 0, 7, "key");
    check_error("user.`x`", 0, 8, "no kind of columns");
    check_error("`rmse", 0, 5, "closing `");
    check_error("status * 2", 0, 6, "is a text");
    check_error("rmse / pareto_rank", 7, 18, "worked out from objectives");
    check_error("2 * weighted_score", 4, 18, "worked out from objectives");
    check_error("derived.`rmse + 1` * 2", 0, 18, "in parentheses");
    check_error(&format!("{}rmse", "(".repeat(100_000)), 256, 100_004, "too long");
    check_error(&format!("{}rmse", "-".repeat(100)), 64, 65, "too deeply");
    check_error(&format!("rmse{}", "+1".repeat(300)), 259, 604, "too long");
    assert!(Expression::parse(&format!("rmse{}", "+1".repeat(120))).is_ok());
}

#[test]
fn unknown_columns_are_told_with_what_may_be_meant() {
    check_error("1 + rsme", 4, 8, "No run has the metric `rsme`. Is rmse meant?");
    check_error("params.rmse", 0, 11, "No run has the param `rmse`. Is rmse meant?");
    check_error("lr * 2", 0, 2, "Is params.lr meant?");
    check_error("tags.something", 0, 14, "No run has the tag `something`.");
    check_error("2 * validation-rmse", 4, 14, "If that is meant, write `validation-rmse` in quotes.");
    check_error("1 + params.max depth", 15, 20, "a sign");
    let empty = Expression::parse("rsme").unwrap();
    assert_eq!(empty.unknown_column(&RunFrame::default()), None, "a run that has it may come");
}

#[test]
fn derived_columns_are_columns_like_others() {
    let mut frame = small();
    let gap = "val_rmse - rmse".to_owned();
    let column = ColumnKey::Derived(gap.clone());
    derive(&mut frame, &[gap.clone(), "rsme".to_owned(), "(".to_owned()]);
    assert_eq!(frame.values(&column), [Value::Number(0.5), Value::Missing, Value::NegInf, Value::Missing]);
    assert_eq!(frame.derived_problem(&column), None);
    assert!(frame.derived_problem(&key("=rsme")).unwrap().contains("Is rmse meant?"));
    assert!(frame.derived_problem(&key("=(")).is_some());
    assert_eq!(frame.values(&key("=(")), [Value::Missing; 4]);
    assert!(frame.columns().contains(&column));
    let rows = |set: crate::frame::RowSet| set.iter().collect::<Vec<_>>();
    let filter = crate::frame::Filter::parse("derived.`val_rmse - rmse` < 1").unwrap();
    assert_eq!(rows(filter.rows(&frame)), [0, 2]);
    assert_eq!(filter.columns(), std::slice::from_ref(&column));
    let brush = Brush { column: column.clone(), picks: vec![Pick::Interval { low: 0.0, high: 1.0 }] };
    assert_eq!(rows(crate::frame::brushed(&frame, &brush)), [0]);
    let sort = Sort { column: column.clone(), direction: Direction::Ascending };
    let all = crate::frame::RowSet::full(4);
    assert_eq!(crate::frame::order(&frame, &all, Some(&sort)), [2, 0, 1, 3]);
    // A run that comes later is missing until the columns are worked out anew.
    assert!(frame.push(run("e", &[], &[("rmse", 1.0), ("val_rmse", 3.0)], &[])));
    assert_eq!(frame.value(&column, 4), Value::Missing);
    frame.forget_derived();
    derive(&mut frame, &[gap]);
    assert_eq!(frame.value(&column, 4), Value::Number(2.0));
    assert_eq!(frame.values(&key("=(")), [Value::Missing; 5]);
}

/// An expression as a tree, written with every parenthesis.
#[derive(Clone, Debug)]
enum Tree {
    Number(u16),
    Column(usize),
    Negate(Box<Tree>),
    Binary(char, Box<Tree>, Box<Tree>),
    Call(usize, Vec<Tree>),
}

/// Of `small()`: names and what each run has.
const COLUMNS: [(&str, [Option<f64>; 4]); 4] = [
    ("rmse", [Some(6.0), NAN, INF, None]),
    ("val_rmse", [Some(6.5), None, Some(0.0), None]),
    ("params.lr", [Some(1e-3), None, None, None]),
    ("duration", [Some(2.5), None, None, None]),
];

impl Tree {
    fn text(&self) -> String {
        match self {
            Self::Number(hundredths) => display_number(f64::from(*hundredths) / 100.0),
            Self::Column(place) => COLUMNS[*place].0.to_owned(),
            Self::Negate(inner) => format!("(-{})", inner.text()),
            Self::Binary(sign, a, b) => format!("({}{sign}{})", a.text(), b.text()),
            Self::Call(function, inner) => {
                let inner: Vec<String> = inner.iter().map(Self::text).collect();
                format!("{}({})", FUNCTIONS[*function].0, inner.join(","))
            }
        }
    }

    fn value(&self, row: usize) -> Option<f64> {
        Some(match self {
            Self::Number(hundredths) => f64::from(*hundredths) / 100.0,
            Self::Column(place) => COLUMNS[*place].1[row]?,
            Self::Negate(inner) => -inner.value(row)?,
            Self::Binary(sign, a, b) => {
                let (a, b) = (a.value(row)?, b.value(row)?);
                match sign {
                    '+' => a + b,
                    '-' => a - b,
                    '*' => a * b,
                    '/' => a / b,
                    _ => a.powf(b),
                }
            }
            Self::Call(function, inner) => {
                let values: Vec<Option<f64>> = inner.iter().map(|inner| inner.value(row)).collect();
                if FUNCTIONS[*function].0 == "if_missing" {
                    return values[0].or(values[1]);
                }
                let values: Vec<f64> = values.into_iter().collect::<Option<_>>()?;
                let has_nan = values.iter().any(|value| value.is_nan());
                let x = values[0];
                match FUNCTIONS[*function].0 {
                    "abs" => x.abs(),
                    "sqrt" => x.sqrt(),
                    "exp" => x.exp(),
                    "ln" => x.ln(),
                    "log10" => x.log10(),
                    "log2" => x.log2(),
                    "round" => x.round(),
                    "floor" => x.floor(),
                    "ceil" => x.ceil(),
                    "min" | "max" if has_nan => f64::NAN,
                    "min" => values.into_iter().fold(f64::INFINITY, f64::min),
                    _ => values.into_iter().fold(f64::NEG_INFINITY, f64::max),
                }
            }
        })
    }
}

fn tree() -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![any::<u16>().prop_map(Tree::Number), (0..4_usize).prop_map(Tree::Column)];
    leaf.prop_recursive(5, 32, 3, |inner| {
        let boxed = || inner.clone().prop_map(Box::new);
        let signs = vec!['+', '-', '*', '/', '^'];
        prop_oneof![
            boxed().prop_map(Tree::Negate),
            (proptest::sample::select(signs), boxed(), boxed())
                .prop_map(|(sign, a, b)| Tree::Binary(sign, a, b)),
            (0..9_usize, inner.clone()).prop_map(|(function, x)| Tree::Call(function, vec![x])),
            (9..11_usize, prop::collection::vec(inner.clone(), 2..4))
                .prop_map(|(function, all)| Tree::Call(function, all)),
            (inner.clone(), inner.clone()).prop_map(|(x, fallback)| Tree::Call(11, vec![x, fallback])),
        ]
    })
}

proptest! {
    #[test]
    fn every_run_has_what_the_tree_says(tree in tree()) {
        // An expression names a column; this one adds nothing.
        let text = format!("if_missing(0 * params.lr, 0) + {}", tree.text());
        let Ok(found) = Expression::parse(&text) else { panic!("{text}") };
        let numbers = found.numbers(&small());
        for row in 0..4 {
            prop_assert!(is_same(numbers.get(row), tree.value(row)), "{text} in {row}");
        }
    }

    #[test]
    fn a_written_expression_reads_back_as_the_same(tree in tree()) {
        if let Ok(found) = Expression::parse(&tree.text()) {
            let text = found.to_string();
            let again = Expression::parse(&text).map(|again| (again.to_string(), again.steps));
            prop_assert_eq!(again, Ok((text, found.steps)));
        }
    }

    #[test]
    fn any_text_is_read_without_panic(text: String, like in "(metrics\\.|params\\.|`|'|rmse|min|ln|1e|e-|9s|[-+*/^(),. <é]|−){0,16}") {
        for text in [text, like] {
            match Expression::parse(&text) {
                Ok(found) => {
                    let written = found.to_string();
                    prop_assert_eq!(Expression::parse(&written).map(|again| again.steps), Ok(found.steps.clone()), "{} -> {}", text, written);
                    found.numbers(&small());
                    found.unknown_column(&small());
                }
                Err(problem) => prop_assert!(problem.start <= problem.end && problem.end <= text.chars().count()),
            }
        }
    }

    #[test]
    fn every_name_can_be_written(name: String, room in 0..3) {
        let key = match room { 0 => ColumnKey::Metric(name), 1 => ColumnKey::Param(name), _ => ColumnKey::Tag(name) };
        let steps = Expression::parse(&written(&key)).map(|found| found.steps);
        prop_assert_eq!(steps, Ok(vec![Step::Column(key)]));
    }
}
