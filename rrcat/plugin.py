"""The plugin interface of rrcat, whole.

A plugin is an ordinary distribution with an entry point of the group ``rrcat``. Its module has one
function, marked ``@hookimpl``, that lists the estimators it brings. Everything here is light:
a plugin module that imports only this one costs nothing until an estimator is used.
``rrcat plugins new NAME`` writes a working example.
"""

from __future__ import annotations

from dataclasses import dataclass

import pluggy

API = 1
"""Version of this interface; a spec names the one it was written for."""

hookspec = pluggy.HookspecMarker("rrcat")
hookimpl = pluggy.HookimplMarker("rrcat")


@dataclass(frozen=True, kw_only=True)
class EstimatorSpec:
    """What is known of an estimator before any of its code is imported.

    Parameters
    ----------
    id
        Lower-case words joined by hyphens; what a recipe names, e.g. ``fourier-xgboost``.
    version
        Semantic version of the estimator: a new major one does not read older bundles.
    api
        The :data:`API` it was written for.
    factory
        ``module:Class`` of the :class:`rrcat.estimator.Estimator`; imported on use only.
    inputs
        Tables it reads besides ``stars``: any of ``features``, ``light_curves``, ``sequences``.
    pulsation_types
        Those it has values for, of ``RRab``, ``RRc``, ``RRd``.
    summary
        One line for ``rrcat plugins list``.
    bands
        Photometric bands it has values for; None for any it is trained in.
    requires
        Modules it needs at run time, looked for without being imported.
    deterministic
        Whether the same seed and data give the same model, bit by bit.
    needs_calibrators
        False for published relations, which learn nothing.
    """

    id: str
    version: str
    api: int
    factory: str
    inputs: frozenset[str]
    pulsation_types: frozenset[str]
    summary: str
    bands: frozenset[str] | None = None
    requires: tuple[str, ...] = ()
    deterministic: bool = True
    needs_calibrators: bool = True


@hookspec
def rrcat_estimators() -> list[EstimatorSpec]:
    """Give the estimators of the plugin."""
    raise NotImplementedError
