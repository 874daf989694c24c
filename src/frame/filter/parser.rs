//! Reads tokens as a filter.

use super::FilterError;
use super::lexer::{Kind, Token, lex};
use super::syntax::{Comparison, Expr, Operand, Pattern, State, Test};
use crate::entities::{Attribute, ColumnKey, instant};

/// Deeper nesting is refused, so that no text can exhaust the stack.
const MAX_DEPTH: usize = 64;

pub(super) fn parse(text: &str) -> Result<Option<Expr>, FilterError> {
    let mut parser = Parser { tokens: lex(text)?, at: 0, depth: 0, end: text.chars().count() };
    if parser.tokens.is_empty() {
        return Ok(None);
    }
    let expr = parser.or()?;
    match parser.peek() {
        None => Ok(Some(expr)),
        // Only a closing parenthesis or a comma ends an expression early.
        Some(token) => {
            Err(error(token, "This closes or separates nothing: `and`, `or` or the end was expected."))
        }
    }
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
    end: usize,
}

fn error(token: &Token, message: impl Into<String>) -> FilterError {
    FilterError { start: token.start, end: token.end, message: message.into() }
}

fn is_word(token: &Token, word: &str) -> bool {
    matches!(&token.kind, Kind::Word { text, quoted_key: None } if text.eq_ignore_ascii_case(word))
}

