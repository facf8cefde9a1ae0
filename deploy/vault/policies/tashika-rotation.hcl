# Who rotates the keys of Event Hubs: writes the new ones, and keeps a journal so that a crash costs nothing.

path "kv/data/tashika/event-hubs/send" {
  capabilities = ["create", "read", "update"]
}

path "kv/data/tashika/event-hubs/listen" {
  capabilities = ["create", "read", "update"]
}

path "kv/data/tashika/rotation/*" {
  capabilities = ["create", "read", "update"]
}

# SORACOM's credential store is one of the places that a new key goes to.
path "kv/data/tashika/soracom" {
  capabilities = ["read"]
}

# Its own token.
path "auth/token/lookup-self" {
  capabilities = ["read"]
}

path "auth/token/renew-self" {
  capabilities = ["update"]
}

path "auth/token/revoke-self" {
  capabilities = ["update"]
}
