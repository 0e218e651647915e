"""Whether words that a customer is typing are, but for a typo, the beginnings of words of a name."""

from collections.abc import Sequence

SHORTEST_WITH_TYPO = 4


def typos(typed: Sequence[str], name: Sequence[str]) -> int | None:
    """How many typos lie between the typed words and words of the name that begin like them; None for too many.

    Each typed word of four letters or more may have one: a letter wrong, missing, too many, or two swapped.
    """
    total = 0
    for word in typed:
        allowed = 1 if len(word) >= SHORTEST_WITH_TYPO else 0
        best = min((_distance(word, other) for other in name), default=2)
        if best > allowed:
            return None
        total += best
    return total


def swaps(word: str) -> list[str]:
    """The word with each two neighbouring letters swapped."""
    return [word[:i] + word[i + 1] + word[i] + word[i + 2 :] for i in range(len(word) - 1)]


def _distance(typed: str, word: str) -> int:
    """0 where the word begins with what was typed, 1 where one typo explains the difference, else 2."""
    if word.startswith(typed):
        return 0
    same = next((i for i, (a, b) in enumerate(zip(typed, word, strict=False)) if a != b), min(len(typed), len(word)))
    rest = typed[same:]
    wrong, missing, extra = word[same + 1 :], word[same + 1 :], word[same:]
    explained = (
        wrong.startswith(rest[1:])
        or missing.startswith(rest)
        or extra.startswith(rest[1:])
        or (word[same : same + 2] == rest[:2][::-1] and len(rest) > 1 and word[same + 2 :].startswith(rest[2:]))
    )
    return 1 if explained else 2
