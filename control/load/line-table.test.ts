import { expect, test } from "vitest";
import { LineTable } from "./line-table.ts";

test.for([
  { text: "", offset: 0, yields: [1, 1] },
  { text: "ab\ncd", offset: 1, yields: [1, 2] },
  { text: "ab\ncd", offset: 2, yields: [1, 3] },
  { text: "ab\ncd", offset: 3, yields: [2, 1] },
  { text: "ab\ncd", offset: 5, yields: [2, 3] },
  { text: "\n\n\n", offset: 3, yields: [4, 1] },
  { text: "a\r\nb", offset: 3, yields: [2, 1] },
])("$offset in $text is at $yields", ({ text, offset, yields }) => {
  const { line, column } = new LineTable(text).position(offset);
  expect([line, column]).toEqual(yields);
});
