// The descriptors of etcd's services, as etcd has them compiled in.
package main

import (
	"log"
	"os"
	"path"

	_ "go.etcd.io/etcd/api/v3/etcdserverpb"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
)

func main() {
	var set descriptorpb.FileDescriptorSet
	seen := map[string]bool{}
	// Adds a file under the name by which others import it.
	var add func(name string, file protoreflect.FileDescriptor)
	add = func(name string, file protoreflect.FileDescriptor) {
		if seen[name] {
			return
		}
		seen[name] = true
		described := protodesc.ToFileDescriptorProto(file)
		described.Name, described.Dependency = &name, nil
		imports := file.Imports()
		for i := range imports.Len() {
			imported := imports.Get(i).FileDescriptor
			if imported.IsPlaceholder() {
				// etcd registers its files without the folders by which they import each other. What is not there at
				// all has options for other tools.
				found, err := protoregistry.GlobalFiles.FindFileByPath(path.Base(imported.Path()))
				if err != nil {
					continue
				}
				add(imported.Path(), found)
			} else {
				add(imported.Path(), imported)
			}
			described.Dependency = append(described.Dependency, imported.Path())
		}
		set.File = append(set.File, described)
	}
	service, err := protoregistry.GlobalFiles.FindDescriptorByName("etcdserverpb.KV")
	if err != nil {
		log.Fatal(err)
	}
	add(service.ParentFile().Path(), service.ParentFile())
	bytes, err := proto.Marshal(&set)
	if err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile(os.Args[1], bytes, 0o644); err != nil {
		log.Fatal(err)
	}
}
