// The entry of flytectl in the keyring, by the libraries that flytectl uses: `flytectl-entry set|get|delete ENDPOINT`.
//
// A token goes in and out as JSON on the standard streams.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/zalando/go-keyring"
	"golang.org/x/oauth2"
)

const service = "flytectl"

func run(action, endpoint string) error {
	user := endpoint + ":flytectl-user"
	switch action {
	case "set":
		input, err := io.ReadAll(os.Stdin)
		if err != nil {
			return err
		}
		var token oauth2.Token
		if err := json.Unmarshal(input, &token); err != nil {
			return err
		}
		entry, err := json.Marshal(token)
		if err != nil {
			return err
		}
		return keyring.Set(service, user, string(entry))
	case "get":
		entry, err := keyring.Get(service, user)
		if err != nil {
			return err
		}
		var token oauth2.Token
		if err := json.Unmarshal([]byte(entry), &token); err != nil {
			return err
		}
		return json.NewEncoder(os.Stdout).Encode(token)
	case "delete":
		return keyring.Delete(service, user)
	}
	return fmt.Errorf("unknown action: %s", action)
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "set, get or delete, and an endpoint, please")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
