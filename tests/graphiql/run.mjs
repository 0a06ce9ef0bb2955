// Goes through the playground in a browser: what a visitor sees first, the examples, signing in and
// out, and what is told beside the answer. Whatever the page asks of another origin, logs as an error
// or tries against its Content-Security-Policy is a failure.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";

const [base, directory] = process.argv.slice(2);
if (!base || !directory) {
  console.error("usage: node run.mjs http://127.0.0.1:8000 DIRECTORY_FOR_SCREENSHOTS");
  process.exit(2);
}
const origin = new URL(base).origin;
const PATIENCE = 20_000;

const troubles = [];
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
});

let step = "start";
try {
  mkdirSync(directory, { recursive: true });
  const settings = await readSettings();
  const staff = demoUser(settings, "STAFF");
  const page = await open("light");

  await during("Ctrl-Enter runs what is in the editor without a click, as is said until there is an answer", async () => {
    const hint = page.getByText(/^(Ctrl|⌘)-Enter runs the query\.$/);
    await hint.waitFor();
    const { data } = await run(page, pressKeys);
    check(data?.products?.nodes?.length > 0, JSON.stringify(data));
    await hint.waitFor({ state: "detached" });
  });

  await during("the first visit shows an example, and the schema of anonymous callers", async () => {
    await editor(page, "operation.graphql", (text) => text.includes("query FirstQuery"));
    await showType(page, "Product");
    await page.getByRole("link", { name: "priceCents" }).waitFor();
    check(!(await fields(page)).includes("costCents"), "costCents is in the documentation of Product");
  });

  await during("an example opens in a tab and runs", async () => {
    await openExample(page, "search");
    const answer = await run(page, pressKeys);
    check(answer.data?.products?.nodes?.length > 0, `no products: ${JSON.stringify(answer)}`);
    await page.getByRole("tab", { name: "Search" }).waitFor();
    await shoot(page, "light.png");
  });

  await during("wrong passwords are refused in words, and at last for a while", async () => {
    await pane(page, "Log in");
    await page.getByLabel("E-mail").fill(`nobody-${Date.now()}@example.com`);
    await page.getByLabel("Password").fill("wrong, and long enough");
    const alert = page.getByRole("region", { name: "Log in" }).getByRole("alert");
    for (let attempt = 1; attempt <= 8; attempt += 1) {
      await page.locator("form").getByRole("button", { name: "Log in" }).click();
      await page.locator("form button:enabled").waitFor();
      const told = await alert.innerText();
      if (attempt === 1) {
        check(told.includes("do not go together"), told);
      } else if (/^Too many attempts\. Try again in \d+ (second|minute)s?, at /.test(told)) {
        check(!(await value(page, "request-headers.json")).includes("Bearer"), "there is a token");
        return;
      }
    }
    throw new Error(`after eight attempts: ${await alert.innerText()}`);
  });

  await during("signing in as staff shows what staff may see", async () => {
    await setValue(page, "request-headers.json", '{ "X-Request-Id": "playground" }');
    await page.getByRole("button", { name: staff.email }).click();
    await page.getByRole("status").filter({ hasText: staff.email }).waitFor();
    const headers = JSON.parse(await value(page, "request-headers.json"));
    check(headers.Authorization?.startsWith("Bearer ey"), "the headers have no token");
    check(headers["X-Request-Id"] === "playground", "another header was lost");
    await showType(page, "Product");
    await page.getByRole("link", { name: "costCents" }).waitFor();
  });

  await during("the cost is told", async () => {
    await page.getByRole("checkbox", { name: "Cost" }).first().check();
    const { extensions } = await run(page);
    const { cost, budget } = extensions?.cost ?? {};
    check(cost > 0 && budget === 100_000, `the answer tells ${JSON.stringify(extensions)}`);
    const figure = cost.toLocaleString("en-GB");
    await page.getByRole("button", { name: `Cost ${figure} of 100,000` }).click();
    await page.getByText(`${figure} of 100,000 rows`).waitFor();
  });

  await during("what is told of an answer stays with its tab", async () => {
    const figures = page.locator(".purser-figures");
    const told = await figures.innerText();
    await page.getByRole("button", { name: "New tab" }).click();
    await figures.waitFor({ state: "detached" });
    await page.getByText("Turn something on and run an operation.").waitFor();
    await page.getByText(/^(Ctrl|⌘)-Enter runs the query\.$/).waitFor();
    await page.getByRole("tab", { name: "Search" }).click();
    await figures.waitFor();
    check((await figures.innerText()) === told, `it tells ${await figures.innerText()}, and told ${told}`);
  });

  await during("what is over the budget is told as such", async () => {
    await setValue(
      page,
      "operation.graphql",
      "query TooMuch { products(first: 100) { nodes { reviews(first: 100) { nodes { author { reviews(first: 100) { nodes { id } } } } } } } }",
    );
    await page.getByRole("tab", { name: "TooMuch" }).waitFor();
    const { errors } = await run(page);
    check(errors?.[0]?.extensions?.code === "QUERY_TOO_COMPLEX", JSON.stringify(errors));
    await page.getByText("It was refused: nothing ran.").waitFor();
  });

  await during("signing out shows what everyone may see", async () => {
    await pane(page, "Log in");
    await page.getByRole("button", { name: "Log out" }).click();
    await page.getByRole("status").filter({ hasText: "anonymous" }).waitFor();
    const headers = JSON.parse(await value(page, "request-headers.json"));
    check(!headers.Authorization, "the headers have a token still");
    await showType(page, "Product");
    await page.getByRole("link", { name: "priceCents" }).waitFor();
    await page.getByRole("link", { name: "costCents" }).waitFor({ state: "detached" });
  });

  const names = await examples(page);
  check(names.length >= 8, `there are ${names.length} examples`);
  for (const name of names) {
    await during(`the example "${name}" is answered without an error`, async () => {
      await openExample(page, name);
      const { data, errors } = await run(page);
      check(!errors, JSON.stringify(errors));
      const fields = Object.values(data ?? {});
      check(fields.length > 0 && fields.every((field) => field !== null), JSON.stringify(data));
      const told = fields.flatMap((field) => field.userErrors ?? []);
      check(told.length === 0, JSON.stringify(told));
      const marked = await mistakes(page);
      check(marked.length === 0, `the editor marks ${marked.join("; ")}`);
    });
  }

  await during("every pane begins at its top", async () => {
    const field = "products { nodes { reviews(first: 3) { nodes { id } } } }";
    await page.getByRole("button", { name: "New tab" }).click();
    await setValue(page, "operation.graphql", `query Deep { ${field} }`);
    await page.getByRole("tab", { name: "Deep" }).waitFor();
    const panes = { "GraphiQL Explorer": "input[value='3']", "Documentation Explorer": ".graphiql-doc-explorer-title" };
    for (const [title, content] of Object.entries(panes)) {
      await pane(page, "Examples");
      const place = page.locator(".graphiql-plugin");
      await place.evaluate((place) => place.scrollTo(0, place.scrollHeight));
      check((await place.evaluate((place) => place.scrollTop)) > 0, "the examples take no scrolling");
      await pane(page, title);
      await place.locator(content).waitFor();
      const top = await place.evaluate((place) => place.scrollTop);
      check(top === 0, `${title} begins ${top} pixels down`);
      check((await place.locator("input:focus").count()) === 0, `${title} has the cursor in a field`);
    }
  });

  await during("a preview is told as such", async () => {
    await openExample(page, "place order");
    const { extensions } = await run(page);
    check(extensions?.preview === true, "it was not a preview");
    await page.getByText("Preview: nothing was kept.").waitFor();
    await openExample(page, "dashboard");
    check(!(await page.getByRole("checkbox", { name: "Preview" }).first().isChecked()), "it stays on");
  });

  await during("neither token nor password is kept for the next visit", async () => {
    await page.waitForTimeout(1000);
    const kept = await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }));
    check(kept.includes("Dashboard"), "no tabs are kept");
    check(!/eyJ[\w-]{8}/.test(kept), "there is a token");
    check(!settings.demoUsers.some(({ password }) => password && kept.includes(password)), "there is a password");
    await page.reload();
    await editor(page, "operation.graphql", (text) => text.includes("query Dashboard"));
    check((await value(page, "request-headers.json")) === "", "the headers are back");
  });

  await during("whoever types while the editor is loaded keeps the cursor", async () => {
    await pane(page, "Log in");
    let release;
    const released = new Promise((resolve) => {
      release = resolve;
    });
    await page.route("**/assets/editor.api-*.js", async (route) => {
      await released;
      await route.fallback();
    });
    await page.reload();
    const email = page.getByLabel("E-mail");
    await email.pressSequentially("gra");
    check((await value(page, "operation.graphql")) === undefined, "the editor was there already");
    release();
    await editor(page, "operation.graphql", (text) => text.includes("query Dashboard"));
    await page.waitForTimeout(500);
    await page.keyboard.type("ce");
    check((await email.inputValue()) === "grace", `the field has ${await email.inputValue()}`);
  });
  await page.close();

  const dark = await open("dark");
  await during("the SQL of each root field is told", async () => {
    await openExample(dark, "dashboard");
    if (settings.explain) {
      await dark.getByRole("checkbox", { name: "Cost" }).first().check();
      await dark.getByRole("checkbox", { name: "Explain" }).first().check();
      const { data, extensions } = await run(dark);
      await pane(dark, "Cost and SQL");
      for (const { field, sql } of extensions.explain) {
        const shown = await dark.getByLabel(`SQL of ${field}`, { exact: true }).textContent();
        check(blankless(shown) === blankless(sql), `what is shown of ${field} is not its SQL`);
      }
      check(extensions.explain.length === Object.keys(data).length, "a root field is missing");
    } else {
      const offered = await dark.getByRole("checkbox", { name: "Explain" }).count();
      check(offered === 0, "Explain is offered");
    }
    await shoot(dark, "dark.png");
  });
  await dark.close();

  const late = await open("light", undefined, {
    ...settings,
    demoUsers: settings.demoUsers.map((user) => ({ ...user, password: "the one at the start" })),
  });
  const tried = [];
  late.on("request", (request) => {
    const email = request.postDataJSON()?.variables?.input?.email;
    if (email) {
      tried.push(email);
    }
  });

  await during("a demo user's password that was changed is tried once, and then asked for", async () => {
    await pane(late, "Log in");
    const alert = late.getByRole("region", { name: "Log in" }).getByRole("alert");
    await late.getByRole("button", { name: staff.email }).click();
    await alert.filter({ hasText: `The password of ${staff.email} was changed` }).waitFor();
    check((await late.getByLabel("E-mail").inputValue()) === staff.email, "the address has to be typed");
    await late.getByRole("button", { name: staff.email }).click();
    await late.keyboard.type(staff.password);
    await late.keyboard.press("Enter");
    await late.getByRole("status").filter({ hasText: staff.email }).waitFor();
    check(tried.join() === [staff.email, staff.email].join(), `tried were ${tried}`);
  });

  await during("an example whose demo user has another password leads to where it is typed", async () => {
    const customers = settings.demoUsers.filter(({ role }) => role === "CUSTOMER");
    const examples = late.getByRole("region", { name: "Examples" });
    await late.getByRole("button", { name: "New tab" }).click();
    await pane(late, "Examples");
    const me = examples.getByRole("button", { name: /^me\b/i });
    for (const { email } of customers) {
      await me.click();
      await examples.getByRole("alert").filter({ hasText: `The password of ${email} was changed` }).waitFor();
    }
    await me.click();
    const note = examples.getByRole("alert").filter({ hasText: "Log in as customer to run me." });
    await within(late, note);
    check(tried.length === 2 + customers.length, `tried were ${tried}`);
    await examples.getByRole("button", { name: "Log in", exact: true }).click();
    await late.getByRole("region", { name: "Log in" }).waitFor();
  });
  await late.close();

  for (const [width, height] of [[390, 844], [768, 1024]]) {
    const narrow = await open("light", { viewport: { width, height }, hasTouch: true });
    await during(`at ${width} pixels a query is run and answered within the window`, async () => {
      check((await narrow.getByRole("button", { name: /^Hide / }).count()) === 0, "a pane is open");
      check(await narrow.evaluate(() => document.activeElement === document.body), "a keyboard comes up");
      const parts = [".graphiql-execute-button", ".graphiql-query-editor", ".result-window", ".purser-footer", ".purser-who"];
      for (const part of parts) {
        await within(narrow, narrow.locator(part));
      }
      const { data } = await run(narrow, tapRun);
      check(data?.products?.nodes?.length > 0, JSON.stringify(data));
      await within(narrow, narrow.locator(".purser-figures"));
      await within(narrow, narrow.locator(".result-window .view-line").filter({ hasText: "products" }));
    });

    await during(`at ${width} pixels panes are within the window, and make way for an example`, async () => {
      await narrow.locator(".purser-who").tap();
      const form = narrow.getByRole("region", { name: "Log in" });
      await withinAll(narrow, form.locator("h2, p, li button, input, form button"));
      await openExample(narrow, "dashboard", tap);
      await form.waitFor({ state: "detached" });
      await narrow.getByRole("button", { name: /^Hide / }).waitFor({ state: "detached" });
      await narrow.getByRole("checkbox", { name: "Cost" }).tap();
      const { errors } = await run(narrow, tapRun);
      check(!errors, JSON.stringify(errors));
      await narrow.locator(".purser-figures").tap();
      const told = narrow.getByRole("region", { name: "Cost and SQL" });
      await withinAll(narrow, told.locator("h2, p, code, label, output, pre"));
      await shoot(narrow, `${width}.png`);
    });
    await narrow.close();
  }
  check(troubles.length === 0, troubles.join("\n"));
  console.log("the playground works");
} catch (failure) {
  console.error(`failed at: ${step}\n${failure.message}`);
  for (const trouble of troubles) {
    console.error(trouble);
  }
  for (const page of browser.contexts().flatMap((context) => context.pages())) {
    await shoot(page, "failed.png");
  }
  process.exitCode = 1;
} finally {
  await browser.close();
}

