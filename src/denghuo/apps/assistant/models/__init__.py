"""Tables of the assistant."""

from denghuo.apps.assistant.models.dialogues import CaseRun, Dialogue, DialogueCase, RobotTalk
from denghuo.apps.assistant.models.suggestions import Suggestion

__all__ = ["CaseRun", "Dialogue", "DialogueCase", "RobotTalk", "Suggestion"]
