//! Reads an expression: tokens, then steps with operands first.

use super::super::filter::parser::{DURATIONS, SIZES, number, quantity};
use super::*;
use crate::view::{Direction, better};

/// Deeper nesting is refused, so that no text can exhaust the stack.
const MAX_DEPTH: usize = 64;
/// More names, numbers and signs are refused, so that no address can keep the engine busy.
const MAX_TOKENS: usize = 256;

struct Token {
    kind: Kind,
    start: usize,
    end: usize,
}

enum Kind {
    Number(f64),
    /// `quoted_key` is what stood in quotes right after a dot.
    Name {
        text: String,
        quoted_key: Option<String>,
    },
    /// A name in quotes.
    Quoted(String),
    /// One of `+ - * / ^ ( ) ,`.
    Sign(char),
}

pub(super) fn parse(text: &str) -> Result<Expression, FilterError> {
    let (text, tokens) = lex(text)?;
    if let Some(token) = tokens.get(MAX_TOKENS) {
        let message =
            format!("This is too long: at most {MAX_TOKENS} names, numbers and signs were expected.");
        return Err(FilterError { start: token.start, end: text.len(), message });
    }
    let mut parser =
        Parser { tokens, at: 0, depth: 0, end: text.len(), steps: Vec::new(), places: Vec::new() };
    parser.sum()?;
    if let Some(token) = parser.tokens.get(parser.at) {
        return Err(token.error("Here a sign such as + or the end was expected."));
    }
    let Parser { steps, places, end, .. } = parser;
    if places.is_empty() {
        let message = "A column was expected in it, such as rmse or params.max_depth.".to_owned();
        return Err(FilterError { start: 0, end, message });
    }
    Ok(Expression { steps, places, text })
}

fn lex(text: &str) -> Result<(Lexed, Vec<Token>), FilterError> {
    let mut lexer = Lexer::new(text);
    let mut tokens = Vec::new();
    while let Some(c) = lexer.skip_spaces() {
        let start = lexer.at;
        let next = lexer.chars.get(start + 1).copied();
        let is_number = c.is_ascii_digit() || (c == '.' && next.is_some_and(|next| next.is_ascii_digit()));
        let kind = if matches!(c, '`' | '"' | '\'') {
            Kind::Quoted(lexer.quoted(c)?)
        } else if is_number {
            number_token(&mut lexer)?
        } else if is_name_char(c) {
            let text = word(&mut lexer);
            let quote = lexer.peek().filter(|c| matches!(c, '`' | '"' | '\'') && text.ends_with('.'));
            let quoted_key = quote.map(|quote| lexer.quoted(quote)).transpose()?;
            Kind::Name { text, quoted_key }
        } else {
            lexer.at += 1;
            Kind::Sign(match c {
                '*' if next == Some('*') => {
                    lexer.at += 1;
                    '^'
                }
                '+' | '-' | '*' | '/' | '^' | '(' | ')' | ',' => c,
                '−' => '-',
                '×' | '·' => '*',
                '÷' => '/',
                _ => {
                    let message =
                        "This sign was not expected: there are + - * / ^ and parentheses. A name with \
                                   other signs stands in `quotes`."
                            .to_owned();
                    return Err(FilterError { start, end: lexer.at, message });
                }
            })
        };
        tokens.push(Token { kind, start, end: lexer.at });
    }
    Ok((lexer.chars, tokens))
}

fn word(lexer: &mut Lexer) -> String {
    let mut text = String::new();
    while let Some(c) = lexer.peek().filter(|c| is_name_char(*c)) {
        text.push(c);
        lexer.at += 1;
    }
    text
}

/// `1e-3`, `.5`, and with the filter's units `200ms` (in seconds) or `70kB` (in bytes).
fn number_token(lexer: &mut Lexer) -> Result<Kind, FilterError> {
    let start = lexer.at;
    let mut text = word(lexer);
    let has_exponent = text.strip_suffix(['e', 'E']).is_some_and(|before| number(before).is_some()) && {
        let digit = lexer.chars.get(lexer.at + 1).is_some_and(char::is_ascii_digit);
        digit && matches!(lexer.peek(), Some('+' | '-'))
    };
    if has_exponent {
        text.extend(lexer.peek());
        lexer.at += 1;
        text.push_str(&word(lexer));
    }
    let seconds = || quantity(&text, &DURATIONS, 1.0).map(|millis| millis / 1e3);
    let found = number(&text).or_else(seconds).or_else(|| quantity(&text, &SIZES, 1.0));
    found.map(Kind::Number).ok_or_else(|| FilterError {
        start,
        end: lexer.at,
        message:
            "Here a number was expected, such as 1e-3, 200ms or 70kB. A name that begins with a digit stands \
                  in `quotes`."
                .to_owned(),
    })
}

