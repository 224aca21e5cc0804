// grpc-go's own interop server, behind interceptors that want a token. Says `ready <port>` when it listens.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"net"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/interop"
	testgrpc "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"counterparts/bearer"
)

var (
	open        = flag.Bool("open", false, "let everybody in")
	certificate = flag.String("certificate", "", "PEM file; with it, the server speaks TLS")
	key         = flag.String("key", "", "PEM file")
	age         = flag.Duration("age", 0, "how old a connection may grow")
	streams     = flag.Uint("streams", 0, "how many calls a connection may carry at once")
)

var gate bearer.Gate

func first(md metadata.MD, key string) string {
	if values := md.Get(key); len(values) > 0 {
		return values[0]
	}
	return ""
}

// Rejects whoever has no good token, at the moment that the caller asks for: at once, after the response's headers, or
// after the first message of the request.
func rejection(ctx context.Context, header func() error, message func() error) error {
	md, _ := metadata.FromIncomingContext(ctx)
	if *open || gate.Admits(first(md, "authorization")) {
		return nil
	}
	switch first(md, "reject") {
	case "late":
		if err := header(); err != nil {
			return err
		}
	case "message":
		if err := message(); err != nil {
			return err
		}
	}
	return status.Error(codes.Unauthenticated, "the token counts no longer")
}

func unary(ctx context.Context, request any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	header := func() error { return grpc.SendHeader(ctx, metadata.MD{}) }
	if err := rejection(ctx, header, func() error { return nil }); err != nil {
		return nil, err
	}
	return next(ctx, request)
}

func stream(server any, stream grpc.ServerStream, info *grpc.StreamServerInfo, next grpc.StreamHandler) error {
	header := func() error { return stream.SendHeader(metadata.MD{}) }
	message := func() error { return stream.RecvMsg(new(testgrpc.StreamingOutputCallRequest)) }
	if err := rejection(stream.Context(), header, message); err != nil {
		return err
	}
	return next(server, stream)
}

func main() {
	flag.Parse()
	options := []grpc.ServerOption{grpc.UnaryInterceptor(unary), grpc.StreamInterceptor(stream)}
	if *certificate != "" {
		tls, err := credentials.NewServerTLSFromFile(*certificate, *key)
		if err != nil {
			log.Fatal(err)
		}
		options = append(options, grpc.Creds(tls))
	}
	if *age > 0 {
		parameters := keepalive.ServerParameters{MaxConnectionAge: *age, MaxConnectionAgeGrace: 10 * time.Second}
		options = append(options, grpc.KeepaliveParams(parameters))
	}
	if *streams > 0 {
		options = append(options, grpc.MaxConcurrentStreams(uint32(*streams)))
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	server := grpc.NewServer(options...)
	testgrpc.RegisterTestServiceServer(server, interop.NewTestServer())
	go gate.Obey()
	fmt.Printf("ready %d\n", listener.Addr().(*net.TCPAddr).Port)
	log.Fatal(server.Serve(listener))
}
