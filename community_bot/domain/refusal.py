"""A "no" that a person can understand: a stable code, and the values its sentence needs."""

from __future__ import annotations


class Refusal(Exception):  # noqa: N818 - it is an answer, not an error
    """Something may not happen. The sentence for people is the text ``refusal.<code>`` in their language.

    ``field`` names the part of a form to correct, when there is one. Nothing has been changed when it is raised.
    """

    def __init__(self, code: str, /, *, field: str | None = None, **values: object) -> None:
        super().__init__(code)
        self.code = code
        self.field = field
        self.values = values