impl Token {
    fn error(&self, message: impl Into<String>) -> FilterError {
        FilterError { start: self.start, end: self.end, message: message.into() }
    }
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
    end: usize,
    steps: Vec<Step>,
    places: Vec<(ColumnKey, usize, usize)>,
}

impl Parser {
    /// The next sign if it is one of these, taken.
    fn sign(&mut self, signs: &[char]) -> Option<char> {
        match self.tokens.get(self.at) {
            Some(Token { kind: Kind::Sign(sign), .. }) if signs.contains(sign) => {
                let sign = *sign;
                self.at += 1;
                Some(sign)
            }
            _ => None,
        }
    }

    /// That the next token is not what was expected.
    fn unexpected(&self, expected: &str) -> FilterError {
        match self.tokens.get(self.at) {
            Some(token) => token.error(format!("Here {expected} was expected.")),
            None => FilterError {
                start: self.end,
                end: self.end,
                message: format!("The expression ends too early: {expected} was expected."),
            },
        }
    }

    /// Reads with `read`, one level deeper.
    fn deeper(&mut self, read: fn(&mut Self) -> Result<(), FilterError>) -> Result<(), FilterError> {
        if self.depth == MAX_DEPTH {
            let message = format!("This is nested too deeply: at most {MAX_DEPTH} levels were expected.");
            return Err(self.tokens[self.at - 1].error(message));
        }
        self.depth += 1;
        read(self)?;
        self.depth -= 1;
        Ok(())
    }

    fn sum(&mut self) -> Result<(), FilterError> {
        self.product()?;
        while let Some(sign) = self.sign(&['+', '-']) {
            self.product()?;
            self.steps.push(Step::Binary(sign));
        }
        Ok(())
    }

    fn product(&mut self) -> Result<(), FilterError> {
        self.unary()?;
        while let Some(sign) = self.sign(&['*', '/']) {
            self.unary()?;
            self.steps.push(Step::Binary(sign));
        }
        Ok(())
    }

    fn unary(&mut self) -> Result<(), FilterError> {
        match self.sign(&['+', '-']) {
            Some('-') => {
                self.deeper(Self::unary)?;
                self.steps.push(Step::Negate);
            }
            Some(_) => self.deeper(Self::unary)?,
            None => {
                self.single()?;
                if self.sign(&['^']).is_some() {
                    self.deeper(Self::unary)?;
                    self.steps.push(Step::Binary('^'));
                }
            }
        }
        Ok(())
    }

    fn single(&mut self) -> Result<(), FilterError> {
        const EXPECTED: &str = "a number, a column or a function";
        if self.sign(&['(']).is_some() {
            self.deeper(Self::sum)?;
            return match self.sign(&[')']) {
                Some(_) => Ok(()),
                None => Err(self.unexpected("a closing parenthesis")),
            };
        }
        let Some(token) = self.tokens.get(self.at) else { return Err(self.unexpected(EXPECTED)) };
        let key = match &token.kind {
            Kind::Sign(_) => return Err(self.unexpected(EXPECTED)),
            Kind::Number(number) => {
                self.steps.push(Step::Number(*number));
                self.at += 1;
                return Ok(());
            }
            Kind::Quoted(text) => ColumnKey::Metric(text.clone()),
            Kind::Name { text, quoted_key } => {
                let next = self.tokens.get(self.at + 1);
                if quoted_key.is_none() && next.is_some_and(|next| matches!(next.kind, Kind::Sign('('))) {
                    let name = text.to_ascii_lowercase();
                    return self.call(&name);
                }
                column_of(token, text, quoted_key.as_deref())?
            }
        };
        self.places.push((key.clone(), token.start, token.end));
        self.steps.push(Step::Column(key));
        self.at += 1;
        Ok(())
    }

    /// Reads a call from its name on.
    fn call(&mut self, name: &str) -> Result<(), FilterError> {
        let own = self.at;
        if let Some(step) = self.history(name)? {
            self.steps.push(step);
            return Ok(());
        }
        let Some(function) = FUNCTIONS.iter().position(|(known, _)| *known == name) else {
            let known = FUNCTIONS.map(|(known, _)| known).join(", ");
            let message = format!(
                "`{name}` is no function: there are {known}, and of a metric first, last, mean, best and at."
            );
            return Err(self.tokens[own].error(message));
        };
        self.at += 2;
        let mut n = 0;
        loop {
            self.deeper(Self::sum)?;
            n += 1;
            if self.sign(&[')']).is_some() {
                break;
            }
            if self.sign(&[',']).is_none() {
                return Err(self.unexpected("a comma or a closing parenthesis"));
            }
        }
        let (is_right, takes) = match FUNCTIONS[function].1 {
            Function::One(_) => (n == 1, "one number"),
            Function::Fold(_) => (true, "numbers"),
            Function::IfMissing => (n == 2, "a number and what stands in for it"),
        };
        if !is_right {
            return Err(self.tokens[own].error(format!("`{name}` takes {takes}, not {n}.")));
        }
        // The smallest of one number is that number; written as a call, it would read back as the history's.
        if n > 1 || !matches!(FUNCTIONS[function].1, Function::Fold(_)) {
            self.steps.push(Step::Call { function, n });
        }
        Ok(())
    }
}

