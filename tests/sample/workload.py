"""Fills an MLflow server with Runweave's sample: one experiment of 58 runs and one registered model.

The runs come from real libraries through MLflow's Python client, so what the site is tested and shown with
is what people's servers hold: hand-logged runs, a hyperopt search with a metric curve per trial, runs of
xgboost's and scikit-learn's autologging, logged models, and a registry with stages. The data is made up
(taxi trips between zones) and seeded, so two machines get the same experiment up to rounding.

    python workload.py --tracking-uri http://127.0.0.1:5000            real training, well under two minutes
    python workload.py --tracking-uri http://127.0.0.1:5222 --light    the same shape, numbers from formulas

`--light` needs nothing but MLflow's client, of any version since 1.30, and is meant for old servers: the
client has to be as old as the server. Running it again does nothing when the sample is complete, and starts
afresh when an earlier run was cut short; an experiment that this script did not make is never touched.
"""

import argparse
import contextlib
import inspect
import io
import json
import logging
import math
import os
import pickle
import random
import sys
import tempfile
import time
import warnings

# One thread: on small data more gain nothing, and on a busy machine they wait for each other (180 s instead of 20).
os.environ.setdefault("OMP_NUM_THREADS", "1")
# Set before MLflow is imported: no git process per run, no progress bars, no calls home.
os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
# Autologging guesses each model's requirements in a process of its own, ten seconds per model: let it give up.
os.environ.setdefault("MLFLOW_REQUIREMENTS_INFERENCE_TIMEOUT", "1")

EXPERIMENT = "nyc-taxi-experiment"
MODEL = "nyc-taxi-regressor"
N_RUNS = 58
N_TRIALS = 50
N_ROUNDS = 30
SEED = 42
# How far the sample got, kept on the experiment so that the runs carry no tag of ours.
STATE_TAG = "runweave.sample"

# The registered versions, oldest first: the run each comes from, its stage, and what its author wrote.
# The search's trials are named by rank (0 is the best), since which trial wins depends on the libraries.
VERSIONS = [
    ("lasso-0.01", "Archived", "First baseline, linear."),
    ("GradientBoostingRegressor", "Archived", "Replaced after the search."),
    ("xgboost-preprocessor", "Production", "Best trial's parameters, with its preprocessor."),
    ("xgboost-best-autolog", "Staging", "Same parameters, logged by autologging. To be checked against Production."),
    ("trial:1", "None", "Runner-up of the search."),
]


def say(text):
    print(text, flush=True)


class Clock:
    """Prints what was done and how long it took."""

    def __init__(self):
        self.begin = self.last = time.monotonic()

    def done(self, what):
        now = time.monotonic()
        say(f"  {what}: {now - self.last:.1f} s")
        self.last = now

    def total(self):
        return time.monotonic() - self.begin


# ---------------------------------------------------------------------------------------------- the server


def find_or_make_experiment(client):
    """The experiment's id, or None when there is nothing to do. An unfinished sample is emptied first."""
    experiment = client.get_experiment_by_name(EXPERIMENT)
    if experiment is None:
        return client.create_experiment(EXPERIMENT, tags={STATE_TAG: "filling"})
    if experiment.lifecycle_stage != "active":
        raise SystemExit(f"the experiment {EXPERIMENT} is deleted on this server: restore it or remove it for good")
    ids = [experiment.experiment_id]
    runs = client.search_runs(ids, max_results=1000)
    ours = experiment.tags.get(STATE_TAG)
    if ours == "complete" or (ours is None and len(runs) >= N_RUNS):
        say(f"{EXPERIMENT} is there already, with {len(runs)} runs")
        return None
    if ours is None and runs:
        raise SystemExit(f"{EXPERIMENT} holds {len(runs)} runs that are not of this sample: not touching it")
    if runs:
        say(f"an earlier filling was cut short: removing its {len(runs)} runs")
        for run in runs:
            client.delete_run(run.info.run_id)
    client.set_experiment_tag(ids[0], STATE_TAG, "filling")
    return ids[0]


