"""What an editor makes of unanswered questions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from django.utils.translation import gettext as _

from denghuo.apps.knowledge.actions.writing import Draft, open_revision, write_draft
from denghuo.apps.knowledge.content import MOST_QUESTIONS, content_of, draft_of
from denghuo.apps.knowledge.learning.choices import ClusterState, Decision, ProposedState
from denghuo.apps.knowledge.learning.gathering import summarise, unanswered
from denghuo.apps.knowledge.models import (
    Asked,
    QuestionCluster,
    Revision,
    StandardQuestion,
    TypedAnswer,
    UnknownQuestion,
)
from denghuo.apps.knowledge.queries import EDIT
from denghuo.core import moment
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, NotAllowed, NotFound
from denghuo.core.events import record
from denghuo.core.inputs import Form
from denghuo.core.scoping.models import OrgUnit

TOPICS = ["knowledge"]
LONGEST_WORDING = 120


def locked_cluster(actor: Actor, cluster_id: int) -> QuestionCluster:
    """A group in work, locked. Raises NotAllowed, NotFound, Conflict (already dealt with)."""
    if not actor.can_somewhere(EDIT):
        raise NotAllowed()
    row = QuestionCluster.objects.select_for_update().filter(pk=cluster_id).first()
    if row is None:
        raise NotFound(_("没有这组问题"))
    if row.state != ClusterState.OPEN:
        raise Conflict(_("这组问题已处理过，请刷新"))
    return row


def _members(cluster: QuestionCluster, chosen: Sequence[int]) -> list[UnknownQuestion]:
    """The chosen wordings that are still undecided; all of them for none chosen. Raises InvalidInput."""
    rows = cluster.members.select_for_update().filter(decision="")
    found = list(rows.filter(pk__in=chosen)) if chosen else list(rows)
    form = Form()
    if not found:
        form.wrong("members", _("请至少勾选一条问法"))
    form.finish()
    return found


def _decided(
    actor: Actor,
    cluster: QuestionCluster,
    rows: Sequence[UnknownQuestion],
    decision: str,
    entry: StandardQuestion | None,
    reason: str = "",
) -> None:
    now, keys = moment.now(), [row.pk for row in rows]
    UnknownQuestion.objects.filter(pk__in=keys).update(
        decision=decision, entry=entry, reason=reason, decided_by_id=actor.id, decided_at=now
    )
    digests = [row.digest for row in rows]
    Asked.objects.filter(unanswered(), digest__in=digests, dealt_with="").update(
        dealt_with=decision, cluster_id=cluster.pk
    )
    summarise(cluster)
    payload = {"decision": str(decision), "texts": len(rows), "entry_id": entry.pk if entry else None}
    record(actor, "learning.decided", cluster, org=entry.org if entry else None, topics=TOPICS, payload=payload)


@action("learning.make_new")
def make_new(
    actor: Actor, cluster_id: int, draft: Draft, *, members: Sequence[int] = (), org: OrgUnit | None = None
) -> Revision:
    """Write the first draft of a new entry that answers these wordings. Raises as
    :func:`~denghuo.apps.knowledge.actions.writing.write_draft`, and Conflict when the group was dealt with meanwhile."""
    cluster = locked_cluster(actor, cluster_id)
    rows = _members(cluster, members)
    row = write_draft(actor, draft, org=org, note=_("来自未解问题 %(n)s") % {"n": cluster.pk})
    _decided(actor, cluster, rows, Decision.NEW, row.entry)
    TypedAnswer.objects.filter(unknown__in=rows, text=draft.answer.strip()).update(state=ProposedState.USED)
    return row


@action("learning.add_wordings")
def add_wordings(
    actor: Actor, cluster_id: int, entry_id: int, *, members: Sequence[int] = (), negative: bool = False
) -> Revision:
    """Put the wordings into an entry's next draft: as similar ones, or as ones it must not be found by.

    What is published stays until the draft is reviewed and published. Raises NotAllowed, NotFound, Conflict (dealt with;
    the entry is under review), InvalidInput (too many wordings, a wording both similar and negative).
    """
    cluster = locked_cluster(actor, cluster_id)
    rows = _members(cluster, members)
    entry = StandardQuestion.objects.select_related("org").filter(pk=entry_id).first()
    if entry is None:
        raise NotFound(_("没有这条知识"))
    present = open_revision(entry)
    draft = draft_of(present.content if present is not None else content_of(entry))
    texts = tuple(row.text[:LONGEST_WORDING] for row in rows)
    added = _with(draft, texts, negative=negative)
    form = Form()
    if len(added.negative if negative else added.similar) > MOST_QUESTIONS:
        form.wrong("members", _("一条知识最多 %(most)s 个问法，请少选几条") % {"most": MOST_QUESTIONS})
    form.finish()
    row = write_draft(actor, added, entry_id=entry.pk, note=_("来自未解问题 %(n)s") % {"n": cluster.pk})
    _decided(actor, cluster, rows, Decision.NEGATIVE if negative else Decision.SIMILAR, entry)
    return row


def _with(draft: Draft, texts: tuple[str, ...], *, negative: bool) -> Draft:
    """The draft with the wordings on one side and off the other: the last decision counts."""
    if negative:
        kept = tuple(text for text in draft.similar if text not in texts)
        return replace(draft, negative=tuple(dict.fromkeys(draft.negative + texts)), similar=kept)
    kept = tuple(text for text in draft.negative if text not in texts)
    fresh = tuple(text for text in dict.fromkeys(draft.similar + texts) if text != draft.question)
    return replace(draft, similar=fresh, negative=kept)


@action("learning.ignore")
def ignore(actor: Actor, cluster_id: int, reason: str, *, members: Sequence[int] = ()) -> QuestionCluster:
    """These wordings are nothing for the base, and never come back. Raises InvalidInput (reason), NotAllowed, Conflict."""
    cluster = locked_cluster(actor, cluster_id)
    form = Form()
    clean = form.text("reason", reason, longest=200, required=True, lines=False)
    form.finish()
    _decided(actor, cluster, _members(cluster, members), Decision.IGNORED, None, clean)
    cluster.refresh_from_db()
    return cluster


@action("learning.split")
def split(actor: Actor, cluster_id: int, members: Sequence[int]) -> QuestionCluster:
    """Wordings that ask something else go into a group of their own. Raises InvalidInput, NotAllowed, Conflict."""
    cluster = locked_cluster(actor, cluster_id)
    form = Form()
    if not members:
        form.wrong("members", _("请勾选要分出去的问法"))
    form.finish()
    rows = _members(cluster, members)
    if len(rows) == cluster.members.filter(decision="").count():
        raise Conflict(_("全部问法都选中了，不需要拆分；请留下至少一条"))
    now = moment.now()
    made = QuestionCluster.objects.create(title=rows[0].text, first_at=now, last_at=now, made_at=now)
    _put(actor, rows, made, [cluster])
    return made


@action("learning.move")
def move(actor: Actor, cluster_id: int, members: Sequence[int], to_id: int) -> QuestionCluster:
    """Put wordings into another group in work. Raises InvalidInput, NotAllowed, NotFound, Conflict."""
    first, second = sorted({cluster_id, to_id} if cluster_id != to_id else {cluster_id, -1})
    form = Form()
    if first == -1:
        form.wrong("to", _("请选择另一组"))
    if not members:
        form.wrong("members", _("请勾选要移动的问法"))
    form.finish()
    held = {pk: locked_cluster(actor, pk) for pk in (first, second)}
    _put(actor, _members(held[cluster_id], members), held[to_id], [held[cluster_id]])
    return held[to_id]


def _put(
    actor: Actor, rows: Sequence[UnknownQuestion], into: QuestionCluster, others: Sequence[QuestionCluster]
) -> None:
    UnknownQuestion.objects.filter(pk__in=[row.pk for row in rows]).update(cluster=into)
    for cluster in (into, *others):
        summarise(cluster)
    payload = {"texts": len(rows), "to_id": into.pk}
    record(actor, "learning.moved", into, org=None, topics=TOPICS, payload=payload)


@action("learning.dismiss_typed")
def dismiss_typed(actor: Actor, typed_id: int) -> TypedAnswer:
    """An answer that agents typed is not to be proposed again. Raises NotAllowed, NotFound."""
    if not actor.can_somewhere(EDIT):
        raise NotAllowed()
    row = TypedAnswer.objects.select_for_update().filter(pk=typed_id).first()
    if row is None:
        raise NotFound()
    row.state = ProposedState.DISMISSED
    row.save(update_fields=["state"])
    payload = {"state": str(ProposedState.DISMISSED)}
    record(actor, "learning.typed_decided", ("typed_answer", row.pk), org=None, topics=TOPICS, payload=payload)
    return row
