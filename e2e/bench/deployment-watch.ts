/** When each image came to stand in a Deployment, as a watch of the API server tells. */
import { z } from "zod";
import { sleep } from "../../process/backoff.ts";
import type { KubeClient } from "../clusters/kube-client.ts";

const Listed = z.looseObject({ metadata: z.looseObject({ resourceVersion: z.string() }) });
const Seen = z.looseObject({
  metadata: z.looseObject({ name: z.string() }),
  spec: z.looseObject({
    replicas: z.number(),
    template: z.looseObject({ spec: z.looseObject({ containers: z.array(z.looseObject({ image: z.string() })) }) }),
  }),
});

const collection = "/apis/apps/v1/deployments";
const pollMs = 1;

export type DeploymentState = { readonly name: string; readonly tag: string; readonly replicas: number };

export class DeploymentWatch implements AsyncDisposable {
  readonly #ended = new AbortController();
  readonly #watching: Promise<void>;
  readonly #latest = new Map<string, DeploymentState & { readonly at: number }>();

  private constructor(client: KubeClient, from: string) {
    this.#watching = this.#follow(client, from);
  }

  /** Sees what changes from now on. */
  static async open(client: KubeClient, signal: AbortSignal): Promise<DeploymentWatch> {
    const list = Listed.parse(await client.get(`${collection}?limit=1`, signal));
    return new DeploymentWatch(client, list.metadata.resourceVersion);
  }

  /** The moment at which a Deployment was first seen so; waits for it. */
  async seen(name: string, isSo: (state: DeploymentState) => boolean, signal: AbortSignal): Promise<number> {
    for (;;) {
      const latest = this.#latest.get(name);
      if (latest !== undefined && isSo(latest)) return latest.at;
      await sleep(pollMs, signal);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    await this.#watching;
  }

  async #follow(client: KubeClient, from: string): Promise<void> {
    for await (const { object } of client.watch(`${collection}?resourceVersion=${from}`, this.#ended.signal)) {
      const at = performance.now();
      const seen = Seen.safeParse(object);
      if (!seen.success) continue;
      const { metadata, spec } = seen.data;
      const image = spec.template.spec.containers[0]?.image ?? "";
      const tag = image.slice(image.lastIndexOf(":") + 1);
      this.#latest.set(metadata.name, { name: metadata.name, tag, replicas: spec.replicas, at });
    }
  }
}
