"""What came beside what was planned: volume, handle time, people and service, and why the service was missed."""

from wfm.review.adjustments import score_adjustments as score_adjustments
from wfm.review.result import Review as Review
from wfm.review.reviewing import review as review
