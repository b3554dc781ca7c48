/* search.js: what a query means. A name, an id, a track, a shot, or a moment of the film. */

/* Return {group, track}: tests of whether a group or a track answers the query. */
function search(query) {
  const text = query.trim().toLowerCase();
  if (!text) return { group: () => true, track: () => true };
  const track = trackTest(text);
  return {
    track,
    group: (group) =>
      group.label.toLowerCase().includes(text) ||
      group.id.toLowerCase().includes(text) ||
      group.tracks.some(track),
  };
}

function trackTest(text) {
  const shot = text.match(/^shot\s*(\d+)$/);
  if (shot) return (track) => track.shot === Number(shot[1]);
  const number = text.match(/^(?:track\s*|#)?(\d+)$/);
  if (number) return (track) => track.id === Number(number[1]);
  if (/^\d+(:\d{1,2}){3}$/.test(text)) {
    const [hours, minutes, seconds, frames] = text.split(":").map(Number);
    const frame = (hours * 3600 + minutes * 60 + seconds) * nominalRate + frames;
    return (track) => track.first <= frame && frame <= track.last;
  }
  if (/^\d+(:\d{1,2}){1,2}$/.test(text)) {
    const time = text.split(":").reduce((sum, part) => sum * 60 + Number(part), 0);
    return (track) => track.start < time + 1 && time <= track.end;
  }
  return () => false;
}

/* A search field that tells `changed` its text. */
function searchField(label, placeholder, changed) {
  const input = h("input", {
    type: "search",
    class: "search",
    "aria-label": label,
    placeholder,
    autocomplete: "off",
    spellcheck: "false",
  });
  input.addEventListener("input", () => changed(input.value));
  return input;
}
