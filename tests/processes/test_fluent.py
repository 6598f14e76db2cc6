"""Signing in to Fluent Commerce by several processes at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ..fakes.command_line import error_of
from ..fakes.fluent_service import running_fluent
from ..fakes.fluent_user import User


def test_a_wrong_password_is_tried_once_by_all_processes(tmp_path: Path) -> None:
    with running_fluent() as fluent:
        user = User(fluent, tmp_path)
        user.environment["FLUENT_PASSWORD"] = "not-the-password"
        with ThreadPoolExecutor(2) as threads:
            calls = [threads.submit(user.run_process, "call", "fluent_find_variants") for _ in range(2)]
        message = [error_of(call.result()) for call in calls]
        assert fluent.failed_logins == 1
        assert all("rejected" in text and "not-the-password" not in text for text in message)
        user.environment["FLUENT_PASSWORD"] = fluent.users["ana"]
        user.call("fluent_find_variants")
