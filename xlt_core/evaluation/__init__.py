"""Evaluation: predict and score. Read `evaluate` first."""

from xlt_core.evaluation.evaluate import evaluate

__all__ = ["evaluate"]
