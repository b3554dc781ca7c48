/* making.js: the small print: how long each stage took, which models, which settings. */

{
  const total = facts.timings.reduce((sum, [, seconds]) => sum + seconds, 0);
  const longest = facts.timings.reduce((most, [, seconds]) => Math.max(most, seconds), 0);

  const stage = ([name, seconds]) => {
    const bar = h("span", { class: "stage-bar", "aria-hidden": "true" });
    bar.style.width = `${(seconds / longest) * 100}%`;
    return h(
      "tr",
      {},
      h("th", { scope: "row" }, name),
      h("td", { class: "code" }, inWords(seconds)),
      h("td", { class: "stage-cell" }, bar),
    );
  };

  const parts = [];
  if (total > 0) {
    parts.push(h("div", {}, h("h3", {}, "Time"), h("table", {}, h("tbody", {}, facts.timings.map(stage)))));
  }
  if (facts.settings.length) {
    const rows = facts.settings.map(([name, value]) =>
      h("tr", {}, h("th", { scope: "row" }, name), h("td", { class: "code" }, value)),
    );
    parts.push(h("div", {}, h("h3", {}, "Settings"), h("table", {}, h("tbody", {}, rows))));
  }

  const models = facts.models.map(([part, name, licence]) => `${part}: ${name} (${licence})`);
  const rate = film.rate[0] / film.rate[1];
  document.getElementById("making").append(
    h(
      "p",
      {},
      [
        `Made by castlist ${facts.version}`,
        `${film.width} × ${film.height}, ${Number(rate.toFixed(3))} frames a second`,
        ...models,
      ].join(" · "),
    ),
    parts.length ? h("details", {}, h("summary", {}, "How it was made"), h("div", { class: "made" }, parts)) : "",
    h(
      "p",
      {},
      "Timecodes count frames from 00:00:00:00, non-drop.",
      facts.served ? null : " This page is complete: it opens without a network.",
    ),
  );
}
