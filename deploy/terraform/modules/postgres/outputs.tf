output "id" {
  description = "Id of the server, for alerts."
  value       = azurerm_postgresql_flexible_server.this.id
}

output "host" {
  description = "Name of the server within the network."
  value       = azurerm_postgresql_flexible_server.this.fqdn
}

output "database" {
  description = "Name of the database."
  value       = azurerm_postgresql_flexible_server_database.this.name
}

output "administrator_login" {
  description = "Whom Vault's database engine signs in as."
  value       = azurerm_postgresql_flexible_server.this.administrator_login
}
