"""Turns: so many at a time, first come, first served, and a clear refusal where there is none."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from common.turns import BusyError, Turns


def _turns(*, places: int = 1, waiting: int = 10, seconds: float = 5.0) -> Turns:
    return Turns(places=places, waiting=waiting, seconds=seconds)


def test_no_more_than_the_places_work_at_once() -> None:
    turns, working, most = _turns(places=2, waiting=20), 0, 0
    lock = threading.Lock()

    def work(_number: int) -> None:
        nonlocal working, most
        with turns.turn():
            with lock:
                working += 1
                most = max(most, working)
            time.sleep(0.005)
            with lock:
                working -= 1

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(work, range(20)))

    assert most == 2


def test_who_came_first_goes_first() -> None:
    turns, order = _turns(), []
    turns.take()

    def work(number: int) -> None:
        with turns.turn():
            order.append(number)

    threads = []
    for number in range(5):
        threads.append(threading.Thread(target=work, args=(number,)))
        threads[-1].start()
        while turns.waiting() <= number:
            time.sleep(0.001)
    turns.give_back()
    for thread in threads:
        thread.join()

    assert order == [0, 1, 2, 3, 4]


def test_none_comes_in_time_and_the_next_is_not_lost() -> None:
    turns = _turns(seconds=0.01)
    turns.take()

    with pytest.raises(BusyError):
        turns.take()
    turns.give_back()

    turns.take()


def test_too_many_wait() -> None:
    turns = _turns(waiting=0)
    turns.take()
    began = time.monotonic()

    with pytest.raises(BusyError):
        turns.take()

    assert time.monotonic() - began < 1


def test_a_failure_ends_the_turn() -> None:
    turns = _turns()

    with pytest.raises(ZeroDivisionError), turns.turn():
        _ = 1 / 0

    turns.take()
