//! The option that Apache ECharts draws a figure by, without its points, which follow as arrays of numbers.
//!
//! It is put together from charming's types one by one: a whole `charming::Chart` can write all 22 kinds of series,
//! and would bring the code for all of them. What charming has no word for yet is merged in as JSON.

use super::{ChartAxis, ChartTheme, EdgeMark, Figure, Mark, Scale, Series, Shape};
use crate::view::Lane;
use charming::component::{Axis, DataZoom, DataZoomType, FilterMode, Grid};
use charming::element::{
    AreaStyle, AxisLabel, AxisPointer, AxisPointerType, AxisTick, AxisType, Color, ItemStyle, LineStyle,
    LineStyleType, NameLocation, SplitLine, Step, Symbol, TextStyle, Tooltip, Trigger,
};
use charming::series::{Bar, Line, Scatter};
use serde::Serialize;
use serde_json::{Value, json};

const FONT_PX: f64 = 12.0;
const LINE_PX: f64 = 1.5;
/// Many lines are thinner, which the browser draws in half the time.
const THIN_LINE_PX: f64 = 1.0;
const MANY_LINES: usize = 12;
const DOT_PX: f64 = 7.0;
const SMALL_DOT_PX: f64 = 4.0;
const MANY_DOTS: usize = 2000;
/// Many dots of context lie one upon another: where they are dense, they are darker.
const CLOUD_OPACITY: f64 = 0.5;
const RING_PX: f64 = 13.0;
const EDGE_PX: f64 = 8.0;
/// What a line that is pointed at is wider by.
const EMPHASIS_PX: f64 = 1.5;
/// Room below the axis for its title and the slider.
const SLIDER_PX: f64 = 76.0;
const STRETCH_PX: f64 = 4.0;
/// The dimension that says how wide a dot is.
pub(crate) const SIZE: &str = "size";
const RAW_OPACITY: f64 = 0.35;
const BAND_OPACITY: f64 = 0.15;

/// How strongly marks are drawn, by how many there are.
#[derive(Clone, Copy)]
struct Density {
    line_px: f64,
    dot_px: f64,
    dimmed_opacity: f64,
}

impl Figure {
    /// Whether it is all lines: one x is then looked at across all of them.
    pub fn is_lines(&self) -> bool {
        self.series.iter().all(|series| matches!(series.mark, Mark::Line { .. }))
    }

    /// The option for ECharts. Its series have the order of [`Figure::drawn`].
    pub fn option(&self, theme: &ChartTheme) -> Value {
        let density = self.density();
        let mut series: Vec<Value> = self.series.iter().map(|series| series.main(theme, density)).collect();
        series.extend(
            self.raw_lines().into_iter().map(|(look, _)| Series { look, ..Series::default() }.raw(theme)),
        );
        series.extend(self.series.iter().flat_map(|series| series.behind(theme)));
        let marks = self.edge_marks();
        let own = with(self.y.option(theme, true), self.y.ends(!self.has_bars()));
        // What is no number has no place on the axis: its marks have an axis of their own.
        let y = if marks.is_empty() {
            own
        } else {
            json!([own, { "type": "value", "min": 0, "max": 1, "show": false }])
        };
        series.extend(marks.into_iter().map(|(series, mark, _)| series.edge(mark, theme)));
        let grid =
            Grid::new().left(8).right(16).top(28).bottom(if self.has_slider { SLIDER_PX } else { 4.0 });
        json!({
            "animation": false,
            "useUTC": true,
            "backgroundColor": "transparent",
            "textStyle": { "fontFamily": theme.font, "color": theme.content },
            "grid": with(grid, json!({ "outerBoundsContain": "all" })),
            "xAxis": self.x_axis(theme),
            "yAxis": y,
            "dataZoom": self.zooms(theme),
            "tooltip": self.tooltip(theme),
            "series": series,
        })
    }

    fn density(&self) -> Density {
        let n_points: usize = self.series.iter().map(|series| series.points.len()).sum();
        let (dot_px, dimmed_opacity) =
            if n_points > MANY_DOTS { (SMALL_DOT_PX, CLOUD_OPACITY) } else { (DOT_PX, 1.0) };
        let line_px = if self.series.len() > MANY_LINES { THIN_LINE_PX } else { LINE_PX };
        Density { line_px, dot_px, dimmed_opacity }
    }

