//! The texts of a view's parts inside an address.

use crate::entities::ColumnKey;
use crate::view::{
    AxisKind, AxisView, Brush, ColumnView, CurveX, CurvesView, Direction, Lane, MAX_OBJECTIVES, Objective,
    Panel, Pick, Sort, Step,
};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

/// Between items.
pub const ITEM: char = '~';
/// Between the parts of an item.
const PART: char = '!';
/// Between brushes inside a step.
const INNER: char = ';';
/// Says that the next character is meant as it stands.
const ESCAPE: char = '\'';

/// What a browser would change in a fragment, and what separates pairs. The rest stays readable.
const ENCODED: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'&')
    .add(b'+')
    .add(b'<')
    .add(b'=')
    .add(b'>')
    .add(b'`');

/// Encodes one value of the query.
pub fn encode(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

/// Encodes one segment of the path: everything that could end it, too.
pub fn encode_segment(text: &str) -> String {
    const SEGMENT: &AsciiSet =
        &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    utf8_percent_encode(text, SEGMENT).to_string()
}

fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        if [ITEM, PART, INNER, ESCAPE].contains(&c) {
            out.push(ESCAPE);
        }
        out.push(c);
    }
}

/// Joins texts, escaping what separates them.
pub fn join<'a>(texts: impl Iterator<Item = &'a str>, separator: char) -> String {
    let mut out = String::new();
    for (n, text) in texts.enumerate() {
        if n > 0 {
            out.push(separator);
        }
        escape(text, &mut out);
    }
    out
}

/// Splits at unescaped separators and keeps the escapes.
fn split_raw(text: &str, separator: char) -> Vec<&str> {
    if text.is_empty() {
        return Vec::new();
    }
    let (mut items, mut start, mut is_escaped) = (Vec::new(), 0, false);
    for (at, c) in text.char_indices() {
        if is_escaped {
            is_escaped = false;
        } else if c == ESCAPE {
            is_escaped = true;
        } else if c == separator {
            items.push(&text[start..at]);
            start = at + c.len_utf8();
        }
    }
    items.push(&text[start..]);
    items
}

fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut is_escaped = false;
    for c in text.chars() {
        if c == ESCAPE && !is_escaped {
            is_escaped = true;
        } else {
            is_escaped = false;
            out.push(c);
        }
    }
    out
}

/// Splits at unescaped separators; the opposite of [`join`].
pub fn split(text: &str, separator: char) -> Vec<String> {
    split_raw(text, separator).into_iter().map(unescape).collect()
}

fn lane_word(lane: Lane) -> &'static str {
    match lane {
        Lane::PosInf => "inf",
        Lane::NegInf => "-inf",
        Lane::Nan => "nan",
        Lane::Empty => "empty",
        Lane::Missing => "missing",
    }
}

fn push_column(column: &ColumnKey, out: &mut String) {
    escape(&column.to_string(), out);
}

fn push_brush(brush: &Brush, out: &mut String) {
    push_column(&brush.column, out);
    for pick in &brush.picks {
        out.push(PART);
        match pick {
            // Rust's shortest decimal reads back as the same float.
            Pick::Interval { low, high } => out.push_str(&format!("i{low}:{high}")),
            Pick::Text(text) => {
                out.push('t');
                escape(text, out);
            }
            Pick::Lane(lane) => {
                out.push('l');
                out.push_str(lane_word(*lane));
            }
        }
    }
}

fn brush(text: &str) -> Option<Brush> {
    let mut parts = split_raw(text, PART).into_iter();
    let column = ColumnKey::parse(&unescape(parts.next()?))?;
    let pick = |part: &str| {
        let mut chars = part.chars();
        let kind = chars.next()?;
        let rest = chars.as_str();
        match kind {
            'i' => {
                let (low, high) = rest.split_once(':')?;
                Some(Pick::Interval { low: low.parse().ok()?, high: high.parse().ok()? })
            }
            't' => Some(Pick::Text(unescape(rest))),
            'l' => Lane::ALL.into_iter().find(|lane| lane_word(*lane) == rest).map(Pick::Lane),
            _ => None,
        }
    };
    Some(Brush { column, picks: parts.filter_map(pick).collect() })
}

/// `COLUMN!i1:2!tTEXT!lnan~…`
pub fn brushes_text(brushes: &[Brush]) -> String {
    let mut out = String::new();
    for (n, brush) in brushes.iter().enumerate() {
        if n > 0 {
            out.push(ITEM);
        }
        push_brush(brush, &mut out);
    }
    out
}

