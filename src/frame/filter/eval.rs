//! Finds the rows of a filter, column by column. A text is looked at once for each different one of a column.

use super::parser::number;
use super::syntax::{Comparison, Expr, Operand, State, Test};
use crate::entities::{Attribute, ColumnKey};
use crate::frame::{RowSet, RunFrame, Value, display_number};
use std::borrow::Cow;

pub(super) fn rows(expr: &Expr, frame: &RunFrame) -> RowSet {
    match expr {
        Expr::And(parts) => {
            parts.iter().fold(RowSet::full(frame.n_rows()), |found, part| found.and(&rows(part, frame)))
        }
        Expr::Or(parts) => {
            parts.iter().fold(RowSet::empty(frame.n_rows()), |found, part| found.or(&rows(part, frame)))
        }
        Expr::Not(inner) => rows(inner, frame).not(),
        Expr::Words(words) => search(words, frame),
        Expr::On { column, test, is_negated } => on(column, test, *is_negated, frame),
    }
}

fn search(words: &str, frame: &RunFrame) -> RowSet {
    let needle = Needle::new(words);
    let attributes = [Attribute::RunName, Attribute::RunId, Attribute::User, Attribute::Status];
    let keys = attributes.into_iter().map(ColumnKey::Attribute).chain(frame.param_and_tag_keys());
    keys.fold(RowSet::empty(frame.n_rows()), |found, key| {
        found.or(&frame.rows_where(&key, |_, text| text.is_some_and(|text| needle.is_in(text))))
    })
}

fn on(column: &ColumnKey, test: &Test, is_negated: bool, frame: &RunFrame) -> RowSet {
    let is_tag = matches!(column, ColumnKey::Tag(_));
    match test {
        Test::Compare(comparison, operand) => {
            frame.rows_where(column, |value, text| is_so(*comparison, operand, value, text, is_tag))
        }
        Test::In(operands) if is_negated => frame.rows_where(column, |value, text| {
            operands.iter().all(|operand| is_so(Comparison::Ne, operand, value, text, is_tag))
        }),
        Test::In(operands) => frame.rows_where(column, |value, text| {
            operands.iter().any(|operand| is_so(Comparison::Eq, operand, value, text, is_tag))
        }),
        Test::Like { pattern, is_case_sensitive } => {
            let like = Like::new(pattern, *is_case_sensitive);
            texts_where(column, is_negated, frame, |text| like.fits(text))
        }
        Test::Contains(words) => {
            let needle = Needle::new(words);
            texts_where(column, is_negated, frame, |text| needle.is_in(text))
        }
        Test::Matches(pattern) => texts_where(column, is_negated, frame, |text| pattern.regex.is_match(text)),
        Test::Is(state) => frame.rows_where(column, |value, _| is_state(*state, value) != is_negated),
    }
}

// Missing passes neither a test of texts nor its opposite.
fn texts_where(
    column: &ColumnKey,
    is_negated: bool,
    frame: &RunFrame,
    test: impl Fn(&str) -> bool,
) -> RowSet {
    frame.rows_where(column, |value, text| {
        cell_text(value, text).is_some_and(|text| test(&text) != is_negated)
    })
}

fn cell_text<'a>(value: Value<'a>, logged: Option<&'a str>) -> Option<Cow<'a, str>> {
    match (logged, as_number(value)) {
        (Some(text), _) => Some(Cow::Borrowed(text)),
        (None, Some(number)) => Some(Cow::Owned(display_number(number))),
        (None, None) => None,
    }
}

pub(in crate::frame) fn as_number(value: Value<'_>) -> Option<f64> {
    match value {
        Value::Number(number) => Some(number),
        Value::Nan => Some(f64::NAN),
        Value::PosInf => Some(f64::INFINITY),
        Value::NegInf => Some(f64::NEG_INFINITY),
        Value::Missing | Value::Empty | Value::Text(_) => None,
    }
}

fn is_state(state: State, value: Value<'_>) -> bool {
    match state {
        State::Missing => value == Value::Missing,
        State::Empty => value == Value::Empty,
        State::Nan => value == Value::Nan,
        State::Inf => matches!(value, Value::PosInf | Value::NegInf),
        State::PosInf => value == Value::PosInf,
        State::NegInf => value == Value::NegInf,
    }
}

