//! Runs in groups by a column: categories as they are, numbers in stretches of about as many runs each.

use super::cells::Formats;
use super::news::Grouping;
use crate::analysis::quantile::quantile;
use crate::entities::ColumnKey;
use crate::entities::order::sort_by;
use crate::frame::natural_order;
use crate::frame::{RunFrame, Value};
use crate::view::{Direction, Lane, Pick, better};
use std::collections::BTreeMap;

/// More different numbers than these are told as stretches.
const N_NUMBERS: usize = 7;
/// So many stretches there are.
const N_STRETCHES: usize = 5;
/// More different texts than these have a group of others: there are eight colours, one of them for these.
const N_TEXTS: usize = 7;

/// Runs in groups.
pub struct Grouped {
    /// What the groups are called.
    pub grouping: Grouping,
    /// To which each row belongs.
    pub group_of: Vec<u32>,
    /// What a brush on the column takes in to have just the runs of a group.
    pub picks: Vec<Vec<Pick>>,
}

/// The groups of these rows, as many as there are colours for.
pub fn groups(frame: &RunFrame, rows: &[usize], key: &ColumnKey, formats: &mut Formats) -> Grouped {
    groups_of(frame, rows, key, None, formats)
}

/// The groups of these rows: so many stretches of numbers, or texts, where somebody chose.
pub fn groups_of(
    frame: &RunFrame,
    rows: &[usize],
    key: &ColumnKey,
    n_groups: Option<usize>,
    formats: &mut Formats,
) -> Grouped {
    let (n_numbers, n_texts) = (n_groups.unwrap_or(N_NUMBERS), n_groups.unwrap_or(N_TEXTS));
    let n_stretches = n_groups.unwrap_or(N_STRETCHES);
    let values: Vec<Value<'_>> = rows.iter().map(|row| frame.value(key, *row)).collect();
    let has_text = values.iter().any(|value| matches!(value, Value::Text(_)));
    let mut numbers: Vec<f64> = values.iter().filter_map(|value| number(*value)).collect();
    sort_by(&mut numbers, f64::total_cmp);
    let mut distinct = numbers.clone();
    distinct.dedup();
    let format = formats.of(frame, key).clone();
    let equal = |number: f64| vec![Pick::Interval { low: number, high: number }];
    let Named { labels: ordered, group_of, mut picks, n_values } = if has_text {
        by_text(frame, rows, key, &values, n_texts)
    } else if distinct.len() <= n_numbers {
        // Both zeros are one.
        let at = |number: f64| distinct.partition_point(|other| *other < number) as u32;
        let labels = distinct.iter().map(|number| format.format(*number)).collect();
        let picks = distinct.iter().map(|number| equal(*number)).collect();
        let group_of = values.iter().map(|value| number(*value).map(at)).collect();
        Named { labels, group_of, picks, n_values: distinct.len() }
    } else {
        let bounds: Vec<f64> =
            (1..n_stretches).filter_map(|n| quantile(&numbers, n as f64 / n_stretches as f64)).collect();
        // A stretch holds its lower bound. Equal bounds leave stretches empty, and those are not told.
        let of = |number: f64| bounds.partition_point(|bound| *bound <= number);
        let mut ends: BTreeMap<usize, (f64, f64)> = BTreeMap::new();
        for &number in &numbers {
            ends.entry(of(number)).or_insert((number, number)).1 = number;
        }
        let place = |stretch: usize| ends.keys().position(|other| *other == stretch).map(|at| at as u32);
        let label = |(low, high): &(f64, f64)| match (format.format(*low), format.format(*high)) {
            (low, high) if low == high => low,
            (low, high) => format!("{low} to {high}"),
        };
        let labels = ends.values().map(label).collect();
        let picks =
            ends.values().map(|(low, high)| vec![Pick::Interval { low: *low, high: *high }]).collect();
        let group_of = values.iter().map(|value| place(of(number(*value)?))).collect();
        Named { labels, group_of, picks, n_values: distinct.len() }
    };
    let mut grouping = Grouping {
        title: formats.title(frame, key),
        n_ordered: if has_text { 0 } else { ordered.len() },
        labels: ordered,
        n_values,
        is_less_better: better(key) != Some(Direction::Descending),
    };
    // What is no number and no text comes last, each kind a group of its own.
    let lanes: Vec<Lane> =
        Lane::ALL.into_iter().filter(|lane| values.iter().any(|value| value.lane() == Some(*lane))).collect();
    let n_groups = grouping.labels.len();
    let lane_of = |value: &Value<'_>| {
        let lane = value.lane()?;
        lanes.iter().position(|other| *other == lane).map(|at| (n_groups + at) as u32)
    };
    let group_of = group_of
        .iter()
        .zip(&values)
        .map(|(group, value)| group.or_else(|| lane_of(value)).unwrap_or_default());
    let group_of = group_of.collect();
    grouping.n_values += lanes.len();
    grouping.labels.extend(lanes.iter().map(|lane| lane.label().to_owned()));
    picks.extend(lanes.into_iter().map(|lane| vec![Pick::Lane(lane)]));
    Grouped { grouping, group_of, picks }
}

