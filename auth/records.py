"""What is stored of a sign-in: one document, so that every change is one transaction."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidatorFunctionWrapHandler, field_validator

from .history import History

FORMAT = 1


class _Part(BaseModel):
    # Members that a newer version added are written back unchanged.
    model_config = ConfigDict(frozen=True, extra="allow", hide_input_in_errors=True)


class Server(_Part):
    """An authorization server, as in its metadata (RFC 8414 §2).

    `aliases` are other issuer names that are proven to be this server's; `auth_methods` are the client authentication
    methods, empty if unknown; `client_documents`: whether it reads Client ID Metadata Documents, if known. Without an
    `authorization_endpoint`, users cannot sign in with a browser. `resource` is the identifier of the service that
    named it, if that is on another origin: its tokens are for that service only (RFC 8707). `resource_scopes` are that
    service's own.
    """

    issuer: str
    aliases: tuple[str, ...] = ()
    authorization_endpoint: str = ""
    token_endpoint: str
    registration_endpoint: str | None = None
    revocation_endpoint: str | None = None
    device_authorization_endpoint: str | None = None
    jwks_uri: str | None = None
    userinfo_endpoint: str | None = None
    scopes_supported: tuple[str, ...] = ()
    auth_methods: tuple[str, ...] = ()
    iss_in_response: bool = False
    signing_algorithms: tuple[str, ...] = ("RS256",)
    client_documents: bool | None = None
    resource: str = ""
    resource_scopes: tuple[str, ...] = ()


class Client(_Part):
    """A client: registered (RFC 7591 §3.2.1), or that of the settings, whose secret is never stored.

    `grant` is the one it was registered for: some servers allow each client only one.
    """

    client_id: str
    client_secret: str | None = Field(default=None, repr=False)
    auth_method: str = "none"
    redirect_uri: str = ""
    secret_expires_at: int = 0
    grant: str = "authorization_code"
    registration_uri: str | None = None
    registration_token: str | None = Field(default=None, repr=False)


class Tokens(_Part):
    """Tokens as granted; times are seconds since 1970, `expires_at` is None if the server did not say.

    `reusable`: the last refresh returned the same refresh token, or none. `details` are further members of the
    response, such as an `organization_id`.
    """

    access_token: str = Field(repr=False)
    refresh_token: str | None = Field(default=None, repr=False)
    scope: str = ""
    obtained_at: float
    expires_at: float | None = None
    reusable: bool = False
    details: dict[str, str] = Field(default_factory=dict[str, str])


class Begun(_Part):
    """A sign-in that the user has not finished yet; another process can take it over.

    It began with `server` and `client`. They are the record's own too, unless the record has tokens of another server
    or client, which stay valid until the user comes back.
    """

    scopes: tuple[str, ...]
    expires_at: float
    server: Server
    client: Client


class Pending(Begun):
    """A sign-in in a browser; `opened`: whether one was opened, None before that was tried.

    `answered`: its response arrived, and is being handled.
    """

    state: str = Field(repr=False)
    verifier: str = Field(repr=False)
    nonce: str = Field(repr=False)
    redirect_uri: str
    url: str = Field(repr=False)
    opened: bool | None = None
    answered: bool = False


class Device(Begun):
    """A sign-in on another device (RFC 8628 §3.2); only `user_code` is meant to be seen.

    `url` is where the user goes; it contains the code if the server has such a URL. `interval` is the polling interval
    in seconds.
    """

    device_code: str = Field(repr=False)
    user_code: str
    url: str
    interval: float


class Record(_Part):
    """Everything stored of one sign-in: one system, site, client and user.

    `caller` identifies for whose calls it is used, by `caller_name` as people know them; both are empty for the user of
    this machine. `rev` counts the writes. `asked` are the scopes that the tokens were requested with. `user` is their
    name, and `account` what the server identifies them by, if known. `keyring_id` is a random id of the secrets that a
    keyring stores; without it, all are in the file. `spare` is a client that was registered while another client's
    tokens were stored, for the next sign-in. `refreshing` marks that the refresh token was sent, until the answer is
    stored; only records that several machines share have it.
    """

    @field_validator("pending", "device", mode="wrap")
    @classmethod
    def _readable(cls, value: object, read: ValidatorFunctionWrapHandler) -> object:
        """A pending sign-in that cannot be read, for example of another version, is started again."""
        try:
            return read(value)
        except ValidationError:
            return None

    v: int = FORMAT
    rev: int = 0
    system: str
    site: str
    caller: str = ""
    caller_name: str = ""
    server: Server | None = None
    client: Client | None = None
    tokens: Tokens | None = None
    user: str = ""
    account: str = ""
    pending: Pending | None = None
    device: Device | None = None
    asked: tuple[str, ...] = ()
    keyring_id: str = ""
    spare: Client | None = None
    refreshing: str = ""
    history: History = Field(default_factory=History)
