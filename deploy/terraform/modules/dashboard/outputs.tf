output "id" {
  description = "Id of the app, for alerts."
  value       = azurerm_container_app.this.id
}

output "url" {
  description = "Address of the dashboard."
  value       = "https://${azurerm_container_app.this.ingress[0].fqdn}/"
}

output "receipts_url" {
  description = "Destination for SORACOM Beam, so that devices can ask what has been received."
  value       = "https://${azurerm_container_app.this.ingress[0].fqdn}/v1/"
}
