"""Whisper tiny, English only: the fast choice; same code as whisper base."""

from __future__ import annotations

from pathlib import Path

from app.backends.asr.whisper_ct2 import WhisperAsr
from app.backends.weights import require
from app.domain.ports import AsrModel, BackendInfo

INFO = BackendInfo(
    backend_id="whisper-tiny-en",
    role="asr",
    title="Whisper tiny.en, CTranslate2 int8",
    languages=("en",),
    gives_word_times=True,
    licence="MIT",
)


def load(models_dir: Path, *, threads: int = 1) -> AsrModel:
    """Load whisper tiny.en.

    Raises:
        KnownError: The weights are missing.
    """
    return WhisperAsr(require(models_dir, INFO.backend_id), threads=threads)
