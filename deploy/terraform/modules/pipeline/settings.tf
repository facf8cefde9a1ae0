# What the programs are told in their environment (cloud/CONFIGURATION.md). There is no secret among it: the programs sign in
# at Vault with their identities and have connection strings and database users from there.

locals {
  consumer_group = "tashika"
  counts_hub     = var.stream_analytics == null ? false : var.stream_analytics.power_bi == null

  settings = {
    both = merge(
      {
        TASHIKA_CLOUD_EVENT_HUBS_HUB            = module.event_hubs.hub
        TASHIKA_CLOUD_EVENT_HUBS_CONSUMER_GROUP = local.consumer_group
        # Positions are kept under this name, whatever address the hub is reached by.
        TASHIKA_CLOUD_EVENT_HUBS_NAMESPACE = module.event_hubs.host
      },
      var.settings,
    )
    worker = {}
    api    = {}
  }
}
