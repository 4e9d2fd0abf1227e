import importlib

from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "jiedao.audit"
    label = "audit"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the system checks, and what a new key makes necessary."""
        importlib.import_module("jiedao.audit.checks")
        importlib.import_module("jiedao.audit.renewing")
