// Reads {"frame": base64} or {"restart": true}, a line each, and answers what the page's decoder makes of it.
import { createInterface } from "node:readline";
import { Decoder } from "../../src/jointhq/web/page/wire.js";

let decoder = new Decoder();
for await (const line of createInterface({ input: process.stdin })) {
  const { frame, restart } = JSON.parse(line);
  if (restart) decoder = new Decoder();
  let told = {};
  try {
    if (frame !== undefined) {
      const bytes = Buffer.from(frame, "base64");
      told = await decoder.decode(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
    }
  } catch (error) {
    told = { error: { name: error.name, code: error.code ?? "", message: error.message } };
  }
  // Typed arrays as arrays; NaN becomes null.
  const plain = (_, value) => (ArrayBuffer.isView(value) ? Array.from(value, (v) => (Number.isNaN(v) ? null : v)) : value);
  process.stdout.write(JSON.stringify(told, plain) + "\n");
}
