// Prints what the components of an installed Packer plugin take, as their own HCL specs say: attributes with their
// types, and blocks. For tools/builder-tables.ts.
//
// usage: specs <plugin>
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"

	"github.com/hashicorp/hcl/v2/hcldec"
	"github.com/hashicorp/packer/packer"
	"github.com/zclconf/go-cty/cty"
)

// As the plugin's own `describe` prints it.
type description struct {
	Builders       []string `json:"builders"`
	PostProcessors []string `json:"post_processors"`
	Provisioners   []string `json:"provisioners"`
}

type body struct {
	Attributes map[string]string `json:"attributes"`
	Blocks     map[string]*body  `json:"blocks"`
	Repeated   bool              `json:"repeated,omitempty"`
}

func main() {
	log.SetOutput(io.Discard)
	if len(os.Args) != 2 {
		fail(fmt.Errorf("usage: specs <plugin>"))
	}
	plugin := os.Args[1]
	printed, err := exec.Command(plugin, "describe").Output()
	fail(err)
	// Older plugins know no other way, and newer ones still take it.
	packer.PackerUseProto = false
	var parts description
	fail(json.Unmarshal(printed, &parts))

	specs := map[string]*body{}
	for _, name := range parts.Builders {
		component, err := start(plugin, "builder", name).Builder()
		fail(err)
		specs[name] = bodyOf(component.ConfigSpec())
	}
	for _, name := range parts.Provisioners {
		component, err := start(plugin, "provisioner", name).Provisioner()
		fail(err)
		specs["provisioner-"+name] = bodyOf(component.ConfigSpec())
	}
	for _, name := range parts.PostProcessors {
		component, err := start(plugin, "post-processor", name).PostProcessor()
		fail(err)
		specs["post-processor-"+name] = bodyOf(component.ConfigSpec())
	}
	fail(json.NewEncoder(os.Stdout).Encode(specs))
	packer.CleanupClients()
}

func start(plugin, kind, name string) *packer.PluginClient {
	return packer.NewClient(&packer.PluginClientConfig{
		Cmd:     exec.Command(plugin, "start", kind, name),
		Managed: true,
	})
}

func bodyOf(spec hcldec.ObjectSpec) *body {
	found := &body{Attributes: map[string]string{}, Blocks: map[string]*body{}}
	for name, part := range spec {
		switch part := part.(type) {
		case *hcldec.AttrSpec:
			found.Attributes[part.Name] = typeName(part.Type)
		case *hcldec.BlockSpec:
			found.Blocks[part.TypeName] = bodyOf(part.Nested.(hcldec.ObjectSpec))
		case *hcldec.BlockListSpec:
			found.Blocks[part.TypeName] = bodyOf(part.Nested.(hcldec.ObjectSpec))
			found.Blocks[part.TypeName].Repeated = true
		default:
			fail(fmt.Errorf("%s is a %T", name, part))
		}
	}
	return found
}

// The type as HCL writes it.
func typeName(kind cty.Type) string {
	switch {
	case kind.IsListType():
		return "list(" + typeName(kind.ElementType()) + ")"
	case kind.IsMapType():
		return "map(" + typeName(kind.ElementType()) + ")"
	case kind == cty.DynamicPseudoType:
		return "any"
	default:
		return kind.FriendlyName()
	}
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
