//! Expressions: columns worked out from other columns, such as `val_rmse - rmse` or `log10(params.learning_rate)`.
//!
//! Columns are named as in the filter: `params.max_depth`, `metrics.rmse`, `tags.n`, `duration`, `model_size`,
//! `start_time`. A bare name that is no attribute is a metric. A name with anything but letters, digits, `_` and `.`
//! stands in quotes: `` `validation-rmse` ``, ``params.`max depth` ``; signs always calculate.
//!
//! - `+ - * / ^` and parentheses bind as in mathematics and in Python: `-2 ^ 2` is -4, `2 ^ 3 ^ 2` is 512. `**` is `^`.
//! - Functions: `abs sqrt exp ln log10 log2 round floor ceil` of one number (`round` takes halves away from zero),
//!   `min` and `max` of one or more, `if_missing(x, fallback)`.
//! - Of a metric alone, what its history comes to: `first(rmse)`, `last(rmse)`, `min(rmse)`, `max(rmse)`, `mean(rmse)`,
//!   `best(rmse)` where its name says which way is better, and `at(rmse, 100)`, the newest value at step 100 or before.
//!   These are missing until the history has been read, see [`Expression::histories`].
//! - Times count in seconds, sizes in bytes: `duration`, `start_time` and `end_time` (since 1970) are seconds, and the
//!   filter's units fit, `duration / 2min`, `model_size < 70kB`.
//! - A param or a tag counts as a number when its text is one, `nan` and `inf` among them. Every other text is missing.
//! - Missing in, missing out, except through `if_missing`. All else is IEEE 754: `1 / 0` is infinite, `0 / 0` and
//!   `ln(-1)` are NaN, and `min` and `max` of a NaN are NaN.
//!
//! Pareto rank and weighted score cannot be a part: they are worked out from objectives, and those may be derived. Nor
//! can another derived column, by name; its expression can, in parentheses.

mod eval;
mod parser;

use super::filter::lexer::Lexer;
use super::filter::parser::{Named, column};
use super::filter::syntax::write_quoted;
use super::run_frame::{Derived, NumberColumn, Stored};
use super::{Aggregate, FilterError, RunFrame, Value, display_number};
use crate::entities::{Attribute, ColumnKey};
use std::fmt;

/// An expression that was understood.
#[derive(Clone, Debug)]
pub struct Expression {
    /// What is done, operands first.
    steps: Vec<Step>,
    /// Where it names which column: first char, one past the last.
    places: Vec<(ColumnKey, usize, usize)>,
    text: Lexed,
}

/// What was read, for a look at what stands around a name.
type Lexed = Vec<char>;

/// One step of a calculation on a stack.
#[derive(Clone, Debug, PartialEq)]
enum Step {
    Number(f64),
    Column(ColumnKey),
    /// What the history of this metric comes to, as the user called it.
    History(&'static str, Aggregate, String),
    Negate,
    /// `+`, `-`, `*`, `/` or `^` of the two last ones.
    Binary(char),
    /// The function at this place of [`FUNCTIONS`], of so many last ones.
    Call {
        function: usize,
        n: usize,
    },
}

/// What a function does.
#[derive(Clone, Copy)]
enum Function {
    One(fn(f64) -> f64),
    /// Of any number of them, two by two.
    Fold(fn(f64, f64) -> f64),
    IfMissing,
}

/// The functions of a metric's history; `best` is one of the others, and `at` takes a step.
const AGGREGATES: [(&str, Aggregate); 5] = [
    ("first", Aggregate::First),
    ("last", Aggregate::Last),
    ("min", Aggregate::Min),
    ("max", Aggregate::Max),
    ("mean", Aggregate::Mean),
];

const FUNCTIONS: [(&str, Function); 12] = [
    ("abs", Function::One(f64::abs)),
    ("sqrt", Function::One(f64::sqrt)),
    ("exp", Function::One(f64::exp)),
    ("ln", Function::One(f64::ln)),
    ("log10", Function::One(f64::log10)),
    ("log2", Function::One(f64::log2)),
    ("round", Function::One(f64::round)),
    ("floor", Function::One(f64::floor)),
    ("ceil", Function::One(f64::ceil)),
    // Rust's own pass over NaN, which would hide it.
    ("min", Function::Fold(|a, b| if a.is_nan() || a < b { a } else { b })),
    ("max", Function::Fold(|a, b| if a.is_nan() || a > b { a } else { b })),
    ("if_missing", Function::IfMissing),
];

impl Expression {
    /// Reads an expression. It must name a column, which no run needs to have: see [`Self::unknown_column`].
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        parser::parse(text)
    }

