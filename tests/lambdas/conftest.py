"""Every call that a handler makes in these tests is kept; what depends on all of them runs last."""

from __future__ import annotations

import pytest

from tests.lambdas.calls import listen

listen()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The permissions are compared after everything else in this folder has run."""
    items.sort(key=lambda item: item.path.name == "test_permissions.py")
