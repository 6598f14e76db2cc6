"""Real descriptions of real services: every operation of every one of them is a tool."""

from __future__ import annotations

import pytest
from jsonschema import Draft202012Validator

from closient_mcp.tools.formats.json_values import JsonValue, as_object, to_text

from ...fakes.specs import Spec, all_specs, spec_parameters

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
# The reasons why details of a document are missing, where there are any.
UNREAD = {
    "gs1-epcis.yaml": "it is on the network, but the document is a local file",
    # Of its five files, one is there.
    "oai-petstore-separate-v2.json": "does not exist",
}


@pytest.fixture(params=spec_parameters())
def spec(request: pytest.FixtureRequest) -> Spec:
    """One real document, read."""
    return all_specs()[request.param]


def in_the_document(spec: Spec) -> set[str]:
    paths = as_object(spec.document.get("paths"))
    return {f"{m.upper()} {path}" for path, item in paths.items() for m in as_object(item) if m in METHODS}


def test_every_operation_is_a_tool(spec: Spec) -> None:
    assert spec.description.failure == ""
    tools = [f"{one.method} {one.path}" for one in spec.description.operations]
    assert sorted(tools) == sorted(in_the_document(spec))
    assert not any("could not be read (" in problem.reason for problem in spec.description.problems)


def test_unresolvable_references_are_reported(spec: Spec) -> None:
    reasons = [problem.reason for problem in spec.description.problems if "refers to" in problem.reason]
    assert all(UNREAD.get(spec.name, "nothing at all") in reason for reason in reasons)
    assert bool(reasons) == (spec.name in UNREAD)


def test_the_names_of_a_document_are_distinct(spec: Spec) -> None:
    names = [one.name for one in spec.description.operations]
    assert len(set(names)) == len(names)


def test_converted_schemas_are_valid_and_have_no_root_union(spec: Spec) -> None:
    different: dict[str, JsonValue] = {}
    for one in spec.description.operations:
        assert one.input_schema["type"] == "object"
        assert not {"oneOf", "anyOf", "allOf"} & one.input_schema.keys()
        parts = [as_object(one.input_schema.get(key)) for key in ("properties", "$defs")]
        different |= {to_text(schema): schema for part in parts for schema in part.values()}
    Draft202012Validator.check_schema({"anyOf": [{}, *different.values()]})


def test_the_names_of_all_documents_together_are_distinct() -> None:
    names = [one.name for spec in all_specs().values() for one in spec.description.operations]
    assert len(set(names)) == len(names)
