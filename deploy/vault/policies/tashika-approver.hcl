# Who approves a plan: signs it, and can check a signature. An approver reads no secret and applies nothing.

path "transit/sign/tashika-plans" {
  capabilities = ["update"]
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
