// What the tests ask the tracking server themselves, to compare with what the page shows.

/** Every run of the experiment of that name, straight from the REST API. */
export async function runsOf(serverUrl, experimentName) {
  const call = async (path, body) => {
    const response = await fetch(`${serverUrl}/api/2.0/mlflow/${path}`, body
      ? { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) }
      : {});
    if (!response.ok) throw new Error(`${path}: HTTP ${response.status}`);
    return response.json();
  };
  const { experiment } = await call(`experiments/get-by-name?experiment_name=${encodeURIComponent(experimentName)}`);
  const runs = [];
  let token;
  do {
    const page = await call("runs/search", {
      experiment_ids: [experiment.experiment_id], max_results: 1000, ...(token ? { page_token: token } : {}),
    });
    runs.push(...(page.runs ?? []));
    token = page.next_page_token;
  } while (token);
  return { experimentId: experiment.experiment_id, runs };
}

/** The name and the metric of each run that has it. */
export function metricOf(runs, key) {
  return runs.flatMap((run) => {
    const metric = (run.data.metrics ?? []).find((metric) => metric.key === key);
    return metric ? [{ id: run.info.run_id, name: run.info.run_name, value: Number(metric.value) }] : [];
  });
}
