"""Requests to stop: a signal is only noted, and obeyed where everything that was started is known."""

import signal
from collections.abc import Callable
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stop(BaseException):
    """Someone asked the run to end."""


class StopRequests:
    """Notes the signals that ask us to stop.

    A handler that raised would do so anywhere: between the start of a process and the note of its id, which
    leaves the process behind, or in a callback, where Python swallows it.
    """

    def __init__(self) -> None:
        self.was_asked = False
        self.when_asked_again: Callable[[], None] = lambda: None

    def listen(self) -> None:
        """Note signals from now on; under nohup a hang-up stays ignored."""
        for number in SIGNALS:
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self._note)

    def obey(self) -> None:
        """Raise Stop when someone has asked; called wherever we wait, and between two steps."""
        if self.was_asked:
            raise Stop

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        if self.was_asked:
            self.when_asked_again()
        self.was_asked = True
