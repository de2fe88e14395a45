"""A member writes on Discord, a member on Matrix reads it and answers, and a crash in between loses nothing."""

from __future__ import annotations

from sandbox.network import SandboxNetwork
from sandbox.transcript import DidNotHappenError, Step, Transcript

SECONDS = 60.0
PROFILE = "com.beeper.per_message_profile"
"""What every copy on Matrix has."""
CHANNEL, ROOM = ("river-house", "radio"), ("hill-circle", "radio")
QUESTION = "ใครเคยอัดเสียงนอกห้องบ้าง ลมเข้าไมค์ตลอดเลย แก้ยังไงดี"
ANSWER = "Pónganle un calcetín grueso al micrófono, y de espaldas al viento."
WORDS = ("กระซิบ-ไม่เก็บ", "susurro-que-no-se-guarda")
"""Said during the chapter and looked for in what the bot keeps."""


async def first_conversation(network: SandboxNetwork, transcript: Transcript) -> None:
    """Play the chapter. Raises what the failing step raised."""
    discord = [f"กำลังหัดอยู่ {number} {WORDS[0]}" for number in range(1, 7)]
    matrix = [f"seguimos aquí {number} {WORDS[1]}" for number in range(1, 7)]
    async with transcript.step("The bot starts and says that it is ready") as step:
        await network.bot.start()
        await network.bot.ready()
        step.note(f"{len((await network.bot.readiness())['checks'])} checks, all in order")
    async with transcript.step("ใบเตย asks on Discord; Matrix reads it under her name") as step:
        await network.say("baitoey", "radio", QUESTION)
        await _read_on_matrix(network, step, [QUESTION])
    async with transcript.step("Itzel answers on Matrix; Discord reads it under her name") as step:
        await network.say("itzel", "radio", ANSWER)
        await _read_on_discord(network, step, [ANSWER])
    async with transcript.step("The bot is killed while both sides go on talking") as step:
        for number, (on_discord, on_matrix) in enumerate(zip(discord, matrix, strict=True)):
            await network.say("tonkla", "radio", on_discord)
            await network.say("tono", "radio", on_matrix)
            if number == 2:
                await network.bot.kill()
        step.note(f"{len(discord) + len(matrix)} messages said, the bot dead after the third pair")
    async with transcript.step("It starts again; each side has read everything, once and in order") as step:
        await network.bot.start()
        await network.bot.ready()
        await _read_on_matrix(network, step, [QUESTION, *discord])
        await _read_on_discord(network, step, [ANSWER, *matrix])
    async with transcript.step("It stops in order, and what it keeps holds none of their words") as step:
        code = await network.bot.stop()
        if code != 0:
            raise DidNotHappenError(f"the bot left with code {code}")
        step.note(f"{_search(network)} bytes of database and log searched")


async def _read_on_matrix(network: SandboxNetwork, step: Step, expected: list[str]) -> None:
    events = await network.keeper.wait_until(
        network.rooms[ROOM], lambda seen: sum(PROFILE in e.content for e in seen) >= len(expected), timeout=SECONDS
    )
    # what the bot says for itself has no profile
    copies = [event for event in events if PROFILE in event.content]
    _compare(step, [(e.content[PROFILE]["displayname"], e.body) for e in copies], expected)


async def _read_on_discord(network: SandboxNetwork, step: Step, expected: list[str]) -> None:
    channel = network.channels[CHANNEL]
    messages = await channel.wait_for(
        lambda seen: sum(m.webhook_id is not None for m in seen) >= len(expected), timeout=SECONDS
    )
    copies = [message for message in messages if message.webhook_id is not None]
    _compare(step, [(m.author_name, f"{m.author_name}: {m.content}") for m in copies], expected)


def _compare(step: Step, copies: list[tuple[str, str]], expected: list[str]) -> None:
    texts = [body.removeprefix(f"{author}: ") for author, body in copies]
    if texts != expected:
        raise DidNotHappenError(f"expected {expected}, read {texts}")
    author, text = copies[-1]
    step.note(text if len(copies) == 1 else f"{len(copies)} read, the last: {text}")
    if author not in text:
        raise DidNotHappenError("the author's name is missing")


def _search(network: SandboxNetwork) -> int:
    searched = 0
    for path in (*network.database_file.parent.iterdir(), network.bot.output):
        kept = path.read_bytes()
        searched += len(kept)
        for words in (*WORDS, QUESTION, ANSWER, "ใบเตย", "Itzel"):
            if words.encode() in kept:
                raise DidNotHappenError(f"{path.name} holds words somebody said")
    return searched
