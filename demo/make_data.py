"""Makes `demo/data` from Livostyle's open catalogue: `python -m demo.make_data FOLDER` (needs no database).

The same folder always gives the same bytes: every made-up number is drawn from a hash of the product's SKU.
"""

import argparse
import csv
import gzip
import io
import shutil
import tarfile
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from PIL import Image, ImageStat

from demo.made_up import made_up_product, made_up_variations
from products.imports.formats.livostyle_tree import category_paths
from products.imports.lists import CategoryPath

PRODUCT_COUNT = 1200
COLUMNS = [
    *("sku", "parent_sku", "name", "slug", "description", "price", "compare_price", "cost_price"),
    *("stock_quantity", "low_stock_threshold", "weight", "is_active", "tax_class"),
    *("categories", "images", "image_alt_texts"),
    *("option_name", "option_value", "price_adjustment"),
]
_DATA = Path(__file__).parent / "data"
_WEBP_QUALITY = 75
_MIN_CONTRAST = 15  # standard deviation of the grey values; less is a product lost in its white background
_MIN_CATEGORY_SIZE = 4
_MISLABELLED = {"Badge & Pass Holders", "Business Card Cases", "Checkbook Covers", "Lingerie"}
_TOO_GENERAL: set[CategoryPath] = {(), ("Clothing",), ("Jewelry",)}

SOURCE_TEXT = """\
Origin: "Livostyle Women's Fashion Catalog, Open Data" by Arcada LLC (d/b/a Livostyle), https://livostyle.com,
published at github.com/arturayupov/womens-fashion-catalog-open-data,
commit 528758ec3bca3e9345aa2a8321c406f3e45741ee.
License: MIT, see LICENSE beside this file.

Taken over unchanged: product ids (here the SKU), names, handles (here the slug), descriptions, lowest prices.
Changed: {products} of the 2,766 products were chosen, balanced over the categories; the root
"Apparel & Accessories" was dropped, two levels were renamed, product types became leaves and about forty tags
became categories; the 200 x 200 JPEG thumbnails were re-encoded as WebP.
Made up, and true of no real shop: stock, low-stock thresholds, cost prices, compare prices, weights and all
variations.

Made by: python -m demo.make_data FOLDER; FOLDER holds the origin's products.csv and thumbnails.tar.
"""


def main() -> None:
    """Write catalogue, pictures, licence and origin into `demo/data`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path, help="folder with products.csv, thumbnails.tar and LICENSE")
    source: Path = parser.parse_args().source
    pictures = _read_good_pictures(source / "thumbnails.tar")
    chosen = _choose(_read_products(source / "products.csv"), pictures)
    _DATA.mkdir(exist_ok=True)
    _write_catalogue(_DATA / "catalogue.csv.gz", chosen)
    _write_pictures(_DATA / "pictures.zip", {row["handle"]: pictures[row["handle"]] for row in chosen})
    shutil.copyfile(source / "LICENSE", _DATA / "LICENSE")
    (_DATA / "SOURCE.txt").write_text(SOURCE_TEXT.format(products=f"{len(chosen):,}"), encoding="utf-8")


def _read_products(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def _read_good_pictures(path: Path) -> dict[str, bytes]:
    pictures = {}
    with tarfile.open(path) as archive:
        for member in archive:
            opened = archive.extractfile(member)
            if opened is None:
                continue
            picture = _as_webp(opened.read())
            if picture:
                pictures[Path(member.name).stem] = picture
    return pictures


def _as_webp(content: bytes) -> bytes | None:
    try:
        image = Image.open(io.BytesIO(content)).convert("RGB")
    except OSError:  # one thumbnail of the origin is cut off
        return None
    if ImageStat.Stat(image.convert("L")).stddev[0] < _MIN_CONTRAST:
        return None
    packed = io.BytesIO()
    image.save(packed, "WEBP", quality=_WEBP_QUALITY, method=6)
    return packed.getvalue()


def _choose(rows: list[dict[str, str]], pictures: dict[str, bytes]) -> list[dict[str, str]]:
    """Take one product of each category in turn, so that the small categories are there too."""
    by_category: dict[CategoryPath, list[dict[str, str]]] = defaultdict(list)
    seen_names: set[str] = set()
    for row in rows:
        path = _paths(row)[0]
        if row["handle"] in pictures and row["title"] not in seen_names and path not in _TOO_GENERAL:
            seen_names.add(row["title"])
            by_category[path].append(row)
    queues = [
        iter(members)
        for path, members in sorted(by_category.items())
        if len(members) >= _MIN_CATEGORY_SIZE and not _MISLABELLED.intersection(path)
    ]
    return sorted(_take_in_turn(queues, PRODUCT_COUNT), key=lambda row: row["id"])


def _take_in_turn(queues: list[Iterator[dict[str, str]]], count: int) -> list[dict[str, str]]:
    taken: list[dict[str, str]] = []
    while queues and len(taken) < count:
        rows = [(queue, next(queue, None)) for queue in queues]
        queues = [queue for queue, row in rows if row]
        taken += [row for _, row in rows if row]
    return taken[:count]


def _paths(row: dict[str, str]) -> list[CategoryPath]:
    return category_paths(
        full_path=row["category_full_path"], product_type=row["product_type"], tags=row["tags"].split("|")
    ) or [()]


def _write_catalogue(path: Path, rows: list[dict[str, str]]) -> None:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    for row in rows:
        paths = _paths(row)
        variations = made_up_variations(sku=row["id"], path=paths[0])
        writer.writerow(
            {
                "sku": row["id"],
                "name": row["title"],
                "slug": row["handle"],
                "description": row["description"],
                "price": row["price_min_usd"],
                "is_active": "true",
                "categories": " | ".join(" > ".join(path) for path in paths),
                "images": f"{row['handle']}.webp",
                "image_alt_texts": row["title"],
                **made_up_product(
                    sku=row["id"], path=paths[0], price=row["price_min_usd"], has_variations=bool(variations)
                ),
            }
        )
        writer.writerows(variations)
    path.write_bytes(gzip.compress(text.getvalue().encode(), mtime=0))


def _write_pictures(path: Path, pictures: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, content in sorted(pictures.items()):
            archive.writestr(zipfile.ZipInfo(f"{name}.webp", date_time=(2026, 5, 13, 0, 0, 0)), content)


if __name__ == "__main__":
    main()
