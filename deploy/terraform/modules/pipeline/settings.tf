# What the programs are told in their environment (cloud/CONFIGURATION.md). There is no secret among it: the programs sign in
# at Vault with their identities and have database users from there, and the connection string of the hub with `sas`.

locals {
  consumer_group = "tashika"
  counts_hub     = var.stream_analytics == null ? false : var.stream_analytics.power_bi == null

  settings = {
    for program, identity in module.identity.identities : program => merge(
      {
        TASHIKA_CLOUD_EVENT_HUBS_HUB            = module.event_hubs.hub
        TASHIKA_CLOUD_EVENT_HUBS_CONSUMER_GROUP = local.consumer_group
        # Positions are kept under this name, whatever address the hub is reached by.
        TASHIKA_CLOUD_EVENT_HUBS_NAMESPACE = module.event_hubs.host

        TASHIKA_CLOUD_STORE_URL = "postgres://${module.postgres.host}/${module.postgres.database}?sslmode=verify-full"

        TASHIKA_CLOUD_SECRETS_SOURCE                     = "vault"
        TASHIKA_CLOUD_SECRETS_VAULT_ADDRESS              = var.vault.address
        TASHIKA_CLOUD_SECRETS_VAULT_AUTH_METHOD          = "jwt"
        TASHIKA_CLOUD_SECRETS_VAULT_AUTH_AZURE_RESOURCE  = var.vault.audience
        TASHIKA_CLOUD_SECRETS_VAULT_AUTH_AZURE_CLIENT_ID = identity.client_id
      },
      # The API does not read the hub.
      var.worker_auth == "managed-identity" && program == "worker" ? {
        TASHIKA_CLOUD_EVENT_HUBS_AUTH                      = "managed-identity"
        TASHIKA_CLOUD_EVENT_HUBS_FULLY_QUALIFIED_NAMESPACE = module.event_hubs.host
        TASHIKA_CLOUD_EVENT_HUBS_AZURE_CLIENT_ID           = identity.client_id
      } : {},
      var.settings,
    )
  }
}