    /// What every run has.
    pub fn values(&self, frame: &RunFrame) -> Vec<Value<'static>> {
        let numbers = self.numbers(frame);
        (0..frame.n_rows()).map(|row| numbers.get(row).map_or(Value::Missing, Value::from_f64)).collect()
    }

    /// The metrics whose histories it needs, with the step that it asks for.
    pub fn histories(&self) -> impl Iterator<Item = (&str, Option<i64>)> {
        self.steps.iter().filter_map(|step| match step {
            Step::History(_, Aggregate::Last, _) => None,
            Step::History(_, Aggregate::At(step), metric) => Some((metric.as_str(), Some(*step))),
            Step::History(_, _, metric) => Some((metric.as_str(), None)),
            _ => None,
        })
    }

    fn numbers(&self, frame: &RunFrame) -> NumberColumn {
        eval::numbers(&self.steps, frame)
    }

    /// The first column it names that no run has, with what may be meant instead; none while there are no runs.
    pub fn unknown_column(&self, frame: &RunFrame) -> Option<FilterError> {
        let is_unknown = |(key, ..): &&(ColumnKey, usize, usize)| {
            frame.n_rows() > 0 && matches!(frame.stored(key), Stored::Nothing)
        };
        let (wanted, start, end) = self.places.iter().find(is_unknown)?;
        let kind = match wanted {
            ColumnKey::Param(_) => "param",
            ColumnKey::Tag(_) => "tag",
            _ => "metric",
        };
        let hint = match (self.quoted_meant(frame, *start), nearest(frame, wanted)) {
            (Some(meant), _) => format!(" If that is meant, write {} in quotes.", written(&meant)),
            (None, Some(meant)) => format!(" Is {} meant?", written(&meant)),
            (None, None) => String::new(),
        };
        let message = format!("No run has the {kind} `{}`.{hint}", wanted.label());
        Some(FilterError { start: *start, end: *end, message })
    }

    /// The longest column whose name stands in the text from here on, cut into pieces by what calculates.
    fn quoted_meant(&self, frame: &RunFrame, start: usize) -> Option<ColumnKey> {
        let rest: String = self.text[start..].iter().collect();
        let stands = |key: &ColumnKey| {
            let has_sign = !key.label().chars().all(is_name_char);
            has_sign && (rest.starts_with(key.label()) || rest.starts_with(&key.to_string()))
        };
        candidates(frame).filter(stands).max_by_key(|key| key.label().len())
    }
}

/// Whether a name may hold it without quotes.
fn is_name_char(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '.')
}

/// The columns that an expression can name.
fn candidates(frame: &RunFrame) -> impl Iterator<Item = ColumnKey> {
    frame.columns().into_iter().filter(|key| match key {
        ColumnKey::Attribute(attribute) => is_number(*attribute),
        ColumnKey::Derived(_) => false,
        _ => true,
    })
}

fn is_number(attribute: Attribute) -> bool {
    matches!(
        attribute,
        Attribute::Duration | Attribute::ModelSize | Attribute::StartTime | Attribute::EndTime
    )
}

/// The column whose name is likest, if any is like it.
fn nearest(frame: &RunFrame, wanted: &ColumnKey) -> Option<ColumnKey> {
    let wanted: Vec<char> = wanted.label().to_lowercase().chars().collect();
    let distance = |key: &ColumnKey| edit_distance(&wanted, &key.label().to_lowercase());
    let near = candidates(frame).min_by_key(|key| distance(key))?;
    (distance(&near) <= 1 + wanted.len() / 4).then_some(near)
}

