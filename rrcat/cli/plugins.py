"""``rrcat plugins``: which estimators there are, what is wrong, checks, and a new one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from rrcat.errors import PluginError
from rrcat.estimator.loading import Plugin
from rrcat.estimator.registry import (
    Registry,
    discover,
    examine,
    load_factory,
    missing_requirements,
)


@click.group()
def plugins() -> None:
    """List, examine, check and start plugins."""


@plugins.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def list_plugins(as_json: bool) -> None:
    """List estimators, then plugins that did not load."""
    registry = discover()
    estimators = _estimators(registry)
    idle = [_described(plugin) for plugin in registry.plugins if plugin.status != "ok"]
    if as_json:
        _print_json({"estimators": estimators, "not_loaded": idle})
        return
    if estimators:
        _print_aligned(
            [
                [row["id"], row["version"], row["distribution"], row["status"], row["summary"]]
                for row in estimators
            ]
        )
    elif not idle:
        click.echo("no plugin is installed; rrcat-relations is a good first one")
    for plugin in idle:
        reasons = "; ".join(problem["reason"] for problem in plugin["problems"])
        name = f"{plugin['name']} ({plugin['distribution']} {plugin['distribution_version']})"
        click.echo(f"{plugin['status']}: {name}" + (f": {reasons}" if reasons else ""))


@plugins.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_context
def doctor(ctx: click.Context, as_json: bool) -> None:
    """Import every estimator and show what is wrong, with tracebacks; exit with 1 then."""
    registry = discover()
    for found in registry.plugins:
        found.problems.extend(examine(found))
    estimators = _estimators(registry)
    faulty = [row for row in estimators if row["status"] != "ok"]
    machine = _machine(registry, [row["id"] for row in estimators if row["status"] == "ok"])
    described = [_described(plugin) for plugin in registry.plugins]
    sound = not faulty and all(plugin["status"] != "broken" for plugin in described)
    if as_json:
        _print_json({"ok": sound, "plugins": described, "estimators": faulty, "machine": machine})
    else:
        for plugin in described:
            click.echo(
                f"{plugin['status']:8} {plugin['name']} = {plugin['target']}"
                f"  ({plugin['distribution']} {plugin['distribution_version']})"
            )
            for problem in plugin["problems"]:
                click.echo(f"         {problem['reason']}")
                _print_indented(problem["traceback"] or "", "    | ")
        for row in faulty:
            click.echo(f"estimator {row['id']} ({row['distribution']}): {row['status']}")
        for id, told in machine.items():
            click.echo(
                f"estimator {id} learns with {told['uses']}"
                if told["uses"]
                else f"estimator {id} cannot learn on this machine: {told['lacks']}"
            )
        if sound:
            click.echo("all is well" if described else "no plugin is installed")
    ctx.exit(0 if sound else 1)


@plugins.command()
@click.argument("id")
@click.option("--params", default="{}", metavar="JSON", help="Parameters to check it with.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_context
def check(ctx: click.Context, id: str, params: str, as_json: bool) -> None:
    """Check an estimator against the contract."""
    try:
        values = dict(json.loads(params))
    except (TypeError, ValueError):
        raise click.BadParameter(
            'not a JSON object, e.g. {"a": 1}', param_hint="--params"
        ) from None
    spec = discover().spec(id)
    from rrcat.testing import CHECKS, check_estimator
    from rrcat.testing.conformance import NOT_RUN

    results = check_estimator(spec, values)
    passed = all(result.passed for result in results)
    if as_json:
        rows = [{"check": r.name, "passed": r.passed, "detail": r.detail or None} for r in results]
        _print_json({"id": id, "version": spec.version, "passed": passed, "checks": rows})
    else:
        for result in results:
            if result.detail == NOT_RUN:
                click.echo(f"-    {result.name}: {NOT_RUN}")
                continue
            claim = (CHECKS[result.name].__doc__ or "").splitlines()[0]
            click.echo(f"{'ok  ' if result.passed else 'FAIL'} {result.name}: {claim}")
            if not result.passed:
                _print_indented(result.detail)
            if ctx.obj["debug"]:
                _print_indented(result.traceback, "| ")
    ctx.exit(0 if passed else 1)


@plugins.command()
@click.argument("name")
@click.option(
    "--into",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="Folder to make the plugin's folder in; the current one by default.",
)
def new(name: str, into: Path) -> None:
    """Write a working plugin with an estimator NAME, to be changed."""
    for found in discover().plugins:
        if name in {found.distribution.removeprefix("rrcat-"), *(s.id for s in found.specs)}:
            raise PluginError(
                f"{name!r} is installed already, by {found.distribution}",
                hint="choose another name: of two with one name neither can be used",
            )
    from rrcat.cli.skeleton import write_skeleton

    folder = write_skeleton(name, into)
    click.echo(f"wrote {folder}; next:")
    click.echo(f"  python -m pip install -e {folder}")
    click.echo(f"  rrcat plugins check {name}")


def _estimators(registry: Registry) -> list[dict[str, Any]]:
    """Give a row for every spec of every plugin, sorted by id; a collision gives several."""
    rows = []
    for id in registry.ids():
        owners = registry.owners(id)
        for owner in owners:
            spec = next(spec for spec in owner.specs if spec.id == id)
            others = [
                f"{other.name} ({other.distribution})" for other in owners if other is not owner
            ]
            missing = missing_requirements(spec)
            status = "ok"
            if others:
                status = f"id also claimed by {', '.join(others)}"
            elif missing:
                status = f"requires {', '.join(missing)}, not installed"
            rows.append(
                {
                    "id": id,
                    "version": spec.version,
                    "distribution": owner.distribution,
                    "distribution_version": owner.distribution_version,
                    "plugin": owner.name,
                    "status": status,
                    "summary": spec.summary,
                    "inputs": sorted(spec.inputs),
                    "pulsation_types": sorted(spec.pulsation_types),
                    "bands": None if spec.bands is None else sorted(spec.bands),
                }
            )
    return rows


def _machine(registry: Registry, ids: list[str]) -> dict[str, dict[str, str | None]]:
    """Give what estimators use of this machine to learn, or lack; those that use nothing are out.

    To lack something is no fault of a plugin: its bundles predict.
    """
    found: dict[str, dict[str, str | None]] = {}
    for id in ids:
        try:
            factory = load_factory(registry.spec(id))
        except PluginError:
            continue  # told already
        try:
            if uses := factory.check_machine():
                found[id] = {"uses": uses, "lacks": None}
        except PluginError as error:
            found[id] = {"uses": None, "lacks": f"{error.message} ({error.hint})"}
    return found


def _described(plugin: Plugin) -> dict[str, Any]:
    return {
        "name": plugin.name,
        "distribution": plugin.distribution,
        "distribution_version": plugin.distribution_version,
        "target": plugin.target,
        "status": plugin.status,
        "problems": [
            {"reason": problem.reason, "traceback": problem.traceback}
            for problem in plugin.problems
        ],
    }


def _print_aligned(rows: list[list[str]]) -> None:
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        click.echo("  ".join(cells).rstrip())


def _print_indented(text: str, mark: str = "") -> None:
    for line in text.splitlines():
        click.echo(f"     {mark}{line}")


def _print_json(document: dict[str, Any]) -> None:
    click.echo(json.dumps(document, indent=2, ensure_ascii=False))
