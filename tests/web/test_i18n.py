"""Every text has its English side."""

from __future__ import annotations

from pathlib import Path

import pytest

from denghuo.web import i18n

CODE = """
from django.utils.translation import gettext as _, ngettext, pgettext
a = _("受理")
b = _("第 %(n)s 条" % 1) if False else _("换" "行")
c = ngettext("有 %d 处", "有 %d 处", n)
d = pgettext("满意度", "一般")
e = _(variable)
"""
TEMPLATE = """{% load i18n denghuo %}
    {% trans "派单" %}
  {% empty_state _("没有内容") _('请稍候') "inbox" %}
        {% blocktrans count counter=n trimmed %}
            有 {{ counter }} 条
        {% plural %}有 {{ counter }} 条{% endblocktrans %}
 {{ x|default:_("无") }}  it's "fine"
"""


def test_texts_are_found_in_code_and_templates() -> None:
    ids = {found.msgid for found in i18n.extract_code(CODE, "a.py")}
    assert ids >= {"受理", "换行", ("有 %d 处", "有 %d 处"), "一般"}
    assert [found.context for found in i18n.extract_code(CODE, "a.py") if found.msgid == "一般"] == ["满意度"]
    ids = {found.msgid for found in i18n.extract_template(TEMPLATE, "a.html")}
    assert ids == {"派单", "没有内容", "请稍候", ("有 %(counter)s 条", "有 %(counter)s 条"), "无"}


def test_merging_keeps_translations_and_marks_what_is_gone(tmp_path: Path) -> None:
    path = tmp_path / "django.po"
    catalogue = i18n.merge([i18n.Found("受理", None, "a.py"), i18n.Found("派单", None, "a.py")], i18n.load(path))
    for message in catalogue:
        if message.id:
            message.string = {"受理": "Accept", "派单": "Dispatch"}[str(message.id)]
    i18n.save(catalogue, path)
    found = [i18n.Found("受理", None, "b.py"), i18n.Found("回访", None, "b.py")]
    merged = i18n.merge(found, i18n.load(path))
    i18n.save(merged, path)
    again = i18n.load(path)
    assert again.get("受理").string == "Accept"  # type: ignore[union-attr]
    lines = i18n.problems(found, again)
    assert sorted(lines) == ["no translation: '回访'", "obsolete: '派单'"]
    before = path.read_bytes()
    i18n.save(i18n.merge(found, i18n.load(path)), path)
    assert path.read_bytes() == before
    assert i18n.problems(found, i18n.merge(found, again, prune=True)) == ["no translation: '回访'"]


@pytest.mark.parametrize(
    ("chinese", "english", "problem"),
    [
        ("共 %(n)s 条", "rows", "placeholders differ"),
        ("受理", "受理", "holds Chinese"),
        ("受理", " ", "no translation"),
    ],
)
def test_a_poor_translation_is_named(chinese: str, english: str, problem: str) -> None:
    found = [i18n.Found(chinese, None, "a.py")]
    catalogue = i18n.merge(found, i18n.template_of([]))
    catalogue.get(chinese).string = english  # type: ignore[union-attr]
    [line] = i18n.problems(found, catalogue)
    assert problem in line


def test_bare_chinese_in_a_template_is_named() -> None:
    source = '<p>受理</p>\n{% trans "派单" %}{# 注 #}\n{% blocktrans %}有{% endblocktrans %}{% stat "排队" 1 %}'
    assert i18n.bare_chinese(source) == [(1, "<p>受理</p>"), (3, 'stat "排队" 1')]


def test_the_product_is_complete_in_english() -> None:
    assert i18n.problems(i18n.extract(), i18n.load()) == []


def test_no_template_holds_chinese_outside_a_translation_tag() -> None:
    assert i18n.untranslated_templates() == []
