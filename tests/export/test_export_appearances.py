"""Appearances: maximal stretches, against a plain frame-by-frame reference."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from castlist.cast.types import CastTrack, Character
from castlist.export.appearances import appearances, co_appearances

SHOT = 20
"""Frames to a shot."""

PEOPLE = [Character(name, None, [], 0.0, 0.0, 0.0, "") for name in ("C01", "C02", "C03")]


def track(number: int, character: str | None, first: int, length: int) -> CastTrack:
    shot = first // SHOT
    last = min(first + length - 1, shot * SHOT + SHOT - 1)
    return CastTrack(number, character, shot, 0.0, 0.0, first, last, 0.5)


casts = st.lists(
    st.tuples(
        st.sampled_from(["C01", "C02", "C03", None, "C99"]),
        st.integers(0, 4 * SHOT - 1),
        st.integers(1, SHOT),
    ),
    max_size=14,
).map(lambda rows: [track(n, *row) for n, row in enumerate(rows)])


def frames_of(tracks: list[CastTrack], character: str) -> set[int]:
    return {
        frame
        for t in tracks
        if t.character == character
        for frame in range(t.start_frame, t.end_frame + 1)
    }


@given(casts)
def test_appearances_are_the_maximal_stretches(tracks):
    found = appearances(PEOPLE, tracks)
    expected = []
    for person in PEOPLE:
        seen = frames_of(tracks, person.id)
        for frame in sorted(seen):
            if frame - 1 not in seen or frame % SHOT == 0:
                last = frame
                while last + 1 in seen and (last + 1) % SHOT:
                    last += 1
                expected.append((frame, person.id, last))
    order = {person.id: place for place, person in enumerate(PEOPLE)}
    expected.sort(key=lambda e: (e[0], order[e[1]]))
    assert [(a.first, a.character.id, a.last) for a in found] == expected
    assert all(a.shot == a.first // SHOT == a.last // SHOT for a in found)
    mine = sorted(t.id for t in tracks if t.character in order)
    assert sorted(number for a in found for number in a.tracks) == mine


@given(casts)
def test_pairs_share_the_frames_on_which_both_are_seen(tracks):
    found = appearances(PEOPLE, tracks)
    pairs = {(p.one.id, p.other.id): p for p in co_appearances(PEOPLE, found)}
    assert list(pairs) == sorted(pairs)
    for one in PEOPLE:
        for other in PEOPLE:
            if one.id >= other.id:
                continue
            a, b = frames_of(tracks, one.id), frames_of(tracks, other.id)
            shots = {f // SHOT for f in a} & {f // SHOT for f in b}
            if not shots:
                assert (one.id, other.id) not in pairs
                continue
            pair = pairs[one.id, other.id]
            assert pair.shots == tuple(sorted(shots))
            shared = [f for first, last in pair.frames for f in range(first, last + 1)]
            assert shared == sorted(a & b)


def test_nobody():
    assert appearances([], []) == []
    assert appearances(PEOPLE, []) == []
    assert co_appearances(PEOPLE, []) == []


def test_one_frame():
    (only,) = appearances(PEOPLE, [track(4, "C02", 7, 1)])
    assert (only.character.id, only.shot, only.first, only.last, only.tracks) == (
        *("C02", 0, 7, 7),
        (4,),
    )
