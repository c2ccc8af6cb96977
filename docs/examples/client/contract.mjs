// Messages of the contract, from the .proto files themselves, and the details of a refusal.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import protobuf from "protobufjs";

/** Return the messages of `proto/`, each by its name, with the fields called as in the files. */
export function contract(folder) {
  const root = new protobuf.Root();
  root.resolvePath = (_, target) => (target.startsWith("google/") ? target : join(folder, target));
  const own = join("federation", "v1");
  const files = readdirSync(join(folder, own)).filter((name) => name.endsWith(".proto"));
  root.loadSync(files.map((name) => `federation/v1/${name}`), { keepCase: true });
  return (name) => root.lookupType(`federation.v1.${name}`);
}

// google.rpc.Status with the two details that say why (docs/reference.md lists the reasons).
const details = protobuf.parse(`syntax = "proto3";
  message Any { string type_url = 1; bytes value = 2; }
  message Status { int32 code = 1; string message = 2; repeated Any details = 3; }
  message ErrorInfo { string reason = 1; string domain = 2; map<string, string> metadata = 3; }
  message FieldViolation { string field = 1; string description = 2; string reason = 3; }
  message BadRequest { repeated FieldViolation field_violations = 1; }`).root;

/** Return why a call was refused: reason, sentence, and the fields that are wrong. */
export function refusal(error) {
  const [packed] = error.metadata?.get("grpc-status-details-bin") ?? [];
  if (!packed) return { reason: "", message: error.details ?? error.message, fields: [] };
  const status = details.lookupType("Status").decode(packed);
  const found = { reason: "", message: status.message, fields: [] };
  for (const { type_url: url, value } of status.details.map((each) => ({ type_url: each.typeUrl, value: each.value }))) {
    const kind = url.slice(url.lastIndexOf(".") + 1);
    if (kind === "ErrorInfo") found.reason = details.lookupType("ErrorInfo").decode(value).reason;
    if (kind === "BadRequest") {
      found.fields = details.lookupType("BadRequest").decode(value).fieldViolations;
    }
  }
  return found;
}
