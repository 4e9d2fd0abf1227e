"""Addresses of the accounts room."""

from django.urls import path

from jiedao.accounts import views, views_second_factor
from jiedao.accounts.oidc import views as views_oidc

app_name = "accounts"
urlpatterns = [
    path("sign-in/", views.SignIn.as_view(), name="sign_in"),
    path("code/", views.Code.as_view(), name="code"),
    path("sign-out/", views.SignOut.as_view(), name="sign_out"),
    path("password/", views.ChangePassword.as_view(), name="change_password"),
    path("second-factor/", views_second_factor.second_factor_page, name="second_factor"),
    path("second-factor/off/", views_second_factor.second_factor_off, name="second_factor_off"),
    path("second-factor/codes/", views_second_factor.recovery_codes, name="recovery_codes"),
    path("office/", views_oidc.begin, name="office"),
    path("office/return/", views_oidc.finish, name="office_return"),
    path("office/sign-out/", views_oidc.end_at_provider, name="office_sign_out"),
]
