"""Writes a large, seeded, made-up experiment straight into the SQLite file of an MLflow server.

Logging ten thousand runs through the API takes the better part of an hour, and the tests and benchmarks of large
experiments need them in seconds. Needs nothing but Python. The server may be running; it has to have been
started once with this file, so that the tables are there. Any version since 1.30 will do.

    python generate.py 10000 --sqlite mlflow.db                     experiment generated-10000
    python generate.py 50 --sqlite mlflow.db --steps 10000          ... generated-50x10000x3, with three metric curves
    python generate.py 500 --sqlite mlflow.db --metrics 2000        ... generated-500-wide-2000, with 2,000 metrics more

Every run has eight parameters that vary and four metrics, with what real experiments hold besides: parameters
that are constant or logged as text, runs that failed without their metrics, missing and not-a-number values.
"""

import argparse
import math
import random
import sqlite3
import sys
import time

SEED = 7
BEGIN_MS = 1_760_000_000_000
HOUR_MS = 3_600_000
# The metrics that have steps, where any have.
CURVES = ("rmse", "r2", "model-kilobytes")


def columns_of(database, table):
    """The columns of a table: name -> (declared type, must be given)."""
    rows = database.execute(f"PRAGMA table_info({table})").fetchall()
    if not rows:
        raise SystemExit(f"no table {table}: start an MLflow server with this file once, then try again")
    return {name: (kind.upper(), bool(not_null) and default is None) for _, name, kind, not_null, default, _ in rows}


class Inserter:
    """Inserts rows given as dictionaries, leaving out the columns that this version of MLflow lacks."""

    def __init__(self, database, table, example):
        columns = columns_of(database, table)
        self.names = [name for name in example if name in columns]
        missing = [name for name, (_, needed) in columns.items() if needed and name not in example]
        # A column that a newer version asks for gets the emptiest value of its type.
        self.filler = [0 if any(word in columns[name][0] for word in ("INT", "FLOAT", "BOOL")) else "" for name in missing]
        all_names = ", ".join(self.names + missing)
        marks = ", ".join("?" * (len(self.names) + len(missing)))
        self.statement = f"INSERT INTO {table} ({all_names}) VALUES ({marks})"
        self.database = database
        self.rows = []

    def add(self, row):
        self.rows.append([row[name] for name in self.names] + self.filler)
        if len(self.rows) >= 20_000:
            self.flush()

    def flush(self):
        self.database.executemany(self.statement, self.rows)
        self.rows.clear()


def one_run(rng, index):
    """One run's outcome, parameters and final metrics; a metric of None was not logged."""
    learning_rate = 10 ** rng.uniform(-3, 0)
    max_depth = rng.randint(2, 12)
    booster = rng.choice(["gbtree", "gbtree", "dart", "gblinear"])
    subsample = round(rng.uniform(0.5, 1), 3)
    reg_alpha = 10 ** rng.uniform(-4, 1)
    reg_lambda = 10 ** rng.uniform(-4, 1)
    n_estimators = rng.choice([50, 100, 200, 400, 800])
    min_child_weight = round(rng.uniform(0.5, 20), 2)
    params = {
        "learning_rate": repr(learning_rate),
        "max_depth": str(max_depth),
        "min_child_weight": str(min_child_weight),
        "n_estimators": str(n_estimators),
        "booster": booster,
        "subsample": str(subsample),
        "reg_alpha": repr(reg_alpha),
        "reg_lambda": repr(reg_lambda),
        "objective": "reg:squarederror",
        "early_stopping": str(index % 3 != 0),
    }
    if booster == "gblinear":
        del params["max_depth"], params["subsample"]
    rmse = 2.5 + abs(math.log10(learning_rate) + 0.9) + 0.02 * (max_depth - 7) ** 2 + 0.1 * math.log10(reg_alpha + 1e-3) ** 2
    rmse += {"gbtree": 0, "dart": 0.1, "gblinear": 1.2}[booster] + abs(rng.gauss(0, 0.15))
    seconds = 0.002 * n_estimators * (1 + max_depth / 4) * rng.uniform(0.9, 1.3)
    metrics = {
        "rmse": rmse,
        "r2": 1 - (rmse / 12) ** 2,
        "training-seconds": seconds,
        "model-kilobytes": n_estimators * 2 ** min(max_depth, 8) / 40 * rng.uniform(0.8, 1.2),
    }
    status = "FINISHED"
    fate = rng.random()
    if fate < 0.02:
        status, metrics = "FAILED", {"training-seconds": seconds / 3}
    elif fate < 0.03:
        metrics["rmse"] = metrics["r2"] = math.nan
    return status, params, metrics


def curve_point(rng, final, step, n_steps):
    """A falling, noisy curve that ends at the run's metric."""
    return final * (1 + 3 * math.exp(-8 * step / n_steps) + 0.02 * rng.gauss(0, 1) * (step < n_steps - 1))


