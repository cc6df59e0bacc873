"""The stored transcript against slow obvious twins: the domain's own, and a fold over the log."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.ids import SegmentId, StreamId, TrackId
from app.domain.messages import (
    OverlapRegion,
    SegmentStatus,
    SegmentUpdate,
    SpeakerTurn,
    TranscriptGap,
    TranscriptPatch,
)
from app.domain.selection import LineSelection
from app.domain.transcript import Transcript, join_words
from app.domain.units import Span
from app.store.library import Library, open_library
from tests.fakes.meetings import MEETING, SteppingClock, make_meeting, make_update

pytestmark = pytest.mark.property

SEGMENTS = ["a", "b", "c", "d"]
TRACKS = ["S1", "S2", "S3"]
TEXTS = ["", "one", "one two", "three one", "two two two"]


@pytest.fixture(scope="module")
def empty_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("empty") / "library.sqlite3"
    with open_library(path, clock=SteppingClock()) as library:
        library.meetings.create(make_meeting())
    return path


@contextmanager
def fresh(empty_file: Path) -> Iterator[Library]:
    """A library with one empty meeting."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "library.sqlite3"
        shutil.copy(empty_file, path)
        with open_library(path, clock=SteppingClock()) as library:
            yield library


def update_of(segment: str, revision: int, noise: int) -> SegmentUpdate:
    """Equal revisions of one segment carry equal content: all of it follows from both."""
    seed = (SEGMENTS.index(segment) * 7 + revision * 5 + noise) % 60
    status = SegmentStatus.PARTIAL if revision % 3 == 0 else SegmentStatus.FINAL
    update = make_update(
        segment,
        TEXTS[seed % len(TEXTS)],
        revision=revision,
        start=(seed % 4) * 8_000,
        track=[*TRACKS, None][seed % 4],
        stream=[StreamId.MIC, StreamId.SYSTEM][seed % 2],
        status=status,
    )
    return replace(update, has_overlap=seed % 3 == 0, alternatives=(("won", -1.0 * seed),))


def turns_of(stream: StreamId, revision: int, noise: int) -> tuple[SpeakerTurn, ...]:
    """All of it follows from stream and revision, as for segments."""
    seed = (revision * 5 + noise) % 60
    return tuple(
        SpeakerTurn(
            stream=stream,
            span=Span(i * 20, i * 20 + 5 + seed % 7),
            track=[None, TrackId("S3"), TrackId("S4")][(seed + i) % 3],
            confidence=[None, 0.5][seed % 2],
        )
        for i in range(seed % 4)
    )


@st.composite
def patch_lists(draw: st.DrawFn) -> list[TranscriptPatch]:
    noise = draw(st.integers(0, 59))
    updates = st.builds(update_of, st.sampled_from(SEGMENTS), st.integers(1, 8), st.just(noise))
    spans = st.builds(Span, st.integers(0, 3), st.integers(3, 5))
    streams = st.sampled_from([StreamId.MIC, StreamId.SYSTEM])
    gaps = st.builds(TranscriptGap, stream=streams, span=spans, reason=st.sampled_from("xy"))
    overlaps = st.builds(
        OverlapRegion, stream=streams, span=spans, tracks=st.just((TrackId("S1"), TrackId("S2")))
    )
    patches = st.builds(
        TranscriptPatch,
        updates=st.lists(updates, max_size=4).map(tuple),
        gaps=st.lists(gaps, max_size=2).map(tuple),
        overlaps=st.lists(overlaps, max_size=2).map(tuple),
        processed_until=st.dictionaries(streams, st.integers(0, 9)),
    )
    return [
        replace(
            patch,
            turns={stream: turns_of(stream, revision, noise) for stream in diarized},
            turns_revision=revision,
        )
        for patch in draw(st.lists(patches, max_size=5))
        for revision in [draw(st.integers(0, 9))]
        for diarized in [draw(st.sets(streams))]
    ]


