"""The figures of the data cards, all measured in one run; ``denghuo language measure`` writes them to a file.

Each card: ``figures`` (rows of label, set, n, value, peer), ``date``, ``command``, ``peer`` (who was compared with).
Values are texts as shown, made here from what was measured.
"""

from __future__ import annotations

import importlib
import json
import random
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks import bench_intent, bench_slots
from benchmarks.common import ROOT, say
from denghuo.engine.language import shipped, topics
from denghuo.engine.language.keywords import keywords, matter
from denghuo.engine.language.sensitive import find_risks
from denghuo.engine.language.sentiment import score

TESTS: Final = ROOT / "tests" / "engine"
COMMAND: Final = "denghuo language measure"
NAMES: Final = {"name": "姓名", "phone": "电话", "account": "户号", "address": "地址", "time": "时间", "phenomenon": "现象", "amount": "金额", "reading": "示数", "all": "全部要素"}  # fmt: skip


def measure_all(data: str, today: str, *, vectors: bool = True) -> dict[str, Any]:
    """Role → card. Public sets that are absent under ``data`` are left out of the card."""
    folder = Path(data)
    made = {
        "intent": _intent(folder, vectors),
        "slots": _slots(folder),
        "sentiment": _sentiment(folder),
        "keywords": _keywords(),
        "topics": _topics(),
        "sensitive": _sensitive(),
    }
    return {name: {**card, "date": today, "command": COMMAND} for name, card in made.items()}


def _row(label: str, source: str, n: int, value: float, peer: float | None = None) -> dict[str, Any]:
    return {
        "label": label,
        "set": source,
        "n": n,
        "value": f"{value:.3f}",
        **({"peer": f"{peer:.3f}"} if peer is not None else {}),
    }


def _intent(folder: Path, vectors: bool) -> dict[str, Any]:
    ours, peer = bench_intent.trade()
    rows = [
        _row(f"{ours['trade_intent']['labels']} 种意图，准确率", "留出的客户说法", ours["trade_intent"]["n"], ours["trade_intent"]["accuracy"], peer["trade_intent"]["accuracy"]),
        _row(f"{ours['trade_intent']['labels']} 种意图，校准误差（越小越好）", "留出的客户说法", ours["trade_intent"]["n"], ours["trade_intent"]["calibration_error"]),
        _row("与电力无关的请求被当成业务的比例（越小越好）", "留出的无关请求", ours["strangers"]["n"], ours["strangers"]["taken"], peer["strangers"]["taken"]),
        _row(f"{ours['trade_class']['labels']} 个一级分类，准确率", "留出的诉求短句", ours["trade_class"]["n"], ours["trade_class"]["accuracy"], peer["trade_class"]["accuracy"]),
        _row(f"{ours['trade_class']['labels']} 个一级分类，前三个里有", "留出的诉求短句", ours["trade_class"]["n"], ours["trade_class"]["top3"]),
    ]  # fmt: skip
    if (folder / "intents" / "train.json").exists():
        theirs, own = bench_intent.public(folder / "intents", vectors=vectors)
        best = own.get("pieces_and_vectors", own["pieces"])
        if "accuracy_clean" in theirs:
            rows.append(_row("118 种意图，复核过标注的公开测试集，准确率", "CIC 公开集", own["test"], best["accuracy_clean"], theirs["accuracy_clean_best"]))  # fmt: skip
        else:
            rows += [
                _row("118 种意图，标注可信的句子，准确率", "CIC 公开集", own["supported_dev"], best["accuracy_supported"], theirs["accuracy_supported"]),
                _row("118 种意图，按原标注（含错标），准确率", "CIC 公开集", own["dev"], best["accuracy_as_labelled"], theirs["accuracy_as_labelled"]),
            ]  # fmt: skip
    size = len(shipped.examples("intent")[0])
    return {
        "figures": rows,
        "peer": "TF-IDF + LinearSVC (scikit-learn)",
        "trained": f"样本 {size} 句，指纹 {shipped.digest('intent')}",
    }


def _slots(folder: Path) -> dict[str, Any]:
    rows = bench_slots.sentences()
    ours, peer = bench_slots.measured(rows, bench_slots.ours), bench_slots.measured(rows, bench_slots.patterns)
    order = ["all", *[kind for kind in NAMES if kind != "all"]]
    found = [
        _row(f"{NAMES[k]}，F1", "电力客户说法", int(ours[k]["n"]), ours[k]["f1"], peer[k]["f1"])
        for k in order
        if k in ours
    ]
    archive = folder / "dialogues" / "val.json.zip"
    if archive.exists():
        turns = bench_slots.informed(archive)
        real, plain = bench_slots.measured(turns, bench_slots.ours), bench_slots.measured(turns, bench_slots.patterns)
        found += [_row(f"{NAMES[k]}，召回率", "CrossWOZ 公开对话", int(real[k]["n"]), real[k]["recall"], plain[k]["recall"]) for k in ("phone", "address", "time")]  # fmt: skip
    return {"figures": found, "peer": "每种要素一条正则表达式"}


