"""Addresses of the accounts screens."""

from django.urls import URLPattern, URLResolver, path

from denghuo.apps.accounts import (
    notices,
    pages_account,
    pages_audit,
    pages_org,
    pages_people,
    pages_policies,
    pages_reveal,
    pages_signin,
)

app_name = "accounts"
urlpatterns: list[URLPattern | URLResolver] = [
    path("staff/", pages_signin.home, name="home"),
    path("staff/sign-in/", pages_signin.sign_in, name="sign-in"),
    path("staff/sign-in/code/", pages_signin.sign_in_code, name="sign-in-code"),
    path("staff/sign-in/demo/", pages_signin.demo_sign_in, name="demo-sign-in"),
    path("staff/sign-out/", pages_signin.sign_out, name="sign-out"),
    path("staff/account/", pages_account.account, name="account"),
    path("staff/account/password/", pages_account.password, name="password"),
    path("staff/account/totp/", pages_account.totp, name="totp"),
    path("staff/account/totp/disable/", pages_account.totp_disable, name="totp-disable"),
    path("staff/account/sessions/others/", pages_account.end_other_sessions, name="end-other-sessions"),
    path("staff/account/sessions/<int:pk>/", pages_account.end_session, name="end-session"),
    path("staff/notices/", notices.notices, name="notices"),
    path("staff/notices/bell/", notices.bell, name="notices-bell"),
    path("staff/people/", pages_people.people, name="people"),
    path("staff/people/new/", pages_people.new_person, name="person-new"),
    path("staff/people/<int:pk>/", pages_people.person, name="person"),
    path("staff/people/<int:pk>/edit/", pages_people.person_edit, name="person-edit"),
    path("staff/people/<int:pk>/roles/", pages_people.person_grant, name="person-grant"),
    path("staff/people/<int:pk>/roles/<int:grant_id>/revoke/", pages_people.person_revoke, name="person-revoke"),
    path("staff/people/<int:pk>/do/<slug:verb>/", pages_people.person_do, name="person-do"),
    path("staff/org/", pages_org.org, name="org"),
    path("staff/org/<int:pk>/", pages_org.unit, name="unit"),
    path("staff/policies/", pages_policies.policies, name="policies"),
    path("staff/policies/<str:key>/", pages_policies.policy, name="policy"),
    path("staff/audit/", pages_audit.audit, name="audit"),
    path("staff/audit/unmaskings/", pages_audit.audit_unmaskings, name="audit-unmaskings"),
    path("staff/audit/rows/<slug:kind>/<int:pk>/", pages_audit.audit_row, name="audit-row"),
    path("staff/reveal/", pages_reveal.reveal, name="reveal"),
]
