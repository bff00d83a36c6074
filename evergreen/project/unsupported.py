"""Keys of the project file that Evergreen knows and does not support: refused by name, never ignored."""

from __future__ import annotations

from typing import Any

# path (lists are transparent, * is any key) -> the values it may still have
UNSUPPORTED: dict[str, tuple[Any, ...]] = {
    "objective.return": (),
    "objective.constraints": (),
    "features.interaction": (),
    "features.time_parts.holidays": (),
    "training.search": (),
    "training.window": ("all",),
    "training.refit": ("none",),
    "evaluation.threshold": (),
    "evaluation.segments": (),
    "evaluation.fairness": (),
    "release.replay": (0,),
    "serving.endpoint.lambda": (),
    "serving.endpoint.serverless": (),
    "serving.endpoint.max": (),
    "serving.fallback": (),
    "truth": (),
    "retraining.when.calendar": ([],),
    "retraining.at_most": (),
    "alerts.accuracy_drop": (),
    "alerts.latency_spike": (),
    "alerts.error_rate": (),
    "approval": ("none",),
}

_AUGMENTATION = (
    "data augmentation is refused for tables: rows that nobody observed would be learned as facts; remove it, and "
    "weigh rare classes by training.class_weight: balanced"
)
# keys that are refused wherever they stand, and why
REFUSED = dict.fromkeys(("augmentation", "augment", "data_augmentation", "oversample", "smote"), _AUGMENTATION)


def split_unsupported(document: Any, at: tuple[str | int, ...] = ()) -> tuple[Any, list[tuple[str | int, ...]]]:
    """The document without its unsupported keys, and the paths of those whose value would have meant something."""
    if isinstance(document, list):
        parts = [split_unsupported(item, (*at, index)) for index, item in enumerate(document)]
        return [part for part, _ in parts], [path for _, paths in parts for path in paths]
    if not isinstance(document, dict):
        return document, []
    kept: dict[Any, Any] = {}
    found: list[tuple[str | int, ...]] = []
    for key, value in document.items():
        path = (*at, key)
        harmless = UNSUPPORTED.get(_name(path))
        if harmless is None:
            kept[key], below = split_unsupported(value, path)
            found.extend(below)
        elif value not in harmless:
            found.append(path)
    return kept, found


def _name(path: tuple[str | int, ...]) -> str:
    return ".".join(part for part in path if isinstance(part, str))
