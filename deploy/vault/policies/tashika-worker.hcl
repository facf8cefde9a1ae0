# The worker: reads the hub, counts, and writes to the store.

path "kv/data/tashika/event-hubs/listen" {
  capabilities = ["read"]
}

path "database/creds/tashika-worker" {
  capabilities = ["read"]
}

# It seals chosen fields with keys made for it, and can't read again what others sealed.
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
