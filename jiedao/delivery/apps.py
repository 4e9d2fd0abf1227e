from django.apps import AppConfig


class DeliveryConfig(AppConfig):
    name = "jiedao.delivery"
    label = "delivery"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the jobs, the policies and the part of a pack, and who wants notices outside the system."""
        from jiedao.delivery import jobs  # noqa: F401, PLC0415 (importing registers them)
        from jiedao.delivery.policies import POLICIES  # noqa: PLC0415 (models are not loaded before)
        from jiedao.delivery.wishes import wants_message  # noqa: PLC0415
        from jiedao.kernel.packs.parts import register_part  # noqa: PLC0415
        from jiedao.kernel.policies import declare_policies  # noqa: PLC0415
        from jiedao.notices.outside import register_delivery  # noqa: PLC0415

        declare_policies(*POLICIES)
        register_part("jiedao.delivery.pack.part.PART")
        register_delivery(wants_message)
