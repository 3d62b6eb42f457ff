"""The editor of templates: preview, faults with their lines, test values, differences, release, files."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from denghuo.apps.catalogue import scenes
from denghuo.apps.catalogue.models import EditionState, SceneTemplate
from denghuo.apps.catalogue.sync import shipped
from denghuo.apps.catalogue.toml_text import to_toml
from denghuo.core import moment

PRAISE = next(document for document in shipped("template") if document["code"] == "praise")
TEXT = to_toml({name: value for name, value in PRAISE.items() if name not in {"number", "source", "trust"}})


@pytest.fixture
def manager(browser_for: Any, org_tree: Any) -> Any:
    return browser_for("manager", org_tree.province)


def preview(browser: Any, org: Any, **data: Any) -> str:
    return browser.post(reverse("catalogue:scene-preview"), {"org": org.pk, "text": TEXT, **data}).content.decode()


def test_the_list_shows_every_type_with_its_templates(manager: Any) -> None:
    text = manager.get(reverse("catalogue:scenes")).content.decode()
    assert "单户停电" in text and "窃电举报" in text and "表扬" in text


def test_a_template_is_shown_as_agents_and_customers_see_it(manager: Any) -> None:
    address = reverse("catalogue:scene", args=["fault_customer_side"])
    assert 'data-scene-field="boundary_told"' in manager.get(address).content.decode()
    assert 'data-scene-field="boundary_told"' not in manager.get(address + "?view=phone").content.decode()


def test_a_fault_is_named_with_its_line(manager: Any, org_tree: Any) -> None:
    broken = TEXT.replace('kind = "date"', 'kind = "day"')
    line = broken.splitlines().index("[[fields]]", broken[: broken.index('kind = "day"')].count("\n") - 4) + 1
    text = preview(manager, org_tree.province, text=broken)
    assert "“day”不可用" in text and f"第 {line} 行" in text
    assert "第 2 行第 1 列" in preview(manager, org_tree.province, text='code = "x"\n= 3')


def test_test_values_show_faults_and_completeness(manager: Any, org_tree: Any) -> None:
    text = preview(manager, org_tree.province, test='{"whom": "抢修一班", "happened_on": "3000-01-01"}')
    assert "不能晚于现在" in text and "完整率 14%" in text
    assert "不是合法的 JSON" in preview(manager, org_tree.province, test="{")


def test_differences_from_what_holds_are_shown(manager: Any, org_tree: Any) -> None:
    text = preview(manager, org_tree.province, text=TEXT.replace('label = "表扬"', 'label = "夸奖"'))
    assert '<li data-sign="-">label = &quot;表扬&quot;' in text and '<li data-sign="+">label = &quot;夸奖&quot;' in text


def test_a_draft_is_saved_and_somebody_elses_change_is_not_overwritten(manager: Any, org_tree: Any) -> None:
    data = {"org": org_tree.province.pk, "text": TEXT, "code": "praise", "version": "0", "do": "save"}
    assert manager.post(reverse("catalogue:scene-save"), data).status_code == 302
    draft = SceneTemplate.objects.get(state=EditionState.DRAFT)
    assert (draft.code, draft.org_id, draft.version) == ("praise", org_tree.province.pk, 1)
    manager.post(reverse("catalogue:scene-save"), {**data, "version": "1", "text": TEXT.replace("表扬", "夸奖")})
    late = manager.post(reverse("catalogue:scene-save"), {**data, "version": "1", "text": TEXT.replace("表扬", "赞扬")})
    assert late.status_code == 422
    assert "刚被他人修改" in late.content.decode() and "赞扬" in late.content.decode()


def test_a_release_takes_effect_when_it_is_meant_to(manager: Any, org_tree: Any) -> None:
    start = (moment.now() + dt.timedelta(days=2)).astimezone().strftime("%Y-%m-%dT%H:%M")
    data = {
        "org": org_tree.province.pk, "text": TEXT.replace('label = "表扬"', 'label = "夸奖"'), "code": "praise", "version": "0",
        "do": "release", "valid_from": start,
    }  # fmt: skip
    assert manager.post(reverse("catalogue:scene-save"), data).status_code == 302
    now, later = (
        scenes.scene("praise", org_tree.county),
        scenes.scene("praise", org_tree.county, moment.now() + dt.timedelta(days=3)),
    )
    assert now is not None and now[1].label == "表扬"
    assert later is not None and later[1].label == "夸奖"


def test_a_refused_release_writes_nothing_and_keeps_the_text(manager: Any, org_tree: Any) -> None:
    broken = TEXT.replace('kind = "date"', 'kind = "day"')
    data = {"org": org_tree.province.pk, "text": broken, "code": "praise", "version": "0", "do": "release"}
    page = manager.post(reverse("catalogue:scene-save"), data)
    assert page.status_code == 422 and "kind = &quot;day&quot;" in page.content.decode()
    assert not SceneTemplate.objects.exclude(org=None).exists()


def test_a_file_is_read_into_the_editor_and_written_only_when_saved(manager: Any, org_tree: Any) -> None:
    made = SimpleUploadedFile("praise.toml", TEXT.replace("表扬", "夸奖").encode())
    data = {"org": org_tree.province.pk, "text": "", "code": "praise", "version": "0", "do": "load", "file": made}
    page = manager.post(reverse("catalogue:scene-save"), data)
    assert page.status_code == 200 and "夸奖" in page.content.decode()
    assert not SceneTemplate.objects.exclude(org=None).exists()
    wrong = SimpleUploadedFile("x.toml", "表扬".encode("gbk"))
    assert "UTF-8" in manager.post(reverse("catalogue:scene-save"), {**data, "file": wrong}).content.decode()


def test_an_export_can_be_imported_again(manager: Any) -> None:
    row = SceneTemplate.objects.get(code="praise", org=None)
    text = manager.get(reverse("catalogue:scene-export", args=[row.pk])).content.decode()
    import tomllib

    assert {name: value for name, value in tomllib.loads(text).items() if name != "number"} == row.document


def test_who_may_not_edit_is_refused(browser_for: Any, org_tree: Any) -> None:
    agent = browser_for("agent", org_tree.city)
    assert agent.get(reverse("catalogue:scene", args=["praise"])).status_code == 200
    assert agent.get(reverse("catalogue:scene-edit", args=["praise"])).status_code == 403
    data = {"org": org_tree.city.pk, "text": TEXT, "do": "save"}
    assert agent.post(reverse("catalogue:scene-save"), data).status_code == 403


def test_editing_is_kept_to_ones_own_units(browser_for: Any, org_tree: Any) -> None:
    browser = browser_for("manager", org_tree.city)
    data = {"org": org_tree.province.pk, "text": TEXT, "do": "save"}
    assert browser.post(reverse("catalogue:scene-save"), data).status_code == 404
    assert not SceneTemplate.objects.exclude(org=None).exists()
