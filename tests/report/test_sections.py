"""What the report calls good and poor."""

from types import SimpleNamespace

import pytest

from wfm import Queue, ServiceTarget
from wfm.report.sections import thresholds


def test_work_that_can_wait_is_judged_by_its_own_promise():
    queues = {
        "voice": Queue(name="voice", target=ServiceTarget(share=0.8, within="60s", floor=0.5)),
        "mail": Queue(name="mail", channel="deferred", classes={"day": "24h"}),
        "tickets": Queue(
            name="tickets",
            channel="deferred",
            classes={"urgent": "4h", "normal": "16h"},
            class_shares={"urgent": 0.5, "normal": 0.5},
            promise={"urgent": 0.9, "normal": 0.7},
        ),
    }
    plan = SimpleNamespace(queues=queues)
    assert thresholds(plan, "voice") == (0.8, 0.5)
    assert thresholds(plan, "mail") == pytest.approx((0.95, 0.75))
    assert thresholds(plan, "tickets") == pytest.approx((0.8, 0.6))
