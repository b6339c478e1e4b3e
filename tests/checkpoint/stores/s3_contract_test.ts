import { s3BackEnd } from "../../../core/checkpoint/stores/s3.ts";
import { missing, type Moto, startMoto } from "../../servers/moto.ts";
import { contract, type Fixture } from "./contract.ts";
import { homeWithKeys, MotoBucket, surroundings } from "./s3_buckets.ts";

let moto: Moto;
if (missing === "") {
  Deno.test.beforeAll(async () => {
    moto = await startMoto();
  });
  Deno.test.afterAll(async () => await moto[Symbol.asyncDispose]());
}

async function makeFixture(): Promise<Fixture> {
  const bucket = await MotoBucket.make(moto);
  const keys = await homeWithKeys();
  const store = await s3BackEnd.open(["-endpoint", moto.origin], surroundings(keys));
  const decoder = new TextDecoder();
  return {
    store,
    location: { destination: `s3://${bucket.name}/above/dest`, gid: "ap_1.0_1795235583" },
    put: (path) => {
      const isBeside = decoder.decode(path).startsWith("../");
      const start = isBeside ? "above/" : "above/dest/";
      return bucket.put(
        Uint8Array.from([...new TextEncoder().encode(start), ...path.subarray(isBeside ? 3 : 0)]),
      );
    },
    list: () => bucket.keys(),
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      await keys[Symbol.asyncDispose]();
    },
  };
}

contract("S3", makeFixture, {
  missing: missing || undefined,
  // moto's paths end at a line end; S3's do not.
  holds: (name) => !name.includes("\n"),
});
