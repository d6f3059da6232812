// Making elements. Texts become text nodes, so that nothing that a payment carries is ever read as HTML.

/** `attributes` with functions are listeners, with true or false are set or left out. */
export function el(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) {
    if (typeof value === "function") node.addEventListener(attribute, value);
    else if (value === true) node.setAttribute(attribute, "");
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(attribute, value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

export const rows = (...items) => el("ul", { class: "rows" }, ...items);

export const badge = (text, tone = "") => el("span", { class: `badge ${tone}` }, String(text).replaceAll("_", " "));

export const empty = (...words) => el("div", { class: "empty" }, ...words);

export const json = (value, title = "JSON", key = title) =>
  el("details", { "data-key": key }, el("summary", {}, title), el("pre", {}, JSON.stringify(value, null, 2)));

/** `[[name, value], …]` without those that have no value. */
export const facts = (pairs) =>
  el("dl", {}, pairs.filter(([, value]) => value !== null && value !== undefined && value !== "").flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]));

/** What was copied a moment ago: a page that refreshes meanwhile still says so. */
let copied = null;

export function copyButton(text, what) {
  const button = el("button", { type: "button", "aria-label": `Copy ${what}`, "data-key": `copy-${what}` }, copied === what ? "Copied" : "Copy");
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
      copied = what;
      setTimeout(() => (copied = null), 3000);
    } catch {
      button.textContent = "Not allowed";
    }
    button.addEventListener("blur", () => (button.textContent = "Copy"), { once: true });
  });
  return button;
}

/** A labelled field. */
export const field = (label, control) => el("label", {}, label, control);

export const choice = (name, options, extra = {}) =>
  el("select", { name, ...extra }, options.map(([value, text]) => el("option", { value }, text)));

/**
 * New contents for a region: the focus and what was unfolded stay, and what somebody types into is left alone until
 * they leave it.
 */
export function replace(region, nodes) {
  const active = document.activeElement;
  if (region.contains(active) && active.matches("input, select")) {
    region.addEventListener("focusout", () => replace(region, nodes), { once: true });
    return;
  }
  const key = region.contains(active) ? keyOf(active) : null;
  const open = new Set([...region.querySelectorAll("details[open][data-key]")].map((node) => node.dataset.key));
  region.replaceChildren(...nodes);
  for (const node of region.querySelectorAll("details[data-key]")) node.open = open.has(node.dataset.key);
  if (key !== null) [...region.querySelectorAll("a, button, summary")].find((node) => keyOf(node) === key)?.focus();
}

const keyOf = (node) => node.dataset.key ?? node.getAttribute("href") ?? node.textContent;
