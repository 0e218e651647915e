"""The process's memory: bounded, forgetting what was not asked for."""

from common.memory import Memory


def test_what_is_asked_for_stays_and_the_rest_goes() -> None:
    memory: Memory[int, bytes] = Memory(1_000, weight=len)
    memory.put(0, b"x" * 50)
    for number in range(1, 200):
        memory.put(number, b"x" * 50)
        assert memory.get(0) == b"x" * 50

    remembered = [number for number in range(200) if memory.get(number)]
    assert 0 in remembered
    assert 199 in remembered
    assert len(remembered) <= 1_000 // 50 + 3


def test_it_can_be_emptied() -> None:
    memory: Memory[str, int] = Memory(10)
    memory.put("a", 1)
    memory.clear()
    assert memory.get("a") is None