async function during(name, act) {
  step = name;
  await act();
  check(troubles.length === 0, "the page was not quiet");
  console.log(`ok  ${name}`);
}

function check(holds, otherwise) {
  if (!holds) {
    throw new Error(otherwise);
  }
}

async function readSettings() {
  const response = await fetch(new URL("/graphiql/settings.json", base));
  check(response.ok, `/graphiql/settings.json: status ${response.status}`);
  return response.json();
}

function demoUser(settings, role) {
  const user = settings.demoUsers.find((user) => user.role === role && user.password);
  check(user, `the settings name no demo user with a password whose role is ${role}`);
  return user;
}

/** A page in a profile of its own, all of whose troubles are noted; told other settings where some are given. */
async function open(colorScheme, device = { viewport: { width: 1440, height: 900 } }, settings = undefined) {
  const context = await browser.newContext({ colorScheme, serviceWorkers: "block", ...device });
  context.setDefaultTimeout(PATIENCE);
  await context.route("**", (route) => {
    const url = route.request().url();
    if (new URL(url).origin === origin) {
      return route.continue();
    }
    troubles.push(`asked another origin: ${url}`);
    return route.abort();
  });
  if (settings) {
    await context.route("**/graphiql/settings.json", (route) => route.fulfill({ json: settings }));
  }
  const page = await context.newPage();
  page.on("console", (message) => {
    if (message.type() === "error" && !isRefusal(message)) {
      troubles.push(`logged: ${message.text()} (${message.location().url})`);
    }
  });
  page.on("pageerror", (error) => troubles.push(`threw: ${error.stack}`));
  page.on("websocket", (socket) => troubles.push(`opened a socket: ${socket.url()}`));
  page.on("response", (response) => {
    if (response.status() >= 400 && new URL(response.url()).pathname !== "/graphql") {
      troubles.push(`status ${response.status()}: ${response.url()}`);
    }
  });
  await page.addInitScript(() => {
    addEventListener("securitypolicyviolation", (event) => {
      console.error(`${event.violatedDirective} forbids ${event.blockedURI} ${event.sample}`);
    });
  });
  const response = await page.goto(new URL("/graphiql", base).href);
  const policy = response?.headers()["content-security-policy"];
  check(policy?.includes("default-src 'none'"), "the page has no strict Content-Security-Policy");
  await page.getByRole("button", { name: /Execute query/ }).waitFor();
  await editor(page, "operation.graphql", () => true);
  return page;
}

