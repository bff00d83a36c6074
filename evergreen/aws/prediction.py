"""The request path: parse, assign, ask the model, and measure what truly happened."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from botocore.exceptions import BotoCoreError

from evergreen.aws.endpoints import invoke
from evergreen.aws.objects import Objects
from evergreen.aws.traffic import CachedTraffic
from evergreen.errors import CloudError, ModelUnavailable, NotFound
from evergreen.serving.answer import Answer, read_answer
from evergreen.serving.assignment import assign
from evergreen.serving.body import parse_json
from evergreen.serving.rows import Row, RowParser
from evergreen.serving.schema import read_contract
from evergreen.serving.telemetry import Served
from evergreen.serving.traffic import Target, serving

_CONTRACTS_KEPT = 8


class Predictor:
    """Answers requests from whichever model version the traffic table assigns."""

    def __init__(
        self,
        *,
        deployment: str,
        traffic: CachedTraffic,
        artifacts: Objects,
        max_rows: int,
        report: Callable[[Served], None],
    ) -> None:
        self._deployment = deployment
        self._traffic = traffic
        self._max_rows = max_rows
        self._report = report
        self._artifacts = artifacts
        self._parser = lru_cache(maxsize=_CONTRACTS_KEPT)(self._load_parser)

    def predict(self, body: str | None, request_id: str, *, is_base64: bool = False) -> dict[str, Any]:
        """The answer to `POST /predict`; a model's failure is measured, then raised."""
        started = time.perf_counter()
        payload = parse_json(body, is_base64=is_base64)
        traffic = self._traffic.read()
        target = assign(traffic, request_id)
        rows = self._parser(target.contract_key, target.digest).parse(payload, max_rows=self._max_rows)
        answer, failure, model_ms = _ask(target, rows, request_id)
        self._report(
            Served(
                deployment=self._deployment,
                request_id=request_id,
                target=target,
                rows=rows,
                answer=answer,
                model_ms=model_ms,
                total_ms=(time.perf_counter() - started) * 1000,
                latency_limit_ms=traffic.latency_limit_ms,
            )
        )
        if answer is None:
            raise ModelUnavailable(f"{target.endpoint} failed") from failure
        return answer.body(request_id)

    def model(self) -> dict[str, Any]:
        """Who answers: `GET /model`."""
        traffic = self._traffic.read()
        champion = serving(traffic)
        challenger = traffic.challenger.model_version if traffic.challenger else None
        return {
            "model_version": champion.model_version,
            "digest": champion.digest,
            "promoted_at": champion.promoted_at,
            "challenger": {"model_version": challenger, "share": traffic.share} if challenger else None,
        }

    def health(self) -> dict[str, Any]:
        """Whether a model serves: `GET /health`."""
        return {"status": "ok", "model_version": serving(self._traffic.read()).model_version}

    def _load_parser(self, contract_key: str, _digest: str) -> RowParser:
        try:
            return RowParser(read_contract(self._artifacts.get(contract_key)))
        except (NotFound, BotoCoreError, ValueError) as error:
            raise CloudError(f"the contract {contract_key} cannot be read") from error


def _ask(target: Target, rows: list[Row], request_id: str) -> tuple[Answer | None, ModelUnavailable | None, float]:
    asked_at = time.perf_counter()
    try:
        raw = invoke(target.endpoint, rows, inference_id=request_id)
        model_ms = (time.perf_counter() - asked_at) * 1000
        return read_answer(raw, rows=len(rows), target=target), None, model_ms
    except ModelUnavailable as error:
        return None, error, (time.perf_counter() - asked_at) * 1000
