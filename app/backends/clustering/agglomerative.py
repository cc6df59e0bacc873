"""pyannote.audio's agglomerative clustering."""

from __future__ import annotations

import contextlib
import io
import logging
from typing import Any

import numpy as np

from app.backends import torchaudio_stub
from app.domain.messages import Float32Array, IntArray
from app.domain.ports import ClusteringModel

log = logging.getLogger(__name__)

THRESHOLD = 0.8
"""Euclidean distance of centroids of unit vectors, cosine 0.68; see docs/measurements.md, "Final
diarization": any value from 0.7 to 0.87 gives the same groups on the sets measured."""
MIN_GROUP_SIZE = 4
"""A smaller group is shared out among the others; 3 to 6 are equal on the sets measured.
pyannote.audio's default of 12 is for one vector a second, not one every two; it scales the size
down itself to a tenth of the vectors."""
MIN_GROUP_SHARE = 0.003
"""What a group needs in a long recording, where noises and laughter make groups of their own."""
MAX_GROUP_SIZE = 20
"""The largest value that pyannote.audio takes."""


class AgglomerativeGroups:
    """Centroid-linkage clustering with a threshold and a least group size."""

    def __init__(self) -> None:
        torchaudio_stub.install()
        from pyannote.audio.pipelines.clustering import AgglomerativeClustering

        self._clustering: Any = AgglomerativeClustering(metric="cosine")

    def cluster(self, vectors: Float32Array, minimum: int, maximum: int) -> IntArray:
        """Group vectors; see `ClusteringModel.cluster`."""
        size = round(MIN_GROUP_SHARE * len(vectors))
        labels = self._run(
            vectors, minimum, maximum, min(max(size, MIN_GROUP_SIZE), MAX_GROUP_SIZE)
        )
        if labels.max() + 1 < minimum:
            labels = self._run(vectors, minimum, maximum, 1)
        return labels

    def _run(
        self, vectors: Float32Array, minimum: int, maximum: int, min_group_size: int
    ) -> IntArray:
        self._clustering.instantiate(
            {"method": "centroid", "threshold": THRESHOLD, "min_cluster_size": min_group_size}
        )
        count, lowest, highest = self._clustering.set_num_clusters(
            len(vectors), min_clusters=minimum, max_clusters=maximum
        )
        # pyannote.audio prints advice on its parameters; standard output is not its to write to.
        with contextlib.redirect_stdout(io.StringIO()) as advice:
            labels = self._clustering.cluster(
                np.array(vectors),
                min_clusters=lowest,
                max_clusters=highest,
                num_clusters=count,
            )
        if advice.getvalue():
            log.info("clustering: %s", advice.getvalue().strip())
        _, dense = np.unique(labels, return_inverse=True)
        return dense.astype(np.int64)


def load() -> ClusteringModel:
    """Make the clustering; needs no weights. Imports torch: some seconds the first time."""
    return AgglomerativeGroups()
