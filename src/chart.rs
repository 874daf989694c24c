//! Apache ECharts, as far as it is needed here: fetched with the first chart, bound by a handful of calls, every failure
//! told as a sentence. `assets/charts.mjs` is the other side.

use crate::plot::charts::option::SIZE;
use crate::plot::charts::{ChartAxis, Place};
use js_sys::{Array, Float64Array, JSON, Object, Reflect};
use serde_json::{Value, json};
use std::cell::Cell;
use std::fmt;
use wasm_bindgen::prelude::*;
use web_sys::HtmlElement;

#[wasm_bindgen]
extern "C" {
    /// `public/loader.js` defines it: a program cannot call `import()` by itself.
    #[wasm_bindgen(js_name = runweaveCharts, catch)]
    async fn import_library() -> Result<JsValue, JsValue>;

    /// What `assets/charts.mjs` exports.
    #[derive(Clone)]
    type Module;
    #[wasm_bindgen(method, catch)]
    fn init(this: &Module, element: &HtmlElement) -> Result<Instance, JsValue>;
    #[wasm_bindgen(method)]
    fn connect(this: &Module, chart: &Instance, group: &str);
    #[wasm_bindgen(method, js_name = svgOf, catch)]
    fn svg_of(this: &Module, element: &HtmlElement, background: &str) -> Result<String, JsValue>;
    #[wasm_bindgen(method, getter, js_name = sizeOf)]
    fn size_of(this: &Module) -> JsValue;
    #[wasm_bindgen(method, js_name = shownRange, catch)]
    fn shown_range(this: &Module, chart: &Instance) -> Result<JsValue, JsValue>;

    /// A chart on an element.
    type Instance;
    #[wasm_bindgen(method, js_name = setOption, catch)]
    fn set_option(
        this: &Instance,
        option: &JsValue,
        not_merge: bool,
        lazy_update: bool,
    ) -> Result<(), JsValue>;
    #[wasm_bindgen(method)]
    fn on(this: &Instance, event: &str, listener: &JsValue);
    #[wasm_bindgen(method, js_name = getZr)]
    fn surface(this: &Instance) -> Surface;
    #[wasm_bindgen(method, js_name = containPixel)]
    fn contains(this: &Instance, finder: &JsValue, at_px: &Array) -> bool;
    #[wasm_bindgen(method, js_name = convertFromPixel)]
    fn value_at(this: &Instance, finder: &JsValue, at_px: &Array) -> JsValue;
    #[wasm_bindgen(method, js_name = dispatchAction, catch)]
    fn dispatch(this: &Instance, action: &JsValue) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch)]
    fn resize(this: &Instance) -> Result<(), JsValue>;
    #[wasm_bindgen(method)]
    fn dispose(this: &Instance);

    /// What the chart is drawn on: it tells of the pointer between the points too.
    type Surface;
    #[wasm_bindgen(method)]
    fn on(this: &Surface, event: &str, listener: &JsValue);
}

/// Why there is no chart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChartProblem {
    /// The library did not arrive.
    NotFetched,
    /// The library refused what it was given.
    Refused(String),
}

impl fmt::Display for ChartProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFetched => f.write_str(
                "The chart could not be drawn: the part of Runweave that draws it could not be fetched from where the \
                 site is hosted. The table has all that it shows.",
            ),
            Self::Refused(why) => {
                write!(f, "The chart could not be drawn ({why}). The table has all that it shows.")
            }
        }
    }
}

fn refused(error: JsValue) -> ChartProblem {
    let message = Reflect::get(&error, &JsValue::from_str("message")).ok().and_then(|it| it.as_string());
    ChartProblem::Refused(message.unwrap_or_else(|| "no reason given".to_owned()))
}

/// The library, here.
#[derive(Clone)]
pub struct Library(Module);

impl Library {
    /// Fetches it, once: later calls find it there.
    ///
    /// # Errors
    ///
    /// It did not arrive.
    pub async fn fetch() -> Result<Self, ChartProblem> {
        match import_library().await {
            Ok(module) => Ok(Self(module.unchecked_into())),
            Err(_) => Err(ChartProblem::NotFetched),
        }
    }

