"""A text by which the key of the database is recognised."""

from jiedao.cases.models import Reporter


def find_encrypted_reporter() -> tuple[str, str] | None:
    """Return an encrypted name or phone number with its context, None if no case has one."""
    row = Reporter.objects.exclude(name="", phone="").values_list("name", "phone").first()
    return (row[0] or row[1], "") if row else None
