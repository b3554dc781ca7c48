/* main.js: which place of the page is open, told to every panel; keys and links.
   A panel is an object with show(place, before): a place is {group, track}, either null, and
   `before` also has how far the window was scrolled.
   The address says it all: #C03, #unknown, #track-17, and anything else is the whole cast. */

{
  const panels = [gallery, timeline, character];
  let here = { group: null, track: null };

  const placeOf = (hash) => {
    let text = "";
    try {
      text = decodeURIComponent(hash.slice(1));
    } catch {
      /* not an address of ours: the whole cast */
    }
    const number = text.match(/^track-(\d+)$/);
    const track = (number && trackById.get(Number(number[1]))) || null;
    const group = track ? track.group : groups.find((own) => own.id === text) || null;
    return { group, track };
  };

  const show = () => {
    const before = { ...here, scroll: scrollY };
    here = placeOf(location.hash);
    document.body.classList.toggle("opened", Boolean(here.group));
    for (const panel of panels) panel.show(here, before);
    const names = [here.track && `Track ${here.track.id}`, here.group && here.group.label, film.name];
    document.title = `${names.filter(Boolean).join(" · ")} · castlist`;
  };

  const typing = (target) => target.matches("input, textarea, select");

  const onKey = (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (document.querySelector("dialog[open]")) return;
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (event.key === "Escape") {
      if (typing(event.target) && event.target.value) return;
      if (here.group) location.hash = "#cast";
    } else if (typing(event.target)) {
      return;
    } else if (step && here.group) {
      const other = character.neighbour(step);
      if (other) location.replace(other.hash);
    } else if (event.key === "/") {
      const field = document.querySelector("section:not([hidden]) .search");
      if (field) field.focus();
    } else if (["+", "="].includes(event.key)) {
      timeline.zoom(1.6);
    } else if (event.key === "-") {
      timeline.zoom(1 / 1.6);
    } else if (event.key === "0") {
      timeline.zoom(0);
    } else {
      return;
    }
    event.preventDefault();
  };

  history.scrollRestoration = "manual";
  addEventListener("hashchange", show);
  addEventListener("keydown", onKey);
  document.querySelector(".skip").addEventListener("click", () => {
    const title = (here.group ? character : gallery).title();
    title.scrollIntoView();
    title.focus();
  });
  show();
}
