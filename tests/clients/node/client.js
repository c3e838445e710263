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
import tls from "node:tls";
import { CoTParser, DirectChat } from "@tak-ps/node-cot";
import TAK from "@tak-ps/node-tak";
import { obey, say } from "./lines.js";

// @ts-expect-error a plain socket has no TLS state; node-tak only logs it
tls.connect = (/** @type {{host: string, port: number}} */ { host, port }) => {
  const socket = net.connect({ host, port });
  socket.once("connect", () => socket.emit("secureConnect"));
  return socket;
};

const port = Number(process.argv[2]);
const tak = await TAK.connect(new URL(`ssl://127.0.0.1:${port}`), { cert: "unused", key: "unused" }, { id: "test" });
tak.on("cot", async (/** @type {import("@tak-ps/node-cot").default} */ cot) => {
  const xml = CoTParser.to_xml(cot);
  try {
    await CoTParser.to_geojson(cot); // what CloudTAK does with every event
  } catch (error) {
    say({ kind: "refused", detail: `no GeoJSON: ${error} in ${xml}` });
  }
  say({ kind: "event", encoding: "xml", xml });
});

await obey(tak, { chat: (command) => tak.write([new DirectChat(command)]) });
