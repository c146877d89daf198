"""A private TAP server: GAVO DaCHS on PostgreSQL, on loopback, with the tables of the tests.

It needs the Debian packages python3-gavo, postgresql-15, postgresql-15-pgsphere and
postgresql-15-q3c, and as root the user `postgres` that they make. Everything lies in one temporary
folder, PostgreSQL listens on a socket there only, and both servers are children that end with this
process, however it ends.
"""

import getpass
import grp
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import polars as pl

HERE = Path(__file__).resolve().parent
PACKAGES = ("python3-gavo", "postgresql-15", "postgresql-15-pgsphere", "postgresql-15-q3c")
SHARED = Path("/usr/share/postgresql")
DEFAULT_MAXREC = 2000  # rows of an answer where a query names no limit
DESCRIPTORS = {"gaiadr3": "gaia", "survey": "gaia", "asas": "asas", "vizier": "vizier"}
START_WITHIN = 60.0  # s


@dataclass(frozen=True)
class TapServer:
    """Where the server answers (TAP base URL), its tables by their names in ADQL, and itself."""

    url: str
    tables: Mapping[str, pl.DataFrame]
    instance: "Instance"


def missing() -> str | None:
    """Say what this machine lacks for the server, or nothing where it can start."""
    if shutil.which("dachs") is None or not programs():
        return f"the TAP server needs the Debian packages {', '.join(PACKAGES)}"
    return None


def programs() -> list[Path]:
    """Give the folders of PostgreSQL's programs: versions with both extensions, newest last."""
    return sorted(
        folder
        for folder in Path("/usr/lib/postgresql").glob("*/bin")
        if all((extensions(folder) / f"{name}.control").exists() for name in ("pg_sphere", "q3c"))
    )


def extensions(folder: Path) -> Path:
    return SHARED / folder.parent.name / "extension"


@contextmanager
def serving(tables: Mapping[str, pl.DataFrame]) -> Iterator[TapServer]:
    """Serve tables, as `archive_tables` makes them, until the context ends."""
    with initialised() as instance:
        for schema, descriptor in DESCRIPTORS.items():
            instance.declare(schema, HERE / "descriptors" / f"{descriptor}.rd")
        for name, frame in tables.items():
            fill = instance.fill_quoted if name.startswith('"') else instance.fill
            fill(name, frame)
        with instance.dachs():
            yield TapServer(f"{instance.url}/tap", tables, instance)