impl Parser {
    /// Reads a call of what a metric's history comes to, from its name on; none if it is another call.
    fn history(&mut self, name: &str) -> Result<Option<Step>, FilterError> {
        let own = self.at;
        let known = AGGREGATES.iter().find(|(known, _)| *known == name);
        let is_own = |sign: char, at: usize| matches!(self.tokens.get(at), Some(Token { kind: Kind::Sign(other), .. }) if *other == sign);
        // `min` and `max` calculate as well: of anything but one metric.
        if matches!(name, "min" | "max") && !is_own(')', own + 3) {
            return Ok(None);
        }
        let (word, is_at) = match name {
            "best" => ("best", false),
            "at" => ("at", true),
            _ => match known {
                Some((known, _)) => (*known, false),
                None => return Ok(None),
            },
        };
        let wrong = |parser: &Self| {
            let example =
                if is_at { "a metric and a step, as at(rmse, 100)" } else { "one metric, as first(rmse)" };
            Err(parser.tokens[own].error(format!("`{name}` takes {example}.")))
        };
        let metric = match self.tokens.get(own + 2) {
            Some(Token { kind: Kind::Quoted(text), .. }) => ColumnKey::Metric(text.clone()),
            Some(token @ Token { kind: Kind::Name { text, quoted_key }, .. }) => {
                column_of(token, text, quoted_key.as_deref())?
            }
            // Of a number: what it is.
            _ if matches!(name, "min" | "max") => return Ok(None),
            _ => return wrong(self),
        };
        let ColumnKey::Metric(key) = metric.clone() else {
            return if matches!(name, "min" | "max") { Ok(None) } else { wrong(self) };
        };
        let (step, end) = if is_at {
            let negative = usize::from(is_own('-', own + 4));
            let number = match self.tokens.get(own + 4 + negative) {
                Some(Token { kind: Kind::Number(number), .. }) if is_own(',', own + 3) => *number,
                _ => return wrong(self),
            };
            // A double holds every step up to 2^53.
            if number.fract() != 0.0 || number > 9e15 {
                return wrong(self);
            }
            let step = number as i64;
            (Some(if negative == 1 { -step } else { step }), own + 5 + negative)
        } else {
            (None, own + 3)
        };
        if !is_own(')', end) {
            return wrong(self);
        }
        let aggregate = match (step, known, better(&metric)) {
            (Some(step), ..) => Aggregate::At(step),
            (None, Some((_, aggregate)), _) => *aggregate,
            (None, None, Some(Direction::Ascending)) => Aggregate::Min,
            (None, None, Some(Direction::Descending)) => Aggregate::Max,
            (None, None, None) => {
                let message = format!(
                    "Whether small or large values of `{key}` are better, its name does not say: write min or max instead of best."
                );
                return Err(self.tokens[own].error(message));
            }
        };
        let (start, stop) = (self.tokens[own + 2].start, self.tokens[own + 2].end);
        self.places.push((metric, start, stop));
        self.at = end + 1;
        Ok(Some(Step::History(word, aggregate, key)))
    }
}

fn column_of(token: &Token, text: &str, quoted_key: Option<&str>) -> Result<ColumnKey, FilterError> {
    let why = match column(text, quoted_key) {
        Named::Column(ColumnKey::Derived(_)) => {
            "A derived column cannot be a part of another by name: write its expression in parentheses."
                .to_owned()
        }
        Named::Column(ColumnKey::Attribute(attribute)) if attribute.is_standing() => format!(
            "The {} is worked out from objectives, which may be derived columns, so it cannot be a part of one.",
            attribute.label()
        ),
        Named::Column(ColumnKey::Attribute(attribute)) if !is_number(attribute) => {
            format!("The {} is a text; here numbers were expected.", attribute.label())
        }
        Named::Column(key) => return Ok(key),
        Named::Nothing if quoted_key.is_none() => return Ok(ColumnKey::Metric(text.to_owned())),
        Named::Nothing => {
            format!("`{text}` names no kind of columns: there are metrics., params. and tags.")
        }
        Named::NoKey => format!("After `{text}` the key of a column was expected."),
    };
    Err(token.error(why))
}