def register(client, sources):
    """Makes the registered model; `sources` gives the model's address and its run, in the order of VERSIONS."""
    from mlflow.exceptions import MlflowException

    try:
        existing = client.get_registered_model(MODEL)
    except MlflowException:
        existing = None
    if existing is not None:
        if STATE_TAG not in existing.tags:
            say(f"  the registered model {MODEL} is not of this sample: not touching it")
            return
        client.delete_registered_model(MODEL)
    client.create_registered_model(
        MODEL, tags={STATE_TAG: "true"}, description="Predicts how long a taxi trip takes, in minutes."
    )
    takes_model_id = "model_id" in inspect.signature(client.create_model_version).parameters
    made = []
    for (source, run_id, model_id), (_, _, description) in zip(sources, VERSIONS):
        more = {"model_id": model_id} if takes_model_id and model_id else {}
        made.append(client.create_model_version(MODEL, source, run_id, description=description, **more))
    with warnings.catch_warnings():
        # Stages are deprecated since MLflow 2.9, and still what the registry page is about.
        warnings.simplefilter("ignore")
        for version, (_, stage, _) in zip(made, VERSIONS):
            if stage != "None":
                client.transition_model_version_stage(MODEL, version.version, stage)
    if hasattr(client, "set_registered_model_alias"):
        for version, (_, stage, _) in zip(made, VERSIONS):
            if stage in ("Production", "Staging"):
                alias = {"Production": "champion", "Staging": "challenger"}[stage]
                client.set_registered_model_alias(MODEL, alias, version.version)


# ------------------------------------------------------------------------------------------ real training


def taxi_trips(n_trips, seed):
    """Synthetic trips: dictionaries of features, and durations in minutes.

    Zones lie on a map with a slow centre; the duration grows with the distance, more slowly on long trips,
    and with the congestion at both ends and the hour.
    """
    import numpy as np

    rng = np.random.default_rng(seed)
    # The map is the same for training and validation trips.
    zones = np.random.default_rng(SEED).uniform(-10, 10, size=(40, 2))
    pick_up = rng.integers(0, len(zones), n_trips)
    drop_off = rng.integers(0, len(zones), n_trips)
    hour = rng.integers(0, 24, n_trips)
    straight = np.linalg.norm(zones[pick_up] - zones[drop_off], axis=1)
    distance = np.round(straight * rng.uniform(1.1, 1.5, n_trips) + rng.exponential(0.4, n_trips) + 0.3, 2)
    congestion = np.exp(-np.linalg.norm(zones, axis=1) / 6)
    rush = np.exp(-((hour - 8) ** 2) / 6) + np.exp(-((hour - 18) ** 2) / 8)
    pace = 1.6 + 1.5 * (congestion[pick_up] + congestion[drop_off]) * (0.6 + rush)
    minutes = np.clip(2 + pace * distance**0.85 + rng.normal(0, 2.0, n_trips), 1, 60)
    trips = [
        {"PU_DO": f"{p}_{d}", "PULocationID": str(p), "DOLocationID": str(d), "trip_distance": float(x), "hour": int(h)}
        for p, d, x, h in zip(pick_up, drop_off, distance, hour)
    ]
    return trips, np.round(minutes, 2)


