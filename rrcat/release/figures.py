"""The figures of the report, as SVG that is the same every time."""

from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True)
class Figure:
    """A figure with its title, caption and description for those who cannot see it."""

    title: str
    svg: str
    caption: str
    alt: str


def figures(frame: pl.DataFrame, scale: str) -> list[Figure]:
    """Give the figures for which the catalogue has values."""
    return []
