import { expect, test } from "vitest";
import { findForeign, rootsOf } from "./foreign.ts";
import type { ListedObject } from "./target.ts";
import { testPlane } from "./testbed.ts";

function listed(id: string, owner?: { readonly uid: string; readonly isController: boolean }): ListedObject {
  return { id, uid: id, labels: {}, owners: owner === undefined ? [] : [owner], finalizers: [], deleting: false };
}

const byUnseen = { uid: "unseen", isController: true };

test.each([
  ["stands alone", listed("ConfigMap/shop/notes"), true],
  ["is a pod of a controller that cannot be seen", listed("Pod/shop/web-1", byUnseen), false],
  ["is an endpoint slice of one", listed("discovery.k8s.io/EndpointSlice/shop/web", byUnseen), false],
  ["only says that a controller made it", listed("Secret/shop/key", byUnseen), true],
  ["is of a kind of that name elsewhere", listed("example.org/Pod/shop/web-1", byUnseen), true],
])("judges what %s", (_what, object, isRoot) => {
  expect(rootsOf([object])).toEqual(isRoot ? [object] : []);
});

test("what one of them owns is not told beside its owner", () => {
  const owner = listed("apps/Deployment/shop/web");
  const claim = listed("PersistentVolumeClaim/shop/web", { uid: owner.uid, isController: false });
  expect(rootsOf(findForeign([claim, owner], testPlane))).toEqual([owner]);
});