    /// Makes a chart on an element that has a size, connected with those of the same group.
    ///
    /// # Errors
    ///
    /// The library's refusal.
    pub fn chart(&self, element: &HtmlElement, group: Option<&str>) -> Result<Handle, ChartProblem> {
        let instance = self.0.init(element).map_err(refused)?;
        if let Some(group) = group {
            self.0.connect(&instance, group);
        }
        let counted_tick = Closure::new(ChartAxis::counted_tick);
        Ok(Handle {
            library: self.clone(),
            instance,
            listeners: Vec::new(),
            tip: None,
            counted_tick,
            emphasised: Cell::new(None),
        })
    }
}

impl Library {
    /// The chart on that element as SVG, as it is now, on a background.
    ///
    /// # Errors
    ///
    /// There is none, or the library's refusal.
    pub fn svg(&self, element: &HtmlElement, background: &str) -> Result<String, ChartProblem> {
        self.0.svg_of(element, background).map_err(refused)
    }
}

type Listener = Closure<dyn Fn(JsValue)>;
/// Writes the text of a tooltip about these points.
pub type TipWriter = Box<dyn Fn(&[Place]) -> String>;

/// A chart on the page; it goes when this is dropped.
pub struct Handle {
    library: Library,
    instance: Instance,
    listeners: Vec<Listener>,
    tip: Option<Closure<dyn Fn(JsValue) -> String>>,
    counted_tick: Closure<dyn Fn(f64) -> String>,
    emphasised: Cell<Option<Place>>,
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.instance.dispose();
    }
}

impl Handle {
    /// Listens to what happens to points: `mouseover`, `mouseout`, `click`.
    pub fn on_point(&mut self, event: &str, listener: impl Fn(Place) + 'static) {
        let listener = Listener::new(move |params: JsValue| {
            if let Some(place) = place_of(&params) {
                listener(place);
            }
        });
        self.instance.on(event, listener.as_ref());
        self.listeners.push(listener);
    }

    /// Listens to a change of the part in view.
    pub fn on_zoom(&mut self, listener: impl Fn() + 'static) {
        let listener = Listener::new(move |_| listener());
        self.instance.on("datazoom", listener.as_ref());
        self.listeners.push(listener);
    }

    /// Listens to the end of drawing.
    pub fn on_finished(&mut self, listener: impl Fn() + 'static) {
        let listener = Listener::new(move |_| listener());
        self.instance.on("finished", listener.as_ref());
        self.listeners.push(listener);
    }

    /// Listens to the pointer, wherever it is on the chart: `mousemove`, `click`, `globalout`; with x and y in pixels.
    pub fn on_pointer(&mut self, event: &str, listener: impl Fn((f64, f64)) + 'static) {
        let listener = Listener::new(move |event: JsValue| {
            let read = |key: &str| number(&event, key).unwrap_or(f64::NAN);
            listener((read("offsetX"), read("offsetY")));
        });
        self.instance.surface().on(event, listener.as_ref());
        self.listeners.push(listener);
    }

    /// Writes the tooltips' texts from now on.
    pub fn set_tip(&mut self, tip: TipWriter) {
        self.tip = Some(Closure::new(move |params: JsValue| {
            let places: Vec<Place> = if Array::is_array(&params) {
                Array::from(&params).iter().filter_map(|one| place_of(&one)).collect()
            } else {
                place_of(&params).into_iter().collect()
            };
            tip(&places)
        }));
    }

    /// Draws anew: an option, and for each of its series x and y of its points in turn.
    ///
    /// # Errors
    ///
    /// The library's refusal.
    pub fn draw(&self, option: &Value, points: &[Vec<f64>]) -> Result<(), ChartProblem> {
        let is_counted = |axis: &&str| option[*axis].get("minInterval").is_some();
        let counted: Vec<&str> = ["xAxis", "yAxis"].into_iter().filter(is_counted).collect();
        let option_series = option["series"].as_array();
        let option = to_js(option);
        for axis in counted {
            set(&get(&get(&option, axis), "axisLabel"), "formatter", self.counted_tick.as_ref());
        }
        let series: Array = get(&option, "series").unchecked_into();
        let own = option_series.iter().flat_map(|series| series.iter());
        for ((one, points), own) in series.iter().zip(points).zip(own) {
            set(&one, "data", &Float64Array::from(points.as_slice()));
            if own["dimensions"].as_array().is_some_and(|names| names.iter().any(|name| name == SIZE)) {
                set(&one, "symbolSize", &self.library.0.size_of());
            }
        }
        if let Some(tip) = &self.tip {
            set(&get(&option, "tooltip"), "formatter", tip.as_ref());
        }
        // The library draws in the next frame: making the option and drawing it are a task each.
        self.instance.set_option(&option, true, true).map_err(refused)
    }

