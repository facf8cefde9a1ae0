# The API: answers for what was counted, and tells devices what has been received.

path "kv/data/tashika/beam" {
  capabilities = ["read"]
}

path "database/creds/tashika-api" {
  capabilities = ["read"]
}

# It shows chosen fields, and seals them again when a dead letter is driven again.
path "transit/decrypt/tashika-fields" {
  capabilities = ["update"]
}

path "transit/datakey/plaintext/tashika-fields" {
  capabilities = ["update"]
}

path "pki/issue/tashika-service" {
  capabilities = ["update"]
}

# Its own token, and the leases that came with it.
path "auth/token/lookup-self" {
  capabilities = ["read"]
}

path "auth/token/renew-self" {
  capabilities = ["update"]
}

path "auth/token/revoke-self" {
  capabilities = ["update"]
}

path "sys/leases/renew" {
  capabilities = ["update"]
}
