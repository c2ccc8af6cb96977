// Installations and their keys, from the folder in which the charter is published.
// The files are compared with the hashes that the metadata names. Signatures of the metadata (TUF) are not checked here:
// have `hutong charter verify` check the folder against the root that you trust, before you rely on it.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { sha256 } from "./evidence.mjs";

/** Return federation, version, keys by id, and addresses by installation. */
export function charter(folder) {
  const newest = new Map();
  for (const name of readdirSync(join(folder, "metadata"))) {
    const [, version, role] = /^(\d+)\.(.+)\.json$/.exec(name) ?? [];
    if (role && Number(version) > (newest.get(role)?.version ?? 0)) newest.set(role, { version: Number(version), name });
  }
  const found = { federation: "", version: newest.get("snapshot").version, keys: new Map(), endpoints: new Map() };
  for (const { name } of newest.values()) {
    const { signed } = JSON.parse(readFileSync(join(folder, "metadata", name), "utf8"));
    for (const [path, { hashes }] of Object.entries(signed.targets ?? {})) {
      const slash = path.lastIndexOf("/") + 1;
      const file = join(folder, "targets", path.slice(0, slash), `${hashes.sha256}.${path.slice(slash)}`);
      const content = readFileSync(file);
      if (sha256(content).toString("hex") !== hashes.sha256) throw new Error(`${path} was changed`);
      if (path === "policy.toml") found.federation = /^federation = "(.+)"$/m.exec(content.toString("utf8"))[1];
      if (path.startsWith("installations/")) enter(found, content.toString("utf8"));
    }
  }
  return found;
}

/** Enter the installations of one file: the few lines of TOML that `hutong charter` writes. */
function enter(found, text) {
  let installation = "";
  let key = null;
  for (const line of text.split("\n")) {
    if (line === "[[installations.keys]]") key = { installation };
    if (line === "[[installations]]") key = null;
    const [, name, value] = /^(\w+) = (.+)$/.exec(line) ?? [];
    if (name === "installation") installation = JSON.parse(value);
    if (name === "endpoint") found.endpoints.set(installation, JSON.parse(value));
    if (key && name) key[name] = JSON.parse(value);
    if (key && name === "public") found.keys.set(sha256(Buffer.from(key.public, "hex")).toString("hex"), key);
  }
}
