"use strict";

const FIRST_CARDS = 12;
const MAX_LIST = 30;
const PICTURES = "closient-mcp/pictures";
const PICTURE = /^data:image\/(png|jpeg|webp);base64,[A-Za-z0-9+/=]+$/;
const main = document.querySelector("main");
let host = { capabilities: {}, locale: undefined, timeZone: undefined };

// The host: JSON-RPC over postMessage (MCP Apps, 2026-01-26).

const waiting = new Map();
let requests = 0;

function post(message) {
  // The host's origin is unknown, and nothing that is sent is secret.
  window.parent.postMessage({ jsonrpc: "2.0", ...message }, "*");
}

function request(method, params) {
  const id = ++requests;
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve, reject });
    post({ id, method, params });
  });
}

const NOTIFICATIONS = {
  "ui/notifications/tool-result": showResult,
  "ui/notifications/tool-cancelled": ({ reason }) => showStatus("The call was cancelled", text(reason, 300)),
  "ui/notifications/host-context-changed": applyContext,
};

window.addEventListener("message", ({ source, data }) => {
  if (source !== window.parent || data?.jsonrpc !== "2.0") return;
  const { id, method, params, result, error } = data;
  if (method === undefined) {
    const call = waiting.get(id);
    waiting.delete(id);
    if (error) call?.reject(new Error(text(error.message, 300)));
    else call?.resolve(result);
  } else if (id === undefined) {
    if (Object.hasOwn(NOTIFICATIONS, method)) NOTIFICATIONS[method](params ?? {});
  } else if (method === "ping" || method === "ui/resource-teardown") {
    post({ id, result: {} });
  } else {
    post({ id, error: { code: -32601, message: "Method not found" } });
  }
});

function applyContext({ theme, locale, timeZone, styles }) {
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  const font = styles?.variables?.["--font-sans"];
  if (font) document.documentElement.style.setProperty("--font-sans", font);
  host = { ...host, locale: locale ?? host.locale, timeZone: timeZone ?? host.timeZone };
}

async function connect() {
  const answer = await request("ui/initialize", {
    protocolVersion: "2026-01-26",
    appInfo: { name: "closient-mcp products", version: "1" },
    appCapabilities: { availableDisplayModes: ["inline", "fullscreen"] },
  });
  host.capabilities = answer.hostCapabilities ?? {};
  applyContext(answer.hostContext ?? {});
  post({ method: "ui/notifications/initialized", params: {} });
  new ResizeObserver(() => {
    const height = Math.ceil(document.documentElement.getBoundingClientRect().height);
    post({ method: "ui/notifications/size-changed", params: { height } });
  }).observe(document.documentElement);
}

// Values as text. Everything in a result is untrusted: it only ever becomes the text of a node.

function element(tag, className, ...children) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...children.filter((child) => child !== null && child !== ""));
  return made;
}

function text(value, limit = 160) {
  const letters = Array.from(typeof value === "number" ? String(value) : typeof value === "string" ? value.trim() : "");
  return letters.length > limit ? `${letters.slice(0, limit - 1).join("")}…` : letters.join("");
}

function listed(lines, className = "") {
  const more = lines.length > MAX_LIST ? [`and ${lines.length - MAX_LIST} more`] : [];
  return element("ul", className, ...[...lines.slice(0, MAX_LIST), ...more].map((line) => element("li", "", line)));
}

function words(value) {
  const plain = text(value).replaceAll("_", " ");
  return plain.charAt(0).toUpperCase() + plain.slice(1);
}

function object(value) {
  return value !== null && typeof value === "object" && !Array.isArray(value) ? value : {};
}

function list(value) {
  return Array.isArray(value) ? value : [];
}

/** An amount with all the digits that the service gave. */
function money(amount, currency) {
  const digits = /^\d{1,15}(?:\.(\d{1,15}))?$/.exec(amount);
  const places = digits?.[1]?.length ?? 0;
  if (digits && /^[A-Z]{3}$/.test(currency)) {
    const format = { style: "currency", currency, minimumFractionDigits: places, maximumFractionDigits: places };
    return new Intl.NumberFormat(host.locale, format).format(amount);
  }
  return text(currency) ? `${text(amount, 30)} ${text(currency, 20)}` : `${text(amount, 30)} (currency not stated)`;
}