/// The opposite of [`brushes_text`].
pub fn brushes(text: &str) -> Vec<Brush> {
    split_raw(text, ITEM).into_iter().filter_map(brush).collect()
}

/// `k;BRUSH;BRUSH~x;BRUSH`: keep and exclude.
pub fn steps_text(steps: &[Step]) -> String {
    let mut out = String::new();
    for (n, step) in steps.iter().enumerate() {
        if n > 0 {
            out.push(ITEM);
        }
        let (word, brushes) = match step {
            Step::Keep(brushes) => ('k', brushes),
            Step::Exclude(brushes) => ('x', brushes),
        };
        out.push(word);
        for brush in brushes {
            out.push(INNER);
            push_brush(brush, &mut out);
        }
    }
    out
}

/// The opposite of [`steps_text`].
pub fn steps(text: &str) -> Vec<Step> {
    let step = |item: &str| {
        let mut parts = split_raw(item, INNER).into_iter();
        let word = parts.next()?;
        let brushes = parts.filter_map(brush).collect();
        match word {
            "k" => Some(Step::Keep(brushes)),
            "x" => Some(Step::Exclude(brushes)),
            _ => None,
        }
    };
    split_raw(text, ITEM).into_iter().filter_map(step).collect()
}

/// `MODEL!VERSION`
pub fn version_text(name: &str, version: u64) -> String {
    join([name, &version.to_string()].into_iter(), PART)
}

/// The opposite of [`version_text`].
pub fn version(text: &str) -> Option<(String, u64)> {
    match split(text, PART).as_slice() {
        [name, version] => Some((name.clone(), version.parse().ok()?)),
        _ => None,
    }
}

/// `COLUMN` or `COLUMN!desc`.
pub fn sort_text(sort: &Sort) -> String {
    let mut out = String::new();
    push_column(&sort.column, &mut out);
    if sort.direction == Direction::Descending {
        out.push_str("!desc");
    }
    out
}

/// The opposite of [`sort_text`].
pub fn sort(text: &str) -> Option<Sort> {
    let parts = split_raw(text, PART);
    let column = ColumnKey::parse(&unescape(parts.first()?))?;
    let direction = if parts.get(1) == Some(&"desc") { Direction::Descending } else { Direction::Ascending };
    Some(Sort { column, direction })
}

const KINDS: [(AxisKind, &str); 4] = [
    (AxisKind::Linear, "linear"),
    (AxisKind::Log, "log"),
    (AxisKind::Categorical, "categorical"),
    (AxisKind::Time, "time"),
];

/// `COLUMN!log!flip~…`
pub fn axes_text(axes: &[AxisView]) -> String {
    let mut out = String::new();
    for (n, axis) in axes.iter().enumerate() {
        if n > 0 {
            out.push(ITEM);
        }
        push_column(&axis.column, &mut out);
        if let Some((_, word)) = KINDS.iter().find(|(kind, _)| Some(*kind) == axis.kind) {
            out.push(PART);
            out.push_str(word);
        }
        if axis.is_flipped {
            out.push_str("!flip");
        }
    }
    out
}

/// The opposite of [`axes_text`].
pub fn axes(text: &str) -> Vec<AxisView> {
    let axis = |item: &str| {
        let mut parts = split_raw(item, PART).into_iter();
        let column = ColumnKey::parse(&unescape(parts.next()?))?;
        let words: Vec<&str> = parts.collect();
        Some(AxisView {
            column,
            kind: KINDS.iter().find(|(_, word)| words.contains(word)).map(|(kind, _)| *kind),
            is_flipped: words.contains(&"flip"),
        })
    };
    split_raw(text, ITEM).into_iter().filter_map(axis).collect()
}

/// `COLUMN!w120!pin~…`
pub fn columns_text(columns: &[ColumnView]) -> String {
    let mut out = String::new();
    for (n, column) in columns.iter().enumerate() {
        if n > 0 {
            out.push(ITEM);
        }
        push_column(&column.column, &mut out);
        if let Some(width) = column.width_px {
            out.push_str(&format!("!w{width}"));
        }
        if column.is_pinned {
            out.push_str("!pin");
        }
    }
    out
}

