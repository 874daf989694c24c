//! What the table shows of a run: numbers in their column's format, special values as what they are.

use super::defaults::format_of;
use super::protocol::Cell;
use crate::entities::{Attribute, ColumnKey};
use crate::frame::{ColumnFormat, RunFrame, Value, display_number};
use crate::view::{ColumnView, Lane, NumberFormat};
use std::collections::BTreeMap;

/// Params of so many characters are shown with all their digits.
const N_LOGGED_CHARS: usize = 8;

/// The formats of the columns, found when they are first needed.
#[derive(Default)]
pub struct Formats {
    formats: BTreeMap<ColumnKey, ColumnFormat>,
    /// What somebody chose.
    chosen: BTreeMap<ColumnKey, NumberFormat>,
}

impl Formats {
    /// Forgets all: the runs have changed.
    pub fn clear(&mut self) {
        self.formats.clear();
    }

    /// Writes the numbers of these columns as their views say. Whether that is otherwise than before.
    pub fn choose(&mut self, columns: &[ColumnView]) -> bool {
        let format = |column: &ColumnView| Some((column.column.clone(), column.format?));
        let chosen = columns.iter().filter_map(format).collect();
        let is_new = self.chosen != chosen;
        if is_new {
            self.chosen = chosen;
            self.clear();
        }
        is_new
    }

    /// Forgets one.
    pub fn forget(&mut self, column: &ColumnKey) {
        self.formats.remove(column);
    }

    /// The format of a column.
    pub fn of(&mut self, frame: &RunFrame, column: &ColumnKey) -> &ColumnFormat {
        let chosen = self.chosen.get(column);
        self.formats.entry(column.clone()).or_insert_with(|| {
            let format = format_of(frame, column);
            chosen.map_or(format.clone(), |chosen| format.written_as(*chosen))
        })
    }

    /// The title of a column, its unit included.
    pub fn title(&mut self, frame: &RunFrame, column: &ColumnKey) -> String {
        match self.of(frame, column).unit() {
            "" => column.label().to_owned(),
            unit => format!("{} ({unit})", column.label()),
        }
    }

    /// What the table shows of a run in a column.
    pub fn cell(&mut self, frame: &RunFrame, column: &ColumnKey, row: usize) -> Cell {
        let is_chosen = self.chosen.contains_key(column);
        let format = self.of(frame, column);
        let value = frame.value(column, row);
        if let Some(lane) = value.lane() {
            return Cell::Special(lane);
        }
        match (value, column) {
            // A param is shown as it was logged, its digits are the user's own, unless they are too many to compare.
            (_, ColumnKey::Param(_)) => {
                let logged = frame.text(column, row).unwrap_or_default().into_owned();
                match value {
                    Value::Number(number) if is_chosen || logged.len() > N_LOGGED_CHARS => {
                        Cell::Rounded { text: format.format(number), logged }
                    }
                    _ => Cell::Shown(logged),
                }
            }
            (Value::Number(number), _) => {
                let whole = display_number(number);
                let text = format.format(number);
                let logged = match column {
                    ColumnKey::Attribute(Attribute::StartTime | Attribute::EndTime) => text.clone(),
                    ColumnKey::Attribute(Attribute::Duration) => format!("{whole} ms"),
                    ColumnKey::Attribute(Attribute::ModelSize) => format!("{whole} bytes"),
                    _ => whole,
                };
                if text == logged { Cell::Shown(text) } else { Cell::Rounded { text, logged } }
            }
            (Value::Text(text), _) => Cell::Shown(text.to_owned()),
            _ => Cell::Special(Lane::Missing),
        }
    }
}
