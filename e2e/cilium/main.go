// Command cilium-judge tells what Cilium's own policy engine makes of network policies: for each flow between two endpoints
// whether it may leave the one and enter the other.
//
// It reads one JSON document from standard input, of at most inputLimit bytes and with no field but those of the type input,
// and writes one JSON list, a verdict for each flow in their order. What cannot be read, a policy that Cilium would refuse
// and a flow between unknown endpoints end it with a sentence on standard error and exit code 1, and no verdict at all.
//
// A host by its name is an endpoint that carries the label which Cilium's DNS proxy would give to its addresses, so that
// egress by host name is judged too; that the proxy sees the questions is the caller's to check. With a block beside it, its
// addresses are of that block, and Cilium's agent gives them the block's label too (pkg/ipcache, mergeLabels).
package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"os"
	"strings"

	cmtypes "github.com/cilium/cilium/pkg/clustermesh/types"
	"github.com/cilium/cilium/pkg/identity"
	"github.com/cilium/cilium/pkg/identity/identitymanager"
	"github.com/cilium/cilium/pkg/k8s"
	ciliumv2 "github.com/cilium/cilium/pkg/k8s/apis/cilium.io/v2"
	networkingv1 "github.com/cilium/cilium/pkg/k8s/slim/k8s/api/networking/v1"
	"github.com/cilium/cilium/pkg/labels"
	"github.com/cilium/cilium/pkg/policy"
	"github.com/cilium/cilium/pkg/policy/types"
	"github.com/cilium/cilium/pkg/policy/utils"
	testidentity "github.com/cilium/cilium/pkg/testutils/identity"
	testpolicy "github.com/cilium/cilium/pkg/testutils/policy"
	"github.com/cilium/cilium/pkg/u8proto"
	"sigs.k8s.io/yaml"
)

const (
	inputLimit    = 64 << 20
	endpointLimit = 1000
	policyLimit   = 10_000
	flowLimit     = 200_000
)

type input struct {
	Endpoints []endpoint `json:"endpoints"`
	// Policies are objects of the kinds NetworkPolicy and CiliumNetworkPolicy.
	Policies []json.RawMessage `json:"policies"`
	Flows    []flow            `json:"flows"`
}

// An endpoint is a pod (namespace and labels), one of Cilium's reserved identities, a block of addresses, or a host,
// which may be within a block.
type endpoint struct {
	Name      string            `json:"name"`
	Namespace string            `json:"namespace"`
	Labels    map[string]string `json:"labels"`
	Reserved  string            `json:"reserved"`
	Cidr      string            `json:"cidr"`
	Host      string            `json:"host"`
}

type flow struct {
	From     string `json:"from"`
	To       string `json:"to"`
	Protocol string `json:"protocol"`
	Port     uint16 `json:"port"`
}

type verdict struct {
	Egress  bool `json:"egress"`
	Ingress bool `json:"ingress"`
}

func main() {
	verdicts, err := judge(os.Stdin)
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(verdicts)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "cilium-judge:", err)
		os.Exit(1)
	}
}

func judge(from io.Reader) ([]verdict, error) {
	given, err := readInput(from)
	if err != nil {
		return nil, err
	}
	identities, err := identify(given.Endpoints)
	if err != nil {
		return nil, err
	}
	entries, err := parsePolicies(given.Policies)
	if err != nil {
		return nil, err
	}
	log := slog.New(slog.DiscardHandler)
	known := identity.IdentityMap{}
	for _, one := range identities {
		known[one.ID] = one.LabelArray
	}
	manager := identitymanager.NewIDManager(log)
	repository := policy.NewPolicyRepository(log, known, nil, nil, manager, testpolicy.NewPolicyMetricsNoop())
	repository.GetSelectorCache().SetLocalIdentityNotifier(testidentity.NewDummyIdentityNotifier())
	manager.Subscribe(testpolicy.SelectorCacheObserver{Cache: repository.GetSubjectSelectorCache()})
	repository.MustAddPolicyEntries(entries)

	verdicts := make([]verdict, 0, len(given.Flows))
	for _, one := range given.Flows {
		protocol, err := u8proto.ParseProtocol(strings.ToUpper(one.Protocol))
		if err != nil {
			return nil, fmt.Errorf("%q is no protocol: %w", one.Protocol, err)
		}
		sender, receiver := identities[one.From], identities[one.To]
		if sender == nil || receiver == nil {
			return nil, fmt.Errorf("a flow from %q to %q is between unknown endpoints", one.From, one.To)
		}
		asked := types.Flow{From: sender, To: receiver, Proto: protocol, Dport: one.Port}
		result, _, _, err := policy.LookupFlow(log, repository, manager, asked)
		if err != nil {
			return nil, fmt.Errorf("the flow from %s to %s cannot be judged: %w", one.From, one.To, err)
		}
		verdicts = append(verdicts, verdict{
			Egress:  result.Egress == types.DecisionAllowed,
			Ingress: result.Ingress == types.DecisionAllowed,
		})
	}
	return verdicts, nil
}

