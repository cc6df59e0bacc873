"""Enrolled people recognised while the meeting runs, from what the engine knows of its voices."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np

from app.domain.errors import KnownError
from app.domain.ids import MeetingId, SpeakerId, TrackId
from app.domain.messages import TrackState
from app.domain.recognition import Calibration, Certainty, VoiceSample, match_voices
from app.domain.speakers import MeetingSpeaker, NameSource
from app.services.calibrations import load_calibration
from app.services.core import Core
from app.services.matching import log_odds_of, mean_vector, nameable, named, person_samples

log = logging.getLogger(__name__)

MIN_SPEECH_S = 2.0
"""A voice heard for less stays a number; the pass after the meeting names it from all it said."""
LOOK_EVERY_S = 1.0


class LiveNames:
    """Names the voices of one running meeting; called from its engine-events thread.

    A voice carries a name from the first look at which it is probable, and loses it at the first
    at which it is not; names that the user gave stay.
    """

    def __init__(self, core: Core, meeting_id: MeetingId, model_id: str) -> None:
        self._core = core
        self._meeting_id = meeting_id
        self._model_id = model_id
        self._calibration: Calibration | None = None
        self._next_look_s = float("-inf")

    def look(self, voices: Sequence[TrackState]) -> bool:
        """Compare the voices with everybody enrolled; returns whether a name has changed."""
        now_s = self._core.clock.monotonic()
        if now_s < self._next_look_s:
            return False
        self._next_look_s = now_s + LOOK_EVERY_S
        try:
            return self._look(voices)
        except KnownError as error:  # the library is busy or full: the next look tries again
            log.warning("meeting %s: voices were not looked at: %s", self._meeting_id, error)
            return False

    def _look(self, voices: Sequence[TrackState]) -> bool:
        people = person_samples(self._core.speakers.voiceprints(), self._model_id)
        heard = {v.track: _sample(v) for v in voices if v.speech_s >= MIN_SPEECH_S}
        if not people or not heard:
            return False
        store = self._core.transcripts
        unnamed, profiles = nameable(store.speakers(self._meeting_id), self._core.speakers.list())
        known: dict[SpeakerId, VoiceSample] = {i: p for i, p in people.items() if i in profiles}
        seen: dict[TrackId, VoiceSample] = {t: v for t, v in heard.items() if t in unnamed}
        matches = match_voices(log_odds_of(seen, known, self._calibrated()))
        has_changed = False
        for track in seen:
            voice, match = unnamed[track], matches.get(track)
            now = MeetingSpeaker(track=track, index=voice.index)
            if match is not None:
                now = named(voice, profiles[match[0]], match[1])
            if _is_shown_otherwise(voice, now):
                store.name_track(self._meeting_id, track, now)
                has_changed = True
        return has_changed

    def _calibrated(self) -> Calibration:
        if self._calibration is None:
            folder = self._core.paths.resources_dir / "cohort"
            self._calibration = load_calibration(folder, self._model_id)
        return self._calibration


def _is_shown_otherwise(before: MeetingSpeaker, now: MeetingSpeaker) -> bool:
    """Whether the user would see a difference; a probability that moves a little is none."""
    if before.source is NameSource.NONE and now.source is NameSource.NONE:
        return False
    sure = [s.confidence is not None and Certainty.of(s.confidence) for s in (before, now)]
    return before.speaker_id != now.speaker_id or sure[0] != sure[1]


def _sample(voice: TrackState) -> VoiceSample:
    vector = np.asarray(voice.total, dtype=np.float32)
    return VoiceSample(vector=mean_vector([vector], [1.0]), speech_s=voice.speech_s)
