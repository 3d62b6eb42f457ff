"""Who lives behind an outage: the customers app's accounts, handed to the grid app, which may not look there itself."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet

from denghuo.apps.customers.choices import Tag
from denghuo.apps.customers.models import Account, CustomerTag
from denghuo.apps.grid.households import AccountRef, Tally, use_source
from denghuo.core.actors import Actor
from denghuo.core.privacy import blind_index

CARE = (Tag.KEY_ACCOUNT, Tag.LIFE_SUPPORT)


class CustomerHouseholds:
    """Active accounts by the transformer they hang on (index on ``customers_account.transformer_id``) or by id."""

    def tally(self, transformer_ids: Collection[int], account_ids: Collection[int]) -> Tally:
        """One query: accounts, and those whose holder is important, sensitive or keeps somebody alive by electricity."""
        found = _behind(transformer_ids, account_ids).aggregate(
            total=Count("pk"),
            important=Count("pk", filter=_tagged(Tag.KEY_ACCOUNT)),
            sensitive=Count("pk", filter=Q(customer__sensitive=True)),
            life_support=Count("pk", filter=_tagged(Tag.LIFE_SUPPORT)),
        )
        return Tally(**found)

    def per_transformer(self, transformer_ids: Collection[int]) -> Mapping[int, int]:
        """One query."""
        rows = _behind(transformer_ids, ()).values("transformer_id").annotate(found=Count("pk"))
        return {row["transformer_id"]: row["found"] for row in rows}

    def refs(self, account_ids: Collection[int]) -> list[AccountRef]:
        """One query, in order of the ids."""
        rows = Account.objects.filter(pk__in=account_ids, active=True).order_by("pk")
        return [AccountRef(*row) for row in rows.values_list("pk", "org_id", "transformer_id")]

    def find(self, actor: Actor, numbers: Collection[str]) -> dict[str, AccountRef]:
        """One query, by the blind index of the number."""
        by_index = {blind_index("account_number", number): number for number in numbers}
        rows = Account.objects.visible_to(actor, "customers.view").filter(number_bidx__in=list(by_index), active=True)
        return {
            by_index[bytes(row[0])]: AccountRef(*row[1:])
            for row in rows.values_list("number_bidx", "pk", "org_id", "transformer_id")
        }

    def rows(self, actor: Actor, transformer_ids: Collection[int], account_ids: Collection[int]) -> QuerySet[Account]:
        """With holder, unit and the tags that ask for care; two queries a page."""
        care = CustomerTag.objects.filter(tag__in=CARE)
        rows = _behind(transformer_ids, account_ids).filter(pk__in=Account.objects.visible_to(actor, "customers.view"))
        rows = rows.select_related("customer__org", "org").prefetch_related(Prefetch("customer__tags", care, "care"))
        return rows.annotate(important=_tagged(Tag.KEY_ACCOUNT), life_support=_tagged(Tag.LIFE_SUPPORT))


def _behind(transformer_ids: Collection[int], account_ids: Collection[int]) -> QuerySet[Account]:
    scope = Q(transformer_id__in=list(transformer_ids))
    if account_ids:
        scope |= Q(pk__in=list(account_ids))
    return Account.objects.filter(scope, active=True)


def _tagged(tag: Tag) -> Exists:
    return Exists(CustomerTag.objects.filter(customer_id=OuterRef("customer_id"), tag=tag))


use_source(CustomerHouseholds())
