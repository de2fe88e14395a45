"""Errors that end in one clear line for a person."""


class OperatorError(Exception):
    """Something only the operator can mend. ``code`` is stable, ``cure`` says what to do now."""

    def __init__(self, code: str, text: str, cure: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text
        self.cure = cure
