// Ask a gateway about a person for a case, and verify the answer and every node's part in it.
//
//   node ask.mjs HOME PROTO MEMBER OFFICER CASE-NUMBER ID-NUMBER
//
// HOME holds federation.json and the member's keys, as `hutong up` and `hutong window init` make them.
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import grpc from "@grpc/grpc-js";
import { charter } from "./charter.mjs";
import { contract, refusal } from "./contract.mjs";
import { ANSWER, PAGE, insistIncluded, leafHash, opened, sha256, signer, stated } from "./evidence.mjs";

const ASK = "/federation.v1.QueryService/Ask";
const DEADLINE_MS = 20_000;

/** Return the signed answer of the gateway, as an envelope. */
function asked(client, messages, envelope) {
  const [request, response] = [messages("AskRequest"), messages("AskResponse")];
  return new Promise((done, failed) => {
    client.makeUnaryRequest(
      ASK,
      (message) => Buffer.from(request.encode(message).finish()),
      (bytes) => response.decode(bytes),
      request.fromObject({ envelope }),
      new grpc.Metadata(),
      { deadline: Date.now() + DEADLINE_MS },
      (error, found) => (error ? failed(error) : done(found.answer)),
    );
  });
}

/** Check one node's signed answer: its page, its place in it, and the question that it answers. */
function checked(evidence, messages, known, question) {
  const installation = [...known.endpoints.keys()].find((name) => name.endsWith(`/node/${evidence.node}`));
  const page = messages("PageStatement").decode(opened(evidence.page, PAGE, known, installation, "answers"));
  if (page.node !== evidence.node) throw new Error(`a page of ${page.node} for one of ${evidence.node}`);
  const { answer, leaf_index: index, path } = evidence;
  insistIncluded(leafHash(answer), index, page.answers_count, path, Buffer.from(page.answers_root));
  const found = messages("NodeAnswer").decode(answer);
  if (!sha256(question.payload).equals(Buffer.from(found.request_digest))) {
    throw new Error(`${evidence.node} answered another question`);
  }
  return found;
}

const [home, proto, member, officer, caseNumber, idNumber] = process.argv.slice(2);
if (!idNumber) {
  console.error("usage: node ask.mjs HOME PROTO MEMBER OFFICER CASE-NUMBER ID-NUMBER");
  process.exit(2);
}
const described = JSON.parse(readFileSync(join(home, "federation.json"), "utf8"));
const read = (path) => readFileSync(resolve(home, path));
const mine = described.members[member];
const known = charter(resolve(home, described.charter));
const gateway = [...known.endpoints.keys()].find((name) => name.includes("/gateway/"));
const [owner, kind, name] = gateway.split("/");
const messages = contract(proto);
const Query = messages("Query");

const query = Query.fromObject({
  purpose: "PURPOSE_CASE",
  case_number: caseNumber,
  subject: { identifiers: [{ type: "IDENTIFIER_TYPE_CITIZEN_ID", number: idNumber }] },
});
const question = stated(
  messages,
  {
    federation: known.federation,
    method: ASK,
    destination: "gateway",
    member,
    installation: mine.installation,
    officer,
    charter_version: known.version,
    body: Buffer.from(Query.encode(query).finish()),
  },
  signer(read(mine.signing_key)),
);
const client = new grpc.Client(
  known.endpoints.get(gateway),
  grpc.credentials.createSsl(read(described.gateway.ca), read(mine.key), read(mine.cert)),
  { "grpc.ssl_target_name_override": `${name}.${kind}.${owner}.${known.federation}`.replaceAll("_", "-") },
);
try {
  const envelope = await asked(client, messages, question);
  const answer = messages("Answer").decode(opened(envelope, ANSWER, known, gateway, "interconnects"));
  if (!sha256(question.payload).equals(Buffer.from(answer.request_digest))) throw new Error("another question's answer");
  const parts = answer.evidence.map((each) => checked(each, messages, known, question));
  const shown = messages("Answer").toObject(answer, { enums: String, bytes: String });
  console.log(JSON.stringify({
    finding: shown.finding,
    completeness: shown.completeness,
    convictions: (shown.convictions ?? []).length,
    nodes: parts.map((part) => part.node),
    verified: "signature, question, every node's page, path and question",
  }));
} catch (error) {
  console.error(JSON.stringify(error.metadata ? { refused: refusal(error) } : { failed: error.message }));
  process.exitCode = 1;
} finally {
  client.close();
}
