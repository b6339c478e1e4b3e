import { type Subject, testMonitor } from "../monitor_contract.ts";
import { Desk, NOW, sample, SAMPLE_CONFIG } from "./desk.ts";

async function make(lines: readonly string[] = []): Promise<Subject> {
  const desk = Desk.make();
  const { monitor } = await desk.open([...SAMPLE_CONFIG, ...lines]);
  return {
    monitor,
    again: async () => (await desk.open([...SAMPLE_CONFIG, ...lines])).monitor,
    name: "scitokens",
    top: (user) => `${user}@foo`,
    now: NOW,
    secrets: sample("issuer-private.pem").split("\n").slice(1, -2),
    lines: desk.notes,
    [Symbol.asyncDispose]: () => {
      desk[Symbol.dispose]();
      return Promise.resolve();
    },
  };
}

testMonitor("the local issuer", () => make());
testMonitor(
  "the local issuer of bare tokens",
  () => make(["LOCAL_CREDMON_TOKEN_USE_JSON = false"]),
);
