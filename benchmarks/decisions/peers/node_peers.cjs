// Peers that need Node: reads one JSON line a command, answers with one line.
// {"load": {...}} prepares the peers; {"peer": name, "numbers": [...]} decides and measures.
"use strict";

const readline = require("readline");

const peers = {};

function prepareCedar({ policies, cedarRequests }) {
  const cedar = require("@cedar-policy/cedar-wasm/nodejs");
  const parsed = cedar.preparsePolicySet("workload", { staticPolicies: policies });
  if (parsed.type !== "success") throw new Error(JSON.stringify(parsed));
  peers["cedar-wasm, parsed before"] = async (number) => {
    const answer = cedar.statefulIsAuthorized(cedarRequests[number]);
    if (answer.type !== "success" || answer.response.diagnostics.errors.length) {
      throw new Error(JSON.stringify(answer));
    }
    return answer.response.decision === "allow";
  };
}

function prepareSimulate({ simulations }) {
  const simulate = require("@cloud-copilot/iam-simulate");
  peers["iam-simulate"] = async (number) => {
    const answer = await simulate.runSimulation(simulations[number], {});
    if (answer.resultType === "error") throw new Error(JSON.stringify(answer));
    return answer.overallResult === "Allowed";
  };
}

async function answer(command) {
  if (command.load) {
    const problems = {};
    for (const [name, prepare] of [
      ["@cedar-policy/cedar-wasm", prepareCedar],
      ["@cloud-copilot/iam-simulate", prepareSimulate],
    ]) {
      try {
        prepare(command.load);
      } catch (problem) {
        problems[name] = problem.code === "MODULE_NOT_FOUND" ? "not installed" : String(problem);
      }
    }
    return { peers: Object.keys(peers), problems };
  }
  const decide = peers[command.peer];
  const decisions = [];
  const started = process.cpuUsage();
  for (const number of command.numbers) decisions.push(await decide(number));
  const used = process.cpuUsage(started);
  return { decisions, microseconds: used.user + used.system };
}

(async () => {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    let reply;
    try {
      reply = await answer(JSON.parse(line));
    } catch (problem) {
      reply = { error: String(problem.stack || problem) };
    }
    process.stdout.write(JSON.stringify(reply) + "\n");
  }
})();
