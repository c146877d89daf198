"""Where stars, light curves and features come from: the local store and what fills it."""

from rrcat.archive.config import FilesArchive, Selection
from rrcat.archive.files import read_files
from rrcat.archive.ingest import Ingest
from rrcat.archive.selection import select
from rrcat.archive.store import LocalStore, write_store

__all__ = [
    "FilesArchive",
    "Ingest",
    "LocalStore",
    "Selection",
    "read_files",
    "select",
    "write_store",
]
