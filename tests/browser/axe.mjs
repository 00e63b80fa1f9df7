// Shows pages in headless Chromium, light and dark, on a phone and on a desktop, and asks axe-core what is wrong with
// them. Speaks the DevTools protocol over a pipe, so that axe-core is all that npm has to bring; nothing but the files
// is loaded.
//
//   node axe.mjs AXE.MIN.JS CHROMIUM [--shots DIR] PAGE.html…
//
// One line a finding on stdout; exit 1 when there is one. With --shots each view is kept as a PNG.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const SIZES = [[390, 844], [800, 900]];
const SCHEMES = ["light", "dark"];
/** The least height of what a finger should hit, in CSS pixels (WCAG 2.5.5). */
const TARGET = 44;

const [axePath, chromium, ...rest] = process.argv.slice(2);
const shots = rest[0] === "--shots" ? rest.splice(0, 2)[1] : null;
const axe = readFileSync(axePath, "utf8");

/** Starts a browser; `send` asks it something and waits for the answer. */
function launch() {
  const profile = mkdtempSync(join(tmpdir(), "axe-"));
  const flags = ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--remote-debugging-pipe", `--user-data-dir=${profile}`];
  const browser = spawn(chromium, flags, { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
  const [asked, heard] = [new Map(), []];
  let next = 0;
  let rest = "";
  browser.stdio[4].setEncoding("utf8").on("data", (data) => {
    const messages = (rest + data).split("\0");
    rest = messages.pop();
    for (const { id, method, result, error } of messages.map((message) => JSON.parse(message))) {
      if (id !== undefined) {
        const { done, failed } = asked.get(id);
        error ? failed(new Error(error.message)) : done(result);
      } else {
        heard.filter((one) => one.method === method).forEach((one) => one.done());
      }
    }
  });
  browser.on("exit", (code) => asked.forEach(({ failed }) => failed(new Error(`${chromium} ended with ${code}`))));
  const send = (method, params = {}, sessionId = undefined) => new Promise((done, failed) => {
    asked.set(++next, { done, failed });
    browser.stdio[3].write(JSON.stringify({ id: next, method, params, sessionId }) + "\0");
  });
  const event = (method) => new Promise((done) => heard.push({ method, done }));
  const close = async () => {
    const ended = new Promise((done) => browser.once("exit", done));
    // A browser that ends before it has answered has done what it was asked.
    await send("Browser.close").catch(() => {});
    await ended;
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  };
  return { send, event, close, kill: () => browser.kill("SIGKILL") };
}

/** What axe has no default rule for: a page that is wider than its window, and a link too small for a finger. */
function measured(target) {
  const found = [];
  const { scrollWidth, clientWidth } = document.documentElement;
  if (scrollWidth > clientWidth) found.push(`width: ${scrollWidth} px in a window of ${clientWidth}`);
  for (const link of document.querySelectorAll("a, button")) {
    const { height } = link.getBoundingClientRect();
    if (height > 0 && height < target) found.push(`target: ${height} px high: ${link.textContent.trim()}`);
  }
  const first = document.querySelector("h3");
  if (first && innerWidth < 600 && first.getBoundingClientRect().bottom > innerHeight) {
    found.push("first screen: the first story is not on it");
  }
  return found;
}

async function look({ send, event }, page, scheme, [width, height]) {
  const { targetId } = await send("Target.createTarget", { url: "about:blank" });
  const { sessionId } = await send("Target.attachToTarget", { targetId, flatten: true });
  const ask = (method, params) => send(method, params, sessionId);
  const evaluate = async (expression) => {
    const { result, exceptionDetails } =
      await ask("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  };
  await ask("Page.enable");
  await ask("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile: width < 600 });
  await ask("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: scheme }] });
  const loaded = event("Page.loadEventFired");
  const { errorText } = await ask("Page.navigate", { url: pathToFileURL(resolve(page)).href });
  if (errorText) throw new Error(`${page}: ${errorText}`);
  await loaded;
  const found = await evaluate(`(${measured})(${TARGET})`);
  if (shots) {
    const { data } = await ask("Page.captureScreenshot", { captureBeyondViewport: false });
    const file = `${basename(page, ".html")}-${width}-${scheme}`;
    writeFileSync(join(shots, `${file}.png`), Buffer.from(data, "base64"));
    const whole = await ask("Page.captureScreenshot", { captureBeyondViewport: true });
    writeFileSync(join(shots, `${file}-whole.png`), Buffer.from(whole.data, "base64"));
  }
  await evaluate(axe);
  const { violations, passes } = await evaluate("axe.run(document)");
  for (const { id, help, nodes } of violations) {
    nodes.forEach(({ target, html }) => found.push(`${id}: ${help}: ${target} ${html.slice(0, 200)}`));
  }
  await send("Target.closeTarget", { targetId });
  return { found, passes: passes.length };
}

const browser = launch();
setTimeout(() => {
  console.log("the browser has not answered for two minutes");
  browser.kill();
  process.exit(1);
}, 120_000).unref();
let findings = 0;
for (const page of rest) {
  for (const scheme of SCHEMES) {
    for (const size of SIZES) {
      const { found, passes } = await look(browser, page, scheme, size);
      const view = `${basename(page)}, ${scheme}, ${size[0]} px`;
      found.forEach((finding) => console.log(`${view}: ${finding}`));
      console.log(`${view}: ${passes} rules hold, ${found.length} findings`);
      findings += found.length;
    }
  }
}
await browser.close();
process.exitCode = findings > 0 ? 1 : 0;
