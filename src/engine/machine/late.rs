//! What the first runs on the screen do not wait for: runs by themselves and their files, what panels need to read, tables
//! as text, and following runs that go on. Only the analyst names it, so it comes with the late part of the engine.

use super::*;

/// Carries out a command.
pub(in crate::engine) fn command(engine: &mut Engine, command: Command) {
    engine.late_command(command);
}

/// Takes the end of a request.
pub(in crate::engine) fn answered(engine: &mut Engine, pending: Pending, answer: Answer) {
    engine.late_answered(pending, answer);
}

/// Begins: what a view needs of the analyst has waited for it. `change` says where the change starts that it makes.
pub(in crate::engine) fn begin(engine: &mut Engine, change: Change) {
    engine.want_histories();
    engine.want_compared(true);
    engine.show(change, 0);
    engine.show_curves();
    engine.tell_whole_ids();
    for command in std::mem::take(&mut engine.waiting) {
        engine.late_command(command);
    }
}

/// Asks for what the new view needs, before it is shown.
pub(in crate::engine) fn view_changes(engine: &mut Engine, had_environments: bool) {
    if engine.scene.are_expressions_stale() {
        engine.want_histories();
        engine.tell_progress();
    }
    engine.want_compared(had_environments);
}

/// Tells what is known of the new view once it is shown.
pub(in crate::engine) fn view_shown(engine: &mut Engine, are_curves_stale: bool, names_other_runs: bool) {
    if are_curves_stale {
        engine.show_curves();
    }
    if names_other_runs {
        engine.tell_whole_ids();
    }
}

/// Asks for what the runs that are shown now need, and tells what is known of them.
pub(in crate::engine) fn data_shown(engine: &mut Engine) {
    engine.want_compared(true);
    engine.want_histories();
    engine.show_curves();
    engine.tell_whole_ids();
}

impl Engine {
    fn late_command(&mut self, command: Command) {
        match command {
            Command::Refresh => self.refresh(Refresh::default()),
            Command::StopCurves => {
                self.stop_curves();
                self.tell_curves(None);
            }
            Command::ResumeCurves => {
                self.histories.go_on();
                self.show_curves();
            }
            Command::ShowCurvesOf(metrics) => {
                let added = self.scene.set_curve_metrics(metrics);
                self.want_curves();
                self.tell_curves(Some(&added));
            }
            Command::StopHistories => {
                self.abort_all(|pending| matches!(pending, Pending::History(_)));
                self.aggregates.stop();
                self.show_data();
                self.tell_progress();
            }
            Command::ResumeHistories => {
                self.aggregates.go_on();
                self.want_histories();
                self.tell_progress();
            }
            Command::LookAtCurves(window) => {
                let is_another = self.scene.set_curve_window(window);
                if is_another {
                    self.tell_curves(None);
                }
            }
            Command::LookAtGroups(first_row) => {
                let told = self.scene.look_at_groups(&self.frame, first_row);
                self.outputs.extend(told);
            }
            Command::LookAtDifferences(window) => {
                let is_another = self.scene.set_differences_window(window);
                if is_another {
                    self.tell_differences();
                }
            }
            Command::SaveTable(format) => self.save_table(format),
            Command::CopyTable => {
                let text = self.scene.table_text(&self.frame, TableFormat::Markdown);
                self.outputs.extend(text.map(Event::TableText).map(Output::Event));
            }
            Command::WriteHtml => {
                let differences = self.scene.differences_html(&self.frame, &self.environments);
                let runs = self.scene.table_text(&self.frame, TableFormat::Html);
                let tables = runs.map(|runs| ReportTables { runs, differences });
                self.outputs.extend(tables.map(Event::TableHtml).map(Output::Event));
            }
            Command::CheckExpression(text) => {
                let told = self.scene.expression(&self.frame, &text);
                self.outputs.extend(told);
            }
            Command::CopyPython(source) => {
                let text = self.scene.python(&self.frame, &source);
                self.outputs.extend(text.map(Event::TableText).map(Output::Event));
            }
            Command::ListRunIds(set) => {
                let run_ids = self.scene.run_ids(&self.frame, set);
                self.outputs.push(Output::Event(Event::RunIds(run_ids)));
            }
            Command::ShortenIds(run_ids) => {
                let short = short_ids(&self.frame, &run_ids);
                self.outputs.push(Output::Event(Event::ShortIds(short)));
            }
            Command::OpenRun(run_id) => {
                self.send(requests::run_get(&self.capabilities(), &run_id), Pending::Run)
            }
            Command::ListArtifacts { run_id, path } => {
                let request = requests::artifacts_list(&self.capabilities(), &run_id, &path, None);
                self.send(request, Pending::Artifacts { run_id, path, so_far: Page::default() });
            }
            Command::DownloadArtifact { run_id, path } => {
                self.send(requests::artifact_file(&run_id, &path), Pending::Download { path });
            }
            // All others are carried out without.
            _ => {}
        }
    }

