"""Every URL of the sandbox."""

from django.urls import include, path, re_path

from . import control, discovery, pages
from .apis import account, compliance, digital_links, products, resolver, retailers, search
from .oauth import endpoints

urlpatterns = [
    path("", include(pages.urlpatterns)),
    path(".well-known/gs1resolver", digital_links.description),
    path(".well-known/", include(discovery.urlpatterns)),
    path("search/api/v1/", search.api.urls),
    path("products/api/v1/", products.api.urls),
    path("resolver/api/v1/", resolver.api.urls),
    path("account/api/v1/", account.api.urls),
    path("compliance/api/v1/", compliance.api.urls),
    path("retailers/api/v1/", retailers.api.urls),
    path("oauth/", include((endpoints.urlpatterns, "oauth2_provider"))),
    path("__sandbox__/", include(control.urlpatterns)),
    re_path(r"^01/(?P<rest>.*)$", digital_links.resolve),
]

handler400 = "closient_mcp.sandbox.apis.problems.bad_request"
handler404 = "closient_mcp.sandbox.apis.problems.not_found"
handler500 = "closient_mcp.sandbox.apis.problems.server_error"
