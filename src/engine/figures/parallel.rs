//! The parallel coordinates as a picture that leaves the page: what the engine painted, with its axes as SVG.

use crate::engine::protocol::{AxesInfo, AxisInfo, Legend};
use crate::plot::Rgb;
use crate::plot::charts::{ChartTheme, escaped};
use std::fmt::Write;

const FONT_PX: f64 = 11.0;
/// Room for the titles above the axes, and for the legend below.
const HEAD_PX: f64 = 28.0;
const LEGEND_PX: f64 = 28.0;
/// Room at both sides for what stands beside the outermost axes.
const SIDE_PX: f64 = 48.0;
const SWATCH_PX: f64 = 14.0;

impl AxesInfo {
    /// Width and height of the picture, in pixels.
    pub fn picture_px(&self) -> (f64, f64) {
        (self.width_px + 2.0 * SIDE_PX, self.height_px + HEAD_PX + LEGEND_PX)
    }

    /// The picture. `lines` is the address of the image of the lines, which a file that stands alone carries in itself.
    pub fn picture(&self, lines: &str, theme: &ChartTheme) -> String {
        let (width_px, height_px) = self.picture_px();
        let mut out = String::new();
        // Writing to a string cannot fail.
        let _ = write!(
            out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width_px}\" height=\"{height_px}\" \
             viewBox=\"0 0 {width_px} {height_px}\" font-family=\"{}\" font-size=\"{FONT_PX}\" fill=\"{}\">\
             <rect width=\"100%\" height=\"100%\" fill=\"{}\"/>\
             <g transform=\"translate({SIDE_PX} {HEAD_PX})\">\
             <image href=\"{}\" width=\"{}\" height=\"{}\"/>",
            escaped(&theme.font),
            theme.content,
            theme.surface,
            escaped(lines),
            self.width_px,
            self.height_px,
        );
        for (place, axis) in self.axes.iter().enumerate() {
            axis.draw(place, theme, &mut out);
        }
        if let Some(legend) = &self.legend {
            legend.draw(self.height_px + LEGEND_PX / 2.0, self.no_value, &mut out);
        }
        out.push_str("</g></svg>");
        out
    }
}

impl AxisInfo {
    fn draw(&self, place: usize, theme: &ChartTheme, out: &mut String) {
        let Self { x_px, top_px, bottom_px, .. } = self;
        let title =
            if self.unit.is_empty() { self.label.clone() } else { format!("{} ({})", self.label, self.unit) };
        // Neighbours' titles stand at two heights, so that long ones have room.
        let title_px = top_px - if place.is_multiple_of(2) { 22.0 } else { 9.0 };
        let _ = write!(
            out,
            "<line x1=\"{x_px}\" x2=\"{x_px}\" y1=\"{top_px}\" y2=\"{bottom_px}\" stroke=\"{}\"/>\
             <text x=\"{x_px}\" y=\"{title_px}\" text-anchor=\"middle\" font-weight=\"600\">{}</text>",
            theme.stroke,
            escaped(&title),
        );
        // A halo keeps words readable upon the lines.
        let mut word = |y_px: f64, text: &str, colour: &str| {
            let _ = write!(
                out,
                "<line x1=\"{}\" x2=\"{x_px}\" y1=\"{y_px}\" y2=\"{y_px}\" stroke=\"{}\"/>\
                 <text x=\"{}\" y=\"{y_px}\" text-anchor=\"end\" dominant-baseline=\"middle\" fill=\"{colour}\" \
                 stroke=\"{}\" stroke-width=\"3\" paint-order=\"stroke\">{}</text>",
                x_px - 4.0,
                theme.stroke,
                x_px - 6.0,
                theme.surface,
                escaped(text),
            );
        };
        for tick in self.ticks.iter().filter(|tick| tick.is_labelled) {
            word(tick.y_px, &tick.label, &theme.content);
        }
        for lane in self.lanes.iter().filter(|lane| lane.n_runs > 0) {
            word(lane.y_px, lane.lane.label(), &theme.secondary);
        }
    }
}

