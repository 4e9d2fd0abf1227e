"""The addresses of Open311, each with .xml or .json; without either, the header Accept decides."""

from django.urls import path

from jiedao.api.open311 import views

app_name = "open311"
RESOURCES = {
    "discovery": views.discovery,
    "services": views.services,
    "requests": views.service_requests,
    "services/<str:code>": views.definition,
    "requests/<str:number>": views.single_request,
    "tokens/<str:token>": views.token,
}
NAMES = ("discovery", "services", "requests", "definition", "request", "token")
urlpatterns = [
    path("", views.discovery, name="root"),
    path("media/<int:photo_id>.jpg", views.media, name="media"),
    # A code contains no dot: the addresses with a suffix come first, so that a suffix is not read as part of a code.
    *(
        path(f"{route}{suffix}", view, name=name)
        for suffix in (".xml", ".json", "")
        for name, (route, view) in zip(NAMES, RESOURCES.items(), strict=True)
    ),
]
