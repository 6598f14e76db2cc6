"""An operation of a document as it is read: what it takes to describe and to call it, without what read it."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..formats.json_values import JsonObject, JsonValue
from ..formats.media_types import BodyFormat
from ..tiers.tier import Tier
from .parameter_styles import Location


@dataclass(frozen=True, slots=True)
class Source:
    """The system, API and URLs of a document, and the origins to which calls may go.

    `base` replaces the document's server URLs. With `app_scopes`, operations without declared scopes have the scope
    `<api>:read` or `<api>:write`.
    """

    system: str
    prefix: tuple[str, ...]
    api: str
    url: str
    anchor: str
    origins: frozenset[str]
    app_scopes: bool = False
    base: str = ""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter (OpenAPI 3.1 §4.8.12), with its name in requests and the name of its `argument`.

    `default` is sent for a required parameter that is omitted.
    """

    argument: str
    name: str
    location: Location
    style: str
    explode: bool
    required: bool
    allow_reserved: bool = False
    media_type: str = ""
    allow_empty: bool = False
    default: JsonValue = None


@dataclass(frozen=True, slots=True)
class Part:
    """The encoding of a field; without a `style`, its `content_type` or its value determines how it is serialized.

    `headers` are sent with the field in multipart.
    """

    name: str
    content_type: str = ""
    style: str = ""
    explode: bool = True
    allow_reserved: bool = False
    file: bool = False
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Body:
    """A request body, and the media type and format in which it is sent.

    `parts` describe fields of a form; one without a name applies to all other fields. `media_types` are all types
    that a binary body may have, from which the file's own type selects. `alternatives` are sent for files that the
    body itself doesn't take.
    """

    media_type: str
    required: bool
    kind: BodyFormat = "json"
    parts: tuple[Part, ...] = ()
    media_types: tuple[str, ...] = ()
    alternatives: tuple[Body, ...] = ()

    def part(self, name: str) -> Part:
        """The description of a form's field."""
        return next((part for key in (name, "") for part in self.parts if part.name == key), Part(name))

    @property
    def takes_files(self) -> bool:
        """Whether it is or contains a file."""
        own = self.kind == "binary" or any(part.file for part in self.parts)
        return own or any(body.takes_files for body in self.alternatives)


@dataclass(frozen=True, slots=True)
class Operation:
    """A method of a path, with everything that is needed to describe and to call it.

    `renames` maps names inside the input schema to the service's own (`restore_names`), `accept` are the media types of
    its successful responses, `answer` is the shape of the first one, `errors` says what error statuses mean.
    """

    name: str
    system: str
    api: str
    method: str
    path: str
    base: str
    title: str
    description: str
    tier: Tier
    parameters: tuple[Parameter, ...]
    body: Body | None
    input_schema: JsonObject
    tags: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    renames: dict[str, str] = field(default_factory=dict[str, str])
    accept: tuple[str, ...] = ()
    operation_id: str = ""
    answer: JsonValue = None
    errors: dict[str, str] = field(default_factory=dict[str, str])
