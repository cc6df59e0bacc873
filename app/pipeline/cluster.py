"""Voices told apart while the meeting runs: chains' embeddings → tracks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from app.domain.ids import TrackId
from app.domain.messages import Float32Array, TrackState


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterParameters:
    """Cosine thresholds of CAM++ (docs/measurements.md, "Online diarization").

    Attributes:
        same: A chain at least this close to a track's centroid belongs to it.
        new: A chain further than this from every centroid is a new voice.
        guess: A chain of which only a moment was heard is shown as the closest track from here on.
        min_new_s: Less speech than this never founds a track.
        merge: Two tracks closer than this are one voice.
        continuity_bonus: Added to the chain's present track: an assignment moves only for a reason.
    """

    same: float = 0.40
    new: float = 0.40
    guess: float = 0.30
    min_new_s: float = 0.8
    merge: float = 0.60
    continuity_bonus: float = 0.06
    max_tracks: int = 10


INHERITED_CONFIDENCE = 0.3
"""Of a turn too short to have a voice: it is taken for the one before it."""


@dataclass(slots=True)
class _Voice:
    """The summed evidence of one chain."""

    total: Float32Array
    speech_s: float
    track: TrackId | None = None
    taught: TrackId | None = None
    """Whose voice the user says it is."""

    @property
    def unit(self) -> Float32Array:
        return _unit(self.total)


@dataclass(slots=True)
class OnlineClusters:
    """All voices of one meeting, over all its streams. Not thread-safe."""

    parameters: ClusterParameters = field(default_factory=ClusterParameters)
    version: int = 0
    """Grows whenever a chain may have changed its track."""
    _voices: dict[int, _Voice] = field(default_factory=dict)
    _sums: dict[TrackId, tuple[Float32Array, float, int]] = field(default_factory=dict)
    """Per track the summed evidence, its seconds, and how many voices hold it."""
    _parents: dict[int, int] = field(default_factory=dict)
    _taught: dict[int, TrackId] = field(default_factory=dict)
    _guesses: dict[int, TrackId] = field(default_factory=dict)
    """Of chains without a voice; counted in nowhere."""
    _count: int = 0

    def restore(self, states: tuple[TrackState, ...]) -> None:
        """Start from the tracks of an engine that ended."""
        for state in states:
            total = np.array(state.total, dtype=np.float32)
            self._sums[state.track] = (total, state.speech_s, 1)
            if is_counted(state.track):
                self._count = max(self._count, _number(state.track))

    def states(self) -> tuple[TrackState, ...]:
        """The present centroids."""
        return tuple(
            TrackState(track=track, total=tuple(total.tolist()), speech_s=speech_s)
            for track, (total, speech_s, _) in sorted(self._sums.items())
        )

    def link(self, chain_id: int, parent: int) -> None:
        """Say that a chain went on in the place of `parent`, after a pause."""
        self._parents[chain_id] = parent

    def teach(self, tracks: Mapping[int, TrackId]) -> None:
        """Take the user's word for whose voice some chains are, in place of what was said before.

        What is known of such a chain leaves the track that it was counted in and joins the right
        one, now and whenever it grows. A chain that is no longer in `tracks` is decided again.
        """
        changed = [
            chain_id
            for chain_id in {*self._taught, *tracks}
            if self._taught.get(chain_id) != tracks.get(chain_id)
        ]
        self._taught = dict(tracks)
        for chain_id in changed:
            voice = self._voices.get(chain_id)
            if voice is not None:
                before = voice.track
                self._count_in(voice, -1)
                voice.taught = tracks.get(chain_id)
                if voice.taught is None:
                    voice.track = None
                voice.track = self._decide(chain_id, voice)
                self._count_in(voice, 1)
                self.version += voice.track != before
            else:
                self.version += 1

    def track_of(self, chain_id: int) -> TrackId | None:
        """The track of a chain, inherited until it has a voice of its own; None if unknown."""
        taught = self._taught.get(chain_id)
        if taught is not None:
            return taught
        voice = self._voices.get(chain_id)
        if voice is not None and voice.track is not None:
            return voice.track
        guess = self._guesses.get(chain_id)
        if guess is not None:
            return guess
        parent = self._parents.get(chain_id)
        return None if parent is None else self.track_of(parent)

    def confidence_of(self, chain_id: int) -> float | None:
        """How well the chain fits its track, in [0, 1]; None without evidence."""
        if chain_id in self._taught:
            return 1.0
        voice = self._voices.get(chain_id)
        if voice is None or voice.track is None:
            return None if self.track_of(chain_id) is None else INHERITED_CONFIDENCE
        centroid = self._sums[voice.track][0]
        similarity = float(voice.unit @ _unit(centroid))
        return float(np.clip((similarity - 0.3) / 0.5, 0.0, 1.0) * min(1.0, voice.speech_s / 2.0))

    def glimpse(self, chain_id: int, embedding: Float32Array) -> None:
        """Guess whose voice a chain is, from less speech than a voice is taken from."""
        voice = self._voices.get(chain_id)
        if voice is not None or not self._sums:
            return
        closeness, track = max(
            (float(embedding @ _unit(total)), track) for track, (total, _, _) in self._sums.items()
        )
        if closeness >= self.parameters.guess:
            self.version += self.track_of(chain_id) != track
            self._guesses[chain_id] = track

    def observe(self, chain_id: int, embedding: Float32Array, speech_s: float) -> None:
        """Add evidence for a chain and decide (again) whose voice it is.

        Args:
            embedding: float32 (dim,), L2-normalised, of `speech_s` seconds of solo speech.
        """
        voice = self._voices.get(chain_id)
        if voice is None:
            voice = _Voice(np.zeros_like(embedding), 0.0, taught=self._taught.get(chain_id))
            self._voices[chain_id] = voice
        before = voice.track or self._guesses.pop(chain_id, None)
        self._count_in(voice, -1)
        voice.total = voice.total + embedding * np.float32(speech_s)
        voice.speech_s += speech_s
        voice.track = self._decide(chain_id, voice)
        self._count_in(voice, 1)
        if voice.track != before:
            self.version += 1
        self._merge_close_tracks()

    def _count_in(self, voice: _Voice, sign: int) -> None:
        """Add a voice to its track's sum, or take it out."""
        if voice.track is None:
            return
        known = self._sums.get(voice.track, (np.zeros_like(voice.total), 0.0, 0))
        total, speech_s, members = known
        members += sign
        if members == 0:
            del self._sums[voice.track]
            return
        self._sums[voice.track] = (
            total + np.float32(sign) * voice.total,
            speech_s + sign * voice.speech_s,
            members,
        )

    def _decide(self, chain_id: int, voice: _Voice) -> TrackId | None:
        """The track of a voice that is counted in nowhere."""
        if voice.taught is not None:
            return voice.taught
        p = self.parameters
        parent = self._parents.get(chain_id)
        present = voice.track or (None if parent is None else self.track_of(parent))
        ranked = [
            (
                float(voice.unit @ _unit(total))
                + (p.continuity_bonus if track == present else 0.0),
                track,
            )
            for track, (total, _, _) in self._sums.items()
        ]
        best, track = max(ranked, default=(-1.0, None))
        if track is not None and best >= p.same:
            return track
        if voice.track is not None and voice.track not in self._sums:
            return voice.track
        if voice.speech_s >= p.min_new_s and best < p.new and len(ranked) < p.max_tracks:
            self._count += 1
            return TrackId(f"S{self._count}")
        return track if len(ranked) >= p.max_tracks else voice.track

    def _merge_close_tracks(self) -> None:
        tracks = sorted(self._sums, key=lambda track: (not is_counted(track), _number(track)))
        told_apart = set(self._taught.values())
        for i, older in enumerate(tracks):
            for newer in tracks[i + 1 :]:
                similarity = float(_unit(self._sums[older][0]) @ _unit(self._sums[newer][0]))
                if {older, newer} & told_apart:
                    continue
                if similarity >= self.parameters.merge:
                    self._rename(newer, older)
                    return

    def _rename(self, source: TrackId, into: TrackId) -> None:
        for voice in self._voices.values():
            if voice.track == source:
                voice.track = into
        self._guesses = {c: into if t == source else t for c, t in self._guesses.items()}
        total, speech_s, members = self._sums.pop(source)
        known, known_s, known_members = self._sums[into]
        self._sums[into] = (known + total, known_s + speech_s, known_members + members)
        self.version += 1


def is_counted(track: TrackId) -> bool:
    """Whether a track is one of ours; the user's new voices have names of another kind."""
    return track.startswith("S")


def _number(track: TrackId) -> int:
    return int(track[1:])


def _unit(vector: Float32Array) -> Float32Array:
    norm = float(np.linalg.norm(vector))
    return vector if norm == 0.0 else np.asarray(vector / np.float32(norm), dtype=np.float32)
