from django.apps import AppConfig


class PagesConfig(AppConfig):
    name = "jiedao.pages"
    label = "pages"
    default_auto_field = "django.db.models.BigAutoField"
