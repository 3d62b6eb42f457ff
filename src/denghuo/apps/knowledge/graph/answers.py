"""Answers that follow the statements of the graph: deterministic, each fact with its source.

Nothing is told that is not in the graph. Where an answer differs by place or kind of customer and the question does not
say which, the answer asks for it; where the graph holds nothing for the place named, it says so.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from denghuo.apps.knowledge.graph import network, vocabulary
from denghuo.apps.knowledge.graph.prices import price_answer
from denghuo.apps.knowledge.graph.results import ASK, MOST_FACTS, Fact, GraphAnswer, caveat, final, told
from denghuo.core.scoping.models import OrgUnit
from denghuo.engine.graph import Edge, Node, Question, Scope, read_question

__all__ = ["Fact", "GraphAnswer", "answer"]

LONGEST = 200
#: kinds of statement of which only one can be true of a customer: who it is must be known
DECIDED_BY_CUSTOMER = {"limited_by", "charged"}


@dataclass(frozen=True)
class _Asked:
    """A question with what is known around it."""

    question: Question
    view: network.View
    scope: Scope
    place: Node | None


def answer(text: str, org: OrgUnit | None = None, at: dt.datetime | None = None) -> GraphAnswer | None:
    """The answer that the graph gives to ``text`` for a customer of ``org`` (None: not known) at ``at`` (now).

    None when the question is not one the graph can take: no thing of the trade or no kind of statement recognised, or
    nothing said of it. Else see :class:`GraphAnswer`. At most three queries, none while the graph is held.
    """
    view = network.view(org, at)
    question = read_question(text[:LONGEST], view.things, view.places, vocabulary.question_words())
    place = _place(view, question, org)
    places = frozenset(view.network.whole(place.id)) if place else frozenset()
    scope = Scope(places, question.customer, question.voltage, question.area)
    asked = _Asked(question, view, scope, place)
    if question.price is not None and not _is_business(view, question):
        return price_answer(view.network, question.price, scope, place)
    return _first(asked)


def _place(view: network.View, question: Question, org: OrgUnit | None) -> Node | None:
    """The place named (the narrowest of those named), else the one that the unit serves."""
    nodes = [view.network.nodes[one.id] for one in question.places]
    if nodes:
        return max(nodes, key=lambda node: len(view.network.whole(node.id)))
    served = network.places_of(view.network, org)
    return view.network.nodes[served[0]] if served else None


def _is_business(view: network.View, question: Question) -> bool:
    return any(view.network.nodes[one.id].kind == "business" for one in question.things)


def _first(asked: _Asked) -> GraphAnswer | None:
    """The surest cue that has statements wins, over the things named, the longest name first."""
    net = asked.view.network
    for kind in asked.question.kinds:
        for mention in asked.question.things:
            thing = net.nodes[mention.id]
            if thing.kind not in vocabulary.relation_kinds()[kind].heads:
                continue
            found = _about(asked, thing, kind)
            if found is not None:
                return found
    return None


def _about(asked: _Asked, thing: Node, kind: str) -> GraphAnswer | None:
    """Of the thing itself, else of its only fitting part, else of what it is part of."""
    own = _said(asked, thing, kind)
    if own is not None:
        return own
    net = asked.view.network
    parts = [net.nodes[one] for one in net.parts(thing.id) if net.said(one, kind) and net.nodes[one].attributes]
    if parts:
        return _of_parts(asked, thing, parts, kind)
    for whole in net.whole(thing.id)[1:]:
        found = _said(asked, net.nodes[whole], kind)
        if found is not None:
            return found
    return None


def _of_parts(asked: _Asked, thing: Node, parts: list[Node], kind: str) -> GraphAnswer | None:
    known = {"customer": asked.scope.customer, "voltage": asked.scope.voltage}
    fitting = [
        one
        for one in parts
        if all(not value or one.attributes.get(name) in (None, value) for name, value in known.items())
    ]
    if len(fitting) == 1:
        return _said(asked, fitting[0], kind)
    options = fitting or parts
    missing = "customer" if len({one.attributes.get("customer") for one in options}) > 1 else "voltage"
    names = "、".join(one.name for one in options)
    sentence = _("%(thing)s分几种，请问是哪一种：%(options)s？") % {"thing": thing.name, "options": names}
    ids = (thing.id, *(one.id for one in options))
    return GraphAnswer(ASK, sentence, (), (missing,), ids, kind, thing.name, tuple(one.name for one in options))


def _said(asked: _Asked, thing: Node, kind: str) -> GraphAnswer | None:
    net = asked.view.network
    every = net.said(thing.id, kind)
    edges = [edge for edge in every if asked.scope.admits(edge)]
    if not edges:
        return _elsewhere(asked, thing, kind, every)
    if kind in DECIDED_BY_CUSTOMER and (ask := _undecided(asked, thing, kind, edges)):
        return ask
    edges.sort(key=lambda edge: (edge.place is None, edge.position, edge.id))
    facts = tuple(_fact(asked, edge) for edge in edges[:MOST_FACTS])
    ids = tuple(dict.fromkeys([thing.id, *(edge.tail for edge in edges)]))
    return final(_sentence(asked, thing, kind, facts), facts, ids, kind, thing.name)


def _elsewhere(asked: _Asked, thing: Node, kind: str, every: list[Edge]) -> GraphAnswer | None:
    """Statements there are, but only for other places or customers."""
    net = asked.view.network
    placed = [edge for edge in every if edge.place is not None]
    if not placed or len(placed) != len(every):
        return None
    names = tuple(dict.fromkeys(net.nodes[edge.place].name for edge in placed if edge.place in net.nodes))
    what = {"thing": thing.name, "kind": vocabulary.relation_label(kind)}
    if asked.place is None:
        sentence = _("%(thing)s的%(kind)s各地不同，请问您在哪个省、市？") % what
        return GraphAnswer(ASK, sentence, (), ("place",), (thing.id,), kind, thing.name, names)
    sentence = _("没有%(place)s关于%(thing)s的%(kind)s依据，不能回答，请以当地公布的为准。") % (
        what | {"place": asked.place.name}
    )
    return GraphAnswer("none", sentence, (), (), (thing.id, asked.place.id), kind, thing.name)


def _undecided(asked: _Asked, thing: Node, kind: str, edges: list[Edge]) -> GraphAnswer | None:
    """What must be asked first, when statements differ by customer or voltage and that is not known."""
    for name in ("customer", "voltage"):
        if getattr(asked.scope, name):
            continue
        values = list(dict.fromkeys(getattr(edge, name) for edge in edges if getattr(edge, name)))
        if len(values) < 2:
            continue
        labels = tuple(vocabulary.qualifier_label(name, value) for value in values)
        sentence = _("%(thing)s的%(kind)s因%(what)s不同而不同，请问是%(options)s？") % {
            "thing": thing.name,
            "kind": vocabulary.relation_label(kind),
            "what": _("客户类别") if name == "customer" else _("电压"),
            "options": _("还是").join(labels),
        }
        return GraphAnswer(ASK, sentence, (), (name,), (thing.id,), kind, thing.name, labels)
    return None


def _fact(asked: _Asked, edge: Edge) -> Fact:
    net = asked.view.network
    tail = net.nodes[edge.tail]
    said = [
        vocabulary.qualifier_label(name, value)
        for name in vocabulary.QUALIFIERS
        if (value := getattr(edge, name)) and value != getattr(asked.scope, name)
    ]
    said += [edge.condition] if edge.condition and edge.condition not in tail.name else []
    place = net.nodes[edge.place].name if edge.place in net.nodes else ""
    when = "，".join([*([place] if place else []), *said])
    return Fact(edge.id, edge.head, edge.tail, edge.kind, tail.name, when, edge.source, edge.trust)


def _sentence(asked: _Asked, thing: Node, kind: str, facts: tuple[Fact, ...]) -> str:
    name = _subject(asked, thing)
    patterns = {
        "needs": _("办理%(thing)s需要：%(items)s"),
        "limited_by": _("%(thing)s的时限：%(items)s"),
        "charged": _("%(thing)s的费用：%(items)s"),
        "handled_at": _("%(thing)s可以通过以下渠道办理：%(items)s"),
        "has_step": _("%(thing)s的办理环节：%(items)s"),
        "requires": _("办理%(thing)s的条件：%(items)s"),
        "caused_by": _("%(thing)s适用于以下情形：%(items)s"),
        "governed_by": _("%(thing)s的依据：%(items)s"),
        "priced_by": _("%(thing)s执行：%(items)s"),
        "has_limit": _("%(thing)s：%(items)s"),
    }
    pattern = patterns.get(kind, _("%(thing)s，%(kind)s：%(items)s"))
    items = (
        _ordered(facts) if kind == "has_step" else "；".join(told(facts)) if _long(facts) else "、".join(told(facts))
    )
    sentence = pattern % {"thing": name, "items": items, "kind": vocabulary.relation_label(kind)}
    return f"{sentence}。{caveat(facts)}"


def _subject(asked: _Asked, thing: Node) -> str:
    """The thing with who and where as the question put it, when its name does not say so."""
    who = vocabulary.qualifiers("customer").get(asked.scope.customer)
    head = who.label if who and who.label not in thing.name and thing.kind == "business" else ""
    where = asked.place.name if asked.place is not None and asked.question.places else ""
    return f"{where if where not in thing.name else ''}{head}{thing.name}"


def _long(facts: Iterable[Fact]) -> bool:
    return any(len(fact.text) > 12 or fact.when for fact in facts)


def _ordered(facts: tuple[Fact, ...]) -> str:
    return " → ".join(told(facts))
