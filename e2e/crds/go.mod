// Pins the modules whose CustomResourceDefinitions the test clusters install. Nothing is compiled: `go mod download -json`
// in this folder fetches a module, checks it against go.sum and says where its files are.
module gitplane.dev/e2e/crds

go 1.26.0

require (
	github.com/cert-manager/cert-manager v1.21.2
	github.com/cilium/cilium v1.20.2
	github.com/envoyproxy/gateway v1.9.1
	github.com/external-secrets/external-secrets v1.3.2
	sigs.k8s.io/gateway-api v1.6.1
)
