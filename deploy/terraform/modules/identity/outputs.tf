output "identities" {
  description = "Of each program: `id` of the identity's resource, `principal_id` to give rights to, `client_id` to sign in with."
  value = {
    for workload, identity in azurerm_user_assigned_identity.this : workload => {
      id           = identity.id
      principal_id = identity.principal_id
      client_id    = identity.client_id
    }
  }
}
