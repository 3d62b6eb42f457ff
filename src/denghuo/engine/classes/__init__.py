"""Class trees: reading, searching, checking, comparing, and rows of a spreadsheet in and out."""

from denghuo.engine.classes.checking import Fault, check_tree
from denghuo.engine.classes.comparing import Change, compare
from denghuo.engine.classes.rows import COLUMNS, RowFault, from_rows, to_rows
from denghuo.engine.classes.searching import Hit, initials, pinyin, search
from denghuo.engine.classes.tree import ATTRIBUTES, Node, Tree, TreeError, read_tree

__all__ = [
    "ATTRIBUTES",
    "COLUMNS",
    "Change",
    "Fault",
    "Hit",
    "Node",
    "RowFault",
    "Tree",
    "TreeError",
    "check_tree",
    "compare",
    "from_rows",
    "initials",
    "pinyin",
    "read_tree",
    "search",
    "to_rows",
]
