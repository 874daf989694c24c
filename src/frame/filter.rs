//! The filter language.
//!
//! Nothing at all takes in every run. Words without an operator are searched for, without regard to case, in
//! name, id, user, status, params' and tags' values; several must all be found. Comparisons name a column:
//! `metrics.rmse < 0.5`, ``params.`my key` = 'adam'``, `tags.team in (a, b)`, `duration > 1.5s`,
//! `model_size < 70kB`, `start_time > '2026-11-23 10:00'` (UTC), `name contains forest`, `name like 'a%'`,
//! `name ~ /^a.*z$/i`, `metrics.loss is nan`, `params.depth is not missing`, ``derived.`val_rmse - rmse` < 0.1``. They are joined by `and`, `or`,
//! `not` and parentheses; side by side means `and`. Before an operator a name by itself is a metric: `rmse < 0.5`.
//!
//! What is compared with what:
//!
//! - Missing and NaN are in no comparison of numbers, and missing is in no comparison at all: `!=`, `not in`,
//!   `not like` and `!~` too are false for it (as in MLflow). `not (…)` takes in whatever its inside does not.
//! - Params that read as numbers compare with numbers by value, also where the number is quoted; with a text
//!   that is no number, by their text as logged. Tags are text: they compare by value with unquoted numbers
//!   only.
//! - A bare number is in seconds for `duration`, in bytes for `model_size`, in milliseconds for times. A date
//!   means the whole day, minute or second: `=` takes in all of it, `>` starts after it, `<` ends before it.
//! - `is inf` means both infinities; `is +inf` and `is -inf` one of them. `contains` and `ilike` pass over
//!   case, `=`, `like` and `~` do not.

pub(in crate::frame) mod eval;
pub(in crate::frame) mod lexer;
pub(in crate::frame) mod parser;
pub(in crate::frame) mod syntax;

use crate::entities::ColumnKey;
use crate::frame::{RowSet, RunFrame};
use std::fmt;
use syntax::Expr;

/// A filter that was understood.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Filter {
    expr: Option<Expr>,
}

/// Where and why a text is no filter, or no expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterError {
    /// First character of the wrong part, counted in chars.
    pub start: usize,
    /// One past its last character; the same as `start` where something is lacking at the end.
    pub end: usize,
    /// What was expected, in a sentence.
    pub message: String,
}

/// What takes rows in. The engine knows filters by this alone, so that their code can be a late part of the program.
pub trait RowFilter {
    /// The rows it takes in.
    fn rows(&self, frame: &RunFrame) -> RowSet;

    /// The columns it names, sorted, each once. Words that are searched for everywhere name none.
    fn columns(&self) -> Vec<ColumnKey>;
}

impl RowFilter for Filter {
    fn rows(&self, frame: &RunFrame) -> RowSet {
        match &self.expr {
            Some(expr) => eval::rows(expr, frame),
            None => RowSet::full(frame.n_rows()),
        }
    }

    fn columns(&self) -> Vec<ColumnKey> {
        let mut keys = Vec::new();
        if let Some(expr) = &self.expr {
            expr.collect_columns(&mut keys);
        }
        keys.sort_unstable();
        keys.dedup();
        keys
    }
}

impl Filter {
    /// Reads a filter. Columns that no run has are no error, because a run that has them may come later.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        parser::parse(text).map(|expr| Self { expr })
    }

    /// Whether it takes in every run because it asks for nothing.
    pub fn is_empty(&self) -> bool {
        self.expr.is_none()
    }
}

/// Writes a filter that reads back as the same.
impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.expr.as_ref().map_or(Ok(()), |expr| expr.fmt(f))
    }
}

impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for FilterError {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::run_frame::tests::{frame, key, run};
    use proptest::prelude::*;

    // 2026-11-23 10:04:05 UTC.
    const MORNING: i64 = 1_795_428_245_000;

    fn small() -> RunFrame {
        let mut runs = [
            run(
                "a",
                &[("lr", "1e-3"), ("kind", "adam")],
                &[("rmse", 0.5), ("val/loss", 1.0)],
                &[("v", "10")],
            ),
            run(
                "b",
                &[("lr", "0.1"), ("kind", "SGD")],
                &[("rmse", f64::NAN)],
                &[("v", "9"), ("team", "Blue x")],
            ),
            run("c", &[("lr", "auto"), ("kind", "")], &[("rmse", f64::INFINITY), ("val loss", 2.0)], &[]),
            run("d", &[("lr", "nan")], &[], &[("team", "é")]),
        ];
        runs[0].info.start_millis = Some(MORNING);
        runs[0].info.end_millis = Some(MORNING + 1500);
        runs[1].info.start_millis = Some(MORNING + 86_400_000);
        runs[1].info.end_millis = Some(MORNING + 86_400_000 + 200);
        let mut frame = frame(runs);
        frame.set_model_size(0, Some(70_000));
        frame.set_model_size(1, Some(700));
        frame
    }

    fn check(text: &str, expected: &[usize]) {
        let filter = Filter::parse(text).unwrap_or_else(|problem| panic!("{text}: {problem:?}"));
        assert_eq!(filter.rows(&small()).iter().collect::<Vec<_>>(), expected, "{text}");
        assert_eq!(Filter::parse(&filter.to_string()), Ok(filter), "{text}");
    }

    fn check_error(text: &str, start: usize, end: usize, part: &str) {
        let problem = Filter::parse(text).unwrap_err();
        assert_eq!((problem.start, problem.end), (start, end), "{text}: {problem:?}");
        assert!(problem.message.contains(part), "{text}: {problem:?}");
        assert!(problem.message.ends_with('.'), "{problem:?}");
    }

    #[test]
    fn words_are_searched_for_everywhere() {
        check("", &[0, 1, 2, 3]);
        check("  ", &[0, 1, 2, 3]);
        check("ADAM", &[0]);
        check("name-b", &[1]);
        check("finished ada", &[0, 1, 2, 3]);
        check("adam sgd", &[]);
        check("adam or sgd", &[0, 1]);
        check("not sgd", &[0, 2, 3]);
        check("'blue X'", &[1]);
        check("É", &[3]);
        check("1e-3", &[0]);
        check("'it is' or status", &[]);
    }

    #[test]
    fn numbers_compare_by_value() {
        check("metrics.rmse = 0.5", &[0]);
        check("metrics.rmse >= 0.5", &[0, 2]);
        check("metric.rmse != 0.5", &[2]);
        check("metrics.rmse == '0.5'", &[0]);
        check("params.lr < 0.05", &[0]);
        check("params.lr = '0.001'", &[0]);
        check("param.lr != 0.1", &[0, 2]);
        check("parameter.lr = auto", &[2]);
        check("params.lr > 'a'", &[2, 3]);
        check("tags.v > 9.5", &[0]);
        check("tag.v > '5'", &[1]);
        check("params.lr in (0.1, 'auto')", &[1, 2]);
        check("params.lr not in (0.1)", &[0, 2]);
        check("not params.lr in (0.1)", &[0, 2, 3]);
        check("metrics.absent != 3", &[]);
    }

    #[test]
    fn units_and_dates_are_understood() {
        check("duration > 1s", &[0]);
        check("duration < 1", &[1]);
        check("duration >= 0.2s and duration <= '200ms'", &[1]);
        check("duration < 2m", &[0, 1]);
        check("duration < 1h", &[0, 1]);
        check("model_size < 70kB", &[1]);
        check("model_size = 70000", &[0]);
        check("attributes.model_size >= 0.07MB", &[0]);
        check("start_time = '2026-11-23'", &[0]);
        check("start_time > '2026-11-23'", &[1]);
        check("start_time >= '2026-11-23 10:04'", &[0, 1]);
        check("created < '2026-11-23T10:04:06Z'", &[0]);
        check("end_time <= '2026-11-23T10:04:06'", &[0]);
        check("start_time > 1795428245000", &[1]);
    }

    #[test]
    fn texts_are_compared_in_many_ways() {
        check("status = 'FINISHED'", &[0, 1, 2, 3]);
        check("attr.status != FINISHED", &[]);
        check("run_name in (name-a, 'name-c')", &[0, 2]);
        check("params.kind like 'a%m'", &[0]);
        check("params.kind like 'A%'", &[]);
        check("params.kind ilike 's_d'", &[1]);
        check("params.kind not like '%a%'", &[1, 2]);
        check("params.kind contains d", &[0, 1]);
        check("params.kind ~ /^[as]/i", &[0, 1]);
        check("params.kind !~ \"^a\"", &[1, 2]);
        check("tags.team ~ /e\\/|x$/", &[1]);
        check("params.kind = ''", &[2]);
        check("name like'%-d'", &[3]);
        check("experiment_id = 1", &[0, 1, 2, 3]);
    }

    #[test]
    fn special_values_can_be_asked_for() {
        check("metrics.rmse is nan", &[1]);
        check("metrics.rmse IS NOT NaN", &[0, 2, 3]);
        check("metrics.rmse is inf", &[2]);
        check("metrics.rmse is -inf", &[]);
        check("metrics.rmse is missing", &[3]);
        check("metrics.rmse is not null", &[0, 1, 2]);
        check("params.kind is empty", &[2]);
        check("params.lr is nan", &[3]);
    }

    #[test]
    fn keys_may_hold_anything() {
        check("metrics.val/loss = 1", &[0]);
        check("metrics.`val loss` > 1 or metrics.\"val/loss\" > 1", &[2]);
        check("(metrics.rmse>0.1 and(params.kind='adam'))", &[0]);
        let filter = Filter::parse("metrics.`a\\`b` > 1 foo tags.b = 2 and metrics.`a\\`b` < 3").unwrap();
        assert_eq!(filter.columns(), [ColumnKey::Metric("a`b".into()), key("tags.b")]);
    }

    #[test]
    fn a_name_by_itself_is_a_metric() {
        check("rmse < 1", &[0]);
        check("not rmse >= 0.5", &[1, 3]);
        check("duration > 1 rmse <= 0.5", &[0]);
    }

    #[test]
    fn errors_say_what_was_expected_and_where() {
        check_error("metrics.rmse >", 14, 14, "a number");
        check_error("metrics.rmse > x", 15, 16, "a number");
        check_error("é foo.bar > 3", 2, 9, "names no column");
        check_error("a and", 5, 5, "a word or a comparison");
        check_error("(a", 2, 2, "closing parenthesis");
        check_error("a)", 1, 2, "closes");
        check_error("name = 'x", 7, 9, "closing '");
        check_error("name ~ /(/", 7, 10, "regular expression");
        check_error("metrics.rmse", 0, 12, "a comparison");
        check_error("duration > 3 parsecs and duration > 3parsecs", 36, 44, "a duration");
        check_error("start_time > '23.11.2026'", 13, 25, "a date");
        check_error("name in x", 8, 9, "parentheses");
        check_error("name is what", 8, 12, "missing");
        check_error("metrics. > 3", 0, 8, "key");
        check_error(&"(".repeat(100_000), 64, 65, "too deeply");
    }

    fn source() -> impl Strategy<Value = String> {
        let atom = prop_oneof![
            "[a-z]{1,3}|'[a-z%\\\\/\"é ]{0,4}'|\"[a-z' ]{0,4}\"".prop_filter("a keyword", |word| {
                !["or", "and", "not", "is", "in"].contains(&word.as_str())
            }),
            "(metrics|param|tags)\\.(`[a-z.\\\\ \"]{0,4}`|[a-z/\\-]{1,4}) is (not )?(missing|nan|\\+inf|empty)",
            "metrics.rmse (=|!=|<|<=|>|>=) -?[0-9]{1,3}(\\.[0-9])?(e-?[0-9]{1,2})?",
            "(params.lr|tags.v) (=|!=|<|>=) ('[0-9a-z.]{0,3}'|[0-9]{1,3})",
            "params.kind (not )?(like|ilike|contains) '[%_a-z\\\\]{0,4}'",
            "params.kind (~|!~) (/[a-z.\\[\\]/]?a\\\\/b/i?|'[a-z./]{0,5}')",
            "(duration|model_size) (not )?in \\([0-9]{1,3}, '[0-9]{1,2}\\.[0-9]'\\)",
            "(duration > [0-9]{1,3}(ms|s|m|h)|model_size <= [0-9]{1,3}(kB|MiB))",
            "start_time >= '20[0-9]{2}-0[1-9]-1[0-9]( 1[0-9]:00)?'",
        ];
        atom.prop_recursive(4, 24, 3, |inner| {
            prop_oneof![
                (inner.clone(), "( and | or | )", inner.clone())
                    .prop_map(|(a, join, b)| format!("{a}{join} {b}")),
                inner.clone().prop_map(|a| format!("({a})")),
                inner.prop_map(|a| format!("not ({a})")),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text: String) {
            if let Err(problem) = Filter::parse(&text) {
                prop_assert!(problem.start <= problem.end && problem.end <= text.chars().count());
            }
        }

        #[test]
        fn text_that_looks_like_a_filter_is_read_without_panic(
            text in "(metrics\\.|`|'|\"|/|~|!|=|<|>|\\(|\\)|,|\\\\| |and|or|not|in|is|like|nan|1e|9s|a|duration|é){0,16}",
        ) {
            match Filter::parse(&text) {
                Ok(filter) => {
                    prop_assert_eq!(Filter::parse(&filter.to_string()), Ok(filter.clone()), "{} -> {}", text, filter);
                    filter.rows(&small());
                }
                Err(problem) => prop_assert!(problem.start <= problem.end && problem.end <= text.chars().count()),
            }
        }

        #[test]
        fn a_written_filter_reads_back_as_the_same(text in source()) {
            if let Ok(filter) = Filter::parse(&text) {
                prop_assert_eq!(Filter::parse(&filter.to_string()), Ok(filter.clone()), "{} -> {}", text, filter);
            }
        }

        #[test]
        fn filters_follow_the_laws_of_logic(a in source(), b in source()) {
            let rows = |text: String| Filter::parse(&text).map(|filter| filter.rows(&small()));
            if let (Ok(in_a), Ok(in_b)) = (rows(a.clone()), rows(b.clone())) {
                prop_assert_eq!(rows(format!("not ({a})")), Ok(in_a.not()));
                prop_assert_eq!(rows(format!("({a}) and ({b})")), Ok(in_a.and(&in_b)));
                prop_assert_eq!(rows(format!("({a}) ({b})")), Ok(in_a.and(&in_b)));
                prop_assert_eq!(rows(format!("({a}) or ({b})")), Ok(in_a.or(&in_b)));
                prop_assert_eq!(rows(format!("not (not ({a}) or not ({b}))")), Ok(in_a.and(&in_b)));
            }
        }
    }
}
