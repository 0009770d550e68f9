import { createHash } from "node:crypto";
import { deflateSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { hashObject } from "./object-id.ts";
import { objectHeader, packHead, readSmallPack, writeSmallPack } from "./small-pack.ts";
import type { NewObject } from "./tree-edit.ts";

const bounds = { mostObjects: 10, mostBytes: 1_000_000 };
const blob = (text: string): NewObject => ({ type: "blob", body: Buffer.from(text) });
const objects = [blob(""), blob("a"), blob("b".repeat(15)), blob("c".repeat(16)), blob("d".repeat(300_000))];
const pack = writeSmallPack("sha1", objects);

function sealed(...parts: readonly Buffer[]): Buffer {
  const rest = Buffer.concat(parts);
  return Buffer.concat([rest, createHash("sha1").update(rest).digest()]);
}

test("reads back what it wrote, each object under the id of its bytes", () => {
  expect(readSmallPack(pack, bounds)).toEqual(
    new Map(objects.map((object) => [hashObject("sha1", "blob", object.body), object])),
  );
});

test("C27 reads no pack of which any byte is another, or that is cut short", () => {
  const small = writeSmallPack("sha1", [blob("one"), blob("two")]);
  for (let at = 0; at < small.length; at += 1) {
    const damaged = Buffer.from(small);
    damaged[at] = (damaged[at] ?? 0) ^ 0x04;
    expect(readSmallPack(damaged, bounds), `byte ${at}`).toBeUndefined();
    expect(readSmallPack(small.subarray(0, at), bounds), `the first ${at}`).toBeUndefined();
  }
});

describe("reads no pack", () => {
  const body = Buffer.from("body");
  const refDelta = Buffer.concat([Buffer.of(0x70 | body.length), Buffer.alloc(20), deflateSync(body)]);
  test.each<[string, Buffer]>([
    ["with a delta", sealed(packHead(1), refDelta)],
    ["with an object that is longer than it says", sealed(packHead(1), objectHeader("blob", 3), deflateSync(body))],
    ["with an object that is shorter than it says", sealed(packHead(1), objectHeader("blob", 5), deflateSync(body))],
    ["with fewer objects than it says", sealed(packHead(2), objectHeader("blob", 4), deflateSync(body))],
    ["with more behind its objects", sealed(packHead(1), objectHeader("blob", 4), deflateSync(body), body)],
    ["whose size never ends", sealed(packHead(1), Buffer.alloc(40, 0xff))],
  ])("C27 %s", (_, bad) => {
    expect(readSmallPack(bad, bounds)).toBeUndefined();
  });

  test("C27 of more objects or bytes than are taken", () => {
    expect(readSmallPack(pack, { ...bounds, mostObjects: 4 })).toBeUndefined();
    expect(readSmallPack(pack, { ...bounds, mostBytes: 300_000 })).toBeUndefined();
  });
});
