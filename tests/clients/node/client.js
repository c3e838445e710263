// @ts-check
/**
 * One real node-tak client as a process: JSON lines in on stdin, JSON lines out on stdout.
 *
 * Owns: turning commands into node-tak calls, and what node-tak and node-cot make of the server into lines.
 * Doesn't own: what must arrive (the Python tests say), TLS (node-tak speaks nothing else; until the server has
 * it, `tls.connect` gives node-tak a plain socket, and everything above the socket is node-tak's own).
 *
 * In:  {"do":"send","xml"} | {"do":"chat","to":{uid,callsign},"from":{uid,callsign},"message"} | {"do":"ping"}
 * Out: {"kind":"ready"} | {"kind":"event","encoding":"xml","xml"} | {"kind":"pong"} | {"kind":"refused","detail"}
 *      | {"kind":"closed"}
 */
import net from "node:net";
import readline from "node:readline";
import tls from "node:tls";
import { CoTParser, DirectChat } from "@tak-ps/node-cot";
import TAK from "@tak-ps/node-tak";

/** @param {Record<string, unknown>} line */
const say = (line) => process.stdout.write(JSON.stringify(line) + "\n");

// node-tak tells of an event that node-cot refuses on console.error and nowhere else.
console.error = (...words) => {
  if (words[0] === "Error parsing") say({ kind: "refused", detail: `${words[1]} in ${words[2]}` });
};

// @ts-expect-error a plain socket has no TLS state; node-tak only logs it
tls.connect = (/** @type {{host: string, port: number}} */ { host, port }) => {
  const socket = net.connect({ host, port });
  socket.once("connect", () => socket.emit("secureConnect"));
  return socket;
};

const port = Number(process.argv[2]);
const tak = await TAK.connect(new URL(`ssl://127.0.0.1:${port}`), { cert: "unused", key: "unused" }, { id: "test" });
tak.on("secureConnect", () => say({ kind: "ready" }));
// node-tak pings by itself too, and a pong doesn't say which ping it answers: count both.
let sent = 0;
let answered = 0;
/** @type {number[]} */
const awaited = [];
tak.ping = () => {
  sent += 1;
  return TAK.prototype.ping.call(tak);
};
tak.on("ping", () => {
  answered += 1;
  while (awaited.length && awaited[0] <= answered) {
    awaited.shift();
    say({ kind: "pong", encoding: "xml", server: tak.version ?? null });
  }
});
tak.on("error", (/** @type {Error} */ error) => say({ kind: "refused", detail: String(error) }));
tak.on("end", () => say({ kind: "closed" }));
tak.on("cot", async (/** @type {import("@tak-ps/node-cot").default} */ cot) => {
  const xml = CoTParser.to_xml(cot);
  try {
    await CoTParser.to_geojson(cot); // what CloudTAK does with every event
  } catch (error) {
    say({ kind: "refused", detail: `no GeoJSON: ${error} in ${xml}` });
  }
  say({ kind: "event", encoding: "xml", xml });
});

for await (const line of readline.createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  if (command.do === "send") tak.write_xml(command.xml);
  else if (command.do === "chat") await tak.write([new DirectChat(command)]);
  else if (command.do === "ping") {
    awaited.push(sent + 1);
    await tak.ping();
  }
}
tak.destroy();
