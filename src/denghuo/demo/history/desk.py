"""The service centre's side: calls, requests, acceptance, review, call-backs."""

from __future__ import annotations

import datetime as dt

from denghuo.apps.contacts import actions as contacts
from denghuo.apps.customers.models import Account
from denghuo.apps.grid import queries as grid
from denghuo.apps.requests import actions as requests
from denghuo.apps.requests.actions import RequestDraft
from denghuo.apps.requests.choices import CallBackState, RequestState
from denghuo.apps.requests.models import CallBack, Request
from denghuo.core.actors import Actor
from denghuo.demo.chats import CHATS, Chat
from denghuo.demo.history import words
from denghuo.demo.history.cast import Cast
from denghuo.demo.history.crews import Crews
from denghuo.demo.history.story import Story
from denghuo.demo.replay.world import CLASS_OF, PHENOMENA

CHANNELS = {"voice": 55, "web_form": 32, "wechat": 13}
FAULT_SHARE = 0.72
CALLS_A_ROUND = 9
CHAT_SHARE = 0.45  # of questions that need no request
RATED = 0.55  # of chats
#: share within the usual minutes, usual, otherwise
ANSWERING = (0.88, (0.05, 0.3), (0.35, 1.2))
SOON = (0.1, 0.4)  # minutes until it is tried again while every agent is busy
DISPATCHING = (0.86, (0.4, 1.8), (2.1, 6.0))
PUBLIC = Actor.customer()  # no network address: limits per caller are for the network


