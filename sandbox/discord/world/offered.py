"""The commands a person is offered, in the language of their Discord."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from sandbox.discord.records import SimCommand
from sandbox.discord.world.backend import WireBackend

_NESTED = (1, 2)  # option types: a subcommand, a group of them
_KINDS: dict[int, Literal["typed", "person", "message"]] = {1: "typed", 2: "person", 3: "message"}

# A language a command has no words in is looked for here next (application-commands.mdx, Retrieving Localized
# Commands); then come the words without a language.
_NEXT_BEST = {"en-US": "en-GB", "en-GB": "en-US", "es-419": "es-ES"}


def offered(backend: WireBackend, user_id: int, channel_id: int, locale: str) -> list[SimCommand]:
    """Return what the person may run in this channel, subcommands one by one."""
    found = []
    for kind, place in _KINDS.items():
        for command in backend.visible_commands(user_id=user_id, channel_id=channel_id, type=kind):
            for names, shown, leaf in _leaves(command, locale, (), ()):
                found.append(SimCommand(names, shown, _words(leaf, "description", locale), place))
    return found


def _leaves(
    node: Mapping[str, Any], locale: str, names: tuple[str, ...], shown: tuple[str, ...]
) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    names, shown = (*names, str(node["name"])), (*shown, _words(node, "name", locale))
    below = [option for option in node.get("options") or () if option["type"] in _NESTED]
    # The type of a command and that of an option are different numbers: options are looked at only.
    for option in below:
        yield from _leaves(option, locale, names, shown)
    if not below:
        yield " ".join(names), " ".join(shown), node


def _words(node: Mapping[str, Any], what: str, locale: str) -> str:
    said = node.get(f"{what}_localizations") or {}
    return str(said.get(locale) or said.get(_NEXT_BEST.get(locale)) or node.get(what) or "")
