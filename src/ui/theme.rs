//! Light, dark or the system's choice; and the theme's colours for the engine, read from the style sheet.

use crate::engine::protocol::{PlotTheme, Rgb};
use crate::plot::charts::ChartTheme;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;

const STORED: &str = "runweave.theme";
const N_SERIES: usize = 8;
/// So many colours a ramp has.
pub const N_RAMP: usize = 8;

/// The choice of a theme.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Theme {
    /// As the system is set.
    #[default]
    System,
    /// Always light.
    Light,
    /// Always dark.
    Dark,
}

impl Theme {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// The word it is stored by; `public/theme.js` reads it too.
    pub fn word(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The words of the choice.
    pub fn label(self) -> &'static str {
        match self {
            Self::System => "System theme",
            Self::Light => "Light theme",
            Self::Dark => "Dark theme",
        }
    }

    /// The theme of that word.
    pub fn from_word(word: &str) -> Self {
        Self::ALL.into_iter().find(|theme| theme.word() == word).unwrap_or_default()
    }
}

/// The theme chosen in this browser.
pub fn stored_theme() -> Theme {
    let word =
        window().local_storage().ok().flatten().and_then(|storage| storage.get_item(STORED).ok().flatten());
    word.map_or(Theme::System, |word| Theme::from_word(&word))
}

/// Chooses a theme and remembers it.
pub fn set_theme(theme: Theme) {
    if let Some(storage) = window().local_storage().ok().flatten() {
        // A browser that stores nothing forgets the choice at the next visit.
        let _ = storage.set_item(STORED, theme.word());
    }
    if let Some(root) = document().document_element() {
        let _ = root.set_attribute("data-theme", theme.word());
    }
    VERSION.with(|version| version.update(|n| *n += 1));
}

thread_local! {
    // Counted, not owned: an arena's signal would end with the page that asked first.
    static VERSION: ArcRwSignal<u32> = ArcRwSignal::new(0);
}

/// Counts up whenever the colours change, by choice or by the system. Call it once, in a component.
pub fn theme_version() -> Signal<u32> {
    let version = VERSION.with(ArcRwSignal::clone);
    if let Ok(Some(query)) = window().match_media("(prefers-color-scheme: dark)") {
        let counted = version.clone();
        let listener = Closure::<dyn FnMut()>::new(move || counted.update(|n| *n += 1));
        let function: js_sys::Function = listener.as_ref().unchecked_ref::<js_sys::Function>().clone();
        if query.add_event_listener_with_callback("change", &function).is_ok() {
            let held = StoredValue::new_local(Some((query, listener)));
            on_cleanup(move || {
                if let Some(Some((query, listener))) = held.try_update_value(Option::take) {
                    let _ = query
                        .remove_event_listener_with_callback("change", listener.as_ref().unchecked_ref());
                }
            });
        }
    }
    version.into()
}

/// The colours in force, for the engine.
pub fn plot_theme() -> PlotTheme {
    with_style(|style| {
        let read = |name: String| rgb(&style(&name));
        PlotTheme {
            surface: read("--surface-default".to_owned()),
            context: read("--plot-context".to_owned()),
            hover: read("--plot-hover".to_owned()),
            no_value: read("--plot-no-value".to_owned()),
            series: (1..=N_SERIES).map(|n| read(format!("--series-{n}"))).collect(),
            ramp: (0..N_RAMP).map(|n| read(format!("--ramp-{n}"))).collect(),
        }
    })
}

/// The colours in force, for charts.
pub fn chart_theme() -> ChartTheme {
    with_style(|style| ChartTheme {
        content: style("--content-default"),
        secondary: style("--content-secondary"),
        stroke: style("--stroke-strong"),
        grid: style("--stroke-secondary"),
        surface: style("--surface-default"),
        raised: style("--surface-raised"),
        dimmed: style("--stroke-strong"),
        series: (1..=N_SERIES).map(|n| style(&format!("--series-{n}"))).collect(),
        ramp: (0..N_RAMP).map(|n| style(&format!("--ramp-{n}"))).collect(),
        // Double quotes would end the attribute that a saved chart writes it into.
        font: document()
            .body()
            .map_or_else(String::new, |body| computed(&body, "font-family").replace('"', "'")),
    })
}

/// Hands over a reader of the style sheet's colours. A canvas knows no custom properties, so each one is resolved on a
/// hidden element.
fn with_style<T>(work: impl FnOnce(&dyn Fn(&str) -> String) -> T) -> T {
    let probe = document()
        .create_element("span")
        .ok()
        .and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok());
    let body = document().body();
    if let (Some(probe), Some(body)) = (&probe, &body) {
        let _ = body.append_child(probe);
    }
    let result = work(&|name| {
        let Some(probe) = &probe else { return String::new() };
        let _ = probe.style().set_property("color", &format!("var({name})"));
        computed(probe, "color")
    });
    if let Some(probe) = &probe {
        probe.remove();
    }
    result
}

fn computed(element: &web_sys::HtmlElement, property: &str) -> String {
    let style = window().get_computed_style(element).ok().flatten();
    style.and_then(|style| style.get_property_value(property).ok()).unwrap_or_default()
}

/// Reads `rgb(r, g, b)`, the form in which browsers give computed colours.
fn rgb(text: &str) -> Rgb {
    let mut numbers = text
        .split(|c: char| !(c.is_ascii_digit() || c == '.'))
        .filter_map(|part| part.parse::<f32>().ok())
        .map(|number| number.round().clamp(0.0, 255.0) as u8);
    [(); 3].map(|()| numbers.next().unwrap_or_default())
}
