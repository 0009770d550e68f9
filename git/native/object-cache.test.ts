import { expect, it } from "vitest";
import { ObjectCache, type ParsedObject } from "./object-cache.ts";

const tree = (heapBytes: number): ParsedObject => ({ kind: "tree", entries: [], heapBytes });

it("drops what was used least recently when it is full, and keeps nothing larger than all its room", () => {
  const cache = new ObjectCache(100);
  for (const oid of ["a", "b", "c"]) cache.put(oid, tree(30));
  cache.get("a");
  cache.put("d", tree(40));
  const held = () => ["a", "b", "c", "d", "e"].filter((oid) => cache.get(oid) !== undefined);
  expect(held()).toEqual(["a", "c", "d"]);
  cache.put("e", tree(101));
  expect(held()).toEqual(["a", "c", "d"]);
  cache.put("d", tree(40));
  cache.put("e", tree(100));
  expect(held()).toEqual(["e"]);
});
