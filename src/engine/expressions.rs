//! What people write: filters, and expressions before they become columns.

use super::aggregates::HistoryNeed;
use super::news::{ExpressionInfo, ExpressionPreview};
use super::protocol::FilterProblem;
use super::scene::STANDINGS;
use super::workspace::named;
use crate::entities::ColumnKey;
use crate::frame::{ColumnFormat, Expression, Filter, FilterError, RowFilter, RunFrame, Value};
use std::collections::BTreeSet;

const STANDING_IN_FILTER: &str = "Pareto rank and weighted score are those among the runs that filter and constraints \
    take in, so they cannot be a part of them. Brush them, and keep the brushed runs.";

/// Reads a filter of a view.
pub fn filter(text: &str) -> Result<Box<dyn RowFilter>, FilterProblem> {
    let found = Filter::parse(text).map_err(problem)?;
    if found.columns().iter().any(|column| STANDINGS.contains(column)) {
        let message = STANDING_IN_FILTER.to_owned();
        return Err(FilterProblem { start: 0, end: text.chars().count(), message });
    }
    Ok(Box::new(found))
}

fn problem(FilterError { start, end, message }: FilterError) -> FilterProblem {
    FilterProblem { start, end, message }
}

/// Reads an expression and works it out. The preview is of the first of these rows that has a value.
pub fn expression_info(frame: &RunFrame, order: &[u32], text: &str) -> ExpressionInfo {
    let read = Expression::parse(text)
        .and_then(|found| found.unknown_column(frame).map_or(Ok(found), Err))
        .map_err(problem);
    let outcome = read.map(|expression| {
        let column = ColumnKey::Derived(expression.to_string());
        let values = expression.values(frame);
        let numbers = values.iter().filter_map(|value| match value {
            Value::Number(number) => Some(*number),
            _ => None,
        });
        let format = ColumnFormat::new(numbers, &column);
        let text_of = |value: Value<'_>| match (value, value.lane()) {
            (Value::Number(number), _) => Some(format.format(number)),
            (Value::Missing, _) => None,
            (_, lane) => lane.map(|lane| lane.label().to_owned()),
        };
        let first = order.iter().find_map(|row| {
            let row = *row as usize;
            Some((named(frame, row).name, text_of(*values.get(row)?)?))
        });
        let n_present = values.iter().filter(|value| **value != Value::Missing).count();
        let histories: BTreeSet<String> =
            expression.histories().map(|(metric, _)| metric.to_owned()).collect();
        let histories = histories.into_iter().collect();
        ExpressionPreview { column, first, n_present, n_runs: values.len(), histories }
    });
    ExpressionInfo { text: text.to_owned(), outcome }
}

/// The metrics whose histories these expressions need, and the steps at which; those that are wrong need none.
pub fn histories(expressions: &[String]) -> Vec<HistoryNeed> {
    let mut needs = Vec::new();
    for expression in expressions.iter().filter_map(|text| Expression::parse(text).ok()) {
        needs.extend(expression.histories().map(|(metric, step)| (metric.to_owned(), step)));
    }
    needs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::test_runs;

    #[test]
    fn a_preview_is_of_the_first_run_with_a_value() {
        let runs = [("a", None), ("b", Some(0.25)), ("c", Some(f64::NAN))];
        let frame = test_runs::frame(runs.map(|(id, loss)| {
            let metrics: Vec<(&str, f64)> = loss.map(|loss| ("loss", loss)).into_iter().collect();
            test_runs::run(id, &[], &metrics, &[])
        }));
        let info = |order: &[u32], text: &str| expression_info(&frame, order, text).outcome;
        let first = |order: &[u32]| info(order, "loss*2").map(|preview| preview.first);
        assert_eq!(first(&[0, 1, 2]), Ok(Some(("name-b".to_owned(), "0.5".to_owned()))));
        assert_eq!(first(&[2, 1]), Ok(Some(("name-c".to_owned(), "NaN".to_owned()))));
        assert_eq!(first(&[0]), Ok(None));
        let preview = info(&[], "loss*2").unwrap();
        assert_eq!(preview.column, ColumnKey::Derived("loss * 2".to_owned()));
        assert_eq!((preview.n_present, preview.n_runs), (2, 3));
        let problem = info(&[0], "1 + los").unwrap_err();
        assert_eq!((problem.start, problem.end), (4, 7));
    }
}
