//! The address: what is compared and how it is shown, both ways.
