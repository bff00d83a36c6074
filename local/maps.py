"""Distributed maps in JSONata, which ministack runs as if they were in JSONPath and without batches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ministack.services import stepfunctions

Run = Callable[..., tuple[Any, str | None]]


def install() -> None:
    """Evaluate the reader's arguments, batch the items, and keep the result in `Assign` and `Output`."""
    stepfunctions._run_distributed_map = _in_jsonata(stepfunctions._run_distributed_map)


def _in_jsonata(run: Run) -> Run:
    def run_distributed_map(
        state: dict[str, Any], given: Any, effective: Any, iterator: Any, execution: Any, ctx: dict[str, Any]
    ) -> tuple[Any, str | None]:
        if stepfunctions._state_query_language(state, ctx) != "JSONata":
            return run(state, given, effective, iterator, execution, ctx)
        items = _batches(state, _items(state, given, ctx))
        bare = {name: value for name, value in state.items() if name not in ("ItemReader", "ItemBatcher")}
        results, next_state = run(bare, given, items, iterator, execution, ctx)
        output = stepfunctions._apply_jsonata_output(state, given, ctx, result=results, default=results)
        stepfunctions._apply_state_assign(state, given, ctx, result=results)
        return output, next_state

    return run_distributed_map


def _items(state: dict[str, Any], given: Any, ctx: dict[str, Any]) -> list[Any]:
    """What the reader reads; anything else that a map could have is refused."""
    if "ItemReader" not in state or {"Items", "ItemSelector", "ResultWriter"} & set(state):
        raise _refused("a distributed map in JSONata has an ItemReader and no Items, ItemSelector or ResultWriter")
    reader = state["ItemReader"]
    arguments = stepfunctions._apply_jsonata_template(reader["Arguments"], given, ctx)
    items: list[Any] = stepfunctions._read_map_items({**reader, "Arguments": arguments}, given, ctx)
    return items


def _batches(state: dict[str, Any], items: list[Any]) -> list[Any]:
    """Each child execution gets `{"Items": […]}`."""
    batcher = state.get("ItemBatcher")
    if batcher is None:
        return items
    if set(batcher) != {"MaxItemsPerBatch"}:
        raise _refused("an ItemBatcher has MaxItemsPerBatch only")
    size = int(batcher["MaxItemsPerBatch"])
    return [{"Items": items[start : start + size]} for start in range(0, len(items), size)]


def _refused(sentence: str) -> Exception:
    error: Exception = stepfunctions._ExecutionError("States.Runtime", f"In the embedded cloud {sentence}.")
    return error
