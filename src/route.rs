//! The address: what is compared and how it is shown, both ways.
//!
//! All of it stands behind the `#`, so that any static host serves every page without rewrite rules. Values are
//! percent-encoded; inside a value `~` separates items and `!` the parts of an item, both escaped with `'` in
//! the texts between them, so that any key survives. No credential has a place here.

mod codec;
pub mod saved;

use crate::entities::{ColumnKey, ExperimentId, RunId, RunView};
use crate::view::{
    ColourSpread, ColumnView, CurvesView, DifferencesView, FrontView, GroupsView, ModelSort, MoreView,
    Normalisation, RankingView, ScatterView, VersionSort, View,
};
use percent_encoding::percent_decode_str;
use std::fmt;

/// A page, with all that it shows.
#[derive(Clone, Debug, PartialEq)]
pub enum Route {
    /// Connect to a tracking server.
    Connect,
    /// The experiments of a server.
    Experiments {
        /// The server's URL.
        server: String,
    },
    /// The comparison of runs.
    Compare(Comparison),
    /// One run, and the comparison to go back to.
    Run {
        /// Which.
        run_id: RunId,
        /// Where it was opened from.
        comparison: Comparison,
    },
    /// The registered models.
    Models {
        /// The server's URL.
        server: String,
        /// What they are searched for.
        search: String,
        /// Their order; none for the server's, the last changed first.
        sort: Option<ModelSort>,
    },
    /// One registered model.
    Model(ModelPage),
    /// Versions that wait in Staging.
    Review {
        /// The server's URL.
        server: String,
        /// The model and version whose comparison is open, if one is.
        opened: Option<(String, u64)>,
    },
    /// The server's webhooks.
    Webhooks {
        /// The server's URL.
        server: String,
    },
    /// An address that names no page.
    NotFound(String),
}

/// A registered model, and how its versions are shown.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct ModelPage {
    /// The server's URL.
    pub server: String,
    /// The model's name.
    pub name: String,
    /// The version looked at, if one is.
    pub version: Option<u64>,
    /// The version that it is compared with; none for the one in Production.
    pub against: Option<u64>,
    /// Table, board or history.
    pub tab: ModelTab,
    /// Words that the versions must fit.
    pub filter: String,
    /// Whether archived versions are among the shown ones.
    pub has_archived: bool,
    /// The columns out of the versions' runs; none for the default ones.
    pub columns: Option<Vec<ColumnKey>>,
    /// The order of the table; none for the newest version first.
    pub sort: Option<VersionSort>,
    /// The metric that is plotted over the versions; none for the default one.
    pub metric: Option<String>,
}

/// The ways to show a model's versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ModelTab {
    /// A table.
    #[default]
    Table,
    /// A column for each stage.
    Board,
    /// What happened to all of them.
    History,
}

/// What is compared, where, and how it is shown.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Comparison {
    /// The server's URL.
    pub server: String,
    /// Whose runs.
    pub experiment_ids: Vec<ExperimentId>,
    /// Active, deleted or all of them.
    pub run_view: RunView,
    /// How they are shown.
    pub view: View,
}

