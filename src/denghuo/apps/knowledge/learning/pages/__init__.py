"""Screens of the learning loop."""

from denghuo.apps.knowledge.learning.pages.clusters import (
    cluster,
    cluster_list,
    decide,
    dismiss,
    near,
    scan,
    scan_stop,
)
from denghuo.apps.knowledge.learning.pages.log import log, question
from denghuo.apps.knowledge.learning.pages.rates import entry, entry_list, overview
from denghuo.apps.knowledge.learning.pages.training import (
    frozen_set,
    model,
    release,
    retire,
    train,
    train_stop,
    training_page,
)

__all__ = [
    "cluster",
    "cluster_list",
    "decide",
    "dismiss",
    "entry",
    "entry_list",
    "frozen_set",
    "log",
    "model",
    "near",
    "overview",
    "question",
    "release",
    "retire",
    "scan",
    "scan_stop",
    "train",
    "train_stop",
    "training_page",
]
