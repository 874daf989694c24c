//! A chart as a picture that stands alone: title and key above the drawing, notes below.

use super::{ChartTheme, Figure, Mark, Series, Shape};
use std::fmt::Write;

const PAD_PX: f64 = 8.0;
const TITLE_PX: f64 = 22.0;
const LINE_PX: f64 = 18.0;
const FONT_PX: f64 = 12.0;
const SWATCH_PX: f64 = 24.0;
/// About how wide a letter is: a picture is laid out without a browser that measures.
const LETTER_PX: f64 = 6.6;
/// Longer names are cut, with the whole as a tooltip.
const MAX_LETTERS: usize = 60;

impl Shape {
    /// Its outline as a path in a field of 24 by 12.
    pub fn outline(self) -> &'static str {
        match self {
            Self::Circle => "M8 6a4 4 0 1 1 8 0a4 4 0 1 1 -8 0",
            Self::Square => "M8 2h8v8h-8z",
            Self::Triangle => "M12 2l4 8h-8z",
            Self::Diamond => "M12 1l5 5l-5 5l-5 -5z",
        }
    }
}

impl Mark {
    /// Whether a key shows a piece of a line for it.
    pub fn has_line(self) -> bool {
        !matches!(self, Self::Dots | Self::Bars)
    }

    /// Whether a key shows a dot for it.
    pub fn has_dot(self) -> bool {
        !matches!(self, Self::Line { has_dots: false })
    }
}

impl Figure {
    /// An SVG of the drawing, itself an SVG of that size, with title, key and notes; and its height in pixels.
    pub fn poster(
        &self,
        title: &str,
        notes: &str,
        drawing: &str,
        (width_px, height_px): (f64, f64),
        theme: &ChartTheme,
    ) -> (String, f64) {
        let mut body = String::new();
        let mut top = PAD_PX;
        let bold = format!("font-weight=\"600\" fill=\"{}\"", escaped(&theme.content));
        let n_letters = ((width_px - 2.0 * PAD_PX) / LETTER_PX) as usize;
        push_text(&mut body, (PAD_PX, top + FONT_PX), title, &bold, n_letters);
        top += TITLE_PX;
        if self.series.len() > 1 {
            let mut left = PAD_PX;
            for series in &self.series {
                let name_px = series.name.chars().count().min(MAX_LETTERS) as f64 * LETTER_PX;
                let item_px = SWATCH_PX + PAD_PX / 2.0 + name_px + 2.0 * PAD_PX;
                if left > PAD_PX && left + item_px > width_px {
                    (left, top) = (PAD_PX, top + LINE_PX);
                }
                series.push_key(&mut body, (left, top), theme);
                left += item_px;
            }
            top += LINE_PX;
        }
        let _ = write!(body, "<g transform=\"translate(0 {top})\">{drawing}</g>");
        top += height_px;
        let plain = format!("fill=\"{}\"", escaped(&theme.secondary));
        for line in wrapped(notes, n_letters) {
            push_text(&mut body, (PAD_PX, top + FONT_PX), &line, &plain, usize::MAX);
            top += LINE_PX;
        }
        top += PAD_PX;
        let (font, surface) = (escaped(&theme.font), escaped(&theme.surface));
        let svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width_px}\" height=\"{top}\" viewBox=\"0 0 {width_px} {top}\" \
             font-family=\"{font}\" font-size=\"{FONT_PX}\"><rect width=\"100%\" height=\"100%\" fill=\"{surface}\"/>{body}</svg>"
        );
        (svg, top)
    }
}

impl Series {
    fn push_key(&self, out: &mut String, (left, top): (f64, f64), theme: &ChartTheme) {
        let colour = escaped(self.colour_text(theme));
        let _ = write!(out, "<g transform=\"translate({left} {top})\">");
        if self.mark.has_line() {
            let dash: Vec<String> = self.look.dash_px().iter().map(f64::to_string).collect();
            let dash = dash.join(" ");
            let _ = write!(
                out,
                "<path d=\"M0 6H24\" stroke=\"{colour}\" stroke-width=\"2\" stroke-dasharray=\"{dash}\"/>"
            );
        }
        if self.mark.has_dot() {
            let _ = write!(out, "<path d=\"{}\" fill=\"{colour}\"/>", self.look.shape().outline());
        }
        let fill = format!("fill=\"{}\"", escaped(&theme.content));
        push_text(out, (SWATCH_PX + PAD_PX / 2.0, FONT_PX - 2.0), &self.name, &fill, MAX_LETTERS);
        out.push_str("</g>");
    }
}

/// A line of text; what is too long is cut and told in full as a tooltip.
fn push_text(out: &mut String, (x, y): (f64, f64), text: &str, style: &str, n_letters: usize) {
    let _ = write!(out, "<text x=\"{x}\" y=\"{y}\" {style}>");
    if text.chars().count() > n_letters {
        let beginning: String = text.chars().take(n_letters.saturating_sub(1)).collect();
        let _ = write!(out, "<title>{}</title>{}…", escaped(text), escaped(&beginning));
    } else {
        out.push_str(&escaped(text));
    }
    out.push_str("</text>");
}

/// The text in lines of so many letters, broken between words.
fn wrapped(text: &str, n_letters: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= n_letters => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// Text that means itself in XML and HTML.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // XML has no other control characters.
            c if c.is_control() && !matches!(c, '\n' | '\t') => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::charts::Look;

    fn theme() -> ChartTheme {
        ChartTheme {
            series: (0..8).map(|n| format!("#{n}")).collect(),
            font: "a \"b\"".to_owned(),
            ..ChartTheme::default()
        }
    }

    #[test]
    fn a_picture_says_what_is_what() {
        let series =
            |name: &str, place: usize| Series::line(name, Look::nth(place), vec![(0.0, 1.0), (1.0, 2.0)]);
        let figure = Figure { series: vec![series("<a>", 0), series("b", 1)], ..Figure::default() };
        let notes = "3 of 10 points are drawn. Zooming in shows more of them.";
        let (svg, height_px) =
            figure.poster("loss & co", notes, "<svg>drawing</svg>", (240.0, 100.0), &theme());
        assert!(svg.contains(">loss &amp; co</text>") && svg.contains(">&lt;a&gt;</text>"), "{svg}");
        assert!(svg.contains("<svg>drawing</svg>") && svg.contains("font-family=\"a &quot;b&quot;\""));
        assert!(svg.contains("stroke=\"#1\" stroke-width=\"2\" stroke-dasharray=\"6 4\""), "{svg}");
        assert!(
            svg.contains(">3 of 10 points are drawn. Zooming</text>")
                && svg.contains(">in shows more of them.</text>")
        );
        // Title, a line of keys, the drawing, two lines of notes, and room around.
        assert_eq!(height_px, 8.0 + 22.0 + 18.0 + 100.0 + 2.0 * 18.0 + 8.0);
    }

    #[test]
    fn many_keys_take_more_lines_and_one_series_needs_none() {
        let name = "a-name-without-an-end".repeat(5);
        let series = |n: usize| (0..n).map(|at| Series::line(&*name, Look::nth(at), vec![])).collect();
        let height = |n: usize| {
            let figure = Figure { series: series(n), ..Figure::default() };
            figure.poster("t", "", "", (500.0, 100.0), &theme()).1
        };
        assert_eq!((height(1), height(3)), (138.0, 138.0 + 3.0 * 18.0));
        let figure = Figure { series: series(2), ..Figure::default() };
        let (svg, _) = figure.poster("t", "", "", (500.0, 100.0), &theme());
        assert!(svg.contains(&format!("<title>{name}</title>")) && svg.contains("…</text>"));
    }
}
