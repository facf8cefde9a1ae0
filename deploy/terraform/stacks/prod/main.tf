# The fleet's own: over zones, with room to grow and a week of events kept.

module "pipeline" {
  source = "../../modules/pipeline"

  subscription_id                 = var.account.subscription_id
  tenant_id                       = var.account.tenant_id
  team                            = var.team
  cost_centre                     = var.cost_centre
  emails                          = var.emails
  vault                           = { address = var.vault_address }
  program                         = var.program
  gate                            = var.gate
  allowed_ranges                  = var.allowed_ranges
  postgres_administrator_password = var.postgres_administrator_password
  stream_analytics                = var.stream_analytics
  worker_auth                     = var.worker_auth

  environment = "prod"
  rollout     = "blue-green"
  locked      = true

  event_hubs = { capacity = 2, maximum_throughput_units = 10, partitions = 32, retention_hours = 168 }
  postgres = {
    sku                  = "GP_Standard_D4ds_v5"
    storage_gib          = 512
    zone_redundant       = true
    backup_days          = 35
    geo_redundant_backup = true
  }
  worker                  = { min_replicas = 2, max_replicas = 16 }
  dashboard               = { min_replicas = 2, max_replicas = 6, cpu = 1 }
  zone_redundant_programs = true
  log_retention_days      = 90
  log_daily_quota_gb      = 20
  budget                  = { amount = 400000, start_month = "2026-12" }
}
