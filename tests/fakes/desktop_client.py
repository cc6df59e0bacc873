"""Posts notifications through the program's own `Desktop`: `python -m tests.fakes.desktop_client`.

Prints a line of JSON with what became of each, and how often somebody clicked by then.
"""

from __future__ import annotations

import json
import sys

from PySide6.QtCore import QCoreApplication, QTimer

from app.ui.desktop import Desktop, Outcome

CLICK_WAIT_MS = 5_000
NOTICES = (("done", "The transcript of “Café” is finished."), ("problem", "The disk is full."))


def main() -> None:
    """Post every notice; end when each is answered, and clicked on if it was shown."""
    application = QCoreApplication([])
    desktop = Desktop()
    outcomes: list[Outcome] = []
    clicks: list[None] = []

    def look() -> None:
        is_answered = len(outcomes) == len(NOTICES)
        if is_answered and len(clicks) >= outcomes.count(Outcome.SHOWN):
            application.quit()

    def told(outcome: Outcome) -> None:
        outcomes.append(outcome)
        QTimer.singleShot(0, look)

    def clicked() -> None:
        clicks.append(None)
        look()

    desktop.clicked.connect(clicked)
    QTimer.singleShot(2 * CLICK_WAIT_MS, application.quit)
    QTimer.singleShot(
        0, lambda: [desktop.post(notice, "Crosstalk", text, told) for notice, text in NOTICES]
    )
    application.exec()
    record = {"outcomes": [outcome.name for outcome in outcomes], "clicks": len(clicks)}
    sys.stdout.write(json.dumps(record) + "\n")


if __name__ == "__main__":
    main()
