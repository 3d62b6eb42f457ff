"""The skills the product ships with: businesses, voltage levels, languages."""

from __future__ import annotations

from denghuo.apps.accounts.models import Skill

SKILLS: dict[str, tuple[str, str]] = {
    "fault": ("故障报修", "Fault repair"),
    "billing": ("电费电价", "Billing and tariffs"),
    "connection": ("业扩报装", "New connections"),
    "complaint": ("投诉处理", "Complaint handling"),
    "low_voltage": ("低压作业", "Low-voltage work"),
    "medium_voltage": ("10 千伏作业", "10 kV work"),
    "live_line": ("带电作业", "Live-line work"),
    "metering": ("计量装表", "Metering"),
    "english": ("英语服务", "English service"),
    "sign_language": ("手语服务", "Sign language"),
}


def sync_skills() -> int:
    """Add the skills that are missing; give how many were new."""
    present = set(Skill.objects.values_list("code", flat=True))
    missing = [Skill(code=code, name=zh, name_en=en) for code, (zh, en) in SKILLS.items() if code not in present]
    Skill.objects.bulk_create(missing, ignore_conflicts=True)
    return len(missing)
