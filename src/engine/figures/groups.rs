//! Groups as a chart: the quartiles, the median and the ends of each, side by side.

use crate::engine::news::{GroupRow, GroupsInfo};
use crate::plot::charts::{ChartAxis, Figure, Look, Mark, Scale, Series};

impl GroupsInfo {
    /// The innermost groups in the first measure; empty where none has a number.
    pub fn figure(&self) -> Figure {
        let Some(measure) = self.first_measure() else { return Figure::default() };
        let depth = self.columns.len().saturating_sub(1);
        let mut names: Vec<String> = Vec::new();
        let mut path: Vec<&str> = Vec::new();
        let mut boxes: Vec<(f64, [f64; 5])> = Vec::new();
        for GroupRow { depth: own, label, measures, .. } in &self.rows {
            path.truncate(*own);
            path.push(label);
            if *own == depth {
                if let Some(Some(found)) = measures.first() {
                    boxes.push((names.len() as f64, found.quartiles));
                }
                names.push(path.join(" · "));
            }
        }
        let stretch = |low: usize, high: usize| -> Vec<(f64, f64)> {
            let of = |(at, numbers): &(f64, [f64; 5])| {
                [(*at, numbers[low]), (*at, numbers[high]), (f64::NAN, f64::NAN)]
            };
            boxes.iter().flat_map(of).collect()
        };
        let series = |name: &str, mark: Mark, look: Look, points: Vec<(f64, f64)>| Series {
            name: name.to_owned(),
            mark,
            look,
            points,
            ..Series::default()
        };
        let dimmed = Look { is_dimmed: true, ..Look::default() };
        let medians = boxes.iter().map(|(at, numbers)| (*at, numbers[2])).collect();
        Figure {
            x: ChartAxis::new(self.columns.join(" · "), Scale::Categories(names)),
            y: ChartAxis {
                unit: measure.unit.clone(),
                ..ChartAxis::new(measure.column.label(), Scale::Linear)
            },
            series: vec![
                series("Lowest to highest", Mark::Stretches, dimmed, stretch(0, 4)),
                series("Quartiles", Mark::Stretches, Look::nth(0), stretch(1, 3)),
                series("Median", Mark::Dots, Look::nth(1), medians),
            ],
            has_slider: false,
        }
    }
}
