from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "jiedao.api"
    label = "api"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the jobs."""
        from jiedao.api import jobs  # noqa: F401, PLC0415 (importing registers them)
