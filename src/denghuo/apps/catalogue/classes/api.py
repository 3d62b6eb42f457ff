"""Class trees by API: which there are, what holds for a unit, finding a class, releasing another edition."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Field, Query, Router, Schema
from pydantic import AwareDatetime

from denghuo.apps.accounts.auth import StaffAuth
from denghuo.apps.catalogue import actions, classes
from denghuo.apps.catalogue.classes.scope import VIEW
from denghuo.apps.catalogue.models import ClassTree
from denghuo.core.actors import Actor
from denghuo.core.errors import NotFound
from denghuo.core.http.api import actor_of, write
from denghuo.core.scoping.models import OrgUnit
from denghuo.engine.classes import search
from denghuo.engine.classes.tree import node_document

router = Router(auth=StaffAuth())
BIG = 2**63 - 1


class TreeOut(Schema):
    """A tree as it holds for a unit; ``edition`` is what a request made now would keep."""

    code: str
    label: str
    label_en: str
    levels: int
    edition: int
    number: int
    org_id: int | None
    valid_from: dt.datetime
    classes: int


class NodesOut(TreeOut):
    """With its classes: each with ``path``, ``label`` and the attributes it has itself."""

    nodes: list[dict[str, Any]]


class HitOut(Schema):
    path: str
    name: str
    rank: int


class ClassTreeDraftIn(Schema, extra="forbid"):
    """A document: ``nodes`` with ``path`` and ``label`` each, parents included."""

    org_id: int = Field(ge=1, le=BIG)
    label: str = Field(max_length=80)
    label_en: str = Field("", max_length=120)
    levels: int = Field(ge=1, le=4)
    nodes: list[dict[str, Any]] = Field(max_length=5000)
    note: str = Field("", max_length=300)
    version: int | None = Field(None, ge=1, le=2**31 - 1)


class ReleaseIn(Schema, extra="forbid"):
    valid_from: AwareDatetime | None = None
    note: str = Field("", max_length=300)


class EditionOut(Schema):
    id: int
    code: str
    number: int
    state: str
    org_id: int | None
    valid_from: dt.datetime | None
    version: int


@router.get("/class-trees", response=list[TreeOut], summary="分类树清单", operation_id="class_trees")
def list_trees(
    request: HttpRequest,
    org_id: int | None = Query(None, ge=1, le=BIG, description="适用单位；不填为出厂版"),
    at: AwareDatetime | None = None,
) -> Any:
    """The trees in force for a unit at a moment (default: now)."""
    org = _org(request, org_id)
    return [_tree(row.code, org, at, nodes=False) for row in classes.TREES.codes(org, at)]


@router.get("/class-trees/{code}", response=NodesOut, summary="一棵分类树", operation_id="class_tree_get")
def get_tree(
    request: HttpRequest,
    code: str,
    org_id: int | None = Query(None, ge=1, le=BIG),
    at: AwareDatetime | None = None,
) -> Any:
    """A tree with all its classes, parents before children."""
    return _tree(code, _org(request, org_id), at)


@router.get("/class-trees/{code}/search", response=list[HitOut], summary="查找分类", operation_id="class_tree_search")
def find(
    request: HttpRequest,
    code: str,
    q: str = Query(max_length=60, description="名称、同义词、拼音或首字母"),
    org_id: int | None = Query(None, ge=1, le=BIG),
    limit: int = Query(20, ge=1, le=100),
) -> Any:
    """Classes that may be chosen, best match first."""
    found = classes.in_force(code, _org(request, org_id))
    if found is None:
        raise NotFound(_("没有这棵分类树"))
    tree = found[1]
    return [
        {"path": hit.node.path, "name": tree.name(hit.node.path, english=classes.english()), "rank": hit.rank}
        for hit in search(tree, q, limit=limit)
    ]


@router.put("/class-trees/{code}/draft", response=EditionOut, summary="保存草稿", operation_id="class_tree_draft")
def save(request: HttpRequest, code: str, body: ClassTreeDraftIn) -> Any:
    """Write the unit's draft; faults are told when it is released."""
    actor = actor_of(request)

    def run() -> dict[str, Any]:
        org = _org(request, body.org_id)
        document = {"code": code, **body.model_dump(include={"label", "label_en", "levels", "nodes"})}
        return _edition(
            actions.save_draft(
                actor, classes.KIND, code=code, document=document, org=org, label=body.label, note=body.note,
                version=body.version,
            )
        )  # fmt: skip

    return write(request, actor, f"class_tree.draft:{code}", body, run)


@router.post(
    "/class-trees/editions/{pk}/release", response=EditionOut, summary="发布草稿", operation_id="class_tree_release"
)
def release(request: HttpRequest, pk: int, body: ReleaseIn) -> Any:
    """Put a draft in force; every fault that bars it is named."""
    actor = actor_of(request)
    return write(
        request, actor, f"class_tree.release:{pk}", body,
        lambda: _edition(actions.release(actor, classes.KIND, pk, valid_from=body.valid_from, note=body.note)),
    )  # fmt: skip


def _org(request: HttpRequest, org_id: int | None) -> OrgUnit | None:
    actor: Actor = actor_of(request)
    if org_id is None:
        return None
    org = OrgUnit.objects.filter(pk=org_id).first()
    if org is None or not (actor.can(VIEW, org.path) or any(p.startswith(org.path) for p in actor.paths_for(VIEW))):
        raise NotFound(_("没有这个单位，或不在您的管辖范围"))
    return org


def _tree(code: str, org: OrgUnit | None, at: dt.datetime | None, *, nodes: bool = True) -> dict[str, Any]:
    found = classes.in_force(code, org, at)
    if found is None:
        raise NotFound(_("没有这棵分类树"))
    row, tree = found
    body: dict[str, Any] = {
        "code": row.code, "label": tree.label, "label_en": tree.label_en, "levels": tree.levels, "edition": row.id,
        "number": row.number, "org_id": row.org_id, "valid_from": row.valid_from, "classes": len(tree),
    }  # fmt: skip
    return body | ({"nodes": [node_document(node) for node in tree]} if nodes else {})


def _edition(row: Any) -> dict[str, Any]:
    assert isinstance(row, ClassTree)
    return EditionOut(
        id=row.pk, code=row.code, number=row.number, state=str(row.state), org_id=row.org_id, valid_from=row.valid_from,
        version=row.version,
    ).model_dump(mode="json")  # fmt: skip
