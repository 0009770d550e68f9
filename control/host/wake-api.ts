/**
 * The host's HTTP API: wake-up streams as server-sent events, metrics, and a health check. Everything but the health check
 * is answered only to who is known, and what is not theirs looks as if it did not exist.
 */

import { Hono, type Context, type MiddlewareHandler } from "hono";
import { streamSSE } from "hono/streaming";
import { metricsContentType } from "../../process/metrics.ts";
import { parsePlane, planeKey } from "../../schemas/layout.ts";
import type { Credentials } from "./credentials.ts";
import { principalUser } from "./principal.ts";
import type { Audience, WakeHub } from "./wake-hub.ts";

export type WakeApi = {
  readonly credentials: Pick<Credentials, "authenticate">;
  readonly hub: WakeHub;
  readonly commentMs: number;
  /** The present refs an audience hears of; a failure is an empty answer, as a wake is only a hint. */
  readonly presentRefs: (audience: Audience) => Promise<ReadonlyMap<string, string>>;
  /** For people, in Prometheus' text format. */
  readonly metrics?: (() => Promise<string>) | undefined;
};

export function wakeApi(api: WakeApi): Hono {
  const app = new Hono();
  app.get("/healthz", (context) => context.text("ok\n"));
  const login = knownOnly(api);
  app.use("/api/*", login);
  app.get("/metrics", login, (context) => answerMetrics(api, context));
  app.get("/api/v1/wake", (context) => answerWake(api, context, { kind: "people" }));
  app.get("/api/v1/planes/:kind/:organization/:name/wake", (context) => {
    const { kind, organization, name } = context.req.param();
    const plane = parsePlane(`${kind}/${organization}/${name}`);
    return plane === undefined ? context.notFound() : answerWake(api, context, { kind: "agent", plane });
  });
  app.notFound((context) => context.text("not found\n", 404));
  return app;
}

function knownOnly({ credentials }: WakeApi): MiddlewareHandler {
  return async (context, next) => {
    if (credentials.authenticate(context.req.header("authorization")) === undefined) {
      context.header("WWW-Authenticate", 'Basic realm="gitplane", charset="UTF-8"');
      return context.text("log in with a user and a token\n", 401);
    }
    return await next();
  };
}

async function answerMetrics({ credentials, metrics }: WakeApi, context: Context): Promise<Response> {
  const principal = credentials.authenticate(context.req.header("authorization"));
  if (metrics === undefined || principal?.kind !== "people") {
    return context.notFound();
  }
  return context.body(await metrics(), 200, { "Content-Type": metricsContentType });
}

function answerWake(api: WakeApi, context: Context, audience: Audience): Response | Promise<Response> {
  const principal = api.credentials.authenticate(context.req.header("authorization"));
  const allowedUser = audience.kind === "people" ? "people" : planeKey(audience.plane);
  if (principal === undefined || principalUser(principal) !== allowedUser) {
    return context.notFound();
  }
  // A proxy that buffers would keep wakes to itself.
  context.header("X-Accel-Buffering", "no");
  return streamSSE(context, async (stream) => {
    using listener = api.hub.listen(audience);
    stream.onAbort(() => listener.end());
    await stream.write(": connected\n\n");
    listener.offerPresent(await api.presentRefs(audience));
    for (let wakes = await listener.next(api.commentMs); wakes; wakes = await listener.next(api.commentMs)) {
      for (const wake of wakes) {
        await stream.writeSSE({ event: "wake", data: JSON.stringify(wake) });
      }
      if (wakes.length === 0) {
        await stream.write(": alive\n\n");
      }
    }
  });
}
