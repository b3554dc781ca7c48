"use strict";

/* data.js: the film's facts and what follows from them at once. Draws nothing. */

const facts = JSON.parse(document.getElementById("facts").textContent);
const { film, shots } = facts;

/* A group has a row in the timeline and a page of its own: a character, or all unknown tracks. */
const characters = facts.characters.map((character) => ({
  ...character,
  known: true,
  label: character.name || character.id,
  hash: `#${encodeURIComponent(character.id)}`,
  tracks: [],
}));
const unknown = {
  id: "unknown",
  known: false,
  label: "Unknown",
  hash: "#unknown",
  portrait: null,
  tracks: [],
};

const trackById = new Map();
{
  const owner = new Map(characters.map((character) => [character.id, character]));
  for (const track of facts.tracks) {
    track.group = owner.get(track.character) || unknown;
    track.hash = `#track-${track.id}`;
    track.group.tracks.push(track);
    trackById.set(track.id, track);
  }
}

characters.sort((a, b) => a.hidden - b.hidden || b.seconds - a.seconds); // extras last
const groups = unknown.tracks.length ? [...characters, unknown] : characters;

/* The film from its first to its last moment, in seconds. */
const whole = (() => {
  const start = shots.start.length ? shots.start[0] : 0;
  const ends = [start + film.duration, ...shots.end.slice(-1), ...facts.tracks.map((t) => t.end)];
  return { start, end: ends.reduce((a, b) => Math.max(a, b), start + 0.001) };
})();

/* Index of the first of `values` (ascending) that is greater than `value`. */
function firstAbove(values, value) {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] > value) high = middle;
    else low = middle + 1;
  }
  return low;
}

/* Number of the shot that is on at a time, or -1. */
function shotAt(time) {
  const shot = firstAbove(shots.start, time) - 1;
  return shot >= 0 && time < shots.end[shot] ? shot : -1;
}

/* Number of the frame that is on at a time: exact at each cut, even if the rate varies. */
function frameAt(time) {
  const shot = shotAt(time);
  if (shot < 0) return Math.max(0, Math.floor((time - whole.start) * (film.rate[0] / film.rate[1])));
  const count = shots.last[shot] - shots.first[shot] + 1;
  const share = (time - shots.start[shot]) / (shots.end[shot] - shots.start[shot]);
  return shots.first[shot] + Math.min(count - 1, Math.floor(share * count + 1e-6));
}

/* The sample of a track that is nearest to a time: its place in the track's lists, or -1. */
function sampleAt(track, time) {
  const share = (time - track.start) / Math.max(track.end - track.start, 1e-9);
  const frame = track.first + share * (track.last - track.first);
  let nearest = -1;
  track.frames.forEach((own, i) => {
    if (nearest < 0 || Math.abs(own - frame) < Math.abs(track.frames[nearest] - frame)) nearest = i;
  });
  return nearest;
}