function distance(kilometres) {
  return `${new Intl.NumberFormat(host.locale, { maximumSignificantDigits: 2 }).format(kilometres)} km away`;
}

function moment(value) {
  const time = /T/.test(value) ? new Date(value) : new Date(NaN);
  if (Number.isNaN(time.getTime())) return text(value, 40);
  const format = { dateStyle: "medium", timeStyle: "short", timeZone: host.timeZone };
  return new Intl.DateTimeFormat(host.locale, format).format(time);
}

// What a result says, the same for every tool: products, each with its facts by name.

function contentOf(answer) {
  const notes = list(answer.notes).map((note) => text(note, 500)).filter(Boolean);
  const apart = [
    ...list(answer.not_found).map((gtin) => `Unknown to the service: ${text(gtin)}`),
    ...list(answer.failed).map((entry) => `${text(object(entry).gtin)} failed: ${text(object(entry).error, 300)}`),
  ];
  if (Array.isArray(answer.products)) {
    return { title: "Comparison", products: answer.products.map(compared), notes, apart };
  }
  if (Array.isArray(answer.found)) return { title: "Products", products: answer.found.map(known), notes, apart };
  if ("items" in answer) return { ...hits(answer), notes, apart };
  if (answer.product) return { title: "Product details", products: [detailed(answer)], notes, apart };
  return { title: "Product", products: [known(answer)], notes, apart };
}

function hits(answer) {
  const nearby = answer.scope === "nearby" || (answer.scope === undefined && answer.items !== null);
  const online = list(answer.online_alternatives).map((item) => ({ ...known(item), isOffer: true, online: true }));
  const items = list(answer.items).map((item) => ({ ...known(item), isOffer: nearby }));
  const what = nearby ? "offer" : "product";
  const query = text(answer.query, 80);
  let count = `${items.length} ${what}${items.length === 1 ? "" : "s"}`;
  if (answer.items === null) count = "The service sent no hits: unknown what there is.";
  else if (answer.total > items.length) count = `${items.length} of ${answer.total} ${what}s`;
  else if (answer.total === undefined) count = `${count}, possibly more`;
  if (answer.total === undefined && answer.at_least > items.length) {
    count = `${items.length} of at least ${answer.at_least} ${what}s`;
  }
  return { title: query ? `Results for “${query}”` : "Offers nearby", count, products: [...items, ...online] };
}

function known(value) {
  const product = object(value);
  return {
    ...product,
    facts: {
      Allergens: allergens(product.contains_allergens, product),
      ...(product.certifications ? { Certifications: tags(product.certifications) } : {}),
      ...(product.description ? { Description: text(product.description, 300) } : {}),
      Data: trust(product),
    },
  };
}

function compared(value) {
  const product = object(value);
  const offer = object(product.cheapest_in_stock);
  return {
    ...product,
    ...offer,
    isOffer: "cheapest_in_stock" in product,
    offerTitle: "Cheapest in stock nearby",
    facts: {
      Allergens: allergens(product.allergens),
      "May contain": allergens(product.may_contain),
      Certifications: tags(product.certifications),
      Claims: tags(product.claims),
      Data: trust(product),
    },
  };
}

function detailed(answer) {
  const product = object(answer.product);
  const named = (flag) => {
    const each = list(answer.ingredients).map(object);
    if (!Array.isArray(answer.ingredients) || each.some((entry) => typeof entry[flag] !== "boolean")) return null;
    return each.filter((entry) => entry[flag]).map((entry) => entry.name);
  };
  const nutrition = object(answer.nutrition);
  const nutrients = list(nutrition.nutrients).map(object).map(
    ({ name, amount }) => `${text(name)}: ${text(amount) || "not stated"}`,
  );
  const ingredients = list(answer.ingredients).map((entry) => text(object(entry).name)).join(", ");
  const own = product.contains_allergens;
  return {
    ...product,
    facts: {
      Allergens: own ? allergens(own, product) : allergens(named("is_major_allergen")),
      "May contain": allergens(named("may_contain")),
      Ingredients: text(ingredients, 1000) || unknown(),
      Certifications: tags(answer.certifications),
      Claims: tags(answer.claims),
      [`Nutrition${nutrition.serving_size ? ` per ${text(nutrition.serving_size, 40)}` : ""}`]:
        nutrients.length ? listed(nutrients) : unknown(),
      Data: trust(product),
    },
  };
}

