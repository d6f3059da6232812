// Where to, and how: the questions of the hosted checkout about delivery, where the shop has not answered them.

/**
 * Starts the questions, if the page has them.
 * @param config the page's; `shipping_methods` are `[{id, name, amount, countries}]`
 * @param {(shipping: number) => void} onPrice told what delivery costs whenever that changes
 * @returns null without questions; else `complains()` (shows what is missing, true if something is) and `said()` (for POST /orders)
 */
export function startDelivery(config, onPrice) {
  const box = document.getElementById("delivery");
  if (!box) return null;
  const methods = new Map(config.shipping_methods.map((method) => [method.id, method]));
  const choices = [...box.querySelectorAll('input[name="shipping_method"]')];
  const fields = [...box.querySelectorAll("input[maxlength], select")];
  const country = box.querySelector("select");
  const errorLine = document.getElementById("delivery-error");
  const chosen = () => methods.get(choices.find((choice) => choice.checked)?.value);

  if (country) nameCountries(country);
  for (const choice of choices) choice.addEventListener("change", () => onPrice(chosen().amount));
  for (const field of fields) field.addEventListener("input", () => complainAbout(null));
  country?.addEventListener("change", offer);
  // A browser may have filled in the form by itself, or kept it from before.
  offer();

  /** Offers what goes to the chosen country. */
  function offer() {
    const reaches = (method) => !country?.value || method.countries.length === 0 || method.countries.includes(country.value);
    for (const choice of choices) {
      choice.disabled = !reaches(methods.get(choice.value));
      choice.closest("label").hidden = choice.disabled;
    }
    const checked = choices.find((choice) => choice.checked && !choice.disabled);
    const first = checked ?? choices.find((choice) => !choice.disabled);
    if (first) first.checked = true;
    const method = chosen();
    if (method && method.amount !== config.shipping) onPrice(method.amount);
  }

  function complainAbout(field) {
    for (const one of fields) one.removeAttribute("aria-invalid");
    errorLine.hidden = !field;
    errorLine.textContent = "";
    if (!field) return;
    const label = box.querySelector(`label[for="${field.id}"]`).firstChild.textContent.trim();
    errorLine.textContent = field === country ? "Choose your country." : `${label} is missing.`;
    field.setAttribute("aria-invalid", "true");
    field.focus();
  }

  return {
    complains() {
      const missing = fields.find((field) => field.required && field.value.trim() === "");
      complainAbout(missing ?? null);
      return missing !== undefined;
    },
    said() {
      const filled = fields.filter((field) => field.value.trim() !== "");
      const address = Object.fromEntries(filled.map((field) => [field.name, field.value.trim()]));
      return { shipping_method_id: chosen().id, ...(country && { shipping_address: address }) };
    },
  };
}

/** Codes become names in the page's language, in their order. */
function nameCountries(select) {
  const names = new Intl.DisplayNames(document.documentElement.lang || "en", { type: "region" });
  const [none, ...options] = select.options;
  for (const option of options) option.textContent = names.of(option.value);
  options.sort((one, other) => one.textContent.localeCompare(other.textContent));
  select.replaceChildren(none, ...options);
  const kept = navigator.languages.map((tag) => new Intl.Locale(tag).region).find((region) => options.some((option) => option.value === region));
  if (options.length === 1) select.value = options[0].value;
  else if (kept && !select.value) select.value = kept;
}
