//! The geometry of a small line plot: points and ticks of several series over common axes.

use super::{LinearScale, linear_ticks};

/// Where the axes end, in units of the drawing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LineFrame {
    /// The x axis's ends.
    pub x: (f64, f64),
    /// The y axis's ends: bottom, top.
    pub y: (f64, f64),
}

/// A line plot laid out.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct LineLayout {
    /// For each series its points: where they are drawn.
    pub points: Vec<Vec<(f64, f64)>>,
    /// Ticks of the x axis: place and value.
    pub x_ticks: Vec<(f64, f64)>,
    /// Ticks of the y axis: place and value.
    pub y_ticks: Vec<(f64, f64)>,
}

/// Lays out the series (x and y finite) inside the frame; none where there is no point at all.
pub fn layout(series: &[Vec<(f64, f64)>], frame: LineFrame, n_ticks: (usize, usize)) -> Option<LineLayout> {
    let domain = |of: fn(&(f64, f64)) -> f64| {
        let values = series.iter().flatten().map(of);
        values.fold(None, |range: Option<(f64, f64)>, value| {
            let (low, high) = range.unwrap_or((value, value));
            Some((low.min(value), high.max(value)))
        })
    };
    // One value alone stands in the middle.
    let widened = |(low, high): (f64, f64)| if low < high { (low, high) } else { (low - 0.5, high + 0.5) };
    let (x_domain, y_domain) = (widened(domain(|point| point.0)?), widened(domain(|point| point.1)?));
    let (x, y) = (LinearScale::new(x_domain, frame.x), LinearScale::new(y_domain, frame.y));
    let ticks = |scale: &LinearScale, domain: (f64, f64), n: usize| {
        linear_ticks(domain, n).into_iter().map(|value| (scale.map(value), value)).collect::<Vec<_>>()
    };
    Some(LineLayout {
        points: series
            .iter()
            .map(|points| points.iter().map(|point| (x.map(point.0), y.map(point.1))).collect())
            .collect(),
        x_ticks: ticks(&x, x_domain, n_ticks.0),
        y_ticks: ticks(&y, y_domain, n_ticks.1),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_and_ticks_share_their_scales() {
        let frame = LineFrame { x: (10.0, 110.0), y: (100.0, 0.0) };
        let series = [vec![(0.0, 1.0), (10.0, 3.0)], vec![(5.0, 2.0)]];
        let layout = layout(&series, frame, (5, 2)).unwrap();
        assert_eq!(layout.points, [vec![(10.0, 100.0), (110.0, 0.0)], vec![(60.0, 50.0)]]);
        assert!(layout.x_ticks.contains(&(60.0, 5.0)) || layout.x_ticks.contains(&(50.0, 4.0)), "{layout:?}");
        assert!(layout.y_ticks.contains(&(50.0, 2.0)), "{layout:?}");
    }

    #[test]
    fn nothing_and_one_value_have_a_place() {
        let frame = LineFrame { x: (0.0, 100.0), y: (100.0, 0.0) };
        assert_eq!(layout(&[vec![]], frame, (5, 5)), None);
        assert_eq!(layout(&[vec![(3.0, 7.0)]], frame, (5, 5)).unwrap().points[0], [(50.0, 50.0)]);
    }
}
