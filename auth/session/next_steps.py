"""What users do next: at a terminal of this machine or, as callers of a server, without one."""

from __future__ import annotations

from dataclasses import dataclass

from ..profile import Profile


@dataclass(frozen=True, slots=True)
class NextSteps:
    """What users of one system do next; `to_...` are parts of sentences, the others are sentences."""

    to_sign_in: str
    to_sign_out: str
    to_sign_in_again: str
    to_forget_client: str
    if_sign_in_is_required: str
    if_no_device_flow: str
    if_nothing_stayed_valid: str


def next_steps(profile: Profile) -> NextSteps:
    """The steps of callers, if they sign in for themselves, or of the user of this machine."""
    login, logout = f"closient-mcp login {profile.system}", f"closient-mcp logout {profile.system}"
    if profile.per_caller:
        sign_out = f"have the operator of this server run `{logout} --caller` with your name"
        return NextSteps(
            to_sign_in="repeat the request",
            to_sign_out=sign_out,
            to_sign_in_again=f"{sign_out}, and sign in again",
            to_forget_client=f"the operator of this server has to run `{logout} --all-callers --forget`",
            if_sign_in_is_required="Repeat the request to get a link.",
            if_no_device_flow='The operator of this server has to set grant = "authorization_code".',
            if_nothing_stayed_valid="Try again later.",
        )
    alternative = f", {profile.alternative}" if profile.alternative else ""
    return NextSteps(
        to_sign_in=f"run `{login}`",
        to_sign_out=f"run `{logout}`",
        to_sign_in_again=f"run `{login}` in a terminal",
        to_forget_client=f"run `{logout} --forget`",
        if_sign_in_is_required=f"In a terminal on this machine, run `{login}`{alternative}.",
        if_no_device_flow=f"Run `{login}`, which needs a browser, or use an API key.",
        if_nothing_stayed_valid=f"Run `closient-mcp status` for details, and `{login}` to try again.",
    )
