"""Lets torchaudio import beside a CPU build of torch.

The torchaudio wheel that pip resolves beside the CPU torch links against CUDA libraries that are
not there, so `import torchaudio` fails, and with it `import pyannote.audio`. Only its compiled
extension is broken; what pyannote.audio uses (resampling, Kaldi features) is pure Python.
"""

from __future__ import annotations

import importlib.util
import sys
import types

EXTENSION = "torchaudio._extension"


def install() -> None:
    """Put a stub in place of torchaudio's compiled extension; harmless to call again.

    Call before the first `import torchaudio` or `import pyannote.audio`. A torchaudio that is
    already imported, or absent, is left alone. Thread: any, before the imports.
    """
    if EXTENSION in sys.modules or "torchaudio" in sys.modules:
        return
    if importlib.util.find_spec("torchaudio") is None:
        return
    stub = types.ModuleType(EXTENSION)
    stub.__dict__.update(
        _IS_TORCHAUDIO_EXT_AVAILABLE=False,
        _IS_ALIGN_AVAILABLE=False,
        _check_cuda_version=lambda: None,
        fail_if_no_align=lambda function: function,
    )
    sys.modules[EXTENSION] = stub
