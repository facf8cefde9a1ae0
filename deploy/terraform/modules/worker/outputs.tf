output "id" {
  description = "Id of the app, for alerts."
  value       = azurerm_container_app.this.id
}

output "latest_revision" {
  description = "Name of the newest revision."
  value       = azurerm_container_app.this.latest_revision_name
}
