"""One conversation on two Discord servers and in two Matrix spaces, as its reader at each of the four sees it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from io import BytesIO

from PIL import Image

from sandbox.chapters.reading import one_line
from sandbox.discord import SimFile
from sandbox.network import SandboxNetwork
from sandbox.spots import Condition, DiscordSpot, MatrixSpot, Seen, Spot
from sandbox.transcript import DidNotHappenError, Step, Transcript

SECONDS = 20.0
CONVERSATION = "facilitation"
RIVER, BOAT, HILL, LANTERN = "river-house", "paper-boat-studio", "hill-circle", "lantern-space"
SPEAKERS = {RIVER: "baitoey", BOAT: "teddy", HILL: "itzel", LANTERN: "marisol"}
QUESTION = "¿Quién abre la rueda del jueves?"
LATER = "¿Quién abre la rueda del viernes?"
ANSWER = "เดี๋ยวเราเปิดวงให้ ขอคนช่วยจดสักคน"
PICTURE, ALT = "pizarra.jpg", "Una pizarra con tres preguntas para abrir la rueda."
THREAD, TAKES_NOTES, THANKS = "Who writes?", "I can write, if somebody lends me a pen.", "Llevo lápices de sobra."
TAKEN_AT = "18.7883N 98.9853E"
SPROUT = "🌱"


class FourEnds:
    """The four places by their homes, and what stands at each since the chapter began."""

    def __init__(self, network: SandboxNetwork) -> None:
        self.network = network
        self.spots: dict[str, Spot] = {}
        for end in network.cast.conversation(CONVERSATION).ends:
            key, place = SPEAKERS[end.home], (end.home, end.room)
            if place in network.channels:
                person = network.on_discord[key]
                self.spots[end.home] = DiscordSpot(network.channels[place], [person], network.discord.bot_id)
            else:
                somebody = network.on_matrix[key]
                self.spots[end.home] = MatrixSpot(
                    network.rooms[place], [somebody], network.keeper, network.bot_user_id
                )
        self._old: set[str] = set()

    async def begin(self) -> None:
        """Pass over what was said before."""
        for spot in self.spots.values():
            self._old |= {seen.ref for seen in await spot.now()}

    def new(self, seen: list[Seen]) -> list[Seen]:
        return [each for each in seen if each.ref not in self._old]

    async def read(
        self, step: Step, condition: Condition, show: Callable[[list[Seen]], str], *, at: Sequence[str] = ()
    ) -> None:
        """Wait until it is so at every end, or at some, and note how it reads there.

        Raises :class:`DidNotHappenError`.
        """
        for home in at or self.spots:
            spot, name = self.spots[home], self.network.cast.home(home).name
            try:
                seen = await spot.until(lambda seen: condition(self.new(seen)), seconds=SECONDS)
            except TimeoutError:
                shown = [(each.author, each.text, each.quoted) for each in self.new(await spot.now())]
                raise DidNotHappenError(f"{name} shows {shown}") from None
            step.note(f"{name}: {one_line(show(self.new(seen)))}")

    async def ref(self, home: str, text: str) -> str:
        """Return where a message stands at an end."""
        return next(each.ref for each in self.new(await self.spots[home].now()) if each.text == text)


async def four_ends(network: SandboxNetwork, transcript: Transcript) -> None:
    """Play the chapter. Raises what the failing step raised."""
    if not network.bot.running:
        async with transcript.step("The bot starts again"):
            await network.bot.start()
            await network.bot.ready()
    ends = FourEnds(network)
    await ends.begin()
    async with transcript.step(
        "Marisol asks in her room; the other room and both Discord servers read it under her name"
    ) as step:
        question = await ends.spots[LANTERN].say(QUESTION)
        await ends.read(step, lambda seen: _texts(seen) == [QUESTION], lambda seen: _said(seen[0]))
    async with transcript.step(
        "ใบเตย answers on Discord: a reply on Matrix, a line with a link on Discord"
    ) as step:
        await ends.spots[RIVER].say(ANSWER, answers=await ends.ref(RIVER, QUESTION))
        await ends.read(step, lambda seen: _is_answered(seen, QUESTION), lambda seen: _said(seen[1]))
    async with transcript.step("Marisol corrects herself: every copy follows, and so does every quote") as step:
        await ends.spots[LANTERN].edit(question, LATER)
        await ends.read(step, lambda seen: _is_answered(seen, LATER), lambda seen: _said(seen[0]))
    async with transcript.step("Teddy and Itzel react to it, each at home; elsewhere that counts as one") as step:
        for home in (BOAT, HILL):
            await ends.spots[home].react(await ends.ref(home, LATER), SPROUT)
        # whoever reacts is counted at home; elsewhere the bot stands for all of them
        for homes, count in (((BOAT, HILL), 2), ((RIVER, LANTERN), 1)):
            await ends.read(step, partial(_has_sprouts, count), lambda seen: _with_reactions(seen[0]), at=homes)
    async with transcript.step(
        "Itzel shows a picture: its description comes along, where it was taken does not"
    ) as step:
        await ends.spots[HILL].hand_over(SimFile(PICTURE, _photograph(), ALT))
        await ends.read(step, _has_picture, lambda seen: _described(_with_picture(seen)))
        await _search_copies(ends, step)
    async with transcript.step("Teddy begins a thread on Discord; Marisol goes on in it in Matrix") as step:
        thread = await _begin_thread(ends)
        await ends.spots[LANTERN].say(THANKS, thread=thread)
        await ends.read(
            step,
            lambda seen: _in_threads(seen) == [TAKES_NOTES, THANKS],
            lambda seen: " → ".join([ANSWER, *_in_threads(seen)]),
        )
    async with transcript.step(
        "Marisol takes her question back: it is gone everywhere, and so are its quotes"
    ) as step:
        await ends.spots[LANTERN].delete(question)
        await ends.read(step, _is_gone, lambda seen: _said(next(each for each in seen if each.text == ANSWER)))


async def _begin_thread(ends: FourEnds) -> str:
    """Let Teddy begin a thread from the answer; return it as it is in Marisol's room."""
    spot = ends.spots[BOAT]
    await spot.begin_thread(await ends.ref(BOAT, ANSWER), TAKES_NOTES, name=THREAD)
    seen = await ends.spots[LANTERN].until(
        lambda seen: _in_threads(ends.new(seen)) == [TAKES_NOTES], seconds=SECONDS
    )
    thread = next(each.thread for each in ends.new(seen) if each.text == TAKES_NOTES)
    assert thread is not None
    return thread


