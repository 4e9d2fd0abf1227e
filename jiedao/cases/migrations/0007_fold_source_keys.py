"""Fold the stored source keys, so that messages of earlier imports are recognised in every spelling of their number."""

import re
from typing import Any

from django.db import migrations

from jiedao.kernel.folding import fold_key

_FOLDED = re.compile(r"[\w.-]*:?[\w.-]*", re.ASCII)  # what nearly every key looks like


def fold_source_keys(apps: Any, _editor: Any) -> None:
    """Fold the keys one by one; a key whose folded form another case has already stays as it is."""
    cases = apps.get_model("cases", "Case").objects
    for pk, key in list(_find_unfolded(cases.filter(source_key__isnull=False))):
        source, sign, number = key.partition(":")
        folded = f"{fold_key(source)}{sign}{fold_key(number)}"
        if folded != key and len(folded) <= 120 and not cases.filter(source_key=folded).exists():
            cases.filter(pk=pk).update(source_key=folded)


def _find_unfolded(cases: Any) -> Any:
    for pk, key in cases.order_by("pk").values_list("pk", "source_key").iterator(chunk_size=5000):
        if not _FOLDED.fullmatch(key):
            yield pk, key


class Migration(migrations.Migration):
    dependencies = [("cases", "0006_notices_name_cases")]
    operations = [migrations.RunPython(fold_source_keys, migrations.RunPython.noop)]
