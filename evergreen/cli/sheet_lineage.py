"""The datasheet's lineage: what a version is made of, and what was made of it."""

from __future__ import annotations

from html import escape

from evergreen.cli.html import section, table
from evergreen.datasheets.sheet import Datasheet


def lineage(sheet: Datasheet) -> str:
    """Both ways, with ids."""
    data = table(
        ("", "dataset", "version", "id", "from"),
        (
            (escape(each.relation), escape(each.dataset), escape(each.version), f"<code>{each.manifest}</code>",
             f"{escape(each.source)}<br><code>{each.source_sha256[:12]}</code>")
            for each in sheet.ancestors
        ),
    )  # fmt: skip
    if sheet.uses is None:
        models = "<p>A directory knows no models; ask a deployment: evergreen data sheet without --store.</p>"
    elif not sheet.uses:
        models = "<p>No training run has read this version.</p>"
    else:
        models = table(
            ("run", "as of", "outcome", "model", "recipe", "image"),
            (
                (escape(use.run_id), escape(use.as_of), escape(use.outcome.replace("_", " ")),
                 escape(use.model_version or "–") + (f" ({escape(use.stage)})" if use.stage else ""),
                 f"<code>{escape((use.recipe or '')[:12])}</code>", f"<code>{escape(use.image or '')}</code>")
                for use in sheet.uses
            ),
        )  # fmt: skip
    return section("Lineage", f"<h3>What this version is made of</h3>{data}<h3>What was made of it</h3>{models}")