function unknown() {
  return element("span", "muted", "Not stated");
}

function allergens(names, product) {
  if (!Array.isArray(names)) return element("span", "alert", "Not stated: check the pack");
  const shown = names.length ? tags(names, "caution") : "None declared";
  if (product === undefined) return shown;
  const confidence = text(product.allergen_data_confidence, 40);
  const sure = ["high", "medium"].includes(confidence.toLowerCase());
  const remark = `Confidence ${confidence.toLowerCase() || "not stated"}${sure ? "" : ": check the pack"}`;
  return element("div", "", shown, element("p", sure ? "muted" : "alert", remark));
}

function tags(entries, className = "") {
  if (!Array.isArray(entries)) return unknown();
  if (!entries.length) return "None listed";
  const labels = entries.map((entry) => (typeof entry === "string" ? text(entry, 80) : label(object(entry))));
  return listed(labels, `tags ${className}`);
}

function label(entry) {
  const status = entry.is_active === false ? "not active" : text(entry.verification_status, 40);
  return status && status !== "verified" ? `${text(entry.label, 80)} (${status})` : text(entry.label, 80);
}

function trust({ confidence_score: score, data_source: source }) {
  const from = text(source) ? `source: ${text(source, 60).replaceAll("_", " ")}` : "source not stated";
  if (typeof score !== "number") return text(source) ? `Confidence not stated · ${from}` : unknown();
  const shown = `${Math.round(score * 100)}% confidence · ${from}`;
  return score < 0.7 ? element("span", "alert", `${shown}. Check the pack`) : shown;
}

// The cards.

function card(product, names, withOffer, pictures) {
  const made = element("article", "", head(product, pictures), recallOf(product));
  if (withOffer) made.append(offerOf(product));
  const facts = names.map((name) =>
    element("div", "fact", element("dt", "", name), element("dd", "", product.facts[name] ?? unknown())),
  );
  made.append(element("dl", "", ...facts), actionsOf(product));
  // Set through the object model, which the page's policy allows.
  made.style.gridRow = `span ${facts.length + (withOffer ? 4 : 3)}`;
  return made;
}

function head(product, pictures) {
  const name = text(product.name) || "Name not stated";
  const picture = element("div", "picture", Array.from(name)[0].toUpperCase());
  picture.setAttribute("aria-hidden", "true");
  const data = pictures[product.image_url];
  if (typeof data === "string" && PICTURE.test(data)) {
    const image = document.createElement("img");
    image.alt = "";
    image.src = data;
    image.addEventListener("error", () => image.replaceWith(Array.from(name)[0].toUpperCase()));
    picture.replaceChildren(image);
  }
  const brand = [text(product.brand, 80), text(product.size, 40)].filter(Boolean).join(" · ");
  const gtin = `GTIN ${text(product.gtin, 14) || "not stated"}`;
  const who = element("div", "", element("h2", "", name), aside(brand), aside(gtin));
  return element("div", "head", picture, who);
}

function recallOf(product) {
  const place = element("div", "recall small");
  place.setAttribute("role", "status");
  place.tabIndex = -1;
  if (product.recalled !== undefined) showRecall(place, product.recalled, list(product.recalls));
  else place.append(element("span", "muted", "Recalls not checked"));
  if (product.recalled === undefined && host.capabilities.serverTools && product.gtin) {
    const button = element("button", "", "Check recalls");
    button.addEventListener("click", () => checkRecalls(place, button, product.gtin));
    place.append(button);
  }
  return place;
}

async function checkRecalls(place, button, gtin) {
  button.disabled = true;
  button.textContent = "Checking…";
  try {
    const answer = await request("tools/call", { name: "check_recalls", arguments: { gtin } });
    const found = object(answer.structuredContent);
    if (answer.isError) throw new Error(text(object(list(answer.content)[0]).text, 300));
    const recalls = list(found.recalls).map(object).filter((recall) => recall.affects_lot === found.affected);
    showRecall(place, found.affected, recalls.map((recall) => recall.title));
  } catch (error) {
    place.replaceChildren(element("p", "alert", `Recalls could not be checked: ${error.message}`));
  }
  place.focus();
}

