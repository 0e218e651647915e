"""Reads a file of separated values whatever its encoding and delimiter, row by row, in constant memory."""

import codecs
import csv
import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, NamedTuple, cast

from common.imports.errors import BadValue, FileRefused

DELIMITERS = (",", ";", "\t")
MAX_CELL_LENGTH = 1_000_000
_CHUNK_BYTES = 1 << 16
_GZIP_MAGIC = b"\x1f\x8b"
# UTF-32 first: its little-endian mark begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class RawRow(NamedTuple):
    """The cells of one record and the line of the file on which it begins."""

    line: int
    cells: list[str]
    broken: BadValue | None = None  # the record itself could not be read


@dataclass
class OpenTable:
    """An open file: its header (lower case, spaces as underscores), and the rows below it."""

    encoding: str
    delimiter: str
    header: list[str]
    original_header: list[str]
    rows: Iterator[RawRow]
    size: int  # bytes of the file on disk, and how many of them are read
    position: Callable[[], int]


@contextmanager
def open_table(path: Path, *, encoding: str | None = None) -> Iterator[OpenTable]:
    """Open the file (gzipped or not) for reading; raises FileRefused where that cannot be done, then or later."""
    with ExitStack() as stack:
        with _refusing(path):
            detected = _known_encoding(encoding) if encoding else _detect_encoding(path)
            raw = stack.enter_context(path.open("rb"))
            content = stack.enter_context(_unzipped(raw))
            text = io.TextIOWrapper(content, encoding=detected, errors=_escaping(detected), newline="")
            stack.callback(text.close)
            delimiter, original = _read_header(text)
        yield OpenTable(
            encoding=detected,
            delimiter=delimiter,
            header=[cell.casefold().replace(" ", "_") for cell in original],
            original_header=original,
            rows=_read_rows(path, text, delimiter),
            size=path.stat().st_size,
            position=raw.tell,
        )


@contextmanager
def _refusing(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, EOFError, zlib.error) as error:
        raise FileRefused(f"{path}: {getattr(error, 'strerror', None) or error}") from error
    except UnicodeError as error:
        raise FileRefused(f"{path} cannot be read as text, say --encoding: {error}") from error


def _unzipped(raw: io.BufferedReader) -> IO[bytes]:
    return cast(IO[bytes], gzip.open(raw, "rb")) if raw.peek(2)[:2] == _GZIP_MAGIC else raw


def _known_encoding(name: str) -> str:
    try:
        "".encode(name)  # unlike a mere look-up, this refuses codecs that are none of text, such as base64
        found = codecs.lookup(name).name
    except (LookupError, UnicodeError) as error:
        raise FileRefused(f"there is no encoding {name!r}") from error
    return "utf-8-sig" if found == "utf-8" else found


def _escaping(encoding: str) -> str:
    """Bytes that the encoding does not know stay visible in their row, so that only that row is refused."""
    return "strict" if encoding.startswith(("utf-16", "utf-32")) else "surrogateescape"


def _detect_encoding(path: Path) -> str:
    """Tell the encoding by its mark, else by its NULs, else UTF-8 unless more of it is wrong than right."""
    with path.open("rb") as raw, _unzipped(raw) as content:
        start = content.read(_CHUNK_BYTES)
        return _told_by_start(start) or _told_by_all(start, content)


def _told_by_start(start: bytes) -> str | None:
    for mark, name in _MARKS:
        if start.startswith(mark):
            return name
    if start[1:200:2].count(0) > 80:
        return "utf-16-le"
    if start[0:200:2].count(0) > 80:
        return "utf-16-be"
    return None


def _told_by_all(start: bytes, content: IO[bytes]) -> str:
    right, wrong = 0, 0
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    chunk = start
    while chunk:
        text = decoder.decode(chunk)
        if not text.isascii():
            known = text.encode("utf-8", "ignore").decode()
            wrong += len(text) - len(known)
            right += len(known) - len(known.encode("ascii", "ignore"))
        chunk = content.read(_CHUNK_BYTES)
    return "cp1252" if wrong > right else "utf-8"


def _read_header(text: io.TextIOWrapper) -> tuple[str, list[str]]:
    first = text.readline(MAX_CELL_LENGTH)
    if not first.strip():
        raise FileRefused("the file is empty or its first line is blank; that line names the columns")
    delimiter = max(DELIMITERS, key=lambda each: len(next(csv.reader([first], delimiter=each))))
    header = [cell.strip() for cell in next(csv.reader([first], delimiter=delimiter))]
    while header and not header[-1]:
        header.pop()
    return delimiter, header


def _read_rows(path: Path, text: io.TextIOWrapper, delimiter: str) -> Iterator[RawRow]:
    csv.field_size_limit(MAX_CELL_LENGTH)
    reader = csv.reader(text, delimiter=delimiter)
    with _refusing(path):
        while True:
            line = reader.line_num + 2  # the header was read before, and lines count from 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield RawRow(line, [], BadValue("unreadable_row", f"the row cannot be read: {error}"))
                continue
            if any(map(str.strip, cells)):
                yield RawRow(line, cells)
