//! Cuts a filter's text into tokens with their places.

use super::FilterError;

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) start: usize,
    pub(super) end: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    /// Anything without a meaning of its own. `quoted_key` is what stood in quotes right after a dot.
    Word {
        text: String,
        quoted_key: Option<String>,
    },
    /// A text in quotes.
    Quoted(String),
    /// A regular expression between slashes.
    Regex(String),
    /// `=`, `!=`, `<`, `<=`, `>`, `>=`, `~` or `!~`.
    Operator(&'static str),
    Open,
    Close,
    Comma,
}

/// Longer ones first, because the first that fits is taken.
const OPERATORS: [(&str, &str); 10] = [
    ("==", "="),
    ("!=", "!="),
    ("<>", "!="),
    ("<=", "<="),
    (">=", ">="),
    ("!~", "!~"),
    ("=", "="),
    ("<", "<"),
    (">", ">"),
    ("~", "~"),
];

pub(super) fn lex(text: &str) -> Result<Vec<Token>, FilterError> {
    let mut lexer = Lexer::new(text);
    let mut tokens: Vec<Token> = Vec::new();
    while let Some(c) = lexer.skip_spaces() {
        let start = lexer.at;
        let wants_regex = matches!(tokens.last(), Some(Token { kind: Kind::Operator("~" | "!~"), .. }));
        let kind = match c {
            '(' => lexer.one(Kind::Open),
            ')' => lexer.one(Kind::Close),
            ',' => lexer.one(Kind::Comma),
            '\'' | '"' | '`' => Kind::Quoted(lexer.quoted(c)?),
            '/' if wants_regex => Kind::Regex(lexer.regex()?),
            _ => match lexer.operator() {
                Some(operator) => Kind::Operator(operator),
                None => lexer.word()?,
            },
        };
        tokens.push(Token { kind, start, end: lexer.at });
    }
    Ok(tokens)
}

/// What reads a text char by char, for the filter and for expressions.
pub(in crate::frame) struct Lexer {
    pub(in crate::frame) chars: Vec<char>,
    pub(in crate::frame) at: usize,
}

impl Lexer {
    pub(in crate::frame) fn new(text: &str) -> Self {
        Self { chars: text.chars().collect(), at: 0 }
    }

    pub(in crate::frame) fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    pub(in crate::frame) fn skip_spaces(&mut self) -> Option<char> {
        while self.peek().is_some_and(char::is_whitespace) {
            self.at += 1;
        }
        self.peek()
    }

    fn one(&mut self, kind: Kind) -> Kind {
        self.at += 1;
        kind
    }

    fn operator_at(&self) -> Option<(&'static str, &'static str)> {
        let rest = &self.chars[self.at..];
        let fits = |written: &str| written.chars().eq(rest.iter().copied().take(written.len()));
        OPERATORS.into_iter().find(|(written, _)| fits(written))
    }

    fn operator(&mut self) -> Option<&'static str> {
        let (written, meaning) = self.operator_at()?;
        self.at += written.len();
        Some(meaning)
    }

    // Within quotes a backslash takes the meaning from a quote or a backslash; before anything else it stands
    // for itself, so that `'\d'` needs no doubling.
    pub(in crate::frame) fn quoted(&mut self, quote: char) -> Result<String, FilterError> {
        let start = self.at;
        self.at += 1;
        let mut text = String::new();
        while let Some(c) = self.peek() {
            self.at += 1;
            match c {
                '\\' if self.peek().is_some_and(|next| next == quote || next == '\\') => {
                    text.extend(self.peek());
                    self.at += 1;
                }
                _ if c == quote => return Ok(text),
                _ => text.push(c),
            }
        }
        Err(FilterError {
            start,
            end: self.at,
            message: format!("This text has no end: a closing {quote} was expected."),
        })
    }

    fn regex(&mut self) -> Result<String, FilterError> {
        let start = self.at;
        self.at += 1;
        let mut source = String::new();
        while let Some(c) = self.peek() {
            self.at += 1;
            match c {
                '/' => {
                    let ignores_case = matches!(self.peek(), Some('i'));
                    if ignores_case {
                        self.at += 1;
                    }
                    if self.peek().is_some_and(char::is_alphanumeric) {
                        let message = "After a regular expression's closing / only an i (ignore case) was \
                                       expected."
                            .to_owned();
                        return Err(FilterError { start: self.at, end: self.at + 1, message });
                    }
                    return Ok(if ignores_case { format!("(?i){source}") } else { source });
                }
                '\\' => {
                    source.push(c);
                    source.extend(self.peek());
                    self.at = (self.at + 1).min(self.chars.len());
                }
                _ => source.push(c),
            }
        }
        let message = "This regular expression has no end: a closing / was expected.".to_owned();
        Err(FilterError { start, end: self.at, message })
    }

    fn word(&mut self) -> Result<Kind, FilterError> {
        let mut text = String::new();
        while let Some(c) = self.peek() {
            let is_key_quote = matches!(c, '`' | '"') && text.ends_with('.');
            if is_key_quote {
                let quoted_key = Some(self.quoted(c)?);
                return Ok(Kind::Word { text, quoted_key });
            }
            // `name like'a%'` is common enough; `don't` is one word.
            let is_quote_after_keyword = matches!(c, '\'' | '"') && is_before_text(&text);
            let is_end = c.is_whitespace() || matches!(c, '(' | ')' | ',');
            if is_end || is_quote_after_keyword || self.operator_at().is_some() {
                break;
            }
            text.push(c);
            self.at += 1;
        }
        Ok(Kind::Word { text, quoted_key: None })
    }
}

fn is_before_text(word: &str) -> bool {
    ["like", "ilike", "contains", "and", "or", "not"].iter().any(|known| word.eq_ignore_ascii_case(known))
}
