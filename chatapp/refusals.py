"""Errors that a caller can cause."""


class Refusal(Exception):
    """An error whose docstring is its message."""

    def __str__(self) -> str:
        return " ".join(str(self.__doc__).split())
