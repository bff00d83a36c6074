"""The ledger: an append-only record of every decision. Nothing here updates or deletes."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, get_args

from botocore.exceptions import ClientError

from evergreen.aws.clients import client, code, translated

Kind = Literal[
    "data_version",
    "run",
    "registration",
    "release",
    "promotion",
    "rollback",
    "drift",
    "quality",
    "decision",
    "quarantine",
]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True)
class Entry:
    """One decision: what, about which subject, by which rule or actor, on which evidence, as of when."""

    kind: Kind
    at: str
    subject: str
    rule: str
    evidence: dict[str, Any]
    actor: str | None = None
    id: str = ""
    recorded_at: str = field(default="", compare=False)


class Ledger:
    """pk = kind, sk = `<at>#<id>`; the id comes from the content, so a repeated append is one entry."""

    def __init__(self, table: str) -> None:
        self.table = table

    def append(
        self, kind: Kind, *, at: str, subject: str, rule: str, evidence: dict[str, Any], actor: str | None = None
    ) -> Entry:
        """Add an entry; appending the same content again changes nothing."""
        content = _canonical([kind, at, subject, rule, evidence, actor])
        entry = Entry(
            kind=kind,
            at=at,
            subject=subject,
            rule=rule,
            evidence=evidence,
            actor=actor,
            id=hashlib.sha256(content.encode()).hexdigest()[:16],
            recorded_at=datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        )
        try:
            client("dynamodb").put_item(
                TableName=self.table, Item=_to_item(entry), ConditionExpression="attribute_not_exists(pk)"
            )
        except ClientError as error:
            if code(error) != "ConditionalCheckFailedException":
                raise translated(error, f"appending a {kind} entry to the ledger") from error
        return entry

    def query(
        self, kind: Kind, *, until: str | None = None, limit: int | None = None, newest_first: bool = True
    ) -> list[Entry]:
        """Entries of one kind, as of `until` (inclusive, ISO time)."""
        request: dict[str, Any] = {
            "TableName": self.table,
            "KeyConditionExpression": "pk = :pk" + (" AND sk < :until" if until else ""),
            "ExpressionAttributeValues": {":pk": {"S": kind}} | ({":until": {"S": f"{until}$"}} if until else {}),
            "ScanIndexForward": not newest_first,
            "ConsistentRead": True,
        }
        entries: list[Entry] = []
        for page in client("dynamodb").get_paginator("query").paginate(**request):
            entries.extend(_to_entry(item) for item in page["Items"])
            if limit and len(entries) >= limit:
                break
        return entries[:limit]


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def _to_item(entry: Entry) -> dict[str, dict[str, str]]:
    plain = asdict(entry) | {"evidence": _canonical(entry.evidence)}
    texts = {name: {"S": value} for name, value in plain.items() if value is not None and name != "kind"}
    return {"pk": {"S": entry.kind}, "sk": {"S": f"{entry.at}#{entry.id}"}, **texts}


def _to_entry(item: dict[str, dict[str, str]]) -> Entry:
    texts = {name: value["S"] for name, value in item.items()}
    return Entry(
        kind=texts["pk"],  # type: ignore[arg-type]
        at=texts["at"],
        subject=texts["subject"],
        rule=texts["rule"],
        evidence=json.loads(texts["evidence"]),
        actor=texts.get("actor"),
        id=texts["id"],
        recorded_at=texts["recorded_at"],
    )
