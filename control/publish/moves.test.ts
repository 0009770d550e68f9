import { expect, test } from "vitest";
import type { Admissions } from "../../schemas/admissions.ts";
import { planeKey } from "../../schemas/layout.ts";
import type { Receipt } from "../../schemas/receipt.ts";
import { readStateYaml } from "../../schemas/state-yaml.ts";
import { admissionsOfMoves, type Decided, hasArrived, isTried, noSightings, writeAdmissions } from "./moves.ts";

const blob = "b".repeat(40);
const receipts = "c".repeat(40);
const later = "d".repeat(40);
const path = "releases/shop/dev/cart.yaml";
const cell = "cells/shop/dev.yaml";
const us = { kind: "data", organization: "acme", name: "us" } as const;
const object = { id: "Service/dev/cart", result: "failed", health: "Missing" } as const;

function receipt(change: Partial<Receipt>): Receipt {
  return { release: blob, result: "created", health: "Healthy", objects: [object], ...change };
}

test.each([
  { what: "Healthy", told: receipt({}), of: path, arrived: true },
  { what: "another blob", told: receipt({ release: later }), of: path, arrived: false },
  { what: "failed", told: receipt({ result: "failed" }), of: path, arrived: false },
  { what: "held", told: receipt({ result: "held" }), of: path, arrived: false },
  { what: "handed on itself", told: receipt({ result: "handed" }), of: path, arrived: false },
  { what: "a Cell handed on itself", told: receipt({ result: "handed", health: "Unknown" }), of: cell, arrived: false },
  { what: "a Cell of no health", told: receipt({ health: "Unknown" }), of: cell, arrived: true },
])("a receipt that says $what has arrived: $arrived", ({ told, of, arrived }) => {
  expect(hasArrived(told, { path: of, blob })).toBe(arrived);
});

test.each([
  { what: "an object that failed", told: receipt({ result: "failed" }), tried: true },
  { what: "no object", told: receipt({ result: "failed", objects: [] }), tried: false },
  { what: "another blob", told: receipt({ release: later }), tried: false },
])("a receipt of $what was tried: $tried", ({ told, tried }) => {
  expect(isTried(told, blob)).toBe(tried);
});

const handing = { to: us, clusterUid: "u", receipts };
const handed = { decision: "handed", handedTo: "data/acme/us", clusterUid: "u", receipts } as const;
const waiting = { decision: "kept", movedTo: "data/acme/us" } as const;
const undecided: Decided = {
  ...noSightings,
  moves: new Map([[path, [us]]]),
  kept: new Map([[path, "waits"]]),
  removed: [],
  before: undefined,
  callers: new Map(),
};
const seen = { handings: new Map([[path, handing]]) };
const before = (entry: Admissions["paths"][string]): Pick<Decided, "before"> => ({
  before: { format: 1, paths: { [path]: entry } },
});

test.each([
  { what: "nothing seen", facts: {}, entry: waiting },
  {
    what: "called by what stands there too",
    facts: { callers: new Map([[path, "releases/shop/dev/web.yaml"]]) },
    entry: { ...waiting, caller: "releases/shop/dev/web.yaml" },
  },
  { what: "both in one cluster", facts: seen, entry: handed },
  { what: "handed before, nothing seen now", facts: before(handed), entry: handed },
  {
    what: "handed before, seen again",
    facts: { ...before(handed), handings: new Map([[path, { to: us, clusterUid: "u", receipts: later }]]) },
    entry: handed,
  },
  { what: "handed before to a third", facts: before({ ...handed, handedTo: "data/acme/third" }), entry: waiting },
  { what: "waiting before, seen now", facts: { ...before(waiting), ...seen }, entry: handed },
  {
    what: "arrived, after it was handed",
    facts: {
      ...before(handed),
      arrivals: new Map([[path, new Map([[planeKey(us), later]])]]),
      kept: new Map<string, string>(),
      removed: [path],
    },
    entry: { decision: "withdrawn", movedTo: "data/acme/us", receipts: later },
  },
])("what moved is noted by what is known of it: $what", ({ facts, entry }) => {
  const text = writeAdmissions(admissionsOfMoves({ ...undecided, ...facts }));
  expect(readStateYaml(text ?? "")).toEqual({ format: 1, paths: { [path]: entry } });
});
