"""What a template of a learning space is made of, as typed models (SPC-1).

The limits are the narrower ones of both platforms, so that a template that loads can be built everywhere: Discord's
for names, topics, posts and tags (resources/channel.mdx), Matrix's 255 bytes for a name.
"""

from __future__ import annotations

import unicodedata
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from config.models import Section
from config.values import MustBe, Slug, WholeNumber, refusal

LANGUAGES = ("th", "en", "es")

LibertyName = Literal["write", "start_threads", "attach_files", "react", "pin", "remove_messages", "manage_threads"]
KindName = Literal["talk", "forum", "announcements"]
AudienceName = Literal["participants", "facilitators"]
AccessName = Literal["open", "request", "unlisted"]
Platform = Literal["discord", "matrix"]

MOST_ROOMS = 48  # a category on Discord holds 50; two are left for what is added by hand
MOST_TAGS = 20
LONGEST_NAME = 80
LONGEST_NAME_BYTES = 255
LONGEST_PURPOSE = 1024
LONGEST_POST = 2000
LONGEST_TAG = 20
LONGEST_SLOW = 21600  # six hours


def _without_signs_for_machines(text: str) -> str:
    for character in text:
        if unicodedata.category(character) in {"Cc", "Cs"} and character != "\n":
            raise refusal(f"text without control characters; there is one with the number {ord(character)}")
    return unicodedata.normalize("NFC", text)


def _on_one_line(most: int, what: str) -> AfterValidator:
    def check(text: str) -> str:
        line = _without_signs_for_machines(" ".join(text.split()))
        if not 1 <= len(line) <= most:
            raise refusal(f"{what} of 1 to {most} characters; this has {len(line)}")
        return line

    return AfterValidator(check)


def is_visible(text: str) -> bool:
    """Say whether something is left of a name when Discord has taken the punctuation away."""
    return any(unicodedata.category(each)[0] in "LN" or unicodedata.category(each) == "So" for each in text)


def _a_name(text: str) -> str:
    if not is_visible(text):
        raise refusal("a name with a letter or a number in it; Discord takes punctuation and spaces away")
    if len(text.encode()) > LONGEST_NAME_BYTES:
        raise refusal(
            f"a name of at most {LONGEST_NAME_BYTES} bytes, Matrix's limit; this has {len(text.encode())}"
        )
    return text


def _a_post(text: str) -> str:
    post = _without_signs_for_machines(text).strip()
    if not 1 <= len(post) <= LONGEST_POST:
        raise refusal(
            f"a post of 1 to {LONGEST_POST} characters, Discord's limit for one message; "
            f"this has {len(post)}, with every **"
        )
    return post


NameText = Annotated[str, _on_one_line(LONGEST_NAME, "a name"), AfterValidator(_a_name)]
PurposeText = Annotated[str, _on_one_line(LONGEST_PURPOSE, "a sentence or a few")]
PostText = Annotated[str, AfterValidator(_a_post)]
TagText = Annotated[str, _on_one_line(LONGEST_TAG, "a tag"), AfterValidator(_a_name)]

_A_NAME = MustBe(f"a name of 1 to {LONGEST_NAME} characters")
_A_PURPOSE = MustBe(f"a sentence or a few, of 1 to {LONGEST_PURPOSE} characters together")
_A_POST = MustBe(f"a post of 1 to {LONGEST_POST} characters")
_A_TAG = MustBe(f"a tag of 1 to {LONGEST_TAG} characters")


class _Worded(Section):
    """Hold one text in the languages in which it is given."""

    @model_validator(mode="after")
    def _given(self) -> Self:
        if not self.words():
            raise refusal("in at least one language: th, en or es")
        return self

    def words(self) -> dict[str, str]:
        """Return the text by language."""
        return {language: text for language in LANGUAGES if (text := getattr(self, language)) is not None}


class Names(_Worded):
    """A name, in the languages it is given in."""

    th: Annotated[NameText | None, _A_NAME] = None
    en: Annotated[NameText | None, _A_NAME] = None
    es: Annotated[NameText | None, _A_NAME] = None


class Purposes(_Worded):
    """What a room or space is for; it stands at its top on both platforms."""

    th: Annotated[PurposeText | None, _A_PURPOSE] = None
    en: Annotated[PurposeText | None, _A_PURPOSE] = None
    es: Annotated[PurposeText | None, _A_PURPOSE] = None


