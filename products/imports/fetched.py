"""The SQL that tells pictures fetched from an address, which come after their import and are no change by hand."""

# Of picture x. One whose text somebody changed since counts as that person's.
FETCHED = """EXISTS (
    SELECT FROM products_wantedpicture w
    WHERE w.product_id = x.product_id AND w.picture_id = x.id AND w.alt_text = x.alt_text
)"""

# Of row r of the file: whether it names a picture by address that is not among the files that came with it.
NAMES_ADDRESSES = "coalesce(jsonb_path_exists(r.image_urls, '$[*] ? (@.is_here == false)'), false)"


def fetched_since(pictures: str) -> str:
    """Return the SQL of whether picture x was fetched and is not among these, a list of pictures as JSON."""
    return f"({FETCHED} AND NOT coalesce({pictures}, '[]') @> jsonb_build_array(jsonb_build_object('id', x.id)))"
