// @ts-check
/**
 * What both node-tak programs share: JSON lines in and out, and pongs told apart.
 *
 * Owns: that form of words. Doesn't own: how a client comes to be connected (`client.js`, `secure.js`).
 */
import readline from "node:readline";
import TAK from "@tak-ps/node-tak";

/** @param {Record<string, unknown>} line */
export const say = (line) => process.stdout.write(JSON.stringify(line) + "\n");

// node-tak tells of an event that node-cot refuses on console.error and nowhere else.
const told = console.error;
console.error = (...words) => {
  if (words[0] === "Error parsing") say({ kind: "refused", detail: `${words[1]} in ${words[2]}` });
  else told(...words);
};

/**
 * Tell what becomes of a connection, and do what the lines say until there are no more.
 *
 * @param {TAK} tak
 * @param {Record<string, (command: any) => unknown>} more what else can be done, by name
 */
export async function obey(tak, more) {
  tak.on("secureConnect", () => say({ kind: "ready" }));
  tak.on("error", (/** @type {Error} */ error) => say({ kind: "refused", detail: String(error) }));
  tak.on("end", () => say({ kind: "closed" }));
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
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const command = JSON.parse(line);
    if (command.do === "send") tak.write_xml(command.xml);
    else if (command.do === "ping") {
      awaited.push(sent + 1);
      await tak.ping();
    } else await more[command.do](command);
  }
  tak.destroy();
}
