/**
 * A request that is given up before its stream has told that it is finished leaves no reset behind: the server answers it,
 * and Node gives the answer a stream that nobody owns. A watch would go on there unheard, and an error of the connection,
 * its idle end among them, would end the process, since nothing listens to it. Node names every stream on a channel (Node:
 * "Diagnostics channel, HTTP/2").
 */
import { subscribe } from "node:diagnostics_channel";
import { type ClientHttp2Stream, constants } from "node:http2";

let isWatching = false;

/** Ends every such stream of this process from now on. */
export function endOrphanStreams(): void {
  if (isWatching) return;
  isWatching = true;
  subscribe("http2.client.stream.created", (message) => {
    const { stream, headers } = message as { readonly stream: ClientHttp2Stream; readonly headers: object };
    // One that the process asked for starts with a method; servers may push nothing to us.
    if (!(":status" in headers)) return;
    stream.on("error", () => undefined);
    stream.close(constants.NGHTTP2_CANCEL);
    // A stream closes once what had arrived is read.
    stream.resume();
  });
}
