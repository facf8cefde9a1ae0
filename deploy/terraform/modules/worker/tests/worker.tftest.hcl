mock_provider "azurerm" {}

variables {
  name                  = "ca-tashika-dev-worker"
  resource_group_name   = "rg-tashika-dev"
  location              = "japaneast"
  tags                  = { team = "telemetry", environment = "dev", cost-centre = "CC-1000" }
  environment_id        = "environment"
  image                 = "registry.example.com/tashika-cloud@sha256:0000000000000000000000000000000000000000000000000000000000000000"
  revision              = "v1"
  identity_id           = "identity"
  identity_principal_id = "11111111-0000-4000-8000-000000000000"
  event_hubs_namespace  = "evhns-tashika-dev-abc123"
  hub                   = "telemetry"
  consumer_group        = "tashika"
  partitions            = 4
  retention_hours       = 24
  storage_account_name  = "sttashikadevabc123"
  settings              = { TASHIKA_CLOUD_EVENT_HUBS_HUB = "telemetry" }
}

run "scales_by_the_load_of_the_hub" {
  assert {
    condition     = azurerm_container_app.this.template[0].custom_scale_rule[0].custom_rule_type == "azure-eventhub"
    error_message = "The scaler is Event Hubs' own."
  }

  assert {
    condition     = azurerm_container_app.this.template[0].custom_scale_rule[0].metadata.unprocessedEventThreshold == "86400000"
    error_message = "A replica is wanted for as many events as it counts within the retention: 1,000 a second for a day."
  }

  assert {
    condition     = azurerm_container_app.this.template[0].max_replicas <= var.partitions
    error_message = "There are never more replicas than partitions."
  }

  assert {
    condition     = azurerm_role_assignment.scaler.role_definition_name == "Storage Blob Data Reader" && azurerm_role_assignment.scaler.scope == azurerm_storage_container.scaler.id
    error_message = "The scaler may read the empty container, and nothing else."
  }

  assert {
    condition     = azurerm_storage_account.scaler.min_tls_version == "TLS1_2" && !azurerm_storage_account.scaler.shared_access_key_enabled
    error_message = "The storage account takes TLS 1.2 and no key."
  }

  assert {
    condition     = azurerm_container_app.this.tags == var.tags && azurerm_storage_account.scaler.tags == var.tags
    error_message = "App and storage account bear the tags."
  }
}

run "blue_beside_green" {
  command = plan

  assert {
    condition     = azurerm_container_app.this.revision_mode == "Multiple" && azurerm_container_app.this.template[0].revision_suffix == "v1"
    error_message = "Both revisions run until one is deactivated."
  }
}

run "or_one_after_the_other" {
  command = plan

  variables {
    rollout = "replace"
  }

  assert {
    condition     = azurerm_container_app.this.revision_mode == "Single"
    error_message = "Container Apps replaces the revision by itself."
  }
}

run "as_many_replicas_as_partitions" {
  command = plan

  variables {
    max_replicas = 4
  }
}

run "no_more_replicas_than_partitions" {
  command = plan

  variables {
    max_replicas = 5
  }

  expect_failures = [var.max_replicas]
}

run "somebody_counts" {
  command = plan

  variables {
    min_replicas = 0
  }

  expect_failures = [var.min_replicas]
}

run "no_secret_in_the_environment" {
  command = plan

  variables {
    settings = { TASHIKA_CLOUD_STORE_URL = "postgres://tashika:secret@host/tashika" }
  }

  expect_failures = [var.settings]
}

run "bad_values_are_refused" {
  command = plan

  variables {
    name                          = "Worker"
    image                         = "registry.example.com/tashika-cloud:latest"
    revision                      = "1.0"
    rollout                       = "canary"
    cpu                           = 0.3
    events_per_second_per_replica = 0
    storage_account_name          = "st-tashika"
    settings                      = { TASHIKA_CLOUD_EVENT_HUBS_CONNECTION_STRING = "Endpoint=sb://…" }
    tags                          = { team = "telemetry" }
  }

  expect_failures = [
    var.name, var.image, var.revision, var.rollout, var.cpu, var.events_per_second_per_replica, var.storage_account_name, var.settings, var.tags
  ]
}
