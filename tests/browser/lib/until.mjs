// Waiting for what has no event to listen to, such as a state that only an API tells.

import assert from 'node:assert/strict';

const limitMs = 15_000;
const pauseMs = 50;

/**
 * Asks until the answer is truthy, and returns it.
 * @template T
 * @param {string} what is awaited, for the message when it never comes
 * @param {() => T | Promise<T>} ask
 * @returns {Promise<T>}
 */
export async function until(what, ask) {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    assert.ok(Date.now() < deadline, `${what} did not happen within ${limitMs} ms`);
    await new Promise((resume) => {
      setTimeout(resume, pauseMs);
    });
  }
}
