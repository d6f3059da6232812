// The card form: typing, what is wrong beside the field it is wrong in, and what the form holds.

const byId = (id) => document.getElementById(id);
const fields = { number: byId('number'), expiry: byId('expiry'), cvc: byId('cvc'), zip: byId('zip') };
const country = byId('country');
const form = byId('card');
const tab = byId('tab');
// In these countries the issuer compares the postal code. Source: Stripe docs, "Payment Element".
const WITH_POSTAL_CODE = ['US', 'CA', 'GB', 'PR'];

let setup = null; // what the merchant's page has said last
let collapsed = false;
let lastChange = '';

const isCard = () => setup?.element === 'card';
const shown = () => Object.keys(fields).filter((name) => !byId(`${name}-field`).hidden);

function problem(name) {
  const value = fields[name].value;
  switch (name) {
    case 'number': return numberProblem(value);
    case 'expiry': return expiryProblem(value, new Date());
    case 'cvc': return cvcProblem(value, fields.number.value);
    default: return zipProblem(value, isCard() ? '' : country.value);
  }
}

// ---------------------------------------------------------------- what is asked for

function arrange(next) {
  const first = setup === null;
  setup = next;
  const { options, saves, business, element } = setup;
  const asked = options.fields?.billingDetails;
  const address = asked === 'never' ? 'never' : asked?.address;
  const off = (name) => address === 'never' || address?.[name] === 'never';
  byId('country-field').hidden = isCard() || off('country');
  byId('zip-field').dataset.off = String(isCard() ? Boolean(options.hidePostalCode) : off('postalCode'));
  if (first) fill(options);
  arrangeZip();
  const accordion = (options.layout?.type ?? options.layout) === 'accordion';
  if (first && options.layout?.defaultCollapsed) collapsed = true;
  tab.hidden = element === 'card' || (!accordion && !collapsed);
  setCollapsed(collapsed);
  for (const input of Object.values(fields)) {
    input.readOnly = Boolean(options.readOnly);
    input.disabled = Boolean(options.disabled);
  }
  country.disabled = Boolean(options.readOnly);
  byId('brand').hidden = Boolean(options.hideIcon);
  const terms = options.terms?.card ?? 'auto';
  byId('terms').hidden = !(terms === 'always' || (terms === 'auto' && saves)) || isCard();
  byId('terms').textContent = texts.terms.replace('{business}', business ?? '');
}

function fill({ defaultValues, value }) {
  const { address } = defaultValues?.billingDetails ?? {};
  fillCountries(address?.country);
  fields.zip.value = address?.postal_code ?? value?.postalCode ?? '';
  byId('test-cards').replaceChildren(...TEST_CARDS.map(testCardButton));
}

function fillCountries(given) {
  const language = document.documentElement.lang;
  const names = new Intl.DisplayNames([language], { type: 'region' });
  const chosen = given || /-([A-Z]{2})$/.exec(setup.locale)?.[1] || 'US';
  const options = COUNTRIES.map((code) => [names.of(code), code])
    .sort(([a], [b]) => a.localeCompare(b, language))
    .map(([name, code]) => new Option(name, code, code === chosen, code === chosen));
  country.replaceChildren(...options);
}

function arrangeZip() {
  const field = byId('zip-field');
  field.hidden = field.dataset.off === 'true' || !(isCard() || WITH_POSTAL_CODE.includes(country.value));
  const isZip = isCard() || country.value === 'US';
  byId('zip-label').textContent = isZip ? texts.zip : texts.postal;
  fields.zip.placeholder = isCard() ? 'ZIP' : { US: '12345', CA: 'M5T 1T4', GB: 'WS11 1DB' }[country.value] ?? '';
  fields.zip.inputMode = isZip ? 'numeric' : 'text';
}

function testCardButton([number, effect]) {
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = `${groupNumber(number)} · ${texts[effect]}`;
  button.addEventListener('click', () => {
    fields.number.value = groupNumber(number);
    fields.expiry.value = '12 / 34';
    fields.cvc.value = '1234'.slice(0, cvcLength(number));
    if (!fields.zip.value && !byId('zip-field').hidden) fields.zip.value = '12345';
    for (const name of shown()) show(name, null);
    afterTyping();
    fields.number.focus();
  });
  const item = document.createElement('li');
  item.append(button);
  return item;
}

function setCollapsed(on) {
  collapsed = on;
  if (on) tab.hidden = isCard();
  form.hidden = on && !isCard();
  tab.setAttribute('aria-expanded', String(!form.hidden));
  changed();
}

