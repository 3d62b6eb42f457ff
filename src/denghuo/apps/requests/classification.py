"""What class a request is of, and what caused it: chosen from the class trees, remembered with their edition.

A request keeps the edition it was classed by; its labels are read from that one for good. Columns that lists and clocks
work with (``fault_class``, ``cause``) hold the first level, whose codes never change. A first-level code is a class like
any other, so whoever knows no more gives just that.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from denghuo.apps.catalogue import classes
from denghuo.apps.catalogue.editions import Row
from denghuo.apps.requests.choices import FaultCause, FaultClass, RequestType
from denghuo.apps.requests.models import Request
from denghuo.apps.requests.steps import FINAL
from denghuo.core import policies
from denghuo.core.inputs import Form
from denghuo.core.scoping.models import OrgUnit
from denghuo.engine.classes import Node, Tree

CAUSES: Final = "fault_cause"
#: business type → the tree its requests are classed by
TREE_OF: Final[Mapping[str, str]] = {
    **{value: value for value in RequestType.values},
    RequestType.FAULT_REPORT: "fault_class",
}
#: columns that :func:`classify` and :func:`set_cause` may have changed
CLASS_FIELDS: Final = ("class_code", "class_tree", "fault_class", "complexity", "grade")
CAUSE_FIELDS: Final = ("cause_code", "cause_tree", "cause")

classes.fix_first_level(TREE_OF[RequestType.FAULT_REPORT], FaultClass.values)
classes.fix_first_level(CAUSES, FaultCause.values)


def classify(
    request: Request,
    class_code: str | None,
    at: dt.datetime,
    *,
    fault_class: str = "",
    form: Form | None = None,
) -> None:
    """Set class, edition, first level, and the complexity and grade that go with the class, on ``request``; not saved.

    ``class_code`` is the dotted path in the tree in force for the request's unit at ``at``; without one a fault's
    ``fault_class`` stands for it, unless the request's class lies under that already. Faults go into ``form`` (fields
    ``class_code``, or ``fault_class`` when only that was given), or are raised as InvalidInput without one. No query.
    """
    faults = form or Form()
    fault = request.type == RequestType.FAULT_REPORT
    code, named = (class_code or "").strip(), "class_code"
    if not code and fault:
        code, named = faults.choice("fault_class", fault_class, FaultClass.values, required=True), "fault_class"
        if code and code == request.fault_class and request.class_code.partition(".")[0] == code:
            code = request.class_code
    elif not code and request.type in policies.get("classification.required", request.org):
        faults.wrong("class_code", _("请选择分类"))
    if code and code != request.class_code and named not in faults.faults:
        _set_class(request, code, at, faults, named)
    if form is None:
        faults.finish()


def _set_class(request: Request, code: str, at: dt.datetime, form: Form, field: str) -> None:
    found = _chosen(TREE_OF[request.type], code, request.org, at, form, field)
    if found is None:
        return
    row, tree, node = found
    request.class_code, request.class_tree_id = node.path, row.id
    if request.type == RequestType.FAULT_REPORT:
        request.fault_class = node.top
    request.complexity = inherited(tree, node, "complexity") or request.complexity
    if request.type == RequestType.COMPLAINT and not request.grade:
        request.grade = inherited(tree, node, "grade")


def set_cause(
    request: Request, cause_code: str | None, at: dt.datetime, *, cause: str = "", form: Form | None = None
) -> None:
    """Set cause, edition and first level on ``request``; not saved. As :func:`classify`; a fault must have a cause."""
    faults = form or Form()
    code, named = (cause_code or "").strip(), "cause_code"
    if not code:
        named = "cause"
        code = faults.choice("cause", cause, FaultCause.values, required=request.type == RequestType.FAULT_REPORT)
    if code and named not in faults.faults:
        found = _chosen(CAUSES, code, request.org, at, faults, named)
        if found is not None:
            row, _tree, node = found
            request.cause_code, request.cause_tree_id, request.cause = node.path, row.id, node.top
    elif not code:
        request.cause_code, request.cause_tree_id, request.cause = "", None, ""
    if form is None:
        faults.finish()


def _chosen(
    tree_code: str, code: str, org: OrgUnit, at: dt.datetime, form: Form, field: str
) -> tuple[Row, Tree, Node] | None:
    """The edition in force and the class in it, which must be one that may be chosen; faults go into ``form``."""
    current = classes.in_force(tree_code, org, at)
    if current is None:
        form.wrong(field, _("本单位还没有生效的分类，请联系业务管理员发布"))
        return None
    row, tree = current
    node = tree.get(code)
    if node is None:
        form.wrong(field, _("没有这个分类，请从列表中选择"))
    elif not tree.in_force(code):
        form.wrong(field, _("“%(name)s”已停用，请改选其他分类") % {"name": tree.name(code, english=classes.english())})
    elif not tree.is_leaf(code) and tree_code in policies.get("classification.deepest", org):
        form.wrong(
            field, _("“%(name)s”之下还有细分，请选到最末级") % {"name": tree.name(code, english=classes.english())}
        )
    else:
        return row, tree, node
    return None


def inherited(tree: Tree, node: Node, attribute: str) -> Any:
    """An attribute of a class, or of the nearest class above that has one."""
    return next((value for above in reversed(tree.lineage(node.path)) if (value := getattr(above, attribute))), "")


def class_name(request: Request) -> str:
    """The request's class from the first level down, by the edition it was classed by; for old requests the first level."""
    return classes.path_name(request.class_tree_id, request.class_code) or request.get_fault_class_display()


def cause_name(request: Request) -> str:
    """The request's cause from the first level down, by the edition it was chosen from."""
    return classes.path_name(request.cause_tree_id, request.cause_code) or request.get_cause_display()


def class_node(request: Request) -> Node | None:
    """The request's class with its attributes."""
    return classes.tree_of(request.class_tree_id).get(request.class_code) if request.class_tree_id else None


def of_class(rows: QuerySet[Request], code: str) -> QuerySet[Request]:
    """``rows`` of this class or below it; on the first level also old ones that know no more."""
    wanted = Q(class_code=code) | Q(class_code__startswith=f"{code}.")
    return rows.filter(wanted | Q(class_code="", fault_class=code) if code in FaultClass.values else wanted)


def of_cause(rows: QuerySet[Request], code: str) -> QuerySet[Request]:
    """``rows`` of this cause or below it."""
    wanted = Q(cause_code=code) | Q(cause_code__startswith=f"{code}.")
    return rows.filter(wanted | Q(cause_code="", cause=code) if code in FaultCause.values else wanted)


@classes.count_uses
def count_by_class(tree_code: str, org: OrgUnit | None, open_only: bool = False) -> Mapping[str, int]:
    """Requests of a unit by class or cause; filed ones too: they keep their edition, but a class once used stays.

    Open ones are served by the partial index ``requests_open``; all of them are counted for editors only.
    """
    rows = Request.objects.exclude(state__in=FINAL) if open_only else Request.objects.all()
    column = "cause_code" if tree_code == CAUSES else "class_code"
    if tree_code != CAUSES:
        types = [kind for kind, code in TREE_OF.items() if code == tree_code]
        if not types:
            return {}
        rows = rows.filter(type__in=types)
    if org is not None:
        rows = rows.filter(org__path__startswith=org.path)
    found = rows.exclude(**{column: ""}).order_by().values_list(column).annotate(n=Count("pk"))
    return dict(found)