impl Route {
    /// Reads an address's part behind the `#` (with or without it). Parts that cannot be read are left at their
    /// defaults: an old link still shows its runs.
    pub fn parse(hash: &str) -> Self {
        let text = hash.strip_prefix('#').unwrap_or(hash);
        let (path, query) = text.split_once('?').unwrap_or((text, ""));
        let pairs: Vec<(String, String)> = query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                (name.to_owned(), percent_decode_str(value).decode_utf8_lossy().into_owned())
            })
            .collect();
        let value =
            |name: &str| pairs.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str());
        let server = value("server").unwrap_or_default().to_owned();
        let rows: Vec<&str> = value("rows").map(|text| text.split(codec::ITEM).collect()).unwrap_or_default();
        let comparison = || Comparison {
            server: server.clone(),
            experiment_ids: codec::split(value("experiments").unwrap_or_default(), codec::ITEM)
                .into_iter()
                .map(ExperimentId)
                .collect(),
            run_view: match value("runs") {
                Some("deleted") => RunView::Deleted,
                Some("all") => RunView::All,
                _ => RunView::Active,
            },
            view: View {
                filter: value("filter").unwrap_or_default().to_owned(),
                steps: value("steps").map(codec::steps).unwrap_or_default(),
                brushes: value("brush").map(codec::brushes).unwrap_or_default(),
                sort: value("sort").and_then(codec::sort),
                axes: value("axes").map(codec::axes),
                columns: value("columns").map(codec::columns),
                colour: value("colour").and_then(ColumnKey::parse),
                colour_spread: match value("spread") {
                    Some("value") => Some(ColourSpread::ByValue),
                    Some("rank") => Some(ColourSpread::ByRank),
                    _ => None,
                },
                derived: codec::split(value("derived").unwrap_or_default(), codec::ITEM),
                is_plot_folded: value("plot") == Some("folded"),
                plot_height_px: value("height").and_then(|text| text.parse().ok()),
                is_nested: rows.contains(&"nested"),
                is_compact: rows.contains(&"compact"),
                selected: codec::split(value("selected").unwrap_or_default(), codec::ITEM)
                    .into_iter()
                    .map(RunId)
                    .collect(),
                slots: value("slots").map(codec::slots).unwrap_or_default(),
                objectives: value("objectives").map(codec::objectives).unwrap_or_default(),
                ranking: RankingView {
                    constraints: value("constraints").unwrap_or_default().to_owned(),
                    normalisation: match value("scores") {
                        Some("rank") => Normalisation::Rank,
                        _ => Normalisation::MinMax,
                    },
                    pick: value("pick").map(|id| RunId(id.to_owned())),
                },
                front: value("front").map(codec::front).unwrap_or_default(),
                more: value("more").map(codec::more).unwrap_or_default(),
                explained: value("importance").and_then(ColumnKey::parse),
                scatter: value("scatter").map(codec::scatter).unwrap_or_default(),
                groups: value("groups").map(codec::keys).unwrap_or_default(),
                group_view: value("grouped").map(codec::group_view).unwrap_or_default(),
                panels: value("panels").map(codec::panels).unwrap_or_default(),
                curves: value("curves").map(codec::curves).unwrap_or_default(),
                differences: value("differences").map(codec::differences).unwrap_or_default(),
            },
        };
        match path.trim_matches('/') {
            "" => Self::Connect,
            "experiments" => Self::Experiments { server },
            "models" => {
                let search = value("search").unwrap_or_default().to_owned();
                Self::Models { server, search, sort: value("sort").and_then(codec::model_sort) }
            }
            "review" => Self::Review { server, opened: value("open").and_then(codec::version) },
            "webhooks" => Self::Webhooks { server },
            "compare" => Self::Compare(comparison()),
            other => match other.strip_prefix("run/") {
                Some(id) if !id.is_empty() => {
                    let run_id = RunId(percent_decode_str(id).decode_utf8_lossy().into_owned());
                    Self::Run { run_id, comparison: comparison() }
                }
                _ => match other.strip_prefix("models/") {
                    Some(rest) if !rest.is_empty() => {
                        let (name, version) = match rest.split_once('/') {
                            Some((name, version)) => (name, version.parse().ok()),
                            None => (rest, None),
                        };
                        Self::Model(ModelPage {
                            server,
                            name: percent_decode_str(name).decode_utf8_lossy().into_owned(),
                            version,
                            against: value("against").and_then(|version| version.parse().ok()),
                            tab: match value("show") {
                                Some("board") => ModelTab::Board,
                                Some("history") => ModelTab::History,
                                _ => ModelTab::Table,
                            },
                            filter: value("filter").unwrap_or_default().to_owned(),
                            has_archived: value("archived") == Some("shown"),
                            columns: value("columns").map(|text| {
                                codec::columns(text).into_iter().map(|column| column.column).collect()
                            }),
                            sort: value("sort").and_then(codec::version_sort),
                            metric: value("metric").map(str::to_owned),
                        })
                    }
                    _ => Self::NotFound(text.to_owned()),
                },
            },
        }
    }

    /// The server it names, if any.
    pub fn server(&self) -> Option<&str> {
        match self {
            Self::Experiments { server }
            | Self::Models { server, .. }
            | Self::Review { server, .. }
            | Self::Webhooks { server } => Some(server),
            Self::Model(page) => Some(&page.server),
            Self::Compare(comparison) | Self::Run { comparison, .. } => Some(&comparison.server),
            Self::Connect | Self::NotFound(_) => None,
        }
    }

    /// The comparison it shows or goes back to, if any.
    pub fn comparison(&self) -> Option<&Comparison> {
        match self {
            Self::Compare(comparison) | Self::Run { comparison, .. } => Some(comparison),
            _ => None,
        }
    }
}

