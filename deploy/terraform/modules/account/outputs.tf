output "subscription_id" {
  description = "The subscription, once it is known to be the right one. Names are made from it, so nothing is planned before."
  value       = data.azurerm_client_config.current.subscription_id

  precondition {
    condition     = data.azurerm_client_config.current.tenant_id == var.tenant_id
    error_message = "You are signed in to tenant ${data.azurerm_client_config.current.tenant_id}, this stack belongs to ${var.tenant_id}. Nothing was changed. Sign in with `az login --tenant ${var.tenant_id}`."
  }

  precondition {
    condition     = data.azurerm_client_config.current.subscription_id == var.subscription_id
    error_message = "You are at subscription ${data.azurerm_client_config.current.subscription_id}, this stack belongs to ${var.subscription_id}. Nothing was changed. Set ARM_SUBSCRIPTION_ID=${var.subscription_id}, or run the stack that belongs to this subscription."
  }
}

output "tenant_id" {
  description = "The tenant, once it is known to be the right one."
  value       = data.azurerm_client_config.current.tenant_id

  precondition {
    condition     = data.azurerm_client_config.current.tenant_id == var.tenant_id
    error_message = "You are signed in to tenant ${data.azurerm_client_config.current.tenant_id}, this stack belongs to ${var.tenant_id}."
  }
}
