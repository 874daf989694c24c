// What the tests ask the tracking server themselves, to prepare what the page shows and to compare with it.

/** Asks the REST API: a POST where there is a body. Fails with the server's words. */
export async function call(serverUrl, path, body) {
  const response = await fetch(`${serverUrl}/api/2.0/mlflow/${path}`, body
    ? { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) }
    : {});
  if (!response.ok) throw new Error(`${path}: HTTP ${response.status}, ${await response.text()}`);
  return response.json();
}

/** Every run of the experiment of that name, straight from the REST API. */
export async function runsOf(serverUrl, experimentName) {
  const { experiment } = await call(serverUrl, `experiments/get-by-name?experiment_name=${encodeURIComponent(experimentName)}`);
  const runs = [];
  let token;
  do {
    const page = await call(serverUrl, "runs/search", {
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