    /// Fits the chart to its element's size.
    pub fn resize(&self) {
        self.act(|instance| instance.resize());
    }

    /// Lets a point and its line stand out, or none.
    pub fn emphasise(&self, place: Option<Place>) {
        // By its place: the dot that a line without dots got for this would stay otherwise. What is drawn anew meanwhile
        // keeps standing out.
        if let Some(last) = self.emphasised.replace(place) {
            self.dispatch(&at("downplay", last));
        }
        if let Some(place) = place {
            self.dispatch(&at("highlight", place));
        }
    }

    /// Shows crosshair and tooltip at a point, as if the pointer were there. The crosshair tells the group of its x.
    pub fn show_tip(&self, place: Place) {
        self.dispatch(&at("showTip", place));
    }

    /// Takes crosshair and tooltip away.
    pub fn hide_tip(&self) {
        self.dispatch(&json!({ "type": "hideTip" }));
        self.dispatch(&json!({ "type": "updateAxisPointer", "currTrigger": "leave" }));
    }

    /// Shows a part of x.
    pub fn show_range(&self, (low, high): (f64, f64)) {
        self.dispatch(
            &json!({ "type": "dataZoom", "dataZoomIndex": 0, "startValue": low, "endValue": high }),
        );
    }

    /// Shows everything.
    pub fn show_all(&self) {
        let all = |index: usize| json!({ "dataZoomIndex": index, "start": 0, "end": 100 });
        self.dispatch(&json!({ "type": "dataZoom", "batch": [all(0), all(1)] }));
    }

    /// The part of x in view.
    pub fn shown_range(&self) -> Option<(f64, f64)> {
        let range = self.library.0.shown_range(&self.instance).ok()?;
        let range = Array::is_array(&range).then(|| Array::from(&range))?;
        Some((range.get(0).as_f64()?, range.get(1).as_f64()?))
    }

    /// The values of x and y at a place on the chart; none outside the axes.
    pub fn value_at(&self, (x_px, y_px): (f64, f64)) -> Option<(f64, f64)> {
        let at_px = Array::of2(&x_px.into(), &y_px.into());
        let grid = to_js(&json!({ "gridIndex": 0 }));
        if self.instance.contains(&grid, &at_px) { self.value_near((x_px, y_px)) } else { None }
    }

    /// The values of x and y at a place, also beyond the axes' ends.
    pub fn value_near(&self, (x_px, y_px): (f64, f64)) -> Option<(f64, f64)> {
        let at_px = Array::of2(&x_px.into(), &y_px.into());
        let grid = to_js(&json!({ "gridIndex": 0 }));
        let values: Array = self.instance.value_at(&grid, &at_px).dyn_into().ok()?;
        Some((values.get(0).as_f64()?, values.get(1).as_f64()?))
    }

    fn dispatch(&self, action: &Value) {
        self.act(|instance| instance.dispatch(&to_js(action)));
    }

    /// What fails here leaves the chart as it was; the browser's console tells it.
    fn act(&self, action: impl FnOnce(&Instance) -> Result<(), JsValue>) {
        if let Err(error) = action(&self.instance) {
            web_sys::console::error_1(&error);
        }
    }
}

/// An action at a point.
fn at(kind: &str, Place { series, point }: Place) -> Value {
    json!({ "type": kind, "seriesIndex": series, "dataIndex": point })
}

fn place_of(params: &JsValue) -> Option<Place> {
    let index = |key: &str| number(params, key).map(|number| number as usize);
    Some(Place { series: index("seriesIndex")?, point: index("dataIndex")? })
}

fn number(object: &JsValue, key: &str) -> Option<f64> {
    get(object, key).as_f64()
}

fn get(object: &JsValue, key: &str) -> JsValue {
    Reflect::get(object, &JsValue::from_str(key)).unwrap_or_default()
}

fn set(object: &JsValue, key: &str, value: &JsValue) {
    // Setting a property of a plain object made here cannot fail.
    let _ = Reflect::set(object, &JsValue::from_str(key), value);
}

fn to_js(value: &Value) -> JsValue {
    // JSON that serde writes is JSON that the browser reads.
    JSON::parse(&value.to_string()).unwrap_or_else(|_| Object::new().into())
}
