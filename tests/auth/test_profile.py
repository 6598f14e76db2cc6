"""Who a token response says is signed in, compared with the settings."""

from __future__ import annotations

from dataclasses import replace

from closient_mcp.auth.profile import Profile

PROFILE = Profile("fluent", "https://acme.example", frozenset({"https://acme.example"}), "1")
OURS = replace(PROFILE, name_details=("FirstName", "LastName"), expected_details={"Retailer_id": "1"})
DETAILS = {"Retailer_id": "5", "Roles": "RETAILER", "FirstName": "Ana", "LastName": "Kern"}


def test_what_a_response_says_of_the_user_is_named() -> None:
    user = OURS.user_in(DETAILS)
    assert OURS.described(user, DETAILS) == " as Ana Kern (Retailer_id 5, Roles RETAILER)"
    assert PROFILE.described("", {}) == ""


def test_a_sign_in_that_differs_from_the_settings_is_reported() -> None:
    assert OURS.differences(DETAILS) == "The sign-in belongs to retailer 5, the settings say 1."
    assert OURS.differences({**DETAILS, "Retailer_id": "1"}) == OURS.differences({}) == ""
    assert PROFILE.differences(DETAILS) == ""
