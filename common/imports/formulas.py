"""Texts that a spreadsheet would run: exports put an apostrophe before them, imports take it away again."""

import re

_LOOKS_LIKE_FORMULA = re.compile(r"'*[=+\-@\t\r]")


def protect(text: str) -> str:
    """Return the text as a spreadsheet shows it without running it."""
    return f"'{text}" if _LOOKS_LIKE_FORMULA.match(text) else text


def unprotect(text: str) -> str:
    """Return the text without the apostrophe that keeps a spreadsheet from running it."""
    return text[1:] if text.startswith("'") and _LOOKS_LIKE_FORMULA.match(text) else text
