from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "jiedao.api"
    label = "api"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the jobs, the room's part of the pack, and the policy that stores its statements about Open311."""
        from jiedao.api import jobs  # noqa: F401, PLC0415 (importing registers them)
        from jiedao.api.policies import POLICIES  # noqa: PLC0415 (models are not loaded before)
        from jiedao.kernel.packs.parts import register_part  # noqa: PLC0415
        from jiedao.kernel.policies import declare_policies  # noqa: PLC0415

        declare_policies(*POLICIES)
        register_part("jiedao.api.pack.part.PART")
