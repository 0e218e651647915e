"""Turns the HTML of other shops' descriptions into the plain text that ours are."""

import re
from html.parser import HTMLParser

_LOOKS_LIKE_HTML = re.compile(r"<[a-z/!]|&(#[0-9]+|#x[0-9a-f]+|[a-z]+[0-9]*);", re.IGNORECASE)
# Word's conditional sections, which the parser does not always survive.
_MARKED_SECTION = re.compile(r"<!\[[^>]*>?")
_DROPPED = {"script", "style", "template", "noscript", "head", "iframe", "object", "svg"}
_PARAGRAPHS = {
    *("p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "table", "blockquote", "pre", "hr"),
    *("section", "article", "header", "footer", "figure"),
}
_LINES = {"div", "li", "tr", "dt", "dd", "figcaption", "caption"}
_CELLS = {"td", "th"}


def plain_text(html: str) -> str:
    """Return what a reader of the page sees, lists as lines with a hyphen; text without markup comes back as it is.

    Scripts, styles and all tags are gone, so nothing of another shop's page runs in this one's.
    """
    if not _LOOKS_LIKE_HTML.search(html):
        return html
    reader = _Reader()
    reader.feed(_MARKED_SECTION.sub("", html))
    reader.close()
    lines = [" ".join(line.split()) for line in "".join(reader.parts).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._breaks = 0  # line ends before what comes next
        self._is_after_hyphen = False
        self._inside: list[str] = []  # of what is dropped

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _DROPPED:
            self._inside.append(tag)
        self._break(tag)
        if tag == "br":
            self._breaks += 1
        if tag == "li":
            self.handle_data("- ")
            self._is_after_hyphen = not self._inside
        if tag in _CELLS:
            self.parts.append(" ")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._break(tag)
        if tag == "br":
            self._breaks += 1

    def handle_endtag(self, tag: str) -> None:
        if tag in self._inside:
            del self._inside[self._inside.index(tag) :]
        self._break(tag)

    def handle_data(self, data: str) -> None:
        if self._inside:
            return
        if self._breaks or self._is_after_hyphen:
            data = data.lstrip()
        if data:
            self.parts.append(data if self._is_after_hyphen else "\n" * self._breaks + data)
            self._breaks, self._is_after_hyphen = 0, False

    def _break(self, tag: str) -> None:
        if tag in _PARAGRAPHS:
            self._breaks = max(self._breaks, 2)
        elif tag in _LINES:
            self._breaks = max(self._breaks, 1)
