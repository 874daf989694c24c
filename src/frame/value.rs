//! One cell of the table of runs.

use crate::view::Lane;

/// What a run has in a column. A param's text that reads as a number is a number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// Nothing.
    Missing,
    /// Text of length zero.
    Empty,
    /// Not a number.
    Nan,
    /// Negative infinity.
    NegInf,
    /// Positive infinity.
    PosInf,
    /// A finite number.
    Number(f64),
    /// Text of at least one character.
    Text(&'a str),
}

impl<'a> Value<'a> {
    /// The value of a float: finite ones are numbers, the others have their own names.
    pub fn from_f64(number: f64) -> Self {
        if number.is_nan() {
            Self::Nan
        } else if number == f64::INFINITY {
            Self::PosInf
        } else if number == f64::NEG_INFINITY {
            Self::NegInf
        } else {
            Self::Number(number)
        }
    }

    /// The lane in which an axis shows it; none for numbers and text.
    pub fn lane(self) -> Option<Lane> {
        match self {
            Self::Missing => Some(Lane::Missing),
            Self::Empty => Some(Lane::Empty),
            Self::Nan => Some(Lane::Nan),
            Self::NegInf => Some(Lane::NegInf),
            Self::PosInf => Some(Lane::PosInf),
            Self::Number(_) | Self::Text(_) => None,
        }
    }
}
