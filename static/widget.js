// Tillgate's storefront widget: <tillgate-products>, <tillgate-cart>, <tillgate-buy>, <tillgate-order>.
// One script tag in any page, module or classic; light DOM, no cookies, no inline styles, nothing but text from data.
// ASCII only: a classic script is read in the encoding of its page, whatever that is.
(() => {
  if (customElements.get("tillgate-cart")) return;

  // A module has no currentScript, and a classic script may not say import.meta: look for our own tag.
  const OWN_NAME = /\/widget(?:[.@-][\w.-]*)?\.js$/;
  const ownTag = document.currentScript ?? [...document.querySelectorAll("script[src]")].findLast((tag) => OWN_NAME.test(new URL(tag.src).pathname));
  const BASE = new URL(".", ownTag?.src ?? document.baseURI).href.replace(/\/$/, "");

  const QUANTITY_MAX = 99; // A wholesale order is not made by pressing "+".
  const PAGE_SIZE = 100; // The API's largest.
  const REQUEST_MS = 20_000;
  const POLL_FIRST_MS = 1_500;
  const POLL_SLOWEST_MS = 10_000;
  const POLL_FOR_MS = 120_000;
  const GOOD = new Set(["paid", "authorized", "partially_refunded", "refunded", "disputed"]);

  // ---- Money: lib/money.js in short, because this file stands alone.

  const ZERO_DECIMAL = /^(bif|clp|djf|gnf|jpy|kmf|krw|mga|pyg|rwf|vnd|vuv|xaf|xof|xpf)$/;
  const THREE_DECIMAL = /^(bhd|jod|kwd|omr|tnd)$/;

  function money(amount, currency, locale) {
    const code = currency.toLowerCase();
    const places = ZERO_DECIMAL.test(code) ? 0 : THREE_DECIMAL.test(code) ? 3 : 2;
    const major = amount / 10 ** places;
    const shown = /^(isk|ugx)$/.test(code) && amount % 100 === 0 ? 0 : places;
    const options = { style: "currency", currency: code.toUpperCase(), minimumFractionDigits: shown, maximumFractionDigits: shown };
    try {
      return new Intl.NumberFormat(locale, options).format(major);
    } catch {
      return `${major.toFixed(shown)} ${code.toUpperCase()}`;
    }
  }

  // ---- One store's state, shared by every element of that store on the page.

  class ApiError extends Error {
    constructor(status, error) {
      super(error?.message || "The shop could not do this just now. Please try again.");
      this.status = status;
      this.code = error?.code;
    }
  }

  class Store extends EventTarget {
    static #all = new Map();
    static of(id) {
      if (!this.#all.has(id)) this.#all.set(id, new Store(id));
      return this.#all.get(id);
    }

    products = new Map();
    elements = new Set();
    hasMore = false;
    // Read one by one; not among `products`, whose last id is where the next page starts.
    #apart = new Map();
    #listing = null;
    #polling = false;

    constructor(id) {
      super();
      this.id = id;
      this.cartKey = `tillgate:cart:${BASE}:${id}`;
      this.checkoutKey = `tillgate:checkout:${BASE}:${id}`;
      this.cart = readCart(recall(localStorage_, this.cartKey));
      this.checkout = recall(sessionStorage_, this.checkoutKey);
      addEventListener("storage", (event) => {
        if (event.key !== this.cartKey) return;
        this.cart = readCart(recall(localStorage_, this.cartKey));
        this.#cartChanged();
      });
    }

    async api(method, path, { body, token } = {}) {
      const headers = { Accept: "application/json" };
      if (body) headers["Content-Type"] = "application/json";
      if (token) headers.Authorization = `Bearer ${token}`;
      let response;
      let answer = null;
      try {
        response = await fetch(`${BASE}/api/v1/stores/${encodeURIComponent(this.id)}/${path}`, {
          method, headers, body: body && JSON.stringify(body),
          credentials: "omit", mode: "cors", cache: method === "GET" && !token ? "default" : "no-store", signal: AbortSignal.timeout(REQUEST_MS),
        });
        answer = await response.json().catch(() => null);
      } catch {
        throw new ApiError(0, { message: "The shop could not be reached. Check your connection and try again." });
      }
      if (!response.ok || !answer) throw new ApiError(response.status, answer?.error);
      return answer;
    }

    // Products

    list() {
      this.#listing ??= this.#page().catch((error) => {
        this.#listing = null;
        throw error;
      });
      return this.#listing;
    }

    async more() {
      await this.#page([...this.products.keys()].at(-1));
    }

    async #page(after) {
      const answer = await this.api("GET", `products?limit=${PAGE_SIZE}${after ? `&starting_after=${encodeURIComponent(after)}` : ""}`);
      for (const product of answer.data) this.products.set(product.id, product);
      this.hasMore = answer.has_more && answer.data.length > 0;
    }

    async product(id) {
      if (!this.known(id)) this.#apart.set(id, await this.api("GET", `products/${encodeURIComponent(id)}`));
      return this.known(id);
    }

    known(id) {
      return this.products.get(id) ?? this.#apart.get(id);
    }

    // Cart

    quantity(productId) {
      return this.cart.items.find((item) => item.product_id === productId)?.quantity ?? 0;
    }

    get count() {
      return this.cart.items.reduce((sum, item) => sum + item.quantity, 0);
    }

    setQuantity(productId, quantity) {
      const wanted = Math.min(Math.max(0, quantity), QUANTITY_MAX);
      const items = this.cart.items.filter((item) => item.product_id !== productId || wanted > 0);
      const there = items.find((item) => item.product_id === productId);
      if (there) there.quantity = wanted;
      else if (wanted > 0) items.push({ product_id: productId, quantity: wanted });
      this.keep({ ...this.cart, items });
    }

    keep(cart) {
      this.cart = cart;
      remember(localStorage_, this.cartKey, cart);
      this.#cartChanged();
    }

    #cartChanged() {
      this.dispatchEvent(new Event("cart"));
      this.announce("cart-change", { store: this.id, items: this.cart.items.map((item) => ({ ...item })), count: this.count });
    }

    /** Tells the page once, however many elements of this store it has. */
    announce(name, detail) {
      const from = [...this.elements].find((element) => element.isConnected) ?? document;
      from.dispatchEvent(new CustomEvent(name, { bubbles: true, composed: true, detail }));
    }

    // Checkout

    /** The server's cart with these lines: the old one if it can still be changed, else a new one. */
    async serverCart(items, cartId) {
      if (cartId) {
        try {
          return await this.api("PUT", `carts/${encodeURIComponent(cartId)}/items`, { body: { items } });
        } catch (error) {
          if (![404, 409, 410].includes(error.status)) throw error;
          // Locked: perhaps it was paid in the meantime. Never sell the same cart twice.
          if (error.status === 409 && this.checkout?.cart_id === cartId && (await this.refreshOrder())) return null;
        }
      }
      return this.api("POST", "carts", { body: { items } });
    }

    /** Goes to the payment page. Resolves to false when there is nothing to pay any more. */
    async goToCheckout(cart) {
      const here = location.href;
      const checkout = await this.api("POST", "checkouts", { body: { cart_id: cart.id, success_url: here, cancel_url: here } });
      const url = new URL(checkout.checkout_url);
      if (!/^https?:$/.test(url.protocol)) throw new ApiError(0);
      this.#keepCheckout({ id: checkout.id, token: checkout.checkout_token, cart_id: cart.id, url: url.href });
      location.assign(url.href);
    }

    #keepCheckout(checkout) {
      this.checkout = checkout;
      remember(sessionStorage_, this.checkoutKey, checkout);
      this.dispatchEvent(new Event("order"));
    }

    forgetCheckout() {
      this.#keepCheckout(null);
    }

    /** Reads the last checkout once; true when its order is paid. */
    async refreshOrder() {
      const known = this.checkout;
      if (!known) return false;
      if (known.done) return true;
      let answer;
      try {
        answer = await this.api("GET", `checkouts/${encodeURIComponent(known.id)}`, { token: known.token });
      } catch (error) {
        // Gone for good, as against a passing failure.
        if ([401, 403, 404, 410].includes(error.status)) this.forgetCheckout();
        return false;
      }
      if (this.checkout?.id !== known.id) return false;
      const { order } = answer;
      if (!order && answer.status === "expired") {
        this.forgetCheckout();
        return false;
      }
      const done = Boolean(order && GOOD.has(order.payment_status));
      const failed = order?.payment_status === "failed" || order?.status === "cancelled";
      this.#keepCheckout({ ...known, order, done, failed, seen: true });
      if (done) {
        if (this.cart.cart_id === known.cart_id) this.keep({ cart_id: null, items: [] });
        this.announce("payment-success", { store: this.id, orderId: order.id, paymentIntentId: order.payment_intent_id ?? null });
      } else if (failed && !known.failed) {
        this.announce("payment-error", { store: this.id, message: "The payment did not go through. You have not been charged." });
      }
      return done;
    }

    /** Asks until the order is paid, with growing pauses; one poll at a time for the whole page. */
    async watchOrder() {
      if (this.#polling || !this.checkout || this.checkout.done) return;
      this.#polling = true;
      const until = Date.now() + POLL_FOR_MS;
      for (let pause = POLL_FIRST_MS; Date.now() < until; pause = Math.min(pause * 1.3, POLL_SLOWEST_MS)) {
        if ((await this.refreshOrder()) || !this.checkout) break;
        await new Promise((resume) => setTimeout(resume, pause));
      }
      this.#polling = false;
    }
  }

  // ---- Storage that may be switched off: then the cart lives as long as the page.

  const localStorage_ = storage("localStorage");
  const sessionStorage_ = storage("sessionStorage");

  function storage(name) {
    try {
      return window[name];
    } catch {
      return null;
    }
  }

  function recall(where, key) {
    try {
      return JSON.parse(where.getItem(key));
    } catch {
      return null;
    }
  }

  function remember(where, key, value) {
    try {
      if (value === null) where.removeItem(key);
      else where.setItem(key, JSON.stringify(value));
    } catch {
      // Full or forbidden.
    }
  }

  /** Only what a cart may be: anybody can write to localStorage. */
  function readCart(stored) {
    const items = Array.isArray(stored?.items) ? stored.items : [];
    return {
      cart_id: typeof stored?.cart_id === "string" ? stored.cart_id : null,
      items: items
        .filter((item) => typeof item?.product_id === "string" && Number.isInteger(item.quantity) && item.quantity > 0)
        .map(({ product_id, quantity }) => ({ product_id, quantity: Math.min(quantity, QUANTITY_MAX) })),
    };
  }

  // ---- Elements

  /** h("p", "note", "text", child...): an element with the class tillgate-note. */
  function h(tag, name, ...children) {
    const element = document.createElement(tag);
    if (name) element.className = name.split(" ").map((part) => `tillgate-${part}`).join(" ");
    element.append(...children);
    return element;
  }

  function button(name, text, onClick, label) {
    const element = h("button", name, text);
    element.type = "button";
    if (label) element.setAttribute("aria-label", label);
    element.addEventListener("click", onClick);
    return element;
  }

  /** Shows that a press is being worked on and swallows further ones. */
  async function whileBusy(element, text, work) {
    if (element.ariaDisabled === "true") return;
    const before = element.textContent;
    element.ariaDisabled = "true";
    element.textContent = text;
    try {
      await work();
    } finally {
      element.ariaDisabled = null;
      element.textContent = before;
    }
  }

  class TillgateElement extends HTMLElement {
    #stop = null;

    static observedAttributes = ["store", "product"];

    connectedCallback() {
      const root = this.getRootNode();
      if (!root.adoptedStyleSheets.includes(sheet)) root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
      this.#start();
    }

    disconnectedCallback() {
      this.#end();
    }

    attributeChangedCallback(name, before, after) {
      if (!this.#stop || before === after) return;
      this.#end();
      this.#start();
    }

    #start() {
      const id = this.getAttribute("store");
      if (!id) {
        console.error(`<${this.localName}> needs a store attribute`);
        return;
      }
      this.store = Store.of(id);
      this.store.elements.add(this);
      this.#stop = new AbortController();
      // Back from the payment page the browser may show this page as it was left.
      addEventListener("pageshow", (event) => event.persisted && this.store.watchOrder(), { signal: this.#stop.signal });
      this.start(this.store, this.#stop.signal);
    }

    #end() {
      this.#stop?.abort();
      this.#stop = null;
      this.store?.elements.delete(this);
    }

    money(amount, currency) {
      const locale = this.closest("[lang]")?.lang || navigator.language;
      return money(amount, currency, locale);
    }

    problem(text, retry) {
      const box = h("div", "notice error", h("p", "", text));
      box.setAttribute("role", "alert");
      if (retry) box.append(button("button quiet", "Try again", retry));
      return box;
    }
  }

  class Products extends TillgateElement {
    async start(store, signal) {
      if (!store.products.size) this.replaceChildren(skeleton());
      try {
        await store.list();
      } catch (error) {
        if (!signal.aborted) this.replaceChildren(this.problem(error.message, () => this.start(store, signal)));
        return;
      }
      if (!signal.aborted) this.show(store, signal);
    }

    show(store, signal) {
      if (!store.products.size) {
        this.replaceChildren(h("p", "note", "There is nothing for sale here yet."));
        return;
      }
      const spoken = h("p", "hidden");
      spoken.setAttribute("role", "status");
      const grid = h("ul", "grid");
      const add = (product) => grid.append(this.card(store, product, signal, spoken));
      for (const product of store.products.values()) add(product);
      const more = button("button quiet", "Show more", () =>
        whileBusy(more, "Loading\u2026", async () => {
          const before = new Set(store.products.keys());
          await store.more().catch((error) => (spoken.textContent = error.message));
          for (const [id, product] of store.products) if (!before.has(id)) add(product);
          more.hidden = !store.hasMore;
        }));
      more.hidden = !store.hasMore;
      this.replaceChildren(grid, more, spoken);
    }

    card(store, product, signal, spoken) {
      const soldOut = product.stock === 0;
      const text = h("div", "body", h("p", "name", product.name));
      if (product.description) text.append(h("p", "description", product.description));
      const price = h("span", "price", this.money(product.unit_amount, product.currency));
      const add = button("button", "", () => {
        const quantity = store.quantity(product.id);
        if (add.ariaDisabled) {
          spoken.textContent = `No more of ${product.name} can be added`;
          return;
        }
        store.setQuantity(product.id, quantity + 1);
        spoken.textContent = `${product.name} added to the cart`;
      });
      add.disabled = soldOut;
      const label = () => {
        const quantity = store.quantity(product.id);
        const full = quantity >= Math.min(product.stock ?? QUANTITY_MAX, QUANTITY_MAX);
        add.ariaDisabled = full && !soldOut ? "true" : null;
        if (soldOut) add.textContent = "Sold out";
        else if (full) add.textContent = `All ${quantity} in cart`;
        else add.textContent = quantity ? `Add to cart (${quantity})` : "Add to cart";
        add.setAttribute("aria-label", `${add.textContent}: ${product.name}`);
      };
      store.addEventListener("cart", label, { signal });
      label();
      return h("li", "product", picture(product), text, h("div", "buy", price, add));
    }
  }

  class Cart extends TillgateElement {
    #rows = new Map();

    start(store, signal) {
      this.#rows.clear();
      this.heading = h("h2", "title", "Cart");
      this.heading.tabIndex = -1;
      this.empty = h("p", "note", "Your cart is empty.");
      this.lines = h("ul", "lines");
      this.total = h("span", "price");
      this.pay = button("button wide", "Checkout", () => whileBusy(this.pay, "One moment\u2026", () => this.checkOut(store)));
      this.foot = h("div", "foot", h("p", "subtotal", h("span", "", "Subtotal"), this.total), this.pay);
      this.says = h("div", "says");
      this.says.setAttribute("role", "status");
      this.replaceChildren(this.heading, this.empty, this.lines, this.says, this.foot);
      store.addEventListener("cart", () => this.show(store, signal), { signal });
      this.show(store, signal);
      store.watchOrder();
    }

    async show(store, signal) {
      const { items } = store.cart;
      this.empty.hidden = items.length > 0;
      this.lines.hidden = this.foot.hidden = items.length === 0;
      const found = await Promise.all(items.map((item) => this.find(store, item.product_id)));
      // A later change has its own turn.
      if (signal.aborted || store.cart.items !== items) return;
      if (found.includes(null)) {
        this.says.textContent = "Something in your cart is not sold any more and was taken out.";
        store.keep({ ...store.cart, items: items.filter((item, index) => found[index] !== null) });
        return;
      }
      const gone = new Set(this.#rows.keys());
      items.forEach((item, index) => {
        gone.delete(item.product_id);
        if (found[index]) this.line(store, item, found[index]);
      });
      for (const id of gone) {
        this.#rows.get(id).row.remove();
        this.#rows.delete(id);
      }
      const priced = items.map((item, index) => ({ ...item, ...found[index] })).filter((line) => line.currency);
      const currencies = new Set(priced.map((line) => line.currency));
      this.total.textContent = currencies.size === 1 && priced.length === items.length
        ? this.money(priced.reduce((sum, line) => sum + line.quantity * line.unit_amount, 0), priced[0].currency)
        : "at checkout";
    }

    /** The product, null when it is not sold any more, undefined when the shop does not answer. */
    async find(store, id) {
      try {
        await store.list();
        return await store.product(id);
      } catch (error) {
        return error.status === 404 ? null : undefined;
      }
    }

    line(store, item, product) {
      let line = this.#rows.get(product.id);
      if (!line) {
        const amount = h("span", "price");
        const quantity = h("span", "quantity");
        const change = (by) => () => {
          this.says.textContent = "";
          store.setQuantity(product.id, store.quantity(product.id) + by);
        };
        const less = button("step", "\u2212", change(-1), `One ${product.name} less`);
        const more = button("step", "+", change(1), `One ${product.name} more`);
        const remove = button("remove", "Remove", () => {
          store.setQuantity(product.id, 0);
          this.says.textContent = `${product.name} removed`;
          this.heading.focus();
        }, `Remove ${product.name}`);
        const row = h("li", "line", h("span", "name", product.name), amount, h("span", "steps", less, quantity, more), remove);
        line = { row, amount, quantity, less, more };
        this.#rows.set(product.id, line);
        this.lines.append(row);
      }
      line.quantity.textContent = item.quantity;
      line.amount.textContent = this.money(item.quantity * product.unit_amount, product.currency);
      line.less.disabled = item.quantity <= 1;
      line.more.disabled = item.quantity >= Math.min(product.stock ?? QUANTITY_MAX, QUANTITY_MAX);
    }

    async checkOut(store) {
      this.says.replaceChildren();
      try {
        const cart = await store.serverCart(store.cart.items, store.cart.cart_id);
        if (!cart) return;
        store.keep({ ...store.cart, cart_id: cart.id });
        if (this.pricesChanged(store, cart)) {
          this.says.textContent = "Prices have changed. Please check the cart and press Checkout again.";
          store.dispatchEvent(new Event("cart"));
          return;
        }
        await store.goToCheckout(cart);
      } catch (error) {
        this.says.replaceChildren(this.problem(error.message));
        store.announce("payment-error", { store: store.id, message: error.message });
      }
    }

    /** The server's prices win; where they differ from what was shown, the shopper sees them before paying. */
    pricesChanged(store, cart) {
      let changed = false;
      for (const line of cart.items) {
        const product = store.known(line.product_id);
        if (!product || product.unit_amount === line.unit_amount) continue;
        product.unit_amount = line.unit_amount;
        changed = true;
      }
      return changed;
    }
  }

  class Buy extends TillgateElement {
    async start(store, signal) {
      const id = this.getAttribute("product");
      this.text ??= this.textContent.trim() || "Buy now";
      const says = h("div", "says");
      const buy = button("button", this.text, () =>
        whileBusy(buy, "One moment\u2026", async () => {
          says.replaceChildren();
          try {
            // A cart of its own: the shared one stays as it is.
            await store.goToCheckout(await store.serverCart([{ product_id: id, quantity: 1 }]));
          } catch (error) {
            says.replaceChildren(this.problem(error.message));
            store.announce("payment-error", { store: store.id, message: error.message });
          }
        }));
      buy.disabled = true;
      this.replaceChildren(buy, says);
      try {
        const product = await store.product(id);
        if (signal.aborted) return;
        buy.disabled = product.stock === 0;
        buy.textContent = product.stock === 0 ? "Sold out" : `${this.text} \u00b7 ${this.money(product.unit_amount, product.currency)}`;
      } catch (error) {
        if (signal.aborted) return;
        const gone = error.status === 404;
        says.replaceChildren(this.problem(gone ? "This is not sold here any more." : error.message, gone ? null : () => this.start(store, signal)));
      }
    }
  }

  class Order extends TillgateElement {
    start(store, signal) {
      this.setAttribute("role", "status");
      store.addEventListener("order", () => this.show(store), { signal });
      this.show(store);
      store.watchOrder();
    }

    show(store) {
      const { checkout } = store;
      this.hidden = !checkout?.seen;
      if (this.hidden) {
        this.replaceChildren();
        return;
      }
      const { order } = checkout;
      const [tone, state, text] = this.describe(checkout);
      const box = h("div", `notice ${tone}`);
      box.append(h("p", "title", order ? `Order ${order.number} \u2014 ${state}` : state));
      const amount = order && `${this.money(order.amount, order.currency)}. `;
      box.append(h("p", "", `${amount ?? ""}${text}`));
      if (!checkout.done) {
        const link = h("a", "button quiet", order ? "Try again" : "Continue to payment");
        link.href = checkout.url;
        if (!order || checkout.failed) box.append(link);
      }
      box.append(button("remove", "Dismiss", () => store.forgetCheckout(), "Dismiss this message"));
      this.replaceChildren(box);
    }

    describe({ order, done, failed }) {
      if (!order) return ["wait", "Payment not finished", "Nothing has been charged, and your cart is kept."];
      if (failed) return ["error", "not paid", "The payment did not go through. You have not been charged."];
      if (!done) return ["wait", "waiting for payment", "As soon as the payment is confirmed, this changes by itself."];
      const words = { authorized: "payment authorised", partially_refunded: "partly refunded", refunded: "refunded", disputed: "disputed" };
      return ["good", words[order.payment_status] ?? "paid", "Thank you, the shop has your order."];
    }
  }

  function picture(product) {
    const frame = h("div", "picture");
    let url = null;
    try {
      url = product.image_url && new URL(product.image_url, `${BASE}/`);
    } catch {
      // Not an address: no picture.
    }
    if (url && /^(https?|data):$/.test(url.protocol)) {
      const image = document.createElement("img");
      image.alt = "";
      image.loading = "lazy";
      image.decoding = "async";
      image.addEventListener("error", () => image.remove());
      image.src = url.href;
      frame.append(image);
    }
    return frame;
  }

  function skeleton() {
    const grid = h("div", "grid", ...Array.from({ length: 4 }, () => h("div", "product loading", h("div", "picture"), h("div", "bar"), h("div", "bar short"))));
    grid.setAttribute("aria-busy", "true");
    grid.append(h("span", "hidden", "Loading products\u2026"));
    return grid;
  }

  // ---- Looks. Colours follow the page's own text colour; the rest is set by custom properties.

  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`
tillgate-products,tillgate-cart,tillgate-buy,tillgate-order{
  --_accent:var(--tillgate-accent,#0b6b5b);--_on-accent:var(--tillgate-on-accent,#fff);--_surface:var(--tillgate-surface,transparent);
  --_muted:var(--tillgate-muted,color-mix(in srgb,currentcolor 72%,transparent));
  --_line:var(--tillgate-border,color-mix(in srgb,currentcolor 18%,transparent));--_danger:var(--tillgate-danger,#b3261e);
  --_good:var(--tillgate-good,var(--_accent));--_radius:var(--tillgate-radius,10px);
  display:block;font-family:var(--tillgate-font,inherit);color:var(--tillgate-text,inherit);line-height:1.45;container-type:inline-size}
tillgate-buy{display:inline-block;container-type:normal}
tillgate-order[hidden]{display:none}
:is(tillgate-products,tillgate-cart,tillgate-buy,tillgate-order) *{box-sizing:border-box}
:is(tillgate-products,tillgate-cart,tillgate-buy,tillgate-order) [hidden]{display:none!important}
:is(tillgate-products,tillgate-cart,tillgate-buy,tillgate-order) p{margin:0}
.tillgate-grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(15.5rem,100%),1fr));gap:1rem;margin:0 0 1rem;padding:0;list-style:none}
.tillgate-product{display:flex;flex-direction:column;overflow:hidden;margin:0;border:1px solid var(--_line);border-radius:var(--_radius);background:var(--_surface)}
.tillgate-picture{aspect-ratio:4/3;background:color-mix(in srgb,currentcolor 7%,transparent)}
.tillgate-picture img{display:block;width:100%;height:100%;object-fit:cover}
.tillgate-body{flex:1;padding:.875rem 1rem 0}
.tillgate-name{margin:0;font-size:1rem;font-weight:650;overflow-wrap:anywhere}
.tillgate-description{margin-top:.25rem!important;color:var(--_muted);font-size:.875rem;overflow-wrap:anywhere}
.tillgate-buy{display:flex;flex-wrap:wrap;align-items:center;justify-content:space-between;gap:.625rem;padding:.875rem 1rem 1rem}
.tillgate-price{font-weight:650;font-variant-numeric:tabular-nums}
.tillgate-button{display:inline-flex;align-items:center;justify-content:center;min-height:44px;padding:.5rem 1rem;border:1px solid var(--_accent);border-radius:calc(var(--_radius)*.8);
  background:var(--_accent);color:var(--_on-accent);font:inherit;font-size:.9375rem;font-weight:600;line-height:1.2;text-decoration:none;cursor:pointer}
.tillgate-button:hover{filter:brightness(.93)}
.tillgate-button:disabled{border-color:var(--_line);background:transparent;color:var(--_muted);cursor:default;filter:none}
.tillgate-button[aria-disabled=true]{opacity:.75;cursor:default}
.tillgate-quiet{border-color:var(--_line);background:transparent;color:inherit}
.tillgate-wide{width:100%;min-height:48px;font-size:1rem}
:is(.tillgate-button,.tillgate-step,.tillgate-remove):focus-visible{outline:3px solid var(--_accent);outline-offset:2px}
.tillgate-title{margin:0;font-size:1.125rem;font-weight:650}
.tillgate-title:focus{outline:0}
.tillgate-note{margin-top:.375rem!important;color:var(--_muted)}
.tillgate-lines{margin:.5rem 0 0;padding:0;list-style:none}
.tillgate-line{display:grid;grid-template-columns:1fr auto;align-items:center;gap:.375rem 1rem;margin:0;padding:.75rem 0;border-bottom:1px solid var(--_line)}
.tillgate-line .tillgate-name{font-weight:550}
.tillgate-line .tillgate-price{align-self:start;justify-self:end}
.tillgate-steps{display:inline-flex;align-items:center;gap:.125rem;justify-self:start;border:1px solid var(--_line);border-radius:calc(var(--_radius)*.8)}
.tillgate-step{width:44px;height:44px;padding:0;border:0;border-radius:calc(var(--_radius)*.8);background:none;color:inherit;font:inherit;font-size:1.25rem;line-height:1;cursor:pointer}
.tillgate-step:disabled{opacity:.35;cursor:default}
.tillgate-step:hover:enabled{background:color-mix(in srgb,currentcolor 8%,transparent)}
.tillgate-quantity{min-width:1.75rem;text-align:center;font-variant-numeric:tabular-nums}
.tillgate-remove{justify-self:end;min-height:44px;padding:.25rem 0;border:0;background:none;color:var(--_muted);font:inherit;font-size:.875rem;text-decoration:underline;text-underline-offset:.2em;cursor:pointer}
.tillgate-remove:hover{color:inherit}
.tillgate-subtotal{display:flex;justify-content:space-between;padding:.875rem 0;font-weight:650}
.tillgate-says{font-size:.9375rem}
.tillgate-says:not(:empty){padding-top:.75rem}
.tillgate-notice{padding:.875rem 1rem;border:1px solid var(--_line);border-left:4px solid var(--_muted);border-radius:var(--_radius);background:var(--_surface)}
.tillgate-notice .tillgate-title{font-size:1rem;margin-bottom:.125rem}
.tillgate-notice .tillgate-button{margin-top:.625rem;margin-right:.75rem}
.tillgate-error{border-left-color:var(--_danger)}
.tillgate-good{border-left-color:var(--_good)}
.tillgate-hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.tillgate-bar{height:1rem;margin:1rem 1rem 0;border-radius:4px;background:color-mix(in srgb,currentcolor 9%,transparent)}
.tillgate-short{width:40%;margin-bottom:1rem}
@container (max-width:28rem){.tillgate-product{display:grid;grid-template-columns:7rem minmax(0,1fr)}.tillgate-picture{grid-row:span 2;aspect-ratio:auto}}
@media (prefers-reduced-motion:no-preference){.tillgate-loading{animation:tillgate-pulse 1.6s ease-in-out infinite}@keyframes tillgate-pulse{50%{opacity:.55}}}
`);

  customElements.define("tillgate-products", Products);
  customElements.define("tillgate-cart", Cart);
  customElements.define("tillgate-buy", Buy);
  customElements.define("tillgate-order", Order);
})();
