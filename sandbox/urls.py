"""Every URL of the sandbox."""

from django.urls import include, path, re_path

from . import control, discovery, pages
from .apis import (
    account,
    brands,
    certifications,
    compliance,
    digital_links,
    locations,
    products,
    resolver,
    retailers,
    search,
    unserved,
)
from .apis.unserved_operations import OPERATIONS
from .data.apps import APPS
from .oauth import endpoints

_SERVED = (
    account.api,
    brands.api,
    certifications.api,
    compliance.api,
    locations.api,
    products.api,
    resolver.api,
    retailers.api,
    search.api,
)

urlpatterns = [
    path("", include(pages.urlpatterns)),
    path("llms.txt", discovery.llms_txt),
    path(".well-known/gs1resolver", digital_links.description),
    path(".well-known/", include(discovery.urlpatterns)),
    *(path(f"{APPS[api.urls_namespace].path}/", api.urls) for api in _SERVED),
    *(path(f"{APPS[name].path}/", include(unserved.urlpatterns(APPS[name]))) for name in OPERATIONS),
    path("oauth/", include((endpoints.urlpatterns, "oauth2_provider"))),
    path("__sandbox__/", include(control.urlpatterns)),
    re_path(r"^01/(?P<rest>.*)$", digital_links.resolve),
]

handler400 = "closient_mcp.sandbox.apis.problems.bad_request"
handler404 = "closient_mcp.sandbox.apis.problems.not_found"
handler500 = "closient_mcp.sandbox.apis.problems.server_error"
