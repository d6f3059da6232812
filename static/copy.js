// Three small courtesies: copy buttons, show/hide for secrets, and forms that are sent once.

const SHOWN_MS = 2_000;

for (const button of document.querySelectorAll("[data-copy]")) {
  const label = button.textContent;
  const spoken = announcer();
  button.addEventListener("click", async () => {
    const source = document.querySelector(button.dataset.copy);
    const copied = await copy(source);
    button.textContent = copied ? "Copied" : "Select and copy";
    spoken.textContent = copied ? "Copied" : "";
    setTimeout(() => {
      button.textContent = label;
      spoken.textContent = "";
    }, SHOWN_MS);
  });
}

for (const button of document.querySelectorAll("[data-reveal]")) {
  const field = document.querySelector(button.dataset.reveal);
  button.hidden = false;
  button.addEventListener("click", () => {
    const shown = field.type === "password";
    field.type = shown ? "text" : "password";
    button.textContent = shown ? "Hide" : "Show";
    button.setAttribute("aria-pressed", String(shown));
  });
}

for (const form of document.querySelectorAll("form[data-submit-once]")) {
  const button = form.querySelector("button[type=submit]");
  const label = button.textContent;
  let sent = false;
  form.addEventListener("submit", (event) => {
    if (sent) {
      event.preventDefault();
      return;
    }
    sent = true;
    // A shown secret goes back to dots, so that browsers do not remember it as text.
    for (const reveal of form.querySelectorAll("[data-reveal][aria-pressed=true]")) reveal.click();
    button.setAttribute("aria-disabled", "true");
    const spinner = document.createElement("span");
    spinner.className = "spinner";
    spinner.setAttribute("aria-hidden", "true");
    button.replaceChildren(spinner, button.dataset.busyLabel ?? label);
  });
  // Back from the next page: the form can be sent again.
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    sent = false;
    button.removeAttribute("aria-disabled");
    button.textContent = label;
  });
}

/** The clipboard needs https or localhost; elsewhere the text is selected, ready for the keyboard. */
async function copy(source) {
  try {
    await navigator.clipboard.writeText(source.textContent.trim());
    return true;
  } catch {
    window.getSelection().selectAllChildren(source);
    return false;
  }
}

function announcer() {
  const region = document.createElement("span");
  region.className = "visually-hidden";
  region.setAttribute("role", "status");
  document.body.append(region);
  return region;
}