    fn late_answered(&mut self, pending: Pending, answer: Answer) {
        match pending {
            Pending::Newest(refresh) => self.newest_arrived(refresh, answer),
            Pending::Running => {
                if let Ok((run, _)) = answered_with(answer).and_then(|response| mlflow::decode_run(&response))
                {
                    self.take_over(vec![run]);
                }
            }
            Pending::Run => match answered_with(answer).and_then(|response| mlflow::decode_run(&response)) {
                Ok((run, skipped)) => {
                    let details = self.details(run, skipped);
                    self.outputs.extend(NewsText::of(&details).map(Event::RunDetails).map(Output::Event));
                }
                Err(error) => self.fail(FailedWhat::Run, format!("The run could not be opened: {error}.")),
            },
            Pending::Artifacts { run_id, path, mut so_far } => {
                match answered_with(answer).and_then(|response| mlflow::decode_artifacts(&response)) {
                    Ok(page) => {
                        so_far.items.extend(page.items);
                        so_far.skipped.extend(page.skipped);
                        if let Some(token) = page.next_page_token {
                            let request =
                                requests::artifacts_list(&self.capabilities(), &run_id, &path, Some(&token));
                            self.send(request, Pending::Artifacts { run_id, path, so_far });
                            return;
                        }
                    }
                    Err(error) => {
                        so_far.skipped.push(format!("The artifacts could not be listed: {error}."));
                    }
                }
                let Page { mut items, skipped, .. } = so_far;
                sort_by(&mut items, |a, b| b.is_dir.cmp(&a.is_dir).then_with(|| a.path.cmp(&b.path)));
                let folder = ArtifactFolder { run_id, path, items, skipped };
                self.outputs.extend(NewsText::of(&folder).map(Event::Artifacts).map(Output::Event));
            }
            Pending::Download { path } => match success(answer) {
                Ok(bytes) => {
                    let file_name = path.rsplit('/').next().unwrap_or(&path).to_owned();
                    self.outputs.push(Output::SaveFile { file_name, bytes });
                }
                Err(error) => {
                    self.fail(FailedWhat::Artifacts, format!("The file could not be downloaded: {error}."));
                }
            },
            Pending::Curve(ask) => self.curve_arrived(ask, answer),
            Pending::History(ask) => self.history_arrived(ask, answer),
            Pending::Environment(ask) => self.environment_arrived(ask, answer),
            // All others are taken without.
            _ => {}
        }
    }

    /// Asks for the newest runs, a page at a time until one is known; those that had not ended and are not among them
    /// are asked for one by one.
    fn refresh(&mut self, refresh: Refresh) {
        let is_under_way = |pending: &Pending| matches!(pending, Pending::Newest(_) | Pending::Running);
        if self.load.progress.is_loading
            || self.load.experiment_ids.is_empty()
            || self.pending.values().any(is_under_way)
        {
            return;
        }
        let Load { experiment_ids, run_view, .. } = &self.load;
        let token = refresh.page_token.as_deref();
        let request = requests::runs_search(&self.capabilities(), experiment_ids, *run_view, N_NEWEST, token);
        self.send(request, Pending::Newest(refresh));
    }

