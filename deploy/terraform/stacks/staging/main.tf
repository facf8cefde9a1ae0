# As prod in kind, smaller in size: what is rolled out there is tried here first.

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

  environment = "staging"
  rollout     = "blue-green"
  locked      = true

  event_hubs = { capacity = 1, maximum_throughput_units = 4, partitions = 32, retention_hours = 72 }
  postgres   = { sku = "GP_Standard_D2ds_v5", storage_gib = 64 }
  worker     = { min_replicas = 1, max_replicas = 4 }
  dashboard  = { max_replicas = 2 }
  budget     = { amount = 80000, start_month = "2026-12" }
}