def finals_only(patch: TranscriptPatch) -> TranscriptPatch:
    return replace(
        patch, updates=tuple(u for u in patch.updates if u.status is SegmentStatus.FINAL)
    )


@settings(deadline=None, max_examples=40)
@given(patches=patch_lists(), order=st.randoms(use_true_random=False))
def test_store_ends_where_the_domain_does_in_any_order(
    empty_file: Path, patches: list[TranscriptPatch], order: object
) -> None:
    twin = Transcript()
    for patch in patches:
        twin.apply(finals_only(patch))
    shuffled = [*patches, *patches[: len(patches) // 2]]
    order.shuffle(shuffled)  # type: ignore[attr-defined]

    with fresh(empty_file) as library:
        for patch in shuffled:
            library.transcripts.apply(MEETING, patch)
        stored = library.transcripts.transcript(MEETING)
        processed_until = library.transcripts.processed_until(MEETING)
        base = library.transcripts.next_revision_base(MEETING)
        found = {hit.segment_id for hit in library.transcripts.search("one")}

    assert stored.segments == tuple(twin)
    assert stored.overlaps == twin.overlaps
    assert processed_until == twin.processed_until
    assert sorted(stored.gaps, key=repr) == sorted(twin.gaps, key=repr)
    assert [(g.span, g.stream) for g in stored.gaps] == [(g.span, g.stream) for g in twin.gaps]
    assert stored.turns == twin.turns
    assert {s.track for s in stored.speakers} == {s.track for s in (*twin, *twin.turns) if s.track}
    assert base == twin.next_revision
    assert found == {s.segment_id for s in twin if "one" in join_words(s.words).split()}


@settings(deadline=None, max_examples=40)
@given(patches=patch_lists())
def test_reported_changes_rebuild_the_transcript(
    empty_file: Path, patches: list[TranscriptPatch]
) -> None:
    follower: dict[SegmentId, SegmentUpdate] = {}
    with fresh(empty_file) as library:
        for patch in patches:
            for update in library.transcripts.apply(MEETING, patch):
                follower[update.segment_id] = update
            assert library.transcripts.apply(MEETING, patch) == ()
        stored = library.transcripts.transcript(MEETING)

    visible = [u for u in follower.values() if not u.is_retracted]
    assert set(stored.segments) == set(visible)


@dataclass(slots=True)
class LogTwin:
    """What the user should see: the machine's transcript with every standing correction over it."""

    machine: Transcript = field(default_factory=Transcript)
    steps: list[tuple[str, str, str]] = field(default_factory=list)
    standing: int = 0

    def correct(self, kind: str, target: str, value: str) -> None:
        del self.steps[self.standing :]
        self.steps.append((kind, target, value))
        self.standing += 1

    def move(self, by: int) -> None:
        self.standing = min(max(self.standing + by, 0), len(self.steps))

    def shown(self) -> dict[str, tuple[str | None, str, str]]:
        """Per visible segment: track, label of the track, text."""
        edits, assigned, names, merged = self._fold()
        result = {}
        for segment_id, update in self.machine.all_states.items():
            text = edits.get(segment_id, join_words(update.words, update.language))
            if not text:
                continue
            track = follow(merged, assigned.get(segment_id, update.track))
            result[segment_id] = (track, names.get(track or "", ""), text)
        return result

    def _fold(self) -> tuple[dict[str, str], dict[str, str], dict[str, str], dict[str, str]]:
        edits: dict[str, str] = {}
        assigned: dict[str, str] = {}
        names: dict[str, str] = {}
        merged: dict[str, str] = {}
        for kind, target, value in self.steps[: self.standing]:
            match kind:
                case "edit":
                    edits[target] = value
                case "assign":
                    assigned[target] = str(follow(merged, value))
                case "rename":
                    names[str(follow(merged, target))] = value
                case "merge":
                    source, into = follow(merged, target), follow(merged, value)
                    if source != into:
                        merged[str(source)] = str(into)
        # A voice without a name takes that of the first one, by number, merged into it.
        for track in TRACKS:
            root = str(follow(merged, track))
            if track in merged and root not in names and track in names:
                names[root] = names[track]
        return edits, assigned, names, merged


def follow(merged: dict[str, str], track: str | None) -> str | None:
    while track in merged:
        track = merged[track]
    return track


STEPS = st.one_of(
    st.tuples(st.just("patch"), st.sampled_from(SEGMENTS), st.integers(1, 9).map(str)),
    st.tuples(st.just("edit"), st.sampled_from(SEGMENTS), st.sampled_from(["", "won", "one one"])),
    st.tuples(st.just("assign"), st.sampled_from(SEGMENTS), st.sampled_from(TRACKS)),
    st.tuples(st.just("rename"), st.sampled_from(TRACKS), st.sampled_from(["Ann", "Bob"])),
    st.tuples(st.just("merge"), st.sampled_from(TRACKS), st.sampled_from(TRACKS)),
    st.tuples(st.sampled_from(["undo", "undo", "redo"]), st.just(""), st.just("")),
)


@settings(deadline=None, max_examples=40)
@given(noise=st.integers(0, 59), steps=st.lists(STEPS, max_size=25))
def test_corrections_patches_undo_and_redo_end_in_the_fold_of_the_log(
    empty_file: Path, noise: int, steps: list[tuple[str, str, str]]
) -> None:
    twin = LogTwin()
    first = TranscriptPatch(
        updates=tuple(
            make_update(segment, "one two", track=track)
            for segment, track in zip(SEGMENTS, [*TRACKS, "S1"], strict=True)
        )
    )
    twin.machine.apply(first)
    with fresh(empty_file) as library:
        library.transcripts.apply(MEETING, first)
        for kind, target, value in steps:
            take_step(library, twin, noise, kind, target, value)

            transcript = library.transcripts.transcript(MEETING)
            names = {s.track: s.name or "" for s in transcript.speakers}
            shown = {
                s.segment_id: (s.track, names.get(s.track, ""), transcript.text_of(s))  # type: ignore[arg-type]
                for s in transcript.segments
            }
            assert shown == twin.shown()
            for segment in transcript.segments:
                assert join_words(segment.words) == transcript.text_of(segment)
        in_log = [c.is_undone for c in library.transcripts.corrections(MEETING)]

    assert in_log == sorted(in_log)


def take_step(
    library: Library, twin: LogTwin, noise: int, kind: str, target: str, value: str
) -> None:
    """Do one thing to both; what would change nothing is left out of both logs."""
    store = library.transcripts
    before = len([c for c in store.corrections(MEETING) if not c.is_undone])
    action: Callable[[], object]
    match kind:
        case "patch":
            update = replace(update_of(target, int(value) + 1, noise), status=SegmentStatus.FINAL)
            twin.machine.apply(TranscriptPatch(updates=(update,)))
            store.apply(MEETING, TranscriptPatch(updates=(update,)))
            return
        case "undo":
            twin.move(-1)
            store.undo(MEETING)
            return
        case "redo":
            twin.move(1)
            store.redo(MEETING)
            return
        case "edit" | "assign" if target not in twin.shown():
            return
        case "edit":
            action = lambda: store.edit_text(MEETING, SegmentId(target), value)  # noqa: E731
        case "assign":
            lines = [LineSelection(segment_id=SegmentId(target))]
            action = lambda: store.give_lines(MEETING, lines, TrackId(value))  # noqa: E731
        case "rename":
            action = lambda: store.rename_track(MEETING, TrackId(target), value)  # noqa: E731
        case _:
            action = lambda: store.merge_tracks(MEETING, TrackId(target), TrackId(value))  # noqa: E731
    action()
    after = len([c for c in store.corrections(MEETING) if not c.is_undone])
    if after > before:
        twin.correct(kind, target, value)
    else:
        expected = twin.shown()
        twin_copy = LogTwin(twin.machine, list(twin.steps), twin.standing)
        twin_copy.correct(kind, target, value)
        assert twin_copy.shown() == expected, "a correction that matters was not logged"
