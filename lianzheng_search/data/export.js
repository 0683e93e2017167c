(() => {
  "use strict";
  const box = document.getElementById("find");
  const bar = box.parentElement;
  const told = bar.querySelector("output");
  const main = document.querySelector("main");
  const entries = [...main.querySelectorAll("article")];
  const sections = [...main.querySelectorAll("section")].reverse();
  const links = new Map();
  for (const link of document.querySelectorAll(".contents a")) {
    links.set(link.hash.slice(1), link.closest("li"));
  }
  const fold = (text) => text.normalize("NFKC").toLowerCase();
  let texts = null;
  let timer = 0;

  const read = (entry) => {
    let text = entry.textContent;
    for (let at = entry.parentElement; at !== main; at = at.parentElement) {
      text += "\n" + at.firstElementChild.textContent;
    }
    return fold(text);
  };

  const filter = () => {
    const words = fold(box.value).split(/\s+/).filter(Boolean);
    texts ??= entries.map(read);
    let shown = 0;
    entries.forEach((entry, n) => {
      entry.hidden = !words.every((word) => texts[n].includes(word));
      shown += !entry.hidden;
    });
    for (const section of sections) {
      section.hidden = words.length > 0 && !section.querySelector("article:not([hidden])");
      const line = links.get(section.id);
      if (line) line.hidden = section.hidden;
    }
    told.textContent = words.length
      ? told.dataset.told.replace("{shown}", shown).replace("{all}", entries.length)
      : "";
  };

  box.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(filter, entries.length > 2000 ? 250 : 60);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && document.activeElement !== box) {
      event.preventDefault();
      box.focus();
    } else if (event.key === "Escape" && document.activeElement === box) {
      box.value = "";
      filter();
      box.blur();
    }
  });
  bar.hidden = false;
  if (box.value) filter();
})();
