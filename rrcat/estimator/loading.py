"""Guarded loading of plugins: a broken one is recorded and never stops the others."""

from __future__ import annotations

import contextlib
import difflib
import os
import re
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import Distribution, EntryPoint, distributions
from typing import Any, Literal

import pluggy

import rrcat.plugin
from rrcat.plugin import API, EstimatorSpec

GROUP = "rrcat"
BLOCK = "RRCAT_BLOCK_PLUGINS"
ID = r"[a-z][a-z0-9]*(-[a-z0-9]+)*"
RESERVED = ("combination",)
INPUTS = frozenset({"features", "light_curves", "sequences"})
PULSATION_TYPES = frozenset({"RRab", "RRc", "RRd"})


@dataclass(frozen=True)
class Problem:
    """Something wrong with a plugin: one line, and the traceback where there is one."""

    reason: str
    traceback: str | None = None


@dataclass
class Plugin:
    """One entry point of one distribution, with what came of loading it."""

    name: str
    distribution: str
    distribution_version: str
    target: str
    blocked: bool = False
    specs: list[EstimatorSpec] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def status(self) -> Literal["ok", "broken", "blocked"]:
        """``blocked`` by the user, ``broken`` where anything is wrong, or ``ok``."""
        if self.blocked:
            return "blocked"
        return "broken" if self.problems else "ok"


def load_plugins() -> list[Plugin]:
    """Give every plugin of the environment, sorted by distribution and name.

    Names in the environment variable ``RRCAT_BLOCK_PLUGINS`` (of entry points or distributions,
    separated by commas) are not imported. Every entry point of every distribution is loaded on
    its own: pluggy's ``load_setuptools_entrypoints`` drops the second of two equal names.
    Whatever a plugin raises is recorded, ``SystemExit`` too; only ``KeyboardInterrupt`` passes.
    """
    blocked = {name.strip() for name in os.environ.get(BLOCK, "").split(",")} - {""}
    plugins = []
    for name, version, distribution in _distributions():
        listing = Plugin("entry_points.txt", name, version, "")
        entry_points = guarded(listing, "it cannot be read", partial(_entry_points, distribution))
        plugins += [listing] if listing.problems else []
        for entry_point in entry_points or ():
            plugin = Plugin(entry_point.name, name, version, entry_point.value)
            plugins.append(plugin)
            plugin.blocked = bool(blocked & {plugin.name, plugin.distribution})
            if not plugin.blocked:
                _load(plugin, entry_point)
    return plugins


def _distributions() -> list[tuple[str, str, Distribution]]:
    """Give (name, version, distribution) of those that name the group, sorted by name."""
    found: dict[str, tuple[str, str, Distribution]] = {}
    for distribution in distributions():
        # Reading this file first spares the metadata of every other distribution.
        if _names_the_group(distribution):
            name, version = _identity(distribution)
            # One that comes later on sys.path is shadowed.
            found.setdefault(re.sub(r"[-_.]+", "-", name).lower(), (name, version, distribution))
    return sorted(found.values(), key=lambda each: each[0])


def _names_the_group(distribution: Distribution) -> bool:
    try:
        return f"[{GROUP}]" in (distribution.read_text("entry_points.txt") or "")
    except (OSError, ValueError):  # unreadable or not text: no telling whose it is
        return False


def _entry_points(distribution: Distribution) -> list[EntryPoint]:
    return sorted(distribution.entry_points.select(group=GROUP), key=lambda one: one.name)


def _identity(distribution: Distribution) -> tuple[str, str]:
    try:
        metadata = distribution.metadata
        return metadata["Name"] or "unknown", metadata["Version"] or "unknown"
    except Exception:  # damaged metadata; what is raised differs between versions of Python
        return "unknown", "unknown"


def guarded(plugin: Plugin, what: str, action: Callable[[], Any]) -> Any:
    """Give what the action gives; record what it raises, and give None then.

    What a plugin prints meanwhile goes to stderr: stdout belongs to the command.
    """
    try:
        with contextlib.redirect_stdout(sys.stderr):
            return action()
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        # Copes with an error that cannot even be printed; indented lines show syntax errors.
        told = traceback.format_exception_only(error)
        said = next(line for line in told if not line.startswith(" ")).splitlines()[0]
        plugin.problems.append(Problem(f"{what}: {said}", traceback.format_exc()))
        return None