// ---------------------------------------------------------------- typing

// Rewrites what was typed, and leaves the caret behind the same digit.
function rewrite(input, formatted) {
  if (input.value === formatted) return;
  const before = digits(input.value.slice(0, input.selectionStart)).length;
  const atEnd = input.selectionStart === input.value.length;
  input.value = formatted;
  let caret = formatted.length;
  if (!atEnd) {
    for (let seen = caret = 0; caret < formatted.length && seen < before; caret += 1) {
      if (/\d/.test(formatted[caret])) seen += 1;
    }
  }
  if (document.activeElement === input) input.setSelectionRange(caret, caret);
}

function typeExpiry(event) {
  const input = fields.expiry;
  const deleting = event.inputType?.startsWith('delete');
  if (deleting && /\d\d \/$/.test(input.value)) input.value = input.value.slice(0, 2);
  rewrite(input, deleting && input.value.length <= 2 ? digits(input.value) : groupExpiry(input.value, !deleting));
}

function afterTyping() {
  const number = digits(fields.number.value);
  fields.cvc.maxLength = cvcLength(number);
  const brand = brandOf(number);
  byId('brand').dataset.brand = brand.name;
  byId('brand').textContent = brand.label;
  changed();
}

function listen() {
  fields.number.addEventListener('input', () => rewrite(fields.number, groupNumber(fields.number.value)));
  fields.expiry.addEventListener('input', typeExpiry);
  fields.cvc.addEventListener('input', () =>
    rewrite(fields.cvc, digits(fields.cvc.value).slice(0, cvcLength(digits(fields.number.value)))));
  for (const [name, input] of Object.entries(fields)) {
    input.addEventListener('input', () => {
      const code = problem(name);
      show(name, code?.startsWith('invalid') ? code : null);
      afterTyping();
      if (isCard() && !code && input.value) nextAfter(name)?.focus();
    });
    input.addEventListener('blur', () => {
      if (input.value) show(name, problem(name));
      changed();
    });
  }
  country.addEventListener('change', () => {
    arrangeZip();
    changed();
  });
  tab.addEventListener('click', () => setCollapsed(!form.hidden));
  form.addEventListener('submit', (event) => event.preventDefault());
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') send('event', { event: 'escape', payload: {} });
    if (event.key === 'Enter' && event.target instanceof HTMLInputElement) send('enter');
  });
  document.addEventListener('focusin', () => send('event', { event: 'focus', payload: {} }));
  document.addEventListener('focusout', () => send('event', { event: 'blur', payload: {} }));
}

// The card element leads on when a field is full; the zip and the end stay where they are.
function nextAfter(name) {
  return { number: fields.expiry, expiry: fields.cvc }[name];
}

function clear() {
  for (const [name, input] of Object.entries(fields)) {
    input.value = '';
    show(name, null);
  }
  afterTyping();
}

// ---------------------------------------------------------------- what is wrong

function show(name, code) {
  say(name, code ? texts[code] : '');
  fields[name].dataset.problem = code ?? '';
}

function say(name, message) {
  byId(`${name}-error`).textContent = message;
  if (message) fields[name].setAttribute('aria-invalid', 'true');
  else fields[name].removeAttribute('aria-invalid');
}

// Shows every problem, and answers with the first.
function validate() {
  if (collapsed) return validationError('incomplete_payment_details');
  let first = null;
  for (const name of shown()) {
    const code = problem(name);
    show(name, code);
    if (code && !first) {
      first = validationError(code);
      fields[name].focus();
    }
  }
  changed();
  return first;
}

function validationError(code) {
  return { type: 'validation_error', code, message: texts[code] };
}

function changed() {
  if (setup === null) return;
  const names = shown();
  const complete = !collapsed && names.every((name) => !problem(name));
  const empty = names.every((name) => !fields[name].value);
  const wrong = names.map((name) => fields[name].dataset.problem).find(Boolean);
  const payload = isCard()
    ? {
      complete, empty, brand: brandOf(digits(fields.number.value)).name,
      error: wrong ? validationError(wrong) : undefined, value: { postalCode: fields.zip.value },
    }
    : { complete, empty, collapsed, value: { type: 'card' } };
  const now = JSON.stringify(payload);
  // A form that nobody has touched has not changed.
  if (now === lastChange || (lastChange === '' && empty && !collapsed)) return;
  lastChange = now;
  send('event', { event: 'change', payload });
}
