"""Tables of the contacts app: conversations, queues, agents, the desk, and the world outside."""

from denghuo.apps.contacts.models.agents import AgentProfile, AgentSession, AgentStateSpan, Seat
from denghuo.apps.contacts.models.contact import Contact, ContactLeg, ContactParty, Message, Rating
from denghuo.apps.contacts.models.desk import DeskDraft, DeskPhrase, DeskScript, Disposition, PhraseRule
from denghuo.apps.contacts.models.outside import ChannelAccount, ChannelIdentity, InboundReceipt, OutboundMessage
from denghuo.apps.contacts.models.queues import EchelonActivation, Queue, QueuePlan

__all__ = [
    "AgentProfile",
    "AgentSession",
    "AgentStateSpan",
    "ChannelAccount",
    "ChannelIdentity",
    "Contact",
    "ContactLeg",
    "ContactParty",
    "DeskDraft",
    "DeskPhrase",
    "DeskScript",
    "Disposition",
    "EchelonActivation",
    "InboundReceipt",
    "Message",
    "OutboundMessage",
    "PhraseRule",
    "Queue",
    "QueuePlan",
    "Rating",
    "Seat",
]
