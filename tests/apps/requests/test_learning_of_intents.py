"""What conversations turned into teaches the intents again: trained, measured, and in force only when it is better."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Sequence
from typing import Any

import pytest

from denghuo.apps.contacts.choices import Channel, ContactState, Outcome, Sender
from denghuo.apps.contacts.models import Contact, Message
from denghuo.apps.knowledge.choices import LearnedKind, LearnedState
from denghuo.apps.knowledge.learned import current, release_model
from denghuo.apps.knowledge.learning import training
from denghuo.apps.knowledge.models import LearnedModel, TrainingRun
from denghuo.apps.requests.choices import RequestType
from denghuo.apps.requests.models import Request
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict
from denghuo.core.jobs import Progress
from denghuo.engine.language import shipped
from denghuo.engine.language.intents import train_intents

#: how one place says it, which no shipped example does
PLACES = ("堂屋", "灶屋", "院坝", "铺子", "猪圈", "碾房", "渔棚", "晒场", "染坊", "油坊")
SAID = {
    RequestType.FAULT_REPORT: ("火表嗝屁咯", "亮壳子熄咯", "线路歇菜咯", "闸刀打瞌睡咯"),
    RequestType.PRAISE: ("娃儿些巴适得板", "师傅好耿直哦", "来的人攒劲得很", "手脚麻利硬是要得"),
}


@pytest.fixture(autouse=True)
def few_examples(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the shipped examples a dozen for each intent: the same way, sooner there."""
    rows = sorted(zip(*shipped.examples("intent"), strict=True), key=lambda row: row[1])
    kept = [row for _label, group in itertools.groupby(rows, lambda row: row[1]) for row in itertools.islice(group, 12)]
    texts, labels = [text for text, _label in kept], [label for _text, label in kept]
    start = train_intents(texts, labels)
    monkeypatch.setattr(shipped, "examples", lambda kind: (texts, labels))
    monkeypatch.setattr(shipped, "model", lambda kind: start)


def conversations(org: Any, rows: Sequence[tuple[str, str]]) -> None:
    """Closed conversations whose first words were these, and the requests of these types that came of them."""
    now = moment.now()
    contacts = Contact.objects.bulk_create(
        Contact(
            org=org, channel=Channel.WEB_CHAT, state=ContactState.CLOSED, outcome=Outcome.REQUEST_MADE,
            opened_at=now, closed_at=now, client_id=uuid.uuid4(),
        )
        for _row in rows
    )  # fmt: skip
    Message.objects.bulk_create(
        Message(contact=contact, client_id=uuid.uuid4(), sender=Sender.CUSTOMER, text=text, at=now)
        for contact, (text, _label) in zip(contacts, rows, strict=True)
    )
    Request.objects.bulk_create(
        Request(
            org=org, number=f"T{place:06}", type=label, channel=Channel.WEB_CHAT, contact=contact,
            caller_name="江小满", caller_phone="13900001234", address="松风路18号", submitted_at=now,
        )
        for place, (contact, (_text, label)) in enumerate(zip(contacts, rows, strict=True))
    )  # fmt: skip


def trained(system: Actor) -> LearnedModel:
    """A run of the learning loop."""
    run = TrainingRun.objects.create(kind=LearnedKind.INTENT, asked_at=moment.now())
    model = training.run(system, run.pk, Progress(None, None))
    assert model is not None
    return model


def test_what_requests_came_of_the_words_of_a_place_is_learnt_and_put_in_force(
    actor_for_role: Any, org_tree: Any
) -> None:
    pairs = [
        (f"{place}{words}{end}", str(label))
        for end in ("", "，电话13900005678", "哦")
        for place in PLACES
        for label, phrases in SAID.items()
        for words in phrases
    ]
    conversations(org_tree.county, pairs)
    manager = actor_for_role("manager", org_tree.province)
    model = trained(Actor.system("t"))
    figures = model.card["frozen"]
    assert figures["n"] >= 50 and figures["after"] > figures["before"] + 0.1
    assert model.card["better"] is True
    assert LearnedModel.objects.get(pk=model.pk).state == LearnedState.CANDIDATE
    release_model(manager, model.pk)
    assert current(LearnedKind.INTENT).predict(["后院火表嗝屁咯"])[0][0] == RequestType.FAULT_REPORT


def test_what_teaches_nothing_new_stays_out_of_force(actor_for_role: Any, org_tree: Any) -> None:
    known = [(t, one) for t, one in zip(*shipped.examples("intent"), strict=True) if one in RequestType.values]
    start = shipped.model("intent")
    told = start.predict([text for text, _label in known])
    easy = [pair for pair, (label, _p) in zip(known, told, strict=True) if label == pair[1] and len(pair[0]) >= 4]
    conversations(org_tree.county, easy)
    manager = actor_for_role("manager", org_tree.province)
    model = trained(Actor.system("t"))
    assert model.card["better"] is False
    with pytest.raises(Conflict) as refusal:
        release_model(manager, model.pk)
    assert refusal.value.code == "not_better"
