"""Addresses of the desk; each subject has its own file of addresses."""

from django.urls import include, path

from jiedao.desk import views

app_name = "desk"
urlpatterns = [
    path("", include("jiedao.desk.home.urls")),
    path("", include("jiedao.desk.cases.urls")),
    path("board/", include("jiedao.desk.board.urls")),
    path("map/", include("jiedao.desk.map.urls")),
    path("admin/", include("jiedao.desk.admin.urls")),
    path("imports/", include("jiedao.desk.imports.urls")),
    path("promises/", include("jiedao.desk.promises.urls")),
    path("projects/", include("jiedao.desk.projects.urls")),
    path("registers/", include("jiedao.desk.registers.urls")),
    path("forms/", include("jiedao.desk.forms.urls")),
    path("help/", include("jiedao.desk.help.urls")),
    path("search/", include("jiedao.desk.search.urls")),
    path("inspections/", include("jiedao.desk.inspections.urls")),
    path("drafts/<slug:key>/", views.handle_draft, name="draft"),
    path("files/<int:attachment_id>/", views.send_attachment, name="attachment"),
]
