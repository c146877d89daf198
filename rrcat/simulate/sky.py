"""Where the stars are, how far, and behind how much dust: a rough Galaxy with real clusters."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rrcat.simulate.streams import Stars, Streams

Array = NDArray[np.float64]

SUN = 8.2  # kpc from the Galactic centre (GRAVITY Collaboration 2019, A&A 625, L10)
# Shares of the field, and of all stars that can belong to a system of the table and do.
SHARES = {"halo": 0.60, "disc": 0.15, "bulge": 0.25}
IN_A_SYSTEM = 0.25
# Galactic axes in equatorial coordinates, J2000 (Hipparcos Catalogue, ESA SP-1200, vol. 1, 1.5.3).
TO_EQUATORIAL = np.array(
    [
        [-0.0548755604, +0.4941094279, -0.8676661490],
        [-0.8734370902, -0.4448296300, -0.1980763734],
        [-0.4838350155, +0.7469822445, +0.4559837762],
    ]
)
# The stars of a system have its [Fe/H] within this [dex], or within its own spread.
SAME_FEH = 0.05


@cache
def systems() -> list[dict[str, Any]]:
    """Give the clusters and galaxies in which simulated stars are put."""
    content = files("rrcat.simulate").joinpath("systems.toml").read_text("utf-8")
    found: list[dict[str, Any]] = tomllib.loads(content)["system"]
    return found


def draw_places(feh: Array, streams: Streams) -> Stars:
    """Give stars of known [Fe/H] their places, some of them in systems of that [Fe/H].

    Returns
    -------
    ``ra``, ``dec`` [deg], ``distance_modulus``, ``reddening`` (E(B−V)) [mag] and ``system``, a name
    or "".
    """
    places = _in_the_field(streams)
    table = systems()
    spread = np.array([each.get("spread", SAME_FEH) for each in table])
    centre = np.array([each["feh"] for each in table])
    stars = np.array([each["stars"] for each in table])
    # How many stars of each system have this [Fe/H], and so many in the field that systems have
    # their share.
    width = np.maximum(spread, SAME_FEH)
    density = stars / width * np.exp(-0.5 * ((feh[:, None] - centre) / width) ** 2)
    cumulative = np.cumsum(density, axis=1)
    everywhere = stars.sum() / 0.5 * np.exp(-0.5 * ((feh + 1.5) / 0.5) ** 2)
    total = cumulative[:, -1] + everywhere * (1 - IN_A_SYSTEM) / IN_A_SYSTEM
    drawn = streams.uniform("system") * total
    which = (cumulative < drawn[:, None]).sum(axis=1)
    inside = np.flatnonzero(which < len(table))
    which = which[inside]

    def known(name: str) -> NDArray[Any]:
        column = np.array([each[name] for each in table])
        return np.asarray(column[which])

    # Most stars lie well within a tenth of the tidal radius.
    distance = 0.1 * known("radius") / 60.0 * np.exp(0.8 * streams.normal("place in it")[inside])
    distance = np.minimum(distance, known("radius") / 60.0)
    angle = 2 * np.pi * streams.uniform("side of it")[inside]
    dec = np.clip(known("dec") + distance * np.sin(angle), -89.9, 89.9)
    ra = known("ra") + distance * np.cos(angle) / np.cos(np.radians(dec))
    modulus = known("distance_modulus") + known("depth") * streams.normal("depth")[inside]
    patchy = np.exp(0.1 * streams.normal("patches of dust")[inside])
    for name, values in (
        ("ra", np.mod(ra, 360.0)),
        ("dec", dec),
        ("distance_modulus", modulus),
        ("reddening", known("reddening") * patchy),
        ("system", known("name")),
    ):
        places[name][inside] = values
    return places


def _in_the_field(streams: Streams) -> Stars:
    """Give places in halo, disc and bulge.

    The density of the halo falls with the third power of the distance from the centre between 1 and
    60 kpc and is flattened to 0.7; the disc has scales of 3 and 0.7 kpc, the bulge is a Gaussian.
    """
    part = streams.choice("part of the Galaxy", list(SHARES.values()))
    azimuth = 2 * np.pi * streams.uniform("azimuth")
    height = streams.between("height", -1.0, 1.0)
    radius = np.exp(streams.between("radius", np.log(1.0), np.log(60.0)))
    flat = radius * np.sqrt(1 - height**2)
    disc = -3.0 * (
        np.log(streams.uniform("radius in the disc"))
        + np.log(streams.uniform("radius in the disc, again"))
    )
    above = -0.7 * np.log(streams.uniform("height in the disc")) * np.sign(height)
    bulge = [scale * streams.normal(f"bulge {axis}") for axis, scale in enumerate((1.5, 1.0, 0.8))]
    x = np.choose(part, [flat * np.cos(azimuth), disc * np.cos(azimuth), bulge[0]])
    y = np.choose(part, [flat * np.sin(azimuth), disc * np.sin(azimuth), bulge[1]])
    z = np.choose(part, [0.7 * radius * height, above, bulge[2]])
    x = x + SUN
    distance = np.maximum(np.sqrt(x**2 + y**2 + z**2), 0.3)
    direction = [x / distance, y / distance, z / distance]
    equatorial = [sum(row[i] * direction[i] for i in range(3)) for row in TO_EQUATORIAL]
    ra = np.mod(np.degrees(np.arctan2(equatorial[1], equatorial[0])), 360.0)
    dec = np.degrees(np.arcsin(np.clip(equatorial[2], -1.0, 1.0)))
    # A slab of dust of 0.1 kpc, in patches, seen from within.
    sine = np.maximum(np.abs(direction[2]), 0.02)
    dust = 0.04 / sine * (1 - np.exp(-distance * sine / 0.1))
    reddening = np.minimum(dust * np.exp(0.4 * streams.normal("dust")), 2.0)
    return {
        "ra": ra,
        "dec": dec,
        "distance_modulus": 5 * np.log10(distance) + 10.0,
        "reddening": reddening,
        "system": np.full(x.size, "", "<U9"),
    }
