"""serve: a real server process on this machine."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.unit.training.jobs import ROOT, Client, Workshop, serve_env, serving, sign

pytestmark = pytest.mark.loopback


@pytest.fixture(scope="module")
def signed(late_trips: Workshop, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    directory = tmp_path_factory.mktemp("signed") / "model"
    shutil.copytree(late_trips.model, directory)
    return directory, sign(directory)


@pytest.fixture(scope="module")
def client(signed: tuple[Path, str]) -> Iterator[Client]:
    with serving(*signed) as found:
        yield found


@pytest.fixture(scope="module")
def sample(signed: tuple[Path, str]) -> dict:
    return json.loads((signed[0] / "sample.json").read_bytes())


def refusal(model: Path, keys: str | None) -> str:
    env = serve_env(model, keys)
    done = subprocess.run([sys.executable, "-m", "training.serve"], cwd=ROOT, env=env, capture_output=True, text=True)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    return done.stderr


def test_answers_the_sample_with_version_and_digest(client: Client, sample: dict, signed: tuple[Path, str]) -> None:
    import hashlib

    status, answer = client.invoke(sample["rows"])

    assert status == 200
    assert answer["predictions"] == sample["predictions"]
    assert answer["model_version"] == "1.0.0"
    assert answer["digest"] == hashlib.sha256((signed[0] / "manifest.json").read_bytes()).hexdigest()


def test_answers_soon_after_its_start(client: Client) -> None:
    assert client.first_answer_s < 2  # 0.5 s on an idle machine; tests share theirs


def test_answers_one_row_in_about_a_millisecond(client: Client, sample: dict) -> None:
    taken = []
    for _ in range(200):
        started = time.perf_counter()
        client.invoke(sample["rows"][:1])
        taken.append(time.perf_counter() - started)

    assert np.median(taken) < 0.005  # 1 ms on an idle machine; tests share theirs


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"{", "not JSON"),
        (b'{"rows": []}', "at least one row"),
        (b"[1]", "at least one row"),
        (b'{"rows": [1]}', "rows[0] must be an object"),
        (b'{"rows": [{"distance": NaN}]}', "not JSON"),
        (b"[" * 100_000, "not JSON"),
    ],
)
def test_a_malformed_request_is_answered_400(client: Client, body: bytes, problem: str) -> None:
    status, answer = client.request("POST", "/invocations", body)

    assert status == 400
    assert problem in answer["error"]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"distance": "far"}, "rows[0].distance must be a number"),
        ({"distance": True}, "rows[0].distance must be a number"),
        ({"distance": 10**400}, "distance must be a number"),
        ({"express": 1}, "rows[0].express must be true or false"),
        ({"origin": None}, "rows[0].origin must not be null"),
        ({"origin": ["A"]}, "rows[0].origin must be a string"),
        ({"departure": "tomorrow"}, "departure must be an ISO-8601 time"),
    ],
)
def test_a_value_of_the_wrong_kind_is_named(client: Client, sample: dict, change: dict, problem: str) -> None:
    status, answer = client.invoke([{**sample["rows"][0], **change}])

    assert status == 400
    assert problem in answer["error"]


def test_a_missing_field_is_named(client: Client, sample: dict) -> None:
    row = {name: value for name, value in sample["rows"][0].items() if name != "origin"}

    assert client.invoke([row]) == (400, {"error": "rows[0].origin is required."})


def test_an_unknown_category_is_answered(client: Client, sample: dict) -> None:
    status, answer = client.invoke([{**sample["rows"][0], "origin": "Z", "line": "L999"}])

    assert status == 200
    assert answer["predictions"][0]["prediction"] in (True, False)


def test_a_body_above_the_limit_is_answered_413(client: Client) -> None:
    assert client.request("POST", "/invocations", b"x" * (6 * 1024 * 1024 + 1))[0] == 413


def test_other_paths_are_answered_404(client: Client) -> None:
    assert client.request("GET", "/")[0] == 404


def test_multiclass_and_regression_answers(iris: Workshop, diabetes: Workshop, tmp_path: Path) -> None:
    found = []
    for shop in (iris, diabetes):
        directory = tmp_path / shop.base.parents[1].name
        shutil.copytree(shop.model, directory)
        with serving(directory, sign(directory)) as client:
            rows = shop.document("sample.json")["rows"][:1]
            found.append(client.invoke(rows)[1]["predictions"][0])

    assert found[0]["prediction"] in ("setosa", "versicolor", "virginica")
    assert found[0]["score"] is None
    assert found[1]["confidence"] is None
    assert found[1]["prediction"] == found[1]["score"]


def test_refuses_to_start_without_trusted_keys(signed: tuple[Path, str]) -> None:
    assert "EVERGREEN_TRUSTED_KEYS is not set" in refusal(signed[0], None)


def test_refuses_a_signature_of_another_key(signed: tuple[Path, str], tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(signed[0], other)

    assert "no trusted key" in refusal(signed[0], sign(other))


@pytest.mark.parametrize(
    ("tamper", "sentence"),
    [
        (lambda model: (model / "sample.json").write_text("{}"), "has changed since it was signed: sample.json"),
        (lambda model: (model / "model.pkl").write_text("x"), "were never signed: model.pkl"),
        (lambda model: (model / "card.json").unlink(), "lacks card.json"),
        (lambda model: (model / "manifest.sig").unlink(), "lacks manifest.sig"),
        (lambda model: (model / "manifest.json").write_text('{"files": {}}'), "no trusted key"),
        (lambda model: (model / "link").symlink_to("/etc/hosts"), "were never signed: link"),
    ],
)
def test_refuses_an_artifact_that_is_not_the_one_signed(
    signed: tuple[Path, str], tmp_path: Path, tamper, sentence: str
) -> None:
    model = tmp_path / "model"
    shutil.copytree(signed[0], model)
    tamper(model)

    assert sentence in refusal(model, signed[1])


def test_ends_when_asked(signed: tuple[Path, str]) -> None:
    with serving(*signed) as client:
        client.process.send_signal(signal.SIGTERM)
        assert client.process.wait(5) in (0, -signal.SIGTERM)


def test_ends_with_the_process_that_it_watches(signed: tuple[Path, str]) -> None:
    parent = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], env={"PATH": os.environ["PATH"]})
    with serving(*signed, EVERGREEN_PARENT_PID=str(parent.pid)) as client:
        parent.kill()
        parent.wait()
        client.process.wait(5)


def test_needs_neither_pandas_nor_sklearn_nor_pydantic() -> None:
    heavy = "{'pandas', 'sklearn', 'pydantic', 'pyarrow', 'scipy'}"
    code = f"import sys, training.serve; print(sorted({heavy} & set(sys.modules)))"

    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
