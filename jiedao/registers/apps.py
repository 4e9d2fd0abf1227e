from django.apps import AppConfig


class RegistersConfig(AppConfig):
    name = "jiedao.registers"
    label = "registers"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Say who sees the attachments of a record."""
        import jiedao.registers.jobs_grades  # noqa: F401, PLC0415 (registers its job)
        from jiedao.files.access import register_scope  # noqa: PLC0415 (models are not loaded before)
        from jiedao.registers.access import sees_record  # noqa: PLC0415

        register_scope("registers.record", sees_record)