def _sentiment(folder: Path) -> dict[str, Any]:
    held: Any = importlib.import_module("tests.engine.test_sentiment_accuracy")
    rows = []
    sets = [(held.BAD, -1), (held.NONE, 0), (held.GOOD, 1)]
    pairs = [(line, sign) for text, sign in sets for line in text.strip().split("\n")]
    rows.append(_row("负面、中性、正面，准确率", "电力客户句子", len(pairs), sum(_sign(line) == sign for line, sign in pairs) / len(pairs), 1 / 3))  # fmt: skip
    file = folder / "sentiment" / "dev_few_all.json"
    if file.exists():
        told = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
        right = sum((score(row["sentence"]).score > 0) == (row["label"] == "Positive") for row in told)
        rows.append(_row("负面与正面，准确率（外行业）", "EPRSTMT 商品评论", len(told), right / len(told), 0.5))
    return {"figures": rows, "peer": "随机猜"}


def _sign(text: str) -> int:
    value = score(text).score
    return -1 if value <= -0.3 else 1 if value >= 0.3 else 0


def _keywords() -> dict[str, Any]:
    rows = tomllib.loads((TESTS / "language_keywords.toml").read_text(encoding="utf-8"))["text"]
    ours = _share([[word for word, _w in keywords(row["text"], limit=3)] for row in rows], rows)
    first = _share([matter(row["text"])[:3] for row in rows], rows)
    return {
        "figures": [_row("前三个关键词中人也会划出的比例", "诉求长文本", len(rows), ours, first)],
        "peer": "文中最先出现的三个实词",
    }


def _share(told: Sequence[Sequence[str]], rows: Sequence[dict[str, Any]]) -> float:
    return sum(word in row["words"] for words, row in zip(told, rows, strict=True) for word in words) / sum(
        map(len, told)
    )


def _topics(rounds: int = 40) -> dict[str, Any]:
    """Made weeks from the shipped utterances: with nothing new, and with a topic of 15 texts among 300 thrown in."""
    texts, labels = shipped.examples("intent")
    calm = [text for text, label in zip(texts, labels, strict=True) if label not in ("charging",)]
    topic = [text for text, label in zip(texts, labels, strict=True) if label == "charging"]
    dice = random.Random(1)
    false = plain_false = hit = plain_hit = 0
    for _round in range(rounds):
        before = topics.counts(dice.choices(calm, k=1800))
        quiet = topics.counts(dice.choices(calm, k=300))
        risen = topics.counts([*dice.choices(calm, k=285), *dice.choices(topic, k=15)])
        false += bool(topics.rising(quiet, before))
        plain_false += bool(_doubled(quiet, before))
        hit += any("充电" in rise.word for rise in topics.rising(risen, before))
        plain_hit += any("充电" in word for word in _doubled(risen, before))
    say(f"topics: false {false} against {plain_false}, found {hit} against {plain_hit} of {rounds}")
    return {
        "figures": [
            _row("新话题（300 条里 15 条）被发现的比例", "由样本句抽成的周", rounds, hit / rounds, plain_hit / rounds),
            _row("没有变化时误报的比例（越小越好）", "由样本句抽成的周", rounds, false / rounds, plain_false / rounds),
        ],
        "peer": "占比翻倍且不少于五条就算",
    }


def _doubled(now: topics.Counted, before: topics.Counted) -> list[str]:
    (here, n), (past, m) = now, before
    return [word for word, count in here.items() if count >= 5 and count / n >= 2 * past[word] / m]


def _sensitive() -> dict[str, Any]:
    rows = tomllib.loads((TESTS / "language_risks.toml").read_text(encoding="utf-8"))["sentence"]
    pairs = [(text, set(row["groups"])) for row in rows for text in row["texts"]]
    grave = [(text, groups) for text, groups in pairs if groups]
    calm = [text for text, groups in pairs if not groups]
    found = sum(bool(groups & {risk.group for risk in find_risks(text)}) for text, groups in grave) / len(grave)
    quiet = sum(bool(find_risks(text)) for text in calm) / len(calm)
    bare = ("投诉", "12345", "12398", "记者", "起诉", "法院", "曝光", "触电", "自杀", "抖音", "律师")
    plain = sum(any(word in text for word in bare) for text, _g in grave) / len(grave)
    plain_quiet = sum(any(word in text for word in bare) for text in calm) / len(calm)
    return {
        "figures": [
            _row("该标出的句子标对组的比例", "留出的句子", len(grave), found, plain),
            _row("平常话被误标的比例（越小越好）", "留出的句子", len(calm), quiet, plain_quiet),
        ],
        "peer": "十一个词的简单词表",
    }
