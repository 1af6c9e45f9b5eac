// A board that is WebAssembly, for node: `node wasm.mjs kws.wasm` reads the file `samples` and writes to standard output.
import { readFileSync, writeSync } from "node:fs";

const samples = readFileSync("samples");
let place = 0;
let memory;

const env = {
    board_read(into, bytes) {
        const part = samples.subarray(place, place + bytes);
        new Uint8Array(memory.buffer).set(part, into);
        place += part.length;
        return part.length;
    },
    board_write(text) {
        const bytes = new Uint8Array(memory.buffer);
        writeSync(1, bytes.subarray(text, bytes.indexOf(0, text)));
    },
    board_stack: () => 0,
    board_mark() {},
};

const { instance } = await WebAssembly.instantiate(readFileSync(process.argv[2]), { env });
memory = instance.exports.memory;
process.exitCode = instance.exports.board_main();
