"""Enrolled voices: enroll, identify, recognise in meetings, rename, merge, forget."""

from __future__ import annotations

import contextlib
import logging
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from app.domain.errors import Category, KnownError
from app.domain.ids import MeetingId, ModelId, SegmentId, SpeakerId, StreamId, TrackId
from app.domain.meeting import MeetingState
from app.domain.ports import AudioFiles, CaptureBackend
from app.domain.recognition import Calibration, VoiceSample, match_voices
from app.domain.sentences import say
from app.domain.session import ClipEmbedding, EmbedJob
from app.domain.speakers import (
    MeetingSpeaker,
    NameSource,
    SpeakerMatch,
    SpeakerProfile,
    Voiceprint,
)
from app.domain.voice_quality import VoiceQuality, refusal, warnings
from app.domain.voice_split import two_voices, with_neighbours
from app.services.calibrations import load_calibration
from app.services.core import Core
from app.services.matching import log_odds_of, nameable, named, person_samples, rank
from app.services.voice_clips import VoiceClips, cut_clips, cut_lines
from app.services.voice_recording import VoiceRecording

log = logging.getLogger(__name__)

MIN_LEARNED_S = 5.0
"""A name of the user's teaches a voice that is heard alone for this long."""
LINE_SPEECH_S = 8.0
"""Speech that is listened to of one line, to tell whose it is."""
SAME_RECORDING = 0.98
"""Cosine from which two voiceprints are taken for those of one recording."""
_READ_SAMPLES = 1 << 20
_WAIT_S = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrollment:
    """What came of enrolling.

    Attributes:
        profile: The person, recordings counted.
        qualities: Of each recording, in order.
        warnings: Sentences for the user: how the voice would be recognised better.
    """

    profile: SpeakerProfile
    qualities: tuple[VoiceQuality, ...]
    warnings: tuple[str, ...] = ()


