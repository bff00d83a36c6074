"""The servers of one forest: ours, the floor, and the peers, each with the request body that it takes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import joblib
import numpy as np

from benchmarks.environments import BUILD, LOCKS, ROOT, PeerMissing, locked, python_of
from benchmarks.forest import LEVELS, NUMBERS, Trained, artifact, code, pipeline
from benchmarks.line import installed
from benchmarks.servers import Served

ORDER = [*NUMBERS, *LEVELS]


def ours(found: Trained) -> Served:
    """`training.serve` as the image starts it."""
    folder, keys = artifact(found)
    env = {
        "PYTHONPATH": str(ROOT),
        "SM_MODEL_DIR": str(folder),
        "SAGEMAKER_BIND_TO_PORT": "{port}",
        "EVERGREEN_BIND_HOST": "127.0.0.1",
        "EVERGREEN_MODEL_VERSION": "1.0.0",
        "EVERGREEN_TRUSTED_KEYS": keys,
    }
    versions = installed("onnxruntime", "uvicorn", "httptools", "numpy")
    return Served(
        "evergreen",
        [sys.executable, "-m", "training.serve"],
        "/invocations",
        found.bodies,
        env,
        ROOT,
        versions=versions,
    )


def floor(found: Trained) -> Served:
    """The same web server without a model."""
    env = {"PYTHONPATH": str(ROOT), "PORT": "{port}"}
    command = [sys.executable, "-m", "benchmarks.noop_server"]
    return Served("no-op floor", command, "/invocations", found.bodies, env, ROOT, versions=installed("uvicorn"))


def mlflow(found: Trained) -> Served:
    """`mlflow models serve` with one worker."""
    python, source = python_of("mlflow"), _pickled(found, "frame")
    target = BUILD / "forest" / "mlflow"
    shutil.rmtree(target, ignore_errors=True)
    env = {"MLFLOW_DISABLE_TELEMETRY": "1", "DO_NOT_TRACK": "1", "PATH": f"{python.parent}:{os.environ['PATH']}"}
    _run("mlflow", [str(python), str(LOCKS / "mlflow_model.py"), str(source), str(target)], env)
    command = [str(python), "-m", "mlflow", "models", "serve", "-m", str(target), "--env-manager", "local",
               "-h", "127.0.0.1", "-p", "{port}", "-w", "1"]  # fmt: skip
    bodies = [json.dumps({"dataframe_split": body}) for body in _frames(found)]
    versions = locked("mlflow", "mlflow", "scikit-learn", "pandas")
    return Served("mlflow", command, "/invocations", bodies, env, BUILD, versions=versions)


def bentoml(found: Trained) -> Served:
    """`bentoml serve` with one worker."""
    python = python_of("bentoml")
    env = {"MODEL": str(_pickled(found, "frame")), "BENTOML_DO_NOT_TRACK": "1", "DO_NOT_TRACK": "1"}
    command = [str(python), "-m", "bentoml", "serve", "bento_service:Forest", "--host", "127.0.0.1", "-p", "{port}"]
    bodies = [json.dumps(body) for body in _frames(found)]
    versions = locked("bentoml", "bentoml", "scikit-learn", "pandas")
    return Served("bentoml", command, "/invocations", bodies, env, LOCKS, versions=versions)


def sagemaker(found: Trained) -> Served:
    """Flask under gunicorn with one gevent worker and the inference toolkit's codecs, rows as CSV."""
    python = python_of("sagemaker")
    command = [str(python), "-m", "gunicorn", "-k", "gevent", "-w", "1", "-b", "127.0.0.1:{port}",
               "--log-level", "warning", "sagemaker_app:app"]  # fmt: skip
    columns = {name: code(np.array([row[name] for row in found.rows], dtype=_dtype(name))) for name in ORDER}
    bodies = [",".join(repr(float(columns[name][index])) for name in ORDER) for index in range(len(found.rows))]
    env = {"MODEL": str(_pickled(found, "coded"))}
    versions = locked("sagemaker", "sagemaker-inference", "gunicorn", "flask", "scikit-learn")
    return Served(
        "sagemaker stack", command, "/invocations", bodies, env, LOCKS, {"content-type": "text/csv"}, versions
    )


PEERS: dict[str, Callable[[Trained], Served]] = {"mlflow": mlflow, "bentoml": bentoml, "sagemaker stack": sagemaker}


def _frames(found: Trained) -> list[dict[str, list[object]]]:
    return [{"columns": list(ORDER), "data": [[row[name] for name in ORDER]]} for row in found.rows]


def _dtype(name: str) -> type:
    return object if name in LEVELS else float


def _pickled(found: Trained, form: str) -> Path:
    path = BUILD / "forest" / f"{form}.joblib"
    path.parent.mkdir(parents=True, exist_ok=True)
    joblib.dump(pipeline(found.estimator, coded=form == "coded"), path)
    return path


def _run(peer: str, command: list[str], env: dict[str, str]) -> None:
    done = subprocess.run(command, env={**os.environ, **env}, capture_output=True, text=True, check=False)
    if done.returncode:
        raise PeerMissing(f"{peer} could not save the model: {done.stderr.strip()[-300:]}")
