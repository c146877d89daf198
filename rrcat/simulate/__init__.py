"""Simulated RR Lyrae surveys whose true metallicities are known."""

from rrcat.simulate.archive import write_archive
from rrcat.simulate.config import SimulatedArchive
from rrcat.simulate.recovery import recovery
from rrcat.simulate.survey import simulate, write_survey

__all__ = ["SimulatedArchive", "recovery", "simulate", "write_archive", "write_survey"]
