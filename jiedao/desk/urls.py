"""Addresses of the desk; each subject has its own file of addresses."""

from django.urls import include, path

from jiedao.desk import category_words, views, views_phrases

app_name = "desk"
urlpatterns = [
    path("cases/category-words/", category_words.send_category_words, name="category_words"),
    path("cases/phrases/<str:code>/", views_phrases.change_phrases, name="phrases"),
    path("", include("jiedao.desk.home.urls")),
    path("", include("jiedao.desk.cases.urls")),
    path("board/", include("jiedao.desk.board.urls")),
    path("figures/", include("jiedao.desk.figures.urls")),
    path("overview/", include("jiedao.desk.overview.urls")),
    path("hotspots/", include("jiedao.desk.hotspots.urls")),
    path("scores/", include("jiedao.desk.evaluation.urls")),
    path("map/", include("jiedao.desk.map.urls")),
    path("admin/", include("jiedao.desk.admin.urls")),
    path("imports/", include("jiedao.desk.imports.urls")),
    path("promises/", include("jiedao.desk.promises.urls")),
    path("projects/", include("jiedao.desk.projects.urls")),
    path("forms/", include("jiedao.desk.forms.urls")),
    path("reports/check/", include("jiedao.desk.report_check.urls")),
    path("reports/", include("jiedao.desk.reports.urls")),
    path("publishing/", include("jiedao.desk.publishing.urls")),
    path("district/", include("jiedao.desk.district.urls")),
    path("doubtful/", include("jiedao.desk.doubtful.urls")),
    path("undecided/", include("jiedao.desk.undecided.urls")),
    path("registers/", include("jiedao.desk.registers.urls")),
    path("orders/", include("jiedao.desk.orders.urls")),
    path("help/", include("jiedao.desk.help.urls")),
    path("search/", include("jiedao.desk.search.urls")),
    path("review/", include("jiedao.desk.review.urls")),
    path("consultations/", include("jiedao.desk.consultations.urls")),
    path("field-file/", include("jiedao.desk.field_files.urls")),
    path("inspections/", include("jiedao.desk.inspections.urls")),
    path("drafts/<slug:key>/", views.handle_draft, name="draft"),
    path("files/<int:attachment_id>/", views.send_attachment, name="attachment"),
]
