"""People: the list, one person, and what administrators do there."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from denghuo.apps.accounts import actions
from denghuo.apps.accounts.forms import GrantForm, NewPersonForm, PersonForm, SkillForm, blame, role_choices
from denghuo.apps.accounts.models import RoleGrant, Staff
from denghuo.apps.accounts.pages import attempt, staff_page
from denghuo.apps.accounts.pages_reveal import reveal_url
from denghuo.apps.accounts.queries import in_force, open_sessions, scope_path, skills_of, staff_visible_to
from denghuo.apps.accounts.roles import role_name
from denghuo.core.actors import Actor
from denghuo.core.errors import InvalidInput, NotFound
from denghuo.core.events.models import Event
from denghuo.core.http.actors import actor_of
from denghuo.core.privacy import masked, may_view
from denghuo.core.scoping.models import OrgUnit, units_under
from denghuo.web import tables as t

RECENT_EVENTS = 30


def status_look(row: Staff) -> tuple[Any, str, str]:
    """Badge of a person: active, locked or gone."""
    if not row.is_active:
        return gettext_lazy("已停用"), "muted", "ban"
    if row.locked_until is not None and row.locked_until > timezone.now():
        return gettext_lazy("已锁定"), "danger", "lock"
    return gettext_lazy("在职"), "ok", "circle-check"


def roles_text(row: Staff) -> str:
    """Names of the roles in force, each once."""
    return _("、").join(dict.fromkeys(role_name(grant.role.code) for grant in row.current_grants))  # type: ignore[attr-defined]


def _search(queryset: Any, text: str) -> Any:
    return queryset.filter(
        Q(username__icontains=text) | Q(display_name__icontains=text) | Q(employee_no__icontains=text)
    )


def _with_role(queryset: Any, code: str) -> Any:
    holders = RoleGrant.objects.filter(in_force(timezone.now()), role__code=code).values("staff")
    return queryset.filter(pk__in=holders)


def _with_status(queryset: Any, status: str) -> Any:
    now = timezone.now()
    match status:
        case "locked":
            return queryset.filter(is_active=True, locked_until__gt=now)
        case "left":
            return queryset.filter(is_active=False)
    return queryset.filter(is_active=True)


def phone_text(row: Staff, ctx: Any) -> str:
    """The phone as this administrator may see it."""
    return masked(row, "phone", ctx.actor)


class PeopleTable(t.Table):
    """The people an administrator may see."""

    display_name = t.Column(gettext_lazy("姓名"), sort="display_name", link="accounts:person")
    username = t.Column(gettext_lazy("登录名"), sort="username")
    employee_no = t.Column(gettext_lazy("工号"), sort="employee_no")
    org = t.Column(gettext_lazy("所属单位"), value=lambda row, ctx: row.org.label, sort=("org__path", "username"))
    roles = t.Column(gettext_lazy("角色"), value=lambda row, ctx: roles_text(row))
    phone = t.Column(gettext_lazy("手机"), value=lambda row, ctx: phone_text(row, ctx))
    status = t.BadgeColumn(
        gettext_lazy("状态"), look=lambda value, row: status_look(row), value=lambda row, ctx: row.is_active
    )
    last_login = t.TimeColumn(gettext_lazy("最近登录"), sort="last_login", relative=True)

    class Meta:
        name = "people"
        default_sort = "org"
        page_size = 50
        export = True
        export_permission = "staff.manage"
        empty = (gettext_lazy("没有符合条件的人员"), gettext_lazy("换个条件试试"))
        filters = (
            t.SearchFilter("q", gettext_lazy("姓名、登录名或工号"), apply=_search),
            t.ChoiceFilter("role", gettext_lazy("角色"), choices=role_choices, apply=_with_role),
            t.ChoiceFilter(
                "status",
                gettext_lazy("状态"),
                choices=(
                    ("active", gettext_lazy("在职")),
                    ("locked", gettext_lazy("已锁定")),
                    ("left", gettext_lazy("已停用")),
                ),
                apply=_with_status,
            ),
        )


@require_GET
@staff_page("staff.view")
def people(request: HttpRequest) -> HttpResponseBase:
    """The list."""
    actor = actor_of(request)
    people_seen = staff_visible_to(actor)
    unit = request.GET.get("unit", "")
    if unit.isascii() and unit.isdigit() and len(unit) < 18:
        found = OrgUnit.objects.filter(pk=int(unit)).first()
        people_seen = people_seen.filter(org__path__startswith=found.path) if found else people_seen.none()
    table = PeopleTable(request, people_seen, actor=actor)
    return t.table_response(request, table, "accounts/people.html", {"may_add": actor.can_somewhere("staff.manage")})


def _units(actor: Actor, permission: str) -> Any:
    paths = actor.paths_for(permission)
    return units_under(paths).order_by("path") if paths else OrgUnit.objects.none()


def _person(request: HttpRequest, pk: int) -> Staff:
    staff = staff_visible_to(actor_of(request)).filter(pk=pk).first()
    if staff is None:
        raise NotFound(_("没有这个人员，或不在您的管理范围"))
    return staff


@require_http_methods(["GET", "POST"])
@staff_page("staff.manage")
def new_person(request: HttpRequest) -> HttpResponse:
    """Add somebody."""
    actor = actor_of(request)
    form = NewPersonForm(request.POST or None, units=_units(actor, "staff.manage"))
    if request.method == "POST" and form.is_valid():
        data = {**form.cleaned_data, "password": form.cleaned_data["password"] or None}
        try:
            staff = actions.create_staff(actor, **data)
        except InvalidInput as error:
            blame(form, error)
        else:
            messages.success(request, _("已新增人员；角色由安全管理员授予"))
            return redirect("accounts:person", staff.pk)
    return render(request, "accounts/person_new.html", {"form": form}, status=422 if request.method == "POST" else 200)


@require_GET
@staff_page("staff.view")
def person(request: HttpRequest, pk: int) -> HttpResponse:
    """One person: facts, roles, skills, sessions, what happened."""
    return _person_page(request, _person(request, pk))


def _person_page(
    request: HttpRequest,
    staff: Staff,
    *,
    form: PersonForm | None = None,
    grant_form: GrantForm | None = None,
    **more: Any,
) -> HttpResponse:
    actor = actor_of(request)
    path = staff.org.path
    own = actor.id == staff.pk
    may = {
        "manage": actor.can("staff.manage", path),
        "grant": actor.can("role.grant", path) and not own,
        "unlock": actor.can("staff.unlock", path) and not own,
        "leave": actor.can("staff.manage", path) and not own,
        "history": actor.can("audit.view", path),
    }
    initial = {"display_name": staff.display_name, "employee_no": staff.employee_no, "org": staff.org_id}
    grants = [
        {
            "grant": grant,
            "name": role_name(grant.role.code),
            "revocable": may["grant"] and actor.can("role.grant", scope_path(grant.org)),
        }
        for grant in staff.current_grants  # type: ignore[attr-defined]
    ]
    context = {
        "person": staff,
        "own": own,
        "may": may,
        "status": status_look(staff),
        "locked": staff.locked_until is not None and staff.locked_until > timezone.now(),
        "phone": masked(staff, "phone", actor),
        "phone_reveal": ""
        if may_view(staff, "phone", actor) or not actor.can("privacy.reveal", path) or not staff.phone
        else reveal_url(staff, "phone"),
        "grants": grants,
        "skills": skills_of(staff),
        "sessions": open_sessions(staff).count(),
        "events": _recent(staff) if may["history"] else [],
        "form": form or (PersonForm(initial=initial, units=_units(actor, "staff.manage")) if may["manage"] else None),
        "grant_form": grant_form
        or (GrantForm(units=_units(actor, "role.grant"), initial={"org": staff.org_id}) if may["grant"] else None),
        "skill_form": SkillForm() if may["manage"] else None,
        **more,
    }
    wrong = (form is not None and form.errors) or (grant_form is not None and grant_form.errors)
    return render(request, "accounts/person.html", context, status=422 if wrong else 200)


def _recent(staff: Staff) -> list[Event]:
    return list(Event.objects.filter(subject_kind="staff", subject_id=staff.pk).order_by("-id")[:RECENT_EVENTS])


@require_POST
@staff_page("staff.manage")
def person_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Save the facts form; an empty phone keeps the present one, which the form never shows."""
    staff = _person(request, pk)
    form = PersonForm(request.POST, units=_units(actor_of(request), "staff.manage"))
    if form.is_valid():
        changes = {name: value for name, value in form.cleaned_data.items() if name != "phone" or value}
        try:
            actions.update_staff(actor_of(request), staff.pk, **changes)
        except InvalidInput as error:
            blame(form, error)
        else:
            messages.success(request, _("已保存"))
            return redirect("accounts:person", pk)
    return _person_page(request, staff, form=form)


