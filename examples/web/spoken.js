// The page of spoken digits: while a recording plays, the network hears it, and its spikes are drawn as they come.
// RECORDINGS, by digit: { digit, speaker, wav, bands } each, the last two in base 64: the file, and [step][band][3] floats of it.
"use strict";

const PACE = 10; // ms a step, as in the model
const SLOW = 12; // times slower, and without a sound
const BANDS = 40;
const UNIT = "likely";
const QUIET = -9, LOUD = 1; // logarithms of powers, between which bands are drawn
const LAYERS = [
    { name: "sound, 40 bands", count: BANDS, colour: "--input", share: 0.22, upward: true, alpha: (t, band) => strength(t, band) },
    { name: "first layer, 640 neurons", count: 640, at: "web_first", colour: "--hidden", share: 0.26, upward: true },
    { name: "second layer", count: 640, at: "web_second", colour: "--hidden", share: 0.26, upward: true },
    { name: "third layer", count: 640, at: "web_third", colour: "--digit", share: 0.26, upward: true },
];
const audio = new Audio();
let playing; // a recording
let sound; // its bands
let began;
let pace = PACE;
let sample = 0;

const bytesOf = (base64) => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));

function strength(t, band) {
    const power = sound[(t * BANDS + band) * 3];
    return Math.min(Math.max((power - QUIET) / (LOUD - QUIET), 0), 1);
}

function play(recording, slowly) {
    clearInterval(timer);
    if (net === undefined) return;
    playing = recording;
    pace = slowly ? SLOW * PACE : PACE;
    sound = new Float32Array(bytesOf(recording.bands).buffer);
    new Float32Array(net.memory.buffer, net.web_sound(), sound.length).set(sound);
    net.web_reset();
    spikes.length = 0;
    document.querySelectorAll("#recordings button").forEach((button, i) => button.setAttribute("aria-pressed", RECORDINGS[i] === recording));
    audio.pause();
    if (!slowly) {
        audio.src = `data:audio/wav;base64,${recording.wav}`;
        audio.play().catch(() => {}); // where a page may not sound, its spikes are seen all the same
    }
    began = performance.now();
    timer = setInterval(listen, PACE);
}

// All steps that are due by now: browsers call later than they were asked to.
function listen() {
    const due = Math.min((performance.now() - began) / pace, net.web_steps());
    let digit;
    while (spikes.length < due) {
        digit = net.web_step();
        const bands = Array.from({ length: BANDS }, (_, band) => band);
        spikes.push(LAYERS.map(({ at, count }) => (at ? fired(new Uint8Array(net.memory.buffer, net[at](), count)) : bands)));
    }
    if (digit === undefined) return;
    showScores(shares(scoresSoFar()), digit, UNIT);
    redraw();
    if (spikes.length === net.web_steps()) {
        clearInterval(timer);
        find("said").dataset.done = String(++sample);
    }
}

// Softmax.
function shares(scores) {
    const most = Math.max(...scores);
    const powers = Array.from(scores, (score) => Math.exp(score - most));
    const sum = powers.reduce((a, b) => a + b);
    return powers.map((power) => power / sum);
}

const redraw = () => drawRaster(LAYERS, net === undefined ? 64 : net.web_steps());

// ---- the recordings: a row for each digit, a column for each speaker ----

function list() {
    const speakers = [...new Set(RECORDINGS.map(({ speaker }) => speaker))];
    const head = find("recordings").tHead.insertRow();
    ["", ...speakers].forEach((speaker) => head.insertCell().append(speaker));
    for (let digit = 0; digit < 10; digit++) {
        const row = find("recordings").tBodies[0].insertRow();
        row.insertCell().append(String(digit));
        RECORDINGS.filter((recording) => recording.digit === digit).forEach((recording) => row.insertCell().append(buttonOf(recording)));
    }
}

function buttonOf(recording) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "▶";
    button.setAttribute("aria-label", `Play the ${recording.digit} of ${recording.speaker}`);
    button.addEventListener("click", () => play(recording, false));
    return button;
}

list();
find("again").addEventListener("click", () => play(playing ?? RECORDINGS[0], false));
find("slowly").addEventListener("click", () => play(playing ?? RECORDINGS[0], true));
window.addEventListener("resize", redraw);
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
load(NET).then(redraw);
