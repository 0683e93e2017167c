(() => {
  "use strict";
  const PAINTED = 500;
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

  const paint = (words) => {
    if (!window.Highlight) return;
    CSS.highlights.delete("typed");
    const visible = words.length ? entries.filter((entry) => !entry.hidden) : [];
    const found = new Highlight();
    for (const entry of visible.slice(0, PAINTED)) {
      const walker = document.createTreeWalker(entry, NodeFilter.SHOW_TEXT);
      while (walker.nextNode()) {
        const node = walker.currentNode;
        const text = node.data.toLowerCase();
        if (text.length !== node.data.length) continue;
        for (const word of words) {
          for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + word.length)) {
            const range = new Range();
            range.setStart(node, at);
            range.setEnd(node, at + word.length);
            found.add(range);
          }
        }
      }
    }
    CSS.highlights.set("typed", found);
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
    paint(words);
  };

  const copy = document.createElement("button");
  copy.type = "button";
  copy.className = "copy";
  copy.textContent = main.dataset.copy;
  const write = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = document.body.appendChild(document.createElement("textarea"));
      area.value = text;
      area.select();
      document.execCommand("copy");
      area.remove();
    }
  };
  copy.addEventListener("click", async () => {
    const entry = copy.closest("article");
    const text = [...entry.querySelectorAll(".text")].map((p) => p.textContent);
    const cited = entry.querySelector(".cited").textContent.replace(/^\[\d+\] /, "");
    const at = entry.querySelector(".at.whole");
    await write([...text, at ? `${cited}，${at.firstChild.data}` : cited].join("\n"));
    copy.textContent = main.dataset.copied;
  });
  main.addEventListener("mouseover", (event) => {
    const entry = event.target.closest("article");
    if (!entry || entry.contains(copy)) return;
    copy.textContent = main.dataset.copy;
    entry.querySelector(".at").append(copy);
  });

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
