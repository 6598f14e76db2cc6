"""Create, fill and restore the database."""

import sqlite3

from django.apps import apps
from django.db import connection

from . import fixtures, fulltext

# Each connection's database after `create`, and its number of changes at the last restore.
_beginning: dict[sqlite3.Connection, bytes] = {}
_restored_at: dict[sqlite3.Connection, int] = {}


def create() -> None:
    """Create and fill the tables, and keep a copy for `restore`; call it in the thread that handles requests."""
    # From the models: the toolkit's migrations take longer than the rest of the start.
    with connection.schema_editor() as editor:
        for model in apps.get_models():
            editor.create_model(model)
        editor.execute(fulltext.CREATE)
    fixtures.fill()
    raw = _raw()
    _beginning[raw] = raw.serialize()
    _restored_at[raw] = raw.total_changes


def restore() -> None:
    """Restore the state after `create`, if anything has changed since."""
    raw = _raw()
    if _restored_at.get(raw) != raw.total_changes:
        # Otherwise the full-text index would use what it has read of the database as it was.
        raw.execute("PRAGMA writable_schema = RESET")
        raw.deserialize(_beginning[raw])
        _restored_at[raw] = raw.total_changes


def _raw() -> sqlite3.Connection:
    connection.ensure_connection()
    raw = connection.connection
    assert isinstance(raw, sqlite3.Connection)
    return raw