    fn newest_arrived(&mut self, mut refresh: Refresh, answer: Answer) {
        // A server that does not answer now is asked again soon; what is shown stays.
        let Ok(page) = answered_with(answer).and_then(|response| mlflow::decode_runs(&response)) else {
            return;
        };
        refresh.seen.extend(page.items.iter().map(|run| run.info.id.clone()));
        let is_all_new = page.items.iter().all(|run| self.frame.row_of(&run.info.id).is_none());
        self.take_over(page.items);
        if is_all_new && page.next_page_token.is_some() {
            return self.refresh(Refresh { page_token: page.next_page_token, ..refresh });
        }
        let unseen = |row: &usize| !refresh.seen.contains(self.frame.run_id(*row));
        let mut rows: Vec<usize> = self.frame.running_rows().into_iter().filter(unseen).collect();
        // Some at a time, each in its turn.
        let next = rows.partition_point(|row| *row <= self.last_row_asked);
        rows.rotate_left(next);
        for row in rows.into_iter().take(N_RUNNING_AT_ONCE) {
            self.last_row_asked = row;
            let request = requests::run_get(&self.capabilities(), self.frame.run_id(row));
            self.send(request, Pending::Running);
        }
    }

    /// Takes over what runs are now, and shows it where that is something new.
    fn take_over(&mut self, runs: Vec<Run>) {
        let mut changed = Vec::new();
        let n_before = self.frame.n_rows();
        for run in runs {
            match self.frame.row_of(&run.info.id) {
                Some(row) => changed.extend(self.frame.update(run).then_some(row)),
                None => drop(self.push(run)),
            }
        }
        let n_new = self.frame.n_rows() - n_before;
        if n_new == 0 && changed.is_empty() {
            return;
        }
        self.load.progress.n_runs += n_new;
        let wanted = self.scene.wanted_curves(&self.frame);
        self.histories.refresh(&changed, &wanted);
        self.aggregates.refresh(&changed);
        self.show_data();
        self.tell_progress();
    }

    /// Wants what tells the compared runs apart and is not here: the sizes of their models, and what these need where
    /// somebody wants to know. What could not be read is asked for once more after it was not wanted.
    fn want_compared(&mut self, had_environments: bool) {
        let (run_ids, has_environments) = self.scene.compared();
        if has_environments && !had_environments {
            self.environments.retry();
        }
        for run_id in run_ids {
            let Some(row) = self.frame.row_of(run_id) else { continue };
            let models = self.frame.models(row);
            self.sizes.want(run_id, models);
            if has_environments {
                self.environments.want(run_id, models);
            }
        }
        self.ask_for_sizes();
        self.ask_for_environments();
    }

    fn ask_for_environments(&mut self) {
        for ask in self.environments.next_asks() {
            let file = FILES[ask.file];
            let request = match &ask.of.model {
                LoggedModelRef::Id(id) => requests::logged_model_file(id, file),
                LoggedModelRef::ArtifactPath(path) => {
                    requests::artifact_file(&ask.of.run_id, &format!("{path}/{file}"))
                }
            };
            self.send(request, Pending::Environment(ask));
        }
    }

    fn environment_arrived(&mut self, ask: EnvironmentAsk, answer: Answer) {
        let is_missing = matches!(&answer, Ok(response) if response.status == 404);
        let file = match success(answer) {
            _ if is_missing => EnvironmentFile::Missing,
            Ok(bytes) => EnvironmentFile::Text(String::from_utf8_lossy(&bytes).into_owned()),
            Err(error) => EnvironmentFile::Failed(error.to_string()),
        };
        self.environments.arrived(ask, file);
        self.ask_for_environments();
        let n_read = self.environments.n_read();
        // As with model sizes: look again when there is enough that is new.
        if self.environments.is_idle() || n_read >= self.n_environments_shown * 2 + 16 {
            self.n_environments_shown = n_read;
            self.tell_differences();
        }
    }

