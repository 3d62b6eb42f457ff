"""``denghuo manage reencrypt``: seal personal data with a new key."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandParser

from denghuo.core.privacy import reencrypt, rotate_key
from denghuo.core.privacy.fields import encrypted_fields


class Command(BaseCommand):
    """Seals every value that another than the active key sealed; a stopped run is taken up by the next.

    Row history is append-only and keeps the key it was sealed with, so old keys stay in the ring for reading.
    """

    help = "用当前密钥重新加密个人信息 · seal personal data with the active key"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--new-key", action="store_true", help="先生成并启用新密钥 · make a new key first")
        parser.add_argument(
            "--algorithm", choices=["AES-256-GCM", "SM4-GCM"], help="新密钥的算法 · algorithm of the new key"
        )
        parser.add_argument("--batch", type=int, default=500)

    def handle(self, *args: Any, **options: Any) -> None:
        if options["new_key"]:
            self.stdout.write(f"当前密钥 · active key: {rotate_key(options['algorithm'])}")
        for model in apps.get_models():
            history = hasattr(model, "pgh_tracked_model")
            if history or not encrypted_fields(model) or not model._meta.managed:
                continue
            done = reencrypt(model, options["batch"])
            self.stdout.write(f"{model._meta.label}: {done}")
