from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    name = "jiedao.exchange"
    label = "exchange"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the jobs."""
        from jiedao.exchange import jobs  # noqa: F401, PLC0415 (importing registers them)
