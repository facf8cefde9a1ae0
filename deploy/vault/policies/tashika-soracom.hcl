# Who applies SORACOM's declarative files: reads what they refer to, and holds a plan to its signature.

path "kv/data/tashika/soracom" {
  capabilities = ["read"]
}

path "kv/data/tashika/event-hubs/send" {
  capabilities = ["read"]
}

path "kv/data/tashika/beam" {
  capabilities = ["read"]
}

path "transit/verify/tashika-plans" {
  capabilities = ["update"]
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
