//! The texts of a view's parts inside an address.

use crate::entities::ColumnKey;
use crate::view::{
    Area, AxisKind, AxisView, BandCentre, BandSpread, Brush, ColumnView, CurveBands, CurveX, CurvesView,
    DifferencesView, Direction, FrontView, GroupCentre, GroupsView, Lane, MAX_OBJECTIVES, ModelColumn,
    ModelSort, MoreView, NumberFormat, Objective, Panel, Pick, ScatterView, Smoothing, Sort, Step,
    VersionColumn, VersionSort,
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

/// Small numbers.
pub fn slots_text(slots: &[usize]) -> String {
    slots.iter().map(usize::to_string).collect::<Vec<_>>().join("~")
}

/// The same out of an address; none at all where one is no small number.
pub fn slots(text: &str) -> Vec<usize> {
    let numbers: Result<Vec<u16>, _> = text.split(ITEM).map(str::parse).collect();
    numbers.unwrap_or_default().into_iter().map(usize::from).collect()
}

fn lane_word(lane: Lane) -> &'static str {
    match lane {
        Lane::PosInf => "inf",
        Lane::NegInf => "-inf",
        Lane::Nan => "nan",
        Lane::Text => "text",
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
            Pick::Texts { first, last } => {
                let mut text = String::new();
                escape(first, &mut text);
                // How long the first one is says where the last one begins.
                out.push_str(&format!("b{}:{text}", text.len()));
                escape(last, out);
            }
            Pick::Lane(lane) => {
                out.push('l');
                out.push_str(lane_word(*lane));
            }
            Pick::Area(area) => {
                let word = |is_log: bool| if is_log { 'g' } else { 'n' };
                out.extend(['a', word(area.is_log.0), word(area.is_log.1)]);
                for (x, y) in &area.corners {
                    out.push_str(&format!("{x}:{y}:"));
                }
                push_column(&area.y, out);
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
            'b' => {
                let (n, texts) = rest.split_once(':')?;
                let (first, last) = texts.split_at_checked(n.parse().ok()?)?;
                Some(Pick::Texts { first: unescape(first), last: unescape(last) })
            }
            'l' => Lane::ALL.into_iter().find(|lane| lane_word(*lane) == rest).map(Pick::Lane),
            'a' => area(rest).map(Pick::Area),
            _ => None,
        }
    };
    Some(Brush { column, picks: parts.filter_map(pick).collect() })
}

/// `ng1:2:3:4:5:6:COLUMN`: whether x and y are logarithmic, the corners, and the column of y, which begins with a
/// letter or `=`.
fn area(text: &str) -> Option<Area> {
    let mut words = text.chars();
    let mut is_log = || words.next().map(|word| word == 'g');
    let is_log = (is_log()?, is_log()?);
    let mut rest = words.as_str();
    let mut numbers: Vec<f64> = Vec::new();
    while let Some((number, after)) = rest.split_once(':')
        && let Ok(number) = number.parse()
    {
        numbers.push(number);
        rest = after;
    }
    let corners = numbers.chunks_exact(2).map(|corner| (corner[0], corner[1])).collect();
    Some(Area { y: ColumnKey::parse(&unescape(rest))?, is_log, corners })
}

/// `COLUMN!i1:2!tTEXT!lnan!ann0:0:1:0:1:1:COLUMN~…`
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

/// `COLUMN~COLUMN`.
pub fn keys_text(keys: &[ColumnKey]) -> String {
    let texts: Vec<String> = keys.iter().map(ToString::to_string).collect();
    join(texts.iter().map(String::as_str), ITEM)
}

/// The opposite of [`keys_text`].
pub fn keys(text: &str) -> Vec<ColumnKey> {
    split(text, ITEM).iter().filter_map(|text| ColumnKey::parse(text)).collect()
}

/// Behind a column: the largest is first.
const DESCENDING: &str = "!desc";

