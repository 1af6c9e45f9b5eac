// The page of examples/web: what is drawn goes to the network, whose spikes are drawn as they come.
"use strict";

const PIXELS = 28;
const BOX = 20; // as in MNIST: a digit fills so many pixels, and its centre of mass is in the middle
const PACE = 45; // ms a step
const LAYERS = [
    { name: "784 pixels", count: 784, at: "web_input", colour: "--input", share: 0.4 },
    { name: "128 hidden neurons", count: 128, at: "web_hidden", colour: "--hidden", share: 0.36 },
    { name: "10 digits", count: 10, at: "web_digit", colour: "--digit", share: 0.24 },
];

const find = (id) => document.getElementById(id);
const pad = find("pad");
const pen = pad.getContext("2d", { willReadFrequently: true });
const raster = find("raster");
const spikes = []; // of each step so far, of each layer: which neurons fired
let net;
let timer;
let sample = 0;
let drawn = false;

// ---- the drawing ----

function placeOf(event) {
    const box = pad.getBoundingClientRect();
    return [((event.clientX - box.left) * pad.width) / box.width, ((event.clientY - box.top) * pad.height) / box.height];
}

function clear() {
    clearInterval(timer);
    pen.clearRect(0, 0, pad.width, pad.height);
    drawn = false;
    spikes.length = 0;
    find("hint").hidden = false;
    find("said").textContent = "";
    showScores(new Float32Array(10), -1);
    drawRaster();
}

function begin(event) {
    clearInterval(timer);
    pad.setPointerCapture(event.pointerId);
    find("hint").hidden = true;
    drawn = true;
    pen.beginPath();
    pen.moveTo(...placeOf(event));
    draw(event);
}

function draw(event) {
    if (!pad.hasPointerCapture(event.pointerId)) return;
    pen.lineWidth = pad.width / 13;
    pen.lineCap = pen.lineJoin = "round";
    pen.strokeStyle = "#fff";
    pen.lineTo(...placeOf(event));
    pen.stroke();
}

// What is drawn, [value of a pixel of the pad, x, y], and its box.
function inked() {
    const { data, width, height } = pen.getImageData(0, 0, pad.width, pad.height);
    const box = { left: width, top: height, right: -1, bottom: -1, mass: 0, x: 0, y: 0 };
    for (let y = 0; y < height; y++)
        for (let x = 0; x < width; x++) {
            const ink = data[4 * (y * width + x) + 3];
            if (ink === 0) continue;
            box.left = Math.min(box.left, x);
            box.right = Math.max(box.right, x);
            box.top = Math.min(box.top, y);
            box.bottom = Math.max(box.bottom, y);
            box.mass += ink;
            box.x += ink * x;
            box.y += ink * y;
        }
    return box;
}

// Scaled and centred as the digits that were learned, [28][28] in 0..1; smaller by halves, so that lines stay smooth.
function image() {
    const box = inked();
    const size = Math.max(box.right - box.left, box.bottom - box.top) + 1;
    const scale = BOX / size;
    const small = new OffscreenCanvas(PIXELS, PIXELS).getContext("2d");
    small.imageSmoothingQuality = "high";
    small.translate(PIXELS / 2, PIXELS / 2);
    small.scale(scale, scale);
    small.translate(-box.x / box.mass, -box.y / box.mass);
    small.drawImage(pad, 0, 0);
    const { data } = small.getImageData(0, 0, PIXELS, PIXELS);
    return Float32Array.from({ length: PIXELS * PIXELS }, (_, i) => data[4 * i + 3] / 255);
}

// ---- the network ----

async function load() {
    const bytes = Uint8Array.from(atob(NET), (c) => c.charCodeAt(0));
    net = (await WebAssembly.instantiate(bytes, {})).instance.exports;
    find("size").textContent = `${Math.round(bytes.length / 1024)} KiB, weights and all.`;
}

function run() {
    clearInterval(timer);
    if (!drawn || net === undefined) return;
    new Float32Array(net.memory.buffer, net.web_image(), PIXELS * PIXELS).set(image());
    net.web_reset(sample++); // another number: other random spikes
    spikes.length = 0;
    timer = setInterval(step, PACE);
}

function step() {
    const digit = net.web_step();
    if (digit < 0) {
        clearInterval(timer);
        return;
    }
    spikes.push(LAYERS.map(({ at, count }) => fired(new Uint8Array(net.memory.buffer, net[at](), count))));
    const scores = new Float32Array(net.memory.buffer, net.web_scores(), 10);
    showScores(scores, scores[digit] > 0 ? digit : -1);
    drawRaster();
    if (spikes.length === net.web_steps()) {
        clearInterval(timer);
        find("said").dataset.done = String(sample);
    }
}

function fired(flags) {
    const list = [];
    flags.forEach((flag, i) => flag !== 0 && list.push(i));
    return list;
}

// ---- what it says ----

function showScores(scores, digit) {
    const most = Math.max(...scores, 0.001);
    find("said").textContent = digit < 0 ? "" : String(digit);
    [...find("bars").children].forEach((bar, i) => {
        bar.classList.toggle("best", i === digit);
        bar.firstChild.style.setProperty("--share", (scores[i] / most).toFixed(3));
        bar.title = `${Math.round(100 * scores[i])} % of the steps`;
    });
}

function drawRaster() {
    const ratio = window.devicePixelRatio || 1;
    const width = raster.clientWidth, height = raster.clientHeight;
    raster.width = width * ratio;
    raster.height = height * ratio;
    const ink = raster.getContext("2d");
    const style = getComputedStyle(document.documentElement);
    const steps = net === undefined ? 40 : net.web_steps();
    ink.scale(ratio, ratio);
    ink.font = "13px system-ui, sans-serif";
    let top = 0;
    LAYERS.forEach((layer, l) => {
        const room = height * layer.share - 26;
        ink.fillStyle = style.getPropertyValue("--soft");
        ink.fillText(layer.name, 0, top + 14);
        ink.fillStyle = style.getPropertyValue("--line");
        ink.fillRect(0, top + 21, width, 1);
        ink.fillStyle = style.getPropertyValue(layer.colour);
        const size = Math.max(1.4, Math.min(room / layer.count - 1, 7));
        spikes.forEach((now, t) => {
            for (const neuron of now[l])
                ink.fillRect((t * width) / steps + 1, top + 24 + (neuron * (room - 2)) / layer.count, Math.max(width / steps - 3, 2), size);
        });
        top += height * layer.share;
    });
}

for (let digit = 0; digit < 10; digit++) {
    const bar = document.createElement("li");
    bar.append(document.createElement("i"), String(digit));
    find("bars").append(bar);
}
pad.addEventListener("pointerdown", begin);
pad.addEventListener("pointermove", draw);
pad.addEventListener("pointerup", run);
pad.addEventListener("pointercancel", run);
find("clear").addEventListener("click", clear);
find("again").addEventListener("click", run);
window.addEventListener("resize", drawRaster);
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawRaster);
load().then(drawRaster);
