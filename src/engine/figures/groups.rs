//! Groups as charts, side by side: the quartiles, the median and the ends of each, and a bar for what stands for it.

use crate::engine::news::{ChartedGroup, GroupSpread, GroupsInfo, ObjectiveInfo};
use crate::plot::charts::{ChartAxis, Figure, Look, Mark, Scale, Series};
use crate::view::{BandSpread, GroupCentre};

/// What can stand for a group, in words.
pub const GROUP_CENTRES: [(GroupCentre, &str); 4] = [
    (GroupCentre::Mean, "Mean"),
    (GroupCentre::Median, "Median"),
    (GroupCentre::Minimum, "Minimum"),
    (GroupCentre::Maximum, "Maximum"),
];

/// How far a group can be said to spread, in words.
pub const GROUP_SPREADS: [(BandSpread, &str); 4] = [
    (BandSpread::StandardDeviation, "± standard deviation"),
    (BandSpread::Quartiles, "Quartiles"),
    (BandSpread::Range, "Minimum to maximum"),
    (BandSpread::None, "No spread"),
];

fn word_of<T: PartialEq>(words: &[(T, &'static str)], choice: &T) -> &'static str {
    words.iter().find(|(other, _)| other == choice).map_or("", |(_, word)| word)
}

impl GroupsInfo {
    /// What the charts are about.
    pub fn measure(&self) -> Option<&ObjectiveInfo> {
        self.measures.get(self.charted_measure)
    }

    /// What stands for a group, in a word.
    pub fn centre_title(&self) -> &'static str {
        word_of(&GROUP_CENTRES, &self.centre)
    }

    /// How the groups are spread.
    pub fn boxes(&self) -> Figure {
        let dimmed = Look { is_dimmed: true, ..Look::default() };
        let medians = Series {
            name: word_of(&GROUP_CENTRES, &GroupCentre::Median).to_owned(),
            look: Look::nth(1),
            points: self.centres(GroupCentre::Median),
            ..Series::default()
        };
        self.figure(vec![
            self.stretches(BandSpread::Range, dimmed),
            self.stretches(BandSpread::Quartiles, Look::nth(0)),
            medians,
        ])
    }

    /// What stands for each group, as a bar from zero, with the number of its runs and how far they spread.
    pub fn bars(&self) -> Figure {
        let bars = Series {
            name: self.centre_title().to_owned(),
            mark: Mark::Bars,
            points: self.centres(self.centre),
            ..Series::default()
        };
        let has_spread = self.spread != BandSpread::None;
        let spread = has_spread.then(|| self.stretches(self.spread, Look { colour: 1, ..Look::default() }));
        let figure = self.figure(std::iter::once(bars).chain(spread).collect());
        let name = |group: &ChartedGroup| match group.spread {
            Some(GroupSpread { n, .. }) if n < group.n_runs => {
                format!("{} ({n} of {})", group.name, group.n_runs)
            }
            _ => format!("{} ({})", group.name, group.n_runs),
        };
        let scale = Scale::Categories(self.charted.iter().map(name).collect());
        let x = ChartAxis { unit: "runs".to_owned(), scale, ..figure.x };
        Figure { x, ..figure }
    }

    fn figure(&self, series: Vec<Series>) -> Figure {
        let Some(measure) = self.measure() else { return Figure::default() };
        let names = self.charted.iter().map(|group| group.name.clone()).collect();
        Figure {
            x: ChartAxis::new(self.columns.join(" · "), Scale::Categories(names)),
            y: ChartAxis {
                unit: measure.unit.clone(),
                ..ChartAxis::new(measure.column.label(), Scale::Linear)
            },
            series,
            has_slider: false,
        }
    }

    /// The groups that have numbers, with their places.
    fn spreads(&self) -> impl Iterator<Item = (f64, GroupSpread)> {
        self.charted.iter().enumerate().filter_map(|(place, group)| Some((place as f64, group.spread?)))
    }

    fn centres(&self, centre: GroupCentre) -> Vec<(f64, f64)> {
        self.spreads().map(|(at, spread)| (at, spread.centre(centre))).collect()
    }

    fn stretches(&self, spread: BandSpread, look: Look) -> Series {
        let ends = self.spreads().filter_map(|(at, own)| Some((at, own.ends(spread)?)));
        let points = ends.flat_map(|(at, (low, high))| [(at, low), (at, high), (f64::NAN, f64::NAN)]);
        let name = word_of(&GROUP_SPREADS, &spread).to_owned();
        Series { name, mark: Mark::Stretches, look, points: points.collect(), ..Series::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entities::ColumnKey;
    use crate::plot::charts::Place;
    use crate::view::Direction;

    fn info() -> GroupsInfo {
        let group = |name: &str, n_runs, spread| ChartedGroup { name: name.to_owned(), n_runs, spread };
        let few = GroupSpread { n: 2, mean: 2.0, std: Some(1.0), quartiles: [1.0, 1.5, 2.5, 2.75, 3.0] };
        let one = GroupSpread { n: 1, mean: 8.0, std: None, quartiles: [8.0; 5] };
        GroupsInfo {
            columns: vec!["kind".to_owned()],
            measures: vec![ObjectiveInfo {
                column: ColumnKey::Metric("loss".to_owned()),
                title: "loss".to_owned(),
                unit: String::new(),
                direction: Direction::Ascending,
                n_without: 0,
            }],
            spread: BandSpread::StandardDeviation,
            charted: vec![group("sgd", 3, Some(few)), group("none", 1, None), group("adam", 1, Some(one))],
            ..GroupsInfo::default()
        }
    }

    #[test]
    fn bars_say_of_how_many_runs_they_are_and_how_far_these_spread() {
        let bars = info().bars();
        let names: Vec<&str> = bars.series.iter().map(|series| series.name.as_str()).collect();
        assert_eq!(names, ["Mean", "± standard deviation"]);
        assert_eq!(bars.series[0].points, [(0.0, 2.0), (2.0, 8.0)]);
        assert_eq!(bars.series[1].points[..2], [(0.0, 1.0), (0.0, 3.0)]);
        assert_eq!(bars.series[1].points.len(), 3, "one run has no deviation");
        let told = |point| bars.words(Place { series: 0, point });
        assert_eq!(
            (told(0).as_str(), told(1).as_str()),
            ("Mean, kind sgd (2 of 3) runs, loss 2", "Mean, kind adam (1) runs, loss 8")
        );
        let other = GroupsInfo { centre: GroupCentre::Maximum, spread: BandSpread::None, ..info() };
        assert_eq!((other.bars().series.len(), other.bars().series[0].points[0].1), (1, 3.0));
    }

    #[test]
    fn boxes_are_spread_whatever_stands_for_a_group() {
        let boxes = GroupsInfo { centre: GroupCentre::Maximum, ..info() }.boxes();
        let names: Vec<&str> = boxes.series.iter().map(|series| series.name.as_str()).collect();
        assert_eq!(names, ["Minimum to maximum", "Quartiles", "Median"]);
        assert_eq!(boxes.series[1].points[..2], [(0.0, 1.5), (0.0, 2.75)]);
        assert_eq!(boxes.series[2].points, [(0.0, 2.5), (2.0, 8.0)]);
        assert_eq!(GroupsInfo::default().boxes().series.len(), 0);
    }
}