/// How many characters are to be put in, left out or changed (Levenshtein).
fn edit_distance(a: &[char], b: &str) -> usize {
    let mut row: Vec<usize> = (0..=a.len()).collect();
    for (n, c) in b.chars().enumerate() {
        let mut corner = n;
        row[0] = n + 1;
        for at in 0..a.len() {
            let changed = corner + usize::from(a[at] != c);
            corner = row[at + 1];
            row[at + 1] = changed.min(corner + 1).min(row[at] + 1);
        }
    }
    row[a.len()]
}

/// A column as an expression names it.
fn written(key: &ColumnKey) -> String {
    let (room, key) = match key {
        ColumnKey::Attribute(attribute) => return attribute.as_str().to_owned(),
        ColumnKey::Param(key) => ("params.", key),
        ColumnKey::Tag(key) => ("tags.", key),
        ColumnKey::Metric(key) => ("metrics.", key),
        ColumnKey::Derived(key) => ("derived.", key),
    };
    let is_plain = !key.is_empty() && key.chars().all(is_name_char);
    // What would be read as something else keeps its room.
    let is_bare = room == "metrics."
        && !key.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && matches!(column(key, None), Named::Nothing);
    match (is_plain, is_bare) {
        (true, true) => key.clone(),
        (true, false) => format!("{room}{key}"),
        (false, _) => {
            let mut quoted = if room == "metrics." { String::new() } else { room.to_owned() };
            // A text takes whatever it is given.
            let _ = write_quoted(&mut quoted, key, '`');
            quoted
        }
    }
}

/// How tightly what a step makes holds together: sums least, single names most.
const SUM: u8 = 1;
const PRODUCT: u8 = 2;
const SIGN: u8 = 3;
const POWER: u8 = 4;
const SINGLE: u8 = 5;

/// Writes an expression that reads back as the same, in its one spelling.
impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut stack: Vec<(String, u8)> = Vec::new();
        for step in &self.steps {
            let mut operand = |least: u8| {
                let (text, holds) = stack.pop().unwrap_or_default();
                if holds < least { format!("({text})") } else { text }
            };
            let made = match step {
                Step::Number(number) => (display_number(*number), SINGLE),
                Step::Column(key) => (written(key), SINGLE),
                Step::History(name, aggregate, metric) => {
                    let metric = written(&ColumnKey::Metric(metric.clone()));
                    let step =
                        if let Aggregate::At(step) = aggregate { format!(", {step}") } else { String::new() };
                    (format!("{name}({metric}{step})"), SINGLE)
                }
                Step::Negate => (format!("-{}", operand(SIGN)), SIGN),
                Step::Binary(sign) => {
                    let (left, own, right) = match sign {
                        '+' | '-' => (SUM, SUM, PRODUCT),
                        '*' | '/' => (PRODUCT, PRODUCT, SIGN),
                        _ => (SINGLE, POWER, SIGN),
                    };
                    let right = operand(right);
                    (format!("{} {sign} {right}", operand(left)), own)
                }
                Step::Call { function, n } => {
                    let mut parts: Vec<String> = (0..*n).map(|_| operand(SUM)).collect();
                    parts.reverse();
                    (format!("{}({})", FUNCTIONS[*function].0, parts.join(", ")), SINGLE)
                }
            };
            stack.push(made);
        }
        f.write_str(&stack.pop().unwrap_or_default().0)
    }
}

/// Works out these derived columns, and forgets all others. Those that are there are left as they are; after a change of
/// the runs call [`RunFrame::forget_derived`] first.
pub fn derive(frame: &mut RunFrame, expressions: &[String]) {
    let mut known = std::mem::take(frame.derived_mut());
    for text in expressions {
        let derived = match known.iter().position(|derived| derived.expression == *text) {
            Some(at) => known.swap_remove(at),
            None => {
                let found = Expression::parse(text)
                    .and_then(|found| found.unknown_column(frame).map_or(Ok(found), Err))
                    .map(|found| found.numbers(frame));
                let (numbers, problem) = match found {
                    Ok(numbers) => (numbers, None),
                    Err(error) => (NumberColumn::default(), Some(error.message)),
                };
                Derived { expression: text.clone(), numbers, problem }
            }
        };
        frame.derived_mut().push(derived);
    }
}

#[cfg(test)]
mod expression_tests;
