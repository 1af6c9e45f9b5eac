// Draws digits on the page in headless Chromium, as a hand would, and reads what the network says of them; plays spoken ones, and compares
// what it says of these with what the trainer did.
//
//     node test.mjs FOLDER EXPECTED [SCREENSHOT.png SPOKEN.png [dark]]       FOLDER: that of index.html; EXPECTED: a digit a line, if it is there
//
// Speaks the DevTools protocol through a pipe: no port, no library.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const [folder, expected, screenshot, heard, scheme = "light"] = process.argv.slice(2);
const profile = mkdtempSync(join(tmpdir(), "page-"));
const browser = spawn("chromium", ["--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe", `--user-data-dir=${profile}`,
    "--window-size=1180,860", "about:blank"], { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
const waiting = new Map();
let number = 0, session, rest = "";

browser.stdio[4].on("data", (bytes) => {
    const messages = (rest + bytes).split("\0");
    rest = messages.pop();
    for (const message of messages.map((text) => JSON.parse(text))) {
        waiting.get(message.id)?.(message);
        waiting.delete(message.id);
    }
});

function ask(method, params = {}) {
    const id = ++number;
    browser.stdio[3].write(JSON.stringify({ id, method, params, sessionId: session }) + "\0");
    return new Promise((done, failed) => waiting.set(id, (said) => (said.error ? failed(new Error(said.error.message)) : done(said.result))));
}

const value = async (expression) => (await ask("Runtime.evaluate", { expression })).result.value;

async function until(expression) {
    for (let i = 0; i < 600; i++) {
        if (await value(expression)) return;
        await sleep(100);
    }
    throw new Error(`never: ${expression}`);
}

// Strokes in a box of 0..1.
const arc = (x, y, rx, ry, from, to) =>
    Array.from({ length: 25 }, (_, i) => from + ((to - from) * i) / 24).map((a) => [x + rx * Math.cos(a), y + ry * Math.sin(a)]);
const DIGITS = [
    [0, [arc(0.5, 0.5, 0.2, 0.3, 0, 2 * Math.PI)]],
    [1, [[[0.52, 0.18], [0.5, 0.5], [0.48, 0.82]]]],
    [3, [[...arc(0.48, 0.34, 0.17, 0.15, -2.4, 1.4), ...arc(0.48, 0.65, 0.2, 0.17, -1.4, 2.5)]]],
    [4, [[[0.36, 0.2], [0.3, 0.5], [0.68, 0.5]], [[0.62, 0.2], [0.6, 0.5], [0.58, 0.84]]]],
    [7, [[[0.3, 0.22], [0.7, 0.22], [0.56, 0.5], [0.44, 0.82]]]],
];

async function stroke(points, box) {
    const at = ([x, y]) => ({ x: box.x + x * box.width, y: box.y + y * box.height, button: "left", clickCount: 1 });
    await ask("Input.dispatchMouseEvent", { type: "mousePressed", ...at(points[0]) });
    for (const point of points) await ask("Input.dispatchMouseEvent", { type: "mouseMoved", buttons: 1, ...at(point) });
    await ask("Input.dispatchMouseEvent", { type: "mouseReleased", ...at(points.at(-1)) });
}

async function read(strokes) {
    await value("clear()");
    await value("delete find('said').dataset.done");
    const box = JSON.parse(await value("JSON.stringify(pad.getBoundingClientRect())"));
    for (const points of strokes) await stroke(points, box);
    await until("find('said').dataset.done !== undefined");
    return Number(await value("find('said').textContent"));
}

async function open(page) {
    await ask("Page.navigate", { url: `file://${resolve(folder)}/${page}` });
    await until("document.readyState === 'complete' && typeof net === 'object'");
}

async function photograph(path) {
    const { data } = await ask("Page.captureScreenshot", { format: "png" });
    writeFileSync(path, Buffer.from(data, "base64"));
}

let passed = 0, wrong = 0;

async function check(what, wanted, said) {
    const fired = await value("spikes.flat(2).length");
    const ok = said === wanted && fired > 0;
    ok ? passed++ : wrong++;
    console.log(`${ok ? "ok" : "FAIL"} ${what}, read ${said}, ${fired} spikes`);
}

async function drawAll() {
    await open("index.html");
    for (const [digit, strokes] of DIGITS) await check(`drawn ${digit}`, digit, await read(strokes));
    if (!screenshot) return;
    await read(DIGITS.find(([digit]) => digit === 3)[1]);
    await photograph(screenshot);
}

// Recording number i, as its button plays it.
async function hear(i) {
    await value("delete find('said').dataset.done");
    await value(`document.querySelectorAll('#recordings button')[${i}].click()`);
    await until("find('said').dataset.done !== undefined");
    return Number(await value("find('said').textContent"));
}

async function playAll(digits) {
    await value("document.querySelector('nav a').click()");
    await until("typeof RECORDINGS === 'object' && typeof net === 'object'");
    for (const [i, digit] of digits.entries()) {
        const spoken = await value(`RECORDINGS[${i}].digit + " of " + RECORDINGS[${i}].speaker`);
        await check(`spoken ${spoken}, in the trainer ${digit}`, digit, await hear(i));
    }
    if (!heard) return;
    await hear(9 + 3);
    await photograph(heard);
}

try {
    const { targetId } = await ask("Target.createTarget", { url: "about:blank" });
    ({ sessionId: session } = await ask("Target.attachToTarget", { targetId, flatten: true }));
    await ask("Emulation.setDeviceMetricsOverride", { width: 1180, height: 840, deviceScaleFactor: 1, mobile: false });
    await ask("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: scheme }] });
    await drawAll();
    if (existsSync(expected)) await playAll(readFileSync(expected, "utf8").trim().split("\n").map(Number));
    console.log(`web: ${passed} passed, ${wrong} failed`);
} catch (error) {
    wrong++;
    console.error(`web: ${error.message}`);
} finally {
    browser.kill();
    await new Promise((done) => browser.once("exit", done));
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
}
process.exitCode = wrong === 0 ? 0 : 1;
