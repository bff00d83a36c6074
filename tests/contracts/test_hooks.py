"""The pinned ministack has every private name that the embedded cloud hooks, with the signature it relies on."""

from __future__ import annotations

import importlib
import inspect
import os
from importlib.metadata import version
from operator import attrgetter
from unittest import mock

import pytest

from local.hooks import HOOKS, VERSION, Hook


def test_the_version_is_the_pinned_one() -> None:
    assert version("ministack") == VERSION


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: f"{hook.module}.{hook.name}")
def test_a_hooked_name_exists_with_its_signature(hook: Hook) -> None:
    with mock.patch.dict(os.environ):
        found = attrgetter(hook.name)(importlib.import_module(hook.module))

    assert hook.signature in (None, str(inspect.signature(found)) if callable(found) else None)
