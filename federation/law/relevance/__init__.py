"""Is a conviction what a provision asks about (R37)? Yes, no, or a person must decide, and why."""

from federation.law.relevance.finding import Answer
from federation.law.relevance.judging import Judgment, judge, relevant

__all__ = ["Answer", "Judgment", "judge", "relevant"]
