"""How the homeserver starts, stops, freezes, dies, and what is left of it."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from sandbox.matrix import RealSynapse, SynapseDiedError

pytestmark = [pytest.mark.network, pytest.mark.asyncio(loop_scope="module")]

A_PARENT = """
import asyncio
from sandbox.matrix import RealSynapse

async def main():
    async with RealSynapse() as synapse:
        print(synapse.pid, synapse.folder, flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def synapse() -> AsyncIterator[RealSynapse]:
    async with RealSynapse() as server:
        yield server
        folder = server.folder
    assert not folder.exists(), "nothing is left behind"


async def test_a_stopped_server_starts_again_on_its_address_with_its_data(synapse: RealSynapse) -> None:
    som = await synapse.person("som")
    room = await som.create_room("Kept")
    await som.say(room, "before the stop")
    address = synapse.url

    await synapse.stop()
    assert synapse.pid is None
    with pytest.raises(aiohttp.ClientConnectorError):
        await som.say(room, "into the void")

    await synapse.start()
    assert synapse.url == address
    await som.say(room, "after the start")
    assert [message.body for message in await som.messages(room)] == ["before the stop", "after the start"]


async def test_a_suspended_server_answers_only_once_it_is_resumed(synapse: RealSynapse) -> None:
    ploy = await synapse.person("ploy")
    room = await ploy.create_room("Frozen")
    synapse.suspend()

    saying = asyncio.create_task(ploy.say(room, "hello?"))
    done, _ = await asyncio.wait({saying}, timeout=0.5)
    assert not done

    synapse.resume()
    event = await saying
    assert [message.event_id for message in await ploy.messages(room)] == [event]


async def test_a_suspended_server_can_be_stopped_and_one_that_was_killed_started(
    synapse: RealSynapse,
) -> None:
    synapse.suspend()
    await synapse.stop()
    await synapse.start()
    first = synapse.pid
    assert first is not None

    os.kill(first, signal.SIGKILL)
    await synapse.stop()
    await synapse.start()

    assert synapse.pid not in {None, first}


async def test_a_given_folder_stays_and_serves_the_next_server(tmp_path: Path) -> None:
    async with RealSynapse(folder=tmp_path, server_name="hill.localhost") as synapse:
        await synapse.register("som", "a-password")
        key = (tmp_path / "signing.key").read_text()

    async with RealSynapse(folder=tmp_path, server_name="hill.localhost") as synapse:
        assert await synapse.login("som", "a-password")

    assert (tmp_path / "signing.key").read_text() == key
    assert (tmp_path / "signing.key").stat().st_mode & 0o077 == 0


async def test_a_server_that_does_not_start_is_reported_with_the_end_of_its_log() -> None:
    synapse = RealSynapse(appservices=[{"id": "without the rest"}])

    with pytest.raises(SynapseDiedError, match="as_token"):
        await synapse.__aenter__()


async def test_a_taken_port_is_refused_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(OSError, match="in use"):
        await RealSynapse(port=other.getsockname()[1]).__aenter__()


def _exists(folder: str) -> bool:
    return Path(folder).exists()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
async def test_a_parent_that_is_killed_takes_the_server_with_it_and_the_next_run_tidies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A place of its own: another test's server, started beside this one, would tidy here too.
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    parent = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-c", A_PARENT),
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[3],
        env=os.environ | {"TMPDIR": str(tmp_path)},
    )
    assert parent.stdout is not None
    pid, folder = (await asyncio.wait_for(parent.stdout.readline(), 60)).decode().split()
    server = os.pidfd_open(int(pid))
    try:
        ended = asyncio.Event()
        asyncio.get_running_loop().add_reader(server, ended.set)
        parent.kill()
        await parent.wait()
        await asyncio.wait_for(ended.wait(), 10)
        asyncio.get_running_loop().remove_reader(server)
    finally:
        os.close(server)

    assert _exists(folder), "nobody was left to remove it"
    async with RealSynapse() as next_run:
        assert not _exists(folder)
        assert next_run.folder.exists()
