"""The service that a schedule or a roster will really give."""

from wfm.evaluation.evaluate import Evaluation as Evaluation
from wfm.evaluation.evaluate import evaluate as evaluate
