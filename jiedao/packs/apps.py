from django.apps import AppConfig


class PacksConfig(AppConfig):
    name = "jiedao.packs"
    label = "packs"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Declare the policies of this room."""
        from jiedao.kernel.policies import declare_policies  # noqa: PLC0415 (models are not loaded before)

        declare_policies({"demo": False})