fn is_any_word(token: &Token, words: &[&str]) -> bool {
    words.iter().any(|word| is_word(token, word))
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn peek_is(&self, word: &str) -> bool {
        self.peek().is_some_and(|token| is_word(token, word))
    }

    fn take(&mut self, expected: &str) -> Result<Token, FilterError> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token.ok_or_else(|| FilterError {
            start: self.end,
            end: self.end,
            message: format!("The filter ends too early: {expected} was expected."),
        })
    }

    fn or(&mut self) -> Result<Expr, FilterError> {
        let first = self.and()?;
        let mut parts = vec![first];
        while self.peek_is("or") {
            self.at += 1;
            parts.push(self.and()?);
        }
        Ok(one_or(parts, Expr::Or))
    }

    fn and(&mut self) -> Result<Expr, FilterError> {
        let first = self.unary()?;
        let mut parts = vec![first];
        loop {
            if self.peek_is("and") {
                self.at += 1;
            } else if self.peek_is("or")
                || self.peek().is_none_or(|token| matches!(token.kind, Kind::Close | Kind::Comma))
            {
                return Ok(one_or(parts, Expr::And));
            }
            parts.push(self.unary()?);
        }
    }

    fn unary(&mut self) -> Result<Expr, FilterError> {
        let token = self.take("a word or a comparison")?;
        if is_word(&token, "not") {
            self.deeper(&token)?;
            let inner = self.unary()?;
            self.depth -= 1;
            return Ok(Expr::Not(Box::new(inner)));
        }
        match &token.kind {
            Kind::Open => {
                self.deeper(&token)?;
                let inner = self.or()?;
                self.depth -= 1;
                let close = self.take("a closing parenthesis")?;
                if close.kind != Kind::Close {
                    return Err(error(&close, "A closing parenthesis was expected here."));
                }
                Ok(inner)
            }
            Kind::Quoted(text) => {
                if let Some(operator) = self.peek().filter(|next| matches!(next.kind, Kind::Operator(_))) {
                    let message = "Before this operator a column was expected, such as duration or \
                                   metrics.`my key`, but there is a quoted text.";
                    return Err(error(operator, message));
                }
                Ok(Expr::Words(text.clone()))
            }
            Kind::Word { text, quoted_key } => self.word(&token, text, quoted_key.as_deref()),
            Kind::Operator(sign) => {
                Err(error(&token, format!("Before `{sign}` a column was expected, such as metrics.rmse.")))
            }
            Kind::Close => Err(error(&token, "Before this parenthesis a word or a comparison was expected.")),
            Kind::Comma => {
                Err(error(&token, "A comma separates values of `in (…)`; here a word was expected."))
            }
            Kind::Regex(_) => Err(error(&token, "A regular expression was not expected here.")),
        }
    }

    fn deeper(&mut self, token: &Token) -> Result<(), FilterError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            let message = format!("This is nested too deeply: at most {MAX_DEPTH} levels were expected.");
            return Err(error(token, message));
        }
        Ok(())
    }

    fn word(&mut self, token: &Token, text: &str, quoted_key: Option<&str>) -> Result<Expr, FilterError> {
        if is_any_word(token, &["and", "or"]) {
            return Err(error(token, format!("Before `{text}` a word or a comparison was expected.")));
        }
        let is_tested = self.is_at_test();
        let has_operator = self.peek().is_some_and(|next| matches!(next.kind, Kind::Operator(_)));
        match column(text, quoted_key) {
            Named::Column(column) if is_tested => self.test(column),
            // A bare attribute's name is also a word, `status` for one.
            Named::Column(ColumnKey::Attribute(_)) if quoted_key.is_none() && !text.contains('.') => {
                Ok(Expr::Words(text.to_owned()))
            }
            Named::Column(_) => {
                let message = "After this column a comparison was expected, such as `> 0.5` or `is missing`. \
                               Quote it to search for the words.";
                Err(error(token, message))
            }
            Named::NoKey => Err(error(token, format!("After `{text}` the key of a column was expected."))),
            // As in expressions: the name of a metric by itself.
            Named::Nothing if has_operator && quoted_key.is_none() && !text.contains('.') => {
                self.test(ColumnKey::Metric(text.to_owned()))
            }
            Named::Nothing if has_operator || quoted_key.is_some() => {
                let names: Vec<&str> = Attribute::ALL.iter().map(|attribute| attribute.as_str()).collect();
                let message = format!(
                    "`{text}` names no column: metrics.KEY, params.KEY, tags.KEY, derived.`EXPRESSION` or one of {} was expected.",
                    names.join(", ")
                );
                Err(error(token, message))
            }
            Named::Nothing => Ok(Expr::Words(text.to_owned())),
        }
    }

    fn is_at_test(&self) -> bool {
        const WORDS: [&str; 4] = ["in", "like", "ilike", "contains"];
        let Some(token) = self.peek() else { return false };
        let is_negated = || self.tokens.get(self.at + 1).is_some_and(|next| is_any_word(next, &WORDS));
        matches!(token.kind, Kind::Operator(_))
            || is_any_word(token, &WORDS)
            || is_word(token, "is")
            || (is_word(token, "not") && is_negated())
    }

    fn test(&mut self, column: ColumnKey) -> Result<Expr, FilterError> {
        let mut token = self.take("an operator")?;
        let mut is_negated = is_word(&token, "not");
        if is_negated {
            token = self.take("an operator")?;
        }
        let test = match &token.kind {
            Kind::Operator(sign @ ("~" | "!~")) => {
                is_negated = *sign == "!~";
                Test::Matches(self.pattern()?)
            }
            Kind::Operator(sign) => {
                let comparison = match *sign {
                    "=" => Comparison::Eq,
                    "!=" => Comparison::Ne,
                    "<" => Comparison::Lt,
                    "<=" => Comparison::Le,
                    ">" => Comparison::Gt,
                    _ => Comparison::Ge,
                };
                Test::Compare(comparison, self.operand(&column)?)
            }
            _ if is_word(&token, "in") => Test::In(self.list(&column)?),
            _ if is_word(&token, "contains") => Test::Contains(self.text()?),
            _ if is_word(&token, "is") => {
                is_negated = self.peek_is("not");
                self.at += usize::from(is_negated);
                Test::Is(self.state()?)
            }
            _ => Test::Like { is_case_sensitive: is_word(&token, "like"), pattern: self.text()? },
        };
        Ok(Expr::On { column, test, is_negated })
    }

    fn state(&mut self) -> Result<State, FilterError> {
        const STATES: [(&str, State); 7] = [
            ("missing", State::Missing),
            ("null", State::Missing),
            ("empty", State::Empty),
            ("nan", State::Nan),
            ("inf", State::Inf),
            ("+inf", State::PosInf),
            ("-inf", State::NegInf),
        ];
        let expected = "missing, empty, nan, inf, +inf or -inf";
        let token = self.take(expected)?;
        STATES
            .into_iter()
            .find(|(word, _)| is_word(&token, word))
            .map(|(_, state)| state)
            .ok_or_else(|| error(&token, format!("After `is` one of {expected} was expected.")))
    }

    fn list(&mut self, column: &ColumnKey) -> Result<Vec<Operand>, FilterError> {
        let open = self.take("an opening parenthesis")?;
        if open.kind != Kind::Open {
            return Err(error(&open, "After `in` values in parentheses were expected, such as (1, 2)."));
        }
        let mut operands = Vec::new();
        loop {
            operands.push(self.operand(column)?);
            let next = self.take("a comma or a closing parenthesis")?;
            match next.kind {
                Kind::Close => return Ok(operands),
                Kind::Comma => {}
                _ => return Err(error(&next, "A comma or a closing parenthesis was expected here.")),
            }
        }
    }

    /// The next value, whether it was quoted, and its token.
    fn literal(&mut self, expected: &str) -> Result<(String, bool, Token), FilterError> {
        let token = self.take(expected)?;
        let is_keyword = is_any_word(&token, &["and", "or", "not"]);
        match &token.kind {
            Kind::Quoted(text) => Ok((text.clone(), true, token)),
            Kind::Word { text, quoted_key: None } if !is_keyword => Ok((text.clone(), false, token)),
            _ => Err(error(&token, format!("Here {expected} was expected."))),
        }
    }

    fn text(&mut self) -> Result<String, FilterError> {
        self.literal("a text").map(|(text, _, _)| text)
    }

    fn pattern(&mut self) -> Result<Pattern, FilterError> {
        let expected = "a regular expression, such as /^a.*z$/";
        let (written, token) = match self.peek().cloned() {
            Some(Token { kind: Kind::Regex(source), start, end }) => {
                self.at += 1;
                (source.clone(), Token { kind: Kind::Regex(source), start, end })
            }
            _ => self.literal(expected).map(|(text, _, token)| (text, token))?,
        };
        let source = without_escaped_slashes(&written);
        match regex_lite::Regex::new(&source) {
            Ok(regex) => Ok(Pattern { source, regex }),
            Err(problem) => Err(error(&token, format!("Here {expected} was expected: {problem}."))),
        }
    }

    fn operand(&mut self, column: &ColumnKey) -> Result<Operand, FilterError> {
        let expected = match column {
            ColumnKey::Metric(_) | ColumnKey::Derived(_) => {
                "a number (for others write `is nan` or `is inf`)"
            }
            ColumnKey::Attribute(Attribute::Duration) => "a duration, such as 1.5s, 200ms, 2m or 1h",
            ColumnKey::Attribute(Attribute::ModelSize) => "a size, such as 500, 70kB or 1.5MB",
            ColumnKey::Attribute(Attribute::StartTime | Attribute::EndTime) => {
                "a date in quotes, such as '2026-11-23' or '2026-11-23 10:00', or milliseconds"
            }
            _ => "a number or a text",
        };
        let (text, is_quoted, token) = self.literal(expected)?;
        let operand = match column {
            ColumnKey::Metric(_) | ColumnKey::Derived(_) => number(&text).map(Operand::Number),
            ColumnKey::Attribute(Attribute::Duration) => {
                quantity(&text, &DURATIONS, 1e3).map(Operand::Number)
            }
            ColumnKey::Attribute(Attribute::ModelSize) => quantity(&text, &SIZES, 1.0).map(Operand::Number),
            ColumnKey::Attribute(Attribute::StartTime | Attribute::EndTime) => {
                number(&text).map(Operand::Number).or_else(|| period(text))
            }
            ColumnKey::Attribute(_) => Some(Operand::Text(text)),
            ColumnKey::Param(_) | ColumnKey::Tag(_) => Some(match number(&text) {
                Some(number) if !is_quoted => Operand::Number(number),
                _ => Operand::Text(text),
            }),
        };
        operand.ok_or_else(|| error(&token, format!("Here {expected} was expected.")))
    }
}

