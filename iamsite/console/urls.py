"""Every address below /console/."""

from django.urls import URLPattern, URLResolver, path, re_path

import accounts.console.urls
import identities.console.urls
import policies.console.urls
from iamsite.console import (
    authorize,
    federation,
    palette,
    preferences,
    providers,
    recovery,
    signin,
    switching,
    words,
)
from iamsite.console.errors import no_such_page

app_name = "console"
urlpatterns: list[URLPattern | URLResolver] = [
    path("sign-in", signin.SignIn.as_view(), name="sign-in"),
    path("signin/<account>", signin.SignIn.as_view(), name="sign-in-account"),
    path("sign-in/code", signin.AnswerCode.as_view(), name="sign-in-code"),
    path("sign-in/key", signin.AnswerKey.as_view(), name="sign-in-key"),
    path("sign-in/passkey", signin.SignInWithPasskey.as_view(), name="sign-in-passkey"),
    path("sign-in/federated", federation.SignInFederated.as_view(), name="sign-in-federated"),
    path("sign-in/with/<account>/<client>", providers.begin, name="sign-in-with"),
    path("sign-in/oidc", providers.oidc_answer, name="sign-in-oidc"),
    path("sign-in/oidc/role", providers.ChooseOIDCRole.as_view(), name="sign-in-oidc-role"),
    path("sign-in/saml", providers.SignInWithSAML.as_view(), name="sign-in-saml"),
    path("sign-in/password", signin.ChooseNewPassword.as_view(), name="sign-in-password"),
    path("recover", recovery.Recover.as_view(), name="recover"),
    path("recover/<token>", recovery.ChoosePassword.as_view(), name="recover-password"),
    path("sign-up/confirm", signin.ConfirmAccount.as_view(), name="confirm-account"),
    path("sign-up", signin.SignUp.as_view(), name="sign-up"),
    path("sign-out", signin.sign_out, name="sign-out"),
    path("authorize", authorize.Authorize.as_view(), name="authorize"),
    path("switch-role", switching.SwitchRole.as_view(), name="switch-role"),
    path("switch-back", switching.switch_back, name="switch-back"),
    path("theme", preferences.choose_theme, name="theme"),
    path("columns", preferences.choose_columns, name="columns"),
    path("words/<language>-<version>.js", words.words, name="words"),
    path("search", palette.search, name="search"),
    *accounts.console.urls.urlpatterns,
    *identities.console.urls.urlpatterns,
    *policies.console.urls.urlpatterns,
    re_path("", no_such_page),
]
