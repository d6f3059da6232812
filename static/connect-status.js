// While the webhook waits for its first event: look again now and then, and swap what has changed.

const FIRST_PAUSE_MS = 3_000;
const LONGEST_PAUSE_MS = 15_000;
const GIVE_UP_AFTER_MS = 600_000;

const shown = document.getElementById("connections");
const startedAt = performance.now();
let pauseMs = FIRST_PAUSE_MS;

setTimeout(look, pauseMs);

async function look() {
  if (!document.hidden && !shown.contains(document.activeElement)) {
    try {
      const answer = await fetch(window.location.href, { credentials: "omit" });
      if (answer.ok) swap(new DOMParser().parseFromString(await answer.text(), "text/html"));
    } catch {
      // The network may come back.
    }
  }
  if (performance.now() - startedAt > GIVE_UP_AFTER_MS) return;
  setTimeout(look, pauseMs);
  pauseMs = Math.min(pauseMs * 1.25, LONGEST_PAUSE_MS);
}

/** Fact by fact, so that a screen reader hears only what is new; the whole where a section came or went. */
function swap(page) {
  const fresh = page.getElementById("connections");
  if (!fresh) return;
  const [before, after] = [shown, fresh].map((part) => [...part.querySelectorAll("dd")]);
  if (shown.querySelectorAll("section").length !== fresh.querySelectorAll("section").length) {
    // The copy buttons of the old part are gone with it.
    window.location.reload();
    return;
  }
  before.forEach((fact, index) => {
    if (after[index] && fact.textContent !== after[index].textContent) fact.textContent = after[index].textContent;
  });
}
