"""Fold the codes of records, so that a sheet finds its record in every spelling of the code."""

import re
from typing import Any

from django.db import migrations

from jiedao.kernel.folding import fold_key

_FOLDED = re.compile(r"[\w.()-]*", re.ASCII)  # what nearly every code looks like


def fold_record_codes(apps: Any, _editor: Any) -> None:
    """Fold the codes one by one; a code whose folded form another record has already stays as it is."""
    records = apps.get_model("registers", "Record").objects
    for pk, register, code in list(_find_unfolded(records)):
        folded = fold_key(code)
        taken = records.filter(register_id=register, code=folded)
        if folded and folded != code and len(folded) <= 60 and not taken.exists():
            records.filter(pk=pk).update(code=folded)


def _find_unfolded(records: Any) -> Any:
    rows = records.order_by("pk").values_list("pk", "register_id", "code")
    for pk, register, code in rows.iterator(chunk_size=5000):
        if not _FOLDED.fullmatch(code):
            yield pk, register, code


class Migration(migrations.Migration):
    dependencies = [("registers", "0006_inspection")]
    operations = [migrations.RunPython(fold_record_codes, migrations.RunPython.noop)]
