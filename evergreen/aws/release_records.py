"""Release records, model records and the lock that lets one release run at a time."""

from __future__ import annotations

from typing import Any

from evergreen.aws.run_lock import is_alive
from evergreen.aws.state import StateTable
from evergreen.errors import NotFound, ReleaseInProgress, TrafficChanged
from evergreen.releases.record import ReleaseRecord


class ReleaseRecords:
    """The releases of a deployment, in its state table."""

    def __init__(self, state: StateTable) -> None:
        self._state = state

    def find(self, release_id: str) -> ReleaseRecord | None:
        """The record of a release, or None when it never came that far."""
        found = self._state.get("release", release_id)
        return ReleaseRecord.model_validate(found) if found else None

    def read(self, release_id: str) -> ReleaseRecord:
        """The record of a release that has one."""
        found = self.find(release_id)
        if found is None:
            raise NotFound(f"there is no release {release_id}")
        return found

    def save(self, record: ReleaseRecord) -> ReleaseRecord:
        """Write the record if nobody else did since it was read."""
        written = self._state.replace("release", record.release_id, record.item(), expected_epoch=record.epoch)
        return record.model_copy(update={"epoch": written["epoch"]})

    def model(self, model_version: str) -> dict[str, Any]:
        """The record of a registered model version."""
        found = self._state.get("model", model_version)
        if found is None:
            raise NotFound(
                f"model version {model_version} is not registered; see `evergreen status` for those that are"
            )
        return found

    def lock(self, release_id: str, execution: str) -> str | None:
        """Take the lock; returns the release whose execution ended without giving it up, which is to be closed."""
        mine = {"release_id": release_id, "execution_arn": execution}
        if self._state.put_new("release_lock", "-", mine):
            return None
        held = self._state.get("release_lock")
        if held is None:
            return self.lock(release_id, execution)
        if held["release_id"] == release_id:
            return None
        if is_alive(held["execution_arn"]):
            raise ReleaseInProgress(f"release {held['release_id']} is in progress; wait for it or roll it back")
        try:
            self._state.replace("release_lock", "-", mine, expected_epoch=held["epoch"])
        except TrafficChanged as error:
            raise ReleaseInProgress("another release has just started; wait for it or roll it back") from error
        return str(held["release_id"])

    def unlock(self, release_id: str) -> None:
        """Give the lock up, if it is this release's."""
        self._state.delete_if("release_lock", "-", "release_id", release_id)
