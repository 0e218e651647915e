"""The backend's connection; Django finds it by the names of this module and class."""

import select
from typing import Any

from django.db.backends.postgresql import base

from common.postgresql.cursor import SigningCursor
from common.postgresql.prepared import Prepared


class DatabaseWrapper(base.DatabaseWrapper):
    """Asks the kernel, not the server, whether a connection that was idle still stands; knows what it has prepared,
    and signs what it writes.

    Between requests a server says nothing, so whatever has come in is the news that it closed the connection; only
    then is it worth a statement to find out. Django would send `SELECT 1` ahead of the first query of each request.
    """

    health_check_done: bool

    def get_connection_params(self) -> dict[str, Any]:
        return {**super().get_connection_params(), "cursor_factory": SigningCursor}

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        self.prepared = Prepared()
        return super().get_new_connection(conn_params)

    def close_if_health_check_failed(self) -> None:
        self.health_check_done = self.health_check_done or (self.connection is not None and self._is_silent())
        super().close_if_health_check_failed()

    def _is_silent(self) -> bool:
        if self.connection.closed:
            return False
        waiting = select.poll()
        waiting.register(self.connection.fileno(), select.POLLIN)
        return not waiting.poll(0)
