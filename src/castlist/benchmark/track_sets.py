"""Track sets with truth: the crops of some tracks, and who each track is. Nothing is clustered.

Three readers here make one type; those of published features, in `datasets`, make it as well,
without pictures. A *crops folder* holds pictures of faces cut wide and `tracks.csv`
(crop, track, frame, label); a *film* has its truth beside it, and its tracks are either the
labelled ones or castlist's own, each of which then is whom it matches most. What had to be
detected is kept, under a name made from the contents, so that only the first reading is slow.
"""

from __future__ import annotations

import csv
import hashlib
import logging
import zipfile
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from castlist import models, pipeline
from castlist.atomic import atomic_path
from castlist.benchmark.face_cuts import RECIPE, Cut, Finder, Wish
from castlist.benchmark.reading import reading
from castlist.benchmark.track_score import matches
from castlist.benchmark.truth import NOT_SCORED, Truth
from castlist.errors import CastlistError
from castlist.faces.types import Floats, Ints
from castlist.film.identity import content_hash
from castlist.film.reader import Film
from castlist.film.types import Image
from castlist.hooks import Hook, silent
from castlist.settings import Settings
from castlist.tracks.crops import CropPictures
from castlist.tracks.sampling import EVERY, LEAST
from castlist.tracks.types import Crops, Tracks, sharing_frames
from castlist.workspace import Workspace

log = logging.getLogger(__name__)

TABLE = "tracks.csv"
"""What makes a folder a crops folder."""

FORMAT = 4  # of what is kept; changes whenever other crops would be found


@dataclass(frozen=True)
class TrackSet:
    """The crops of T tracks, and who the tracks are; N crops in order of track, then frame.

    Attributes:
        name: What the set is called in tables.
        crops: Shape (N, 192, 192, 3), RGB, canonical; on disk until looked at. None where a set is
            published as features, without pictures.
        track: Shape (N,): track of each crop, 0 to T - 1, each at least once.
        frame: Shape (N,): frame of each crop; -1 where nobody tells.
        quality: Shape (N,): see `faces.quality`; nan where there are no pictures.
        identity: Shape (T,): who each track is.
        frames: Shape (T,): frames on which each track is seen, at least one; crops are cut from
            some of them.
        cannot_link: Shape (P, 2): pairs of tracks that share a frame, the lower number first.
        features: Shape (N, d): published embeddings, of any length, in place of crops; else None.
        frontality: Shape (N,): see `faces.quality`; nan where no landmarks are known, and None
            where none were looked for.
    """

    name: str
    crops: Image | None
    track: Ints
    frame: Ints
    quality: Floats
    identity: NDArray[np.str_]
    frames: Ints
    cannot_link: Ints
    features: Floats | None = None
    frontality: Floats | None = None

    def __len__(self) -> int:
        return len(self.identity)

    @property
    def people(self) -> int:
        """How many people there are."""
        return len(np.unique(self.identity))

    def digest(self) -> str:
        """Return what identifies the set by its contents, whatever it is called."""
        digest = hashlib.sha256()
        for name, values in vars(self).items():
            if isinstance(values, np.ndarray):
                digest.update(f"{name} {values.dtype.kind} {values.shape}".encode())
                digest.update(np.ascontiguousarray(values).data)
        return digest.hexdigest()[:24]

    def seen_on(self, least: int) -> NDArray[np.bool_]:
        """Tell which tracks are seen on at least so many frames, (T,)."""
        return self.frames >= least

    def without_links(self) -> TrackSet:
        """Return the set without its cannot-links."""
        return replace(self, cannot_link=self.cannot_link[:0])

    def select(self, kept: NDArray[np.bool_], name: str) -> TrackSet:
        """Return the set of the tracks to be kept, (T,), under a name of its own."""
        number = np.cumsum(kept) - 1
        rows = kept[self.track]
        links = self.cannot_link[kept[self.cannot_link].all(axis=1)]
        return TrackSet(
            name,
            None if self.crops is None else self.crops[rows],
            number[self.track[rows]],
            self.frame[rows],
            self.quality[rows],
            self.identity[kept],
            self.frames[kept],
            number[links],
            None if self.features is None else self.features[rows],
            None if self.frontality is None else self.frontality[rows],
        )


