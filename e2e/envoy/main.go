// Command envoy-gateway is Envoy Gateway's own program, unchanged but for one thing: it ends with whoever started it, even
// by SIGKILL, as the programs of e2e/kube do. It starts the Envoy that it drives, which the harness puts where it looks.
package main

import (
	"fmt"
	"io"
	"os"
	"syscall"

	"github.com/envoyproxy/gateway/cmd/envoy-gateway/root"
	ctrl "sigs.k8s.io/controller-runtime"
)

// exitWithStdin is the environment variable that ties this process to whoever holds the other end of its standard input.
const exitWithStdin = "GITPLANE_EXIT_WITH_STDIN"

func main() {
	if os.Getenv(exitWithStdin) != "" {
		go stopWhenStdinCloses()
	}
	if err := root.GetRootCommand(nil).ExecuteContext(ctrl.SetupSignalHandler()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// stopWhenStdinCloses asks for an orderly end, because Envoy is a process of its own that only this one stops.
func stopWhenStdinCloses() {
	_, _ = io.Copy(io.Discard, os.Stdin)
	_ = syscall.Kill(os.Getpid(), syscall.SIGTERM)
}
