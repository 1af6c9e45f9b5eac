// The page of examples/web: what is drawn goes to the network, whose spikes are drawn as they come.
"use strict";

const PIXELS = 28;
const BOX = 20; // as in MNIST: a digit fills so many pixels, and its centre of mass is in the middle
const PACE = 45; // ms a step
const UNIT = "of the steps";
const LAYERS = [
    { name: "784 pixels", count: 784, at: "web_input", colour: "--input", share: 0.4 },
    { name: "128 hidden neurons", count: 128, at: "web_hidden", colour: "--hidden", share: 0.36 },
    { name: "10 digits", count: 10, at: "web_digit", colour: "--digit", share: 0.24 },
];

const pad = find("pad");
const pen = pad.getContext("2d", { willReadFrequently: true });
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
    showScores(new Float32Array(10), -1, UNIT);
    redraw();
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
    const scores = scoresSoFar();
    showScores(scores, scores[digit] > 0 ? digit : -1, UNIT);
    redraw();
    if (spikes.length === net.web_steps()) {
        clearInterval(timer);
        find("said").dataset.done = String(sample);
    }
}

const redraw = () => drawRaster(LAYERS, net === undefined ? 40 : net.web_steps());

pad.addEventListener("pointerdown", begin);
pad.addEventListener("pointermove", draw);
pad.addEventListener("pointerup", run);
pad.addEventListener("pointercancel", run);
find("clear").addEventListener("click", clear);
find("again").addEventListener("click", run);
window.addEventListener("resize", redraw);
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
load(NET).then(redraw);
