export function getPemFromP12() {
  throw new Error("p12-pem is a stand-in here: these tests never read a PKCS #12 file");
}
