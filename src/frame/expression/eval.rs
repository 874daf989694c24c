//! Works an expression out for all runs at once, a column at a time.

use super::super::filter::eval::as_number;
use super::*;
use crate::frame::RowSet;

/// What stands on the stack.
enum Operand {
    /// The same in every run.
    Number(f64),
    /// As long as the frame.
    Column(NumberColumn),
}

pub(super) fn numbers(steps: &[Step], frame: &RunFrame) -> NumberColumn {
    let n_rows = frame.n_rows();
    let mut stack: Vec<Operand> = Vec::new();
    for step in steps {
        let made = match step {
            Step::Number(number) => Operand::Number(*number),
            Step::Column(key) => Operand::Column(load(frame, key)),
            Step::History(_, Aggregate::Last, metric) => {
                Operand::Column(load(frame, &ColumnKey::Metric(metric.clone())))
            }
            Step::History(_, aggregate, metric) => Operand::Column(frame.aggregate(metric, *aggregate)),
            Step::Negate => mapped(pop(&mut stack), |x| -x),
            Step::Binary(sign) => {
                let right = pop(&mut stack);
                let left = pop(&mut stack);
                combined(left, right, operation(*sign))
            }
            Step::Call { function, n } => {
                let mut last = pop(&mut stack);
                match FUNCTIONS[*function].1 {
                    Function::One(apply) => mapped(last, apply),
                    Function::Fold(apply) => {
                        for _ in 1..*n {
                            last = combined(pop(&mut stack), last, apply);
                        }
                        last
                    }
                    Function::IfMissing => if_missing(pop(&mut stack), last),
                }
            }
        };
        stack.push(made);
    }
    match pop(&mut stack) {
        Operand::Column(column) => column,
        Operand::Number(number) => {
            NumberColumn { numbers: vec![number; n_rows], is_present: RowSet::full(n_rows) }
        }
    }
}

/// The last operand; the parser leaves one for every step.
fn pop(stack: &mut Vec<Operand>) -> Operand {
    stack.pop().unwrap_or(Operand::Number(f64::NAN))
}

fn operation(sign: char) -> fn(f64, f64) -> f64 {
    match sign {
        '+' => |a, b| a + b,
        '-' => |a, b| a - b,
        '*' => |a, b| a * b,
        '/' => |a, b| a / b,
        _ => f64::powf,
    }
}

/// A column of the frame as numbers: times in seconds, texts where they are numbers.
fn load(frame: &RunFrame, key: &ColumnKey) -> NumberColumn {
    let n_rows = frame.n_rows();
    let mut column = match frame.stored(key) {
        Stored::Numbers(numbers) => numbers.clone(),
        Stored::Text(texts) => {
            let read = |value: Value<'_>| match value {
                // A tag: params that read as numbers are numbers already.
                Value::Text(text) => text.trim().parse().ok(),
                value => as_number(value),
            };
            let read: Vec<Option<f64>> =
                (0..texts.n_entries()).map(|code| read(texts.entry_value(code))).collect();
            let mut column = NumberColumn::empty(n_rows);
            for row in 0..n_rows {
                if let Some(number) = texts.code(row).and_then(|code| read[code]) {
                    column.numbers[row] = number;
                    column.is_present.insert(row);
                }
            }
            column
        }
        Stored::Ids(_) | Stored::Nothing => NumberColumn::default(),
    };
    column.numbers.resize(n_rows, 0.0);
    column.is_present.grow(n_rows);
    if matches!(key, ColumnKey::Attribute(Attribute::Duration | Attribute::StartTime | Attribute::EndTime)) {
        column.numbers.iter_mut().for_each(|number| *number /= 1e3);
    }
    column
}

fn mapped(operand: Operand, apply: fn(f64) -> f64) -> Operand {
    match operand {
        Operand::Number(number) => Operand::Number(apply(number)),
        Operand::Column(mut column) => {
            column.numbers.iter_mut().for_each(|number| *number = apply(*number));
            Operand::Column(column)
        }
    }
}

fn combined(left: Operand, right: Operand, apply: fn(f64, f64) -> f64) -> Operand {
    match (left, right) {
        (Operand::Number(a), Operand::Number(b)) => Operand::Number(apply(a, b)),
        (Operand::Column(mut column), Operand::Number(b)) => {
            column.numbers.iter_mut().for_each(|a| *a = apply(*a, b));
            Operand::Column(column)
        }
        (Operand::Number(a), Operand::Column(mut column)) => {
            column.numbers.iter_mut().for_each(|b| *b = apply(a, *b));
            Operand::Column(column)
        }
        (Operand::Column(mut left), Operand::Column(right)) => {
            left.numbers.iter_mut().zip(&right.numbers).for_each(|(a, b)| *a = apply(*a, *b));
            left.is_present = left.is_present.and(&right.is_present);
            Operand::Column(left)
        }
    }
}

fn if_missing(operand: Operand, fallback: Operand) -> Operand {
    let Operand::Column(mut column) = operand else { return operand };
    let n_rows = column.numbers.len();
    let missing = column.is_present.not();
    match fallback {
        Operand::Number(number) => {
            missing.iter().for_each(|row| column.numbers[row] = number);
            column.is_present = RowSet::full(n_rows);
        }
        Operand::Column(fallback) => {
            missing.iter().for_each(|row| column.numbers[row] = fallback.numbers[row]);
            column.is_present = column.is_present.or(&fallback.is_present);
        }
    }
    Operand::Column(column)
}
