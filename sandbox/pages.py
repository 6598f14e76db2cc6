"""The HTML pages: front page, product page and picture, and CSRF errors."""

from html import escape

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_safe

from .apis.problems import plain_problem
from .data.models import Product


@require_safe
def front(request: HttpRequest) -> HttpResponse:
    """The front page."""
    response = render(request, "front.html")
    response.headers["Link"] = '</.well-known/api-catalog>; rel="api-catalog"'
    return response


@require_safe
def product(request: HttpRequest, gtin: str) -> HttpResponse:
    """A product's page, the default target of its Digital Link."""
    found = Product.objects.filter(gtin=gtin).first()
    if found is None:
        return plain_problem(404)
    return render(request, "product.html", {"product": found, **found.document})


@require_safe
def picture(request: HttpRequest, gtin: str) -> HttpResponse:
    """A product's picture: a label with its name."""
    found = Product.objects.filter(gtin=gtin).first()
    if found is None:
        return plain_problem(404)
    hue = int(gtin) % 360
    return HttpResponse(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 320 320" role="img">'
        f'<rect width="320" height="320" rx="24" fill="hsl({hue} 45% 85%)"/>'
        f'<text x="160" y="150" text-anchor="middle" font-size="22">{escape(found.brand)}</text>'
        f'<text x="160" y="190" text-anchor="middle" font-size="13">{escape(found.product_name[:40])}</text>'
        "</svg>",
        content_type="image/svg+xml",
        headers={"Cache-Control": "public, max-age=3600"},
    )


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The page for a form without a valid CSRF token."""
    return render(
        request,
        "message.html",
        {
            "title": "Cannot accept this form",
            "text": "It has expired, or your browser blocks cookies. Go back, reload the page and try again.",
        },
        status=403,
    )


urlpatterns = [
    path("", front),
    path("p/<str:gtin>", product),
    path("p/<str:gtin>/image.svg", picture),
]