def stored(value):
    """A metric's value as the tables keep it: not-a-number is a flag beside a zero."""
    return (0.0, True) if math.isnan(value) else (value, False)


def generate(path, n_runs, n_steps, n_metrics, name):
    database = sqlite3.connect(path, timeout=120, isolation_level=None)
    columns_of(database, "experiments")
    # One transaction: the server sees all of it or nothing.
    database.execute("BEGIN IMMEDIATE")
    found = database.execute("SELECT experiment_id FROM experiments WHERE name = ?", (name,)).fetchone()
    if found:
        (n_found,) = database.execute("SELECT count(*) FROM runs WHERE experiment_id = ?", found).fetchone()
        database.execute("ROLLBACK")
        if n_found != n_runs:
            raise SystemExit(f"{name} is there already, with {n_found} runs: not touching it")
        return found[0], False

    (last,) = database.execute("SELECT coalesce(max(experiment_id), 0) FROM experiments").fetchone()
    experiment_id = last + 1
    # Where a server with served artifacts puts them; nothing is stored there.
    location = f"mlflow-artifacts:/{experiment_id}"
    experiment = {
        "experiment_id": experiment_id, "name": name, "artifact_location": location, "lifecycle_stage": "active",
        "creation_time": BEGIN_MS, "last_update_time": BEGIN_MS, "workspace": "default",
    }
    inserter = Inserter(database, "experiments", experiment)
    inserter.add(experiment)
    inserter.flush()

    # Run ids must differ between the experiments of one file.
    rng = random.Random(f"{SEED} {name}")
    tables = {}

    def insert(table, row):
        if table not in tables:
            tables[table] = Inserter(database, table, row)
        tables[table].add(row)

    for index in range(n_runs):
        run_id = f"{rng.getrandbits(128):032x}"
        status, params, metrics = one_run(rng, index)
        metrics |= {f"class-{place:04d}-f1": rng.random() for place in range(n_metrics)}
        start = BEGIN_MS + int(index / n_runs * 720 * HOUR_MS)
        end = start + int(metrics["training-seconds"] * 1000)
        user = rng.choice(["ana", "ben", "cho"])
        run_name = f"run-{index:05d}"
        insert("runs", {
            "run_uuid": run_id, "name": run_name, "source_type": "LOCAL", "source_name": "generate.py",
            "entry_point_name": "", "user_id": user, "status": status, "start_time": start, "end_time": end,
            "deleted_time": None, "source_version": "", "lifecycle_stage": "active",
            "artifact_uri": f"{location}/{run_id}/artifacts", "experiment_id": experiment_id,
        })
        tags = {
            "mlflow.runName": run_name, "mlflow.user": user, "mlflow.source.name": "generate.py",
            "mlflow.source.type": "LOCAL", "fold": str(index % 5),
        }
        for key, value in tags.items():
            insert("tags", {"key": key, "value": value, "run_uuid": run_id})
        for key, value in params.items():
            insert("params", {"key": key, "value": value, "run_uuid": run_id})
        for key, final in metrics.items():
            value, is_nan = stored(final)
            last = {"key": key, "value": value, "timestamp": end, "step": 0, "is_nan": is_nan, "run_uuid": run_id}
            if key in CURVES and n_steps > 1 and not is_nan:
                for step in range(n_steps):
                    last = {
                        **last, "value": curve_point(rng, final, step, n_steps), "step": step,
                        "timestamp": start + (end - start) * step // n_steps,
                    }
                    insert("metrics", last)
            else:
                insert("metrics", last)
            insert("latest_metrics", last)
    for each in tables.values():
        each.flush()
    database.execute("COMMIT")
    return experiment_id, True


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", type=int, help="how many runs")
    parser.add_argument("--sqlite", required=True, help="the server's SQLite file")
    parser.add_argument("--steps", type=int, default=1, help="points per run of rmse, r2 and model-kilobytes (default 1)")
    parser.add_argument("--metrics", type=int, default=0, help="metrics per run besides the usual ones (default 0)")
    parser.add_argument("--name", help="the experiment's name (default as above)")
    options = parser.parse_args()
    curves = f"x{options.steps}x{len(CURVES)}" if options.steps > 1 else ""
    wide = f"-wide-{options.metrics}" if options.metrics else ""
    name = options.name or f"generated-{options.runs}{curves}{wide}"
    begin = time.monotonic()
    experiment_id, is_new = generate(options.sqlite, options.runs, options.steps, options.metrics, name)
    made = f"made in {time.monotonic() - begin:.1f} s" if is_new else "is there already"
    print(f"{name} (id {experiment_id}) {made}")


if __name__ == "__main__":
    sys.exit(main())
