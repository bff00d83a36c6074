"""The options of `evergreen drift --reference REF --current CUR`, without what carries them out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields


@dataclass(frozen=True)
class Asked:
    """The options of a comparison: `multivariate` and `season` read rows again, and need data files."""

    preset: str = "standard"
    exclude: Sequence[str] = ()
    include: Sequence[str] = ()
    multivariate: bool = False
    season: str | None = None
    time: str | None = None

    @property
    def given(self) -> list[str]:
        """The options that are not as they are by themselves."""
        return [f"--{option.name}" for option in fields(self) if getattr(self, option.name) != option.default]
