"""How long the conversion of an ordinary message takes, one way and the other.

``community-bot convert --jsonl`` runs as a process, as the sandbox does not know the bot's code. It converts few
lines and many; what the many take longer is the messages' time, without the start of the process. It is an average
over a mixed list, so the median is one of several runs.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Sequence
from statistics import median
from time import perf_counter
from typing import Any

RUNS = 5
FEW, MANY = 200, 6_200
"""Lines of the two sizes."""

FROM_DISCORD = (
    "Hola **compañeras**, el taller de pan empieza mañana a las cinco. Traigan harina: https://example.org/pan",
    "The minutes are [here](https://example.org/minutes), <@100200300>. We still need *two* people for Saturday.",
    "พรุ่งนี้ประชุมตอน **ห้าโมงเย็น** ที่ศาลาครับ ใครมาได้บ้าง",
    "> ¿Quién riega el huerto?\nYo puedo el lunes y el jueves :seedling:",
    "See you <t:1795363200:f> in <#400500600>! ||Bring the surprise.||",
    "เอกสารอยู่ที่ https://example.org/doc นะคะ\n- ข้าว\n- น้ำ",
    "ok, gracias",
    "Run `make test` before you push, please. It takes a minute.",
)
FROM_MATRIX = (
    "Hola <strong>compañeras</strong>, el taller de pan empieza mañana a las cinco. https://example.org/pan",
    'The minutes are <a href="https://example.org/minutes">here</a>, <a href="https://matrix.to/#/@rosa:example.org">'
    "Rosa</a>. We still need <em>two</em> people for Saturday.",
    "<p>พรุ่งนี้ประชุมตอน <strong>ห้าโมงเย็น</strong> ที่ศาลาครับ</p><p>ใครมาได้บ้าง</p>",
    "<blockquote><p>¿Quién riega el huerto?</p></blockquote><p>Yo puedo el lunes y el jueves 🌱</p>",
    "See you at five! <span data-mx-spoiler>Bring the surprise.</span>",
    "<p>เอกสารอยู่ที่ https://example.org/doc นะคะ</p><ul><li>ข้าว</li><li>น้ำ</li></ul>",
    "",
    "Run <code>make test</code> before you push, please. It takes a minute.",
)
"""An empty one is sent as a plain body."""


async def measure(tell: Callable[[str], None]) -> dict[str, Any]:
    """Return ``convert_us``: microseconds for a message, the median of several runs, each way.

    Raises RuntimeError when the process fails or answers with another number of lines.
    """
    tell(f"convert: {MANY - FEW} ordinary messages, {RUNS} times each way")
    discord = [{"content": text} for text in FROM_DISCORD]
    matrix = [
        {"msgtype": "m.text", "body": text, "format": "org.matrix.custom.html", "formatted_body": text}
        if text
        else {"msgtype": "m.text", "body": "ok, gracias"}
        for text in FROM_MATRIX
    ]
    return {
        "convert_us": {
            "d2m": await _each_us("discord", "matrix", discord),
            "m2d": await _each_us("matrix", "discord", matrix),
        }
    }


async def _each_us(source: str, target: str, messages: Sequence[dict[str, str]]) -> float:
    runs = []
    for _ in range(RUNS):
        few = await _seconds(source, target, messages, FEW)
        many = await _seconds(source, target, messages, MANY)
        runs.append((many - few) / (MANY - FEW) * 1e6)
    return round(median(runs), 1)


async def _seconds(source: str, target: str, messages: Sequence[dict[str, str]], count: int) -> float:
    """Return the seconds in which ``count`` lines were converted, from the start of the process to its end."""
    lines = [json.dumps(messages[number % len(messages)], ensure_ascii=False) for number in range(count)]
    began = perf_counter()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "community_bot", "convert", "--from", source, "--to", target, "--jsonl"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    answers, _ = await process.communicate("\n".join(lines).encode())
    took = perf_counter() - began
    if process.returncode != 0 or len(answers.splitlines()) != count:
        raise RuntimeError(f"community-bot convert left with {process.returncode}, not all lines were answered")
    return took
