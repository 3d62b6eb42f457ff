"""Slots found in what callers say: precision, recall and F1 by kind, against plain patterns.

Two sets. Sentences to a power supplier, written for the test (``tests/engine/language_slots.txt``). And, with ``--data``
(a folder that holds ``dialogues/val.json.zip``: CrossWOZ validation, or the variable ``DENGHUO_TEXT``), real turns: the
wizard's sentences that inform of an address, a telephone or opening hours; gold is where the value of the dialogue act
stands word for word in the sentence. That gold is partial (other addresses in a sentence are not annotated), so only
recall is given there, and precision over the annotated sentences as a lower bound.

A slot is right when its kind is and its span equals the gold one but for one character at either end ("loose": overlaps
by half of the union). The rival: one regular expression a kind, as one would write in an afternoon.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import time
import zipfile
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks.common import ROOT, emit, say
from denghuo.engine.language.slots import find_slots

SENTENCES: Final = ROOT / "tests" / "engine" / "language_slots.txt"
VARIABLE: Final = "DENGHUO_TEXT"
KINDS: Final = {"n": "name", "p": "phone", "a": "account", "d": "address", "t": "time", "x": "phenomenon", "m": "amount", "r": "reading"}  # fmt: skip
_MARK: Final = re.compile(r"\{([a-z]):([^}]*)\}")
Span = tuple[str, int, int]
Finder = Callable[[str], list[Span]]

PLAIN: Final = {
    "name": r"(?<=我姓)[\u4e00-\u9fff]|(?<=我叫)[\u4e00-\u9fff]{2,3}|(?<=户主)[\u4e00-\u9fff]{2,3}|(?<=联系人)[\u4e00-\u9fff]{2,3}|[\u4e00-\u9fff](?=先生|女士|师傅)",
    "phone": r"1[3-9][0-9]{9}|0[0-9]{2,3}-?[0-9]{7,8}",
    "account": r"(?<![0-9])(?:[0-9]{10}|[0-9]{13}|[0-9]{16})(?![0-9])",
    "address": r"[\u4e00-\u9fff]{2,6}(?:路|街|小区|村|镇|花园|大厦)(?:[0-9]+号)?(?:[0-9]+栋)?(?:[0-9]+单元)?(?:[0-9]+室?)?",
    "time": r"(?:今天|昨天|前天|明天|刚才|现在|昨晚)?(?:早上|上午|中午|下午|晚上|凌晨)?[0-9一二三四五六七八九十]+[点时](?:半|[0-9]+分)?|今天|昨天|前天|明天|刚才|现在|昨晚|[0-9]+月[0-9]+[日号]|[0-9]{1,2}[:：][0-9]{2}(?:-[0-9]{1,2}[:：][0-9]{2})?",
    "phenomenon": r"停电|没电|没有电|断电|跳闸|冒烟|着火|漏电|触电|电压低|电压不稳|断线|冒火花|闪断",
    "amount": r"[0-9]+(?:\.[0-9]+)?(?:元|块钱?)",
    "reading": r"(?<=示数)[0-9]+|(?<=读数)[0-9]+",
}


def main(argv: list[str]) -> None:
    """Options: ``--data FOLDER``."""
    parser = argparse.ArgumentParser(prog="denghuo bench slots")
    parser.add_argument("--data", default=os.environ.get(VARIABLE, str(ROOT.parent / "shared" / "data" / "text")))
    options = parser.parse_args(argv)
    rows = sentences()
    figures: dict[str, Any] = {"power": measured(rows, ours)}
    peer: dict[str, Any] = {"power": measured(rows, patterns)}
    archive = Path(options.data) / "dialogues" / "val.json.zip"
    if archive.exists():
        turns = informed(archive)
        figures["crosswoz"], peer["crosswoz"] = measured(turns, ours), measured(turns, patterns)
    else:
        say(f"no dialogues under {options.data} (--data or {VARIABLE}): only the sentences for the test are measured")
    begun = time.perf_counter()
    for text, _gold in rows:
        find_slots(text)
    figures["ms_per_sentence"] = round((time.perf_counter() - begun) / len(rows) * 1000, 3)
    for name in peer:
        for kind, row in figures[name].items():
            say(f"{name:9s} {kind:11s} ours {row}  plain patterns {peer[name].get(kind)}")
    emit("slots", figures, peer | {"name": "one regular expression a kind"})


def sentences(path: Path = SENTENCES) -> list[tuple[str, list[Span]]]:
    """Texts and gold spans of the file with marks."""
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        text, gold, at = "", [], 0
        for match in _MARK.finditer(line):
            text += line[at : match.start()]
            gold.append((KINDS[match[1]], len(text), len(text) + len(match[2])))
            text += match[2]
            at = match.end()
        found.append((text + line[at:], gold))
    return found


def informed(archive: Path) -> list[tuple[str, list[Span]]]:
    """Turns of dialogues that inform of an address, a telephone or opening hours, with where the value stands."""
    kinds = {"地址": "address", "电话": "phone", "营业时间": "time"}
    with zipfile.ZipFile(archive) as held:
        dialogues = json.loads(held.read("val.json"))
    found = []
    for dialogue in dialogues.values():
        for turn in dialogue["messages"]:
            text, gold = turn["content"], []
            for act, _domain, slot, value in turn["dialog_act"]:
                if act in ("Inform", "Recommend") and slot in kinds and value:
                    gold += [
                        (kinds[slot], match.start(), match.end())
                        for part in re.split(r"[,，;； ]+", value)
                        if len(part) > 2
                        for match in re.finditer(re.escape(part), text)
                    ]
            if gold:
                found.append((text, gold))
    return found


def ours(text: str) -> list[Span]:
    """The product's slots."""
    return [(slot.kind, slot.start, slot.end) for slot in find_slots(text)]


