//! The order of the table.
//!
//! Ascending, a column stands in this order: numbers by value, with -Inf as the smallest and +Inf as the
//! largest; then texts in natural order (see [`natural_cmp`]); then NaN, then empty, then missing. Descending
//! reverses numbers and texts, but NaN, empty and missing stay last and in this order. Runs with the same
//! value stand in the order in which they came.

use crate::entities::{Attribute, ColumnKey};
use crate::frame::run_frame::Stored;
use crate::frame::{RowSet, RunFrame, Value};
use crate::view::{Direction, Sort};
use std::cmp::Ordering;

/// The rows in order. Without a sort: newest start first, runs without a start last.
pub fn order(frame: &RunFrame, rows: &RowSet, sort: Option<&Sort>) -> Vec<u32> {
    let newest_first =
        Sort { column: ColumnKey::Attribute(Attribute::StartTime), direction: Direction::Descending };
    let Sort { column, direction } = sort.unwrap_or(&newest_first);
    let stored = frame.stored(column);
    let mut keyed: Vec<(Key, u32)> = match stored {
        // Texts are compared once for each entry of the dictionary; rows compare by rank alone.
        Stored::Text(texts) => {
            let values: Vec<Value<'_>> = (0..texts.n_entries()).map(|code| texts.entry_value(code)).collect();
            let keys = keys(&values, *direction);
            let missing = special(Value::Missing);
            rows.iter().map(|row| (texts.code(row).map_or(missing, |code| keys[code]), row as u32)).collect()
        }
        Stored::Ids(_) | Stored::Numbers(_) | Stored::Nothing => {
            let shown: Vec<u32> = rows.iter().map(|row| row as u32).collect();
            let values: Vec<Value<'_>> = shown.iter().map(|&row| stored.value(row as usize)).collect();
            keys(&values, *direction).into_iter().zip(shown).collect()
        }
    };
    // The row is part of what is compared, so ties stand as they came.
    keyed.sort_unstable();
    keyed.into_iter().map(|(_, row)| row).collect()
}

/// The place of a kind of value, then the place within it.
type Key = (u8, u64);

fn special(value: Value<'_>) -> Key {
    match value {
        Value::Nan => (2, 0),
        Value::Empty => (3, 0),
        _ => (4, 0),
    }
}

fn keys(values: &[Value<'_>], direction: Direction) -> Vec<Key> {
    let mut texts: Vec<(&str, usize)> = values
        .iter()
        .enumerate()
        .filter_map(|(at, value)| match value {
            Value::Text(text) => Some((*text, at)),
            _ => None,
        })
        .collect();
    // Texts that are alike but not the same get different places, so that the same ones stand together.
    texts.sort_unstable_by(|(a, _), (b, _)| natural_cmp(a, b).then_with(|| a.cmp(b)));
    let mut places = vec![0; values.len()];
    let mut previous: Option<(&str, u64)> = None;
    for (text, at) in texts {
        let place = match previous {
            Some((before, place)) if before == text => place,
            Some((_, place)) => place + 1,
            None => 0,
        };
        places[at] = place;
        previous = Some((text, place));
    }
    let is_reversed = direction == Direction::Descending;
    let directed = |kind: u8, place: u64| if is_reversed { (1 - kind, !place) } else { (kind, place) };
    values
        .iter()
        .zip(places)
        .map(|(&value, place)| match value {
            Value::Number(number) => directed(0, ordered_bits(number)),
            Value::PosInf => directed(0, ordered_bits(f64::INFINITY)),
            Value::NegInf => directed(0, ordered_bits(f64::NEG_INFINITY)),
            Value::Text(_) => directed(1, place),
            Value::Nan | Value::Empty | Value::Missing => special(value),
        })
        .collect()
}

// Bits that compare as the floats do; NaN never gets here.
fn ordered_bits(number: f64) -> u64 {
    // Adding zero makes -0 the same as 0.
    let bits = (number + 0.0).to_bits();
    if bits >> 63 == 0 { bits | 1 << 63 } else { !bits }
}

/// The order of categories: numbers first and by value, then texts, numerals within them by value and
/// without regard to case.
pub fn natural_order(a: &str, b: &str) -> Ordering {
    let number = |text: &str| text.trim().parse::<f64>().ok().filter(|number| number.is_finite());
    match (number(a), number(b)) {
        (Some(x), Some(y)) => x.total_cmp(&y).then_with(|| a.cmp(b)),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => natural_cmp(a, b).then_with(|| a.cmp(b)),
    }
}

/// Compares texts as people do: without regard to case, and numerals within them by value (`run-9` stands
/// before `run-10`).
pub fn natural_cmp(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a, b);
    loop {
        let (Some(&byte_a), Some(&byte_b)) = (a.as_bytes().first(), b.as_bytes().first()) else {
            return a.len().cmp(&b.len());
        };
        let (ordering, n_a, n_b) = if byte_a.is_ascii_digit() && byte_b.is_ascii_digit() {
            let (n_a, n_b) = (n_digits(a), n_digits(b));
            let (digits_a, digits_b) = (a[..n_a].trim_start_matches('0'), b[..n_b].trim_start_matches('0'));
            (digits_a.len().cmp(&digits_b.len()).then_with(|| digits_a.cmp(digits_b)), n_a, n_b)
        } else if byte_a.is_ascii() && byte_b.is_ascii() {
            // Most texts are ASCII, and a hundred thousand names are compared millions of times.
            (byte_a.to_ascii_lowercase().cmp(&byte_b.to_ascii_lowercase()), 1, 1)
        } else {
            let (Some(char_a), Some(char_b)) = (a.chars().next(), b.chars().next()) else {
                return a.len().cmp(&b.len());
            };
            (char_a.to_lowercase().cmp(char_b.to_lowercase()), char_a.len_utf8(), char_b.len_utf8())
        };
        if ordering != Ordering::Equal {
            return ordering;
        }
        (a, b) = (&a[n_a..], &b[n_b..]);
    }
}

