"""The tasks of pictures: one run of each at a time, whatever becomes of it."""

from collections.abc import Callable

import pytest

from products import tasks
from products.services import remote_pictures, renditions

TASKS = [
    (tasks.make_due_renditions, renditions, "make_due_renditions"),
    (tasks.fetch_due_pictures, remote_pictures, "fetch_due_pictures"),
]


@pytest.mark.parametrize(("task", "module", "service"), TASKS, ids=["renditions", "fetching"])
def test_a_run_is_left_out_while_another_is_under_way(
    task: Callable[[], None], module: object, service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs: list[str] = []

    def run() -> int:
        runs.append("run")
        task()  # as beat's next message does meanwhile
        if len(runs) == 1:
            raise RuntimeError
        return 0

    monkeypatch.setattr(module, service, run)

    with pytest.raises(RuntimeError):
        task()
    task()

    assert runs == ["run", "run"]
