"""What was seen of an endpoint: exact counts of its requests, errors, slow answers and scores."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from evergreen.releases.evidence import ALPHA, exceeds, psi_beyond_noise
from evergreen.releases.plan import Limits

SLOW_SHARE = 0.01  # a p99 above its limit means that more than 1% of the answers are slower than the limit


class Health(BaseModel):
    """Counts since a moment."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    requests: int = 0
    errors: int = 0
    slow: int = 0
    score_bins: tuple[int, ...] = (0,) * 10

    def since(self, baseline: Health) -> Health:
        """The counts that came after `baseline` (an endpoint may be released twice)."""
        return Health(
            requests=max(0, self.requests - baseline.requests),
            errors=max(0, self.errors - baseline.errors),
            slow=max(0, self.slow - baseline.slow),
            score_bins=tuple(
                max(0, now - before) for now, before in zip(self.score_bins, baseline.score_bins, strict=True)
            ),
        )


def find_breach(limits: Limits, challenger: Health, champion: Health | None = None) -> str | None:
    """The sentence about the first limit that the challenger is proven to exceed, or None."""
    alpha = ALPHA / limits.signals
    if exceeds(challenger.errors, challenger.requests, limits.error_rate, alpha=alpha):
        return f"error rate above {limits.error_rate:.3g}: {challenger.errors} of {challenger.requests} requests failed"
    if limits.model_latency_p99 is not None and exceeds(challenger.slow, challenger.requests, SLOW_SHARE, alpha=alpha):
        return (
            f"model latency p99 above {limits.model_latency_p99 * 1000:.3g} ms: "
            f"{challenger.slow} of {challenger.requests} answers were slower"
        )
    if limits.score_psi is not None and champion is not None:
        moved = psi_beyond_noise(champion.score_bins, challenger.score_bins)
        if moved > limits.score_psi:
            return f"scores moved: PSI is above {limits.score_psi:.3g} by more than chance, at least {moved:.3g}"
    return None
