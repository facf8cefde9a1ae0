output "names" {
  description = "Name of each thing."
  value = {
    resource_group        = "rg-${local.base}"
    event_hubs_namespace  = "evhns-${local.base}-${local.unique}"
    postgres              = "psql-${local.base}-${local.unique}"
    storage_account       = "st${var.project}${var.environment}${local.unique}"
    network               = "vnet-${local.base}"
    container_environment = "cae-${local.base}"
    log_workspace         = "log-${local.base}"
    action_group          = "ag-${local.base}"
    budget                = "budget-${local.base}"
    stream_analytics      = "asa-${local.base}"
    identity              = "id-${local.base}"
    app                   = "ca-${local.base}"
  }
}

output "tags" {
  description = "Tags of everything that takes tags: `project`, `team`, `environment`, `cost-centre`, `managed-by`."
  value       = local.tags
}
