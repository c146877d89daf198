"""What a model says of itself: checked before anybody relies on it."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rrcat import schema
from rrcat.errors import PluginError
from rrcat.plugin import EstimatorSpec

if TYPE_CHECKING:
    from rrcat.estimator.contract import Model


def check_described(model: Model, spec: EstimatorSpec) -> None:
    """Raise :class:`PluginError` unless scale, bands and needs of a model can be what they say."""
    if not isinstance(getattr(model, "scale", None), str):
        raise PluginError(
            "the model does not name the metallicity scale of its values",
            plugin=spec.id,
            hint='set `scale` in the model, e.g. to "C21" or to that of the calibrators',
        )
    named = spec.bands
    beyond = [] if named is None else sorted((model.bands or named) - named)
    if beyond:
        raise PluginError(
            f"the model has values in {', '.join(beyond)}, which its spec does not name",
            plugin=spec.id,
            hint="add the band to `bands` of the spec",
        )
    _check_needs(model.needs, spec.id)


def _check_needs(needs: Sequence[str], plugin: str) -> None:
    if isinstance(needs, str):
        raise PluginError(
            f"`needs` of the model is the text {needs!r} instead of a tuple",
            plugin=plugin,
            hint=f"write needs = ({needs!r},)",
        )
    columns = schema.load("features").names
    if unknown := [name for name in needs if name not in columns]:
        near = difflib.get_close_matches(unknown[0], columns, n=3)
        raise PluginError(
            f"the model needs {unknown[0]!r}, which is no column of features",
            plugin=plugin,
            column=unknown[0],
            hint=f"did you mean {' or '.join(map(repr, near))}?"
            if near
            else "`rrcat schema show features` lists the columns",
        )
