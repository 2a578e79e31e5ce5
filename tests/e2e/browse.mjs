// Looks at pages in a real Chromium and says what it saw. Each line in is a JSON job, each line out
// its answer: { report }, or { error } where a job could not be done. It ends when no more jobs come.
//
// job: { base, cookies: [{name, value}], login: {url, fields, submit}, shots: folder or null,
//        widths: [360, 820, 1400], schemes: ["light", "dark"], directions: ["ltr"], axe: true,
//        sizes: [[360, "light"], …] instead of each width in each scheme,
//        webgl: false, chromium: path, pages: [{name, url, wait, steps, full}] }
// steps, in order: {click}, {fill: [selector, text]}, {press: [selector, key]}, {slide: selector},
//        {hold: [selector, ms]}, {expect: selector}, {gone: selector}, {offline: bool}, {reload: true},
//        {files: [selector, [path]]} (a folder's own path for a folder's input), {wait_ms}, {until: expression}, {goto: path}, {shot: name}, {evaluate: expression} (its value goes into `values`)
// report: [{name, width, scheme, direction, status, url, overflow_px, wide, violations, undecided_contrast,
//        console_errors, requests, bytes, largest_paint_ms, layout_shift, values, shots, failed_step}]

import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = {
  runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
  rules: { "target-size": { enabled: true } }, // off in axe-core although WCAG 2.2 AA asks for it
  resultTypes: ["violations", "incomplete"],
};
const NOISE = /GL Driver Message/; // the software renderer speaks of its own speed
const STEP_MS = 45_000; // a limit, not a goal: maps are drawn in software here
const SETTLE_MS = 250;

const MAP = "[data-map]";

const ACTS = {
  click: (page, selector) => page.click(selector),
  fill: (page, [selector, text]) => page.fill(selector, text),
  files: (page, [selector, paths]) => page.setInputFiles(selector, paths),
  press: (page, [selector, key]) => page.press(selector, key),
  expect: async (page, selector) => {
    // A map is drawn when it is about to be seen: go there, as a person would.
    if (selector.startsWith(MAP)) await page.locator(MAP).first().scrollIntoViewIfNeeded();
    await page.waitForSelector(selector, { state: "visible" });
  },
  gone: (page, selector) => page.waitForSelector(selector, { state: "hidden" }),
  offline: (page, off) => page.context().setOffline(off),
  reload: (page) => page.reload(),
  goto: (page, path) => page.goto(new URL(path, page.url()).href),
  wait_ms: (page, ms) => page.waitForTimeout(ms),
  until: async (page, expression) => { // through the protocol: the page's policy forbids eval
    for (const by = Date.now() + STEP_MS; !await page.evaluate(expression); await page.waitForTimeout(100))
      if (Date.now() > by) throw new Error("it never came true");
  },
  slide: async (page, selector) => {
    await page.locator(selector).scrollIntoViewIfNeeded();
    const track = await page.locator(selector).boundingBox();
    const thumb = await page.locator(`${selector} b`).boundingBox();
    await page.mouse.move(thumb.x + thumb.width / 2, thumb.y + thumb.height / 2);
    await page.mouse.down();
    await page.mouse.move(track.x + track.width - 8, thumb.y + thumb.height / 2, { steps: 12 });
    await page.mouse.up();
  },
  hold: async (page, [selector, ms]) => {
    await page.locator(selector).scrollIntoViewIfNeeded();
    const box = await page.locator(selector).boundingBox();
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await page.mouse.down();
    await page.waitForTimeout(ms);
    await page.mouse.up();
  },
};

const browsers = new Map(); // by whether they draw maps: that takes other settings

async function main() {
  for await (const line of createInterface({ input: process.stdin }))
    process.stdout.write(`${JSON.stringify(await answer(JSON.parse(line)))}\n`);
  for (const one of browsers.values()) await one.close();
}

async function answer(told) {
  const job = { widths: [360, 820, 1400], schemes: ["light", "dark"], directions: ["ltr"], axe: true,
    cookies: [], shots: null, webgl: false, chromium: "/usr/bin/chromium", ...told };
  const report = [];
  try {
    if (job.shots) await mkdir(job.shots, { recursive: true });
    if (!browsers.has(job.webgl)) browsers.set(job.webgl, await launch(job));
    for (const wanted of job.pages) for (const [width, scheme] of sizesOf({ ...job, ...wanted }))
      for (const direction of job.directions)
        report.push(await look(browsers.get(job.webgl), job, wanted, { width, scheme, direction }));
  } catch (error) { return { error: error.stack }; }
  return { report };
}

function sizesOf({ sizes, widths, schemes }) {
  return sizes ?? widths.flatMap((width) => schemes.map((scheme) => [width, scheme]));
}

function launch(job) {
  return chromium.launch({ executablePath: job.chromium, args: [
    ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
    ...(job.webgl ? ["--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"] : ["--disable-gpu"]),
    "--disable-dev-shm-usage", "--force-color-profile=srgb",
  ] });
}

