output "funnel_url" {
  description = "Destination for SORACOM Funnel."
  value       = module.pipeline.funnel_url
}

output "beam_url" {
  description = "Destination for SORACOM Beam's website entry point."
  value       = module.pipeline.beam_url
}

output "dashboard_url" {
  description = "Address of the dashboard."
  value       = module.pipeline.dashboard_url
}

output "vault_site" {
  description = "What `tashika vault apply` has to know of this stack (its `domain` and `audit` are to be added). No secret in it."
  value       = module.pipeline.vault_site
}

output "secret_paths" {
  description = "Where in Vault the first keys of Event Hubs were put."
  value       = module.pipeline.secret_paths
}

output "tags" {
  description = "Tags that costs are told by."
  value       = module.pipeline.tags
}