struct Named {
    /// What groups are called.
    labels: Vec<String>,
    /// To which each row belongs, if to any.
    group_of: Vec<Option<u32>>,
    /// What each takes in.
    picks: Vec<Vec<Pick>>,
    /// How many different values they are of.
    n_values: usize,
}

/// The most frequent texts by name, and the others together.
fn by_text(frame: &RunFrame, rows: &[usize], key: &ColumnKey, values: &[Value<'_>], n_texts: usize) -> Named {
    // A number among texts is one of them.
    let texts: Vec<Option<String>> = rows
        .iter()
        .zip(values)
        .map(|(row, value)| {
            let is_text = matches!(value, Value::Text(_) | Value::Number(_));
            is_text.then(|| frame.text(key, *row).unwrap_or_default().into_owned())
        })
        .collect();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for text in texts.iter().flatten() {
        *counts.entry(text).or_default() += 1;
    }
    let n_values = counts.len();
    let mut frequent: Vec<(&str, usize)> = counts.into_iter().collect();
    sort_by(&mut frequent, |a, b| b.1.cmp(&a.1));
    let n_others = frequent.len().saturating_sub(n_texts);
    // One more group costs as much as that of the others.
    let n_named = if n_others > 1 { n_texts } else { frequent.len() };
    let mut named: Vec<&str> = frequent.iter().take(n_named).map(|(text, _)| *text).collect();
    sort_by(&mut named, |a, b| natural_order(a, b));
    let places: BTreeMap<&str, usize> = named.iter().enumerate().map(|(at, text)| (*text, at)).collect();
    let place = |text: &str| places.get(text).copied().unwrap_or(named.len()) as u32;
    let group_of = texts.iter().map(|text| text.as_deref().map(place)).collect();
    let others = (n_named < frequent.len()).then(|| format!("{n_others} others"));
    let pick = |text: &&str| Pick::Text((*text).to_owned());
    let of_others: Vec<Pick> = frequent[n_named..].iter().map(|(text, _)| pick(text)).collect();
    let picks = named.iter().map(|text| vec![pick(text)]);
    let picks = picks.chain((!of_others.is_empty()).then_some(of_others)).collect();
    let labels = named.iter().map(|text| (*text).to_owned()).chain(others).collect();
    Named { labels, group_of, picks, n_values }
}

fn number(value: Value<'_>) -> Option<f64> {
    match value {
        Value::Number(number) => Some(number),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{brushed, test_runs};
    use crate::view::Brush;

    fn of(values: &[Option<&str>]) -> (Vec<String>, Vec<u32>, usize) {
        let runs = values.iter().enumerate().map(|(n, value)| {
            let params: Vec<(&str, &str)> = value.map(|value| ("p", value)).into_iter().collect();
            test_runs::run(&format!("r{n}"), &params, &[], &[])
        });
        let frame = test_runs::frame(runs);
        let rows: Vec<usize> = (0..values.len()).collect();
        let key = ColumnKey::Param("p".to_owned());
        let found = groups(&frame, &rows, &key, &mut Formats::default());
        // A brush takes in just the runs of its group.
        for (group, picks) in found.picks.iter().enumerate() {
            let brush = Brush { column: key.clone(), picks: picks.clone() };
            let inside: Vec<usize> = brushed(&frame, &brush).iter().collect();
            let own: Vec<usize> =
                rows.iter().copied().filter(|row| found.group_of[*row] as usize == group).collect();
            assert_eq!(inside, own, "{}", found.grouping.labels[group]);
        }
        (found.grouping.labels, found.group_of, found.grouping.n_ordered)
    }

    #[test]
    fn few_numbers_are_themselves_and_what_is_missing_comes_last() {
        let (labels, group_of, n_ordered) = of(&[Some("8"), None, Some("2"), Some("NaN"), Some("2")]);
        assert_eq!(labels, ["2", "8", "NaN", "missing"]);
        assert_eq!((group_of, n_ordered), (vec![1, 3, 0, 2, 0], 2));
    }

    #[test]
    fn many_numbers_are_stretches_of_as_many_runs() {
        let texts: Vec<String> = (0..100).map(|n| n.to_string()).collect();
        let (labels, group_of, n_ordered) =
            of(&texts.iter().map(|text| Some(text.as_str())).collect::<Vec<_>>());
        assert_eq!(labels, ["0 to 19", "20 to 39", "40 to 59", "60 to 79", "80 to 99"]);
        assert_eq!(n_ordered, 5);
        assert!((0..5).all(|group| group_of.iter().filter(|of| **of == group).count() == 20));
        // Nine in ten are equal: no stretch is empty.
        let uneven: Vec<String> = (0..100).map(|n| if n < 90 { 0 } else { n }.to_string()).collect();
        let (labels, group_of, _) = of(&uneven.iter().map(|text| Some(text.as_str())).collect::<Vec<_>>());
        assert_eq!(labels.len(), *group_of.iter().max().unwrap() as usize + 1);
        assert!(labels.iter().all(|label| !label.is_empty()), "{labels:?}");
    }

    #[test]
    fn somebody_may_want_other_groups() {
        let frame = test_runs::frame((0..200).map(|n| {
            let (number, text) = (n.to_string(), format!("kind-{}", n % 60));
            test_runs::run(&format!("r{n}"), &[("p", &number), ("q", &text)], &[], &[])
        }));
        let rows: Vec<usize> = (0..200).collect();
        let n_labels = |param: &str, n_groups: usize| {
            let key = ColumnKey::Param(param.to_owned());
            groups_of(&frame, &rows, &key, Some(n_groups), &mut Formats::default()).grouping.labels.len()
        };
        assert_eq!((n_labels("p", 20), n_labels("p", 2), n_labels("p", 200)), (20, 2, 200));
        assert_eq!((n_labels("q", 20), n_labels("q", 60)), (21, 60));
        assert_eq!((n_labels("p", usize::MAX), n_labels("q", usize::MAX)), (200, 60));
        let key = ColumnKey::Param("p".to_owned());
        let few = groups(&frame, &rows, &key, &mut Formats::default()).grouping;
        assert_eq!((few.labels.len(), few.n_values), (5, 200), "how many there could be");
    }

    #[test]
    fn frequent_texts_are_named_and_the_rest_are_others() {
        let texts: Vec<String> =
            (0..9).flat_map(|n| std::iter::repeat_n(format!("kind-{n}"), 12 - n)).collect();
        let (labels, group_of, n_ordered) =
            of(&texts.iter().map(|text| Some(text.as_str())).collect::<Vec<_>>());
        assert_eq!((labels.len(), labels[0].as_str(), labels[7].as_str()), (8, "kind-0", "2 others"));
        assert_eq!((group_of.iter().filter(|of| **of == 7).count(), n_ordered), (5 + 4, 0));
    }
}