class Desk:
    """Agents, reviewers and the call-back desk."""

    def __init__(self, story: Story, cast: Cast, crews: Crews) -> None:
        self.story, self.cast, self.crews = story, cast, crews
        crews.on_returned = self.returned

    def question(self) -> None:
        """A call that ends with an answer, or with the caller giving up."""
        story, account = self.story, self.cast.account()
        if story.chance(CHAT_SHARE):
            self.chat(account)
            return
        subject, topic = story.rng.choice(words.SUBJECTS)
        contact = contacts.open_contact(
            Actor.system("ivr"), channel="voice", org=account.org, caller_phone=account.customer.phone,
            customer_id=account.customer_id, subject=subject, client_id=story.new_id(),
            arrival=contacts.Arrival(topic=topic, account_id=account.pk),
        )  # fmt: skip
        if story.chance(0.05):
            story.later(1, 4, lambda: contacts.abandon_contact(Actor.system("ivr"), contact.pk))
        else:
            story.mostly(*ANSWERING, self._answer, contact.pk)

    def _answer(self, contact_id: int) -> None:
        agent = self.cast.free_agent()
        if agent is None:
            return self.story.later(*SOON, self._answer, contact_id)
        contacts.take_contact(agent, contact_id)
        return self.story.later(1, 6, lambda: contacts.close_contact(agent, contact_id, outcome="answered"))

    def chat(self, account: Account) -> None:
        """Somebody writes, on the web or on WeChat; mostly they say afterwards how it was."""
        story = self.story
        talk = story.rng.choice(CHATS)
        contact = contacts.open_contact(
            Actor.system("chat"), channel=story.rng.choice(("web_chat", "web_chat", "wechat")), org=account.org,
            caller_phone=account.customer.phone, customer_id=account.customer_id, subject=talk.subject,
            client_id=story.new_id(), arrival=contacts.Arrival(topic=talk.topic, account_id=account.pk),
        )  # fmt: skip
        story.mostly(*ANSWERING, self._talk, contact.pk, str(contact.client_id), talk)

    def _talk(self, contact_id: int, access: str, talk: Chat) -> None:
        agent, minutes = self.cast.free_agent(), 0.0
        if agent is None:
            return self.story.later(*SOON, self._talk, contact_id, access, talk)
        contacts.take_contact(agent, contact_id)
        for who, text in talk.said:
            minutes += self.story.rng.uniform(0.2, 0.9)
            self.story.later(minutes, minutes, self._say, agent, contact_id, who, text)
        return self.story.later(minutes + 0.5, minutes + 1.5, self._part, agent, contact_id, access)

    def _say(self, agent: Actor, contact_id: int, who: str, text: str) -> None:
        speaker = Actor.system("chat") if who == "c" else agent
        sender = "customer" if who == "c" else "agent"
        contacts.post_message(speaker, contact_id, client_id=self.story.new_id(), text=text, sender=sender)

    def _part(self, agent: Actor, contact_id: int, access: str) -> None:
        contacts.end_contact(agent, contact_id)
        self.story.later(0.3, 1.0, lambda: contacts.close_contact(agent, contact_id, outcome="answered"))
        if self.story.chance(RATED):
            score = self.story.rng.choices((5, 4, 3, 2, 1), (62, 24, 8, 4, 2))[0]
            given = contacts.Score(score=score, resolved=score > 2)
            self.story.later(0.2, 0.3, lambda: contacts.rate_contact(PUBLIC, contact_id, given, access=access))

    def report(self, account: Account | None = None, outage: bool = False) -> None:
        """Somebody wants something: by telephone, or by filling in a form."""
        story = self.story
        account = account or self.cast.account()
        channel = story.rng.choices(list(CHANNELS), list(CHANNELS.values()))[0]
        if channel != "voice":
            self._submit(PUBLIC, account, channel, outage, None)
            return
        contact = contacts.open_contact(
            Actor.system("ivr"), channel="voice", org=account.org, caller_phone=account.customer.phone,
            customer_id=account.customer_id, client_id=story.new_id(),
            arrival=contacts.Arrival(topic="fault" if outage else "", account_id=account.pk),
        )  # fmt: skip
        story.mostly(*ANSWERING, self._hear, contact.pk, account, outage)

    def _hear(self, contact_id: int, account: Account, outage: bool) -> None:
        agent = self.cast.free_agent()
        if agent is None:
            return self.story.later(*SOON, self._hear, contact_id, account, outage)
        contacts.take_contact(agent, contact_id)
        return self.story.later(1.5, 4, self._write_down, agent, contact_id, account, outage)

    def _write_down(self, agent: Actor, contact_id: int, account: Account, outage: bool) -> None:
        made = self._submit(agent, account, "voice", outage, contact_id)
        contacts.close_contact(agent, contact_id, outcome="request_made", request_id=made.pk)

    def _submit(self, actor: Actor, account: Account, channel: str, outage: bool, contact_id: int | None) -> Request:
        story = self.story
        fault = outage or story.chance(FAULT_SHARE)
        kind = "fault_report" if fault else words.matter(story.rng)
        phenomenon = "no_power" if outage else story.rng.choice(PHENOMENA)
        telling = words.FAULT[phenomenon] if fault else words.MATTERS[kind]
        scope = "neighbourhood" if outage else story.rng.choice(words.SCOPES)
        request = requests.submit_request(
            actor,
            data=RequestDraft(
                type=kind,
                channel=channel,
                caller_name=account.customer.name,
                caller_phone=account.customer.phone,
                account_id=account.pk,
                address=account.address,
                phenomenon=phenomenon if fault else "",
                scope=scope if fault else "",
                occurred_at=story.now - dt.timedelta(minutes=story.rng.uniform(3, 40)) if fault else None,
                description=story.rng.choice(telling),
                client_id=story.new_id(),
                contact_id=contact_id,
            ),
        )
        if fault:
            story.later(0.5, 4, self._accept, request.pk)
        else:
            story.later(0.5, 6, self._accept_matter, request.pk)
        return request

    def _accept(self, request_id: int) -> None:
        story, agent = self.story, self.cast.agent()
        request = Request.objects.get(pk=request_id)
        urgent = request.phenomenon in {"wire_down", "spark"}
        request = requests.accept_request(
            agent, request_id, fault_class=CLASS_OF[request.phenomenon], urgency="urgent" if urgent else "normal",
            area_type=request.area_type,
        )  # fmt: skip
        outage = grid.outage_explaining(request.transformer_id, request.occurred_at)
        if outage is not None and outage.restored_at is None:
            request = requests.link_outage(agent, request_id, outage.pk)
        if request.state == RequestState.ACCEPTED:
            story.mostly(*DISPATCHING, self.crews.dispatch, request_id)

    def _accept_matter(self, request_id: int) -> None:
        story, agent = self.story, self.cast.agent()
        request = Request.objects.get(pk=request_id)
        if request.type in {"consulting", "praise"}:
            requests.answer_request(agent, request_id, answer=words.ANSWER)
            return
        requests.accept_request(agent, request_id, area_type=request.area_type)
        story.later(3, 15, self._assign, request_id)

    def _assign(self, request_id: int) -> None:
        story = self.story
        request = Request.objects.select_related("org").get(pk=request_id)
        dispatcher = self.cast.dispatcher(request.org)
        requests.assign_handling(dispatcher, request_id)
        if request.type == "complaint":
            story.later(60, 900, lambda: requests.contact_customer(dispatcher, request_id))
        story.later(960, 4000, self._reply, request_id)

    def _reply(self, request_id: int) -> None:
        request = Request.objects.select_related("org").get(pk=request_id)
        requests.reply_request(
            self.cast.dispatcher(request.org), request_id, result=words.REPLIES.get(request.type, words.ANSWER)
        )
        self.returned(request_id)

    def returned(self, request_id: int) -> None:
        """Somebody reviews it soon."""
        self.story.later(3, 35, self._review, request_id)

    def _review(self, request_id: int) -> None:
        story = self.story
        request = Request.objects.select_related("org").get(pk=request_id)
        if request.state != RequestState.RETURNED:
            return
        reviewer = self.cast.dispatcher(request.org)
        if (
            request.type == "fault_report"
            and request.round == 1
            and story.chance(0.04)
            and not self.crews.sent_back(request_id)
        ):
            requests.review_request(reviewer, request_id, passed=False, reason=story.rng.choice(words.SEND_BACK))
            self.crews.take_up_again(request_id)
            return
        requests.review_request(reviewer, request_id, passed=True)
        story.settle()

    def call_round(self) -> None:
        """The call-back desk works off what is due, then waits for a while."""
        due = CallBack.objects.filter(state=CallBackState.PENDING, not_before__lte=self.story.now).count()
        for number in range(min(due, CALLS_A_ROUND)):
            agent = self.cast.callback_agents[number % len(self.cast.callback_agents)]
            plan = requests.take_callback(agent)
            if plan is None:
                break
            self._call(agent, plan)
        self.story.later(9, 16, self.call_round)

    def _call(self, agent: Actor, plan: CallBack) -> None:
        rng = self.story.rng
        if rng.random() > 0.8:
            requests.record_attempt(
                agent, plan.pk, outcome=rng.choice(("no_answer", "no_answer", "busy", "powered_off"))
            )
            return
        rated = rng.choices(("satisfied", "neutral", "dissatisfied"), (92, 5, 3))[0]
        fault = plan.request.type == "fault_report"
        if plan.round > 1 or not fault:
            rated = "satisfied"
        unhappy = rated == "dissatisfied"
        requests.record_attempt(
            agent, plan.pk, outcome="answered", resolved=not unhappy, arrival_honoured=rng.random() < 0.96 if fault else None,
            satisfaction=rated, note=rng.choice(words.UNHAPPY) if unhappy else "",
        )  # fmt: skip
        if unhappy:
            self.crews.go_again(plan.request_id)
