import pickle

import pytest

from app.domain.errors import Category, ErrorReport, KnownError, Severity

pytestmark = pytest.mark.unit


def test_known_error_is_the_users_input_unless_said_otherwise() -> None:
    assert KnownError("No such file.").category is Category.INPUT
    assert KnownError("Full.", category=Category.DISK).category is Category.DISK
    assert str(KnownError("No such file.")) == "No such file."


def test_report_crosses_a_process_unchanged() -> None:
    report = ErrorReport(
        severity=Severity.ERROR, category=Category.ENGINE, stage="asr", user_text="It failed."
    )

    assert pickle.loads(pickle.dumps(report)) == report
