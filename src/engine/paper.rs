//! Tables on paper: what a report writes of a table, without the controls in it.

use super::figures::escaped;
use std::fmt::Write;

/// A cell, without its controls.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PaperCell {
    /// Whether it heads a row or a column.
    pub is_head: bool,
    /// Whether it holds a number.
    pub is_number: bool,
    /// So many columns it spans; at least 1.
    pub n_columns: usize,
    /// What it says, line by line; none where it says nothing.
    pub lines: Vec<String>,
    /// Whether a button, a box or the like was in it.
    pub has_control: bool,
}

impl PaperCell {
    /// A cell of one column.
    pub fn of(lines: Vec<String>) -> Self {
        Self { n_columns: 1, lines, ..Self::default() }
    }

    /// A heading.
    pub fn head(text: String) -> Self {
        Self { is_head: true, ..Self::of(vec![text]) }
    }
}

/// A `<table>` of these rows; texts in it are escaped. A column of nothing but controls says nothing on paper: it is left
/// out as a whole, its heading included, so that all other cells stay below their own.
pub fn paper_table(rows: &[Vec<PaperCell>]) -> String {
    let mut has_control: Vec<bool> = Vec::new();
    let mut has_text: Vec<bool> = Vec::new();
    for (at, cell) in rows.iter().flat_map(|row| placed(row)) {
        let end = at + cell.n_columns;
        if has_text.len() < end {
            has_control.resize(end, false);
            has_text.resize(end, false);
        }
        if !cell.is_head {
            has_control[at] |= cell.has_control;
            has_text[at] |= !cell.lines.is_empty();
        }
    }
    let is_left_out = |column: usize| has_control[column] && !has_text[column];
    let mut out = String::from("<table>");
    for row in rows {
        out.push_str("<tr>");
        for (at, cell) in placed(row) {
            let n_columns = (at..at + cell.n_columns).filter(|column| !is_left_out(*column)).count();
            if n_columns == 0 {
                continue;
            }
            let tag = if cell.is_head { "th" } else { "td" };
            let class = if cell.is_number { " class=\"number\"" } else { "" };
            let lines: Vec<String> = cell.lines.iter().map(|line| escaped(line)).collect();
            let span = if n_columns > 1 { format!(" colspan=\"{n_columns}\"") } else { String::new() };
            // Writing to a string cannot fail.
            let _ = write!(out, "<{tag}{class}{span}>{}</{tag}>", lines.join("<br>"));
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</table>");
    out
}

/// Each cell with the place of its first column.
fn placed(row: &[PaperCell]) -> impl Iterator<Item = (usize, &PaperCell)> {
    row.iter().scan(0, |next, cell| {
        let at = *next;
        *next += cell.n_columns.max(1);
        Some((at, cell))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(lines: &[&str]) -> PaperCell {
        PaperCell::of(lines.iter().map(|line| (*line).to_owned()).collect())
    }

    fn control() -> PaperCell {
        PaperCell { has_control: true, ..PaperCell::of(Vec::new()) }
    }

    #[test]
    fn a_column_of_controls_is_left_out_as_a_whole_and_no_other_cell_moves() {
        let head = |text: &str| PaperCell::head(text.to_owned());
        // A box, a number with a box beside it in one row only, an empty cell, and buttons under a heading of their own.
        let rows = [
            vec![control_head(), head("Run"), head("rmse"), head("note"), head("Pick")],
            vec![control(), head("a"), texts(&["1"]), texts(&[]), control()],
            vec![
                control(),
                head("b"),
                PaperCell { has_control: true, is_number: true, ..texts(&["2 < 3", "− 1 line"]) },
                texts(&[]),
                control(),
            ],
        ];
        assert_eq!(
            paper_table(&rows),
            "<table><tr><th>Run</th><th>rmse</th><th>note</th></tr>\n\
             <tr><th>a</th><td>1</td><td></td></tr>\n\
             <tr><th>b</th><td class=\"number\">2 &lt; 3<br>− 1 line</td><td></td></tr>\n</table>"
        );
    }

    fn control_head() -> PaperCell {
        PaperCell { is_head: true, ..control() }
    }

    #[test]
    fn a_cell_spans_what_is_left_of_its_columns() {
        let kind = PaperCell { n_columns: 3, ..PaperCell::head("Metrics".to_owned()) };
        let rows = [vec![kind], vec![PaperCell::head("rmse".to_owned()), texts(&["1"]), control()]];
        assert_eq!(
            paper_table(&rows),
            "<table><tr><th colspan=\"2\">Metrics</th></tr>\n<tr><th>rmse</th><td>1</td></tr>\n</table>"
        );
    }
}
