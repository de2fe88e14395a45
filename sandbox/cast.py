"""The fictional network of the sandbox: who takes part, where, and which rooms are joined.

Values only. People, organisations and places are invented; no name belongs to anybody. What they say to each
other is in `sandbox.small_talk`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeVar

Language = Literal["th", "en", "es"]
Platform = Literal["discord", "matrix"]

# What Discord calls a member's language: https://discord.com/developers/docs/reference#locales
DISCORD_LOCALES: dict[Language, str] = {"th": "th", "en": "en-US", "es": "es-419"}


@dataclass(frozen=True, slots=True)
class Organisation:
    """A group, formal or not, named in its own language."""

    key: str
    name: str
    language: Language


@dataclass(frozen=True, slots=True)
class Room:
    """A text channel on Discord or a room on Matrix, with the topic people read above it.

    A forum is a channel on Discord in which people write in posts only; Matrix has none.
    """

    key: str
    name: str
    topic: str
    kind: Literal["text", "forum"] = "text"


@dataclass(frozen=True, slots=True)
class Home:
    """A Discord server or a Matrix space connected to the network.

    `welcome` is the key of the room where people arrive and are greeted in `language`; a home without one greets
    nobody.
    """

    key: str
    platform: Platform
    name: str
    rooms: tuple[Room, ...]
    language: Language = "en"
    welcome: str | None = None

    def room(self, key: str) -> Room:
        """Find a room by its key; raises KeyError."""
        return _by_key(self.rooms, key)


@dataclass(frozen=True, slots=True)
class Member:
    """Someone who takes part from one home.

    `key` is also the account's name: the username on Discord, the localpart on Matrix.
    """

    key: str
    display_name: str
    language: Language
    organisation: str
    home: str


@dataclass(frozen=True, slots=True)
class End:
    """One room of a conversation, by the keys of its home and of the room in it."""

    home: str
    room: str


@dataclass(frozen=True, slots=True)
class Conversation:
    """Rooms joined by the bridge; the key is a slug as the settings use it."""

    key: str
    ends: tuple[End, ...]


@dataclass(frozen=True, slots=True)
class Space:
    """A learning space with a door on each platform; titles are in Thai, English and Spanish."""

    key: str
    titles: tuple[str, str, str]
    doors: tuple[End, ...]


@dataclass(frozen=True, slots=True)
class Network:
    """All of it. Keys are unique within each kind; look-ups raise KeyError."""

    name: str
    organisations: tuple[Organisation, ...]
    homes: tuple[Home, ...]
    members: tuple[Member, ...]
    conversations: tuple[Conversation, ...]
    spaces: tuple[Space, ...] = ()

    def organisation(self, key: str) -> Organisation:
        """Find an organisation by its key."""
        return _by_key(self.organisations, key)

    def home(self, key: str) -> Home:
        """Find a home by its key."""
        return _by_key(self.homes, key)

    def member(self, key: str) -> Member:
        """Find a member by their key."""
        return _by_key(self.members, key)

    def conversation(self, key: str) -> Conversation:
        """Find a conversation by its key."""
        return _by_key(self.conversations, key)

    def homes_on(self, platform: Platform) -> tuple[Home, ...]:
        """List the homes of one platform."""
        return tuple(home for home in self.homes if home.platform == platform)

    def members_of(self, home: str) -> tuple[Member, ...]:
        """List who takes part from one home."""
        return tuple(member for member in self.members if member.home == home)


_Keyed = TypeVar("_Keyed", Organisation, Room, Home, Member, Conversation)


def _by_key(things: tuple[_Keyed, ...], key: str) -> _Keyed:
    return {thing.key: thing for thing in things}[key]


RIVER_AND_HILL = Network(
    name="River and Hill Learning Network",
    organisations=(
        Organisation("fireflies", "กลุ่มหิ่งห้อยหัดสอน", "th"),
        Organisation("banana-leaf", "วงบัญชีใบตอง", "th"),
        Organisation("thimble-radio", "Thimble Radio Circle", "en"),
        Organisation("paper-boat", "Paper Boat Translators", "en"),
        Organisation("slow-hummingbird", "Rueda El Colibrí Lento", "es"),
        Organisation("paper-lantern", "Taller Luciérnaga de Papel", "es"),
    ),
    homes=(
        Home(
            "river-house",
            "discord",
            "บ้านริมน้ำ · River House",
            (
                Room("welcome", "ต้อนรับ-welcome", "แนะนำตัวกันตรงนี้ได้เลย · Say hello in any language"),
                Room("radio", "ห้องวิทยุ", "หัดอัดเสียง หัดเล่าเรื่อง"),
                Room("facilitation", "ชวนคุย-facilitation", "ชวนคนทั้งวงคุยกันให้สนุกและทั่วถึง"),
                Room("bookkeeping", "บัญชีไม่น่ากลัว", "จดรับจ่ายของกลุ่มแบบเข้าใจง่าย"),
            ),
            language="th",
            welcome="welcome",
        ),
        Home(
            "paper-boat-studio",
            "discord",
            "Paper Boat Studio",
            (
                Room("welcome", "welcome", "New here? Tell us what you would like to learn."),
                Room("facilitation", "facilitation", "Openings, closings and everything in between."),
                Room("first-aid", "primeros-auxilios", "Practicamos juntas y juntos, sin prisa."),
                Room("translation", "translation-table", "Three languages, one table."),
            ),
            language="en",
            welcome="welcome",
        ),
        Home(
            "hill-circle",
            "matrix",
            "วงเรียนรู้บนเนิน · Hill Circle",
            (
                Room("welcome", "Welcome · Bienvenida · ยินดีต้อนรับ", "Start here, in your own language."),
                Room("radio", "Radio", "Recording, telling, listening."),
                Room("facilitation", "ชวนทั้งวงคุย", "เปิดวง ดูแลวง ปิดวง"),
                Room("bookkeeping", "บัญชีและใบเสร็จ", "ถามได้ทุกเรื่อง ตั้งแต่สมุดเล่มแรก"),
                Room("translation", "Mesa de traducción", "Palabras que nos cuestan y cómo las decimos."),
            ),
            language="th",
            welcome="welcome",
        ),
        Home(
            "lantern-space",
            "matrix",
            "Espacio Farol · Lantern Space",
            (
                Room("welcome", "Bienvenida", "Cuéntanos qué te gustaría aprender."),
                Room("facilitation", "Acompañar la rueda", "Cómo abrir, sostener y cerrar una sesión."),
                Room("first-aid", "Primeros auxilios", "Botiquines, prácticas y dudas."),
            ),
            language="es",
            welcome="welcome",
        ),
    ),
    members=(
        Member("baitoey", "ใบเตย", "th", "fireflies", "river-house"),
        Member("tonkla", "ต้นกล้า", "th", "fireflies", "river-house"),
        Member("khaofang", "ข้าวฟ่าง", "th", "banana-leaf", "river-house"),
        Member("wren", "Wren", "en", "thimble-radio", "river-house"),
        Member("lupita", "Lupita", "es", "slow-hummingbird", "river-house"),
        Member("juniper", "Juniper", "en", "paper-boat", "paper-boat-studio"),
        Member("teddy", "Teddy", "en", "paper-boat", "paper-boat-studio"),
        Member("nacho", "Nacho", "es", "paper-lantern", "paper-boat-studio"),
        Member("abril", "Abril", "es", "paper-boat", "paper-boat-studio"),
        Member("namoon", "น้ำอุ่น", "th", "fireflies", "paper-boat-studio"),
        Member("lukwa", "ลูกหว้า", "th", "banana-leaf", "hill-circle"),
        Member("mek", "เมฆ", "th", "banana-leaf", "hill-circle"),
        Member("hazel", "Hazel", "en", "thimble-radio", "hill-circle"),
        Member("itzel", "Itzel", "es", "slow-hummingbird", "hill-circle"),
        Member("tono", "Toño", "es", "slow-hummingbird", "hill-circle"),
        Member("robin", "Robin", "en", "thimble-radio", "lantern-space"),
        Member("sam", "Sam", "en", "paper-boat", "lantern-space"),
        Member("marisol", "Marisol", "es", "paper-lantern", "lantern-space"),
        Member("chava", "Chava", "es", "paper-lantern", "lantern-space"),
        Member("janjao", "จันทร์เจ้า", "th", "fireflies", "lantern-space"),
    ),
    conversations=(
        Conversation("radio", (End("river-house", "radio"), End("hill-circle", "radio"))),
        Conversation(
            "facilitation",
            (
                End("river-house", "facilitation"),
                End("paper-boat-studio", "facilitation"),
                End("hill-circle", "facilitation"),
                End("lantern-space", "facilitation"),
            ),
        ),
        Conversation("first-aid", (End("paper-boat-studio", "first-aid"), End("lantern-space", "first-aid"))),
        Conversation("bookkeeping", (End("river-house", "bookkeeping"), End("hill-circle", "bookkeeping"))),
        Conversation("translation", (End("paper-boat-studio", "translation"), End("hill-circle", "translation"))),
    ),
    spaces=(
        Space(
            "radio",
            ("วิทยุชุมชน", "Community radio", "Radio comunitaria"),
            (End("river-house", "radio"), End("hill-circle", "radio")),
        ),
        Space(
            "facilitation",
            ("ชวนคุยทั้งวง", "Facilitation", "Acompañar la rueda"),
            (End("river-house", "facilitation"), End("lantern-space", "facilitation")),
        ),
    ),
)
