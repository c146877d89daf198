"""Published tables that recipes ask TAP services for: answers as files, each with its query."""

from pathlib import Path

from rrcat import atomic
from rrcat.archive.answers import Service, read
from rrcat.archive.config import TableQuery
from rrcat.archive.readers import quietly
from rrcat.archive.rows import MAXREC
from rrcat.errors import ArchiveError

QUERY = ".adql"


def is_fetched(query: TableQuery, folder: Path) -> bool:
    """Tell whether the answer to a query is in the folder of what is fetched."""
    return (folder / query.answer).is_file()


def fetch_table(query: TableQuery, service: Service, folder: Path) -> int:
    """Ask a query and keep its answer as a VOTable; give the bytes received.

    The file holds the table alone, without what services say of the request and its date, so that
    the same rows give the same bytes.

    Raises
    ------
    ArchiveError
        There is no answer, it has no rows, or the service cut it short.
    """
    answer = service.ask(query.adql.strip(), maxrec=MAXREC)
    size = answer.stat().st_size
    raw, overflow = read(answer, {}, answer)
    if overflow or raw.frame.is_empty():
        answer.unlink()
        raise ArchiveError(
            f"the service cut the answer after {raw.frame.height:,} rows"
            if overflow
            else "the query has no rows",
            url=query.url,
            hint="ask for fewer rows" if overflow else "check its conditions",
        )
    path = folder / query.answer
    atomic.write_bytes(path.with_suffix(QUERY), query.text.encode())
    with atomic.new_file(path) as temporary:
        quietly(lambda: _write_alone(answer, temporary))
    answer.unlink()
    return size


def _write_alone(answer: Path, to: Path) -> None:
    from astropy.io import votable

    table = votable.parse(answer, verify="ignore").get_first_table()
    table.format = "tabledata"
    table.infos.clear()
    document = votable.tree.VOTableFile()
    resource = votable.tree.Resource()
    resource.tables.append(table)
    document.resources.append(resource)
    document.to_xml(str(to))
