"""Each function may do exactly what its tests saw it do: nothing is missing, nothing is left over."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.lambdas.calls import CALLS
from tests.stacks.conftest import local  # noqa: F401 - a fixture
from tests.stacks.synthesis import Synthesis, listed

HERE = Path(__file__).parent
FUNCTIONS = sorted(path.parent.name for path in HERE.parents[1].glob("lambdas/*/handler.py"))
PLACES = {"DataBucket": "data", "ArtifactBucket": "artifacts", "State": "state", "Ledger": "ledger"}
# What Lambda itself does in a function's name: it writes the log and puts what failed into the dead-letter queue.
RUNTIME = {"logs:CreateLogStream", "logs:PutLogEvents", "sqs:SendMessage"}
# Tests of failures name tables and buckets that do not exist.
ABSENT = re.compile(r" absent\b")
# What a service does in the caller's name while it answers a call.
ENTAILED = {
    "sagemaker:CreateModel": {"iam:PassRole"},  # the endpoint's role
    "sagemaker:CreateEndpoint": {"kms:CreateGrant"},  # the volume of the endpoint
    "s3:GetObject": {"kms:Decrypt"},
    "s3:PutObject": {"kms:GenerateDataKey"},
    "sqs:SendMessage": {"kms:Decrypt", "kms:GenerateDataKey"},
    **{f"dynamodb:{action}Item": {"kms:Decrypt"} for action in ("Get", "Put", "Delete")},  # the table's own key
}


@pytest.fixture
def everything_ran(request: pytest.FixtureRequest) -> None:
    """A part of the tests sees a part of the calls."""
    collected = {item.path for item in request.session.items}
    chosen = request.config.option.keyword or request.config.option.markexpr or request.config.option.lf
    if chosen or set(HERE.rglob("test_*.py")) - collected:
        pytest.skip("only part of tests/lambdas runs")


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_is_granted_what_it_asks_for_and_no_more(
    local: Synthesis,  # noqa: F811
    everything_ran: None,
    function: str,
) -> None:
    called = {call for call in CALLS[function] if not ABSENT.search(call)}
    granted = permissions(local, function)

    assert granted == called | implied(called | (granted & RUNTIME)) | (granted & RUNTIME)


def implied(called: set[str]) -> set[str]:
    """Permissions beside a call's own. To who may list, a missing object is a 404; to others it is a 403."""
    entailed = {permission for call in called for permission in ENTAILED.get(call.split()[0], ())}
    return entailed | {call.replace("GetObject", "ListBucket") for call in called if call.startswith("s3:GetObject")}


def permissions(synthesis: Synthesis, function: str) -> set[str]:
    """A function's policy in the words of its calls."""
    role = f"Functions{function.replace('_', '')}role"
    return {permission for statement in synthesis.statements(role) for permission in _allowed(statement)}


def _allowed(statement: dict[str, Any]) -> set[str]:
    places = [_place(resource) for resource in listed(statement["Resource"])]
    prefixes = statement.get("Condition", {}).get("StringLikeIfExists", {}).get("s3:prefix", [])
    if prefixes:
        places = [f"{place}/{prefix.removesuffix('*')}" for place in places for prefix in listed(prefixes)]
    return {f"{action} {place}".strip() for action in listed(statement["Action"]) for place in places}


def _place(resource: Any) -> str:
    """The table, or the bucket and prefix; empty for all other resources."""
    text = json.dumps(resource)
    found = re.search(r"FnGetAtt(DataBucket|ArtifactBucket|State|Ledger)[0-9A-F]{8}", text)
    if found is None:
        return ""
    prefix = re.search(r'"/(\w+)/\*"', text)
    return PLACES[found[1]] + (f"/{prefix[1]}/" if prefix else "")