@require_POST
@staff_page("role.grant")
def person_grant(request: HttpRequest, pk: int) -> HttpResponse:
    """Grant a role."""
    staff = _person(request, pk)
    actor = actor_of(request)
    form = GrantForm(request.POST, units=_units(actor, "role.grant"))
    if not form.is_valid():
        return _person_page(request, staff, grant_form=form)
    data = form.cleaned_data
    return attempt(
        request,
        lambda: actions.grant_role(actor, staff.pk, data["role"], data["org"].pk, valid_to=data["valid_to"]),
        _("已授予角色"),
        reverse("accounts:person", args=[pk]),
    )


@require_POST
@staff_page("role.grant")
def person_revoke(request: HttpRequest, pk: int, grant_id: int) -> HttpResponse:
    """Take a role back."""
    staff = _person(request, pk)
    if not RoleGrant.objects.filter(pk=grant_id, staff=staff).exists():
        raise NotFound(_("该授权不存在或已收回"))
    to = reverse("accounts:person", args=[pk])
    return attempt(request, lambda: actions.revoke_role(actor_of(request), grant_id), _("已收回角色"), to)


@require_POST
@staff_page("staff.manage", "staff.unlock")
def person_do(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """The buttons: unlock, deactivate, reactivate, reset second factor, set a skill. Each action checks its permission."""
    staff = _person(request, pk)
    actor = actor_of(request)
    to = reverse("accounts:person", args=[pk])
    match verb:
        case "unlock":
            return attempt(request, lambda: actions.unlock_staff(actor, pk), _("已解除锁定"), to)
        case "deactivate":
            reason = request.POST.get("reason", "")
            return attempt(
                request, lambda: actions.deactivate_staff(actor, pk, reason), _("已停用，其登录已全部退出"), to
            )
        case "reactivate":
            return attempt(request, lambda: actions.reactivate_staff(actor, pk), _("已恢复"), to)
        case "reset-totp":
            return attempt(
                request, lambda: actions.disable_totp(actor, pk), _("动态口令已重置，下次登录须重新启用"), to
            )
        case "skill":
            form = SkillForm(request.POST)
            if not form.is_valid():
                messages.error(request, _("请选择技能和等级"))
                return redirect(to)
            data = form.cleaned_data
            return attempt(
                request, lambda: actions.set_skill(actor, pk, data["skill"], data["level"]), _("技能已更新"), to
            )
        case "reset-password":
            word = actions.reset_password(actor, pk)
            return _person_page(request, staff, new_password=word)
    raise NotFound()
