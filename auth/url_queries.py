"""Secrets that a service takes in a URL's query only: written there, and kept out of logs."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from urllib.parse import quote_plus

import httpx2


def with_query(url: httpx2.URL, members: Mapping[str, str]) -> httpx2.URL:
    """The URL with these members added to its query, each written as a form would write it."""
    added = "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in members.items())
    present = url.query.decode("ascii")
    return url.copy_with(query=(f"{present}&{added}" if present else added).encode("ascii"))


def keep_queries_out_of_logs() -> None:
    """Have httpx2, which logs each request's whole URL, leave the query out from now on."""
    # Adding the same filter again changes nothing.
    logging.getLogger("httpx2").addFilter(_cut_queries)


def _cut_queries(record: logging.LogRecord) -> bool:
    if isinstance(record.args, tuple):
        record.args = tuple(
            argument.copy_with(query=None) if isinstance(argument, httpx2.URL) else argument for argument in record.args
        )
    return True
