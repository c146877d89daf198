"""Simulated RR Lyrae surveys whose true metallicities are known."""

from rrcat.simulate.survey import simulate, write_survey

__all__ = ["simulate", "write_survey"]
