from __future__ import annotations

import pytest

from closient_mcp.tools.gs1.meaning import meaning


@pytest.mark.parametrize(
    ("ai", "value", "means"),
    [
        ("17", "271231", {"date": "2027-12-31"}),
        ("17", "280200", {"date": "2028-02-29"}),
        ("11", "991231", {"date": "1999-12-31"}),
        ("7003", "2612311030", {"date": "2026-12-31T10:30"}),
        ("8008", "26123110", {"date": "2026-12-31T10:00"}),
        ("8008", "261231103059", {"date": "2026-12-31T10:30:59"}),
        ("37", "0012", {"number": "12"}),
        ("30", "0", {"number": "0"}),
        ("3103", "001250", {"number": "1.250", "unit": "kg"}),
        ("3100", "000007", {"number": "7", "unit": "kg"}),
        ("3205", "000001", {"number": "0.00001", "unit": "lb"}),
        ("3922", "1250", {"number": "12.50"}),
        ("3932", "9781250", {"number": "12.50", "currency": "978"}),
        ("3910", "840100", {"number": "100", "currency": "840"}),
        ("3940", "0020", {"number": "20", "unit": "%"}),
        ("3929", "1", {"number": "0.000000001"}),
        ("10", "B7", {}),
        ("310", "1", {}),
    ],
)
def test_a_value_means_a_date_a_quantity_or_itself(ai: str, value: str, means: dict[str, str]) -> None:
    assert meaning(ai, value) == means
