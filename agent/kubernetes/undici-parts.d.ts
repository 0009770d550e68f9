/**
 * The two files of undici that the connection needs. Its entry loads all of it, mocks, caches and web sockets included, which
 * costs an agent 14 MB; the version is pinned, and a test of the connection fails where the files are elsewhere.
 */
declare module "undici/lib/dispatcher/pool.js" {
  import { Pool } from "undici";
  export default Pool;
}
declare module "undici/lib/api/api-request.js" {
  import type { Dispatcher } from "undici";
  export default function request(
    this: Dispatcher,
    options: Dispatcher.RequestOptions,
  ): Promise<Dispatcher.ResponseData>;
}
