"""Which stars there are: type, shape, metallicity, brightness, place, and what is difficult."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rrcat.errors import ArchiveError
from rrcat.harmonic import MAX_HARMONICS
from rrcat.simulate.shapes import Truth, draw_shapes, table
from rrcat.simulate.sky import draw_places
from rrcat.simulate.streams import Stars, Streams

Array = NDArray[np.float64]

# Shares about those of Gaia DR3 (Clementini et al. 2023, A&A 674, A18), and some stars that are no
# RR Lyrae stars and are listed as RRc.
KINDS = {"RRab": 0.64, "RRc": 0.32, "RRd": 0.02, "eclipsing binary": 0.01, "HADS": 0.01}
# What is difficult about a star, and of what share; one thing at most.
DIFFICULTIES = {
    "no light curve": 0.01,
    "few epochs": 0.01,
    "many bad epochs": 0.01,
    "no BP and RP": 0.03,
    "no period": 0.02,
    "alias": 0.01,
    "drift": 0.03,
    "no pulsation type": 0.02,
    "blend": 0.03,
}
# M_G = 0.32 [Fe/H] + 1.11 (Muraveva et al. 2018, MNRAS 481, 1195), and the mean colour from this
# and G − 1.90 (BP − RP) = −2.49 log P + 0.14 [Fe/H] − 0.88 (Garofalo et al. 2022, MNRAS 513, 788),
# with log P + 0.127 for first overtones. What other stars have is invented.
SCATTER_G, SCATTER_W = 0.09, 0.05  # mag
ABSOLUTE_MAG_RR_LYRAE = 0.6
FUNDAMENTALISED = 0.127
# BP − G in units of BP − RP, of the RRab of which shapes.toml has the bands.
BP_SHARE = 0.38
EXTINCTION = {"G": 2.740, "BP": 3.374, "RP": 2.035}
"""Extinction per E(B−V) (Casagrande & VandenBerg 2018, MNRAS 479, L102)."""
# Of the first overtones fewer are modulated (Netzel et al. 2018, MNRAS 480, 1229).
MODULATED_OVERTONES = 0.06

BRIGHTEST = 7.0
ATTEMPTS = 200


def draw_stars(number: NDArray[np.int64], seed: int, truth: Truth, magnitude_limit: float) -> Stars:
    """Draw the stars of these numbers, each brighter in the mean than the limit in G.

    Returns
    -------
    ``number``; ``kind`` and ``difficulty`` as above, "" where nothing is difficult; ``feh`` [dex],
    NaN for what is no RR Lyrae star, and ``expected_feh``, about which stars of the same shape
    scatter; ``period`` [d], ``amplitudes`` [mag], ``phases`` [rad] of the cosine series in G;
    ``absolute_mag``; ``ra``, ``dec`` [deg], ``distance_modulus``, ``reddening``, ``system`` (a
    cluster or galaxy, or ""); ``mean_G``, ``mean_BP`` and ``mean_RP``,
    the means of the light curves in magnitudes; ``blazhko``; and what
    :func:`rrcat.simulate.photometry.magnitudes` needs besides.

    Raises
    ------
    ArchiveError
        The limit is so bright that a star is not found.
    """
    once = Streams(seed, number)
    kinds = once.choice("kind", list(KINDS.values()))
    shares = [1.0 - sum(DIFFICULTIES.values()), *DIFFICULTIES.values()]
    fixed: Stars = {
        "number": number,
        "kind": np.array(list(KINDS))[kinds],
        "difficulty": np.array(["", *DIFFICULTIES])[once.choice("difficulty", shares)],
    }
    found: Stars = {}
    left = np.arange(number.size)
    for attempt in range(ATTEMPTS):
        streams = Streams(seed, number[left], attempt)
        drawn, possible = _attempt(fixed["kind"][left], truth, streams)
        mean = drawn["mean_G"]
        taken = possible & (mean > BRIGHTEST) & (mean < magnitude_limit)
        for name, values in drawn.items():
            column = found.setdefault(
                name, np.empty((number.size, *values.shape[1:]), values.dtype)
            )
            column[left[taken]] = values[taken]
        left = left[~taken]
        if not left.size:
            return fixed | found | _behaviour(fixed, found, once)
    raise ArchiveError(
        f"no simulated star is brighter than {magnitude_limit} mag",
        key="archive.magnitude_limit",
        hint="choose a fainter limit; that of Gaia is about 20.5",
    )


def _attempt(kind: NDArray[Any], truth: Truth, streams: Streams) -> tuple[Stars, NDArray[np.bool_]]:
    """Give draws of stars of these kinds, and which of them there can be."""
    n = kind.size
    drawn: Stars = {}
    possible = np.zeros(n, dtype=bool)
    for shape, of_shape in (
        ("RRab", np.isin(kind, ["RRab", "HADS"])),
        ("RRc", ~np.isin(kind, ["RRab", "HADS"])),
    ):
        rows = np.flatnonzero(of_shape)
        shapes = draw_shapes(shape, truth, Streams(streams.seed, streams.star[rows], streams.index))
        possible[rows] = shapes.pop("possible")
        for name, values in shapes.items():
            column = drawn.setdefault(name, np.zeros((n, *values.shape[1:])))
            column[rows] = values
    _no_rr_lyrae(kind, drawn, streams)
    absolute, colour = _brightness(kind, drawn, streams)
    places = draw_places(drawn["feh"], streams)
    foreign = np.isin(kind, ["eclipsing binary", "HADS"])
    # They are as bright as RR Lyrae stars by being nearer, or nobody would take them for such.
    nearer = np.where(foreign, absolute - ABSOLUTE_MAG_RR_LYRAE, 0.0)
    places["distance_modulus"] = places["distance_modulus"] - nearer
    places["system"] = np.where(foreign, "", places["system"])
    apparent = absolute + places["distance_modulus"]
    for band, of_colour in (("G", 0.0), ("BP", BP_SHARE), ("RP", BP_SHARE - 1.0)):
        dust = EXTINCTION[band] * places["reddening"]
        mag = apparent + of_colour * colour + dust
        drawn[f"mean_{band}"] = mag + _above_mean_flux(drawn, band)
    for name in ("feh", "expected_feh"):
        drawn[name] = np.where(foreign, np.nan, drawn[name])
    return drawn | places | {"absolute_mag": absolute}, possible


def _no_rr_lyrae(kind: NDArray[Any], drawn: Stars, streams: Streams) -> None:
    """Put in place the light curves of contact binaries and of δ Scuti stars of high amplitude.

    The period of a binary is that of its orbit.
    """
    binary = (kind == "eclipsing binary")[:, None]
    half = streams.between("amplitude of the binary", 0.10, 0.25)
    orders = np.zeros((kind.size, MAX_HARMONICS))
    for k, low, high in ((1, 0.02, 0.2), (2, 1.0, 1.0), (3, 0.0, 0.05), (4, 0.15, 0.3)):
        orders[:, k - 1] = half * streams.between(f"shape of the binary {k}", low, high)
    drawn["amplitudes"] = np.where(binary, orders, drawn["amplitudes"])
    drawn["phases"] = np.where(binary, 0.0, drawn["phases"])
    orbit = 2.0 * streams.between("period of the binary", 0.22, 0.45)
    drawn["period"] = np.where(binary[:, 0], orbit, drawn["period"])
    scuti = kind == "HADS"
    short = streams.between("period of the δ Scuti star", 0.08, 0.20)
    drawn["period"] = np.where(scuti, short, drawn["period"])
    size = streams.between("amplitude of the δ Scuti star", 0.4, 0.9)
    drawn["amplitudes"] *= np.where(scuti, size, 1.0)[:, None]


def _brightness(kind: NDArray[Any], drawn: Stars, streams: Streams) -> tuple[Array, Array]:
    """Give absolute magnitude in G and colour BP − RP without dust."""
    overtone = np.where(kind == "RRab", 0.0, FUNDAMENTALISED)
    log_period = np.log10(drawn["period"]) + overtone
    absolute = 0.32 * drawn["feh"] + 1.11 + SCATTER_G * streams.normal("absolute magnitude")
    free_of_dust = -2.49 * log_period + 0.14 * drawn["feh"] - 0.88
    free_of_dust += SCATTER_W * streams.normal("absolute magnitude in W")
    colour = (absolute - free_of_dust) / 1.90
    for name, mag, at in (("eclipsing binary", 4.0, 0.8), ("HADS", 1.8, 0.35)):
        absolute = np.where(kind == name, mag + 3.0 * (absolute - ABSOLUTE_MAG_RR_LYRAE), absolute)
        colour = np.where(kind == name, at, colour)
    return absolute, colour


def _above_mean_flux(drawn: Stars, band: str) -> Array:
    """Give by how much the mean in magnitudes is larger than the magnitude of the mean flux."""
    factor = table()["band"].get(band, {"amplitude": 1.0})["amplitude"]
    total = np.zeros(drawn["period"].size)
    steps = 32
    for step in range(steps):
        mag = np.zeros(total.size)
        for k in range(1, MAX_HARMONICS + 1):
            angle = 2 * np.pi * k * step / steps + drawn["phases"][:, k - 1]
            mag += factor * drawn["amplitudes"][:, k - 1] * np.cos(angle)
        total += 10 ** (-0.4 * mag)
    return np.asarray(2.5 * np.log10(total / steps))


def _behaviour(fixed: Stars, found: Stars, streams: Streams) -> Stars:
    """Give modulation, second modes, drifts, blends, and scatter beyond the stated errors."""
    kind, difficulty = fixed["kind"], fixed["difficulty"]
    numbers = table()["scatter"]

    def drawn_scatter(name: str) -> Array:
        given = numbers[name]
        off = streams.normal(f"scatter, {name}")
        return np.asarray(given["median"] * np.exp(given["log_spread"] * off))

    share = np.where(kind == "RRab", numbers["modulated"]["share"], MODULATED_OVERTONES)
    share = np.where(np.isin(kind, ["RRab", "RRc"]), share, 0.0)
    blazhko = streams.uniform("modulated") < share
    scatter = np.where(blazhko, drawn_scatter("modulated"), 0.0)
    of_amplitude = streams.between("share of the amplitude in the modulation", 0.2, 0.8)
    square = found["amplitudes"] ** 2
    first, weighted = np.zeros(kind.size), np.zeros(kind.size)
    for k in range(1, MAX_HARMONICS + 1):
        first += square[:, k - 1]
        weighted += k**2 * square[:, k - 1]
    # A modulation x(t) of rms σ scatters a curve by σ √(Σ A²/2) or, of its phase, σ √(Σ k²A²/2).
    amplitude = 2.0 * scatter * np.sqrt(of_amplitude / first)
    phase = 2.0 * scatter * np.sqrt((1.0 - of_amplitude) / weighted)
    # Ratio of the overtone's period to that of the fundamental mode (Soszyński et al. 2014, Acta
    # Astronomica 64, 177).
    ratio = streams.between("period ratio of both modes", 0.742, 0.747)
    second = streams.between("amplitude of the second mode", 0.3, 0.9)
    drift = 0.1 * streams.normal("drift")
    neighbour = np.exp(streams.between("neighbour", np.log(0.1), np.log(1.0)))
    return {
        "blazhko": blazhko,
        "modulated_amplitude": np.minimum(amplitude, 0.6),
        "modulated_phase": np.minimum(phase, 0.5),
        "modulation_period": np.exp(streams.between("modulation period", np.log(15), np.log(300))),
        "second_period": found["period"] / ratio,
        "second_amplitude": np.where(kind == "RRd", second * found["amplitudes"][:, 0], 0.0),
        "reference_time": found["period"] * streams.uniform("phase"),
        "drift": np.where(difficulty == "drift", drift, 0.0),
        "blend": np.where(difficulty == "blend", neighbour, 0.0),
        "excess": drawn_scatter("calm"),
    }
