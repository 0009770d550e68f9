import * as fc from "fast-check";
import { load } from "js-yaml";
import { Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import { formatRows, printRows, type Output } from "./output.ts";

type Row = { readonly name: string; readonly count?: number };
const columns: Output<Row>["columns"] = [{ heading: "name", value: (row) => row.name }];
const rows: readonly Row[] = [{ name: "a", count: 1 }, { name: "\u202eb\u001b[1m" }];

describe("formatRows", () => {
  it.each([
    ["table", "NAME\na\n\\u{202e}b\\u{1b}[1m\n"],
    ["json", '[\n  {\n    "name": "a",\n    "count": 1\n  },\n  {\n    "name": "\\u202eb\\u001b[1m"\n  }\n]\n'],
    ["ndjson", '{"name":"a","count":1}\n{"name":"\\u202eb\\u001b[1m"}\n'],
  ] as const)("prints %s", (format, expected) => {
    expect(formatRows(rows, { format, columns })).toBe(expected);
  });

  it("prints the same data in json, yaml and ndjson, with no control character in any", () => {
    fc.assert(
      fc.property(fc.array(fc.record({ name: fc.string({ unit: "grapheme" }) })), (data) => {
        expect(JSON.parse(formatRows(data, { format: "json", columns }))).toEqual(data);
        expect(load(formatRows(data, { format: "yaml", columns }))).toEqual(data);
        const lines = formatRows(data, { format: "ndjson", columns }).split("\n").filter(Boolean);
        expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(data);
      }),
    );
  });

  it("escapes terminal and bidirectional controls in yaml", () => {
    const text = formatRows(rows, { format: "yaml", columns });
    expect(text).not.toMatch(/[\p{Cc}--\n]|\u202e/v);
    expect(load(text)).toEqual(rows);
  });
});

describe("printRows", () => {
  it("waits until the stream took the text", async () => {
    const written: string[] = [];
    const stream = new Writable({
      write: (chunk, _encoding, done) =>
        setImmediate(() => {
          written.push(String(chunk));
          done();
        }),
    });
    await printRows(rows.slice(0, 1), { format: "ndjson", columns }, stream);
    expect(written).toEqual(['{"name":"a","count":1}\n']);
  });
});
