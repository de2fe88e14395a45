"""One homeserver and one database for each module of this folder."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from db.engine import Database
from db.schema import upgrade
from sandbox.matrix import RealSynapse
from tests.community_bot.matrix.stage import Stage
from tests.databases import close


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    database = Database(f"sqlite+aiosqlite:///{tmp_path_factory.mktemp('face')}/community.db")
    await upgrade(database)
    async with RealSynapse() as synapse:
        bot = await synapse.person("guide", display_name="ไกด์ Guide")
        yield Stage(synapse, database, bot)
    await close(database)
