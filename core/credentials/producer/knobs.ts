/** The knobs of `scitokens_credential_producer`. */
import { defineKnobs } from "../../config/mod.ts";

/** By name. */
export const PRODUCER_KNOBS = defineKnobs({
  LOCAL_CREDMON_PRODUCER_MODE: {
    type: "string",
    text: "What is printed: request (default), the text of HTCondor 8.8, or local, the provider.",
  },
  LOCAL_CREDMON_PROVIDER_NAMES: {
    type: "list",
    text: "The local issuer's providers; the first one is asked for.",
  },
  LOCAL_CREDMON_PROVIDER_NAME: {
    type: "string",
    default: "scitokens",
    text: "The local issuer's provider where LOCAL_CREDMON_PROVIDER_NAMES is not set.",
  },
  CONDOR_VERSION: {
    type: "string",
    text: "Set by HTCondor; from 8.9.7 on this program has had its day.",
  },
});
