"use strict";
// The report page: tips on entities, sentences of a paragraph, filters, jumps and search. Everything is placed as text, never as HTML.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const root = document.documentElement;
  const get = (id) => document.getElementById(id);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const make = (tag, text = "", className = "") => {
    const node = document.createElement(tag);
    node.textContent = text;
    node.className = className;
    return node;
  };
  const text = get("text");
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches || all("#text .b").length > 150;

  // tips: one box for all entities, shown on hover, focus and touch, closed by Escape
  const tip = get("tip");
  let shown = null;
  let closing = 0;
  const fillTip = (mark) => {
    const [label, name, rows] = data.entities[mark.dataset.e];
    tip.replaceChildren(make("strong", name), make("small", label));
    if (rows.length === 0) tip.append(make("p", "没有更多信息"));
    const list = make("dl");
    for (const [field, value] of rows) list.append(make("dt", field), make("dd", value));
    if (rows.length) tip.append(list);
  };
  const placeTip = (mark) => {
    const box = [...mark.getClientRects()][0];
    const { offsetWidth: width, offsetHeight: height } = tip;
    const below = box.bottom + height + 8 < innerHeight || box.top < height + 8;
    tip.style.left = `${Math.max(8, Math.min(box.left, root.clientWidth - width - 8)) + scrollX}px`;
    tip.style.top = `${(below ? box.bottom + 2 : box.top - height - 2) + scrollY}px`;
  };
  const openTip = (mark) => {
    clearTimeout(closing);
    if (shown === mark || root.classList.contains(`hide-${mark.classList[1]}`)) return;
    closeTip();
    fillTip(mark);
    tip.hidden = false;
    placeTip(mark);
    mark.setAttribute("aria-describedby", "tip");
    shown = mark;
  };
  const closeTip = () => {
    clearTimeout(closing);
    shown?.removeAttribute("aria-describedby");
    shown = null;
    tip.hidden = true;
  };
  const closeSoon = () => {
    clearTimeout(closing);
    closing = setTimeout(closeTip, 180);
  };
  const markOf = (event) => (event.target instanceof Element ? event.target.closest("mark") : null);
  text.addEventListener("mouseover", (event) => (markOf(event) ? openTip(markOf(event)) : closeSoon()));
  text.addEventListener("mouseleave", closeSoon);
  tip.addEventListener("mouseenter", () => clearTimeout(closing));
  tip.addEventListener("mouseleave", closeSoon);
  text.addEventListener("focusin", (event) => {
    if (!markOf(event)) return closeTip();
    moveTabStop(markOf(event));
    openTip(markOf(event));
  });
  text.addEventListener("focusout", closeSoon);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") closeTip();
  });

  // one tab stop for all entities; arrows go from one to the next
  const marks = all("mark", text);
  let stop = marks[0];
  if (stop) stop.tabIndex = 0;
  const moveTabStop = (mark) => {
    if (stop) stop.tabIndex = -1;
    stop = mark;
    stop.tabIndex = 0;
  };
  const isReachable = (mark) => mark.offsetParent !== null && !root.classList.contains(`hide-${mark.classList[1]}`);
  const keepTabStop = () => {
    if (stop && isReachable(stop)) return;
    const next = marks.find(isReachable);
    if (next) moveTabStop(next);
  };
  const steps = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
  text.addEventListener("keydown", (event) => {
    const step = steps[event.key];
    if (!step || !markOf(event)) return;
    event.preventDefault();
    let i = marks.indexOf(markOf(event)) + step;
    while (marks[i] && !isReachable(marks[i])) i += step;
    marks[i]?.focus();
  });

  // the sentences of a paragraph: domains with probability, status, and what decided
  const sentenceRow = (number) => {
    const [domains, status, features] = data.sentences[number];
    const item = make("li");
    const line = make("p", get(`s${number}`).textContent.trim().slice(0, 60), "quote");
    const facts = make("p", domains.map((pair) => pair.join(" ")).join("，") || "未分类", "facts");
    if (status) facts.append(make("small", status));
    item.append(line, facts);
    if (features.length) {
      const list = make("ul", "", "features");
      list.append(make("li", "依据", "what"));
      for (const [feature, weight] of features) {
        const feat = make("li", feature);
        feat.append(make("small", weight));
        list.append(feat);
      }
      item.append(list);
    }
    return item;
  };
  const toggleSentences = (button) => {
    const block = button.parentElement;
    const open = button.getAttribute("aria-expanded") !== "true";
    button.setAttribute("aria-expanded", String(open));
    if (!open) return block.querySelector(".sentences").remove();
    const list = make("ol", "", "sentences");
    list.append(...block.dataset.n.split(" ").map(sentenceRow));
    block.append(list);
  };
  text.addEventListener("click", (event) => {
    const button = event.target.closest(".ribbon");
    if (button) toggleSentences(button);
  });

  // filters: by label (colours go), by domain and status (paragraphs and table rows go)
  const chips = all("#domains button");
  const boxes = all("#bar input[data-label]");
  const blocks = all(".b", text);
  const furniture = all(".furniture", text);
  const rows = all("#metrics tbody tr");
  const ancestors = (section) => {
    const path = [];
    for (let i = section; i !== null && i !== undefined; i = data.parents[i]) path.push(String(i));
    return path;
  };
  const applyFilters = () => {
    const domains = new Set(chips.filter((c) => c.getAttribute("aria-pressed") === "true").map((c) => c.dataset.domain));
    const status = get("status").value;
    const filtered = domains.size > 0 || status !== "";
    const fits = (node) =>
      (domains.size === 0 || (node.dataset.d ?? "").split(" ").some((d) => domains.has(d))) &&
      (status === "" || (node.dataset.s ?? "").split(" ").includes(status));
    const open = new Set();
    for (const block of blocks) {
      if (block.classList.contains("heading")) continue;
      block.hidden = filtered && !fits(block);
      if (!block.hidden && block.dataset.h) ancestors(Number(block.dataset.h)).forEach((i) => open.add(i));
    }
    for (const block of blocks) {
      if (block.classList.contains("heading")) block.hidden = filtered && !open.has(block.dataset.h);
    }
    for (const node of furniture) node.hidden = filtered;
    for (const row of rows) row.hidden = filtered && !fits(row);
    for (const box of boxes) root.classList.toggle(`hide-l${box.dataset.label}`, !box.checked);
    const visible = blocks.filter((b) => !b.hidden).length;
    get("shown").value = filtered ? `显示 ${visible} / ${blocks.length} 段` : "";
    get("rows").value = filtered ? `${rows.filter((r) => !r.hidden).length} / ${rows.length}` : String(rows.length);
    get("clear").disabled = !filtered && boxes.every((b) => b.checked);
    closeTip();
    keepTabStop();
    search(false);
  };
  const clearFilters = () => {
    for (const chip of chips) chip.setAttribute("aria-pressed", "false");
    for (const box of boxes) box.checked = true;
    get("status").value = "";
    applyFilters();
  };
  for (const chip of chips) {
    chip.addEventListener("click", () => {
      chip.setAttribute("aria-pressed", String(chip.getAttribute("aria-pressed") !== "true"));
      applyFilters();
    });
  }
  for (const control of [...boxes, get("status")]) control.addEventListener("change", applyFilters);
  get("bar").addEventListener("reset", (event) => {
    event.preventDefault();
    clearFilters();
    get("q").focus();
  });

  // jumps: to a sentence, an entity or a part of the page, with the way back to the table
  const back = get("back");
  let origin = null;
  const go = (target) => {
    if (target.closest("[hidden]")) clearFilters();
    const folded = target.closest("details") ?? target.querySelector(":scope > details");
    if (folded) folded.open = true;
    for (const old of all(".here")) old.classList.remove("here");
    const sentence = target.matches("mark") ? target.closest(".s") : target;
    if (sentence && text.contains(sentence) && sentence !== text) sentence.classList.add("here");
    target.scrollIntoView({ block: target.matches("mark, .s") ? "center" : "start", behavior: calm ? "auto" : "smooth" });
    target.focus({ preventScroll: true });
  };
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-go]");
    const target = link && get(link.dataset.go);
    if (!target) return;
    event.preventDefault();
    go(target);
    origin = link.closest("#metrics") ? link : null;
    back.hidden = origin === null;
  });
  back.addEventListener("click", () => {
    if (origin?.closest("[hidden]")) clearFilters();
    origin?.scrollIntoView({ block: "center" });
    origin?.focus({ preventScroll: true });
    back.hidden = true;
  });

  // search: finds words across marks and sentences, without touching the text
  const index = new Map();
  const nodesOf = (block) => {
    if (!index.has(block)) {
      const walker = document.createTreeWalker(block, NodeFilter.SHOW_TEXT);
      const nodes = [];
      let position = 0;
      for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        nodes.push([position, node]);
        position += node.data.length;
      }
      index.set(block, { nodes, text: nodes.map(([, node]) => node.data).join("").toLowerCase() });
    }
    return index.get(block);
  };
  const point = (nodes, offset, atEnd) => {
    let low = 0;
    let high = nodes.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (nodes[middle][0] < offset || (!atEnd && nodes[middle][0] === offset)) low = middle;
      else high = middle - 1;
    }
    return [nodes[low][1], offset - nodes[low][0]];
  };
  const findRanges = (query) => {
    const found = [];
    for (const block of all(".t", text)) {
      if (block.closest("[hidden]")) continue;
      const { nodes, text: content } = nodesOf(block);
      for (let at = content.indexOf(query); at >= 0; at = content.indexOf(query, at + query.length)) {
        const range = new Range();
        range.setStart(...point(nodes, at, false));
        range.setEnd(...point(nodes, at + query.length, true));
        found.push(range);
      }
    }
    return found;
  };
  let hits = [];
  let current = -1;
  const paintHits = () => {
    get("hits").value = get("q").value.trim() === "" ? "" : hits.length ? `${current + 1} / ${hits.length}` : "没有找到";
    if (!window.CSS?.highlights) return hits[current] && getSelection().setBaseAndExtent(...rangeEnds(hits[current]));
    CSS.highlights.set("hit", new Highlight(...hits));
    CSS.highlights.set("current", new Highlight(...hits.slice(current, current + 1)));
  };
  const rangeEnds = (range) => [range.startContainer, range.startOffset, range.endContainer, range.endOffset];
  const showHit = (step) => {
    if (hits.length === 0) return;
    current = (current + step + hits.length) % hits.length;
    const node = hits[current].startContainer.parentElement;
    const folded = node.closest("details");
    if (folded) folded.open = true;
    node.scrollIntoView({ block: "center" });
    paintHits();
  };
  const search = (move) => {
    const query = get("q").value.trim().toLowerCase();
    hits = query === "" ? [] : findRanges(query);
    current = hits.length ? 0 : -1;
    paintHits();
    if (move && hits.length) showHit(0);
  };
  let typing = 0;
  get("q").addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(() => search(true), 150);
  });
  get("bar").addEventListener("submit", (event) => {
    event.preventDefault();
    showHit(1);
  });
  get("prev").addEventListener("click", () => showHit(-1));
  get("q").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.shiftKey) {
      event.preventDefault();
      showHit(-1);
    }
  });

  // the section being read, shown in the outline
  const links = new Map(all("#outline a").map((link) => [link.dataset.go, link]));
  const heads = [...links.keys()].map(get).filter(Boolean);
  const showSection = () => {
    const above = heads.filter((head) => head.offsetParent && head.getBoundingClientRect().top < 140);
    for (const link of all("#outline [aria-current]")) link.removeAttribute("aria-current");
    const link = above.length ? links.get(above[above.length - 1].id) : null;
    link?.setAttribute("aria-current", "true");
    if (link && outline.scrollHeight > outline.clientHeight) {
      const offset = link.getBoundingClientRect().top - outline.getBoundingClientRect().top;
      if (offset < 0 || offset > outline.clientHeight - 30) outline.scrollTop += offset - outline.clientHeight / 3;
    }
  };
  const outline = get("outline");
  let waiting = false;
  addEventListener("scroll", () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      showSection();
    });
  }, { passive: true });

  if (matchMedia("(max-width: 1000px)").matches) for (const part of all(".side details")) part.open = false;
  addEventListener("beforeprint", closeTip);
  applyFilters();
  showSection();
})();
