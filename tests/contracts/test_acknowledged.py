"""Findings that nobody acknowledged, and acknowledgements of nothing, are both errors."""

from __future__ import annotations

from tools.acknowledged import ACKNOWLEDGED, FUNCTION
from tools.scan import _stale, _unacknowledged

FOUND = [(entry.check, f"{begin}93824BE0") for entry in ACKNOWLEDGED for begin in entry.resources]


def test_what_is_acknowledged_is_no_error() -> None:
    assert [*_unacknowledged(FOUND), *_stale(FOUND)] == []


def test_a_finding_on_another_resource_is_an_error() -> None:
    found = [("CKV_AWS_116", f"{FUNCTION}detectdrift936648E7"), ("CKV_AWS_18", "AWS::S3::Bucket.DataBucketE3889A50")]

    assert list(_unacknowledged(found)) == [f"checkov {check}: {resource}" for check, resource in found]


def test_an_acknowledgement_of_nothing_is_an_error() -> None:
    assert list(_stale(FOUND[1:])) == [
        f"checkov no longer finds {FOUND[0][0]} on {ACKNOWLEDGED[0].resources[0]}…: remove its acknowledgement"
    ]


def test_every_reason_is_a_sentence() -> None:
    assert all(entry.reason.endswith(".") and len(entry.reason) > 40 for entry in ACKNOWLEDGED)
