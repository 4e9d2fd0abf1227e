"""Django's `migrate`, which makes the tables of an empty database faster."""

from contextlib import nullcontext
from typing import Any

from django.core.management.commands import migrate
from django.db import connections
from django.db.migrations.recorder import MigrationRecorder

from jiedao.kernel.migrating import add_without_rendering_again


class Command(migrate.Command):
    """Migrate as Django does."""

    def handle(self, *args: Any, **options: Any) -> str | None:
        """Migrate; rendering is shortened where no migration was ever applied."""
        is_empty = not MigrationRecorder(connections[options["database"]]).has_table()
        with add_without_rendering_again() if is_empty else nullcontext():
            return super().handle(*args, **options)
