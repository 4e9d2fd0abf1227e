"""Addresses of the evaluation."""

from django.urls import URLPattern, path

from jiedao.desk.evaluation import views_appeal, views_results, views_score, views_simulate

urlpatterns: list[URLPattern] = [
    path("", views_results.open_scores, name="scores"),
    path("appeals/", views_appeal.list_all, name="score_appeals"),
    path("appeals/<int:appeal_id>/", views_appeal.show_appeal, name="score_appeal"),
    path("appeals/<int:appeal_id>/decide/", views_appeal.decide, name="score_appeal_decide"),
    path("appeals/<int:appeal_id>/withdraw/", views_appeal.withdraw, name="score_appeal_withdraw"),
    path("contest/<int:score_id>/", views_appeal.contest, name="score_contest"),
    path("<slug:key>/", views_results.show_results, name="score_sheet"),
    path("<slug:key>/publish/", views_results.publish, name="score_publish"),
    path("<slug:key>/recompute/", views_results.recompute, name="score_recompute"),
    path("<slug:key>/workbook/", views_results.send_workbook, name="score_workbook"),
    path("<slug:key>/document/", views_results.send_document, name="score_document"),
    path("<slug:key>/simulate/", views_simulate.show_simulation, name="score_simulate"),
    path("<slug:key>/<str:code>/", views_score.show_score, name="score"),
    path("<slug:key>/<str:code>/points/", views_score.give, name="score_points"),
]
