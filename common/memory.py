"""A dictionary of bounded size that lives in the process and forgets what nobody has asked for lately."""

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Memory(Generic[Key, Value]):
    """Remembers values by keys that say all they depend on, so that none is ever wrong, only forgotten.

    Two generations: once the young one weighs half of `most`, it becomes the old one, and the old one is forgotten;
    what is found in the old one becomes young again. So a hit costs no bookkeeping. Threads need no lock: the worst
    that two at once can do is to forget early.
    """

    def __init__(self, most: int, *, weight: Callable[[Value], int] = lambda value: 1) -> None:
        self._most_young = most // 2
        self._weight = weight
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self._young: dict[Key, Value] = {}
        self._old: dict[Key, Value] = {}
        self._weighs = 0

    def get(self, key: Key) -> Value | None:
        """The value, or None."""
        value = self._young.get(key)
        if value is None:
            value = self._old.get(key)
            if value is not None:
                self.put(key, value)
        return value

    def put(self, key: Key, value: Value) -> None:
        """Remember the value."""
        if self._weighs > self._most_young:
            self._old, self._young, self._weighs = self._young, {}, 0
        self._young[key] = value
        self._weighs += self._weight(value)
