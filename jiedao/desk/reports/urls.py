"""Addresses of reports."""

from django.urls import URLPattern, path

from jiedao.desk.reports import (
    views_compare,
    views_edit,
    views_plan,
    views_report,
    views_review,
    views_word,
)

urlpatterns: list[URLPattern] = [
    path("", views_report.list_all, name="reports"),
    path("new/", views_edit.create_report, name="report-new"),
    path("word-templates/", views_word.show_templates, name="report-word-templates"),
    path("word-templates/<int:template_id>/file/", views_word.send_template, name="report-word-template"),
    path("word-templates/<int:template_id>/retire/", views_word.retire, name="report-word-template-retire"),
    path("<int:report_id>/", views_report.show_report, name="report"),
    path("<int:report_id>/edit/", views_edit.edit_report, name="report-edit"),
    path("<int:report_id>/preview/", views_edit.preview_report, name="report-preview"),
    path("<int:report_id>/sign/", views_report.sign, name="report-sign"),
    path("<int:report_id>/withdraw/", views_report.withdraw, name="report-withdraw"),
    path("<int:report_id>/changes/", views_report.show_changes, name="report-changes"),
    path("<int:report_id>/versions/<int:number>/", views_report.show_version, name="report-version"),
    path("<int:report_id>/plan/<slug:key>/", views_plan.show_sentence, name="report-plan"),
    path("<int:report_id>/plan/<slug:key>/link/", views_plan.link, name="report-plan-link"),
    path("<int:report_id>/plan/<slug:key>/dismiss/", views_plan.dismiss, name="report-plan-dismiss"),
    path("<int:report_id>/decisions/<int:decision_id>/undo/", views_plan.undo, name="report-plan-undo"),
    path("<int:report_id>/promises/", views_review.show_review, name="report-promises"),
    path("<int:report_id>/promises/export/", views_review.export, name="report-promises-export"),
    path("<int:report_id>/promises/<int:decision_id>/", views_review.decide, name="report-mention"),
    path("<int:report_id>/compare/", views_compare.show_comparison, name="report-compare"),
    path("<int:report_id>/files/<slug:suffix>/", views_report.download, name="report-file"),
    path("<int:report_id>/word/<int:template_id>/", views_word.send_report, name="report-word"),
]
