/**
 * Answers requests to repositories, in an order that costs an unknown client nothing of ours: who, what, whether, then a
 * process. What a principal may not see answers exactly as what does not exist.
 */

import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import type { Log } from "../../process/log.ts";
import { exchangeWithBackend, type BackendResult } from "./backend-exchange.ts";
import type { Credentials } from "./credentials.ts";
import { gitEnvironment, type GitSettings } from "./git-program.ts";
import { parseGitRoute, type GitRoute } from "./git-route.ts";
import { repositoryPath, type HostedRepository, type HostFolders } from "./host-folders.ts";
import type { HostLimits } from "./host-limits.ts";
import { permissionOf, principalUser, type Principal } from "./principal.ts";
import { hookEnvironment, takePushReport, type MovedRef } from "./push-hooks.ts";
import { FairShare } from "./fair-share.ts";

/** A push that ended. `moved` is what it moved; empty when git was ended before it could say, so read the refs. */
export type Push = {
  readonly repository: HostedRepository;
  readonly principal: Principal;
  readonly moved: readonly MovedRef[];
};

export type GitService = {
  readonly folders: HostFolders;
  readonly credentials: Credentials;
  readonly limits: HostLimits;
  readonly log: Log;
  /** Ends fetches at once, and refuses new requests. */
  readonly closing: AbortSignal;
  /** Ends pushes too. */
  readonly closed: AbortSignal;
  readonly onPush: (push: Push) => void;
};

export type GitHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** The handler of every request that is not the API's. It answers in any case and never throws. */
export function serveGit(service: GitService): GitHandler {
  const { limits } = service;
  const share = new FairShare({
    total: limits.backends,
    perKey: limits.backendsPerPrincipal,
    queued: limits.backendsQueued,
    queueMs: limits.queueMs,
  });
  return async (request, response) => {
    const principal = service.credentials.authenticate(request.headers.authorization);
    if (principal === undefined) {
      return refuseRequest(response, 401);
    }
    const route = parseGitRoute(request.method ?? "", request.url ?? "");
    const permission = route && permissionOf(principal, route.repository, route.service);
    if (route === undefined || permission === undefined || permission.kind === "hidden") {
      return refuseRequest(response, 404);
    }
    if (permission.kind === "forbidden") {
      return refuseRequest(response, 403);
    }
    const status = bodyStatus(request, route, limits);
    if (status !== undefined) {
      return refuseRequest(response, status);
    }
    using slot = await share.take(principalUser(principal), service.closing);
    if (slot === undefined) {
      return refuseRequest(response, 503);
    }
    await exchange(service, { request, response, route, principal, pushable: permission.pushable });
  };
}

type Exchange = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly route: GitRoute;
  readonly principal: Principal;
  readonly pushable: readonly string[];
};

async function exchange(service: GitService, asked: Exchange): Promise<void> {
  const { request, response, route } = asked;
  const isPush = isReceiving(route);
  const report = join(service.folders.pushes, randomBytes(9).toString("hex"));
  if (request.headers.expect !== undefined) {
    response.writeContinue();
  }
  const result = await exchangeWithBackend({
    request,
    response,
    environment: backendEnvironment(service, asked, report),
    maxBodyBytes: bodyLimit(route, service.limits),
    signal: AbortSignal.any([
      isPush ? service.closed : service.closing,
      AbortSignal.timeout(service.limits.exchangeMs),
    ]),
    isPush,
  });
  logResult(service.log, asked, result);
  if (isPush) {
    const moved = await takePushReport(report);
    if (moved.length > 0 || !result.succeeded) {
      service.onPush({ repository: route.repository, principal: asked.principal, moved });
    }
  }
}

function isReceiving(route: GitRoute): boolean {
  return route.service === "git-receive-pack" && route.step === "exchange";
}

function bodyLimit(route: GitRoute, limits: HostLimits): number {
  return isReceiving(route) ? limits.pushBytes : limits.fetchRequestBytes;
}

/** The status for a body that is refused by its headers. */
function bodyStatus(request: IncomingMessage, route: GitRoute, limits: HostLimits): number | undefined {
  const length = Number(request.headers["content-length"] ?? 0);
  if (length > bodyLimit(route, limits)) {
    return 413;
  }
  const encoding = request.headers["content-encoding"] ?? "identity";
  if (!["identity", "gzip", "x-gzip"].includes(encoding)) {
    return 415;
  }
  const isRightType = request.headers["content-type"] === `application/x-${route.service}-request`;
  return route.step === "exchange" && !isRightType ? 415 : undefined;
}

function backendEnvironment(service: GitService, asked: Exchange, report: string): Record<string, string> {
  const { request, route, principal, pushable } = asked;
  const settings: GitSettings = [
    ["safe.directory", join(service.folders.repositories, repositoryPath(route.repository))],
    ["core.hooksPath", service.folders.hooks],
    ["http.receivepack", String(pushable.length > 0)],
    ["receive.maxInputSize", String(service.limits.pushBytes)],
    // The last match wins: everything is hidden, then what may be pushed is opened.
    ["receive.hideRefs", "refs"],
    ...pushable.map((ref) => ["receive.hideRefs", `!${ref}`] as const),
  ];
  const protocol = String(request.headers["git-protocol"] ?? "");
  return {
    ...gitEnvironment(settings),
    ...hookEnvironment(pushable, report),
    GIT_PROJECT_ROOT: service.folders.repositories,
    GIT_HTTP_EXPORT_ALL: "1",
    GIT_PROTOCOL: /^version=[012]$/u.test(protocol) ? protocol : "",
    REQUEST_METHOD: request.method ?? "",
    PATH_INFO: route.path,
    QUERY_STRING: route.step === "advertise" ? `service=${route.service}` : "",
    CONTENT_TYPE: request.headers["content-type"] ?? "",
    // Without CONTENT_LENGTH http-backend reads to the end: the body comes decompressed, and a push that is cut short meets
    // the end of its pack, which git receives in good order; http-backend itself would kill the receiving program.
    REMOTE_USER: principalUser(principal),
    REMOTE_ADDR: request.socket.remoteAddress ?? "",
  };
}

function logResult(log: Log, { route, principal }: Exchange, result: BackendResult): void {
  const fields = {
    repository: repositoryPath(route.repository),
    principal: principalUser(principal),
    service: route.service,
    ...(result.stderr === "" ? {} : { stderr: result.stderr }),
  };
  if (result.succeeded) {
    log.debug(fields, `git ${route.step} ended`);
  } else {
    log.warn(fields, `git ${route.step} failed`);
  }
}

const reasons: ReadonlyMap<number, string> = new Map([
  [401, "log in with a user and a token"],
  [403, "not allowed to push here"],
  [404, "not found"],
  [413, "too large"],
  [415, "wrong content type"],
  [503, "too busy, try again"],
]);

/** Answers without reading the body; what was not read is dropped with the connection. */
export function refuseRequest(response: ServerResponse, status: number): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  response.writeHead(status, {
    "Content-Type": "text/plain",
    ...(response.req.complete || response.req.method === "GET" ? {} : { Connection: "close" }),
    ...(status === 401 ? { "WWW-Authenticate": 'Basic realm="gitplane", charset="UTF-8"' } : {}),
    ...(status === 503 ? { "Retry-After": "2" } : {}),
  });
  response.end(`${reasons.get(status) ?? "failed"}\n`);
}
