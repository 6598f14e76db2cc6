from __future__ import annotations

import pytest

from closient_mcp.tools.gs1.associations import missing_associations


@pytest.mark.parametrize(
    ("ais", "missing"),
    [
        (["01", "10", "17", "3103"], {}),
        (
            ["10", "17"],
            {"(01), (02), (03), (8006) or (8026)": ["10"], "(01), (02), (03), (255), (8006) or (8026)": ["17"]},
        ),
        (["01", "8020"], {"(415)": ["8020"]}),
        (["415"], {"(8020)": ["415"]}),
        (["01", "250"], {"(01) and (21), (03) and (21) or (8006) and (21)": ["250"]}),
        (["01", "21", "250"], {}),
        (["02", "37"], {"(00) and (02) or (00) and (8026)": ["37"]}),
        (["00", "02", "37"], {}),
        (["00", "02"], {"(37)": ["02"]}),
        (["01", "3103", "3922"], {}),
        (
            ["01", "3922"],
            {"(01) and (30), (01) and (31nn), (01) and (32nn), (01) and (35nn) or (01) and (36nn)": ["3922"]},
        ),
        (["00", "3370"], {"(01)": ["3370"]}),
        (["00", "3300", "4300"], {}),
        (["00", "4303"], {"(4302)": ["4303"]}),
        (["254"], {"(414)": ["254"]}),
        (["00", "400", "410", "420", "91"], {}),
    ],
)
def test_what_an_identifier_belongs_with_is_named_if_missing(ais: list[str], missing: dict[str, list[str]]) -> None:
    assert missing_associations(ais) == missing
