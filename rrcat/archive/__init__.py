"""Where stars, light curves and features come from: the local store and what fills it."""

from rrcat.archive.config import FilesArchive, Selection
from rrcat.archive.files import read_files
from rrcat.archive.ingest import Ingest
from rrcat.archive.selection import select
from rrcat.archive.store import LocalStore, StorePart
from rrcat.archive.store_writing import close_store, cut_out, write_part, write_store

__all__ = [
    "FilesArchive",
    "Ingest",
    "LocalStore",
    "Selection",
    "StorePart",
    "close_store",
    "cut_out",
    "read_files",
    "select",
    "write_part",
    "write_store",
]
