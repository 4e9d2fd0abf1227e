"""Addresses of the administration."""

from django.urls import URLPattern, path

from jiedao.desk.admin import frame, views_people, views_posts, views_town

urlpatterns: list[URLPattern] = [
    path("", frame.admin, name="admin"),
    path("import/", frame.import_help, name="admin_import"),
    path("people/", views_people.people, name="admin_people"),
    path("people/new/", views_people.person_new, name="admin_person_new"),
    path("people/<int:user_id>/", views_people.person, name="admin_person"),
    path("people/<int:user_id>/name/", views_people.person_rename, name="admin_person_rename"),
    path("people/<int:user_id>/active/", views_people.person_active, name="admin_person_active"),
    path("people/<int:user_id>/password/", views_people.person_password, name="admin_person_password"),
    path(
        "people/<int:user_id>/second-factor/",
        views_people.person_second_factor,
        name="admin_person_second_factor",
    ),
    path("people/<int:user_id>/take/", views_people.person_take, name="admin_person_take"),
    path("tokens/", views_people.tokens, name="admin_tokens"),
    path("tokens/<int:token_id>/revoke/", views_people.token_revoke, name="admin_token_revoke"),
    path("posts/", views_posts.posts, name="admin_posts"),
    path("posts/new/", views_posts.post_new, name="admin_post_new"),
    path("posts/<int:post_id>/", views_posts.post, name="admin_post"),
    path("units/", views_posts.units, name="admin_units"),
    path("units/new/", views_posts.unit_new, name="admin_unit_new"),
    path("units/<int:unit_id>/", views_posts.unit, name="admin_unit"),
    path("rights/", views_posts.rights, name="admin_rights"),
    path("calendar/", views_town.calendar, name="admin_calendar"),
    path("categories/", views_town.categories, name="admin_categories"),
    path("categories/<int:category_id>/", views_town.category, name="admin_category"),
    path("audit/", views_town.audit, name="admin_audit"),
    path("audit/verify/", views_town.audit_verify, name="admin_audit_verify"),
]
