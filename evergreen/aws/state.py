"""The state table: what is now. Every change is conditional, so two writers never both win."""

from __future__ import annotations

import json
from typing import Any

from botocore.exceptions import ClientError

from evergreen.aws.clients import client, code, translated
from evergreen.errors import TrafficChanged

Item = dict[str, Any]


class StateTable:
    """Items by (pk, sk): a JSON body and an epoch that each replacement raises by one."""

    def __init__(self, table: str) -> None:
        self.table = table

    def get(self, pk: str, sk: str = "-") -> Item | None:
        """The item with its `epoch`, or None; strongly consistent."""
        try:
            found = client("dynamodb").get_item(TableName=self.table, Key=_key(pk, sk), ConsistentRead=True).get("Item")
        except ClientError as error:
            raise translated(error, f"reading {pk}/{sk}") from error
        return _item(found) if found else None

    def list(self, pk: str) -> list[Item]:
        """Every item below a partition key, in sort-key order."""
        pages = (
            client("dynamodb")
            .get_paginator("query")
            .paginate(
                TableName=self.table,
                KeyConditionExpression="pk = :pk",
                ExpressionAttributeValues={":pk": {"S": pk}},
                ConsistentRead=True,
            )
        )
        return [_item(found) for page in pages for found in page["Items"]]

    def put_new(self, pk: str, sk: str, item: Item) -> bool:
        """Create; False when something else is there already (the very same body counts as created)."""
        try:
            self._write(pk, sk, item, epoch=1, condition="attribute_not_exists(pk)")
        except ClientError as error:
            if code(error) != "ConditionalCheckFailedException":
                raise translated(error, f"creating {pk}/{sk}") from error
            found = self.get(pk, sk)
            return found is not None and _body(found) == _body(item)
        return True

    def replace(self, pk: str, sk: str, item: Item, *, expected_epoch: int) -> Item:
        """Compare-and-swap on the epoch (0: the item must not exist); TrafficChanged when it moved."""
        condition = "epoch = :expected" if expected_epoch else "attribute_not_exists(pk)"
        epoch = expected_epoch + 1
        try:
            self._write(pk, sk, item, epoch=epoch, condition=condition, expected=expected_epoch)
        except ClientError as error:
            if code(error) != "ConditionalCheckFailedException":
                raise translated(error, f"replacing {pk}/{sk}") from error
            found = self.get(pk, sk)
            if found is None or found["epoch"] != epoch or _body(found) != _body(item):
                raise TrafficChanged(
                    f"{pk}/{sk} was changed by somebody else since it was read; read it again"
                ) from error
        return {**item, "epoch": epoch}

    def delete_if(self, pk: str, sk: str, attribute: str, value: str) -> bool:
        """Delete only while the body's `attribute` equals `value`."""
        found = self.get(pk, sk)
        if found is None or found.get(attribute) != value:
            return False
        try:
            client("dynamodb").delete_item(
                TableName=self.table,
                Key=_key(pk, sk),
                ConditionExpression="epoch = :expected",
                ExpressionAttributeValues={":expected": {"N": str(found["epoch"])}},
            )
        except ClientError as error:
            if code(error) == "ConditionalCheckFailedException":
                return False
            raise translated(error, f"deleting {pk}/{sk}") from error
        return True

    def _write(self, pk: str, sk: str, item: Item, *, epoch: int, condition: str, expected: int = 0) -> None:
        values = {":expected": {"N": str(expected)}} if ":expected" in condition else None
        client("dynamodb").put_item(
            TableName=self.table,
            Item={**_key(pk, sk), "epoch": {"N": str(epoch)}, "body": {"S": _body(item)}},
            ConditionExpression=condition,
            **({"ExpressionAttributeValues": values} if values else {}),
        )


def _key(pk: str, sk: str) -> dict[str, dict[str, str]]:
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def _body(item: Item) -> str:
    return json.dumps({k: v for k, v in item.items() if k != "epoch"}, sort_keys=True, separators=(",", ":"))


def _item(found: dict[str, Any]) -> Item:
    return {**json.loads(found["body"]["S"]), "epoch": int(found["epoch"]["N"])}
