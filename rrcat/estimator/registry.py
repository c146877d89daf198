"""Which estimators there are, by id, and how to get one."""

from __future__ import annotations

import contextlib
import difflib
import importlib
import importlib.util
import sys
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rrcat.errors import PluginError, RrcatError
from rrcat.estimator.loading import Plugin, Problem, load_plugins
from rrcat.plugin import EstimatorSpec

if TYPE_CHECKING:
    from rrcat.estimator.contract import Estimator


def discover() -> Registry:
    """Give the registry of all plugins of the environment; never raises for a broken one."""
    return Registry(tuple(load_plugins()))


@dataclass(frozen=True)
class Registry:
    """The plugins that were found, and the estimators they bring.

    Nothing of an estimator is imported before :meth:`estimator` asks for it.
    """

    plugins: tuple[Plugin, ...]

    def ids(self) -> list[str]:
        """Give the ids of all estimators, sorted; one that two plugins claim stands once."""
        return sorted({spec.id for plugin in self.plugins for spec in plugin.specs})

    def owners(self, id: str) -> list[Plugin]:
        """Give the plugins that bring an estimator of this id: one, unless two collide."""
        return [p for p in self.plugins for spec in p.specs if spec.id == id]

    def owner(self, id: str) -> Plugin:
        """Give the one plugin that brings an estimator.

        Raises
        ------
        PluginError
            No sound plugin brings it, or more than one does.
        """
        owners = self.owners(id)
        if not owners:
            raise self._unknown(id)
        if len(owners) > 1:
            raise PluginError(
                f"{len(owners)} plugins bring an estimator with the id {id!r}: "
                + " and ".join(_origin(plugin) for plugin in owners),
                hint="uninstall one, or name it in RRCAT_BLOCK_PLUGINS",
            )
        return owners[0]

    def spec(self, id: str) -> EstimatorSpec:
        """Give the spec of an estimator; raises as :meth:`owner`."""
        return next(spec for spec in self.owner(id).specs if spec.id == id)

    def estimator(self, id: str, params: Mapping[str, Any] | None = None) -> Estimator:
        """Give an estimator with its parameters; this is where its code is imported.

        Raises
        ------
        PluginError
            As :meth:`owner`; or a module it requires is missing, or its code does not load.
        RecipeError
            A parameter is unknown or out of bounds.
        """
        return load_factory(self.spec(id), origin=_origin(self.owner(id)))(params)

    def _unknown(self, id: str) -> PluginError:
        for plugin in self.plugins:
            for problem in plugin.problems:
                if problem.reason.startswith(f"estimator {id!r}: "):
                    return PluginError(
                        f"the estimator {id!r} of {_origin(plugin)} cannot be used: "
                        + problem.reason.partition(": ")[2],
                        hint="`rrcat plugins doctor` shows more",
                    )
        idle = [plugin for plugin in self.plugins if plugin.status != "ok"]
        if idle:
            told = "; ".join(f"{_origin(plugin)}: {_why(plugin)}" for plugin in idle)
            return PluginError(
                f"there is no estimator {id!r}, but a plugin that may bring it did not load"
                f" ({told})",
                hint="`rrcat plugins doctor` shows the tracebacks; mend, upgrade or unblock it",
            )
        near = difflib.get_close_matches(id, self.ids(), n=1)
        known = ", ".join(self.ids()) or "none: install a plugin, e.g. rrcat-relations"
        return PluginError(
            f"there is no estimator {id!r}",
            hint=f"did you mean {near[0]!r}?" if near else f"installed are {known}",
        )


def missing_requirements(spec: EstimatorSpec) -> list[str]:
    """Give the modules a spec requires that are not installed, without importing them."""
    return [name for name in spec.requires if not _is_there(name.partition(".")[0])]


def load_factory(spec: EstimatorSpec, *, origin: str | None = None) -> type[Estimator]:
    """Give the class that the spec's ``factory`` names.

    Raises
    ------
    PluginError
        A requirement is missing, the module does not import, or the class is no Estimator of
        this spec.
    """
    if missing := missing_requirements(spec):
        raise PluginError(
            f"the estimator {spec.id!r} requires {', '.join(missing)}, which is not installed",
            plugin=origin,
            hint=f"install {' '.join(missing)} into this environment",
        )
    module, _, name = spec.factory.partition(":")
    try:
        factory = getattr(importlib.import_module(module), name)
    except (KeyboardInterrupt, RrcatError):
        raise
    except BaseException as error:
        raise PluginError(
            f"the code of {spec.id!r} does not load: {type(error).__name__}: {error}",
            plugin=origin,
            factory=spec.factory,
            hint="`--debug` shows where; report it to its author",
        ) from error
    from rrcat.estimator.contract import Estimator

    if not (isinstance(factory, type) and issubclass(factory, Estimator)):
        raise PluginError(
            f"{spec.factory} is no subclass of rrcat.estimator.Estimator", plugin=origin
        )
    if getattr(factory, "spec", None) != spec:
        raise PluginError(
            f"{spec.factory} says it is another estimator than the hook does",
            plugin=origin,
            hint="set its `spec` to the very EstimatorSpec that rrcat_estimators() gives",
        )
    return factory


def examine(plugin: Plugin) -> list[Problem]:
    """Give what is wrong with the estimators of a plugin, each imported to see.

    One whose requirements are not installed is not imported. What code prints meanwhile goes to
    stderr.
    """
    problems = []
    for spec in plugin.specs:
        if missing_requirements(spec):
            continue
        try:
            with contextlib.redirect_stdout(sys.stderr):
                load_factory(spec)
        except RrcatError as error:
            cause = error.__cause__
            shown = None if cause is None else "".join(traceback.format_exception(cause))
            problems.append(Problem(f"estimator {spec.id!r}: {error.message}", shown))
    return problems


def _is_there(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False


def _origin(plugin: Plugin) -> str:
    return f"{plugin.name} ({plugin.distribution} {plugin.distribution_version})"


def _why(plugin: Plugin) -> str:
    return "blocked" if plugin.blocked else plugin.problems[0].reason
