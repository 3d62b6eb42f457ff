"""Homes behind a transformer."""

from __future__ import annotations

import itertools
from typing import Any

from denghuo.apps.customers.models import Account, Customer, CustomerTag
from denghuo.apps.grid.models import Transformer
from denghuo.core import moment

_serial = itertools.count(1)


def home(transformer: Transformer | None, org: Any, *, sensitive: bool = False, tags: tuple[str, ...] = ()) -> Account:
    """An account of a new customer, perhaps with tags, behind ``transformer``."""
    n = next(_serial)
    customer = Customer.objects.create(org=org, name=f"客户{n}", phone=f"1390000{n:04d}", sensitive=sensitive)
    for tag in tags:
        CustomerTag.objects.create(customer=customer, tag=tag, added_at=moment.now(), added_by="测试")
    return Account.objects.create(
        org=org, number=f"33{n:08d}", customer=customer, address=f"柳溪路{n}号", area_type="urban", lon=130.9, lat=19.7,
        transformer_id=transformer.pk if transformer else None, meter_no=f"M{n:06d}",
    )  # fmt: skip
