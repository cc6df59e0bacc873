"""Which voices become which tracks."""

import numpy as np
import pytest

from app.domain.ids import TrackId
from app.domain.messages import TrackState
from app.pipeline.cluster import INHERITED_CONFIDENCE, ClusterParameters, OnlineClusters

pytestmark = pytest.mark.unit


def voice(degrees: float, *, dimension: int = 8) -> np.ndarray:
    """A unit vector; two of them are cos(difference) apart."""
    vector = np.zeros(dimension, dtype=np.float32)
    vector[:2] = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return vector


def test_two_voices_get_two_tracks_in_order_of_appearance():
    clusters = OnlineClusters()

    clusters.observe(7, voice(0), 2.0)
    clusters.observe(8, voice(90), 2.0)
    clusters.observe(9, voice(5), 2.0)

    assert [clusters.track_of(chain) for chain in (7, 8, 9)] == ["S1", "S2", "S1"]


def test_unheard_chain_has_neither_track_nor_confidence():
    clusters = OnlineClusters()

    assert clusters.track_of(1) is None
    assert clusters.confidence_of(1) is None


def test_short_speech_founds_no_track_until_there_is_enough():
    clusters = OnlineClusters()
    clusters.observe(1, voice(0), 0.7)
    before = clusters.track_of(1)

    clusters.observe(1, voice(0), 0.7)

    assert before is None
    assert clusters.track_of(1) == "S1"


def test_short_speech_joins_a_known_voice_at_once():
    clusters = OnlineClusters()
    clusters.observe(1, voice(0), 3.0)

    clusters.observe(2, voice(10), 0.5)

    assert clusters.track_of(2) == "S1"


def test_chain_moves_when_more_evidence_says_so():
    clusters = OnlineClusters()
    clusters.observe(1, voice(0), 5.0)
    clusters.observe(2, voice(120), 5.0)
    clusters.observe(3, voice(50), 0.5)
    before = clusters.track_of(3)

    clusters.observe(3, voice(120), 5.0)

    assert before == "S1"
    assert clusters.track_of(3) == "S2"


def test_voice_that_was_a_new_track_returns_to_the_old_one():
    clusters = OnlineClusters()
    clusters.observe(1, voice(0), 2.0)
    clusters.observe(2, voice(70), 2.0)
    before = clusters.track_of(2)

    clusters.observe(2, voice(10), 10.0)

    assert before == "S2"
    assert {clusters.track_of(chain) for chain in (1, 2)} == {"S1"}


@pytest.mark.parametrize(("older", "newer"), [("S1", "S2"), ("S2", "S10")])
def test_close_tracks_are_merged_into_the_one_with_the_lower_number(older, newer):
    clusters = OnlineClusters()
    clusters.restore(
        (
            TrackState(track=newer, total=tuple((2 * voice(30)).tolist()), speech_s=2.0),
            TrackState(track=older, total=tuple((3 * voice(0)).tolist()), speech_s=3.0),
        )
    )

    clusters.observe(1, voice(35), 2.0)

    assert clusters.track_of(1) == older
    (merged,) = clusters.states()
    assert merged.track == older
    assert merged.speech_s == 7.0


def test_full_house_gives_the_nearest_track():
    clusters = OnlineClusters(ClusterParameters(max_tracks=2))
    clusters.observe(1, voice(0), 2.0)
    clusters.observe(2, voice(90), 2.0)

    clusters.observe(3, voice(160), 5.0)

    assert clusters.track_of(3) == "S2"
    assert {state.track for state in clusters.states()} == {"S1", "S2"}


def test_tracks_survive_a_restart_and_are_not_given_again():
    before = OnlineClusters()
    before.observe(1, voice(0), 2.0)
    before.observe(2, voice(90), 2.0)
    after = OnlineClusters()

    after.restore(before.states())
    after.observe(1, voice(88), 2.0)
    after.observe(2, voice(200), 2.0)

    assert after.track_of(1) == "S2"
    assert after.track_of(2) == "S3"


def test_restored_tracks_count_as_evidence_in_the_next_restart():
    before = OnlineClusters()
    before.observe(1, voice(0), 2.0)
    middle = OnlineClusters()
    middle.restore(before.states())

    after = OnlineClusters()
    after.restore(middle.states())
    after.observe(5, voice(0), 0.3)

    assert after.track_of(5) == "S1"


def test_confidence_grows_with_speech_and_with_fit():
    clusters = OnlineClusters()
    clusters.observe(1, voice(0), 0.5 + 1.0)
    short = clusters.confidence_of(1)
    clusters.observe(1, voice(0), 5.0)
    long = clusters.confidence_of(1)
    clusters.observe(2, voice(55), 3.0)

    assert short is not None
    assert long is not None
    assert 0.0 < short < long <= 1.0
    assert clusters.track_of(2) == "S1"
    loose = clusters.confidence_of(2)
    assert loose is not None
    assert loose < long


