"""Addresses of the home page, the notices and the account."""

from django.urls import URLPattern, path

from jiedao.desk.home import views, views_deputies, views_messages, views_own, views_tasks

urlpatterns: list[URLPattern] = [
    path("", views.show_home, name="home"),
    path("notices/", views_own.list_notices, name="notices"),
    path("notices/read/", views_own.mark_notices_read, name="notices_read"),
    path("tasks/", views_tasks.show_tasks, name="tasks"),
    path("tasks/<int:task_id>/", views_tasks.show_task, name="task"),
    path("tasks/<int:task_id>/file/", views_tasks.send_task_file, name="task_file"),
    path("account/", views_own.show_account, name="account"),
    path("account/deputies/", views_deputies.show_deputies, name="deputies"),
    path("account/deputies/end/", views_deputies.end_own_deputy, name="deputy_end"),
    path("account/messages/", views_messages.show_messages, name="messages"),
    path("account/messages/address/", views_messages.save_address, name="messages_address"),
    path("account/messages/verify/", views_messages.verify_address, name="messages_verify"),
    path("account/messages/remove/", views_messages.remove_address, name="messages_remove"),
    path("account/post/", views_own.switch_post, name="switch_post"),
]
