mock_provider "azurerm" {}

variables {
  name                = "evhns-tashika-dev-abc123"
  resource_group_name = "rg-tashika-dev"
  location            = "japaneast"
  tags                = { team = "telemetry", environment = "dev", cost-centre = "CC-1000" }
  log_workspace_id    = "workspace"
  receivers           = { worker = "11111111-0000-4000-8000-000000000000" }
}

run "identity_by_default" {
  assert {
    condition     = [azurerm_eventhub_authorization_rule.send.send, azurerm_eventhub_authorization_rule.send.listen, azurerm_eventhub_authorization_rule.send.manage] == [true, false, false]
    error_message = "SORACOM's rule may send, and nothing else."
  }

  assert {
    condition     = length(azurerm_eventhub_authorization_rule.listen) == 0 && output.listen_connection_string == null
    error_message = "A worker that reads as its identity needs no key."
  }

  assert {
    condition = alltrue([
      for assignment in azurerm_role_assignment.receiver :
      assignment.role_definition_name == "Azure Event Hubs Data Receiver" && assignment.scope == azurerm_eventhub.this.id
    ])
    error_message = "An identity may read this hub, and nothing else."
  }

  assert {
    condition     = azurerm_eventhub_namespace.this.minimum_tls_version == "1.2"
    error_message = "TLS 1.2 is the least."
  }

  assert {
    condition     = azurerm_eventhub_namespace.this.tags == var.tags
    error_message = "The namespace bears the tags."
  }

  assert {
    condition     = length(azurerm_management_lock.hub) == 1
    error_message = "The hub is locked unless it is said otherwise."
  }

  assert {
    condition     = output.funnel_url == "https://evhns-tashika-dev-abc123.servicebus.windows.net/telemetry/messages"
    error_message = "Funnel's destination is the hub's address for messages."
  }
}

run "sas_is_listen_only" {
  variables {
    worker_auth = "sas"
    receivers   = {}
  }

  assert {
    condition     = [for rule in azurerm_eventhub_authorization_rule.listen : [rule.send, rule.listen, rule.manage]] == [[false, true, false]]
    error_message = "The worker's rule may listen, and nothing else."
  }

  assert {
    condition     = length(azurerm_role_assignment.receiver) == 0
    error_message = "Nobody may read who was not named."
  }
}

run "only_premium_logs_who_used_which_key" {
  command = plan

  variables {
    sku = "Premium"
  }

  assert {
    condition     = toset(azurerm_monitor_diagnostic_setting.this.enabled_log[*].category) == toset(["OperationalLogs", "RuntimeAuditLogs"])
    error_message = "Premium has the audit log."
  }
}

run "standard_is_bounded" {
  command = plan

  variables {
    partitions      = 33
    retention_hours = 169
    capacity        = 41
  }

  expect_failures = [var.partitions, var.retention_hours, var.capacity]
}

run "a_night_is_survived" {
  command = plan

  variables {
    retention_hours = 1
  }

  expect_failures = [var.retention_hours]
}

run "nobody_who_reads" {
  command = plan

  variables {
    receivers = {}
  }

  expect_failures = [var.receivers]
}

run "bad_values_are_refused" {
  command = plan

  variables {
    name            = "ns"
    sku             = "Basic"
    worker_auth     = "password"
    consumer_groups = { "$Default" = "anybody" }
    tags            = { team = "telemetry", environment = "dev" }
    further_hubs    = { counts = { partitions = 0, retention_hours = 24 } }
  }

  expect_failures = [
    var.name, var.sku, var.worker_auth, var.consumer_groups, var.tags, var.further_hubs
  ]
}

run "it_grows_and_does_not_shrink" {
  command = plan

  variables {
    capacity                 = 4
    maximum_throughput_units = 2
  }

  expect_failures = [var.maximum_throughput_units]
}

run "premium_does_not_grow_by_itself" {
  command = plan

  variables {
    sku                      = "Premium"
    maximum_throughput_units = 8
  }

  expect_failures = [var.maximum_throughput_units]
}
