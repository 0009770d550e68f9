/**
 * Prints rows as `-o` asks. Tables are for people and sanitised; json, yaml and ndjson are data: every string survives
 * unchanged, with control and bidirectional characters as escapes of the format, so that they are safe on a terminal too.
 */

import { dump } from "js-yaml";
import type { OutputFormat } from "./output-formats.ts";
import { isColoured, formatTable, type Column } from "./table.ts";

export type Output<Row> = {
  readonly format: OutputFormat;
  readonly columns: readonly Column<Row>[];
  readonly coloured?: boolean;
};

/** The text to print, ending in a line feed; empty for ndjson without rows. */
export function formatRows<Row>(rows: readonly Row[], { format, columns, coloured = false }: Output<Row>): string {
  switch (format) {
    case "table":
      return formatTable(columns, rows, { coloured });
    case "json":
      return formatJson(rows);
    case "yaml":
      return formatYaml(rows);
    case "ndjson":
      return rows.map((row) => formatValue(row, format)).join("");
  }
}

/** One value as indented JSON that is safe on a terminal. */
export function formatJson(value: unknown): string {
  return `${escapeUnsafe(JSON.stringify(value, undefined, 2))}\n`;
}

export type OutputStream = NodeJS.WritableStream & { readonly isTTY?: boolean };

/** Prints to a stream, coloured when it is a terminal, and waits until it took the text. */
export async function printRows<Row>(rows: readonly Row[], output: Output<Row>, stream: OutputStream): Promise<void> {
  await printText(formatRows(rows, { coloured: isColoured(stream, process.env), ...output }), stream);
}

/** Prints to a stream and waits until it took the text. */
export async function printText(text: string, stream: OutputStream): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    stream.write(text, (error) => (error ? reject(error) : resolve()));
  });
}

/** One value as the data formats write it: indented JSON, YAML, or one line. */
export function formatValue(value: unknown, format: Exclude<OutputFormat, "table">): string {
  switch (format) {
    case "json":
      return formatJson(value);
    case "yaml":
      return formatYaml(value);
    case "ndjson":
      return `${escapeUnsafe(JSON.stringify(value))}\n`;
  }
}

// Through JSON, so that what cannot be data (undefined, a Map, a Date) looks the same in every format. A plain YAML scalar
// shows bidirectional controls as they are; JSON is YAML too and can escape them.
function formatYaml(value: unknown): string {
  const json = JSON.stringify(value, undefined, 2);
  return escapeUnsafe(json) === json
    ? dump(JSON.parse(json), { noRefs: true, lineWidth: -1 })
    : `${escapeUnsafe(json)}\n`;
}

// JSON.stringify escapes C0 controls and lone surrogates only. In JSON text these characters can stand in strings alone.
function escapeUnsafe(json: string): string {
  return json.replace(
    /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
