"""Files of weights that a user names: read without running code in them, and told when unusable."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from app.domain.errors import Category, KnownError
from app.domain.sentences import say


@contextmanager
def read_checkpoint(path: Path, library: str, known: Sequence[type] = ()) -> Iterator[Any]:
    """The content of a checkpoint of torch, in whose block the network is built from it.

    Args:
        library: Whose separation network the file should hold.
        known: Classes that the file may hold beside tensors and plain values.

    Raises:
        KnownError: The file cannot be read, or the block can build nothing from it.
    """
    import torch
    from torch.torch_version import TorchVersion

    try:
        with torch.serialization.safe_globals([TorchVersion, *known]):
            content = torch.load(path, map_location="cpu", weights_only=True)
        yield content
    except (
        OSError,
        EOFError,
        RuntimeError,
        LookupError,
        ValueError,
        TypeError,
        AttributeError,
        pickle.UnpicklingError,
    ) as error:
        raise KnownError(
            say(
                "The file {path} holds no separation network of {library} ({error}). "
                "Name another one.",
                path=path,
                library=library,
                error=type(error).__name__,
            ),
            category=Category.MISSING_MODEL,
        ) from error
