"""What a release says of itself, beside its rows."""

import datetime
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rrcat.errors import ReleaseError

VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)", re.ASCII)


@dataclass(frozen=True)
class About:
    """Name, version, rights and frames of reference of a catalogue.

    ``origin_jd`` is the Julian date that time columns count from; ``date`` is given only where the
    release was dated on purpose. ``scale_definition`` says what the metallicity scale rests on,
    ``subset`` which part of a release this is, where it is not the whole. ``doi`` is that of the
    release, where it was known when it was made.
    """

    name: str
    title: str
    version: str
    scale: str
    date: str | None
    reference: tuple[str, ...]
    time_scale: str
    reference_position: str
    origin_jd: float
    coordinate_system: str
    coordinate_epoch: str
    scale_definition: str | None = None
    authors: tuple[str, ...] = ()
    rights: str | None = None
    survey: str | None = None
    subset: str | None = None
    doi: str | None = None

    @property
    def makers(self) -> tuple[str, ...]:
        """The authors, or where none are told words in their place."""
        return self.authors or (f"The makers of {self.name}",)

    @classmethod
    def of(cls, facts: Mapping[str, Any], version: str, date: str | None) -> "About":
        """Take it from the facts of a candidate or the manifest of a release."""
        return cls(
            name=facts["name"],
            title=facts["title"],
            version=version,
            scale=facts["scale"],
            date=date,
            reference=tuple(facts["reference"]),
            time_scale=facts["time_system"]["scale"],
            reference_position=facts["time_system"]["reference_position"],
            origin_jd=float(facts["time_system"]["origin_jd"]),
            coordinate_system=facts["coordinates"]["system"],
            coordinate_epoch=facts["coordinates"]["epoch"],
            scale_definition=facts.get("scale_definition"),
            authors=tuple(facts.get("authors") or ()),
            rights=facts.get("rights") or None,  # a manifest does not tell what is empty
            survey=facts.get("survey") or None,
            doi=facts.get("doi"),
        )


def version_key(version: str) -> tuple[int, ...]:
    """Give a version ``MAJOR.MINOR.PATCH`` as numbers to sort by.

    Raises
    ------
    ReleaseError
        It is no such version.
    """
    if not VERSION.fullmatch(version):
        raise ReleaseError(
            f"{version!r} is not MAJOR.MINOR.PATCH",
            hint="give three numbers, for example 1.0.0",
        )
    return tuple(int(part) for part in version.split("."))


def checked_date(text: str) -> str:
    """Give the date back when it reads YYYY-MM-DD.

    Raises
    ------
    ReleaseError
        It is no such date.
    """
    try:
        return datetime.datetime.strptime(text, "%Y-%m-%d").date().isoformat()
    except ValueError:
        raise ReleaseError(
            f"{text!r} is not a date", hint="give YYYY-MM-DD, for example 2026-12-01"
        ) from None


def chosen_date(date: str | None) -> str | None:
    """Give a date YYYY-MM-DD, that of ``SOURCE_DATE_EPOCH`` where not given, or None.

    Raises
    ------
    ReleaseError
        One of the two is no such date.
    """
    if date is not None:
        return checked_date(date)
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    if epoch is None:
        return None
    try:
        return datetime.datetime.fromtimestamp(int(epoch), datetime.UTC).date().isoformat()
    except (ValueError, OverflowError, OSError):
        raise ReleaseError(
            f"SOURCE_DATE_EPOCH is {epoch!r}",
            hint="set it to whole seconds since 1970, or unset it",
        ) from None


def date_or_today(date: str | None) -> str:
    """Give what :func:`chosen_date` gives, or today's date (UTC): for a history, not a release."""
    return chosen_date(date) or datetime.datetime.now(datetime.UTC).date().isoformat()