fn one_or(mut parts: Vec<Expr>, join: impl Fn(Vec<Expr>) -> Expr) -> Expr {
    match (parts.pop(), parts.is_empty()) {
        (Some(only), true) => only,
        (last, _) => {
            parts.extend(last);
            join(parts)
        }
    }
}

/// What a name in a filter or an expression means.
pub(in crate::frame) enum Named {
    /// This column.
    Column(ColumnKey),
    /// A kind of columns, without a key.
    NoKey,
    /// No column.
    Nothing,
}

/// The column of a name as [`super::lexer`] cuts it out: what stands in quotes behind the last dot is apart.
pub(in crate::frame) fn column(text: &str, quoted_key: Option<&str>) -> Named {
    let Some((room, rest)) = text.split_once('.') else {
        return attribute(text).map_or(Named::Nothing, |found| Named::Column(ColumnKey::Attribute(found)));
    };
    let key = match quoted_key {
        Some(quoted) => format!("{rest}{quoted}"),
        None => rest.to_owned(),
    };
    let make: fn(String) -> ColumnKey = match room.to_ascii_lowercase().as_str() {
        "metrics" | "metric" => ColumnKey::Metric,
        "params" | "param" | "parameters" | "parameter" => ColumnKey::Param,
        "tags" | "tag" => ColumnKey::Tag,
        "derived" => ColumnKey::Derived,
        "attributes" | "attribute" | "attr" | "run" => {
            return attribute(&key)
                .map_or(Named::Nothing, |found| Named::Column(ColumnKey::Attribute(found)));
        }
        _ => return Named::Nothing,
    };
    if key.is_empty() && quoted_key.is_none() { Named::NoKey } else { Named::Column(make(key)) }
}

