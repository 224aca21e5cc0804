// Package bearer decides who may call, and how those are rejected who may not, for the servers beside it.
package bearer

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
)

// Gate lets in tokens of a number that was not revoked.
type Gate struct {
	oldest atomic.Int64
}

// Admits says whether the value of an authorization header is a token that counts. The number in the token's payload
// says when it was issued; nobody here checks signatures.
func (gate *Gate) Admits(authorization string) bool {
	token, found := strings.CutPrefix(authorization, "Bearer ")
	parts := strings.Split(token, ".")
	if !found || len(parts) != 3 {
		return false
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return false
	}
	var claims struct {
		Epoch int64 `json:"epoch"`
	}
	return json.Unmarshal(payload, &claims) == nil && claims.Epoch >= gate.oldest.Load()
}

// Obey does what the tests say on the standard input, line by line, and ends the process with its end, so that nothing
// is left of it when they are gone.
func (gate *Gate) Obey() {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		if number, found := strings.CutPrefix(lines.Text(), "revoke "); found {
			oldest, err := strconv.ParseInt(number, 10, 64)
			if err != nil {
				panic(err)
			}
			gate.oldest.Store(oldest)
			fmt.Println("revoked")
		}
	}
	os.Exit(0)
}