func readInput(from io.Reader) (input, error) {
	var given input
	text, err := io.ReadAll(io.LimitReader(from, inputLimit+1))
	if err != nil {
		return given, fmt.Errorf("standard input cannot be read: %w", err)
	}
	if len(text) > inputLimit {
		return given, fmt.Errorf("standard input holds more than %d bytes", inputLimit)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&given); err != nil {
		return given, fmt.Errorf("standard input is not what is asked for: %w", err)
	}
	if _, err := decoder.Token(); err != io.EOF {
		return given, fmt.Errorf("standard input holds more than one document")
	}
	if len(given.Endpoints) > endpointLimit || len(given.Policies) > policyLimit || len(given.Flows) > flowLimit {
		return given, fmt.Errorf("at most %d endpoints, %d policies and %d flows are judged", endpointLimit, policyLimit, flowLimit)
	}
	return given, nil
}

// identify gives every endpoint the identity that Cilium would give it, by name.
func identify(endpoints []endpoint) (map[string]*identity.Identity, error) {
	identities := make(map[string]*identity.Identity, len(endpoints))
	for index, one := range endpoints {
		if _, isTaken := identities[one.Name]; isTaken {
			return nil, fmt.Errorf("two endpoints are called %q", one.Name)
		}
		made, err := identityOf(one, identity.NumericIdentity(index))
		if err != nil {
			return nil, err
		}
		identities[one.Name] = made
	}
	return identities, nil
}

func identityOf(one endpoint, number identity.NumericIdentity) (*identity.Identity, error) {
	// Pods have numbers of the cluster, addresses outside of it numbers of the node.
	const firstPod = 1000
	local := identity.IdentityScopeLocal + 1 + number
	switch {
	case one.Reserved != "":
		reserved := identity.LookupReservedIdentity(identity.GetReservedID(one.Reserved))
		if reserved == nil {
			return nil, fmt.Errorf("Cilium has no reserved identity %q", one.Reserved)
		}
		return reserved, nil
	case one.Cidr != "" || one.Host != "":
		block, err := netip.ParsePrefix(cmp.Or(one.Cidr, "0.0.0.0/0"))
		if err != nil {
			return nil, fmt.Errorf("endpoint %q: %w", one.Name, err)
		}
		outside := labels.GetCIDRLabels(block)
		if one.Host != "" {
			named := labels.NewLabel(one.Host, "", labels.LabelSourceFQDN)
			outside[named.Key] = named
		}
		return identity.NewIdentityFromLabelArray(local, outside.LabelArray().Sort()), nil
	case one.Namespace != "":
		return identity.NewIdentityFromLabelArray(firstPod+number, podLabels(one).Sort()), nil
	}
	return nil, fmt.Errorf("endpoint %q is neither a pod, nor reserved, nor addresses, nor a host", one.Name)
}

// podLabels are those of the pod, and what Cilium adds of its namespace.
func podLabels(pod endpoint) labels.LabelArray {
	const ofNamespace = "io.cilium.k8s.namespace.labels."
	list := labels.LabelArray{
		labels.NewLabel("io.kubernetes.pod.namespace", pod.Namespace, labels.LabelSourceK8s),
		labels.NewLabel(ofNamespace+"kubernetes.io/metadata.name", pod.Namespace, labels.LabelSourceK8s),
	}
	for key, value := range pod.Labels {
		list = append(list, labels.NewLabel(key, value, labels.LabelSourceK8s))
	}
	return list
}

// parsePolicies reads objects as strictly as an API server that refuses unknown fields.
func parsePolicies(objects []json.RawMessage) (types.PolicyEntries, error) {
	log := slog.New(slog.DiscardHandler)
	var all types.PolicyEntries
	for _, object := range objects {
		var header struct {
			Kind     string
			Metadata struct{ Name string }
		}
		if err := json.Unmarshal(object, &header); err != nil {
			return nil, fmt.Errorf("a policy is no object: %w", err)
		}
		entries, err := parsePolicy(log, header.Kind, object)
		if err != nil {
			return nil, fmt.Errorf("%s %s: %w", header.Kind, header.Metadata.Name, err)
		}
		all = append(all, entries...)
	}
	return all, nil
}

func parsePolicy(log *slog.Logger, kind string, object []byte) (types.PolicyEntries, error) {
	switch kind {
	case "NetworkPolicy":
		var read networkingv1.NetworkPolicy
		if err := yaml.UnmarshalStrict(object, &read); err != nil {
			return nil, err
		}
		return k8s.ParseNetworkPolicy(log, cmtypes.PolicyAnyCluster, &read)
	case "CiliumNetworkPolicy":
		var read ciliumv2.CiliumNetworkPolicy
		if err := yaml.UnmarshalStrict(object, &read); err != nil {
			return nil, err
		}
		rules, err := read.Parse(log, cmtypes.PolicyAnyCluster)
		if err != nil {
			return nil, err
		}
		return utils.RulesToPolicyEntries(rules), nil
	}
	return nil, fmt.Errorf("this kind is not judged")
}
