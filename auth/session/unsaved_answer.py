"""The answer to a refresh that could not be saved: kept in memory until the store answers again."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time

from ..errors import AuthError, UnavailableError
from ..records import Record
from ..store.record_store import Store
from .refresh_mark import Answer

# Seconds between attempts to save in a store that does not answer.
_SAVE_AGAIN = 1.0


class UnsavedAnswer:
    """The answer of one session that its record does not have yet, if there is one; it is newer than the record."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._answer: Answer | None = None
        self._is_saving = False
        self._guard = threading.Lock()

    @property
    def exists(self) -> bool:
        """Whether there is one."""
        return self._answer is not None

    async def retry(self) -> None:
        """Try to save it, unless a thread does so already."""
        if self._answer and not self._is_saving:
            await asyncio.to_thread(self._save)

    def save(self, record: Record, answer: Answer) -> Record:
        """Save an answer, or keep it until it can be saved; under the record's lock."""
        self._answer = answer
        try:
            record = self._store.write(record.model_copy(update={"tokens": answer.tokens, "refreshing": ""}))
        except UnavailableError:
            self._start_saving()
            raise
        self._answer = None
        return record

    def keep(self, answer: Answer) -> None:
        """Save an answer later."""
        self._answer = answer
        self._start_saving()

    def save_in(self, record: Record) -> Record:
        """Save what could not be saved before, unless the record was changed by others; under the record's lock."""
        answer = self._answer
        if answer and answer.belongs_to(record):
            record = self._store.write(record.model_copy(update={"tokens": answer.tokens, "refreshing": ""}))
        self._answer = None
        return record

    def _save(self) -> None:
        with contextlib.suppress(AuthError), self._store.lock():
            self.save_in(self._store.read())

    def _start_saving(self) -> None:
        """Save it as soon as a remote store answers, before another process gives up the sign-in."""
        with self._guard:
            if not self._store.is_remote or self._is_saving:
                return
            self._is_saving = True
        # A daemon: the store may stay away.
        threading.Thread(target=self._keep_saving, name="closient-mcp-saving", daemon=True).start()

    def _keep_saving(self) -> None:
        try:
            while self._answer:
                time.sleep(_SAVE_AGAIN)
                self._save()
        finally:
            with self._guard:
                self._is_saving = False
        if self._answer:  # since the loop ended
            self._start_saving()