def read_crops_folder(folder: Path, work: Path, hook: Hook = silent) -> TrackSet:
    """Read a folder of wide crops and its `tracks.csv`.

    In each sampled crop the face nearest to the middle is cut out anew. A crop in which none is
    found gives way to the next of its track; of a track without any, the middle of the first is
    taken.

    Args:
        folder: Holds `tracks.csv`, which names the pictures relative to the folder.
        work: Where what is found is kept.
        hook: Told of "crops".

    Raises:
        CastlistError: The table or a picture can't be read, or a track has two labels.
    """
    rows = _read_table(folder / TABLE)
    digest = hashlib.sha256((folder / TABLE).read_bytes())
    for row in rows:
        digest.update(_bytes(folder / row.crop))
    kept = _Kept(work, digest.hexdigest())
    if found := kept.load(folder.name):
        return found
    by_track: dict[int, list[_Row]] = defaultdict(list)
    for row in rows:
        by_track[row.track].append(row)
    finder, cuts, done = Finder(), [], 0
    for track, members in by_track.items():
        wish = Wish(np.array([row.frame for row in members]))
        for row in members:
            done += 1
            if not wish.due(row.frame):
                continue
            if cut := finder.central(_picture(folder / row.crop)):
                cuts.append(Cut(track, row.frame, *cut))
                wish.granted()
            hook("crops", done, len(rows))
        if not wish.fulfilled:
            first = members[0]
            cuts.append(Cut(track, first.frame, *finder.unseen(_picture(folder / first.crop))))
    identity = {row.track: row.label for row in rows}
    frames, owners = np.array([(row.frame, row.track) for row in rows], np.int64).reshape(-1, 2).T
    seen = sharing_frames(frames, owners)
    return kept.save(_assemble(folder.name, cuts, identity, owners, seen))


def read_film(truth: Truth, work: Path, hook: Hook = silent) -> TrackSet:
    """Read a film's labelled tracks.

    On each sampled frame the face that overlaps most with the labelled box is cut out; where none
    does enough, the next frame of the track is taken; of a track without any, what is in the first
    box. Tracks that aren't scored are left out.

    Args:
        truth: The film and its labelled tracks.
        work: Where what is found is kept.
        hook: Told of "crops".

    Raises:
        FilmError: The film can't be read.
    """
    name = truth.film.stem
    digest = hashlib.sha256(content_hash(truth.film).encode())
    for track in truth.tracks:
        for part in (track.identity.encode(), track.frames.tobytes(), track.boxes.tobytes()):
            digest.update(hashlib.sha256(part).digest())
    kept = _Kept(work, digest.hexdigest())
    if found := kept.load(name):
        return found
    scored = {n: t for n, t in enumerate(truth.tracks) if t.scored and len(t.frames)}
    wishes = {n: Wish(t.frames) for n, t in scored.items()}
    labelled: dict[int, list[tuple[int, Floats]]] = defaultdict(list)
    for n, track in scored.items():
        for frame, box in zip(track.frames.tolist(), track.boxes, strict=True):
            labelled[frame].append((n, box))
    finder, cuts, end = Finder(), [], max(labelled, default=-1) + 1
    spare: dict[int, Cut] = {}
    with Film.open(truth.film) as film:
        aspect = float(film.info.pixel_aspect)
        size = round(film.info.width * aspect), film.info.height
        square = np.array([aspect, 1, aspect, 1], np.float32)
        for frame in film.frames():
            if frame.index >= end:
                break
            due = [(n, box) for n, box in labelled[frame.index] if wishes[n].due(frame.index)]
            picture = frame.picture(*size) if due else None
            for n, box in due:
                assert picture is not None, "there is one wherever something is due"
                if cut := finder.near(picture, box * square):
                    cuts.append(Cut(n, frame.index, *cut))
                    wishes[n].granted()
                elif n not in spare:
                    spare[n] = Cut(n, frame.index, *finder.unseen(picture, box * square))
            hook("crops", frame.index + 1, end)
    cuts += [spare[n] for n in spare if not wishes[n].fulfilled]
    identity = {n: track.identity for n, track in scored.items()}
    frames = np.concatenate([np.zeros(0, np.int64), *(t.frames for t in scored.values())])
    owners = np.repeat(list(scored), [len(t.frames) for t in scored.values()]).astype(np.int64)
    seen = sharing_frames(frames, owners)
    return kept.save(_assemble(name, cuts, identity, owners, seen))


def run_to_tracks(
    film: Path,
    work: Path,
    *,
    encoder: str = models.DEFAULT_ENCODER,
    device: str = "auto",
    hook: Hook = silent,
) -> None:
    """Run a film as far as its tracks, for `read_own_tracks`.

    Args:
        film: The film.
        work: Where the workspace is made.
        encoder: The network that tells tracks apart, and shall embed them.
        device: Where it runs.
        hook: Told of progress.

    Raises:
        CastlistError: The film can't be read, a model is missing...
    """
    settings = Settings(encoder=encoder, device=device)
    pipeline.run(film, out=_own(film, work), settings=settings, until="tracks", hook=hook)


def read_own_tracks(truth: Truth, work: Path) -> TrackSet:
    """Read castlist's own tracks of a film that was run as far as its tracks.

    A track is the person of most of the labelled boxes that it matches. Tracks that match none,
    or mostly ones that aren't scored, are left out.

    Args:
        truth: The film and its labelled tracks.
        work: Where the workspace is.
    """
    workspace = Workspace(_own(truth.film, work))
    tracks, crops = Tracks.load(workspace.tracks), Crops.load(workspace.crops)
    votes: dict[int, Counter[str]] = defaultdict(Counter)
    for labelled, mine in matches(truth.tracks, tracks):
        votes[mine][truth.tracks[labelled].identity] += 1
    identity = {mine: vote.most_common(1)[0][0] for mine, vote in votes.items()}
    identity = {mine: who for mine, who in identity.items() if who not in NOT_SCORED}
    rows = np.flatnonzero(np.isin(crops.track, list(identity)))
    pictures = CropPictures(workspace.folder, crops)[rows]
    cuts = [
        Cut(int(crops.track[row]), int(crops.frame[row]), picture, float(crops.quality[row]))
        for row, picture in zip(rows, pictures, strict=True)
    ]
    return _assemble(truth.film.stem, cuts, identity, tracks.track, tracks.co_occurring())


