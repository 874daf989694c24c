//! What a filter says, as a tree, and how it is written.

use crate::entities::{Attribute, ColumnKey};
use crate::frame::display_number;
use std::fmt;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Expr {
    /// At least two.
    And(Vec<Expr>),
    /// At least two.
    Or(Vec<Expr>),
    Not(Box<Expr>),
    /// Searched for everywhere.
    Words(String),
    On {
        column: ColumnKey,
        test: Test,
        is_negated: bool,
    },
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Test {
    Compare(Comparison, Operand),
    In(Vec<Operand>),
    Like { pattern: String, is_case_sensitive: bool },
    Contains(String),
    Matches(Pattern),
    Is(State),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Operand {
    /// In the column's own measure: milliseconds, bytes.
    Number(f64),
    Text(String),
    /// A date with the first and last millisecond it means.
    Period {
        text: String,
        low: f64,
        high: f64,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Missing,
    Empty,
    Nan,
    Inf,
    PosInf,
    NegInf,
}

/// A regular expression; two are the same when they are written the same.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    pub(super) source: String,
    pub(super) regex: regex_lite::Regex,
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl Expr {
    pub(super) fn collect_columns(&self, keys: &mut Vec<ColumnKey>) {
        match self {
            Self::And(parts) | Self::Or(parts) => parts.iter().for_each(|part| part.collect_columns(keys)),
            Self::Not(inner) => inner.collect_columns(keys),
            Self::Words(_) => {}
            Self::On { column, .. } => keys.push(column.clone()),
        }
    }

    fn is_joined(&self) -> bool {
        matches!(self, Self::And(_) | Self::Or(_))
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::And(parts) => write_joined(f, parts, " and "),
            Self::Or(parts) => write_joined(f, parts, " or "),
            Self::Not(inner) if inner.is_joined() => write!(f, "not ({inner})"),
            Self::Not(inner) => write!(f, "not {inner}"),
            Self::Words(words) => write_quoted(f, words, '\''),
            Self::On { column, test, is_negated } => {
                write_column(f, column)?;
                write_test(f, column, test, *is_negated)
            }
        }
    }
}

fn write_joined(f: &mut fmt::Formatter<'_>, parts: &[Expr], word: &str) -> fmt::Result {
    for (at, part) in parts.iter().enumerate() {
        if at > 0 {
            f.write_str(word)?;
        }
        if part.is_joined() { write!(f, "({part})")? } else { write!(f, "{part}")? }
    }
    Ok(())
}

fn write_column(f: &mut fmt::Formatter<'_>, column: &ColumnKey) -> fmt::Result {
    let (room, key) = match column {
        ColumnKey::Attribute(attribute) => return f.write_str(attribute.as_str()),
        ColumnKey::Param(key) => ("params", key),
        ColumnKey::Metric(key) => ("metrics", key),
        ColumnKey::Tag(key) => ("tags", key),
        ColumnKey::Derived(expression) => ("derived", expression),
    };
    write!(f, "{room}.")?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '/' | '-');
    if !key.is_empty() && key.chars().all(is_plain) { f.write_str(key) } else { write_quoted(f, key, '`') }
}

fn write_test(f: &mut fmt::Formatter<'_>, column: &ColumnKey, test: &Test, is_negated: bool) -> fmt::Result {
    let not = if is_negated { " not" } else { "" };
    match test {
        Test::Compare(comparison, operand) => {
            let sign = match comparison {
                Comparison::Eq => "=",
                Comparison::Ne => "!=",
                Comparison::Lt => "<",
                Comparison::Le => "<=",
                Comparison::Gt => ">",
                Comparison::Ge => ">=",
            };
            write!(f, " {sign} ")?;
            write_operand(f, column, operand)
        }
        Test::In(operands) => {
            write!(f, "{not} in (")?;
            for (at, operand) in operands.iter().enumerate() {
                if at > 0 {
                    f.write_str(", ")?;
                }
                write_operand(f, column, operand)?;
            }
            f.write_str(")")
        }
        Test::Like { pattern, is_case_sensitive } => {
            write!(f, "{not} {} ", if *is_case_sensitive { "like" } else { "ilike" })?;
            write_quoted(f, pattern, '\'')
        }
        Test::Contains(text) => {
            write!(f, "{not} contains ")?;
            write_quoted(f, text, '\'')
        }
        Test::Matches(pattern) => {
            write!(f, " {}~ /", if is_negated { "!" } else { "" })?;
            let mut chars = pattern.source.chars();
            while let Some(c) = chars.next() {
                match c {
                    '/' => f.write_str("\\/")?,
                    '\\' => {
                        f.write_str("\\")?;
                        if let Some(escaped) = chars.next() {
                            write!(f, "{escaped}")?;
                        }
                    }
                    _ => write!(f, "{c}")?,
                }
            }
            f.write_str("/")
        }
        Test::Is(state) => {
            let word = match state {
                State::Missing => "missing",
                State::Empty => "empty",
                State::Nan => "nan",
                State::Inf => "inf",
                State::PosInf => "+inf",
                State::NegInf => "-inf",
            };
            write!(f, " is{not} {word}")
        }
    }
}

fn write_operand(f: &mut fmt::Formatter<'_>, column: &ColumnKey, operand: &Operand) -> fmt::Result {
    match operand {
        Operand::Number(number) => {
            f.write_str(&display_number(*number))?;
            match column {
                ColumnKey::Attribute(Attribute::Duration) => f.write_str("ms"),
                ColumnKey::Attribute(Attribute::ModelSize) => f.write_str("B"),
                _ => Ok(()),
            }
        }
        Operand::Text(text) | Operand::Period { text, .. } => write_quoted(f, text, '\''),
    }
}

pub(in crate::frame) fn write_quoted(f: &mut impl fmt::Write, text: &str, quote: char) -> fmt::Result {
    write!(f, "{quote}")?;
    for c in text.chars() {
        if c == quote || c == '\\' {
            f.write_str("\\")?;
        }
        write!(f, "{c}")?;
    }
    write!(f, "{quote}")
}