def _load(plugin: Plugin, entry_point: EntryPoint) -> None:
    manager = pluggy.PluginManager(GROUP)
    manager.add_hookspecs(rrcat.plugin)

    def register() -> bool:
        manager.register(entry_point.load(), name=plugin.name)
        return True

    if not guarded(plugin, f"cannot load {entry_point.value}", register):
        return
    _report_misspelt(plugin, manager)
    implementations = manager.hook.rrcat_estimators.get_hookimpls()
    if not implementations and not plugin.problems:
        plugin.problems.append(
            Problem(f"{entry_point.value} has no function rrcat_estimators marked with @hookimpl")
        )
    # One by one: pluggy's own call of a hook ends at the first implementation that raises.
    for implementation in implementations:
        guarded(
            plugin, "rrcat_estimators() failed", partial(_take, plugin, implementation.function)
        )


def _take(plugin: Plugin, function: Callable[[], Any]) -> None:
    given = function()
    if not isinstance(given, list | tuple):
        said = (
            f"rrcat_estimators() gave a {type(given).__name__} instead of a list of EstimatorSpec"
        )
        plugin.problems.append(Problem(said))
        return
    for spec in given:
        faults = spec_faults(spec)
        if not faults and spec.id in (known.id for known in plugin.specs):
            faults = ["is given twice"]
        if faults:
            plugin.problems.append(Problem(f"{_name_of(spec)}: {'; '.join(faults)}"))
        else:
            plugin.specs.append(spec)


def _report_misspelt(plugin: Plugin, manager: pluggy.PluginManager) -> None:
    known = [name for name in vars(rrcat.plugin) if name.startswith("rrcat_")]
    for caller in manager.get_hookcallers(manager.get_plugin(plugin.name)) or ():
        if not caller.has_spec():
            near = difflib.get_close_matches(caller.name, known, n=1, cutoff=0.0)
            plugin.problems.append(
                Problem(f"{caller.name} is no hook of rrcat; did you mean {near[0]}?")
            )


def _name_of(spec: Any) -> str:
    return f"estimator {getattr(spec, 'id', spec)!r}"


def spec_faults(spec: Any) -> list[str]:
    """Give what is wrong with a spec, each fault as a phrase; nothing for a sound one."""
    if not isinstance(spec, EstimatorSpec):
        return [f"is a {type(spec).__name__} instead of an EstimatorSpec"]
    if spec.api != API:
        return [
            f"is written for plugin api {spec.api!r}, this rrcat has {API}:"
            " install a version of the plugin that fits"
        ]
    faults = []
    for name, pattern, form in (
        ("id", ID, "lower-case words joined by hyphens"),
        ("version", r"\d+\.\d+\.\d+", "a version MAJOR.MINOR.PATCH"),
        ("factory", r"[A-Za-z_][\w.]*:[A-Za-z_]\w*", "module:Class"),
        ("summary", r"\S.*", "one line of text"),
    ):
        value = getattr(spec, name)
        if not isinstance(value, str) or not re.fullmatch(pattern, value):
            faults.append(f"{name} {value!r} is not {form}")
    if spec.id in RESERVED:
        faults.append(f"id {spec.id!r} is taken: rrcat gives it to what estimators are combined to")
    for name, allowed in (("inputs", INPUTS), ("pulsation_types", PULSATION_TYPES)):
        value = getattr(spec, name)
        if not _is_set_of_words(value) or not value <= allowed:
            faults.append(f"{name} is not a frozenset of {', '.join(sorted(allowed))}")
    if spec.bands is not None and not _is_set_of_words(spec.bands):
        faults.append("bands is neither None nor a frozenset of names")
    if not isinstance(spec.requires, tuple) or not all(isinstance(m, str) for m in spec.requires):
        faults.append("requires is not a tuple of module names")
    for name in ("deterministic", "needs_calibrators"):
        if not isinstance(getattr(spec, name), bool):
            faults.append(f"{name} is neither True nor False")
    return faults


def _is_set_of_words(value: Any) -> bool:
    return isinstance(value, frozenset) and bool(value) and all(isinstance(v, str) for v in value)
