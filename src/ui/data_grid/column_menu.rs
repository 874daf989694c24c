//! The menu of a column of the table, a late piece.

use super::GridContext;
use crate::entities::ColumnKey;
use crate::ui::menu::MenuItem;
use crate::ui::over_steps::over_steps;
use crate::view::edit::ViewEdit;
use crate::view::{Direction, NumberFormat, Sort};
use leptos::prelude::*;

/// What the menu is made of.
#[derive(Clone, Copy)]
pub struct ColumnMenuParts {
    pub(super) context: GridContext,
    pub(super) key: StoredValue<ColumnKey>,
    pub(super) place: usize,
    /// Whether it is open.
    pub(super) is_open: RwSignal<bool>,
}

/// The menu: order, place, and what else can be done with a column.
#[component]
pub(crate) fn ColumnMenu(parts: ColumnMenuParts) -> impl IntoView {
    let ColumnMenuParts { context, key, place, is_open } = parts;
    let item = move |text: &'static str, edit: Box<dyn Fn(ColumnKey) -> ViewEdit>| {
        let on_choose = move |at_millis| context.edit(edit(key.get_value()), at_millis);
        view! { <MenuItem text is_open on_choose /> }
    };
    let (is_number, chosen) = context
        .columns
        .with_untracked(|columns| columns.get(place).map(|column| (column.is_numeric, column.format)))
        .unwrap_or_default();
    let sorted = |direction: Direction| {
        Box::new(move |column| ViewEdit::SetSort(Some(Sort { column, direction })))
            as Box<dyn Fn(ColumnKey) -> ViewEdit>
    };
    view! {
        {item("Sort ascending", sorted(Direction::Ascending))}
        {item("Sort descending", sorted(Direction::Descending))}
        {item("Server's order", Box::new(|_| ViewEdit::SetSort(None)))}
        {(place > 0)
            .then(|| {
                view! {
                    {item("Pin or unpin", Box::new(ViewEdit::TogglePin))}
                    {item("Move left", Box::new(move |column| ViewEdit::MoveColumn(column, place.saturating_sub(1))))}
                    {item("Move right", Box::new(move |column| ViewEdit::MoveColumn(column, place + 1)))}
                    {item("Hide", Box::new(|column| ViewEdit::RemoveColumns(vec![column])))}
                }
            })}
        {is_number.then(|| view! { <Digits context key chosen /> })}
        {over_steps(&key.get_value())
            .into_iter()
            .map(|(text, column)| item(text, Box::new(move |_| ViewEdit::AddColumns(vec![column.clone()]))))
            .collect_view()}
        {item("Add as axis", Box::new(ViewEdit::AddAxis))}
        {item("Colour by this", Box::new(|column| ViewEdit::SetColour(Some(column))))}
    }
}

/// How many digits the numbers of a column are written with.
#[component]
fn Digits(context: GridContext, key: StoredValue<ColumnKey>, chosen: Option<NumberFormat>) -> impl IntoView {
    let words = |format: Option<NumberFormat>| match format {
        None => "as many as tell them apart".to_owned(),
        Some(NumberFormat::Decimals(1)) => "1 decimal".to_owned(),
        Some(NumberFormat::Decimals(n)) => format!("{n} decimals"),
        Some(NumberFormat::Scientific(n)) => format!("{:.*e}", usize::from(n), 1234.567),
    };
    let mut formats = vec![None];
    formats.extend((0..=8).map(NumberFormat::Decimals).map(Some));
    formats.extend([1, 3, 5].map(NumberFormat::Scientific).map(Some));
    if !formats.contains(&chosen) {
        formats.push(chosen);
    }
    let options = formats.iter().enumerate().map(|(place, format)| {
        view! { <option value=place.to_string() selected=*format == chosen>{words(*format)}</option> }
    });
    let options = options.collect_view();
    view! {
        <label class="axis-menu__field">
            <span>"Digits"</span>
            <select
                class="select"
                on:change:target=move |event| {
                    let place = event.target().value().parse::<usize>().ok();
                    if let Some(format) = place.and_then(|place| formats.get(place).copied()) {
                        context.edit(ViewEdit::FormatColumn(key.get_value(), format), event.time_stamp());
                    }
                }
            >
                {options}
            </select>
        </label>
    }
}