fn attribute(name: &str) -> Option<Attribute> {
    match name.to_ascii_lowercase().as_str() {
        "name" | "run name" => Some(Attribute::RunName),
        "user" => Some(Attribute::User),
        "id" => Some(Attribute::RunId),
        "created" => Some(Attribute::StartTime),
        other => Attribute::from_name(other),
    }
}

/// A finite number. The words that Rust also reads, `nan` and `inf`, are texts here.
pub(in crate::frame) fn number(text: &str) -> Option<f64> {
    text.trim().parse().ok().filter(|number: &f64| number.is_finite())
}

/// Units in milliseconds. A unit that ends like another stands before it.
pub(in crate::frame) const DURATIONS: [(&str, f64); 7] =
    [("ms", 1.0), ("sec", 1e3), ("s", 1e3), ("min", 60e3), ("m", 60e3), ("h", 3600e3), ("d", 86400e3)];

/// Units in bytes. A unit that ends like another stands before it.
pub(in crate::frame) const SIZES: [(&str, f64); 8] = [
    ("kib", 1024.0),
    ("mib", 1_048_576.0),
    ("gib", 1_073_741_824.0),
    ("kb", 1e3),
    ("mb", 1e6),
    ("gb", 1e9),
    ("tb", 1e12),
    ("b", 1.0),
];

/// A finite number with a unit, or `bare` of them without one.
pub(in crate::frame) fn quantity(text: &str, units: &[(&str, f64)], bare: f64) -> Option<f64> {
    let lower = text.trim().to_ascii_lowercase();
    let unit = units.iter().find_map(|(unit, factor)| Some((lower.strip_suffix(unit)?, *factor)));
    let (written, factor) = unit.unwrap_or((&lower, bare));
    number(written).map(|number| number * factor).filter(|number| number.is_finite())
}

fn period(text: String) -> Option<Operand> {
    let (low, meant) = instant::parse_period(&text)?;
    Some(Operand::Period { low, high: low + meant - 1.0, text })
}

// An escaped slash means a slash; written without, the same pattern has one form only.
fn without_escaped_slashes(pattern: &str) -> String {
    let mut source = String::with_capacity(pattern.len());
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match (c, if c == '\\' { chars.next() } else { None }) {
            ('\\', Some('/')) => source.push('/'),
            (_, escaped) => {
                source.push(c);
                source.extend(escaped);
            }
        }
    }
    source
}
