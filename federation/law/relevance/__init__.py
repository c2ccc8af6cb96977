"""Relevance of a conviction to a provision (R37): yes, no, or for a person to decide, with reasons."""

from federation.law.relevance.finding import Answer
from federation.law.relevance.judging import RelevanceJudgment, judge, relevant

__all__ = ["Answer", "RelevanceJudgment", "judge", "relevant"]
