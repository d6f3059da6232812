// How the form looks and speaks, as the merchant's page says: appearance, style, locale, layout.
// What comes from there is set through the CSSOM, name by name, so that it stays appearance.

const THEMES = ['stripe', 'night', 'flat'];
const CLASSES = {
  '.Input': 'input, select', '.Label': 'label', '.Error': '.error', '.Block': '.hint', '.Tab': '.tab',
  '.AccordionItem': '.tab', '.TermsText': '.terms', '.Input--invalid': '[aria-invalid="true"]',
  '.Tab--selected': '.tab[aria-expanded="true"]',
};
const SELECTOR = /^(\.[A-Z][A-Za-z]*(?:--[a-z]+)?)((?:::?[a-z-]+)?)$/;
const STATES = ['', ':hover', ':focus', ':focus-visible', ':disabled', ':autofill', '::placeholder', '::selection'];
const PROPERTIES = new Set(('background background-color border border-color border-radius border-style border-width '
  + 'box-shadow color fill font-family font-size font-style font-variant font-weight letter-spacing line-height margin '
  + 'margin-bottom margin-top opacity outline outline-offset padding text-align text-decoration text-shadow '
  + 'text-transform transition').split(' '));
const MAX_VALUE_CHARS = 300;

const sheet = new CSSStyleSheet();
document.adoptedStyleSheets = [sheet];

function look({ appearance, element, options, locale }) {
  const root = document.documentElement;
  root.dataset.element = element;
  root.dataset.theme = THEMES.includes(appearance.theme) ? appearance.theme : 'stripe';
  root.dataset.still = String(Boolean(appearance.disableAnimations));
  root.removeAttribute('style');
  for (const [name, value] of Object.entries(appearance.variables || {})) {
    if (/^[a-zA-Z0-9]+$/.test(name) && isValue(value)) root.style.setProperty(`--${name}`, value);
  }
  while (sheet.cssRules.length) sheet.deleteRule(0);
  for (const [selector, rules] of Object.entries(appearance.rules || {})) {
    const [, name, state] = SELECTOR.exec(selector) || [];
    if (CLASSES[name] && STATES.includes(state)) addRule(CLASSES[name], state, rules);
  }
  if (element === 'card') lookLikeCard(options.style || {});
  speak(locale);
}

// The card element's own `style` option: variants with pseudo-classes inside.
function lookLikeCard({ base = {}, invalid = {} }) {
  for (const [selector, variant] of [['input', base], ['input[aria-invalid="true"]', invalid]]) {
    addRule(selector, '', variant);
    for (const state of STATES) if (state && variant[state]) addRule(selector, state, variant[state]);
  }
}

function addRule(selectors, state, rules) {
  const selector = selectors.split(', ').map((one) => one + state).join(', ');
  const { style } = sheet.cssRules[sheet.insertRule(`${selector} {}`, sheet.cssRules.length)];
  for (const [property, value] of Object.entries(rules || {})) {
    const name = property.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    if (PROPERTIES.has(name) && isValue(value)) style.setProperty(name, String(value));
  }
}

function isValue(value) {
  return ['string', 'number'].includes(typeof value) && String(value).length <= MAX_VALUE_CHARS && !/url\(/i.test(value);
}

let texts = TEXTS.en;

function speak(locale) {
  const language = String(locale).split('-')[0];
  texts = TEXTS[language] || TEXTS.en;
  document.documentElement.lang = TEXTS[language] ? language : 'en';
  for (const node of document.querySelectorAll('[data-text]')) {
    node.textContent = texts[node.dataset.text];
  }
}
