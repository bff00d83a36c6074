"""A deliberately broken model: the champion's own graph, made slow, and failing on every row after its first hours.

It passes the smoke test, as such models do: the stored sample is the part of the data that it can answer.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from evergreen.aws.objects import split_uri
from evergreen.cli.session import Session

ARTIFACT = "models/broken-by-hand/output/model/"
FILES = ("model.onnx", "contract.json", "reference.json", "card.json", "sample.json")
WIDTH = 1100  # a square product of this width takes some tens of milliseconds on one core


def register_broken(session: Session, champion: dict[str, Any], *, as_of: str) -> dict[str, Any]:
    """Store, sign and register the broken model by hand; returns its model record."""
    artifacts = session.artifacts
    _, prefix = split_uri(champion["artifact_uri"])
    files = {name: artifacts.get(prefix + name) for name in FILES}
    files["model.onnx"], files["sample.json"] = _break(
        files["model.onnx"], files["sample.json"], files["contract.json"]
    )
    for name, body in files.items():
        artifacts.put(ARTIFACT + name, body)
    run = {
        "run_id": "broken-by-hand",
        "as_of": as_of,
        "trigger": "manual",
        "requested_by": "demo",
        "artifact_uri": artifacts.uri(ARTIFACT),
        "image": champion["image"],
        "recipe": "broken-by-hand",
        "data": {
            "dataset": session.project.data.dataset,
            "version": champion["data_version"],
            "manifest": champion["data_manifest"],
            "rows": champion["data_rows"],
        },
    }
    judgement = {
        "accepted": True,
        "reasons": ["registered by hand, to show a rollback"],
        "metrics": champion["metrics"],
        "champion_metrics": None,
    }
    record: dict[str, Any] = session.invoke("RegisterModelFunction", {"run": run, "judgement": judgement})
    return record


def _break(model: bytes, sample: bytes, contract: bytes) -> tuple[bytes, bytes]:
    """Slow for every row; an error for every row unlike the one row that the sample keeps."""
    graph = onnx.load_from_string(model)
    stored = json.loads(sample)
    keep = {"rows": stored["rows"][:1], "predictions": stored["predictions"][:1]}
    _fail_on_other_rows(graph.graph, _encoded(contract, keep["rows"]))
    onnx.checker.check_model(graph)
    return graph.SerializeToString(), json.dumps(keep, sort_keys=True).encode()


def _encoded(contract: bytes, rows: list[dict[str, Any]]) -> np.ndarray[Any, np.dtype[np.float32]]:
    from evergreen.features.contract import Contract

    return Contract.from_json(contract).encode(rows)


def _fail_on_other_rows(graph: onnx.GraphProto, row: np.ndarray[Any, Any]) -> None:
    """Gather beyond the end of a one-element table unless every row equals `row`: the runtime's own error, and late."""
    name = graph.input[0].name
    graph.initializer.extend(
        [
            numpy_helper.from_array(np.nan_to_num(row[:1]).astype(np.float32), "kept_row"),
            numpy_helper.from_array(np.zeros(1, np.float32), "one_element"),
            numpy_helper.from_array(np.array(0.0, np.float32), "zero"),
        ]
    )
    graph.node.extend(
        [
            helper.make_node("IsNaN", [name], ["is_nan"]),
            helper.make_node("Where", ["is_nan", "zero", name], ["without_nan"]),
            helper.make_node("Sub", ["without_nan", "kept_row"], ["apart"]),
            helper.make_node("Abs", ["apart"], ["distance"]),
            helper.make_node("ReduceMax", ["distance"], ["furthest"], keepdims=0),
            *_work("furthest", "work"),
            helper.make_node("Greater", ["furthest", "zero"], ["is_other"]),
            helper.make_node("Cast", ["is_other"], ["one_if_other"], to=TensorProto.INT64),
            helper.make_node("Cast", ["work"], ["always_zero"], to=TensorProto.INT64),
            helper.make_node("Add", ["one_if_other", "always_zero"], ["beyond"]),
            helper.make_node("Gather", ["one_element", "beyond"], ["nothing"]),
        ]
    )
    graph.initializer.append(numpy_helper.from_array(np.full((WIDTH, WIDTH), 1e-9, np.float32), "square"))
    _add_to_output(graph, "nothing", "answered")


def _work(after: str, result: str) -> list[onnx.NodeProto]:
    """A chain of matrix products that starts when `after` is known; its result is next to nothing."""
    return [
        helper.make_node("Mul", [after, "zero"], ["go"]),
        helper.make_node("Add", ["square", "go"], ["seed"]),
        helper.make_node("MatMul", ["seed", "square"], ["once"]),
        helper.make_node("MatMul", ["once", "square"], ["twice"]),
        helper.make_node("ReduceMax", ["twice"], [result], keepdims=0),
    ]


def _add_to_output(graph: onnx.GraphProto, value: str, suffix: str) -> None:
    output = graph.output[0].name
    renamed = f"{output}_{suffix}"
    for node in graph.node:
        for index, produced in enumerate(node.output):
            if produced == output:
                node.output[index] = renamed
        for index, consumed in enumerate(node.input):
            if consumed == output:
                node.input[index] = renamed
    graph.node.append(helper.make_node("Add", [renamed, value], [output]))
