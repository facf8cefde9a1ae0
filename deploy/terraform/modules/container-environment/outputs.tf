output "id" {
  description = "Id of the environment."
  value       = azurerm_container_app_environment.this.id
}

output "outbound_address" {
  description = "Address from which the programs reach the Internet, for the firewalls of others."
  value       = azurerm_container_app_environment.this.static_ip_address
}
