"""Simulated RR Lyrae surveys whose true metallicities are known."""

from rrcat.simulate.recovery import recovery
from rrcat.simulate.survey import simulate, write_survey

__all__ = ["recovery", "simulate", "write_survey"]
