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

  await during("the first visit shows an example, and the schema of anonymous callers", async () => {
    await editor(page, "operation.graphql", (text) => text.includes("query FirstQuery"));
    await showType(page, "Product");
    await page.getByRole("link", { name: "priceCents" }).waitFor();
    check(!(await fields(page)).includes("costCents"), "costCents is in the documentation of Product");
  });

  await during("an example opens in a tab and runs", async () => {
    await openExample(page, "search");
    const answer = await run(page);
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

/** A page in a profile of its own, all of whose troubles are noted. */
async function open(colorScheme) {
  const context = await browser.newContext({
    colorScheme,
    viewport: { width: 1440, height: 900 },
    serviceWorkers: "block",
  });
  context.setDefaultTimeout(PATIENCE);
  await context.route("**", (route) => {
    const url = route.request().url();
    if (new URL(url).origin === origin) {
      return route.continue();
    }
    troubles.push(`asked another origin: ${url}`);
    return route.abort();
  });
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

/** Shows a pane of the sidebar. */
async function pane(page, title) {
  const button = page.getByRole("button", { name: `Show ${title}`, exact: true });
  if (await button.count()) {
    await button.click();
  }
  await page.getByRole("button", { name: `Hide ${title}`, exact: true }).waitFor();
}

async function examples(page) {
  await pane(page, "Examples");
  return page.getByRole("region", { name: "Examples" }).locator("li strong").allInnerTexts();
}

async function openExample(page, name) {
  await pane(page, "Examples");
  const entry = page.getByRole("region", { name: "Examples" }).locator("li", {
    has: page.locator("strong", { hasText: new RegExp(`^${name}$`, "i") }),
  });
  const role = await entry.locator("[data-role]").allInnerTexts();
  await entry.getByRole("button").click();
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
async function run(page) {
  await setValue(page, "response.json", "");
  await page.getByRole("button", { name: /Execute query/ }).click();
  const text = await editor(page, "response.json", (text) => text.startsWith("{"));
  await page.locator(".graphiql-response .graphiql-spinner").waitFor({ state: "detached" });
  return JSON.parse(text);
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

async function shoot(page, name) {
  await page.waitForTimeout(500);
  await page.screenshot({ path: join(directory, name) });
}

function blankless(text) {
  return text.replaceAll(/\s/g, "");
}
