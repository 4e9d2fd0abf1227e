"""What a company sees without an account: the code of its record, and the requests that it made."""

from django.db import models

from jiedao.cases.models import Case
from jiedao.registers.models.records import Record


class RecordCode(models.Model):
    """The code that the office gave to the company of a record; only its digest is stored. A new code ends the old."""

    record = models.OneToOneField(
        Record, on_delete=models.CASCADE, related_name="code_given", primary_key=True
    )
    digest = models.CharField(max_length=32, unique=True)
    issued_at = models.DateTimeField()
    issued_label = models.CharField(max_length=120)

    def __str__(self) -> str:
        return str(self.record_id)


class RecordRequest(models.Model):
    """A case that the company of a record asked for."""

    case = models.OneToOneField(Case, on_delete=models.CASCADE, related_name="+", primary_key=True)
    record = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="requests")

    def __str__(self) -> str:
        return f"{self.record_id} {self.case_id}"