impl fmt::Display for Route {
    /// The address, `#` included.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect => f.write_str("#/"),
            Self::Experiments { server } => write!(f, "#/experiments?server={}", codec::encode(server)),
            Self::Compare(comparison) => write!(f, "#/compare?{comparison}"),
            Self::Run { run_id, comparison } => write!(f, "#/run/{}?{comparison}", codec::encode(&run_id.0)),
            Self::Models { server, search, sort } => {
                write!(f, "#/models?server={}", codec::encode(server))?;
                if !search.is_empty() {
                    write!(f, "&search={}", codec::encode(search))?;
                }
                sort.map_or(Ok(()), |sort| write!(f, "&sort={}", codec::model_sort_text(sort)))
            }
            Self::Model(page) => write!(f, "#/models/{page}"),
            Self::Review { server, opened } => {
                write!(f, "#/review?server={}", codec::encode(server))?;
                match opened {
                    None => Ok(()),
                    Some((name, version)) => {
                        write!(f, "&open={}", codec::encode(&codec::version_text(name, *version)))
                    }
                }
            }
            Self::Webhooks { server } => write!(f, "#/webhooks?server={}", codec::encode(server)),
            Self::NotFound(text) => write!(f, "#{text}"),
        }
    }
}

impl fmt::Display for ModelPage {
    /// Name, version and query.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&codec::encode_segment(&self.name))?;
        if let Some(version) = self.version {
            write!(f, "/{version}")?;
        }
        write!(f, "?server={}", codec::encode(&self.server))?;
        let mut pair = |name: &str, value: &str| write!(f, "&{name}={}", codec::encode(value));
        if let Some(against) = self.against {
            pair("against", &against.to_string())?;
        }
        match self.tab {
            ModelTab::Table => {}
            ModelTab::Board => pair("show", "board")?,
            ModelTab::History => pair("show", "history")?,
        }
        if !self.filter.is_empty() {
            pair("filter", &self.filter)?;
        }
        if self.has_archived {
            pair("archived", "shown")?;
        }
        if let Some(columns) = &self.columns {
            let columns: Vec<ColumnView> = columns
                .iter()
                .map(|column| ColumnView {
                    column: column.clone(),
                    width_px: None,
                    is_pinned: false,
                    format: None,
                })
                .collect();
            pair("columns", &codec::columns_text(&columns))?;
        }
        if let Some(sort) = &self.sort {
            pair("sort", &codec::version_sort_text(sort))?;
        }
        if let Some(metric) = &self.metric {
            pair("metric", metric)?;
        }
        Ok(())
    }
}

