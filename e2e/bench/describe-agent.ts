/** How the measured agents' figures say what was measured. */
export function describeAgent(objects: number): string {
  return `${objects.toLocaleString("en")} objects of five kinds in 20 namespaces, etcd and API server only, the installed package on Node.js ${process.versions.node}`;
}