/// `COLUMN` or `COLUMN!desc`.
pub fn sort_text(sort: &Sort) -> String {
    let mut out = String::new();
    push_column(&sort.column, &mut out);
    if sort.direction == Direction::Descending {
        out.push_str(DESCENDING);
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
        match column.format {
            None => {}
            Some(NumberFormat::Decimals(n)) => out.push_str(&format!("!d{n}")),
            Some(NumberFormat::Scientific(n)) => out.push_str(&format!("!e{n}")),
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
            format: words.iter().find_map(|word| {
                let n = word.get(1..)?.parse().ok().filter(|n| *n <= NumberFormat::MAX_DECIMALS)?;
                match word.get(..1)? {
                    "d" => Some(NumberFormat::Decimals(n)),
                    "e" => Some(NumberFormat::Scientific(n)),
                    _ => None,
                }
            }),
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

const PANELS: [(Panel, &str); 8] = [
    (Panel::Pareto, "pareto"),
    (Panel::Ranking, "ranking"),
    (Panel::Importance, "importance"),
    (Panel::History, "history"),
    (Panel::Scatter, "scatter"),
    (Panel::Groups, "groups"),
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

/// `xAXIS~yAXIS~cCOLUMN~sCOLUMN~fCOLUMN~hCOLUMN`, each where it is chosen, and nothing for a plot that nobody changed.
pub fn scatter_text(scatter: &ScatterView) -> String {
    let axis = |word: char, axis: &Option<AxisView>| {
        axis.as_ref().map(|axis| format!("{word}{}", axes_text(std::slice::from_ref(axis))))
    };
    let column = |word: char, column: &Option<ColumnKey>| {
        column.as_ref().map(|column| {
            let mut out = word.to_string();
            push_column(column, &mut out);
            out
        })
    };
    let items = [
        axis('x', &scatter.x),
        axis('y', &scatter.y),
        column('c', &scatter.colour),
        column('s', &scatter.size),
        column('f', &scatter.facet),
        column('h', &scatter.heat),
    ];
    items.into_iter().flatten().collect::<Vec<_>>().join(&ITEM.to_string())
}

/// The opposite of [`scatter_text`].
pub fn scatter(text: &str) -> ScatterView {
    let items = split_raw(text, ITEM);
    let item = |word: char| items.iter().find_map(|item| item.strip_prefix(word));
    let axis = |word: char| axes(item(word)?).into_iter().next();
    let column = |word: char| ColumnKey::parse(&unescape(item(word)?));
    ScatterView {
        x: axis('x'),
        y: axis('y'),
        colour: column('c'),
        size: column('s'),
        facet: column('f'),
        heat: column('h'),
    }
}

const CURVE_XS: [(CurveX, &str); 3] =
    [(CurveX::Step, "step"), (CurveX::RelativeTime, "relative"), (CurveX::WallTime, "wall")];
const SMOOTHINGS: [(Smoothing, &str); 3] =
    [(Smoothing::Exponential, "s"), (Smoothing::Gaussian, "sg"), (Smoothing::RunningMean, "sr")];
const CENTRES: [(BandCentre, &str); 3] =
    [(BandCentre::Mean, "m"), (BandCentre::Median, "d"), (BandCentre::Each, "e")];
const SPREADS: [(BandSpread, &str); 4] = [
    (BandSpread::Range, "r"),
    (BandSpread::StandardDeviation, "s"),
    (BandSpread::Quartiles, "q"),
    (BandSpread::None, "n"),
];

const LOG_X: &str = "logx";
const LOG_Y: &str = "logy";
const CLIPPED: &str = "clip";

/// `relative~logy~clip~s60~bmrCOLUMN~mMETRIC~…`: along what (`xMETRIC` for a metric), logarithmic axes, without outliers,
/// smoothing (`sg` and `sr` for the others), groups with their line and band, metrics.
pub fn curves_text(curves: &CurvesView) -> String {
    let mut out = String::new();
    if let CurveX::Metric(metric) = &curves.x {
        out.push('x');
        escape(metric, &mut out);
    } else {
        out.push_str(word_of(&CURVE_XS, &curves.x));
    }
    let flags = [(curves.is_log_x, LOG_X), (curves.is_log_y, LOG_Y), (curves.is_clipped, CLIPPED)];
    for (_, word) in flags.iter().filter(|(is_on, _)| *is_on) {
        out.push(ITEM);
        out.push_str(word);
    }
    // Another way of smoothing is kept even while it smooths nothing.
    if curves.smoothing_amount > 0 || curves.smoothing != Smoothing::default() {
        out.push_str(&format!("~{}{}", word_of(&SMOOTHINGS, &curves.smoothing), curves.smoothing_amount));
    }
    if let Some(CurveBands { column, centre, spread }) = &curves.bands {
        out.push_str(&format!("~b{}{}", word_of(&CENTRES, centre), word_of(&SPREADS, spread)));
        escape(&column.to_string(), &mut out);
    }
    for metric in &curves.metrics {
        out.push_str("~m");
        escape(metric, &mut out);
    }
    out
}

const MODEL_COLUMNS: [(ModelColumn, &str); 3] =
    [(ModelColumn::Name, "name"), (ModelColumn::Latest, "latest"), (ModelColumn::Changed, "changed")];

/// `-changed`: the column, after a minus where the largest is first.
pub fn model_sort_text(sort: ModelSort) -> String {
    let minus = if sort.direction == Direction::Descending { "-" } else { "" };
    format!("{minus}{}", word_of(&MODEL_COLUMNS, &sort.column))
}

/// The opposite of [`model_sort_text`].
pub fn model_sort(text: &str) -> Option<ModelSort> {
    let (direction, word) = match text.strip_prefix('-') {
        Some(word) => (Direction::Descending, word),
        None => (Direction::Ascending, text),
    };
    let (column, _) = MODEL_COLUMNS.iter().find(|(_, other)| *other == word)?;
    Some(ModelSort { column: *column, direction })
}

/// No column of a run begins with it.
const OF_VERSION: &str = "version.";
const VERSION_COLUMNS: [(VersionColumn, &str); 5] = [
    (VersionColumn::Number, "number"),
    (VersionColumn::Stage, "stage"),
    (VersionColumn::Aliases, "aliases"),
    (VersionColumn::Registered, "registered"),
    (VersionColumn::Changed, "changed"),
];

/// `version.stage!desc`, or a column of the run as in [`sort_text`].
pub fn version_sort_text(sort: &VersionSort) -> String {
    let mut out = String::new();
    match &sort.column {
        VersionColumn::OfRun(column) => push_column(column, &mut out),
        own => {
            out.push_str(OF_VERSION);
            out.push_str(word_of(&VERSION_COLUMNS, own));
        }
    }
    if sort.direction == Direction::Descending {
        out.push_str(DESCENDING);
    }
    out
}

/// The opposite of [`version_sort_text`].
pub fn version_sort(text: &str) -> Option<VersionSort> {
    let own = |word: &str| VERSION_COLUMNS.iter().find(|(_, other)| *other == word);
    let Some(words) = text.strip_prefix(OF_VERSION) else {
        return sort(text).map(|Sort { column, direction }| VersionSort {
            column: VersionColumn::OfRun(column),
            direction,
        });
    };
    let (word, direction) = match words.strip_suffix(DESCENDING) {
        Some(word) => (word, Direction::Descending),
        None => (words, Direction::Ascending),
    };
    own(word).map(|(column, _)| VersionSort { column: column.clone(), direction })
}

/// `xCOLUMN~yCOLUMN~logx~logy`, each where it is chosen; a column begins with a letter or `=`.
pub fn front_text(front: &FrontView) -> String {
    let column = |word: char, column: &Option<ColumnKey>| {
        column.as_ref().map(|column| {
            let mut out = word.to_string();
            push_column(column, &mut out);
            out
        })
    };
    let word = |is: bool, word: &str| is.then(|| word.to_owned());
    let items = [
        column('x', &front.x),
        column('y', &front.y),
        word(front.is_log_x, LOG_X),
        word(front.is_log_y, LOG_Y),
    ];
    items.into_iter().flatten().collect::<Vec<_>>().join(&ITEM.to_string())
}

/// The opposite of [`front_text`].
pub fn front(text: &str) -> FrontView {
    let items = split_raw(text, ITEM);
    let column =
        |word: char| items.iter().find_map(|item| ColumnKey::parse(&unescape(item.strip_prefix(word)?)));
    FrontView {
        x: column('x'),
        y: column('y'),
        is_log_x: items.contains(&LOG_X),
        is_log_y: items.contains(&LOG_Y),
    }
}

/// `params~correlations~dots~ranked~facets~g20`: what panels show beyond what they do by themselves.
pub fn more_text(more: &MoreView) -> String {
    let words = [
        (more.has_all_params, "params"),
        (more.has_all_correlations, "correlations"),
        (more.has_all_dots, "dots"),
        (more.has_all_ranked, "ranked"),
        (more.has_all_facets, "facets"),
    ];
    let words = words.into_iter().filter(|(is, _)| *is).map(|(_, word)| word.to_owned());
    let groups = more.n_groups.map(|n| format!("g{n}"));
    words.chain(groups).collect::<Vec<_>>().join(&ITEM.to_string())
}

/// The opposite of [`more_text`].
pub fn more(text: &str) -> MoreView {
    let items = split_raw(text, ITEM);
    let n_groups = items.iter().find_map(|item| item.strip_prefix('g')?.parse().ok());
    MoreView {
        has_all_params: items.contains(&"params"),
        has_all_correlations: items.contains(&"correlations"),
        has_all_dots: items.contains(&"dots"),
        has_all_ranked: items.contains(&"ranked"),
        has_all_facets: items.contains(&"facets"),
        n_groups: n_groups.filter(|n| (1..=MoreView::MAX_GROUPS).contains(n)),
    }
}

const GROUP_CENTRES: [(GroupCentre, &str); 4] = [
    (GroupCentre::Mean, "mean"),
    (GroupCentre::Median, "median"),
    (GroupCentre::Minimum, "minimum"),
    (GroupCentre::Maximum, "maximum"),
];

/// `median~sq~all~mCOLUMN~o1a2b3c4d~…`: what stands for a group, how far it spreads, whether all are open, what the charts
/// measure, and which groups are otherwise.
pub fn group_view_text(groups: &GroupsView) -> String {
    let mut items = vec![word_of(&GROUP_CENTRES, &groups.centre).to_owned()];
    items.push(format!("s{}", word_of(&SPREADS, &groups.spread)));
    items.extend(groups.are_all_open.then(|| "all".to_owned()));
    if let Some(column) = &groups.measure {
        let mut item = "m".to_owned();
        push_column(column, &mut item);
        items.push(item);
    }
    items.extend(groups.exceptions.iter().map(|id| format!("o{id:x}")));
    items.join(&ITEM.to_string())
}

/// The opposite of [`group_view_text`].
pub fn group_view(text: &str) -> GroupsView {
    let items = split_raw(text, ITEM);
    let is_word = |word: &str| items.contains(&word);
    let usual = GroupsView::default();
    let spread =
        SPREADS.iter().find(|(_, letter)| items.iter().any(|item| item.strip_prefix('s') == Some(letter)));
    let id = |item: &&str| u32::from_str_radix(item.strip_prefix('o')?, 16).ok();
    GroupsView {
        measure: items.iter().find_map(|item| ColumnKey::parse(&unescape(item.strip_prefix('m')?))),
        centre: GROUP_CENTRES
            .iter()
            .find(|(_, word)| is_word(word))
            .map_or(usual.centre, |(centre, _)| *centre),
        spread: spread.map_or(usual.spread, |(spread, _)| *spread),
        are_all_open: is_word("all"),
        exceptions: items.iter().filter_map(id).collect(),
    }
}

const RUNS_AS_ROWS: &str = "rows";
const ENVIRONMENTS: &str = "environment";

/// `rows~environment~t0.5`: whether runs are rows, whether environments are compared, the tolerance in percent.
pub fn differences_text(differences: &DifferencesView) -> String {
    let mut parts = Vec::new();
    if differences.are_runs_rows {
        parts.push(RUNS_AS_ROWS.to_owned());
    }
    if differences.has_environments {
        parts.push(ENVIRONMENTS.to_owned());
    }
    if differences.tolerance_percent > 0.0 {
        parts.push(format!("t{}", differences.tolerance_percent));
    }
    parts.join("~")
}

/// The opposite of [`differences_text`].
pub fn differences(text: &str) -> DifferencesView {
    let parts = split_raw(text, ITEM);
    let tolerance = parts.iter().find_map(|part| part.strip_prefix('t')?.parse::<f64>().ok());
    DifferencesView {
        tolerance_percent: tolerance
            .filter(|percent| *percent > 0.0 && percent.is_finite())
            .unwrap_or_default(),
        are_runs_rows: parts.contains(&RUNS_AS_ROWS),
        has_environments: parts.contains(&ENVIRONMENTS),
    }
}

/// The word for a choice; the first one's where there is none.
fn word_of<T: PartialEq>(words: &[(T, &'static str)], choice: &T) -> &'static str {
    words.iter().find(|(other, _)| other == choice).or(words.first()).map_or("", |(_, word)| word)
}

/// The opposite of [`curves_text`].
pub fn curves(text: &str) -> CurvesView {
    let parts = split_raw(text, ITEM);
    let x = || CURVE_XS.iter().find(|(_, word)| parts.contains(word)).map(|(x, _)| x.clone());
    let x_metric =
        parts.iter().find_map(|part| part.strip_prefix('x')).map(|metric| CurveX::Metric(unescape(metric)));
    let amount =
        |part: &str, word: &str| part.strip_prefix(word)?.parse::<u8>().ok().filter(|amount| *amount < 100);
    let smoothing = parts.iter().find_map(|part| {
        SMOOTHINGS.iter().find_map(|(smoothing, word)| Some((*smoothing, amount(part, word)?)))
    });
    let (smoothing, smoothing_amount) = smoothing.unwrap_or_default();
    let bands = parts.iter().find_map(|part| {
        let part = part.strip_prefix('b')?;
        let centre = CENTRES.iter().find_map(|(centre, word)| Some((*centre, part.strip_prefix(word)?)));
        let (centre, part) = centre?;
        let spread = SPREADS.iter().find_map(|(spread, word)| Some((*spread, part.strip_prefix(word)?)));
        let (spread, column) = spread?;
        Some(CurveBands { column: ColumnKey::parse(&unescape(column))?, centre, spread })
    });
    CurvesView {
        x: x_metric.or_else(x).unwrap_or_default(),
        is_log_x: parts.contains(&LOG_X),
        is_log_y: parts.contains(&LOG_Y),
        is_clipped: parts.contains(&CLIPPED),
        smoothing,
        smoothing_amount,
        bands,
        metrics: parts.iter().filter_map(|part| part.strip_prefix('m')).map(unescape).collect(),
    }
}
