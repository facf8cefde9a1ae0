# Who applies this configuration (`tashika vault apply`). It writes policies, so it can give itself anything: hold it as
# you would a root token, and give it out for the length of a run. What it can't do is read or use a secret as it is.

# Engines and ways to log in
path "sys/mounts" {
  capabilities = ["read"]
}

path "sys/mounts/+" {
  capabilities = ["create", "read", "update", "sudo"]
}

path "sys/mounts/+/tune" {
  capabilities = ["create", "read", "update", "sudo"]
}

path "sys/auth" {
  capabilities = ["read"]
}

path "sys/auth/+" {
  capabilities = ["create", "read", "update", "sudo"]
}

path "sys/auth/+/tune" {
  capabilities = ["create", "read", "update", "sudo"]
}

path "sys/policies/acl" {
  capabilities = ["list"]
}

path "sys/policies/acl/tashika-*" {
  capabilities = ["create", "read", "update", "delete"]
}

# Vault alone can be told of audit devices by its API; OpenBao has them in its server's configuration.
path "sys/audit" {
  capabilities = ["read", "sudo"]
}

path "sys/audit/tashika-*" {
  capabilities = ["create", "update", "sudo"]
}

# What is in the engines
path "kv/config" {
  capabilities = ["create", "read", "update"]
}

path "kv/data/tashika/vault" {
  capabilities = ["create", "read", "update"]
}

# A first secret is put there, never read: by metadata it is seen that there is one.
path "kv/metadata/tashika/*" {
  capabilities = ["read", "list"]
}

path "kv/data/tashika/event-hubs/send" {
  capabilities = ["create", "update"]
}

path "kv/data/tashika/event-hubs/listen" {
  capabilities = ["create", "update"]
}

path "kv/data/tashika/beam" {
  capabilities = ["create", "update"]
}

path "kv/data/tashika/soracom" {
  capabilities = ["create", "update"]
}

path "database/config/tashika" {
  capabilities = ["create", "read", "update"]
}

path "database/rotate-root/tashika" {
  capabilities = ["update"]
}

path "database/roles" {
  capabilities = ["list"]
}

path "database/roles/tashika-*" {
  capabilities = ["create", "read", "update", "delete"]
}

path "transit/keys" {
  capabilities = ["list"]
}

path "transit/keys/tashika-*" {
  capabilities = ["create", "read", "update"]
}

path "pki/root/generate/internal" {
  capabilities = ["create", "update"]
}

path "pki/cert/ca" {
  capabilities = ["read"]
}

path "pki/config/urls" {
  capabilities = ["create", "read", "update"]
}

path "pki/roles" {
  capabilities = ["list"]
}

path "pki/roles/tashika-*" {
  capabilities = ["create", "read", "update", "delete"]
}

# Who may log in
path "auth/approle/role" {
  capabilities = ["list"]
}

path "auth/approle/role/tashika-worker" {
  capabilities = ["create", "read", "update"]
}

path "auth/approle/role/tashika-api" {
  capabilities = ["create", "read", "update"]
}

path "auth/approle/role/tashika-soracom" {
  capabilities = ["create", "read", "update"]
}

path "auth/approle/role/tashika-rotation" {
  capabilities = ["create", "read", "update"]
}

path "auth/approle/role/tashika-approver" {
  capabilities = ["create", "read", "update"]
}

# Secret ids are only ever given out wrapped, for an hour at most.
path "auth/approle/role/tashika-worker/role-id" {
  capabilities = ["read"]
}

path "auth/approle/role/tashika-worker/secret-id" {
  capabilities     = ["create", "update"]
  min_wrapping_ttl = "1s"
  max_wrapping_ttl = "1h"
}

path "auth/approle/role/tashika-api/role-id" {
  capabilities = ["read"]
}

path "auth/approle/role/tashika-api/secret-id" {
  capabilities     = ["create", "update"]
  min_wrapping_ttl = "1s"
  max_wrapping_ttl = "1h"
}

path "auth/approle/role/tashika-soracom/role-id" {
  capabilities = ["read"]
}

path "auth/approle/role/tashika-soracom/secret-id" {
  capabilities     = ["create", "update"]
  min_wrapping_ttl = "1s"
  max_wrapping_ttl = "1h"
}

path "auth/approle/role/tashika-rotation/role-id" {
  capabilities = ["read"]
}

path "auth/approle/role/tashika-rotation/secret-id" {
  capabilities     = ["create", "update"]
  min_wrapping_ttl = "1s"
  max_wrapping_ttl = "1h"
}

path "auth/approle/role/tashika-approver/role-id" {
  capabilities = ["read"]
}

path "auth/approle/role/tashika-approver/secret-id" {
  capabilities     = ["create", "update"]
  min_wrapping_ttl = "1s"
  max_wrapping_ttl = "1h"
}

path "auth/jwt/config" {
  capabilities = ["create", "read", "update"]
}

path "auth/jwt/role" {
  capabilities = ["list"]
}

path "auth/jwt/role/tashika-*" {
  capabilities = ["create", "read", "update", "delete"]
}

# What its token may do, and its own token.
path "sys/capabilities-self" {
  capabilities = ["update"]
}

path "auth/token/lookup-self" {
  capabilities = ["read"]
}

path "auth/token/renew-self" {
  capabilities = ["update"]
}

path "auth/token/revoke-self" {
  capabilities = ["update"]
}
