"""Everything that changes people, roles, sessions and units."""

from denghuo.apps.accounts.actions.grants import grant_role, revoke_role
from denghuo.apps.accounts.actions.org import create_unit, rename_unit
from denghuo.apps.accounts.actions.passwords import change_password, reset_password
from denghuo.apps.accounts.actions.people import (
    create_staff,
    deactivate_staff,
    reactivate_staff,
    set_preferences,
    set_skill,
    unlock_staff,
    update_staff,
)
from denghuo.apps.accounts.actions.sessions import end_other_sessions, end_session, sign_out
from denghuo.apps.accounts.actions.signing import (
    Locked,
    SignInFailed,
    SignInResult,
    demo_sign_in,
    sign_in,
    sign_in_with_code,
)
from denghuo.apps.accounts.actions.tokens import issue_token, revoke_token
from denghuo.apps.accounts.actions.totp import confirm_totp, disable_totp, start_totp

__all__ = [
    "Locked",
    "SignInFailed",
    "SignInResult",
    "change_password",
    "confirm_totp",
    "create_staff",
    "create_unit",
    "deactivate_staff",
    "demo_sign_in",
    "disable_totp",
    "end_other_sessions",
    "end_session",
    "grant_role",
    "issue_token",
    "reactivate_staff",
    "rename_unit",
    "reset_password",
    "revoke_role",
    "revoke_token",
    "set_preferences",
    "set_skill",
    "sign_in",
    "sign_in_with_code",
    "sign_out",
    "start_totp",
    "unlock_staff",
    "update_staff",
]