/// The opposite of [`columns_text`].
pub fn columns(text: &str) -> Vec<ColumnView> {
    let column = |item: &str| {
        let mut parts = split_raw(item, PART).into_iter();
        let column = ColumnKey::parse(&unescape(parts.next()?))?;
        let words: Vec<&str> = parts.collect();
        Some(ColumnView {
            column,
            width_px: words.iter().find_map(|word| word.strip_prefix('w')?.parse().ok()),
            is_pinned: words.contains(&"pin"),
        })
    };
    split_raw(text, ITEM).into_iter().filter_map(column).collect()
}

/// `COLUMN~COLUMN!desc!w8`: less is better unless it says so, and all weigh the same.
pub fn objectives_text(objectives: &[Objective]) -> String {
    let items = objectives.iter().map(|objective| {
        let mut item = sort_text(&Sort { column: objective.column.clone(), direction: objective.direction });
        if objective.weight != Objective::DEFAULT_WEIGHT {
            item.push_str(&format!("!w{}", objective.weight));
        }
        item
    });
    items.collect::<Vec<_>>().join(&ITEM.to_string())
}

/// The opposite of [`objectives_text`].
pub fn objectives(text: &str) -> Vec<Objective> {
    let objective = |item: &str| {
        let Sort { column, direction } = sort(item)?;
        let words = split_raw(item, PART);
        let weight = words.iter().skip(1).find_map(|word| word.strip_prefix('w')?.parse().ok());
        let weight = weight.filter(|weight| *weight <= Objective::MAX_WEIGHT);
        Some(Objective { column, direction, weight: weight.unwrap_or(Objective::DEFAULT_WEIGHT) })
    };
    split_raw(text, ITEM).into_iter().filter_map(objective).take(MAX_OBJECTIVES).collect()
}

const PANELS: [(Panel, &str); 5] = [
    (Panel::Pareto, "pareto"),
    (Panel::Ranking, "ranking"),
    (Panel::Importance, "importance"),
    (Panel::Curves, "curves"),
    (Panel::Differences, "differences"),
];

/// `pareto~curves`.
pub fn panels_text(panels: &[Panel]) -> String {
    let words = PANELS.iter().filter(|(panel, _)| panels.contains(panel)).map(|(_, word)| *word);
    words.collect::<Vec<_>>().join(&ITEM.to_string())
}

/// The opposite of [`panels_text`].
pub fn panels(text: &str) -> Vec<Panel> {
    let words = split_raw(text, ITEM);
    PANELS.iter().filter(|(_, word)| words.contains(word)).map(|(panel, _)| *panel).collect()
}

const CURVE_XS: [(CurveX, &str); 3] =
    [(CurveX::Step, "step"), (CurveX::RelativeTime, "relative"), (CurveX::WallTime, "wall")];

const LOG_X: &str = "logx";
const LOG_Y: &str = "logy";

/// `relative~logy~s60~mMETRIC~…`: along what, logarithmic axes, smoothing, metrics.
pub fn curves_text(curves: &CurvesView) -> String {
    let mut out = String::new();
    let (_, word) = CURVE_XS[CURVE_XS.iter().position(|(x, _)| *x == curves.x).unwrap_or(0)];
    out.push_str(word);
    for (_, word) in [(curves.is_log_x, LOG_X), (curves.is_log_y, LOG_Y)].iter().filter(|(is_log, _)| *is_log)
    {
        out.push(ITEM);
        out.push_str(word);
    }
    if curves.smoothing_percent > 0 {
        out.push_str(&format!("~s{}", curves.smoothing_percent));
    }
    for metric in &curves.metrics {
        out.push_str("~m");
        escape(metric, &mut out);
    }
    out
}

/// The opposite of [`curves_text`].
pub fn curves(text: &str) -> CurvesView {
    let parts = split_raw(text, ITEM);
    let x = CURVE_XS.iter().find(|(_, word)| parts.contains(word)).map(|(x, _)| *x);
    CurvesView {
        x: x.unwrap_or_default(),
        is_log_x: parts.contains(&LOG_X),
        is_log_y: parts.contains(&LOG_Y),
        smoothing_percent: parts
            .iter()
            .find_map(|part| part.strip_prefix('s')?.parse().ok())
            .filter(|percent| *percent < 100)
            .unwrap_or_default(),
        metrics: parts.iter().filter_map(|part| part.strip_prefix('m')).map(unescape).collect(),
    }
}
