//! The list of registered models: which ones a search finds, and in which order they stand.

use crate::entities::RegisteredModel;
use crate::entities::order::sort_by;
use crate::view::{Direction, ModelColumn, ModelSort};
use std::cmp::Ordering;

/// The models whose name, description, aliases or tags (`owner=ana`) have the searched text, in order; without one, as
/// the server gave them. Models without a date are last either way.
pub fn shown(models: &[RegisteredModel], search: &str, sort: Option<ModelSort>) -> Vec<RegisteredModel> {
    let wanted = search.trim().to_lowercase();
    let has = |text: &str| text.to_lowercase().contains(&wanted);
    let fits = |model: &&RegisteredModel| {
        has(&model.name)
            || has(&model.description)
            || model.aliases.iter().any(|alias| has(&alias.name))
            || model.tags.iter().any(|tag| has(&format!("{}={}", tag.key, tag.value)))
    };
    let mut found: Vec<RegisteredModel> = models.iter().filter(fits).cloned().collect();
    let Some(ModelSort { column, direction }) = sort else { return found };
    let directed = |ordering: Ordering| match direction {
        Direction::Ascending => ordering,
        Direction::Descending => ordering.reverse(),
    };
    let by_number = |a: Option<i64>, b: Option<i64>| match (a, b) {
        (Some(a), Some(b)) => directed(a.cmp(&b)),
        (a, b) => b.is_some().cmp(&a.is_some()),
    };
    sort_by(&mut found, |a, b| match column {
        ModelColumn::Name => directed(a.name.to_lowercase().cmp(&b.name.to_lowercase())),
        ModelColumn::Latest => by_number(latest(a), latest(b)),
        ModelColumn::Changed => by_number(a.last_update_millis, b.last_update_millis),
    });
    found
}

/// The number of a model's newest version in any stage.
pub fn latest(model: &RegisteredModel) -> Option<i64> {
    let numbers = model.latest_versions.iter().map(|version| version.number.0);
    numbers.max().and_then(|number| i64::try_from(number).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entities::ModelTag;

    fn model(name: &str, changed: Option<i64>, tag: &str) -> RegisteredModel {
        let tags = vec![ModelTag { key: "owner".into(), value: tag.into() }];
        RegisteredModel { name: name.into(), last_update_millis: changed, tags, ..RegisteredModel::default() }
    }

    #[test]
    fn tags_are_searched_and_every_column_sorts_both_ways() {
        let models = [model("b", Some(2), "Ana"), model("A", None, "eve"), model("c", Some(9), "ana")];
        let names = |search: &str, sort: Option<(ModelColumn, Direction)>| {
            let sort = sort.map(|(column, direction)| ModelSort { column, direction });
            shown(&models, search, sort).into_iter().map(|model| model.name).collect::<String>()
        };
        assert_eq!(names("", None), "bAc");
        assert_eq!(names(" owner=ana", None), "bc");
        assert_eq!(names("eve", None), "A");
        use Direction::{Ascending, Descending};
        assert_eq!(names("", Some((ModelColumn::Name, Ascending))), "Abc");
        assert_eq!(names("", Some((ModelColumn::Name, Descending))), "cbA");
        assert_eq!(names("", Some((ModelColumn::Changed, Ascending))), "bcA");
        assert_eq!(names("", Some((ModelColumn::Changed, Descending))), "cbA", "no date is last");
    }
}
