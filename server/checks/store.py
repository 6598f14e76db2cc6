"""Checks the store of `[http]`: whether it answers, accepts writes, and has what our keys can read."""

from __future__ import annotations

from ...auth.store.redis_connection import RedisConnection, StoreError
from ...auth.store.redis_records import RedisRecords
from ...tools.formats.text import counted
from .finding import Finding


def check_store(connection: RedisConnection) -> Finding:
    """One finding: the first problem, or how many sign-ins are stored."""
    records = RedisRecords(connection)
    try:
        connection.check_writes()
        readable, unreadable = records.count()
    except StoreError as error:
        return Finding(
            "error", "store", f"{error}", "Check that it runs and accepts writes, and http.store.url in the settings."
        )
    if unreadable:
        message = (
            f"{counted(unreadable, 'record')} in {connection.location} cannot be read with the keys in the settings"
        )
        return Finding(
            "error", "store", message, "Add the key that encrypted them to http.store.keys, as the last one."
        )
    return Finding("ok", "store", f"{connection.location} has {counted(readable, 'record')}, all readable")
