// Draws digits on the page in headless Chromium, as a hand would, and reads what the network says of them.
//
//     node test.mjs FOLDER [SCREENSHOT.png [dark]]       FOLDER: that of index.html
//
// Speaks the DevTools protocol through a pipe: no port, no library.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const [folder, screenshot, scheme = "light"] = process.argv.slice(2);
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

let wrong = 0;
try {
    const { targetId } = await ask("Target.createTarget", { url: "about:blank" });
    ({ sessionId: session } = await ask("Target.attachToTarget", { targetId, flatten: true }));
    await ask("Emulation.setDeviceMetricsOverride", { width: 1180, height: 800, deviceScaleFactor: 1, mobile: false });
    await ask("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: scheme }] });
    await ask("Page.navigate", { url: `file://${resolve(folder)}/index.html` });
    await until("typeof net === 'object'");
    for (const [digit, strokes] of DIGITS) {
        const said = await read(strokes);
        const spikes = await value("spikes.flat(2).length");
        if (said !== digit || spikes === 0) wrong++;
        console.log(`${said === digit ? "ok" : "FAIL"} drawn ${digit}, read ${said}, ${spikes} spikes`);
    }
    if (screenshot) {
        await read(DIGITS.find(([digit]) => digit === 3)[1]);
        const { data } = await ask("Page.captureScreenshot", { format: "png" });
        writeFileSync(screenshot, Buffer.from(data, "base64"));
    }
    console.log(`web: ${DIGITS.length - wrong} passed, ${wrong} failed`);
} catch (error) {
    wrong++;
    console.error(`web: ${error.message}`);
} finally {
    browser.kill();
    await new Promise((done) => browser.once("exit", done));
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
}
process.exitCode = wrong === 0 ? 0 : 1;
