// What a page without a script cannot do: search, moving by keys, copying. Filters work without it.
(() => {
  "use strict";
  const page = document.documentElement;
  page.classList.add("live");
  const places = [...document.querySelectorAll("section.place")];
  const rows = [...document.querySelectorAll("[data-row]")];
  const search = document.querySelector("#search");
  const shown = document.querySelector("#shown");
  const visible = (one) => one.offsetParent !== null;
  const words = new Map(places.map((one) => {
    const card = one.closest("article");
    const head = [...card.children].filter((part) => !part.matches("section.place"));
    return [one, [one, ...head].map((part) => part.textContent).join(" ").toLowerCase()];
  }));

  const narrow = () => {
    const wanted = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const one of places) {
      one.classList.toggle("unsought", !wanted.every((word) => words.get(one).includes(word)));
    }
    for (const row of rows) {
      row.classList.toggle("unsought", document.getElementById(row.dataset.row).classList.contains("unsought"));
    }
    for (const group of document.querySelectorAll("main article, .list tbody")) {
      group.hidden = false;
      group.hidden = ![...group.querySelectorAll("[data-place]")].some(visible);
    }
    const count = places.filter(visible).length;
    shown.textContent = count === places.length ? "" : `${count} of ${places.length} shown`;
  };

  const go = (step) => {
    const open = places.filter(visible);
    if (!open.length) return;
    const at = open.indexOf(document.activeElement.closest("section.place"));
    const next = open[at < 0 ? (step > 0 ? 0 : open.length - 1) : Math.min(open.length - 1, Math.max(0, at + step))];
    next.focus({ preventScroll: true });
    next.scrollIntoView({ block: "start" });
  };

  const copy = async (code, button) => {
    try {
      await navigator.clipboard.writeText(code.textContent);
      button.textContent = "copied";
    } catch {
      getSelection().selectAllChildren(code);
      button.textContent = "selected";
    }
    setTimeout(() => { button.textContent = "copy"; }, 1500);
  };

  for (const code of document.querySelectorAll(".next code")) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "copy";
    button.className = "copy";
    button.setAttribute("aria-label", `copy ${code.textContent}`);
    button.addEventListener("click", () => copy(code, button));
    code.after(" ", button);
  }

  search.addEventListener("input", narrow);
  document.querySelector("form.filters").addEventListener("change", narrow);
  document.querySelector("form.filters").addEventListener("reset", () => setTimeout(narrow));
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = event.target.matches("input[type=search]");
    if (event.key === "Escape" && typing) { search.value = ""; narrow(); search.blur(); return; }
    if (typing) return;
    const here = document.activeElement.closest("section.place");
    if (event.key === "j") go(1);
    else if (event.key === "k") go(-1);
    else if (event.key === "/") search.focus();
    else if (event.key === "c" && here) here.querySelector("button.copy")?.click();
    else if (event.key === "o" && here) here.querySelectorAll("details").forEach((one) => { one.open = !one.open; });
    else if (event.key === "u") document.querySelector("#list").scrollIntoView();
    else return;
    event.preventDefault();
  });
  narrow();
})();
