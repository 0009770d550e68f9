/**
 * A small client for tests and the demo: the four verbs, server-side apply and watch, over the kubeconfig's connection.
 * Answers are `unknown`; who asked knows what to expect. It is not the agent's client and shares nothing with it, so the two
 * cannot have a fault in common.
 */

import { Agent, request } from "undici";

import { ApiError } from "./api-error.ts";
import { ClusterError } from "./cluster-error.ts";
import type { Kubeconfig } from "./kubeconfig.ts";
import { ResourcePaths, type KubeObject } from "./resource-paths.ts";

export type KubeRequest = {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** From the root, with its query: `/api/v1/namespaces?limit=1`. */
  readonly path: string;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly signal?: AbortSignal | undefined;
};

export type WatchEvent = { readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK"; readonly object: unknown };

export type ApplyOptions = {
  /** Default `gitplane-test`. */
  readonly fieldManager?: string;
  readonly force?: boolean;
  /** Checks everything and writes nothing, and refuses unknown and repeated fields. Default false. */
  readonly isStrictDryRun?: boolean;
  readonly signal?: AbortSignal | undefined;
};

export type KubeClientOptions = { readonly userAgent?: string };

const connectTimeoutMs = 5000;
const answerTimeoutMs = 30_000;
const largestLineCharacters = 16 * 1024 * 1024;

export class KubeClient {
  readonly #kubeconfig: Kubeconfig;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #agent: Agent;
  readonly #paths: ResourcePaths;

  constructor(kubeconfig: Kubeconfig, { userAgent = "gitplane-test" }: KubeClientOptions = {}) {
    this.#kubeconfig = kubeconfig;
    this.#headers = {
      accept: "application/json",
      "user-agent": userAgent,
      ...(kubeconfig.token === undefined ? {} : { authorization: `Bearer ${kubeconfig.token}` }),
    };
    this.#agent = new Agent({
      allowH2: false,
      headersTimeout: answerTimeoutMs,
      bodyTimeout: answerTimeoutMs,
      connect: {
        timeout: connectTimeoutMs,
        rejectUnauthorized: kubeconfig.verifiesServer,
        ...(kubeconfig.certificateAuthority === undefined ? {} : { ca: kubeconfig.certificateAuthority }),
        ...(kubeconfig.serverName === undefined ? {} : { servername: kubeconfig.serverName }),
        ...(kubeconfig.clientCertificate === undefined
          ? {}
          : { cert: kubeconfig.clientCertificate.certificate, key: kubeconfig.clientCertificate.key }),
      },
    });
    this.#paths = new ResourcePaths(async (path, signal) => await this.get(path, signal));
  }

  /** Throws ApiError when the server says no, `unreachable` when it says nothing, the signal's reason when aborted. */
  async request(kubeRequest: KubeRequest): Promise<unknown> {
    const { statusCode, body } = await this.#send(kubeRequest, {});
    const answer = parseBody(await body.text());
    if (statusCode >= 400) {
      throw new ApiError(kubeRequest, statusCode, answer);
    }
    return answer;
  }

  async get(path: string, signal?: AbortSignal): Promise<unknown> {
    return await this.request({ method: "GET", path, signal });
  }

  /** Like `get`, and undefined where there is nothing: neither the object nor, perhaps, its kind. */
  async find(path: string, signal?: AbortSignal): Promise<unknown> {
    try {
      return await this.get(path, signal);
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) {
        return undefined;
      }
      throw error;
    }
  }

  /** Posts to a collection's path. */
  async create(path: string, body: unknown, signal?: AbortSignal): Promise<unknown> {
    return await this.request({ method: "POST", path, body, signal });
  }

  /** Server-side apply. The kind's path is looked up once and remembered; a namespaced object without one goes to `default`. */
  async apply(object: KubeObject, options: ApplyOptions = {}): Promise<unknown> {
    const { fieldManager = "gitplane-test", force = false, isStrictDryRun = false, signal } = options;
    const query = new URLSearchParams({
      fieldManager,
      force: String(force),
      ...(isStrictDryRun ? { dryRun: "All", fieldValidation: "Strict" } : {}),
    });
    return await this.request({
      method: "PATCH",
      path: `${await this.#paths.pathOf(object, signal)}?${query.toString()}`,
      body: object,
      contentType: "application/apply-patch+yaml",
      signal,
    });
  }

  async pathOf(object: KubeObject, signal?: AbortSignal): Promise<string> {
    return await this.#paths.pathOf(object, signal);
  }

  /** In the background, as kubectl does. Throws ApiError with status 404 when there is nothing to delete. */
  async remove(path: string, signal?: AbortSignal): Promise<unknown> {
    return await this.request({ method: "DELETE", path, body: { propagationPolicy: "Background" }, signal });
  }

  /**
   * Events of a collection's path, from its present content (as ADDED) or from a `resourceVersion` in the query. Ends
   * quietly when aborted or closed by the server; throws ApiError when told that the version is too old.
   */
  async *watch(path: string, signal: AbortSignal): AsyncGenerator<WatchEvent, void, undefined> {
    const kubeRequest: KubeRequest = {
      method: "GET",
      path: `${path}${path.includes("?") ? "&" : "?"}watch=true`,
      signal,
    };
    try {
      const { statusCode, body } = await this.#send(kubeRequest, { bodyTimeout: 0 });
      if (statusCode >= 400) {
        throw new ApiError(kubeRequest, statusCode, parseBody(await body.text()));
      }
      for await (const line of lines(body)) {
        const event = JSON.parse(line) as WatchEvent | { readonly type: "ERROR"; readonly object: unknown };
        if (event.type === "ERROR") {
          throw new ApiError(kubeRequest, 410, event.object);
        }
        yield event;
      }
    } catch (error) {
      if (!signal.aborted) {
        throw error;
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agent.destroy();
  }

  async #send(kubeRequest: KubeRequest, options: { readonly bodyTimeout?: number }) {
    const { method, path, body, contentType = "application/json", signal } = kubeRequest;
    try {
      return await request(`${this.#kubeconfig.serverUrl}${path}`, {
        dispatcher: this.#agent,
        method,
        headers: body === undefined ? this.#headers : { ...this.#headers, "content-type": contentType },
        body: body === undefined ? null : JSON.stringify(body),
        signal: signal ?? null,
        ...options,
      });
    } catch (cause) {
      signal?.throwIfAborted();
      throw new ClusterError("unreachable", `no answer from ${this.#kubeconfig.serverUrl} to ${method} ${path}`, cause);
    }
  }
}

/** Some answers, `/readyz` for one, are plain text. */
function parseBody(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

async function* lines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of chunks) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = parts.pop() ?? "";
    if (rest.length > largestLineCharacters) {
      throw new RangeError("a watch event is longer than 16 Mi characters");
    }
    yield* parts.filter((part) => part !== "");
  }
}
