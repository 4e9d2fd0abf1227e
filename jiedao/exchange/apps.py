from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    name = "jiedao.exchange"
    label = "exchange"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the jobs, and the listeners that write events of moves and new cases for other systems."""
        from jiedao.cases.moves.filings import register_filing_listener  # noqa: PLC0415 (models are not loaded before)
        from jiedao.cases.moves.listeners import register_move_listener  # noqa: PLC0415
        from jiedao.exchange import jobs  # noqa: F401, PLC0415 (importing registers them)
        from jiedao.exchange.endpoints import jobs as endpoint_jobs  # noqa: F401, PLC0415
        from jiedao.exchange.endpoints.listening import FILINGS, follow_move  # noqa: PLC0415

        register_move_listener("exchange", follow_move)
        register_filing_listener("exchange", FILINGS)