    fn has_bars(&self) -> bool {
        self.series.iter().any(|series| series.mark == Mark::Bars)
    }

    fn x_axis(&self, theme: &ChartTheme) -> Value {
        let axis = self.x.option(theme, false);
        if self.is_lines() && !matches!(self.x.scale, Scale::Categories(_)) {
            // The axis begins and ends where the lines do.
            with(axis, merged(json!({ "min": "dataMin", "max": "dataMax" }), self.x.ends(true)))
        } else {
            with(axis, self.x.ends(!self.has_bars()))
        }
    }

    fn zooms(&self, theme: &ChartTheme) -> Vec<Value> {
        // Bars are compared from zero, all of them.
        if self.has_bars() {
            return Vec::new();
        }
        // Lines make room in height for the part in view; a cloud of dots keeps its frame.
        let mode = if self.is_lines() { FilterMode::Filter } else { FilterMode::None };
        // The wheel alone scrolls the page.
        let ways = json!({ "zoomOnMouseWheel": "ctrl", "moveOnMouseWheel": false, "preventDefaultMouseMove": false });
        let inside = || DataZoom::new().type_(DataZoomType::Inside).filter_mode(mode);
        let mut zooms = vec![with(inside().x_axis_index(0), ways.clone())];
        if !self.is_lines() {
            zooms.push(with(inside().y_axis_index(0), ways));
        }
        if self.has_slider {
            let slider = DataZoom::new()
                .type_(DataZoomType::Slider)
                .filter_mode(mode)
                .x_axis_index(0)
                .bottom(4)
                .text_style(TextStyle::new().color(colour(&theme.secondary)).font_size(FONT_PX))
                .border_color(colour(&theme.stroke))
                .brush_select(false);
            zooms.push(with(
                slider,
                json!({
                    "height": 20,
                    "showDataShadow": false,
                    "fillerColor": theme.grid,
                    "handleStyle": { "color": theme.surface, "borderColor": theme.secondary },
                    "moveHandleStyle": { "color": theme.stroke },
                    "showDetail": false,
                }),
            ));
        }
        zooms
    }

    fn tooltip(&self, theme: &ChartTheme) -> Value {
        let line = LineStyle::new().color(colour(&theme.secondary)).width(1).type_(LineStyleType::Dashed);
        let pointer = AxisPointer::new().type_(AxisPointerType::Line).snap(true).line_style(line);
        let tooltip = Tooltip::new()
            .trigger(if self.is_lines() { Trigger::Axis } else { Trigger::Item })
            .axis_pointer(pointer)
            .background_color(colour(&theme.raised))
            .border_color(colour(&theme.stroke))
            .border_width(1)
            .padding(8);
        // HTML tooltips would carry style attributes, which the Content-Security-Policy forbids.
        with(
            tooltip,
            json!({
                "renderMode": "richText",
                "confine": true,
                "transitionDuration": 0,
                "textStyle": { "color": theme.content, "fontSize": FONT_PX },
            }),
        )
    }
}

impl ChartAxis {
    /// Where it begins and ends.
    fn ends(&self, is_free: bool) -> Value {
        match self.domain {
            Some((low, high)) => json!({ "scale": is_free, "min": low, "max": high }),
            None => json!({ "scale": is_free }),
        }
    }

