# Refuses to plan anything in another subscription or tenant than the stack's own.

data "azurerm_client_config" "current" {}
