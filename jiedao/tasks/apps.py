from django.apps import AppConfig


class TasksConfig(AppConfig):
    name = "jiedao.tasks"
    label = "tasks"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the jobs and the notices."""
        from jiedao.kernel.packs.parts import register_part  # noqa: PLC0415 (models are not loaded before)
        from jiedao.notices.kinds import register_notice_kinds  # noqa: PLC0415
        from jiedao.tasks import jobs  # noqa: F401, PLC0415 (importing registers them)
        from jiedao.tasks.notices import KINDS  # noqa: PLC0415

        register_notice_kinds(*KINDS)
        register_part("jiedao.tasks.pack.part.PART")
