"""What the robot tells of itself. Codes and numbers only."""

from django.utils.translation import gettext_lazy as _

from denghuo.apps.assistant.assist import event_kinds as _assist  # noqa: F401
from denghuo.core.events import register_kind

register_kind(
    "robot.talk_ended",
    fields={
        "contact_id": int, "result": str, "reason": str, "turns": int, "refusals": int, "answered": int, "codes": list[str],
        "request_id": int | None, "channel": str,
    },
    label=_("智能客服会话结束"),
    hint=("result", "reason"),
)  # fmt: skip
register_kind("robot.case_kept", fields={"case_id": int, "code": str}, label=_("保存对话用例"), hint=("code",))
register_kind(
    "robot.cases_run", fields={"code": str, "number": int, "passed": int, "failed": int}, label=_("运行对话用例"),
    hint=("code", "passed", "failed"),
)  # fmt: skip
register_kind(
    "robot.release_overridden", fields={"code": str, "number": int, "failed": int}, label=_("用例未全部通过仍发布"),
    hint=("code", "failed"),
)  # fmt: skip
