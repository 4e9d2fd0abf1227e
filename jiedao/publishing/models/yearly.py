"""The yearly report on open information, which the law requires of every office."""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from jiedao.accounts.models import User
from jiedao.publishing.models.publications import Publication


class YearlyReport(models.Model):
    """The entered part of a year's report; what can be counted is counted when the report is built.

    Attributes:
        applications: requests for information, row -> applicant -> number; see `yearly.ROWS` and `yearly.APPLICANTS`.
        disputes: reviews and lawsuits over them, row -> outcome -> number; see `yearly.DISPUTES`.
        typed: what was typed with its source because the records begin later than the year, section -> row -> number
            or "source" -> text; see `yearly.TYPED`.
        publication: the publication that was made of it, the last one.
    """

    year = models.PositiveSmallIntegerField(_("年度"), unique=True)
    applications: Any = models.JSONField(default=dict)
    disputes: Any = models.JSONField(default=dict)
    typed: Any = models.JSONField(default=dict)
    overview = models.TextField(_("总体情况"), blank=True)
    problems = models.TextField(_("存在的主要问题及改进情况"), blank=True)
    other = models.TextField(_("其他需要报告的事项"), blank=True)
    publication = models.ForeignKey(
        Publication, on_delete=models.SET_NULL, null=True, blank=True, related_name="yearly_reports"
    )
    version = models.PositiveIntegerField(default=1)
    changed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ("-year",)

    def __str__(self) -> str:
        return str(self.year)
