output "funnel_url" {
  description = "Destination for SORACOM Funnel."
  value       = module.event_hubs.funnel_url
}

output "beam_url" {
  description = "Destination for SORACOM Beam's website entry point."
  value       = module.dashboard.receipts_url
}

output "dashboard_url" {
  description = "Address of the dashboard."
  value       = module.dashboard.url
}

output "vault_site" {
  description = "What `tashika vault apply` has to know of this stack (its `domain` and `audit` are to be added). No secret in it."
  value = {
    site = var.environment
    postgresql = {
      host     = module.postgres.host
      database = module.postgres.database
      user     = module.postgres.administrator_login
    }
    jwt = module.secrets.vault_jwt
  }
}

output "secret_paths" {
  description = "Where in Vault the first keys of Event Hubs were put."
  value       = module.secrets.paths
}

output "tags" {
  description = "Tags that costs are told by."
  value       = module.naming_tags.tags
}
