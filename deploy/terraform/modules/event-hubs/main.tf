# Where SORACOM Funnel puts what devices send, and who may do what with it.

resource "azurerm_eventhub_namespace" "this" {
  name                = var.name
  resource_group_name = var.resource_group_name
  location            = var.location
  sku                 = var.sku
  capacity            = var.capacity
  minimum_tls_version = "1.2"

  auto_inflate_enabled     = var.maximum_throughput_units == null ? null : true
  maximum_throughput_units = var.maximum_throughput_units

  # SORACOM's credential is a shared access signature, and Funnel comes from the Internet.
  local_authentication_enabled  = true
  public_network_access_enabled = true

  tags = var.tags
}

resource "azurerm_eventhub" "this" {
  name            = var.hub
  namespace_id    = azurerm_eventhub_namespace.this.id
  partition_count = var.partitions

  retention_description {
    cleanup_policy          = "Delete"
    retention_time_in_hours = var.retention_hours
  }
}

resource "azurerm_eventhub" "further" {
  for_each = var.further_hubs

  name            = each.key
  namespace_id    = azurerm_eventhub_namespace.this.id
  partition_count = each.value.partitions

  retention_description {
    cleanup_policy          = "Delete"
    retention_time_in_hours = each.value.retention_hours
  }
}

resource "azurerm_eventhub_consumer_group" "this" {
  for_each = var.consumer_groups

  name                = each.key
  user_metadata       = each.value
  namespace_name      = azurerm_eventhub_namespace.this.name
  eventhub_name       = azurerm_eventhub.this.name
  resource_group_name = var.resource_group_name
}

# The key that SORACOM holds. It can put events into this hub, and nothing else.
resource "azurerm_eventhub_authorization_rule" "send" {
  name                = var.send_rule
  namespace_name      = azurerm_eventhub_namespace.this.name
  eventhub_name       = azurerm_eventhub.this.name
  resource_group_name = var.resource_group_name

  send   = true
  listen = false
  manage = false
}

resource "azurerm_eventhub_authorization_rule" "listen" {
  count = var.worker_auth == "sas" ? 1 : 0

  name                = var.listen_rule
  namespace_name      = azurerm_eventhub_namespace.this.name
  eventhub_name       = azurerm_eventhub.this.name
  resource_group_name = var.resource_group_name

  send   = false
  listen = true
  manage = false
}

resource "azurerm_role_assignment" "receiver" {
  for_each = var.receivers

  scope                = azurerm_eventhub.this.id
  role_definition_name = "Azure Event Hubs Data Receiver"
  principal_id         = each.value
  principal_type       = "ServicePrincipal"
  description          = "${each.key} reads ${var.hub}"
}

resource "azurerm_monitor_diagnostic_setting" "this" {
  name                       = "to-log-analytics"
  target_resource_id         = azurerm_eventhub_namespace.this.id
  log_analytics_workspace_id = var.log_workspace_id

  dynamic "enabled_log" {
    # Who used which key or identity is logged by Premium alone.
    for_each = var.sku == "Premium" ? ["OperationalLogs", "RuntimeAuditLogs"] : ["OperationalLogs"]

    content {
      category = enabled_log.value
    }
  }

  enabled_metric {
    category = "AllMetrics"
  }
}

# The hub holds events that nobody has anywhere else, and its partitions' numbers are what the counting goes on from.
resource "azurerm_management_lock" "hub" {
  count = var.locked ? 1 : 0

  name       = "keep"
  scope      = azurerm_eventhub.this.id
  lock_level = "CanNotDelete"
  notes      = "Deleting the hub loses events that are not yet counted."
}