def _own(film: Path, work: Path) -> Path:
    """Return the workspace of a film."""
    return work / f"{film.stem}.castlist"


class _Kept:
    """What was found in a source, on disk: the crops in one file, all else in another.

    Args:
        work: The folder.
        contents: What identifies the source by its contents.
    """

    def __init__(self, work: Path, contents: str) -> None:
        recipe = f"{FORMAT} {RECIPE} {EVERY} {LEAST} {models.digest('centerface')} {contents}"
        key = hashlib.sha256(recipe.encode()).hexdigest()[:20]
        self._folder = work / "track_sets"
        self._crops, self._rest = (self._folder / f"{key}{end}" for end in (".npy", ".npz"))

    def load(self, name: str) -> TrackSet | None:
        """Return it under that name, if it is there and whole."""
        try:
            with np.load(self._rest) as rest:
                return TrackSet(name=name, crops=np.load(self._crops, mmap_mode="c"), **rest)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError, EOFError, zipfile.BadZipFile) as error:
            log.warning("%s: can't be read (%s), made anew", self._rest, error)
            return None

    def save(self, found: TrackSet) -> TrackSet:
        """Keep it; return it as it is read back."""
        assert found.crops is not None, "what is found are pictures"
        self._folder.mkdir(parents=True, exist_ok=True)
        rest = {k: v for k, v in vars(found).items() if k not in ("name", "crops", "features")}
        with atomic_path(self._crops) as path, path.open("wb") as file:
            np.save(file, found.crops)
        with atomic_path(self._rest) as path, path.open("wb") as file:
            np.savez(file, **rest)
        return replace(found, crops=np.load(self._crops, mmap_mode="c"))


def _assemble(
    name: str, cuts: list[Cut], identity: Mapping[int, str], owners: Ints, sharing: Ints
) -> TrackSet:
    """Order the crops, and number from 0 the tracks that have any.

    Args:
        name: Of the set.
        cuts: The crops.
        identity: Who each track is, by its number in the source.
        owners: Shape (R,): track of each box in the source.
        sharing: Shape (P, 2): pairs of tracks that share a frame.
    """
    cuts = sorted(cuts, key=lambda cut: (cut.track, cut.frame))
    number = {track: n for n, track in enumerate(dict.fromkeys(cut.track for cut in cuts))}
    frames = Counter(owners.tolist())
    log.info("%s: %d crops of %d tracks", name, len(cuts), len(number))
    if lost := len(identity) - len(number):
        log.warning("%s: %d tracks are left out: no face was found on them", name, lost)
    links = sorted(
        (number[a], number[b]) for a, b in sharing.tolist() if a in number and b in number
    )
    return TrackSet(
        name,
        np.stack([cut.crop for cut in cuts]) if cuts else np.zeros((0, 192, 192, 3), np.uint8),
        np.array([number[cut.track] for cut in cuts], np.int64),
        np.array([cut.frame for cut in cuts], np.int64),
        np.array([cut.quality for cut in cuts], np.float32),
        np.array([identity[track] for track in number], np.str_),
        np.array([frames[track] for track in number], np.int64),
        np.array(links, np.int64).reshape(-1, 2),
        frontality=np.array([cut.frontality for cut in cuts], np.float32),
    )


@dataclass(frozen=True)
class _Row:
    crop: str
    track: int
    frame: int
    label: str


def _read_table(path: Path) -> list[_Row]:
    """Return the rows of a `tracks.csv` that are scored, in order of track, then frame."""
    with (
        reading(path, "a table of crops (crop, track, frame, label)"),
        path.open(newline="", encoding="utf-8-sig") as file,
    ):
        rows = [
            _Row(r["crop"], int(r["track"]), int(r["frame"]), str(r["label"]))
            for r in csv.DictReader(file)
        ]
    label: dict[int, str] = {}
    for row in rows:
        if label.setdefault(row.track, row.label) != row.label:
            raise CastlistError(f"{path}: track {row.track} has two labels; give it one")
    scored = [row for row in rows if row.label not in NOT_SCORED]
    return sorted(scored, key=lambda row: (row.track, row.frame))


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CastlistError(
            f"{path}: can't be read ({error.strerror}); {TABLE} names it"
        ) from error


def _picture(path: Path) -> Image:
    data = np.frombuffer(_bytes(path), np.uint8)
    picture = cv2.imdecode(data, cv2.IMREAD_COLOR_RGB) if len(data) else None
    if picture is None:
        raise CastlistError(f"{path}: isn't a picture; {TABLE} names it")
    return np.asarray(picture, np.uint8)
