// What both pages of examples/web do: spikes are drawn as they come, and bars say what is heard in them.
"use strict";

const find = (id) => document.getElementById(id);
const raster = find("raster");
const spikes = []; // of each step so far, of each layer: which neurons fired
let net;
let timer;

// ---- the network ----

async function load(base64) {
    const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
    net = (await WebAssembly.instantiate(bytes, {})).instance.exports;
    find("size").textContent = `${Math.round(bytes.length / 1024)} KiB, weights and all.`;
}

function fired(flags) {
    const list = [];
    flags.forEach((flag, i) => flag !== 0 && list.push(i));
    return list;
}

// What the network says so far, a number for each digit.
const scoresSoFar = () => new Float32Array(net.memory.buffer, net.web_scores(), 10);

// ---- what it says ----

function showScores(scores, digit, title) {
    const most = Math.max(...scores, 0.001);
    find("said").textContent = digit < 0 ? "" : String(digit);
    [...find("bars").children].forEach((bar, i) => {
        bar.classList.toggle("best", i === digit);
        bar.firstChild.style.setProperty("--share", (scores[i] / most).toFixed(3));
        bar.title = `${Math.round(100 * scores[i])} % ${title}`;
    });
}

const styleOf = (name) => getComputedStyle(document.documentElement).getPropertyValue(name);

// Each layer has a share of the height: { name, count, colour, share }; its first neuron is at the top, or below where `upward` says so, and
// `alpha` says how much of it is seen.
function drawRaster(layers, steps) {
    const ratio = window.devicePixelRatio || 1;
    const width = raster.clientWidth, height = raster.clientHeight;
    raster.width = width * ratio;
    raster.height = height * ratio;
    const ink = raster.getContext("2d");
    ink.scale(ratio, ratio);
    ink.font = "13px system-ui, sans-serif";
    let top = 0;
    layers.forEach((layer, l) => {
        const room = height * layer.share - 26;
        ink.fillStyle = styleOf("--soft");
        ink.fillText(layer.name, 0, top + 14);
        ink.fillStyle = styleOf("--line");
        ink.fillRect(0, top + 21, width, 1);
        ink.fillStyle = styleOf(layer.colour);
        const size = Math.max(1.4, Math.min(room / layer.count - 1, 7));
        spikes.forEach((now, t) => {
            for (const neuron of now[l]) {
                const row = layer.upward ? layer.count - 1 - neuron : neuron;
                ink.globalAlpha = layer.alpha ? layer.alpha(t, neuron) : 1;
                ink.fillRect((t * width) / steps + 1, top + 24 + (row * (room - 2)) / layer.count, Math.max(width / steps - 3, 2), size);
            }
        });
        ink.globalAlpha = 1;
        top += height * layer.share;
    });
}

for (let digit = 0; digit < 10; digit++) {
    const bar = document.createElement("li");
    bar.append(document.createElement("i"), String(digit));
    find("bars").append(bar);
}