    fn option(&self, theme: &ChartTheme, is_upright: bool) -> Value {
        let type_ = match self.scale {
            Scale::Linear | Scale::Counted => AxisType::Value,
            Scale::Log => AxisType::Log,
            Scale::Time => AxisType::Time,
            Scale::Categories(_) => AxisType::Category,
        };
        let is_category = type_ == AxisType::Category;
        let name_style = TextStyle::new().color(colour(&theme.secondary)).font_size(FONT_PX);
        let mut axis = Axis::new()
            .type_(type_)
            .name(self.heading())
            .inverse(self.is_reversed)
            .axis_label(AxisLabel::new().color(colour(&theme.secondary)).font_size(FONT_PX))
            .axis_tick(AxisTick::new().show(!is_category))
            .split_line(
                SplitLine::new()
                    .show(is_upright && !is_category)
                    .line_style(LineStyle::new().color(colour(&theme.grid))),
            );
        // An upright title would have to be read sideways: it stands above its axis.
        axis = if is_upright {
            axis.name_location(if self.is_reversed { NameLocation::Start } else { NameLocation::End })
                .name_gap(10)
                .name_text_style(name_style.align("left"))
        } else {
            axis.name_location(NameLocation::Middle).name_gap(26).name_text_style(name_style)
        };
        if let Scale::Categories(texts) = &self.scale {
            axis = axis.data(texts.clone());
        }
        if self.scale == Scale::Counted {
            axis = axis.min_interval(1);
        }
        let stroke = json!({ "color": theme.stroke });
        // charming colours the line of an axis in segments, as gauges have them.
        with(
            axis,
            json!({
                "axisLine": { "show": true, "onZero": false, "lineStyle": stroke },
                "axisTick": { "lineStyle": stroke },
                "axisLabel": { "hideOverlap": true },
                // Only the line that is meant stands out, not all that the crosshair meets.
                "axisPointer": { "label": { "show": false }, "triggerEmphasis": false },
            }),
        )
    }
}

impl Series {
    fn colour(&self, theme: &ChartTheme) -> Color {
        colour(self.colour_text(theme))
    }

    /// Its colour, as the theme has it.
    pub(super) fn colour_text<'a>(&self, theme: &'a ChartTheme) -> &'a str {
        if self.look.is_dimmed || theme.series.is_empty() {
            return &theme.dimmed;
        }
        let tone = self.look.on_ramp(theme.ramp.len()).map(|at| &theme.ramp[at]);
        tone.unwrap_or(&theme.series[self.look.colour % theme.series.len()])
    }

    fn z(&self) -> i32 {
        if self.look.is_dimmed { 2 } else { 3 }
    }

    fn main(&self, theme: &ChartTheme, density: Density) -> Value {
        let item = ItemStyle::new().color(self.colour(theme));
        // Points come as pairs of numbers.
        let names: &[&str] = if self.sizes_px.is_empty() { &["x", "y"] } else { &["x", "y", SIZE] };
        let rest = json!({ "dimensions": names, "z": self.z() });
        match self.mark {
            Mark::Dots => {
                let opacity = if self.look.is_dimmed { density.dimmed_opacity } else { 1.0 };
                let dots = Scatter::new().name(&*self.name).item_style(item.opacity(opacity));
                with(dots.symbol(self.symbol()).symbol_size(density.dot_px), rest)
            }
            Mark::Bars => with(Bar::new().name(&*self.name).item_style(item).bar_width("60%"), rest),
            Mark::Line { .. } | Mark::Stairs { .. } | Mark::Stretches => {
                let width = if self.mark == Mark::Stretches { STRETCH_PX } else { density.line_px };
                let mut line = Line::new()
                    .name(&*self.name)
                    .item_style(item)
                    .line_style(LineStyle::new().color(self.colour(theme)).width(width))
                    .symbol(self.symbol())
                    .symbol_size(DOT_PX)
                    .show_symbol(!matches!(self.mark, Mark::Line { has_dots: false }));
                if let Mark::Stairs { is_more_x_better } = self.mark {
                    line = line.step(if is_more_x_better { Step::Start } else { Step::End });
                }
                let emphasis = json!({ "lineStyle": { "width": width + EMPHASIS_PX } });
                let more = json!({ "lineStyle": { "type": self.dash() }, "emphasis": emphasis });
                with(line, merged(rest, more))
            }
        }
    }

    /// A line that nothing points at.
    fn quiet(&self, theme: &ChartTheme, opacity: f64) -> Line {
        Line::new()
            .symbol(Symbol::None)
            .silent(true)
            .item_style(ItemStyle::new().color(self.colour(theme)))
            .line_style(LineStyle::new().color(self.colour(theme)).width(1).opacity(opacity))
    }

    /// The raw lines of this look.
    fn raw(&self, theme: &ChartTheme) -> Value {
        with(self.quiet(theme, RAW_OPACITY), quiet_rest())
    }

    /// What nothing points at, besides the raw lines: the band and the rings.
    fn behind(&self, theme: &ChartTheme) -> impl Iterator<Item = Value> {
        let rest = quiet_rest();
        let band = (!self.band.is_empty()).then(|| {
            let area = AreaStyle::new().color(self.colour(theme)).opacity(BAND_OPACITY);
            with(self.quiet(theme, 0.0).area_style(area), rest.clone())
        });
        let rings = (!self.rings.is_empty()).then(|| {
            let ring = ItemStyle::new().color(colour("transparent")).border_color(colour(&theme.content));
            let dots = Scatter::new().symbol_size(RING_PX).item_style(ring.border_width(LINE_PX));
            // Above the dots, and not in the pointer's way.
            with(dots, merged(rest, json!({ "silent": true, "z": 4 })))
        });
        band.into_iter().chain(rings)
    }

    /// What marks a value at the edge of the chart.
    fn edge(&self, mark: EdgeMark, theme: &ChartTheme) -> Value {
        let item = ItemStyle::new().color(self.colour(theme)).border_color(self.colour(theme));
        let (symbol, rotation) = match mark.lane {
            Lane::NegInf => (json!("triangle"), 180),
            Lane::PosInf => (json!("triangle"), 0),
            // Two strokes that cross.
            _ => (json!("path://M0 0L10 10M10 0L0 10"), 0),
        };
        let more = json!({
            "yAxisIndex": 1, "symbol": symbol, "symbolRotate": rotation, "silent": true, "z": 5,
            "itemStyle": { "borderWidth": LINE_PX },
        });
        with(Scatter::new().symbol_size(EDGE_PX).item_style(item), merged(quiet_rest(), more))
    }

    fn dash(&self) -> Value {
        match self.look.dash_px() {
            [] => json!("solid"),
            dash => json!(dash),
        }
    }

    fn symbol(&self) -> Symbol {
        match self.look.shape() {
            Shape::Circle => Symbol::Circle,
            Shape::Square => Symbol::Rect,
            Shape::Triangle => Symbol::Triangle,
            Shape::Diamond => Symbol::Diamond,
        }
    }
}

