"""The error of everything that reads or changes the configuration of a host."""

from __future__ import annotations


class HostError(Exception):
    """The configuration of a host cannot be used; the message says why and what to do. Nothing was written."""
