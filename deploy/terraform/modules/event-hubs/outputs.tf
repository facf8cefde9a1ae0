output "namespace_id" {
  description = "Id of the namespace, for alerts."
  value       = azurerm_eventhub_namespace.this.id
}

output "namespace" {
  description = "Name of the namespace."
  value       = azurerm_eventhub_namespace.this.name
}

output "host" {
  description = "Host of the namespace."
  value       = "${azurerm_eventhub_namespace.this.name}.servicebus.windows.net"
}

output "hub" {
  description = "Name of the hub."
  value       = azurerm_eventhub.this.name
}

output "hub_id" {
  description = "Id of the hub, the scope of rights on it."
  value       = azurerm_eventhub.this.id
}

output "further_hub_ids" {
  description = "Ids of the further hubs, by name."
  value       = { for name, hub in azurerm_eventhub.further : name => hub.id }
}

output "consumer_groups" {
  description = "Names of the consumer groups, once they are there."
  value       = [for group in azurerm_eventhub_consumer_group.this : group.name]
}

output "partitions" {
  description = "Partitions of the hub."
  value       = azurerm_eventhub.this.partition_count
}

output "retention_hours" {
  description = "How long events are kept."
  value       = var.retention_hours
}

output "funnel_url" {
  description = "Destination for SORACOM Funnel."
  value       = "https://${azurerm_eventhub_namespace.this.name}.servicebus.windows.net/${azurerm_eventhub.this.name}/messages"
}

output "send_rule" {
  description = "Name of SORACOM's rule, and its key. For the module `secrets` alone, which writes it into Vault."
  sensitive   = true
  value = {
    name = azurerm_eventhub_authorization_rule.send.name
    key  = azurerm_eventhub_authorization_rule.send.primary_key
  }
}

output "listen_connection_string" {
  description = "Connection string of the Listen-only rule; null with `worker_auth = \"managed-identity\"`. For the module `secrets` alone."
  sensitive   = true
  value       = one(azurerm_eventhub_authorization_rule.listen[*].primary_connection_string)
}
