// An authorization server made of ory/fosite, as flyteadmin's own provider is. It prints where it listens.
//
// The person is always the same and always agrees: who logs in is not what is tried here.
package main

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/ory/fosite"
	"github.com/ory/fosite/compose"
	"github.com/ory/fosite/handler/oauth2"
	"github.com/ory/fosite/storage"
	"github.com/ory/fosite/token/jwt"
	"golang.org/x/crypto/bcrypt"
)

type server struct {
	issuer   string
	provider fosite.OAuth2Provider
	jwt      bool
}

func main() {
	access := flag.Duration("access", time.Hour, "how long access tokens live")
	refresh := flag.Duration("refresh", time.Hour, "how long refresh tokens live")
	asJWT := flag.Bool("jwt", false, "access tokens are JWTs")
	redirect := flag.String("redirect", "http://localhost:53593/callback", "where the public client wants its codes")
	flag.Parse()

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	s := &server{issuer: "http://" + listener.Addr().String(), jwt: *asJWT}

	// From the environment: arguments can be read by everybody on the machine.
	hashed, err := bcrypt.GenerateFromPassword([]byte(os.Getenv("FOSITE_CLIENT_SECRET")), bcrypt.MinCost)
	check(err)
	store := storage.NewMemoryStore()
	store.Clients["machine"] = &fosite.DefaultClient{
		ID:         "machine",
		Secret:     hashed,
		GrantTypes: []string{"client_credentials"},
		Scopes:     []string{"all", "offline"},
	}
	store.Clients["flytectl"] = &fosite.DefaultClient{
		ID:            "flytectl",
		Public:        true,
		RedirectURIs:  []string{*redirect},
		ResponseTypes: []string{"code"},
		GrantTypes:    []string{"authorization_code", "refresh_token"},
		Scopes:        []string{"all", "offline"},
	}

	config := &compose.Config{
		AccessTokenLifespan:        *access,
		RefreshTokenLifespan:       *refresh,
		EnforcePKCE:                true,
		RefreshTokenScopes:         []string{"offline"},
		SendDebugMessagesToClients: false,
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	check(err)
	secret := make([]byte, 32)
	_, err = rand.Read(secret)
	check(err)
	core := compose.NewOAuth2HMACStrategy(config, secret, nil)
	var strategy interface{} = core
	if *asJWT {
		strategy = compose.NewOAuth2JWTStrategy(key, core)
	}
	s.provider = compose.Compose(config, store, strategy, nil,
		compose.OAuth2AuthorizeExplicitFactory,
		compose.OAuth2ClientCredentialsGrantFactory,
		compose.OAuth2RefreshTokenGrantFactory,
		compose.OAuth2TokenIntrospectionFactory,
		compose.OAuth2TokenRevocationFactory,
		compose.OAuth2PKCEFactory,
	)

	http.HandleFunc("/.well-known/oauth-authorization-server", s.metadata)
	http.HandleFunc("/oauth2/authorize", s.authorize)
	http.HandleFunc("/oauth2/token", s.token)
	http.HandleFunc("/oauth2/revoke", s.revoke)
	http.HandleFunc("/known", s.known)
	fmt.Println("listening on", s.issuer)
	// Whoever started it holds the other end of its input: it ends with them.
	go func() {
		_, _ = os.Stdin.Read(make([]byte, 1))
		os.Exit(0)
	}()
	log.Fatal(http.Serve(listener, nil))
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func (s *server) session(subject string) fosite.Session {
	return &oauth2.JWTSession{
		JWTClaims: &jwt.JWTClaims{Subject: subject, Issuer: s.issuer},
		JWTHeader: &jwt.Headers{},
		Subject:   subject,
	}
}

func (s *server) metadata(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]interface{}{
		"issuer":                           s.issuer,
		"authorization_endpoint":           s.issuer + "/oauth2/authorize",
		"token_endpoint":                   s.issuer + "/oauth2/token",
		"revocation_endpoint":              s.issuer + "/oauth2/revoke",
		"code_challenge_methods_supported": []string{"S256"},
		"response_types_supported":         []string{"code"},
	})
}

func (s *server) authorize(w http.ResponseWriter, r *http.Request) {
	request, err := s.provider.NewAuthorizeRequest(r.Context(), r)
	if err != nil {
		s.provider.WriteAuthorizeError(w, request, err)
		return
	}
	for _, scope := range request.GetRequestedScopes() {
		request.GrantScope(scope)
	}
	response, err := s.provider.NewAuthorizeResponse(r.Context(), request, s.session("ada"))
	if err != nil {
		s.provider.WriteAuthorizeError(w, request, err)
		return
	}
	s.provider.WriteAuthorizeResponse(w, request, response)
}

func (s *server) token(w http.ResponseWriter, r *http.Request) {
	request, err := s.provider.NewAccessRequest(r.Context(), r, s.session(""))
	if err != nil {
		s.provider.WriteAccessError(w, request, err)
		return
	}
	if request.GetGrantTypes().ExactOne("client_credentials") {
		for _, scope := range request.GetRequestedScopes() {
			request.GrantScope(scope)
		}
	}
	response, err := s.provider.NewAccessResponse(r.Context(), request)
	if err != nil {
		s.provider.WriteAccessError(w, request, err)
		return
	}
	s.provider.WriteAccessResponse(w, request, response)
}

func (s *server) revoke(w http.ResponseWriter, r *http.Request) {
	s.provider.WriteRevocationResponse(w, s.provider.NewRevocationRequest(r.Context(), r))
}

// Whether an access token is good: what a server of the tests asks for each call.
func (s *server) known(w http.ResponseWriter, r *http.Request) {
	token := fosite.AccessTokenFromRequest(r)
	if _, _, err := s.provider.IntrospectToken(r.Context(), token, fosite.AccessToken, s.session("")); err != nil {
		w.WriteHeader(http.StatusUnauthorized)
	}
}
