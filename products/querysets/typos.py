"""Typos: how far words are apart, and the keys by which the database finds the words that are near."""

import re
from collections.abc import Iterable, Sequence

SHORTEST_WITH_TYPO = 4
SHORTEST_WITH_TWO_TYPOS = 8
LONGEST_BEGINNING = 9  # as `products_typo_keys` of the database has it
LONGEST_WORD = 40
MOST_WORDS = 16
_WORD = re.compile(r"[^\W_]+")


def words_of(folded: str) -> list[str]:
    """The words of a text without accents and capitals, letters and digits only."""
    return [word[:LONGEST_WORD] for word in _WORD.findall(folded)[:MOST_WORDS]]


def typos(typed: Sequence[str], name: Sequence[str]) -> int | None:
    """How many typos lie between the typed words and words of the name that begin like them; None for too many.

    Each typed word of four letters or more may have one: a letter wrong, missing, too many, or two swapped.
    """
    total = 0
    for word in typed:
        allowed = 1 if len(word) >= SHORTEST_WITH_TYPO else 0
        best = min((typos_of_beginning(word, other) for other in name), default=2)
        if best > allowed:
            return None
        total += best
    return total


def allowed_typos(word: str) -> int:
    """How many typos a whole word may have: none below four letters, two from eight on."""
    return (len(word) >= SHORTEST_WITH_TYPO) + (len(word) >= SHORTEST_WITH_TWO_TYPOS)


def typo_keys(words: Iterable[str]) -> list[str]:
    """What the words and all words and beginnings that are near them have in common with their `keys`."""
    keys: set[str] = set()
    for word in words:
        keys.add(word)
        if len(word) >= SHORTEST_WITH_TYPO:
            less = _with_one_less(word)
            keys |= less | _with_one_less(word[:LONGEST_BEGINNING]) | {word[:LONGEST_BEGINNING]}
            if len(word) >= SHORTEST_WITH_TWO_TYPOS:
                keys |= {key for shorter in less for key in _with_one_less(shorter)}
    return sorted(keys)


def swaps(word: str) -> list[str]:
    """The word with each two neighbouring letters swapped."""
    return [word[:i] + word[i + 1] + word[i] + word[i + 2 :] for i in range(len(word) - 1)]


def typos_of_beginning(typed: str, word: str) -> int:
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


def typos_of_word(typed: str, word: str) -> int:
    """The least number of letters wrong, missing, too many, or neighbours swapped, that make one word the other."""
    before: list[int] = []
    row = list(range(len(word) + 1))
    for i, letter in enumerate(typed, start=1):
        above, row = row, [i]
        for j, other in enumerate(word, start=1):
            best = min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == word[j - 2] and typed[i - 2] == other:
                best = min(best, before[j - 2] + 1)
            row.append(best)
        before = above
    return row[-1]


def _with_one_less(word: str) -> set[str]:
    return {word[:i] + word[i + 1 :] for i in range(len(word))}
