"""What is kept of a sign-in between runs: one document, so that every change of it is one transaction."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidatorFunctionWrapHandler, field_validator

from .history import History

FORMAT = 1


class _Part(BaseModel):
    # What a newer version added is written back as it was.
    model_config = ConfigDict(frozen=True, extra="allow", hide_input_in_errors=True)


class Server(_Part):
    """An authorization server, as its metadata described it (RFC 8414 §2).

    `aliases` are other issuers by which it is proven to call itself too; `auth_methods` are how clients may
    identify, nothing where it does not say; `client_documents` is whether it reads Client ID Metadata Documents, so
    far as it says. Without an `authorization_endpoint` nobody can be sent to it.
    """

    issuer: str
    aliases: tuple[str, ...] = ()
    authorization_endpoint: str = ""
    token_endpoint: str
    registration_endpoint: str | None = None
    revocation_endpoint: str | None = None
    device_authorization_endpoint: str | None = None
    jwks_uri: str | None = None
    scopes_supported: tuple[str, ...] = ()
    auth_methods: tuple[str, ...] = ()
    iss_in_response: bool = False
    signing_algorithms: tuple[str, ...] = ("RS256",)
    client_documents: bool | None = None


class Client(_Part):
    """A client registration (RFC 7591 §3.2.1). `source` is `registered` or `configured`.

    `grant` is what it was registered for: some servers allow a client one alone.
    """

    client_id: str
    client_secret: str | None = Field(default=None, repr=False)
    auth_method: str = "none"
    redirect_uri: str = ""
    secret_expires_at: int = 0
    source: str = "registered"
    grant: str = "authorization_code"
    registration_uri: str | None = None
    registration_token: str | None = Field(default=None, repr=False)

    @property
    def is_own(self) -> bool:
        """Whether the settings name it."""
        return self.source == "configured"


class Tokens(_Part):
    """Tokens as granted; times are seconds since 1970, `expires_at` nothing where the server did not say."""

    access_token: str = Field(repr=False)
    refresh_token: str | None = Field(default=None, repr=False)
    scope: str = ""
    obtained_at: float
    expires_at: float | None = None


class Pending(_Part):
    """A sign-in that a person has not finished yet; another process can take it over.

    `server` and `client` are those that it was begun with. They are the record's own too unless that has tokens of
    another client or server, which hold until the person comes back.
    """

    state: str = Field(repr=False)
    verifier: str = Field(repr=False)
    nonce: str = Field(repr=False)
    redirect_uri: str
    url: str = Field(repr=False)
    scopes: tuple[str, ...]
    expires_at: float
    server: Server
    client: Client
    opened: bool | None = None


class Device(_Part):
    """A sign-in on another device (RFC 8628 §3.2): the codes are for one attempt, and only `user_code` is to be seen.

    `url` is where the person goes, with the code in it where the server has such a URL. `interval` is how
    many seconds it wants between two questions. `server` and `client` are as in `Pending`.
    """

    device_code: str = Field(repr=False)
    user_code: str
    url: str
    interval: float
    scopes: tuple[str, ...]
    expires_at: float
    server: Server
    client: Client


class Record(_Part):
    """All that is known of one sign-in: one system, one site, one client, one caller.

    `rev` counts the writes. `asked` are the scopes that the tokens were asked for with. `warning` is what the person
    should know of a sign-in that worked. `seal` marks what a keyring holds of its secrets; without one all are in the
    file. `spare` is a client that was registered while another one's tokens were kept, for the next sign-in.
    """

    @field_validator("pending", "device", mode="wrap")
    @classmethod
    def _readable(cls, value: object, read: ValidatorFunctionWrapHandler) -> object:
        """What is under way and cannot be read, as another version may have written it, is begun anew."""
        try:
            return read(value)
        except ValidationError:
            return None

    v: int = FORMAT
    rev: int = 0
    system: str
    site: str
    server: Server | None = None
    client: Client | None = None
    tokens: Tokens | None = None
    person: str = ""
    pending: Pending | None = None
    device: Device | None = None
    asked: tuple[str, ...] = ()
    warning: str = ""
    seal: str = ""
    spare: Client | None = None
    history: History = Field(default_factory=History)
