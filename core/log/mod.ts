/** Log lines and redaction. */
export {
  type Level,
  Logger,
  type LoggerOptions,
  parseLevels,
  PLUGIN_OUTPUT_LIMIT,
} from "./logger.ts";
export { redact, redactUrl } from "./redact.ts";