    fn tell_differences(&mut self) {
        self.scene.tell_differences(&self.frame, &self.environments, &mut self.outputs);
    }

    /// Tells which runs short ids in the view mean. Only once all runs are here: until then another one may begin alike.
    fn tell_whole_ids(&mut self) {
        if self.load.progress.is_loading {
            return;
        }
        let whole = whole_ids(&self.frame, self.scene.named_runs());
        if !whole.is_empty() {
            self.outputs.push(Output::Event(Event::WholeIds(whole)));
        }
    }

    /// Asks for what curves are missing, and tells those that are here.
    fn show_curves(&mut self) {
        self.want_curves();
        self.histories.take_changed();
        self.tell_curves(None);
    }

    /// Asks for the histories that the view's curves need and that are not here, and gives up those that it does not need.
    fn want_curves(&mut self) {
        self.histories.want(&self.scene.wanted_curves(&self.frame));
        let is_unwanted = |pending: &&Pending| match pending {
            Pending::Curve(ask) => !self.histories.is_wanted(ask),
            _ => false,
        };
        let n_unwanted = self.pending.values().filter(is_unwanted).count();
        if n_unwanted > 0 {
            let histories = std::mem::take(&mut self.histories);
            self.abort_all(|pending| matches!(pending, Pending::Curve(ask) if !histories.is_wanted(ask)));
            self.histories = histories;
            (0..n_unwanted).for_each(|_| self.histories.gave_up());
        }
        self.ask_for_curves();
    }

    fn ask_for_curves(&mut self) {
        let bulk = self.bulk();
        for ask in self.histories.next_asks(|metric| bulk.n_runs(metric, self.frame.greatest_step(metric))) {
            self.send(self.history_request(&ask), Pending::Curve(ask));
        }
    }

    fn bulk(&self) -> Bulk {
        let family = self.server.as_ref().and_then(|server| mlflow::family(server.version.as_deref()?));
        Bulk {
            is_there: self.capabilities().has_bulk_interval,
            is_cheap: family.is_some_and(|family| family >= PICKS_CHEAPLY),
        }
    }

    fn history_request(&self, ask: &HistoryAsk) -> Request {
        let capabilities = self.capabilities();
        let run_id = |row: &usize| self.frame.run_id(*row);
        if let [row] = ask.rows.as_slice() {
            // Aliases and pages of histories came with the same version, 2.3.
            let page = capabilities.has_aliases.then_some((N_HISTORY_POINTS, ask.page_token.as_deref()));
            return requests::metric_history(&capabilities, run_id(row), &ask.metric, page);
        }
        let run_ids: Vec<&RunId> = ask.rows.iter().map(run_id).collect();
        requests::metric_histories(&capabilities, &run_ids, &ask.metric, N_BULK_POINTS)
    }

    /// The parts of an answer in bulk; none where the server gave none.
    fn parts(&self, ask: &HistoryAsk, answer: Answer) -> Option<Vec<BulkPart>> {
        let points = answered_with(answer).and_then(|response| mlflow::decode_histories(&response)).ok()?;
        Some(histories::apart(&self.frame, ask, points))
    }

    /// Wants the histories that the view's derived columns are worked out from.
    fn want_histories(&mut self) {
        self.aggregates.want(&self.frame, &self.scene.histories());
        self.ask_for_histories();
    }

    fn ask_for_histories(&mut self) {
        let bulk = self.bulk();
        let n_runs = |frame: &RunFrame, metric: &str| bulk.n_runs(metric, frame.greatest_step(metric));
        for ask in self.aggregates.next_asks(&mut self.frame, &self.histories, n_runs) {
            self.send(self.history_request(&ask), Pending::History(ask));
        }
    }

