"""Tables of the knowledge app."""

from denghuo.apps.knowledge.models.asked import Asked, AskedHit, TextVector
from denghuo.apps.knowledge.models.base import KnowledgeUse, StandardQuestion
from denghuo.apps.knowledge.models.graph import GraphEntity, GraphProposal, GraphRelation
from denghuo.apps.knowledge.models.learned import LearnedModel
from denghuo.apps.knowledge.models.learning import (
    FrozenCase,
    MinedOnce,
    QuestionCluster,
    Sighting,
    TrainingRun,
    TypedAnswer,
    UnknownQuestion,
)
from denghuo.apps.knowledge.models.review import (
    BaseCheck,
    Comment,
    DuplicatePair,
    EditLock,
    ImportItem,
    KnowledgeImport,
    Revision,
    WordingMiss,
)
from denghuo.apps.knowledge.models.searching import SearchProcess

__all__ = [
    "Asked",
    "AskedHit",
    "BaseCheck",
    "Comment",
    "DuplicatePair",
    "EditLock",
    "FrozenCase",
    "GraphEntity",
    "GraphProposal",
    "GraphRelation",
    "ImportItem",
    "KnowledgeImport",
    "KnowledgeUse",
    "LearnedModel",
    "MinedOnce",
    "QuestionCluster",
    "Revision",
    "SearchProcess",
    "Sighting",
    "StandardQuestion",
    "TextVector",
    "TrainingRun",
    "TypedAnswer",
    "UnknownQuestion",
    "WordingMiss",
]
