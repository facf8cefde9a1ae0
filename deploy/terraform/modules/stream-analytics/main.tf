# The managed engine, for those who want it: posts by prefecture and minute, as the source talk counts them. It counts what
# comes twice twice, and a late post in the minute of its arrival; Tashika's worker does neither.

resource "azurerm_stream_analytics_job" "this" {
  name                = var.name
  resource_group_name = var.resource_group_name
  location            = var.location

  sku_name             = "StandardV2"
  streaming_units      = var.streaming_units
  compatibility_level  = "1.2"
  transformation_query = file("${path.module}/query.asaql")

  events_late_arrival_max_delay_in_seconds = var.late_seconds
  events_out_of_order_max_delay_in_seconds = var.out_of_order_seconds
  events_out_of_order_policy               = "Adjust"
  output_error_policy                      = "Stop"

  identity {
    type = "SystemAssigned"
  }

  tags = var.tags
}

resource "azurerm_role_assignment" "input" {
  scope                = var.input.hub_id
  role_definition_name = "Azure Event Hubs Data Receiver"
  principal_id         = azurerm_stream_analytics_job.this.identity[0].principal_id
  principal_type       = "ServicePrincipal"
  description          = "${var.name} reads ${var.input.hub}"
}

resource "azurerm_stream_analytics_stream_input_eventhub_v2" "this" {
  name                         = "input"
  stream_analytics_job_id      = azurerm_stream_analytics_job.this.id
  servicebus_namespace         = var.input.namespace
  eventhub_name                = var.input.hub
  eventhub_consumer_group_name = var.input.consumer_group
  authentication_mode          = "Msi"

  serialization {
    type     = "Json"
    encoding = "UTF8"
  }

  depends_on = [azurerm_role_assignment.input]
}

resource "azurerm_role_assignment" "output" {
  count = var.output.hub == null ? 0 : 1

  scope                = var.output.hub.hub_id
  role_definition_name = "Azure Event Hubs Data Sender"
  principal_id         = azurerm_stream_analytics_job.this.identity[0].principal_id
  principal_type       = "ServicePrincipal"
  description          = "${var.name} writes ${var.output.hub.hub}"
}

resource "azurerm_stream_analytics_output_eventhub" "this" {
  count = var.output.hub == null ? 0 : 1

  name                      = "output"
  stream_analytics_job_name = azurerm_stream_analytics_job.this.name
  resource_group_name       = var.resource_group_name
  servicebus_namespace      = var.output.hub.namespace
  eventhub_name             = var.output.hub.hub
  authentication_mode       = "Msi"
  partition_key             = "pref"

  serialization {
    type     = "Json"
    encoding = "UTF8"
    format   = "LineSeparated"
  }

  depends_on = [azurerm_role_assignment.output]
}

resource "azurerm_stream_analytics_output_powerbi" "this" {
  count = var.output.power_bi == null ? 0 : 1

  name                    = "output"
  stream_analytics_job_id = azurerm_stream_analytics_job.this.id
  group_id                = var.output.power_bi.group_id
  group_name              = var.output.power_bi.group_name
  dataset                 = var.output.power_bi.dataset
  table                   = var.output.power_bi.table
}

resource "azurerm_monitor_diagnostic_setting" "this" {
  name                       = "to-log-analytics"
  target_resource_id         = azurerm_stream_analytics_job.this.id
  log_analytics_workspace_id = var.log_workspace_id

  enabled_log {
    category = "Execution"
  }

  enabled_metric {
    category = "AllMetrics"
  }
}
