"""Every error that Evergreen raises on purpose.

EvergreenError                 a sentence: what is wrong, where, and what to do
├── ProjectError               project.yaml does not pass its checks
├── DataRefused                a data file or a data version is not acceptable
│   └── RulesBroken            it breaks the project's rules; carries the report
├── CommitConflict             another writer moved the branch first
├── BatchSuperseded            another batch of the same source was committed first
├── SourceFailed               a source of data cannot be read, or answers what cannot be true; names it
├── StoreFailed                a store of data versions cannot be read or written; names the object
├── InvalidRequest             a caller's request is wrong (4xx); names the field
│   ├── MalformedRequest       the body is not acceptable JSON (400)
│   ├── RequestTooLarge        the body or the number of rows is above the limit (413)
│   └── UnsupportedType        the body says that it is not JSON (415)
├── NoModel                    nothing serves yet (503)
├── ModelUnavailable           the endpoint that should answer does not (502)
├── RunInProgress              a training run is going; names it
├── ReleaseInProgress          a release is going; names it
├── NothingToRollBack          there is no earlier model version to go back to
├── TrafficChanged             the traffic table moved between read and write
├── ArtifactRefused            a model artifact fails its signature, hashes or smoke test
├── NotFound                   a named thing does not exist
└── CloudError                 a cloud service refused or failed; carries its own error code
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evergreen.validation.report import ValidationReport


class EvergreenError(Exception):
    """The root: its text is a sentence for the person who has to act on it."""


class ProjectError(EvergreenError):
    """One or more mistakes in a project file, all reported at once."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


class DataRefused(EvergreenError):
    """Data that must not enter a dataset or a training run."""


class RulesBroken(DataRefused):
    """Data that breaks rules whose severity is error."""

    def __init__(self, report: ValidationReport) -> None:
        self.report = report
        broken = "; ".join(result.sentence for result in report.violations)
        super().__init__(f"{report.name} is refused: {broken}")


class CommitConflict(EvergreenError):
    """Another writer committed to the branch first."""


class BatchSuperseded(EvergreenError):
    """A landing batch that does not go on from where its source stands."""


class SourceFailed(EvergreenError):
    """A source of data that does not answer, or whose answer cannot be used."""


class StoreFailed(EvergreenError):
    """A store that cannot be read or written: no space, no permission, an impossible name."""


class InvalidRequest(EvergreenError):
    """A request that its sender has to change.

    `errors` lists `{"field": …, "problem": …}`, one per mistake.
    """

    status = 422

    def __init__(self, detail: str, errors: list[dict[str, str]] | None = None) -> None:
        self.errors = errors or []
        super().__init__(detail)


class MalformedRequest(InvalidRequest):
    """A body that is not one acceptable JSON document."""

    status = 400


class RequestTooLarge(InvalidRequest):
    """A request above a declared limit."""

    status = 413


class UnsupportedType(InvalidRequest):
    """A body of another media type than JSON."""

    status = 415


class NoModel(EvergreenError):
    """No model version serves yet."""


class ModelUnavailable(EvergreenError):
    """The chosen endpoint did not answer."""


class RunInProgress(EvergreenError):
    """A training run holds the lock."""


class ReleaseInProgress(EvergreenError):
    """A release is moving the traffic table."""


class NothingToRollBack(EvergreenError):
    """The promotion history holds no earlier model version."""


class TrafficChanged(EvergreenError):
    """Somebody else changed the traffic table since it was read."""


class ArtifactRefused(EvergreenError):
    """A model artifact that must not serve."""


class NotFound(EvergreenError):
    """A named thing that does not exist."""


class CloudError(EvergreenError):
    """A cloud service's refusal or failure."""

    def __init__(self, message: str, *, code: str = "") -> None:
        self.code = code
        super().__init__(message)