function showRecall(place, verdict, titles) {
  const details = titles.slice(0, MAX_LIST).map((title) => element("p", "", text(title, 300)));
  const recalled = { yes: ["danger", "Recalled"], "may be": ["caution", "Recalled, depending on the lot"] }[verdict];
  if (recalled) {
    place.className = `recall small banner ${recalled[0]}`;
    place.replaceChildren(element("strong", "", recalled[1]), ...details);
  } else if (verdict === "no") {
    // The recalls of other lots are open all the same.
    place.replaceChildren(titles.length ? "No open recall covers it" : "No open recall");
  } else {
    place.replaceChildren(element("span", "alert", "Unknown whether it is recalled"));
  }
}

function aside(line) {
  return line && element("p", "muted small", line);
}

function offerOf(product) {
  const made = element("div", "offer", product.isOffer ? aside(product.offerTitle ?? "") : "");
  if (!product.isOffer) return made;
  if (product.cheapest_in_stock === null) {
    made.append(element("p", "muted", "Not known"));
    return made;
  }
  const stock = product.stock_status ? words(product.stock_status) : "Stock not stated";
  const away = typeof product.distance_km === "number" ? distance(product.distance_km) : "Distance not stated";
  const store = object(product.store);
  const checked = product.last_checked_at;
  const rest = [
    aside([text(store.name, 80), text(store.address)].filter(Boolean).join(", ")),
    aside(checked ? `As of ${moment(checked)}` : "Age of price and stock not stated"),
  ];
  made.append(priceOf(product), element("p", "", `${stock} · ${product.online ? "online" : away}`), ...rest);
  return made;
}

function priceOf(product) {
  const price = object(product.price);
  if (!("amount" in price)) return element("p", "muted", "Price not stated");
  const line = element("p", "", element("span", "price", money(price.amount, price.currency)));
  const unit = object(product.unit_price);
  if (unit.amount) {
    line.append(" ", element("span", "muted small", `${money(unit.amount, price.currency)} per ${text(unit.per, 10)}`));
  }
  return line;
}

function actionsOf(product) {
  const made = element("div", "actions");
  const url = URL.canParse(product.url ?? "") ? new URL(product.url) : null;
  if (host.capabilities.openLinks && (url?.protocol === "https:" || url?.protocol === "http:")) {
    const button = element("button", "", `Open ${url.hostname}`);
    button.addEventListener("click", () => request("ui/open-link", { url: url.href }).catch(() => {}));
    made.append(button);
  }
  return made;
}

function showStatus(title, message) {
  const status = element("div", "", element("h1", "", title), element("p", "", message));
  status.setAttribute("role", "status");
  main.replaceChildren(status);
}

function showResult(result) {
  const answer = result.structuredContent;
  if (result.isError || object(answer) !== answer) {
    // The first line of an error is for people, what follows for the model.
    const [line] = text(object(list(result.content)[0]).text, 4000).split("\n");
    showStatus(result.isError ? "The call failed" : "No products", text(line, 1000));
    return;
  }
  const { title, count = "", products, notes, apart } = contentOf(answer);
  const pictures = object(object(result._meta)[PICTURES]);
  const names = [...new Set(products.flatMap((product) => Object.keys(product.facts)))];
  // What a card does not have, but another has, is not stated; the trust in the data is last.
  names.sort((a, b) => (a === "Data") - (b === "Data"));
  const withOffer = products.some((product) => product.isOffer);
  const cards = element("div", "cards");
  const show = (some) => cards.append(...some.map((product) => card(product, names, withOffer, pictures)));
  main.replaceChildren(element("header", "", element("h1", "", title), element("p", "muted small", count)), cards);
  show(products.slice(0, FIRST_CARDS));
  if (products.length > FIRST_CARDS) {
    const button = element("button", "", `Show ${products.length - FIRST_CARDS} more`);
    button.addEventListener("click", () => {
      show(products.slice(FIRST_CARDS));
      button.remove();
      cards.children[FIRST_CARDS].querySelector(".recall").focus();
    });
    main.append(button);
  }
  if (apart.length) main.append(listed(apart, "small"));
  if (notes.length) {
    main.append(element("details", "small", element("summary", "", `Notes (${notes.length})`), listed(notes)));
  }
}

connect();