/** The browser logs each answer of the API with a status of 400 and more, which is part of the API. */
function isRefusal(message) {
  return message.text().startsWith("Failed to load resource") && message.location().url.endsWith("/graphql");
}

function click(target) {
  return target.click();
}

function tap(target) {
  return target.tap();
}

/** Shows a pane of the sidebar. */
async function pane(page, title, press = click) {
  const button = page.getByRole("button", { name: `Show ${title}`, exact: true });
  if (await button.count()) {
    await press(button);
  }
  await page.getByRole("button", { name: `Hide ${title}`, exact: true }).waitFor();
}

async function examples(page) {
  await pane(page, "Examples");
  return page.getByRole("region", { name: "Examples" }).locator("li strong").allInnerTexts();
}

async function openExample(page, name, press = click) {
  await pane(page, "Examples", press);
  const entry = page.getByRole("region", { name: "Examples" }).locator("li", {
    has: page.locator("strong", { hasText: new RegExp(`^${name}$`, "i") }),
  });
  const role = await entry.locator("[data-role]").allInnerTexts();
  await press(entry.getByRole("button"));
  const operation = new RegExp(`(query|mutation) ${name.replaceAll(" ", "")}\\b`, "i");
  await editor(page, "operation.graphql", (text) => operation.test(text));
  if (role.length > 0) {
    const rest = { customer: "customer|staff|admin", staff: "staff|admin", admin: "admin" }[role[0]];
    await page.locator(".purser-who", { hasText: new RegExp(rest) }).waitFor();
  }
}

