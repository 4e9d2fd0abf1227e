from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "jiedao.desk"
    label = "desk"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the tasks that users start; let messages outside the system link to the pages of the desk."""
        from jiedao.delivery.summaries import register_page, register_summaries  # noqa: PLC0415
        from jiedao.desk.summaries import SUMMARIES  # noqa: PLC0415 (models are not loaded before)
        from jiedao.desk.task_kinds import KINDS  # noqa: PLC0415
        from jiedao.kernel.packs.parts import register_part  # noqa: PLC0415
        from jiedao.kernel.rows_pages import register_rows_pages  # noqa: PLC0415
        from jiedao.tasks.kinds import register_task_kinds  # noqa: PLC0415

        register_task_kinds(*KINDS)
        register_part("jiedao.desk.pack.PART")
        for object_type, summarise in SUMMARIES.items():
            register_summaries(object_type, summarise)
        register_rows_pages("jiedao.desk.links.ROWS")
        register_page("notices", "desk:notices")
        register_page("wishes", "desk:messages")