impl fmt::Display for Comparison {
    /// The query.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "server={}", codec::encode(&self.server))?;
        let mut pair = |name: &str, value: &str| write!(f, "&{name}={}", codec::encode(value));
        if !self.experiment_ids.is_empty() {
            pair(
                "experiments",
                &codec::join(self.experiment_ids.iter().map(|id| id.0.as_str()), codec::ITEM),
            )?;
        }
        match self.run_view {
            RunView::Active => {}
            RunView::Deleted => pair("runs", "deleted")?,
            RunView::All => pair("runs", "all")?,
        }
        let view = &self.view;
        if !view.filter.is_empty() {
            pair("filter", &view.filter)?;
        }
        if !view.steps.is_empty() {
            pair("steps", &codec::steps_text(&view.steps))?;
        }
        if !view.brushes.is_empty() {
            pair("brush", &codec::brushes_text(&view.brushes))?;
        }
        if let Some(sort) = &view.sort {
            pair("sort", &codec::sort_text(sort))?;
        }
        if let Some(axes) = &view.axes {
            pair("axes", &codec::axes_text(axes))?;
        }
        if let Some(columns) = &view.columns {
            pair("columns", &codec::columns_text(columns))?;
        }
        if let Some(colour) = &view.colour {
            pair("colour", &colour.to_string())?;
        }
        match view.colour_spread {
            Some(ColourSpread::ByValue) => pair("spread", "value")?,
            Some(ColourSpread::ByRank) => pair("spread", "rank")?,
            None => {}
        }
        if !view.derived.is_empty() {
            pair("derived", &codec::join(view.derived.iter().map(String::as_str), codec::ITEM))?;
        }
        if view.is_plot_folded {
            pair("plot", "folded")?;
        }
        if let Some(height_px) = view.plot_height_px {
            pair("height", &height_px.to_string())?;
        }
        let rows = [(view.is_nested, "nested"), (view.is_compact, "compact")];
        let rows = codec::join(rows.into_iter().filter_map(|(is, word)| is.then_some(word)), codec::ITEM);
        if !rows.is_empty() {
            pair("rows", &rows)?;
        }
        if !view.selected.is_empty() {
            pair("selected", &codec::join(view.selected.iter().map(|id| id.0.as_str()), codec::ITEM))?;
        }
        if !view.slots.is_empty() {
            pair("slots", &codec::slots_text(&view.slots))?;
        }
        if !view.objectives.is_empty() {
            pair("objectives", &codec::objectives_text(&view.objectives))?;
        }
        if !view.ranking.constraints.is_empty() {
            pair("constraints", &view.ranking.constraints)?;
        }
        if view.ranking.normalisation == Normalisation::Rank {
            pair("scores", "rank")?;
        }
        if let Some(pick) = &view.ranking.pick {
            pair("pick", &pick.0)?;
        }
        if view.front != FrontView::default() {
            pair("front", &codec::front_text(&view.front))?;
        }
        if view.more != MoreView::default() {
            pair("more", &codec::more_text(&view.more))?;
        }
        if let Some(column) = &view.explained {
            pair("importance", &column.to_string())?;
        }
        if view.scatter != ScatterView::default() {
            pair("scatter", &codec::scatter_text(&view.scatter))?;
        }
        if !view.groups.is_empty() {
            pair("groups", &codec::keys_text(&view.groups))?;
        }
        if view.group_view != GroupsView::default() {
            pair("grouped", &codec::group_view_text(&view.group_view))?;
        }
        if !view.panels.is_empty() {
            pair("panels", &codec::panels_text(&view.panels))?;
        }
        if view.curves != CurvesView::default() {
            pair("curves", &codec::curves_text(&view.curves))?;
        }
        if view.differences != DifferencesView::default() {
            pair("differences", &codec::differences_text(&view.differences))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::{
        Area, AxisKind, AxisView, BandCentre, BandSpread, Brush, CurveBands, CurveX, Direction, GroupCentre,
        Lane, MAX_OBJECTIVES, NumberFormat, Objective, Panel, Pick, Smoothing, Sort, Step, VersionColumn,
    };
    use proptest::prelude::*;

    #[test]
    fn addresses_read_as_they_are_meant() {
        let check = |text: &str, route: Route| {
            assert_eq!(Route::parse(text), route);
            assert_eq!(route.to_string(), text);
        };
        check("#/", Route::Connect);
        check(
            "#/experiments?server=http://127.0.0.1:5000",
            Route::Experiments { server: "http://127.0.0.1:5000".to_owned() },
        );
        check("#/webhooks?server=/mlflow", Route::Webhooks { server: "/mlflow".to_owned() });
        let comparison = Comparison {
            server: "/mlflow".to_owned(),
            experiment_ids: vec![ExperimentId("1".to_owned()), ExperimentId("2".to_owned())],
            view: View {
                brushes: vec![Brush {
                    column: ColumnKey::Metric("rmse".to_owned()),
                    picks: vec![Pick::Interval { low: 6.25, high: 7.0 }, Pick::Lane(Lane::Nan)],
                }],
                ..View::default()
            },
            ..Comparison::default()
        };
        check(
            "#/compare?server=/mlflow&experiments=1~2&brush=metrics.rmse!i6.25:7!lnan",
            Route::Compare(comparison),
        );
        let derived = View {
            sort: Some(Sort {
                column: ColumnKey::Derived("val_rmse - rmse".to_owned()),
                direction: Direction::Descending,
            }),
            derived: vec!["val_rmse - rmse".to_owned(), "log10(params.lr)".to_owned()],
            ..View::default()
        };
        check(
            "#/compare?server=&sort=%3Dval_rmse%20-%20rmse!desc&derived=val_rmse%20-%20rmse~log10(params.lr)",
            Route::Compare(Comparison { view: derived, ..Comparison::default() }),
        );
        assert_eq!(Route::parse("#/nowhere"), Route::NotFound("/nowhere".to_owned()));
    }

    fn key() -> impl Strategy<Value = ColumnKey> {
        prop_oneof![
            any::<String>().prop_map(ColumnKey::Metric),
            "[a-z!~:'%&=#?+ /.]{0,8}".prop_map(ColumnKey::Param),
            any::<String>().prop_map(ColumnKey::Tag),
            any::<String>().prop_map(ColumnKey::Derived),
            Just(ColumnKey::Attribute(crate::entities::Attribute::Duration)),
        ]
    }

    fn pick() -> impl Strategy<Value = Pick> {
        prop_oneof![
            (any::<f64>(), any::<f64>())
                .prop_filter("finite", |(a, b)| a.is_finite() && b.is_finite())
                .prop_map(|(low, high)| Pick::Interval { low, high }),
            any::<String>().prop_map(Pick::Text),
            any::<(String, String)>().prop_map(|(first, last)| Pick::Texts { first, last }),
            proptest::sample::select(Lane::ALL.to_vec()).prop_map(Pick::Lane),
            (key(), any::<(bool, bool)>(), prop::collection::vec((-9e9..9e9, -1.0..1.0), 0..4))
                .prop_map(|(y, is_log, corners)| Pick::Area(Area { y, is_log, corners })),
        ]
    }

    fn brush() -> impl Strategy<Value = Brush> {
        (key(), prop::collection::vec(pick(), 0..4)).prop_map(|(column, picks)| Brush { column, picks })
    }

    fn view() -> impl Strategy<Value = View> {
        let brushes = || prop::collection::vec(brush(), 0..3);
        let kinds = vec![
            None,
            Some(AxisKind::Linear),
            Some(AxisKind::Log),
            Some(AxisKind::Categorical),
            Some(AxisKind::Time),
        ];
        let axis = (key(), proptest::sample::select(kinds), any::<bool>())
            .prop_map(|(column, kind, is_flipped)| AxisView { column, kind, is_flipped })
            .boxed();
        let some_axis = || prop::option::of(axis.clone());
        let some_key = || prop::option::of(key());
        let scatter = (some_axis(), some_axis(), some_key(), some_key(), (some_key(), some_key()))
            .prop_map(|(x, y, colour, size, (facet, heat))| ScatterView { x, y, colour, size, facet, heat });
        let format = (any::<bool>(), 0..=NumberFormat::MAX_DECIMALS).prop_map(|(is_plain, n)| {
            if is_plain { NumberFormat::Decimals(n) } else { NumberFormat::Scientific(n) }
        });
        let column = (key(), any::<Option<u16>>(), any::<bool>(), prop::option::of(format)).prop_map(
            |(column, width_px, is_pinned, format)| ColumnView { column, width_px, is_pinned, format },
        );
        let step = prop_oneof![brushes().prop_map(Step::Keep), brushes().prop_map(Step::Exclude)];
        let objective =
            (key(), any::<bool>(), 0..=Objective::MAX_WEIGHT).prop_map(|(column, is_down, weight)| {
                Objective {
                    column,
                    direction: if is_down { Direction::Descending } else { Direction::Ascending },
                    weight,
                }
            });
        let ranking = (any::<String>(), any::<bool>(), prop::option::of("[0-9a-z~!']{1,6}")).prop_map(
            |(constraints, is_rank, pick)| RankingView {
                constraints,
                normalisation: if is_rank { Normalisation::Rank } else { Normalisation::MinMax },
                pick: pick.map(RunId),
            },
        );
        let objectives = prop::collection::vec(objective, 0..=MAX_OBJECTIVES);
        let panels = proptest::sample::subsequence(Panel::ALL.to_vec(), 0..=Panel::ALL.len());
        let xs = prop_oneof![
            Just(CurveX::Step),
            Just(CurveX::RelativeTime),
            Just(CurveX::WallTime),
            any::<String>().prop_map(CurveX::Metric),
        ];
        let smoothings = vec![Smoothing::Exponential, Smoothing::Gaussian, Smoothing::RunningMean];
        let centres = vec![BandCentre::Mean, BandCentre::Median, BandCentre::Each];
        let spreads =
            vec![BandSpread::Range, BandSpread::StandardDeviation, BandSpread::Quartiles, BandSpread::None];
        let bands = (key(), proptest::sample::select(centres), proptest::sample::select(spreads))
            .prop_map(|(column, centre, spread)| CurveBands { column, centre, spread });
        let metrics = prop::collection::vec(any::<String>(), 0..3);
        let smoothing = (proptest::sample::select(smoothings), 0_u8..100);
        let curves = (metrics, xs, smoothing, prop::option::of(bands), any::<(bool, bool, bool)>()).prop_map(
            |(metrics, x, (smoothing, smoothing_amount), bands, (is_log_x, is_log_y, is_clipped))| {
                CurvesView { metrics, x, smoothing, smoothing_amount, bands, is_log_x, is_log_y, is_clipped }
            },
        );
        let differences = (prop_oneof![Just(0.0), 1e-9..1e9], any::<(bool, bool)>()).prop_map(
            |(tolerance_percent, (are_runs_rows, has_environments))| DifferencesView {
                tolerance_percent,
                are_runs_rows,
                has_environments,
            },
        );
        let front = (some_key(), some_key(), any::<(bool, bool)>())
            .prop_map(|(x, y, (is_log_x, is_log_y))| FrontView { x, y, is_log_x, is_log_y });
        let n_groups = prop::option::of(1..=MoreView::MAX_GROUPS);
        let more =
            (any::<(bool, bool, bool, bool, bool)>(), n_groups).prop_map(|(has_all, n_groups)| MoreView {
                has_all_params: has_all.0,
                has_all_correlations: has_all.1,
                has_all_dots: has_all.2,
                has_all_ranked: has_all.3,
                has_all_facets: has_all.4,
                n_groups,
            });
        let centres = [GroupCentre::Mean, GroupCentre::Median, GroupCentre::Minimum, GroupCentre::Maximum];
        let spreads =
            [BandSpread::Range, BandSpread::StandardDeviation, BandSpread::Quartiles, BandSpread::None];
        let group_view = (
            some_key(),
            prop::sample::select(centres.to_vec()),
            prop::sample::select(spreads.to_vec()),
            any::<bool>(),
            prop::collection::vec(any::<u32>(), 0..3),
        )
            .prop_map(|(measure, centre, spread, are_all_open, exceptions)| GroupsView {
                measure,
                centre,
                spread,
                are_all_open,
                exceptions,
            });
        let curves = (curves, differences, front, more, group_view);
        (
            any::<String>(),
            prop::collection::vec(step, 0..3),
            brushes(),
            prop::option::of((key(), any::<bool>())),
            prop::option::of(prop::collection::vec(axis.clone(), 0..4)),
            prop::option::of(prop::collection::vec(column, 0..4)),
            (
                prop::option::of(key()),
                prop::sample::select(vec![None, Some(ColourSpread::ByValue), Some(ColourSpread::ByRank)]),
            ),
            (
                any::<bool>(),
                any::<Option<u16>>(),
                any::<(bool, bool)>(),
                prop::collection::vec("[-a-z0-9+*/^(), ~!'`]{1,9}", 0..3),
            ),
            (
                prop::collection::vec("[0-9a-z~!']{1,6}", 0..3),
                objectives,
                ranking,
                (prop::option::of(key()), scatter, prop::collection::vec(key(), 0..3), panels),
                curves,
            ),
        )
            .prop_map(
                |(
                    filter,
                    steps,
                    brushes,
                    sort,
                    axes,
                    columns,
                    (colour, colour_spread),
                    (is_plot_folded, plot_height_px, (is_nested, is_compact), derived),
                    (
                        selected,
                        objectives,
                        ranking,
                        (explained, scatter, groups, panels),
                        (curves, differences, front, more, group_view),
                    ),
                )| View {
                    filter,
                    steps,
                    brushes,
                    sort: sort.map(|(column, is_down)| Sort {
                        column,
                        direction: if is_down { Direction::Descending } else { Direction::Ascending },
                    }),
                    axes,
                    columns,
                    colour,
                    colour_spread,
                    derived,
                    is_plot_folded,
                    plot_height_px,
                    is_nested,
                    is_compact,
                    slots: selected.iter().map(String::len).collect(),
                    selected: selected.into_iter().map(RunId).collect(),
                    objectives,
                    ranking,
                    front,
                    more,
                    explained,
                    scatter,
                    groups,
                    group_view,
                    panels,
                    curves,
                    differences,
                },
            )
    }

    proptest! {
        #[test]
        fn every_view_survives_its_address(server in any::<String>(), ids in prop::collection::vec("[0-9a-z!~']{1,6}", 0..3), view in view()) {
            let route = Route::Compare(Comparison {
                server,
                experiment_ids: ids.into_iter().map(ExperimentId).collect(),
                run_view: RunView::All,
                view,
            });
            prop_assert_eq!(Route::parse(&route.to_string()), route);
        }

        #[test]
        fn every_model_page_survives_its_address(
            name in "[a-zA-Z%/?&# \u{e4}~!']{1,12}", version in any::<Option<u64>>(), against in any::<Option<u64>>(),
            filter in any::<String>(),
            columns in prop::option::of(prop::collection::vec(key(), 0..3)), metric in any::<Option<String>>(),
            has_archived in any::<bool>(), sort in prop::option::of(key()), place in 0..6_usize, is_down in any::<bool>(),
        ) {
            let own = [VersionColumn::Number, VersionColumn::Stage, VersionColumn::Aliases, VersionColumn::Registered, VersionColumn::Changed];
            let direction = if is_down { Direction::Descending } else { Direction::Ascending };
            let page = ModelPage {
                server: "http://x".to_owned(), name, version, against, tab: ModelTab::Board, filter, has_archived, columns, metric,
                sort: sort.map(|column| VersionSort {
                    column: own.get(place).cloned().unwrap_or(VersionColumn::OfRun(column)),
                    direction,
                }),
            };
            let route = Route::Model(page);
            prop_assert_eq!(Route::parse(&route.to_string()), route);
        }

        #[test]
        fn every_server_survives_in_the_address_of_its_pages(
            server in any::<String>(), search in any::<String>(), opened in any::<Option<(String, u64)>>(),
        ) {
            for sort in [None, codec::model_sort("name"), codec::model_sort("-changed"), codec::model_sort("-latest")] {
                let route = Route::Models { server: server.clone(), search: search.clone(), sort };
                prop_assert_eq!(Route::parse(&route.to_string()), route);
            }
            for route in [
                Route::Review { server: server.clone(), opened },
                Route::Webhooks { server },
            ] {
                prop_assert_eq!(Route::parse(&route.to_string()), route);
            }
        }

        #[test]
        fn any_text_is_read_without_a_panic(text in any::<String>(), query in "[a-z=&!~:'%0-9.]{0,60}") {
            let _ = Route::parse(&text);
            let _ = Route::parse(&format!("#/compare?brush={query}&steps={query}&axes={query}&columns={query}"));
        }
    }
}
