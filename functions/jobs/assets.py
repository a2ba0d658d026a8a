"""The endpoints of assets: the list of them with their conditions, and the diagnoses of one over time."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from functions.core.assets.history_table import HistoryTable, create_history_table
from functions.core.decoding.formats import JSON
from functions.core.errors import AssetNotFoundError, NotConfiguredError
from functions.core.http.answers import Answer
from functions.core.http.workers import Workers
from functions.core.models.options import ASSET_ID
from functions.core.settings import Settings
from functions.jobs.queries import LARGEST_PAGE, check_names, choice, cursor, span, whole_number
from functions.jobs.schemas import AssetAnswer, AssetsAnswer, HistoryAnswer, HistoryEntry

HISTORY_CURSOR = r"[0-9TZ.:-]{27}#[A-Za-z0-9._:-]{1,160}"


@dataclass(frozen=True)
class AssetEndpoints:
    """The endpoints of assets, bound to the settings and workers that they use."""

    settings: Settings
    workers: Workers

    @cached_property
    def table(self) -> HistoryTable:
        """The history; raises NotConfiguredError where none is kept."""
        if self.settings.history_table is None:
            raise NotConfiguredError("No history is kept here: its table is not configured.")
        return create_history_table(self.settings, time.time)

    async def assets(self, request: Request) -> Response:
        """GET /assets: every asset with a history."""
        query = request.query_params
        check_names(query, "limit", "cursor")
        limit, place = whole_number(query, "limit", 100, (1, LARGEST_PAGE)), cursor(query, ASSET_ID)
        return await self._answer(lambda: self._assets(limit, place))

    async def history(self, request: Request) -> Response:
        """GET /assets/{asset_id}/history: an asset's diagnoses, newest first unless `order=oldest`."""
        query, asset_id = request.query_params, request.path_params["asset_id"]
        check_names(query, "from", "to", "order", "limit", "cursor")
        within, place = span(query), cursor(query, HISTORY_CURSOR)
        limit = whole_number(query, "limit", 100, (1, LARGEST_PAGE))
        forward = choice(query, "order", "newest", ("newest", "oldest")) == "oldest"
        return await self._answer(lambda: self._history(asset_id, within, limit, place, forward=forward))

    async def _answer(self, work: Callable[[], Answer]) -> Response:
        return Response(msgspec.json.encode(await self.workers.run(work)), media_type=JSON)

    def _assets(self, limit: int, place: str | None) -> AssetsAnswer:
        page = self.table.assets(limit, place)
        return AssetsAnswer(assets=[AssetAnswer.of(item) for item in page.items], next_cursor=page.cursor)

    def _history(
        self, asset_id: str, within: tuple[str, str], limit: int, place: str | None, *, forward: bool
    ) -> HistoryAnswer:
        known = self.table.asset(asset_id) if re.match(ASSET_ID, asset_id) else None
        if known is None:
            raise AssetNotFoundError(f"There is no diagnosis of an asset {asset_id[:128]!r}.")
        page = self.table.series(asset_id, within, limit, place, forward=forward)
        return HistoryAnswer(
            asset=AssetAnswer.of(known),
            history=[HistoryEntry.of(item) for item in page.items],
            next_cursor=page.cursor,
        )
