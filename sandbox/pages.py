"""The HTML pages: front page, product page and picture, and CSRF errors."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_safe

from .apis.problems import plain_problem
from .data.models import Product
from .data.pictures import jar


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
    """A product's picture."""
    found = Product.objects.filter(gtin=gtin).first()
    if found is None:
        return plain_problem(404)
    return HttpResponse(
        jar(hue=int(gtin) % 360), content_type="image/png", headers={"Cache-Control": "public, max-age=3600"}
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
    path("p/<str:gtin>/image.png", picture),
]