fn n_digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::run_frame::tests::{frame, key, run};
    use proptest::prelude::*;

    fn sorted(params: &[Option<&str>], direction: Direction) -> Vec<u32> {
        let frame = frame(params.iter().enumerate().map(|(at, param)| {
            let params: Vec<(&str, &str)> = param.iter().map(|text| ("p", *text)).collect();
            run(&at.to_string(), &params, &[], &[])
        }));
        let sort = Sort { column: key("params.p"), direction };
        order(&frame, &RowSet::full(frame.n_rows()), Some(&sort))
    }

    fn check(params: &[Option<&str>], ascending: &[u32], descending: &[u32]) {
        assert_eq!(sorted(params, Direction::Ascending), ascending);
        assert_eq!(sorted(params, Direction::Descending), descending);
    }

    #[test]
    fn special_values_stand_last_in_both_directions() {
        let params =
            [None, Some("nan"), Some(""), Some("inf"), Some("2"), Some("-inf"), Some("b"), Some("10")];
        check(&params, &[5, 4, 7, 3, 6, 1, 2, 0], &[6, 3, 7, 4, 5, 1, 2, 0]);
    }

    #[test]
    fn ties_stand_as_they_came_in_both_directions() {
        check(&[Some("1"), Some("1.0"), Some("0"), Some("1")], &[2, 0, 1, 3], &[0, 1, 3, 2]);
        check(&[Some("x"), Some("a"), Some("x")], &[1, 0, 2], &[0, 2, 1]);
    }

    #[test]
    fn texts_stand_in_natural_order() {
        check(&[Some("run-10"), Some("Run-9"), Some("run-009a")], &[1, 2, 0], &[0, 2, 1]);
    }

    #[test]
    fn without_a_sort_the_newest_stands_first() {
        let mut runs = [run("a", &[], &[], &[]), run("b", &[], &[], &[]), run("c", &[], &[], &[])];
        runs[1].info.start_millis = Some(5);
        runs[2].info.start_millis = Some(9);
        assert_eq!(order(&frame(runs), &RowSet::full(3), None), [2, 1, 0]);
    }

    proptest! {
        #[test]
        fn an_order_is_a_permutation_that_repeats_itself(
            params in prop::collection::vec(prop::option::of("nan|inf|-inf||[a-cA-C]?[0-9]{0,3}[a-b]?|-?[0-9]\\.[0-9]"), 0..40),
            is_descending: bool,
        ) {
            let direction = if is_descending { Direction::Descending } else { Direction::Ascending };
            let params: Vec<Option<&str>> = params.iter().map(Option::as_deref).collect();
            let rows = sorted(&params, direction);
            let mut all = rows.clone();
            all.sort_unstable();
            prop_assert_eq!(all, (0..params.len() as u32).collect::<Vec<_>>());
            let again: Vec<Option<&str>> = rows.iter().map(|&row| params[row as usize]).collect();
            prop_assert_eq!(sorted(&again, direction), (0..params.len() as u32).collect::<Vec<_>>());
        }

        #[test]
        fn natural_order_is_total(a in "[aB0-9é]{0,6}", b in "[aB0-9é]{0,6}", c in "[aB0-9é]{0,6}") {
            prop_assert_eq!(natural_cmp(&a, &b), natural_cmp(&b, &a).reverse());
            if natural_cmp(&a, &b).is_le() && natural_cmp(&b, &c).is_le() {
                prop_assert!(natural_cmp(&a, &c).is_le());
            }
        }
    }
}
