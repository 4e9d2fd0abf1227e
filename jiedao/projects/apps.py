from django.apps import AppConfig


class ProjectsConfig(AppConfig):
    name = "jiedao.projects"
    label = "projects"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the policies, the rules for attachments, and the origin of the cases of obstacles."""
        from jiedao.cases.origins import register_origin  # noqa: PLC0415 (models are not loaded before)
        from jiedao.files.access import register_scope  # noqa: PLC0415
        from jiedao.kernel.policies import declare_policies  # noqa: PLC0415
        from jiedao.projects.access import sees_project  # noqa: PLC0415
        from jiedao.projects.actions.obstacles import OBSTACLE  # noqa: PLC0415
        from jiedao.projects.promise_access import sees_entry, sees_payment, sees_pledge  # noqa: PLC0415

        declare_policies({"slack_days": 5, "permit_days": 10, "promise_warn_days": 5})
        register_scope("projects.project", sees_project)
        register_scope("projects.pledge", sees_pledge)
        register_scope("projects.entry", sees_entry)
        register_scope("projects.payment", sees_payment)
        register_origin(OBSTACLE)
