"""Meetings to look at: a lively dialogue, a tape of it, a three-hour one, odd names and scripts."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

from app.domain.ids import MeetingId, SegmentId, StreamId, TrackId
from app.domain.meeting import (
    Meeting,
    MeetingSource,
    MeetingState,
    MeetingTranscript,
    StreamInfo,
)
from app.domain.messages import (
    Health,
    Notice,
    NoticeKind,
    SegmentStatus,
    SegmentUpdate,
    StageHealth,
    TranscriptGap,
    Word,
)
from app.domain.session import OperatingPoint
from app.domain.speakers import MeetingSpeaker, NameSource
from app.domain.units import Span
from app.services.events import (
    Finished,
    HealthMeasured,
    MeetingEvent,
    Noticed,
    Progressed,
    Started,
    TranscriptChanged,
)

Spoken = tuple[str, float, float, str]
"""Track, start and end in seconds, text."""

DIALOGUE: tuple[Spoken, ...] = (
    ("S1", 1.2, 6.9,
     "Good morning everybody. Shall we start with the release, or with the numbers from "
     "last week?"),
    ("S2", 7.4, 12.8,
     "Release first, please. The installer is signed on both platforms now, so nothing "
     "holds us back."),
    ("S2", 13.1, 18.2,
     "The only open point is the migration of old libraries, and Priya has looked at that "
     "since Friday."),
    ("S3", 18.9, 27.0,
     "Right. I ran it over four hundred real libraries. Three of them needed a second "
     "attempt, none lost a recording."),
    ("S1", 27.4, 31.5,
     "Three of four hundred is better than I hoped. What went wrong in those three?"),
    ("S3", 31.9, 41.2,
     "The disk was full in two cases. The third had a database from a version that we "
     "never shipped, so somebody built it by hand."),
    ("S2", 38.6, 41.0, "That must have been mine, sorry."),
    ("S1", 41.8, 46.0, "Then let us say in the message that the disk is full, and what was kept."),
    ("S4", 46.7, 55.3,
     "I can write that sentence today. Should it also offer to open the folder, so that "
     "people can move the recordings themselves?"),
    ("S1", 55.8, 58.4, "Yes, one button is enough."),
    ("S2", 57.2, 61.9, "One button, yes, and please not a dialog that blocks the recording."),
    ("S4", 62.6, 67.7, "Agreed. I will send you both a screenshot before lunch."),
    ("S3", 68.5, 77.3,
     "One more thing on quality: the word error rate on the board meeting went from eleven "
     "to nine percent after the refinement."),
    ("S1", 77.9, 82.6, "Lovely. Is that with the larger model, or is it the second pass alone?"),
    ("S3", 83.0, 90.2,
     "The second pass alone. The larger model brings another point, but it needs twice the "
     "memory on a small laptop."),
    ("S2", 90.9, 96.4,
     "Then we keep it optional. People on two cores should not have to think about it."),
)  # fmt: skip

NAMES = {"S1": "Anna Keller", "S2": "Ben Okafor", "S3": "Priya Raman", "S4": None}
STARTED = datetime(2026, 11, 23, 9, 2, tzinfo=UTC)


def words_of(text: str, start_s: float, end_s: float, *, doubtful: frozenset[str] = frozenset()):
    """Spread the words of a text over a span by their length."""
    tokens = text.split()
    total = sum(len(token) + 1 for token in tokens)
    words, at = [], start_s
    for token in tokens:
        length = (end_s - start_s) * (len(token) + 1) / total
        probability = 0.3 if token in doubtful else 0.94
        span = Span.from_seconds(at, at + length * 0.95)
        words.append(Word(text=token, span=span, probability=probability))
        at += length
    return tuple(words)


def segment(
    segment_id: str,
    spoken: Spoken,
    *,
    revision: int = 1,
    is_final: bool = True,
    committed: int | None = None,
    has_overlap: bool = False,
    track: str | None = "",
) -> SegmentUpdate:
    """One segment of a dialogue; `track` "" takes the spoken one."""
    who, start_s, end_s, text = spoken
    chosen = who if track == "" else track
    words = words_of(text, start_s, end_s, doubtful=frozenset({"hand.", "refinement."}))
    return SegmentUpdate(
        segment_id=SegmentId(segment_id),
        revision=revision,
        stream=StreamId.MIC if who == "S1" else StreamId.SYSTEM,
        span=Span.from_seconds(start_s, end_s),
        track=TrackId(chosen) if chosen is not None else None,
        words=words,
        status=SegmentStatus.FINAL if is_final else SegmentStatus.PARTIAL,
        committed=len(words) if committed is None else committed,
        has_overlap=has_overlap,
    )


def speakers(names: dict[str, str | None] = NAMES) -> tuple[MeetingSpeaker, ...]:
    """Voices with names."""
    return tuple(
        MeetingSpeaker(
            track=TrackId(track),
            index=index,
            name=name,
            source=NameSource.USER if name else NameSource.NONE,
        )
        for index, (track, name) in enumerate(names.items(), start=1)
    )


def meeting(
    meeting_id: str,
    title: str,
    *,
    age_days: float = 0,
    duration_s: float = 98,
    state: MeetingState = MeetingState.DONE,
) -> Meeting:
    """Facts of a meeting that began `age_days` before now."""
    started = datetime.now(UTC) - timedelta(days=age_days)
    return Meeting(
        meeting_id=MeetingId(meeting_id),
        title=title,
        started_at=started,
        state=state,
        source=MeetingSource.RECORDING,
        streams=(
            StreamInfo(
                stream=StreamId.MIC,
                device="Built-in microphone",
                rate_hz=48_000,
                channels=1,
                spool_path=Path(f"/nonexistent/{meeting_id}/mic.pcm"),
            ),
        ),
        duration_s=duration_s,
    )


def transcript(
    about: Meeting,
    dialogue: tuple[Spoken, ...] = DIALOGUE,
    names: dict[str, str | None] = NAMES,
    gaps: tuple[TranscriptGap, ...] = (),
) -> MeetingTranscript:
    """A stored transcript."""
    overlapping = {3, 5, 6, 9, 10} if dialogue[: len(DIALOGUE)] == DIALOGUE else set()
    segments = tuple(
        segment(f"g{number:04}", spoken, has_overlap=number in overlapping)
        for number, spoken in enumerate(dialogue)
    )
    return MeetingTranscript(meeting=about, speakers=speakers(names), segments=segments, gaps=gaps)


def dialogue_of(duration_s: float) -> tuple[Spoken, ...]:
    """The dialogue above, and talk until `duration_s`."""
    after = [(t, s + 99, e + 99, x) for t, s, e, x in long_dialogue(round(duration_s * 3))]
    voices = [(t if t in NAMES else "S2", s, e, x) for t, s, e, x in after]
    return DIALOGUE + tuple(v for v in voices if v[2] < duration_s)


def long_dialogue(word_count: int = 30_000, seed: int = 7) -> tuple[Spoken, ...]:
    """Three hours of talk between six people, made of the sentences above."""
    chooser = random.Random(seed)
    pool = [text for _track, _start, _end, text in DIALOGUE]
    made: list[Spoken] = []
    at, words = 0.5, 0
    track = "S1"
    while words < word_count:
        text = chooser.choice(pool)
        count = len(text.split())
        if chooser.random() < 0.7:
            track = f"S{chooser.randint(1, 6)}"
        length_s = count * 0.33
        start_s = at - 1.6 if chooser.random() < 0.06 and at > 10 else at
        made.append((track, start_s, start_s + length_s, text))
        at = start_s + length_s + chooser.random() * 0.8
        words += count
    return tuple(made)


LONG_NAMES = {
    "S1": "Anna Keller",
    "S2": "Ben Okafor",
    "S3": "Priya Raman",
    "S4": "Marek Novák",
    "S5": "Sofía Álvarez",
    "S6": None,
}
VERY_LONG_NAMES = {
    "S1": "Maximiliane-Wilhelmina von Hohenlohe-Waldenburg-Schillingsfürst",
    "S2": "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch Residents' Association",
    "S3": "Wolfeschlegelsteinhausenbergerdorff",
    "S4": "Uvuvwevwevwe Onyetenyevwe Ugwemubwem Ossas",
}
RTL_DIALOGUE: tuple[Spoken, ...] = (
    ("S1", 1.0, 6.0, "صباح الخير جميعاً. هل نبدأ بالإصدار الجديد أم بأرقام الأسبوع الماضي؟"),
    ("S2", 6.5, 12.0,
     "الإصدار أولاً من فضلك. برنامج التثبيت موقّع الآن على النظامين، ولا شيء يمنعنا من "
     "النشر."),
    ("S1", 12.5, 17.0, "ممتاز. ماذا عن ترحيل المكتبات القديمة إلى version 2.0 قبل يوم الجمعة؟"),
    ("S3", 17.4, 24.0, "בדקתי את ההעברה על ארבע מאות ספריות אמיתיות, ואף הקלטה לא אבדה."),
    ("S2", 22.0, 25.2, "شكراً جزيلاً، هذا خبر رائع."),
    ("S1", 26.0, 31.0, "Thank you both. Let us go on in English, please."),
)  # fmt: skip
RTL_NAMES = {"S1": "ليلى حداد", "S2": "يوسف منصور", "S3": "נועה לוי"}


def tape(meeting_id: MeetingId) -> list[MeetingEvent]:
    """The dialogue as a live meeting tells it: partials that grow, finals, relabels, lag."""
    events: list[MeetingEvent] = [
        Started(
            meeting_id=meeting_id,
            t=0.8,
            streams=("mic", "system"),
            point=OperatingPoint.BALANCED,
            models=(),
        )
    ]
    known: list[MeetingSpeaker] = []
    voices = {speaker.track: speaker for speaker in speakers()}
    for number, spoken in enumerate(DIALOGUE):
        track, start_s, end_s, text = spoken
        name = f"g{number:04}"
        tokens = text.split()
        for share in (0.35, 0.7):
            count = max(2, round(len(tokens) * share))
            part = (track, start_s, start_s + (end_s - start_s) * share, " ".join(tokens[:count]))
            update = segment(
                name,
                part,
                revision=int(share * 10),
                is_final=False,
                committed=max(0, count - 3),
                track=None if share < 0.5 else "",
            )
            events.append(_changed(meeting_id, part[2] + 0.5, update, tuple(known)))
        if voices[TrackId(track)] not in known:
            known.append(voices[TrackId(track)])
        wrong = "S1" if number == 3 else ""
        overlap = number in {3, 5, 6, 9, 10}
        final = segment(name, spoken, revision=10, has_overlap=overlap, track=wrong)
        events.append(_changed(meeting_id, end_s + 0.9, final, tuple(known)))
        if number == 3:
            right = segment(name, spoken, revision=11)
            events.append(_changed(meeting_id, end_s + 2.0, right, tuple(known)))
        lag_s = 1.6 if 8 <= number <= 10 else 0.2
        health = Health(
            lag_s=lag_s,
            stages=(
                StageHealth(stage="front", queue_s=0.1, real_time_factor=0.12),
                StageHealth(stage="asr-final", queue_s=lag_s, real_time_factor=0.28),
            ),
            rss_mb=800,
            promised_s=2.0,
            observed_s=2.8 if lag_s > 1 else 1.9,
            relief=3 if lag_s > 1 else 0,
        )
        events.append(HealthMeasured(meeting_id=meeting_id, t=end_s + 1.0, health=health))
    events.sort(key=lambda event: event.t)
    return events


def closing_events(meeting_id: MeetingId) -> list[MeetingEvent]:
    """What follows a stop."""
    return [
        Progressed(meeting_id=meeting_id, t=99, share=0.4, step="refining"),
        Finished(
            meeting_id=meeting_id, t=100, audio_s=98, wall_s=100, peak_rss_mb=900, segment_count=16
        ),
    ]


def notice(meeting_id: MeetingId, text: str) -> Noticed:
    """Something the user should see."""
    kind = NoticeKind.SILENT_SOURCE
    return Noticed(meeting_id=meeting_id, t=1, notice=Notice(kind=kind, text=text))


def _changed(
    meeting_id: MeetingId,
    t: float,
    update: SegmentUpdate,
    known: tuple[MeetingSpeaker, ...],
) -> TranscriptChanged:
    return TranscriptChanged(
        meeting_id=meeting_id, t=t, updates=(update,), gaps=(), overlaps=(), speakers=known
    )
