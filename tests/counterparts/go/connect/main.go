// The test service behind connect-go, which answers gRPC through Go's own HTTP/2 server. Says `ready <port>` when it
// listens.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"

	"connectrpc.com/connect"
	testpb "google.golang.org/grpc/interop/grpc_testing"

	"counterparts/bearer"
)

var (
	certificate = flag.String("certificate", "", "PEM file; with it, the server speaks TLS")
	key         = flag.String("key", "", "PEM file")
)

var gate bearer.Gate

var errRejected = connect.NewError(connect.CodeUnauthenticated, errors.New("the token counts no longer"))

// Rejects in connect's own place for it, or, where the caller asks for that, as a middleware of net/http does.
type interceptor struct{}

func (interceptor) WrapUnary(next connect.UnaryFunc) connect.UnaryFunc {
	return func(ctx context.Context, request connect.AnyRequest) (connect.AnyResponse, error) {
		if !gate.Admits(request.Header().Get("authorization")) {
			return nil, errRejected
		}
		return next(ctx, request)
	}
}

func (interceptor) WrapStreamingClient(next connect.StreamingClientFunc) connect.StreamingClientFunc {
	return next
}

func (interceptor) WrapStreamingHandler(next connect.StreamingHandlerFunc) connect.StreamingHandlerFunc {
	return func(ctx context.Context, stream connect.StreamingHandlerConn) error {
		if !gate.Admits(stream.RequestHeader().Get("authorization")) {
			switch stream.RequestHeader().Get("reject") {
			case "message":
				if err := stream.Receive(new(testpb.StreamingOutputCallRequest)); err != nil {
					return err
				}
			}
			return errRejected
		}
		return next(ctx, stream)
	}
}

// What many a Go service does: 401 with a text, before any gRPC code has seen the request.
func middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("reject") == "late" && !gate.Admits(r.Header.Get("authorization")) {
			http.Error(w, "please log in", http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func payload(size int32) *testpb.Payload {
	return &testpb.Payload{Body: make([]byte, size)}
}

func unary(_ context.Context, request *connect.Request[testpb.SimpleRequest]) (*connect.Response[testpb.SimpleResponse], error) {
	return connect.NewResponse(&testpb.SimpleResponse{Payload: payload(request.Msg.ResponseSize)}), nil
}

func output(_ context.Context, request *connect.Request[testpb.StreamingOutputCallRequest], stream *connect.ServerStream[testpb.StreamingOutputCallResponse]) error {
	for _, parameters := range request.Msg.ResponseParameters {
		if err := stream.Send(&testpb.StreamingOutputCallResponse{Payload: payload(parameters.Size)}); err != nil {
			return err
		}
	}
	return nil
}

func input(_ context.Context, stream *connect.ClientStream[testpb.StreamingInputCallRequest]) (*connect.Response[testpb.StreamingInputCallResponse], error) {
	total := 0
	for stream.Receive() {
		total += len(stream.Msg().GetPayload().GetBody())
	}
	if err := stream.Err(); err != nil {
		return nil, err
	}
	return connect.NewResponse(&testpb.StreamingInputCallResponse{AggregatedPayloadSize: int32(total)}), nil
}

func duplex(_ context.Context, stream *connect.BidiStream[testpb.StreamingOutputCallRequest, testpb.StreamingOutputCallResponse]) error {
	for {
		request, err := stream.Receive()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		for _, parameters := range request.ResponseParameters {
			if err := stream.Send(&testpb.StreamingOutputCallResponse{Payload: payload(parameters.Size)}); err != nil {
				return err
			}
		}
	}
}

func main() {
	flag.Parse()
	const service = "/grpc.testing.TestService/"
	options := connect.WithInterceptors(interceptor{})
	mux := http.NewServeMux()
	mux.Handle(service+"UnaryCall", connect.NewUnaryHandler(service+"UnaryCall", unary, options))
	mux.Handle(service+"StreamingOutputCall", connect.NewServerStreamHandler(service+"StreamingOutputCall", output, options))
	mux.Handle(service+"StreamingInputCall", connect.NewClientStreamHandler(service+"StreamingInputCall", input, options))
	mux.Handle(service+"FullDuplexCall", connect.NewBidiStreamHandler(service+"FullDuplexCall", duplex, options))

	protocols := new(http.Protocols)
	protocols.SetHTTP2(true)
	protocols.SetUnencryptedHTTP2(true)
	server := http.Server{Handler: middleware(mux), Protocols: protocols, ErrorLog: log.New(io.Discard, "", 0)}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	go gate.Obey()
	fmt.Printf("ready %d\n", listener.Addr().(*net.TCPAddr).Port)
	if *certificate != "" {
		log.Fatal(server.ServeTLS(listener, *certificate, *key))
	}
	log.Fatal(server.Serve(listener))
}
