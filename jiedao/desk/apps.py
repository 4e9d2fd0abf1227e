from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "jiedao.desk"
    label = "desk"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the tasks that users start."""
        from jiedao.desk.task_kinds import KINDS  # noqa: PLC0415 (models are not loaded before)
        from jiedao.tasks.kinds import register_task_kinds  # noqa: PLC0415

        register_task_kinds(*KINDS)
