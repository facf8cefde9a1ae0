# An identity for each program, with no right of its own: each module gives the rights on what it makes.

resource "azurerm_user_assigned_identity" "this" {
  for_each = var.workloads

  name                = "${var.name}-${each.key}"
  resource_group_name = var.resource_group_name
  location            = var.location
  tags                = var.tags
}
