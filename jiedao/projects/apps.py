from django.apps import AppConfig


class ProjectsConfig(AppConfig):
    name = "jiedao.projects"
    label = "projects"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Say who sees the attachments of a project."""
        from jiedao.files.access import register_scope  # noqa: PLC0415 (models are not loaded before)
        from jiedao.projects.access import sees_project  # noqa: PLC0415

        register_scope("projects.project", sees_project)
