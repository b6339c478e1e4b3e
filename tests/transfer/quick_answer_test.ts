import { assertEquals } from "@std/assert";
import { queryAnswer, quickAnswer } from "../../core/transfer/query.ts";

const CURL = { name: "curl_plugin", version: "1", methods: ["http", "ftp"] };
const DATA = { name: "data_plugin", version: "2", methods: ["data"] };
const env = () => undefined;

Deno.test("quickAnswer() answers -classad wherever it stands, with either dash", () => {
  const expected = queryAnswer(CURL, env);
  for (const args of [["-classad"], ["--classad"], ["-x", "-classad"]]) {
    assertEquals(quickAnswer([CURL], { name: "anything", args, env }), expected);
  }
  assertEquals(quickAnswer([CURL], { name: "curl_plugin", args: ["-help"], env }), undefined);
});

Deno.test("quickAnswer() tells several plug-ins apart by name, and leaves other names alone", () => {
  const answer = (name: string | undefined) =>
    quickAnswer([CURL, DATA], { name, args: ["-classad"], env });
  assertEquals(answer("/usr/libexec/condor/data_plugin"), queryAnswer(DATA, env));
  assertEquals(answer("curl_plugin"), queryAnswer(CURL, env));
  assertEquals([answer("pinion"), answer(undefined)], [undefined, undefined]);
});