def test_short_turn_inherits_its_parents_track_with_low_confidence():
    clusters = OnlineClusters()
    clusters.observe(1, voice(0), 3.0)

    clusters.link(2, 1)

    assert clusters.track_of(2) == "S1"
    assert clusters.confidence_of(2) == pytest.approx(0.3)


def test_turn_in_a_slot_of_another_person_gets_its_own_track():
    clusters = OnlineClusters()
    clusters.observe(1, voice(0), 3.0)
    clusters.link(2, 1)

    clusters.observe(2, voice(80), 1.5)

    assert clusters.track_of(2) == "S2"


def test_version_grows_only_when_a_track_changes():
    clusters = OnlineClusters()
    clusters.observe(1, voice(0), 3.0)
    version = clusters.version

    clusters.observe(1, voice(1), 1.0)
    unchanged = clusters.version
    clusters.observe(2, voice(90), 2.0)

    assert unchanged == version
    assert clusters.version > version


def test_a_taught_chain_moves_with_what_is_known_of_it():
    clusters = OnlineClusters()
    clusters.observe(1, voice(0), 4.0)
    clusters.observe(2, voice(30), 4.0)
    assert clusters.track_of(2) == "S1"

    clusters.teach({2: TrackId("U1")})

    assert [clusters.track_of(1), clusters.track_of(2)] == ["S1", "U1"]
    assert clusters.confidence_of(2) == 1.0
    sums = {state.track: state for state in clusters.states()}
    assert sums["S1"].total == pytest.approx(voice(0) * 4.0, abs=1e-5)
    assert sums["U1"].total == pytest.approx(voice(30) * 4.0, abs=1e-5)


def test_later_turns_follow_what_was_taught():
    clusters = OnlineClusters()
    clusters.observe(1, voice(0), 4.0)
    clusters.observe(2, voice(30), 4.0)
    clusters.teach({2: TrackId("U1")})

    clusters.observe(3, voice(28), 2.0)
    clusters.observe(4, voice(2), 2.0)

    assert [clusters.track_of(3), clusters.track_of(4)] == ["U1", "S1"]


def test_a_taught_chain_stays_however_it_grows_and_never_merges():
    clusters = OnlineClusters()
    clusters.observe(1, voice(0), 4.0)
    clusters.teach({2: TrackId("S2")})

    clusters.observe(2, voice(5), 4.0)

    assert clusters.track_of(2) == "S2"
    assert {state.track for state in clusters.states()} == {"S1", "S2"}


def test_a_lesson_taken_back_is_forgotten():
    clusters = OnlineClusters()
    clusters.observe(1, voice(0), 4.0)
    clusters.observe(2, voice(30), 4.0)
    clusters.teach({2: TrackId("U1")})
    version = clusters.version

    clusters.teach({})

    assert clusters.track_of(2) == "S1"
    assert [state.track for state in clusters.states()] == ["S1"]
    assert clusters.version > version


def test_a_chain_without_a_voice_can_be_taught():
    clusters = OnlineClusters()

    clusters.teach({7: TrackId("U1")})

    assert clusters.track_of(7) == "U1"
    assert clusters.states() == ()


def test_names_of_the_users_voices_do_not_count_up_ours():
    clusters = OnlineClusters()
    state = TrackState(track=TrackId("U5"), total=tuple(voice(90).tolist()), speech_s=1.0)
    clusters.restore((state,))

    clusters.observe(1, voice(0), 4.0)

    assert clusters.track_of(1) == "S1"


def test_a_glimpse_is_a_guess_that_counts_for_nothing():
    clusters = OnlineClusters()
    clusters.observe(1, voice(0), 4.0)
    clusters.observe(2, voice(90), 4.0)
    before = clusters.states()

    clusters.glimpse(3, voice(60))
    clusters.glimpse(4, -voice(45))

    assert (clusters.track_of(3), clusters.track_of(4)) == ("S2", None)
    assert clusters.confidence_of(3) == INHERITED_CONFIDENCE
    assert [s.total for s in clusters.states()] == [s.total for s in before]


def test_a_guess_yields_to_the_voice():
    clusters = OnlineClusters()
    clusters.observe(1, voice(0), 4.0)
    clusters.observe(2, voice(90), 4.0)
    clusters.glimpse(3, voice(60))
    version = clusters.version

    clusters.observe(3, voice(10), 2.0)
    clusters.glimpse(3, voice(90))

    assert clusters.track_of(3) == "S1"
    assert clusters.version > version


def test_a_guess_goes_with_the_track_that_is_merged():
    clusters = OnlineClusters(ClusterParameters(same=0.95, new=0.95, continuity_bonus=0.9))
    clusters.observe(1, voice(0), 4.0)
    clusters.observe(2, voice(60), 4.0)
    clusters.glimpse(3, voice(62))
    assert clusters.track_of(3) == "S2"

    clusters.observe(2, voice(30), 30.0)

    assert clusters.track_of(2) == clusters.track_of(3) == "S1"
