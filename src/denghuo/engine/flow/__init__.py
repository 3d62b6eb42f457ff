"""Flows: states, the steps between them, who may take a step and what it starts, as data."""

from denghuo.engine.flow.model import PHASES, Automatic, Flow, FlowError, Notice, State, Step

__all__ = ["PHASES", "Automatic", "Flow", "FlowError", "Notice", "State", "Step"]