class Posts(_Worded):
    """A post that is pinned, in the light markup of the bot's texts: ``**bold**``, lines that begin with ``- ``."""

    th: Annotated[PostText | None, _A_POST] = None
    en: Annotated[PostText | None, _A_POST] = None
    es: Annotated[PostText | None, _A_POST] = None


class Tags(_Worded):
    """A tag of a forum."""

    th: Annotated[TagText | None, _A_TAG] = None
    en: Annotated[TagText | None, _A_TAG] = None
    es: Annotated[TagText | None, _A_TAG] = None


def _each_once(listed: tuple[str, ...]) -> tuple[str, ...]:
    twice = [name for number, name in enumerate(listed) if name in listed[:number]]
    if twice:
        raise refusal(f"a list that names each once; {twice[0]} is there twice")
    return listed


_LIBERTIES = MustBe(
    "a list of liberties, of: write, start_threads, attach_files, react, pin, remove_messages, manage_threads"
)
_KEY = MustBe("a short name: a lower-case letter, then up to 39 lower-case letters, digits or hyphens")
_TRUE_OR_FALSE = MustBe("true or false, without quotes")
_TABLE = 'in at least one language, such as { th = "…", en = "…", es = "…" }'
Switch = Annotated[bool, Field(strict=True)]


class RoomEntry(Section):
    """One room: what it is called and for, who sees it and writes in it."""

    key: Annotated[Slug, _KEY]
    kind: Annotated[KindName, MustBe("one of talk, forum, announcements")] = "talk"
    names: Annotated[Names, MustBe(f"the room's name {_TABLE}")]
    purposes: Annotated[Purposes, MustBe(f"what the room is for, {_TABLE}")]
    seen_by: Annotated[AudienceName, MustBe("one of participants, facilitators")] = "participants"
    # facilitators where only they are meant to: in announcements, and where only they see anything
    written_by: Annotated[AudienceName, MustBe("one of participants, facilitators")] = "participants"
    slow_seconds: Annotated[
        WholeNumber,
        Field(ge=0, le=LONGEST_SLOW),
        MustBe(f"a whole number of seconds, from 0 (none) to {LONGEST_SLOW} (six hours)"),
    ] = 0
    tags: Annotated[
        tuple[Tags, ...], Field(max_length=MOST_TAGS), MustBe(f"a list of at most {MOST_TAGS} tags, each {_TABLE}")
    ] = ()
    joined: Annotated[Switch, _TRUE_OR_FALSE] = False
    welcome: Annotated[Posts | None, MustBe(f"the post that is pinned in the room, {_TABLE}")] = None
    platforms: Annotated[
        tuple[Platform, ...],
        Field(min_length=1),
        AfterValidator(_each_once),
        MustBe("a list of discord, matrix: at least one of them"),
    ] = ("discord", "matrix")

    @model_validator(mode="before")
    @classmethod
    def _who_is_meant_to_write(cls, values: Any) -> Any:
        if isinstance(values, dict) and "written_by" not in values:
            quiet = values.get("kind") == "announcements" or values.get("seen_by") == "facilitators"
            return {**values, "written_by": "facilitators" if quiet else "participants"}
        return values


class TemplateFile(Section):
    """A template as its file has it."""

    key: Annotated[Slug, _KEY]
    titles: Annotated[Names, MustBe(f"the template's title {_TABLE}")]
    purposes: Annotated[Purposes, MustBe(f"what spaces of this kind are for, {_TABLE}")]
    access: Annotated[AccessName, MustBe("one of open, request, unlisted")]
    pilot: Annotated[Switch, _TRUE_OR_FALSE] = False
    bridged: Annotated[Switch, _TRUE_OR_FALSE] = False
    agreements: Annotated[Posts, MustBe(f"the agreements that are pinned, {_TABLE}")]
    participants: Annotated[tuple[LibertyName, ...], AfterValidator(_each_once), _LIBERTIES]
    facilitators: Annotated[tuple[LibertyName, ...], AfterValidator(_each_once), _LIBERTIES]
    rooms: Annotated[
        tuple[RoomEntry, ...],
        Field(min_length=1, max_length=MOST_ROOMS),
        MustBe(f"a list of 1 to {MOST_ROOMS} rooms, each under its own [[rooms]]"),
    ]
