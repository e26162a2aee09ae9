"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const rows = [...document.querySelectorAll(".row")];
  const form = document.getElementById("filters");
  const fields = ["slice", "change", "find"].filter((name) => form.elements[name]);

  // All texts go in as text, never as HTML.
  const make = (tag, name, text) => {
    const element = document.createElement(tag);
    if (name) element.className = name;
    if (text !== undefined) element.textContent = text;
    return element;
  };
  const text = (place) => make("div", "text", data.texts[place]);

  const exchange = (one) => {
    const box = make("div", "exchange");
    // The prompt is long, and much the same for all rows.
    const prompt = make("details", "prompt");
    prompt.append(make("summary", "", `prompt of ${one.messages.length} messages`));
    for (const [author, place] of one.messages) prompt.append(make("h5", "author", author), text(place));
    box.append(prompt);
    if (one.reasoning !== undefined) box.append(make("h5", "author", "reasoning"), text(one.reasoning));
    box.append(make("h5", "author", `${one.failed ? "error" : "reply"} of ${one.model}${one.note}`));
    box.append(text(one.reply));
    for (const call of one.calls) box.append(make("h5", "author", "calls"), text(call));
    return box;
  };

  const step = (one) => {
    const box = make("details", "step");
    box.open = true;
    box.append(make("summary", "", `${one.path}: ${one.usage}`));
    for (const [name, place] of one.fields) box.append(make("h5", "author", name), text(place));
    for (const note of one.notes) box.append(make("p", "dim", note));
    for (const each of one.exchanges) box.append(exchange(each));
    return box;
  };

  // The steps of a row are made when the row is opened: two thousand rows have many.
  const show = (row) => {
    const place = row.querySelector(".steps");
    if (!place || place.childElementCount > 0) return;
    data.rows[Number(place.dataset.row)].forEach((steps, side) => {
      if (steps === null) return;
      const box = make("div");
      box.append(make("h4", "", data.names.length > 1 ? `Steps of the ${data.names[side]}` : "Steps"));
      if (!data.kept) {
        box.append(make("p", "dim", "Prompts and replies were not kept; keep_exchanges(true) keeps them."));
      }
      for (const one of steps) box.append(step(one));
      place.append(box);
    });
  };
  for (const row of rows) row.addEventListener("toggle", () => row.open && show(row));

  const words = new Map();
  const said = (row) => {
    if (!words.has(row)) words.set(row, row.textContent.toLowerCase());
    return words.get(row);
  };

  const filter = () => {
    const wanted = Object.fromEntries(fields.map((name) => [name, form.elements[name].value]));
    const find = wanted.find.trim().toLowerCase();
    let shown = 0;
    for (const row of rows) {
      const fits =
        (!wanted.slice || row.dataset.slice === wanted.slice) &&
        (!wanted.change || row.dataset.change === wanted.change) &&
        (!find || said(row).includes(find));
      row.hidden = !fits;
      shown += fits ? 1 : 0;
    }
    document.getElementById("count").textContent = `${shown} of ${rows.length} rows`;
  };

  const read = () => {
    const wanted = new URLSearchParams(location.hash.slice(1));
    for (const name of fields) form.elements[name].value = wanted.get(name) ?? "";
    filter();
    const row = document.getElementById(location.hash.slice(1));
    if (row && row.classList.contains("row")) row.open = true;
  };

  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", () => {
    filter();
    const wanted = new URLSearchParams();
    for (const name of fields) if (form.elements[name].value) wanted.set(name, form.elements[name].value);
    try {
      history.replaceState(null, "", `#${wanted}`);
    } catch {
      // A page that is not at an address of its own keeps no filters in it.
    }
  });
  window.addEventListener("hashchange", read);
  form.hidden = false;
  read();
  for (const row of rows) if (row.open) show(row);
})();