def patterns(text: str) -> list[Span]:
    """The rival's."""
    return [(kind, *match.span()) for kind, pattern in PLAIN.items() for match in re.finditer(pattern, text)]


def measured(rows: Sequence[tuple[str, list[Span]]], find: Finder) -> dict[str, dict[str, float]]:
    """Kind → precision, recall and F1 (near-exact spans), and loose F1; kinds that occur in the gold, and all together."""
    tally: dict[str, list[int]] = defaultdict(lambda: [0] * 6)
    kinds = {kind for _text, gold in rows for kind, _s, _e in gold}
    for text, gold in rows:
        found = [span for span in find(text) if span[0] in kinds]
        for kind in kinds:
            told, said = [s for s in found if s[0] == kind], [s for s in gold if s[0] == kind]
            near, loose = _pairs(told, said, _near), _pairs(told, said, _half)
            for name in (kind, "all"):
                for place, value in enumerate((near, len(told), len(said), loose)):
                    tally[name][place] += value
    return {name: _shown(*row[:4]) for name, row in sorted(tally.items())}


def _pairs(told: Sequence[Span], said: Sequence[Span], fits: Callable[[Span, Span], bool]) -> int:
    free, hits = list(said), 0
    for one in told:
        match = next((other for other in free if fits(one, other)), None)
        if match is not None:
            free.remove(match)
            hits += 1
    return hits


def _near(a: Span, b: Span) -> bool:
    return abs(a[1] - b[1]) <= 1 and abs(a[2] - b[2]) <= 1


def _half(a: Span, b: Span) -> bool:
    common = min(a[2], b[2]) - max(a[1], b[1])
    return common * 2 >= max(a[2], b[2]) - min(a[1], b[1])


def _shown(near: int, told: int, said: int, loose: int) -> dict[str, float]:
    def f1(hits: int) -> float:
        return round(2 * hits / (told + said), 3) if told + said else 0.0

    return {
        "n": said, "precision": round(near / told, 3) if told else 0.0, "recall": round(near / said, 3) if said else 0.0,
        "f1": f1(near), "loose_f1": f1(loose),
    }  # fmt: skip
