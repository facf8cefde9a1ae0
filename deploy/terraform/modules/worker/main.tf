# `tashika-cloud worker`: reads the hub and counts. As many replicas as the hub's load needs, never more than partitions.

locals {
  # The scaler looks for positions in a blob container and counts what is behind them. Tashika's are in PostgreSQL, in the
  # transaction that counts, so the container stays empty and the scaler sees all that the hub retains. That is a load too:
  # so many events arrived within the retention. A replica is wanted for as many as one of them counts in that time.
  events_per_replica = var.events_per_second_per_replica * var.retention_hours * 3600

  scaler = {
    eventHubNamespace         = var.event_hubs_namespace
    eventHubName              = var.hub
    consumerGroup             = var.consumer_group
    storageAccountName        = azurerm_storage_account.scaler.name
    blobContainer             = azurerm_storage_container.scaler.name
    checkpointStrategy        = "blobMetadata"
    unprocessedEventThreshold = tostring(local.events_per_replica)
  }
}

resource "azurerm_container_app" "this" {
  name                         = var.name
  container_app_environment_id = var.environment_id
  resource_group_name          = var.resource_group_name
  workload_profile_name        = "Consumption"

  # Blue and green: the new revision reads beside the old one until that is deactivated. Two versions may count at the same
  # time, for whatever one of them commits, the ledger and the fence keep from counting twice.
  revision_mode          = var.rollout == "blue-green" ? "Multiple" : "Single"
  max_inactive_revisions = 5

  identity {
    type         = "UserAssigned"
    identity_ids = [var.identity_id]
  }

  dynamic "registry" {
    for_each = var.registry == null ? [] : [var.registry]

    content {
      server   = registry.value
      identity = var.identity_id
    }
  }

  template {
    revision_suffix = var.revision
    min_replicas    = var.min_replicas
    max_replicas    = var.max_replicas

    # SIGTERM drains and commits within 10 s.
    termination_grace_period_seconds = 30

    container {
      name   = "worker"
      image  = var.image
      args   = ["worker"]
      cpu    = var.cpu
      memory = "${var.cpu * 2}Gi"

      dynamic "env" {
        for_each = var.settings

        content {
          name  = env.key
          value = env.value
        }
      }
    }

    custom_scale_rule {
      name             = "event-hubs"
      custom_rule_type = "azure-eventhub"
      identity_id      = var.identity_id
      metadata         = local.scaler
    }
  }

  tags = var.tags

  depends_on = [azurerm_role_assignment.scaler]
}

# Where the scaler looks for positions; nothing is ever written here.
resource "azurerm_storage_account" "scaler" {
  name                            = var.storage_account_name
  resource_group_name             = var.resource_group_name
  location                        = var.location
  account_tier                    = "Standard"
  account_replication_type        = "LRS"
  min_tls_version                 = "TLS1_2"
  https_traffic_only_enabled      = true
  shared_access_key_enabled       = false
  allow_nested_items_to_be_public = false
  tags                            = var.tags
}

resource "azurerm_storage_container" "scaler" {
  name                  = "positions"
  storage_account_id    = azurerm_storage_account.scaler.id
  container_access_type = "private"
}

resource "azurerm_role_assignment" "scaler" {
  scope                = azurerm_storage_container.scaler.id
  role_definition_name = "Storage Blob Data Reader"
  principal_id         = var.identity_principal_id
  principal_type       = "ServicePrincipal"
  description          = "the scaler looks for positions"
}
