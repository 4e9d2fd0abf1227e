"""Addresses of the pages that look over many cases, and of the administration."""

from django.urls import URLPattern, path

from jiedao.desk.views_overview import (
    admin_base,
    admin_people,
    admin_posts,
    admin_town,
    board,
    dispatcher,
    mine,
    townmap,
)

urlpatterns: list[URLPattern] = [
    path("board/", board.board, name="board"),
    path("board/rows/", board.board_rows, name="board_rows"),
    path("dispatcher/", dispatcher.dispatcher, name="dispatcher"),
    path("map/", townmap.map_page, name="map"),
    path("map/data/", townmap.map_data, name="map_data"),
    path("notices/", mine.notices, name="notices"),
    path("notices/read/", mine.notices_read, name="notices_read"),
    path("account/", mine.account, name="account"),
    path("account/post/", mine.switch_post, name="switch_post"),
    path("admin/", admin_base.admin, name="admin"),
    path("admin/import/", admin_base.import_help, name="admin_import"),
    path("admin/people/", admin_people.people, name="admin_people"),
    path("admin/people/new/", admin_people.person_new, name="admin_person_new"),
    path("admin/people/<int:user_id>/", admin_people.person, name="admin_person"),
    path("admin/people/<int:user_id>/name/", admin_people.person_rename, name="admin_person_rename"),
    path("admin/people/<int:user_id>/active/", admin_people.person_active, name="admin_person_active"),
    path("admin/people/<int:user_id>/password/", admin_people.person_password, name="admin_person_password"),
    path(
        "admin/people/<int:user_id>/second-factor/",
        admin_people.person_second_factor,
        name="admin_person_second_factor",
    ),
    path("admin/people/<int:user_id>/take/", admin_people.person_take, name="admin_person_take"),
    path("admin/tokens/", admin_people.tokens, name="admin_tokens"),
    path("admin/tokens/<int:token_id>/revoke/", admin_people.token_revoke, name="admin_token_revoke"),
    path("admin/posts/", admin_posts.posts, name="admin_posts"),
    path("admin/posts/new/", admin_posts.post_new, name="admin_post_new"),
    path("admin/posts/<int:post_id>/", admin_posts.post, name="admin_post"),
    path("admin/units/", admin_posts.units, name="admin_units"),
    path("admin/units/new/", admin_posts.unit_new, name="admin_unit_new"),
    path("admin/units/<int:unit_id>/", admin_posts.unit, name="admin_unit"),
    path("admin/rights/", admin_posts.rights, name="admin_rights"),
    path("admin/calendar/", admin_town.calendar, name="admin_calendar"),
    path("admin/categories/", admin_town.categories, name="admin_categories"),
    path("admin/categories/<int:category_id>/", admin_town.category, name="admin_category"),
    path("admin/audit/", admin_town.audit, name="admin_audit"),
    path("admin/audit/verify/", admin_town.audit_verify, name="admin_audit_verify"),
]
