"""The demo's story: deploy, first model, months of traffic and retraining, a broken model, the summary.

Nothing about the outcome is scripted: the story only makes time pass and callers call.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import tempfile
from pathlib import Path
from typing import Any

from evergreen.cli.session import open_deployed
from evergreen.project.reader import read_project
from local.cloud import LocalCloud
from local.demo.console import print_summary
from local.demo.progress import Progress
from local.demo.replay import Month
from local.demo.report import write_report
from local.demo.story import Story, after, month_name
from local.demo.summary import summarise
from local.deploy import deploy, synth

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "flights"
FIRST_MONTHS = 3


def run_demo(out: Path, *, months: int, quiet: bool) -> dict[str, Any]:
    """Run it all; returns the summary, which is also written to `out` with the report."""
    from local.demo.console import demo_console

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: what was started is stopped
    console = demo_console(quiet=quiet)
    progress = Progress(console)
    out.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix="evergreen-demo-"))
    try:
        with LocalCloud.start(work / "cloud") as cloud:
            os.environ.update(cloud.env)
            summary = _play(cloud, work, months, progress)
            summary = {"duration_s": round(progress.elapsed, 1), **summary}
        _write(out / "summary.json", json.dumps(summary, indent=2).encode())
        _write(out / "report.html", write_report(summary).encode())
    finally:
        shutil.rmtree(work, ignore_errors=True)
    print_summary(console, summary, out)
    return summary


def _play(cloud: LocalCloud, work: Path, months: int, progress: Progress) -> dict[str, Any]:
    path = EXAMPLE / "project.yaml"
    project = read_project(path, stage="local")
    with progress.stage("synthesize the CDK app"):
        synth(path, "local", work / "cdk.out")
    with progress.stage("deploy the templates"):
        stacks = deploy(cloud, work / "cdk.out", progress.detail)
        progress.result(f"deploy the templates: {len(stacks)} stacks")
    with progress.stage("write the flights of 2013 from their package"):
        _fetch(work / "data")
    session = open_deployed(project, path, "local")
    progress.note(f"API {session.api_url}")
    story = Story(cloud, session, progress, work / "data")
    with progress.stage("commit January to March"):
        first = [story.file(number) for number in range(1, FIRST_MONTHS + 1)]
        progress.result(story.commit(first, as_of=after(FIRST_MONTHS)))
    with progress.stage("train, evaluate, judge, register and release the first model"):
        progress.result(story.train_first(after(FIRST_MONTHS)))
    last = _play_months(story, months, progress)
    progress.note(f"callers made {story.callers.sent.requests:,} requests; {story.callers.sent.failed} failed")
    with progress.stage("release a broken model by hand"):
        last.rewind(5000)
        progress.result(story.release_broken(after(months), last))
    return {**summarise(session), "api_url": session.api_url}


def _play_months(story: Story, months: int, progress: Progress) -> Month:
    """Month after month; returns the last, for whoever needs more traffic."""
    month = story.month(FIRST_MONTHS + 1)
    for number in range(FIRST_MONTHS + 1, months + 1):
        with progress.stage(f"{month_name(number)} arrives"):
            progress.result(story.pass_month(number, month))
        upcoming = story.month(number + 1) if number < months else month
        with progress.stage("the schedules fire"):
            found, run_id = story.monitor(number)
            progress.result(found)
        if run_id is not None:
            if upcoming is month:
                month.rewind(5000)
            with progress.stage(f"retrain: {run_id}"):
                progress.result(story.follow_run(run_id, upcoming))
        month = upcoming
    return month


def _fetch(data: Path) -> None:
    from examples.flights.fetch import write_months

    write_months(data)


def _write(path: Path, body: bytes) -> None:
    """Whole or not at all: another demo may be writing the same file."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    partial.write_bytes(body)
    partial.replace(path)