/** Finds a type in the documentation and opens it. */
async function showType(page, name) {
  await pane(page, "Documentation Explorer");
  const title = page.locator(".graphiql-doc-explorer-title");
  if ((await title.innerText()) !== name) {
    await page.locator(".graphiql-doc-explorer-search").click();
    await page.getByRole("combobox").fill(name);
    await page.getByRole("option", { name, exact: true }).click();
  }
  await title.filter({ hasText: new RegExp(`^${name}$`) }).waitFor();
}

async function fields(page) {
  return page.locator(".graphiql-doc-explorer-content").innerText();
}

/** Runs what is in the editor and returns the answer that is shown. */
async function run(page, start = clickRun) {
  await setValue(page, "response.json", "");
  await start(page);
  const text = await editor(page, "response.json", (text) => text.startsWith("{"));
  await page.locator(".graphiql-response .graphiql-spinner").waitFor({ state: "detached" });
  return JSON.parse(text);
}

async function clickRun(page) {
  await page.getByRole("button", { name: /Execute query/ }).click();
}

async function tapRun(page) {
  await page.getByRole("button", { name: /Execute query/ }).tap();
}

/** Presses keys wherever the cursor is, once the editor has noticed what was put into it. */
async function pressKeys(page) {
  await page.waitForTimeout(300);
  await page.keyboard.press("ControlOrMeta+Enter");
}

