"""The access of companies without an account: the code of a record, and the requests of its company."""

from django.db import models

from jiedao.cases.models import Case
from jiedao.registers.models.records import Record


class RecordCode(models.Model):
    """The code that the office gave to the company of a record, as a digest. A new code ends the old one."""

    record = models.OneToOneField(
        Record, on_delete=models.CASCADE, related_name="code_given", primary_key=True
    )
    digest = models.CharField(max_length=32, unique=True)
    issued_at = models.DateTimeField()
    issued_label = models.CharField(max_length=120)

    def __str__(self) -> str:
        return str(self.record_id)


class RecordRequest(models.Model):
    """A case that the company of a record requested."""

    case = models.OneToOneField(Case, on_delete=models.CASCADE, related_name="+", primary_key=True)
    record = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="requests")

    def __str__(self) -> str:
        return f"{self.record_id} {self.case_id}"
