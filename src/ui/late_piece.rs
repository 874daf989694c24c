//! Pieces of the interface that nobody sees before a menu is opened: their code comes late, which the pages see to.

use super::column_list::{ColumnList, ListKind};
use super::data_grid::ColumnMenu;
use super::parallel_plot::AxisMenu;
use crate::engine::protocol::ColumnInfo;
use crate::entities::ColumnKey;
use leptos::prelude::*;

pub use super::data_grid::ColumnMenuParts;
pub use super::parallel_plot::AxisMenuParts;

/// A piece, with what it is made of.
#[derive(Clone, Copy, PartialEq)]
pub enum LatePiece {
    /// The menu of an axis.
    AxisMenu(StoredValue<AxisMenuParts>),
    /// The menu of a column of the table.
    ColumnMenu(StoredValue<ColumnMenuParts>),
    /// A list of columns.
    Columns(StoredValue<ColumnListParts>),
}

/// What a list of columns is made of; see [`ColumnList`].
#[derive(Clone, Copy)]
pub struct ColumnListParts {
    /// All columns.
    pub columns: Signal<Vec<ColumnInfo>>,
    /// Those that are chosen.
    pub chosen: Signal<Vec<ColumnKey>>,
    /// A column was chosen, or no longer is.
    pub on_choose: Callback<ColumnKey>,
    /// All that match were chosen, or no longer are: each has a checkbox then, and is a button otherwise.
    pub on_choose_all: Option<Callback<(Vec<ColumnKey>, bool)>>,
}

/// Fetches the code of a piece and builds it, as the pages have provided for.
#[derive(Clone, Copy)]
pub struct LatePieces(pub Callback<LatePiece, AnyView>);

impl LatePieces {
    /// The piece, in the place of the component that is being built.
    pub fn piece(piece: LatePiece) -> AnyView {
        use_context::<Self>().map_or_else(|| ().into_any(), |pieces| pieces.0.run(piece))
    }

    /// The same for a list of columns.
    pub fn columns(parts: ColumnListParts) -> AnyView {
        Self::piece(LatePiece::Columns(StoredValue::new(parts)))
    }
}

impl LatePiece {
    /// Builds it: to be reached from the late part alone.
    pub fn build(self) -> AnyView {
        match self {
            Self::AxisMenu(parts) => view! { <AxisMenu parts=parts.get_value() /> }.into_any(),
            Self::ColumnMenu(parts) => view! { <ColumnMenu parts=parts.get_value() /> }.into_any(),
            Self::Columns(parts) => {
                let ColumnListParts { columns, chosen, on_choose, on_choose_all } = parts.get_value();
                match on_choose_all {
                    Some(on_choose_all) => {
                        let kind = ListKind::Checkboxes;
                        view! { <ColumnList columns chosen kind on_choose on_choose_all /> }.into_any()
                    }
                    None => {
                        view! { <ColumnList columns chosen kind=ListKind::Buttons on_choose /> }.into_any()
                    }
                }
            }
        }
    }
}
