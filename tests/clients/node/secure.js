// @ts-check
/**
 * One real node-tak client that enrols and streams over TLS: JSON lines in on stdin, JSON lines out on stdout.
 *
 * Owns: node-tak's calls in CloudTAK's order: oauth/token, tls/config, signClient/v2, contacts, groups, client end
 * points, the stream. Nothing is replaced: requests, certificates and TLS are node-tak's own.
 * Doesn't own: what must arrive (the Python tests say).
 *
 * In:  {"do":"send","xml"} | {"do":"ping"} | {"do":"ask"}
 * Out: {"kind":"enrolled","sub"} | {"kind":"ready"} | {"kind":"event","encoding":"xml","xml"} | {"kind":"pong"}
 *      | {"kind":"asked", "contacts", "groups", "endpoints"} | {"kind":"refused","detail"} | {"kind":"closed"}
 */
import { CoTParser, DataPackage } from "@tak-ps/node-cot";
import TAK, { APIAuthCertificate, APIAuthPassword } from "@tak-ps/node-tak";
import TAKAPI from "@tak-ps/node-tak/lib/api";
import { TAKList_Group } from "@tak-ps/node-tak/lib/api/groups";
import { ClientEndpointList } from "@tak-ps/node-tak/lib/api/client";
import { Contact } from "@tak-ps/node-tak/lib/api/contacts";
import { TypeCompiler } from "@sinclair/typebox/compiler";
import { Type } from "@sinclair/typebox";
import { obey, say } from "./lines.js";

if (process.argv[2] === "package") {
  // node-cot's reader of data packages, on the files named.
  for (const file of process.argv.slice(3)) {
    const read = await DataPackage.parse(file, { cleanup: false });
    say({ kind: "package", settings: read.settings, files: [...(await read.files())] });
    await read.destroy();
  }
  process.exit(0);
}

const [host, streamPort, martiPort, enrolPort, username, secret] = process.argv.slice(2);
const enrolment = await TAKAPI.init(new URL(`https://${host}:${enrolPort}`), new APIAuthPassword(username, secret));
const { sub } = enrolment.OAuth.parse(enrolment.auth.jwt);
const { ca, cert, key } = await enrolment.Credentials.generate();
say({ kind: "enrolled", sub });

const marti = await TAKAPI.init(new URL(`https://${host}:${martiPort}`), new APIAuthCertificate(cert, key));

/** What node-tak declares of an answer, checked by its own schema. */
const checked = (/** @type {any} */ type, /** @type {unknown} */ value) => {
  for (const error of TypeCompiler.Compile(type).Errors(value)) say({ kind: "refused", detail: JSON.stringify(error) });
  return value;
};
const ask = async () =>
  say({
    kind: "asked",
    contacts: checked(Type.Array(Contact), await marti.Contacts.list()),
    groups: checked(TAKList_Group, await marti.Group.list({ useCache: true })),
    endpoints: checked(ClientEndpointList, await marti.Client.list()),
  });

const trusted = ca.map((body) => `-----BEGIN CERTIFICATE-----\n${body}-----END CERTIFICATE-----\n`).join("");
const tak = await TAK.connect(
  new URL(`ssl://${host}:${streamPort}`),
  { cert, key, ca: trusted, rejectUnauthorized: true },
  { id: "test" },
);
tak.client?.on("close", () => say({ kind: "closed" }));
tak.on("cot", (/** @type {import("@tak-ps/node-cot").default} */ cot) =>
  say({ kind: "event", encoding: "xml", xml: CoTParser.to_xml(cot) }),
);

await obey(tak, { ask: () => ask().catch((error) => say({ kind: "asked", error: String(error) })) });