@contextmanager
def initialised() -> Iterator["Instance"]:
    """Give a database with DaCHS's own tables in it, and no others, until the context ends."""
    with tempfile.TemporaryDirectory(prefix="rrcat-tap-") as folder:
        instance = Instance(Path(folder), port=free_port())
        with instance.postgres():
            instance.initialise()
            yield instance


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Instance:
    """The two servers under one folder, run by the user `postgres` where this process is root."""

    def __init__(self, folder: Path, *, port: int) -> None:
        self.folder, self.url = folder, f"http://127.0.0.1:{port}"
        self.bin = programs()[-1]
        self.user = "postgres" if os.geteuid() == 0 else getpass.getuser()
        self.group = "postgres" if os.geteuid() == 0 else grp.getgrgid(os.getegid()).gr_name
        folder.chmod(0o755)
        (folder / "gavo.rc").write_text(self._settings(port))
        if os.geteuid() == 0:
            shutil.chown(folder, self.user, self.group)

    def _settings(self, port: int) -> str:
        return (
            f"[general]\nrootDir: {self.folder}/gavo\n"
            f"group: {self.group}\ngavoGroup: {self.group}\n"
            "maintainerAddress: invalid@example.org\n"
            f"[web]\nbindAddress: 127.0.0.1\nserverPort: {port}\nserverURL: {self.url}\n"
            f"user: {self.user}\nsitename: tests\n"
            f"[async]\ndefaultMAXREC: {DEFAULT_MAXREC}\n[ivoa]\nauthority: x-loopback.test\n"
        )

    def _command(self, *command: str | Path, stop: str = "TERM") -> list[str]:
        """Give a command as the servers' user, with the signal that ends it with this process."""
        change = ["setpriv", "--reuid", self.user, "--regid", self.group, "--init-groups"]
        environment = {
            "HOME": self.folder,
            "GAVOSETTINGS": self.folder / "gavo.rc",
            "GAVOCUSTOM": "/nonexistent",
            "PATH": f"/usr/bin:/bin:{self.bin}",
            "PYTHONPATH": HERE / "in_dachs",
            "PGHOST": self.folder,
            "PGUSER": self.user,
            "LC_ALL": "C.UTF-8",
        }
        settings = [f"{name}={value}" for name, value in environment.items()]
        # Apart, since a change of the user takes the signal back.
        words = ["setpriv", "--pdeathsig", stop, "env", "-i", *settings, *command]
        return [str(word) for word in (change if os.geteuid() == 0 else []) + words]

    def run(self, *command: str | Path, stdin: bytes | None = None) -> str:
        done = subprocess.run(
            self._command(*command), input=stdin, capture_output=True, cwd=self.folder
        )
        if done.returncode != 0:
            told = (done.stderr + done.stdout).decode(errors="replace")
            raise RuntimeError(f"{command[0]} failed:\n{told[-4000:]}")
        return done.stdout.decode()

    def sql(self, statement: str, *, database: str = "gavo", stdin: bytes | None = None) -> str:
        strict = ("psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1")
        return self.run(*strict, "-d", database, "-c", statement, stdin=stdin)

    @contextmanager
    def postgres(self) -> Iterator[None]:
        """Run PostgreSQL with its data and its socket in the folder."""
        data = self.folder / "pg"
        local = ("-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        self.run(self.bin / "initdb", "-D", data, "-U", self.user, *local)
        options = {
            "listen_addresses": "",
            "unix_socket_directories": self.folder,
            "fsync": "off",
            "full_page_writes": "off",
            "ssl": "off",
        }
        words = [word for key, value in options.items() for word in ("-c", f"{key}={value}")]
        command: list[str | Path] = [self.bin / "postgres", "-D", data, *words]

        def ready() -> None:
            self.sql("SELECT 1", database="postgres")

        with self._child(command, ready, stop="INT"):
            yield

    def initialise(self) -> None:
        """Make the database and DaCHS's own tables in it."""
        self.sql("CREATE DATABASE gavo TEMPLATE template0", database="postgres")
        self._add_pg_sphere()
        self.run("dachs", "init", "-d", f"host={self.folder} dbname=gavo user={self.user}")

    def _add_pg_sphere(self) -> None:
        """Add pg_sphere, also where PostgreSQL declines to create the extension.

        PostgreSQL 15.20 does not take the commutators of two operators of pg_sphere 1.2.0. DaCHS
        needs neither, so the script is then run without them.
        """
        try:
            self.sql("CREATE EXTENSION pg_sphere")
            return
        except RuntimeError:
            pass
        script = extensions(self.bin) / "pg_sphere--1.2.0.sql"
        text = script.read_text().replace("MODULE_PATHNAME", "$libdir/pg_sphere")
        text = re.sub(r"^\\echo.*$", "", text, flags=re.M)
        text = re.sub(r"CREATE OPERATOR @ \([^;]*smoc[^;]*\);", "", text)
        self.run("psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", "gavo", stdin=text.encode())
        self.sql(
            "INSERT INTO pg_extension"
            " (oid, extname, extowner, extnamespace, extrelocatable, extversion) SELECT"
            " pg_nextoid('pg_extension', 'oid', 'pg_extension_oid_index'), 'pg_sphere',"
            " 10, oid, true, '1.2.0' FROM pg_namespace WHERE nspname = 'public'"
        )

    def declare(self, schema: str, descriptor: Path) -> None:
        """Create the empty tables of a resource descriptor under the name of a schema."""
        folder = self.folder / "gavo" / "inputs" / schema
        folder.mkdir()
        (folder / "q.rd").write_text(descriptor.read_text().replace("SCHEMA", schema))
        self.run("dachs", "imp", f"{schema}/q")

    def take_in(self, schema: str, export: Path) -> None:
        """Copy an exported resource among the inputs; `run` then imports it like a curator."""
        folder = self.folder / "gavo" / "inputs" / schema
        shutil.copytree(export, folder)
        if os.geteuid() == 0:
            for path in (folder, *folder.rglob("*")):
                shutil.chown(path, self.user, self.group)

    def know_subjects(self, *terms: str) -> None:
        """Stand in for the thesaurus of subjects, which `dachs val` would fetch."""
        uri = "http://www.ivoa.net/rdf/uat"
        told = {"uri": uri, "terms": {term: {"label": term} for term in terms}}
        name = uri.replace("/", "=2F")
        (self.folder / "gavo" / "cache" / name).write_text(json.dumps(told))

    def fill(self, table: str, frame: pl.DataFrame) -> None:
        """Copy a frame into a table; columns of the table that it lacks stay null."""
        cells = pl.selectors.list().list.eval(pl.element().cast(pl.String).fill_null("NULL"))
        text = frame.with_columns(("{" + cells.list.join(",") + "}").name.keep())
        columns = ", ".join(f'"{name}"' if "[" in name else name for name in frame.columns)
        self.sql(
            f"COPY {table} ({columns}) FROM STDIN (FORMAT csv)",
            stdin=text.write_csv(include_header=False).encode(),
        )
        self.sql(f"ANALYZE {table}")

    def fill_quoted(self, name: str, frame: pl.DataFrame) -> None:
        """Fill the table behind a quoted name, '"I/355/epphot"', and make a view of that name."""
        table = "vizier." + re.sub(r"\W", "_", name.strip('"').lower())
        self.fill(table, frame)
        self.sql(f"CREATE VIEW {name} AS SELECT * FROM {table}")
        self.sql(f"GRANT SELECT ON {name} TO PUBLIC")

    @contextmanager
    def dachs(self) -> Iterator[None]:
        """Run DaCHS until the context ends."""
        with self._child(("dachs", "serve", "start", "-f"), self._answers, stop="KILL"):
            yield

    def _answers(self) -> None:
        with urllib.request.urlopen(f"{self.url}/tap/availability", timeout=10) as answer:
            answer.read()

    @contextmanager
    def _child(
        self, command: Sequence[str | Path], ready: Callable[[], None], *, stop: str
    ) -> Iterator[None]:
        """Run a server and all that it starts, from when it is ready until the context ends."""
        log = self.folder / f"{Path(command[0]).name}.log"
        with log.open("wb") as out:
            child = subprocess.Popen(
                self._command(*command, stop=stop),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                cwd=self.folder,
                start_new_session=True,
            )
        try:
            deadline = time.monotonic() + START_WITHIN
            while True:
                try:
                    ready()
                    break
                except (OSError, RuntimeError):
                    if child.poll() is not None or time.monotonic() > deadline:
                        told = log.read_text(errors="replace")[-4000:]
                        raise RuntimeError(f"{command[0]} did not start:\n{told}") from None
                    time.sleep(0.05)
            yield
        finally:
            child.send_signal(signal.Signals[f"SIG{stop}"])
            with suppress(subprocess.TimeoutExpired):
                child.wait(10)
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)  # what it has left behind
            child.wait()