/** The text of an editor, once it is as it should be. */
async function editor(page, name, isReady) {
  const end = Date.now() + PATIENCE;
  for (;;) {
    const text = await value(page, name);
    if (text !== undefined && isReady(text)) {
      return text;
    }
    check(Date.now() < end, `${name} stays as it is: ${text}`);
    await page.waitForTimeout(50);
  }
}

function value(page, name) {
  return page.evaluate(
    (name) =>
      globalThis.__MONACO?.editor
        .getModels()
        .find((model) => model.uri.path.endsWith(name))
        ?.getValue(),
    name,
  );
}

async function setValue(page, name, text) {
  await page.evaluate(
    ([name, text]) =>
      globalThis.__MONACO.editor
        .getModels()
        .find((model) => model.uri.path.endsWith(name))
        .setValue(text),
    [name, text],
  );
}

/** What the editors still mark as wrong after a while: they follow the schema, which follows the token. */
async function mistakes(page) {
  await page.waitForTimeout(800);
  const end = Date.now() + PATIENCE;
  for (;;) {
    const marked = await page.evaluate(() =>
      globalThis.__MONACO.editor
        .getModelMarkers({})
        .filter((marker) => marker.severity === globalThis.__MONACO.MarkerSeverity.Error)
        .map((marker) => `${marker.resource.path}: ${marker.message}`),
    );
    if (marked.length === 0 || Date.now() > end) {
      return marked;
    }
    await page.waitForTimeout(100);
  }
}

/** Fails where something is seen in part only, or is not seen, because the window ends. */
async function within(page, target) {
  await target.waitFor();
  const { width, height } = page.viewportSize();
  const box = await target.boundingBox();
  const [right, bottom] = [box.x + box.width, box.y + box.height];
  const place = `${target} is at ${Object.values(box)} in a window of ${width} by ${height}`;
  check(box.width > 0 && box.height > 0 && box.x >= 0 && box.y >= 0 && right <= width && bottom <= height, place);
}

/** Fails where something is beside the window; one may scroll down to it. */
async function withinAll(page, targets) {
  await targets.first().waitFor();
  const { width } = page.viewportSize();
  for (const target of await targets.filter({ visible: true }).all()) {
    const { x, width: wide } = await target.boundingBox();
    check(x >= 0 && x + wide <= width, `${target} is from ${x} to ${x + wide} in a window of ${width}`);
  }
}

async function shoot(page, name) {
  await page.waitForTimeout(500);
  await page.screenshot({ path: join(directory, name) });
}

function blankless(text) {
  return text.replaceAll(/\s/g, "");
}
