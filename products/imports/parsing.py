"""Turns the rows of an open file into rows for the staging table, by the file's format."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import cast

from common.imports.errors import PRODUCT_REFUSED, BadValue, Refusal, RefusedRow
from common.imports.reading import OpenTable, RawRow
from common.imports.refused_files import ERROR_COLUMN
from common.imports.shapes import UNDECODED, wrong_shape
from common.remote_files import is_fetchable
from products.imports import lists
from products.imports.formats.cells import picture_name
from products.imports.formats.format import Format, NativeRow, NotNative, ProductKey, SourceRow
from products.imports.grouping import read_products
from products.imports.image_files import ImageFiles, stored_name
from products.imports.rows import Value, WrongRow, WrongValue, parse_row
from products.services.images import MOST_IMAGES

_LONGEST_ALT_TEXT = 255


class RowsRefused(Exception):
    """Raised with the rows that are left out and why."""

    def __init__(self, rows: list[RefusedRow]) -> None:
        super().__init__(f"{len(rows)} rows")
        self.rows = rows


class RowParser:
    """Knows the header, the format and where pictures are; parses one product's rows after the other's."""

    def __init__(self, *, table: OpenTable, file_format: Format, images: ImageFiles | None) -> None:
        self._header = file_format.named(table.header)
        self._original_names = dict(zip(self._header, table.original_header, strict=True))
        self._format = file_format
        self._images = images
        stated = file_format.stated_columns(self._header)
        self._states_texts = "image_alt_texts" in stated
        if "images" in stated:
            stated |= {"image_urls"}
        if images is None and file_format.images_may_be_missing:
            stated -= {"images", "image_alt_texts"}
        self.stated = stated

    @property
    def goes_by_product(self) -> bool:
        """Whether all rows of a product are parsed together, which makes them wait in the database before."""
        return self._format.product_key is not None

    def products(self, rows: Iterable[RawRow]) -> Iterable[list[RawRow]]:
        """Yield what is to be parsed together: single rows, or all of a product where the format goes by product."""
        return read_products(rows, self._product_key) if self._format.product_key else ([row] for row in rows)

    def parse(self, raws: Sequence[RawRow]) -> list[dict[str, Value]]:
        """Return what these rows of the file stand for in rows of the staging table; raises RowsRefused."""
        refusals = [wrong for raw in raws if (wrong := wrong_shape(raw, len(self._header)))]
        rows = [] if refusals else self._parse_sound(raws, refusals)
        if refusals:
            raise RowsRefused(_refused_rows(raws, refusals))
        return rows

    def column_in_file(self, column: str, *, is_variation: bool) -> str:
        """Return the name that the file's own header has for what became a native column."""
        return self._shown(self._format.source_column(column, is_variation=is_variation))

    def _parse_sound(self, raws: Sequence[RawRow], refusals: list[Refusal]) -> list[dict[str, Value]]:
        try:
            natives = self._format.to_native([SourceRow(raw.line, self._cells(raw)) for raw in raws])
        except NotNative as error:
            refusals += [replace(each, column=self._shown(each.column)) for each in error.refusals]
            return []
        rows = []
        for native in natives:
            wrong: list[WrongValue] = []
            row = self._parse_native(native.cells, wrong)
            row.update(line=native.line, stock_is_assumed=native.stock_is_assumed)
            rows.append(row)
            refusals += [self._refusal(native, each) for each in wrong]
        return self._as_group(raws, rows) if self._format.product_key else rows

    def _as_group(self, raws: Sequence[RawRow], rows: list[dict[str, Value]]) -> list[dict[str, Value]]:
        told = {row["line"] for row in rows}
        rows += [{"line": raw.line, "kind": "part", "sku": ""} for raw in raws if raw.line not in told]
        together = [row | {"group_line": raws[0].line} for row in rows]
        return sorted(together, key=lambda row: cast(int, row["line"]))  # a line's rows side by side

    def _shown(self, column: str) -> str:
        return self._original_names.get(column, column)

    def _cells(self, raw: RawRow) -> dict[str, str]:
        cells = dict(zip(self._header, raw.cells, strict=False))
        cells.pop(ERROR_COLUMN, None)
        return cells

    def _product_key(self, raw: RawRow) -> ProductKey:
        key = self._format.product_key(self._cells(raw)) if self._format.product_key else ProductKey("")
        return key if not any("\x00" in each or UNDECODED.search(each) for each in key) else ProductKey("")

    def _parse_native(self, native: Mapping[str, str], wrong: list[WrongValue]) -> dict[str, Value]:
        row: dict[str, Value] = {}
        try:
            row = parse_row(native, stated=self.stated)
        except WrongRow as error:
            wrong += error.wrong
        if "image_urls" in self.stated and not _is_variation(native):
            row["images"], row["image_urls"] = self._parse_images(native, wrong)
        return row

    def _parse_images(self, native: Mapping[str, str], wrong: list[WrongValue]) -> tuple[Value, Value]:
        """The pictures whose files are there, and those to be fetched; None says nothing of a product's own."""
        files = lists.split_items(native.get("images", "").strip())
        texts = lists.split_texts(native.get("image_alt_texts", "").strip())
        if len(files) > MOST_IMAGES:
            error = BadValue("too_many_images", f"{len(files)} pictures, at most {MOST_IMAGES} are kept")
            wrong.append(WrongValue("images", native["images"], error))
            return None, None
        if len(texts) > len(files):
            error = BadValue("too_many_texts", f"{len(texts)} texts for {len(files)} pictures")
            wrong.append(WrongValue("image_alt_texts", native["image_alt_texts"], error))
        wrong += [_too_long_a_text(text) for text in texts if len(text) > _LONGEST_ALT_TEXT]
        pictures: dict[str, Mapping[str, str | None]] = {}
        remote: dict[str, Mapping[str, str | int | None]] = {}
        for place, file in enumerate(files):
            is_remote = is_fetchable(file)
            local = picture_name(file) if is_remote else file
            try:
                name = self._stored_name(local)
            except BadValue as error:
                wrong.append(WrongValue("images", file, error))
                continue
            alt = (texts[place] if place < len(texts) else "") if self._states_texts else None
            if is_remote:
                picture = {"url": file, "alt": alt, "place": place + 1, "is_here": name is not None}
                remote.setdefault(file, picture)
            if not is_remote or name is not None:
                pictures.setdefault(name or f"file:{file}", {"file": local, "name": name, "alt": alt})
        return self._files_found(pictures.values(), is_partial=bool(remote)), list(remote.values()) or None

    def _files_found(self, pictures: Collection[Mapping[str, str | None]], *, is_partial: bool) -> Value:
        if "images" not in self.stated:
            return None
        if self._format.images_may_be_missing:
            return [picture for picture in pictures if picture["name"]] or None
        return None if is_partial and not pictures else list(pictures)

    def _stored_name(self, file: str) -> str | None:
        content = self._images.read(file) if self._images else None
        return stored_name(content) if content is not None else None

    def _refusal(self, native: NativeRow, wrong: WrongValue) -> Refusal:
        column = self.column_in_file(wrong.column, is_variation=_is_variation(native.cells))
        return Refusal(native.line, column, wrong.value, wrong.error.code, wrong.error.reason)


def _is_variation(native: Mapping[str, str]) -> bool:
    return bool(native.get("parent_sku", "").strip())


def _too_long_a_text(text: str) -> WrongValue:
    return WrongValue("image_alt_texts", text, BadValue("too_long", f"longer than {_LONGEST_ALT_TEXT} characters"))


def _refused_rows(raws: Sequence[RawRow], refusals: Sequence[Refusal]) -> list[RefusedRow]:
    """All rows, as they are taken together, each with its own refusals or one that says whose fault it is."""
    reason = f"its product is refused for line {min(each.line for each in refusals)}"
    return [
        RefusedRow(
            raw.line,
            raw.cells,
            [each for each in refusals if each.line == raw.line]
            or [Refusal(line=raw.line, column="", value="", code=PRODUCT_REFUSED, reason=reason)],
        )
        for raw in raws
    ]
