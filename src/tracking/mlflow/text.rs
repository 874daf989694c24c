//! Servers' texts made fit for a sentence: without markup, control characters and endless length.

/// Longest sentence taken over from a server's error, in chars.
pub(super) const MESSAGE_CHARS: usize = 400;
/// Longest piece of a body in no known format, in chars.
pub(super) const EXCERPT_CHARS: usize = 200;

/// How much of a body is looked at for a message, in bytes: error texts of megabytes occur.
const LOOKED_AT_BYTES: usize = 20_000;

/// The beginning of a body as text.
pub(super) fn beginning(body: &[u8]) -> String {
    String::from_utf8_lossy(&body[..body.len().min(LOOKED_AT_BYTES)]).into_owned()
}

/// On one line, without characters that hide or turn text, at most `max_chars` long.
pub(super) fn readable(text: &str, max_chars: usize) -> String {
    let mut line = String::new();
    let mut n_chars = 0;
    let mut is_gap = false;
    for c in text.chars() {
        if c.is_whitespace() || c.is_control() {
            is_gap = n_chars > 0;
            continue;
        }
        // Direction overrides and zero-width characters could make a message read as another.
        if matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
        {
            continue;
        }
        if n_chars + usize::from(is_gap) >= max_chars {
            line.push('…');
            return line;
        }
        if is_gap {
            line.push(' ');
            n_chars += 1;
            is_gap = false;
        }
        line.push(c);
        n_chars += 1;
    }
    line
}

/// The words of an HTML page's beginning, or of plain text.
pub(super) fn excerpt(body: &[u8]) -> String {
    let text = beginning(body);
    if !is_html(body) {
        return readable(&text, EXCERPT_CHARS);
    }
    let mut words = String::new();
    let mut rest = text.as_str();
    while let Some(start) = rest.find('<') {
        words.push_str(&rest[..start]);
        // A tag ends a word.
        words.push(' ');
        rest = &rest[start..];
        // Scripts and styles are no words for people: go on at their end.
        for (open, close) in [("<script", "</script"), ("<style", "</style")] {
            if starts_with(rest, open) {
                rest = find_ignoring_case(rest, close).map_or("", |end| &rest[end..]);
            }
        }
        rest = rest.find('>').map_or("", |end| &rest[end + 1..]);
    }
    words.push_str(rest);
    readable(&words, EXCERPT_CHARS)
}

/// Whether a body is markup. The content type does not tell: `/version` is plain text sent as `text/html`.
pub(super) fn is_html(body: &[u8]) -> bool {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'<')
}

/// Whether an HTML page asks for a password or offers to sign in.
pub(super) fn is_login_page(body: &[u8]) -> bool {
    let text = beginning(body).to_ascii_lowercase();
    ["password", "log in", "login", "sign in", "signin", "single sign", "oauth", "saml"]
        .iter()
        .any(|word| text.contains(word))
}

fn starts_with(text: &str, ascii: &str) -> bool {
    text.as_bytes().get(..ascii.len()).is_some_and(|start| start.eq_ignore_ascii_case(ascii.as_bytes()))
}

fn find_ignoring_case(text: &str, ascii: &str) -> Option<usize> {
    text.as_bytes().windows(ascii.len()).position(|window| window.eq_ignore_ascii_case(ascii.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_cut_and_cleaned() {
        assert_eq!(readable("  a\n\t b\u{202e}c\0d ", 100), "a bc d");
        assert_eq!(readable("abcdef", 3), "abc…");
        assert_eq!(readable("abc", 3), "abc");
        assert_eq!(readable(&"x".repeat(10_000), MESSAGE_CHARS).chars().count(), MESSAGE_CHARS + 1);
    }

    #[test]
    fn markup_is_left_out() {
        let page = b"<!doctype html>\n<title>404 Not Found</title><SCRIPT>alert(1)</SCRIPT ><p>It is <b>gone</b>.<img";
        assert_eq!(excerpt(page), "404 Not Found It is gone .");
        assert_eq!(excerpt(b"plain <text>"), "plain <text>");
        assert!(is_html(b"\xef\xbb\xbf \n<html>"));
        assert!(!is_html(b"3.17.2"));
    }
}
