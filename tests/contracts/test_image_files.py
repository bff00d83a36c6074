"""The image's build context and its Dockerfile say the same."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.stacks.conftest import local  # noqa: F401 - a fixture
from tests.stacks.synthesis import Synthesis

ROOT = Path(__file__).resolve().parents[2]


def context(synthesis: Synthesis) -> Path:
    """The folder that `docker build` would be given."""
    assets = json.loads((synthesis.folder / "Pipeline.assets.json").read_text())["dockerImages"]
    (image,) = assets.values()
    return synthesis.folder / str(image["source"]["directory"])


def copied() -> list[str]:
    """What the Dockerfile copies from its context."""
    dockerfile = (ROOT / "training" / "Dockerfile").read_text().replace("\\\n", " ")
    sources: list[str] = []
    for line in re.findall(r"^(?:COPY|ADD)\s+(.+)$", dockerfile, re.MULTILINE):
        words = [word for word in line.split() if not word.startswith("--")]
        if "--from=" not in line:
            sources += words[:-1]
    return [source.rstrip("/").removeprefix("./") for source in sources]


def test_everything_that_the_dockerfile_copies_is_in_the_context(local: Synthesis) -> None:  # noqa: F811
    folder = context(local)

    missing = [source for source in copied() if not list(folder.glob(source))]

    assert copied()
    assert missing == []


def test_everything_in_the_context_is_copied(local: Synthesis) -> None:  # noqa: F811
    folder = context(local)
    covered = {path for source in copied() for path in folder.glob(source)}

    files = [path for path in folder.rglob("*") if path.is_file() and path.name != "Dockerfile"]
    stray = [path for path in files if not covered & {path, *path.parents}]

    assert [str(path.relative_to(folder)) for path in stray] == []


def test_the_image_has_no_adapters_to_aws_and_no_command_line(local: Synthesis) -> None:  # noqa: F811
    folder = context(local)

    assert {path.name for path in folder.iterdir()} == {"evergreen", "training"}
    assert not (folder / "evergreen" / "aws").exists()
    assert not (folder / "evergreen" / "cli").exists()
    assert not list(folder.rglob("__pycache__"))
