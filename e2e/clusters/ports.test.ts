import { once } from "node:events";
import { createServer } from "node:net";
import { expect, test } from "vitest";

import { ClusterError } from "./cluster-error.ts";
import { withFreePorts } from "./ports.ts";

const ended = new ClusterError("program-exited", "it ended");

test("different ports are given, and what is made of them is returned", async () => {
  expect(await withFreePorts(20, async (ports) => new Set(ports).size)).toBe(20);
});

test("a program that ends because its port is taken is tried again with others", async () => {
  const seen: number[] = [];
  await using thief = createServer();
  const answer = await withFreePorts(1, async ([port = 0]) => {
    seen.push(port);
    if (seen.length === 1) {
      thief.listen({ host: "127.0.0.1", port });
      await once(thief, "listening");
      throw ended;
    }
    return port;
  });
  expect(answer).toBe(seen[1]);
  expect(seen[1]).not.toBe(seen[0]);
});

test("a program that ends for another reason is not tried again", async () => {
  let calls = 0;
  const use = async () => {
    calls += 1;
    throw ended;
  };
  await expect(withFreePorts(1, use)).rejects.toBe(ended);
  expect(calls).toBe(1);
});
