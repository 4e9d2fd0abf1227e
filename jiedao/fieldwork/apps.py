from django.apps import AppConfig


class FieldworkConfig(AppConfig):
    name = "jiedao.fieldwork"
    label = "fieldwork"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the jobs."""
        from jiedao.fieldwork import jobs  # noqa: F401, PLC0415 (importing registers them)
