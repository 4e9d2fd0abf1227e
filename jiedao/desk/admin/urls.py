"""Addresses of the administration."""

from django.urls import URLPattern, path

from jiedao.desk.admin import frame, views_people, views_posts, views_town

urlpatterns: list[URLPattern] = [
    path("", frame.open_admin, name="admin"),
    path("import/", frame.show_import_help, name="admin_import"),
    path("people/", views_people.list_people, name="admin_people"),
    path("people/new/", views_people.create_person, name="admin_person_new"),
    path("people/<int:user_id>/", views_people.show_person, name="admin_person"),
    path("people/<int:user_id>/name/", views_people.rename_person, name="admin_person_rename"),
    path("people/<int:user_id>/active/", views_people.set_person_active, name="admin_person_active"),
    path("people/<int:user_id>/password/", views_people.reset_person_password, name="admin_person_password"),
    path(
        "people/<int:user_id>/second-factor/",
        views_people.reset_person_second_factor,
        name="admin_person_second_factor",
    ),
    path("people/<int:user_id>/link/", views_people.link_person, name="admin_person_link"),
    path("people/<int:user_id>/unlink/", views_people.unlink_person, name="admin_person_unlink"),
    path("people/<int:user_id>/take/", views_people.end_holding, name="admin_person_take"),
    path("tokens/", views_people.list_tokens, name="admin_tokens"),
    path("tokens/<int:token_id>/revoke/", views_people.revoke_token, name="admin_token_revoke"),
    path("posts/", views_posts.list_posts, name="admin_posts"),
    path("posts/new/", views_posts.create_post, name="admin_post_new"),
    path("posts/<int:post_id>/", views_posts.edit_post, name="admin_post"),
    path("units/", views_posts.list_units, name="admin_units"),
    path("units/new/", views_posts.create_unit, name="admin_unit_new"),
    path("units/<int:unit_id>/", views_posts.edit_unit, name="admin_unit"),
    path("rights/", views_posts.show_rights, name="admin_rights"),
    path("calendar/", views_town.show_calendar, name="admin_calendar"),
    path("categories/", views_town.list_categories, name="admin_categories"),
    path("categories/<int:category_id>/", views_town.edit_category, name="admin_category"),
    path("audit/", views_town.list_entries, name="admin_audit"),
    path("audit/verify/", views_town.verify_entries, name="admin_audit_verify"),
]
