"""What a broken limit obliges us to: explain, apologise, compensate (标准化与创新文件 2.3)."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext as _

from denghuo.apps.requests.handling.choices import OverrunStepKind
from denghuo.apps.requests.handling.models import OverrunStep
from denghuo.apps.requests.limits import LABELS
from denghuo.apps.requests.models import Request
from denghuo.core import policies
from denghuo.core.clocks.models import Clock
from denghuo.core.errors import Conflict


def broken(request: Request, at: dt.datetime | None = None) -> list[str]:
    """Kinds of the limits this request has broken that oblige us (index ``core_clock_subject``)."""
    kinds = policies.get("overrun.clocks", request.org, at)
    rows = Clock.objects.filter(
        subject_kind="request", subject_id=request.pk, kind__in=kinds, breached_at__isnull=False
    )
    return list(rows.exclude(state="cancelled").order_by("breached_at").values_list("kind", flat=True))


def demanded(request: Request, at: dt.datetime | None = None) -> list[str]:
    """Steps without which an overdue request of this type is not closed."""
    values = policies.get("overrun.demanded", request.org, at)
    return list(values.get(str(request.type), values.get("*", [])))


def require_done(request: Request, at: dt.datetime) -> None:
    """Raise Conflict, naming the limits broken and what is missing, unless all that is demanded is done."""
    wanted = demanded(request, at)
    if not wanted or not (kinds := broken(request, at)):
        return
    done = {
        row.kind for row in OverrunStep.objects.filter(request=request) if row.kind != "compensate" or row.approved_at
    }
    missing = [kind for kind in wanted if kind not in done]
    if missing:
        words = {
            "clocks": _("、").join(str(LABELS.get(kind, kind)) for kind in dict.fromkeys(kinds)),
            "steps": _("、").join(str(OverrunStepKind(kind).label) for kind in missing),
        }
        raise Conflict(_("该诉求已超“%(clocks)s”时限，请先完成：%(steps)s，再审核或归档") % words, code="overrun_steps")
