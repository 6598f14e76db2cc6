"""QR codes of the products API, which contain a GS1 Digital Link."""

import hashlib
from io import BytesIO
from typing import Annotated, Literal
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from ninja import Field, Router

from ..data.gtin import InvalidGtinError, normalize
from .authentication import ApiKeyAuth
from .known_products import GTIN_FORMAT
from .openapi import WHOLE, Body
from .problems import invalid_field

router = Router()

READ = ApiKeyAuth("products:read")
_MEDIA_TYPES = {"svg": "image/svg+xml", "png": "image/png"}
_CHARACTERS = r"^[\x21-\x7E]{1,20}$"
_PICTURES = {
    "responses": {
        200: {
            "description": "The picture",
            "content": {media_type: {"schema": {"type": "string"}} for media_type in _MEDIA_TYPES.values()},
        },
        304: {"description": "The picture has the entity tag of If-None-Match"},
    }
}


class QrIn(Body):
    gtin: str = Field(..., description="A GTIN, separators allowed.", json_schema_extra=GTIN_FORMAT)
    lot: str | None = Field(None, pattern=_CHARACTERS, description="The lot (AI 10).")
    serial: str | None = Field(None, pattern=_CHARACTERS, description="The serial number (AI 21).")
    expiry: str | None = Field(None, pattern="^[0-9]{6}$", description="The expiry date as YYMMDD (AI 17).")
    format: Literal["svg", "png"] = Field("png", description="The kind of picture.")
    size: Annotated[int, WHOLE] = Field(
        400, ge=50, le=2000, description="The width in pixels; a little less if it doesn't divide."
    )


@router.post("/qr/", auth=READ, summary="Generate a QR code", openapi_extra=_PICTURES)
def generate_qr_code(request: HttpRequest, body: QrIn) -> HttpResponse:
    """Draws the QR code of a product's GS1 Digital Link; the product need not be known."""
    try:
        gtin = normalize(body.gtin)
    except InvalidGtinError as error:
        raise invalid_field("gtin", str(error)) from error
    picture = _drawn(_digital_link(gtin, body), body)
    entity_tag = f'"{hashlib.sha256(picture).hexdigest()[:32]}"'
    headers = {"ETag": entity_tag, "Cache-Control": "public, max-age=2592000"}
    if request.headers.get("If-None-Match") == entity_tag:
        return HttpResponse(status=304, headers=headers)
    return HttpResponse(picture, content_type=_MEDIA_TYPES[body.format], headers=headers)


def _digital_link(gtin: str, body: QrIn) -> str:
    qualifiers = (("10", body.lot), ("21", body.serial))
    path = "".join(f"/{name}/{quote(value, safe='')}" for name, value in qualifiers if value is not None)
    expiry = f"?17={body.expiry}" if body.expiry is not None else ""
    return f"{settings.SANDBOX_URL}/01/{gtin}{path}{expiry}"


def _drawn(text: str, body: QrIn) -> bytes:
    import segno

    code = segno.make_qr(text)
    output = BytesIO()
    code.save(output, kind=body.format, scale=max(1, body.size // code.symbol_size()[0]))
    return output.getvalue()