    fn history_arrived(&mut self, ask: HistoryAsk, answer: Answer) {
        if ask.rows.len() > 1 {
            let parts = self.parts(&ask, answer);
            self.aggregates.arrived_in_bulk(&mut self.frame, &ask, parts);
        } else {
            let page = answered_with(answer).and_then(|response| mlflow::decode_history(&response));
            self.aggregates.arrived(&mut self.frame, ask, page.ok());
        }
        self.ask_for_histories();
        let n_read = self.aggregates.progress().n_read;
        // As with model sizes: look again when there is enough that is new.
        if self.aggregates.is_idle() || n_read >= self.n_histories_shown * 2 + 16 {
            self.n_histories_shown = n_read;
            self.show(Change::Data, 0);
            self.tell_progress();
        }
    }

    fn curve_arrived(&mut self, ask: HistoryAsk, answer: Answer) {
        let is_due = if let &[row] = ask.rows.as_slice() {
            let page = answered_with(answer).and_then(|response| mlflow::decode_history(&response));
            let page = page.map_err(|error| {
                let name = named(&self.frame, row).name;
                format!(
                    "The curve of {} of {name} could not be read: {error}. Select the run again to try again.",
                    ask.metric
                )
            });
            self.histories.arrived(ask, page)
        } else {
            let parts = self.parts(&ask, answer);
            self.histories.arrived_in_bulk(ask, parts)
        };
        self.ask_for_curves();
        if is_due {
            let changed = self.histories.take_changed();
            self.tell_curves(Some(&changed));
        }
    }

    fn tell_curves(&mut self, changed: Option<&BTreeSet<String>>) {
        self.scene.tell_curves(&self.frame, &self.histories, changed, &mut self.outputs);
    }

    /// Hands the table to the page for saving.
    fn save_table(&mut self, format: TableFormat) {
        let extension = match format {
            TableFormat::Csv => "csv",
            TableFormat::Json => "json",
            TableFormat::HiPlot => "hiplot.json",
            TableFormat::Markdown => "md",
            TableFormat::Html => "html",
        };
        let text = self.scene.table_text(&self.frame, format);
        let save = |text: String| Output::SaveFile {
            file_name: format!("runs.{extension}"),
            bytes: text.into_bytes(),
        };
        self.outputs.extend(text.map(save));
    }

    fn details(&self, mut run: Run, skipped: Vec<String>) -> RunDetails {
        sort_by(&mut run.params, |a, b| a.key.cmp(&b.key));
        sort_by(&mut run.metrics, |a, b| a.key.cmp(&b.key));
        sort_by(&mut run.tags, |a, b| a.key.cmp(&b.key));
        let experiment = self.experiments.iter().find(|experiment| experiment.id == run.info.experiment_id);
        RunDetails {
            experiment_name: experiment.map_or_else(String::new, |experiment| experiment.name.clone()),
            model_size_bytes: self.sizes.of_run(&run.info.id, &run.models),
            info: run.info,
            params: run.params,
            metrics: run.metrics,
            tags: run.tags,
            models: run.models,
            datasets: run.datasets,
            skipped,
        }
    }
}

/// How a server tells several histories at once.
#[derive(Clone, Copy)]
struct Bulk {
    is_there: bool,
    /// Whether it picks points out of long ones without reading them all.
    is_cheap: bool,
}

impl Bulk {
    /// Of how many runs histories of a metric are asked for at once, by the greatest step known of it.
    fn n_runs(self, metric: &str, greatest_step: i64) -> usize {
        let most = requests::n_runs_of_bulk(metric);
        let is_short = greatest_step < N_BULK_POINTS as i64;
        match (self.is_there, is_short, self.is_cheap) {
            (true, true, _) => most,
            (true, false, true) => most.min(N_LONG_AT_ONCE),
            _ => 1,
        }
    }
}
