/** Where a program serves its metrics, as a person writes it. */
export type MetricsAddress = { readonly host: string; readonly port: number };

/** Undefined for what is not `<host>:<port>`; an IPv6 host stands in brackets. */
export function parseMetricsAddress(text: string): MetricsAddress | undefined {
  const { host, port } =
    /^(?:\[(?<host>[\da-fA-F:.]+)\]|(?<host>[^\s:[\]/@]+)):(?<port>\d{1,5})$/u.exec(text)?.groups ?? {};
  if (host === undefined || port === undefined || Number(port) > 65_535) return undefined;
  return { host, port: Number(port) };
}
