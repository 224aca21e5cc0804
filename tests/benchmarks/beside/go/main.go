// grpc-go as the server and as the client of the comparison.
//
//	go server                        prints its address; answers each line with the nanoseconds that it took of the processor
//	go client ADDRESS [KEY TOKEN]    says `ready`; answers `CALLERS CALLS` with nanoseconds on the clock and of the processor
//
// Both end with their input. With KEY and TOKEN, the client has PerRPCCredentials.
package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"log"
	"net"
	"os"
	"sync"
	"syscall"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

const method = "/load.v1.Load/Echo"

// A BytesValue is on the wire what a Payload is: bytes in field 1.
var payload = &wrapperspb.BytesValue{Value: bytes.Repeat([]byte{'x'}, 64)}

func processorNanoseconds() int64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		log.Fatal(err)
	}
	return usage.Utime.Nano() + usage.Stime.Nano()
}

func echo(_ any, _ context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
	message := new(wrapperspb.BytesValue)
	return message, decode(message)
}

func serve() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	server := grpc.NewServer()
	server.RegisterService(&grpc.ServiceDesc{
		ServiceName: "load.v1.Load",
		HandlerType: (*any)(nil),
		Methods:     []grpc.MethodDesc{{MethodName: "Echo", Handler: echo}},
	}, struct{}{})
	go func() { log.Fatal(server.Serve(listener)) }()
	fmt.Println(listener.Addr())
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		fmt.Println(processorNanoseconds())
	}
}

type token map[string]string

func (t token) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return t, nil
}

func (token) RequireTransportSecurity() bool { return false }

func call(connection *grpc.ClientConn, callers, calls int) {
	var all sync.WaitGroup
	for range callers {
		all.Go(func() {
			for range calls / callers {
				response := new(wrapperspb.BytesValue)
				if err := connection.Invoke(context.Background(), method, payload, response); err != nil {
					log.Fatal(err)
				}
			}
		})
	}
	all.Wait()
}

func client(address string, credentials []string) {
	options := []grpc.DialOption{grpc.WithTransportCredentials(insecure.NewCredentials())}
	if len(credentials) == 2 {
		options = append(options, grpc.WithPerRPCCredentials(token{credentials[0]: "Bearer " + credentials[1]}))
	}
	connection, err := grpc.NewClient("passthrough:///"+address, options...)
	if err != nil {
		log.Fatal(err)
	}
	call(connection, 1, 1)
	fmt.Println("ready")
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		var callers, calls int
		if _, err := fmt.Sscan(lines.Text(), &callers, &calls); err != nil {
			log.Fatal(err)
		}
		begun, processor := time.Now(), processorNanoseconds()
		call(connection, callers, calls)
		fmt.Println(time.Since(begun).Nanoseconds(), processorNanoseconds()-processor)
	}
}

func main() {
	switch {
	case len(os.Args) == 2 && os.Args[1] == "server":
		serve()
	case len(os.Args) >= 3 && os.Args[1] == "client":
		client(os.Args[2], os.Args[3:])
	default:
		log.Fatal("usage: go server | go client ADDRESS [KEY TOKEN]")
	}
}
