"""Events of files."""

from django.utils.translation import gettext_lazy as _

from denghuo.core.events.kinds import register_kind

register_kind(
    "file.stored",
    fields={"file_id": int, "file_kind": str, "content_type": str, "size": int},
    label=_("上传文件"),
    hint=("file_id", "file_kind"),
)
