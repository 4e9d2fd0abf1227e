"""All addresses."""

from django.urls import include, path

from jiedao.api.router import api

handler400 = "jiedao.portal.problems.bad_request"
handler403 = "jiedao.portal.problems.forbidden"
handler404 = "jiedao.portal.problems.not_found"
handler500 = "jiedao.portal.problems.server_error"

urlpatterns = [
    path("accounts/", include("jiedao.accounts.urls")),
    path("desk/", include("jiedao.desk.urls")),
    path("field/", include("jiedao.field.urls")),
    path("api/v1/", api.urls),
    path("open311/v2/", include("jiedao.api.open311.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("", include("jiedao.kernel.urls")),
    path("", include("jiedao.portal.urls")),
]
