# All of one Tashika: from the hub that Funnel writes into to the dashboard. The stacks differ in its sizes alone.

module "account" {
  source = "../account"

  subscription_id = var.subscription_id
  tenant_id       = var.tenant_id
}

module "naming_tags" {
  source = "../naming-tags"

  subscription_id = module.account.subscription_id
  project         = var.project
  environment     = var.environment
  team            = var.team
  cost_centre     = var.cost_centre
}

locals {
  names = module.naming_tags.names
  tags  = module.naming_tags.tags

  # Where a group lies, and what everything in it has in common.
  place = {
    resource_group_name = azurerm_resource_group.this.name
    location            = azurerm_resource_group.this.location
  }
}

resource "azurerm_resource_group" "this" {
  name     = local.names.resource_group
  location = var.location
  tags     = local.tags
}

module "observability" {
  source = "../observability"

  name                = local.names.log_workspace
  action_group_name   = local.names.action_group
  alert_prefix        = "${var.project}-${var.environment}"
  resource_group_name = local.place.resource_group_name
  location            = local.place.location
  tags                = local.tags
  emails              = var.emails
  retention_days      = var.log_retention_days
  daily_quota_gb      = var.log_daily_quota_gb

  watched = {
    event_hubs_namespace_id = module.event_hubs.namespace_id
    postgres_id             = module.postgres.id
    worker_id               = module.worker.id
  }
}

module "budget" {
  source = "../budget"

  name              = local.names.budget
  resource_group_id = azurerm_resource_group.this.id
  amount            = var.budget.amount
  start_month       = var.budget.start_month
  emails            = var.emails
  action_group_id   = module.observability.action_group_id
}

module "identity" {
  source = "../identity"

  name                = local.names.identity
  resource_group_name = local.place.resource_group_name
  location            = local.place.location
  tags                = local.tags
  workloads           = ["worker", "api"]
}

module "network" {
  source = "../network"

  name                = local.names.network
  resource_group_name = local.place.resource_group_name
  location            = local.place.location
  tags                = local.tags
  address_space       = var.address_space
}

module "event_hubs" {
  source = "../event-hubs"

  name                     = local.names.event_hubs_namespace
  resource_group_name      = local.place.resource_group_name
  location                 = local.place.location
  tags                     = local.tags
  sku                      = var.event_hubs.sku
  capacity                 = var.event_hubs.capacity
  maximum_throughput_units = var.event_hubs.maximum_throughput_units
  partitions               = var.event_hubs.partitions
  retention_hours          = var.event_hubs.retention_hours
  log_workspace_id         = module.observability.log_workspace_id
  locked                   = var.locked

  worker_auth = var.worker_auth
  # The worker reads as its identity unless `worker_auth` is `sas`; the scaler asks the hub as it in any case.
  receivers = { worker = module.identity.identities["worker"].principal_id }

  consumer_groups = merge(
    { (local.consumer_group) = "workers of Tashika" },
    var.stream_analytics == null ? {} : { stream-analytics = "the job in Stream Analytics" },
  )
  further_hubs = local.counts_hub ? { counts = { partitions = 2, retention_hours = 24 } } : {}
}

module "postgres" {
  source = "../postgres"

  name                           = local.names.postgres
  resource_group_name            = local.place.resource_group_name
  location                       = local.place.location
  tags                           = local.tags
  sku                            = var.postgres.sku
  storage_gib                    = var.postgres.storage_gib
  zone_redundant                 = var.postgres.zone_redundant
  backup_days                    = var.postgres.backup_days
  geo_redundant_backup           = var.postgres.geo_redundant_backup
  subnet_id                      = module.network.postgres_subnet_id
  dns_zone_id                    = module.network.postgres_dns_zone_id
  administrator_password         = var.postgres_administrator_password
  administrator_password_version = var.postgres.administrator_password_version
  log_workspace_id               = module.observability.log_workspace_id
  locked                         = var.locked
}

module "secrets" {
  source = "../secrets"

  send_rule                = module.event_hubs.send_rule
  worker_auth              = var.worker_auth
  listen_connection_string = module.event_hubs.listen_connection_string
  tenant_id                = module.account.tenant_id
  audience                 = var.vault.audience
  subjects                 = { for workload, identity in module.identity.identities : workload => identity.principal_id }
}

module "container_environment" {
  source = "../container-environment"

  name                = local.names.container_environment
  resource_group_name = local.place.resource_group_name
  location            = local.place.location
  tags                = local.tags
  subnet_id           = module.network.apps_subnet_id
  log_workspace_id    = module.observability.log_workspace_id
  zone_redundant      = var.zone_redundant_programs
}

module "worker" {
  source = "../worker"

  name                          = "${local.names.app}-worker"
  resource_group_name           = local.place.resource_group_name
  location                      = local.place.location
  tags                          = local.tags
  environment_id                = module.container_environment.id
  image                         = var.program.image
  registry                      = var.program.registry
  revision                      = var.program.revision
  rollout                       = var.rollout
  identity_id                   = module.identity.identities["worker"].id
  identity_principal_id         = module.identity.identities["worker"].principal_id
  event_hubs_namespace          = module.event_hubs.namespace
  hub                           = module.event_hubs.hub
  consumer_group                = local.consumer_group
  partitions                    = var.event_hubs.partitions
  retention_hours               = var.event_hubs.retention_hours
  events_per_second_per_replica = var.worker.events_per_second_per_replica
  min_replicas                  = var.worker.min_replicas
  max_replicas                  = var.worker.max_replicas
  cpu                           = var.worker.cpu
  storage_account_name          = local.names.storage_account
  settings                      = local.settings["worker"]

  # The keys that it reads are in Vault before it starts.
  depends_on = [module.secrets]
}

module "dashboard" {
  source = "../dashboard"

  name                = "${local.names.app}-api"
  resource_group_name = local.place.resource_group_name
  tags                = local.tags
  environment_id      = module.container_environment.id
  tenant_id           = module.account.tenant_id
  image               = var.program.image
  registry            = var.program.registry
  revision            = var.program.revision
  live_revision       = var.program.live_revision
  next_percent        = var.program.next_percent
  rollout             = var.rollout
  identity_id         = module.identity.identities["api"].id
  gate                = var.gate
  allowed_ranges      = var.allowed_ranges
  min_replicas        = var.dashboard.min_replicas
  max_replicas        = var.dashboard.max_replicas
  cpu                 = var.dashboard.cpu
  settings            = local.settings["api"]
}

module "stream_analytics" {
  source = "../stream-analytics"
  count  = var.stream_analytics == null ? 0 : 1

  name                = local.names.stream_analytics
  resource_group_name = local.place.resource_group_name
  location            = local.place.location
  tags                = local.tags
  streaming_units     = var.stream_analytics.streaming_units
  log_workspace_id    = module.observability.log_workspace_id

  input = {
    hub_id         = module.event_hubs.hub_id
    namespace      = module.event_hubs.namespace
    hub            = module.event_hubs.hub
    consumer_group = "stream-analytics"
  }

  output = {
    power_bi = var.stream_analytics.power_bi
    hub = !local.counts_hub ? null : {
      hub_id    = module.event_hubs.further_hub_ids["counts"]
      namespace = module.event_hubs.namespace
      hub       = "counts"
    }
  }
}
