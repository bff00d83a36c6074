"""The profile of a large version: what is missing → object by object, many at a time → one merge."""

from __future__ import annotations

from typing import Any

from evergreen.project import Project
from stacks.constructs.states import State, catch, choose, expression, fail, invoke, retry

# Parts have up to 32 MiB and take a second or two each: a batch ends well within its function's time.
OBJECTS_PER_BATCH = 16
# A new account may run ten functions at once; the others answer predictions meanwhile.
BATCHES_AT_ONCE = 8
LOCAL_BATCHES_AT_ONCE = 2  # the cores of a small machine
MAP = "objects"  # part of the ARN of each batch's execution
VERSION = {name: expression(f"$states.context.Execution.Input.{name}") for name in ("dataset", "manifest")}
PASSING_MAP = ["States.ItemReaderFailed"]


def profiling_machine(project: Project) -> dict[str, Any]:
    """Amazon States Language. A version whose profile is there ends after one call."""
    return {
        "Comment": "Evergreen: the profile of one data version",
        "QueryLanguage": "JSONata",
        "StartAt": "FindMissing",
        "States": {**_find(), **_map(project), **_merge()},
    }


def _failed() -> State:
    return catch("States.ALL", go_to="Failed")


def _find() -> dict[str, State]:
    return {
        "FindMissing": invoke(
            "merge_profiles",
            VERSION,
            assign={"found": expression("$states.result.Payload")},
            catches=[catch("NotFound", "DataRefused", go_to="Failed"), _failed()],
            go_to="AnyMissing",
        ),
        "AnyMissing": choose(("$found.missing > 0", "ProfileObjects"), otherwise="Profiled"),
        "Profiled": {"Type": "Succeed"},
        "Failed": fail(),
    }


def _map(project: Project) -> dict[str, State]:
    """Refusals are results and not failures: the other objects keep their profiles, and the next try needs fewer."""
    refused = "$string($sum($states.result.refused)) & ' of its objects cannot be profiled, such as this: '"
    first = "$states.result[refused > 0][0].first"
    return {
        "ProfileObjects": {
            "Type": "Map",
            "Label": MAP,
            "MaxConcurrency": LOCAL_BATCHES_AT_ONCE if project.stage == "local" else BATCHES_AT_ONCE,
            "ToleratedFailurePercentage": 0,
            "ItemReader": {
                "Resource": "arn:aws:states:::s3:getObject",
                "ReaderConfig": {"InputType": "JSON"},
                "Arguments": {"Bucket": "${data_bucket}", "Key": expression("$found.listed")},
            },
            "ItemBatcher": {"MaxItemsPerBatch": OBJECTS_PER_BATCH},
            "ItemProcessor": {
                "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
                "StartAt": "ProfileBatch",
                "States": _batch(),
            },
            "Assign": {
                "refused": expression("$sum($states.result.refused)"),
                "cause": expression(f"$sum($states.result.refused) > 0 ? {refused} & {first} : ''"),
            },
            "Retry": [retry(*PASSING_MAP)],
            "Catch": [_failed()],
            "Next": "AnyRefused",
        },
        "AnyRefused": choose(("$refused > 0", "Refused"), otherwise="MergeProfiles"),
        "Refused": {"Type": "Fail", "Error": "DataRefused", "Cause": expression("$cause")},
    }


def _batch() -> dict[str, State]:
    return {
        "ProfileBatch": invoke(
            "profile_objects",
            {"objects": expression("$states.input.Items")},
            assign={},
            catches=[catch("States.ALL", go_to="BatchFailed")],
            go_to="BatchProfiled",
        ),
        "BatchProfiled": {"Type": "Succeed"},
        "BatchFailed": fail(),
    }


def _merge() -> dict[str, State]:
    lost = "$string($merged.missing) & ' objects have no profile although all were profiled; start this again'"
    return {
        "MergeProfiles": invoke(
            "merge_profiles",
            VERSION,
            assign={"merged": expression("$states.result.Payload")},
            catches=[catch("DataRefused", "NotFound", go_to="Failed"), _failed()],
            go_to="AllMerged",
        ),
        "AllMerged": choose(("$merged.missing = 0", "Profiled"), otherwise="Lost"),
        "Lost": {"Type": "Fail", "Error": "StoreFailed", "Cause": expression(lost)},
    }
