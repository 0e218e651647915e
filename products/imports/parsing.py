"""Turns the rows of an open file into rows for the staging table, by the file's format."""

import re
from collections.abc import Iterable, Mapping

from products.imports import lists
from products.imports.errors import BadValue, Refusal, RefusedRow
from products.imports.formats.format import Format
from products.imports.formats.native import ERROR_COLUMN
from products.imports.image_files import ImageFiles, stored_name
from products.imports.reading import RawRow
from products.imports.rows import Value, WrongRow, WrongValue, parse_row
from products.services.images import MOST_IMAGES

_LONGEST_ALT_TEXT = 255
_UNDECODED = re.compile("[\ud800-\udfff]")


class RowRefused(Exception):
    """Raised with the row that is left out and why."""

    def __init__(self, row: RefusedRow) -> None:
        super().__init__(f"line {row.line}")
        self.row = row


class RowParser:
    """Knows the header, the format and where pictures are; parses one row after the other."""

    def __init__(self, *, header: list[str], file_format: Format, images: ImageFiles | None) -> None:
        self._header = header
        self._format = file_format
        self._images = images
        stated = file_format.stated_columns(header)
        if images is None and file_format.images_may_be_missing:
            stated -= {"images", "image_alt_texts"}
        self.stated = stated

    def parse(self, raw: RawRow) -> list[dict[str, Value]]:
        """Return the row, or the rows, that this row of the file stands for; raises RowRefused."""
        _check_shape(raw, len(self._header))
        cells = dict(zip(self._header, raw.cells, strict=False))
        cells.pop(ERROR_COLUMN, None)
        wrong: list[WrongValue] = []
        rows = []
        for native in self._format.to_native(cells):
            row = self._parse_native(native, wrong)
            rows.append(row | {"line": raw.line, "cells": raw.cells})
        if wrong:
            raise RowRefused(self._refused(raw, wrong))
        return rows

    def _parse_native(self, native: Mapping[str, str], wrong: list[WrongValue]) -> dict[str, Value]:
        row: dict[str, Value] = {}
        try:
            row = parse_row(native, stated=self.stated)
        except WrongRow as error:
            wrong += error.wrong
        if "images" in self.stated and not native.get("parent_sku", "").strip():
            row["images"] = self._parse_images(native, wrong)
        return row

    def _parse_images(self, native: Mapping[str, str], wrong: list[WrongValue]) -> Value:
        files = lists.split_items(native.get("images", "").strip())
        texts = lists.split_texts(native.get("image_alt_texts", "").strip())
        if len(files) > MOST_IMAGES:
            error = BadValue("too_many_images", f"{len(files)} pictures, at most {MOST_IMAGES} are kept")
            wrong.append(WrongValue("images", native["images"], error))
            return None
        if len(texts) > len(files):
            error = BadValue("too_many_texts", f"{len(texts)} texts for {len(files)} pictures")
            wrong.append(WrongValue("image_alt_texts", native["image_alt_texts"], error))
        stated_text = "image_alt_texts" in self.stated
        wrong += [_too_long_a_text(text) for text in texts if len(text) > _LONGEST_ALT_TEXT]
        pictures: dict[str, Mapping[str, str | None]] = {}
        for place, file in enumerate(files):
            try:
                name = self._stored_name(file)
            except BadValue as error:
                wrong.append(WrongValue("images", file, error))
                continue
            alt = (texts[place] if place < len(texts) else "") if stated_text else None
            pictures.setdefault(name or f"file:{file}", {"file": file, "name": name, "alt": alt})
        if self._format.images_may_be_missing:
            found = [picture for picture in pictures.values() if picture["name"]]
            return found or None
        return list(pictures.values())

    def _stored_name(self, file: str) -> str | None:
        content = self._images.read(file) if self._images else None
        return stored_name(content) if content is not None else None

    def _refused(self, raw: RawRow, wrong: Iterable[WrongValue]) -> RefusedRow:
        return RefusedRow(
            raw.line,
            raw.cells,
            [
                Refusal(
                    line=raw.line,
                    column=self._format.source_columns.get(each.column, each.column),
                    value=each.value,
                    code=each.error.code,
                    reason=each.error.reason,
                )
                for each in wrong
            ],
        )


def _too_long_a_text(text: str) -> WrongValue:
    return WrongValue("image_alt_texts", text, BadValue("too_long", f"longer than {_LONGEST_ALT_TEXT} characters"))


def _check_shape(raw: RawRow, width: int) -> None:
    wrong: BadValue | None = raw.broken
    value = ""
    if wrong is None and (len(raw.cells) < width or any(cell.strip() for cell in raw.cells[width:])):
        wrong = BadValue("ragged_row", f"the header has {width} columns, this row {len(raw.cells)}")
    for cell in raw.cells if wrong is None else ():
        if "\x00" in cell:
            wrong, value = BadValue("nul_byte", "holds a NUL byte"), cell
        elif not cell.isascii() and _UNDECODED.search(cell):
            wrong, value = BadValue("bad_encoding", "holds bytes that the file's encoding does not know"), cell
    if wrong:
        refusal = Refusal(line=raw.line, column="", value=value, code=wrong.code, reason=wrong.reason)
        raise RowRefused(RefusedRow(raw.line, raw.cells, [refusal]))
