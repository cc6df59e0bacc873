"""The Qt style sheet, written from the tokens of a theme."""

from __future__ import annotations

from app.ui.tokens import RADIUS_PX, Tokens, mix


def stylesheet(t: Tokens, scale: float = 1.0, air: float = 1.0) -> str:
    """All rules for one theme; widgets choose theirs by the property `kind`.

    Args:
        scale: Of every text.
        air: Of the room above and below the text of a control.
    """

    def pt(size: float) -> str:
        return f"{size * scale:g}pt"

    room_px, least_px = round(7 * air), round(20 - 4 * (1 - air))
    faded = mix(t.muted, t.surface, 0.55)
    return f"""
* {{ outline: none; }}
QMainWindow, QDialog {{ background: {t.window}; }}
QToolTip {{ background: {t.raised}; color: {t.text}; border: 1px solid {t.control_line};
    border-radius: 6px; padding: 5px 8px; }}
QWidget[kind="sidebar"] {{ background: {t.sidebar}; border: none; }}
QWidget[kind="page"] {{ background: {t.window}; }}
QFrame[kind="card"] {{ background: {t.surface}; border: 1px solid {t.line};
    border-radius: {RADIUS_PX + 2}px; }}
QFrame[kind="bar"] {{ background: {t.surface}; border: none; border-top: 1px solid {t.line}; }}
QFrame[kind="foot"] {{ background: transparent; border: none; border-top: 1px solid {t.line}; }}
QFrame[kind="header"] {{ background: {t.window}; border: none; border-bottom: 1px solid {t.line}; }}
QFrame[kind="rule"] {{ background: {t.line}; border: none; max-height: 1px; min-height: 1px; }}
QFrame[kind="banner"] {{ border-radius: {RADIUS_PX}px; border: none; background: {t.info_soft}; }}
QFrame[kind="banner"][severity="warning"] {{ background: {t.warning_soft}; }}
QFrame[kind="banner"][severity="error"] {{ background: {t.error_soft}; }}
QFrame[kind="banner"] QLabel {{ color: {t.text}; }}
QFrame[kind="banner"][severity="warning"] QLabel {{ color: {t.warning}; }}
QFrame[kind="banner"][severity="error"] QLabel {{ color: {t.error}; }}

QLabel {{ background: transparent; }}
QLabel[kind="title"] {{ font-size: {pt(20)}; font-weight: 600; }}
QLabel[kind="heading"] {{ font-size: {pt(13)}; font-weight: 600; }}
QLabel[kind="muted"] {{ color: {t.muted}; }}
QLabel[kind="small"] {{ color: {t.muted}; font-size: {pt(9)}; }}
QLabel[kind="timer"] {{ font-size: {pt(15)}; font-weight: 600; }}
QLabel[kind="warning"] {{ color: {t.warning}; background: {t.warning_soft}; border-radius: 8px;
    padding: 8px 12px; }}
QLabel[kind="badge"] {{ color: {t.warning}; background: {t.warning_soft}; border-radius: 9px;
    padding: 2px 9px; font-size: {pt(9)}; }}
QLabel[kind="badge-quiet"] {{ color: {t.muted}; background: {t.hover}; border-radius: 9px;
    padding: 2px 9px; font-size: {pt(9)}; }}

QPushButton, QToolButton {{ background: {t.surface}; color: {t.text};
    border: 1px solid {t.control_line}; border-radius: 8px; padding: {room_px}px 14px;
    min-height: {least_px}px; }}
QPushButton:hover, QToolButton:hover {{ background: {t.hover}; }}
QPushButton:pressed, QToolButton:pressed {{ background: {t.selected}; }}
QPushButton:focus, QToolButton:focus {{ border: 2px solid {t.accent};
    padding: {room_px - 1}px 13px; }}
QPushButton:disabled, QToolButton:disabled {{ color: {faded}; border-color: {t.line};
    background: {t.window}; }}
QPushButton[kind="primary"] {{ background: {t.accent}; color: {t.on_accent};
    border: 1px solid {t.accent}; font-weight: 600; }}
QPushButton[kind="primary"]:hover {{ background: {t.accent_hover};
    border-color: {t.accent_hover}; }}
QPushButton[kind="primary"]:focus {{ border: 2px solid {t.text};
    padding: {room_px - 1}px 13px; }}
QPushButton[kind="primary"]:disabled {{ background: {mix(t.accent, t.window, 0.4)};
    border-color: transparent; color: {t.on_accent}; }}
QPushButton[kind="record"] {{ background: {t.record}; color: {t.on_record}; font-weight: 600;
    border: 1px solid {t.record}; }}
QPushButton[kind="record"]:hover {{ background: {t.record_hover}; border-color: {t.record_hover}; }}
QPushButton[kind="record"]:focus {{ border: 2px solid {t.text};
    padding: {room_px - 1}px 13px; }}
QPushButton[kind="record"]:disabled {{ background: {mix(t.record, t.window, 0.4)};
    border-color: transparent; }}
QPushButton[kind="record"][scale="big"] {{ font-size: {pt(12)}; padding: 11px 26px;
    border-radius: 20px; }}
QPushButton[kind="record"][scale="big"]:focus {{ padding: 10px 25px; }}
QPushButton[kind="danger"] {{ color: {t.error}; }}
QPushButton[kind="danger"]:disabled {{ color: {faded}; }}
QPushButton[kind="pill"] {{ background: {t.accent}; color: {t.on_accent}; border: none;
    border-radius: 16px; padding: 6px 16px; font-weight: 600; }}
QPushButton[kind="pill"]:hover {{ background: {t.accent_hover}; }}
QPushButton[kind="pill"]:focus {{ border: 2px solid {t.text}; padding: 4px 14px; }}
QPushButton[kind="flat"], QToolButton[kind="flat"] {{ background: transparent;
    border: 2px solid transparent; padding: 5px; border-radius: 8px; }}
QPushButton[kind="flat"]:hover, QToolButton[kind="flat"]:hover {{ background: {t.hover}; }}
QPushButton[kind="flat"]:focus, QToolButton[kind="flat"]:focus {{ border: 2px solid {t.accent}; }}
QToolButton[kind="flat"]:checked {{ background: {t.selected}; }}
QToolButton[kind="flat"]:disabled {{ background: transparent; }}
QToolButton[kind="step"] {{ padding: 5px 0; min-width: 30px; }}
QToolButton[kind="step"]:focus {{ padding: 4px 0; min-width: 28px; }}
QToolButton::menu-indicator {{ image: none; width: 0; }}
QRadioButton[kind="segment"] {{ border-radius: 7px; border: 2px solid transparent;
    background: transparent; padding: 4px 12px; color: {t.muted}; spacing: 0;
    min-height: {least_px}px; }}
QRadioButton[kind="segment"]::indicator {{ width: 0; height: 0; border: none; image: none; }}
QRadioButton[kind="segment"]:hover {{ color: {t.text}; }}
QRadioButton[kind="segment"]:checked {{ background: {t.surface}; color: {t.text};
    border-color: {t.line}; }}
QRadioButton[kind="segment"]:focus {{ border-color: {t.accent}; }}
QFrame[kind="segments"] {{ background: {t.hover}; border-radius: 9px; }}

QLineEdit, QPlainTextEdit, QComboBox {{ background: {t.surface}; color: {t.text};
    border: 1px solid {t.control_line}; border-radius: 8px; padding: {room_px}px 10px;
    selection-background-color: {t.accent}; selection-color: {t.on_accent}; }}
QLineEdit:focus, QPlainTextEdit:focus, QComboBox:focus {{
    border: 2px solid {t.accent}; padding: {room_px - 1}px 9px; }}
QAbstractSpinBox {{ background: {t.surface}; color: {t.text}; border: 1px solid {t.control_line};
    border-radius: 8px; padding: {room_px - 1}px 6px; selection-background-color: {t.accent};
    selection-color: {t.on_accent}; }}
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {{ width: 0px; border: none; }}
QAbstractSpinBox:focus {{ border: 2px solid {t.accent}; padding: {room_px - 2}px 5px; }}
QAbstractSpinBox QLineEdit, QAbstractSpinBox QLineEdit:focus {{ padding: 0 6px; border: none;
    background: transparent; }}
QLineEdit[kind="title"] {{ font-size: {pt(17)}; font-weight: 600; background: transparent;
    border: 2px solid transparent; padding: 3px 7px; margin-left: -9px; }}
QLineEdit[kind="title"]:hover {{ background: {t.hover}; }}
QLineEdit[kind="title"]:focus {{ background: {t.surface}; border: 2px solid {t.accent}; }}
QLineEdit:disabled, QComboBox:disabled {{ color: {faded}; background: {t.window}; }}
QComboBox::drop-down {{ border: none; width: 26px; }}
QComboBox QAbstractItemView {{ background: {t.raised}; border: 1px solid {t.control_line};
    border-radius: 8px; padding: 4px; selection-background-color: {t.selected};
    selection-color: {t.text}; }}
QComboBox QAbstractItemView::item {{ min-height: 28px; padding: 2px 6px; }}

QListView {{ background: transparent; border: none; }}
QListView[kind="options"] {{ background: {t.surface}; border: 1px solid {t.control_line};
    border-radius: 8px; padding: 4px; }}
QListView[kind="options"]:focus {{ border: 2px solid {t.accent}; padding: 3px; }}
QListView[kind="options"]::item {{ padding: 6px 8px; border-radius: 6px; color: {t.text}; }}
QListView[kind="options"]::item:hover {{ background: {t.hover}; }}
QListView[kind="options"]::item:selected {{ background: {t.selected}; color: {t.text}; }}

QMenu {{ background: {t.raised}; border: 1px solid {t.control_line}; border-radius: 8px;
    padding: 5px; }}
QMenu::item {{ padding: {room_px}px 34px {room_px}px 12px; border-radius: 6px; color: {t.text}; }}
QMenu::item:selected {{ background: {t.selected}; }}
QMenu::item:disabled {{ color: {faded}; }}
QMenu::separator {{ height: 1px; background: {t.line}; margin: 5px 8px; }}
QMenu::icon {{ padding-left: 8px; }}

QProgressBar {{ background: {t.hover}; border: none; border-radius: 3px; max-height: 6px;
    min-height: 6px; }}
QProgressBar::chunk {{ background: {t.accent}; border-radius: 3px; }}

QScrollBar:vertical {{ background: transparent; width: 12px; margin: 0; }}
QScrollBar::handle:vertical {{ background: {mix(t.muted, t.window, 0.35)}; border-radius: 4px;
    min-height: 36px; margin: 2px; }}
QScrollBar::handle:vertical:hover {{ background: {mix(t.muted, t.window, 0.6)}; }}
QScrollBar::handle:vertical:disabled {{ background: transparent; }}
QScrollBar:horizontal {{ background: transparent; height: 12px; }}
QScrollBar::handle:horizontal {{ background: {mix(t.muted, t.window, 0.35)}; border-radius: 4px;
    min-width: 36px; margin: 2px; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
QScrollArea, QScrollArea > QWidget > QWidget {{ background: transparent; border: none; }}
QSplitter::handle {{ background: {t.line}; }}
"""