class SpeakersService:
    """Use cases on enrolled people; methods that embed block for seconds."""

    def __init__(self, core: Core, files: AudioFiles, capture: CaptureBackend) -> None:
        self._core = core
        self._files = files
        self._capture = capture
        self._clips = VoiceClips(core.paths.voices_dir)

    def list(self) -> tuple[SpeakerProfile, ...]:
        """All people, by name."""
        return self._core.speakers.list()

    def resolve(self, reference: str) -> SpeakerProfile:
        """Find the person that a user means: id or name.

        Raises:
            KnownError: Nobody fits; the message lists who is enrolled.
        """
        people = self.list()
        folded = reference.strip().casefold()
        for profile in people:
            if reference == profile.speaker_id or folded == profile.name.casefold():
                return profile
        known = ", ".join(profile.name for profile in people)
        if not known:
            raise KnownError(
                say(
                    "{name} is not enrolled. Nobody is: use `crosstalk speakers enroll`.",
                    name=repr(reference),
                )
            )
        raise KnownError(
            say("{name} is not enrolled. Enrolled are {known}.", name=repr(reference), known=known)
        )

    def enroll(self, name: str, files: tuple[Path, ...], *, has_consent: bool) -> Enrollment:
        """Store a voice from one or more recordings; adds to the person if the name exists.

        Raises:
            KnownError: No consent, a file is unreadable, holds too little speech or more than one
                voice. Nothing is stored then.
        """
        if not name.strip() or not files:
            raise KnownError("To enroll a voice, give a name and one recording at least.")
        _require_consent(name, has_consent=has_consent)
        with tempfile.TemporaryDirectory(prefix="crosstalk-voices-") as temporary:
            clips = [
                (file.name, self._decode(file, Path(temporary) / str(number)))
                for number, file in enumerate(files)
            ]
            return self._enroll_clips(name, clips)

    def enroll_from_meeting(
        self, name: str, meeting_id: MeetingId, track: TrackId, *, has_consent: bool
    ) -> Enrollment:
        """Store a voice from what it said in a meeting, where nobody else talks.

        The voice carries the person's name in that meeting from then on.

        Raises:
            KnownError: No consent, no recording left, or too little speech of this voice alone.
        """
        _require_consent(name, has_consent=has_consent)
        transcript = self._core.transcripts.transcript(meeting_id)
        label = transcript.label_of(track)
        with tempfile.TemporaryDirectory(prefix="crosstalk-voices-") as folder:
            clips = cut_clips(transcript, [track], Path(folder))
            if track not in clips:
                raise KnownError(
                    say(
                        "{name} never talks alone for long enough in this meeting, or its "
                        "recording is gone. Nothing was stored; enroll from a file or the "
                        "microphone.",
                        name=label,
                    )
                )
            enrollment = self._enroll_clips(
                name, [(say("What {name} says alone", name=label), clips[track])]
            )
        voice = next(s for s in transcript.speakers if s.track == track)
        # Recognition links the voice with the person, the user's word makes the name stay.
        self._name(meeting_id, voice, enrollment.profile, 1.0)
        self._core.transcripts.rename_track(meeting_id, track, enrollment.profile.name)
        return enrollment

    def record(self, device: str = "default") -> VoiceRecording:
        """Start to record a voice; pass what `stop` returns to `enroll_recording`.

        Args:
            device: A key or a unique part of a name, or "default".

        Raises:
            KnownError: The device is unknown or cannot be opened.
        """
        return VoiceRecording(self._capture, device)

    def enroll_recording(
        self, name: str, recording: VoiceRecording, *, has_consent: bool
    ) -> Enrollment:
        """Stop a recording and store its voice.

        Raises:
            KnownError: As for `enroll`.
        """
        _require_consent(name, has_consent=has_consent)
        return self._enroll_clips(name, [("The recording", recording.stop())])

    def identify(self, file: Path) -> tuple[SpeakerMatch, ...]:
        """Compare the voice of a file with all people, best first.

        Raises:
            KnownError: Nobody is enrolled, or the file is unreadable or holds no speech.
        """
        profiles = self.list()
        if not profiles:
            raise KnownError("Nobody is enrolled yet: use `crosstalk speakers enroll NAME FILE`.")
        with tempfile.TemporaryDirectory(prefix="crosstalk-voices-") as temporary:
            clip = self._decode(file, Path(temporary))
            embedding = self._core.engine.embed(self._job([clip]))[0]
        people = self._people(embedding.model_id)
        return rank(_sample(embedding), people, profiles, self.calibration(embedding.model_id))

    def listen(self, file: Path, lengths_s: Sequence[float | None]) -> tuple[ClipEmbedding, ...]:
        """Embed the first so many seconds of speech of a file (None: all useful); for measuring.

        Returns:
            One per length, in order, up to the first that the file does not fill.

        Raises:
            KnownError: The file is unreadable, holds no speech, or weights are missing.
        """
        found: list[ClipEmbedding] = []
        with tempfile.TemporaryDirectory(prefix="crosstalk-voices-") as temporary:
            clip = self._decode(file, Path(temporary))
            for length_s in lengths_s:
                job = replace(self._job([clip]), max_speech_s=length_s)
                embedding = self._core.engine.embed(job)[0]
                quality = embedding.quality
                if length_s is not None and quality is not None and quality.speech_s < length_s:
                    break
                found.append(embedding)
        return tuple(found)

    def calibration(self, model_id: str) -> Calibration:
        """What turns embeddings of a model into probabilities."""
        return load_calibration(self._core.paths.resources_dir / "cohort", model_id)

    def recognise(self, meeting_id: MeetingId) -> None:
        """Name the voices of a meeting that are enrolled; names given by the user stay.

        A voice and a person match only when each is the other's best, and a person is only one
        voice. A name that an earlier recognition gave is taken back when it no longer holds.
        What the user has said by now is learned (see `learn`).

        Raises:
            KnownError: Weights are missing or the engine failed.
        """
        self._name_voices(meeting_id)
        self.learn(meeting_id)

    def learn(self, meeting_id: MeetingId) -> int:
        """Take from a meeting what the user's names say of enrolled voices; returns how many.

        A voice that carries an enrolled person's name because the user said so adds what it says
        alone to that person's voice, once per meeting; lines that were given away are not in it,
        and what an earlier look learned from the meeting leaves. Names that recognition gave
        teach nothing. Only people whose consent is recorded are learned. A meeting that still
        runs is learned at its end.

        Raises:
            KnownError: Weights are missing or the engine failed.
        """
        transcript = self._core.transcripts.transcript(meeting_id)
        if transcript.meeting.state is MeetingState.RECORDING:
            return 0
        prints = self._core.speakers.voiceprints()
        people = {p.name.casefold(): p for p in self.list() if p.has_consent}
        sure = {
            s.track: people[s.name.casefold()]
            for s in transcript.speakers
            if s.source is NameSource.USER and s.name and s.name.casefold() in people
        }
        if not sure:
            if any(v.meeting_id == meeting_id for v in prints):
                self._core.speakers.learn_voiceprints(meeting_id, [])
            return 0
        with tempfile.TemporaryDirectory(prefix="crosstalk-voices-") as folder:
            clips = cut_clips(transcript, list(sure), Path(folder))
            heard = self._embed_clips(clips)
        learned = [
            replace(self._voiceprint(sure[track].speaker_id, embedding), meeting_id=meeting_id)
            for track, embedding in heard.items()
            if embedding.speech_s >= MIN_LEARNED_S
        ]
        own = [v for v in prints if v.meeting_id is None]
        fresh = [v for v in learned if not _is_enrolled(v, own)]
        self._core.speakers.learn_voiceprints(meeting_id, fresh)
        log.info("meeting %s: learned %d voices", meeting_id, len(fresh))
        return len(fresh)

    def sounding_like(
        self, meeting_id: MeetingId, segment_ids: Sequence[SegmentId]
    ) -> tuple[SegmentId, ...]:
        """All lines of a voice that sound like some of its lines: one voice is two people.

        Args:
            segment_ids: Lines of one voice, which somebody else says than the rest.

        Returns:
            Those lines and the others of that person, by time. Lines that are too short to tell
            are among them where the voice's lines before and after are.

        Raises:
            KnownError: The lines are not of one voice, hold too little speech of it alone, or
                sound like the rest; weights are missing or the engine failed.
        """
        transcript = self._core.transcripts.transcript(meeting_id)
        wanted = frozenset(segment_ids)
        tracks = {s.track for s in transcript.segments if s.segment_id in wanted}
        track = next(iter(tracks)) if len(tracks) == 1 else None
        if track is None:
            raise KnownError("Choose lines of one voice, those that somebody else says.")
        with tempfile.TemporaryDirectory(prefix="crosstalk-voices-") as folder:
            samples = self._line_samples(cut_lines(transcript, track, Path(folder)))
        if not wanted & samples.keys():
            raise KnownError(
                "These lines are too short to tell whose voice it is. Choose longer ones, in "
                "which nobody else talks."
            )
        found = two_voices(samples, wanted)
        model_id = self._core.settings().model_choice.embedding
        if found is None or self.calibration(model_id).log_odds(found[1], found[2]) > 0:
            raise KnownError(
                say(
                    "These lines sound like everything else that {name} says; nothing was "
                    "changed. Give the lines away one by one.",
                    name=transcript.label_of(track),
                )
            )
        lines = [s.segment_id for s in transcript.segments if s.track == track]
        ours = found[0]
        alike = frozenset(with_neighbours(lines, samples.keys(), ours)) | wanted
        return tuple(line for line in lines if line in alike)

    def rename(self, speaker_id: SpeakerId, name: str) -> None:
        """Change a name, in past meetings too."""
        if not name.strip():
            raise KnownError("The name is empty: type one.")
        self._core.speakers.rename(speaker_id, name.strip())

    def merge(self, source: SpeakerId, into: SpeakerId) -> None:
        """Two profiles are one person."""
        if source == into:
            raise KnownError("A person cannot be merged with themselves: name two people.")
        self._core.speakers.merge(source, into)
        self._clips.move(source, into)

    def forget(self, speaker_id: SpeakerId) -> None:
        """Delete a person with all voiceprints and recordings of the voice.

        Raises:
            KnownError: No such person, or a recording cannot be deleted.
        """
        self._core.speakers.forget(speaker_id)
        self._clips.forget(speaker_id)

    def _name_voices(self, meeting_id: MeetingId) -> None:
        transcript = self._core.transcripts.transcript(meeting_id)
        voices, profiles = nameable(transcript.speakers, self.list())
        if not voices or not self._core.speakers.voiceprints():
            return
        with tempfile.TemporaryDirectory(prefix="crosstalk-voices-") as folder:
            clips = cut_clips(transcript, list(voices), Path(folder))
            embeddings = self._embed_clips(clips)
        matches = match_voices(self._log_odds(embeddings, profiles))
        for track, voice in voices.items():
            match = matches.get(track)
            if match is not None:
                self._name(meeting_id, voice, profiles[match[0]], match[1])
            elif voice.source is NameSource.ENROLLED and track in embeddings:
                nobody = MeetingSpeaker(track=track, index=voice.index)
                self._core.transcripts.name_track(meeting_id, track, nobody)
        log.info("meeting %s: %d of %d voices named", meeting_id, len(matches), len(voices))

    def _enroll_clips(self, name: str, clips: Sequence[tuple[str, Path]]) -> Enrollment:
        """Check every clip, then store all of them; titles begin the sentences of a refusal."""
        wanted = name.strip()
        if not wanted:
            raise KnownError("To enroll a voice, give a name and one recording at least.")
        job = self._job([clip for _, clip in clips], checks_voice=True)
        embeddings = self._core.engine.embed(job)
        qualities = tuple(e.quality or VoiceQuality(speech_s=e.speech_s) for e in embeddings)
        for (title, _), quality in zip(clips, qualities, strict=True):
            reason = refusal(quality)
            if reason is not None:
                raise KnownError(
                    say("{source} {reason}. Nothing was stored.", source=title, reason=reason)
                )
        known = {p.name.casefold(): p for p in self._core.speakers.list()}
        profile = known.get(wanted.casefold()) or self._core.speakers.add(wanted, has_consent=True)
        for (_, clip), embedding in zip(clips, embeddings, strict=True):
            self._clips.keep(profile.speaker_id, clip, embedding.end_sample)
            self._core.speakers.add_voiceprint(self._voiceprint(profile.speaker_id, embedding))
        own = [v for v in self._core.speakers.voiceprints() if v.speaker_id == profile.speaker_id]
        total_s = sum(voiceprint.speech_s for voiceprint in own)
        said = [s for q in qualities for s in warnings(q, person_speech_s=total_s)]
        return Enrollment(
            profile=next(p for p in self.list() if p.speaker_id == profile.speaker_id),
            qualities=qualities,
            warnings=tuple(dict.fromkeys(said)),
        )

    def _voiceprint(self, speaker_id: SpeakerId, embedding: ClipEmbedding) -> Voiceprint:
        return Voiceprint(
            speaker_id=speaker_id,
            model_id=ModelId(embedding.model_id),
            vector=np.asarray(embedding.vector, dtype=np.float32),
            speech_s=embedding.speech_s,
            created_at=self._core.clock.now(),
        )

    def _people(self, model_id: str) -> dict[SpeakerId, VoiceSample]:
        """Everybody's voice as `model_id` hears it; made again from the clips where needed."""
        before = self._core.speakers.voiceprints()
        people = person_samples(before, model_id)
        missing = [p.speaker_id for p in self.list() if p.speaker_id not in people]
        remade = [speaker_id for speaker_id in missing if self._remake(speaker_id)]
        if not remade:
            return people
        for meeting_id in dict.fromkeys(v.meeting_id for v in before if v.meeting_id is not None):
            # Lessons have no clips of their own: their meetings are asked again.
            with contextlib.suppress(KnownError):
                self.learn(meeting_id)
        log.info("voiceprints of %d people were made again for %s", len(remade), model_id)
        return person_samples(self._core.speakers.voiceprints(), model_id)

    def _remake(self, speaker_id: SpeakerId) -> bool:
        clips = self._clips.of(speaker_id)
        if not clips:
            return False
        embeddings = self._core.engine.embed(self._job(clips))
        self._core.speakers.replace_voiceprints(
            speaker_id, [self._voiceprint(speaker_id, embedding) for embedding in embeddings]
        )
        return True

    def _log_odds(
        self,
        embeddings: Mapping[TrackId, ClipEmbedding],
        profiles: Mapping[SpeakerId, SpeakerProfile],
    ) -> dict[TrackId, dict[SpeakerId, float]]:
        if not embeddings:
            return {}
        model_id = next(iter(embeddings.values())).model_id
        people, calibration = self._people(model_id), self.calibration(model_id)
        samples = {track: _sample(embedding) for track, embedding in embeddings.items()}
        known = {speaker_id: p for speaker_id, p in people.items() if speaker_id in profiles}
        return log_odds_of(samples, known, calibration)

    def _name(
        self,
        meeting_id: MeetingId,
        voice: MeetingSpeaker,
        profile: SpeakerProfile,
        probability: float,
    ) -> None:
        self._core.transcripts.name_track(
            meeting_id, voice.track, named(voice, profile, probability)
        )

    def _decode(self, file: Path, folder: Path) -> Path:
        self._files.probe(file)
        capture = self._files.start_import({StreamId.MIX: file}, folder, is_realtime=False)
        source = capture.sources()[StreamId.MIX]
        position = 0
        while (block := source.read(position, _READ_SAMPLES, _WAIT_S)) is not None:
            position += len(block)
        return capture.stop()[0].spool_path

    def _embed_clips(self, clips: Mapping[TrackId, Path]) -> dict[TrackId, ClipEmbedding]:
        """Embed one clip per voice; a voice whose clip holds no speech is left out."""
        if not clips:
            return {}
        try:
            found = self._core.engine.embed(self._job(list(clips.values())))
            return dict(zip(clips, found, strict=True))
        except KnownError as error:
            if error.category is Category.MISSING_MODEL:
                raise
        embeddings = {}
        for track, clip in clips.items():
            try:
                embeddings[track] = self._core.engine.embed(self._job([clip]))[0]
            except KnownError:
                log.info("a voice of %d bytes could not be embedded", clip.stat().st_size)
        return embeddings

    def _line_samples(self, clips: Mapping[SegmentId, Path]) -> dict[SegmentId, VoiceSample]:
        if not clips:
            return {}
        job = replace(
            self._job(list(clips.values())), allows_silence=True, max_speech_s=LINE_SPEECH_S
        )
        heard = self._core.engine.embed(job)
        return {
            line: _sample(embedding)
            for line, embedding in zip(clips, heard, strict=True)
            if embedding.vector
        }

    def _job(self, clips: Sequence[Path], *, checks_voice: bool = False) -> EmbedJob:
        return EmbedJob(
            models_dir=self._core.paths.models_dir,
            clips=tuple(clips),
            models=self._core.settings().model_choice,
            checks_voice=checks_voice,
        )


def _require_consent(name: str, *, has_consent: bool) -> None:
    if not has_consent:
        raise KnownError(
            say(
                "Nothing was stored: a voice is kept only when its owner agrees. Ask {name}, "
                "then confirm it (--consent on the command line).",
                name=name.strip() or say("them"),
            )
        )


def _sample(embedding: ClipEmbedding) -> VoiceSample:
    return VoiceSample(
        vector=np.asarray(embedding.vector, dtype=np.float32), speech_s=embedding.speech_s
    )


def _is_enrolled(voiceprint: Voiceprint, own: Sequence[Voiceprint]) -> bool:
    """Whether a person has this very recording already."""
    return any(
        v.speaker_id == voiceprint.speaker_id
        and v.model_id == voiceprint.model_id
        and float(np.dot(v.vector, voiceprint.vector)) >= SAME_RECORDING
        for v in own
    )
