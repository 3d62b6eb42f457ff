"""Translations without GNU gettext: extract Chinese msgids, merge them into the English catalogue, compile, check."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.template.base import Lexer, TokenType
from django.utils.translation.template import templatize

SOURCES = Path(__file__).resolve().parents[1]
LOCALE = Path(__file__).resolve().parent / "locale"
LANGUAGE = "en"
KEYWORDS: dict[str, tuple[int | tuple[int, int] | tuple[int, str], ...] | None] = {
    "_": None,
    "_n": (1, 2),
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
_PLACEHOLDER = re.compile(r"%\(\w+\)[sdf]|%(?:\.\d+)?[sdf]|\{\w*\}")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
# Words that a reader of English must type or see as they are: “人工”, “说：”.
_QUOTED = re.compile(r"“[^“”]*”")
_TRANSLATED = re.compile(r"_\(\s*(\"[^\"]*\"|'[^']*')\s*\)")

MsgId = str | tuple[str, str]


@dataclass(frozen=True)
class Found:
    """One text to translate and where it stands (path relative to the sources)."""

    msgid: MsgId
    context: str | None
    path: str


def catalogue_path() -> Path:
    """The English catalogue in text form; the compiled one lies beside it."""
    return LOCALE / LANGUAGE / "LC_MESSAGES" / "django.po"


# --- extraction ---------------------------------------------------------------------------------


def _calls(code: str) -> Iterator[tuple[str, list[str | None]]]:
    stream = io.BytesIO(code.encode("utf-8"))
    for _line, function, arguments, _comments in extract_python(stream, dict(KEYWORDS), [], {"encoding": "utf-8"}):
        given = list(arguments) if isinstance(arguments, tuple | list) else [arguments]
        yield str(function), [None if argument is None else str(argument) for argument in given]


def _message(function: str, arguments: list[str | None]) -> tuple[MsgId, str | None] | None:
    """(msgid or pair of singular and plural, context) of one call; None when an argument is not plain text."""
    context: str | None = None
    if "pgettext" in function:
        context, arguments = (arguments[0] if arguments else None), arguments[1:]
        if context is None:
            return None
    wanted = 2 if function.removesuffix("_lazy") in ("ngettext", "npgettext", "_n") else 1
    texts = arguments[:wanted]
    if len(texts) < wanted or not all(texts):
        return None
    return (str(texts[0]), str(texts[1])) if wanted == 2 else str(texts[0]), context


def extract_code(code: str, path: str) -> list[Found]:
    """Texts of a Python source."""
    messages = (_message(function, arguments) for function, arguments in _calls(code))
    return [Found(message[0], message[1], path) for message in messages if message]


def extract_template(source: str, path: str) -> list[Found]:
    """Texts of a Django template."""
    # templatize keeps the template's indentation, which means nothing here and would not parse
    code = "\n".join(line.lstrip() for line in templatize(source).split("\n"))
    return extract_code(code, path)


def sources(root: Path = SOURCES) -> Iterator[Path]:
    """Every Python file and template of the product, in a stable order."""
    yield from sorted(path for path in root.rglob("*.py") if "migrations" not in path.parts)
    yield from sorted(path for path in root.rglob("*.html") if "templates" in path.parts)


def extract(root: Path = SOURCES) -> list[Found]:
    """All texts of the product."""
    found: list[Found] = []
    for path in sources(root):
        name = path.relative_to(root).as_posix()
        read = extract_template if path.suffix == ".html" else extract_code
        found += read(path.read_text(encoding="utf-8"), name)
    return found


# --- catalogue ----------------------------------------------------------------------------------


HEADER = "# English texts of Denghuo. Made by `denghuo i18n extract`; fill in msgstr by hand."
_VOLATILE = re.compile(
    r'^"(POT-Creation-Date|PO-Revision-Date|Generated-By|Report-Msgid-Bugs-To|Last-Translator|Language-Team)'
)


def _new() -> Catalog:
    return Catalog(locale=LANGUAGE, project="denghuo", version="1", charset="utf-8", header_comment=HEADER, fuzzy=False)


def load(path: Path | None = None) -> Catalog:
    """The catalogue on disk, or a new one."""
    path = path or catalogue_path()
    if not path.exists():
        return _new()
    with path.open("rb") as file:
        return read_po(file, locale=LANGUAGE)


def template_of(found: Iterable[Found]) -> Catalog:
    """A catalogue of msgids without translations."""
    catalogue = _new()
    for one in found:
        catalogue.add(one.msgid, locations=[(one.path, 1)], context=one.context)
    return catalogue


def merge(found: Iterable[Found], catalogue: Catalog, *, prune: bool = False) -> Catalog:
    """Bring ``catalogue`` up to date: new msgids empty, known ones with their translation, gone ones obsolete."""
    catalogue.update(template_of(found), no_fuzzy_matching=True)
    if prune:
        catalogue.obsolete.clear()
    return catalogue


def save(catalogue: Catalog, path: Path | None = None) -> None:
    """Write the catalogue so that equal contents give equal bytes."""
    path = path or catalogue_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    catalogue.header_comment, catalogue.fuzzy = HEADER, False
    buffer = io.BytesIO()
    write_po(buffer, catalogue, width=100, sort_by_file=True, include_lineno=False, omit_header=False)
    lines = buffer.getvalue().decode().split("\n")
    kept = [line for line in lines if not _VOLATILE.match(line)]
    path.write_text("\n".join(kept), encoding="utf-8")


def compile_catalogue(path: Path | None = None) -> Path:
    """Write the compiled catalogue beside the text one and return its path."""
    path = path or catalogue_path()
    target = path.with_suffix(".mo")
    catalogue = load(path)
    temporary = target.with_suffix(".mo.new")
    with temporary.open("wb") as file:
        write_mo(file, catalogue)
    temporary.replace(target)
    return target


# --- checks -------------------------------------------------------------------------------------


def _key(message: Message) -> tuple[str, str | None]:
    return (message.id[0] if isinstance(message.id, list | tuple) else str(message.id)), message.context


def _texts(message: Message) -> list[str]:
    given = message.string
    return [str(text) for text in given] if isinstance(given, list | tuple) else [str(given)]


def problems(found: Iterable[Found], catalogue: Catalog) -> list[str]:
    """What keeps the English side from being complete: missing, empty, fuzzy, obsolete, placeholders that differ."""
    wanted = {_key(message): message for message in template_of(found) if message.id}
    present = {_key(message): message for message in catalogue if message.id}
    lines = [f"not in the catalogue: {key[0]!r}" for key in wanted if key not in present]
    lines += [f"obsolete: {key[0]!r}" for key in present if key not in wanted]
    lines += [f"obsolete: {_key(message)[0]!r}" for message in catalogue.obsolete.values()]
    for key, message in present.items():
        if key not in wanted:
            continue
        texts = _texts(message)
        if not all(text.strip() for text in texts):
            lines.append(f"no translation: {key[0]!r}")
        elif message.fuzzy:
            lines.append(f"fuzzy: {key[0]!r}")
        elif any(_CHINESE.search(_QUOTED.sub("", text)) for text in texts) and key[0] not in ("中文",):
            lines.append(f"translation holds Chinese: {key[0]!r}")
        elif sorted(_PLACEHOLDER.findall(texts[-1])) != sorted(_PLACEHOLDER.findall(key[0])):
            lines.append(f"placeholders differ: {key[0]!r} -> {texts[-1]!r}")
    return lines


def bare_chinese(source: str) -> list[tuple[int, str]]:
    """(line, text) of Chinese in a template that no translation tag covers."""
    lines: list[tuple[int, str]] = []
    inside = False
    for token in Lexer(source).tokenize():
        text = token.contents
        word = text.split(None, 1)[0] if text.split() else ""
        if token.token_type == TokenType.BLOCK:
            if word in ("blocktrans", "blocktranslate", "comment"):
                inside = True
            elif word in ("endblocktrans", "endblocktranslate", "endcomment"):
                inside = False
            elif word not in ("trans", "translate") and _CHINESE.search(_TRANSLATED.sub("", text)):
                lines.append((token.lineno or 0, text))
        elif token.token_type == TokenType.VAR:
            if _CHINESE.search(_TRANSLATED.sub("", text)):
                lines.append((token.lineno or 0, text))
        elif token.token_type == TokenType.TEXT and not inside:
            # the language switch names each language in that language
            bare = re.sub(r"切换到中文|中文", "", text)
            if _CHINESE.search(bare):
                lines.append((token.lineno or 0, " ".join(bare.split())[:60]))
    return lines


def untranslated_templates(root: Path = SOURCES) -> list[str]:
    """Every bare Chinese text of the product's templates, as "path:line: text"."""
    lines: list[str] = []
    for path in sources(root):
        if path.suffix == ".html":
            for line, text in bare_chinese(path.read_text(encoding="utf-8")):
                lines.append(f"{path.relative_to(root).as_posix()}:{line}: {text}")
    return lines
