"""The public resolver: GS1 Digital Links under `/01/`, with content negotiation."""

import re
from urllib.parse import unquote, urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from ..data.gtin import InvalidGtinError, normalize
from ..data.models import Product
from . import linksets
from .authentication import caller_of
from .problems import ProblemError, found_or_404, problem_response
from .product_schemas import ProductOut, product_out

LINKSET = "application/linkset+json"
_CONTENT = ("application/json", LINKSET, "text/html")
# GS1's character set 82 (General Specifications, figure 7.11-1).
_VALUE = re.compile(r"""[!"%&'()*+,\-./0-9:;<=>?A-Z_a-z]{1,20}""")
_QUALIFIERS = ("22", "10", "21")


@csrf_exempt
def resolve(request: HttpRequest, rest: str) -> HttpResponse:
    """Resolve one Digital Link."""
    try:
        response = _resolved(request)
    except ProblemError as problem:
        response = problem_response(problem)
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Expose-Headers"] = "Link, RateLimit-Limit, RateLimit-Remaining"
    return response


def description(request: HttpRequest) -> HttpResponse:
    """The resolver description file of GS1's resolver standard."""
    return JsonResponse(
        {
            "name": "Closient sandbox resolver",
            "resolverRoot": settings.SANDBOX_URL,
            "supportedPrimaryKeys": ["01"],
            "supportedLinkType": [
                {
                    "namespace": linksets.VOCABULARY,
                    "prefix": "gs1:",
                    "profile": "https://www.gs1.org/voc/?show=linktypes",
                }
            ],
            "linkTypeDefaultCanBeLinkset": False,
        },
        headers={"Access-Control-Allow-Origin": "*"},
    )


def _resolved(request: HttpRequest) -> HttpResponse:
    if request.method == "OPTIONS":
        return _options()
    if request.method not in ("GET", "HEAD"):
        raise ProblemError(405, "A Digital Link is read with GET.", headers={"Allow": "GET, HEAD, OPTIONS"})
    caller_of(request)
    identified = _identified(request)
    found = Product.objects.filter(gtin=identified.gtin).first()
    product = found_or_404(found, f"No product found for GTIN {identified.gtin}")
    response = _answer(request, product, identified)
    response.headers["Vary"] = "Accept"
    response.headers["Link"] = f'<{_anchor(identified)}?linkType=linkset>; rel="linkset"; type="{LINKSET}"'
    return response


def _answer(request: HttpRequest, product: Product, identified: linksets.Identified) -> HttpResponse:
    links = linksets.links_of(product, identified)
    requested = request.GET.get("linkType")
    preferred = request.get_preferred_type(_CONTENT)
    if requested in ("linkset", "all") or (requested is None and preferred == LINKSET):
        return JsonResponse(linksets.linkset(product, _anchor(identified), links), content_type=LINKSET)
    if requested is not None:
        name = linksets.link_type(requested)
        link = links[0] if name == "defaultLink" else next((link for link in links if link.type == name), None)
        link = found_or_404(link, f"There is no link of type {requested} for GTIN {product.gtin}")
        return _redirect(request, link.href)
    if preferred == "text/html":
        return _redirect(request, links[0].href)
    body = ProductOut.model_validate(product_out(product))
    return HttpResponse(body.model_dump_json(), content_type="application/json")


def _redirect(request: HttpRequest, href: str) -> HttpResponse:
    """Redirect to the link and pass the query on (GS1-Conformant resolver standard)."""
    query = urlencode([(name, value) for name, values in request.GET.lists() for value in values if name != "linkType"])
    base, mark, fragment = href.partition("#")
    if query:
        base += ("&" if "?" in base else "?") + query
    return HttpResponseRedirect(base + mark + fragment)


def _identified(request: HttpRequest) -> linksets.Identified:
    """Parse the path in its raw form, where %2F is part of a value.

    Raises:
        ProblemError: the path is not a GS1 Digital Link.
    """
    raw: bytes = getattr(request, "scope", {}).get("raw_path") or request.path.encode()
    segments = raw.decode("ascii", "replace").removesuffix("/").split("/")[1:]
    names, values = segments[::2], [unquote(value) for value in segments[1::2]]
    if len(names) != len(values) or names[1:] != [name for name in _QUALIFIERS if name in names[1:]]:
        raise ProblemError(400, "A Digital Link is /01/{gtin}, then /22/, /10/ and /21/ in this order, each optional.")
    for value in values[1:]:
        if not _VALUE.fullmatch(value):
            raise ProblemError(400, "A qualifier has 1 to 20 characters of GS1's character set 82.")
    qualifiers = dict(zip(names[1:], values[1:], strict=True))
    try:
        gtin = normalize(values[0])
    except InvalidGtinError as error:
        raise ProblemError(400, str(error)) from error
    return linksets.Identified(gtin, qualifiers.get("22"), qualifiers.get("10"), qualifiers.get("21"))


def _anchor(identified: linksets.Identified) -> str:
    return f"{settings.SANDBOX_URL}/01/{identified.gtin}"


def _options() -> HttpResponse:
    return HttpResponse(
        status=204,
        headers={
            "Allow": "GET, HEAD, OPTIONS",
            "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
            "Access-Control-Allow-Headers": "Accept, Accept-Language, Authorization, X-API-Key",
        },
    )
