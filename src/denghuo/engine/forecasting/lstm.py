"""A recurrent network over days (Hochreiter and Schmidhuber 1997), through the optional ``torch`` package.

The network reads the root profiles of the last ``memory`` days with their weekdays and the features of the day ahead, and
gives the difference of that day from the weekday mean. It competes in the same rolling-origin selection as the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np

from denghuo.engine.forecasting.models import Guess, baseline
from denghuo.engine.forecasting.series import Floats, Frame, Ints, Unfit

LEAST_DAYS = 60
WARM_DAYS = 28


def _torch() -> Any:
    try:
        return import_module("torch")
    except ImportError as error:
        raise Unfit("package_missing:torch") from error


@dataclass(frozen=True, slots=True)
class Lstm:
    """``hidden`` units, ``rounds`` passes of Adam over the last ``history`` days; the same seed gives the same network."""

    memory: int = 14
    hidden: int = 32
    rounds: int = 120
    history: int = 430
    reach: int = 7
    seed: int = 1
    name: str = "lstm"

    def fit(self, framed: Frame, until: int, previous: Any = None) -> FittedLstm:
        torch = _torch()
        days = framed.learnable(until, last=self.history)
        if len(days) < LEAST_DAYS:
            raise Unfit("short_history")
        torch.manual_seed(self.seed)
        torch.set_num_threads(1)
        random = np.random.default_rng(self.seed)
        slots = np.flatnonzero(framed.open[days].any(axis=0))
        pasts, aheads, targets = [], [], []
        for day in days[WARM_DAYS:]:
            origin = int(day) - int(random.integers(0, self.reach))
            past, ahead, base = _inputs(framed, origin, np.array([day]), slots, self.memory)
            use = framed.usable[day, slots]
            target = np.where(use, np.sqrt(np.where(use, framed.counts[day, slots], 0.0) + 0.25) - base[0], 0.0)
            pasts.append(past[0])
            aheads.append(ahead[0])
            targets.append(target)
        inputs = torch.tensor(np.array(pasts), dtype=torch.float32)
        later = torch.tensor(np.array(aheads), dtype=torch.float32)
        wanted = np.array(targets)
        scale = float(wanted.std()) or 1.0
        recurrent = torch.nn.LSTM(inputs.shape[2], self.hidden, batch_first=True)
        head = torch.nn.Linear(self.hidden + later.shape[1], len(slots))
        optimiser = torch.optim.Adam([*recurrent.parameters(), *head.parameters()], lr=0.01, weight_decay=1e-4)
        goal = torch.tensor(wanted / scale, dtype=torch.float32)
        for _ in range(self.rounds):
            optimiser.zero_grad()
            loss = torch.nn.functional.huber_loss(_run(torch, recurrent, head, inputs, later), goal)
            loss.backward()
            optimiser.step()
        return FittedLstm(framed, until, slots, recurrent, head, scale, self.memory)


@dataclass(frozen=True, slots=True)
class FittedLstm:
    framed: Frame
    until: int
    slots: Ints
    recurrent: Any
    head: Any
    scale: float
    memory: int

    def predict(self, rows: Ints) -> Guess:
        torch = _torch()
        past, ahead, base = _inputs(self.framed, self.until, rows, self.slots, self.memory)
        with torch.no_grad():
            inputs = torch.tensor(past, dtype=torch.float32)
            later = torch.tensor(ahead, dtype=torch.float32)
            off = _run(torch, self.recurrent, self.head, inputs, later).numpy()
        result = np.zeros((len(rows), self.framed.slots))
        result[:, self.slots] = np.maximum(base + off * self.scale, 0.0) ** 2
        return Guess(result)


def _run(torch: Any, recurrent: Any, head: Any, past: Any, ahead: Any) -> Any:
    _, (state, _) = recurrent(past)
    return head(torch.cat([state[-1], ahead], dim=1))


def _inputs(framed: Frame, origin: int, rows: Ints, slots: Ints, memory: int) -> tuple[Floats, Floats, Floats]:
    """Past days as differences from their weekday mean (rows x memory x slots+7), day-ahead features, root baseline."""
    recent = framed.learnable(origin)[-memory:]
    base = np.sqrt(baseline(framed, origin, rows)[:, slots] + 0.25)
    own = np.sqrt(baseline(framed, origin, recent)[:, slots] + 0.25) if len(recent) else np.zeros((0, len(slots)))
    cells = np.ix_(recent, slots)
    known = framed.usable[cells]
    off = np.where(known, np.sqrt(np.where(known, framed.counts[cells], 0.0) + 0.25) - own, 0.0)
    table = np.zeros((memory, len(slots) + 7))
    if len(recent):
        table[-len(recent) :, : len(slots)] = off
        table[-len(recent) :, len(slots) :] = np.eye(7)[framed.weekday[recent]]
    horizon = (framed.ordinal[rows] - framed.ordinal[max(origin - 1, 0)])[:, None] / 7.0
    ahead = np.hstack([np.eye(7)[framed.weekday[rows]], horizon, *(group[rows] for group in framed.groups.values())])
    return np.repeat(table[None], len(rows), axis=0), ahead, base
