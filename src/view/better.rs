//! Which way is better, and which metric matters, as far as names say.

use super::Direction;
use crate::entities::{Attribute, ColumnKey};

/// Words that say that smaller is better, the likelier objectives of a search first.
const LOWER: [&str; 17] = [
    "loss",
    "rmse",
    "mse",
    "logloss",
    "error",
    "err",
    "mae",
    "mape",
    "rmsle",
    "msle",
    "perplexity",
    "ppl",
    "wer",
    "cer",
    "deviance",
    "latency",
    "duration",
];
/// Words that say that larger is better, in the same order.
const HIGHER: [&str; 14] = [
    "accuracy",
    "acc",
    "auc",
    "f1",
    "score",
    "r2",
    "map",
    "iou",
    "dice",
    "reward",
    "precision",
    "recall",
    "bleu",
    "rouge",
];

/// The place of a metric's name among the usual objectives; the last one for any other name.
pub fn objective_rank(name: &str) -> usize {
    let name = name.to_ascii_lowercase();
    let is_word = |known: &str| name.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word == known);
    LOWER.iter().chain(&HIGHER).position(|known| is_word(known)).unwrap_or(LOWER.len() + HIGHER.len())
}

/// Whether smaller or larger is better, as far as a metric's name says. Whole words only: `r2`, not `lr2d`.
pub fn better(key: &ColumnKey) -> Option<Direction> {
    let name = match key {
        ColumnKey::Metric(name) => name.to_ascii_lowercase(),
        ColumnKey::Attribute(Attribute::Duration | Attribute::ModelSize) => {
            return Some(Direction::Ascending);
        }
        ColumnKey::Attribute(Attribute::ParetoRank) => return Some(Direction::Ascending),
        ColumnKey::Attribute(Attribute::Score) => return Some(Direction::Descending),
        _ => return None,
    };
    let words = || name.split(|c: char| !c.is_ascii_alphanumeric());
    if words().any(|word| LOWER.contains(&word)) {
        Some(Direction::Ascending)
    } else if words().any(|word| HIGHER.contains(&word)) {
        Some(Direction::Descending)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_says_which_way_is_better() {
        let of = |name: &str| better(&ColumnKey::Metric(name.to_owned()));
        assert_eq!(of("rmse"), Some(Direction::Ascending));
        assert_eq!(of("val/loss"), Some(Direction::Ascending));
        assert_eq!(of("validation-rmse"), Some(Direction::Ascending));
        assert_eq!(of("training_r2_score"), Some(Direction::Descending));
        assert_eq!(of("lr2d"), None);
        assert_eq!(better(&ColumnKey::Param("loss".to_owned())), None);
    }
}
