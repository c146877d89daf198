"""What a FITS file of a release must say, and fitsverify does not ask for."""

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from astropy.io import fits

from rrcat.release.about import About
from rrcat.release.cells import header_text
from rrcat.release.fits import BLOCKS, null_in_fits
from rrcat.release.fits_checksum import ONES, ones_complement_sum
from rrcat.release.votable_check import ucd_problems
from rrcat.schema import Table

START = b"SIMPLE  ="
MOST_COLUMNS = 999
"""Of a table, in FITS 4.0 (section 7.3.1)."""


def fits_problems(path: Path, table: Table, about: About | None = None) -> list[str]:
    """Give what is wrong with the description of a FITS table; an empty list where nothing is.

    Asked for: one binary table with a valid checksum, the columns of ``table`` in order, each with
    its unit (TUNITn), UCD (TUCDn), description (TCOMMn) and null value (TNULLn), and the
    coordinate and time system of ``about`` where given.
    """
    with path.open("rb") as file:
        if file.read(len(START)) != START:  # astropy would unpack a compressed file, of any length
            return ["is no FITS file"]
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        with fits.open(path, memmap=True, lazy_load_hdus=False) as hdus:
            if [type(hdu) for hdu in hdus] != [fits.PrimaryHDU, fits.BinTableHDU]:
                return ["does not consist of one binary table"]
            header, title = hdus[1].header, hdus[0].header.get("TITLE")
            sums = [problem for hdu in hdus for problem in _checksum_problems(path, hdu)]
    told = [" ".join(str(warning.message).split()) for warning in warned]
    problems = list(dict.fromkeys([*told, *sums]))
    n_columns = min(header["TFIELDS"], MOST_COLUMNS)
    names = [header.get(f"TTYPE{number}", "") for number in range(1, n_columns + 1)]
    if names != table.names:
        problems.append(f"has the columns {', '.join(names)} instead of {', '.join(table.names)}")
    problems += ucd_problems([header.get(f"TUCD{n}", "") for n in range(1, n_columns + 1)])
    for number, name in enumerate(names, 1):
        if name not in table.names:
            continue
        column = table[name]
        wanted = {
            "TUNIT": column.unit_in("fits") or None,
            "TUCD": column.ucd,
            "TCOMM": header_text(column.full_description),
            "TNULL": null_in_fits(column),
        }
        for keyword, want in wanted.items():
            have = header.get(f"{keyword}{number}")
            if have != want:
                problems.append(
                    f"column {name}: {keyword}{number} is missing; it should be {want!r}"
                    if have is None
                    else f"column {name}: {keyword}{number} is {have!r} instead of {want!r}"
                )
    return problems + (_frame_problems(header, title, about) if about else [])


def _checksum_problems(path: Path, hdu: Any) -> Iterator[str]:
    """Compare a header and its data with the sums in it, without holding the data."""
    if missing := [key for key in ("CHECKSUM", "DATASUM") if key not in hdu.header]:
        yield from (f"has no {key}" for key in missing)
        return
    place = hdu.fileinfo()
    head, data = place["hdrLoc"], place["datLoc"]
    datasum = ones_complement_sum(_read(path, data, data + place["datSpan"]))
    which = hdu.header.get("EXTNAME", "the primary header")
    if str(hdu.header["DATASUM"]).strip() != str(datasum):
        yield f"Datasum verification failed for {which}"
    if ones_complement_sum(_read(path, head, data), datasum) != ONES:
        yield f"Checksum verification failed for {which}"


def _read(path: Path, start: int, end: int) -> Iterator[bytes]:
    """Yield a part of a file, whole blocks at a time; what is cut off is nought."""
    with path.open("rb") as file:
        file.seek(start)
        for at in range(start, end, BLOCKS):
            chunk = file.read(min(BLOCKS, end - at))
            if not chunk:  # a header may tell of more rows than any disk holds
                return
            yield chunk + bytes(-len(chunk) % 4)


def _frame_problems(header: fits.Header, title: object, about: About) -> list[str]:
    wanted = {
        "RADESYS": about.coordinate_system,
        "POSEPOCH": about.coordinate_epoch,
        "TIMESYS": about.time_scale,
        "TREFPOS": about.reference_position,
        "JDREF": about.origin_jd,
        "VERSION": about.version,
        "FEHSCALE": header_text(about.scale),
    }
    have = {key: header.get(key) for key in wanted} | {"TITLE": title}
    wanted["TITLE"] = header_text(about.title)
    return [
        f"{key} is {have[key]!r} instead of {want!r}"
        for key, want in wanted.items()
        if have[key] != want
    ]
