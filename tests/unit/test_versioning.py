from __future__ import annotations

import pytest

from evergreen.errors import NotFound
from evergreen.versioning import Recipe, for_aws_name, is_version, latest, next_model_version, parse

RECIPE = Recipe(problem="binary_classification", estimator="linear", columns="c", parameters="p", features="f")


@pytest.mark.parametrize("text", ["1", "1.2", "1.2.3.4", "v1.2.3", "01.2.3", "1.2.x", "", "1.2.3\n"])
def test_refuses_what_is_no_version(text: str) -> None:
    assert not is_version(text)
    with pytest.raises(NotFound, match="is no version"):
        parse(text)


def test_compares_versions_as_numbers() -> None:
    assert parse("1.10.0") > parse("1.9.9")
    assert latest(["1.9.0", "1.10.0", "1.2.0"]) == "1.10.0"
    assert latest([]) is None


def test_aws_names_have_no_dots() -> None:
    assert for_aws_name("1.4.0") == "1-4-0"


@pytest.mark.parametrize(
    ("change", "version"),
    [
        ({}, "1.4.3"),
        ({"parameters": "other"}, "1.5.0"),
        ({"features": "other"}, "1.5.0"),
        ({"estimator": "random_forest"}, "2.0.0"),
        ({"columns": "other", "parameters": "other"}, "2.0.0"),
        ({"problem": "regression"}, "2.0.0"),
    ],
)
def test_a_models_version_says_how_its_recipe_differs(change: dict[str, str], version: str) -> None:
    assert next_model_version("1.4.2", RECIPE, RECIPE._replace(**change)) == version


def test_the_first_model_is_1_0_0() -> None:
    assert next_model_version(None, None, RECIPE) == "1.0.0"
