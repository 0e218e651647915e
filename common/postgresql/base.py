"""The backend's connection; Django finds it by the names of this module and class."""

from typing import Any

import psycopg2
from django.db.backends.postgresql import base
from psycopg2.extensions import TRANSACTION_STATUS_IDLE

from common.postgresql.cursor import SigningCursor
from common.postgresql.pool import Kept, Pool, is_silent, pools
from common.postgresql.prepared import Prepared
from common.postgresql.schema import AtomicEditor, StepwiseEditor
from common.postgresql.statements import slow


class DatabaseWrapper(base.DatabaseWrapper):
    """Asks the kernel, not the server, whether a connection that was idle still stands; knows what it has prepared,
    and signs what it writes.

    Between requests a server says nothing, so whatever has come in is the news that it closed the connection; only
    then is it worth a statement to find out. Django would send `SELECT 1` ahead of the first query of each request.

    Where connections are shared (`pool.py`), a thread has one from its first statement to the end of the request.
    """

    health_check_done: bool
    _pool: Pool | None = None

    def connect(self) -> None:
        """Take a connection of the pool, or open one."""
        pool = pools.of(self.alias)
        if pool is None:
            super().connect()
            return
        kept = pool.take()
        try:
            if kept is None:
                super().connect()
            else:
                self._go_on_with(kept)
        except BaseException:
            self._drop()
            pool.leave()
            raise
        self._pool = pool
        pool.watch.begin(self.connection, self._reach)

    def schema_editor(self, *, collect_sql: bool = False, atomic: bool = True) -> AtomicEditor | StepwiseEditor:
        """What a migration changes tables with, by whether it is one transaction (`schema.py`)."""
        return (AtomicEditor if atomic else StepwiseEditor)(self, collect_sql=collect_sql, atomic=atomic)

    def get_connection_params(self) -> dict[str, Any]:
        return {**super().get_connection_params(), "cursor_factory": SigningCursor}

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        self.prepared = Prepared()
        slow.read_settings()
        return super().get_new_connection(conn_params)

    def close_if_health_check_failed(self) -> None:
        self.health_check_done = self.health_check_done or (self.connection is not None and self._is_silent())
        super().close_if_health_check_failed()

    def close_if_unusable_or_obsolete(self) -> None:
        """Django calls this before and after each request: where connections are shared, that ends this one's use."""
        super().close_if_unusable_or_obsolete()
        if self._pool is None or self.connection is None or self.in_atomic_block:
            return
        if self.connection.info.transaction_status != TRANSACTION_STATUS_IDLE:
            self.close()
            return
        pool, kept = self._pool, Kept(self.connection, self.prepared, self.close_at)
        self._pool = self.connection = None
        self.run_on_commit = []
        pool.give_back(kept)

    def _go_on_with(self, kept: Kept) -> None:
        """Begin anew with a connection that others have used, as `connect` does with one that it opens."""
        self.in_atomic_block = self.closed_in_transaction = self.needs_rollback = self.errors_occurred = False
        self.savepoint_ids, self.atomic_blocks, self.run_on_commit = [], [], []
        self.health_check_enabled = self.settings_dict["CONN_HEALTH_CHECKS"]
        self.health_check_done = True
        self.autocommit = True
        self.connection, self.prepared, self.close_at = kept

    def _reach(self) -> None:
        psycopg2.connect(**self.get_connection_params()).close()

    def _drop(self) -> None:
        """Close what was opened and could not be made ready."""
        half_open, self.connection = self.connection, None
        if half_open is not None:
            half_open.close()

    def _close(self) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.leave(self.connection)
        super()._close()  # type: ignore[misc]  # the stubs do not tell of it

    def _is_silent(self) -> bool:
        return not self.connection.closed and is_silent(self.connection)