impl Legend {
    fn draw(&self, y_px: f64, no_value: Option<Rgb>, out: &mut String) {
        let mut swatches: Vec<(String, Rgb)> = match self {
            Self::Ramp { low, high, median, stops, .. } => {
                let text = |at: usize| match (at, median) {
                    (0, _) => low.clone(),
                    (_, None) if at + 1 == stops.len() => high.clone(),
                    (_, Some(median)) if at + 1 == stops.len() => {
                        format!("{high}, by rank, median {median}")
                    }
                    _ => String::new(),
                };
                stops.iter().enumerate().map(|(at, stop)| (text(at), *stop)).collect()
            }
            Self::Categories { items, .. } => items.clone(),
        };
        swatches.extend(no_value.map(|colour| (Legend::NO_VALUE.to_owned(), colour)));
        let mut x_px = 0.0;
        let mut text = |x_px: f64, text: &str| {
            let _ = write!(
                out,
                "<text x=\"{x_px}\" y=\"{y_px}\" dominant-baseline=\"middle\">{}</text>",
                escaped(text)
            );
            // About as wide as the letters are.
            text.chars().count() as f64 * FONT_PX * 0.62
        };
        x_px += text(x_px, self.column().label()) + 8.0;
        let mut places = Vec::new();
        for (label, colour) in &swatches {
            places.push((x_px, *colour));
            x_px += SWATCH_PX;
            if !label.is_empty() {
                x_px += text(x_px + 4.0, label) + 12.0;
            }
        }
        for (x_px, [r, g, b]) in places {
            let top_px = y_px - SWATCH_PX / 2.0;
            let _ = write!(
                out,
                "<rect x=\"{x_px}\" y=\"{top_px}\" width=\"{SWATCH_PX}\" height=\"{SWATCH_PX}\" \
                 fill=\"rgb({r},{g},{b})\"/>"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::protocol::{LaneInfo, Tick};
    use crate::entities::ColumnKey;
    use crate::view::{AxisKind, Lane};

    #[test]
    fn a_picture_has_axes_ticks_lanes_and_a_legend_and_no_markup_of_others() {
        let tick = |label: &str, is_labelled| Tick {
            y_px: 50.0,
            label: label.to_owned(),
            category: None,
            is_labelled,
        };
        let lane = |lane, n_runs| LaneInfo { lane, y_px: 190.0, n_runs };
        let axis = AxisInfo {
            column: ColumnKey::Param("<script>".into()),
            label: "<script>alert(\"1\")&".to_owned(),
            unit: "s".to_owned(),
            per_unit: 1e3,
            kind: AxisKind::Linear,
            is_kind_inferred: true,
            is_flipped: false,
            x_px: 10.0,
            top_px: 20.0,
            bottom_px: 180.0,
            domain: Some((0.0, 1.0)),
            least_not_positive: None,
            ticks: vec![tick("0.5", true), tick("hidden", false)],
            lanes: vec![lane(Lane::Missing, 4), lane(Lane::Nan, 0)],
            note: None,
        };
        let legend = Legend::Ramp {
            column: ColumnKey::Metric("rmse".into()),
            low: "1".into(),
            high: "9".into(),
            median: Some("2".into()),
            stops: vec![[1, 2, 3], [4, 5, 6], [7, 8, 9]],
            better: None,
        };
        let axes = AxesInfo {
            width_px: 100.0,
            height_px: 200.0,
            axes: vec![axis],
            legend: Some(legend),
            no_value: Some([9, 9, 9]),
        };
        let svg = axes.picture("data:image/png;base64,AA==", &ChartTheme::default());
        assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>"));
        assert!(svg.contains("&lt;script&gt;alert(&quot;1&quot;)&amp; (s)") && !svg.contains("<script"));
        assert!(svg.contains(">0.5<") && !svg.contains("hidden"));
        assert!(svg.contains(">missing<") && !svg.contains("NaN<"));
        assert_eq!(svg.matches("<rect").count(), 1 + 3 + 1);
        assert!(svg.contains(">no value<"));
        assert!(
            svg.contains(">rmse<") && svg.contains(">9, by rank, median 2<") && svg.contains("rgb(7,8,9)")
        );
        assert_eq!(axes.picture_px(), (196.0, 256.0));
    }
}
