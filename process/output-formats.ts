/** How a read can be printed; beside the code that does it, so that a command line is understood without it. */
export const outputFormats = ["table", "json", "yaml", "ndjson"] as const;
export type OutputFormat = (typeof outputFormats)[number];
