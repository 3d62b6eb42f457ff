"""The org tree and the base of everything that belongs to a place in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from denghuo.core.actors import ROOT_PATH, Actor

if TYPE_CHECKING:
    from typing import Self

M = TypeVar("M", bound=models.Model)


class OrgKind(models.TextChoices):
    COMPANY = "company", _("公司")
    PROVINCE = "province", _("省公司")
    CITY = "city", _("市公司")
    COUNTY = "county", _("县区公司")
    TEAM = "team", _("班组")


class OrgUnit(models.Model):
    """A place in the tree company → province → city → county → team.

    ``path`` is the ids from the root, each followed by a dot ("1.4.9."), so a subtree is a prefix and the
    ``text_pattern_ops`` index serves it.
    """

    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    kind = models.CharField(max_length=16, choices=OrgKind)
    code = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=80)
    name_en = models.CharField(max_length=120, blank=True)
    path = models.CharField(max_length=120, unique=True)
    lon = models.FloatField(null=True, blank=True)
    lat = models.FloatField(null=True, blank=True)

    class Meta:
        ordering = ["path"]

    def __str__(self) -> str:
        return self.name

    @property
    def label(self) -> str:
        """The name in the language of the reader; the Chinese one where no English one is given."""
        return self.name_en if self.name_en and (get_language() or "").startswith("en") else self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """A new unit gets its path from its parent's; moving a unit is not a plain save."""
        if self.pk is None:
            self.path = self.path or f"new:{self.code}"
            super().save(*args, **kwargs)
            self.path = f"{self.parent.path if self.parent else ROOT_PATH}{self.pk}."
            super().save(update_fields=["path"])
        else:
            super().save(*args, **kwargs)

    def ancestor_ids(self) -> list[int]:
        """Ids from the root down to this unit."""
        return [int(part) for part in self.path.split(".") if part]


class ScopedQuerySet(models.QuerySet[M]):
    """A queryset that knows how to keep to what an actor may see."""

    org_field = "org"

    def visible_to(self, actor: Actor, permission: str | None = None) -> Self:
        """Rows inside the subtrees where ``actor`` holds ``permission`` (default ``<app>.view``).

        The filter is a sub-select on the small org table, so the planner keeps the row table's own index.
        """
        wanted = permission or f"{self.model._meta.app_label}.view"
        paths = actor.paths_for(wanted)
        if not paths:
            return self.none()
        if ROOT_PATH in paths:
            return self
        return self.filter(**{f"{self.org_field}__in": units_under(paths)})

    def under(self, unit: OrgUnit) -> Self:
        """Rows of ``unit`` and everything below it."""
        return self.filter(**{f"{self.org_field}__in": units_under((unit.path,))})


def units_under(paths: tuple[str, ...]) -> models.QuerySet[OrgUnit]:
    """Units whose path starts with one of ``paths``."""
    condition = models.Q()
    for path in paths:
        condition |= models.Q(path__startswith=path)
    return OrgUnit.objects.filter(condition).order_by()


ScopedManager = models.Manager.from_queryset(ScopedQuerySet)


class OrgScoped(models.Model):
    """Base of every row that belongs to somebody."""

    org = models.ForeignKey(OrgUnit, models.PROTECT, related_name="+", verbose_name=_("所属单位"))

    objects = ScopedManager()

    class Meta:
        abstract = True
