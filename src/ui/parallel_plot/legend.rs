//! The legend of the lines' colours: swatches with words at both ends, or one swatch a category.

use crate::engine::protocol::{ColumnInfo, Legend, Rgb};
use crate::entities::ColumnKey;
use crate::view::Direction;
use leptos::prelude::*;

/// A column's title with its unit.
pub(crate) fn title_of(column: &ColumnKey, columns: Signal<Vec<ColumnInfo>>) -> String {
    columns.with(|columns| {
        let info = columns.iter().find(|info| info.key == *column);
        match info {
            Some(info) if info.unit.is_empty() => info.label.clone(),
            Some(info) => format!("{}, {}", info.label, info.unit),
            None => column.label().to_owned(),
        }
    })
}

/// The legend, or nothing where the lines have one colour. The column's title stands beside it, on the menu.
#[component]
pub(crate) fn LegendView(
    legend: Signal<Option<Legend>>,
    /// The colour of runs without a value, where there are any.
    no_value: Signal<Option<Rgb>>,
) -> impl IntoView {
    let legend = Memo::new(move |_| legend.get());
    let no_value = Memo::new(move |_| no_value.get());
    let no_value = move || {
        no_value.get().map(|colour| {
            view! {
                <span class="legend__category">
                    <span aria-hidden="true">{swatches(&[colour])}</span>
                    {Legend::NO_VALUE}
                </span>
            }
        })
    };
    move || {
        legend.get().map(|legend| match legend {
            Legend::Ramp { low, high, median, stops, better, .. } => {
                let better = match better {
                    Some(Direction::Ascending) => "lower is better",
                    Some(Direction::Descending) => "higher is better",
                    None => "",
                };
                let hint = match median {
                    Some(median) if better.is_empty() => format!("by rank, median {median}"),
                    Some(median) => format!("by rank, median {median}, {better}"),
                    None => better.to_owned(),
                };
                view! {
                    <p class="legend">
                        <span>{low}</span>
                        <span class="legend__ramp" aria-hidden="true">{swatches(&stops)}</span>
                        <span>{high}</span>
                        <span class="legend__hint">{hint}</span>
                        {no_value}
                    </p>
                }
                .into_any()
            }
            Legend::Categories { items, n_others, .. } => view! {
                <p class="legend">
                    {items
                        .into_iter()
                        .map(|(text, colour)| {
                            view! {
                                <span class="legend__category">
                                    <span aria-hidden="true">{swatches(&[colour])}</span>
                                    {text}
                                </span>
                            }
                        })
                        .collect_view()}
                    {(n_others > 0)
                        .then(|| view! { <span class="legend__hint">{format!("and {n_others} more in the last colour")}</span> })}
                    {no_value}
                </p>
            }
            .into_any(),
        })
    }
}

fn swatches(colours: &[Rgb]) -> impl IntoView + use<> {
    colours
        .iter()
        .map(|colour| view! { <span class="swatch" style:background-color=css_colour(*colour)></span> })
        .collect_view()
}

/// A colour from the engine in CSS's words.
pub(crate) fn css_colour([red, green, blue]: Rgb) -> String {
    format!("rgb({red} {green} {blue})")
}
