"""One tree of errors: what happened, where, and how to mend it.

Every error that a user can cause is an :class:`RrcatError`. The command line prints
``message``, ``where`` and ``hint`` and exits with 1; a traceback appears only with ``--debug``.
"""

from __future__ import annotations

from typing import Any


class RrcatError(Exception):
    """Work that failed for a reason the user can mend.

    Parameters
    ----------
    message
        What happened, in one sentence.
    hint
        The fix, as something to do.
    **where
        Where it happened: any of ``file``, ``row``, ``star``, ``column``, ``table``, ``plugin``,
        ``key`` ... in the order given; a value of None is left out.
    """

    def __init__(self, message: str, *, hint: str | None = None, **where: Any) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.where = {key: value for key, value in where.items() if value is not None}

    def __str__(self) -> str:
        text = self.message
        if self.where:
            text += " [" + ", ".join(f"{key}: {value}" for key, value in self.where.items()) + "]"
        if self.hint:
            text += f"\nhint: {self.hint}"
        return text

    def __reduce__(self) -> tuple[Any, ...]:
        # Exceptions cross process borders pickled; the default would lose the keyword arguments.
        return _rebuild, (type(self), self.message, self.hint, self.where)

    def as_dict(self) -> dict[str, Any]:
        """Give the error as plain data, for ``--json``."""
        return {
            "error": type(self).__name__,
            "message": self.message,
            "where": {key: str(value) for key, value in self.where.items()},
            "hint": self.hint,
        }


def _rebuild(
    kind: type[RrcatError], message: str, hint: str | None, where: dict[str, Any]
) -> RrcatError:
    return kind(message, hint=hint, **where)


class SchemaError(RrcatError):
    """A table definition in ``schemas/`` that cannot be used."""


class FrameError(RrcatError):
    """A frame or file that does not conform to its schema."""


class ArchiveError(RrcatError):
    """Input that cannot be read, or that says something impossible."""


class RecipeError(RrcatError):
    """A recipe that cannot be followed."""


class PluginError(RrcatError):
    """A plugin that cannot be loaded or breaks the contract."""


class BundleError(RrcatError):
    """A trained model on disk that is damaged or does not fit."""


class DatasetError(RrcatError):
    """A training set on disk that is damaged or cannot be read."""


class RunError(RrcatError):
    """A build that cannot start, go on or finish."""


class ReleaseError(RrcatError):
    """A release that cannot be made, read or trusted."""
