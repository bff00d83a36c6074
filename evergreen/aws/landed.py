"""A deployment's landing batches: refusals go into its ledger, commits into its dataset."""

from __future__ import annotations

from evergreen.aws.ledger import Ledger
from evergreen.data.store import Store
from evergreen.data.versions import Versions
from evergreen.project.schema import Project
from evergreen.sources.batch import report_key
from evergreen.sources.commits import BatchCommits
from evergreen.sources.quarantine import Quarantine, Refusal

RULE = "landing"


def quarantine_of(project: Project, store: Store, ledger: Ledger) -> Quarantine:
    """The refused batches of the project's dataset; each new refusal is an entry of the ledger."""
    dataset = project.data.dataset

    def told(refusal: Refusal) -> None:
        evidence = {
            "dataset": dataset,
            "batch": refusal.batch,
            "reason": refusal.reason,
            "report": store.uri(report_key(dataset, refusal.batch)),
        }
        subject = f"{dataset} {refusal.batch}"
        ledger.append("quarantine", at=refusal.at, subject=subject, rule=RULE, evidence=evidence)

    return Quarantine(store, dataset, told)


def batch_commits(project: Project, versions: Versions, quarantine: Quarantine) -> BatchCommits:
    """Commits by the project's declaration."""
    data = project.data
    return BatchCommits(versions, data.dataset, project, data.new_files, quarantine)
