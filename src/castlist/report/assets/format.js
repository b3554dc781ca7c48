/* format.js: numbers and times as text. */

const thousands = new Intl.NumberFormat("en");

const nominalRate = Math.max(1, Math.round(film.rate[0] / film.rate[1]));

function pad(number, width = 2) {
  return String(number).padStart(width, "0");
}

/* "1 track", "1,000 tracks" */
function counted(count, noun) {
  return `${thousands.format(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/* HH:MM:SS:FF of a frame, non-drop, frames counted at the whole rate next to the film's. */
function timecode(frame) {
  const seconds = Math.floor(frame / nominalRate);
  return [
    pad(Math.floor(seconds / 3600)),
    pad(Math.floor(seconds / 60) % 60),
    pad(seconds % 60),
    pad(frame % nominalRate, nominalRate > 100 ? 3 : 2),
  ].join(":");
}

/* 1:02:03, or 2:03 below an hour */
function clock(seconds) {
  const all = Math.max(0, Math.floor(seconds + 1e-6));
  const [hours, minutes] = [Math.floor(all / 3600), Math.floor(all / 60) % 60];
  return hours ? `${hours}:${pad(minutes)}:${pad(all % 60)}` : `${minutes}:${pad(all % 60)}`;
}

/* mm:ss of a length, minutes beyond 60 too */
function onScreen(seconds) {
  const all = Math.round(seconds);
  return `${pad(Math.floor(all / 60))}:${pad(all % 60)}`;
}

/* 41 min 12 s */
function inWords(seconds) {
  const all = Math.round(seconds);
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (all < 60) return `${all} s`;
  const [hours, minutes] = [Math.floor(all / 3600), Math.floor(all / 60) % 60];
  return hours ? `${hours} h ${minutes} min` : `${minutes} min ${all % 60} s`;
}

function percent(share) {
  const value = share * 100;
  if (value > 0 && value < 1) return "<\u00a01\u00a0%";
  return `${Math.round(value)}\u00a0%`;
}

/* 2.4×, 0.08×, 38× */
function times(factor) {
  return `${factor >= 10 ? Math.round(factor) : Number(factor.toPrecision(2))}×`;
}
