/* header.js: what film this is, and its numbers. */

{
  const seconds = facts.timings.reduce((sum, [, own]) => sum + own, 0);
  const numbers = [
    [clock(film.duration), "running time"],
    [thousands.format(film.frames), "frames"],
    [thousands.format(shots.start.length), shots.start.length === 1 ? "shot" : "shots"],
    [thousands.format(characters.length), characters.length === 1 ? "character" : "characters"],
    [thousands.format(facts.tracks.length), facts.tracks.length === 1 ? "face track" : "face tracks"],
    [thousands.format(unknown.tracks.length), "unknown"],
  ];
  if (seconds > 0) {
    numbers.push([inWords(seconds), "to analyse"]);
    numbers.push([times(film.duration / seconds), "the film’s speed"]);
  }
  document.getElementById("header").append(
    h("p", { class: "brand" }, "castlist"),
    h("h1", { dir: "auto" }, film.name),
    h(
      "dl",
      { class: "numbers" },
      numbers.map(([value, label]) => h("div", {}, h("dt", {}, label), h("dd", {}, value))),
    ),
  );
}
