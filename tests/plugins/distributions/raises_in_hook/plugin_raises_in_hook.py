"""Raises in its hook."""

from rrcat.plugin import hookimpl


@hookimpl
def rrcat_estimators():
    """Give nothing."""
    raise RuntimeError("no licence server")
