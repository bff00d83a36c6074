from __future__ import annotations

import pytest

from evergreen.data.commits import Content, Incoming, holds, next_manifest
from evergreen.data.manifest import DataObject, Manifest, ManifestColumn, NewFiles, Source, sagemaker_manifest
from evergreen.errors import DataRefused

AS_OF = "2013-04-01T00:00:00Z"


def columns(**kinds: str) -> tuple[ManifestColumn, ...]:
    """`a="int64"` is required, `b="string?"` nullable."""
    return tuple(
        ManifestColumn(name=name, type=kind.removesuffix("?"), nullable=kind.endswith("?"))
        for name, kind in kinds.items()
    )


def incoming(sha: str, described: tuple[ManifestColumn, ...], mode: NewFiles = "append") -> Incoming:
    item = DataObject(sha256=sha, size=1, rows=10)
    content = Content(Source(name="file.csv", sha256=sha), (item,), described)
    return Incoming(content, mode, message="m", as_of=AS_OF)


@pytest.fixture
def first() -> Manifest:
    return next_manifest("flights", None, incoming("aa", columns(a="int64", b="string")))


def test_the_first_version_is_1_0_0_and_has_no_parent(first: Manifest) -> None:
    assert (first.version, first.parent, first.rows) == ("1.0.0", None, 10)


@pytest.mark.parametrize(
    ("described", "version"),
    [
        (columns(a="int64", b="string"), "1.0.1"),
        (columns(a="int64", b="null?"), "1.1.0"),
        (columns(a="double", b="string"), "1.1.0"),
        (columns(a="int64", b="string", c="double"), "1.1.0"),
        (columns(a="int64", b="string?"), "1.1.0"),
    ],
)
def test_an_append_raises_the_version_by_what_it_does_to_the_schema(
    first: Manifest, described: tuple[ManifestColumn, ...], version: str
) -> None:
    second = next_manifest("flights", first, incoming("bb", described))

    assert second.version == version
    assert (second.parent, second.rows, len(second.objects)) == (first.id, 20, 2)


@pytest.mark.parametrize(
    ("described", "version"),
    [
        (columns(a="int64"), "2.0.0"),
        (columns(a="string", b="string"), "2.0.0"),
        (columns(a="int64", b="string"), "1.0.1"),
    ],
)
def test_a_replacement_may_change_the_schema_at_the_price_of_a_major_version(
    first: Manifest, described: tuple[ManifestColumn, ...], version: str
) -> None:
    second = next_manifest("flights", first, incoming("bb", described, "replace"))

    assert (second.version, second.rows, len(second.objects)) == (version, 10, 1)


@pytest.mark.parametrize(
    ("described", "said"),
    [
        (columns(a="int64"), "file.csv: earlier versions have the column b"),
        (columns(a="string", b="string"), "column a holds string, and in earlier versions int64"),
    ],
)
def test_refuses_to_append_rows_that_do_not_fit(
    first: Manifest, described: tuple[ManifestColumn, ...], said: str
) -> None:
    with pytest.raises(DataRefused, match=said):
        next_manifest("flights", first, incoming("bb", described))


def test_a_column_that_comes_later_is_nullable(first: Manifest) -> None:
    second = next_manifest("flights", first, incoming("bb", columns(a="int64", b="string", c="double")))

    assert second.columns[-1] == ManifestColumn(name="c", type="double", nullable=True)


def test_a_version_holds_rows_that_it_has_already(first: Manifest) -> None:
    described = columns(a="int64", b="string")
    second = next_manifest("flights", first, incoming("bb", described))

    assert holds(second, incoming("aa", described))
    assert not holds(second, incoming("cc", described))
    assert not holds(second, incoming("aa", described, "replace"))
    assert holds(first, incoming("aa", described, "replace"))


def test_a_manifest_survives_its_bytes_and_is_named_by_them(first: Manifest) -> None:
    read = Manifest.model_validate_json(first.to_bytes())

    assert read == first
    assert read.id == first.id
    assert b" " not in first.to_bytes()


def test_the_sagemaker_manifest_lists_a_prefix_and_then_keys(first: Manifest) -> None:
    assert sagemaker_manifest(first, "data") == b'[{"prefix":"s3://data/"},"objects/aa/aa.parquet"]'