/// What all have that nothing points at.
fn quiet_rest() -> Value {
    json!({ "dimensions": ["x", "y"], "tooltip": { "show": false }, "z": 1 })
}

fn colour(text: &str) -> Color {
    Color::Value(text.to_owned())
}

/// A part of charming's with more in it.
fn with(part: impl Serialize, more: Value) -> Value {
    // Plain structs of texts and numbers always have a JSON form.
    merged(serde_json::to_value(part).unwrap_or_default(), more)
}

fn merged(mut value: Value, more: Value) -> Value {
    match (&mut value, more) {
        (Value::Object(fields), Value::Object(more)) => {
            for (key, more) in more {
                let old = fields.remove(&key).unwrap_or_default();
                fields.insert(key, merged(old, more));
            }
            value
        }
        (_, more) => more,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::charts::Look;

    fn theme() -> ChartTheme {
        let series = (1..=8).map(|n| format!("series-{n}")).collect();
        ChartTheme {
            content: "content".into(),
            dimmed: "dimmed".into(),
            raised: "raised".into(),
            secondary: "secondary".into(),
            series,
            ..ChartTheme::default()
        }
    }

    fn look(colour: usize, dash: usize) -> Look {
        Look { colour, dash, ..Look::default() }
    }

    #[test]
    fn lines_differ_in_colour_and_dash_and_are_looked_at_together() {
        let smooth = Series { raw: vec![(0.0, 3.0)], ..Series::line("b", look(9, 3), vec![(0.0, 2.0)]) };
        let figure = Figure {
            x: ChartAxis::new("step", Scale::Counted),
            y: ChartAxis { unit: "nats".into(), ..ChartAxis::new("loss", Scale::Log) },
            series: vec![Series::line("a", look(0, 0), vec![(0.0, 1.0)]), smooth],
            has_slider: true,
        };
        let option = figure.option(&theme());
        assert_eq!(option["animation"], json!(false));
        assert_eq!(option["xAxis"]["type"], json!("value"));
        assert_eq!(option["xAxis"]["minInterval"].as_f64(), Some(1.0));
        assert_eq!(option["xAxis"]["max"], json!("dataMax"));
        let wider = ChartAxis { domain: Some((0.0, 9.0)), ..figure.x.clone() };
        assert_eq!(
            Figure { x: wider, ..figure.clone() }.option(&theme())["xAxis"]["max"].as_f64(),
            Some(9.0)
        );
        assert_eq!(option["yAxis"]["type"], json!("log"));
        assert_eq!(option["yAxis"]["name"], json!("loss (nats)"));
        assert_eq!(option["tooltip"]["trigger"], json!("axis"));
        assert_eq!(option["tooltip"]["renderMode"], json!("richText"));
        assert_eq!(option["tooltip"]["backgroundColor"], json!("raised"));
        let kinds: Vec<_> = option["dataZoom"].as_array().unwrap().iter().map(|zoom| &zoom["type"]).collect();
        assert_eq!(kinds, ["inside", "slider"]);
        let series = option["series"].as_array().unwrap();
        assert_eq!(series.len(), figure.drawn().len());
        let told: Vec<_> = series
            .iter()
            .map(|one| (one["name"].as_str(), &one["lineStyle"]["color"], &one["lineStyle"]["type"]))
            .collect();
        // The second series has the ninth colour, which is the first again after eight.
        assert_eq!(
            told,
            [
                (Some("a"), &json!("series-1"), &json!("solid")),
                (Some("b"), &json!("series-2"), &json!([9.0, 3.0, 2.0, 3.0])),
                (None, &json!("series-2"), &Value::Null),
            ]
        );
        assert_eq!(series[2]["silent"], json!(true));
        assert_eq!(series[2]["lineStyle"]["opacity"].as_f64(), Some(RAW_OPACITY));
        assert!(series.iter().all(|one| one["dimensions"] == json!(["x", "y"]) && one.get("data").is_none()));
    }

    #[test]
    fn a_front_stands_out_of_its_cloud() {
        let dots = |name: &str, look| Series { name: name.into(), look, ..Series::default() };
        let front = Series {
            mark: Mark::Stairs { is_more_x_better: false },
            rings: vec![(1.0, 1.0)],
            ..dots("Pareto front", look(0, 0))
        };
        let rest = dots("dominated", Look { is_dimmed: true, ..Look::default() });
        let figure = Figure { series: vec![rest, front], ..Figure::default() };
        let option = figure.option(&theme());
        assert_eq!(option["tooltip"]["trigger"], json!("item"));
        let (rest, front) = (&option["series"][0], &option["series"][1]);
        assert_eq!((&rest["type"], &front["type"]), (&json!("scatter"), &json!("line")));
        assert_eq!(
            (&rest["itemStyle"]["color"], &front["itemStyle"]["color"]),
            (&json!("dimmed"), &json!("series-1"))
        );
        assert_eq!((&front["step"], &front["showSymbol"]), (&json!("end"), &json!(true)));
        assert!(rest["z"].as_i64() < front["z"].as_i64());
        assert_eq!(option["series"].as_array().unwrap().len(), figure.drawn().len());
        let ring = &option["series"][2];
        assert_eq!(
            (&ring["type"], &ring["silent"], &ring["itemStyle"]["borderColor"]),
            (&json!("scatter"), &json!(true), &json!("content"))
        );
        // Dots are zoomed both ways and keep their frame.
        let zooms = option["dataZoom"].as_array().unwrap();
        assert!(
            zooms.len() == 2 && zooms.iter().all(|zoom| zoom["filterMode"] == json!("none")),
            "{zooms:?}"
        );
    }

    #[test]
    fn bars_stand_on_categories() {
        let figure = Figure {
            y: ChartAxis {
                is_reversed: true,
                ..ChartAxis::new("", Scale::Categories(vec!["max_depth".into(), "alpha".into()]))
            },
            series: vec![Series {
                mark: Mark::Bars,
                points: vec![(0.7, 0.0), (0.1, 1.0)],
                ..Series::default()
            }],
            ..Figure::default()
        };
        let option = figure.option(&theme());
        assert_eq!(option["yAxis"]["data"], json!(["max_depth", "alpha"]));
        assert_eq!(
            (&option["yAxis"]["type"], &option["yAxis"]["inverse"]),
            (&json!("category"), &json!(true))
        );
        assert_eq!(option["series"][0]["type"], json!("bar"));
        assert_eq!((&option["xAxis"]["scale"], &option["dataZoom"]), (&json!(false), &json!([])));
    }
}
