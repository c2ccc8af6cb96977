// What is signed, and what holds: DSSE envelopes with Ed25519, RFC 6962 paths, commitments to a log.
import { createHash, createPrivateKey, createPublicKey, randomBytes, sign, verify } from "node:crypto";

export const STATEMENT = "application/vnd.hutong.statement.v1+protobuf";
export const ANSWER = "application/vnd.hutong.answer.v1+protobuf";
export const PAGE = "application/vnd.hutong.page.v1+protobuf";
const RAW_PUBLIC = Buffer.from("302a300506032b6570032100", "hex"); // the head of an Ed25519 key in DER
const RAW_PRIVATE = Buffer.from("302e020100300506032b657004220420", "hex");

export const sha256 = (...parts) => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
};

/** Return the bytes that DSSE has signed: the pre-authentication encoding of type and payload. */
export function preAuthentication(type, payload) {
  const kind = Buffer.from(type, "utf8");
  return Buffer.concat([
    Buffer.from(`DSSEv1 ${kind.length} `), kind, Buffer.from(` ${payload.length} `), payload,
  ]);
}

/** Return a key with its id: lower-case hex SHA-256 of the 32 raw public bytes. */
export function signer(pem) {
  const key = createPrivateKey(pem);
  const raw = createPublicKey(key).export({ type: "spki", format: "der" }).subarray(RAW_PUBLIC.length);
  return { keyid: sha256(raw).toString("hex"), sign: (bytes) => sign(null, bytes, key) };
}

/** Return such a signer of 32 raw private bytes, as the vectors give them. */
export function rawSigner(hex) {
  const der = Buffer.concat([RAW_PRIVATE, Buffer.from(hex, "hex")]);
  return signer(createPrivateKey({ key: der, format: "der", type: "pkcs8" }).export({ type: "pkcs8", format: "pem" }));
}

/** Return a payload in an envelope with one signature. */
export function enveloped(type, payload, by) {
  const sig = by.sign(preAuthentication(type, payload));
  return { payload_type: type, payload, signatures: [{ keyid: by.keyid, sig }] };
}

/** Return the payload of an envelope, signed by a key of `installation` with `role`; throws what does not hold. */
export function opened(envelope, type, charter, installation, role) {
  if (envelope.payload_type !== type) throw new Error(`a payload of type ${envelope.payload_type}`);
  if (envelope.signatures.length !== 1) throw new Error("not exactly one signature");
  const [{ keyid, sig }] = envelope.signatures;
  const key = charter.keys.get(keyid);
  if (!key || key.installation !== installation) throw new Error(`${keyid} is no key of ${installation}`);
  if (!key.roles.includes(role)) throw new Error(`the key of ${installation} is not for ${role}`);
  const now = new Date().toISOString();
  if (now < key.not_before || now >= key.not_after) throw new Error(`the key of ${installation} does not hold now`);
  const spki = Buffer.concat([RAW_PUBLIC, Buffer.from(key.public, "hex")]);
  const known = createPublicKey({ key: spki, format: "der", type: "spki" });
  if (!verify(null, preAuthentication(type, envelope.payload), known, sig)) {
    throw new Error(`the signature of ${installation} does not hold`);
  }
  return envelope.payload;
}

export const leafHash = (data) => sha256(Buffer.from([0]), data);
const nodeHash = (left, right) => sha256(Buffer.from([1]), left, right);

/** Throw unless `path` leads from leaf `index` of `size` to `root` (RFC 9162 section 2.1.3.2). */
export function insistIncluded(leaf, index, size, path, root) {
  if (index >= size) throw new Error(`a tree of ${size} leaves has no leaf ${index}`);
  let position = index;
  let last = size - 1;
  let result = leaf;
  for (const sibling of path) {
    if (last === 0) throw new Error("the path is too long");
    if (position % 2 === 1 || position === last) {
      result = nodeHash(sibling, result);
      while (position % 2 === 0 && position !== 0) {
        position = Math.floor(position / 2);
        last = Math.floor(last / 2);
      }
    } else {
      result = nodeHash(result, sibling);
    }
    position = Math.floor(position / 2);
    last = Math.floor(last / 2);
  }
  if (last !== 0) throw new Error("the path is too short");
  if (!result.equals(root)) throw new Error("the path does not lead to the signed root");
}

/** Return a moment as the contract writes it: RFC 3339 in UTC with six decimals. */
export const stamp = (date) => date.toISOString().replace(/(\.\d{3})Z$/, "$1000Z");

/** Return a statement as a signed envelope. */
export function stated(contract, fields, by) {
  const Statement = contract("Statement");
  const made = { issued_at: stamp(new Date()), nonce: randomBytes(16), ...fields };
  return enveloped(STATEMENT, Buffer.from(Statement.encode(Statement.fromObject(made)).finish()), by);
}
