from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FieldConfig(AppConfig):
    name = "jiedao.field"
    label = "field"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Offer the app in the navigation of the staff."""
        from jiedao.field.entry import FIELD_RIGHTS  # noqa: PLC0415 (models are not loaded before)
        from jiedao.pages.doors import Door, register_door  # noqa: PLC0415

        register_door(Door("field:app", _("手机工作台"), "device-mobile", FIELD_RIGHTS))
        register_door(Door("field:places", _("到点打卡"), "map-pin", ("cases.board:view",)))
