"""Prices and their tiers: told only for a place whose price is in the graph."""

from __future__ import annotations

from django.utils.translation import gettext as _

from denghuo.apps.knowledge.graph.results import ASK, MOST_FACTS, NONE, Fact, GraphAnswer, caveat, final
from denghuo.engine.graph import Edge, Network, Node, PriceAsked, Scope

BY_CITY = "by_city"
KIND = "priced_by"


def price_answer(net: Network, asked: PriceAsked, scope: Scope, place: Node | None) -> GraphAnswer | None:
    """The price bands of the place that fit what was asked, with their amounts or hours when those were asked for.

    A unit's own bands (with ``org``) need no place. Asks for the place when none is known, and for the city where prices
    differ by city. None when the graph holds no price at all.
    """
    bands = [node for node in net.nodes.values() if node.kind == "price" and _is_band(node)]
    if not bands:
        return None
    here = [node for node in bands if _holds(net, node, scope)]
    quantities = _tier_quantities(net, asked, place) if asked.wanted == "quantity" else ()
    if quantities and place is not None:
        return _quantities(place, quantities)
    fitting = [node for node in here if _fits(node, asked, scope)]
    if not fitting:
        return _without(net, bands, place, here)
    fitting.sort(key=lambda node: (node.attributes.get("tier") or 9, node.attributes.get("voltage") == "hv", node.code))
    if asked.wanted == "price":
        facts = tuple(_price_fact(node) for node in fitting[:MOST_FACTS])
    else:
        facts = _limit_facts(net, fitting, hours=asked.wanted == "hours")
    if not facts:
        return _without(net, bands, place, [])
    ids = tuple(dict.fromkeys([*([place.id] if place is not None else []), *(fact.entity_id for fact in facts)]))
    text = "；".join(
        f"{net.nodes[fact.entity_id].name}：{fact.text}" + (f"（{fact.when}）" if fact.when else "") for fact in facts
    )
    if asked.wanted == "hours":
        text = "；".join(dict.fromkeys(fact.text for fact in facts))
        text = _("%(place)s居民峰谷时段：%(text)s") % {"place": place.name if place else "", "text": text}
    return final(
        f"{text}。{caveat(facts)}", facts, ids, KIND if asked.wanted == "price" else "has_limit", _("居民生活电价")
    )


def _is_band(node: Node) -> bool:
    return any(node.attributes.get(name) is not None for name in ("price", "peak", "valley"))


def _holds(net: Network, node: Node, scope: Scope) -> bool:
    where = {edge.tail for edge in net.said(node.id, "applies_in")}
    return bool(where & scope.places) or (not where and node.org_id is not None)


def _fits(node: Node, asked: PriceAsked, scope: Scope) -> bool:
    held = node.attributes
    if bool(held.get("shared")) != asked.shared:
        return False
    if asked.wanted == "hours":
        return bool(held.get("tou"))
    if asked.wanted == "price" and bool(held.get("tou")) != asked.tou:
        return False
    if asked.tier is not None and held.get("tier") != asked.tier:
        return False
    return not (scope.voltage and held.get("voltage") and held["voltage"] != scope.voltage)


def _price_fact(node: Node) -> Fact:
    held = node.attributes
    if held.get("tou"):
        text = _("峰段 %(peak)s 元/千瓦时，谷段 %(valley)s 元/千瓦时") % {
            "peak": _yuan(held["peak"]), "valley": _yuan(held["valley"]),
        }  # fmt: skip
    else:
        text = _("%(price)s 元/千瓦时") % {"price": _yuan(held["price"])}
    return Fact(None, node.id, node.id, KIND, text, "", node.source, node.trust)


def _yuan(value: object) -> str:
    """As price lists print it: at least three digits behind the point, no more than needed."""
    text = f"{float(str(value)):.4f}"
    return text[:-1] if text.endswith("0") else text


def _limit_facts(net: Network, bands: list[Node], *, hours: bool) -> tuple[Fact, ...]:
    facts, seen = [], set()
    for node in bands:
        for edge in net.said(node.id, "has_limit"):
            limit = net.nodes[edge.tail]
            if (limit.attributes.get("unit") == "时") != hours or (edge.tail, edge.condition) in seen:
                continue
            seen.add((edge.tail, edge.condition))
            facts.append(_limit_fact(node, edge, limit))
    return tuple(facts[:MOST_FACTS])


def _limit_fact(node: Node, edge: Edge, limit: Node) -> Fact:
    return Fact(edge.id, node.id, limit.id, "has_limit", limit.name, edge.condition, edge.source, edge.trust)


def _tier_quantities(net: Network, asked: PriceAsked, place: Node | None) -> tuple[Fact, ...]:
    """Amounts that hold for a whole province whose prices differ by city."""
    if place is None:
        return ()
    names = {net.nodes[one].name for one in net.whole(place.id)}
    facts: list[Fact] = []
    for node in net.nodes.values():
        if node.kind != "metric" or not any(node.name == f"{name}阶梯电量" for name in names):
            continue
        wanted = "" if asked.tier is None else f"第{'一二三'[asked.tier - 1]}档"
        edges = [edge for edge in net.said(node.id, "has_limit") if edge.condition == (wanted or edge.condition)]
        facts += [_limit_fact(node, edge, net.nodes[edge.tail]) for edge in edges]
    return tuple(facts)


def _quantities(place: Node, facts: tuple[Fact, ...]) -> GraphAnswer:
    text = "；".join(f"{fact.when}：{fact.text}" for fact in facts)
    ids = (place.id, *dict.fromkeys(fact.entity_id for fact in facts))
    sentence = _("%(place)s居民阶梯电量：%(text)s") % {"place": place.name, "text": text}
    return final(f"{sentence}。{caveat(facts)}", facts, ids, "has_limit", _("居民生活电价"))


def _without(net: Network, bands: list[Node], place: Node | None, here: list[Node]) -> GraphAnswer:
    thing = _("居民生活电价")
    if place is None:
        sentence = _("居民电价各省市不同，请问您在哪个省、市？")
        return GraphAnswer(ASK, sentence, (), ("place",), (), KIND, thing, _known(net, bands))
    if place.attributes.get(BY_CITY) and not here:
        cities = tuple(net.nodes[one].name for one in net.parts(place.id))
        sentence = _("%(place)s各市的基础电价不同，请问您在哪个市？") % {"place": place.name}
        return GraphAnswer(ASK, sentence, (), ("city",), (place.id,), KIND, thing, cities)
    sentence = _("没有%(place)s这一项电价的依据，不能回答，请以当地公布的电价表为准。") % {"place": place.name}
    return GraphAnswer(NONE, sentence, (), (), (place.id,), KIND, thing)


def _known(net: Network, bands: list[Node]) -> tuple[str, ...]:
    places = {edge.tail for node in bands for edge in net.said(node.id, "applies_in")}
    return tuple(net.nodes[one].name for one in sorted(places))
