"""The reference page of shipped class trees, made from the shipped files (docs/reference/classes.md)."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from denghuo.engine.classes import Tree, read_tree

SHIPPED: Final = Path(__file__).parents[1] / "shipped" / "classes"
ORDER: Final = (
    "fault_class", "fault_cause", "complaint", "consulting", "service_request", "tip_off", "opinion", "suggestion",
    "praise", "sensitive_mark",
)  # fmt: skip
HEAD: Final = """# 出厂分类 · Shipped class trees

由出厂文件生成，请勿手改。标记：S 有来源，W 来源较弱，K 行业通行、请按本单位现行分类核对，D 本系统推定。
Generated from the shipped files. Marks: S sourced, W weak source, K known in the trade (check against your own list), D ours.
"""


def page() -> str:
    """The page as Markdown."""
    return "\n".join([HEAD, *(line for code in ORDER for line in _tree(code))]).rstrip() + "\n"


def _tree(code: str) -> Iterator[str]:
    document = tomllib.loads((SHIPPED / f"{code}.toml").read_text("utf-8"))
    tree = read_tree(document)
    yield f"## {tree.label} · {tree.label_en} `{code}`\n"
    yield f"来源 [{document['trust']}]：{document['source']}\n"
    yield "| 路径 | 名称 | English | 标记 |"
    yield "|---|---|---|---|"
    yield from (_row(tree, node.path) for node in tree)
    yield ""


def _row(tree: Tree, path: str) -> str:
    node = tree.get(path)
    assert node is not None
    indent = "\u3000" * (node.level - 1)
    name = f"**{node.label}**" if node.level == 1 else node.label
    scored = "，考核" if node.scored else ""
    return f"| `{path}` | {indent}{name} | {node.label_en} | {node.trust}{scored} |"


if __name__ == "__main__":
    print(page(), end="")
