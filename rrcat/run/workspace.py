"""What every command that follows a recipe begins with: a claimed folder and a local store."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.metadata import packages_distributions, version
from pathlib import Path
from typing import Any

from rrcat.archive.config import PublishedTable
from rrcat.archive.store import DESCRIPTION, LocalStore
from rrcat.calibration.config import LabelsSection
from rrcat.catalogue.recipe import Recipe, read_recipe
from rrcat.errors import RecipeError
from rrcat.estimator.registry import Registry, discover
from rrcat.lock import locked
from rrcat.run.candidate import Origin
from rrcat.run.claim import claim
from rrcat.run.cluster import ClusterExecutor, connected
from rrcat.run.code import code_digest
from rrcat.run.cores import available_cores
from rrcat.run.data import Data, bring, data_of, inputs
from rrcat.run.executor import executor
from rrcat.run.partition import Partition, partitions
from rrcat.run.remote import RemoteExecutor, terms
from rrcat.run.tables import check_inputs
from rrcat.run.teacher import Teacher, open_teacher

LIBRARIES = ("astropy", "finufft", "matplotlib", "numba", "numpy", "polars", "rrcat")


@dataclass(frozen=True)
class Request:
    """What the command line asks for.

    Parameters
    ----------
    recipe
        Path of the recipe.
    output
        Folder of the results; made where it is not there.
    data
        Folder the input files are in; by default that of the recipe.
    estimators
        Run only these of the recipe's estimators; by default all.
    seed
        In place of the recipe's seeds.
    workers
        Processes on this machine; None leaves it to the command.
    scheduler
        A dask scheduler, whose workers do the work in place of processes on this machine.
    executor
        Does the work instead, where a program passes one: its workers are other processes, perhaps
        on other machines. It is not shut down.
    partition_size
        Stars in a unit of work.
    restart
        Throw away what an earlier run left in the folder.
    """

    recipe: Path
    output: Path
    data: Path | None = None
    estimators: tuple[str, ...] = ()
    seed: int | None = None
    workers: int | None = None
    scheduler: str | None = None
    executor: Executor | None = None
    partition_size: int = 5_000
    restart: bool = False


@dataclass(frozen=True)
class Workspace:
    """A recipe that can be followed, its archive in a store, and the folder that is ours."""

    request: Request
    recipe: Recipe
    data: Data
    registry: Registry
    origin: Origin
    store: LocalStore
    teacher: Teacher | None = None
    remote: Executor | None = None

    @property
    def output(self) -> Path:
        """The claimed folder."""
        return self.request.output

    def partitions(self, store: LocalStore) -> list[Partition]:
        """Cut the stars of a store into units of work."""
        return partitions(store.source_ids(), self.request.partition_size)

    @contextmanager
    def executor(self, units: int) -> Iterator[Executor]:
        """Give what works on some units: a cluster, or processes that end with the context."""
        if self.remote is not None:
            yield self.remote
            return
        with executor(default_workers(self.request.workers, units)) as pool:
            yield pool

    def workers(self, units: int) -> int | None:
        """Give the number of processes that work on some units; None for those of a cluster."""
        return None if self.remote else default_workers(self.request.workers, units)


@contextmanager
def workspace(
    request: Request,
    *,
    task: str | None = None,
    tables: Callable[[Recipe], Sequence[PublishedTable]] = lambda recipe: (),
) -> Iterator[Workspace]:
    """Read the recipe, claim the folder and bring the archive into its store.

    Parameters
    ----------
    task
        Name of a task whose results do not stand beside those of a build.
    tables
        Tables that the task reads besides those of archive and calibration.

    Raises
    ------
    RrcatError
        The recipe, its input or the folder is not fit for the work. Earlier results stay.
    """
    request = _absolute(request)
    recipe = _chosen(read_recipe(request.recipe), request)
    registry = discover()
    for section in recipe.estimator:
        registry.estimator(section.id, section.params)  # fail now rather than after the fits
    calibration = [] if recipe.calibration is None else list(recipe.calibration.tables.values())
    data = data_of(recipe, request.recipe, data=request.data, output=request.output)
    published = (*calibration, *tables(recipe))
    given = inputs(recipe, data, published)
    teacher = _teacher(recipe, request, judged=task == "evaluate")
    if teacher is not None:
        given = sorted([*given, *teacher.inputs], key=lambda file: str(file["name"]))
    versions, estimators = _software(recipe, registry)
    code = _code(recipe, registry)
    with _passed(request) as passed, _folder(request.output):
        identity = {
            "recipe": recipe.resolved(),
            "inputs": given,
            "versions": versions,
            "code": code,
            "task": task,
        }
        claim(request.output, identity, restart=request.restart)
        store = bring(recipe, data)
        check_inputs(recipe, registry, store)
        queries = [table.query.text for table in published if table.query is not None]
        adql = [*store.description["adql"], *queries]
        record = None if teacher is None else teacher.record
        origin = Origin(given, adql, versions, estimators, record)
        with _remote(passed, request.output, store, versions, code) as remote:
            yield Workspace(request, recipe, data, registry, origin, store, teacher, remote)


def _absolute(request: Request) -> Request:
    """Give the request with paths that are the same in every folder a worker may run in."""
    if request.scheduler is None and request.executor is None:
        return request
    data = None if request.data is None else request.data.absolute()
    recipe, output = request.recipe.absolute(), request.output.absolute()
    return replace(request, recipe=recipe, output=output, data=data)


@contextmanager
def _folder(output: Path) -> Iterator[None]:
    output.mkdir(parents=True, exist_ok=True)
    with locked(output):
        yield


@contextmanager
def _passed(request: Request) -> Iterator[Executor | None]:
    """Give the executor that is asked for, None where processes of this machine do."""
    if request.scheduler is None:
        yield request.executor
        return
    with connected(request.scheduler) as client:
        yield ClusterExecutor(client)


@contextmanager
def _remote(
    passed: Executor | None,
    output: Path,
    store: LocalStore,
    versions: dict[str, str],
    code: dict[str, str],
) -> Iterator[Executor | None]:
    """Give an executor whose workers are looked at before they work, those it has now at once."""
    if passed is None:
        yield None
        return
    with terms(output, store.folder / DESCRIPTION, versions, code) as agreed:
        if isinstance(passed, ClusterExecutor):
            passed.look(agreed)
        yield RemoteExecutor(passed, agreed)


def _teacher(recipe: Recipe, request: Request, *, judged: bool) -> Teacher | None:
    """Open the catalogue whose values are labels; None where the recipe learns from spectra."""
    if not isinstance(recipe.calibration, LabelsSection):
        return None
    return open_teacher(
        recipe.calibration,
        [folder for folder in (request.data, request.recipe.parent) if folder is not None],
        survey=recipe.archive.survey,
        output=request.output,
        judged=judged,
    )


def _code(recipe: Recipe, registry: Registry) -> dict[str, str]:
    """Give a digest of the code of rrcat and of each estimator."""
    factories = [registry.spec(section.id).factory for section in recipe.estimator]
    packages = {"rrcat", *(factory.partition(":")[0].partition(".")[0] for factory in factories)}
    return {package: code_digest(package) for package in sorted(packages)}


def _required(recipe: Recipe, registry: Registry) -> set[str]:
    """Give the distributions that the estimators say they require."""
    modules = {name for section in recipe.estimator for name in registry.spec(section.id).requires}
    known = packages_distributions()
    return {name for module in modules for name in known[module.partition(".")[0]]}


def default_workers(asked: int | None, units: int) -> int:
    """Give the number of processes for some units of work.

    A process takes a second or two to start, so it must have some units to work on.
    """
    return asked or max(1, min(available_cores(), units // 4))


def _chosen(recipe: Recipe, request: Request) -> Recipe:
    """Give the recipe with the estimators and the seed that the command line asks for."""
    known = [section.id for section in recipe.estimator]
    if unknown := sorted(set(request.estimators) - set(known)):
        raise RecipeError(
            f"the recipe has no estimator {', '.join(unknown)}",
            file=request.recipe,
            hint=f"it has {', '.join(known)}",
        )
    asked = request.estimators or known
    update: dict[str, Any] = {
        "estimator": tuple(section for section in recipe.estimator if section.id in asked)
    }
    if recipe.combination is not None and (named := recipe.combination.estimators):
        members = tuple(id for id in named if id in asked)
        section = recipe.combination.model_copy(update={"estimators": members})
        update["combination"] = section if members else None  # no names would mean all
    if request.seed is not None:
        update["seed"] = request.seed
        update["evaluation"] = recipe.evaluation.model_copy(update={"seed": request.seed})
    return recipe.model_copy(update=update)


def _software(recipe: Recipe, registry: Registry) -> tuple[dict[str, str], list[dict[str, Any]]]:
    """Give the versions of what the results depend on, and the estimators."""
    estimators: list[dict[str, Any]] = []
    for section in recipe.estimator:
        owner = registry.owner(section.id)
        estimators.append(
            {
                "id": section.id,
                "version": registry.spec(section.id).version,
                "distribution": owner.distribution,
                "distribution_version": owner.distribution_version,
                "params": section.params,
            }
        )
    versions = {name: version(name) for name in (*LIBRARIES, *_required(recipe, registry))}
    versions |= {each["distribution"]: each["distribution_version"] for each in estimators}
    return versions, estimators