async def _search_copies(ends: FourEnds, step: Step) -> None:
    """Look for the place in every copy of the picture."""
    searched = 0
    for spot in ends.spots.values():
        copy = _with_picture(ends.new(await spot.now()))
        if copy.copied:
            [data] = await spot.download(copy)
            if TAKEN_AT.encode() in data:
                raise DidNotHappenError("a copy of the picture says where it was taken")
            searched += 1
    step.note(f"{searched} copies fetched; none says where it was taken, as the picture did")


def _photograph() -> bytes:
    """Return a picture as a phone makes it: with the place."""
    exif = Image.Exif()
    exif[0x010E] = TAKEN_AT
    exif.get_ifd(0x8825)[0x001D] = TAKEN_AT
    out = BytesIO()
    Image.new("RGB", (64, 48), "darkgreen").save(out, "JPEG", exif=exif.tobytes(), comment=TAKEN_AT.encode())
    assert TAKEN_AT.encode() in out.getvalue()
    return out.getvalue()


# ── what is to be seen


def _texts(seen: list[Seen]) -> list[str]:
    return [each.text for each in seen if each.thread is None]


def _in_threads(seen: list[Seen]) -> list[str]:
    return [each.text for each in seen if each.thread is not None]


def _is_answered(seen: list[Seen], question: str) -> bool:
    """Say whether the answer hangs from the question, and, where it is a copy on Discord, quotes it."""
    if _texts(seen) != [question, ANSWER]:
        return False
    asked, answered = seen[:2]
    return answered.answers == asked.ref and answered.quoted in (None, question)


def _has_sprouts(count: int, seen: list[Seen]) -> bool:
    return dict(seen[0].reactions) == {SPROUT: count}


def _with_picture(seen: list[Seen]) -> Seen:
    return next(each for each in seen if each.files)


def _has_picture(seen: list[Seen]) -> bool:
    return any(each.files == (PICTURE,) and each.alt == ALT for each in seen)


def _is_gone(seen: list[Seen]) -> bool:
    answers = [each for each in seen if each.text == ANSWER]
    return not any("¿Quién abre" in each.text for each in seen) and [each.quoted for each in answers] == [None]


def _said(seen: Seen) -> str:
    quoted = f"↪ «{seen.quoted}» " if seen.quoted is not None else "↪ " if seen.answers is not None else ""
    return f"{seen.author}: {quoted}{seen.text}{' (edited)' if seen.edited else ''}"


def _with_reactions(seen: Seen) -> str:
    return f"{_said(seen)} {' '.join(f'{emoji} {count}' for emoji, count in seen.reactions.items())}"


def _described(seen: Seen) -> str:
    return f"{seen.author}: [{seen.files[0]}: {seen.alt}]"
