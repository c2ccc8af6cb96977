// Check this client against the vectors of the contract:  node vectors.mjs PROTO
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { contract } from "./contract.mjs";
import {
  STATEMENT, enveloped, insistIncluded, leafHash, preAuthentication, rawSigner, sha256,
} from "./evidence.mjs";

const proto = process.argv[2];
const read = (name) => JSON.parse(readFileSync(join(proto, "vectors", name), "utf8"));
const hex = (text) => Buffer.from(text, "hex");
const messages = contract(proto);
const failed = [];
let compared = 0;

function same(what, found, expected) {
  compared += 1;
  if (found !== expected) failed.push(`${what}: ${found} where ${expected} is due`);
}

for (const vector of read("envelope.json").vectors) {
  const payload = hex(vector.payload);
  const by = rawSigner(vector.private_key);
  same(`${vector.name}: keyid`, by.keyid, vector.keyid);
  same(`${vector.name}: digest`, sha256(payload).toString("hex"), vector.digest);
  const encoded = preAuthentication(STATEMENT, payload).toString("hex");
  same(`${vector.name}: pre-authentication encoding`, encoded, vector.pre_authentication_encoding);
  const Envelope = messages("Envelope");
  const made = Envelope.encode(Envelope.fromObject(enveloped(STATEMENT, payload, by))).finish();
  same(`${vector.name}: envelope`, Buffer.from(made).toString("hex"), vector.envelope);
  const again = messages("Statement").decode(payload);
  same(`${vector.name}: officer`, again.officer, vector.statement.officer);
}
const merkle = read("merkle.json");
for (const { index, size, path } of merkle.inclusion) {
  let outcome = "holds";
  try {
    insistIncluded(leafHash(hex(merkle.leaves[index])), index, size, path.map(hex), hex(merkle.roots[size]));
  } catch (error) {
    outcome = error.message;
  }
  same(`leaf ${index} of ${size}`, outcome, "holds");
}
for (const { log_size: size, log_root: root, salt, commitment } of read("commitment.json").cases) {
  const length = Buffer.alloc(8);
  length.writeBigUInt64BE(BigInt(size));
  const made = sha256(Buffer.from("hutong log commitment v1\x1f"), hex(salt), length, hex(root));
  same(`commitment to ${size} entries`, made.toString("hex"), commitment);
}
console.log(JSON.stringify({ compared, failed }));
process.exitCode = failed.length ? 1 : 0;