def train_all(mlflow, client, experiment_id, clock):
    """Logs the 58 runs; returns what `register` needs."""
    import hyperopt
    import numpy as np
    import xgboost
    from sklearn.ensemble import ExtraTreesRegressor, GradientBoostingRegressor, RandomForestRegressor
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.linear_model import Lasso
    from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error
    from sklearn.svm import LinearSVR

    import mlflow.sklearn
    import mlflow.xgboost
    from mlflow.entities import Metric, Param, RunTag

    mlflow.set_experiment(EXPERIMENT)
    train_trips, y_train = taxi_trips(3000, SEED + 1)
    valid_trips, y_valid = taxi_trips(1000, SEED + 2)
    vectorizer = DictVectorizer()
    x_train = vectorizer.fit_transform(train_trips)
    x_valid = vectorizer.transform(valid_trips)
    for x in (x_train, x_valid):
        # Lasso refuses 64-bit indices, which newer SciPy makes.
        x.indices, x.indptr = x.indices.astype(np.int32), x.indptr.astype(np.int32)
    train = xgboost.DMatrix(x_train, label=y_train)
    valid = xgboost.DMatrix(x_valid, label=y_valid)
    clock.done("trips and features")

    models = {}  # run name -> (address of the model, run id, id of the logged model or None)

    def log_model(flavour, model, run_id, name, requirements):
        # `name` since MLflow 3; naming the requirements saves a process per model that guesses them.
        key = "name" if "name" in inspect.signature(flavour.log_model).parameters else "artifact_path"
        info = flavour.log_model(model, **{key: "model"}, pip_requirements=requirements)
        models[name] = (info.model_uri, run_id, getattr(info, "model_id", None))

    def scores(predicted):
        return {
            "rmse": root_mean_squared_error(y_valid, predicted),
            "mae": mean_absolute_error(y_valid, predicted),
            "r2": r2_score(y_valid, predicted),
        }

    sklearn_needs = ["scikit-learn"]
    xgboost_needs = ["xgboost"]

    for alpha in (0.1, 0.01):
        name = f"lasso-{alpha}"
        with mlflow.start_run(run_name=name, tags={"model": "lasso", "developer": "ana"}) as run:
            begin = time.monotonic()
            model = Lasso(alpha=alpha, random_state=SEED).fit(x_train, y_train)
            mlflow.log_params({"alpha": alpha, "train-rows": len(y_train), "valid-rows": len(y_valid)})
            mlflow.log_metrics({**scores(model.predict(x_valid)), "training-seconds": time.monotonic() - begin})
            log_model(mlflow.sklearn, model, run.info.run_id, name, sklearn_needs)
    clock.done("2 Lasso runs")

    fixed = {"objective": "reg:squarederror", "seed": SEED, "nthread": 1, "tree_method": "hist", "max_bin": 64}
    trials = []

    def trial(space):
        params = {**space, "max_depth": int(space["max_depth"])}
        name = f"xgboost-{len(trials) + 1:02d}"
        tags = {"model": "xgboost", "developer": "ben", "search": "hyperopt.tpe"}
        with mlflow.start_run(run_name=name, tags=tags) as run:
            begin = time.monotonic()
            history = {}
            booster = xgboost.train(
                {**fixed, **params}, train, num_boost_round=N_ROUNDS, evals=[(valid, "validation")],
                early_stopping_rounds=8, evals_result=history, verbose_eval=False,
            )
            seconds = time.monotonic() - begin
            curve = history["validation"]["rmse"]
            found = scores(booster.predict(valid))
            now = int(time.time() * 1000)
            metrics = [Metric("validation-rmse", value, now, step) for step, value in enumerate(curve)]
            metrics += [Metric(key, float(value), now, 0) for key, value in found.items()]
            metrics += [Metric("training-seconds", seconds, now, 0), Metric("best-iteration", booster.best_iteration, now, 0)]
            logged = {**fixed, **params, "num_boost_round": N_ROUNDS}
            client.log_batch(
                run.info.run_id, metrics=metrics, params=[Param(key, str(value)) for key, value in logged.items()],
                tags=[RunTag("stopped-early", str(len(curve) < N_ROUNDS).lower())],
            )
            log_model(mlflow.xgboost, booster, run.info.run_id, name, xgboost_needs)
        trials.append((found["rmse"], name, params))
        if len(trials) % 10 == 0:
            say(f"    {len(trials)} of {N_TRIALS} trials")
        return {"loss": found["rmse"], "status": hyperopt.STATUS_OK}

    # hyperopt seeds numpy's legacy state itself from this generator.
    hyperopt.fmin(
        fn=trial,
        space={
            "learning_rate": hyperopt.hp.loguniform("learning_rate", -3, 0),
            "max_depth": hyperopt.hp.quniform("max_depth", 3, 12, 1),
            "min_child_weight": hyperopt.hp.loguniform("min_child_weight", -1, 3),
            "reg_alpha": hyperopt.hp.loguniform("reg_alpha", -5, -1),
            "reg_lambda": hyperopt.hp.loguniform("reg_lambda", -6, -1),
        },
        algo=hyperopt.tpe.suggest, max_evals=N_TRIALS, rstate=np.random.default_rng(SEED),
        show_progressbar=False, verbose=False,
    )
    ranked = sorted(trials)
    best = {**fixed, **ranked[0][2]}
    clock.done(f"{N_TRIALS} XGBoost trials, the best {ranked[0][1]} with an rmse of {ranked[0][0]:.3f}")

    mlflow.xgboost.autolog(silent=True)
    name = "xgboost-best-autolog"
    with mlflow.start_run(run_name=name, tags={"model": "xgboost", "developer": "ben"}) as run:
        booster = xgboost.train(best, train, num_boost_round=N_ROUNDS, evals=[(valid, "validation")], verbose_eval=False)
        mlflow.log_metrics(scores(booster.predict(valid)))
        models[name] = autologged(client, run)
    mlflow.xgboost.autolog(disable=True)
    clock.done("1 run of xgboost's autologging")

    name = "xgboost-preprocessor"
    with mlflow.start_run(run_name=name, tags={"model": "xgboost", "developer": "ana"}) as run:
        mlflow.log_params({**best, "num_boost_round": N_ROUNDS})
        booster = xgboost.train(best, train, num_boost_round=N_ROUNDS)
        mlflow.log_metrics(scores(booster.predict(valid)))
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "preprocessor.b")
            with open(path, "wb") as file:
                pickle.dump(vectorizer, file)
            mlflow.log_artifact(path, artifact_path="preprocessor")
        log_model(mlflow.xgboost, booster, run.info.run_id, name, xgboost_needs)
    clock.done("1 run with its preprocessor")

    mlflow.sklearn.autolog(silent=True, log_datasets=False)
    for model in (
        RandomForestRegressor(n_estimators=20, max_depth=10, random_state=SEED),
        GradientBoostingRegressor(n_estimators=40, random_state=SEED),
        ExtraTreesRegressor(n_estimators=20, max_depth=10, random_state=SEED),
        LinearSVR(C=0.5, max_iter=2000, random_state=SEED),
    ):
        name = type(model).__name__
        with mlflow.start_run(run_name=name, tags={"model": name, "developer": "ana"}) as run:
            model.fit(x_train, y_train)
            mlflow.log_metrics(scores(model.predict(x_valid)))
            models[name] = autologged(client, run)
    mlflow.sklearn.autolog(disable=True)
    clock.done("4 runs of scikit-learn's autologging")

    names = [ranked[int(name[6:])][1] if name.startswith("trial:") else name for name, _, _ in VERSIONS]
    return [models[name] for name in names]


