"""The vocabulary columns are described in: UCD1+ words and VOUnit units.

No validator of the Virtual Observatory checks both, so they are checked here, when a schema is
loaded. The exceptions are listed once, each with its reason.
"""

import re
from functools import cache

from astropy import units
from astropy.io.votable.ucd import parse_ucd

UNIT_EXCEPTIONS = {
    "dex": "not a VOUnit, but the unit of [Fe/H] as people and STILTS read it; the quoted 'dex', "
    "which VOUnit would allow, readers refuse or take for another unit",
}
QUOTED_WORDS = {
    "electron": "VOUnit has no such word and quotes it; the archive's own tables write it so",
}


@cache
def unit_problem(unit: str) -> str | None:
    """Say what is wrong with a unit under VOUnit 1.1, or None."""
    if unit in UNIT_EXCEPTIONS:
        return None
    for word in re.findall(r"'([^']*)'", unit):
        if word not in QUOTED_WORDS:
            return f"the quoted word '{word}' is valid VOUnit, but readers do not understand it"
    try:
        units.Unit(unit, format="vounit", parse_strict="raise")
    except ValueError as error:
        return str(error).strip()
    return None


@cache
def ucd_problem(ucd: str) -> str | None:
    """Say what is wrong with a UCD under the UCD1+ controlled vocabulary, or None."""
    try:
        parse_ucd(ucd, check_controlled_vocabulary=True, has_colon=True)
    except ValueError as error:
        return str(error).strip()
    return None
