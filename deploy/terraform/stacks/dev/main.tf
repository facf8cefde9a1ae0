# One of everything, small, and to be thrown away.

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

  environment = "dev"
  rollout     = "replace"
  locked      = false

  event_hubs = { partitions = 4, retention_hours = 24 }
  postgres   = { sku = "B_Standard_B2s", storage_gib = 32, backup_days = 7 }
  worker     = { max_replicas = 2, cpu = 0.5 }
  dashboard  = { max_replicas = 1 }
  budget     = { amount = 30000, start_month = "2026-12" }
}