def autologged(client, run):
    """Where autologging put the model of a run: a logged model since MLflow 3, before that a folder of the run."""
    outputs = getattr(client.get_run(run.info.run_id), "outputs", None)
    if outputs is not None and outputs.model_outputs:
        model_id = outputs.model_outputs[0].model_id
        return f"models:/{model_id}", run.info.run_id, model_id
    return f"{run.info.artifact_uri}/model", run.info.run_id, None


# ----------------------------------------------------------------------------------- formulas, any version


def log_all_light(mlflow, client, experiment_id, clock):
    """Logs 58 runs of the same names and columns with numbers from formulas; returns what `register` needs."""
    from mlflow.entities import Metric, Param, RunTag

    rng = random.Random(SEED)
    # A fixed day, so that times look alike on every machine.
    begin_ms = 1_760_000_000_000
    model_paths = {}

    def log_run(index, name, tags, params, metrics, curve=None, extra_artifact=None):
        start = begin_ms + index * 90_000
        seconds = metrics["training-seconds"]
        end = start + int(seconds * 1000) + 1500
        tags = {
            "mlflow.runName": name, "mlflow.user": tags["developer"], "mlflow.source.name": "workload.py",
            "mlflow.source.type": "LOCAL", **tags,
        }
        more = {"run_name": name} if "run_name" in inspect.signature(client.create_run).parameters else {}
        run = client.create_run(experiment_id, start_time=start, tags=tags, **more)
        run_id = run.info.run_id
        points = [Metric(key, float(value), end, 0) for key, value in metrics.items()]
        for step, value in enumerate(curve or ()):
            points.append(Metric("validation-rmse", value, start + (end - start) * step // N_ROUNDS, step))
        client.log_batch(run_id, metrics=points, params=[Param(key, str(value)) for key, value in params.items()])
        size = int(metrics.get("model-bytes", 20_000 + 5_000 * float(params.get("max_depth", 1))))
        client.log_batch(run_id, tags=[RunTag("mlflow.log-model.history", model_history(run_id, size))])
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "MLmodel"), "w") as file:
                file.write(f"artifact_path: model\nflavors:\n  python_function:\n    loader_module: none\nmodel_size_bytes: {size}\nrun_id: {run_id}\n")
            client.log_artifacts(run_id, folder, "model")
        if extra_artifact:
            with tempfile.TemporaryDirectory() as folder:
                path = os.path.join(folder, extra_artifact)
                with open(path, "wb") as file:
                    file.write(pickle.dumps({"zones": 40}))
                client.log_artifact(run_id, path, "preprocessor")
        # MLflow 2 prints two lines about each ended run.
        with contextlib.redirect_stdout(io.StringIO()):
            client.set_terminated(run_id, "FINISHED", end)
        model_paths[name] = (f"{run.info.artifact_uri}/model", run_id, None)

    def model_history(run_id, size):
        entry = {"run_id": run_id, "artifact_path": "model", "utc_time_created": "2025-10-09 08:53:20.000000", "flavors": {"python_function": {"loader_module": "none"}}}
        return json.dumps([entry])

    def scores(rmse, seconds):
        return {"rmse": rmse, "mae": 0.78 * rmse, "r2": 1 - (rmse / 11.5) ** 2, "training-seconds": seconds}

    index = 0
    for alpha, rmse in ((0.1, 5.41), (0.01, 5.02)):
        params = {"alpha": alpha, "train-rows": 3000, "valid-rows": 1000}
        log_run(index, f"lasso-{alpha}", {"model": "lasso", "developer": "ana"}, params, scores(rmse, 0.4 + alpha))
        index += 1

    fixed = {"objective": "reg:squarederror", "seed": SEED, "nthread": 1, "tree_method": "hist", "max_bin": 64, "num_boost_round": N_ROUNDS}
    trials = []
    for number in range(1, N_TRIALS + 1):
        params = {
            "learning_rate": math.exp(rng.uniform(-3, 0)),
            "max_depth": rng.randint(3, 12),
            "min_child_weight": math.exp(rng.uniform(-1, 3)),
            "reg_alpha": math.exp(rng.uniform(-5, -1)),
            "reg_lambda": math.exp(rng.uniform(-6, -1)),
        }
        floor = 2.6 + 0.35 * abs(math.log(params["learning_rate"] / 0.25)) + 0.02 * (params["max_depth"] - 7) ** 2
        floor += 0.01 * params["min_child_weight"] + rng.uniform(0, 0.15)
        curve = [floor + 9 * math.exp(-params["learning_rate"] * 1.2 * step) + 0.004 * step for step in range(N_ROUNDS)]
        rmse = min(curve)
        metrics = {**scores(rmse, 0.1 + 0.05 * params["max_depth"]), "best-iteration": curve.index(rmse)}
        name = f"xgboost-{number:02d}"
        tags = {"model": "xgboost", "developer": "ben", "search": "hyperopt.tpe", "stopped-early": "false"}
        log_run(index, name, tags, {**fixed, **params}, metrics, curve)
        trials.append((rmse, name, params, curve))
        index += 1
        if number % 10 == 0:
            say(f"    {number} of {N_TRIALS} trials")
    ranked = sorted(trials)
    rmse, _, best, curve = ranked[0]

    tags = {"model": "xgboost", "developer": "ben"}
    log_run(index, "xgboost-best-autolog", tags, {**fixed, **best}, scores(rmse, 0.7), curve)
    tags = {"model": "xgboost", "developer": "ana"}
    log_run(index + 1, "xgboost-preprocessor", tags, {**fixed, **best}, scores(rmse, 0.8), None, "preprocessor.b")
    forests = (("RandomForestRegressor", 3.4, 20), ("GradientBoostingRegressor", 3.1, 40), ("ExtraTreesRegressor", 3.6, 20), ("LinearSVR", 5.6, None))
    for offset, (name, rmse, n_estimators) in enumerate(forests):
        params = {"random_state": SEED, "max_depth": 10, "n_estimators": n_estimators} if n_estimators else {"random_state": SEED, "C": 0.5, "max_iter": 2000}
        log_run(index + 2 + offset, name, {"model": name, "developer": "ana"}, params, scores(rmse, 1.0 + offset / 2))
    clock.done(f"{N_RUNS} runs from formulas")

    names = [ranked[int(name[6:])][1] if name.startswith("trial:") else name for name, _, _ in VERSIONS]
    return [model_paths[name] for name in names]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tracking-uri", required=True, help="address of the MLflow server")
    parser.add_argument("--light", action="store_true", help="numbers from formulas, no training")
    options = parser.parse_args()

    warnings.filterwarnings("ignore")
    clock = Clock()
    import mlflow
    from mlflow.tracking import MlflowClient

    logging.getLogger("mlflow").setLevel(logging.ERROR)
    logging.getLogger("hyperopt").setLevel(logging.ERROR)
    mlflow.set_tracking_uri(options.tracking_uri)
    mlflow.set_registry_uri(options.tracking_uri)
    client = MlflowClient(options.tracking_uri, options.tracking_uri)
    experiment_id = find_or_make_experiment(client)
    if experiment_id is None:
        return
    say(f"filling {options.tracking_uri} with {EXPERIMENT}")
    clock.done(f"MLflow {mlflow.__version__} loaded, experiment {experiment_id} made")
    fill = log_all_light if options.light else train_all
    sources = fill(mlflow, client, experiment_id, clock)
    n_runs = len(client.search_runs([experiment_id], max_results=1000))
    if n_runs != N_RUNS:
        raise SystemExit(f"{n_runs} runs instead of {N_RUNS}")
    register(client, sources)
    clock.done(f"{MODEL} with {len(VERSIONS)} versions")
    client.set_experiment_tag(experiment_id, STATE_TAG, "complete")
    say(f"{N_RUNS} runs in {clock.total():.0f} s")


if __name__ == "__main__":
    sys.exit(main())
