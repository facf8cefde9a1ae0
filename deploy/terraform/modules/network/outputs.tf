output "apps_subnet_id" {
  description = "Subnet of the Container Apps environment."
  value       = azurerm_subnet.apps.id
}

output "postgres_subnet_id" {
  description = "Subnet that is delegated to PostgreSQL."
  value       = azurerm_subnet.postgres.id
}

output "postgres_dns_zone_id" {
  description = "Zone in which PostgreSQL's name is, once the network looks it up there."
  value       = azurerm_private_dns_zone.postgres.id
  depends_on  = [azurerm_private_dns_zone_virtual_network_link.postgres]
}
