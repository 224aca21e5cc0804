module flytectl-entry

go 1.23.0

require (
	github.com/zalando/go-keyring v0.2.6
	golang.org/x/oauth2 v0.30.0
)

require (
	al.essio.dev/pkg/shellescape v1.5.1 // indirect
	github.com/danieljoos/wincred v1.2.2 // indirect
	github.com/godbus/dbus/v5 v5.1.0 // indirect
	golang.org/x/sys v0.26.0 // indirect
)
