from __future__ import annotations

import pytest

from app.domain.errors import KnownError
from app.domain.ids import SpeakerId
from app.services.voice_clips import VoiceClips

pytestmark = pytest.mark.unit

ADA, BOB = SpeakerId("p-1"), SpeakerId("p-2")


@pytest.fixture
def clip(tmp_path):
    path = tmp_path / "clip.s16"
    path.write_bytes(bytes(range(200)))
    return path


def test_a_clip_is_kept_up_to_what_was_used(tmp_path, clip):
    clips = VoiceClips(tmp_path / "voices")

    part, whole = clips.keep(ADA, clip, 30), clips.keep(ADA, clip, None)

    assert part.read_bytes() == clip.read_bytes()[:60]
    assert whole.read_bytes() == clip.read_bytes()
    assert set(clips.of(ADA)) == {part, whole}
    assert clips.of(BOB) == ()


def test_clips_move_to_another_person(tmp_path, clip):
    clips = VoiceClips(tmp_path / "voices")
    clips.keep(ADA, clip, None)
    clips.keep(BOB, clip, None)

    clips.move(ADA, BOB)

    assert (len(clips.of(ADA)), len(clips.of(BOB))) == (0, 2)
    assert not (tmp_path / "voices" / ADA).exists()


def test_forgetting_leaves_nothing_behind(tmp_path, clip):
    clips = VoiceClips(tmp_path / "voices")
    clips.keep(ADA, clip, None)

    clips.forget(ADA)
    clips.forget(ADA)

    assert list((tmp_path / "voices").iterdir()) == []


def test_a_disk_that_refuses_is_told_in_a_sentence(tmp_path, clip):
    (tmp_path / "voices").write_text("a file where the folder belongs")

    with pytest.raises(KnownError, match="could not be kept"):
        VoiceClips(tmp_path / "voices").keep(ADA, clip, None)
