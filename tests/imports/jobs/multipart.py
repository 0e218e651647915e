"""Sends a file through real HTTP."""

import json
import urllib.error
import urllib.request

from tests.live import ANSWER_SECONDS, Answer

BOUNDARY = "between-the-parts"


def post_file(origin: str, content: bytes, *, Authorization: str, **fields: str) -> Answer:  # noqa: N803 - a header
    """POST the file to imports/ as products.csv, of products."""
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in {"subject": "products", **fields}.items()
    ]
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="products.csv"\r\n\r\n'
    body = b"".join([*parts, head.encode(), content, f"\r\n--{BOUNDARY}--\r\n".encode()])
    request = urllib.request.Request(  # noqa: S310 - our own server
        f"{origin}/api/v1/imports/",
        data=body,
        headers={"Content-Type": f"multipart/form-data; boundary={BOUNDARY}", "Authorization": Authorization},
        method="POST",
    )
    try:
        with urllib.request.urlopen(request, timeout=ANSWER_SECONDS) as answer:  # noqa: S310 - our own server
            return Answer(answer.status, json.loads(answer.read()), answer.headers)
    except urllib.error.HTTPError as error:
        return Answer(error.code, json.loads(error.read() or b"null"), error.headers)
