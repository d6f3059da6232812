// What the strict CSP and the house rules ask of pages and scripts, checked on the sources.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const files = (folder, ext) =>
  readdirSync(`${root}${folder}`, { recursive: true })
    .filter((name) => name.endsWith(ext))
    .map((name) => [`${folder}/${name}`, readFileSync(`${root}${folder}/${name}`, "utf8")]);

const templates = files("templates", ".html");
const scripts = files("static", ".js");

test("there is something to check", () => {
  assert.ok(templates.length >= 9 && scripts.length >= 7);
});

for (const [name, text] of templates) {
  test(`${name} has no inline handler, style or script`, () => {
    assert.doesNotMatch(text, /\son[a-z]+\s*=/i);
    assert.doesNotMatch(text, /\sstyle\s*=|<style/i);
    assert.doesNotMatch(text, /javascript:/i);
    for (const [tag] of text.matchAll(/<script\b[^>]*>/g)) {
      const isData = tag.includes('type="application/json"');
      assert.ok(isData || (tag.includes('nonce="{{ page.nonce }}"') && tag.includes("src=")), tag);
    }
  });

  test(`${name} leaves escaping on, but for the JSON that the server has escaped`, () => {
    for (const [, expression] of text.matchAll(/\{\{([^}]*)\}\}/g)) {
      if (expression.includes("|")) assert.equal(expression.trim(), "config_json|safe");
    }
  });

  test(`${name} opens other sites without handing them this window`, () => {
    for (const [tag] of text.matchAll(/<a\b[^>]*target="_blank"[^>]*>/g)) assert.match(tag, /rel="noopener noreferrer"/);
  });
}

for (const [name, text] of scripts) {
  test(`${name} never turns data into markup or code`, () => {
    assert.doesNotMatch(text, /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function/);
  });
}

test("the widget is under 12 kB gzipped, ASCII, and sends no cookies", () => {
  const widget = readFileSync(`${root}static/widget.js`);
  assert.ok(gzipSync(widget, { level: 9 }).length < 12_000);
  assert.ok(widget.every((byte) => byte < 128));
  assert.match(widget.toString(), /credentials: "omit"/);
});