fn is_so(
    comparison: Comparison,
    operand: &Operand,
    value: Value<'_>,
    logged: Option<&str>,
    is_tag: bool,
) -> bool {
    if value == Value::Missing {
        return false;
    }
    match operand {
        Operand::Period { low, high, .. } => {
            as_number(value).is_some_and(|number| is_number_so(comparison, number, *low, *high))
        }
        Operand::Number(wanted) => {
            let tag_number = || logged.filter(|_| is_tag).and_then(|text| text.trim().parse().ok());
            match as_number(value).or_else(tag_number) {
                Some(number) => is_number_so(comparison, number, *wanted, *wanted),
                // A text is not the number, and neither above nor below it.
                None => comparison == Comparison::Ne,
            }
        }
        Operand::Text(wanted) => match (as_number(value), number(wanted)) {
            (Some(is), Some(wanted)) => is_number_so(comparison, is, wanted, wanted),
            _ => {
                cell_text(value, logged).is_some_and(|text| is_ordered_so(comparison, &text, wanted.as_str()))
            }
        },
    }
}

fn is_number_so(comparison: Comparison, number: f64, low: f64, high: f64) -> bool {
    match comparison {
        Comparison::Eq => low <= number && number <= high,
        Comparison::Ne => number < low || high < number,
        Comparison::Lt => number < low,
        Comparison::Le => number <= high,
        Comparison::Gt => number > high,
        Comparison::Ge => number >= low,
    }
}

fn is_ordered_so(comparison: Comparison, a: &str, b: &str) -> bool {
    match comparison {
        Comparison::Eq => a == b,
        Comparison::Ne => a != b,
        Comparison::Lt => a < b,
        Comparison::Le => a <= b,
        Comparison::Gt => a > b,
        Comparison::Ge => a >= b,
    }
}

/// A text to be found within others without regard to case.
struct Needle(String);

impl Needle {
    fn new(text: &str) -> Self {
        Self(text.to_lowercase())
    }

    fn is_in(&self, text: &str) -> bool {
        if text.is_ascii() {
            // Nearly all texts are ASCII, and those need no copy in lower case.
            let needle = self.0.as_bytes();
            let Some(first) = needle.first() else { return true };
            let mut windows = text.as_bytes().windows(needle.len());
            return windows.any(|window| {
                window[0].to_ascii_lowercase() == *first && window.eq_ignore_ascii_case(needle)
            });
        }
        text.to_lowercase().contains(&self.0)
    }
}

/// A pattern of SQL: `%` is any text, `_` any character; after a backslash they stand for themselves.
struct Like {
    parts: Vec<LikePart>,
    is_case_sensitive: bool,
}

#[derive(PartialEq)]
enum LikePart {
    AnyText,
    AnyChar,
    Char(char),
}

impl Like {
    fn new(pattern: &str, is_case_sensitive: bool) -> Self {
        let lower = (!is_case_sensitive).then(|| pattern.to_lowercase());
        let mut chars = lower.as_deref().unwrap_or(pattern).chars().peekable();
        let mut parts = Vec::new();
        while let Some(c) = chars.next() {
            parts.push(match c {
                '%' => LikePart::AnyText,
                '_' => LikePart::AnyChar,
                '\\' => {
                    LikePart::Char(chars.next_if(|next| matches!(next, '%' | '_' | '\\')).unwrap_or('\\'))
                }
                _ => LikePart::Char(c),
            });
        }
        Self { parts, is_case_sensitive }
    }

    fn fits(&self, text: &str) -> bool {
        let chars: Vec<char> = if self.is_case_sensitive {
            text.chars().collect()
        } else {
            text.to_lowercase().chars().collect()
        };
        let (mut at_part, mut at_char) = (0, 0);
        // Where to go on when what follows the last `%` does not fit: it then takes in one character more.
        let mut retry: Option<(usize, usize)> = None;
        while at_char < chars.len() {
            match self.parts.get(at_part) {
                Some(LikePart::AnyText) => {
                    at_part += 1;
                    retry = Some((at_part, at_char));
                }
                Some(LikePart::AnyChar) => {
                    at_part += 1;
                    at_char += 1;
                }
                Some(LikePart::Char(c)) if *c == chars[at_char] => {
                    at_part += 1;
                    at_char += 1;
                }
                _ => match retry {
                    Some((part, from)) => {
                        (at_part, at_char) = (part, from + 1);
                        retry = Some((part, from + 1));
                    }
                    None => return false,
                },
            }
        }
        self.parts[at_part..].iter().all(|part| *part == LikePart::AnyText)
    }
}