async function look(browser, job, wanted, { width, scheme, direction }) {
  const context = await browser.newContext({ viewport: { width, height: width < 600 ? 740 : 900 },
    colorScheme: scheme, bypassCSP: false, hasTouch: width < 600, reducedMotion: "reduce" });
  await context.addCookies(job.cookies.map((cookie) => ({ url: job.base, ...cookie })));
  const page = await context.newPage();
  page.setDefaultTimeout(STEP_MS);
  if (job.login) await logIn(page, job);
  const seen = await listen(page);
  const shoot = async (name, full) => {
    if (!job.shots) return;
    const path = join(job.shots, `${name}-${width}-${scheme}${direction === "rtl" ? "-rtl" : ""}.png`);
    await page.screenshot({ path, fullPage: full });
    seen.shots.push(path);
  };
  const answer = await page.goto(new URL(wanted.url, job.base).href, { waitUntil: "load" });
  if (direction === "rtl") await page.evaluate(() => { document.documentElement.dir = "rtl"; });
  for (const step of [...(wanted.wait ? [{ expect: wanted.wait }] : []), ...(wanted.steps ?? [])]) {
    const [[act, value]] = Object.entries(step);
    try {
      if (act === "evaluate") seen.values.push(await page.evaluate(value));
      else if (act === "shot") await shoot(value, false);
      else await ACTS[act](page, value);
    } catch (error) {
      seen.failed_step = `${JSON.stringify(step)}: ${error.message.split("\n")[0]}`;
      break;
    }
  }
  await page.waitForTimeout(SETTLE_MS);
  const size = await page.evaluate(measure);
  await shoot(wanted.name, wanted.full ?? true);
  const found = job.axe ? await check(page) : { violations: [], undecided_contrast: [] };
  const result = { name: wanted.name, width, scheme, direction, status: answer?.status() ?? null, url: page.url(),
    ...size, ...found, ...seen };
  await context.close();
  return result;
}

async function logIn(page, { base, login }) {
  await page.goto(new URL(login.url, base).href);
  for (const [selector, value] of Object.entries(login.fields)) await page.fill(selector, value);
  await Promise.all([page.waitForNavigation(), page.click(login.submit)]);
}

async function listen(page) {
  const seen = { console_errors: [], requests: 0, bytes: 0, values: [], shots: [], failed_step: null };
  page.on("console", (message) => {
    if (NOISE.test(message.text())) return;
    if (["error", "warning"].includes(message.type())) seen.console_errors.push(message.text());
  });
  page.on("pageerror", (error) => seen.console_errors.push(String(error)));
  const session = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  session.on("Network.responseReceived", ({ response }) => {
    if (response.url.startsWith("http") && !response.fromDiskCache) seen.requests += 1;
  });
  session.on("Network.loadingFinished", ({ encodedDataLength }) => { seen.bytes += encodedDataLength; });
  return seen;
}

async function check(page) {
  // Through the protocol, so that the page's own policy stays as it is.
  await page.evaluate(AXE);
  const { violations, incomplete } = await page.evaluate((rules) => globalThis.axe.run(document, rules), RULES);
  const brief = ({ id, impact, help, nodes }) => ({ id, impact, help,
    nodes: nodes.map((node) => `${node.target.join(" ")} ${node.html.slice(0, 160)} | ${node.failureSummary ?? ""}`) });
  return { violations: violations.map(brief),
    undecided_contrast: incomplete.filter(({ id }) => id === "color-contrast").map(brief) };
}

function measure() {
  const room = document.documentElement.clientWidth;
  const scrolls = (one) => { for (let up = one.parentElement; up; up = up.parentElement)
    if (/auto|scroll|hidden|clip/.test(getComputedStyle(up).overflowX)) return true; return false; };
  const wide = [...document.body.querySelectorAll("*")]
    .filter((one) => { const box = one.getBoundingClientRect(); return box.width && (box.right > room + 1) && !scrolls(one); })
    .map((one) => `${one.tagName.toLowerCase()}.${one.className?.baseVal ?? one.className}`);
  let shift = 0;
  let paint = null;
  new PerformanceObserver((list) => { for (const entry of list.getEntries()) paint = entry.startTime; })
    .observe({ type: "largest-contentful-paint", buffered: true });
  new PerformanceObserver((list) => { for (const entry of list.getEntries()) if (!entry.hadRecentInput) shift += entry.value; })
    .observe({ type: "layout-shift", buffered: true });
  return new Promise((resolve) => setTimeout(() => resolve({
    overflow_px: document.documentElement.scrollWidth - room, wide: wide.slice(0, 8),
    largest_paint_ms: paint === null ? null : Math.round(paint), layout_shift: Math.round(shift * 10_000) / 10_000,
  }), 60));
}

await main();
